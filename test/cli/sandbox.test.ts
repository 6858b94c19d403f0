// A sandbox from nothing to nothing, as a user types it: preview, up, again, failure, drift, repair, destroy. The tests of
// this file go on with what the one before left.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Report, StackReport, Stamped } from "../../automation/index.ts";
import { createFixture, type Fixture, snapshot } from "./fixture.ts";

// Each test is several whole commands, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 240_000 });

let fixture: Fixture;
let workTree: Readonly<Record<string, string>>;
beforeAll(() => {
  fixture = createFixture();
  workTree = tree();
});
afterAll(() => {
  const after = tree();
  fixture.remove();
  expect(after).toEqual(workTree);
});

/** The work tree: what a person wrote, nothing of tutti's own. */
function tree(): Readonly<Record<string, string>> {
  return {
    ...snapshot(path.join(fixture.root, "stacks")),
    project: fixture.read("Pulumi.yaml"),
    files: readdirSync(fixture.root)
      .filter((name) => name !== ".tutti")
      .join(),
  };
}

async function report(args: readonly string[], expected = 0): Promise<Report> {
  const { code, stdout, stderr } = await fixture.tutti([...args, "--json"]);
  expect(code, stderr).toBe(expected);
  expect(stderr).toMatch(/^sandbox: nothing real is changed\n/);
  return JSON.parse(stdout) as Report;
}
const row = ({ stacks }: Report, id: string): StackReport => stacks.find((stack) => stack.id === id)!;

/** What a run planned or did, from its journal. */
function operations({ runId }: Report): readonly string[] {
  const events = fixture
    .read(`.tutti/runs/${runId}/journal.jsonl`)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Stamped);
  return events
    .flatMap((event) =>
      event.type === "stack-event" && event.event.type === "resource" ? [{ stack: event.stack, ...event.event }] : [],
    )
    .filter(({ status }) => status === "planned" || status === "done")
    .map(({ stack, op, urn }) => `${stack} ${op} ${urn}`)
    .sort();
}

it("previews what was never deployed, with predicted outputs, and up does exactly that", async () => {
  const preview = await report(["preview", "-e", "local"]);
  expect(preview.stacks.map(({ id, status, counts }) => [id, status, counts])).toEqual([
    ["base.local", "succeeded", { create: 3 }],
    ["files.local", "succeeded", { create: 2 }],
    ["app.local", "succeeded", { create: 2 }],
  ]);
  const up = await report(["up", "-e", "local", "--yes"]);
  expect(operations(up)).toEqual(operations(preview));
  expect(operations(up).length).toBeGreaterThan(6);
  expect(up).toMatchObject({ schemaVersion: 1, operation: "up", exitCode: 0, totals: { succeeded: 3 } });
  expect(row(up, "app.local")).toMatchObject({ changedOutputs: ["name", "token"], waitsFor: ["base.local"] });
});

it("changes nothing the second time, and shows lines off a terminal", async () => {
  const { code, stdout } = await fixture.tutti(["up", "-e", "local", "--yes"], { cwd: "stacks/app" });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^up of 3 stacks, \d+ at once\n/);
  expect(stdout).toMatch(/app\.local {2}unchanged {2}[\d.]+s {2}2 unchanged\n/);
  expect(stdout).toMatch(/up: 3 unchanged in [\d.]+s/);
});

it("gives nothing of the machine to programs: no credentials, no home, no plugins", async () => {
  const home = path.join(fixture.root, ".tutti/planted");
  const plugin = path.join(home, ".pulumi/plugins/resource-gcp-v9.37.0/pulumi-resource-gcp");
  mkdirSync(path.dirname(plugin), { recursive: true });
  writeFileSync(plugin, `#!/bin/sh\necho used > ${home}/plugin-was-used\nexit 1\n`);
  chmodSync(plugin, 0o755);
  mkdirSync(path.join(home, ".kube"));
  writeFileSync(path.join(home, ".kube/config"), "canary");
  const before = fixture.read("stacks/app/program.ts");
  fixture.write("stacks/app/program.ts", `console.log("ENV", JSON.stringify(process.env));\n${before}`);
  const planted = {
    HOME: home,
    PULUMI_HOME: path.join(home, ".pulumi"),
    PATH: `${path.dirname(plugin)}:/usr/bin:/bin`,
    GOOGLE_APPLICATION_CREDENTIALS: `${home}/canary.json`,
    GOOGLE_CREDENTIALS: "canary",
    CLOUDSDK_CONFIG: `${home}/canary`,
    KUBECONFIG: `${home}/.kube/config`,
    AWS_SECRET_ACCESS_KEY: "canary",
    AZURE_CLIENT_SECRET: "canary",
    PULUMI_ACCESS_TOKEN: "canary",
    PULUMI_BACKEND_URL: "file:///canary",
  };
  const { code } = await fixture.tutti(["up", "-e", "local", "--yes"], { env: planted });
  fixture.write("stacks/app/program.ts", before);
  expect(code).toBe(0);
  const { stdout } = await fixture.tutti(["logs", "app.local"]);
  const line = stdout.split("\n").find((text) => text.includes("ENV {"))!;
  const seen = JSON.parse(line.slice(line.indexOf("{"), line.lastIndexOf("}") + 1)) as Record<string, string>;
  expect(
    Object.keys(seen).filter((name) => /^(GOOGLE|CLOUDSDK|AWS_SECRET|AZURE|KUBECONFIG|PULUMI_ACCESS)/.test(name)),
  ).toEqual([]);
  expect(JSON.stringify(seen)).not.toContain("planted");
  expect(JSON.stringify(seen)).not.toContain("canary");
  expect(readdirSync(home)).not.toContain("plugin-was-used");
});

