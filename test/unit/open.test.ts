// The library from open to report, with a script in the place of Pulumi.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as z from "zod";
import { type AnyContract, defineEnvironment, defineStack, defineWorkspace } from "../../automation/define.ts";
import type { BackendStack, Door, RunSetup } from "../../automation/door.ts";
import { TuttiError } from "../../automation/errors.ts";
import type { StackId, Stamped, StepSummary } from "../../automation/events.ts";
import { emptySummary, type StepContext, type StepOutcome } from "../../automation/execute.ts";
import { parseJournal } from "../../automation/journal.ts";
import { readMachine } from "../../automation/machine.ts";
import { type OpenOptions, open, type RunOptions, type Tutti } from "../../automation/open.ts";
import { foldRun } from "../../automation/runState.ts";
import { id, settle } from "../support/scriptedSteps.ts";

vi.mock("../../automation/machine.ts", { spy: true });

const load = () => Promise.resolve({});
const network = defineStack({ name: "network", outputs: { networkId: z.string() }, program: load });
const cluster = defineStack({ name: "cluster", needs: { network }, program: load });
const web = defineStack({ name: "web", needs: {}, after: [cluster], program: load });
const workspace = defineWorkspace({
  stacks: [network, cluster, web],
  environments: {
    local: defineEnvironment({ cloud: "sandbox" }),
    prod: defineEnvironment({ cloud: "real", backend: "file:///nowhere", guards: { maxDeletes: 1 } }),
  },
});

interface Script {
  readonly outcomes?: Readonly<Record<string, StepOutcome>>;
  readonly summaries?: Readonly<Record<string, Partial<StepSummary>>>;
  readonly held?: readonly string[];
  readonly during?: (stack: StackId, context: StepContext) => void | Promise<void>;
  readonly prepare?: (setup: RunSetup) => void;
}
interface Scripted extends Door {
  readonly setups: RunSetup[];
  readonly calls: string[];
}

function scriptedDoor(script: Script = {}): Scripted {
  const setups: RunSetup[] = [];
  const calls: string[] = [];
  return {
    setups,
    calls,
    async prepare(setup) {
      setups.push(setup);
      script.prepare?.(setup);
      return {
        runStep: async ({ stack }, context) => {
          calls.push(`${context.operation} ${stack}`);
          context.emit({ type: "line", stream: "stdout", text: `hello from ${stack}` });
          await script.during?.(stack, context);
          return {
            outcome: script.outcomes?.[stack] ?? { type: "succeeded" },
            summary: { ...emptySummary, ...script.summaries?.[stack] },
          };
        },
        close: async () => void calls.push("close"),
      };
    },
    outputs: async (stack, { showSecrets }) => ({ id: stack.id, showSecrets }),
    backendStacks: async (environment, stacks) => {
      if (environment === "prod") throw new TuttiError("engine", "pulumi is not installed");
      return (script.held ?? []).map(
        (held): BackendStack => ({
          id: id(held),
          environment,
          claimed: stacks.has(id(held)),
          resourceCount: 3,
          lastUpdate: "2026-11-23T17:35:12Z",
        }),
      );
    },
  };
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tutti-open-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const opened = (script?: Script, more: OpenOptions = {}): Promise<Tutti> =>
  open(workspace, { directory: folder, door: scriptedDoor(script), variables: {}, ...more });
const read = async (run: AsyncIterable<Stamped>): Promise<Stamped[]> => {
  const events: Stamped[] = [];
  for await (const event of run) events.push(event);
  return events;
};
const caught = async (promise: Promise<unknown>): Promise<TuttiError> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TuttiError) return error;
    throw error;
  }
  throw new Error("it did not throw");
};

it("runs a selection in order: events, journal, report and state tell the same", async () => {
  const tutti = await opened({ summaries: { "network.local": { counts: { create: 2 } } } });
  const run = tutti.up({ environment: "local", argv: ["up", "-e", "local"] });
  const events = await read(run);
  const report = await run.result();
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.flatMap((event) => (event.type === "stack-started" ? [event.stack] : []))).toEqual([
    "network.local",
    "cluster.local",
    "web.local",
  ]);
  expect(report).toMatchObject({
    runId: run.runId,
    operation: "up",
    exitCode: 0,
    totals: { succeeded: 3 },
    counts: { create: 2 },
    environments: [{ name: "local", cloud: "sandbox" }],
    argv: ["up", "-e", "local"],
  });
  const runs = join(folder, ".tutti", "runs", run.runId);
  const journal = parseJournal(readFileSync(join(runs, "journal.jsonl"), "utf8"));
  expect(journal.events).toEqual(events.filter(({ type }) => type !== "stack-event"));
  expect(JSON.parse(readFileSync(join(runs, "report.json"), "utf8"))).toEqual(report);
  expect(foldRun(events)).toEqual(run.state);
  expect(tutti.report()).toEqual(report);
  expect(tutti.report(run.runId.slice(0, 15))).toEqual(report);
  expect(tutti.logs("web.local")).toEqual({ runId: run.runId, stack: "web.local", text: "hello from web.local\n" });
  expect(tutti.runs().map(({ runId, report: past }) => [runId, past?.exitCode])).toEqual([[run.runId, 0]]);
});

