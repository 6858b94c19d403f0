// A resource as a checkpoint holds it (pulumi/pulumi: sdk/go/common/apitype/core.go, ResourceV3). Fields this engine does
// not know survive reading and writing back, in `extra`. A ResourceState is never changed after it was made: what was
// written for it once may be written again (checkpoint.ts relies on it).
import type { PropertyMap, PropertyValue } from "../values.ts";
import { EngineError } from "./error.ts";
import {
  arrayText,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  mapText,
  plainText,
  stringText,
  structText,
} from "./json.ts";
import {
  decodeProperties,
  decodeValue,
  encodeProperties,
  encodeValue,
  type SecretReader,
  type SecretWriter,
} from "./serialize.ts";

/** Seconds; 0 is the provider's default. */
export interface CustomTimeouts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly read: number;
}

/** Absent strings are "", absent lists and maps are empty. */
export interface ResourceState {
  readonly urn: string;
  readonly custom: boolean;
  /** To be deleted in the next update: the old half of a replacement. Several states may have one URN then. */
  readonly delete: boolean;
  readonly id: string;
  readonly type: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly parent: string;
  readonly protect: boolean;
  /** To be replaced in the next update. */
  readonly taint: boolean;
  /** Read, not managed (`X.get`, StackReference). */
  readonly external: boolean;
  readonly dependencies: readonly string[];
  readonly initErrors: readonly string[];
  /** `urn::id` of the provider; "" for components and providers. */
  readonly provider: string;
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** Deleted before replacement and not created again yet. */
  readonly pendingReplacement: boolean;
  readonly additionalSecretOutputs: readonly string[];
  readonly aliases: readonly string[];
  readonly customTimeouts: CustomTimeouts;
  readonly importId: string;
  readonly retainOnDelete: boolean;
  readonly deletedWith: string;
  readonly replaceWith: readonly string[];
  /** RFC 3339, UTC. */
  readonly created: string | undefined;
  readonly modified: string | undefined;
  readonly sourcePosition: string;
  /** Source positions; "" for a frame without one. */
  readonly stackTrace: readonly string[];
  readonly ignoreChanges: readonly string[];
  /** Property paths. */
  readonly hideDiff: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly replacementTrigger: PropertyValue;
  readonly refreshBeforeUpdate: boolean;
  readonly viewOf: string;
  /** Names of hooks by moment. */
  readonly resourceHooks: Readonly<Record<string, readonly string[]>>;
  /** Fields that are none of the above, as they were read. */
  readonly extra: JsonObject;
}

const blank: Omit<ResourceState, "urn" | "type" | "custom"> = {
  delete: false,
  id: "",
  inputs: {},
  outputs: {},
  parent: "",
  protect: false,
  taint: false,
  external: false,
  dependencies: [],
  initErrors: [],
  provider: "",
  propertyDependencies: {},
  pendingReplacement: false,
  additionalSecretOutputs: [],
  aliases: [],
  customTimeouts: { create: 0, update: 0, delete: 0, read: 0 },
  importId: "",
  retainOnDelete: false,
  deletedWith: "",
  replaceWith: [],
  created: undefined,
  modified: undefined,
  sourcePosition: "",
  stackTrace: [],
  ignoreChanges: [],
  hideDiff: [],
  replaceOnChanges: [],
  replacementTrigger: null,
  refreshBeforeUpdate: false,
  viewOf: "",
  resourceHooks: {},
  extra: {},
};

/** A state with everything not given absent. */
export function newResource(
  given: Pick<ResourceState, "urn" | "type" | "custom"> & Partial<ResourceState>,
): ResourceState {
  return { ...blank, ...given };
}

/** The package a type token belongs to: `gcp` of `gcp:storage/bucket:Bucket` and of `pulumi:providers:gcp`. */
export function packageOf(type: string): string {
  const [first = "", second, third = ""] = type.split(":");
  return first === "pulumi" && second === "providers" ? third : first;
}

