// Turns stacks and what each depends on into an order, or says why there is none. A StackGraph cannot be held unchecked:
// `of` is the only way to one.
//
// 1. Everything depended on must be there.
// 2. Depth (longest way up) is taken off a queue; what never comes off is on a circle, or depends on one.
// 3. Order is by depth, then by name: the same stacks give the same order, whatever order they came in.
// Linear, but for the sort; no recursion.
import type { StackId } from "./events.ts";
import type { Problem } from "./problems.ts";
import { err, ok, type Result } from "./result.ts";

/** A stack as the graph needs it. */
export interface GraphNode {
  readonly id: StackId;
  /** Each once, in any order. */
  readonly dependsOn: readonly StackId[];
}

/** Which stack depends on which; checked, frozen. */
export class StackGraph {
  /** Every stack after everything that it depends on; alphabetical within the same depth. */
  readonly order: readonly StackId[];
  readonly #dependencies: ReadonlyMap<StackId, readonly StackId[]>;
  readonly #dependents: ReadonlyMap<StackId, readonly StackId[]>;
  readonly #depths: ReadonlyMap<StackId, number>;

  private constructor(
    order: readonly StackId[],
    dependencies: ReadonlyMap<StackId, readonly StackId[]>,
    dependents: ReadonlyMap<StackId, readonly StackId[]>,
    depths: ReadonlyMap<StackId, number>,
  ) {
    this.order = Object.freeze(order);
    this.#dependencies = dependencies;
    this.#dependents = dependents;
    this.#depths = depths;
    Object.freeze(this);
  }

  /** The graph of these stacks, or every edge to nothing, every name given twice and one circle of every knot. */
  static of(nodes: Iterable<GraphNode>): Result<StackGraph, readonly Problem[]> {
    const dependencies = new Map<StackId, readonly StackId[]>();
    const problems: Problem[] = [];
    for (const { id, dependsOn } of nodes) {
      if (dependencies.has(id))
        problems.push({ code: "duplicate-name", where: `stack ${id}`, message: `there are two stacks "${id}"` });
      dependencies.set(id, [...new Set(dependsOn)]);
    }
    for (const [id, needed] of dependencies)
      for (const missing of needed)
        if (!dependencies.has(missing))
          problems.push({
            code: "missing-stack",
            where: `stack ${id}`,
            message: `depends on "${missing}", which is not there`,
          });
    if (problems.length > 0) return err(problems);

    const depths = depthsOf(dependencies, inverse(dependencies, dependencies.keys()));
    if (depths.size < dependencies.size) {
      const left = new Map([...dependencies].filter(([id]) => !depths.has(id)));
      return err(cycles(left).map(cycleProblem));
    }
    const order = [...depths.keys()].sort((a, b) => depths.get(a)! - depths.get(b)! || (a < b ? -1 : 1));
    // Turned round in graph order, and back: neighbours come out in graph order too, without a sort for each.
    const dependents = inverse(dependencies, order);
    const ordered = inverse(dependents, order);
    return ok(new StackGraph(order, ordered, dependents, depths));
  }

  get size(): number {
    return this.order.length;
  }
  has(id: StackId): boolean {
    return this.#depths.has(id);
  }
  /** What a stack depends on directly, in graph order; empty for one the graph does not have. */
  dependenciesOf(id: StackId): readonly StackId[] {
    return this.#dependencies.get(id) ?? [];
  }
  /** What depends on a stack directly, in graph order; empty for one the graph does not have. */
  dependentsOf(id: StackId): readonly StackId[] {
    return this.#dependents.get(id) ?? [];
  }
  /** Edges on the longest way from the stack to one that depends on nothing; 0 for such a one. */
  depthOf(id: StackId): number {
    return this.#depths.get(id) ?? 0;
  }
}

