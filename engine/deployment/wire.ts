// Turns protobuf Structs, as programs and providers exchange them, into property values and back.
//
// Everything JSON cannot say travels as an object with a signature key, or, for an unknown, as one of seven agreed
// strings (pulumi/pulumi: sdk/go/common/resource/plugin/rpc.go). What the receiver does not understand is lowered on
// the way out: a secret to its plain value, a resource reference to its id or URN, an unknown to nothing at all. Output
// values go to transforms alone, which all understand them. google-protobuf sorts keys, so equal values have equal bytes.
//
// A key `__proto__` cannot travel: google-protobuf keeps maps in a plain object and loses it. Encoding refuses it.

import type { ListValue, Struct, Value } from "google-protobuf/google/protobuf/struct_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import {
  Archive,
  Asset,
  ByteString,
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

/** The key whose value says what an object stands for. */
export const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";

/** What an object with `SIGNATURE_KEY` stands for. */
export const SIGNATURES = {
  secret: "1b47061264138c4ac30d75fd1eb44270",
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  resource: "5cf8f73096256a8f31e491e813e4eb8e",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
  byteString: "803fd3297a5875dc03ca845dda5d2a98",
} as const;

/** The unknown of a string, and the one written for every unknown: property values do not keep an unknown's type. */
export const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const UNKNOWNS: ReadonlySet<string> = new Set([
  UNKNOWN_STRING,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // bool
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** What the receiver understands; everything absent is lowered (see the file header). */
export interface WireOptions {
  readonly keepUnknowns?: boolean;
  readonly keepSecrets?: boolean;
  readonly keepResources?: boolean;
}

/** Loses nothing. */
export const KEEP: WireOptions = { keepUnknowns: true, keepSecrets: true, keepResources: true };

/** Whether output values stay what they are; else they become secrets and unknowns. Everything else always stays. */
interface ReadOptions {
  readonly keepOutputs?: boolean;
}

// ---------------------------------------------------------------------------------------------------- reading

/** Reads a Struct; an absent one is an empty map. @throws Error naming the property of a malformed value. */
export function decodeStruct(struct: Struct | undefined, options: ReadOptions = {}): PropertyMap {
  return Object.fromEntries(fieldsOf(struct).map(([key, value]) => [key, decodeAt(key, value, options)]));
}

/** Reads one value. */
export function decodeValue(value: Value, options: ReadOptions = {}): PropertyValue {
  return decodeAt("", value, options);
}

function decodeAt(path: string, value: Value, options: ReadOptions): PropertyValue {
  switch (value.getKindCase()) {
    case structProto.Value.KindCase.BOOL_VALUE:
      return value.getBoolValue();
    case structProto.Value.KindCase.NUMBER_VALUE:
      return value.getNumberValue();
    case structProto.Value.KindCase.STRING_VALUE: {
      const text = value.getStringValue();
      return UNKNOWNS.has(text) ? unknown : text;
    }
    case structProto.Value.KindCase.LIST_VALUE:
      return (value.getListValue() as ListValue)
        .getValuesList()
        .map((item, index) => decodeAt(`${path}[${index}]`, item, options));
    case structProto.Value.KindCase.STRUCT_VALUE:
      return decodeObject(path, value.getStructValue() as Struct, options);
    default:
      return null;
  }
}

function decodeObject(path: string, struct: Struct, options: ReadOptions): PropertyValue {
  const signature = struct.getFieldsMap().get(SIGNATURE_KEY);
  const fields = new Map<string, PropertyValue>();
  for (const [key, value] of fieldsOf(struct))
    fields.set(key, decodeAt(path === "" ? key : `${path}.${key}`, value, options));
  if (signature === undefined) return Object.fromEntries(fields);
  const kind = signature.getStringValue();
  switch (kind) {
    case SIGNATURES.secret: {
      const element = fields.get("value");
      if (element === undefined) throw malformed("secret", path, "has no value");
      return new Secret(element);
    }
    case SIGNATURES.asset:
      return decodeAsset(path, fields);
    case SIGNATURES.archive:
      return decodeArchive(path, fields);
    case SIGNATURES.resource:
      return decodeReference(path, fields);
    case SIGNATURES.output:
      return decodeOutput(path, fields, options);
    case SIGNATURES.byteString:
      throw malformed("string", path, "holds bytes that are not UTF-8, though nobody said that they are accepted");
    default:
      throw malformed("value", path, `has the unknown signature "${kind}"`);
  }
}

function decodeAsset(path: string, fields: ReadonlyMap<string, PropertyValue>): Asset {
  const field = (name: string) => textField("asset", path, fields, name);
  const hash = field("hash");
  const uri = field("uri");
  if (uri !== "") return new Asset({ uri }, hash);
  const file = field("path");
  if (file !== "") return new Asset({ path: file }, hash);
  return new Asset({ text: field("text") }, hash);
}

function decodeArchive(path: string, fields: ReadonlyMap<string, PropertyValue>): Archive {
  const field = (name: string) => textField("archive", path, fields, name);
  const hash = field("hash");
  const file = field("path");
  if (file !== "") return new Archive({ path: file }, hash);
  const uri = field("uri");
  if (uri !== "") return new Archive({ uri }, hash);
  const members = fields.get("assets") ?? {};
  if (!isPropertyMap(members)) throw malformed("archive", path, "has contents that are not an object");
  for (const [name, member] of Object.entries(members)) {
    if (!(member instanceof Asset || member instanceof Archive)) {
      throw malformed("archive", path, `has a member "${name}" that is neither an asset nor an archive`);
    }
  }
  return new Archive({ assets: members as Readonly<Record<string, Asset | Archive>> }, hash);
}

function decodeReference(path: string, fields: ReadonlyMap<string, PropertyValue>): ResourceReference {
  const urn = fields.get("urn");
  if (typeof urn !== "string") throw malformed("resource reference", path, "has no urn");
  const version = textField("resource reference", path, fields, "packageVersion");
  const given = fields.get("id");
  const id = given instanceof OutputValue ? (given.known ? given.element : unknown) : given;
  if (id !== undefined && typeof id !== "string" && !(id instanceof Unknown)) {
    throw malformed("resource reference", path, "has an id that is not a string");
  }
  // The empty id of a resource that a preview would create stands for an unknown one.
  return new ResourceReference(urn, id === "" ? unknown : id, version);
}

function decodeOutput(
  path: string,
  fields: ReadonlyMap<string, PropertyValue>,
  { keepOutputs }: ReadOptions,
): PropertyValue {
  const given = fields.get("value");
  const element = given === undefined ? unknown : given;
  const secret = fields.get("secret") ?? false;
  if (typeof secret !== "boolean") throw malformed("output value", path, "has a secret flag that is not a boolean");
  const dependencies = fields.get("dependencies") ?? [];
  if (!isPropertyArray(dependencies) || !dependencies.every((urn) => typeof urn === "string")) {
    throw malformed("output value", path, "has dependencies that are not a list of URNs");
  }
  if (keepOutputs) return new OutputValue(element, !(element instanceof Unknown), secret, dependencies as string[]);
  return secret ? new Secret(element) : element;
}

function textField(kind: string, path: string, fields: ReadonlyMap<string, PropertyValue>, name: string): string {
  const value = fields.get(name) ?? "";
  if (typeof value !== "string") throw malformed(kind, path, `has a ${name} that is not a string`);
  return value;
}

function malformed(kind: string, path: string, what: string): Error {
  return new Error(`malformed ${kind}${path === "" ? "" : ` for "${path}"`}: it ${what}`);
}

/** In the order of their keys, as google-protobuf hands them out. */
function fieldsOf(struct: Struct | undefined): readonly [string, Value][] {
  return [...(struct?.getFieldsMap().entries() ?? [])] as [string, Value][];
}

// ---------------------------------------------------------------------------------------------------- writing

/** Writes a map as a Struct. @throws Error for a key `__proto__` and for a value of no known kind. */
export function encodeStruct(properties: PropertyMap, options: WireOptions): Struct {
  const struct = new structProto.Struct();
  for (const key of Object.keys(properties)) {
    const encoded = encodeValue(properties[key] as PropertyValue, options);
    if (encoded !== undefined) setField(struct, key, encoded);
  }
  return struct;
}

/** Writes one value; `undefined` for an unknown that is not kept. */
export function encodeValue(value: PropertyValue, options: WireOptions): Value | undefined {
  const result = new structProto.Value();
  if (value === null || value === undefined) result.setNullValue(structProto.NullValue.NULL_VALUE);
  else if (typeof value === "boolean") result.setBoolValue(value);
  else if (typeof value === "number") result.setNumberValue(value);
  else if (typeof value === "string") result.setStringValue(value);
  else if (value instanceof ByteString)
    throw new Error("a string contains bytes that are not UTF-8, which the receiver does not support");
  else if (value instanceof Unknown) {
    if (!options.keepUnknowns) return undefined;
    result.setStringValue(UNKNOWN_STRING);
  } else if (value instanceof Secret) {
    if (!options.keepSecrets) return encodeValue(value.element, options);
    const element = encodeValue(value.element, options);
    if (element === undefined) return undefined;
    return signed("secret", { value: element });
  } else if (value instanceof OutputValue) return encodeOutput(value, options);
  else if (value instanceof ResourceReference) return encodeReference(value, options);
  else if (value instanceof Asset) return signed("asset", { ...texts(value.source), hash: text(value.hash) });
  else if (value instanceof Archive) return encodeArchive(value, options);
  else if (isPropertyArray(value)) {
    const list = new structProto.ListValue();
    list.setValuesList(value.map((item) => encodeValue(item, options)).filter((item) => item !== undefined));
    result.setListValue(list);
  } else if (isPropertyMap(value)) result.setStructValue(encodeStruct(value, options));
  else throw new Error(`internal error: no wire form for ${Object.prototype.toString.call(value)}`);
  return result;
}

function encodeOutput(value: OutputValue, options: WireOptions): Value {
  return signed("output", {
    value: value.known ? encodeValue(value.element, options) : undefined,
    secret: value.secret ? structProto.Value.fromJavaScript(true) : undefined,
    dependencies: value.dependencies.length > 0 ? structProto.Value.fromJavaScript([...value.dependencies]) : undefined,
  });
}

function encodeReference(value: ResourceReference, options: WireOptions): Value | undefined {
  if (!options.keepResources) return encodeValue(value.id === undefined ? value.urn : value.id, options);
  return signed("resource", {
    urn: structProto.Value.fromJavaScript(value.urn),
    id:
      value.id === undefined
        ? undefined
        : structProto.Value.fromJavaScript(value.id instanceof Unknown ? "" : value.id),
    packageVersion: text(value.packageVersion),
  });
}

function encodeArchive(value: Archive, options: WireOptions): Value | undefined {
  const hash = text(value.hash);
  if (!("assets" in value.source)) return signed("archive", { ...texts(value.source), hash });
  const assets = new structProto.Value();
  assets.setStructValue(encodeStruct(value.source.assets, options));
  return signed("archive", { assets, hash });
}

/** Absent and empty are the same to every reader of these fields, and the official engine writes none. */
function text(value: string): Value | undefined {
  return value === "" ? undefined : structProto.Value.fromJavaScript(value);
}

function texts(source: Readonly<Record<string, string>>): Record<string, Value | undefined> {
  return Object.fromEntries(Object.entries(source).map(([key, value]) => [key, text(value)]));
}

function signed(kind: keyof typeof SIGNATURES, fields: Readonly<Record<string, Value | undefined>>): Value {
  const struct = new structProto.Struct();
  setField(struct, SIGNATURE_KEY, structProto.Value.fromJavaScript(SIGNATURES[kind]));
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) setField(struct, key, value);
  const result = new structProto.Value();
  result.setStructValue(struct);
  return result;
}

function setField(struct: Struct, key: string, value: Value): void {
  if (key === "__proto__")
    throw new Error('a property named "__proto__" cannot be sent: protobuf for Node.js loses it');
  struct.getFieldsMap().set(key, value);
}
