import { expect, it } from "vitest";
import { cycles, StackGraph } from "../../automation/graph.ts";
import { makePlan } from "../../automation/plan.ts";
import { cpuMs } from "../support/cpu.ts";
import { seeded } from "../support/random.ts";
import { graphOf, id, planOf } from "../support/scriptedSteps.ts";

const problemsOf = (needs: Readonly<Record<string, readonly string[]>>) => {
  const result = StackGraph.of(Object.entries(needs).map(([name, on]) => ({ id: id(name), dependsOn: on.map(id) })));
  return result.ok ? [] : result.error;
};

it("orders by depth, then by name, whatever order the stacks came in", () => {
  // network --> cluster --> app        dns --> app
  const needs = { app: ["cluster", "dns"], dns: [], cluster: ["network"], network: [], audit: [] };
  const shuffled = Object.fromEntries(Object.entries(needs).reverse());
  expect(graphOf(needs).order).toEqual(["audit", "dns", "network", "cluster", "app"]);
  expect(graphOf(shuffled).order).toEqual(graphOf(needs).order);
  expect(graphOf(needs).dependenciesOf(id("app"))).toEqual(["dns", "cluster"]);
  expect(graphOf(needs).dependentsOf(id("network"))).toEqual(["cluster"]);
  expect(graphOf(needs).depthOf(id("app"))).toBe(2);
});

it("takes the longest way as depth", () => {
  // a --> b --> c --> d, and a --> d
  expect(graphOf({ a: [], b: ["a"], c: ["b"], d: ["a", "c"] }).depthOf(id("d"))).toBe(3);
});

it("prints a circle all the way round, beginning with its first member", () => {
  expect(problemsOf({ c: ["a"], b: ["c"], a: ["b"], free: [], below: ["a"] })).toEqual([
    {
      code: "cycle",
      where: "stack a",
      message: "stacks need each other in a circle: a -> b -> c -> a; take one of these needs away",
    },
  ]);
});

it("finds every knot at once, and a stack that needs itself", () => {
  const messages = problemsOf({ a: ["b"], b: ["a"], x: ["y"], y: ["x"], z: ["z"] }).map(({ message }) => message);
  expect(messages).toEqual([
    "stacks need each other in a circle: a -> b -> a; take one of these needs away",
    "stacks need each other in a circle: x -> y -> x; take one of these needs away",
    "needs itself: z -> z",
  ]);
});

it("reports every edge to nothing and every name given twice", () => {
  const result = StackGraph.of([
    { id: id("a"), dependsOn: [id("nowhere")] },
    { id: id("b"), dependsOn: [id("gone")] },
    { id: id("b"), dependsOn: [] },
  ]);
  expect(result.ok ? [] : result.error.map(({ code, where }) => [code, where])).toEqual([
    ["duplicate-name", "stack b"],
    ["missing-stack", "stack a"],
  ]);
});

it("finds a circle exactly when there is one, on random edges", () => {
  let circular = 0;
  for (let seed = 1; seed <= 500; seed++) {
    const random = seeded(seed);
    const names = Array.from({ length: 2 + random.below(8) }, (_, i) => `n${i}`);
    const edges = new Map(names.map((name) => [name, names.filter(() => random.chance(0.15))]));
    // The oracle: a stack that reaches itself.
    const reaches = (from: string): boolean => {
      const seen = new Set<string>();
      const queue = [...edges.get(from)!];
      for (const next of queue) {
        if (!seen.has(next)) queue.push(...edges.get(next)!);
        seen.add(next);
      }
      return seen.has(from);
    };
    const expected = names.some(reaches);
    const found = cycles(edges);
    expect(found.length > 0, `seed ${seed}`).toBe(expected);
    for (const circle of found)
      for (const [i, name] of circle.entries()) expect(edges.get(name)).toContain(circle[(i + 1) % circle.length]);
    circular += expected ? 1 : 0;
  }
  expect(circular).toBeGreaterThan(100);
  expect(circular).toBeLessThan(400);
});

it("cannot be changed", () => {
  const graph = graphOf({ a: [], b: ["a"] });
  expect(() => (graph.order as unknown as string[]).push("c")).toThrow(TypeError);
  expect(() => (graph.dependenciesOf(id("b")) as unknown as string[]).pop()).toThrow(TypeError);
});

it("plans through stacks that are not selected", () => {
  // network --> cluster --> app; only network and app
  const graph = graphOf({ network: [], cluster: ["network"], app: ["cluster"] });
  const selection = new Map([
    [id("app"), "named"],
    [id("network"), "named"],
  ]);
  expect(makePlan(graph, selection, "up").steps).toEqual([
    { stack: "network", waitsFor: [], reason: "named" },
    { stack: "app", waitsFor: ["network"], reason: "named" },
  ]);
});

it("waits for each stack once, however many ways lead to it", () => {
  // base --> l, r (not selected) --> top
  const graph = graphOf({ base: [], l: ["base"], r: ["base"], top: ["l", "r", "base"] });
  const plan = makePlan(graph, new Map([id("base"), id("top")].map((one) => [one, ""])), "up");
  expect(plan.steps[1]).toEqual({ stack: "top", waitsFor: ["base"], reason: "" });
});

it("plans a destroy as the same graph turned round", () => {
  const steps = planOf({ network: [], cluster: ["network"], app: ["cluster", "network"] }, "destroy").steps;
  expect(steps.map(({ stack, waitsFor }) => [stack, waitsFor])).toEqual([
    ["app", []],
    ["cluster", ["app"]],
    ["network", ["app", "cluster"]],
  ]);
});

it("passes over ids that the graph does not have", () => {
  expect(makePlan(graphOf({ a: [] }), new Map([[id("b"), ""]]), "up").steps).toEqual([]);
});

it("orders and plans 5,000 stacks with 20,000 edges in no time", () => {
  const random = seeded(1);
  const nodes = Array.from({ length: 5_000 }, (_, i) => ({
    id: id(`s${i}`),
    dependsOn: i === 0 ? [] : [...new Set(Array.from({ length: 4 }, () => id(`s${random.below(i)}`)))],
  }));
  const plan = () => {
    const result = StackGraph.of(nodes);
    if (!result.ok) throw new Error("no graph");
    return makePlan(result.value, new Map(nodes.map((node) => [node.id, "everything"])), "up");
  };
  plan();
  // The aim is 200 ms on a quiet machine; the bound here only keeps a quadratic slip out on a busy one.
  expect(cpuMs(() => expect(plan().steps).toHaveLength(5_000))).toBeLessThan(1_000);
});
