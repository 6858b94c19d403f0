// One stack of the page: a line that opens into why it ran, what it did, what it found, what went wrong and what it printed.
import { stripVTControlCharacters } from "node:util";
import type { StackReport } from "../../report.ts";
import type { RunState, StackState } from "../../runState.ts";
import { duration, plural, shortType, shortValue, sign, statusWord } from "../words.ts";
import { changeTree, kindOf } from "./changes.ts";
import { html, type Markup } from "./markup.ts";
import { anchorOf, signOf, toneOf } from "./status.ts";

/** A log as far as the page holds it. */
export interface PageLog {
  readonly text: string;
  /** Lines left out before it. */
  readonly omitted: number;
}

/** The stack with everything known of it; failed ones stand open. */
export function stackSection(
  stack: StackState,
  report: StackReport,
  state: RunState,
  log: PageLog | undefined,
  critical: boolean,
): Markup {
  const { operation } = state;
  const word = statusWord(report.status as StackState["status"], operation);
  const failed = report.failure !== undefined;
  const tree = operation === "drift" ? undefined : changeTree(stack, state);
  const found = driftOf(stack);
  const said = diagnosticsOf(stack);
  return html`<details class="stack ${toneOf(report.status)}" id="${anchorOf(stack.id)}" data-name="${stack.id}" data-status="${word}"${failed && html` open`}>
<summary><span class="sign" aria-hidden="true">${signOf(report.status)}</span><span class="name">${stack.id}</span>${stack.isTask && html`<span class="kind">task</span>`}${
    critical &&
    html`<span class="critical-mark" title="on the critical path">◆<span class="hidden"> on the critical path</span></span>`
  }<span class="word">${word}</span>${operation !== "drift" && countChips(report)}${
    found !== undefined && html`<span class="chip update">~ ${new Set(stack.drift.map(({ urn }) => urn)).size}</span>`
  }<span class="reason">${failed ? "" : (report.reason ?? "")}</span><span class="time">${report.startedAt !== undefined && duration(report.durationMs)}</span></summary>
<div class="body">
${failed && failureOf(report)}
${report.pending !== undefined && report.pending.length > 0 && html`<p class="bad">Unfinished: ${report.pending.map((urn) => html`<code>${urn}</code> `)}</p>`}
${tree}
${found}
${report.changedOutputs.length > 0 && html`<p><span class="dim">outputs changed</span> ${report.changedOutputs.map((name) => html`<code>${name}</code> `)}</p>`}
${said}
<p class="dim">Part of the run: ${report.selected}.${
    report.waitsFor.length > 0 &&
    html` Waited for ${report.waitsFor.map((id, at) => html`${at > 0 && ", "}<a href="#${anchorOf(id)}">${id}</a>`)}.`
  }${report.startedAt !== undefined && html` Began <time datetime="${report.startedAt}">${report.startedAt.slice(11, 19)} UTC</time>.`}${
    report.approximate.length > 0 && html` Approximate in the sandbox: ${report.approximate.join(", ")}.`
  }</p>
${
  log !== undefined &&
  log.text.trim() !== "" &&
  html`<details class="log"><summary>Log${log.omitted > 0 && ` (the last lines; ${plural(log.omitted, "line")} before are left out)`}</summary><pre tabindex="0">${stripVTControlCharacters(log.text)}</pre></details>`
}
</div></details>
`;
}

/** How many resources each operation touched, signs and numbers. */
export function countChips({ counts }: Pick<StackReport, "counts">): readonly Markup[] {
  const shown = [
    ["create", "created"],
    ["import", "imported"],
    ["update", "updated"],
    ["replace", "replaced"],
    ["delete", "deleted"],
  ] as const;
  return shown
    .filter(([op]) => (counts[op] ?? 0) > 0)
    .map(
      ([op, word]) =>
        html`<span class="chip ${kindOf(op)}" title="${counts[op]!} ${word}">${sign(op)!} ${counts[op]!}<span class="hidden"> ${word}</span></span>`,
    );
}

/** Why a stack failed and what to do. */
export function failureOf({ failure }: StackReport): Markup | undefined {
  if (failure === undefined) return undefined;
  const { message, urn, location, hint } = failure;
  return html`<div class="failure"><pre>${message}</pre>${urn !== undefined && html`<p>resource <code>${urn.split("::").at(-1)!}</code></p>`}${
    location !== undefined && html`<p>at <code>${location}</code></p>`
  }${hint !== undefined && html`<p>${hint}</p>`}</div>`;
}

function driftOf({ drift }: StackState): Markup | undefined {
  if (drift.length === 0) return undefined;
  return html`<table class="drift"><caption>What the cloud has otherwise than the state</caption><thead><tr><th scope="col">resource</th><th scope="col">property</th><th scope="col">state</th><th scope="col">cloud</th></tr></thead><tbody>${drift.map(
    ({ urn, property, old, new: now }) => {
      const [, , types = "", name = ""] = urn.split("::");
      return html`<tr><td><code class="type">${shortType(types.split("$").at(-1)!)}</code> <b>${name}</b></td>${
        property === ""
          ? html`<td colspan="3" class="bad">is gone</td>`
          : html`<td><code>${property}</code></td><td><code>${shortValue(old, 200)}</code></td><td><code>${shortValue(now, 200)}</code></td>`
      }</tr>`;
    },
  )}</tbody></table>`;
}

function diagnosticsOf({ diagnostics, outcome }: StackState): Markup | undefined {
  const failure = outcome !== undefined && "failure" in outcome ? outcome.failure.message : undefined;
  const said = new Set<string>();
  const shown = diagnostics.filter(
    ({ severity, message }) =>
      severity !== "info" && !(severity === "error" && message === failure) && !said.has(message) && said.add(message),
  );
  if (shown.length === 0) return undefined;
  return html`<ul class="said">${shown.map(
    ({ severity, message, location }) =>
      html`<li class="${severity === "error" ? "bad" : "warn"}"><b>${severity}</b> <span>${message}</span>${location !== undefined && html` <code>${location}</code>`}</li>`,
  )}</ul>`;
}
