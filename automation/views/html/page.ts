// A run as one HTML page that needs nothing else: no network (its own policy forbids it), no script to be read, light or dark as
// the reader likes, and every part reachable with a keyboard. Made from the journal, so a run of last year has one too.
import type { StackId } from "../../events.ts";
import type { Report, ReportStatus, StackReport } from "../../report.ts";
import type { RunState, StackState } from "../../runState.ts";
import { criticalPath } from "../forecast.ts";
import { duration, plural, statusWord, unclosedText } from "../words.ts";
import { graphSvg } from "./graph.ts";
import { pageLogs } from "./logs.ts";
import { html, type Markup, trusted } from "./markup.ts";
import { script } from "./script.ts";
import { countChips, failureOf, stackSection } from "./stack.ts";
import { anchorOf, toneOf } from "./status.ts";
import { style } from "./style.ts";
import { timelineOf } from "./timeline.ts";

/** The page of a run. `logOf` gives what a stack printed, or undefined. */
export function htmlReport(
  state: RunState,
  report: Report,
  logOf: (stack: StackId) => string | undefined = () => undefined,
): string {
  const path = criticalPath(state);
  const critical = new Set(path.length > 1 ? path : []);
  const logs = pageLogs(report.stacks, logOf);
  const title = `tutti ${report.operation}${where(report)} · ${verdict(report)}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#stacks">To the stacks</a>
${top(report)}
<main>
${report.status === "interrupted" && html`<p class="pill bad" role="status">This run was cut off; what it said up to then is here. tutti resume ${report.runId} goes on with it.</p>`}
${report.unclosed && html`<p class="pill warn" role="status">${unclosedText}</p>`}
${cards(report, path)}
${trouble(report)}
${
  report.stacks.length > 0 &&
  html`<section aria-labelledby="graph"><div class="head"><h2 id="graph">Graph</h2><div class="tools" hidden><button id="fit" aria-pressed="false" hidden>Fit to width</button></div><div class="legend"><span><b>━</b> critical path</span>${report.stacks.some(({ task }) => task) && html`<span><i class="round"></i> task</span>`}<span>what is right waits for what is left</span></div></div>
<div class="scroll" tabindex="0" role="region" aria-label="Graph">${graphSvg(report, critical)}</div></section>
<section aria-labelledby="timeline"><div class="head"><h2 id="timeline">Timeline</h2><div class="legend">${critical.size > 0 && html`<span><b>◆</b> critical path: ${path.length > 6 ? `${path.length} stacks` : path.join(" ▸ ")}</span>`}<span>${report.status === "finished" ? `${state.concurrency} at once` : ""}</span></div></div>
${timelineOf(state, report, critical)}</section>
`
}
<section aria-labelledby="stacks"><div class="head"><h2 id="stacks" tabindex="-1">Stacks</h2><div class="tools" hidden>${filters(report)}<input type="search" id="search" placeholder="Find a stack" aria-label="Find a stack"><button id="expand" aria-pressed="false">Open all</button><span id="shown" class="note" role="status"></span></div></div>
<div>${report.stacks.map((stack) => stackSection(state.stacks.get(stack.id)!, stack, state, logs.get(stack.id), critical.has(stack.id)))}</div>
<p class="none" id="none"${report.stacks.length > 0 && html` hidden`}>No stack.</p></section>
</main>
<footer>Made by tutti ${report.version} from the journal of run ${report.runId}.</footer>
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.text;
}

function where({ environments }: Report): string {
  return environments.length === 0 ? "" : ` of ${environments.map(({ name }) => name).join(", ")}`;
}

function verdict({ exitCode, status, operation, totals }: Report): string {
  if (status === "interrupted") return "cut off";
  if (exitCode === 0) {
    const found = (totals.succeeded ?? 0) > 0;
    if (operation === "preview") return found ? "changes" : "no changes";
    return operation === "drift" ? (found ? "drift" : "no drift") : "done";
  }
  if (exitCode === 2) return operation === "drift" ? "drift" : "changes";
  return exitCode === 8 || exitCode === 130 || exitCode === 143
    ? "cancelled"
    : exitCode === 12
      ? "needs recovery"
      : "failed";
}

function top(report: Report): Markup {
  const { exitCode, status, startedAt } = report;
  const found =
    exitCode === 2 || (exitCode === 0 && report.operation === "drift" && (report.totals.succeeded ?? 0) > 0);
  const tone = status === "interrupted" ? "bad" : found ? "warn" : exitCode === 0 ? "good" : "bad";
  return html`<header class="top"><div><h1><span class="brand">tutti</span> ${report.operation}<span class="pill ${tone}">${verdict(report)}</span>${report.environments.map(
    ({ name, cloud }) => html`<span class="pill calm">${name}${cloud === "sandbox" && " · sandbox"}</span>`,
  )}</h1>
<p class="meta"><time datetime="${startedAt}">${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC</time> · run <code>${report.runId}</code> · exit code ${exitCode}${
    report.commit !== undefined && html` · commit <code>${report.commit.slice(0, 12)}</code>`
  }${report.argv.length > 0 && html` · <code>tutti ${report.argv.join(" ")}</code>`}</p></div>
<button id="theme" class="theme" hidden>Light or dark</button></header>`;
}

function cards(report: Report, path: readonly StackId[]): Markup {
  const ran = report.stacks.filter(({ startedAt }) => startedAt !== undefined);
  const sumMs = ran.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const onPath = new Set(path);
  const pathMs = ran.filter(({ id }) => onPath.has(id)).reduce((sum, { durationMs }) => sum + durationMs, 0);
  const entries = Object.entries(report.totals) as [ReportStatus, number][];
  const words = entries.map(
    ([status, count]) => `${count} ${statusWord(status as StackState["status"], report.operation)}`,
  );
  const chips = countChips(report);
  const drifted = report.stacks.reduce((sum, { drift }) => sum + new Set(drift.map(({ urn }) => urn)).size, 0);
  const resources =
    report.operation === "drift"
      ? html`${drifted}<small>resources differ from the state</small>`
      : html`${chips.length > 0 ? chips : "none"}<small>${(report.counts.same ?? 0) > 0 && `${plural(report.counts.same!, "resource")} unchanged`}</small>`;
  return html`<dl class="cards">
<div class="card"><dt>Stacks</dt><dd>${report.stacks.length}<small>${words.join(", ")}</small></dd>${
    entries.length > 0 &&
    html`<div class="meter" aria-hidden="true">${entries.map(([status, count]) => html`<i class="${toneOf(status)}" style="flex:${count}"></i>`)}</div>`
  }</div>
<div class="card"><dt>${report.operation === "drift" ? "Drift" : report.operation === "preview" ? "Planned changes" : "Changes"}</dt><dd>${resources}</dd></div>
<div class="card"><dt>Time</dt><dd>${duration(report.durationMs)}<small>${sumMs > 0 && `${duration(sumMs)} of work, ${(sumMs / Math.max(1, report.durationMs)).toFixed(1)} at once on average`}</small></dd></div>
<div class="card"><dt>Critical path</dt><dd>${path.length > 1 ? plural(path.length, "stack") : "none"}<small>${path.length > 1 && `${duration(pathMs)} in a row; ${pathMs > report.durationMs * 0.7 ? "only these make the run shorter" : "more at once would make the run shorter"}`}</small></dd></div>
</dl>`;
}

/** What failed, before everything else; the same failure of several stacks once. Blocked stacks are named with what blocks them. */
function trouble(report: Report): Markup | false {
  const groups = new Map<string, StackReport[]>();
  for (const stack of report.stacks) {
    if (stack.failure === undefined) continue;
    const { message, location, hint } = stack.failure;
    const key = JSON.stringify([message, location, hint]);
    const group = groups.get(key);
    if (group) group.push(stack);
    else groups.set(key, [stack]);
  }
  if (groups.size === 0) return false;
  const failed = [...groups.values()];
  const count = failed.reduce((sum, { length }) => sum + length, 0);
  return html`<section class="trouble" aria-labelledby="trouble"><div class="head"><h2 id="trouble">${plural(count, "stack")} failed</h2></div>
${failed.map((group) => {
  const ids = new Set(group.map(({ id }) => id));
  const held = report.stacks.filter(({ because }) => because !== undefined && ids.has(because));
  return html`<div class="one"><b>${links(group)}</b>${failureOf(group[0]!)}${
    held.length > 0 &&
    html`<p class="note">Because of it ${plural(held.length, "stack")} did not run: ${links(held)}.</p>`
  }</div>`;
})}</section>`;
}

function links(stacks: readonly StackReport[]): Markup {
  const shown = stacks.slice(0, 12).map(({ id }, at) => html`${at > 0 && ", "}<a href="#${anchorOf(id)}">${id}</a>`);
  return html`${shown}${stacks.length > 12 && ` and ${stacks.length - 12} more`}`;
}

function filters(report: Report): readonly Markup[] {
  const words = new Map<string, number>();
  for (const { status } of report.stacks) {
    const word = statusWord(status as StackState["status"], report.operation);
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  if (words.size < 2) return [];
  return [...words].map(
    ([word, count]) => html`<button data-status="${word}" aria-pressed="false">${count} ${word}</button>`,
  );
}
