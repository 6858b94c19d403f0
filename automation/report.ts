// Turns the state of a run into the document that machines read (`--json`, report.json): plain JSON, no secret, the same
// from a live run and from its journal. May grow fields; never changes what one means while schemaVersion is 1.
import type { Counts, Failure, Operation, OutcomeType, PropertyDrift, RunCost, RunId, StackId } from "./events.ts";
import { type ExitCode, exitCodeOfRun, exitCodeOfStack } from "./exitCode.ts";
import { durationOf, endOf, type HookState, type RunState, type StackState } from "./runState.ts";

export interface Report {
  readonly schemaVersion: 1;
  readonly runId: RunId;
  readonly operation: Operation;
  readonly argv: readonly string[];
  /** tutti's own. */
  readonly version: string;
  readonly commit?: string;
  readonly environments: readonly { readonly name: string; readonly cloud: "sandbox" | "real" }[];
  /** RFC 3339 UTC. */
  readonly startedAt: string;
  /** `interrupted`: the driver died before the run was over; what it said up to then is here. */
  readonly status: "finished" | "interrupted";
  /** All stacks had ended when the driver died: hooks may not have been told. */
  readonly unclosed?: true;
  readonly durationMs: number;
  readonly exitCode: ExitCode;
  readonly cancelled?: { readonly by: "interrupt" | "terminate" | "caller"; readonly level: 1 | 2 | 3 };
  /** What the run took of its machine, where that could be measured. */
  readonly cost?: RunCost;
  /** How many stacks ended each way; ways that none ended are absent. */
  readonly totals: Readonly<Partial<Record<ReportStatus, number>>>;
  /** Sum of all stacks' counts. */
  readonly counts: Counts;
  /** Hooks that had something to say of the run; a failed one does not change its exit code. */
  readonly hooks?: readonly HookState[];
  /** In plan order. */
  readonly stacks: readonly StackReport[];
}

/** `interrupted`: was running when the driver died; `waiting`: had not begun. Both only in an interrupted run. */
export type ReportStatus = OutcomeType | "interrupted" | "waiting";

export interface StackReport {
  readonly id: StackId;
  /** It is a task. Absent: a stack of resources. */
  readonly task?: true;
  readonly status: ReportStatus;
  /** Why it ended so: the proof of a skip, the failure's first line, whom it waited for, why a task ran. */
  readonly reason?: string;
  /** `blocked`: the stack that failed. */
  readonly because?: StackId;
  /** Why it was part of the run. */
  readonly selected: string;
  readonly waitsFor: readonly StackId[];
  readonly startedAt?: string;
  readonly durationMs: number;
  readonly exitCode: ExitCode;
  readonly counts: Counts;
  readonly changedOutputs: readonly string[];
  readonly drift: readonly PropertyDrift[];
  /** Types that the sandbox serves without a reviewed table. */
  readonly approximate: readonly string[];
  readonly failure?: Failure;
  /** URNs of pending operations, of this run or of an earlier one; `tutti recover` settles them. */
  readonly pending?: readonly string[];
  /** Relative to the workspace's root; only of a stack that was attempted. */
  readonly logs?: string;
}

/** The report of a run. The state must hold at least its run-started. @throws Error otherwise. */
export function makeReport(state: RunState, options: { readonly detailed?: boolean } = {}): Report {
  const { runId, operation, startedAtMs } = state;
  if (runId === undefined || operation === undefined || startedAtMs === undefined)
    throw new Error("a report needs the run-started event of its run");
  const end = endOf(state);
  const stacks = [...state.stacks.values()].map((stack) =>
    stackReport(stack, runId, state.lastEventAtMs ?? startedAtMs),
  );
  return {
    schemaVersion: 1,
    runId,
    operation,
    argv: state.argv,
    version: state.version,
    ...(state.commit === undefined ? {} : { commit: state.commit }),
    environments: state.environments,
    startedAt: new Date(startedAtMs).toISOString(),
    status: end === "interrupted" ? "interrupted" : "finished",
    ...(end === "unclosed" ? { unclosed: true as const } : {}),
    durationMs: whole(durationOf(state)),
    exitCode: (state.finished?.exitCode as ExitCode | undefined) ?? exitCodeOfRun(state, options),
    ...(state.cancel === undefined ? {} : { cancelled: state.cancel }),
    ...(state.finished?.cost === undefined ? {} : { cost: state.finished.cost }),
    totals: totals(stacks),
    counts: sumOf(stacks.map(({ counts }) => counts)),
    ...(state.hooks.length === 0 ? {} : { hooks: state.hooks }),
    stacks,
  };
}

/** Where the log of a stack's step lies, relative to the workspace's root. */
export function logPath(runId: RunId, stack: StackId): string {
  return `.tutti/runs/${runId}/logs/${stack}.log`;
}

function stackReport(stack: StackState, runId: RunId, nowMs: number): StackReport {
  const { outcome, startedAtMs } = stack;
  const status = outcome?.type ?? (stack.status === "running" ? "interrupted" : "waiting");
  const reason = reasonOf(stack);
  const failure = outcome && "failure" in outcome ? outcome.failure : undefined;
  const pending = outcome?.type === "needs-recovery" ? outcome.pending : stack.pending;
  return {
    id: stack.id,
    ...(stack.isTask ? { task: true as const } : {}),
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(outcome?.type === "blocked" ? { because: outcome.because } : {}),
    selected: stack.reason,
    waitsFor: stack.waitsFor,
    ...(startedAtMs === undefined ? {} : { startedAt: new Date(startedAtMs).toISOString() }),
    durationMs: whole(stack.durationMs ?? (startedAtMs === undefined ? 0 : nowMs - startedAtMs)),
    exitCode: exitCodeOfStack(stack),
    counts: stack.counts,
    changedOutputs: stack.changedOutputs,
    drift: stack.drift,
    approximate: stack.approximate,
    ...(failure === undefined ? {} : { failure }),
    ...(pending.length === 0 ? {} : { pending }),
    ...(startedAtMs === undefined ? {} : { logs: logPath(runId, stack.id) }),
  };
}

function reasonOf({ outcome, task }: StackState): string | undefined {
  switch (outcome?.type) {
    case "skipped":
      return outcome.reason;
    case "blocked":
      return `${outcome.because} did not succeed`;
    case "failed":
    case "needs-recovery":
      return outcome.failure.message.split("\n", 1)[0]!;
    case "timed-out":
      return `not finished after ${outcome.afterMs} ms`;
    default:
      return task?.reason;
  }
}

function totals(stacks: readonly StackReport[]): Report["totals"] {
  const found: Partial<Record<ReportStatus, number>> = {};
  for (const { status } of stacks) found[status] = (found[status] ?? 0) + 1;
  return found;
}

/** Counts added up, op by op. */
export function sumOf(all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const counts of all) for (const [op, count] of Object.entries(counts)) sum[op] = (sum[op] ?? 0) + count;
  return sum;
}

function whole(ms: number): number {
  return Math.max(0, Math.round(ms));
}
