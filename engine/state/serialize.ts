// Property values as a checkpoint holds them: JSON, with the kinds that JSON lacks as objects under a signature key
// (pulumi/pulumi: pkg/resource/stack/deployment.go, SerializePropertyValue and DeserializePropertyValue). Decoding and
// encoding an unchanged value gives the same text, ciphertexts included (see CiphertextCache).
//
// A secret's plaintext is the JSON of its value; secrets inside a secret stay marked but are not encrypted twice.
import {
  Archive,
  Asset,
  ByteString,
  isPropertyArray,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
  unknown,
} from "../values.ts";
import { EngineError } from "./error.ts";
import { arrayText, escapeHtml, isJsonObject, type JsonObject, type JsonValue, mapText, stringText } from "./json.ts";

/** The key that marks an object as something else than an object. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
export const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
export const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
export const resourceReferenceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
export const outputValueSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const floatSignature = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c";
const byteStringSignature = "803fd3297a5875dc03ca845dda5d2a98";
/** What stands for an unknown value. */
export const unknownSentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** How secrets leave: `encrypt` to ciphertext; `plaintext` as they are (for `--show-secrets`). */
export type SecretWriter =
  | { readonly type: "encrypt"; readonly encrypt: (plaintext: string, place: string) => string }
  | { readonly type: "plaintext" };

/** What an encrypted secret becomes while reading: its plaintext. `place` is the path under which it stands. */
export interface SecretReader {
  decrypt(ciphertext: string): string;
  /** Told of each decrypted secret, with its plaintext as the writer would produce it. */
  remember?(place: string, plaintext: string, ciphertext: string): void;
}

const inner: SecretWriter = { type: "encrypt", encrypt: (plaintext) => plaintext };

/** The JSON text of a value. `place` names where it stands; it only has to be stable from one write to the next. */
export function encodeValue(value: PropertyValue | undefined, secrets: SecretWriter, place: string): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return stringText(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return encodeNumber(value);
  if (value instanceof Unknown) return stringText(unknownSentinel);
  if (value instanceof ByteString)
    return mapText([
      [signatureKey, stringText(byteStringSignature)],
      ["value", stringText(value.base64)],
    ]);
  if (value instanceof Secret) return encodeSecret(value.element, secrets, place);
  if (value instanceof OutputValue) {
    const element = value.known ? value.element : unknown;
    return encodeValue(value.secret ? new Secret(element) : element, secrets, place);
  }
  if (value instanceof Asset) return encodeAsset(value);
  if (value instanceof Archive) return encodeArchive(value);
  if (value instanceof ResourceReference) {
    const id = value.id instanceof Unknown ? "" : value.id;
    return mapText([
      [signatureKey, stringText(resourceReferenceSignature)],
      ...(id === undefined ? [] : [["id", stringText(id)] as const]),
      ["packageVersion", stringText(value.packageVersion)],
      ["urn", stringText(value.urn)],
    ]);
  }
  if (isPropertyArray(value))
    return arrayText(value.map((item, index) => encodeValue(item, secrets, `${place}[${index}]`)));
  return encodeProperties(value, secrets, place);
}

/** The JSON text of an object, keys sorted. A key whose value is `undefined` is left out. */
export function encodeProperties(properties: PropertyMap, secrets: SecretWriter, place: string): string {
  const entries: (readonly [string, string])[] = [];
  for (const [key, value] of Object.entries(properties) as [string, PropertyValue | undefined][])
    if (value !== undefined) entries.push([key, encodeValue(value, secrets, `${place}.${key}`)]);
  return mapText(entries);
}

function encodeNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : JSON.stringify(value);
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return mapText([
    [signatureKey, stringText(floatSignature)],
    ["value", stringText(bits.toString("hex"))],
  ]);
}

/** A secret's plaintext, escaped as Go escapes it, so that both engines write the same. */
function plaintextOf(element: PropertyValue): string {
  return escapeHtml(encodeValue(element, inner, ""));
}

function encodeSecret(element: PropertyValue, secrets: SecretWriter, place: string): string {
  const plaintext = plaintextOf(element);
  return mapText([
    [signatureKey, stringText(secretSignature)],
    secrets.type === "plaintext"
      ? ["plaintext", stringText(plaintext)]
      : ["ciphertext", stringText(secrets.encrypt(plaintext, place))],
  ]);
}

function encodeAsset(asset: Asset): string {
  const entries: [string, string][] = [[signatureKey, stringText(assetSignature)]];
  if (asset.hash !== "") entries.push(["hash", stringText(asset.hash)]);
  for (const [key, text] of Object.entries(asset.source)) if (text !== "") entries.push([key, stringText(text)]);
  return mapText(entries);
}

function encodeArchive(archive: Archive): string {
  const entries: [string, string][] = [[signatureKey, stringText(archiveSignature)]];
  if (archive.hash !== "") entries.push(["hash", stringText(archive.hash)]);
  const { source } = archive;
  if ("assets" in source)
    entries.push([
      "assets",
      mapText(
        Object.entries(source.assets).map(
          ([key, item]) => [key, item instanceof Asset ? encodeAsset(item) : encodeArchive(item)] as const,
        ),
      ),
    ]);
  else if ("path" in source) entries.push(["path", stringText(source.path)]);
  else entries.push(["uri", stringText(source.uri)]);
  return mapText(entries);
}

