// Turns one stack's engine events (pulumi/pulumi: sdk/go/common/apitype/events.go), of either engine, into step events and
// a verdict. The verdict comes from the events; the exit code is a hint, text the last resort.
//
// 1. Everything said is masked before it leaves: no event holds a secret.
// 2. A resource is told of once per operation and status; what stays the same is counted, not told.
// 3. A command that ends well without a summary has not ended well; one that dies with operations in flight needs recovery.
import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import type { Counts, Failure, Operation, PropertyDrift, ResourceOp, StepEvent } from "../events.ts";
import type { StepOutcome, StepResult } from "../execute.ts";
import { errorFromStderr, isAfterthought, plainText, readError } from "./failure.ts";
import { differences, formatPath, parsePath, valueAt } from "./propertyPath.ts";

const stackType = "pulumi:pulumi:Stack";
const signatureKey = "4dabf18193072939515e22adb298388d";
const unknownSentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** What the SDK adds to a resource among a stack's outputs, in previews only. */
const resourceMark = "@isPulumiResource";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

export interface ReaderOptions {
  readonly operation: Operation;
  /** Absolute workspace root; places in programs are told relative to it. */
  readonly root: string;
  /** Replaces every known secret in a text. */
  readonly mask: (text: string) => string;
  /** Takes what the events tell, at once. */
  readonly emit: (event: StepEvent) => void;
  /** Whether we have interrupted the command: what fails from then on fails because of that. Default: never. */
  readonly interrupted?: () => boolean;
  /** The stack, for sentences that say what to do. */
  readonly stack?: string;
}

/** How the command ended. */
export interface CommandEnd {
  readonly code: number;
  readonly stderr: string;
  /** Whether it had been interrupted or killed by us. */
  readonly interrupted: boolean;
}

export interface EventReader {
  accept(event: EngineEvent): void;
  /** The verdict, once the command has ended. */
  finish(end: CommandEnd): StepResult;
  /** Root outputs as the last event of the root stack told them, encoded and blinded; undefined when it told none. */
  readonly rootOutputs: () => Readonly<Record<string, unknown>> | undefined;
  /** Whether a destroy was refused, with nothing done, because hooks for deletion are in the program, which did not run. */
  readonly wantsProgram: () => boolean;
}

type Metadata = StepEventMetadata & { readonly approximate?: boolean };

