import { spawn } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../engine/values.ts";
import { CHILD_ENV, project, runProject } from "../support/project.ts";

const ok = { type: "ok" };

describe("nodeProgram", () => {
  it("runs a program: components, resources, dependencies, secrets, transforms and stack outputs", async () => {
    const directory = await project({
      "index.js": `
        import * as pulumi from "@pulumi/pulumi";
        import * as random from "@pulumi/random";
        class Box extends pulumi.ComponentResource {
          constructor(name, opts) {
            super("demo:index:Box", name, {}, opts);
            this.pet = new random.RandomPet(name + "-pet", { length: 3 }, { parent: this });
            this.registerOutputs({ pet: this.pet.id });
          }
        }
        const box = new Box("box");
        const keep = (args) => ({ props: args.props, opts: args.opts });
        const other = new random.RandomPet("other", { prefix: box.pet.id, keepers: pulumi.secret({ token: "hush" }) }, { transforms: [keep, keep] });
        export const pet = other.id;
        export const hidden = pulumi.secret({ a: 1 });
      `,
    });
    const { end, registrar, log } = await runProject(directory);
    expect([end, log.said("error"), log.printed]).toEqual([ok, "", []]);
    const type = "random:index/randomPet:RandomPet";
    const boxUrn = "urn:pulumi:dev::demo::demo:index:Box::box";
    const stackUrn = "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev";
    expect(registrar.goal("box-pet")).toMatchObject({ type, parent: boxUrn, inputs: { length: 3 }, version: "4.21.2" });
    expect(registrar.goal("box-pet").sourcePosition).toMatch(/index\.js#\d+,\d+$/);
    expect(registrar.goal("other")).toMatchObject({
      parent: stackUrn,
      inputs: { prefix: "box-pet-id", keepers: new Secret({ token: "hush" }) },
      dependencies: [`urn:pulumi:dev::demo::${type}::box-pet`],
    });
    expect(registrar.outputs.get(stackUrn)).toEqual({ pet: "other-id", hidden: new Secret({ a: 1 }) });
  });

  it("gives the program its configuration, its place and exactly the environment it was given", async () => {
    const directory = await project({
      "app/main.js": `
        import * as pulumi from "@pulumi/pulumi";
        const config = new pulumi.Config();
        export const seen = {
          region: config.require("region"), token: config.requireSecret("token"), other: new pulumi.Config("gcp").require("project"),
          cwd: process.cwd(), root: pulumi.getRootDirectory(), stack: pulumi.getStack(), project: pulumi.getProject(),
          organization: pulumi.getOrganization(), dryRun: pulumi.runtime.isDryRun(), argv: process.execArgv.includes("--no-warnings"),
          env: Object.keys(process.env).filter((name) => !name.startsWith("PULUMI_NODEJS_")).sort(),
        };
      `,
    });
    const { end, registrar } = await runProject(directory, {
      program: {
        main: "app/main.js",
        runtimeOptions: { typescript: false, nodeargs: "--no-warnings" },
        env: { ...CHILD_ENV, GIVEN: "1" },
      },
      info: {
        dryRun: true,
        config: { "demo:region": "eu", "demo:token": "hush", "gcp:project": "p:q" },
        secretKeys: ["demo:token"],
      },
    });
    expect(end).toEqual(ok);
    const [{ seen }] = [...registrar.outputs.values()] as unknown as [{ seen: unknown }];
    expect(seen).toEqual({
      region: "eu",
      token: new Secret("hush"),
      other: "p:q",
      cwd: path.join(directory, "app"),
      root: directory,
      stack: "dev",
      project: "demo",
      organization: "organization",
      dryRun: true,
      argv: true,
      env: ["GIVEN", "HOME", "PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "TMPDIR"],
    });
  });

  it("runs TypeScript both ways: stripped by Node, and compiled by the SDK", async () => {
    const program = `import * as pulumi from "@pulumi/pulumi"; interface Shape { a: number } export const shape: Shape = { a: 1 }; export const stack: string = pulumi.getStack();`;
    const stripped = await project({ "index.ts": program });
    const compiled = await project({
      "package.json": '{ "name": "demo" }',
      "index.ts": program,
      "tsconfig.json": '{ "compilerOptions": { "strict": true, "types": ["node"], "skipLibCheck": true } }',
    });
    const results = await Promise.all([
      runProject(stripped, { program: { main: "index.ts" } }),
      runProject(compiled, {
        program: { runtimeOptions: {}, env: { ...CHILD_ENV, PULUMI_NODEJS_TRANSPILE_ONLY: "true" } },
      }),
    ]);
    for (const { end, log, registrar } of results) {
      expect([end, log.said("error")]).toEqual([ok, ""]);
      expect([...registrar.outputs.values()]).toEqual([{ shape: { a: 1 }, stack: "dev" }]);
    }
  });

  it("passes on what the program prints, line by line, whatever it is", async () => {
    const directory = await project({
      "index.js": `
        process.stdout.write("one\\r\\ntwo");
        console.error("err");
        process.stdout.write(Buffer.from([0xc3, 0x28, 0x0a, 0xff]));
        process.stdout.write("x".repeat(150_000) + "\\nlast without end");
      `,
    });
    const { end, log } = await runProject(directory);
    expect(end).toEqual(ok);
    const lines = log.printed.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
    expect(lines.slice(0, 2)).toEqual(["one", "two\ufffd("]);
    expect(lines.slice(2, -1).join("")).toBe(`\ufffd${"x".repeat(150_000)}`);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
    expect(lines.at(-1)).toBe("last without end");
    expect(log.printed).toContainEqual({ stream: "stderr", text: "err" });
  });

  it.each([
    ["throws", `throw new Error("no cheese");`, { type: "bail" }, "no cheese"],
    ["rejects a promise nobody waits for", `Promise.reject(new Error("stray"));`, { type: "bail" }, "stray"],
    [
      "exits by itself",
      `console.error("giving up"); process.exit(7);`,
      { type: "error", message: "Program exited with non-zero exit code: 7\ngiving up" },
      "",
    ],
    [
      "is killed",
      `process.kill(process.pid, "SIGKILL"); await new Promise(() => {});`,
      { type: "error", message: "Program was ended by SIGKILL" },
      "",
    ],
    [
      "waits for a promise that is never settled",
      `import * as pulumi from "@pulumi/pulumi"; new pulumi.ComponentResource("a:b:C", "group", { x: new Promise(() => {}) });`,
      { type: "error", message: expect.stringMatching(/non-zero exit code: 1[\s\S]*before the following resource/) },
      "",
    ],
    ["imports what is not there", `import "nowhere";`, { type: "bail" }, "Cannot find package 'nowhere'"],
  ])("tells how a program ended that %s", async (_, program, end, said) => {
    const ran = await runProject(await project({ "index.js": program }));
    expect(ran.end).toEqual(end);
    expect(ran.log.said("error")).toContain(said);
  });

  it("refuses what it cannot run, naming it", async () => {
    const directory = await project({ "index.js": "" });
    const run = (program: object) => runProject(directory, { program });
    await expect(run({ runtime: "python" })).rejects.toThrow(
      'the runtime "python" is not supported by the embedded engine, which runs nodejs only',
    );
    await expect(run({ main: "src/none.ts" })).rejects.toThrow(
      /project 'main' could not be read: there is no ".*src\/none\.ts"/,
    );
    await expect(run({ runtimeOptions: { typescript: "no" } })).rejects.toThrow(
      'runtime.options.typescript in Pulumi.yaml must be true or false, got "no"',
    );
    await expect(run({ runtimeOptions: { nodeargs: "--title 'x" } })).rejects.toThrow(
      "the quote ' is never closed in: --title 'x",
    );
    const sdk = (version: string) => ({
      "index.js": "",
      "own/node_modules/@pulumi/pulumi/package.json": `{ "version": "${version}" }`,
      "own/node_modules/@pulumi/pulumi/cmd/run/index.js": "",
      "own/index.js": "",
    });
    const old = await project(sdk("3.90.0"));
    await expect(runProject(old, { program: { main: "own/index.js" } })).rejects.toThrow(
      /^@pulumi\/pulumi 3\.90\.0 in .* is too old for the embedded engine; 3\.\d+\.0 is the oldest$/,
    );
    await expect(runProject("/", { program: {} })).rejects.toThrow(
      'the package @pulumi/pulumi is not installed for /; run "npm install" there',
    );
  });
});

describe("a program that is to end", () => {
  /** A program that tells its own pid and that of a child of its own, and then never ends; SIGTERM does not impress it. */
  const stubborn = `
    import { spawn } from "node:child_process";
    import { writeFileSync } from "node:fs";
    process.on("SIGTERM", () => {});
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    writeFileSync(process.env.PIDS, JSON.stringify([process.pid, child.pid]));
    console.log("ready");
    setInterval(() => {}, 1000);
    await new Promise(() => {});
  `;
  const alive = (pid: number) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const gone = async (pids: readonly number[], withinMs: number) => {
    const until = Date.now() + withinMs;
    while (pids.some(alive) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    return pids.filter(alive);
  };
  const pidsIn = async (file: string) => JSON.parse(await readFile(file, "utf8")) as number[];

  it("is ended with everything it started when the deployment is cancelled", async () => {
    const directory = await project({ "index.js": stubborn });
    const file = path.join(directory, "pids");
    const cancel = new AbortController();
    const running = runProject(directory, {
      program: { env: { ...CHILD_ENV, PIDS: file }, patience: { waitMs: 0, graceMs: 50 } },
      info: { signal: cancel.signal },
      monitor: {},
    });
    while (
      !(await access(file).then(
        () => true,
        () => false,
      ))
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
    const pids = await pidsIn(file).catch(() => pidsIn(file));
    cancel.abort();
    expect((await running).end).toEqual({
      type: "error",
      message: "the program was ended because the deployment was cancelled",
    });
    expect(await gone(pids, 2000)).toEqual([]);
  });

  it("ends by itself, with everything it started, when the engine's process is killed", async () => {
    const directory = await project({ "index.js": stubborn });
    const file = path.join(directory, "pids");
    const support = fileURLToPath(new URL("../support/runOnce.ts", import.meta.url));
    const engine = spawn(process.execPath, [support, directory], {
      env: { ...process.env, PIDS: file },
      stdio: "ignore",
    });
    while (
      !(await access(file).then(
        () => true,
        () => false,
      ))
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
    const pids = await pidsIn(file).catch(() => pidsIn(file));
    expect(pids.filter(alive)).toEqual(pids);
    engine.kill("SIGKILL");
    expect(await gone(pids, 5000)).toEqual([]);
  });
});
