// Reads inputs or state into typed values, one for each attribute of a schema, with the conversions of Pulumi's bridge:
// null or absent is null, a number or boolean serves as text, text that is a number serves as a number, unknown stays.
// Properties the schema does not know are left out. Secrets are looked into: the plugin never sees them.
// Source: pulumi-terraform-bridge 3.137 (pkg/convert).
import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
  Unknown,
  unknown,
} from "../../values.ts";
import type { Attribute, ResourceSchema } from "./schema.ts";

export type Text = string | null | Unknown;
export type Value = null | number | boolean | string | Unknown | readonly Text[] | { readonly [key: string]: Text };
/** Every attribute of a schema by Pulumi's name; null when absent. */
export type Values = Readonly<Record<string, Value>>;

/** @throws {TypeError} naming the property, the value and what would be right. */
export function readValues(schema: ResourceSchema, properties: PropertyMap): Values {
  return Object.fromEntries(schema.attributes.map((a) => [a.name, readValue(a, plain(properties[a.name] ?? null))]));
}

/** The value without any Secret, at any depth. */
export function plain(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return plain(value.element);
  if (isPropertyArray(value)) return value.map(plain);
  if (isPropertyMap(value)) return plainMap(value);
  return value;
}

export function plainMap(map: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, plain(value)]));
}

export function isTextMap(value: Value): value is { readonly [key: string]: Text } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Unknown);
}

/** Values by structure; an unknown equals only an unknown. */
export function sameValue(a: Value, b: Value): boolean {
  if (a instanceof Unknown || b instanceof Unknown) return a instanceof Unknown && b instanceof Unknown;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => sameValue(x, b[i]));
  if (isTextMap(a) && isTextMap(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key]!, b[key]!))
    );
  }
  return a === b;
}

function readValue({ name, kind }: Attribute, value: PropertyValue): Value {
  if (value === null) return null;
  if (value instanceof Unknown) return unknown;
  switch (kind) {
    case "whole-number":
      return readNumber(name, value);
    case "boolean":
      if (typeof value !== "boolean") throw wrong(name, "true or false", value);
      return value;
    case "text":
      return readText(name, value);
    case "text-list":
      if (!isPropertyArray(value)) throw wrong(name, "a list of texts", value);
      return value.map((element, index) => readText(`${name}[${index}]`, element));
    case "text-map":
      if (!isPropertyMap(value)) throw wrong(name, "an object whose values are texts", value);
      return Object.fromEntries(Object.entries(value).map(([key, e]) => [key, readText(`${name}.${key}`, e)]));
  }
}

function readNumber(name: string, value: PropertyValue): number | null {
  if (value === "") return null;
  const number =
    typeof value === "string" && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  if (typeof number !== "number") throw wrong(name, "a whole number", value);
  return number;
}

function readText(name: string, value: PropertyValue): Text {
  if (value === null || typeof value === "string" || value instanceof Unknown) return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return decimal(value);
  throw wrong(name, "a text", value);
}

/** A number in full, never with an exponent: 1e21 is `1000000000000000000000`. */
function decimal(value: number): string {
  const [mantissa, exponent] = String(value).split("e") as [string, string | undefined];
  if (exponent === undefined) return mantissa;
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole, fraction = ""] = mantissa.replace("-", "").split(".") as [string, string | undefined];
  const shift = Number(exponent);
  return shift > 0
    ? sign + whole + fraction.padEnd(shift, "0")
    : `${sign}0.${"0".repeat(-shift - whole.length)}${whole}${fraction}`;
}

function wrong(name: string, expected: string, value: PropertyValue): TypeError {
  const shown = typeof value === "string" ? JSON.stringify(value) : describe(value);
  return new TypeError(`${name} must be ${expected}, got ${shown}`);
}

function describe(value: PropertyValue): string {
  if (isPropertyArray(value)) return `a list of ${value.length}`;
  if (isPropertyMap(value)) return "an object";
  return typeof value === "object" && value !== null ? value.constructor.name.toLowerCase() : String(value);
}
