// The sandbox cloud for whoever looks at it from outside: lists, shows, edits and deletes resources, as somebody would in the
// cloud's own console, behind Pulumi's back. Works from any process while stacks are running. Secrets are never returned.
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue, Secret } from "../../values.ts";
import { isFixed } from "./kind.ts";
import { services } from "./packages.ts";
import { type Keys, parsePath, pathText, valueAt, withValueAt } from "./path.ts";
import { type CloudRecord, masked, type RecordHead } from "./record.ts";
import { loadSchema, type SandboxPackage, type Schema, type SchemaProperties } from "./schema.ts";
import { CloudStore } from "./store.ts";
import { didYouMean } from "./suggest.ts";

/** A row of `tutti sandbox list`. */
export interface SandboxResource {
  /** Stack that created it. */
  readonly stack: string;
  readonly urn: string;
  /** Type token. */
  readonly type: string;
  /** The cloud's own name. */
  readonly name: string;
  readonly id: string;
}

/** All that `tutti sandbox show` tells; plain JSON, secrets read `[secret]`. */
export interface SandboxDetails extends SandboxResource {
  /** RFC 3339, UTC. */
  readonly created: string;
  readonly updated: string;
  /** Paths of properties that were edited behind Pulumi's back since its last update of them. */
  readonly edited: readonly string[];
  readonly properties: unknown;
}

/** Wrong request: nothing matches, several match, no such property, wrong kind of value. Plain words, no stack needed. */
export class SandboxCloudError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SandboxCloudError";
  }
}

/** Every resource of the cloud, by stack, then URN; none when the directory does not exist. */
export async function listResources(directory: string): Promise<SandboxResource[]> {
  return (await new CloudStore(directory).heads()).map(row);
}

/**
 * The one resource that a URN, an id, the cloud's name or Pulumi's name means; in one stack when it is given.
 *
 * @throws SandboxCloudError when none or several match.
 */
export async function findResource(directory: string, urnOrNameOrId: string, stack?: string): Promise<SandboxDetails> {
  const record = await find(new CloudStore(directory), urnOrNameOrId, stack);
  const { state, created, updated, edited } = record;
  return { ...row(record), created, updated, edited, properties: masked(state) };
}

/**
 * Changes one property, as somebody would behind Pulumi's back. `path` as Pulumi writes paths: `a.b[0]["c.d"]`. A text for a
 * number, boolean, list or object is read as JSON; `null` removes the property. What was secret stays so.
 *
 * Returns the property before and after, masked.
 *
 * @throws SandboxCloudError when the type has no such property, it cannot change, or the value is of another type.
 */
export async function editResource(
  directory: string,
  resource: Pick<SandboxResource, "urn" | "id"> | string,
  path: string,
  value: unknown,
  stack?: string,
): Promise<{ readonly resource: SandboxResource; readonly old: unknown; readonly new: unknown }> {
  const store = new CloudStore(directory);
  const record = await find(store, resource, stack);
  const keys = parsePath(path);
  if (keys === undefined || typeof keys[0] !== "string")
    throw new SandboxCloudError(`"${path}" is not a property path, such as settings.tier or rules[0].port`);
  const old = valueAt(record.state, keys);
  const name = record.type.slice(0, record.type.indexOf(":")) as SandboxPackage;
  const kind = services[name].kinds.get(record.type);
  const plainPath = keys.filter((key) => typeof key === "string").join(".");
  if (kind !== undefined && isFixed(kind, plainPath)) {
    throw new SandboxCloudError(
      `the cloud does not let ${path} of "${record.name}" change while it lives; delete the resource instead, or edit another property`,
    );
  }
  const schema = await loadSchema(name);
  const next = converted(value, declared(schema, record, keys, old), keys);
  const state = within(() => withValueAt(record.state, keys, next)) as PropertyMap;
  const edited = [...new Set([...record.edited, pathText(keys)])].sort();
  await store.replace({ ...record, state, edited, updated: new Date().toISOString() });
  const now = valueAt(state, keys);
  return {
    resource: row(record),
    old: old === undefined ? undefined : masked(old),
    new: now === undefined ? undefined : masked(now),
  };
}

/** Deletes one resource, as somebody would behind Pulumi's back: nothing is checked. Returns what it was. */
export async function deleteResource(
  directory: string,
  resource: Pick<SandboxResource, "urn" | "id"> | string,
  stack?: string,
): Promise<SandboxResource> {
  const store = new CloudStore(directory);
  const record = await find(store, resource, stack);
  await store.remove(record.collection, record.id);
  return row(record);
}

