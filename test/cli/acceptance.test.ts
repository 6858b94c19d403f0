// The repository as a new user finds it: its own stacks in a fresh git repository, with a HOME full of credentials, brought up,
// changed behind its back, repaired, edited and destroyed. The tests go on with what the one before left.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Report, StackReport, Stamped } from "../../automation/index.ts";
import { type Finished, snapshot } from "./fixture.ts";

// Each test is several runs of the whole platform, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 240_000 });

const repository = path.resolve(import.meta.dirname, "../..");
const temporary = mkdtempSync(path.join(os.tmpdir(), "tutti-acceptance-"));
const clone = path.join(temporary, "clone");
const home = path.join(temporary, "home");
const state = path.join(clone, ".tutti/sandbox/local/state");
const stackFiles = path.join(state, ".pulumi/stacks/platform");
/** Folders of the repository's stacks and tasks, each in every environment but `bootstrap`, which comes before them. */
const folders = readdirSync(path.join(repository, "stacks")).filter(
  (name) => name !== "bootstrap" && existsSync(path.join(repository, "stacks", name, "contract.ts")),
);
const isTask = (name: string): boolean => existsSync(path.join(repository, "stacks", name, "task.ts"));
const stacks = folders.filter((name) => !isTask(name)).map((name) => `${name}.local`);
/** All of them need a network, and nothing listens in a sandbox. */
const tasks = folders.filter(isTask).map((name) => `${name}.local`);

const git = (...args: readonly string[]): string => execFileSync("git", args, { cwd: clone, encoding: "utf8" });

/** A person's shell: the PATH without what npm puts before it for this suite. */
const PATH = (process.env["PATH"] ?? "")
  .split(path.delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(path.delimiter);

const canaries = ["gcloud/application_default_credentials.json", "key.json", ".kube/config", "kube.yaml"];
const planted = {
  HOME: home,
  PULUMI_HOME: path.join(home, ".pulumi"),
  GOOGLE_APPLICATION_CREDENTIALS: path.join(home, "key.json"),
  CLOUDSDK_CONFIG: path.join(home, "gcloud"),
  KUBECONFIG: path.join(home, "kube.yaml"),
};
const readers: ChildProcess[] = [];
const wasRead = (): string => readFileSync(path.join(temporary, "read"), "utf8");

/** A pipe in the place of a file: opening it waits for a reader, so that whoever reads it is on record. */
async function plant(file: string): Promise<void> {
  const target = path.join(home, file);
  mkdirSync(path.dirname(target), { recursive: true });
  execFileSync("mkfifo", [target]);
  const script = `echo ready; while exec 3> "$1"; do echo "$1" >> "$2"; echo canary >&3; exec 3>&-; done`;
  const child = spawn("sh", ["-c", script, "sh", target, path.join(temporary, "read")], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  readers.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
}

beforeAll(async () => {
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
    encoding: "utf8",
  });
  for (const file of files.split("\0")) {
    if (file === "" || /^test\//.test(file) || !existsSync(path.join(repository, file))) continue;
    cpSync(path.join(repository, file), path.join(clone, file));
  }
  symlinkSync(path.join(repository, "node_modules"), path.join(clone, "node_modules"));
  git("init", "-q");
  // A real clone has a folder there, which .gitignore names as one.
  writeFileSync(path.join(clone, ".git/info/exclude"), "/node_modules\n");
  git("add", ".");
  git("-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "all");

  mkdirSync(home);
  writeFileSync(path.join(temporary, "read"), "");
  for (const file of [...canaries, "control"]) await plant(file);
  for (const name of ["gcp", "kubernetes"]) {
    const { version } = JSON.parse(
      readFileSync(path.join(repository, `node_modules/@pulumi/${name}/package.json`), "utf8"),
    ) as { version: string };
    const plugin = path.join(home, `.pulumi/plugins/resource-${name}-v${version}/pulumi-resource-${name}`);
    mkdirSync(path.dirname(plugin), { recursive: true });
    writeFileSync(plugin, `#!/bin/sh\necho "$0" >> "${path.join(temporary, "read")}"\nexit 1\n`);
    chmodSync(plugin, 0o755);
  }
});
afterAll(() => {
  for (const child of readers) child.kill("SIGKILL");
  rmSync(temporary, { recursive: true, force: true });
});

function run(command: string, args: readonly string[], env = { ...planted, PATH }): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: clone, env, stdio: ["ignore", "pipe", "pipe"] });
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
      });
    child.once("error", reject).once("close", (code) => resolve({ code, ...text }));
  });
}

