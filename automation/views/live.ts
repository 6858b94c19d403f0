// A live table on a terminal, on the screen that full-screen programs use: whatever happens to the window, nothing of the table
// ever gets into the scrollback. When the run is over the terminal shows again what it showed before, and below it what
// happened, once. (Redrawn among other lines, a table leaves pieces behind: most terminals wrap lines anew when they get
// narrower, and push what no longer fits out of reach.)
//
// 1. The cursor is hidden, the table redrawn at most every 100 ms; both screen and cursor always come back.
// 2. A frame is written over the one before, in one piece, so that nothing flickers; terminals that know synchronized output
//    (mode 2026) show it at once, the others ignore the mark.
// 3. The Linux console has no second screen: there the table is redrawn in place, which is safe, as its size never changes.
import type { RunState } from "../runState.ts";
import { closingLines, summaryLines } from "./summary.ts";
import { type TableStyle, tableLines } from "./table.ts";
import type { Screen, View } from "./view.ts";

export interface LiveOptions extends TableStyle {
  readonly screen: Screen;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back every so many milliseconds; returns how to stop. */
  readonly every: (ms: number, run: () => void) => () => void;
  /** Whether the terminal has a second screen. Default: true. */
  readonly secondScreen?: boolean;
}

/** Shows a run as a live table. */
export function createLiveView(options: LiveOptions): View {
  const { screen, palette, now, every, secondScreen = true } = options;
  const stops: (() => void)[] = [];
  let latest: RunState | undefined;
  let drawn = 0;
  let shown = false;

  const sizeNow = () => screen.size() ?? { columns: 80, rows: 24 };
  const draw = (): void => {
    if (latest === undefined || !shown) return;
    const lines = tableLines(latest, now(), sizeNow(), options);
    const home = secondScreen ? "\x1b[H" : drawn > 0 ? `\x1b[${drawn}A\r` : "\r";
    screen.write(`\x1b[?2026h${home}${lines.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J\x1b[?2026l`);
    drawn = lines.length;
  };
  const enter = (): void => {
    shown = true;
    drawn = 0;
    screen.write(`${secondScreen ? "\x1b[?1049h\x1b[2J" : ""}\x1b[?25l`);
    draw();
  };
  const leave = (): void => {
    if (!shown) return;
    shown = false;
    // Emptied first: tmux takes the second screen back to the width at which it was entered, and pushes what it wraps by that
    // into the scrollback of the first.
    const table = secondScreen ? "\x1b[H\x1b[J\x1b[?1049l" : drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : "";
    screen.write(`${table}\x1b[?25h`);
  };
  const close = (): void => {
    for (const stop of stops.splice(0)) stop();
    leave();
  };
  return {
    show(event, state) {
      latest = state;
      if (event.type === "run-started") {
        enter();
        stops.push(every(100, draw), screen.onResize(draw));
        if (screen.onPause !== undefined) stops.push(screen.onPause(leave, enter));
      } else if (event.type === "cancel-requested") draw();
      else if (event.type === "run-finished") {
        close();
        const text = [...closingLines(state, palette, sizeNow().columns), ...summaryLines(state, palette)];
        screen.write(`${text.join("\n")}\n`);
      }
    },
    close,
  };
}
