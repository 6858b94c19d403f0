// Makes and reads the identifiers of RandomBytes, RandomId and the RandomUuid family.
import { randomBytes, randomUUID } from "node:crypto";

/** The outputs of RandomId for these bytes. */
export function idOutputs(bytes: Buffer, prefix: string) {
  const id = bytes.toString("base64url");
  return { id, ...idEncodings(bytes, id, prefix) };
}

/** `id` is kept as written: an import may spell the same bytes differently. */
export function idEncodings(bytes: Buffer, id: string, prefix: string) {
  return {
    b64Url: prefix + id,
    b64Std: prefix + bytes.toString("base64"),
    hex: prefix + bytes.toString("hex"),
    dec: prefix + BigInt(`0x0${bytes.toString("hex")}`).toString(),
  };
}

/** Strict: no other letters, no missing or superfluous padding. @throws {Error} for anything else. */
export function decodeBase64(text: string, alphabet: "standard" | "url"): Buffer {
  const pattern = alphabet === "url" ? /^[\w-]*$/ : /^[A-Za-z0-9+/]*={0,2}$/;
  const complete = alphabet === "url" ? text.length % 4 !== 1 : text.length % 4 === 0;
  if (pattern.test(text) && complete) return Buffer.from(text, alphabet === "url" ? "base64url" : "base64");
  const expected = alphabet === "url" ? "URL-safe base64 without padding" : "base64 with padding";
  throw new Error(`expected ${expected}, got ${JSON.stringify(text)}`);
}

/** 16 random bytes in UUID form: version and variant are random too, as RandomUuid of the plugin has it. */
export const uuid = (): string => formatUuid(randomBytes(16).toString("hex"));

export const uuid4 = (): string => randomUUID();

/** Version 7 (RFC 9562): milliseconds since 1970, then random. */
export function uuid7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return formatUuid(bytes.toString("hex"));
}

const dashed = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** `lenient` also takes the forms `{...}`, `urn:uuid:...` and no dashes. @throws {Error} when it is none. */
export function parseUuid(text: string, lenient: boolean): string {
  const bare = lenient ? text.replace(/^urn:uuid:/i, "").replace(/^\{(.*)\}$/, "$1") : text;
  if (dashed.test(bare)) return bare.toLowerCase();
  if (lenient && /^[\da-f]{32}$/i.test(text)) return formatUuid(text.toLowerCase());
  throw new Error(`expected a UUID such as 01234567-89ab-cdef-0123-456789abcdef, got ${JSON.stringify(text)}`);
}

function formatUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
