// Runs an executor on a random graph, with a random script of endings and cancels, and says which of its rules it broke.
// The rules are checked against the graph itself, not against the plan: a plan that lost an edge is caught too.
import { Cancellation } from "../../automation/cancellation.ts";
import type { Operation, Outcome, StackId } from "../../automation/events.ts";
import { emptySummary, type execute, type StepOutcome, type StepResult } from "../../automation/execute.ts";
import { StackGraph } from "../../automation/graph.ts";
import { makePlan, type Plan } from "../../automation/plan.ts";
import { type Random, seeded } from "./random.ts";
import { id, settle } from "./scriptedSteps.ts";

export interface Case {
  readonly graph: StackGraph;
  readonly selection: ReadonlyMap<StackId, string>;
  readonly operation: Operation;
  readonly plan: Plan;
  readonly concurrency: number;
  readonly onFailure: "stop" | "keep-going";
  readonly cancels: boolean;
  readonly random: Random;
  /** How each step would end. */
  readonly endings: ReadonlyMap<StackId, StepOutcome>;
}

/** A random graph with everything that a run of it needs; of every shape between a chain and no edges at all. */
export function randomCase(seed: number): Case {
  const random = seeded(seed);
  const size = 1 + random.below(14);
  const names = Array.from({ length: size }, (_, index) => id(`s${String(index).padStart(2, "0")}`));
  // Layers make depth and width independent of each other: a chain has as many layers as stacks.
  const layers = 1 + random.below(size);
  const spread = random.chance(0.3);
  const layer = names.map((_, index) => (spread ? index : random.below(layers)));
  const density = random.pick([0.1, 0.3, 0.6, 0.9]);
  const shuffled = [...names].sort(() => random.next() - 0.5);
  const nodes = names.map((_, index) => ({
    id: shuffled[index]!,
    dependsOn: names.flatMap((_, other) =>
      layer[other]! < layer[index]! && random.chance(density) ? [shuffled[other]!] : [],
    ),
  }));
  const result = StackGraph.of(nodes);
  if (!result.ok) throw new Error("a graph of layers has no circle");
  const graph = result.value;
  const everything = random.chance(0.5);
  const selection = new Map(
    graph.order.filter(() => everything || random.chance(0.7)).map((stack) => [stack, "random"]),
  );
  const operation = random.pick(["up", "destroy"] as const);
  const trouble = random.pick([0, 0, 0.15, 0.4]);
  const endings = new Map<StackId, StepOutcome>(
    [...selection.keys()].map((stack) => [stack, random.chance(trouble) ? bad(random) : good(random)]),
  );
  return {
    graph,
    selection,
    operation,
    plan: makePlan(graph, selection, operation),
    concurrency: random.pick([1, 1, 2, 3, 100]),
    onFailure: random.pick(["stop", "keep-going"] as const),
    cancels: random.chance(0.25),
    random,
    endings,
  };
}

function good(random: Random): StepOutcome {
  return random.pick<StepOutcome>([{ type: "succeeded" }, { type: "unchanged" }, { type: "skipped", reason: "proof" }]);
}

function bad(random: Random): StepOutcome {
  const failure = { message: "broke" };
  return random.pick<StepOutcome>([
    { type: "failed", failure },
    { type: "failed", failure },
    { type: "timed-out", afterMs: 1 },
    { type: "needs-recovery", failure, pending: [] },
    { type: "awaiting-approval" },
    { type: "cancelled" },
  ]);
}

/** For each selected stack, all selected stacks that must end well before it may start. By search, not by the plan. */
export function ancestorsOf({ graph, selection, operation }: Case): ReadonlyMap<StackId, ReadonlySet<StackId>> {
  const ancestors = new Map<StackId, ReadonlySet<StackId>>();
  for (const stack of selection.keys()) {
    const seen = new Set<StackId>();
    const visit = (from: StackId): void => {
      const above = operation === "destroy" ? graph.dependentsOf(from) : graph.dependenciesOf(from);
      for (const next of above) {
        if (seen.has(next)) continue;
        seen.add(next);
        visit(next);
      }
    };
    visit(stack);
    ancestors.set(stack, new Set([...seen].filter((one) => selection.has(one))));
  }
  return ancestors;
}

const goesOn = (outcome: Outcome): boolean => ["succeeded", "unchanged", "skipped"].includes(outcome.type);
const stops = (outcome: Outcome): boolean =>
  ["failed", "timed-out", "needs-recovery", "cancelled"].includes(outcome.type);

