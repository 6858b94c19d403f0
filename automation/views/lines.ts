// Plain lines, each stack's in one piece, for logs, pipes and screen readers: a stack is shown when it has ended.

import type { RunState, StackState } from "../runState.ts";
import type { Palette } from "./color.ts";
import { stackDetails, stackHeading } from "./stackText.ts";
import { summaryLines } from "./summary.ts";
import type { View } from "./view.ts";
import { plural } from "./words.ts";

export interface LinesOptions {
  readonly write: (text: string) => void;
  readonly palette: Palette;
  /** Wraps a stack's lines for a CI log that folds; absent: headings only. */
  readonly fold?: Fold;
}

/** How a CI service marks lines that belong together. */
export interface Fold {
  open(title: string): string;
  close(): string;
}

/** GitHub's and GitLab's marks, by the variables these services set; undefined elsewhere. */
export function foldOf(variables: Readonly<Record<string, string | undefined>>): Fold | undefined {
  if (variables["GITHUB_ACTIONS"] === "true") {
    return { open: (title) => `::group::${title}`, close: () => "::endgroup::" };
  }
  return undefined;
}

/** Shows a run as grouped lines. */
export function createLinesView({ write, palette, fold }: LinesOptions): View {
  const line = (text: string): void => write(`${text}\n`);
  const block = (stack: StackState, state: RunState): void => {
    const details = stackDetails(stack, state, palette);
    const heading = stackHeading(stack, state, palette);
    // A fold would hide why it failed.
    const folded = fold !== undefined && details.length > 0 && stack.outcome?.type !== "failed";
    line(folded ? fold.open(heading) : heading);
    for (const text of details) line(text);
    if (folded) line(fold.close());
  };
  return {
    show(event, state) {
      switch (event.type) {
        case "run-started":
          line(
            `${palette.bold(event.operation)} of ${plural(event.steps.length, "stack")}, ${event.concurrency} at once`,
          );
          break;
        case "stack-finished": {
          const stack = state.stacks.get(event.stack);
          if (stack !== undefined) block(stack, state);
          break;
        }
        case "cancel-requested":
          line(palette.yellow(cancelText(event.level)));
          break;
        case "run-finished":
          for (const text of summaryLines(state, palette)) line(text);
          break;
        default:
          break;
      }
    },
    close() {},
  };
}

/** What an interrupt does, and what the next one would do. */
export function cancelText(level: 1 | 2 | 3): string {
  if (level === 1)
    return "stopping: nothing new starts, what runs ends by itself; interrupt again to interrupt what runs";
  if (level === 2) return "interrupting what runs; interrupt again to kill it";
  return "killed: look at what `tutti report` says needs recovery";
}