const tutti = (...args: readonly string[]): Promise<Finished> =>
  run(process.execPath, [path.join(clone, "bin/tutti.js"), ...args]);

async function report(code: number, ...args: readonly string[]): Promise<Report> {
  const finished = await tutti(...args, "--json");
  expect(finished.code, finished.stderr).toBe(code);
  expect(finished.stdout.trimStart()).toMatch(/^\{[\s\S]*\}\n$/);
  return JSON.parse(finished.stdout) as Report;
}

const statuses = (of: Report): Readonly<Record<string, string>> =>
  Object.fromEntries(of.stacks.map(({ id, status }) => [id, status]));
const all = (status: string) =>
  Object.fromEntries([...stacks.map((id) => [id, status]), ...tasks.map((id) => [id, "skipped"])]);
const row = (of: Report, id: string): StackReport => of.stacks.find((stack) => stack.id === id)!;

/** Every (stack, operation, URN) that a run planned or did, and changes something. */
function operations({ runId }: Report): readonly string[] {
  const journal = readFileSync(path.join(clone, `.tutti/runs/${runId}/journal.jsonl`), "utf8");
  return journal
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Stamped)
    .flatMap((event) =>
      event.type === "stack-event" && event.event.type === "resource" ? [{ stack: event.stack, ...event.event }] : [],
    )
    .filter(({ status }) => status === "planned" || status === "done")
    .map(({ stack, op, urn }) => `${stack} ${op} ${urn}`)
    .sort();
}

const resources = (stack: string): readonly { type: string }[] =>
  (
    JSON.parse(readFileSync(path.join(stackFiles, `${stack}.json`), "utf8")) as {
      checkpoint: { latest?: { resources?: { type: string }[] } };
    }
  ).checkpoint.latest?.resources ?? [];

let first: Report;

it("previews the platform before anything exists, and the README's first command does exactly that", async () => {
  first = await report(0, "preview", "-e", "local");
  expect(statuses(first)).toEqual(all("succeeded"));
  expect(tasks.length).toBeGreaterThan(3);
  for (const id of tasks) expect(row(first, id)).toMatchObject({ reason: "sandbox" });
  const { code, stdout, stderr } = await run("npx", ["tutti", "up", "-e", "local", "--yes"]);
  expect(code, stderr).toBe(0);
  expect(stderr, "npx has nothing to say of its own").not.toMatch(/^npm /m);
  for (const id of tasks) expect(stdout).toMatch(new RegExp(`^${id} +skipped .*sandbox$`, "m"));
  for (const id of stacks) expect(stdout).toMatch(new RegExp(`^${id} +succeeded `, "m"));
  const [runId] = /\d{8}-\d{6}-[a-z]{4}/.exec(stdout.slice(stdout.lastIndexOf("run "))) ?? [];
  const up = { runId } as Report;
  expect(operations(up)).toEqual(operations(first));
  expect(operations(up).length).toBeGreaterThan(40);
});

it("changes nothing the second time, and prints one document", async () => {
  const again = await report(0, "up", "-e", "local", "--yes");
  expect(statuses(again)).toEqual(all("unchanged"));
  expect(again).toMatchObject({ schemaVersion: 1, runId: expect.stringMatching(/^\d{8}-\d{6}-[a-z]{4}$/) });
  for (const stack of again.stacks.filter(({ id }) => stacks.includes(id))) {
    expect(Object.keys(stack.counts)).toEqual(["same"]);
    expect(stack.durationMs).toBeGreaterThan(0);
  }
});

