// Each stack's lines in one piece, when it has ended, for logs and pipes; folded where a CI service can fold.

import type { RunState, StackState } from "../runState.ts";
import type { Fold } from "./ci.ts";
import type { Palette } from "./color.ts";
import { stackDetails, stackHeading } from "./stackText.ts";
import { summaryLines } from "./summary.ts";
import type { View } from "./view.ts";
import { cancelText, plural } from "./words.ts";

export interface GroupedOptions {
  readonly write: (text: string) => void;
  readonly palette: Palette;
  /** Wraps a stack's lines for a CI log that folds; absent: headings only. */
  readonly fold?: Fold;
}

/** Shows a run as grouped lines. */
export function createGroupedView({ write, palette, fold }: GroupedOptions): View {
  const line = (text: string): void => write(`${fold === undefined ? text : fold.harmless(text)}\n`);
  const block = (stack: StackState, state: RunState): void => {
    const details = stackDetails(stack, state, palette);
    const heading = stackHeading(stack, state, palette);
    // A fold would hide why it failed.
    const folded = fold !== undefined && details.length > 0 && stack.outcome?.type !== "failed";
    const mark = { name: stack.id, title: heading, beginMs: stack.startedAtMs ?? 0, endMs: stack.finishedAtMs ?? 0 };
    if (folded) write(`${fold.open(mark)}\n`);
    else line(heading);
    for (const text of details) line(text);
    if (folded) write(`${fold.close(mark)}\n`);
  };
  let annotated = 0;
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
          if (stack === undefined) break;
          block(stack, state);
          const note = fold?.annotate?.(stack);
          // The service shows the first ten of a kind and no more.
          if (note !== undefined && annotated++ < 10) write(`${note}\n`);
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
