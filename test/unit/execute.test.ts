import { expect, it } from "vitest";
import { Cancellation } from "../../automation/cancellation.ts";
import { TuttiError } from "../../automation/errors.ts";
import type { Outcome } from "../../automation/events.ts";
import { emptySummary, execute, type StepOutcome } from "../../automation/execute.ts";
import { id, planOf, runScripted, settle } from "../support/scriptedSteps.ts";

// network --> cluster --> app        dns
const chain = { network: [], cluster: ["network"], app: ["cluster"], dns: [] };
// diamond: base --> left, right --> top
const diamond = { base: [], left: ["base"], right: ["base"], top: ["left", "right"] };
const failure = { message: "broke" };

it("starts a stack the moment the last of what it waits for has succeeded", async () => {
  const run = runScripted(planOf(diamond));
  expect(run.running()).toEqual(["base"]);
  await run.succeed("base");
  expect(run.running()).toEqual(["left", "right"]);
  await run.succeed("right");
  expect(run.running()).toEqual(["left"]);
  await run.succeed("left");
  expect(run.running()).toEqual(["top"]);
  await run.succeed("top");
  expect([...(await run.done)].map(([stack, { type }]) => [stack, type])).toEqual([
    ["base", "succeeded"],
    ["left", "succeeded"],
    ["right", "succeeded"],
    ["top", "succeeded"],
  ]);
});

it.each<StepOutcome>([{ type: "succeeded" }, { type: "unchanged" }, { type: "skipped", reason: "fingerprint" }])(
  "lets dependents start after $type",
  async (outcome) => {
    const run = runScripted(planOf(chain));
    await run.end("network", outcome);
    expect(run.running()).toEqual(["dns", "cluster"]);
  },
);

it.each<StepOutcome>([
  { type: "failed", failure },
  { type: "timed-out", afterMs: 5 },
  { type: "needs-recovery", failure, pending: [] },
  { type: "awaiting-approval" },
])("blocks everything that depends on a stack that is $type, naming that stack", async (outcome) => {
  const run = runScripted(planOf(chain), { onFailure: "keep-going" });
  await run.end("network", outcome);
  await run.succeed("dns");
  await run.done;
  expect(run.outcomeOf("cluster")).toEqual({ type: "blocked", because: "network" });
  expect(run.outcomeOf("app")).toEqual({ type: "blocked", because: "network" });
  expect(run.outcomeOf("dns")).toEqual({ type: "succeeded" });
});

it("names the alphabetically first culprit, whichever failed first", async () => {
  for (const first of ["left", "right"]) {
    const run = runScripted(planOf(diamond), { onFailure: "keep-going" });
    await run.succeed("base");
    await run.fail(first);
    await run.fail(first === "left" ? "right" : "left");
    await run.done;
    expect(run.outcomeOf("top")).toEqual({ type: "blocked", because: "left" });
  }
});

it("under stop, lets running stacks end, starts nothing new, and cancels what the failure does not block", async () => {
  // a* , b running; c depends on a; d depends on b; e waits for a slot
  const run = runScripted(planOf({ a: [], b: [], c: ["a"], d: ["b"], e: [] }), { concurrency: 2 });
  await run.fail("a");
  expect(run.running()).toEqual(["b"]);
  await run.succeed("b");
  const outcomes = await run.done;
  expect(outcomes.get(id("b"))).toEqual({ type: "succeeded" });
  expect(outcomes.get(id("c"))).toEqual({ type: "blocked", because: "a" });
  expect(outcomes.get(id("d"))).toEqual({ type: "cancelled" });
  expect(outcomes.get(id("e"))).toEqual({ type: "cancelled" });
});

it("under keep-going, runs whatever does not depend on the failure", async () => {
  const run = runScripted(planOf({ a: [], b: [], c: ["a"], d: ["b"] }), { concurrency: 1, onFailure: "keep-going" });
  await run.fail("a");
  await run.succeed("b");
  await run.succeed("d");
  await run.done;
  expect(run.started()).toEqual(["a", "b", "d"]);
});

it("does not stop the others because one stack awaits approval", async () => {
  const run = runScripted(planOf({ a: [], b: [] }), { concurrency: 1 });
  await run.end("a", { type: "awaiting-approval" });
  expect(run.running()).toEqual(["b"]);
});

