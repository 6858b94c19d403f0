// The graph of a run as SVG: a box a stack, with round ends for a task, an edge a dependency, the critical path drawn through. Boxes are links to what the
// stack did, so that it can be used with the keyboard; the list of stacks names the same edges in words.
import type { Report } from "../../report.ts";
import type { StackState } from "../../runState.ts";
import { statusWord } from "../words.ts";
import { labels, layout, type Placed } from "./layout.ts";
import { html, type Markup } from "./markup.ts";
import { anchorOf, signOf, toneOf } from "./status.ts";

/** Draws the graph of a report. */
export function graphSvg(report: Report, critical: ReadonlySet<string>): Markup {
  const { nodes, width, height, nodeHeight } = layout(report.stacks);
  const large = report.stacks.length > 80;
  const edges = report.stacks.flatMap(({ id, waitsFor }) =>
    waitsFor.flatMap((upstream) => {
      const from = nodes.get(upstream);
      const to = nodes.get(id);
      if (from === undefined || to === undefined) return [];
      return [{ from, to, critical: critical.has(id) && critical.has(upstream) }];
    }),
  );
  // What is critical is drawn over what is not.
  const sorted = [...edges.filter((edge) => !edge.critical), ...edges.filter((edge) => edge.critical)];
  const number = new Map(report.stacks.map(({ id }, index) => [id as string, index]));
  return html`<svg class="graph${large ? " large" : ""}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="Graph of ${report.stacks.length} stacks; each is a link to what it did">
<g class="edges" aria-hidden="true">${sorted.map(
    ({ from, to, critical: on }) =>
      html`<path${on ? html` class="critical"` : ""} d="${curve(from, to, nodeHeight)}" data-a="${number.get(from.id)!}" data-b="${number.get(to.id)!}"/>`,
  )}</g>
${report.stacks.map(({ id, status, task }) => {
  const at = nodes.get(id)!;
  const word = statusWord(status as StackState["status"], report.operation);
  const { character, beside } = labels[large ? "large" : "small"];
  const limit = Math.floor((at.width - beside) / character);
  const label = id.length > limit ? `${id.slice(0, Math.max(1, limit - 1))}…` : id;
  const x = round(at.x);
  const y = round(at.y);
  const what = `${id}${task ? ", a task" : ""}: ${word}`;
  const corner = task ? nodeHeight / 2 : large ? 4 : 7;
  return html`<a href="#${anchorOf(id)}" class="node ${toneOf(status)}${critical.has(id) ? " critical" : ""}" data-n="${number.get(id)!}" aria-label="${what}${critical.has(id) ? ", on the critical path" : ""}"><title>${what}</title><rect x="${x}" y="${y}" width="${round(at.width)}" height="${nodeHeight}" rx="${corner}"/><text class="sign" x="${round(at.x + (large ? 10 : 15))}" y="${round(at.y + nodeHeight / 2)}">${signOf(status)}</text><text x="${round(at.x + (large ? 19 : 27))}" y="${round(at.y + nodeHeight / 2)}">${label}</text></a>\n`;
})}</svg>`;
}

function curve(from: Placed, to: Placed, nodeHeight: number): string {
  const x1 = round(from.x + from.width);
  const y1 = round(from.y + nodeHeight / 2);
  const x2 = round(to.x);
  const y2 = round(to.y + nodeHeight / 2);
  const bend = Math.round(Math.max(16, Math.min(90, (x2 - x1) / 2)));
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
