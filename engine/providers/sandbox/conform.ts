// Checks inputs against the SDK's schema: names, types, what is required, at every depth. Unknown values pass; secrets are
// looked into but never quoted.
import {
  Archive,
  Asset,
  isInternalKey,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
} from "../../values.ts";
import type { CheckFailure } from "../provider.ts";
import type { Schema, SchemaProperties, SchemaResource } from "./schema.ts";
import { didYouMean } from "./suggest.ts";

/**
 * Every way in which the inputs do not fit the type; empty when they do. Properties beginning with `__` are the providers'.
 * `textsForScalars`: "80" passes for a number and "true" for a boolean, as bridged providers convert them.
 */
export function nonconformities(
  schema: Schema,
  resource: SchemaResource,
  inputs: PropertyMap,
  { textsForScalars }: { readonly textsForScalars: boolean },
): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const accepts = (value: PropertyValue, type: string) => fits(value, type, textsForScalars);
  checkProperties(inputs, resource.inputs, "");
  return failures;

  function checkProperties(given: PropertyMap, properties: SchemaProperties, path: string): void {
    for (const [name, value] of Object.entries(given)) {
      if (isInternalKey(name)) continue;
      const type = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const here = child(path, name);
      if (type === undefined) {
        failures.push({
          property: here,
          reason: `"${name}" is not a property of ${path === "" ? "this type" : path}${didYouMean(name, Object.keys(properties))}`,
        });
      } else if (value !== null) {
        checkValue(value, type.replace(/^[!^]+/, ""), here, false);
      }
    }
    for (const [name, type] of Object.entries(properties)) {
      if (/^\^?!/.test(type) && (given[name] === undefined || given[name] === null)) {
        failures.push({ property: child(path, name), reason: `required, but missing` });
      }
    }
  }

  function checkValue(value: PropertyValue, type: string, path: string, secret: boolean): void {
    if (value instanceof Secret) {
      checkValue(value.element, type, path, true);
      return;
    }
    if (value instanceof Unknown || value instanceof ResourceReference || type === "a") return;
    if (type.startsWith("(")) {
      const choices = alternatives(type);
      if (!choices.some((choice) => accepts(value, choice)))
        fail(value, choices.map(described).join(" or "), path, secret);
      return;
    }
    if (!accepts(value, type)) {
      fail(value, described(type), path, secret);
      return;
    }
    if (type.startsWith("[") && isPropertyArray(value)) {
      value.forEach((element, index) => {
        if (element !== null) checkValue(element, type.slice(1), `${path}[${index}]`, secret);
      });
    } else if (type.startsWith("{") && isPropertyMap(value)) {
      for (const [name, element] of Object.entries(value))
        if (element !== null) checkValue(element, type.slice(1), child(path, name), secret);
    } else if (type.startsWith("@") && isPropertyMap(value)) {
      const properties = schema.type(type.slice(1));
      if (properties !== undefined) checkProperties(value, properties, path);
    }
  }

  function fail(value: PropertyValue, expected: string, path: string, secret: boolean): void {
    failures.push({
      property: path,
      reason: `expected ${expected}, got ${secret ? `a secret ${kindOf(value)}` : quoted(value)}`,
    });
  }
}

/** Whether a value is of a type as far as its outermost layer goes. */
function fits(value: PropertyValue, type: string, textsForScalars: boolean): boolean {
  switch (type[0]) {
    case "s":
      return typeof value === "string";
    case "n":
      return (
        typeof value === "number" ||
        (textsForScalars && typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)))
      );
    case "b":
      return typeof value === "boolean" || (textsForScalars && (value === "true" || value === "false"));
    case "A":
      return value instanceof Asset || value instanceof Archive;
    case "[":
      return isPropertyArray(value);
    case "{":
    case "@":
      return isPropertyMap(value);
    case "'":
      return value === type.slice(1, -1);
    default:
      return true;
  }
}

function alternatives(type: string): string[] {
  return type.slice(1, -1).split("|");
}

function described(type: string): string {
  switch (type[0]) {
    case "s":
      return "a string";
    case "n":
      return "a number";
    case "b":
      return "a boolean";
    case "A":
      return "an asset or archive";
    case "[":
      return "a list";
    case "{":
    case "@":
      return "an object";
    default:
      return JSON.stringify(type.slice(1, -1));
  }
}

function kindOf(value: PropertyValue): string {
  if (isPropertyArray(value)) return "list";
  if (isPropertyMap(value)) return "object";
  if (value instanceof Asset || value instanceof Archive) return "asset";
  return typeof value;
}

function quoted(value: PropertyValue): string {
  if (typeof value === "string")
    return `the string ${JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)}`;
  if (typeof value === "number" || typeof value === "boolean") return `the ${typeof value} ${value}`;
  return `${kindOf(value) === "list" ? "a list" : `an ${kindOf(value)}`}`;
}

/** A property path one step further down, as Pulumi writes paths. */
export function child(path: string, name: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}