it("tells the door all it needs, and closes what it made ready, whatever happens", async () => {
  const door = scriptedDoor({ outcomes: { "network.local": { type: "failed", failure: { message: "no" } } } });
  const tutti = await open(workspace, { directory: folder, door, variables: { CI: "1" } });
  const report = await tutti.destroy({ select: "*.local", remove: true, refresh: true, resourceParallel: 4 }).result();
  expect(door.setups[0]).toMatchObject({
    operation: "destroy",
    environments: ["local"],
    root: folder,
    refresh: true,
    remove: true,
    resourceParallel: 4,
    ci: true,
  });
  expect(door.calls).toEqual(["destroy web.local", "destroy cluster.local", "destroy network.local", "close"]);
  expect(report.exitCode).toBe(4);
});

it("starts nothing before it is iterated or its result asked for", async () => {
  const door = scriptedDoor();
  const tutti = await open(workspace, { directory: folder, door });
  const run = tutti.up({ environment: "local" });
  await settle();
  expect(door.setups).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
  await run.result();
  await run.result();
  expect(door.setups).toHaveLength(1);
});

it("can be read and awaited at once, but read once only", async () => {
  const run = (await opened()).up({ environment: "local" });
  const [report, events] = await Promise.all([run.result(), read(run)]);
  expect(events.at(-1)).toMatchObject({ type: "run-finished", exitCode: report.exitCode });
  expect(() => run[Symbol.asyncIterator]()).toThrow("can be read once");
});

it("stops under a failure what changes something, and keeps a preview going", async () => {
  const script: Script = { outcomes: { "network.local": { type: "failed", failure: { message: "no" } } } };
  const tutti = await opened(script);
  const select = ["network.local", "network.prod"];
  const up = await tutti
    .up({ select, concurrency: 1, preview: await tutti.preview({ select: "network.prod" }).result() })
    .result();
  expect(up.stacks.map(({ status }) => status)).toEqual(["failed", "cancelled"]);
  const preview = await tutti.preview({ select, concurrency: 1 }).result();
  expect(preview.stacks.map(({ status }) => status)).toEqual(["failed", "succeeded"]);
});

it("interrupts the run when its signal is aborted", async () => {
  const controller = new AbortController();
  const interrupted: boolean[] = [];
  const tutti = await opened({
    outcomes: { "network.local": { type: "cancelled" } },
    during: (_, context) => {
      controller.abort();
      interrupted.push(context.interrupt.aborted, context.kill.aborted);
    },
  });
  const report = await tutti.up({ environment: "local", signal: controller.signal }).result();
  expect(interrupted).toEqual([true, false]);
  expect(report).toMatchObject({ exitCode: 8, cancelled: { by: "caller", level: 2 }, totals: { cancelled: 3 } });
});

it("starts nothing for a signal that was aborted before", async () => {
  const door = scriptedDoor();
  const tutti = await open(workspace, { directory: folder, door });
  const report = await tutti.up({ environment: "local", signal: AbortSignal.abort() }).result();
  expect(door.calls).toEqual(["close"]);
  expect(report.totals).toEqual({ cancelled: 3 });
});

it("rises by one level with every cancel", async () => {
  const levels: (readonly boolean[])[] = [];
  const tutti = await opened({
    during: async (_, context) => {
      for (let i = 0; i < 3; i++) {
        run.cancel("interrupt");
        levels.push([context.interrupt.aborted, context.kill.aborted]);
      }
    },
  });
  const run = tutti.up({ environment: "local" });
  await run.result();
  expect(levels).toEqual([
    [false, false],
    [true, false],
    [true, true],
  ]);
});

it("interrupts the run when its reader leaves, and waits until it is over", async () => {
  const door = scriptedDoor({
    during: async (_, context) => {
      // Runs until it is interrupted, as an engine does.
      if (!context.interrupt.aborted)
        await new Promise((resolve) => context.interrupt.addEventListener("abort", resolve));
    },
  });
  const tutti = await open(workspace, { directory: folder, door });
  const run = tutti.up({ environment: "local" });
  for await (const event of run) if (event.type === "stack-started") break;
  expect(door.calls).toEqual(["up network.local", "close"]);
  expect((await run.result()).totals).toEqual({ succeeded: 1, cancelled: 2 });
});

