// Tasks on the embedded engine, in one workspace whose files change as a person would change them. The tests go on with what the
// one before left.
//
//   base --> prepare (task) --> app --> always (task)
//              ping (task, network) --^
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import {
  foldRun,
  open,
  type Report,
  rehearse,
  type StackState,
  type Stamped,
  type Tutti,
} from "../../automation/index.ts";
import { plantSandboxKey } from "../support/sandboxKey.ts";

vi.setConfig({ testTimeout: 120_000 });

const repository = path.resolve(import.meta.dirname, "../..");
const root = mkdtempSync(path.join(os.tmpdir(), "tutti-tasks-"));
let tutti: Tutti;

beforeAll(async () => {
  for (const name of ["node_modules", "automation", "engine"])
    symlinkSync(path.join(repository, name), path.join(root, name));
  cpSync(path.join(repository, "test/fixtures/tasks"), root, { recursive: true });
  plantSandboxKey(root);
  tutti = await open(root, { variables: { PATH: process.env["PATH"], GOOGLE_CREDENTIALS: "a-credential" } });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const edit = (file: string, from: string, to: string): void => {
  const before = readFileSync(path.join(root, file), "utf8");
  expect(before).toContain(from);
  writeFileSync(path.join(root, file), before.replace(from, to));
};
const local = { environment: "local" } as const;
const told = (report: Report): Readonly<Record<string, string>> =>
  Object.fromEntries(report.stacks.map(({ id, status, reason }) => [id, [status, reason].filter(Boolean).join(": ")]));
/** The task's own row and everything that is in the journal of it. */
function journalled(id: string, run?: string): { readonly stack: StackState; readonly events: readonly Stamped[] } {
  const { events } = tutti.journal(run);
  return { stack: foldRun(events).stacks.get(id as StackState["id"])!, events };
}

it("previews what it would do and does nothing", async () => {
  const report = await tutti.preview({ ...local, detailed: true }).result();
  expect(told(report)).toEqual({
    "base.local": "succeeded",
    "ping.local": "skipped: sandbox",
    "prepare.local": "succeeded: would run: the first time",
    "app.local": "succeeded",
    "always.local": "succeeded: would run: the first time",
  });
  expect(report.exitCode).toBe(2);
  expect(tutti.logs("prepare.local").text).not.toContain("variables:");
});

it("runs each after what it needs and before who needs it, with plain values and secrets that do not show", async () => {
  const report = await tutti.up(local).result();
  expect(told(report)).toEqual({
    "base.local": "succeeded",
    "ping.local": "skipped: sandbox",
    "prepare.local": "succeeded: ran: the first time",
    "app.local": "succeeded",
    "always.local": "succeeded: ran: the first time",
  });
  const { pet, password } = await tutti.outputs("base.local", { showSecrets: true });
  const outputs = await tutti.outputs("app.local", { showSecrets: true });
  expect(outputs).toEqual({ text: `hello ${pet} of local, 1; nobody was asked`, token: `token-${password}` });
  expect(await tutti.outputs("prepare.local")).toEqual({ greeting: `hello ${pet} of local, 1`, token: "[secret]" });
  expect(await tutti.outputs("always.local")).toEqual({ length: `hello ${pet} of local, 1`.length });

  const log = tutti.logs("prepare.local").text;
  expect(log).toContain("the password is [secret], and it prints as [secret]");
  const written = log + JSON.stringify(journalled("prepare.local").events);
  expect(written).not.toContain(String(password));
  const state = readFileSync(
    path.join(root, ".tutti/sandbox/local/state/.pulumi/stacks/tasks/prepare.local.json"),
    "utf8",
  );
  expect(state).not.toContain(String(password));
  // The key of the digests is kept beside them, and as secret as what they are of.
  const { resources } = (
    JSON.parse(state) as { checkpoint: { latest: { resources: { type: string; outputs: object }[] } } }
  ).checkpoint.latest;
  expect(resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs).toMatchObject({
    "tutti:task": { "need base.password": expect.stringMatching(/^[\w-]{43}$/) },
    "tutti:key": { ciphertext: expect.any(String) },
  });
  // Neither what the driver has nor what Pulumi's programs get.
  const variables = /variables: (.*)/.exec(log)![1]!.split(" ");
  expect(variables).toEqual(expect.arrayContaining(["HOME", "PATH"]));
  expect(variables.filter((name) => /GOOGLE|PULUMI_|GCE_/.test(name))).toEqual([]);
});

it("is told in the journal: its log line by line, and why it ran", async () => {
  const { stack } = journalled("always.local");
  expect(stack.task).toEqual({ ran: true, reason: "ran: the first time" });
  expect(stack.diagnostics).toMatchObject([{ severity: "warning", message: "about to count" }]);
  expect([...stack.resources]).toEqual([]);
});

it("does not repeat it without need", async () => {
  expect(told(await tutti.up(local).result())).toEqual({
    "base.local": "unchanged",
    "ping.local": "skipped: sandbox",
    "prepare.local": "unchanged: nothing it reads has changed since it ran",
    "app.local": "unchanged",
    "always.local": "succeeded: ran: it runs every time",
  });
});

it("runs again when a file beside it, a setting or a need is another, and says which; dependents follow", async () => {
  edit("stacks/prepare/greeting.txt", "hello", "good morning");
  expect(told(await tutti.preview(local).result())).toMatchObject({
    "prepare.local": "succeeded: would run: changed: code stacks/prepare/greeting.txt",
    "app.local": "succeeded",
  });
  expect(told(await tutti.up(local).result())).toMatchObject({
    "prepare.local": "succeeded: ran: changed: code stacks/prepare/greeting.txt",
    "app.local": "succeeded",
  });
  expect(await tutti.outputs("app.local")).toMatchObject({ text: expect.stringMatching(/^good morning /) });

  edit(
    "stacks/workspace.ts",
    "except: [trouble]",
    "except: [trouble], settings: { prepare: { size: 2 }, base: { words: 3 } }",
  );
  // What a need becomes is not known before it is there.
  expect(told(await tutti.preview(local).result())).toMatchObject({
    "prepare.local": "succeeded: would run: need base.pet may change",
  });
  expect(told(await tutti.up(local).result())).toMatchObject({
    "prepare.local": "succeeded: ran: changed: need base.pet, setting size",
  });
});

it("is a stack to plain pulumi commands too", async () => {
  edit("stacks/prepare/greeting.txt", "good morning", "good night");
  const { stack } = journalled("prepare.local", (await tutti.up({ select: "prepare.local" }).result()).runId);
  expect(stack.status).toBe("succeeded");
  expect(told(await tutti.up({ select: "prepare.local", withDependents: true }).result())).toEqual({
    "prepare.local": "unchanged: nothing it reads has changed since it ran",
    "app.local": "succeeded",
    "always.local": "succeeded: ran: it runs every time",
  });
});

it("has nothing to refresh and no drift", async () => {
  for (const run of [tutti.refresh(local), tutti.drift(local)])
    expect(told(await run.result())).toMatchObject({
      "prepare.local": "skipped: a task has nothing in the cloud",
      "ping.local": "skipped: a task has nothing in the cloud",
    });
});

it("fails as a stack does: with its own words and their place, and what waits for it does not run", async () => {
  edit(
    "stacks/prepare/task.ts",
    "const text =",
    'if (environment === "local") throw new Error("no luck with " + base.password.reveal());\n  const text =',
  );
  const report = await tutti.up(local).result();
  expect(report.exitCode).toBe(4);
  const row = report.stacks.find(({ id }) => id === "prepare.local")!;
  expect(row.failure).toMatchObject({ message: "no luck with [secret]", location: "stacks/prepare/task.ts:6:38" });
  expect(told(report)["app.local"]).toBe("blocked: prepare.local did not succeed");
  // It has not run: what it would need is still to be done.
  edit("stacks/prepare/task.ts", "throw new Error", "void new Error");
  expect(told(await tutti.up(local).result())).toMatchObject({
    "prepare.local": "succeeded: ran: changed: code stacks/prepare/task.ts",
  });
  // And so is one of which more is asked than it gave.
  edit("stacks/prepare/contract.ts", "outputs: {", "outputs: { size: z.number(),");
  edit("stacks/prepare/task.ts", "return {", "return { size: settings.size,");
  expect(told(await tutti.preview({ select: "prepare.local" }).result())).toEqual({
    "prepare.local": "succeeded: would run: its output size is new",
  });
  edit("stacks/prepare/contract.ts", " size: z.number(),", "");
  edit("stacks/prepare/task.ts", " size: settings.size,", "");
});

it("ends for certain, whatever it does, and says what it did", async () => {
  const report = await tutti
    .up({ environment: ["throws", "exits", "wrong", "hangs"], onFailure: "keep-going" })
    .result();
  const row = (environment: string) => report.stacks.find(({ id }) => id === `trouble.${environment}`)!;
  expect(row("throws").failure).toMatchObject({ message: "it went wrong", location: "stacks/trouble/task.ts:22:13" });
  expect(row("exits").failure?.message).toContain("ended before it was finished");
  expect(row("wrong").failure?.message).toContain('output "done" of trouble.wrong');
  expect(row("hangs")).toMatchObject({ status: "timed-out", reason: "not finished after 10000 ms" });
  expect(tutti.logs("trouble.hangs").text).toContain("asked to end");
  expect(report.exitCode).toBe(9);
});

it("is forgotten by destroy, not undone: it runs anew", async () => {
  expect(told(await tutti.destroy(local).result())).toMatchObject({
    "prepare.local": "succeeded: forgotten, not undone",
    "always.local": "succeeded: forgotten, not undone",
  });
  expect(told(await tutti.preview({ select: "prepare.local", withDependencies: true }).result())).toMatchObject({
    "prepare.local": "succeeded: would run: the first time",
  });
});

it("talks to nobody in a rehearsal, whose workspace says that the cloud is real", async () => {
  const report = await rehearse(tutti.workspace, "rehearsed", { directory: root });
  expect(told(report)).toMatchObject({
    "ping.rehearsed": "skipped: sandbox",
    "prepare.rehearsed": "succeeded: ran: the first time",
    "app.rehearsed": "succeeded",
  });
});

it("is what docs/tasks.md says: its files, in a workspace of their own", async () => {
  const text = readFileSync(path.join(repository, "docs/tasks.md"), "utf8");
  const files = [...text.matchAll(/```ts\n\/\/ (stacks\/\S+)\n([\s\S]*?)```/g)].map(
    ([, file, body]) => [file!, body!] as const,
  );
  expect(files.map(([file]) => file)).toHaveLength(5);
  const place = mkdtempSync(path.join(os.tmpdir(), "tutti-tasks-docs-"));
  try {
    for (const name of ["node_modules", "automation", "engine"])
      symlinkSync(path.join(repository, name), path.join(place, name));
    for (const name of ["Pulumi.yaml", "package.json", "stacks/index.ts"])
      cpSync(path.join(repository, "test/fixtures/tasks", name), path.join(place, name), { recursive: true });
    for (const [file, body] of files) {
      mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
      writeFileSync(path.join(place, file), body);
    }
    const documented = await open(place);
    const up = async () => told(await documented.up(local).result());
    expect(await up()).toEqual({ "keypair.local": "succeeded: ran: the first time", "api.local": "succeeded" });
    writeFileSync(path.join(place, "stacks/workspace.ts"), files.at(-1)![1].replace("rotation: 1", "rotation: 2"));
    expect(told(await documented.preview(local).result())["keypair.local"]).toBe(
      "succeeded: would run: changed: setting rotation",
    );
    expect(await documented.outputs("keypair.local")).toEqual({
      publicKey: expect.stringContaining("BEGIN PUBLIC KEY"),
      privateKey: "[secret]",
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