it("ends a failure with the program's own error, its place, and the command that shows the rest", async () => {
  const before = fixture.read("stacks/base/program.ts");
  fixture.write(
    "stacks/base/program.ts",
    before.replace("  return {", '  throw new Error("the base is rotten");\n  return {'),
  );
  const { code, stdout } = await fixture.tutti(["up", "-e", "local", "--yes", "--on-failure", "keep-going"]);
  const logs = await fixture.tutti(["logs", "base.local"]);
  fixture.write("stacks/base/program.ts", before);
  expect(code).toBe(4);
  expect(stdout).toMatch(
    /\nbase\.local failed: the base is rotten\n {2}at stacks\/base\/program\.ts:8:9\n {2}everything it said: tutti logs base\.local --run \d{8}-\d{6}-[a-z]{4}\n/,
  );
  expect(stdout).toMatch(/app\.local {2}blocked {2}because base\.local did not succeed/);
  expect(stdout).toMatch(/files\.local {2}unchanged/);
  expect(logs.stdout).toContain("the base is rotten");
});

it("finds what was changed behind its back, touching neither state nor work tree", async () => {
  const listed = JSON.parse((await fixture.tutti(["sandbox", "list", "--json"])).stdout) as Record<string, string>[];
  expect(listed).toEqual([
    {
      stack: "files.local",
      urn: expect.stringMatching(/::files$/),
      type: "gcp:storage/bucket:Bucket",
      name: expect.any(String),
      id: expect.any(String),
    },
  ]);
  const edit = await fixture.tutti(["sandbox", "edit", "files.local", listed[0]!["name"]!, "labels.team=two"]);
  expect(edit.stdout).toBe('labels.team: "one" → "two"\n');
  const state = path.join(fixture.root, ".tutti/sandbox/local/state");
  const before = snapshot(state);
  const drift = await report(["drift", "-e", "local", "--detailed-exitcode"], 2);
  expect(snapshot(state)).toEqual(before);
  expect(row(drift, "files.local").drift).toEqual([
    { urn: listed[0]!["urn"], property: "labels.team", old: "one", new: "two" },
  ]);
  expect(row(drift, "base.local").status).toBe("unchanged");
});

it("does not call code that is ahead of the state drift", async () => {
  const before = fixture.read("stacks/base/program.ts");
  fixture.write("stacks/base/program.ts", before.replace("length: 16", "length: 20"));
  const drift = await report(["drift", "base.local", "--detailed-exitcode"]);
  fixture.write("stacks/base/program.ts", before);
  expect(row(drift, "base.local")).toMatchObject({ status: "unchanged", drift: [] });
});

it("repairs with up --refresh, and then there is no drift", async () => {
  expect(row(await report(["up", "files.local", "--yes"]), "files.local").status).toBe("unchanged");
  expect(row(await report(["up", "files.local", "--yes", "--refresh"]), "files.local")).toMatchObject({
    status: "succeeded",
    counts: { update: 1 },
  });
  await report(["drift", "-e", "local", "--detailed-exitcode"]);
});

it("runs pulumi's commands, creating a stack that is not there yet", async () => {
  const up = await fixture.tutti(["pulumi", "-e", "guarded", "--", "up", "-s", "base.guarded", "--yes"]);
  expect(up.code, up.stderr).toBe(0);
  const outputs = await fixture.tutti([
    "pulumi",
    "-e",
    "guarded",
    "--",
    "stack",
    "output",
    "-s",
    "base.guarded",
    "--json",
  ]);
  expect(JSON.parse(outputs.stdout)).toEqual({ password: "[secret]", pet: expect.stringMatching(/^[a-z]+-[a-z]+$/) });
  const exported = await fixture.tutti(["pulumi", "-e", "local", "--", "stack", "export", "-s", "files.local"]);
  expect(JSON.parse(exported.stdout)).toMatchObject({ version: 4, features: ["tutti-sandbox"] });
  const other = await fixture.tutti(["pulumi", "-e", "local", "--", "up", "-s", "base.guarded", "--yes"]);
  expect(other).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("stack base.guarded is not in environment local"),
  });
});

