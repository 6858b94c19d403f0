// Real environments through the official CLI, where it is on the PATH, with the real plugin of `random` and a file backend.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Report } from "../../automation/index.ts";
import { findPulumi } from "../../automation/pulumi/official.ts";
import { createFixture, type Fixture, snapshot } from "../cli/fixture.ts";

interface Entry {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly outputs?: { readonly hex?: string };
}
interface StateFile {
  readonly checkpoint: {
    readonly latest: {
      resources: Entry[];
      pending_operations?: { readonly type: string; readonly resource: object }[];
    };
  };
}

const present = findPulumi(process.env["PATH"]) !== undefined;

describe("the official CLI on PATH", { timeout: 180_000 }, () => {
  let fixture: Fixture;
  let env: Record<string, string>;
  beforeAll(() => {
    fixture = createFixture();
    const state = path.join(fixture.root, ".tutti/real-state");
    mkdirSync(state, { recursive: true });
    env = {
      PATH: process.env["PATH"]!,
      STATE_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "correct horse battery",
      PULUMI_HOME: path.join(fixture.root, ".tutti/pulumi-home"),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
  });
  afterAll(() => fixture.remove());
  beforeEach(({ skip }) => skip(!present, "pulumi is not on PATH"));

  async function report(args: readonly string[], expected = 0): Promise<Report> {
    const { code, stdout, stderr } = await fixture.tutti([...args, "--json"], { env });
    expect(code, stderr + stdout).toBe(expected);
    return JSON.parse(stdout) as Report;
  }
  const statuses = ({ stacks }: Report): readonly string[] => stacks.map(({ id, status }) => `${id} ${status}`);

  it("brings stacks up, changes nothing again, and leaves only the new stacks' files in the work tree", async () => {
    const before = snapshot(path.join(fixture.root, "stacks"));
    // Before the first run: what rewrites it makes no difference the second time.
    const project = fixture.read("Pulumi.yaml");
    expect(statuses(await report(["up", "-e", "real", "--yes"]))).toEqual([
      "base.real succeeded",
      "app.real succeeded",
    ]);
    expect(fixture.read("Pulumi.yaml")).toBe(project);
    const {
      "config/Pulumi.base.real.yaml": base,
      "config/Pulumi.app.real.yaml": app,
      ...rest
    } = snapshot(path.join(fixture.root, "stacks"));
    expect(rest).toEqual(before);
    expect([base, app]).toEqual([
      expect.stringContaining("encryptionsalt:"),
      expect.stringContaining("encryptionsalt:"),
    ]);
    expect(statuses(await report(["up", "-e", "real", "--yes"]))).toEqual([
      "base.real unchanged",
      "app.real unchanged",
    ]);
    // Nobody selected a stack.
    const home = path.join(fixture.root, ".tutti/pulumi-home");
    expect(readdirSync(home).includes("workspaces") ? readdirSync(path.join(home, "workspaces")) : []).toEqual([]);
  });

  it("previews dependents with what upstream will become", async () => {
    const before = fixture.read("stacks/base/program.ts");
    fixture.write("stacks/base/program.ts", before.replace("length: settings.words", "length: 4"));
    const preview = await report(["preview", "-e", "real", "--detailed-exitcode"], 2);
    fixture.write("stacks/base/program.ts", before);
    expect(preview.stacks.map(({ id, counts }) => [id, counts.replace])).toEqual([
      ["base.real", 1],
      ["app.real", 1],
    ]);
    // The password stays as it is, so what is made of it does too, although no preview tells another what it is.
    expect(preview.stacks.map(({ changedOutputs }) => changedOutputs)).toEqual([["pet"], ["name"]]);
  });

  it("leaves everything as a bystander expects: no selection, nothing new in PULUMI_HOME, and plain pulumi sees no change", async () => {
    const home = path.join(fixture.root, ".tutti/pulumi-home");
    mkdirSync(path.join(home, "workspaces"), { recursive: true });
    const own = { ...env, PULUMI_BACKEND_URL: env["STATE_URL"]!, HOME: fixture.root };
    const pulumi = (...args: string[]) =>
      spawnSync("pulumi", [...args, "--non-interactive"], { cwd: fixture.root, env: own, encoding: "utf8" });
    // Another one than those that run: selecting one of them again would leave no trace.
    expect(pulumi("stack", "select", "app.real").status).toBe(0);
    const work = snapshot(path.join(fixture.root, "stacks"));
    const kept = snapshot(home);
    const project = fixture.read("Pulumi.yaml");
    for (const verb of [["preview"], ["up", "--yes"], ["refresh", "--yes"]]) await report([...verb, "base.real"]);
    expect(snapshot(path.join(fixture.root, "stacks"))).toEqual(work);
    // The CLI keeps logs and caches of its own there; the selection and the settings are the user's.
    const users = (files: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith("logs/")));
    expect(users(snapshot(home))).toEqual(users(kept));
    expect(fixture.read("Pulumi.yaml")).toBe(project);
    const plain = pulumi("preview", "--stack", "base.real", "--expect-no-changes");
    expect([plain.status, plain.stderr]).toEqual([0, expect.not.stringContaining("error")]);
  });

  it("ends a failure with the program's own error and its place", async () => {
    const before = fixture.read("stacks/app/program.ts");
    fixture.write(
      "stacks/app/program.ts",
      before.replace("  return {", '  throw new Error("no app today");\n  return {'),
    );
    const failed = await report(["up", "-e", "real", "--yes"], 4);
    fixture.write("stacks/app/program.ts", before);
    expect(failed.stacks[1]).toMatchObject({
      status: "failed",
      failure: { message: "no app today", location: expect.stringMatching(/^stacks\/app\/program\.ts:\d+:9$/) },
    });
  });

  it("gives outputs, secrets only when asked, and finds no drift", async () => {
    const shown = await fixture.tutti(["outputs", "app.real", "--json"], { env });
    expect(JSON.parse(shown.stdout)).toMatchObject({ token: "[secret]" });
    const secret = await fixture.tutti(["outputs", "app.real", "token", "--show-secrets"], { env });
    expect(secret.stdout).toMatch(/^t-.{16}\n$/);
    await report(["drift", "-e", "real", "--detailed-exitcode"]);
  });

  it("previews an environment that does not exist yet, and changes neither the work tree nor the backend", async () => {
    const folder = path.join(fixture.root, ".tutti/empty");
    mkdirSync(folder);
    const empty = { ...env, STATE_URL: `file://${folder}` };
    const configs = ["Pulumi.base.real.yaml", "Pulumi.app.real.yaml"].map((name) => `stacks/config/${name}`);
    const kept = configs.map((file) => fixture.read(file));
    for (const file of configs) rmSync(path.join(fixture.root, file));
    const work = snapshot(path.join(fixture.root, "stacks"));
    const { code, stdout } = await fixture.tutti(["preview", "-e", "real", "--json"], {
      env: { ...empty, CI: "true" },
    });
    expect([code, snapshot(path.join(fixture.root, "stacks"))]).toEqual([0, work]);
    // The CLI says by itself what kind of backend it looks at.
    expect(Object.keys(snapshot(folder)).filter((name) => !name.includes("meta.yaml"))).toEqual([]);
    expect((JSON.parse(stdout) as Report).stacks.map(({ id, status, counts }) => [id, status, counts])).toEqual([
      ["base.real", "succeeded", { create: 3 }],
      ["app.real", "succeeded", { create: 2 }],
    ]);
    const alone = await fixture.tutti(["preview", "app.real"], { env: empty });
    expect(alone.code).toBe(4);
    expect(alone.stdout).toMatch(/app\.real needs base\.real, which is neither deployed nor part of this preview/);
    for (const [at, file] of configs.entries()) fixture.write(file, kept[at]!);
  });

  it("adds nothing to the work tree in CI", async () => {
    const fresh = createFixture();
    mkdirSync(path.join(fresh.root, ".tutti/state"), { recursive: true });
    const { code, stdout } = await fresh.tutti(["up", "base.real", "--yes"], {
      env: { ...env, CI: "true", STATE_URL: `file://${path.join(fresh.root, ".tutti/state")}` },
    });
    const files = Object.keys(snapshot(path.join(fresh.root, "stacks")));
    fresh.remove();
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /stack base\.real has no stacks\/config\/Pulumi\.base\.real\.yaml, and in CI nothing is added/,
    );
    expect(files.filter((name) => name.startsWith("config"))).toEqual([]);
  });

  it("refuses a sandbox's state, and a sandbox refuses a real one", async () => {
    expect((await fixture.tutti(["up", "files.local", "--yes"])).code).toBe(0);
    const stray = path.join(fixture.root, ".tutti/sandbox/local/state");
    const { stdout } = await fixture.tutti(["pulumi", "-e", "real", "--", "stack", "export", "-s", "files.local"], {
      env: { ...env, STATE_URL: `file://${stray}` },
    });
    expect(stdout).not.toContain("gcp:storage");
    const state = ".tutti/sandbox/local/state/.pulumi/stacks/pair/files.local.json";
    fixture.write(state, fixture.read(state).replaceAll('"tutti-sandbox"', ""));
    const { code, stdout: text } = await fixture.tutti(["up", "files.local", "--yes"]);
    expect(code).toBe(4);
    expect(text).toMatch(/holds gcp:storage\/bucket:Bucket of a real cloud, and its environment is a sandbox/);
  });

  it("goes on with a state that was moved to another backend, as docs/first-cloud.md moves it", async () => {
    const moved = { ...env, STATE_URL: `file://${path.join(fixture.root, ".tutti/moved-state")}` };
    mkdirSync(path.join(fixture.root, ".tutti/moved-state"));
    const file = path.join(fixture.root, ".tutti/moved.json");
    const pulumi = (url: string, ...args: string[]): void => {
      const own = { ...env, PULUMI_BACKEND_URL: url, HOME: fixture.root };
      const done = spawnSync("pulumi", [...args, "--non-interactive"], {
        cwd: fixture.root,
        env: own,
        encoding: "utf8",
      });
      expect(done.status, done.stderr).toBe(0);
    };
    const work = snapshot(path.join(fixture.root, "stacks"));
    pulumi(env["STATE_URL"]!, "stack", "export", "-s", "base.real", "--file", file);
    pulumi(moved.STATE_URL, "stack", "init", "base.real", "--no-select");
    pulumi(moved.STATE_URL, "stack", "import", "-s", "base.real", "--file", file);
    expect(snapshot(path.join(fixture.root, "stacks"))).toEqual(work);
    const { code, stdout, stderr } = await fixture.tutti(["up", "base.real", "--yes", "--json"], { env: moved });
    expect(code, stderr).toBe(0);
    expect(statuses(JSON.parse(stdout) as Report)).toEqual(["base.real unchanged"]);
  });

  it("adopts what a cut-off creation made, under the id somebody gives", async () => {
    const file = ".tutti/real-state/.pulumi/stacks/pair/app.real.json";
    const state = JSON.parse(fixture.read(file)) as StateFile;
    const { latest } = state.checkpoint;
    const cut = latest.resources.find(({ type }) => type === "random:index/randomId:RandomId")!;
    latest.resources = latest.resources.filter((one) => one !== cut);
    latest.pending_operations = [{ type: "creating", resource: { ...cut, id: "", outputs: {} } }];
    fixture.write(file, JSON.stringify(state));
    const asked = await fixture.tutti(["recover", "app.real", "--yes"], { env });
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining(`--adopt <urn>=<id>`)]);
    // What cannot be read under that id is not forgotten.
    const wrong = await fixture.tutti(["recover", "app.real", "--yes", "--adopt", `${cut.urn}=no such id`], { env });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/refresh of app\.real failed: .*decoding error/);
    const adopted = await fixture.tutti(["recover", "app.real", "--yes", "--adopt", `${cut.urn}=${cut.id}`], { env });
    expect([adopted.code, adopted.stdout]).toEqual([0, expect.stringContaining("app.real: nothing is left open")]);
    const after = (JSON.parse(fixture.read(file)) as StateFile).checkpoint.latest;
    expect(after.pending_operations ?? []).toEqual([]);
    expect(after.resources.find(({ urn }) => urn === cut.urn)).toMatchObject({
      id: cut.id,
      outputs: { hex: cut.outputs?.hex },
    });
  });

  it("tells in doctor that the backend answers, and what to do about one of the old layout", async () => {
    const backendOf = async (more: Record<string, string>) => {
      const { stdout } = await fixture.tutti(["doctor", "--json"], { env: { ...env, ...more } });
      const { findings } = JSON.parse(stdout) as { findings: { check: string }[] };
      return findings.filter(({ check }) => check === "backend");
    };
    expect(await backendOf({})).toMatchObject([
      { status: "ok", message: expect.stringMatching(/^real: file:.* answers; 2 stacks/) },
    ]);
    fixture.write(".tutti/old/.pulumi/stacks/x.json", "{}");
    const old = `file://${path.join(fixture.root, ".tutti/old")}`;
    expect(await backendOf({ STATE_URL: old })).toMatchObject([
      { status: "problem", hint: expect.stringContaining("pulumi state upgrade") },
    ]);
    const { stdout } = await fixture.tutti(["up", "base.real", "--yes"], { env: { ...env, STATE_URL: old } });
    expect(stdout).toMatch(/the backend has the layout of old CLIs[\s\S]*pulumi state upgrade/);
    expect(await backendOf({ STATE_URL: `${old}er` })).toMatchObject([{ status: "note" }]);
  });

  it("destroys and removes, with the program where it has hooks for deletion", async () => {
    const before = fixture.read("stacks/base/program.ts");
    const told = path.join(fixture.root, ".tutti/told");
    fixture.write(
      "stacks/base/program.ts",
      before
        .replace(
          "import * as random",
          'import fs from "node:fs";\nimport * as pulumi from "@pulumi/pulumi";\nimport * as random',
        )
        .replace(
          "{ length: settings.words }",
          `{ length: settings.words }, { hooks: { beforeDelete: [new pulumi.ResourceHook("farewell", () => fs.writeFileSync(${JSON.stringify(told)}, "told"))] } }`,
        ),
    );
    await report(["up", "base.real", "--yes"]);
    expect(statuses(await report(["destroy", "-e", "real", "--yes", "--remove"]))).toEqual([
      "app.real succeeded",
      "base.real succeeded",
    ]);
    expect(fixture.read(".tutti/told")).toBe("told");
    const { stdout } = await fixture.tutti(["list", "-e", "real", "--json"], { env });
    const { stacks } = JSON.parse(stdout) as { stacks: { deployed: boolean }[] };
    expect(stacks.map(({ deployed }) => deployed)).toEqual([false, false]);
  });
});
