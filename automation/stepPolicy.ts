// Runs steps within their stacks' patience: a failure that may pass is tried again after a while, and a step that takes too
// long is interrupted, then killed. Wraps whatever runs a step; knows nothing of Pulumi.
//
// 1. One step stays one step: its attempts share a start and an end, and what each of them changed is counted once.
// 2. What was interrupted or killed for its time ends `timed-out`, unless it got done after all or its state needs recovery:
//    both say more.
// 3. Once the run is asked to stop, no further attempt begins, and no wait is waited out.
import type { Counts, StackId, StepSummary } from "./events.ts";
import type { RunStep, StepContext, StepResult } from "./execute.ts";
import { backoffMs, type FailureKind, failureKind, type StepPolicy } from "./patience.ts";

export interface PolicyOptions {
  /** Undefined: no limit, one attempt. */
  readonly policyOf: (stack: StackId) => StepPolicy | undefined;
  /** Aborted when nothing new is to start. */
  readonly stop: AbortSignal;
  /** From the interrupt of a step whose time is over to its end by force, milliseconds. Default: 30,000. */
  readonly graceMs?: number;
  /** Waits; rejects when the signal is aborted. Default: a timer. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Like Math.random, which it is by default. */
  readonly random?: () => number;
}

/** The same steps, within the patience of their stacks. */
export function withPolicies(runStep: RunStep, options: PolicyOptions): RunStep {
  return async (step, context) => {
    const policy = options.policyOf(step.stack);
    if (policy === undefined || (policy.timeoutMs === undefined && policy.attempts <= 1)) return runStep(step, context);
    const limit = timeLimit(policy.timeoutMs, context, options);
    try {
      return await attempts(runStep, step, limit, policy, options);
    } finally {
      limit.end();
    }
  };
}

/** A context whose signals also come when the time is over. */
interface Limit {
  readonly context: StepContext;
  readonly overMs: () => number | undefined;
  end(): void;
}

function timeLimit(timeoutMs: number | undefined, context: StepContext, options: PolicyOptions): Limit {
  if (timeoutMs === undefined) return { context, overMs: () => undefined, end: () => {} };
  const wait = options.wait ?? waited;
  const interrupt = new AbortController();
  const kill = new AbortController();
  const ended = new AbortController();
  let over = false;
  const watch = async (): Promise<void> => {
    await wait(timeoutMs, ended.signal);
    over = true;
    context.emit({
      type: "diagnostic",
      severity: "error",
      message: `not finished after ${shortly(timeoutMs)}, its timeout: it is interrupted now. Raise "timeout" in its contract or environment if it needs longer`,
    });
    interrupt.abort();
    await wait(options.graceMs ?? 30_000, ended.signal);
    kill.abort();
  };
  watch().catch(() => undefined); // It ended in time.
  return {
    context: {
      operation: context.operation,
      emit: context.emit,
      interrupt: AbortSignal.any([context.interrupt, interrupt.signal]),
      kill: AbortSignal.any([context.kill, kill.signal]),
    },
    overMs: () => (over ? timeoutMs : undefined),
    end: () => ended.abort(),
  };
}

async function attempts(
  runStep: RunStep,
  step: Parameters<RunStep>[0],
  { context, overMs }: Limit,
  policy: StepPolicy,
  options: PolicyOptions,
): Promise<StepResult> {
  const wait = options.wait ?? waited;
  const random = options.random ?? Math.random;
  const changes = context.operation !== "preview" && context.operation !== "drift";
  let before: StepSummary | undefined;
  for (let attempt = 1; ; attempt++) {
    const last = await runStep(step, context);
    const result = before === undefined || !changes ? last : together(before, last);
    const timeoutMs = overMs();
    if (timeoutMs !== undefined) return timedOut(result, timeoutMs);
    const again = attempt < policy.attempts && !options.stop.aborted ? retried(result, policy.on) : undefined;
    if (again === undefined) return result;
    const ms = backoffMs(policy, again.kind, attempt + 1, random);
    context.emit({
      type: "diagnostic",
      severity: "warning",
      message: `attempt ${attempt} of ${policy.attempts} failed (${again.kind}): ${again.message}; trying again in ${shortly(ms)}`,
    });
    try {
      await wait(ms, AbortSignal.any([options.stop, context.interrupt]));
    } catch {
      const over = overMs();
      return over === undefined ? result : timedOut(result, over);
    }
    before = result.summary;
  }
}

function retried(
  { outcome }: StepResult,
  on: ReadonlySet<FailureKind>,
): { readonly kind: FailureKind; readonly message: string } | undefined {
  if (outcome.type !== "failed") return undefined;
  const kind = failureKind(outcome.failure);
  if (kind === undefined || !on.has(kind)) return undefined;
  return { kind, message: outcome.failure.message.split("\n", 1)[0]! };
}

function timedOut(result: StepResult, afterMs: number): StepResult {
  const { type } = result.outcome;
  if (type !== "failed" && type !== "cancelled") return result;
  return { ...result, outcome: { type: "timed-out", afterMs } };
}

/** What two attempts did: changes add up; what stayed the same is what the last one found so. */
function together(before: StepSummary, { outcome, summary }: StepResult): StepResult {
  const counts: Record<string, number> = { ...summary.counts };
  for (const [op, count] of Object.entries(before.counts as Counts))
    if (op !== "same") counts[op] = (counts[op] ?? 0) + (count ?? 0);
  const changed = Object.keys(before.counts).some((op) => op !== "same" && op !== "read" && op !== "refresh");
  return {
    outcome: outcome.type === "unchanged" && changed ? { type: "succeeded" } : outcome,
    summary: {
      counts,
      changedOutputs: [...new Set([...before.changedOutputs, ...summary.changedOutputs])].sort(),
      drift: summary.drift,
      approximate: [...new Set([...before.approximate, ...summary.approximate])].sort(),
      ...(summary.task === undefined ? {} : { task: summary.task }),
    },
  };
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Error("not waited for"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** `1.5 s`, `10 min`. */
function shortly(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 6000) / 10} min`;
}
