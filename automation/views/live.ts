// A live table on a terminal, redrawn in place; when the run is over it is taken away, and what it leaves in the scrollback is
// what happened, once.
//
// 1. The cursor is hidden, the table redrawn at most every 100 ms, and the cursor always shown again.
// 2. A frame is written over the one before, in one piece, so that nothing flickers; terminals that know synchronized output
//    (mode 2026) show it at once, the others ignore the mark.
// 3. When the width changes, most terminals wrap what stands there anew: the old frame is measured at the new width and
//    taken away whole. xterm cuts lines instead.
import { stripVTControlCharacters } from "node:util";
import type { RunState } from "../runState.ts";
import { closingLines, summaryLines } from "./summary.ts";
import { type TableStyle, tableLines } from "./table.ts";
import type { Screen, View } from "./view.ts";
import { widthOf } from "./width.ts";

export interface LiveOptions extends TableStyle {
  readonly screen: Screen;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back every so many milliseconds; returns how to stop. */
  readonly every: (ms: number, run: () => void) => () => void;
  /** Whether the terminal wraps long lines anew when it gets narrower. Default: true. */
  readonly reflows?: boolean;
}

/** Shows a run as a live table. */
export function createLiveView(options: LiveOptions): View {
  const { screen, palette, now, every, reflows = true } = options;
  let drawn: readonly string[] = [];
  let latest: RunState | undefined;
  let stopTimer: (() => void) | undefined;
  let stopResize: (() => void) | undefined;
  let cursorHidden = false;

  const sizeNow = () => screen.size() ?? { columns: 80, rows: 24 };
  /** To the first line of the frame that stands there; what scrolled out of the screen cannot be reached. */
  const up = (): string => {
    if (drawn.length === 0) return "";
    const { columns, rows } = sizeNow();
    const high = (line: string): number => (reflows ? Math.max(1, Math.ceil(widthOf(line) / Math.max(1, columns))) : 1);
    const height = Math.min(
      rows - 1,
      drawn.reduce((sum, line) => sum + high(line), 0),
    );
    return height > 0 ? `\x1b[${height}A\r` : "\r";
  };
  const replace = (lines: readonly string[]): void => {
    const text = lines.map((line) => `${line}\x1b[K\n`).join("");
    screen.write(`\x1b[?2026h${up()}${text}\x1b[J\x1b[?2026l`);
  };
  const draw = (): void => {
    if (latest === undefined) return;
    const lines = tableLines(latest, now(), sizeNow(), options);
    replace(lines);
    drawn = lines.map((line) => stripVTControlCharacters(line));
  };
  const close = (): void => {
    stopTimer?.();
    stopResize?.();
    stopTimer = undefined;
    stopResize = undefined;
    if (cursorHidden) screen.write("\x1b[?25h");
    cursorHidden = false;
  };
  return {
    show(event, state) {
      latest = state;
      if (event.type === "run-started") {
        screen.write("\x1b[?25l");
        cursorHidden = true;
        stopTimer = every(100, draw);
        stopResize = screen.onResize(draw);
        draw();
      } else if (event.type === "cancel-requested") draw();
      else if (event.type === "run-finished") {
        replace([...closingLines(state, palette, sizeNow().columns), ...summaryLines(state, palette)]);
        drawn = [];
        latest = undefined;
        close();
      }
    },
    close,
  };
}
