// Tasks without an engine: what a definition may say, what testTask checks, how secrets show, and what a fingerprint tells apart.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkWorkspace } from "../../automation/checkWorkspace.ts";
import { defineEnvironment, defineStack, defineTask, defineWorkspace, secret } from "../../automation/define.ts";
import type { Door } from "../../automation/door.ts";
import { open } from "../../automation/open.ts";
import { differingNames, digestedLoad, fingerprintOf } from "../../automation/program/fingerprint.ts";
import { withoutProgram } from "../../automation/pulumi/taskStep.ts";
import { concealed } from "../../automation/schema.ts";
import { Secret } from "../../automation/secret.ts";
import { task, testTask } from "../../automation/task.ts";
import { drawGraph } from "../../automation/views/graph.ts";

const load = async (): Promise<unknown> => ({});
const base = defineStack({
  name: "base",
  outputs: { host: z.string(), login: z.object({ user: z.string(), password: secret(z.string()) }).optional() },
  program: load,
});
/** A task that does what the test says. */
function made(run: (context: { readonly needs: { readonly base: Record<string, unknown> } }) => unknown) {
  const contract = defineTask({
    name: "work",
    needs: { base },
    settings: z.object({ size: z.number().default(1) }),
    outputs: { done: z.boolean(), token: secret(z.string()).optional() },
    program: async (): Promise<unknown> => ({ default: task(contract, run as never) }),
  });
  return contract;
}
const given = { base: { host: "h", login: { user: "u", password: "hunter22" } } };

it("are named as tasks in a plan, and so in the journal of a run", async () => {
  const work = made(() => ({ done: true }));
  const environments = { local: defineEnvironment({ cloud: "sandbox" }) };
  const door = { prepare: () => Promise.reject(new Error("nothing runs here")) } as unknown as Door;
  const tutti = await open(defineWorkspace({ stacks: [base, work], environments }), { directory: os.tmpdir(), door });
  const marked = tutti.plan("up", { all: true }).steps.map(({ stack, task }) => [stack, task]);
  expect(marked).toEqual([
    ["base.local", undefined],
    ["work.local", true],
  ]);
});

describe("definitions of tasks", () => {
  const problems = (spec: object): readonly string[] => {
    const wrong = defineTask({ name: "work", program: load, ...spec });
    const workspace = defineWorkspace({
      stacks: [wrong],
      environments: { local: defineEnvironment({ cloud: "sandbox" }) },
    });
    return checkWorkspace(workspace).map(({ message }) => message);
  };
  const outputs = { n: z.number() };
  it.each<[object, string | undefined]>([
    [{ outputs, network: true, sandbox: { n: 1 } }, undefined],
    [{ network: "yes" }, '"network" must be true or false, got "yes"'],
    [{ fingerprint: "never" }, '"fingerprint" must be "inputs", "always" or a function, got "never"'],
    [
      { outputs, sandbox: { n: 1 } },
      '"sandbox" is for a task that is skipped in one: say network: true, or take it away',
    ],
    [
      { outputs, network: true, sandbox: { n: "1" } },
      '"sandbox" gives output "n" a wrong value: Invalid input: expected number, received string',
    ],
    [{ outputs, network: true, sandbox: { n: 1, m: 2 } }, '"sandbox" has "m", which is no output of the task'],
    [{ netwrk: true }, 'has an unknown key "netwrk"; did you mean "network"?'],
  ])("are checked: %o", (spec, message) => {
    const found = problems(spec);
    if (message === undefined) expect(found).toEqual([]);
    else expect(found.join("\n")).toContain(message.replace(/^has an /, ""));
  });
});

