// One resource of the sandbox cloud as it lies in its file: PropertyValues to JSON and back, secrets sealed.
//
// Secrets. A sandbox's passwords are generated values of a rehearsal, but nothing may leak them all the same: a record never
// holds one in the clear, and no view of a record shows one. They are encrypted (AES-256-GCM) rather than hashed, because
// reading a resource must give the value back: a Kubernetes Secret that was edited is a difference, and an import needs the
// value. The key is random, one a cloud, in `key` beside the resources (0600), like the passphrase of the sandbox's state.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import {
  Archive,
  Asset,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
} from "../../values.ts";

/** What identifies a resource without opening its values. */
export interface RecordHead {
  readonly version: 1;
  /** Pulumi's id; unique within the collection. */
  readonly id: string;
  /** Type token. */
  readonly type: string;
  /** The cloud's own name for it. */
  readonly name: string;
  /** Folder path inside the cloud, `/` between parts; where ids are unique. */
  readonly collection: string;
  readonly urn: string;
  readonly stack: string;
  /** RFC 3339, UTC. */
  readonly created: string;
  readonly updated: string;
}

export interface CloudRecord extends RecordHead {
  /** As the last create or update gave them. */
  readonly inputs: PropertyMap;
  /** What the cloud has now: what a read returns. */
  readonly state: PropertyMap;
  /** What the cloud chose at creation and keeps: addresses, version numbers. */
  readonly allocated: Readonly<Record<string, string>>;
  /** Paths of properties that were edited behind Pulumi's back since the last update of them. */
  readonly edited: readonly string[];
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The text of a record's file. */
export function encodeRecord(record: CloudRecord, key: Buffer): string {
  const { inputs, state, ...rest } = record;
  const body = { ...rest, inputs: toJson(inputs, key), state: toJson(state, key) };
  return `${JSON.stringify(body, null, 1)}\n`;
}

/** @throws Error when the text is not a record of this version. */
export function decodeRecord(text: string, key: Buffer): CloudRecord {
  const { inputs, state, ...rest } = parse(text) as unknown as RecordHead &
    Pick<CloudRecord, "allocated" | "edited"> & { inputs: Json; state: Json };
  return {
    ...rest,
    allocated: rest.allocated ?? {},
    edited: rest.edited ?? [],
    inputs: fromJson(inputs, key) as PropertyMap,
    state: fromJson(state, key) as PropertyMap,
  };
}

/** The head of a record; needs no key. */
export function decodeHead(text: string): RecordHead {
  const { version, id, type, name, collection, urn, stack, created, updated } = parse(text);
  return { version, id, type, name, collection, urn, stack, created, updated };
}

function parse(text: string): RecordHead {
  const record = JSON.parse(text) as RecordHead;
  if (record.version !== 1)
    throw new Error(`a record of version ${JSON.stringify(record.version)}; this tutti reads version 1`);
  return record;
}

/** Plain JSON for people: secrets read `[secret]`, assets by their hash. */
export function masked(value: PropertyValue): unknown {
  if (value instanceof Secret) return "[secret]";
  if (value instanceof Asset || value instanceof Archive) return { hash: value.hash };
  if (value instanceof ResourceReference) return value.urn;
  if (isPropertyArray(value)) return value.map(masked);
  if (isPropertyMap(value)) return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, masked(v)]));
  return value;
}

function toJson(value: PropertyValue, key: Buffer): Json {
  if (value instanceof Secret) return { $sealed: seal(JSON.stringify(toJson(value.element, key)), key) };
  if (value instanceof Asset) return { $asset: { source: value.source as unknown as Json, hash: value.hash } };
  if (value instanceof Archive) return { $archive: archiveToJson(value, key) };
  if (value instanceof ResourceReference) {
    return {
      $resource: {
        urn: value.urn,
        ...(typeof value.id === "string" ? { id: value.id } : {}),
        version: value.packageVersion,
      },
    };
  }
  if (isPropertyArray(value)) return value.map((element) => toJson(element, key));
  if (isPropertyMap(value)) {
    // A `$` that a name begins with is doubled, so that no resource can forge the marks above.
    return Object.fromEntries(
      Object.entries(value).map(([name, v]) => [name.startsWith("$") ? `$${name}` : name, toJson(v, key)]),
    );
  }
  if (typeof value === "object" && value !== null)
    throw new Error(`the sandbox cloud cannot keep this value: ${String(value)}`);
  return value;
}

function archiveToJson({ source, hash }: Archive, key: Buffer): Json {
  if (!("assets" in source)) return { source: source as unknown as Json, hash };
  return {
    assets: Object.fromEntries(Object.entries(source.assets).map(([path, part]) => [path, toJson(part, key)])),
    hash,
  };
}

function fromJson(json: Json, key: Buffer): PropertyValue {
  if (Array.isArray(json)) return json.map((element) => fromJson(element, key));
  if (typeof json !== "object" || json === null) return json;
  const { $sealed, $asset, $archive, $resource } = json;
  if (typeof $sealed === "string") return new Secret(fromJson(JSON.parse(unseal($sealed, key)) as Json, key));
  if ($asset !== undefined) {
    const { source, hash } = $asset as unknown as { source: Asset["source"]; hash: string };
    return new Asset(source, hash);
  }
  if ($archive !== undefined) {
    const { source, assets, hash } = $archive as unknown as {
      source?: Archive["source"];
      assets?: Record<string, Json>;
      hash: string;
    };
    if (source !== undefined) return new Archive(source, hash);
    const parts = Object.entries(assets ?? {}).map(
      ([path, part]) => [path, fromJson(part, key) as Asset | Archive] as const,
    );
    return new Archive({ assets: Object.fromEntries(parts) }, hash);
  }
  if ($resource !== undefined) {
    const { urn, id, version } = $resource as unknown as { urn: string; id?: string; version: string };
    return new ResourceReference(urn, id, version);
  }
  return Object.fromEntries(
    Object.entries(json).map(([name, v]) => [name.startsWith("$$") ? name.slice(1) : name, fromJson(v, key)]),
  );
}

function seal(plaintext: string, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const parts = [nonce, cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()];
  return `v1:${Buffer.concat(parts).toString("base64")}`;
}

function unseal(sealed: string, key: Buffer): string {
  const bytes = Buffer.from(sealed.replace(/^v1:/, ""), "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
  } catch {
    throw new Error(
      "a secret in the sandbox cloud was not written with this cloud's key; was its `key` file replaced?",
    );
  }
}
