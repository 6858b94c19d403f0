// Turns the JSON form in which recordings hold values (Pulumi's own signatures for secrets and unknowns, pulumi/pulumi:
// sdk/go/common/resource/properties.go) into the engine's property values and back. Kept apart from the engine's codec, so
// that a mistake there cannot hide here.
import {
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
  Unknown,
  unknown,
} from "../../../engine/values.ts";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export function secretJson(value: Json): JsonObject {
  return { [SIGNATURE]: SECRET, value };
}

/** The value inside a secret, or the value itself. */
export function revealed(value: Json | undefined): Json | undefined {
  return isObject(value) && value[SIGNATURE] === SECRET ? value["value"] : value;
}

export function isSecretJson(value: Json | undefined): boolean {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fromJson(value: Json): PropertyValue {
  if (value === UNKNOWN) return unknown;
  if (Array.isArray(value)) return value.map(fromJson);
  if (!isObject(value)) return value;
  if (value[SIGNATURE] === SECRET) return new Secret(fromJson(value["value"] ?? null));
  return mapFromJson(value);
}

export function mapFromJson(value: JsonObject): PropertyMap {
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, fromJson(element)]));
}

export function toJson(value: PropertyValue): Json {
  if (value instanceof Unknown) return UNKNOWN;
  if (value instanceof Secret) return secretJson(toJson(value.element));
  if (isPropertyArray(value)) return value.map(toJson);
  if (isPropertyMap(value)) return mapToJson(value);
  if (typeof value === "object" && value !== null) throw new Error("random knows neither assets nor references");
  return value;
}

export function mapToJson(value: PropertyMap): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, toJson(element)]));
}