describe("testTask", () => {
  it("gives plain values, with declared secrets behind reveal(), and takes them back", async () => {
    const seen: unknown[] = [];
    const { outputs } = await testTask(
      made(({ needs }) => {
        seen.push(needs.base["host"], needs.base["login"]);
        return { done: true, token: (needs.base["login"] as { password: Secret<string> }).password };
      }),
      { needs: given },
    );
    expect(seen).toEqual(["h", { user: "u", password: expect.any(Secret) }]);
    expect(outputs).toEqual({ done: true, token: "hunter22" });
  });
  it("masks secrets in what it says and in what it throws, in every form", async () => {
    const contract = made(((context: { log: (text: string) => void; needs: typeof given }) => {
      const password = (context.needs.base.login.password as unknown as Secret<string>).reveal();
      context.log(`${password} ${encodeURIComponent(password)} ${Buffer.from(password).toString("base64")}`);
      throw Object.assign(new Error(`login with ${password} failed`), { password });
    }) as never);
    const error = await testTask(contract, {
      needs: { base: { host: "h", login: { user: "u", password: "p&ss w'rd" } } },
    }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error)).toContain("login with [secret] failed");
    expect(inspect(error)).not.toContain("p&ss");
  });
  it.each<[string, unknown, RegExp]>([
    ["an output is missing", {}, /^output "done" of work\.test: .*expected boolean/],
    ["an output is of another type", { done: 1 }, /^output "done" of work\.test/],
    [
      "an output was not declared",
      { done: true, extra: 1 },
      /returns "extra", which its contract does not declare; declared: done, token/,
    ],
    ["no object comes back", "done", /returns string, not an object of its outputs/],
  ])("refuses when %s", async (_, returned, message) => {
    await expect(
      testTask(
        made(() => returned),
        { needs: given },
      ),
    ).rejects.toThrow(message);
  });
  it("refuses needs and settings that are not as declared", async () => {
    const contract = made(() => ({ done: true }));
    await expect(testTask(contract, { needs: { base: { host: 1 } } as never })).rejects.toThrow(
      /need "base": output "host" of base/,
    );
    await expect(testTask(contract, { needs: given, settings: { size: "x" } as never })).rejects.toThrow(
      /settings\.size/,
    );
  });
  it("says what is wrong with a module that holds no task, or another's", async () => {
    const empty = defineTask({ name: "empty", program: load });
    await expect(testTask(empty, {})).rejects.toThrow(
      'the program module of task "empty" has no task as its default export',
    );
    const other = defineTask({
      name: "other",
      program: async (): Promise<unknown> => ({ default: task(empty, () => {}) }),
    });
    await expect(testTask(other, {})).rejects.toThrow('belongs to the contract "empty"');
  });
});

describe("a Secret", () => {
  it("does not show itself", () => {
    const one = new Secret("hunter22");
    expect([`${one}`, JSON.stringify({ one }), inspect(one), inspect({ one }), one.reveal()]).toEqual([
      "[secret]",
      '{"one":"[secret]"}',
      "[secret]",
      "{ one: [secret] }",
      "hunter22",
    ]);
  });
  it("stands wherever a schema says so, and where it cannot be told where, in the place of the whole", () => {
    const kinds = z.union([
      z.object({ kind: z.literal("a"), key: secret(z.string()) }),
      z.object({ kind: z.literal("b") }),
    ]);
    const hidden = new Secret("x");
    expect(concealed(z.array(secret(z.string())), ["x"])).toEqual([hidden]);
    expect(
      concealed(z.record(z.string(), z.object({ a: secret(z.string()), b: z.string() })), { r: { a: "x", b: "y" } }),
    ).toEqual({
      r: { a: hidden, b: "y" },
    });
    expect(concealed(kinds, { kind: "a", key: "x" })).toEqual({ kind: "a", key: hidden });
    expect(concealed(kinds, { kind: "b" })).toEqual({ kind: "b" });
    expect(concealed(secret(z.string()).optional(), undefined)).toBeUndefined();
    expect(concealed(z.tuple([secret(z.string())]), ["x"])).toBeInstanceOf(Secret);
  });
});

