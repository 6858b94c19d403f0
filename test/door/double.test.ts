// The official engine through the library, against a double of the CLI (test/support/fakePulumi.ts): what the real one
// cannot be made to do at will. What both can do is tested against the real one too, in realCli.test.ts.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Stack } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Stamped } from "../../automation/events.ts";
import { open, type Report, type RunOptions } from "../../automation/index.ts";
import { createChildPool } from "../../engine/language/pool.ts";
import { createFixture, type Fixture, snapshot } from "../cli/fixture.ts";
import { type Act, createFakePulumi, type FakePulumi, locked, type Scripts, summary } from "../support/fakePulumi.ts";

// The pool of a run is the run's own: watched, not replaced.
vi.mock("../../engine/language/pool.ts", { spy: true });

let fixture: Fixture;
beforeAll(() => {
  fixture = createFixture();
  for (const name of ["files", "base", "app"]) rmSync(path.join(fixture.root, "stacks", name), { recursive: true });
  // A language the CLI's own host runs: no program is started here.
  fixture.write("Pulumi.yaml", "name: pair\nruntime: yaml\nmain: stacks/index.ts\nstackConfigDir: stacks/config\n");
  fixture.write(
    "stacks/workspace.ts",
    `import { defineEnvironment, defineStack, defineWorkspace, env } from "../automation/define.ts";
     const stack = (name: string) => defineStack({ name, outputs: {}, program: () => import("./none.ts") });
     const base = stack("base");
     export default defineWorkspace({ stacks: [base, defineStack({ name: "app", after: [base], outputs: {}, program: () => import("./none.ts") })],
       environments: {
         real: defineEnvironment({ cloud: "real", backend: env("STATE_URL") }),
         other: defineEnvironment({ cloud: "real", backend: env("STATE_URL"), passphrase: env("PULUMI_OTHER_WORD"),
           variables: { GOOGLE_CREDENTIALS: env("GOOGLE_OTHER"), REGION: "eu" } }),
       } });`,
  );
});
afterAll(() => fixture.remove());

/** What a file backend holds of stacks that were deployed before. */
function hold(folder: string): void {
  mkdirSync(path.join(folder, ".pulumi/stacks/pair"), { recursive: true });
  writeFileSync(path.join(folder, ".pulumi/meta.yaml"), "version: 1\n");
  for (const stack of ["base", "app"].flatMap((name) => ["real", "other"].map((one) => `${name}.${one}`)))
    writeFileSync(
      path.join(folder, `.pulumi/stacks/pair/${stack}.json`),
      JSON.stringify({ version: 3, checkpoint: { stack: `organization/pair/${stack}`, latest: null } }),
    );
}
const urn = "urn:pulumi:base.real::pair::random:index/randomPet:RandomPet::pet";
const pet = (op: string) => ({
  urn,
  op,
  type: "random:index/randomPet:RandomPet",
  old: null,
  new: {
    urn,
    type: "random:index/randomPet:RandomPet",
    custom: true,
    id: "x",
    parent: "",
    inputs: {},
    outputs: {},
    provider: "",
  },
  provider: "",
});
const begins: Act = { event: { resourcePreEvent: { metadata: pet("create") } } as never };
const ends: Act = { event: { resOutputsEvent: { metadata: pet("create") } } as never };
const failed: Act = { event: { resOpFailedEvent: { metadata: pet("create"), status: 0, steps: 0 } } as never };
const says = (message: string): Act => ({
  event: { diagnosticEvent: { message, severity: "error", color: "never", prefix: "", urn } } as never,
});

interface Ran {
  readonly report: Report;
  readonly events: readonly Stamped[];
  readonly fake: FakePulumi;
  readonly messages: string;
}

