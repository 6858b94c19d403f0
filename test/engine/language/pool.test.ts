// Children that wait for a program, and programs served to another engine: the two together are what the official CLI runs.
import { access, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { failureKind } from "../../../automation/patience.ts";
import { serveProgram } from "../../../engine/language/host.ts";
import { inlineProgram } from "../../../engine/language/inline.ts";
import { type NodeProgramOptions, nodeProgram, programStart } from "../../../engine/language/node.ts";
import { type ChildPool, createChildPool } from "../../../engine/language/pool.ts";
import { Secret } from "../../../engine/values.ts";
import { CHILD_ENV, project, runProgram, runProject } from "../support/project.ts";
import { keptLog } from "../support/scripted.ts";

const ok = { type: "ok" };

/** What a program sees of its process and of the engine. */
const looking = `
  import { execFileSync } from "node:child_process";
  import { appendFileSync } from "node:fs";
  import { createRequire } from "node:module";
  import * as pulumi from "@pulumi/pulumi";
  const config = new pulumi.Config();
  console.log("printed");
  export const seen = {
    region: config.get("region"), token: config.getSecret("token"), dryRun: pulumi.runtime.isDryRun(), stack: pulumi.getStack(),
    cwd: process.cwd(), argv: process.argv.slice(1).map((word) => word.replace(/.*[/]/, "").replace(/:\\d+$/, ":port")),
    env: Object.keys(process.env).filter((name) => !name.startsWith("PULUMI_NODEJS_")).sort(), send: typeof process.send, ipc: process.connected ?? false,
    leads: Number(execFileSync("/bin/ps", ["-o", "pgid=", "-p", process.pid], { encoding: "utf8" })) === process.pid,
    providers: Object.keys(createRequire(import.meta.url).cache).filter((file) => /@pulumi[/](?!pulumi[/])/.test(file)),
  };
  appendFileSync(new URL("pids", import.meta.url), process.pid + "\\n");`;

function pool(programs?: number): ChildPool {
  const made = createChildPool(programs);
  onTestFinished(() => made.close());
  return made;
}
function options(rootDirectory: string, more: Partial<NodeProgramOptions> = {}): NodeProgramOptions {
  return { runtime: "nodejs", runtimeOptions: { typescript: false }, rootDirectory, env: CHILD_ENV, ...more };
}

describe("a child that waited", () => {
  it("runs a program as one started for it does", async () => {
    const directory = await project({ "index.js": looking });
    // One program is announced, so that no second child waits for the one that is to start cold.
    const children = pool(1);
    children.warm(programStart(options(directory), false), 1);
    const run = () =>
      runProject(directory, {
        program: { children },
        info: { config: { "demo:region": "eu", "demo:token": "hush" }, secretKeys: ["demo:token"] },
      });
    // Both want the one that waits.
    const [warm, cold] = await Promise.all([run(), run()]);
    expect(children.uses).toEqual({ warm: 1, cold: 1 });
    expect([warm.end, cold.end, warm.log.printed]).toEqual([ok, ok, cold.log.printed]);
    // Each ran once, in a process of its own, and none in this one.
    const pids = (await readFile(path.join(directory, "pids"), "utf8")).trim().split("\n");
    expect([pids.length, new Set([String(process.pid), ...pids]).size]).toEqual([2, 3]);
    const seen = [...warm.registrar.outputs.values()];
    expect(seen).toEqual([...cold.registrar.outputs.values()]);
    expect(seen).toMatchObject([
      { seen: { region: "eu", token: new Secret("hush"), dryRun: false, ipc: false, leads: true, providers: [] } },
    ]);
  });

  it("has forgotten what the SDK noted of a process that had no program yet", async () => {
    const directory = await project({ "index.js": looking });
    // The SDK of this repository notes nothing when it is loaded; others do, or what a project loads before makes them.
    const noting = path.join(directory, "noting.mjs");
    await writeFile(noting, 'import state from "@pulumi/pulumi/runtime/state.js"; state.getStore();');
    const more = { runtimeOptions: { typescript: false, nodeargs: `--import ${noting}` } };
    const children = pool(1);
    children.warm(programStart(options(directory, more), false), 1);
    const { end, registrar } = await runProject(directory, { program: { ...more, children } });
    expect([end, children.uses]).toEqual([ok, { warm: 1, cold: 0 }]);
    expect([...registrar.outputs.values()]).toMatchObject([{ seen: { stack: "dev" } }]);
  });

  it("has loaded what it was told to, and its program finds that as if it had loaded it itself", async () => {
    const directory = await project({
      "index.js": `import * as pulumi from "@pulumi/pulumi"; import { loaded } from "./ahead.mjs";
        export const seen = { loaded, times: globalThis.times, stack: pulumi.getStack() };`,
      // Notes what the SDK would note; there is no stack yet.
      "ahead.mjs": `import state from "@pulumi/pulumi/runtime/state.js"; state.getStore();
        globalThis.times = (globalThis.times ?? 0) + 1; export const loaded = process.connected ? "ahead" : "late";`,
      "broken.mjs": 'throw new Error("broken")',
    });
    const ahead = ["broken.mjs", "gone.mjs", "ahead.mjs"].map((name) => pathToFileURL(path.join(directory, name)).href);
    const run = async (children: ChildPool) => {
      const { end, registrar } = await runProject(directory, { program: { children } });
      return [end, ...registrar.outputs.values()];
    };
    const [children, cold] = [pool(1), pool()];
    children.warm(programStart(options(directory), false), 1, ahead);
    expect(await run(children)).toEqual([ok, { seen: { loaded: "ahead", times: 1, stack: "dev" } }]);
    expect(await run(cold)).toEqual([ok, { seen: { loaded: "late", times: 1, stack: "dev" } }]);
    expect([children.uses.warm, cold.uses.cold]).toEqual([1, 1]);
  });

  it("is given to no program that would have been started otherwise", async () => {
    const directory = await project({ "index.js": looking });
    const children = pool();
    children.warm(programStart(options(directory), false), 1);
    for (const [program, dryRun] of [
      [{}, true],
      [{ env: { ...CHILD_ENV, PULUMI_ERROR_OUTPUT_STRING: "1" } }, false],
      [{ runtimeOptions: { typescript: false, nodeargs: "--no-warnings" } }, false],
    ] as const) {
      expect((await runProject(directory, { program: { ...program, children }, info: { dryRun } })).end).toEqual(ok);
    }
    expect(children.uses).toEqual({ warm: 0, cold: 3 });
  });

  it("is not missed when it died while it waited", async () => {
    const directory = await project({ "index.js": looking });
    const children = pool();
    const marker = path.join(directory, "died");
    const frail = path.join(directory, "frail.mjs");
    await writeFile(
      frail,
      `import fs from "node:fs"; if (!fs.existsSync("${marker}")) { fs.writeFileSync("${marker}", ""); process.exit(3); }`,
    );
    const more = { runtimeOptions: { typescript: false, nodeargs: `--import ${frail}` } };
    children.warm(programStart(options(directory, more), false), 1);
    expect(children.waiting()).toBe(1);
    await expect.poll(() => children.waiting(), { timeout: 20_000 }).toBe(0);
    expect((await runProject(directory, { program: { ...more, children } })).end).toEqual(ok);
    expect(children.uses).toEqual({ warm: 0, cold: 1 });
  });

  it("fails when it ends well without having registered its stack", async () => {
    const quiet = await project({
      "index.js": looking,
      // Ends with code 0 in the turn in which the job came: before the engine can have answered for the stack. That is
      // what an engine would take for "nothing is left of this stack".
      "quiet.mjs": 'process.once("message", () => process.nextTick(() => process.exit(0)))',
    });
    const runtimeOptions = { typescript: false, nodeargs: `--import ${path.join(quiet, "quiet.mjs")}` };
    const children = pool(1);
    children.warm(programStart(options(quiet, { runtimeOptions }), false), 1);
    const { end } = await runProject(quiet, { program: { runtimeOptions, children } });
    expect(children.uses).toEqual({ warm: 1, cold: 0 });
    expect(end).toEqual({
      type: "error",
      message: expect.stringContaining("the program ended without registering its stack with the engine"),
    });
  });

  it("says that it ran out of memory, and what to do", async () => {
    const directory = await project({
      "index.js": "const all = []; for (;;) all.push(new Array(100_000).fill(all.length + 0.5));",
    });
    const runtimeOptions = { typescript: false, nodeargs: "--max-old-space-size=80" };
    const { end } = await runProject(directory, { program: { runtimeOptions, children: pool() } });
    expect(end).toMatchObject({
      type: "error",
      message: expect.stringMatching(/out of memory: raise the limit with --max-old-space-size/),
    });
    // What a stack's `retry` goes by.
    expect(failureKind(end as { readonly message: string })).toBe("crash");
  });

  it("ends when the pool is closed, and none is added afterwards", async () => {
    const marker = path.join(await project({}), "ran");
    const directory = await project({
      "index.js": `import fs from "node:fs"; fs.writeFileSync(${JSON.stringify(marker)}, "")`,
    });
    const children = pool();
    children.warm(programStart(options(directory), false), 2);
    children.close();
    children.warm(programStart(options(directory), false), 1);
    await runProject(directory, { program: { children } });
    expect(children.uses).toEqual({ warm: 0, cold: 1 });
    await access(marker);
  });
});

describe("a served program", () => {
  async function served(directory: string, more: Partial<NodeProgramOptions> = {}, stack = "dev") {
    const log = keptLog();
    const host = await serveProgram({ program: nodeProgram(options(directory, more)), stack, log });
    onTestFinished(() => host.close());
    return { host, log };
  }

  it("runs for whoever asks in the language of the official CLI, with configuration and secrets", async () => {
    const directory = await project({ "index.js": looking });
    const children = pool();
    children.warm(programStart(options(directory), true), 1);
    const { host, log } = await served(directory, { children });
    const { end, registrar } = await runProgram(inlineProgram(host.address), directory, directory, {
      info: { dryRun: true, config: { "demo:region": "eu", "demo:token": "hush" }, secretKeys: ["demo:token"] },
    });
    expect([end, children.uses]).toEqual([ok, { warm: 1, cold: 0 }]);
    expect([...registrar.outputs.values()]).toMatchObject([
      { seen: { region: "eu", token: new Secret("hush"), dryRun: true, stack: "dev" } },
    ]);
    expect(log.printed).toEqual([{ stream: "stdout", text: "printed" }]);
  });

  it("tells how it failed", async () => {
    const thrown = await project({ "index.js": 'throw new Error("no cheese")' });
    const killed = await project({ "index.js": "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})" });
    const run = async (directory: string) =>
      runProgram(inlineProgram((await served(directory)).host.address), directory, directory);
    const first = await run(thrown);
    expect([first.end, first.log.said("error")]).toEqual([{ type: "bail" }, expect.stringContaining("no cheese")]);
    expect((await run(killed)).end).toEqual({
      type: "error",
      message: expect.stringContaining("Program was ended by SIGKILL"),
    });
  });

  it("is served for its own stack only", async () => {
    const directory = await project({ "index.js": looking });
    const { host } = await served(directory, {}, "prod");
    const { end, registrar } = await runProgram(inlineProgram(host.address), directory, directory);
    expect(end).toEqual({ type: "error", message: "the program is served for prod, not dev" });
    expect(registrar.outputs.size).toBe(0);
  });

  it("is ended when its caller goes away", async () => {
    const directory = await project({
      "index.js": 'console.log("started"); setInterval(() => {}, 1000); await new Promise(() => {})',
    });
    const { host, log } = await served(directory, { patience: { waitMs: 0, graceMs: 100 } });
    const caller = new AbortController();
    const running = runProgram(inlineProgram(host.address), directory, directory, { info: { signal: caller.signal } });
    await expect.poll(() => log.printed.length, { timeout: 20_000 }).toBe(1);
    caller.abort();
    await running;
    // It waits for what runs: were the program not ended, it would never return.
    await host.close();
  });
});
