// A run as JUnit XML, which every CI service shows: a suite an environment, a case a stack. What a stack did wrong is a
// failure, what kept it from being run to its end an error, what was not attempted skipped.
import type { Report, StackReport } from "../report.ts";
import { plural } from "./words.ts";

/** The report as JUnit XML. Times are in seconds. */
export function junitReport(report: Report): string {
  const suites = new Map<string, StackReport[]>(report.environments.map(({ name }) => [name, []]));
  for (const stack of report.stacks) {
    const [, environment = ""] = stack.id.split(".");
    const suite = suites.get(environment);
    if (suite) suite.push(stack);
    else suites.set(environment, [stack]);
  }
  const all = tally(report.stacks, report);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(`tutti ${report.operation}`)}" ${attributes(all)} time="${seconds(report.durationMs)}">`,
  ];
  for (const [environment, stacks] of suites) {
    const time = stacks.reduce((sum, { durationMs }) => sum + durationMs, 0);
    lines.push(
      `  <testsuite name="${xml(environment)}" ${attributes(tally(stacks, report))} time="${seconds(time)}" timestamp="${xml(report.startedAt.slice(0, 19))}">`,
      "    <properties>",
      `      <property name="operation" value="${report.operation}"/>`,
      `      <property name="run" value="${xml(report.runId)}"/>`,
      "    </properties>",
      ...stacks.flatMap((stack) => testCase(stack, report, environment)),
      "  </testsuite>",
    );
  }
  return `${lines.join("\n")}\n</testsuites>\n`;
}

type Kind = "passed" | "failure" | "error" | "skipped";

function kindOf({ status }: StackReport, { operation }: Report): Kind {
  switch (status) {
    case "succeeded":
      // Drift was looked for, and found.
      return operation === "drift" ? "failure" : "passed";
    case "unchanged":
      return "passed";
    case "failed":
    case "timed-out":
      return "failure";
    case "needs-recovery":
    case "interrupted":
      return "error";
    default:
      return "skipped";
  }
}

function tally(stacks: readonly StackReport[], report: Report): Record<Kind, number> & { tests: number } {
  const count = { passed: 0, failure: 0, error: 0, skipped: 0, tests: stacks.length };
  for (const stack of stacks) count[kindOf(stack, report)]++;
  return count;
}

function attributes({ tests, failure, error, skipped }: ReturnType<typeof tally>): string {
  return `tests="${tests}" failures="${failure}" errors="${error}" skipped="${skipped}"`;
}

function testCase(stack: StackReport, report: Report, environment: string): readonly string[] {
  const kind = kindOf(stack, report);
  const counts = Object.entries(stack.counts).map(
    ([op, count]) => `        <property name="${xml(op)}" value="${count}"/>`,
  );
  const inner = [
    ...(counts.length === 0 ? [] : ["      <properties>", ...counts, "      </properties>"]),
    ...verdict(stack, kind),
    ...(stack.logs === undefined ? [] : [`      <system-out>${xml(`log: ${stack.logs}`)}</system-out>`]),
  ];
  const open = `    <testcase name="${xml(stack.id)}" classname="${xml(`${report.operation}.${environment}`)}" time="${seconds(stack.durationMs)}"`;
  return inner.length === 0 ? [`${open}/>`] : [`${open}>`, ...inner, "    </testcase>"];
}

function verdict(stack: StackReport, kind: Kind): readonly string[] {
  if (kind === "passed") return [];
  const why = stack.reason ?? stack.status;
  if (kind === "skipped") return [`      <skipped message="${xml(`${stack.status}: ${why}`)}"/>`];
  const { failure } = stack;
  const text = [
    failure?.message,
    failure?.location === undefined ? undefined : `at ${failure.location}`,
    failure?.hint,
    ...stack.drift.map(({ urn, property, old, new: found }) =>
      property === "" ? `${urn} is gone` : `${urn} ${property}: ${JSON.stringify(old)} -> ${JSON.stringify(found)}`,
    ),
    ...(stack.pending ?? []).map((urn) => `unfinished: ${urn}`),
  ].filter((line) => line !== undefined);
  const message =
    stack.drift.length > 0 ? `${plural(new Set(stack.drift.map(({ urn }) => urn)).size, "resource")} drifted` : why;
  return [`      <${kind} message="${xml(message)}" type="${stack.status}">${xml(text.join("\n"))}</${kind}>`];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Escaped; characters that XML 1.0 cannot hold at all are left out. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(forbidden, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