/** Reads the events of one operation on one stack. */
export function readEngineEvents({
  operation,
  root,
  mask,
  emit,
  interrupted = () => false,
  stack = "<stack>",
}: ReaderOptions): EventReader {
  const changes = operation !== "preview" && operation !== "drift";
  const told = new Set<string>();
  /** Real operations begun and not ended, by URN. */
  const inFlight = new Map<string, string>();
  const refreshing = new Set<string>();
  const drift: PropertyDrift[] = [];
  const approximate = new Set<string>();
  const counted: Partial<Record<ResourceOp, number>> = {};
  let summary: { readonly counts: Counts; readonly result: string | undefined } | undefined;
  let firstError: { readonly text: string; readonly urn: string | undefined } | undefined;
  let firstAfterthought: { readonly text: string; readonly urn: string | undefined } | undefined;
  let failedResource: string | undefined;
  let notes = 0;
  let printed = 0;
  let cut = false;
  let failedLate = false;
  let hooksWithoutProgram = false;
  /** Creations that an earlier run left open, as the engine warns of them. */
  let leftOpen: readonly string[] = [];
  let rootStack: { readonly old: Record<string, unknown>; readonly new: Record<string, unknown> } | undefined;

  function tell(metadata: Metadata, op: ResourceOp, status: "planned" | "started" | "done" | "failed"): void {
    const { urn, type } = metadata;
    const key = `${status} ${op} ${urn}`;
    if (told.has(key)) return;
    told.add(key);
    if (metadata.approximate === true) approximate.add(type);
    if (op === "same") return;
    const paths = changedPaths(metadata);
    emit({
      type: "resource",
      urn,
      resourceType: type,
      name: urn.slice(urn.lastIndexOf("::") + 2),
      op,
      status,
      ...(paths.length > 0 ? { paths } : {}),
      ...(metadata.approximate === true ? { approximate: true } : {}),
    });
  }

  function begun(metadata: Metadata): void {
    const op = metadata.op as ResourceOp;
    if (op === "refresh") refreshing.add(metadata.urn);
    if (!changes) return;
    // Only what a provider does can be cut short: a component is an entry in the state.
    const custom = (metadata.new ?? metadata.old)?.custom === true && !metadata.type.startsWith("pulumi:providers:");
    if (custom && !logicalOps.has(op)) inFlight.set(metadata.urn, op);
    // A refresh is worth telling only when it found something.
    if (op !== "refresh") tell(metadata, op, "started");
  }

  function ended(metadata: Metadata): void {
    const { urn, type } = metadata;
    inFlight.delete(urn);
    // A refresh step is announced as `refresh` and ends as what it found.
    const refreshed = refreshing.delete(urn);
    const found = refreshed && (metadata.op as ResourceOp) !== "same" ? driftOf(metadata, mask) : [];
    drift.push(...found);
    if (type === stackType) {
      // It is told of more than once; the first time without outputs. The last one counts.
      if (metadata.new != null) rootStack = { old: metadata.old?.outputs ?? {}, new: metadata.new.outputs ?? {} };
    }
    if (refreshed && found.length === 0) return;
    const op = (refreshed && operation !== "drift" ? "refresh" : metadata.op) as ResourceOp;
    const key = `counted ${op} ${urn}`;
    if (!told.has(key)) counted[op] = (counted[op] ?? 0) + 1;
    told.add(key);
    tell(metadata, op, changes ? "done" : "planned");
  }

  function diagnostic({ severity, message, urn, ephemeral }: NonNullable<EngineEvent["diagnosticEvent"]>): void {
    if (ephemeral === true || (severity as string) === "debug") return;
    const text = mask(plainText(message).trim());
    if (text === "") return;
    const known = urn === undefined || urn === "" ? undefined : urn;
    const closed = undecryptable.exec(text)?.[1];
    if (closed !== undefined) {
      // The engine only notes it and goes on without them: programs would run with secrets missing.
      const message = `the secrets of ${closed} cannot be opened with what this stack's environment has: give it the passphrase or the key of ${closed}`;
      firstError ??= { text: message, urn: known };
      emit({ type: "diagnostic", severity: "error", message, ...(known === undefined ? {} : { urn: known }) });
      return;
    }
    if (deleteHooks.test(text)) {
      // Not the end of it: whoever reads this runs the destroy again, with the program.
      if (!hooksWithoutProgram)
        emit({
          type: "diagnostic",
          severity: "info",
          message: "there are hooks for deletion: its program runs as well",
        });
      hooksWithoutProgram = true;
      return;
    }
    const left = pendingOf(text);
    if (left !== undefined) {
      leftOpen = left.filter(({ doing }) => doing === "creating").map((one) => one.urn);
      if (severity !== "error") {
        emit({ type: "diagnostic", severity: "warning", message: pendingWarning(left, stack) });
        return;
      }
    }
    if (severity !== "error") {
      // What a program prints comes as information: all of it is in the log, and the journal keeps how it begins.
      printed += text.length;
      if (printed > mostPrinted || ++notes > mostNotes) {
        if (!cut)
          emit({ type: "diagnostic", severity: "info", message: "it said more than is kept here: see its log" });
        cut = true;
        return;
      }
      emit({
        type: "diagnostic",
        severity: severity === "warning" ? "warning" : "info",
        message: text,
        ...(known === undefined ? {} : { urn: known }),
      });
      return;
    }
    if (interrupted()) failedLate = true;
    else if (isAfterthought(text)) firstAfterthought ??= { text, urn: known };
    else firstError ??= { text, urn: known };
    const { message: said, location } = readError(text, root);
    emit({
      type: "diagnostic",
      severity: "error",
      message: said,
      ...(known === undefined ? {} : { urn: known }),
      ...(location === undefined ? {} : { location }),
    });
  }

  function failureOf(end: CommandEnd, otherwise: string): Failure {
    const said = firstError ?? firstAfterthought;
    const text = said?.text ?? mask(errorFromStderr(end.stderr) ?? "");
    const { message, location } = readError(text === "" ? otherwise : text, root);
    const urn = said?.urn ?? failedResource;
    return {
      message,
      ...(urn === undefined ? {} : { urn }),
      ...(location === undefined ? {} : { location }),
      exitCode: end.code,
    };
  }

  function outcomeOf(end: CommandEnd, changed: boolean): StepOutcome {
    const failed =
      firstError !== undefined || failedResource !== undefined || (summary?.result === "failed" && !failedLate);
    if (end.code === 0 && !failed && summary !== undefined) return { type: changed ? "succeeded" : "unchanged" };
    const pending = [...inFlight.keys()].sort();
    if (changes && pending.length > 0 && summary === undefined) {
      const failure = failureOf(end, `the engine ended with ${pending.length} operations in flight`);
      return { type: "needs-recovery", failure, pending };
    }
    if (end.interrupted && !failed) return { type: "cancelled" };
    // Killed by somebody else: what it had begun and not said yet, nobody knows.
    if (changes && summary === undefined && end.code > 128 && end.code < 160) {
      return {
        type: "needs-recovery",
        failure: failureOf(end, `the engine ended with exit code ${end.code}`),
        pending,
      };
    }
    if (changes && leftOpen.length > 0) {
      // Whatever failed, what is there without the state knowing of it may be why.
      const hint = `settle what was left open: tutti recover ${stack}`;
      const failure = { ...failureOf(end, `the engine ended with exit code ${end.code}`), hint };
      return { type: "needs-recovery", failure, pending: leftOpen };
    }
    if (end.code === 0 && summary === undefined) {
      const failure = failureOf(end, "the engine ended without saying how the run went");
      return changes ? { type: "needs-recovery", failure, pending } : { type: "failed", failure };
    }
    if (end.interrupted && end.code === 8) return { type: "cancelled" };
    return { type: "failed", failure: failureOf(end, `the engine ended with exit code ${end.code}`) };
  }

  return {
    accept(event) {
      if (event.resourcePreEvent) begun(event.resourcePreEvent.metadata);
      else if (event.resOutputsEvent) ended(event.resOutputsEvent.metadata);
      else if (event.resOpFailedEvent) {
        const { metadata } = event.resOpFailedEvent;
        inFlight.delete(metadata.urn);
        if (interrupted()) failedLate = true;
        else failedResource ??= metadata.urn;
        tell(metadata, metadata.op as ResourceOp, "failed");
      } else if (event.diagnosticEvent) diagnostic(event.diagnosticEvent);
      else if (event.summaryEvent) {
        const { result } = event.summaryEvent as { readonly result?: string };
        summary = { counts: withoutZeros(event.summaryEvent.resourceChanges ?? {}), result };
      }
    },
    finish(end) {
      const counts = summary?.counts ?? counted;
      const changedOutputs = rootStack === undefined ? [] : changedKeys(rootStack.old, rootStack.new);
      const found = operation === "drift" ? sortDrift(drift) : [];
      const changed =
        operation === "drift"
          ? found.length > 0
          : changedOutputs.length > 0 || Object.keys(counts).some((op) => !quietOps.has(op as ResourceOp));
      return {
        outcome: outcomeOf(end, changed),
        summary: {
          counts,
          changedOutputs,
          drift: found,
          approximate: [...approximate].sort(),
          ...(changes && leftOpen.length > 0 ? { pending: leftOpen } : {}),
        },
      };
    },
    rootOutputs: () => rootStack?.new,
    wantsProgram: () => hooksWithoutProgram,
  };
}

