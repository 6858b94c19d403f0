// Sentences for a screen reader: one a line, words instead of signs, nothing redrawn, no colour, no more than what one wants
// read aloud.
import type { Counts, Operation } from "../events.ts";
import { sumOf } from "../report.ts";
import { durationOf, endOf, type RunState, type StackState } from "../runState.ts";
import { createPalette } from "./color.ts";
import { failureLines } from "./stackText.ts";
import type { View } from "./view.ts";
import { cancelText, duration, plural, shortType, statusWord, wordsOfCounts, wordsOfOp } from "./words.ts";

const plain = createPalette(false);

/** Shows a run as sentences. */
export function createLinesView({ write }: { readonly write: (text: string) => void }): View {
  const say = (text: string): void => write(`${text}\n`);
  let done = 0;
  return {
    show(event, state) {
      switch (event.type) {
        case "run-started":
          say(`${event.operation} of ${plural(event.steps.length, "stack")}, ${event.concurrency} at once.`);
          break;
        case "stack-started":
          say(`${event.stack} started.`);
          break;
        case "stack-event":
          if (event.event.type === "resource" && event.event.status === "failed")
            say(
              `${event.stack}: ${wordsOfOp(event.event.op)} ${shortType(event.event.resourceType)} ${event.event.name} failed.`,
            );
          break;
        case "stack-finished": {
          const stack = state.stacks.get(event.stack);
          if (stack === undefined) break;
          done++;
          say(`${ended(stack, state)} ${done} of ${state.stacks.size} done.`);
          for (const { severity, message } of stack.diagnostics)
            if (severity === "warning") say(`${stack.id} warns: ${message}`);
          for (const line of failureLines(stack, state, plain)) say(line.trim());
          break;
        }
        case "cancel-requested":
          say(cancelText(event.level));
          break;
        case "hook-finished":
          if (event.status === "failed") say(`Warning: ${event.hook} was not told: ${event.message}.`);
          break;
        case "run-finished":
          say(closing(state));
          break;
      }
    },
    close() {},
  };
}

function ended(stack: StackState, { operation = "up" }: RunState): string {
  const { outcome, durationMs, startedAtMs } = stack;
  const time = startedAtMs === undefined || durationMs === undefined ? "" : ` after ${duration(durationMs)}`;
  const why =
    outcome?.type === "blocked"
      ? ` because ${outcome.because} did not succeed`
      : outcome?.type === "skipped"
        ? `: ${outcome.reason}`
        : stack.task !== undefined
          ? `: ${stack.task.reason}`
          : "";
  const drifted = new Set(stack.drift.map(({ urn }) => urn)).size;
  const what =
    operation === "drift" ? (drifted > 0 ? plural(drifted, "resource") : "") : counted(stack.counts, operation);
  return `${stack.id} ${statusWord(stack.status, operation)}${time}${why}${what === "" ? "" : `: ${what}`}.`;
}

function counted(counts: Counts, operation: Operation): string {
  return wordsOfCounts(counts, operation).join(", ");
}

function closing(state: RunState): string {
  const { operation = "up" } = state;
  const end = endOf(state);
  const words = Object.entries(state.tally).map(
    ([status, count]) => `${count} ${statusWord(status as StackState["status"], operation)}`,
  );
  const what =
    operation === "drift" ? "" : counted(sumOf([...state.stacks.values()].map(({ counts }) => counts)), operation);
  const time = end === "interrupted" ? end : `in ${duration(durationOf(state))}`;
  return `${operation} ended ${time}: ${words.length === 0 ? "nothing to do" : words.join(", ")}.${what === "" ? "" : ` Resources: ${what}.`}${state.runId === undefined ? "" : ` Run ${state.runId}.`}`;
}