it("finds and repairs what was changed behind its back", async () => {
  const listed = await tutti("sandbox", "list", "--json");
  const list = JSON.parse(listed.stdout) as readonly Record<string, string>[];
  expect(list.length).toBeGreaterThan(20);
  for (const one of list)
    expect(one).toEqual(
      Object.fromEntries(["stack", "urn", "type", "name", "id"].map((key) => [key, expect.any(String)])),
    );
  const { urn } = list.find(({ type }) => type === "gcp:compute/network:Network")!;
  const edit = await tutti("sandbox", "edit", "network.local", urn!, "mtu=1500");
  expect(edit.code, edit.stderr).toBe(0);

  const before = { state: snapshot(state), tree: tree() };
  const drift = await report(2, "drift", "-e", "local", "--detailed-exitcode");
  expect({ state: snapshot(state), tree: tree() }).toEqual(before);
  expect(row(drift, "network.local").drift).toEqual([{ urn, property: "mtu", old: expect.anything(), new: 1500 }]);
  expect(row(drift, "web.local").drift).toEqual([]);

  expect(statuses(await report(0, "up", "network.local", "--yes"))).toEqual({ "network.local": "unchanged" });
  const repair = await report(0, "up", "-e", "local", "--refresh", "--yes");
  expect(row(repair, "network.local")).toMatchObject({ status: "succeeded", counts: { update: 1 } });
  await report(0, "drift", "network.local", "--detailed-exitcode");
});

/** Everything git knows or would add. */
function tree(): string {
  return (
    git("ls-files", "-s", "--cached", "--others", "--exclude-standard") + git("diff") + git("status", "--porcelain")
  );
}

it("takes pulumi's commands for one stack", async () => {
  const pulumi = (...args: readonly string[]) => tutti("pulumi", "-e", "local", "--", ...args, "-s", "network.local");
  const preview = await pulumi("preview", "--show-sames");
  expect(preview.code, preview.stderr).toBe(0);
  expect(preview.stdout).toMatch(/\d+ unchanged/);
  // Words that stand in labels are no secrets.
  expect(preview.stdout).toMatch(/networkId +: "projects\/sandbox\/global\/networks\//);
  const exported = await pulumi("stack", "export");
  expect(JSON.parse(exported.stdout)).toMatchObject({ version: 4, deployment: expect.anything() });
  const outputs = await pulumi("stack", "output", "--json");
  expect(JSON.parse(outputs.stdout)).toMatchObject({ podsRange: expect.any(String), networkId: expect.any(String) });
});

it("previews an edit with what it changes downstream, and up does exactly that", async () => {
  const file = path.join(clone, "stacks/workspace.ts");
  const before = readFileSync(file, "utf8");
  const after = before
    .replace("bucketLocation: region,", 'bucketLocation: "EU",')
    .replace("replicas: { min: 1, max: 3 }", "replicas: { min: 1, max: 5 }");
  writeFileSync(file, after);
  const preview = await report(0, "preview", "data.local", "web.local");
  const up = await report(0, "up", "data.local", "web.local", "--yes");
  writeFileSync(file, before);
  expect(operations(up)).toEqual(operations(preview));
  expect(row(up, "data.local").counts).toMatchObject({ replace: 1 });
  expect(row(up, "web.local").counts["update"]).toBeGreaterThan(0);
});

it("destroys in reverse order and leaves nothing; then previews and makes the same as at first", async () => {
  const destroy = await report(0, "destroy", "-e", "local", "--yes");
  expect(statuses(destroy)).toEqual(all("succeeded"));
  expect(row(destroy, "network.local").waitsFor).toEqual(expect.arrayContaining(["data.local", "cluster.local"]));
  for (const id of stacks) expect([id, resources(id)]).toEqual([id, []]);
  expect((await tutti("sandbox", "list", "--json")).stdout).toBe("[]\n");
  const preview = await report(0, "preview", "network.local", "data.local");
  const up = await report(0, "up", "network.local", "data.local", "--yes");
  expect(operations(up)).toEqual(operations(preview));
  expect(operations(up)).toEqual(operations(first).filter((line) => /^(?:network|data)\.local /.test(line)));
});

it("says in a sentence that prod needs the CLI", async () => {
  const bare = { ...planted, PATH: home };
  const script = path.join(clone, "bin/tutti.js");
  const { code, stdout, stderr } = await run(process.execPath, [script, "up", "-e", "prod"], bare);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(
    /^tutti: a real environment needs the pulumi command line, and there is none on PATH\n {2}install it/,
  );
});

it("has read no credentials, started no plugin, and left the work tree as it was", () => {
  expect(wasRead()).toBe("");
  expect(git("status", "--porcelain")).toBe("");
  // The record works.
  readFileSync(path.join(home, "control"));
  expect(wasRead()).toContain("control");
});