/** pulumi/pulumi: pkg/resource/deploy/builtins.go; severity info. */
const undecryptable = /^eliding undecryptable secrets for stack reference '([^']+)'/;

/** pulumi/pulumi: pkg/engine/destroy.go, newDestroySource; told of each such resource, then of the whole. */
const deleteHooks =
  /^Resource has delete hooks registered, but the program is not running|^You must run with the `--run-program` flag/;

/** Informations and warnings of a stack that are told one by one, and their characters; the log has them all. */
const mostNotes = 1_000;
const mostPrinted = 256 * 1024;

/** Operations that change nothing anywhere. A `refresh` in the counts of an update changed nothing either. */
const quietOps = new Set<ResourceOp>(["same", "read", "refresh", "discard"]);
/** Announced, but no call to a provider that could be cut short. */
const logicalOps = new Set<ResourceOp>(["same", "replace", "refresh", "read", "discard", "remove-pending-replace"]);

interface LeftOpen {
  readonly urn: string;
  readonly doing: string;
}

/**
 * What the warning of either engine about pending operations lists, or the embedded engine's words about a state that it
 * could not write; undefined for any other text.
 */
function pendingOf(text: string): readonly LeftOpen[] | undefined {
  if (!/^(?:Attempting to deploy or update resources|The state was left) with \d+ pending operations/m.test(text))
    return undefined;
  return [...text.matchAll(/^ *\* (\S+), interrupted while (\w+)$/gm)].map(([, urn, doing]) => ({
    urn: urn!,
    doing: doing!,
  }));
}