/** The value a JSON value stands for. @throws EngineError for a malformed or unknown signature, or a failing decryption. */
export function decodeValue(json: JsonValue, secrets: SecretReader, place: string): PropertyValue {
  if (typeof json === "string") return json === unknownSentinel ? unknown : json;
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((item, index) => decodeValue(item, secrets, `${place}[${index}]`));
  const object = json as JsonObject;
  const signature = Object.hasOwn(object, signatureKey) ? object[signatureKey] : undefined;
  if (signature === undefined) return decodeProperties(object, secrets, place);
  switch (signature) {
    case secretSignature:
      return decodeSecret(object, secrets, place);
    case assetSignature:
      return decodeAsset(object);
    case archiveSignature:
      return decodeArchive(object);
    case resourceReferenceSignature:
      return decodeReference(object);
    case floatSignature:
      return decodeFloat(object);
    case byteStringSignature:
      return decodeByteString(object);
    default:
      throw new EngineError(`unrecognized signature '${String(signature)}' in property map`);
  }
}

/** An object of values; `undefined` (the field is absent) is an empty one. */
export function decodeProperties(json: JsonValue | undefined, secrets: SecretReader, place: string): PropertyMap {
  if (json === undefined || json === null) return {};
  if (!isJsonObject(json)) throw new EngineError(`malformed properties at ${place}: expected an object`);
  // fromEntries, because assigning to a key named __proto__ would be lost
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, decodeValue(value, secrets, `${place}.${key}`)] as const),
  );
}

/** Reads nested secrets of a decrypted value, whose "ciphertexts" are plaintexts. */
const innerReader: SecretReader = { decrypt: (ciphertext) => ciphertext };

function decodeSecret(object: JsonObject, secrets: SecretReader, place: string): Secret {
  const { plaintext, ciphertext } = object;
  const hasPlain = typeof plaintext === "string" && plaintext !== "";
  const hasCipher = typeof ciphertext === "string" && ciphertext !== "";
  if (hasPlain === hasCipher)
    throw new EngineError("malformed secret value: exactly one of `ciphertext` or `plaintext` must be supplied");
  const text = hasPlain ? plaintext : secrets.decrypt(ciphertext as string);
  const element = decodeValue(parseSecret(text), innerReader, "");
  if (hasCipher) secrets.remember?.(place, plaintextOf(element), ciphertext as string);
  return new Secret(element);
}

function parseSecret(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // never the parser's message: it quotes the text
    throw new EngineError("malformed secret value: its plaintext is not JSON");
  }
}

function optionalString(object: JsonObject, key: string, what: string): string | undefined {
  const value = object[key];
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw new EngineError(`malformed ${what}: ${key} must be a string`);
  return value;
}

function decodeAsset(object: JsonObject): Asset {
  const hash = optionalString(object, "hash", "asset") ?? "";
  const path = optionalString(object, "path", "asset") ?? "";
  const uri = optionalString(object, "uri", "asset") ?? "";
  if (path !== "") return new Asset({ path }, hash);
  if (uri !== "") return new Asset({ uri }, hash);
  return new Asset({ text: optionalString(object, "text", "asset") ?? "" }, hash);
}

function decodeArchive(object: JsonObject): Archive {
  const hash = optionalString(object, "hash", "archive") ?? "";
  const path = optionalString(object, "path", "archive") ?? "";
  const uri = optionalString(object, "uri", "archive") ?? "";
  if (path !== "") return new Archive({ path }, hash);
  if (uri !== "") return new Archive({ uri }, hash);
  const assets = object["assets"] ?? {};
  if (!isJsonObject(assets)) throw new EngineError("malformed archive: assets must be an object");
  return new Archive(
    {
      assets: Object.fromEntries(
        Object.entries(assets).map(([key, item]) => {
          if (isJsonObject(item) && item[signatureKey] === assetSignature) return [key, decodeAsset(item)] as const;
          if (isJsonObject(item) && item[signatureKey] === archiveSignature) return [key, decodeArchive(item)] as const;
          throw new EngineError(`archive member '${key}' is not an asset or archive`);
        }),
      ),
    },
    hash,
  );
}

function decodeReference(object: JsonObject): ResourceReference {
  const urn = object["urn"];
  if (typeof urn !== "string") throw new EngineError("malformed resource reference: missing urn");
  const version = optionalString(object, "packageVersion", "resource reference") ?? "";
  return new ResourceReference(urn, decodeReferenceId(object["id"]), version);
}

/** An old engine wrote the id as `{ "V": ... }`: a string, null for a component, an object for an unknown one. */
function decodeReferenceId(id: JsonValue | undefined): string | undefined {
  if (id === undefined || typeof id === "string") return id;
  if (isJsonObject(id)) {
    const value = id["V"];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    if (isJsonObject(value)) return "";
  }
  throw new EngineError("malformed resource reference: id must be a string");
}

function decodeFloat(object: JsonObject): number {
  const hex = object["value"];
  if (typeof hex !== "string" || !/^[0-9a-f]{1,16}$/i.test(hex))
    throw new EngineError("malformed float value: 'value' must be up to 16 hexadecimal digits");
  return Buffer.from(hex.padStart(16, "0"), "hex").readDoubleBE(0);
}

function decodeByteString(object: JsonObject): string | ByteString {
  const base64 = String(object["value"]);
  const bytes = Buffer.from(base64, "base64");
  if (bytes.toString("base64") !== base64) throw new EngineError("malformed byte string: 'value' must be base64");
  return ByteString.from(bytes);
}
