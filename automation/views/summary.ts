// The end of a run as text: what changed, what was left out and why, what failed and what to do about it, then one line of
// totals.
import { sumOf } from "../report.ts";
import { durationOf, endOf, type RunState, type StackState } from "../runState.ts";
import type { Palette } from "./color.ts";
import { failureLines, stackDetails, stackHeading } from "./stackText.ts";
import { wrap } from "./width.ts";
import { countsText, duration, paintStatus, plural, statusWord, unclosedText } from "./words.ts";

/** Statuses in the order of interest. */
const order: readonly StackState["status"][] = [
  "failed",
  "needs-recovery",
  "timed-out",
  "blocked",
  "cancelled",
  "awaiting-approval",
  "running",
  "waiting",
  "succeeded",
  "unchanged",
  "skipped",
];

/** More lines than these about resources, and only the headings are shown: nobody reads them in a terminal. */
const mostDetails = 300;

/**
 * What a live view leaves behind: stacks that did or found something one by one, all others in groups by why. A group's
 * names take at most three lines.
 */
export function closingLines(state: RunState, palette: Palette, columns: number): readonly string[] {
  const stacks = [...state.stacks.values()];
  const single = stacks.filter((stack) => {
    const { status } = stack;
    if (status === "blocked" || status === "skipped" || status === "cancelled" || status === "waiting")
      return stack.startedAtMs !== undefined && stackDetails(stack, state, palette).length > 0;
    return status !== "unchanged" || stack.diagnostics.some(({ severity }) => severity !== "info");
  });
  const idWidth = Math.min(40, Math.max(0, ...single.map(({ id }) => id.length)));
  const blocks = single.map((stack) => ({
    heading: stackHeading(stack, state, palette, idWidth),
    details: stackDetails(stack, state, palette),
  }));
  const many = blocks.reduce((sum, { details }) => sum + details.length, 0) > mostDetails;
  const left = new Set(stacks);
  for (const stack of single) left.delete(stack);
  return [
    ...blocks.flatMap(({ heading, details }) => (many ? [heading] : [heading, ...details])),
    ...(many
      ? [palette.dim(`resource by resource: tutti report${state.runId === undefined ? "" : ` ${state.runId}`}`)]
      : []),
    ...groupLines([...left], state, palette, columns),
  ];
}

/** `3 unchanged: a, b, c`, `2 blocked because x did not succeed: d, e`. */
function groupLines(
  stacks: readonly StackState[],
  state: RunState,
  palette: Palette,
  columns: number,
): readonly string[] {
  const groups = new Map<string, StackState[]>();
  for (const stack of stacks) {
    const { outcome } = stack;
    const why =
      outcome?.type === "blocked"
        ? ` because ${outcome.because} did not succeed`
        : outcome?.type === "skipped"
          ? ` (${outcome.reason})`
          : "";
    const key = `${statusWord(stack.status, state.operation)}${why}`;
    const group = groups.get(key);
    if (group) group.push(stack);
    else groups.set(key, [stack]);
  }
  return [...groups].flatMap(([why, group]) => {
    const paint = paintStatus(group[0]!.status, palette);
    const names = wrap(group.map(({ id }) => id).join(", "), Math.max(20, columns - 4));
    const shown = names.slice(0, 3);
    const rest = names.slice(3).join(" ").split(", ").length;
    const more = names.length > 3 ? [palette.dim(`  and ${plural(rest, "more stack")}`)] : [];
    return [paint(`${group.length} ${why}`), ...shown.map((line) => `  ${palette.dim(line)}`), ...more];
  });
}

/** Lines for the end of a run. */
export function summaryLines(state: RunState, palette: Palette): readonly string[] {
  const stacks = [...state.stacks.values()];
  const failures = stacks.map((stack) => failureLines(stack, state, palette)).filter((lines) => lines.length > 0);
  const { operation = "up", runId } = state;
  const end = endOf(state);
  const tally = order
    .filter((status) => (state.tally[status] ?? 0) > 0)
    .map((status) => paintStatus(status, palette)(`${state.tally[status]} ${statusWord(status, operation)}`))
    .join(", ");
  const time = end === "interrupted" ? end : `in ${duration(durationOf(state))}`;
  const counts =
    operation === "drift" ? "" : countsText(sumOf(stacks.map((stack) => stack.counts)), operation, palette);
  const drifted = stacks.filter(({ drift }) => drift.length > 0);
  const untold = state.hooks.filter(({ status }) => status === "failed");
  return [
    ...failures.flatMap((lines) => ["", ...lines]),
    "",
    `${palette.bold(operation)}: ${tally === "" ? "nothing to do" : tally} ${time}${counts === "" ? "" : ` (${counts})`}`,
    ...(operation === "drift" && drifted.length > 0
      ? [palette.dim(`repair: tutti up ${drifted.map(({ id }) => id).join(" ")} --refresh`)]
      : []),
    ...untold.map(({ hook, message }) => `${palette.yellow("warning:")} ${hook} was not told: ${message}`),
    ...(end === "unclosed" ? [`${palette.yellow("warning:")} ${unclosedText}`] : []),
    ...(runId === undefined ? [] : [palette.dim(`run ${runId}`)]),
  ];
}