/** The JSON text of a resource. Secrets stand at places below the resource's URN. */
export function encodeResource(state: ResourceState, secrets: SecretWriter): string {
  const place = `${state.urn}${state.delete ? "#delete" : ""}`;
  const timeouts = state.customTimeouts;
  return structText([
    ["urn", stringText(state.urn)],
    ["custom", String(state.custom)],
    ["delete", flag(state.delete)],
    ["id", text(state.id)],
    ["type", stringText(state.type)],
    ["inputs", properties(state.inputs, secrets, `${place}#inputs`)],
    ["outputs", properties(state.outputs, secrets, `${place}#outputs`)],
    ["parent", text(state.parent)],
    ["protect", flag(state.protect)],
    ["taint", flag(state.taint)],
    ["external", flag(state.external)],
    ["dependencies", list(state.dependencies)],
    ["initErrors", list(state.initErrors)],
    ["provider", text(state.provider)],
    ["propertyDependencies", listMap(state.propertyDependencies)],
    ["pendingReplacement", flag(state.pendingReplacement)],
    ["additionalSecretOutputs", list(state.additionalSecretOutputs)],
    ["aliases", list(state.aliases)],
    [
      "customTimeouts",
      timeouts.create === 0 && timeouts.update === 0 && timeouts.delete === 0 && timeouts.read === 0
        ? undefined
        : structText([
            ["create", number(timeouts.create)],
            ["update", number(timeouts.update)],
            ["delete", number(timeouts.delete)],
            ["read", number(timeouts.read)],
          ]),
    ],
    ["importID", text(state.importId)],
    ["retainOnDelete", flag(state.retainOnDelete)],
    ["deletedWith", text(state.deletedWith)],
    ["replaceWith", list(state.replaceWith)],
    ["created", text(state.created ?? "")],
    ["modified", text(state.modified ?? "")],
    ["sourcePosition", text(state.sourcePosition)],
    [
      "stackTrace",
      state.stackTrace.length === 0
        ? undefined
        : arrayText(state.stackTrace.map((position) => structText([["sourcePosition", text(position)]]))),
    ],
    ["ignoreChanges", list(state.ignoreChanges)],
    ["hideDiff", list(state.hideDiff)],
    ["replaceOnChanges", list(state.replaceOnChanges)],
    [
      "replacementTrigger",
      state.replacementTrigger === null
        ? undefined
        : encodeValue(state.replacementTrigger, secrets, `${place}#replacementTrigger`),
    ],
    ["refreshBeforeUpdate", flag(state.refreshBeforeUpdate)],
    ["viewOf", text(state.viewOf)],
    ["resourceHooks", listMap(state.resourceHooks)],
    ...Object.entries(state.extra).map(([key, value]) => [stringText(key).slice(1, -1), plainText(value)] as const),
  ]);
}

const flag = (value: boolean): string | undefined => (value ? "true" : undefined);
const text = (value: string): string | undefined => (value === "" ? undefined : stringText(value));
const number = (value: number): string | undefined => (value === 0 ? undefined : JSON.stringify(value));
const list = (values: readonly string[]): string | undefined =>
  values.length === 0 ? undefined : arrayText(values.map(stringText));

function listMap(lists: Readonly<Record<string, readonly string[]>>): string | undefined {
  const entries = Object.entries(lists);
  if (entries.length === 0) return undefined;
  return mapText(entries.map(([key, values]) => [key, arrayText(values.map(stringText))] as const));
}

function properties(map: PropertyMap, secrets: SecretWriter, place: string): string | undefined {
  const encoded = encodeProperties(map, secrets, place);
  return encoded === "{}" ? undefined : encoded;
}

