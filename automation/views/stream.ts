// Everything the moment it happens, each line beginning with its stack: what a person reads who looks for the one line that a
// program printed, and what `grep` likes.
import { stripVTControlCharacters } from "node:util";
import type { StepEvent } from "../events.ts";
import type { Fold } from "./ci.ts";
import type { Palette } from "./color.ts";
import { stackHeading } from "./stackText.ts";
import { summaryLines } from "./summary.ts";
import type { View } from "./view.ts";
import { cancelText, paintOp, plural, shortType, sign } from "./words.ts";

export interface StreamOptions {
  readonly write: (text: string) => void;
  readonly palette: Palette;
  /** The CI service that reads the log, if any: programs print what they like. */
  readonly fold?: Fold;
}

/** Shows a run line by line as it happens, the output of programs included. */
export function createStreamView({ write, palette, fold }: StreamOptions): View {
  const paints = [palette.cyan, palette.magenta, palette.blue, palette.green, palette.yellow];
  const colors = new Map<string, (text: string) => string>();
  let width = 0;
  const line = (text: string): void => write(`${fold === undefined ? text : fold.harmless(text)}\n`);
  const of = (stack: string, text: string): void => {
    for (const one of text.split("\n")) line(`${colors.get(stack)!(`[${stack}]`.padEnd(width))} ${one}`);
  };
  return {
    show(event, state) {
      switch (event.type) {
        case "run-started":
          for (const [index, { stack }] of event.steps.entries()) {
            colors.set(stack, paints[index % paints.length]!);
            width = Math.min(40, Math.max(width, stack.length + 2));
          }
          line(
            `${palette.bold(event.operation)} of ${plural(event.steps.length, "stack")}, ${event.concurrency} at once`,
          );
          break;
        case "stack-started":
          if (colors.has(event.stack)) of(event.stack, "started");
          break;
        case "stack-event": {
          const text = colors.has(event.stack) ? stepText(event.event, palette) : undefined;
          if (text !== undefined) of(event.stack, text);
          break;
        }
        case "stack-finished": {
          const stack = state.stacks.get(event.stack);
          // The stack is named before it, and once is enough.
          if (stack !== undefined) of(event.stack, stackHeading(stack, state, palette, 0, ""));
          break;
        }
        case "cancel-requested":
          line(palette.yellow(cancelText(event.level)));
          break;
        case "run-finished":
          for (const text of summaryLines(state, palette)) line(text);
          break;
      }
    },
    close() {},
  };
}

/** What a program prints may hold anything; a terminal gets text alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
export function textOnly(text: string): string {
  return stripVTControlCharacters(text).replace(controls, "");
}

function stepText(event: StepEvent, palette: Palette): string | undefined {
  switch (event.type) {
    case "line":
      return textOnly(event.text);
    case "diagnostic": {
      if (event.severity === "info") return undefined;
      const paint = event.severity === "error" ? palette.red : palette.yellow;
      const place = event.location === undefined ? "" : ` (${event.location})`;
      return `${paint(`${event.severity}:`)} ${event.message}${place}`;
    }
    case "resource": {
      const mark = sign(event.op);
      if (mark === undefined) return undefined;
      const paint = event.status === "failed" ? palette.red : paintOp(event.op, palette);
      const notes = event.paths === undefined || event.paths.length === 0 ? "" : ` [${event.paths.join(", ")}]`;
      return `${paint(`${mark} ${shortType(event.resourceType)} ${event.name}`)}${notes} ${event.status}`;
    }
    default:
      return undefined;
  }
}
