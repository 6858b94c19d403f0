// Output values exist only between a program and the monitor, where transforms need to know what each value depends on.
// These functions add that knowledge before transforms run, read it back afterwards, and lower the values to the
// secrets and unknowns that the rest of the engine works with.
import {
  isPropertyArray,
  isPropertyMap,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
  unknown,
} from "../values.ts";

/** Replaces every output value, at any depth, by a secret, an unknown or its plain value. */
export function lowerOutputs(properties: PropertyMap): PropertyMap {
  return mapValues(properties, lowerOutput);
}

function lowerOutput(value: PropertyValue): PropertyValue {
  if (value instanceof OutputValue) {
    const element = value.known ? lowerOutput(value.element) : unknown;
    return value.secret ? new Secret(element) : element;
  }
  if (value instanceof Secret) return new Secret(lowerOutput(value.element));
  if (isPropertyArray(value)) return value.map(lowerOutput);
  return isPropertyMap(value) ? lowerOutputs(value) : value;
}

/** Adds the URNs that output values within `value` depend on. */
export function collectDependencies(value: PropertyValue, into: Set<string>): void {
  if (value instanceof OutputValue) {
    for (const urn of value.dependencies) into.add(urn);
    if (value.known) collectDependencies(value.element, into);
  } else if (value instanceof Secret) collectDependencies(value.element, into);
  else if (isPropertyArray(value)) for (const item of value) collectDependencies(item, into);
  else if (isPropertyMap(value)) for (const item of Object.values(value)) collectDependencies(item, into);
}

/**
 * Makes secrets and unknowns output values, and notes on each property what it depends on, so that a transform
 * which moves a value moves its dependencies too.
 */
export function raiseOutputs(
  properties: PropertyMap,
  dependencies: Readonly<Record<string, readonly string[]>>,
): PropertyMap {
  return Object.fromEntries(
    Object.entries(properties).map(([key, given]) => {
      const value = raise(given);
      const wanted = dependencies[key] ?? [];
      const has = new Set<string>();
      collectDependencies(value, has);
      if (wanted.every((urn) => has.has(urn))) return [key, value];
      const output = value instanceof OutputValue ? value : new OutputValue(value, true, false, []);
      const all = [...new Set([...output.dependencies, ...wanted])];
      return [key, new OutputValue(output.element, output.known, output.secret, all)];
    }),
  );
}

function raise(value: PropertyValue): PropertyValue {
  if (value instanceof Unknown) return new OutputValue(unknown, false, false, []);
  if (value instanceof Secret) {
    const element = raise(value.element);
    if (!(element instanceof OutputValue)) return new OutputValue(element, true, true, []);
    return new OutputValue(element.element, element.known, true, element.dependencies);
  }
  // The id of a reference stays as it is: the wire has no output value in that place.
  if (value instanceof OutputValue || value instanceof ResourceReference) return value;
  if (isPropertyArray(value)) return value.map(raise);
  return isPropertyMap(value) ? mapValues(value, raise) : value;
}

function mapValues(properties: PropertyMap, map: (value: PropertyValue) => PropertyValue): PropertyMap {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, map(value)]));
}
