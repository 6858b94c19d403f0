// The closed union of what a deployment can do to one resource. A step is a decision, made by the step generator; the
// step executor carries it out, the snapshot records it, the events tell of it. Each of these handles every kind, and a
// new kind does not compile before they do.
import type { PropertyDiff } from "../providers/provider.ts";
import type { PropertyMap } from "../values.ts";
import { type Diff, noDiff } from "./diff.ts";
import { isDefaultProvider, isProviderType, type Resource } from "./resource.ts";

export type StepOp =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "refresh"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace"
  | "import"
  | "import-replacement";

const unchanging: ReadonlySet<string> = new Set(["same", "read", "read-replacement", "discard"]);

/** Whether such a step changes nothing in the cloud, and counts as no change. */
export function changesNothing(op: string): boolean {
  return unchanging.has(op);
}

/** `elided`: not created, for want of a target; `skipped`: passed over because of a failure elsewhere. */
export type Outcome = "success" | "elided" | "failed" | "skipped";

/** Answers the program's request that a step serves. */
export type Settle = (resource: Resource, outcome: Outcome) => void;

/** Why a step is what it is, for display. */
export interface StepDiff {
  /** Properties that force the replacement. */
  readonly keys: readonly string[];
  /** Properties that changed. */
  readonly diffs: readonly string[];
  readonly detailedDiff?: Readonly<Record<string, PropertyDiff>>;
}

export interface SameStep {
  readonly op: "same";
  readonly old: Resource;
  readonly new: Resource;
  /** Not created because no target named it: the program gets an answer, the snapshot nothing. */
  readonly skippedCreate: boolean;
  /** Carried over because no target named it; not compared. */
  readonly untargeted: boolean;
  readonly settle?: Settle;
}
export interface CreateStep {
  readonly op: "create";
  readonly new: Resource;
  readonly settle: Settle;
}
export interface CreateReplacementStep {
  readonly op: "create-replacement";
  readonly old: Resource;
  readonly new: Resource;
  readonly diff: StepDiff;
  /** Whether the old resource still exists and is to be deleted at the end. */
  readonly pendingDelete: boolean;
  readonly settle: Settle;
}
/** Does nothing itself: it tells that the steps around it replace a resource. */
export interface ReplaceStep {
  readonly op: "replace";
  readonly old: Resource;
  readonly new: Resource;
  readonly diff: StepDiff;
}
export interface UpdateStep {
  readonly op: "update";
  readonly old: Resource;
  readonly new: Resource;
  readonly diff: StepDiff;
  readonly ignoreChanges: readonly string[];
  readonly settle: Settle;
}
/** `discard` forgets a resource that was only read. */
export interface DeleteStep {
  readonly op: "delete" | "discard";
  readonly old: Resource;
}
export interface DeleteReplacedStep {
  readonly op: "delete-replaced" | "discard-replaced";
  readonly old: Resource;
  /** Deleted before its replacement is created: it stays in the snapshot until then. */
  readonly pendingReplacement: boolean;
}
/** Forgets a resource whose deletion for a replacement had been done, and which is no longer wanted. */
export interface RemovePendingReplaceStep {
  readonly op: "remove-pending-replace";
  readonly old: Resource;
}
export interface ReadStep {
  readonly op: "read" | "read-replacement";
  readonly old: Resource | undefined;
  readonly new: Resource;
  readonly settle: Settle;
}
export interface RefreshStep {
  readonly op: "refresh";
  readonly old: Resource;
  /** What the program registered: what is read becomes its state at once. Absent where no program runs. */
  readonly registered?: Resource;
  /** What the provider said; undefined while it was not asked, or failed to answer. */
  result?: RefreshResult;
}
export interface RefreshResult {
  /** Undefined: it is gone. The old resource itself: it cannot change by a refresh. */
  readonly new: Resource | undefined;
  /** From what is recorded to what is real. */
  readonly diff: Diff;
}
export interface ImportStep {
  readonly op: "import" | "import-replacement";
  /** The managed resource it takes the place of. */
  readonly original: Resource | undefined;
  readonly new: Resource;
  readonly settle: Settle;
  /** Given: no goal is compared with what is read. These values go before what the provider reads. */
  readonly supplied?: { readonly inputs: PropertyMap; readonly outputs: PropertyMap | undefined };
  /** What was read, for display; set when the step has run. */
  imported?: Resource;
}

export type Step =
  | SameStep
  | CreateStep
  | CreateReplacementStep
  | ReplaceStep
  | UpdateStep
  | DeleteStep
  | DeleteReplacedStep
  | RemovePendingReplaceStep
  | ReadStep
  | RefreshStep
  | ImportStep;

/** The resource as it was before the step. */
export function oldOf(step: Step): Resource | undefined {
  switch (step.op) {
    case "create":
      return undefined;
    case "import":
    case "import-replacement":
      return step.imported;
    default:
      return step.old;
  }
}

/** The resource as the step leaves it; undefined when it is gone. */
export function newOf(step: Step): Resource | undefined {
  switch (step.op) {
    case "delete":
    case "discard":
    case "delete-replaced":
    case "discard-replaced":
    case "remove-pending-replace":
      return undefined;
    case "refresh":
      return step.result ? step.result.new : step.old;
    default:
      return step.new;
  }
}

/** The best known state of the resource. */
export function resourceOf(step: Step): Resource {
  return step.op === "refresh" ? step.old : (newOf(step) ?? (step as DeleteStep).old);
}

export function urnOf(step: Step): string {
  if (step.op === "refresh" && step.registered) return step.registered.urn;
  return resourceOf(step).urn;
}

/** Whether the step stands for one thing the program asked for, rather than a part of it. Only these are counted. */
export function isLogical(step: Step): boolean {
  switch (step.op) {
    case "same":
    case "create":
    case "update":
    case "delete":
    case "discard":
    case "replace":
    case "read":
    case "import":
      return true;
    default:
      return false;
  }
}

export function isDeletion(step: Step): step is DeleteStep | DeleteReplacedStep {
  return step.op.startsWith("delete") || step.op.startsWith("discard");
}

/** Whether the step is the engine's own business: emitted as an event, but neither shown nor counted. */
export function isInternal(step: Step): boolean {
  if (step.op === "remove-pending-replace" || isDefaultProvider(urnOf(step))) return true;
  return step.op === "refresh" && step.registered !== undefined && !isRead(step.registered);
}

/** Whether a refresh asks a provider about the resource. */
export function isRead({ custom, type }: Resource): boolean {
  return custom && !isProviderType(type);
}

/** The operation that a refresh turned out to be. */
export function refreshedOp({ old, result }: RefreshStep): "same" | "update" | "delete" {
  if (!result) return "same";
  if (!result.new) return "delete";
  return result.new === old || result.diff.changes === "none" ? "same" : "update";
}

export function settleOf(step: Step): Settle | undefined {
  return "settle" in step ? step.settle : undefined;
}

export function stepDiff(step: Step): StepDiff {
  // What a refresh found replaces nothing.
  if (step.op === "refresh") return { ...toStepDiff(step.result?.diff ?? noDiff), keys: [] };
  return "diff" in step ? step.diff : { keys: [], diffs: [] };
}

export function toStepDiff(diff: Diff): StepDiff {
  const { replaces: keys, diffs, detailedDiff } = diff;
  return { keys, diffs, ...(detailedDiff && { detailedDiff }) };
}
