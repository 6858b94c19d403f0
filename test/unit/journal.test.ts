import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunEvent, RunId, StackId, Stamped } from "../../automation/events.ts";
import { createStamper, isRunId, journalLine, newRunId, parseJournal } from "../../automation/journal.ts";
import { createJournalFile } from "../../automation/journalFile.ts";
import {
  createRunFiles,
  findRun,
  lastRunOf,
  listRuns,
  readJournal,
  readLog,
  readReport,
  writeReport,
} from "../../automation/runFiles.ts";

const runId = "20261123-173512-kfpt" as RunId;
const a = "a.local" as StackId;
const summary = { counts: { create: 2 }, changedOutputs: [], drift: [], approximate: [] };
const started: RunEvent = {
  type: "run-started",
  operation: "up",
  steps: [{ stack: a, waitsFor: [], reason: "everything" }],
  environments: [{ name: "local", cloud: "sandbox" }],
  concurrency: 2,
  onFailure: "stop",
  argv: ["up"],
  version: "0.1.0",
};
const line: RunEvent = { type: "stack-event", stack: a, event: { type: "line", stream: "stdout", text: "hello" } };
const finished: RunEvent = {
  type: "stack-finished",
  stack: a,
  outcome: { type: "succeeded" },
  summary,
  durationMs: 12,
};
const events: readonly RunEvent[] = [
  started,
  { type: "stack-started", stack: a },
  line,
  finished,
  { type: "run-finished", exitCode: 0, durationMs: 15 },
];
const stampAll = (given: readonly RunEvent[], id: RunId = runId): readonly Stamped[] => {
  const stamp = createStamper(id, () => new Date("2026-11-23T17:35:12.345Z"));
  return given.map(stamp);
};

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tutti-journal-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("makes run ids that sort by time and are safe as file names", () => {
  const made = newRunId(new Date("2026-11-23T17:35:12.999Z"), () => 0.5);
  expect(made).toBe("20261123-173512-nnnn");
  expect(isRunId(made)).toBe(true);
  expect(newRunId(new Date("2026-11-23T17:35:12Z"), () => 0.999_999)).toBe("20261123-173512-zzzz");
  for (const bad of ["..", "20261123-173512-kfp", "20261123-173512-KFPT", `${runId}/..`])
    expect(isRunId(bad)).toBe(false);
});

