// The live table of a run as lines of text: a row a stack, what failed in full, an overview of what does not padded, progress
// and the critical path. Pure: state, moment and size in; lines out, never wider nor higher than the size.
//
// 1. What matters is shown first when there is little room: what runs and what failed, then what can start next.
// 2. Narrow terminals lose columns in this order: the gauge, the words beside the counts, the expected time, the counts.
import type { StackId } from "../events.ts";
import type { RunState, StackState } from "../runState.ts";
import type { Palette } from "./color.ts";
import { type Forecast, forecast, isOpen, type Timings } from "./forecast.ts";
import { padded, widthOf, wrap } from "./width.ts";
import { compactCounts, countsText, duration, paintStatus, plural, shortType, sign, statusWord } from "./words.ts";

export interface TableSize {
  readonly columns: number;
  readonly rows: number;
}
export interface TableStyle {
  readonly palette: Palette;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
  /** How long stacks took last time. Default: nothing is known. */
  readonly timings?: Timings;
}

interface Glyphs {
  readonly spinner: readonly string[];
  readonly marks: Readonly<Record<Exclude<StackState["status"], "running">, string>>;
  readonly critical: string;
  readonly cut: string;
  readonly gauge: readonly [full: string, empty: string];
  readonly bar: readonly [full: string, head: string, empty: string];
  readonly next: string;
  readonly cells: Readonly<Partial<Record<StackState["status"], string>>> & { readonly other: string };
  readonly dot: string;
}

const unicodeGlyphs: Glyphs = {
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
  marks: {
    succeeded: "✔",
    unchanged: "✔",
    skipped: "○",
    waiting: "·",
    failed: "✖",
    blocked: "⊘",
    "timed-out": "✖",
    "needs-recovery": "✖",
    cancelled: "■",
    "awaiting-approval": "?",
  },
  critical: "◆",
  cut: "…",
  gauge: ["█", "░"],
  bar: ["━", "╸", "─"],
  next: " ▸ ",
  cells: {
    waiting: "·",
    running: "▣",
    skipped: "□",
    unchanged: "■",
    failed: "✖",
    blocked: "⊘",
    cancelled: "⊘",
    other: "■",
  },
  dot: " · ",
};
const asciiGlyphs: Glyphs = {
  spinner: ["|", "/", "-", "\\"],
  marks: {
    succeeded: "+",
    unchanged: "=",
    skipped: "o",
    waiting: ".",
    failed: "x",
    blocked: "x",
    "timed-out": "x",
    "needs-recovery": "!",
    cancelled: "#",
    "awaiting-approval": "?",
  },
  critical: "*",
  cut: "~",
  gauge: ["#", "."],
  bar: ["=", ">", "-"],
  next: " > ",
  cells: {
    waiting: ".",
    running: "o",
    skipped: "-",
    unchanged: "=",
    failed: "x",
    blocked: "/",
    cancelled: "/",
    other: "+",
  },
  dot: ", ",
};

interface Frame {
  readonly state: RunState;
  readonly nowMs: number;
  readonly columns: number;
  readonly palette: Palette;
  readonly glyphs: Glyphs;
  readonly timings: Timings;
  readonly forecast: Forecast;
  readonly critical: ReadonlySet<StackId>;
  readonly widths: Widths;
}

interface Widths {
  readonly id: number;
  /** 0: left out. */
  readonly gauge: number;
  readonly elapsed: number;
  readonly expected: number;
  readonly counts: number;
}

