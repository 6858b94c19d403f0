// `--report <kind>=<file>`: which reports there are, and the one place that writes them. A file is there whole or not at all.
import { access, constants, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { TuttiError } from "../errors.ts";
import type { Report, RunState, Tutti } from "../index.ts";
import { type Redaction, redactDocument, redactState, refuseSecrets } from "../redaction.ts";

export const reportKinds = ["json", "markdown", "junit", "html"] as const;
export type ReportKind = (typeof reportKinds)[number];

export interface ReportFile {
  readonly kind: ReportKind;
  /** Absolute. */
  readonly file: string;
}

/** Where reports are to be written. @throws TuttiError `usage` for a kind there is not. */
export function parseReportFiles(given: readonly string[] | undefined, cwd: string): readonly ReportFile[] {
  return (given ?? []).map((text) => {
    const at = text.indexOf("=");
    const kind = reportKinds.find((one) => one === text.slice(0, at === -1 ? undefined : at));
    if (kind === undefined) {
      throw new TuttiError("usage", `no report of kind "${at === -1 ? text : text.slice(0, at)}"`, {
        hint: `there are: ${reportKinds.map((one) => `${one}=<file>`).join(", ")}`,
      });
    }
    if (at === -1 || at === text.length - 1)
      throw new TuttiError("usage", `--report ${text} names no file`, { hint: `write --report ${kind}=<file>` });
    return { kind, file: path.resolve(cwd, text.slice(at + 1)) };
  });
}

/**
 * Makes the folders of reports, before the run that they are of: nobody waits for one that could not be written.
 *
 * @throws TuttiError `usage` when a folder cannot be made, or the file is one.
 */
export async function prepareReportFiles(files: readonly ReportFile[]): Promise<void> {
  for (const { kind, file } of files) {
    try {
      await makeFolder(path.dirname(file));
      if ((await stat(file).catch(() => undefined))?.isDirectory()) throw new Error("it is a folder");
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new TuttiError("usage", `--report ${kind}=${file} cannot be written: ${message}`, {
        hint: "name a file in a folder that there is, or that can be made",
        cause: error,
      });
    }
  }
}

/** Node's own recursive mkdir never ends where a folder can neither be found nor made, as below /proc. */
async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  let at = folder;
  for (; !(await stat(at).catch(() => undefined)); at = path.dirname(at)) missing.unshift(at);
  for (const one of missing) {
    await mkdir(one).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is no folder`);
  await access(folder, constants.W_OK);
}

/** What reports are made of. */
export interface Reported {
  readonly report: Report;
  readonly state: RunState;
  readonly tutti: Tutti;
  /** Knows the secrets of the run, or what is known of them later. */
  readonly redaction: Redaction;
}

/** Writes every report. @throws TuttiError `files` when one cannot be written, or would hold a secret. */
export async function writeReportFiles(files: readonly ReportFile[], reported: Reported): Promise<void> {
  for (const { kind, file } of files) {
    const text = await renderReport(kind, reported);
    const part = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.new`);
    try {
      await makeFolder(path.dirname(file));
      await writeFile(part, text);
      await rename(part, file);
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      const message = error instanceof Error ? error.message : String(error);
      throw new TuttiError("files", `the report ${file} could not be written: ${message}`, {
        hint: `the run is recorded; tutti report ${reported.report.runId} --report ${kind}=<file> writes it again`,
        cause: error,
      });
    }
  }
}

/** A report as text, masked. @throws TuttiError `files` when it holds a secret all the same. */
export async function renderReport(kind: ReportKind, { redaction, ...given }: Reported): Promise<string> {
  const what = `the ${kind} report`;
  const report = redactDocument(given.report, what, redaction);
  const masked = { report, state: redactState(given.state, redaction), tutti: given.tutti };
  return refuseSecrets(await rendered(kind, masked, (text) => redaction.mask(text)), what, redaction);
}

async function rendered(
  kind: ReportKind,
  { report, state, tutti }: Omit<Reported, "redaction">,
  mask: Redaction["mask"],
): Promise<string> {
  switch (kind) {
    case "json":
      return `${JSON.stringify(report, null, 2)}\n`;
    case "markdown":
      return (await import("../views/markdown.ts")).markdownReport(state, report);
    case "junit":
      return (await import("../views/junit.ts")).junitReport(report);
    case "html": {
      const { htmlReport } = await import("../views/html/page.ts");
      return htmlReport(state, report, (stack) => {
        try {
          return mask(tutti.logs(stack, report.runId).text);
        } catch {
          return undefined;
        }
      });
    }
  }
}