/** The rules that the executor broke, as sentences; none when it is right. */
export async function brokenRules(executor: typeof execute, given: Case): Promise<readonly string[]> {
  const { plan, selection, concurrency, onFailure, cancels, random, endings } = given;
  const broken: string[] = [];
  const wrong = (message: string): void => void broken.push(message);
  const ancestors = ancestorsOf(given);
  const cancellation = new Cancellation();
  const running = new Map<StackId, PromiseWithResolvers<StepResult>>();
  const started: StackId[] = [];
  const outcomes = new Map<StackId, Outcome>();
  let stopped = false;

  const done = executor(
    plan,
    (step) => {
      if (running.has(step.stack) || outcomes.has(step.stack)) wrong(`${step.stack} was run twice`);
      const hold = Promise.withResolvers<StepResult>();
      running.set(step.stack, hold);
      if (running.size > concurrency) wrong(`${running.size} at once, ${concurrency} allowed`);
      return hold.promise;
    },
    {
      concurrency,
      onFailure,
      cancellation,
      now: () => 0,
      emit: (event) => {
        if (event.type === "cancel-requested") stopped = true;
        if (event.type === "stack-started") {
          if (started.includes(event.stack)) wrong(`${event.stack} started twice`);
          if (outcomes.has(event.stack)) wrong(`${event.stack} started after its end`);
          if (stopped) wrong(`${event.stack} started after the run was stopped`);
          for (const above of ancestors.get(event.stack)!)
            if (!outcomes.has(above) || !goesOn(outcomes.get(above)!))
              wrong(`${event.stack} started before ${above} ended well`);
          started.push(event.stack);
        }
        if (event.type === "stack-finished") {
          if (outcomes.has(event.stack)) wrong(`${event.stack} finished twice`);
          outcomes.set(event.stack, event.outcome);
          if (onFailure === "stop" && stops(event.outcome)) stopped = true;
        }
      },
    },
  );
  let over = false;
  done.then(
    () => (over = true),
    (error: unknown) => {
      over = true;
      wrong(`rejected: ${String(error)}`);
    },
  );
  // Ends one running step after the other, in random order, and looks at every rest between.
  for (let turn = 0; turn <= 4 * selection.size + 4; turn++) {
    await settle();
    if (over) break;
    if (!stopped && running.size < concurrency)
      for (const stack of selection.keys())
        if (
          !started.includes(stack) &&
          !outcomes.has(stack) &&
          [...ancestors.get(stack)!].every((a) => outcomes.has(a) && goesOn(outcomes.get(a)!))
        )
          wrong(`${stack} could run and does not, with ${running.size} of ${concurrency} running`);
    if (cancels && random.chance(0.15)) cancellation.request("interrupt");
    if (running.size === 0) {
      await settle();
      if (!over) wrong("nothing runs and the run is not over");
      break;
    }
    const stack = random.pick([...running.keys()]);
    running.get(stack)!.resolve({ outcome: endings.get(stack)!, summary: emptySummary });
    running.delete(stack);
  }
  if (!over) wrong("the run did not end");

  for (const stack of selection.keys()) {
    const outcome = outcomes.get(stack);
    const ran = started.includes(stack);
    const above = [...ancestors.get(stack)!];
    const culprits = above.filter(
      (a) =>
        started.includes(a) && outcomes.has(a) && !goesOn(outcomes.get(a)!) && outcomes.get(a)!.type !== "cancelled",
    );
    if (!outcome) wrong(`${stack} has no outcome`);
    else if (ran && outcome !== endings.get(stack)) wrong(`${stack} ended otherwise than its step did`);
    else if (!ran && outcome.type === "blocked") {
      if (!culprits.includes(outcome.because))
        wrong(`${stack} is blocked by ${outcome.because}, which is no culprit above it`);
    } else if (!ran && outcome.type !== "cancelled") wrong(`${stack} did not run and is ${outcome.type}`);
    else if (!ran && culprits.length > 0) wrong(`${stack} is cancelled, but ${culprits[0]} above it went wrong`);
    else if (!ran && !stopped && !above.some((a) => outcomes.get(a)?.type === "cancelled"))
      wrong(`${stack} is cancelled though nobody stopped the run`);
    if (
      !ran &&
      onFailure === "keep-going" &&
      !stopped &&
      above.every((a) => outcomes.has(a) && goesOn(outcomes.get(a)!))
    )
      wrong(`${stack} was left out under keep-going`);
  }
  if (outcomes.size !== selection.size) wrong(`${outcomes.size} outcomes for ${selection.size} stacks`);
  return broken;
}