/** The table at this moment. At most `rows - 1` lines: a full screen would scroll at every redraw. */
export function tableLines(state: RunState, nowMs: number, size: TableSize, style: TableStyle): readonly string[] {
  const height = Math.max(1, size.rows - 1);
  const columns = Math.max(1, size.columns - 1);
  const timings = style.timings ?? new Map();
  const looked = forecast(state, timings, nowMs);
  const stacks = [...state.stacks.values()];
  const glyphs = style.unicode ? unicodeGlyphs : asciiGlyphs;
  const base = { state, nowMs, columns, palette: style.palette, glyphs, timings, forecast: looked };
  const critical = new Set(looked.criticalPath.length > 1 ? looked.criticalPath : []);
  const draft: Frame = { ...base, critical, widths: { id: 0, gauge: 0, elapsed: 0, expected: 0, counts: 0 } };
  const foot = footer(draft, height);
  const room = Math.max(0, height - foot.length);
  const shown = stacks.length <= room ? stacks : mostInteresting(stacks, Math.max(0, room - 1));
  const frame: Frame = { ...draft, widths: widthsFor(draft, shown) };

  // What is left of the room goes to what failed, then to the overview of everything. Where some stacks are hidden anyway, a
  // few more make room for why the newest failures happened.
  const hidden = stacks.length - shown.length;
  const map = hidden > 0 && room >= 16 ? overview(frame, stacks, Math.min(8, Math.floor(room / 3))) : [];
  const why = reasons(frame, stacks, hidden > 0 ? Math.floor((room - map.length) / 4) : room - shown.length);
  const lines = [...why.values()].reduce((sum, { length }) => sum + length, 0);
  const visible = hidden > 0 ? mostInteresting(stacks, Math.max(0, room - 1 - map.length - lines)) : shown;
  const rows = visible.flatMap((stack) => [row(frame, stack, why.has(stack)), ...(why.get(stack) ?? [])]);
  const rest = hidden > 0 && room > 0 ? [hiddenLine(frame, stacks, visible)] : [];
  return [...rows, ...rest, ...map, ...foot]
    .slice(0, height)
    .map((line) => (widthOf(line) > columns ? padded(line, columns, glyphs.cut) : line));
}

/** What failed stacks have to say beside their rows, the newest first, as far as so many lines hold it. */
function reasons(
  frame: Frame,
  stacks: readonly StackState[],
  room: number,
): ReadonlyMap<StackState, readonly string[]> {
  const found = new Map<StackState, readonly string[]>();
  const failed = stacks.filter(({ outcome }) => outcome !== undefined && "failure" in outcome);
  failed.sort((a, b) => (b.finishedAtMs ?? 0) - (a.finishedAtMs ?? 0));
  let left = room;
  for (const stack of failed) {
    const lines = failureOf(frame, stack).slice(0, left);
    if (lines.length > 0) found.set(stack, lines);
    left -= lines.length;
  }
  return found;
}

/** Running and failed stacks first, then what can start next, then what is lost, then what is done; each in plan order. */
function mostInteresting(stacks: readonly StackState[], room: number): readonly StackState[] {
  const rank = ({ status }: StackState): number =>
    status === "running" ? 1 : status === "waiting" ? 2 : isLost(status) ? 3 : isFine(status) ? 4 : 0;
  const byRank: StackState[][] = [[], [], [], [], []];
  for (const stack of stacks) byRank[rank(stack)]!.push(stack);
  // Room for what runs is never taken by what failed, nor the other way round.
  const [failed, running, ...others] = byRank as [StackState[], StackState[], ...StackState[][]];
  const half = Math.ceil(room / 2);
  const forFailed = Math.min(failed.length, Math.max(half, room - running.length));
  const first = [...failed.slice(-forFailed), ...running].slice(0, room);
  const chosen = new Set(first);
  for (const stack of others.flat()) if (chosen.size < room) chosen.add(stack);
  return stacks.filter((stack) => chosen.has(stack));
}

/** It will not be attempted any more, through no fault of its own; one failure may do that to hundreds. */
function isLost(status: StackState["status"]): boolean {
  return status === "blocked" || status === "cancelled";
}

function isFine(status: StackState["status"]): boolean {
  return status === "succeeded" || status === "unchanged" || status === "skipped";
}

function widthsFor({ columns, state, timings, palette }: Frame, shown: readonly StackState[]): Widths {
  const longest = Math.max(4, ...shown.map(({ id }) => id.length));
  const id = Math.min(longest, Math.max(12, Math.floor(columns / 3)));
  const counts = shown.map((stack) => widthOf(countsOf(stack, state, columns >= 110, palette)));
  return {
    id,
    gauge: columns >= 70 ? Math.max(10, ...shown.map(({ status }) => statusWord(status, state.operation).length)) : 0,
    elapsed: 7,
    expected: columns >= 60 && shown.some((stack) => timings.has(stack.id)) ? 9 : 0,
    counts: columns >= 40 ? Math.min(Math.max(0, ...counts), Math.floor(columns / 3)) : 0,
  };
}

function countsOf(stack: StackState, { operation = "up" }: RunState, words: boolean, palette: Palette): string {
  if (operation === "drift") return stack.drift.length === 0 ? "" : palette.yellow(`~ ${stack.drift.length}`);
  return words ? countsText(stack.counts, operation, palette) : compactCounts(stack.counts, palette);
}

