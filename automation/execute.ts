// Runs every step of a plan, each as soon as what it waits for has ended well. Knows nothing of Pulumi: a step is run by a
// function it is given, which is the seam for tests (a script), one machine (a child process) and many (an activity).
//
// 1. A step is decided once everything it waits for has ended: blocked by the first of them that went wrong (or by what
//    blocked that one, so the culprit named is always a stack that was attempted), cancelled where one was cancelled.
// 2. Otherwise it takes one of `concurrency` slots: first ready, first served; among steps that became ready together,
//    plan order.
// 3. Holding the slot it starts, unless the run was stopped meanwhile: then it is cancelled.
//
// Guarantees exactly one stack-finished per step, as the last event of that step; resolves after the last one; never
// rejects because a step failed or threw. Linear in steps plus edges, no recursion: chains may be as long as they like.
// The same steps ending in the same order give the same events.
import type { Cancellation } from "./cancellation.ts";
import { TuttiError } from "./errors.ts";
import type { Operation, Outcome, RunEvent, StackId, StepEvent, StepSummary } from "./events.ts";
import type { Plan, PlanStep } from "./plan.ts";

/** How a step ended when it was attempted; `blocked` is for the executor alone. */
export type StepOutcome = Exclude<Outcome, { readonly type: "blocked" }>;

export interface StepResult {
  readonly outcome: StepOutcome;
  readonly summary: StepSummary;
}

/** What a running step is given. */
export interface StepContext {
  readonly operation: Operation;
  /** Tells what happens, synchronously; never throws. Calls after the step has ended are dropped. */
  emit(event: StepEvent): void;
  /** Aborted when running steps are to be interrupted (second level): end now, state readable. */
  readonly interrupt: AbortSignal;
  /** Aborted when they are to be killed (third level): resolve at once. */
  readonly kill: AbortSignal;
}

/** Runs one step to its end. Resolves also when the stack failed; a rejection counts as a failure with its message. */
export type RunStep = (step: PlanStep, context: StepContext) => Promise<StepResult>;

export interface ExecuteOptions {
  /** Stacks at once, 1 or more; not Pulumi's resources at once (`--parallel`). */
  readonly concurrency: number;
  /** After a failure: `stop` starts nothing new; `keep-going` starts whatever does not depend on it. Running steps end either way. */
  readonly onFailure: "stop" | "keep-going";
  readonly cancellation: Cancellation;
  /** Takes every event, in order. Must not throw. */
  readonly emit: (event: RunEvent) => void;
  /** Milliseconds that only go up. Default: `performance.now`. */
  readonly now?: () => number;
}

/** What a step that was never attempted, or threw, has to say. */
export const emptySummary: StepSummary = Object.freeze({
  counts: Object.freeze({}),
  changedOutputs: Object.freeze([]),
  drift: Object.freeze([]),
  approximate: Object.freeze([]),
});

/** Whether dependents may start after this outcome. */
export function letsDependentsStart(outcome: Outcome): boolean {
  return outcome.type === "succeeded" || outcome.type === "unchanged" || outcome.type === "skipped";
}

/** Whether this outcome starts nothing new under `stop`. Awaiting approval is a pause, and blocked has its cause elsewhere. */
function isTrouble(outcome: Outcome): boolean {
  return !letsDependentsStart(outcome) && outcome.type !== "blocked" && outcome.type !== "awaiting-approval";
}

interface Finished {
  readonly step: PlanStep;
  readonly outcome: Outcome;
  readonly summary: StepSummary;
  readonly durationMs: number;
}

/**
 * Runs the plan and gives every step's outcome, in plan order.
 *
 * @throws TuttiError `usage` when concurrency is not a whole number of 1 or more; `internal` when the plan is not one
 * (a step twice, or waiting for a step that does not come before it).
 */