function row({ stack, urn, type, name, id }: RecordHead): SandboxResource {
  return { stack, urn, type, name, id };
}

async function find(
  store: CloudStore,
  resource: Pick<SandboxResource, "urn" | "id"> | string,
  stack: string | undefined,
): Promise<CloudRecord> {
  const wanted = typeof resource === "string" ? resource : resource.urn;
  const heads = (await store.heads()).filter(
    (head) =>
      (stack === undefined || head.stack === stack) && (typeof resource === "string" || head.id === resource.id),
  );
  // A URN is one resource's own; an id may be another's name, and the cloud's names come before Pulumi's.
  const ways: ((head: RecordHead) => boolean)[] = [
    ({ urn }) => urn === wanted,
    ({ id, name }) => id === wanted || name === wanted,
    ({ urn }) => logicalName(urn) === wanted,
  ];
  const found = ways.map((way) => heads.filter(way)).find((some) => some.length > 0) ?? [];
  const where = stack === undefined ? "the sandbox cloud" : `the sandbox cloud of ${stack}`;
  if (found.length === 0) {
    const known = heads.flatMap((head) => [head.name, logicalName(head.urn)]);
    throw new SandboxCloudError(
      `no resource "${wanted}" in ${where}, which holds ${heads.length}${didYouMean(wanted, known)}`,
    );
  }
  if (found.length > 1) {
    throw new SandboxCloudError(
      `"${wanted}" means ${found.length} resources of ${where}; give the URN of one:\n${found.map(({ urn }) => `  ${urn}`).join("\n")}`,
    );
  }
  const { collection, id } = found[0]!;
  const record = await store.get(collection, id);
  if (record === undefined) throw new SandboxCloudError(`"${wanted}" was deleted just now`);
  return record;
}

function within<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof RangeError) throw new SandboxCloudError(error.message);
    throw error;
  }
}

function logicalName(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/**
 * The schema's type at a path, from the inputs or, for what only the cloud sets, from the value that is there.
 *
 * @throws SandboxCloudError when there is no such property.
 */
function declared(schema: Schema, record: CloudRecord, keys: Keys, old: PropertyValue | undefined): string {
  const resource = schema.resource(record.type);
  let properties: SchemaProperties | undefined = resource?.inputs;
  let type = "a";
  for (const [index, key] of keys.entries()) {
    if (type === "a" && index > 0) break;
    if (typeof key === "number" || type.startsWith("{")) {
      type = type.slice(1);
    } else {
      const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (known === undefined) {
        if (old !== undefined || resource === undefined || (index === 0 && Object.hasOwn(resource.outputs, key)))
          return kindOf(old);
        const at = pathText(keys.slice(0, index));
        throw new SandboxCloudError(
          `${at === "" ? record.type : at} has no property "${key}"${didYouMean(key, Object.keys(properties ?? {}))}`,
        );
      }
      type = known.replace(/^[!^]+/, "");
    }
    properties = type.startsWith("@") ? schema.type(type.slice(1)) : undefined;
    if (type.startsWith("@") && properties === undefined) type = "a";
  }
  return type;
}

function kindOf(value: PropertyValue | undefined): string {
  const plain = value instanceof Secret ? value.element : value;
  return typeof plain === "string" ? "s" : typeof plain === "number" ? "n" : typeof plain === "boolean" ? "b" : "a";
}

/** The value as the type wants it. */
function converted(value: unknown, type: string, keys: Keys): PropertyValue {
  if (value === null || (value === "null" && type !== "s")) return null;
  if (type === "s") {
    if (typeof value === "string") return value;
    throw new SandboxCloudError(`${pathText(keys)} is a string, not ${JSON.stringify(value)}`);
  }
  const read = typeof value === "string" ? fromJson(value) : (value as PropertyValue);
  const fits =
    type === "n"
      ? typeof read === "number"
      : type === "b"
        ? typeof read === "boolean"
        : type.startsWith("[")
          ? isPropertyArray(read)
          : /^[{@]/.test(type)
            ? isPropertyMap(read)
            : true;
  if (fits) return read;
  const expected =
    type === "n"
      ? "a number"
      : type === "b"
        ? "true or false"
        : type.startsWith("[")
          ? "a list, as JSON"
          : "an object, as JSON";
  throw new SandboxCloudError(`${pathText(keys)} is ${expected}, not ${JSON.stringify(value)}`);
}

/** JSON, or the text itself where it is none. */
function fromJson(text: string): PropertyValue {
  try {
    return JSON.parse(text) as PropertyValue;
  } catch {
    return text;
  }
}