/** `told`: why it failed stands below where it does not fit here. */
function row(frame: Frame, stack: StackState, told: boolean): string {
  const { columns, palette, glyphs } = frame;
  const before = rowHead(frame, stack);
  const room = columns - widthOf(before) - 2;
  const what = about(frame, stack);
  const whole = widthOf(what) <= room;
  if (what === "" || room < 4 || (told && !whole)) return before.trimEnd();
  const text = whole ? what : padded(what, room, glyphs.cut).trimEnd();
  return `${before}  ${stack.outcome !== undefined && !isFine(stack.status) ? paintStatus(stack.status, palette)(text) : palette.dim(text)}`;
}

/** A row without its text: mark, name, state, times and counts. */
function rowHead(frame: Frame, stack: StackState): string {
  const { state, nowMs, palette, glyphs, timings, widths, columns, critical } = frame;
  const paint = paintStatus(stack.status, palette);
  const running = stack.status === "running";
  const mark = running
    ? glyphs.spinner[Math.floor(nowMs / 100) % glyphs.spinner.length]!
    : (glyphs.marks as Partial<Record<StackState["status"], string>>)[stack.status]!;
  const elapsed = running ? nowMs - (stack.startedAtMs ?? nowMs) : stack.durationMs;
  const expected = timings.get(stack.id);
  const attempted = stack.startedAtMs !== undefined && elapsed !== undefined;
  const word = statusWord(stack.status, state.operation);
  const id = padded(stack.id, widths.id, glyphs.cut);
  const cells = [
    `${paint(mark)} ${running ? palette.bold(id) : stack.status === "waiting" ? palette.dim(id) : id}`,
    critical.has(stack.id) ? palette.magenta(glyphs.critical) : " ",
  ];
  if (widths.gauge > 0)
    cells.push(
      running && expected !== undefined && attempted
        ? gauge(frame, elapsed / expected, widths.gauge)
        : paint(padded(word, widths.gauge, glyphs.cut)),
    );
  cells.push((attempted ? duration(elapsed) : "").padStart(widths.elapsed));
  if (widths.expected > 0) cells.push(palette.dim(padded(besideExpected(stack, expected), widths.expected, "")));
  if (widths.counts > 0) cells.push(padded(countsOf(stack, state, columns >= 110, palette), widths.counts, glyphs.cut));
  return cells.join(" ");
}

/** What it took last time, where that says something: not beside a stack that was left out or is done as expected. */
function besideExpected({ status }: StackState, expected: number | undefined): string {
  return expected === undefined || (status !== "running" && status !== "waiting") ? "" : `/ ${duration(expected)}`;
}

function gauge({ palette, glyphs }: Frame, part: number, width: number): string {
  const full = Math.round(Math.max(0, Math.min(1, part)) * width);
  const [on, off] = glyphs.gauge;
  return (part > 1.5 ? palette.yellow : palette.cyan)(on.repeat(full)) + palette.dim(off.repeat(width - full));
}

/** What it does, waits for, or why it ended so. */
function about(frame: Frame, stack: StackState): string {
  const { outcome } = stack;
  if (stack.status === "running") return current(stack, frame.nowMs);
  if (stack.status === "waiting")
    return frame.state.cancel === undefined ? waitsFor(stack, frame.state) : "does not start any more";
  switch (outcome?.type) {
    case "failed":
    case "needs-recovery":
      return firstLine(outcome.failure.message);
    case "blocked":
      return `because of ${outcome.because}`;
    case "skipped":
      return outcome.reason;
    case "timed-out":
      return `not finished after ${duration(outcome.afterMs)}`;
    default:
      return "";
  }
}

/** The resource that was begun last: components are begun before their parts, and the stack before all. */
function current(stack: StackState, nowMs: number): string {
  let newest: { readonly resourceType: string; readonly name: string; readonly sinceMs: number } | undefined;
  let more = -1;
  let op = "";
  for (const resource of stack.resources.values()) {
    if (resource.status !== "started" || resource.resourceType === "pulumi:pulumi:Stack") continue;
    newest = resource;
    op = sign(resource.op) ?? "";
    more++;
  }
  if (newest === undefined) return "";
  const since = nowMs - newest.sinceMs;
  return [
    `${op === "" ? "" : `${op} `}${shortType(newest.resourceType)} ${newest.name}`,
    since >= 5000 ? `for ${duration(since)}` : "",
    more > 0 ? `and ${more} more` : "",
  ]
    .filter((part) => part !== "")
    .join("  ");
}

