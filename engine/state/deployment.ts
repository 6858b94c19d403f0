// A whole deployment: what `latest` of a checkpoint and `deployment` of an export hold, between JSON and a Snapshot.
// Versions 1 to 4 are read, 3 is written, and 4 when the state uses a feature that an engine must know to read it rightly
// (pulumi/pulumi: pkg/resource/stack/deployment.go). A feature this engine does not know is refused by name.
import { createHash } from "node:crypto";
import { ByteString, isPropertyArray, isPropertyMap, type PropertyValue, Secret } from "../values.ts";
import { EngineError } from "./error.ts";
import { arrayText, isJsonObject, type JsonObject, type JsonValue, plainText, stringText, structText } from "./json.ts";
import { decodeResource, encodeResource, packageOf, type ResourceState } from "./resource.ts";
import type { SecretReader, SecretWriter } from "./serialize.ts";
import { stateTime } from "./time.ts";

export interface Manifest {
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Of the engine that wrote the state. */
  readonly version: string;
  /** SHA-256 of the version in hex: guards against edits that lose it; "" when the version is "". */
  readonly magic: string;
  readonly plugins: readonly JsonValue[];
}

/** An operation that was running when the snapshot was written: what came of it is not known. */
export interface Operation {
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
  readonly resource: ResourceState;
}

export interface Snapshot {
  readonly manifest: Manifest;
  /** In dependency order: parents, dependencies and providers before what needs them. */
  readonly resources: readonly ResourceState[];
  readonly pendingOperations: readonly Operation[];
  /** Kept as read; `{}` for a new one. */
  readonly metadata: JsonObject;
}

/** The feature of a state that holds resources of the sandbox cloud; every official CLI refuses it. */
export const sandboxFeature = "tutti-sandbox";
const sandboxPackages = new Set(["gcp", "kubernetes"]);

/** Features of version 4 that this engine understands; those it would lose or ignore are missing on purpose. */
const supportedFeatures = new Set([
  ...["byteString", "hooks", "refreshBeforeUpdate", "replaceWith", "taint", "views"],
  sandboxFeature,
]);

/** A manifest for a state written now. `version` is the engine's. */
export function newManifest(version: string, time: Date = new Date()): Manifest {
  return { time: stateTime(time), version, magic: magicOf(version), plugins: [] };
}

export function magicOf(version: string): string {
  return version === "" ? "" : createHash("sha256").update(version).digest("hex");
}

/** A versioned deployment as it stands in a file, before secrets are decrypted. */
export interface RawDeployment {
  /** 1 to 4. */
  readonly version: number;
  readonly features: readonly string[];
  /** Version 3 or 4 shape, or already brought up to it; undefined for a stack that never was updated. */
  readonly deployment: JsonObject | undefined;
}

/** Checks version and features of a deployment and brings old shapes up to version 3. `what` names it in errors. */
export function upgradeDeployment(
  version: JsonValue | undefined,
  features: JsonValue | undefined,
  deployment: JsonValue | undefined,
  what: string,
): RawDeployment {
  if (typeof version !== "number" || !Number.isInteger(version))
    throw new EngineError(`${what} has no deployment version; expected 1 to 4`);
  if (version < 1) throw new EngineError(`${what} is too old to be used by this engine: deployment version ${version}`);
  if (version > 4)
    throw new EngineError(
      `${what} is newer than what this engine understands: deployment version ${version}, known are 1 to 4`,
    );
  const named = version >= 4 ? featureNames(features, what) : [];
  if (deployment === undefined || deployment === null) return { version, features: named, deployment: undefined };
  if (!isJsonObject(deployment)) throw new EngineError(`${what} is malformed: its deployment must be an object`);
  return {
    version: Math.max(version, 3),
    features: named,
    deployment: version >= 3 ? deployment : upgradeResources(deployment),
  };
}

function featureNames(features: JsonValue | undefined, what: string): readonly string[] {
  const names = features ?? [];
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw new EngineError(`${what} is malformed: features must be a list of strings`);
  const unsupported = (names as readonly string[]).filter((name) => !supportedFeatures.has(name));
  if (unsupported.length > 0)
    throw new EngineError(`${what} uses features that are not supported by this engine: ${unsupported.join(", ")}`);
  return names as readonly string[];
}

/**
 * Version 1 may have `defaults`, which nothing uses; before version 3 there are no property dependencies: every input is
 * taken to depend on all that the resource depends on (pulumi/pulumi: pkg/resource/stack/migrate).
 */
function upgradeResources(deployment: JsonObject): JsonObject {
  const upgrade = (json: JsonValue): JsonValue => {
    if (!isJsonObject(json)) return json;
    const { defaults: _defaults, ...resource } = json;
    const { inputs, dependencies = [] } = resource;
    const names = isJsonObject(inputs) ? Object.keys(inputs) : [];
    return { ...resource, propertyDependencies: Object.fromEntries(names.map((name) => [name, dependencies])) };
  };
  const { resources, pending_operations: operations, ...rest } = deployment;
  return {
    ...rest,
    ...(Array.isArray(resources) ? { resources: resources.map(upgrade) } : {}),
    ...(Array.isArray(operations)
      ? {
          pending_operations: (operations as readonly JsonValue[]).map((operation) =>
            isJsonObject(operation) ? { ...operation, resource: upgrade(operation["resource"] ?? null) } : operation,
          ),
        }
      : {}),
  };
}

/** The secrets provider a deployment names, if any. */
export function secretsProviderOf(
  deployment: JsonObject,
): { readonly type: string; readonly state: JsonValue } | undefined {
  const provider = deployment["secrets_providers"];
  if (!isJsonObject(provider) || typeof provider["type"] !== "string" || provider["type"] === "") return undefined;
  return { type: provider["type"], state: provider["state"] ?? null };
}