it("fails the iteration and the result alike when the door cannot make ready", async () => {
  const script: Script = {
    prepare: () => {
      throw new TuttiError("engine", "pulumi is not installed");
    },
  };
  const run = (await opened(script)).up({ environment: "local" });
  expect((await caught(read(run))).message).toBe("pulumi is not installed");
  expect((await caught(run.result())).code).toBe("engine");
  expect(readdirSync(folder)).toEqual([]);
});

it("begins nothing when it cannot keep a journal", async () => {
  writeFileSync(join(folder, ".tutti"), "a file in the way of the folder");
  const door = scriptedDoor();
  const tutti = await open(workspace, { directory: folder, door });
  const error = await caught(tutti.up({ environment: "local" }).result());
  expect(error.code).toBe("files");
  expect(error.message).toContain("the run could not begin");
  expect(door.calls).toEqual(["close"]);
});

it("refuses a selection that cannot be, before anything is made", async () => {
  const tutti = await opened();
  const refused = (options: RunOptions): string => {
    try {
      tutti.up(options);
    } catch (error) {
      if (error instanceof TuttiError) return `${error.code}: ${error.message} (${error.hint})`;
    }
    return "it was not refused";
  };
  expect(refused({ select: "wbe.local" })).toBe('usage: no stack matches "wbe.local" (did you mean "web.local"?)');
  expect(refused({})).toBe(
    "usage: nothing is selected (name an environment (-e), stacks or filters; --all is everything)",
  );
  expect(refused({ select: ["a/b", "c=d"] })).toContain("\n");
  expect(readdirSync(folder)).toEqual([]);
});

it("refuses concurrency that cannot be", async () => {
  const tutti = await opened();
  expect((await caught(tutti.up({ environment: "local", concurrency: 0 }).result())).message).toContain("got 0");
});

it("runs with -j auto as many at once as the machine carries, by what earlier runs cost", async () => {
  const door = scriptedDoor();
  const tutti = await open(workspace, { directory: folder, door });
  const atOnce = async (cores: number, freeMemory: number): Promise<number | undefined> => {
    vi.mocked(readMachine).mockReturnValue({ cores, freeMemory });
    const run = tutti.up({ environment: "local", concurrency: "auto" });
    const [first] = await read(run);
    const { concurrency } = first as Extract<Stamped, { type: "run-started" }>;
    expect(door.setups.at(-1)?.concurrency).toBe(concurrency);
    return concurrency;
  };
  const GiB = 1024 ** 3;
  expect(await atOnce(1, 64 * GiB)).toBe(2);
  expect(await atOnce(1, GiB / 2)).toBe(1);
  // No more than there are stacks.
  expect(await atOnce(8, 64 * GiB)).toBe(3);
  const past = tutti.report();
  const cost = { cpuMs: 300, cores: 1, busy: 0.1, peakMemoryBytes: 12 * GiB, peakAtOnce: 3 };
  const stacks = past.stacks.map((stack) => ({ ...stack, durationMs: 10_000 }));
  const report = { ...past, durationMs: 10_000, stacks, cost };
  writeFileSync(join(folder, ".tutti/runs", past.runId, "report.json"), JSON.stringify(report));
  expect(await atOnce(1, 64 * GiB)).toBe(3);
  expect(await atOnce(1, 11 * GiB)).toBe(2);
  vi.mocked(readMachine).mockReset();
});

it("plans without touching anything", async () => {
  const tutti = await opened();
  expect(tutti.plan("destroy", { select: "web.local", withDependencies: 1 }).steps).toEqual([
    { stack: "web.local", waitsFor: [], reason: 'matches "web.local"' },
    { stack: "cluster.local", waitsFor: ["web.local"], reason: "web.local depends on it" },
  ]);
  expect(readdirSync(folder)).toEqual([]);
});

it("refuses an update over the guards of its environment, from a preview of its own or one it is given", async () => {
  const summaries = { "network.prod": { counts: { delete: 1 } }, "cluster.prod": { counts: { delete: 1 } } };
  const door = scriptedDoor({ summaries });
  const tutti = await open(workspace, { directory: folder, door });
  const message = "refused: up would delete 2 in prod, whose guard maxDeletes is 1";
  expect(await caught(tutti.up({ environment: "prod" }).result())).toMatchObject({ code: "guard", message });
  expect(door.calls.filter((call) => call.startsWith("up"))).toEqual([]);

  const preview = await tutti.preview({ environment: "prod" }).result();
  const calls = door.calls.length;
  expect(await caught(tutti.up({ environment: "prod", preview }).result())).toMatchObject({ code: "guard" });
  expect(door.calls).toHaveLength(calls);

  expect((await tutti.up({ select: "network.prod" }).result()).exitCode).toBe(0);
  expect((await tutti.up({ environment: "local" }).result()).exitCode).toBe(0);
});

