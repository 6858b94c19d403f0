// One run of many stacks through the real driver, each of which goes wrong in its own way: programs that throw, hang, exit,
// print without end, run out of memory; providers that fail, hang, limit and crash. Each ends as it should, says what is
// wrong and what to do, and harms no other.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { open, type Report, type StackReport, type Tutti } from "../../automation/index.ts";
import { placeFault } from "../../engine/providers/sandbox/faults.ts";
import { stacks } from "./stacks.ts";
import { createWorkspace, type FaultyWorkspace } from "./workspace.ts";

let workspace: FaultyWorkspace;
let tutti: Tutti;
let report: Report;
beforeAll(async () => {
  workspace = createWorkspace(stacks);
  const cloud = workspace.file(".tutti/sandbox/local/cloud");
  await placeFault(cloud, {
    urn: "*::refused",
    operation: "create",
    fail: "googleapi: Error 403: not allowed, forbidden",
  });
  await placeFault(cloud, {
    urn: "*::passing",
    operation: "create",
    fail: "googleapi: Error 503: backend error",
    times: 1,
  });
  await placeFault(cloud, { urn: "*-limited", operation: "create", limit: 1, perMs: 86_400_000 });
  await placeFault(cloud, { urn: "*::slow", operation: "create", latencyMs: 3_600_000 });
  tutti = await open(workspace.root, { variables: {} });
  // One at a time would be a quiet test: side by side they could harm each other.
  report = await tutti.up({ environment: "local", onFailure: "keep-going", concurrency: 3 }).result();
}, 600_000);
afterAll(() => workspace.remove());

const row = (name: string): StackReport => report.stacks.find(({ id }) => id === `${name}.local`)!;
const said = (name: string): string =>
  tutti
    .journal(report.runId)
    .events.flatMap((event) =>
      event.type === "stack-event" && event.stack === `${name}.local` && event.event.type === "diagnostic"
        ? [event.event.message]
        : [],
    )
    .join("\n");

it.each<readonly [string, string, number, RegExp]>([
  ["throws", "failed", 4, /^TypeError: no such zone: mars$/],
  ["rejects", "failed", 4, /nobody waits for me/],
  ["stalls", "failed", 4, /the program of stalls\.local ended before it was finished/],
  ["early", "failed", 4, /the program exited before the following resource|ended before it was finished/],
  ["late", "failed", 4, /exit code: 7/],
  [
    "memory",
    "failed",
    4,
    /ran out of memory: raise the limit with --max-old-space-size=<MiB> in runtime\.options\.nodeargs/,
  ],
  ["refused", "failed", 4, /googleapi: Error 403: not allowed/],
  ["limited", "failed", 4, /googleapi: Error 429: Quota exceeded for quota metric .*rateLimitExceeded/],
  ["crashing", "failed", 4, /the process of the dynamic providers was ended by SIGKILL/],
  ["failing", "failed", 4, /the thing is out of stock/],
])("ends the stack that %s as %s, exit code %i, with its own first error", (name, status, exitCode, message) => {
  expect(row(name)).toMatchObject({ status, exitCode });
  expect(row(name).failure!.message).toMatch(message);
  expect(row(name).failure!.message).not.toMatch(/^\s+at /m);
});

it.each(["healthy", "prints", "binary", "forks", "passing"])("brings %s up all the same", (name) => {
  expect(row(name), JSON.stringify(row(name).failure)).toMatchObject({ status: "succeeded", exitCode: 0 });
});

it.each(["hangs", "slow"])("ends the stack that %s when its time is over", (name) => {
  expect(row(name)).toMatchObject({ status: "timed-out", exitCode: 9, reason: "not finished after 4000 ms" });
  expect(said(name)).toContain('Raise "timeout" in its contract');
  expect(row(name).durationMs).toBeLessThan(60_000);
});

it("gives the run the most severe code, and every stack a row", () => {
  expect(report.exitCode).toBe(9);
  expect(report.stacks).toHaveLength(Object.keys(stacks).length);
});

it("tells of a retry, counts once what both attempts did", () => {
  expect(said("passing")).toContain("attempt 1 of 3 failed (unavailable)");
  expect(row("passing").counts).toMatchObject({ create: 3 });
});

it("keeps the journal small while a program prints 100 MB and says 12 more, all of which is in its log", () => {
  const journal = statSync(workspace.file(".tutti/runs", report.runId, "journal.jsonl")).size;
  expect(journal).toBeLessThan(2 * 2 ** 20);
  const log = tutti.logs("prints.local");
  expect(log.text.length).toBeGreaterThan(112 * 2 ** 20);
});

it("leaves no process behind", () => {
  const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
  expect(processes).not.toContain("sleep 4242.5");
  expect(processes).not.toContain(workspace.root);
});

it("goes on from all of that when the faults are gone", async () => {
  for (const name of ["refused", "limited", "slow", "throws", "memory", "crashing"])
    workspace.program(name, { body: "" });
  await placeFault(workspace.file(".tutti/sandbox/local/cloud"), {});
  const select = ["refused.local", "throws.local", "memory.local", "crashing.local", "slow.local"].join(" | ");
  const again = await tutti.up({ select, concurrency: 3 }).result();
  expect(again.stacks.map(({ id, exitCode, failure }) => [id, exitCode, failure?.message])).toEqual(
    again.stacks.map(({ id }) => [id, 0, undefined]),
  );
});
