// What a run leaves behind, below `runs/<run id>/` of the workspace's `.tutti` (or of what stands for it, `base`):
// journal.jsonl, logs/<stack>.log, report.json. Written while the run goes on; read again by `runs`, `report` and `logs`.
// Folders are 0700, files 0600.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { appendLine } from "./appendLine.ts";
import { TuttiError } from "./errors.ts";
import type { RunId, StackId, Stamped } from "./events.ts";
import { type EventSink, isRunId, type Journal, parseJournal } from "./journal.ts";
import { createJournalFile } from "./journalFile.ts";
import { maskJournal, maskLog } from "./lateSecrets.ts";
import type { Redaction } from "./redaction.ts";
import { makeReport, type Report } from "./report.ts";
import { foldRun } from "./runState.ts";
import { suggest } from "./suggest.ts";

function runsFolder(base: string): string {
  return join(base, "runs");
}

function logFile(base: string, runId: RunId, stack: StackId): string {
  return join(runsFolder(base), runId, "logs", `${stack}.log`);
}

/** Makes the folder of a new run and takes its events: journalled ones into the journal, output into the stacks' logs. */
export function createRunFiles(base: string, runId: RunId): EventSink {
  const folder = join(runsFolder(base), runId);
  const journal = createJournalFile(join(folder, "journal.jsonl"));
  mkdirSync(join(folder, "logs"), { recursive: true, mode: 0o700 });
  const logs = new Map<StackId, number>();
  const openLog = (stack: StackId): number => {
    let file = logs.get(stack);
    if (file === undefined) {
      file = openSync(logFile(base, runId, stack), "ax", 0o600);
      logs.set(stack, file);
    }
    return file;
  };
  const closeLog = (stack: StackId): void => {
    const file = logs.get(stack);
    if (file !== undefined) closeSync(file);
    logs.delete(stack);
  };
  return {
    write(event: Stamped, json?: string): void {
      journal.write(event, json);
      if (event.type === "stack-started") openLog(event.stack);
      else if (event.type === "stack-event" && event.event.type === "line")
        appendLine(openLog(event.stack), event.event.text);
      else if (event.type === "stack-finished") closeLog(event.stack);
    },
    close(): void {
      for (const stack of [...logs.keys()]) closeLog(stack);
      journal.close();
    },
  };
}

/** Takes out of the files of a run that is over what is known to be a secret by now. @throws Error as node:fs does. */
export function maskRunFiles(base: string, runId: RunId, redaction: Redaction): void {
  const folder = join(runsFolder(base), runId);
  maskJournal(join(folder, "journal.jsonl"), redaction);
  for (const name of readdirSync(join(folder, "logs"))) maskLog(join(folder, "logs", name), redaction);
}

/** Writes a run's report beside its journal, whole or not at all. */
export function writeReport(base: string, report: Report): void {
  const file = join(runsFolder(base), report.runId, "report.json");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify(report, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch (error) {
    rmSync(`${file}.new`, { force: true });
    throw error;
  }
}

/** Reports of finished runs as they were written, newest first; read one by one, and no more than the newest thirty. */
export function* recentReports(base: string): Generator<Report> {
  for (const runId of listRuns(base).slice(0, 30)) {
    try {
      const report = JSON.parse(readFileSync(join(runsFolder(base), runId, "report.json"), "utf8")) as Report;
      if (report.schemaVersion === 1 && Array.isArray(report.stacks)) yield report;
    } catch {
      // Unfinished, or unreadable: it teaches nothing.
    }
  }
}

/** Ids of the runs there are, newest first. */
export function listRuns(base: string): readonly RunId[] {
  if (!existsSync(runsFolder(base))) return [];
  return readdirSync(runsFolder(base)).filter(isRunId).sort().reverse();
}

/** The run meant by an id, the beginning of one, or by nothing: the newest. @throws TuttiError `not-found`, `usage`. */
export function findRun(base: string, id: string | undefined): RunId {
  const runs = listRuns(base);
  if (id === undefined) {
    if (runs[0]) return runs[0];
    throw new TuttiError("not-found", "there is no run yet", { hint: "tutti up makes one" });
  }
  const found = runs.filter((run) => run === id || (id !== "" && run.startsWith(id)));
  if (found.length > 1)
    throw new TuttiError("usage", `"${id}" begins ${found.length} run ids`, { hint: `e.g. ${found[0]}` });
  if (found[0]) return found[0];
  const meant = suggest(id, runs);
  throw new TuttiError("not-found", `there is no run "${id}"`, {
    hint: meant === undefined ? "tutti runs lists them" : `did you mean "${meant}"?`,
  });
}

/** A run's events as far as its journal can be read. @throws TuttiError `not-found`. */
export function readJournal(base: string, runId: RunId): Journal {
  return parseJournal(readOr(join(runsFolder(base), runId, "journal.jsonl"), `run ${runId} has no journal`));
}

/** A run's report, made again from its journal. @throws TuttiError `not-found` when its journal has no beginning. */
export function readReport(base: string, runId: RunId): Report {
  const { events } = readJournal(base, runId);
  if (events[0]?.type !== "run-started")
    throw new TuttiError("not-found", `the journal of run ${runId} has no beginning`);
  return makeReport(foldRun(events));
}

/** The log of a stack in a run: everything its engine and program printed. @throws TuttiError `not-found`. */
export function readLog(base: string, runId: RunId, stack: StackId): string {
  return readOr(logFile(base, runId, stack), `run ${runId} has no log of ${stack}: it did not start there`);
}

/** The newest run in which the stack was started. @throws TuttiError `not-found`. */
export function lastRunOf(base: string, stack: StackId): RunId {
  const found = listRuns(base).find((run) => existsSync(logFile(base, run, stack)));
  if (found) return found;
  throw new TuttiError("not-found", `no run has a log of ${stack}`, { hint: "tutti runs lists the runs there are" });
}

function readOr(file: string, message: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new TuttiError("not-found", message);
    throw error;
  }
}
