import { expect, it } from "vitest";
import { defineEnvironment, defineWorkspace } from "../../automation/define.ts";
import type { Outcome, RunEvent, RunId, StackId, StepSummary } from "../../automation/events.ts";
import {
  changes,
  exitCodeOfError,
  exitCodeOfOutcome,
  exitCodeOfRun,
  exitCodes,
  hasChanges,
  mostSevere,
} from "../../automation/exitCode.ts";
import { guardError, guardedEnvironments, guardViolations } from "../../automation/guards.ts";
import { createStamper } from "../../automation/journal.ts";
import { makeReport } from "../../automation/report.ts";
import { foldRun, RunFold, type RunState } from "../../automation/runState.ts";
import { cpuMs } from "../support/cpu.ts";
import { id } from "../support/scriptedSteps.ts";

const runId = "20261123-173512-kfpt" as RunId;
const none: StepSummary = { counts: {}, changedOutputs: [], drift: [], approximate: [] };
const urn = "urn:pulumi:a.local::platform::random:index/randomPet:RandomPet::name";

const begin = (stacks: readonly string[], operation: "up" | "preview" | "drift" = "up"): RunEvent => ({
  type: "run-started",
  operation,
  steps: stacks.map((stack, i) => ({
    stack: id(stack),
    waitsFor: i > 0 ? [id(stacks[i - 1]!)] : [],
    reason: "everything",
  })),
  environments: [{ name: "local", cloud: "sandbox" }],
  concurrency: 2,
  onFailure: "stop",
  argv: ["up", "--yes"],
  version: "0.1.0",
});
const start = (stack: string): RunEvent => ({ type: "stack-started", stack: id(stack) });
const finish = (stack: string, outcome: Outcome, summary: Partial<StepSummary> = {}): RunEvent => ({
  type: "stack-finished",
  stack: id(stack),
  outcome,
  summary: { ...none, ...summary },
  durationMs: 1_500.4,
});
const resource = (
  op: "create" | "same",
  status: "planned" | "started" | "done" | "failed",
  name = "name",
): RunEvent => ({
  type: "stack-event",
  stack: id("a"),
  event: {
    type: "resource",
    urn: `${urn}-${name}`,
    resourceType: "random:index/randomPet:RandomPet",
    name,
    op,
    status,
  },
});
const stateOf = (...events: readonly RunEvent[]): RunState => {
  let second = 0;
  const stamp = createStamper(runId, () => new Date(Date.UTC(2026, 10, 23, 17, 35, second++)));
  return foldRun(events.map(stamp));
};
const failed: Outcome = {
  type: "failed",
  failure: { message: "it broke\nbadly", location: "stacks/a/program.ts:3:1" },
};

it("follows every stack from waiting to its end", () => {
  const fold = new RunFold();
  const stamp = createStamper(runId, () => new Date("2026-11-23T17:35:12Z"));
  const tallies = [
    begin(["a", "b"]),
    start("a"),
    finish("a", { type: "succeeded" }),
    finish("b", { type: "cancelled" }),
  ].map((event) => ({ ...fold.advance(stamp(event)).tally }));
  expect(tallies).toEqual([
    { waiting: 2 },
    { running: 1, waiting: 1 },
    { succeeded: 1, waiting: 1 },
    { succeeded: 1, cancelled: 1 },
  ]);
});

it("counts a resource once, when it is done, and keeps the step's own summary in the end", () => {
  const during = stateOf(
    begin(["a"]),
    start("a"),
    resource("create", "started"),
    resource("create", "started", "b"),
    resource("create", "done"),
    resource("create", "done"),
  );
  expect(during.stacks.get(id("a"))!.counts).toEqual({ create: 1 });
  expect([...during.stacks.get(id("a"))!.resources.values()].map(({ name, status }) => [name, status])).toEqual([
    ["name", "done"],
    ["b", "started"],
  ]);
  const planned = stateOf(begin(["a"]), start("a"), resource("create", "planned"), resource("create", "done"));
  expect(planned.stacks.get(id("a"))!.counts).toEqual({ create: 1 });
  const after = stateOf(
    begin(["a"]),
    start("a"),
    resource("create", "failed"),
    finish("a", failed, { counts: { same: 1 } }),
  );
  expect(after.stacks.get(id("a"))!.counts).toEqual({ same: 1 });
});