export async function execute(
  plan: Plan,
  runStep: RunStep,
  options: ExecuteOptions,
): Promise<ReadonlyMap<StackId, Outcome>> {
  const { concurrency, onFailure, cancellation, emit, now = () => performance.now() } = options;
  if (!(concurrency >= 1) || (Number.isFinite(concurrency) && !Number.isInteger(concurrency)))
    throw new TuttiError("usage", `concurrency must be a whole number of 1 or more, got ${concurrency}`);

  const outcomes = new Map<StackId, Outcome>();
  const dependents = checkedDependents(plan);
  const remaining = new Map(plan.steps.map((step) => [step.stack, step.waitsFor.length]));
  // Two queues, read from the front by index: shift() would make a wide plan quadratic.
  const ready: PlanStep[] = [];
  const finished: Finished[] = [];
  let nextReady = 0;
  let nextFinished = 0;
  let running = 0;
  let stopped = cancellation.level > 0;
  let working = false;

  return new Promise((resolve, reject) => {
    const unsubscribe = cancellation.onRequest((by, level) => {
      stopped = true;
      emit({ type: "cancel-requested", by, level });
      work();
    });
    if (cancellation.level > 0 && cancellation.by)
      emit({ type: "cancel-requested", by: cancellation.by, level: cancellation.level as 1 | 2 | 3 });

    /** Decides what can be decided. Not re-entered: an event's consumer may request cancellation while we emit. */
    function work(): void {
      if (working) return;
      working = true;
      try {
        while (nextFinished < finished.length || canTake()) {
          if (nextFinished < finished.length) record(finished[nextFinished++]!);
          else if (stopped) finish(ready[nextReady++]!, { type: "cancelled" });
          else start(ready[nextReady++]!);
        }
      } catch (error) {
        // Only a consumer of events that throws gets here, against the contract of emit; hiding it would hang the run.
        reject(error);
      }
      working = false;
      if (outcomes.size === plan.steps.length) {
        unsubscribe();
        resolve(new Map(plan.steps.map(({ stack }) => [stack, outcomes.get(stack)!])));
      }
    }

    function canTake(): boolean {
      return nextReady < ready.length && (stopped || running < concurrency);
    }

    function start(step: PlanStep): void {
      running++;
      const startedAt = now();
      let open = true;
      emit({ type: "stack-started", stack: step.stack });
      const context: StepContext = {
        operation: plan.operation,
        emit: (event) => {
          if (open) emit({ type: "stack-event", stack: step.stack, event });
        },
        interrupt: cancellation.interrupt,
        kill: cancellation.kill,
      };
      attempt(runStep, step, context).then((result) => {
        open = false;
        running--;
        finished.push({ step, ...result, durationMs: now() - startedAt });
        work();
      });
    }

    function finish(step: PlanStep, outcome: Outcome): void {
      finished.push({ step, outcome, summary: emptySummary, durationMs: 0 });
    }

    function record({ step, outcome, summary, durationMs }: Finished): void {
      outcomes.set(step.stack, outcome);
      if (onFailure === "stop" && isTrouble(outcome)) stopped = true;
      emit({ type: "stack-finished", stack: step.stack, outcome, summary, durationMs });
      for (const dependent of dependents.get(step.stack)!) {
        const left = remaining.get(dependent.stack)! - 1;
        remaining.set(dependent.stack, left);
        if (left === 0) decide(dependent);
      }
    }

    /** Everything the step waits for has ended. */
    function decide(step: PlanStep): void {
      const upstream = step.waitsFor.map((id) => ({ id, outcome: outcomes.get(id)! }));
      const culprit = upstream.find(({ outcome }) => !letsDependentsStart(outcome) && outcome.type !== "cancelled");
      if (culprit)
        finish(step, {
          type: "blocked",
          because: culprit.outcome.type === "blocked" ? culprit.outcome.because : culprit.id,
        });
      else if (upstream.some(({ outcome }) => outcome.type === "cancelled")) finish(step, { type: "cancelled" });
      else ready.push(step);
    }

    for (const step of plan.steps) if (step.waitsFor.length === 0) ready.push(step);
    work();
  });
}

async function attempt(runStep: RunStep, step: PlanStep, context: StepContext): Promise<StepResult> {
  try {
    return await runStep(step, context);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof TuttiError ? error.hint : undefined;
    return {
      outcome: { type: "failed", failure: { message, ...(hint === undefined ? {} : { hint }) } },
      summary: emptySummary,
    };
  }
}

/** Who waits for each step, in plan order. A plan that would never end is refused here rather than waited for. */
function checkedDependents(plan: Plan): ReadonlyMap<StackId, readonly PlanStep[]> {
  const dependents = new Map<StackId, PlanStep[]>();
  for (const { stack, waitsFor } of plan.steps)
    if (new Set(waitsFor).size < waitsFor.length) throw new TuttiError("internal", `${stack} waits for one step twice`);
  for (const step of plan.steps) {
    if (dependents.has(step.stack)) throw new TuttiError("internal", `the plan has ${step.stack} twice`);
    for (const id of step.waitsFor) {
      const waiting = dependents.get(id);
      if (!waiting) throw new TuttiError("internal", `the plan has ${step.stack} before ${id}, which it waits for`);
      waiting.push(step);
    }
    dependents.set(step.stack, []);
  }
  return dependents;
}