/** Reads a resource. @throws EngineError for a missing URN or type, a field of the wrong kind, or properties that do not decode. */
export function decodeResource(json: JsonValue, secrets: SecretReader): ResourceState {
  if (!isJsonObject(json)) throw new EngineError("malformed resource: expected an object");
  const fields = new Fields(json);
  const urn = fields.string("urn");
  if (urn === "") throw new EngineError("resource missing required 'urn' field");
  fields.resource = urn;
  const type = fields.string("type");
  if (type === "") throw new EngineError(`resource '${urn}' missing required 'type' field`);
  const custom = fields.boolean("custom");
  const id = fields.string("id");
  if (!custom && id !== "") throw new EngineError(`resource '${urn}' has 'custom' false but non-empty ID`);
  const isDelete = fields.boolean("delete");
  const place = `${urn}${isDelete ? "#delete" : ""}`;
  const trigger = fields.take("replacementTrigger");
  return {
    urn,
    custom,
    delete: isDelete,
    id,
    type,
    inputs: decodeProperties(fields.take("inputs"), secrets, `${place}#inputs`),
    outputs: decodeProperties(fields.take("outputs"), secrets, `${place}#outputs`),
    parent: fields.string("parent"),
    protect: fields.boolean("protect"),
    taint: fields.boolean("taint"),
    external: fields.boolean("external"),
    dependencies: fields.strings("dependencies"),
    initErrors: fields.strings("initErrors"),
    provider: fields.string("provider"),
    propertyDependencies: fields.stringLists("propertyDependencies"),
    pendingReplacement: fields.boolean("pendingReplacement"),
    additionalSecretOutputs: fields.strings("additionalSecretOutputs"),
    aliases: fields.strings("aliases"),
    customTimeouts: fields.timeouts("customTimeouts"),
    importId: fields.string("importID"),
    retainOnDelete: fields.boolean("retainOnDelete"),
    deletedWith: fields.string("deletedWith"),
    replaceWith: fields.strings("replaceWith"),
    created: fields.string("created") || undefined,
    modified: fields.string("modified") || undefined,
    sourcePosition: fields.string("sourcePosition"),
    stackTrace: fields.frames("stackTrace"),
    ignoreChanges: fields.strings("ignoreChanges"),
    hideDiff: fields.strings("hideDiff"),
    replaceOnChanges: fields.strings("replaceOnChanges"),
    replacementTrigger: trigger === undefined ? null : decodeValue(trigger, secrets, `${place}#replacementTrigger`),
    refreshBeforeUpdate: fields.boolean("refreshBeforeUpdate"),
    viewOf: fields.string("viewOf"),
    resourceHooks: fields.stringLists("resourceHooks"),
    extra: fields.rest(),
  };
}

/** Takes fields out of a JSON object one by one, checking each, and says what is left. `null` is absent, as in Go. */
class Fields {
  resource = "";
  private readonly object: JsonObject;
  private readonly taken = new Set<string>();
  constructor(object: JsonObject) {
    this.object = object;
  }
  take(key: string): JsonValue | undefined {
    this.taken.add(key);
    return this.object[key] ?? undefined;
  }
  string(key: string): string {
    const value = this.take(key) ?? "";
    return typeof value === "string" ? value : this.wrong(key, "a string");
  }
  boolean(key: string): boolean {
    const value = this.take(key) ?? false;
    return typeof value === "boolean" ? value : this.wrong(key, "true or false");
  }
  strings(key: string): readonly string[] {
    const value = this.take(key) ?? [];
    return isStrings(value) ? value : this.wrong(key, "a list of strings");
  }
  stringLists(key: string): Readonly<Record<string, readonly string[]>> {
    const value = this.take(key) ?? {};
    if (!isJsonObject(value)) return this.wrong(key, "an object of lists of strings");
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        const names = item ?? [];
        return [name, isStrings(names) ? names : this.wrong(key, "an object of lists of strings")] as const;
      }),
    );
  }
  timeouts(key: string): CustomTimeouts {
    const value = this.take(key) ?? {};
    if (!isJsonObject(value)) return this.wrong(key, "an object");
    const seconds = (name: string): number => {
      const given = value[name] ?? 0;
      return typeof given === "number" ? given : this.wrong(`${key}.${name}`, "a number of seconds");
    };
    return { create: seconds("create"), update: seconds("update"), delete: seconds("delete"), read: seconds("read") };
  }
  frames(key: string): readonly string[] {
    const value = this.take(key) ?? [];
    if (!Array.isArray(value)) return this.wrong(key, "a list");
    return (value as readonly JsonValue[]).map((frame) => {
      const position = isJsonObject(frame) ? (frame["sourcePosition"] ?? "") : undefined;
      return typeof position === "string" ? position : this.wrong(key, "a list of { sourcePosition }");
    });
  }
  rest(): JsonObject {
    return Object.fromEntries(Object.entries(this.object).filter(([key]) => !this.taken.has(key)));
  }
  private wrong(key: string, expected: string): never {
    throw new EngineError(`malformed resource '${this.resource}': field '${key}' must be ${expected}`);
  }
}

function isStrings(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