it("serves slots in the order in which stacks became ready, plan order among equals", async () => {
  // a --> z, b --> y: z is ready before y
  const run = runScripted(planOf({ a: [], b: [], c: [], y: ["b"], z: ["a"] }), { concurrency: 2 });
  expect(run.running()).toEqual(["a", "b"]);
  await run.succeed("a");
  expect(run.running()).toEqual(["b", "c"]);
  await run.succeed("b");
  expect(run.running()).toEqual(["c", "z"]);
  await run.succeed("c");
  expect(run.running()).toEqual(["z", "y"]);
});

it("turns a destroy round", async () => {
  const run = runScripted(planOf(chain, "destroy"));
  expect(run.running()).toEqual(["app", "dns"]);
  await run.succeed("app");
  expect(run.running()).toEqual(["dns", "cluster"]);
  await run.fail("cluster");
  await run.succeed("dns");
  await run.done;
  expect(run.outcomeOf("network")).toEqual({ type: "blocked", because: "cluster" });
});

it("after one cancel starts nothing new, after two interrupts what runs, after three kills it", async () => {
  const run = runScripted(planOf(chain), { concurrency: 1 });
  expect(run.running()).toEqual(["dns"]);
  await run.cancel();
  const { interrupt, kill } = run.contextOf("dns");
  expect([interrupt.aborted, kill.aborted]).toEqual([false, false]);
  expect(run.outcomeOf("network")).toEqual({ type: "cancelled" });
  await run.cancel();
  expect([interrupt.aborted, kill.aborted]).toEqual([true, false]);
  await run.cancel();
  expect([interrupt.aborted, kill.aborted]).toEqual([true, true]);
  await run.cancel();
  await run.succeed("dns");
  const outcomes = await run.done;
  expect([...outcomes.values()].map(({ type }) => type)).toEqual(["succeeded", "cancelled", "cancelled", "cancelled"]);
  expect(run.events.filter(({ type }) => type === "cancel-requested")).toEqual([
    { type: "cancel-requested", by: "interrupt", level: 1 },
    { type: "cancel-requested", by: "interrupt", level: 2 },
    { type: "cancel-requested", by: "interrupt", level: 3 },
  ]);
});

it("starts nothing at all when it was cancelled before it began", async () => {
  const cancellation = new Cancellation();
  cancellation.request("caller", 2);
  const run = runScripted(planOf(chain), { cancellation });
  await run.done;
  expect(run.started()).toEqual([]);
  expect(run.events[0]).toEqual({ type: "cancel-requested", by: "caller", level: 2 });
});

it("takes a cancel that a reader of events requests from within an event", async () => {
  const cancellation = new Cancellation();
  const seen: string[] = [];
  const outcomes = await execute(
    planOf({ a: [], b: [] }),
    async () => ({ outcome: { type: "succeeded" }, summary: emptySummary }),
    {
      concurrency: 1,
      onFailure: "stop",
      cancellation,
      emit: (event) => {
        seen.push(event.type);
        if (event.type === "stack-started") cancellation.request("caller", 1);
      },
    },
  );
  expect([...outcomes.values()].map(({ type }) => type)).toEqual(["succeeded", "cancelled"]);
  expect(seen).toEqual(["stack-started", "cancel-requested", "stack-finished", "stack-finished"]);
});

it("counts a step that rejects as failed, with its message and way out, and goes on", async () => {
  const run = runScripted(planOf(chain), { onFailure: "keep-going" });
  await run.reject("network", new TuttiError("locked", "it is locked", { hint: "wait" }));
  await run.reject("dns", "just text");
  await run.done;
  expect(run.outcomeOf("network")).toEqual({ type: "failed", failure: { message: "it is locked", hint: "wait" } });
  expect(run.outcomeOf("dns")).toEqual({ type: "failed", failure: { message: "just text" } });
});

it("counts a step that throws before it returns a promise as failed", async () => {
  const outcomes = await execute(
    planOf({ a: [] }),
    () => {
      throw new Error("at once");
    },
    { concurrency: 1, onFailure: "stop", cancellation: new Cancellation(), emit: () => undefined },
  );
  expect(outcomes.get(id("a"))).toEqual({ type: "failed", failure: { message: "at once" } });
});

it("passes a step's events on while it runs and drops what comes after its end", async () => {
  const run = runScripted(planOf({ a: [], b: ["a"] }));
  const line = (text: string) => ({ type: "line", stream: "stdout", text }) as const;
  run.emit("a", line("during"));
  await run.succeed("a");
  run.emit("a", line("late"));
  await run.succeed("b");
  await run.done;
  expect(run.events.filter((event) => event.type === "stack-event")).toEqual([
    { type: "stack-event", stack: "a", event: line("during") },
  ]);
});