/** Decodes a deployment of version 3 shape. @throws EngineError naming the resource that is malformed. */
export function decodeDeployment(deployment: JsonObject, secrets: SecretReader): Snapshot {
  const manifest = isJsonObject(deployment["manifest"]) ? deployment["manifest"] : {};
  const words = (key: string): string => (typeof manifest[key] === "string" ? manifest[key] : "");
  const plugins = manifest["plugins"];
  const metadata = deployment["metadata"];
  return {
    manifest: {
      time: words("time"),
      version: words("version"),
      magic: words("magic"),
      plugins: Array.isArray(plugins) ? plugins : [],
    },
    resources: items(deployment, "resources").map((resource) => decodeResource(resource, secrets)),
    pendingOperations: items(deployment, "pending_operations").map((operation) => decodeOperation(operation, secrets)),
    metadata: isJsonObject(metadata) ? metadata : {},
  };
}

function items(deployment: JsonObject, key: string): readonly JsonValue[] {
  const list = deployment[key] ?? [];
  if (!Array.isArray(list)) throw new EngineError(`malformed deployment: ${key} must be a list`);
  return list;
}

const operationTypes: readonly string[] = ["creating", "updating", "deleting", "reading", "importing"];

function decodeOperation(json: JsonValue, secrets: SecretReader): Operation {
  const type = isJsonObject(json) ? json["type"] : undefined;
  if (!isJsonObject(json) || typeof type !== "string" || !operationTypes.includes(type))
    throw new EngineError(
      `malformed pending operation: type "${String(type)}" is none of ${operationTypes.join(", ")}`,
    );
  return { type: type as Operation["type"], resource: decodeResource(json["resource"] ?? null, secrets) };
}

export interface EncodeOptions {
  readonly secrets: SecretWriter;
  /** Written as `secrets_providers`; absent when the state holds no secret and no manager is known. */
  readonly provider?: { readonly type: string; readonly state: JsonValue } | undefined;
  /** Whether `gcp` and `kubernetes` resources are the sandbox's; marks the state so that no official CLI reads it. */
  readonly sandbox: boolean;
  /** Replaces encodeResource, to reuse texts of resources that did not change. */
  readonly encode?: (resource: ResourceState) => string;
}

/** The text of a deployment with its version and features. */
export function encodeDeployment(
  snapshot: Snapshot,
  options: EncodeOptions,
): { readonly version: 3 | 4; readonly features: readonly string[]; readonly text: string } {
  const encode = options.encode ?? ((resource) => encodeResource(resource, options.secrets));
  const { manifest, resources, pendingOperations, metadata } = snapshot;
  const features = featuresOf(snapshot, options.sandbox);
  const text = structText([
    [
      "manifest",
      structText([
        ["time", stringText(manifest.time)],
        ["magic", stringText(manifest.magic)],
        ["version", stringText(manifest.version)],
        ["plugins", manifest.plugins.length === 0 ? undefined : plainText(manifest.plugins)],
      ]),
    ],
    [
      "secrets_providers",
      options.provider &&
        structText([
          ["type", stringText(options.provider.type)],
          ["state", options.provider.state === null ? undefined : plainText(options.provider.state)],
        ]),
    ],
    ["resources", resources.length === 0 ? undefined : arrayText(resources.map(encode))],
    [
      "pending_operations",
      pendingOperations.length === 0
        ? undefined
        : arrayText(
            pendingOperations.map(({ type, resource }) =>
              structText([
                ["resource", encode(resource)],
                ["type", stringText(type)],
              ]),
            ),
          ),
    ],
    ["metadata", plainText(metadata)],
  ]);
  return { version: features.length === 0 ? 3 : 4, features, text };
}

/** The features a state uses, sorted. */
function featuresOf({ resources, pendingOperations }: Snapshot, sandbox: boolean): readonly string[] {
  const features = new Set<string>();
  const look = (resource: ResourceState) => {
    if (resource.refreshBeforeUpdate) features.add("refreshBeforeUpdate");
    if (holdsByteString(resource)) features.add("byteString");
    if (resource.viewOf !== "") features.add("views");
    if (Object.keys(resource.resourceHooks).length > 0) features.add("hooks");
    if (resource.taint) features.add("taint");
    if (resource.replaceWith.length > 0) features.add("replaceWith");
    if (sandbox && sandboxPackages.has(packageOf(resource.type))) features.add(sandboxFeature);
  };
  for (const resource of resources) look(resource);
  // A sandbox resource that is just being created exists in the sandbox only, too
  for (const { resource } of pendingOperations)
    if (sandbox && sandboxPackages.has(packageOf(resource.type))) features.add(sandboxFeature);
  return [...features].sort();
}

/** Of a state that was looked at once: values do not change, and large states are written often. */
const byteStrings = new WeakMap<ResourceState, boolean>();

/** Secrets count: encrypted, nobody sees what they hold. */
function holdsByteString(resource: ResourceState): boolean {
  const known = byteStrings.get(resource);
  if (known !== undefined) return known;
  const { inputs, outputs, replacementTrigger } = resource;
  const holds = [inputs, outputs, replacementTrigger ?? null].some(isOrHoldsByteString);
  byteStrings.set(resource, holds);
  return holds;
}

function isOrHoldsByteString(value: PropertyValue): boolean {
  if (value === null || typeof value !== "object") return false;
  if (value instanceof Secret) return isOrHoldsByteString(value.element);
  if (isPropertyArray(value)) return value.some(isOrHoldsByteString);
  return value instanceof ByteString || (isPropertyMap(value) && Object.values(value).some(isOrHoldsByteString));
}
