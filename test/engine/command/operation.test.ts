// up, preview, refresh and destroy from the front door: a real Node.js program, a real backend, embedded providers.
import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { EngineEvent } from "../../../engine/deployment/events.ts";
import type { PropertyMap } from "../../../engine/values.ts";
import { type Bench, bench } from "./support.ts";

const NODE_MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

interface Stack extends Bench {
  /** The program from now on. */
  program(text: string): Promise<void>;
  /** Every file of the backend and the project's configuration, as it is. */
  files(): Promise<Readonly<Record<string, string>>>;
  outputs(...flags: string[]): Promise<Record<string, unknown>>;
  history(): Promise<{ kind: string; result: string; message: string; environment: object; resourceChanges: object }[]>;
}

async function stackOf(text: string): Promise<Stack> {
  const made = await bench({ name: "ops" });
  await symlink(NODE_MODULES, path.join(made.project, "node_modules"));
  await writeFile(path.join(made.project, "package.json"), '{ "name": "ops", "type": "module", "main": "index.js" }');
  const program = (next: string) => writeFile(path.join(made.project, "index.js"), next);
  await program(text);
  expect(await made.run("stack", "init", "dev", "--non-interactive")).toMatchObject({ code: 0 });
  const json = async (...args: string[]) => JSON.parse((await made.run(...args)).stdout);
  return {
    ...made,
    program,
    files: () => filesBelow(path.join(made.folder, "state")),
    outputs: (...flags) => json("stack", "output", "--json", ...flags),
    history: () => json("stack", "history", "--json"),
  };
}

async function filesBelow(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const found: Record<string, string> = {};
  for (const name of names) {
    const file = path.join(folder, name);
    if ((await stat(file)).isFile()) found[name] = await readFile(file, "utf8");
  }
  return found;
}

const pet = (length: number) => `
  import { RandomPet } from "@pulumi/random";
  import * as pulumi from "@pulumi/pulumi";
  const config = new pulumi.Config();
  const pet = new RandomPet("pet", { length: ${length}, prefix: config.get("prefix") });
  export const name = pet.id;
  export const token = pulumi.secret("hunter22");
`;

const yes = ["--yes", "--non-interactive"];

it("creates, keeps, changes and destroys; the history says so", async () => {
  const stack = await stackOf(pet(2));
  const settings = ["-c", "prefix=first", "--config", "a.b=1=2", "-c", "list[0]=true", "-c", "none", "--config-path"];
  const up = await stack.run("up", ...yes, "--skip-preview", "--message", "go", ...settings);
  expect(up).toMatchObject({ code: 0, stderr: "" });
  // As the official CLI keeps them.
  expect(await readFile(path.join(stack.project, "Pulumi.dev.yaml"), "utf8")).toMatch(
    /^config:\n {2}ops:prefix: first\n {2}ops:a:\n {4}b: 1=2\n {2}ops:list:\n {4}- true\n {2}ops:none: ""\n/m,
  );
  expect(up.stdout).toMatch(/^Updating \(dev\):\n/);
  expect(up.stdout).toMatch(/\+ {2}random:index:RandomPet pet created \(/);
  expect(up.stdout).not.toMatch(/hunter22/);
  const { name } = await stack.outputs();
  expect(name).toMatch(/^first-[a-z]+-[a-z]+$/);
  expect(await stack.outputs("--show-secrets")).toEqual({ name, token: "hunter22" });

  const again = await stack.run("up", ...yes, "--skip-preview", "--expect-no-changes");
  expect(again).toMatchObject({ code: 0, stderr: "" });
  await stack.program(pet(3));
  const refused = await stack.run("preview", "--expect-no-changes", "--non-interactive");
  expect(refused).toMatchObject({ code: 7 });
  expect(refused.stderr).toMatch(/no changes were expected for preview but changes were proposed/);
  expect(await stack.run("up", ...yes)).toMatchObject({ code: 0 });
  expect((await stack.outputs())["name"]).toMatch(/^first-[a-z]+-[a-z]+-[a-z]+$/);
  expect(await stack.run("destroy", ...yes)).toMatchObject({ code: 0 });
  expect(await stack.outputs()).toEqual({});
  expect(
    (await stack.history()).map(({ kind, result, message, resourceChanges }) => [
      kind,
      result,
      message,
      resourceChanges,
    ]),
  ).toEqual([
    ["destroy", "succeeded", "", { delete: 2 }],
    ["update", "succeeded", "", { same: 1, replace: 1 }],
    ["update", "succeeded", "", { same: 2 }],
    ["update", "succeeded", "go", { create: 2 }],
  ]);
  const { environment } = (await stack.history()).at(-1)!;
  expect(environment).toMatchObject({
    "exec.kind": "cli",
    "pulumi.env.PULUMI_CONFIG_PASSPHRASE": "set",
    "pulumi.flag.skip-preview": "true",
    "pulumi.flag.message": "set",
    "pulumi.os": process.platform,
    updatePlan: "false",
  });
  expect(Object.values(environment)).not.toContain("go");
});

it("previews without writing anything, and hands on what it predicts", async () => {
  const stack = await stackOf(pet(2));
  const before = await stack.files();
  const predicted = new Map<string, PropertyMap>();
  const imports = path.join(stack.folder, "imports.json");
  const flags = ["--json", "--import-file", imports, "--non-interactive"];
  const preview = await stack.runWith({ predictions: predicted }, "preview", ...flags);
  expect(preview).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(preview.stdout)).toMatchObject({ changeSummary: { create: 2 } });
  expect(await stack.files()).toEqual(before);
  expect([...predicted.keys()]).toEqual(["organization/ops/dev"]);
  expect(Object.keys(predicted.get("organization/ops/dev") ?? {})).toEqual(["name", "token"]);
  expect(preview.stdout).not.toMatch(/hunter22/);
  expect(JSON.parse(await readFile(imports, "utf8"))).toEqual({
    resources: [
      { type: "random:index/randomPet:RandomPet", name: "pet", id: "<PLACEHOLDER>", version: expect.any(String) },
    ],
  });
});

