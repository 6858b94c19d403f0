// A run as Markdown, for a pull request's comment or a CI job's summary: totals, a table of stacks, then what each did, folded.
//
// GitHub takes 65,536 characters in a comment (and 1 MiB in a step's summary): the report keeps to a budget. What deletes or
// replaces is written first and never left out; then failures, drift, and what else changed, as far as it fits.
import type { Report, StackReport } from "../report.ts";
import type { RunState, StackState } from "../runState.ts";
import { createPalette } from "./color.ts";
import { failureLines, stackDetails } from "./stackText.ts";
import { compactCounts, countsText, duration, plural, shortType, sign, statusWord, unclosedText } from "./words.ts";

const plain = createPalette(false);
const icons: Readonly<Record<string, string>> = {
  succeeded: "✅",
  unchanged: "➖",
  skipped: "⏭️",
  failed: "❌",
  blocked: "⛔",
  cancelled: "⏹️",
  "timed-out": "⌛",
  "needs-recovery": "🚑",
  interrupted: "🚑",
  waiting: "⏸️",
  "awaiting-approval": "✋",
};

/** The report as Markdown, at most so many characters long (but for what deletes: that is always whole). */
export function markdownReport(state: RunState, report: Report, budget = 60_000): string {
  const { operation } = report;
  const where = report.environments
    .map(({ name, cloud }) => (cloud === "sandbox" ? `${name} (sandbox)` : name))
    .join(", ");
  const totals = Object.entries(report.totals)
    .map(([status, count]) => `${count} ${statusWord(status as StackState["status"], operation)}`)
    .join(", ");
  const counts = operation === "drift" ? "" : countsText(report.counts, operation, plain);
  const head = [
    `## ${report.exitCode === 0 ? "✅" : report.exitCode === 2 ? "✳️" : "❌"} tutti ${operation}${where === "" ? "" : ` · ${where}`}`,
    "",
    `**${totals === "" ? "nothing to do" : totals}** in ${duration(report.durationMs)}${counts === "" ? "" : ` (${counts})`}${report.status === "interrupted" ? "; the run was cut off" : report.unclosed ? `; ${unclosedText}` : ""}`,
    "",
  ];
  const tail = `\n<sub>run ${report.runId}${report.commit === undefined ? "" : ` · commit ${report.commit.slice(0, 12)}`} · exit code ${report.exitCode} · tutti ${report.version}</sub>\n`;
  const always = [...head, ...destructive(state)].join("\n");
  let left = budget - always.length - tail.length;
  let text = `${always}\n`;
  const rows = report.stacks.map((stack) => tableRow(stack, operation));
  const title = "| | stack | outcome | time | changes | why |\n|---|---|---|---:|---|---|\n";
  const shown = interesting(report.stacks, rows, left * 0.6 - title.length);
  if (report.stacks.length > 0) {
    const hidden = rows.length - shown.length;
    const table = `${title}${shown.join("\n")}\n${hidden > 0 ? `\n${plural(hidden, "more stack")} in the full report.\n` : ""}`;
    text += table;
    left -= table.length;
  }
  let cutOff = 0;
  const order = report.stacks.map(({ id }) => state.stacks.get(id)).filter((stack) => stack !== undefined);
  for (const stack of order.sort((a, b) => Number(isFailed(b)) - Number(isFailed(a)))) {
    const block = stackBlock(stack, state);
    if (block === "") continue;
    if (block.length > left - 100) cutOff++;
    else {
      text += block;
      left -= block.length;
    }
  }
  if (cutOff > 0)
    text += `\nDetails of ${plural(cutOff, "more stack")} did not fit: \`tutti report ${report.runId}\` shows them.\n`;
  return text + tail;
}

const isFailed = ({ outcome }: StackState): boolean => outcome !== undefined && "failure" in outcome;

/** Everything that is deleted or replaced, whole. */
function destructive(state: RunState): readonly string[] {
  const planned = state.operation === "preview";
  const lines = [...state.stacks.values()].flatMap(({ id, resources }) =>
    [...resources.values()]
      .filter(({ op, resourceType }) => (op === "delete" || op === "replace") && !isInner(resourceType))
      .map(({ op, resourceType, name, paths }) => {
        const because = paths.length > 0 ? ` (${paths.map(code).join(", ")})` : "";
        return `- ${op === "delete" ? "🗑️" : "♻️"} ${code(`${sign(op)} ${shortType(resourceType)} ${name}`)} in ${code(id)}${because}`;
      }),
  );
  if (lines.length === 0) return [];
  return [`### ${planned ? "Would delete or replace" : "Deleted or replaced"}`, "", ...lines, ""];
}

const isInner = (type: string): boolean => type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");

function tableRow(stack: StackReport, operation: Report["operation"]): string {
  const changes =
    operation === "drift"
      ? stack.drift.length === 0
        ? ""
        : plural(new Set(stack.drift.map(({ urn }) => urn)).size, "resource")
      : compactCounts(stack.counts, plain);
  const cells = [
    icons[stack.status] ?? "",
    code(stack.id),
    statusWord(stack.status as StackState["status"], operation),
    stack.startedAt === undefined ? "" : duration(stack.durationMs),
    changes === "" ? "" : code(changes),
    cell(stack.reason ?? ""),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The rows that fit: those that ended otherwise than unchanged come first; the order stays. */
function interesting(stacks: readonly StackReport[], rows: readonly string[], room: number): readonly string[] {
  const dull = ({ status }: StackReport): boolean => status === "unchanged" || status === "skipped";
  const chosen = new Set<number>();
  let left = room;
  for (const wanted of [false, true]) {
    for (const [at, stack] of stacks.entries()) {
      if (dull(stack) !== wanted || rows[at]!.length + 1 > left) continue;
      chosen.add(at);
      left -= rows[at]!.length + 1;
    }
  }
  return rows.filter((_, at) => chosen.has(at));
}

function stackBlock(stack: StackState, state: RunState): string {
  const failure = failureLines(stack, state, plain);
  const details = stackDetails(stack, state, plain);
  if (failure.length + details.length === 0) return "";
  const open = failure.length > 0 ? " open" : "";
  const lines = [...failure, ...details].map((line) => line.replace(/^ {2}/, ""));
  const colored = lines.map((line) => (/^[+-]/.test(line) ? line : `  ${line}`));
  const fence = "`".repeat(Math.max(3, ...[...lines.join("\n").matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `\n<details${open}><summary>${html(stack.id)}: ${statusWord(stack.status, state.operation)}</summary>\n\n${fence}diff\n${colored.join("\n")}\n${fence}\n\n</details>\n`;
}

const html = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const cell = (text: string): string =>
  html(text)
    .replaceAll("|", "\\|")
    .replace(/[\r\n]+/g, " ")
    .replace(/([`*_[\]])/g, "\\$1");
function code(text: string): string {
  const fence = text.includes("`") ? "``" : "`";
  return `${fence}${text.replaceAll("|", "\\|").replace(/[\r\n]+/g, " ")}${fence}`;
}
