// When each stack ran, one row each in the order they began: how long it waited for a free place, how long it ran, and which of
// them decided when the run ended.
import type { StackId } from "../../events.ts";
import type { Report } from "../../report.ts";
import type { RunState, StackState } from "../../runState.ts";
import { duration, plural, statusWord } from "../words.ts";
import { html, type Markup } from "./markup.ts";
import { anchorOf, signOf, toneOf } from "./status.ts";

/** Draws the rows of every stack that was attempted. */
export function timelineOf(state: RunState, report: Report, critical: ReadonlySet<StackId>): Markup {
  const beginMs = state.startedAtMs ?? 0;
  const totalMs = Math.max(1, report.durationMs);
  const rows = report.stacks
    .flatMap((stack) => {
      const { startedAtMs } = state.stacks.get(stack.id) ?? {};
      return startedAtMs === undefined ? [] : [{ stack, startMs: Math.max(0, startedAtMs - beginMs) }];
    })
    .sort((a, b) => a.startMs - b.startMs);
  const absent = report.stacks.length - rows.length;
  const percent = (ms: number): string => `${Math.max(0, Math.min(100, (ms / totalMs) * 100)).toFixed(3)}%`;
  const marks = ticks(totalMs);
  const readyMs = (stack: StackState): number =>
    stack.waitsFor.reduce((latest, id) => Math.max(latest, (state.stacks.get(id)?.finishedAtMs ?? 0) - beginMs), 0);
  return html`<div class="timeline" tabindex="0" role="region" aria-label="Timeline">
<div class="axis" aria-hidden="true"><span></span><div class="track">${marks.map((ms) => html`<span style="left:${percent(ms)}">${tickLabel(ms)}</span>`)}</div></div>
<ol>${rows.map(({ stack, startMs }) => {
    const on = critical.has(stack.id);
    const ready = Math.min(startMs, readyMs(state.stacks.get(stack.id)!));
    const word = statusWord(stack.status as StackState["status"], report.operation);
    const waited = startMs - ready;
    // A label that would leave the track goes to the left of its bar.
    const late = (startMs + stack.durationMs) / totalMs > 0.88;
    return html`<li class="${toneOf(stack.status)}${on ? " critical" : ""}"><a href="#${anchorOf(stack.id)}"><span class="sign" aria-hidden="true">${signOf(stack.status)}</span>${stack.id}</a><div class="track">${
      waited > totalMs / 200 &&
      html`<i class="queue" style="left:${percent(ready)};width:${percent(waited)}" title="waited ${duration(waited)} for a free place"></i>`
    }<i class="bar" style="left:${percent(startMs)};width:${percent(stack.durationMs)}"></i><span class="label${late ? " late" : ""}" style="${late ? html`right:calc(100% - ${percent(startMs)})` : html`left:${percent(startMs + stack.durationMs)}`}">${duration(stack.durationMs)}<span class="hidden"> ${word}, from ${duration(startMs)}${on ? ", on the critical path" : ""}</span></span></div></li>\n`;
  })}</ol></div>
${absent > 0 && html`<p class="note">${plural(absent, "more stack")} never began.</p>`}`;
}

/** Between four and ten round moments, milliseconds. */
function ticks(totalMs: number): readonly number[] {
  const rough = totalMs / 7;
  const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000];
  const step = steps.find((one) => one >= rough) ?? Math.ceil(rough / 3_600_000) * 3_600_000;
  return Array.from({ length: Math.floor((totalMs * 0.97) / step) + 1 }, (_, at) => at * step);
}

function tickLabel(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 60_000) return `${ms / 1000}s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  if (minutes < 60) return seconds === 0 ? `${minutes}m` : `${minutes}m ${seconds}s`;
  return `${Math.floor(minutes / 60)}h${minutes % 60 === 0 ? "" : ` ${minutes % 60}m`}`;
}