it("shows outputs, secrets only when asked", async () => {
  expect(JSON.parse((await fixture.tutti(["outputs", "base.local", "--json"])).stdout)).toMatchObject({
    password: "[secret]",
  });
  const secret = (await fixture.tutti(["outputs", "base.local", "password", "--show-secrets"])).stdout;
  expect(secret).toMatch(/^.{16}\n$/);
  const missing = await fixture.tutti(["outputs", "base.local", "pett"]);
  expect(missing).toMatchObject({ code: 6, stderr: expect.stringContaining('did you mean "pet"?') });
});

it("refuses what a guard forbids, before anything changes", async () => {
  const before = fixture.read("stacks/base/program.ts");
  fixture.write("stacks/base/program.ts", before.replace("length: settings.words", "length: 5"));
  const state = path.join(fixture.root, ".tutti/sandbox/guarded/state/.pulumi/stacks");
  const held = snapshot(state);
  const { code, stderr } = await fixture.tutti(["up", "-e", "guarded", "--yes"]);
  fixture.write("stacks/base/program.ts", before);
  expect(code).toBe(5);
  expect(stderr).toMatch(/maxReplaces|replace/);
  expect(snapshot(state)).toEqual(held);
});

it("lists a stack that no contract claims, and destroys it only by name", async () => {
  await fixture.tutti(["pulumi", "-e", "local", "--", "stack", "init", "stray.local"]);
  const { stacks } = JSON.parse((await fixture.tutti(["list", "-e", "local", "--json"])).stdout) as {
    stacks: { id: string; claimed: boolean }[];
  };
  expect(stacks.find(({ id }) => id === "stray.local")).toMatchObject({ claimed: false });
  expect((await fixture.tutti(["destroy", "-e", "local", "--dry-run"])).stdout).not.toContain("stray.local");
  const { code, stderr } = await fixture.tutti(["destroy", "stray.local", "--yes", "--remove"]);
  expect(code, stderr).toBe(0);
  expect((await fixture.tutti(["list", "-e", "local"])).stdout).not.toContain("stray");
});

it("finds what the cloud has and no state knows", async () => {
  const orphans = async () =>
    JSON.parse((await fixture.tutti(["sandbox", "list", "--orphans", "--json", "-e", "local"])).stdout) as unknown[];
  expect(await orphans()).toEqual([]);
  const state = path.join(fixture.root, ".tutti/sandbox/local/state/.pulumi/stacks/pair/files.local.json");
  const text = readFileSync(state, "utf8");
  const without = JSON.parse(text) as { checkpoint: { latest: { resources: { type: string }[] } } };
  without.checkpoint.latest.resources = without.checkpoint.latest.resources.filter(
    ({ type }) => !type.startsWith("gcp:"),
  );
  writeFileSync(state, JSON.stringify(without));
  expect(await orphans()).toEqual([
    expect.objectContaining({ stack: "files.local", type: "gcp:storage/bucket:Bucket" }),
  ]);
  writeFileSync(state, text);
});

it("destroys in reverse order and leaves nothing in state or cloud", async () => {
  const destroyed = await report(["destroy", "-e", "local", "--yes", "--remove"]);
  expect(row(destroyed, "base.local").waitsFor).toEqual(["app.local"]);
  expect(destroyed.totals).toEqual({ succeeded: 3 });
  expect((await fixture.tutti(["sandbox", "list", "--json", "-e", "local"])).stdout).toBe("[]\n");
  const { stacks } = JSON.parse((await fixture.tutti(["list", "-e", "local", "--json"])).stdout) as {
    stacks: { deployed: boolean }[];
  };
  expect(stacks.map(({ deployed }) => deployed)).toEqual([false, false, false]);
});

it("keeps its files to itself", () => {
  const modes = (folder: string): readonly string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true, encoding: "utf8" })
      .filter((entry) => entry.isFile() && /journal|report|\.log$|passphrase$|salt$|key$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name));
  const files = modes(path.join(fixture.root, ".tutti"));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect([file, (statSync(file).mode & 0o777).toString(8)]).toEqual([file, "600"]);
  const passphrase = readFileSync(path.join(fixture.root, ".tutti/sandbox/local/passphrase"), "utf8").trim();
  for (const file of files.filter((name) => !name.endsWith("passphrase")))
    expect(readFileSync(file, "utf8")).not.toContain(passphrase);
});