it("keeps diagnostics, the last line, drift and who cancelled", () => {
  const drift = [{ urn, property: "length", old: 2, new: 3 }];
  const state = stateOf(
    begin(["a"], "drift"),
    start("a"),
    { type: "stack-event", stack: id("a"), event: { type: "line", stream: "stdout", text: "one" } },
    { type: "stack-event", stack: id("a"), event: { type: "diagnostic", severity: "warning", message: "careful" } },
    { type: "cancel-requested", by: "interrupt", level: 1 },
    finish("a", { type: "succeeded" }, { drift, approximate: ["gcp:x"] }),
  );
  const stack = state.stacks.get(id("a"))!;
  expect(stack).toMatchObject({ lastLine: "one", drift, approximate: ["gcp:x"], durationMs: 1_500.4 });
  expect(stack.diagnostics.map(({ message }) => message)).toEqual(["careful"]);
  expect(state.cancel).toEqual({ by: "interrupt", level: 1 });
});

it("passes over events of stacks that the run does not have", () => {
  expect(stateOf(begin(["a"]), start("ghost"), finish("ghost", failed), resource("create", "done")).tally).toEqual({
    waiting: 1,
  });
});

it("takes in 5,000 stacks and 100,000 events in time proportional to them", () => {
  const stacks = Array.from({ length: 5_000 }, (_, i) => `s${i}`);
  const events: RunEvent[] = [begin(stacks)];
  for (const stack of stacks) {
    events.push(start(stack));
    for (let i = 0; i < 18; i++)
      events.push({ type: "stack-event", stack: id(stack), event: { type: "line", stream: "stdout", text: `${i}` } });
    events.push(finish(stack, { type: "succeeded" }));
  }
  const stamp = createStamper(runId, () => new Date(0));
  const stamped = events.map(stamp);
  expect(cpuMs(() => expect(foldRun(stamped).tally).toEqual({ succeeded: 5_000 }))).toBeLessThan(1_500);
});

it("reports a run as one document", () => {
  const state = stateOf(
    begin(["a", "b", "c"]),
    start("a"),
    finish("a", { type: "succeeded" }, { counts: { create: 2, same: 1 }, changedOutputs: ["id"] }),
    start("b"),
    finish("b", failed, { counts: { create: 1 } }),
    finish("c", { type: "blocked", because: id("b") }),
    { type: "run-finished", exitCode: 4, durationMs: 3_000.6 },
  );
  expect(makeReport(state)).toEqual({
    schemaVersion: 1,
    runId,
    operation: "up",
    argv: ["up", "--yes"],
    version: "0.1.0",
    environments: [{ name: "local", cloud: "sandbox" }],
    startedAt: "2026-11-23T17:35:00.000Z",
    status: "finished",
    durationMs: 3_001,
    exitCode: 4,
    totals: { succeeded: 1, failed: 1, blocked: 1 },
    counts: { create: 3, same: 1 },
    stacks: [
      {
        id: "a",
        status: "succeeded",
        selected: "everything",
        waitsFor: [],
        startedAt: "2026-11-23T17:35:01.000Z",
        durationMs: 1_500,
        exitCode: 0,
        counts: { create: 2, same: 1 },
        changedOutputs: ["id"],
        drift: [],
        approximate: [],
        logs: `.tutti/runs/${runId}/logs/a.log`,
      },
      {
        id: "b",
        status: "failed",
        reason: "it broke",
        selected: "everything",
        waitsFor: ["a"],
        startedAt: "2026-11-23T17:35:03.000Z",
        durationMs: 1_500,
        exitCode: 4,
        counts: { create: 1 },
        changedOutputs: [],
        drift: [],
        approximate: [],
        failure: { message: "it broke\nbadly", location: "stacks/a/program.ts:3:1" },
        logs: `.tutti/runs/${runId}/logs/b.log`,
      },
      {
        id: "c",
        status: "blocked",
        reason: "b did not succeed",
        because: "b",
        selected: "everything",
        waitsFor: ["b"],
        durationMs: 1_500,
        exitCode: 4,
        counts: {},
        changedOutputs: [],
        drift: [],
        approximate: [],
      },
    ],
  });
});