function isOpenIn(state: RunState, id: StackId): boolean {
  const stack = state.stacks.get(id);
  return stack !== undefined && isOpen(stack);
}

function waitsFor(stack: StackState, state: RunState): string {
  const open = stack.waitsFor.filter((id) => isOpenIn(state, id));
  if (open.length === 0) return state.tally.running === undefined ? "" : "waits for a free place";
  return `waits for ${open.slice(0, 3).join(", ")}${open.length > 3 ? ` and ${open.length - 3} more` : ""}`;
}

/** What a row of a failed stack has no room for. */
function failureOf(frame: Frame, stack: StackState): readonly string[] {
  const { columns, palette } = frame;
  const { outcome } = stack;
  if (outcome === undefined || !("failure" in outcome)) return [];
  const { message, location, hint } = outcome.failure;
  const first = firstLine(message);
  const begun = columns - widthOf(rowHead(frame, stack)) - 2 >= widthOf(first);
  const rest = begun ? message.slice(first.length + 1) : message;
  const text = [
    ...(rest === "" ? [] : wrap(rest, columns - 4).slice(0, 4)),
    ...(location === undefined ? [] : [`at ${location}`]),
    ...(hint === undefined ? [] : wrap(hint, columns - 4).slice(0, 2)),
  ];
  return text.map((line) => `    ${palette.red(line)}`);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}

function hiddenLine(
  { palette, state, glyphs, columns }: Frame,
  stacks: readonly StackState[],
  visible: readonly StackState[],
): string {
  const seen = new Set(visible);
  const tally = new Map<string, number>();
  for (const stack of stacks) {
    if (seen.has(stack)) continue;
    const word = statusWord(stack.status, state.operation);
    tally.set(word, (tally.get(word) ?? 0) + 1);
  }
  const parts = [...tally].sort(([, a], [, b]) => b - a).map(([word, count]) => `${count} ${word}`);
  const head = `  and ${plural(stacks.length - visible.length, "more stack")}`;
  const texts = parts.map(
    (_, at) => `${head}: ${[...parts.slice(0, parts.length - at), ...(at > 0 ? [glyphs.cut] : [])].join(", ")}`,
  );
  return palette.dim(firstFit([...texts, head], columns));
}

/** The first of several texts, each shorter than the one before, that fits; the last when none does. */
function firstFit(texts: readonly string[], columns: number): string {
  return texts.find((text) => widthOf(text) <= columns) ?? texts.at(-1)!;
}

/** Every stack as one character, in plan order; as many lines as it takes, or none when it takes too many. */
function overview({ columns, palette, glyphs }: Frame, stacks: readonly StackState[], most: number): readonly string[] {
  const width = Math.min(columns - 2, 160);
  if (width < 20 || Math.ceil(stacks.length / width) > most) return [];
  const cells = stacks.map(({ status }) => {
    const bad = status === "timed-out" || status === "needs-recovery";
    const cell = bad ? glyphs.cells.failed! : (glyphs.cells[status] ?? glyphs.cells.other);
    return paintStatus(status, palette)(cell);
  });
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += width) lines.push(`  ${cells.slice(at, at + width).join("")}`);
  return lines;
}

function footer(frame: Frame, height: number): readonly string[] {
  const { state, nowMs, columns, palette, glyphs, forecast: looked } = frame;
  const { tally, startedAtMs = nowMs, cancel, operation = "up" } = state;
  const total = state.stacks.size;
  const running = tally.running ?? 0;
  const lost = (tally.blocked ?? 0) + (tally.cancelled ?? 0);
  const done = total - (tally.waiting ?? 0) - running - lost;
  const bad = (tally.failed ?? 0) + (tally["timed-out"] ?? 0) + (tally["needs-recovery"] ?? 0);
  const time = duration(Math.max(0, nowMs - startedAtMs));
  const left = looked.leftMs === undefined || looked.leftMs < 500 ? "" : `, about ${roundDuration(looked.leftMs)} left`;
  const percent = `${String(Math.floor(looked.progress * 100)).padStart(3)}%`;
  const texts = (counted: string, alsoRunning: boolean): string => {
    const facts = [
      counted,
      alsoRunning && running > 0 ? `${running} running` : "",
      bad > 0 ? palette.red(`${bad} failed`) : "",
    ].filter((fact) => fact !== "");
    return `${palette.bold(operation)} ${percent}  ${facts.join(glyphs.dot)}  ${time}`;
  };
  const whole = texts(`${done} of ${total} done`, true);
  const shorter = [whole, texts(`${done} of ${total} done`, false), texts(`${done}/${total}`, false)];
  const text = firstFit([`${whole}${left}`, ...shorter], columns);
  const barWidth = Math.min(40, columns - widthOf(text) - 2);
  const first = barWidth >= 8 ? `${bar(frame, looked.progress, barWidth)}  ${text}` : text;
  const lines = height >= 10 ? ["", first] : [first];
  if (cancel !== undefined) {
    lines.push(palette.yellow(firstFit(stopTexts(state, cancel.level), columns)));
    if (cancel.level === 1 && running > 0 && height >= 5) lines.push(palette.yellow(inFlight(frame)));
  } else if (height >= 6 && looked.criticalPath.length > 1) lines.push(pathLine(frame));
  return lines;
}

