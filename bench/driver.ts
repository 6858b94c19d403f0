// Benchmarks of the driver's pure part: planning 5,000 stacks with 20,000 edges (aim: under 200 ms), and what the executor
// costs per step when the step itself costs nothing (aim: under 2 ms).
import { Cancellation } from "../automation/cancellation.ts";
import type { RunEvent, StackId } from "../automation/events.ts";
import { emptySummary, execute } from "../automation/execute.ts";
import { type GraphNode, StackGraph } from "../automation/graph.ts";
import { createStamper, journalLine, newRunId } from "../automation/journal.ts";
import { makePlan } from "../automation/plan.ts";
import { RunFold } from "../automation/runState.ts";
import { show, sideBySide } from "./support/measure.ts";

const stackCount = 5_000;
const edgeCount = 20_000;

/** The same graph every time: edges from a stack to earlier ones, by a small linear congruential generator. */
function nodes(): GraphNode[] {
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    // The low bits of such a generator repeat soon; the high ones do not.
    return Math.floor((seed / 2 ** 32) * below);
  };
  const dependsOn = Array.from({ length: stackCount }, () => new Set<StackId>());
  for (let edges = 0; edges < edgeCount; ) {
    const from = 1 + random(stackCount - 1);
    const to = `s${random(from)}.bench` as StackId;
    if (dependsOn[from]!.has(to)) continue;
    dependsOn[from]!.add(to);
    edges++;
  }
  return dependsOn.map((ids, index) => ({ id: `s${index}.bench` as StackId, dependsOn: [...ids] }));
}

export async function benchDriver(): Promise<void> {
  const given = nodes();
  const plan = () => {
    const graph = StackGraph.of(given);
    if (!graph.ok) throw new Error("the benchmark's graph is wrong");
    return makePlan(graph.value, new Map(graph.value.order.map((id) => [id, "all"])), "up");
  };
  const ready = plan();
  const run = async () => {
    const stamp = createStamper(newRunId(new Date(), Math.random), () => new Date());
    const fold = new RunFold();
    let bytes = 0;
    const emit = (event: RunEvent): void => {
      const stamped = stamp(event);
      bytes += journalLine(stamped)?.length ?? 0;
      fold.advance(stamped);
    };
    const started: RunEvent = {
      type: "run-started",
      operation: "up",
      steps: ready.steps,
      environments: [],
      concurrency: 8,
      onFailure: "stop",
      argv: [],
      version: "bench",
    };
    emit(started);
    await execute(ready, async () => ({ outcome: { type: "succeeded" }, summary: emptySummary }), {
      concurrency: 8,
      onFailure: "stop",
      cancellation: new Cancellation(),
      emit,
    });
    if (bytes === 0) throw new Error("nothing was journalled");
  };
  const result = await sideBySide({ plan, run }, 7);
  console.log(`plan ${stackCount} stacks, ${edgeCount} edges   ${show(result["plan"]!)}   aim: under 200 ms`);
  const perStep = result["run"]!.medianMs / stackCount;
  console.log(`driver per instant step              ${perStep.toFixed(4)} ms   aim: under 2 ms`);
}