it("reports a run whose driver died as far as its journal goes", () => {
  const report = makeReport(
    stateOf(begin(["a", "b", "c"]), start("a"), finish("a", { type: "succeeded" }), start("b")),
  );
  expect(report).toMatchObject({ status: "interrupted", exitCode: 12, durationMs: 3_000 });
  expect(report.stacks.map(({ id: stack, status, exitCode }) => [stack, status, exitCode])).toEqual([
    ["a", "succeeded", 0],
    ["b", "interrupted", 12],
    ["c", "waiting", 8],
  ]);
});

it("refuses to report on events without their beginning", () => {
  expect(() => makeReport(stateOf(start("a")))).toThrow("run-started");
});

it.each<readonly [Outcome, number]>([
  [{ type: "succeeded" }, 0],
  [{ type: "unchanged" }, 0],
  [{ type: "skipped", reason: "proof" }, 0],
  [{ type: "blocked", because: "a" as StackId }, 4],
  [failed, 4],
  [{ type: "failed", failure: { message: "x", exitCode: 255 } }, 4],
  [{ type: "failed", failure: { message: "x", exitCode: 3 } }, 3],
  [{ type: "failed", failure: { message: "x", exitCode: 6 } }, 6],
  [{ type: "cancelled" }, 8],
  [{ type: "timed-out", afterMs: 1 }, 9],
  [{ type: "needs-recovery", failure: { message: "x" }, pending: [] }, 12],
  [{ type: "awaiting-approval" }, 11],
])("gives %o the code %i", (outcome, code) => {
  expect(exitCodeOfOutcome(outcome)).toBe(code);
});

it("reports the most severe of several codes", () => {
  expect(mostSevere([])).toBe(0);
  const order = [255, 12, 8, 3, 2, 6, 5, 11, 10, 9, 4, 1, 7, 0] as const;
  order.forEach((code, index) => {
    expect(mostSevere([...order.slice(index)].reverse())).toBe(code);
  });
  expect(Object.keys(exitCodes).map(Number)).toEqual(expect.arrayContaining([...order]));
});

it("ends with the failure, not with what the failure left cancelled, unless somebody cancelled", () => {
  const ends = [start("a"), finish("a", failed), finish("b", { type: "cancelled" })];
  expect(exitCodeOfRun(stateOf(begin(["a", "b"]), ...ends))).toBe(4);
  expect(
    exitCodeOfRun(stateOf(begin(["a", "b"]), { type: "cancel-requested", by: "interrupt", level: 1 }, ...ends)),
  ).toBe(8);
  expect(
    exitCodeOfRun(
      stateOf(begin(["a"]), { type: "cancel-requested", by: "caller", level: 1 }, finish("a", { type: "cancelled" })),
    ),
  ).toBe(8);
  expect(
    exitCodeOfRun(
      stateOf(begin(["a"]), { type: "cancel-requested", by: "caller", level: 1 }, finish("a", { type: "succeeded" })),
    ),
  ).toBe(0);
});

it.each([
  ["interrupt", 130],
  ["terminate", 143],
] as const)("ends with %s's code when it killed something", (by, code) => {
  const cancels = ([1, 2, 3] as const).map((level): RunEvent => ({ type: "cancel-requested", by, level }));
  expect(exitCodeOfRun(stateOf(begin(["a"]), start("a"), ...cancels, finish("a", { type: "cancelled" })))).toBe(code);
  expect(exitCodeOfRun(stateOf(begin(["a"]), start("a"), ...cancels, finish("a", { type: "succeeded" })))).toBe(0);
});