function pendingWarning(left: readonly LeftOpen[], stack: string): string {
  const list = left.map(({ urn, doing }) => `\n  ${doing} ${urn}`).join("");
  const what = left.length === 1 ? "an operation" : `${left.length} operations`;
  return `an earlier run was cut off in the middle of ${what}; tutti recover ${stack} finds out what became of it:${list}`;
}

function withoutZeros(changes: Readonly<Record<string, number | undefined>>): Counts {
  return Object.fromEntries(Object.entries(changes).filter(([, count]) => (count ?? 0) > 0));
}

function changedKeys(before: Record<string, unknown>, after: Record<string, unknown>): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = (key: string) => differences(before[key], withoutPreviewMarks(before[key], after[key])).length > 0;
  return [...keys].filter(changed).sort();
}

/**
 * In a preview the SDK marks a resource that is among the outputs, and gives properties of it that are not set as unknown:
 * neither is a change.
 */
function withoutPreviewMarks(before: unknown, after: unknown): unknown {
  if (typeof after !== "object" || after === null) return after;
  const old: Record<string, unknown> = typeof before === "object" && before !== null ? { ...before } : {};
  if (Array.isArray(after)) return after.map((element, index) => withoutPreviewMarks(old[index], element));
  const marked = resourceMark in after;
  const kept = Object.entries(after).filter(
    ([key, value]) => !(marked && (key === resourceMark || (value === unknownSentinel && !(key in old)))),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutPreviewMarks(old[key], value)]));
}

function changedPaths(metadata: Metadata): readonly string[] {
  const { detailedDiff, diffs, keys } = metadata;
  const paths = detailedDiff ? Object.keys(detailedDiff) : [...(diffs ?? keys ?? [])];
  return paths.sort();
}

/** What a refresh found different. Without a detailed diff: the inputs that differ, or else the outputs. */
function driftOf(metadata: Metadata, mask: (text: string) => string): readonly PropertyDrift[] {
  const { urn, old, new: found } = metadata;
  if (found == null || (metadata.op as ResourceOp) === "delete") {
    return [{ urn, property: "", old: old?.id ?? null, new: null }];
  }
  const inputs = [old?.inputs ?? {}, found.inputs ?? {}] as const;
  const outputs = [old?.outputs ?? {}, found.outputs ?? {}] as const;
  const row = (property: string, sides: readonly [unknown, unknown]): PropertyDrift => {
    const path = parsePath(property);
    return { urn, property, old: shown(valueAt(sides[0], path), mask), new: shown(valueAt(sides[1], path), mask) };
  };
  const detailed = Object.entries(metadata.detailedDiff ?? {});
  if (detailed.length > 0) {
    return detailed.map(([property, { inputDiff }]) => {
      const [first, second] = inputDiff ? [inputs, outputs] : [outputs, inputs];
      const path = parsePath(property);
      const differs = differences(valueAt(first[0], path), valueAt(first[1], path)).length > 0;
      return row(property, differs ? first : second);
    });
  }
  const own = (property: string): boolean => !property.startsWith("__");
  const inInputs = differences(...inputs)
    .map(formatPath)
    .filter(own);
  if (inInputs.length > 0) return inInputs.map((property) => row(property, inputs));
  return differences(...outputs)
    .map(formatPath)
    .filter(own)
    .map((property) => row(property, outputs));
}

/** A value for people: blinded secrets read `[secret]`, texts are masked, an absent value is null. */
function shown(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((part) => shown(part, mask));
  if (typeof value !== "object" || value === null) return value ?? null;
  const map = value as Record<string, unknown>;
  if (map[signatureKey] === secretSignature) return "[secret]";
  return Object.fromEntries(Object.entries(map).map(([key, part]) => [key, shown(part, mask)]));
}

function sortDrift(drift: readonly PropertyDrift[]): readonly PropertyDrift[] {
  const order = (row: PropertyDrift): string => `${row.urn} ${row.property}`;
  return [...drift].sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
}
