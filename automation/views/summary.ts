// The end of a run as text: what failed and what to do about it, then one line of totals. The same in every view.
import { sumOf } from "../report.ts";
import type { RunState, StackState } from "../runState.ts";
import type { Palette } from "./color.ts";
import { failureLines } from "./stackText.ts";
import { countsText, duration, paintStatus, statusWord } from "./words.ts";

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

/** Lines for the end of a run. */
export function summaryLines(state: RunState, palette: Palette): readonly string[] {
  const stacks = [...state.stacks.values()];
  const failures = stacks.map((stack) => failureLines(stack, state, palette)).filter((lines) => lines.length > 0);
  const { operation = "up", finished, runId } = state;
  const tally = order
    .filter((status) => (state.tally[status] ?? 0) > 0)
    .map((status) => paintStatus(status, palette)(`${state.tally[status]} ${statusWord(status, operation)}`))
    .join(", ");
  const time = finished === undefined ? "interrupted" : `in ${duration(finished.durationMs)}`;
  const counts =
    operation === "drift" ? "" : countsText(sumOf(stacks.map((stack) => stack.counts)), operation, palette);
  const drifted = stacks.filter(({ drift }) => drift.length > 0);
  return [
    ...failures.flatMap((lines) => ["", ...lines]),
    "",
    `${palette.bold(operation)}: ${tally === "" ? "nothing to do" : tally} ${time}${counts === "" ? "" : ` (${counts})`}`,
    ...(operation === "drift" && drifted.length > 0
      ? [palette.dim(`repair: tutti up ${drifted.map(({ id }) => id).join(" ")} --refresh`)]
      : []),
    ...(runId === undefined ? [] : [palette.dim(`run ${runId}`)]),
  ];
}
