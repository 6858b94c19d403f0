// Puts together what the cloud has of a resource: its inputs, over the cloud's defaults, under what the cloud decides, with
// stand-ins for required outputs that nobody computes. And the other direction: the inputs that a cloud's state amounts to.
import {
  isInternalKey,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
  unknown,
} from "../../values.ts";
import { same } from "./differences.ts";
import type { Draft, Kind, Resource } from "./kind.ts";
import { hexId } from "./names.ts";
import { parsePath, valueAt, withValueAt } from "./path.ts";
import type { SchemaResource } from "./schema.ts";
import { filled, holdsSecret, View } from "./view.ts";

/**
 * The state of a resource whose given properties are `base`. Secret inputs stay secret, as does what the SDK's schema calls
 * secret.
 */
export function composeState(
  kind: Kind,
  schema: SchemaResource | undefined,
  resource: Resource,
  base: PropertyMap,
): PropertyMap {
  const state: Record<string, PropertyValue> = {
    ...(filled(visible(base), kind.fallbacks?.(resource) ?? {}) as PropertyMap),
  };
  for (const [name, value] of Object.entries(kind.computed?.(resource, new View(state)) ?? {})) {
    state[name] = state[name] instanceof Secret && !holdsSecret(value) ? new Secret(value) : value;
  }
  addLabels(state, schema);
  for (const [name, type] of Object.entries(schema?.outputs ?? {})) {
    if (state[name] === undefined && !type.endsWith("?")) {
      const standIn = standInFor(type, kind.approximate ? `sandbox-${name}-${hexId(resource.id, 8)}` : "");
      if (standIn !== undefined) state[name] = standIn;
    }
  }
  return withSecrets(state, schema);
}

/** The outputs that a preview of a create tells: inputs, what the table predicts, unknown for the rest. */
export function predictState(
  kind: Kind,
  schema: SchemaResource | undefined,
  draft: Draft,
  inputs: PropertyMap,
): PropertyMap {
  const state: Record<string, PropertyValue> = { ...visible(inputs) };
  for (const [name, type] of Object.entries(schema?.outputs ?? {})) {
    if (state[name] === undefined && !type.endsWith("?")) state[name] = unknown;
  }
  if (schema?.outputs["project"] !== undefined && inputs["project"] === undefined)
    state["project"] = draft.place.project;
  return withSecrets({ ...state, ...(kind.predicted?.(draft) ?? {}) }, schema);
}

/**
 * The inputs that a resource's state amounts to: `given` with every value that the cloud has otherwise. `old` are the inputs
 * that Pulumi knows. What was edited behind its back (`edited`: property paths) comes with them though they did not name it,
 * when the schema lets it be set.
 */
export function inputsOf(
  old: PropertyMap,
  state: PropertyMap,
  edited: readonly string[],
  schema: SchemaResource | undefined,
): PropertyMap {
  let inputs = projected(old, state);
  for (const path of edited) {
    const keys = parsePath(path) ?? [];
    const settable = schema === undefined || Object.hasOwn(schema.inputs, String(keys[0]));
    const value = valueAt(state, keys);
    if (settable && value !== undefined && valueAt(inputs, keys) === undefined)
      inputs = withValueAt(inputs, keys, value);
  }
  return inputs as PropertyMap;
}

function projected(old: PropertyValue, current: PropertyValue): PropertyValue {
  const before = old instanceof Secret ? old.element : old;
  const now = current instanceof Secret ? current.element : current;
  const keep = (value: PropertyValue) =>
    old instanceof Secret || current instanceof Secret ? new Secret(value) : value;
  if (isPropertyMap(before) && isPropertyMap(now)) {
    const entries = Object.entries(before).flatMap(([name, value]): [string, PropertyValue][] => {
      if (isInternalKey(name)) return [[name, value]];
      const there = now[name];
      return there === undefined ? [] : [[name, projected(value, there)]];
    });
    return keep(Object.fromEntries(entries));
  }
  if (isPropertyArray(before) && isPropertyArray(now) && before.length === now.length) {
    return keep(before.map((value, index) => projected(value, now[index]!)));
  }
  return same(before, now) ? old : keep(now);
}

/** Properties that belong to the resource: not `__defaults` and the like. */
export function visible(inputs: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(inputs).filter(([name, value]) => !isInternalKey(name) && value !== null));
}

/** The labels that bridged Google types show beside `labels`; pulumi-gcp adds its attribution unless told not to. */
function addLabels(state: Record<string, PropertyValue>, schema: SchemaResource | undefined): void {
  if (schema?.outputs["effectiveLabels"] === undefined) return;
  const labels = state["labels"];
  const given = labels instanceof Secret ? labels.element : labels;
  const all = { ...(given !== undefined && isPropertyMap(given) ? given : {}), "goog-pulumi-provisioned": "true" };
  state["effectiveLabels"] = all;
  if (schema.outputs["pulumiLabels"] !== undefined) state["pulumiLabels"] = all;
}

function standInFor(type: string, text: string): PropertyValue | undefined {
  switch (type[0]) {
    case "s":
      return text;
    case "n":
      return 0;
    case "b":
      return false;
    case "[":
      return [];
    case "{":
      return {};
    default:
      return undefined;
  }
}

/** The properties with those secret that the SDK calls secret. */
export function withSecrets(properties: PropertyMap, schema: SchemaResource | undefined): PropertyMap {
  const state: Record<string, PropertyValue> = { ...properties };
  for (const name of schema?.secrets ?? []) {
    const value = state[name];
    if (value !== undefined && value !== "" && !(value instanceof Secret)) state[name] = new Secret(value);
  }
  return state;
}
