// Property values as the engine holds them: plain JSON values plus the few kinds that Pulumi's wire and state formats
// add. One immutable model between the three codecs (gRPC structs in deployment/wire.ts, checkpoints in
// state/serialize.ts, display in deployment/events.ts), so that a secret or an unknown cannot get lost between them.
import { isUtf8 } from "node:buffer";

/** A value that is not known yet: a preview has not created what would compute it. */
export class Unknown {
  private readonly kind = "unknown";
  toString(): string {
    return this.kind;
  }
}
/** The only instance needed; compare with `instanceof Unknown`. */
export const unknown: Unknown = new Unknown();

/** A value that is encrypted in state and shown as `[secret]`. Never nested directly in another Secret. */
export class Secret {
  readonly element: PropertyValue;
  constructor(element: PropertyValue) {
    this.element = element instanceof Secret ? element.element : element;
  }
}

/** An output value as programs send it with `acceptOutputs`: known or not, secret or not, with the URNs it depends on. */
export class OutputValue {
  readonly element: PropertyValue;
  readonly known: boolean;
  readonly secret: boolean;
  readonly dependencies: readonly string[];
  constructor(element: PropertyValue, known: boolean, secret: boolean, dependencies: readonly string[]) {
    this.element = element;
    this.known = known;
    this.secret = secret;
    this.dependencies = dependencies;
  }
}

/** A reference to a resource, by URN; `id` is absent for components and Unknown for one not created yet. */
export class ResourceReference {
  readonly urn: string;
  readonly id: string | Unknown | undefined;
  readonly packageVersion: string;
  constructor(urn: string, id: string | Unknown | undefined, packageVersion: string) {
    this.urn = urn;
    this.id = id;
    this.packageVersion = packageVersion;
  }
}

/** A file, a text or a URI; `hash` is the hex SHA-256 of its contents ("" until computed). */
export class Asset {
  readonly source: { readonly text: string } | { readonly path: string } | { readonly uri: string };
  readonly hash: string;
  constructor(source: Asset["source"], hash: string) {
    this.source = source;
    this.hash = hash;
  }
}

/** A set of files: literal assets by path, a path on disk or a URI; `hash` as Pulumi computes it ("" until computed). */
export class Archive {
  readonly source:
    | { readonly assets: Readonly<Record<string, Asset | Archive>> }
    | { readonly path: string }
    | { readonly uri: string };
  readonly hash: string;
  constructor(source: Archive["source"], hash: string) {
    this.source = source;
    this.hash = hash;
  }
}

/** A string with bytes that are not UTF-8, which no text of JavaScript can hold. Other strings are never one of these. */
export class ByteString {
  readonly base64: string;
  private constructor(base64: string) {
    this.base64 = base64;
  }
  /** The string of these bytes: a plain one where they are UTF-8. */
  static from(bytes: Uint8Array): string | ByteString {
    return isUtf8(bytes) ? Buffer.from(bytes).toString() : new ByteString(Buffer.from(bytes).toString("base64"));
  }
  /** As the official CLI shows it. */
  toString(): string {
    return `b"${this.base64}"`;
  }
}

export type PropertyValue =
  | null
  | boolean
  | number
  | string
  | ByteString
  | Unknown
  | Secret
  | OutputValue
  | ResourceReference
  | Asset
  | Archive
  | readonly PropertyValue[]
  | PropertyMap;

/** An object; an absent key and an explicit `null` are different in state but equal to a diff. */
export interface PropertyMap {
  readonly [key: string]: PropertyValue;
}

/** Whether a property is the engine's or the SDK's own business, as the code of a dynamic provider: nobody is shown it. */
export const isInternalKey = (key: string): boolean => key.startsWith("__");

/** Whether the value is a plain object, not one of the special kinds and not an array. */
export function isPropertyMap(value: PropertyValue): value is PropertyMap {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether the value is an array (a guard that keeps the element type, unlike `Array.isArray` on a readonly array). */
export function isPropertyArray(value: PropertyValue): value is readonly PropertyValue[] {
  return Array.isArray(value);
}
