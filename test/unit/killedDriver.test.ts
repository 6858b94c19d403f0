// A driver killed with no chance to say goodbye: what it told of is on disk, and its run can be reported.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listRuns, readJournal, readLog, readReport } from "../../automation/runFiles.ts";
import { id } from "../support/scriptedSteps.ts";

const module = (name: string): string => JSON.stringify(new URL(`../../automation/${name}.ts`, import.meta.url).href);

it("leaves a journal, logs and a report that can be read after kill -9", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-killed-"));
  try {
    const script = `
      const { open } = await import(${module("open")});
      const { defineStack, defineWorkspace, defineEnvironment } = await import(${module("define")});
      const { emptySummary } = await import(${module("execute")});
      const program = async () => ({});
      const a = defineStack({ name: "a", program });
      const b = defineStack({ name: "b", needs: { a }, program });
      const c = defineStack({ name: "c", needs: { b }, program });
      const workspace = defineWorkspace({ stacks: [a, b, c], environments: { local: defineEnvironment({ cloud: "sandbox" }) } });
      const runStep = ({ stack }, context) => {
        context.emit({ type: "line", stream: "stdout", text: "working on " + stack });
        if (stack === "a.local") return Promise.resolve({ outcome: { type: "succeeded" }, summary: emptySummary });
        process.stdout.write("now");
        return new Promise(() => setInterval(() => {}, 1000));
      };
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

    const base = join(folder, ".tutti");
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
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
