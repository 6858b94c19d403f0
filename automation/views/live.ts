// A live table on a terminal: one row a stack, redrawn in place; a stack that failed is told of above it at once, and the
// end of the run is printed like the grouped lines, so that the scrollback reads well.
//
// 1. `tableLines` is pure: state and size in, lines out, never wider or higher than the size.
// 2. The driver hides the cursor, redraws at most every 100 ms, and always shows the cursor again.
import { stripVTControlCharacters } from "node:util";
import type { RunState, StackState } from "../runState.ts";
import type { Palette } from "./color.ts";
import { cancelText } from "./lines.ts";
import { failureLines, stackDetails, stackHeading } from "./stackText.ts";
import { summaryLines } from "./summary.ts";
import type { Screen, View } from "./view.ts";
import { countsText, duration, paintStatus, plural, shortType, statusWord } from "./words.ts";

export interface TableSize {
  readonly columns: number;
  readonly rows: number;
}
export interface TableStyle {
  readonly palette: Palette;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

const spinner = { unicode: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"], ascii: ["|", "/", "-", "\\"] };
const marks: Readonly<Partial<Record<StackState["status"], readonly [unicode: string, ascii: string]>>> = {
  succeeded: ["✔", "+"],
  unchanged: ["✔", "="],
  skipped: ["○", "o"],
  waiting: ["·", "."],
  failed: ["✖", "x"],
  blocked: ["✖", "x"],
  "timed-out": ["✖", "x"],
  "needs-recovery": ["✖", "!"],
  cancelled: ["■", "#"],
};

/** The table at this moment. At most `rows - 1` lines: a full screen would scroll at every redraw. */
export function tableLines(state: RunState, nowMs: number, size: TableSize, style: TableStyle): readonly string[] {
  const stacks = [...state.stacks.values()];
  const room = Math.max(1, size.rows - 3);
  const shown = stacks.length <= room ? stacks : mostInteresting(stacks, room - 1);
  const idWidth = Math.min(
    Math.max(...shown.map(({ id }) => id.length), 4),
    Math.max(12, Math.floor(size.columns / 3)),
  );
  const lines = shown.map((stack) => row(stack, state, nowMs, idWidth, style));
  if (shown.length < stacks.length) lines.push(style.palette.dim(hiddenText(stacks.length - shown.length)));
  return [...lines, footer(state, nowMs, style)].map((line) => cut(line, size.columns));
}

const hiddenText = (count: number): string => `  and ${plural(count, "more stack")}`;

/** Running and failed stacks first, then what waits, then what is done; each in plan order. */
function mostInteresting(stacks: readonly StackState[], room: number): readonly StackState[] {
  const rank = ({ status }: StackState): number =>
    status === "running"
      ? 0
      : status === "waiting"
        ? 2
        : status === "succeeded" || status === "unchanged" || status === "skipped"
          ? 3
          : 1;
  const chosen = new Set([...stacks].sort((a, b) => rank(a) - rank(b)).slice(0, Math.max(0, room)));
  return stacks.filter((stack) => chosen.has(stack));
}

function row(
  stack: StackState,
  state: RunState,
  nowMs: number,
  idWidth: number,
  { palette, unicode }: TableStyle,
): string {
  const { operation = "up" } = state;
  const id = stack.id.length > idWidth ? `${stack.id.slice(0, idWidth - 1)}~` : stack.id.padEnd(idWidth);
  const elapsed = stack.status === "running" ? nowMs - (stack.startedAtMs ?? nowMs) : stack.durationMs;
  const frames = unicode ? spinner.unicode : spinner.ascii;
  const mark =
    stack.status === "running"
      ? frames[Math.floor(nowMs / 100) % frames.length]!
      : (marks[stack.status] ?? ["?", "?"])[unicode ? 0 : 1];
  const paint = paintStatus(stack.status, palette);
  const what = stack.status === "running" ? current(stack) : stack.status === "waiting" ? waitsFor(stack, state) : "";
  const parts = [
    `${paint(mark)} ${id}`,
    paint(statusWord(stack.status, operation).padEnd(9)),
    (stack.startedAtMs === undefined || elapsed === undefined ? "" : duration(elapsed)).padStart(7),
    operation === "drift" ? "" : countsText(stack.counts, operation, palette),
    what === "" ? "" : palette.dim(what),
  ];
  while (parts.at(-1)?.trim() === "") parts.pop();
  return parts.join("  ").trimEnd();
}

/** The resource that was begun last: components are begun before their parts, and the stack before all. */
function current(stack: StackState): string {
  const working = [...stack.resources.values()].filter(({ status }) => status === "started");
  const newest = working.at(-1);
  if (newest === undefined || newest.resourceType === "pulumi:pulumi:Stack") return "";
  return `${shortType(newest.resourceType)} ${newest.name}`;
}

function waitsFor(stack: StackState, state: RunState): string {
  const open = stack.waitsFor.filter((id) => {
    const status = state.stacks.get(id)?.status;
    return status === "waiting" || status === "running";
  });
  return open.length === 0
    ? ""
    : `waits for ${open.slice(0, 3).join(", ")}${open.length > 3 ? ` and ${open.length - 3} more` : ""}`;
}

function footer(state: RunState, nowMs: number, { palette }: TableStyle): string {
  const { tally, operation = "up", startedAtMs = nowMs, cancel } = state;
  const total = state.stacks.size;
  const done = total - (tally.waiting ?? 0) - (tally.running ?? 0);
  const text = `${operation}: ${done} of ${total} done, ${tally.running ?? 0} running, ${duration(Math.max(0, nowMs - startedAtMs))}`;
  return cancel === undefined
    ? palette.bold(text)
    : `${palette.bold(text)}  ${palette.yellow(cancelText(cancel.level))}`;
}

/** A line cut to a width, colours left whole. Characters are counted as one column each. */
export function cut(line: string, columns: number): string {
  if (stripVTControlCharacters(line).length <= columns) return line;
  let width = 0;
  let text = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what a colour begins with
  for (const [piece] of line.matchAll(/\x1b\[[0-9;]*m|[\s\S]/gu)) {
    if (piece.startsWith("\x1b")) text += piece;
    else if (width < columns) {
      text += piece;
      width += 1;
    }
  }
  return text;
}

export interface LiveOptions extends TableStyle {
  readonly screen: Screen;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back every so many milliseconds; returns how to stop. */
  readonly every: (ms: number, run: () => void) => () => void;
}

/** Shows a run as a live table. */
export function createLiveView(options: LiveOptions): View {
  const { screen, palette, now, every } = options;
  let drawn: readonly string[] = [];
  let latest: RunState | undefined;
  let stopTimer: (() => void) | undefined;
  let stopResize: (() => void) | undefined;
  let cursorHidden = false;

  const erase = (): string => (drawn.length === 0 ? "" : `\x1b[${drawn.length}A\r\x1b[J`);
  const draw = (): void => {
    if (latest === undefined) return;
    const size = screen.size() ?? { columns: 80, rows: 24 };
    const lines = tableLines(latest, now(), size, options);
    screen.write(`${erase()}${lines.join("\n")}\n`);
    drawn = lines;
  };
  const above = (lines: readonly string[]): void => {
    const text = lines.map((line) => `${line}\n`).join("");
    screen.write(`${erase()}${text}`);
    drawn = [];
    draw();
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
      switch (event.type) {
        case "run-started":
          screen.write("\x1b[?25l");
          cursorHidden = true;
          stopTimer = every(100, draw);
          // What was drawn for another width may have wrapped: leave it behind and begin anew below it.
          stopResize = screen.onResize(() => {
            screen.write("\x1b[J");
            drawn = [];
            draw();
          });
          draw();
          break;
        case "stack-finished": {
          const stack = state.stacks.get(event.stack);
          if (stack !== undefined) {
            const failure = failureLines(stack, state, palette);
            if (failure.length > 0) above(failure);
          }
          break;
        }
        case "run-finished": {
          screen.write(erase());
          drawn = [];
          const text = [
            ...[...state.stacks.values()].flatMap((stack) => [
              stackHeading(stack, state, palette),
              ...stackDetails(stack, state, palette),
            ]),
            ...summaryLines(state, palette),
          ];
          screen.write(`${text.join("\n")}\n`);
          latest = undefined;
          close();
          break;
        }
        default:
          break;
      }
    },
    close,
  };
}
