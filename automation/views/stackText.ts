// One stack of a run as text: a heading and what it did. Used by the grouped lines and by the summary of every view.
import type { RunState, StackState } from "../runState.ts";
import type { Palette } from "./color.ts";
import {
  countsText,
  duration,
  isPartOfReplacement,
  paintOp,
  paintStatus,
  shortType,
  shortValue,
  sign,
  statusWord,
} from "./words.ts";

/** `network.local  succeeded  1.2s  + 11 created`. */
export function stackHeading(
  stack: StackState,
  state: RunState,
  palette: Palette,
  idWidth = 0,
  name: string = stack.id,
): string {
  const { operation = "up" } = state;
  const word = statusWord(stack.status, operation);
  const parts = [
    name === "" ? "" : palette.bold(name.padEnd(idWidth)),
    paintStatus(stack.status, palette)(word),
    stack.durationMs === undefined || stack.startedAtMs === undefined ? "" : palette.dim(duration(stack.durationMs)),
    operation === "drift" ? driftCount(stack) : countsText(stack.counts, operation, palette),
    why(stack),
  ];
  return parts.filter((part) => part !== "").join("  ");
}

function driftCount({ drift }: StackState): string {
  const resources = new Set(drift.map(({ urn }) => urn)).size;
  return resources === 0
    ? ""
    : `${resources} ${resources === 1 ? "resource differs" : "resources differ"} from the state`;
}

function why({ outcome, task }: StackState): string {
  if (outcome?.type === "blocked") return `because ${outcome.because} did not succeed`;
  if (outcome?.type === "skipped") return outcome.reason;
  return task?.reason ?? "";
}

/** What the stack did, changed or found, indented by two; warnings and errors last. Empty for a stack that did nothing. */
export function stackDetails(stack: StackState, state: RunState, palette: Palette): readonly string[] {
  return [
    // Drift has lines of its own, with both values.
    ...(state.operation === "drift" ? [] : changeLines(stack, palette)),
    ...outputLine(stack, state, palette),
    ...driftLines(stack, palette),
    ...diagnosticLines(stack, palette),
  ];
}

function changeLines(stack: StackState, palette: Palette): readonly string[] {
  const rows = [...stack.resources.values()].filter(({ op }) => sign(op) !== undefined);
  const replaced = new Set(rows.filter(({ op }) => op === "replace").map(({ urn }) => urn));
  return rows
    .filter(({ op, urn }) => !(isPartOfReplacement(op) && replaced.has(urn)))
    .filter(({ resourceType, name }) => !isSilent(resourceType, name))
    .map(({ op, resourceType, name, status, paths, approximate }) => {
      const line = `${sign(op)} ${shortType(resourceType)} ${name}`;
      const notes = [
        status === "failed" ? "failed" : "",
        status === "started" ? "not finished" : "",
        paths.length > 0 ? `[${paths.slice(0, 6).join(", ")}${paths.length > 6 ? ", …" : ""}]` : "",
        approximate ? "approximate" : "",
      ].filter((note) => note !== "");
      const paint = status === "failed" || status === "started" ? palette.red : paintOp(op, palette);
      return `  ${paint(line)}${notes.length > 0 ? ` ${palette.dim(notes.join(" "))}` : ""}`;
    });
}

/** What the engine keeps for itself and counts nowhere: reads of other stacks, default providers. */
function isSilent(type: string, name: string): boolean {
  return (
    type === "pulumi:pulumi:StackReference" || (type.startsWith("pulumi:providers:") && /^default(?:_|$)/.test(name))
  );
}

function outputLine({ changedOutputs }: StackState, { operation }: RunState, palette: Palette): readonly string[] {
  if (changedOutputs.length === 0 || operation === "destroy" || operation === "drift") return [];
  return [`  ${palette.dim(`outputs changed: ${changedOutputs.join(", ")}`)}`];
}

function driftLines({ drift }: StackState, palette: Palette): readonly string[] {
  const lines: string[] = [];
  let last: string | undefined;
  for (const { urn, property, old, new: found } of drift) {
    const [, , type = "", name = ""] = urn.split("::");
    const heading = `${shortType(type.split("$").at(-1)!)} ${name}`;
    if (property === "") lines.push(`  ${palette.red(`- ${heading}`)} is gone`);
    else {
      if (urn !== last) lines.push(`  ${palette.yellow(`~ ${heading}`)}`);
      lines.push(`      ${property}: ${shortValue(old, 60)} → ${shortValue(found, 60)}`);
    }
    last = urn;
  }
  return lines;
}

function diagnosticLines({ diagnostics, outcome }: StackState, palette: Palette): readonly string[] {
  const failure = outcome !== undefined && "failure" in outcome ? outcome.failure.message : undefined;
  const said = new Set<string>();
  return (
    diagnostics
      // The failure itself has its own place, with what to do about it.
      .filter(({ severity, message }) => severity !== "info" && !(severity === "error" && message === failure))
      // Engines repeat themselves.
      .filter(({ message }) => !said.has(message) && said.add(message))
      .flatMap(({ severity, message, location }) => {
        const paint = severity === "error" ? palette.red : palette.yellow;
        const place = location === undefined ? "" : ` ${palette.dim(`(${location})`)}`;
        return indent(`${paint(`${severity}:`)} ${message}${place}`, 2);
      })
  );
}

/** Why a stack failed and what to do: its own first error, where, the hint and the command that shows the rest. */
export function failureLines(stack: StackState, state: RunState, palette: Palette): readonly string[] {
  const { outcome } = stack;
  if (outcome === undefined || !("failure" in outcome)) return [];
  const { message, location, urn, hint } = outcome.failure;
  const name = urn === undefined ? undefined : urn.split("::").at(-1);
  const pending = outcome.type === "needs-recovery" ? outcome.pending : [];
  return [
    ...indent(`${palette.red(`${stack.id} ${statusWord(outcome.type, state.operation)}:`)} ${message}`, 0),
    ...(name === undefined ? [] : [`  resource ${name}`]),
    ...(location === undefined ? [] : [`  at ${location}`]),
    ...pending.map((one) => `  unfinished: ${one}`),
    ...(hint === undefined ? [] : indent(hint, 2)),
    `  ${palette.dim("everything it said:")} tutti logs ${stack.id}${state.runId === undefined ? "" : ` --run ${state.runId}`}`,
  ];
}

function indent(text: string, by: number): readonly string[] {
  const [first = "", ...rest] = text.split("\n");
  return [" ".repeat(by) + first, ...rest.map((line) => " ".repeat(by + 2) + line)];
}
