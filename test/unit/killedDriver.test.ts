// A driver killed with no chance to say goodbye: what it told of is on disk, and its run can be reported.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { resumableRun } from "../../automation/resume.ts";
import { listRuns, readJournal, readLog, readReport } from "../../automation/runFiles.ts";
import { foldRun } from "../../automation/runState.ts";
import { createPalette } from "../../automation/views/color.ts";
import { summaryLines } from "../../automation/views/summary.ts";
import { id } from "../support/scriptedSteps.ts";

const module = (name: string): string => JSON.stringify(new URL(`../../automation/${name}.ts`, import.meta.url).href);

/** Runs a driver until it prints something, kills it, and gives what stands for its `.tutti`. */
async function killed(hooks: string, runStep: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tutti-killed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = `
    const { open } = await import(${module("open")});
    const { defineStack, defineWorkspace, defineEnvironment, webhook } = await import(${module("define")});
    const { emptySummary } = await import(${module("execute")});
    const program = async () => ({});
    const a = defineStack({ name: "a", program });
    const b = defineStack({ name: "b", needs: { a }, program });
    const c = defineStack({ name: "c", needs: { b }, program });
    const workspace = defineWorkspace({
      stacks: [a, b, c],
      environments: { local: defineEnvironment({ cloud: "sandbox" }) },
      hooks: [${hooks}],
    });
    const well = { outcome: { type: "succeeded" }, summary: emptySummary };
    const never = () => {
      process.stdout.write("now");
      return new Promise(() => setInterval(() => {}, 1000));
    };
    const runStep = ({ stack }, context) => ${runStep};
    const door = { prepare: async () => ({ runStep, close: async () => {} }) };
    const tutti = await open(workspace, { directory: ${JSON.stringify(folder)}, door, variables: {} });
    await tutti.up({ environment: "local" }).result();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.once("data", resolve);
    child.once("exit", (code) => reject(new Error(`the driver ended by itself with ${code}`)));
  });
  child.removeAllListeners("exit");
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
  return join(folder, ".tutti");
}

it("leaves a journal, logs and a report that can be read after kill -9", async () => {
  const base = await killed(
    "",
    `{
      context.emit({ type: "line", stream: "stdout", text: "working on " + stack });
      return stack === "a.local" ? Promise.resolve(well) : never();
    }`,
  );
  const [runId] = listRuns(base);
  expect(readJournal(base, runId!)).toMatchObject({
    events: [
      { type: "run-started" },
      { type: "stack-started", stack: "a.local" },
      { type: "stack-finished", stack: "a.local" },
      { type: "stack-started", stack: "b.local" },
    ],
    warnings: [],
  });
  const report = readReport(base, runId!);
  expect(report).toMatchObject({ status: "interrupted", exitCode: 12 });
  expect(report.stacks.map(({ status }) => status)).toEqual(["succeeded", "interrupted", "waiting"]);
  expect(readLog(base, runId!, id("b.local"))).toBe("working on b.local\n");
});

it("killed while it tells hooks, leaves a run that is over and says that hooks may not know", async () => {
  // The address is served by the driver itself, which says that it was asked and never answers.
  const base = await killed(
    `webhook({ url: await new Promise(async (resolve) => {
      const server = (await import("node:http")).createServer(() => process.stdout.write("asked"));
      server.listen(0, "127.0.0.1", () => resolve("http://127.0.0.1:" + server.address().port));
    }), on: { outcome: ["succeeded"] }, sandbox: true })`,
    "Promise.resolve(well)",
  );
  const [runId] = listRuns(base);
  const journal = readJournal(base, runId!);
  expect(journal.events.at(-1)).toMatchObject({ type: "stack-finished", stack: "c.local" });
  expect(readReport(base, runId!)).toMatchObject({ status: "finished", unclosed: true, exitCode: 0 });
  expect(() => resumableRun(runId!, journal)).toThrow(/is complete/);
  const said = summaryLines(foldRun(journal.events), createPalette(false)).join("\n");
  expect(said).toMatch(/^up: 3 succeeded in \d/m);
  expect(said).toContain("warning: all stacks had ended when its driver died: hooks may not have been told");
});