describe("a fingerprint", () => {
  const of = (inputs: Parameters<typeof fingerprintOf>[3], key = "key") => fingerprintOf(key, {}, "inputs", inputs);
  const one = { settings: { size: 1, list: [1, 2] }, needs: { base: { host: "h", password: new Secret("hunter22") } } };
  it("names what differs, and nothing else", () => {
    const other = {
      settings: { size: 2, list: [1, 2] },
      needs: { base: { host: "h", password: new Secret("hunter23") } },
    };
    expect(differingNames(of(one), of(other))).toEqual(["need base.password", "setting size"]);
    expect(differingNames(of(one), of({ ...one, settings: { list: [1, 2], size: 1 } }))).toEqual([]);
  });
  it("tells absent from empty, and does not show values: another key gives others", () => {
    const withNote = (note: unknown) => of({ settings: { note }, needs: {} });
    expect(differingNames(withNote(undefined), withNote(""))).toEqual(["setting note"]);
    expect(differingNames(withNote(undefined), withNote(null))).toEqual(["setting note"]);
    expect(differingNames(of(one), of(one, "another"))).toHaveLength(4);
  });
  it("is what a function gives, secrets included", () => {
    const by = (password: string) =>
      fingerprintOf("key", { "code a": "1" }, (({ needs }: typeof one) => needs.base.password) as never, {
        ...one,
        needs: { base: { host: "h", password: new Secret(password) } },
      });
    expect(differingNames(by("a"), by("a"))).toEqual([]);
    expect(differingNames(by("a"), by("b"))).toEqual(["fingerprint"]);
  });

  const root = mkdtempSync(path.join(os.tmpdir(), "tutti-digests-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  it("is of every file of the folder and of what is imported from elsewhere in the project, not of packages", async () => {
    const write = (file: string, text: string): void => {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    };
    write("stacks/work/task.mjs", 'import "../shared/help.mjs"; import "thing";');
    write("stacks/work/sql/1.sql", "SELECT 1");
    write("stacks/work/README.md", "not code");
    write("stacks/shared/help.mjs", 'import "./more.mjs";');
    write("stacks/shared/more.mjs", "");
    write("stacks/shared/unused.mjs", "");
    write("node_modules/thing/package.json", '{"name":"thing","main":"x.js"}');
    write("node_modules/thing/x.js", "");
    // Loaded by Node itself: what a test imports goes through the runner.
    const load = async (): Promise<unknown> => createRequire(import.meta.url)(path.join(root, "stacks/work/task.mjs"));
    const { files } = await digestedLoad(root, load);
    expect(Object.keys(files)).toEqual([
      "code stacks/shared/help.mjs",
      "code stacks/shared/more.mjs",
      "code stacks/work/sql/1.sql",
      "code stacks/work/task.mjs",
    ]);
  });
});

it("needs no program where nothing can become of it", () => {
  const outputs = { answer: z.string() };
  const asks = defineTask({ name: "asks", outputs, network: true, program: load });
  const standsIn = defineTask({ name: "stands-in", outputs, network: true, sandbox: { answer: "" }, program: load });
  const local = defineTask({ name: "local", program: load });
  expect(withoutProgram(asks, "sandbox", "up")).toBe("sandbox");
  expect(withoutProgram(asks, "sandbox", "preview")).toBe("sandbox");
  expect(withoutProgram(asks, "sandbox", "drift")).toBe("a task has nothing in the cloud");
  // What an earlier version of it left can be destroyed.
  expect(withoutProgram(asks, "sandbox", "destroy")).toBeUndefined();
  // Its program has outputs to give, or the network is there, or not needed.
  expect(withoutProgram(standsIn, "sandbox", "up")).toBeUndefined();
  expect(withoutProgram(asks, "real", "up")).toBeUndefined();
  expect(withoutProgram(local, "sandbox", "up")).toBeUndefined();
  expect(withoutProgram(base, "sandbox", "refresh")).toBeUndefined();
});

it("is drawn otherwise than a stack", () => {
  const nodes = [
    { id: "data.dev", dependsOn: [] },
    { id: "migrate.dev", dependsOn: ["data.dev"], task: true },
  ];
  expect(drawGraph(nodes, "tree")).toBe("data.dev\n└─ migrate.dev (task)\n");
  expect(drawGraph(nodes, "mermaid")).toContain('s1(["migrate.dev"])');
  expect(drawGraph(nodes, "dot")).toContain('"migrate.dev" [shape=box, style=rounded];');
  expect(JSON.parse(drawGraph(nodes, "json"))).toMatchObject({ stacks: [{}, { id: "migrate.dev", task: true }] });
});
