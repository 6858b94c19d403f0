// Reports made of recorded journals: Markdown within its budget, JUnit that every service reads, a page that holds no markup of
// others.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Stamped } from "../../automation/events.ts";
import { parseJournal } from "../../automation/journal.ts";
import { makeReport } from "../../automation/report.ts";
import { foldRun } from "../../automation/runState.ts";
import { pageLogs } from "../../automation/views/html/logs.ts";
import { htmlReport } from "../../automation/views/html/page.ts";
import { junitReport } from "../../automation/views/junit.ts";
import { markdownReport } from "../../automation/views/markdown.ts";
import { failureMessage, largeRun } from "../browser/journals.ts";

function recorded(name: string): readonly Stamped[] {
  return parseJournal(readFileSync(new URL(`../golden/journals/${name}.jsonl`, import.meta.url), "utf8")).events;
}
const made = (events: readonly Stamped[]) => {
  const state = foldRun(events);
  return { state, report: makeReport(state) };
};

describe.each(["platform-up", "preview", "failed", "drift"])("%s", (name) => {
  const { state, report } = made(recorded(name));
  it("as Markdown", async () => {
    await expect(markdownReport(state, report)).toMatchFileSnapshot(`../golden/markdown/${name}.md`);
  });
  it("as JUnit", async () => {
    await expect(junitReport(report)).toMatchFileSnapshot(`../golden/junit/${name}.xml`);
  });
});

describe("a run of 1,000 stacks", () => {
  const { state, report } = made(largeRun(1000));

  it("keeps to the budget of a comment in Markdown; what failed is in it", () => {
    const text = markdownReport(state, report, 60_000);
    expect(text.length).toBeLessThanOrEqual(60_000);
    for (const { id } of report.stacks.filter(({ failure }) => failure !== undefined))
      expect(text).toContain(`${id}: failed`);
    expect(text).toMatch(/more stacks in the full report/);
    expect(text).toMatch(/Details of \d+ more stacks did not fit/);
  });

  it("counts right in JUnit, and escapes what programs say", () => {
    const text = junitReport(report);
    expect(text).toContain(
      `tests="1000" failures="${report.totals.failed}" errors="0" skipped="${report.totals.blocked}"`,
    );
    expect(text.match(/<testcase /g)).toHaveLength(1000);
    expect(text.match(/<failure /g)).toHaveLength(report.totals.failed!);
    expect(text).not.toContain("<script>");
    expect(text).toContain("&lt;script&gt;");
  });

  it("escapes on the page, which allows no network to itself", () => {
    const text = htmlReport(state, report, () => failureMessage);
    expect(text.match(/<script>/g)).toHaveLength(1);
    expect(text).toContain("default-src 'none'");
    expect(text).not.toMatch(/(?:src|href)="(?!#)|url\(|@import/);
  });

  it("holds of its logs what a browser can open: the last lines, of failed stacks more", () => {
    const line = `${"x".repeat(99)}\n`;
    const logs = pageLogs(report.stacks, () => `first\n${line.repeat(5000)}last\n`);
    const sizes = [...logs].map(([id, log]) => [id, log.text.length] as const);
    expect(sizes.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(8_000_000);
    const failed = report.stacks.find(({ failure }) => failure !== undefined)!;
    expect(logs.get(failed.id)!.text.length).toBeGreaterThan(390_000);
    for (const { text, omitted } of logs.values()) {
      expect(text.endsWith("last\n")).toBe(true);
      expect(omitted + text.split("\n").length).toBe(5003);
    }
  });
});

it("marks tasks apart from stacks: in the graph, in the list, for whoever hears it, and in JSON", () => {
  const [first, ...rest] = largeRun(20);
  if (first?.type !== "run-started") throw new Error("a journal begins with run-started");
  const steps = first.steps.map((step, at) => (at === 3 ? { ...step, task: true as const } : step));
  const { state, report } = made([{ ...first, steps }, ...rest]);
  const task = steps[3]!.stack;
  expect(report.stacks.filter((stack) => stack.task).map(({ id }) => id)).toEqual([task]);
  const page = htmlReport(state, report);
  expect(page.match(/, a task: [a-z]+</g)).toHaveLength(1);
  expect(page).toMatch(new RegExp(`aria-label="${task}, a task: [^>]*>[^<]*<title>[^<]*</title><rect [^>]*rx="15"`));
  expect(page.match(/class="kind">task</g)).toHaveLength(1);
  expect(page).toContain("</i> task</span>");
  expect(htmlReport(made(largeRun(20)).state, made(largeRun(20)).report)).not.toContain("</i> task</span>");
});

it("leaves out of XML what XML cannot hold", () => {
  const { report } = made(recorded("failed"));
  const [first, second] = report.stacks;
  const failure = { message: 'a\u0000b\u001b[31m"<&>\ud800' };
  const text = junitReport({ ...report, stacks: [first!, { ...second!, failure, reason: failure.message }] });
  expect(text).toContain('message="ab[31m&quot;&lt;&amp;&gt;\ufffd"');
});
