// Says nothing of a run but why it failed.
import type { Palette } from "./color.ts";
import { failureLines } from "./stackText.ts";
import type { View } from "./view.ts";

/** Shows failures, at the end of the run. */
export function createQuietView({
  write,
  palette,
}: {
  readonly write: (text: string) => void;
  readonly palette: Palette;
}): View {
  return {
    show(event, state) {
      if (event.type !== "run-finished") return;
      for (const stack of state.stacks.values()) {
        for (const line of failureLines(stack, state, palette)) write(`${line}\n`);
      }
    },
    close() {},
  };
}