it("stamps each event once, counting what stays out of the journal too", () => {
  const stamped = stampAll(events);
  expect(stamped.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect(stamped[1]).toEqual({
    type: "stack-started",
    stack: a,
    schemaVersion: 1,
    runId,
    seq: 2,
    time: "2026-11-23T17:35:12.345Z",
  });
  expect(journalLine(stamped[2]!)).toBeUndefined();
});

const text = (): string =>
  stampAll(events)
    .flatMap((event) => journalLine(event) ?? [])
    .map((line) => `${line}\n`)
    .join("");

it("reads back what was written", () => {
  const journal = parseJournal(text());
  expect(journal.warnings).toEqual([]);
  expect(journal.events).toEqual(stampAll(events).filter(({ seq }) => seq !== 3));
});

it("reads a journal that was cut off at any byte, up to the last whole line", () => {
  const whole = Buffer.from(text());
  const ends = [...whole.entries()].flatMap(([index, byte]) => (byte === 0x0a ? [index + 1] : []));
  for (let cut = 0; cut <= whole.length; cut++) {
    const journal = parseJournal(whole.subarray(0, cut).toString("utf8"));
    const complete = ends.filter((end) => end <= cut).length;
    // A line that lacks nothing but its newline is whole too.
    const lacksNewline = ends.includes(cut + 1);
    expect(journal.events.length, `cut at ${cut}`).toBe(complete + (lacksNewline ? 1 : 0));
    expect(journal.warnings.length, `cut at ${cut}`).toBe(cut === 0 || ends.includes(cut) || lacksNewline ? 0 : 1);
  }
});

it("leaves out, and names, lines that are corrupt, foreign, newer or unknown", () => {
  const lines = text().trimEnd().split("\n");
  const other = journalLine(stampAll([{ type: "stack-started", stack: a }], "20261123-173513-aaaa" as RunId)[0]!);
  const newer = JSON.stringify({ ...stampAll(events)[0], schemaVersion: 2 });
  const unknown = JSON.stringify({ ...stampAll(events)[0], type: "stack-retried" });
  const lacking = JSON.stringify({ ...stampAll(events)[3], outcome: undefined });
  const mixed = [
    lines[0],
    "\u0000\u0000{",
    other,
    newer,
    unknown,
    lacking,
    "7",
    ...lines.slice(1),
    '{"type":"run-',
  ].join("\n");
  const journal = parseJournal(mixed);
  expect(journal.events.map(({ type }) => type)).toEqual([
    "run-started",
    "stack-started",
    "stack-finished",
    "run-finished",
  ]);
  expect(journal.warnings).toEqual([
    "line 2 is corrupt; left out",
    "line 3 is of another run (20261123-173513-aaaa); left out",
    "line 4 is of schema version 2, not 1; left out",
    'line 5 is of an unknown kind, "stack-retried"; left out',
    "line 6 is a stack-finished event that lacks something; left out",
    "line 7 is no event; left out",
    "line 11 was cut off while it was written; left out",
  ]);
});

it("appends whole lines to a file that only its owner can read, at once", () => {
  const path = join(folder, "one", "journal.jsonl");
  const file = createJournalFile(path);
  const stamped = stampAll(events);
  file.write(stamped[0]!);
  // Read while it is open: nothing waits in a buffer for the process to end well.
  expect(parseJournal(readFileSync(path, "utf8")).events).toHaveLength(1);
  for (const event of stamped.slice(1)) file.write(event);
  file.close();
  file.close();
  file.write(stamped[0]!);
  expect(readFileSync(path, "utf8")).toBe(text());
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "one")).mode & 0o777).toBe(0o700);
  expect(() => createJournalFile(path)).toThrow("EEXIST");
});

it("keeps a run's journal, logs and report below .tutti, for its owner only", () => {
  const base = join(folder, "two");
  const files = createRunFiles(base, runId);
  for (const event of stampAll(events)) files.write(event);
  files.close();
  writeReport(base, readReport(base, runId));
  expect(readLog(base, runId, a)).toBe("hello\n");
  expect(readJournal(base, runId).events).toHaveLength(4);
  expect(readReport(base, runId)).toMatchObject({ runId, exitCode: 0, status: "finished", durationMs: 15 });
  for (const [path, mode] of [
    ["", 0o700],
    ["logs", 0o700],
    ["journal.jsonl", 0o600],
    ["report.json", 0o600],
    [`logs/${a}.log`, 0o600],
  ] as const)
    expect(statSync(join(base, "runs", runId, path)).mode & 0o777, path).toBe(mode);
});

it("finds runs by their id, its beginning, or as the newest", () => {
  const base = join(folder, "three");
  const ids = ["20261123-173512-aaaa", "20261123-173512-bbbb", "20261124-080000-cccc"] as RunId[];
  for (const one of ids) {
    const files = createRunFiles(base, one);
    for (const event of stampAll(one === ids[2] ? [started] : events, one)) files.write(event);
    files.close();
  }
  expect(listRuns(base)).toEqual([...ids].reverse());
  expect(listRuns(join(folder, "nothing"))).toEqual([]);
  expect(findRun(base, undefined)).toBe(ids[2]);
  expect(findRun(base, "20261124")).toBe(ids[2]);
  expect(findRun(base, ids[0])).toBe(ids[0]);
  expect(() => findRun(base, "20261123")).toThrow('"20261123" begins 2 run ids');
  expect(() => findRun(base, "../..")).toThrow('there is no run "../.."');
  expect(() => findRun(join(folder, "nothing"), undefined)).toThrow("there is no run yet");
  expect(lastRunOf(base, a)).toBe(ids[1]);
  expect(() => lastRunOf(base, "b.local" as StackId)).toThrow("no run has a log of b.local");
  expect(() => readLog(base, ids[2]!, a)).toThrow("has no log of a.local: it did not start there");
});