it("refuses an update whose guards could not be looked at", async () => {
  const tutti = await opened({ outcomes: { "network.prod": { type: "failed", failure: { message: "no" } } } });
  const error = await caught(tutti.up({ select: "network.prod" }).result());
  expect(error.message).toBe("refused: guards need a preview, and that of network.prod did not succeed");
});

it("refuses to destroy where deletions are guarded", async () => {
  const tutti = await opened();
  expect(await caught(tutti.destroy({ environment: "prod" }).result())).toMatchObject({ code: "guard" });
});

it("destroys by name what the backend has and no contract claims", async () => {
  const door = scriptedDoor({ held: ["network.local", "old.local"] });
  const tutti = await open(workspace, { directory: folder, door });
  const report = await tutti.destroy({ select: ["old.local", "web.local"] }).result();
  expect(report.stacks.map(({ id: stack, status, selected }) => [stack, status, selected])).toEqual([
    ["old.local", "succeeded", "named; no contract claims it"],
    ["web.local", "succeeded", 'matches "web.local"'],
  ]);
  const error = await caught(tutti.destroy({ select: "older.local" }).result());
  expect(error).toMatchObject({ code: "usage", message: 'no stack matches "older.local"' });
  // Only destroy, and only by its whole name.
  expect(() => tutti.up({ select: "old.local" })).toThrow('no stack matches "old.local"');
  expect((await tutti.destroy({ environment: "local" }).result()).stacks).toHaveLength(3);
});

it("lists every stack with what the backends know, and says which backend did not answer", async () => {
  const tutti = await opened({ held: ["network.local", "old.local"] });
  const { stacks, warnings } = await tutti.list();
  expect(stacks.map(({ id: stack, claimed, deployed }) => [stack, claimed, deployed])).toEqual([
    ["network.local", true, true],
    ["network.prod", true, undefined],
    ["cluster.local", true, false],
    ["cluster.prod", true, undefined],
    ["web.local", true, false],
    ["web.prod", true, undefined],
    ["old.local", false, true],
  ]);
  expect(stacks[0]).toMatchObject({ resourceCount: 3, lastUpdate: "2026-11-23T17:35:12Z", cloud: "sandbox" });
  expect(warnings).toEqual(["environment prod: pulumi is not installed"]);
  expect((await tutti.list({ select: "web.local" })).stacks.map(({ id: stack }) => stack)).toEqual(["web.local"]);
  expect((await tutti.list({ environment: "local" })).stacks.at(-1)).toMatchObject({ id: "old.local", claimed: false });
});

it("gives outputs of stacks that there are", async () => {
  const tutti = await opened();
  expect(await tutti.outputs("network.local")).toEqual({ id: "network.local", showSecrets: false });
  expect(await caught(tutti.outputs("netwrok.local"))).toMatchObject({
    code: "not-found",
    message: 'no stack is named "netwrok.local"; did you mean "network.local"?',
  });
});

it("opens nothing of a workspace with problems, and hands out all of them", async () => {
  const bad = defineWorkspace({
    stacks: [network, network, cluster] as readonly AnyContract[],
    environments: { Local: defineEnvironment({ cloud: "sandbox", only: [cluster] }) },
  });
  const error = await caught(open(bad, { directory: folder, door: scriptedDoor() }));
  expect(error.code).toBe("workspace");
  expect(error.problems.map(({ code }) => code)).toEqual(["bad-name", "missing-stack", "duplicate-name"]);
  expect(error.message).toContain("the workspace has 3 problems:\n");
});

it("keeps two workspaces in one process apart", async () => {
  const other = mkdtempSync(join(tmpdir(), "tutti-open-"));
  try {
    const [one, two] = await Promise.all([opened(), opened({}, { directory: other })]);
    const [first, second] = await Promise.all([
      one.up({ environment: "local" }).result(),
      two.preview({ environment: "local" }).result(),
    ]);
    expect(one.runs().map(({ runId }) => runId)).toEqual([first.runId]);
    expect(two.runs().map(({ runId }) => runId)).toEqual([second.runId]);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

it("stops, and says so, when the journal cannot be written any more", async () => {
  const door = scriptedDoor({
    during: (stack) => {
      // The folder of the logs is gone: the next log cannot be opened.
      if (stack === "network.local") rmSync(join(folder, ".tutti", "runs"), { recursive: true });
    },
  });
  const tutti = await open(workspace, { directory: folder, door });
  const error = await caught(tutti.up({ environment: "local", concurrency: 1 }).result());
  expect(error.code).toBe("files");
  expect(error.message).toContain("the journal of the run could not be written, so the run was stopped");
  expect(door.calls).toEqual(["up network.local", "up cluster.local", "close"]);
});