it("is 2 for changes and drift, only when asked and only when all went well", () => {
  const preview = (counts: StepSummary["counts"], outcome: Outcome = { type: "succeeded" }) =>
    stateOf(begin(["a"], "preview"), start("a"), finish("a", outcome, { counts }));
  const drifted = stateOf(
    begin(["a"], "drift"),
    finish("a", { type: "succeeded" }, { drift: [{ urn, property: "x", old: 1, new: 2 }] }),
  );
  expect(exitCodeOfRun(preview({ create: 1 }))).toBe(0);
  expect(exitCodeOfRun(preview({ create: 1 }), { detailed: true })).toBe(2);
  expect(exitCodeOfRun(preview({ same: 3, read: 1 }), { detailed: true })).toBe(0);
  expect(exitCodeOfRun(preview({ create: 1 }, failed), { detailed: true })).toBe(4);
  expect(exitCodeOfRun(drifted)).toBe(0);
  expect(exitCodeOfRun(drifted, { detailed: true })).toBe(2);
});

it("takes for a change whatever changes a resource or an output", () => {
  expect(changes({ same: 4, read: 1, "read-replacement": 1, refresh: 2, discard: 1 })).toBe(0);
  expect(changes({ create: 1, update: 2, "delete-replaced": 1, import: 1 })).toBe(5);
  expect(hasChanges({ counts: {}, drift: [], changedOutputs: ["id"] }, "preview")).toBe(true);
  expect(hasChanges({ counts: { create: 1 }, drift: [], changedOutputs: [] }, "drift")).toBe(false);
});

it("keeps 2 for changes when it is asked to", () => {
  expect(exitCodeOfError("usage")).toBe(2);
  expect(exitCodeOfError("usage", { detailed: true })).toBe(1);
  expect(
    (["authentication", "guard", "not-found", "cancelled", "locked", "files", "internal"] as const).map((code) =>
      exitCodeOfError(code),
    ),
  ).toEqual([3, 5, 6, 8, 10, 1, 255]);
});

it("holds what a preview would do against the guards of each environment", () => {
  const real = (guards: object) => defineEnvironment({ cloud: "real", backend: "file:///nowhere", guards });
  const workspace = defineWorkspace({
    stacks: [],
    environments: { dev: real({}), prod: real({ maxDeletes: 1, maxReplaces: 0 }), stage: real({ maxDeletes: 0 }) },
  });
  expect(guardedEnvironments(workspace, ["dev", "prod", "stage", "prod", "none"])).toEqual(["prod", "stage"]);
  const kept = [
    { id: id("a.prod"), counts: { delete: 1, create: 9 } },
    { id: id("a.dev"), counts: { delete: 9, replace: 9 } },
  ];
  expect(guardViolations(workspace, kept)).toEqual([]);
  const broken = [
    ...kept,
    { id: id("b.prod"), counts: { delete: 1, "create-replacement": 2, "delete-replaced": 2, replace: 2 } },
    { id: id("a.stage"), counts: { delete: 3 } },
  ];
  const violations = guardViolations(workspace, broken);
  expect(violations).toEqual([
    { environment: "prod", guard: "maxDeletes", limit: 1, found: 2 },
    { environment: "prod", guard: "maxReplaces", limit: 0, found: 2 },
    { environment: "stage", guard: "maxDeletes", limit: 0, found: 3 },
  ]);
  expect(guardError("up", violations)).toMatchObject({
    code: "guard",
    message:
      "refused: up would delete 2 in prod, whose guard maxDeletes is 1; up would replace 2 in prod, whose guard maxReplaces is 0; up would delete 3 in stage, whose guard maxDeletes is 0",
  });
});