function bar({ state, palette, glyphs }: Frame, progress: number, width: number): string {
  const [on, head, off] = glyphs.bar;
  const full = Math.floor(progress * width);
  const { failed = 0, blocked = 0 } = state.tally;
  const paint = failed + blocked > 0 ? palette.red : palette.green;
  if (full >= width) return paint(on.repeat(width));
  return paint(on.repeat(full) + (full > 0 ? head : "")) + palette.dim(off.repeat(width - full - (full > 0 ? 1 : 0)));
}

/** Estimates carry no tenths. */
function roundDuration(ms: number): string {
  return ms < 60_000 ? `${Math.max(1, Math.round(ms / 1000))}s` : duration(ms);
}

function stopTexts({ tally }: RunState, level: 1 | 2 | 3): readonly string[] {
  const running = plural(tally.running ?? 0, "stack");
  const begun = `stopping: nothing new starts, ${running} still running`;
  if (level === 1) return [`${begun}; Ctrl+C again interrupts`, "stopping; Ctrl+C again interrupts"];
  if (level === 2) return [`interrupting ${running}; Ctrl+C again kills`, "Ctrl+C again kills"];
  return ["killed: look at what `tutti report` says needs recovery", "killed: see `tutti report`"];
}

/** The countdown after one interrupt: what is in flight, the one that ends last first. */
function inFlight({ state, timings, nowMs }: Frame): string {
  const running = [...state.stacks.values()].filter(({ status }) => status === "running");
  const left = (stack: StackState): number | undefined => {
    const expected = timings.get(stack.id);
    return expected === undefined ? undefined : expected - (nowMs - (stack.startedAtMs ?? nowMs));
  };
  const text = running
    .sort((a, b) => (left(b) ?? 0) - (left(a) ?? 0))
    .slice(0, 4)
    .map((stack) => {
      const ms = left(stack);
      return `${stack.id}${ms !== undefined && ms > 500 ? ` about ${roundDuration(ms)}` : ""}`;
    });
  return `in flight: ${text.join(", ")}${running.length > 4 ? ` and ${running.length - 4} more` : ""}`;
}

/** The chain that decides when the run ends: where it stands now, where it ends, and as much of what is between as fits. */
function pathLine({ columns, palette, glyphs, forecast: looked, state }: Frame): string {
  const label = "critical path";
  const ids = looked.criticalPath;
  const last = ids.length - 1;
  const open = ids.findIndex((id) => isOpenIn(state, id));
  const now = open === -1 ? last : open;
  const after = ids.flatMap((_, at) => (at > now && at < last ? [at] : []));
  const before = ids.flatMap((_, at) => (at < now ? [at] : [])).reverse();
  let shown: readonly string[] = [];
  let kept = new Set<number>();
  for (const at of [now, last, ...after, ...before].slice(0, mostOfPath)) {
    const more = new Set([...kept, at]);
    const parts = ids.flatMap((id, place) =>
      more.has(place) ? [id] : more.has(place - 1) || place === 0 ? [glyphs.cut] : [],
    );
    if (kept.size > 0 && widthOf(`${glyphs.critical} ${label} ${parts.join(glyphs.next)}`) > columns) break;
    kept = more;
    shown = parts;
  }
  const paint = (part: string): string => {
    const stack = state.stacks.get(part as StackId);
    return stack === undefined ? palette.dim(part) : paintStatus(stack.status, palette)(part);
  };
  return `${palette.magenta(glyphs.critical)} ${palette.dim(label)} ${shown.map(paint).join(palette.dim(glyphs.next))}`;
}

/** Members of a path in a line that is wide enough for any number. */
const mostOfPath = 30;