it("locks what it changes, and only that", async () => {
  const stack = await stackOf(`
    import { readdirSync } from "node:fs";
    const locks = process.env.LOCKS;
    export const held = readdirSync(locks, { recursive: true }).filter((name) => name.endsWith(".json")).length;
  `);
  const env = { ...stack.env, LOCKS: path.join(stack.folder, "state", ".pulumi", "locks") };
  expect(await stack.runWith({ env }, "up", ...yes, "--skip-preview")).toMatchObject({ code: 0 });
  expect(await stack.outputs()).toEqual({ held: 1 });
  const locks = () => stack.files().then((files) => Object.keys(files).filter((name) => name.includes("locks")));
  expect(await locks()).toEqual([]);
  const predicted = new Map<string, PropertyMap>();
  expect(await stack.runWith({ env, predictions: predicted }, "preview", "--non-interactive")).toMatchObject({
    code: 0,
  });
  expect([...predicted.values()]).toEqual([{ held: 0 }]);
});

it("fails with the program, records it, and gives the lock back", async () => {
  const stack = await stackOf('throw new Error("the program is wrong");');
  const run = await stack.run("up", ...yes, "--skip-preview");
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/Diagnostics:\n {2}pulumi:pulumi:Stack \(ops-dev\):\n[\s\S]*the program is wrong/);
  expect(await stack.history()).toMatchObject([{ kind: "update", result: "failed" }]);
  await stack.program(pet(2));
  expect(await stack.run("up", ...yes, "--skip-preview")).toMatchObject({ code: 0 });
});

it("does not change anything that a preview before it refuses", async () => {
  const stack = await stackOf('throw new Error("the program is wrong");');
  expect(await stack.run("up", ...yes)).toMatchObject({ code: 1 });
  expect(await stack.run("stack", "history", "--json")).toMatchObject({ stdout: expect.stringMatching(/^\[\]/) });
});

it("asks for --yes, but not to look", async () => {
  const stack = await stackOf(pet(2));
  for (const verb of ["up", "refresh", "destroy"]) {
    const run = await stack.run(verb, "--non-interactive");
    expect(run.code).not.toBe(0);
    expect(run.stderr).toMatch(/--yes/);
  }
  expect(await stack.run("refresh", "--preview-only", "--non-interactive")).toMatchObject({ code: 0 });
});

it("writes an event log that ends with the summary and the end", async () => {
  const stack = await stackOf(pet(2));
  const file = path.join(stack.folder, "events");
  expect(await stack.run("up", ...yes, "--skip-preview", "--event-log", file)).toMatchObject({ code: 0 });
  const text = await readFile(file, "utf8");
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as EngineEvent);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i));
  expect(Object.keys(events[0]!)).toContain("preludeEvent");
  expect(events.slice(-2)).toMatchObject([{ summaryEvent: { resourceChanges: { create: 2 } } }, { cancelEvent: {} }]);
  expect(text).not.toMatch(/hunter22/);
});

it("is cancelled by its signal: what runs is finished, and the code says so", async () => {
  const stack = await stackOf("await new Promise((resolve) => setTimeout(resolve, 60_000));");
  const cancel = new AbortController();
  const { env, project } = stack;
  const { createEngine } = await import("../../../engine/index.ts");
  const running = createEngine({ env }).run(
    ["up", ...yes, "--skip-preview"],
    project,
    {},
    (text) => {
      if (text.includes("Stack ops-dev")) cancel.abort();
    },
    undefined,
    cancel.signal,
  );
  expect(await running).toMatchObject({ code: 8 });
  expect(await stack.history()).toMatchObject([{ kind: "update", result: "failed" }]);
});
