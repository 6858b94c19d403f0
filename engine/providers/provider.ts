// The one interface behind which every provider stands: random, dynamic, sandbox (gcp, kubernetes) and, in the contract
// suite only, a real plugin. The shapes follow Pulumi's ResourceProvider service (pulumi/pulumi: proto/pulumi/provider.proto).
// Values may hold Secret and, in a preview, Unknown; never OutputValue. A rejected promise is the provider's failure.
import type { PropertyMap } from "../values.ts";

export interface CheckFailure {
  /** Property path at fault, "" for the resource as a whole. */
  readonly property: string;
  readonly reason: string;
}

export interface CheckResult {
  /** The checked inputs, defaults filled in; these go into the state. */
  readonly inputs: PropertyMap;
  readonly failures: readonly CheckFailure[];
}

export type PropertyDiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

export interface PropertyDiff {
  readonly kind: PropertyDiffKind;
  /** True when old and new *inputs* were compared, false when old state and new inputs. */
  readonly inputDiff: boolean;
}

export interface DiffResult {
  /** "unknown": the provider cannot tell, and the engine compares inputs itself (as with an absent detailed diff). */
  readonly changes: "none" | "some" | "unknown";
  /** Property names that force a replacement; empty: update in place. */
  readonly replaces: readonly string[];
  /** Output properties that an update leaves as they are; others become unknown in a preview. */
  readonly stables: readonly string[];
  readonly deleteBeforeReplace: boolean;
  /** Top-level names of changed properties. */
  readonly diffs: readonly string[];
  /** By property path (`a.b[0]["c.d"]`), when the provider gives it. */
  readonly detailedDiff?: Readonly<Record<string, PropertyDiff>>;
}

export interface ResourceResult {
  readonly id: string;
  readonly outputs: PropertyMap;
}

/**
 * Thrown by create, update and read when the resource exists but is not healthy: it is recorded, and the step fails; a
 * refresh only tells of it. Without an id, what was to be read is gone.
 */
export class PartialFailure extends Error {
  readonly id: string;
  readonly outputs: PropertyMap;
  readonly inputs: PropertyMap;
  readonly reasons: readonly string[];
  constructor(id: string, outputs: PropertyMap, inputs: PropertyMap, reasons: readonly string[]) {
    super(reasons.join("; "));
    this.id = id;
    this.outputs = outputs;
    this.inputs = inputs;
    this.reasons = reasons;
  }
}

export interface Target {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
}

export interface CheckRequest extends Target {
  readonly oldInputs: PropertyMap;
  readonly newInputs: PropertyMap;
  /** 32 bytes, the same for the same goal: autonaming derives its suffix from it. */
  readonly randomSeed: Uint8Array;
  /** Set by `pulumi:autonaming` configuration; absent means the provider's own habit. */
  readonly autonaming?: { readonly proposedName: string; readonly mode: "propose" | "enforce" | "disable" };
}
export interface DiffRequest extends Target {
  readonly id: string;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
  readonly newInputs: PropertyMap;
  readonly ignoreChanges: readonly string[];
}
export interface CreateRequest extends Target {
  readonly inputs: PropertyMap;
  /** In a preview nothing is created: answer the outputs that can be predicted, Unknown for the rest; `id` may be "". */
  readonly preview: boolean;
  /** Seconds; 0 is the provider's default. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}
export interface ReadRequest extends Target {
  readonly id: string;
  /** Old inputs and outputs when refreshing; empty when importing or getting. */
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}
export interface ReadResult extends ResourceResult {
  readonly inputs: PropertyMap;
}
export interface UpdateRequest extends DiffRequest {
  readonly preview: boolean;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}
export interface DeleteRequest extends Target {
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface Provider {
  readonly package: string;
  /** The plugin version it answers for, e.g. "4.21.2"; undefined when unversioned. */
  readonly version: string | undefined;
  /** Whether it names resources as `CheckRequest.autonaming` says; else it goes on as it always does. */
  readonly supportsAutonaming?: boolean;
  /** Whether views must mark resources of this type as approximate (sandbox types without a reviewed table). */
  approximate?(type: string): boolean;
  checkConfig(request: CheckRequest): Promise<CheckResult>;
  diffConfig(request: DiffRequest): Promise<DiffResult>;
  /** Called once before any other call but the two above; `inputs` may hold Unknown in a preview. */
  configure(inputs: PropertyMap): Promise<void>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  create(request: CreateRequest): Promise<ResourceResult>;
  /** `undefined`: the resource does not exist. */
  read(request: ReadRequest): Promise<ReadResult | undefined>;
  update(request: UpdateRequest): Promise<PropertyMap>;
  delete(request: DeleteRequest): Promise<void>;
  invoke(
    token: string,
    args: PropertyMap,
  ): Promise<{ readonly result: PropertyMap; readonly failures: readonly CheckFailure[] }>;
  /** Asks running operations to stop early. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** Finds the provider of a package. Rejects, naming the package, for what the embedded engine does not serve. */
export interface ProviderHost {
  /** @param mappings names of environment variables, and the names under which the provider finds their values, too */
  load(packageName: string, version: string | undefined, mappings?: PropertyMap): Promise<Provider>;
  close(): Promise<void>;
}
