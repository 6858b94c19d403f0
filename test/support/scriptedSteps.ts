// A run whose steps end when the test says so, and not before: no clock, no sleep.
import { Cancellation } from "../../automation/cancellation.ts";
import type { Operation, Outcome, RunEvent, StackId, StepEvent } from "../../automation/events.ts";
import { emptySummary, execute, type RunStep, type StepContext, type StepOutcome } from "../../automation/execute.ts";
import { StackGraph } from "../../automation/graph.ts";
import { makePlan, type Plan } from "../../automation/plan.ts";

/** Ids in tests are short: the executor does not care for their form. */
export const id = (text: string): StackId => text as StackId;

/** The graph of `{ app: ["cluster"], cluster: [] }`. @throws Error when it is none. */
export function graphOf(needs: Readonly<Record<string, readonly string[]>>): StackGraph {
  const result = StackGraph.of(Object.entries(needs).map(([name, on]) => ({ id: id(name), dependsOn: on.map(id) })));
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join("\n"));
  return result.value;
}

/** A plan of all stacks of a graph. */
export function planOf(needs: Readonly<Record<string, readonly string[]>>, operation: Operation = "up"): Plan {
  const graph = graphOf(needs);
  return makePlan(graph, new Map(graph.order.map((stack) => [stack, "everything"])), operation);
}

/** Lets everything that can happen now happen. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface ScriptedRun {
  readonly events: readonly RunEvent[];
  readonly cancellation: Cancellation;
  readonly done: Promise<ReadonlyMap<StackId, Outcome>>;
  /** Stacks that were started and have not ended, in the order they started. */
  running(): readonly string[];
  /** All stacks ever started, in order. */
  started(): readonly string[];
  outcomeOf(stack: string): Outcome | undefined;
  /** Ends a running step. @throws Error when it does not run. */
  end(stack: string, outcome: StepOutcome): Promise<void>;
  succeed(stack: string): Promise<void>;
  fail(stack: string): Promise<void>;
  /** Makes the step's promise reject. */
  reject(stack: string, error: unknown): Promise<void>;
  emit(stack: string, event: StepEvent): void;
  contextOf(stack: string): StepContext;
  cancel(): Promise<void>;
}

export function runScripted(
  plan: Plan,
  options: {
    readonly concurrency?: number;
    readonly onFailure?: "stop" | "keep-going";
    readonly cancellation?: Cancellation;
  } = {},
): ScriptedRun {
  const cancellation = options.cancellation ?? new Cancellation();
  const events: RunEvent[] = [];
  const held = new Map<string, PromiseWithResolvers<{ outcome: StepOutcome; summary: typeof emptySummary }>>();
  const contexts = new Map<string, StepContext>();
  const runStep: RunStep = (step, context) => {
    if (contexts.has(step.stack)) throw new Error(`${step.stack} was run twice`);
    const hold = Promise.withResolvers<{ outcome: StepOutcome; summary: typeof emptySummary }>();
    held.set(step.stack, hold);
    contexts.set(step.stack, context);
    return hold.promise;
  };
  const done = execute(plan, runStep, {
    concurrency: options.concurrency ?? 100,
    onFailure: options.onFailure ?? "stop",
    cancellation,
    emit: (event) => events.push(event),
  });
  done.catch(() => undefined);
  const take = (stack: string): PromiseWithResolvers<{ outcome: StepOutcome; summary: typeof emptySummary }> => {
    const hold = held.get(stack);
    if (!hold) throw new Error(`${stack} does not run; running: ${[...held.keys()].join(", ") || "nothing"}`);
    held.delete(stack);
    return hold;
  };
  const end = (stack: string, outcome: StepOutcome): Promise<void> => {
    take(stack).resolve({ outcome, summary: emptySummary });
    return settle();
  };
  return {
    events,
    cancellation,
    done,
    running: () => [...held.keys()],
    started: () => events.flatMap((event) => (event.type === "stack-started" ? [event.stack] : [])),
    outcomeOf: (stack) =>
      events.flatMap((event) => (event.type === "stack-finished" && event.stack === stack ? [event.outcome] : []))[0],
    end,
    succeed: (stack) => end(stack, { type: "succeeded" }),
    fail: (stack) => end(stack, { type: "failed", failure: { message: `${stack} broke` } }),
    reject: (stack, error) => {
      take(stack).reject(error);
      return settle();
    },
    emit: (stack, event) => contexts.get(stack)!.emit(event),
    contextOf: (stack) => contexts.get(stack)!,
    cancel: () => {
      cancellation.request("interrupt");
      return settle();
    },
  };
}