it("tells how long a step ran by the clock it is given", async () => {
  let clock = 0;
  const durations: number[] = [];
  await execute(
    planOf({ a: [] }),
    async () => {
      clock += 250;
      return { outcome: { type: "unchanged" }, summary: emptySummary };
    },
    {
      concurrency: 1,
      onFailure: "stop",
      cancellation: new Cancellation(),
      now: () => clock,
      emit: (event) => {
        if (event.type === "stack-finished") durations.push(event.durationMs);
      },
    },
  );
  expect(durations).toEqual([250]);
});

it("resolves at once when there is nothing to do", async () => {
  expect((await runScripted(planOf({})).done).size).toBe(0);
});

it.each([0, -1, 1.5, Number.NaN])("refuses %s stacks at once", async (concurrency) => {
  await expect(runScripted(planOf(chain), { concurrency }).done).rejects.toThrow(
    `concurrency must be a whole number of 1 or more, got ${concurrency}`,
  );
});

it("refuses a plan that would never end", async () => {
  const step = (stack: string, ...waitsFor: string[]) => ({ stack: id(stack), waitsFor: waitsFor.map(id), reason: "" });
  const run = (...steps: ReturnType<typeof step>[]) => runScripted({ operation: "up", steps }).done;
  await expect(run(step("a", "b"), step("b"))).rejects.toThrow("the plan has a before b, which it waits for");
  await expect(run(step("a"), step("a"))).rejects.toThrow("the plan has a twice");
  await expect(run(step("a"), step("b", "a", "a"))).rejects.toThrow("b waits for one step twice");
});

it("does not hang when a consumer of events throws, against the rules", async () => {
  const run = execute(planOf({ a: [] }), async () => ({ outcome: { type: "succeeded" }, summary: emptySummary }), {
    concurrency: 1,
    onFailure: "stop",
    cancellation: new Cancellation(),
    emit: (event) => {
      if (event.type === "stack-finished") throw new Error("view broke");
    },
  });
  await expect(run).rejects.toThrow("view broke");
});

const instant = (outcome: StepOutcome) => async () => ({ outcome, summary: emptySummary });

it("runs chains of 10,000 stacks, and blocks them, without running out of stack", async () => {
  const needs = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`s${i}`, i === 0 ? [] : [`s${i - 1}`]]));
  const plan = planOf(needs);
  const options = { concurrency: 4, onFailure: "keep-going", cancellation: new Cancellation() } as const;
  const tally = (outcomes: ReadonlyMap<unknown, Outcome>, type: Outcome["type"]) =>
    [...outcomes.values()].filter((outcome) => outcome.type === type).length;
  const good = await execute(plan, instant({ type: "succeeded" }), { ...options, emit: () => undefined });
  expect(tally(good, "succeeded")).toBe(10_000);
  const bad = await execute(plan, instant({ type: "failed", failure }), { ...options, emit: () => undefined });
  expect(tally(bad, "blocked")).toBe(9_999);
});

it("costs time in proportion to steps and edges", async () => {
  // Work per step is counted, not timed: outcomes looked up through a plan that counts how often its edges are read.
  let reads = 0;
  const wide = 2_000;
  const base = planOf({
    ...Object.fromEntries(Array.from({ length: wide }, (_, i) => [`a${i}`, []])),
    ...Object.fromEntries(Array.from({ length: wide }, (_, i) => [`b${i}`, [`a${i}`, `a${(i + 1) % wide}`]])),
  });
  const steps = base.steps.map(({ waitsFor, ...step }) => ({
    ...step,
    get waitsFor() {
      reads += waitsFor.length;
      return waitsFor;
    },
  }));
  const options = {
    concurrency: 8,
    onFailure: "stop",
    cancellation: new Cancellation(),
    emit: () => undefined,
  } as const;
  await execute({ ...base, steps }, instant({ type: "succeeded" }), options);
  const edges = wide * 2;
  expect(reads).toBeLessThanOrEqual(8 * edges);
});

it("gives the same events for the same steps ending in the same order", async () => {
  const once = async () => {
    const run = runScripted(planOf({ a: [], b: [], c: ["a", "b"], d: ["a"], e: ["c"] }), { concurrency: 2 });
    for (const stack of ["b", "a", "d", "c", "e"]) await run.succeed(stack);
    await run.done;
    await settle();
    return run.events.map((event) => ({ ...event, durationMs: 0 }));
  };
  expect(await once()).toEqual(await once());
});