/** The edges turned round; the neighbours of each in the order in which `walked` names them. */
function inverse(
  edges: ReadonlyMap<StackId, readonly StackId[]>,
  walked: Iterable<StackId>,
): ReadonlyMap<StackId, readonly StackId[]> {
  const turned = new Map<StackId, StackId[]>([...edges.keys()].map((id) => [id, []]));
  for (const id of walked) for (const other of edges.get(id)!) turned.get(other)!.push(id);
  for (const ids of turned.values()) Object.freeze(ids);
  return turned;
}

/** Depth of every stack that neither is on a circle nor depends on one. */
function depthsOf(
  dependencies: ReadonlyMap<StackId, readonly StackId[]>,
  dependents: ReadonlyMap<StackId, readonly StackId[]>,
): Map<StackId, number> {
  const left = new Map([...dependencies].map(([id, needed]) => [id, needed.length]));
  const depths = new Map<StackId, number>();
  const queue = [...dependencies.keys()].filter((id) => left.get(id) === 0);
  for (const id of queue) depths.set(id, 0);
  // The queue grows while it is walked: for-of over an array sees what is pushed. What comes off it comes in order of
  // depth, so the last of a stack's dependencies to come off is one of the deepest.
  for (const id of queue)
    for (const dependent of dependents.get(id)!) {
      left.set(dependent, left.get(dependent)! - 1);
      if (left.get(dependent) !== 0) continue;
      depths.set(dependent, depths.get(id)! + 1);
      queue.push(dependent);
    }
  return depths;
}

/**
 * Circles in a set of edges, none sharing a member with another; each begins with its alphabetically first member and
 * ends before it comes round. Empty when there is none. Breaking all of them may show more, through the same members.
 */
export function cycles<Id extends string>(edges: ReadonlyMap<Id, readonly Id[]>): readonly (readonly Id[])[] {
  const found: (readonly Id[])[] = [];
  let left = withoutEnds(edges);
  while (left.size > 0) {
    // Everything left leads on to something left: following the first way out must come round.
    const path: Id[] = [];
    const places = new Map<Id, number>();
    let here = earliest(left.keys());
    while (!places.has(here)) {
      places.set(here, path.length);
      path.push(here);
      here = earliest(left.get(here)!);
    }
    const circle = path.slice(places.get(here)!);
    const first = circle.indexOf(earliest(circle));
    found.push([...circle.slice(first), ...circle.slice(0, first)]);
    const gone = new Set(circle);
    left = withoutEnds(new Map([...left].filter(([id]) => !gone.has(id))));
  }
  return found.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}

/** The alphabetically first; there must be one. */
function earliest<Id extends string>(ids: Iterable<Id>): Id {
  return [...ids].sort()[0]!;
}

/** What is on a circle or leads to one: members are taken away until each that is left leads on to another. */
function withoutEnds<Id extends string>(edges: ReadonlyMap<Id, readonly Id[]>): Map<Id, Id[]> {
  const left = new Map([...edges].map(([id, ids]) => [id, ids.filter((other) => edges.has(other))]));
  const count = new Map([...left].map(([id, ids]) => [id, ids.length]));
  const from = new Map<Id, Id[]>([...left.keys()].map((id) => [id, []]));
  for (const [id, ids] of left) for (const other of ids) from.get(other)!.push(id);
  const ends = [...left.keys()].filter((id) => count.get(id) === 0);
  for (const end of ends) {
    left.delete(end);
    for (const id of from.get(end)!) {
      count.set(id, count.get(id)! - 1);
      if (count.get(id) === 0) ends.push(id);
    }
  }
  return new Map([...left].map(([id, ids]) => [id, ids.filter((other) => left.has(other))]));
}

/** The problem of a circle, with the path printed all the way round. */
export function cycleProblem(circle: readonly string[]): Problem {
  const path = [...circle, circle[0]].join(" -> ");
  const message =
    circle.length === 1
      ? `needs itself: ${path}`
      : `stacks need each other in a circle: ${path}; take one of these needs away`;
  return { code: "cycle", where: `stack ${circle[0]}`, message };
}
