// How much of the logs a page holds: all of it while it is little, otherwise the last lines of each, failed stacks first. A page
// that nobody can open shows nothing.
import type { StackId } from "../../events.ts";
import type { StackReport } from "../../report.ts";
import type { PageLog } from "./stack.ts";

/** Characters of all logs together, of one that failed, and of any other. */
const budget = { all: 8_000_000, failed: 400_000, other: 100_000 };

/** The logs of a page. `read` gives a log whole, or undefined where there is none. */
export function pageLogs(
  stacks: readonly StackReport[],
  read: (stack: StackId) => string | undefined,
): ReadonlyMap<StackId, PageLog> {
  const found = new Map<StackId, PageLog>();
  let left = budget.all;
  const logged = stacks.filter(({ logs }) => logs !== undefined);
  const failed = logged.filter(({ exitCode }) => exitCode !== 0);
  const others = logged.filter(({ exitCode }) => exitCode === 0);
  const take = (stack: StackReport, most: number): void => {
    if (most < 200) return;
    const text = read(stack.id);
    if (text === undefined || text === "") return;
    const log = lastLines(text, most);
    left -= log.text.length;
    found.set(stack.id, log);
  };
  for (const [at, stack] of failed.entries()) take(stack, Math.min(budget.failed, left / (failed.length - at)));
  for (const [at, stack] of others.entries()) take(stack, Math.min(budget.other, left / (others.length - at)));
  return found;
}

function lastLines(text: string, most: number): PageLog {
  if (text.length <= most) return { text, omitted: 0 };
  const from = text.indexOf("\n", text.length - most) + 1;
  const kept = from === 0 ? text.slice(-Math.floor(most)) : text.slice(from);
  return { text: kept, omitted: text.slice(0, text.length - kept.length).split("\n").length - 1 };
}
