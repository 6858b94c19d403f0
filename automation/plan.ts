// Turns a selection into steps with an order. Direction is decided here, once: a destroy is the same graph turned round.
//
// A step waits for the nearest selected stacks on every way up, also through stacks that are not selected: with
// network --> cluster --> app and only network and app selected, app waits for network.
import type { Operation, StackId } from "./events.ts";
import type { StackGraph } from "./graph.ts";

/** One stack to run, once. */
export interface PlanStep {
  readonly stack: StackId;
  /** Steps of this plan that must end well first, in plan order; each comes before this one. */
  readonly waitsFor: readonly StackId[];
  /** Why the stack was selected, for people. */
  readonly reason: string;
  /** It is a task. Absent: a stack of resources. */
  readonly task?: true;
}

/** Steps in an order in which they could run one after the other. */
export interface Plan {
  readonly operation: Operation;
  readonly steps: readonly PlanStep[];
}

/**
 * The plan of an operation on the selected stacks (id to reason); ids that the graph does not have are passed over.
 *
 * Linear in stacks plus edges, except that a stack that is not selected hands on everything selected above it.
 */
export function makePlan(graph: StackGraph, selection: ReadonlyMap<StackId, string>, operation: Operation): Plan {
  const place = new Map(graph.order.map((id, index) => [id, index]));
  const turned = operation === "destroy";
  const order = turned ? [...graph.order].reverse() : graph.order;
  const before = (id: StackId): readonly StackId[] => (turned ? graph.dependentsOf(id) : graph.dependenciesOf(id));
  const inPlanOrder = (a: StackId, b: StackId): number => (place.get(a)! - place.get(b)!) * (turned ? -1 : 1);

  const handedOn = new Map<StackId, readonly StackId[]>();
  const steps: PlanStep[] = [];
  for (const stack of order) {
    const waitsFor = nearest(before(stack), handedOn, inPlanOrder);
    const reason = selection.get(stack);
    handedOn.set(stack, reason === undefined ? waitsFor : [stack]);
    if (reason !== undefined) steps.push(Object.freeze({ stack, waitsFor: Object.freeze(waitsFor), reason }));
  }
  return Object.freeze({ operation, steps: Object.freeze(steps) });
}

function nearest(
  above: readonly StackId[],
  handedOn: ReadonlyMap<StackId, readonly StackId[]>,
  inPlanOrder: (a: StackId, b: StackId) => number,
): readonly StackId[] {
  const [only] = above;
  // One way up: the list is shared, not copied, which keeps long chains of unselected stacks linear.
  if (only !== undefined && above.length === 1) return handedOn.get(only)!;
  return [...new Set(above.flatMap((id) => handedOn.get(id)!))].sort(inPlanOrder);
}
