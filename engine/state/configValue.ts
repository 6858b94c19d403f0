// Configuration values as a stack file holds them: JSON trees in which `{ secure: <ciphertext> }` stands for an encrypted
// string. Pure (pulumi/pulumi: sdk/go/common/resource/config/object.go, value.go).
import { EngineError } from "./error.ts";
import { isJsonObject, type JsonObject, type JsonValue, sortedText } from "./json.ts";

export type ConfigPath = readonly (string | number)[];

/** `{ secure: "v1:..." }`, and nothing else in it. */
export function isSecure(value: JsonValue | undefined): value is { readonly secure: string } {
  return isJsonObject(value) && typeof value["secure"] === "string" && Object.keys(value).length === 1;
}

/** Whether a value is encrypted, or holds something encrypted at any depth. */
export function holdsSecure(value: JsonValue): boolean {
  if (isSecure(value)) return true;
  if (Array.isArray(value)) return value.some(holdsSecure);
  return isJsonObject(value) && Object.values(value).some(holdsSecure);
}

/** Whether programs get the value as JSON text of a list or an object. */
export function isStructured(value: JsonValue): boolean {
  return typeof value === "object" && !isSecure(value);
}

/** The value with every encrypted string replaced: decrypted, or blinded. */
export function revealed(value: JsonValue, reveal: (ciphertext: string) => string): JsonValue {
  if (isSecure(value)) return reveal(value.secure);
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => revealed(item, reveal));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item, reveal)]));
}

/** The value with every ciphertext replaced by another. */
export function reencrypted(value: JsonValue, encrypt: (ciphertext: string) => string): JsonValue {
  if (isSecure(value)) return { secure: encrypt(value.secure) };
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => reencrypted(item, encrypt));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reencrypted(item, encrypt)]));
}

/** A value without encrypted strings as the text that programs get: strings bare, all else as JSON. */
export function configText(value: JsonValue): string {
  return typeof value === "string" ? value : sortedText(value);
}

/** `true`, `false` and whole numbers typed, as inside lists and objects; with leading zeros a number stays a string. */
export function coerced(text: string): JsonValue {
  if (text === "true" || text === "false") return text === "true";
  if (/^-?(0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  return text;
}

/** The value at a path; undefined when nothing is there. */
export function valueAt(value: JsonValue | undefined, path: ConfigPath): JsonValue | undefined {
  let found = value;
  for (const step of path) {
    if (isSecure(found)) return undefined;
    if (typeof step === "number") found = Array.isArray(found) ? (found as readonly JsonValue[])[step] : undefined;
    else found = isJsonObject(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }
  return found;
}

/**
 * A copy with another value at a path; lists and objects on the way are made as the path asks for them. An item may be
 * added at the end of a list, not further out. What stands at the top and is neither is overwritten.
 * `key` names the whole in errors.
 * @throws EngineError when the path goes through something else, or would make an object that reads as encrypted.
 */
export function withValueAt(value: JsonValue | undefined, path: ConfigPath, set: JsonValue, key: string): JsonValue {
  return setAt(value, path, set, [key]);
}

function setAt(value: JsonValue | undefined, path: ConfigPath, set: JsonValue, before: ConfigPath): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) return set;
  const here = [...before, step];
  const isContainer = typeof value === "object" && value !== null && !isSecure(value);
  if (value !== undefined && value !== null && !isContainer && before.length > 1)
    throw new EngineError(`${pathText(before)}: expected ${typeof step === "number" ? "an array" : "a map"}`);
  const container = isContainer ? value : typeof step === "number" ? [] : {};
  if (Array.isArray(container)) {
    if (typeof step !== "number") throw new EngineError(`${pathText(here)}: key for an array must be an int`);
    const items = [...(container as readonly JsonValue[])];
    if (step < 0 || step > items.length) throw new EngineError(`${pathText(here)}: array index out of range`);
    items[step] = setAt(items[step], rest, set, here);
    return items;
  }
  if (typeof step === "number") throw new EngineError(`${pathText(here)}: key for a map must be a string`);
  const object = container as JsonObject;
  const result = { ...object, [step]: setAt(Object.hasOwn(object, step) ? object[step] : undefined, rest, set, here) };
  refuseReserved(result, here);
  return result;
}

/** A copy without what is at a path; the same value when nothing is there. */
export function withoutValueAt(value: JsonValue, path: ConfigPath): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined || isSecure(value) || valueAt(value, path) === undefined) return value;
  if (Array.isArray(value)) {
    const items = [...(value as readonly JsonValue[])];
    if (rest.length === 0) items.splice(step as number, 1);
    else items[step as number] = withoutValueAt(items[step as number]!, rest);
    return items;
  }
  const { [step]: inner, ...others } = value as JsonObject;
  if (rest.length > 0) return { ...(value as JsonObject), [step]: withoutValueAt(inner!, rest) };
  refuseReserved(others, path);
  return others;
}

function refuseReserved(object: JsonObject, at: ConfigPath): void {
  if (isSecure(object)) throw new EngineError(`${pathText(at)}: maps with the single key "secure" are reserved`);
}

function pathText(path: ConfigPath): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}