/** A double, and a way to run operations of the fixture with it. */
function fakeRun(scripts: Scripts, version?: string, { deployed = true } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-double-"));
  const fake = createFakePulumi(folder, scripts, version);
  if (deployed) hold(folder);
  const home = path.join(folder, "home");
  mkdirSync(home);
  const variables: Record<string, string> = {
    PATH: `${fake.bin}:/usr/bin:/bin`,
    HOME: home,
    STATE_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "everybody's words",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const openFixture = (more: Record<string, string> = {}) =>
    open(fixture.root, { variables: { ...variables, ...more }, base: path.join(folder, ".tutti") });
  return {
    fake,
    folder,
    home,
    open: openFixture,
    async run(
      verb: "up" | "preview" | "destroy" | "drift",
      options: RunOptions & {
        readonly more?: Record<string, string>;
        readonly on?: (event: Stamped, cancel: (level?: 1 | 2 | 3) => void) => void;
      } = {},
    ): Promise<Ran> {
      const { more = {}, on, ...rest } = options;
      const tutti = await openFixture(more);
      const run = tutti[verb]({ select: "base.real", ci: false, ...rest });
      const events: Stamped[] = [];
      for await (const event of run) {
        events.push(event);
        on?.(event, (level) => run.cancel("interrupt", level));
      }
      const messages = events
        .flatMap((event) =>
          event.type === "stack-event" && event.event.type === "diagnostic" ? [event.event.message] : [],
        )
        .join("\n");
      return { report: await run.result(), events, fake, messages };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
async function ran(acts: readonly Act[], options: Parameters<ReturnType<typeof fakeRun>["run"]>[1] = {}): Promise<Ran> {
  const one = fakeRun({ up: [acts] });
  try {
    return await one.run("up", options);
  } finally {
    one.remove();
  }
}
const outcome = ({ report }: Ran) => {
  const { status, exitCode, failure } = report.stacks[0]!;
  return { status, exitCode, run: report.exitCode, message: failure?.message };
};

describe("a verdict", () => {
  it.each([
    ["changes", [begins, ends, summary({ create: 1 })], "succeeded", 0, undefined],
    ["no changes", [summary({ same: 3 })], "unchanged", 0, undefined],
    [
      "an error event, whatever the exit code says",
      [begins, failed, says("no quota"), summary({})],
      "failed",
      4,
      "no quota",
    ],
    [
      "exit code 1 and its own words",
      [{ stderr: "error: no such region\n" }, { exit: 1 }],
      "failed",
      4,
      "no such region",
    ],
    ["exit code 3, authentication", [{ stderr: "error: log in first\n" }, { exit: 3 }], "failed", 3, "log in first"],
    [
      "a good end without a summary",
      [begins, ends],
      "needs-recovery",
      12,
      "the engine ended without saying how the run went",
    ],
    [
      "a CLI that is killed in an operation",
      [begins, { wait: 300 }, { die: "SIGKILL" }],
      "needs-recovery",
      12,
      "ended by SIGKILL",
    ],
    ["a CLI that is killed before it said anything", [{ die: "SIGKILL" }], "needs-recovery", 12, "ended by SIGKILL"],
  ] as const)("of %s", async (_, acts, status, exitCode, message) => {
    expect(outcome(await ran(acts))).toEqual({ status, exitCode, run: exitCode, message });
  });
});

it("is one process for an operation: nothing is selected, no history asked, no output decrypted", async () => {
  const one = fakeRun({ up: [[begins, ends, summary({ create: 1 })]] });
  const { root } = fixture;
  const files = () => [readdirSync(root), fixture.read("Pulumi.yaml"), snapshot(path.join(root, "stacks"))];
  const work = files();
  const { up: original } = Stack.prototype;
  using sdk = vi.spyOn(Stack.prototype, "up").mockImplementation(async function (this: Stack, options) {
    return { ...(await original.call(this, options)), summary: { config: "decrypted" } as never };
  });
  const { report } = await one.run("up");
  const calls = one.fake.calls().map(({ args }) => args.slice(0, 2).join(" "));
  expect(calls.sort()).toEqual(["up --yes", "version"]);
  const [up] = one.fake.calls("up");
  expect(up?.args).toEqual(expect.arrayContaining(["--stack", "base.real", "--non-interactive"]));
  expect(up?.cwd).toBe(realpathSync(root));
  expect(readdirSync(one.home)).toEqual([]);
  expect(files()).toEqual(work);
  // What is told of it comes from its events: nothing else was asked, and what the SDK gives back is let go.
  expect(report.stacks[0]?.counts).toEqual({ create: 1 });
  expect(sdk.mock.calls).toEqual([[expect.objectContaining({ showSecrets: false })]]);
  expect(JSON.stringify(report)).not.toContain("decrypted");
  one.remove();
});

describe("a stack that there is not yet", () => {
  it("is created without being selected", async () => {
    const one = fakeRun({ up: [[summary({ create: 1 })]] }, undefined, { deployed: false });
    const { report, messages } = await one.run("up");
    expect(report.exitCode).toBe(0);
    expect(one.fake.calls("stack").map(({ args }) => args)).toEqual([
      ["stack", "init", "base.real", "--no-select", "--non-interactive"],
    ]);
    expect(messages).toBe("new stack: pulumi stack init writes stacks/config/Pulumi.base.real.yaml; commit it");
    one.remove();
  });

  it("is refused in CI, where nothing is added to the work tree", async () => {
    const one = fakeRun({}, undefined, { deployed: false });
    const { report } = await one.run("up", { ci: true });
    expect(report.stacks[0]?.failure?.message).toBe(
      "stack base.real has no stacks/config/Pulumi.base.real.yaml, and in CI nothing is added to the work tree",
    );
    expect(one.fake.calls().map(({ args }) => args[0])).toEqual(["version"]);
    one.remove();
  });

  it("is previewed in a private copy, with configuration of its own, which goes with the run", async () => {
    const one = fakeRun({ preview: [[summary({ create: 1 })]] }, undefined, { deployed: false });
    expect((await one.run("preview")).report.exitCode).toBe(0);
    const [call] = one.fake.calls("preview");
    const copy = call!.env["PULUMI_BACKEND_URL"]!.replace("file://", "");
    expect(call!.args.slice(-3, -1)).toEqual(["--config-file", path.join(copy, "Pulumi.base.real.yaml")]);
    expect([path.basename(copy), existsSync(path.dirname(copy))]).toEqual(["base.real", false]);
    one.remove();
  });
});

it("starts a dependent when the command of what it waits for has ended, whatever that said before", async () => {
  const base: readonly Act[] = [begins, ends, summary({ create: 1 }), { wait: 300 }, { reach: "over" }];
  const one = fakeRun({ up: [base, [summary({ same: 1 })]] });
  const over: (string | undefined)[] = [];
  await one.run("up", {
    select: ["base.real", "app.real"],
    on: (event) => event.type === "stack-started" && over.push(one.fake.reached("over")),
  });
  expect(over).toEqual([undefined, expect.stringMatching(/^\d+$/)]);
  one.remove();
});

it("asks of one stack, by its name, whether the run that is resumed has done it", async () => {
  const one = fakeRun({
    up: [[summary({ create: 1 })], [says("no quota"), { exit: 1 }], [summary({ create: 1 })]],
    "stack history": [[{ stdout: "[]" }]],
  });
  const broken = await one.run("up", { select: ["base.real", "app.real"] });
  const resumed = await (await one.open()).resume(broken.report.runId, { ci: false }).result();
  expect([broken.report.exitCode, resumed.exitCode]).toEqual([4, 0]);
  expect(one.fake.calls("stack").map(({ args }) => args)).toEqual([
    ["stack", "history", "--json", "--page-size", "1", "--stack", "base.real", "--non-interactive"],
  ]);
  one.remove();
});

it("asks for outputs as the engine masks them, and for secrets only when it is asked for them", async () => {
  const one = fakeRun({
    "stack output": [[{ stdout: '{ "token": "[secret]" }' }], [{ stdout: '{ "token": "t-1" }' }]],
  });
  const tutti = await one.open();
  expect(await tutti.outputs("base.real")).toEqual({ token: "[secret]" });
  expect(await tutti.outputs("base.real", { showSecrets: true })).toEqual({ token: "t-1" });
  const command = ["stack", "output", "--json", "--stack", "base.real"];
  expect(one.fake.calls("stack output").map(({ args }) => args)).toEqual([
    [...command, "--non-interactive"],
    [...command, "--show-secrets", "--non-interactive"],
  ]);
  one.remove();
});

it("runs Node.js programs in a host of ours, and leaves other languages to the CLI's own", async () => {
  const yaml = fixture.read("Pulumi.yaml");
  const clients: (string | undefined)[] = [];
  const waiting: number[] = [];
  for (const text of [yaml, yaml.replace("runtime: yaml", "runtime: nodejs")]) {
    fixture.write("Pulumi.yaml", text);
    const one = fakeRun({ up: [[summary({ same: 1 })]] });
    let most = 0;
    const look = (): void => {
      const pool = vi.mocked(createChildPool).mock.results.at(-1)?.value as ReturnType<typeof createChildPool>;
      most = Math.max(most, pool.waiting());
    };
    await one.run("up", { on: (event) => event.type === "stack-started" && look() });
    waiting.push(most);
    clients.push(one.fake.calls("up")[0]?.args.find((word) => word.startsWith("--client=")));
    one.remove();
  }
  fixture.write("Pulumi.yaml", yaml);
  expect(waiting).toEqual([0, 1]);
  expect(clients).toEqual([undefined, expect.stringMatching(/^--client=127\.0\.0\.1:\d+$/)]);
});

describe("environments side by side", () => {
  it("have passphrases and credentials of their own, and none of the driver's other variables", async () => {
    const one = fakeRun({ up: [[summary({ same: 1 })]] });
    const more = {
      PULUMI_OTHER_WORD: "only for other",
      GOOGLE_OTHER: "{}",
      GOOGLE_CREDENTIALS: "of all",
      EDITOR: "vi",
      REGION: "us",
      // Of the two, the CLI takes the file.
      PULUMI_CONFIG_PASSPHRASE_FILE: "/everybody",
    };
    const ours = { ...process.env };
    const { report } = await one.run("up", { select: ["base.real", "base.other"], more });
    expect([report.exitCode, process.env]).toEqual([0, ours]);
    const env = (stack: string) => one.fake.calls("up").find(({ args }) => args.includes(stack))?.env ?? {};
    const picked = ({
      PULUMI_CONFIG_PASSPHRASE,
      PULUMI_CONFIG_PASSPHRASE_FILE,
      GOOGLE_CREDENTIALS,
      REGION,
      EDITOR,
      PULUMI_OTHER_WORD,
      GOOGLE_OTHER,
    }: Record<string, string | undefined>) => [
      PULUMI_CONFIG_PASSPHRASE,
      PULUMI_CONFIG_PASSPHRASE_FILE,
      GOOGLE_CREDENTIALS,
      REGION,
      EDITOR,
      PULUMI_OTHER_WORD,
      GOOGLE_OTHER,
    ];
    expect(picked(env("base.real"))).toEqual([
      "everybody's words",
      "/everybody",
      "of all",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(picked(env("base.other"))).toEqual([
      "only for other",
      undefined,
      "{}",
      "eu",
      undefined,
      undefined,
      undefined,
    ]);
    one.remove();
  });

  it("are told apart also in what is masked", async () => {
    const { messages, report } = await ran([says("cannot open with only for other and its-key"), summary({})], {
      select: "base.other",
      // The second is a secret by the name that only this environment gives it.
      more: { PULUMI_OTHER_WORD: "only for other", GOOGLE_OTHER: "its-key" },
    });
    expect(messages).toBe("cannot open with [secret] and [secret]");
    expect(report.stacks[0]?.failure?.message).toBe("cannot open with [secret] and [secret]");
  });
});

describe("a stack that somebody else holds", () => {
  const holder = "ann@box (pid 42) at 2026-11-23T17:37:33Z";
  it("is waited for, its holder named once", async () => {
    const one = fakeRun({ up: [locked(holder), locked(holder), [begins, ends, summary({ create: 1 })]] });
    const { report, messages } = await one.run("up", { lockTimeoutMs: 60_000 });
    expect([report.exitCode, messages]).toEqual([0, `waiting for the lock of base.real, held by ${holder}`]);
    expect(one.fake.calls("up")).toHaveLength(3);
    one.remove();
  });

  it("ends with exit code 10 and its holder when nobody waits, and its dependents are blocked", async () => {
    const one = fakeRun({ up: [locked(holder)] });
    const result = await one.run("up", { select: ["base.real", "app.real"] });
    expect(outcome(result)).toEqual({
      status: "failed",
      exitCode: 10,
      run: 10,
      message: `base.real is locked: ${holder}`,
    });
    expect(result.report.stacks[0]?.failure?.hint).toContain("--lock-timeout 10m");
    expect(result.report.stacks[1]?.status).toBe("blocked");
    expect(one.fake.calls("up")).toHaveLength(1);
    one.remove();
  });

  it("keeps it: nothing cancels its update, not when nobody waits any longer, nor a kill, nor an unlock", async () => {
    const one = fakeRun({ up: [locked(holder), [begins, { until: "SIGINT" }, { until: "SIGINT" }]] });
    await one.run("up");
    await one.run("up", { on: (event, cancel) => event.type === "stack-event" && cancel(3) });
    const locks = path.join(one.folder, ".pulumi/locks/organization/pair/base.real");
    mkdirSync(locks, { recursive: true });
    const lock = { pid: 7, username: "ann", hostname: "elsewhere", timestamp: new Date().toISOString() };
    writeFileSync(path.join(locks, "0.json"), JSON.stringify(lock));
    const tutti = await one.open();
    expect(await tutti.unlock("base.real")).toMatchObject([{ broken: false }]);
    expect(await tutti.unlock("base.real", { force: true })).toMatchObject([{ broken: true }]);
    await expect((await one.open({ STATE_URL: "s3://states" })).unlock("base.real")).rejects.toThrow(
      /cannot be looked/,
    );
    expect([...new Set(one.fake.calls().map(({ args }) => args[0]))].sort()).toEqual(["up", "version"]);
    one.remove();
  });

  it("is not waited for after an interrupt", async () => {
    const one = fakeRun({ up: [locked(holder)] });
    const { report } = await one.run("up", {
      lockTimeoutMs: 600_000,
      on: (event, cancel) => event.type === "stack-event" && event.event.type === "diagnostic" && cancel(2),
    });
    expect(report.exitCode).not.toBe(0);
    expect(one.fake.calls("up")).toHaveLength(1);
    one.remove();
  });
});

describe("interrupts", () => {
  const started = (event: Stamped): boolean =>
    event.type === "stack-event" && event.event.type === "resource" && event.event.status === "started";

  it("let what runs end, and end as cancelled", async () => {
    const result = await ran(
      [begins, { until: "SIGINT" }, ends, summary({ create: 1 }), { stderr: "error: update cancelled\n" }, { exit: 8 }],
      {
        on: (event, cancel) => started(event) && cancel(2),
      },
    );
    expect([result.report.stacks[0]?.status, result.report.exitCode]).toEqual(["cancelled", 8]);
  });

  it("kill everything the engine started at the third, and name what was under way", async () => {
    const one = fakeRun({
      up: [[{ fork: true }, begins, { until: "SIGINT" }, { until: "SIGINT" }, { until: "SIGINT" }]],
    });
    const { report } = await one.run("up", { on: (event, cancel) => started(event) && cancel(3) });
    expect([report.stacks[0]?.status, report.exitCode]).toEqual(["needs-recovery", 130]);
    const child = Number(one.fake.reached("child"));
    await expect.poll(() => isAlive(child), { timeout: 10_000 }).toBe(false);
    one.remove();
  });
});

describe("plugins", () => {
  const missing = (version: string) => [
    {
      stderr: `error: could not load plugin for random provider: no resource plugin 'pulumi-resource-random' found in the workspace at version v${version} or on your $PATH\n`,
    },
    { exit: 1 },
  ];

  it("are installed once before the stacks run, and by no stack", async () => {
    const one = fakeRun({
      "plugin install": [[]],
      up: [[summary({ same: 1 })]],
    });
    // The fixture's packages: what is there already is left alone.
    for (const name of readdirSync(path.join(fixture.root, "node_modules/@pulumi")))
      if (name !== "random" && name !== "pulumi")
        mkdirSync(path.join(one.home, `.pulumi/plugins/resource-${name}-v${version(name)}`), { recursive: true });
    const told: string[] = [];
    await one.run("up", {
      select: ["base.real", "app.real"],
      more: { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "" },
      tell: (text) => told.push(text),
    });
    expect(one.fake.calls("plugin install").map(({ args }) => args.slice(2, 5))).toEqual([
      ["resource", "random", version("random")],
    ]);
    expect(told).toEqual([`installing the plugin random ${version("random")}`]);
    expect(one.fake.calls("up").map(({ env }) => env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"])).toEqual([
      "true",
      "true",
    ]);
    one.remove();
  });

  it("that cannot be installed end the run before it begins, and leave the environment to the next", async () => {
    const one = fakeRun({ "plugin install": [[{ stderr: "error: no such place\n" }, { exit: 1 }]] });
    const more = { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "" };
    // The second is refused by the same plugin, not by the lease of the first.
    for (let at = 0; at < 2; at++)
      await expect(one.run("up", { more })).rejects.toMatchObject({
        code: "engine",
        message: expect.stringMatching(/^the plugin [\w-]+ cannot be installed: no such place$/),
      });
    expect(one.fake.calls("up")).toEqual([]);
    one.remove();
  });

  it("that only a state needs are installed when they are missed, once", async () => {
    const one = fakeRun({ "plugin install": [[]], up: [missing("4.1.0"), [summary({ same: 1 })]] });
    writeAmbient(one.fake.bin);
    const { report } = await one.run("up", { more: { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "" } });
    // On the PATH without a version: the CLI itself would take it, so nothing is installed for it.
    expect([report.exitCode, one.fake.calls("up").length]).toEqual([0, 2]);
    one.remove();
  });

  it("are not installed where that is forbidden: the failure says what is missing", async () => {
    const one = fakeRun({ up: [missing("4.1.0")] });
    const result = await one.run("up");
    expect(outcome(result)).toMatchObject({
      status: "failed",
      message: expect.stringContaining("no resource plugin 'pulumi-resource-random'"),
    });
    expect(one.fake.calls("plugin").length).toBe(0);
    one.remove();
  });
});

describe("hooks for deletion", () => {
  const refusal: readonly Act[] = [
    says("Resource has delete hooks registered, but the program is not running. Hooks: farewell"),
    says("You must run with the `--run-program` flag to use delete hooks during destroy."),
    { exit: 1 },
  ];

  it("are why a destroy that was refused runs again with its program", async () => {
    const one = fakeRun({ destroy: [refusal, [summary({ delete: 1 })]] });
    const { report, messages } = await one.run("destroy");
    expect([report.exitCode, report.stacks[0]?.status]).toEqual([0, "succeeded"]);
    expect(one.fake.calls("destroy").map(({ args }) => args.includes("--run-program=true"))).toEqual([false, true]);
    expect(messages).toBe("there are hooks for deletion: its program runs as well");
    one.remove();
  });

  it("that are refused also then are the failure", async () => {
    const one = fakeRun({ destroy: [[...refusal.slice(0, 2), { stderr: "error: no hooks today\n" }, { exit: 1 }]] });
    expect(outcome(await one.run("destroy"))).toMatchObject({ status: "failed", message: "no hooks today" });
    expect(one.fake.calls("destroy")).toHaveLength(2);
    one.remove();
  });
});

describe("a creation that was cut off", () => {
  const state = {
    version: 3,
    deployment: {
      resources: [],
      pending_operations: [{ type: "creating", resource: { urn, type: "random:index/randomPet:RandomPet" } }],
    },
  };
  const scripts = { "stack export": [[{ stdout: JSON.stringify(state) }]], refresh: [[]] };

  it("is cleared by the CLI's own flag when somebody says so, and by nobody else", async () => {
    const one = fakeRun(scripts);
    const tutti = await one.open();
    const undecided = await tutti.examine("base.real");
    expect(undecided.pending).toMatchObject([{ urn, proposal: { type: "ask" } }]);
    await expect(tutti.settle(undecided)).rejects.toThrow(/nobody here can tell what became of/);
    expect(one.fake.calls("refresh")).toEqual([]);
    await tutti.settle(await tutti.examine("base.real", { clear: new Set([urn]) }));
    expect(one.fake.calls("refresh").map(({ args }) => args.slice(1, -1))).toEqual([
      ["--yes", "--skip-preview", "--stack", "base.real", "--clear-pending-creates"],
    ]);
    one.remove();
  });

  it("is not touched by a CLI that is too old", async () => {
    const one = fakeRun(scripts, "v3.230.0");
    await expect((await one.open()).examine("base.real")).rejects.toThrow(/is pulumi 3\.230\.0; tutti needs 3\.231\.0/);
    expect(one.fake.calls("stack").length).toBe(0);
    one.remove();
  });
});

it("names the way out of a backend of the old layout", async () => {
  const rule = "=".repeat(80);
  const said = `error: \n${rule}\nLegacy DIY state is deprecated, please upgrade your state to project mode using:\n'pulumi state upgrade'\n${rule}\n`;
  const one = fakeRun({ "stack ls": [[{ stderr: said }, { exit: 1 }]] });
  // Another backend than a folder, which is looked into without the CLI.
  const { report } = await one.run("up", { more: { STATE_URL: "s3://states" } });
  expect(one.fake.calls("stack ls")).toHaveLength(1);
  const named = {
    message: expect.stringContaining("layout of old CLIs"),
    hint: expect.stringContaining("pulumi state upgrade"),
  };
  expect(report.stacks[0]?.failure).toMatchObject(named);
  mkdirSync(path.join(one.folder, "old/.pulumi/stacks"), { recursive: true });
  writeFileSync(path.join(one.folder, "old/.pulumi/stacks/x.json"), "{}");
  const folder = await one.run("up", { more: { STATE_URL: `file://${one.folder}/old` } });
  expect(folder.report.stacks[0]?.failure).toMatchObject(named);
  one.remove();
});

it("ends before the first stack when the CLI is too old", async () => {
  const one = fakeRun({}, "v3.230.0");
  await expect(one.run("up")).rejects.toThrow(/is pulumi 3\.230\.0; tutti needs 3\.231\.0 or newer/);
  expect(one.fake.calls("stack").length).toBe(0);
  one.remove();
});

function version(name: string): string {
  const file = path.join(fixture.root, "node_modules/@pulumi", name, "package.json");
  return (JSON.parse(fixture.read(path.relative(fixture.root, file))) as { version: string }).version;
}
function writeAmbient(bin: string): void {
  for (const name of ["random", "gcp", "kubernetes"])
    writeFileSync(path.join(bin, `pulumi-resource-${name}`), "#!/bin/sh\n", { mode: 0o755 });
}
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
