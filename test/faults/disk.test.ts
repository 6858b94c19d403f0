// Disks that are full, folders that cannot be written, files that cannot be read, journals that are damaged: a sentence that
// names the file and says what to do, the right exit code, no trace of a stack, and nothing lost when the fault is gone.
import { appendFileSync, chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { asOrdinaryUser, type Finished, noSmallDisk, onSmallDisk } from "./machine.ts";
import { createWorkspace, type FaultyWorkspace } from "./workspace.ts";

let workspace: FaultyWorkspace;
beforeAll(() => {
  workspace = createWorkspace({ hurt: { body: "" }, healthy: { body: "" } });
});
afterAll(() => workspace.remove());

/** No bug of ours, nothing of JavaScript's. */
const isPlain = ({ said }: Finished): void => {
  expect(said).not.toMatch(/a bug in tutti|^\s+at .*:\d+:\d+\)?$/m);
};

describe("a disk that is full", { timeout: 120_000 }, () => {
  beforeEach(({ skip }) => {
    const reason = noSmallDisk();
    skip(reason !== undefined, reason);
  });

  it.each(["24k", "64k"])("of %s ends the run with what to do, and the next goes on from there", async (size) => {
    const [full, report, next] = await onSmallDisk(
      workspace.root,
      size,
      "up -e local --yes --on-failure keep-going",
      "report",
      "up -e local --yes",
    );
    for (const one of [full!, report!, next!]) isPlain(one);
    expect([1, 4, 12]).toContain(full!.code);
    expect(full!.said).toMatch(
      /could not write \/.*: the disk is full \(ENOSPC\)\. To go on, make room there, then run the same command again/,
    );
    expect(full!.said).toMatch(/^run \d{8}-\d{6}-/m);
    expect(report!.code).toBe(0);
    expect(next!.code, next!.said).toBe(0);
    // Nothing that was recorded before is made again.
    const created = [...`${full!.said}${next!.said}`.matchAll(/^ {2}\+ (\S+:\S+ \S+)$/gm)].map(([, what]) => what);
    expect(created.filter((what) => what!.includes("Stack")).sort()).toEqual([
      "pulumi:pulumi:Stack faults-healthy.local",
      "pulumi:pulumi:Stack faults-hurt.local",
    ]);
  });
});

describe("files that the user may not use", { timeout: 120_000 }, () => {
  const state = (): string => workspace.file(".tutti/sandbox/local/state/.pulumi/stacks/faults");
  const tutti = (...args: readonly string[]): Promise<Finished> => asOrdinaryUser(workspace.root, args);
  const keepGoing = ["up", "-e", "local", "--yes", "--on-failure", "keep-going"];

  beforeAll(async () => {
    expect((await tutti("up", "-e", "local", "--yes")).code).toBe(0);
  }, 60_000);

  it("fails the stack of a state that cannot be read alone, and leaves it as it is", async () => {
    const file = path.join(state(), "hurt.local.json");
    const before = readFileSync(file, "utf8");
    chmodSync(file, 0o000);
    const ended = await tutti(...keepGoing);
    chmodSync(file, 0o600);
    isPlain(ended);
    expect(ended.code, ended.said).toBe(4);
    expect(ended.said).toMatch(
      /hurt\.local failed: .*could not read .*hurt\.local\.json: permission denied \(EACCES\)\. To go on, give the user who runs this access to it/,
    );
    expect(ended.said).toContain("1 failed, 1 unchanged");
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("fails stacks whose folder of states cannot be written, and leaves nothing half done there", async () => {
    const before = readdirSync(state());
    workspace.program("hurt", { body: `  new random.RandomPet("another");` });
    chmodSync(state(), 0o500);
    const ended = await tutti(...keepGoing);
    chmodSync(state(), 0o700);
    isPlain(ended);
    expect(ended.code, ended.said).toBe(4);
    expect(ended.said).toMatch(/hurt\.local failed: could not write .*hurt\.local\.json(?:\.bak)?: permission denied/);
    expect(readdirSync(state())).toEqual(before);
    expect((await tutti("up", "hurt.local", "--yes")).code).toBe(0);
  });

  it("begins no run without a journal, says why, and still reads what is there", async () => {
    const folder = workspace.file(".tutti/runs");
    chmodSync(folder, 0o500);
    const ended = await tutti("up", "-e", "local", "--yes");
    const runs = await tutti("runs");
    chmodSync(folder, 0o700);
    isPlain(ended);
    expect(ended.code).toBe(1);
    expect(ended.said).toMatch(
      /the run could not begin: EACCES: permission denied, mkdir '.*'\n {2}every run keeps a journal below \.tutti; permission denied: give the user who runs tutti access to it/,
    );
    expect(runs.code).toBe(0);
    expect(runs.said).toMatch(/up .*exit 0/);
  });

  it("refuses a report that could not be written where it is asked for, before anything runs", async () => {
    const ended = await tutti("up", "healthy.local", "--yes", "--report", "json=/dev/null/report.json");
    isPlain(ended);
    expect(ended.code).toBe(2);
    expect(ended.said).toMatch(
      /^tutti: --report json=\/dev\/null\/report\.json cannot be written: \/dev\/null is no folder\n/,
    );
  });
});

describe("a journal that was damaged", { timeout: 60_000 }, () => {
  it("is read around the damage by report, runs and resume, which say what they left out", async () => {
    const tutti = (...args: readonly string[]): Promise<Finished> => asOrdinaryUser(workspace.root, args);
    const [newest] = readdirSync(workspace.file(".tutti/runs")).sort().reverse();
    const file = workspace.file(".tutti/runs", newest!, "journal.jsonl");
    const lines = readFileSync(file, "utf8").split("\n");
    const last = lines.findLastIndex((line) => line.includes('"stack-finished"'));
    // The driver died before the end, the disk lost a line, and another program wrote into the file.
    lines.splice(last, 2);
    lines[2] = `${lines[2]!.slice(0, 40)}\u0000\u0000\u0000`;
    writeFileSync(file, lines.join("\n"));
    appendFileSync(file, `{"schemaVersion":7,"type":"from the future"}\n[]\n{"schemaVersion":1,"ru`);
    const size = statSync(file).size;
    const [report, runs, resume] = [
      await tutti("report"),
      await tutti("runs"),
      await tutti("resume", newest!, "--yes"),
    ];
    for (const one of [report, runs, resume]) isPlain(one);
    expect(report.code, report.said).toBe(0);
    expect(report.said).toMatch(/journal: line 3 is corrupt; left out/);
    expect(report.said).toMatch(/journal: line \d+ is of schema version 7, not 1; left out/);
    expect(report.said).toMatch(
      /journal: line \d+ is no event; left out|journal: line \d+ is of schema version undefined/,
    );
    expect(report.said).toMatch(/journal: line \d+ was cut off while it was written; left out/);
    expect(runs.said).toMatch(new RegExp(`${newest} +up +interrupted`));
    expect(resume.said).toContain(`going on with run ${newest}`);
    expect(resume.code, resume.said).toBe(0);
    expect(statSync(file).size).toBe(size);
  });
});
