// The words and signs that every view uses for the same facts.
import type { Counts, Operation, ResourceOp } from "../events.ts";
import type { StackState } from "../runState.ts";
import { unreachable } from "../unreachable.ts";
import type { Palette } from "./color.ts";

type Paint = (text: string) => string;

/** `0.4s`, `12.3s`, `3m 05s`, `2h 07m`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** `1 stack`, `3 stacks`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The sign of an operation; undefined for operations that change nothing. */
export function sign(op: ResourceOp): string | undefined {
  switch (op) {
    case "create":
      return "+";
    case "update":
      return "~";
    case "delete":
    case "discard":
      return "-";
    case "replace":
      return "+-";
    case "create-replacement":
    case "import-replacement":
    case "read-replacement":
      return "++";
    case "delete-replaced":
    case "discard-replaced":
      return "--";
    case "import":
      return "=";
    case "refresh":
      return "@";
    case "same":
    case "read":
    case "remove-pending-replace":
      return undefined;
    default:
      return unreachable(op);
  }
}

/** Steps of a replacement that the replacement itself stands for. */
export function isPartOfReplacement(op: ResourceOp): boolean {
  return (
    op === "create-replacement" || op === "delete-replaced" || op === "discard-replaced" || op === "import-replacement"
  );
}

export function paintOp(op: ResourceOp, palette: Palette): Paint {
  if (op === "create" || op === "create-replacement" || op === "import") return palette.green;
  if (op === "delete" || op === "delete-replaced" || op === "discard") return palette.red;
  if (op === "same" || op === "read") return palette.dim;
  return palette.yellow;
}

const counted: readonly (readonly [op: ResourceOp, done: string, planned: string])[] = [
  ["create", "created", "to create"],
  ["update", "updated", "to update"],
  ["replace", "replaced", "to replace"],
  ["delete", "deleted", "to delete"],
  ["import", "imported", "to import"],
  ["same", "unchanged", "unchanged"],
];

/** `+ 3 created, ~ 1 updated, 4 unchanged`; "" when nothing was touched. Replacements count once. */
export function countsText(counts: Counts, operation: Operation, palette: Palette): string {
  const planned = operation === "preview";
  return counted
    .filter(([op]) => (counts[op] ?? 0) > 0)
    .map(([op, done, toDo]) => {
      const mark = sign(op);
      const text = `${mark === undefined ? "" : `${mark} `}${counts[op]} ${planned ? toDo : done}`;
      return paintOp(op, palette)(text);
    })
    .join(", ");
}

/** `3 created`, `1 to update`: the counts as words alone. */
export function wordsOfCounts(counts: Counts, operation: Operation): readonly string[] {
  return counted
    .filter(([op]) => (counts[op] ?? 0) > 0)
    .map(([op, done, toDo]) => `${counts[op]} ${operation === "preview" ? toDo : done}`);
}

/** What an operation does, as a word: `creating`, `replacing`. */
export function wordsOfOp(op: ResourceOp): string {
  const verb = op.split("-", 1)[0]!;
  return verb === "discard" ? "discarding" : `${verb.replace(/e$/, "")}ing`;
}

/** What an interrupt does, and what the next one would do. */
export function cancelText(level: 1 | 2 | 3): string {
  if (level === 1)
    return "stopping: nothing new starts, what runs ends by itself; interrupt again to interrupt what runs";
  if (level === 2) return "interrupting what runs; interrupt again to kill it";
  return "killed: look at what `tutti report` says needs recovery";
}

/** `+11 ~1 =4`: the counts for where there is little room; `=` are those that stayed as they are. */
export function compactCounts(counts: Counts, palette: Palette): string {
  return counted
    .filter(([op]) => (counts[op] ?? 0) > 0)
    .map(([op]) => paintOp(op, palette)(`${op === "import" ? "<" : (sign(op) ?? "=")}${counts[op]}`))
    .join(" ");
}

/** `gcp:compute:Network` of `gcp:compute/network:Network`; other types as they are. */
export function shortType(type: string): string {
  const match = /^([^:]+):([^/:]+)\/([^:]+):([^:]+)$/.exec(type);
  if (match === null || match[3]!.toLowerCase() !== match[4]!.toLowerCase()) return type;
  return `${match[1]}:${match[2]}:${match[4]}`;
}

/** The word for a status in an operation: a preview that succeeded has found changes. */
export function statusWord(status: StackState["status"], operation: Operation | undefined): string {
  if (status === "succeeded" && operation === "preview") return "changes";
  if (status === "succeeded" && operation === "drift") return "drifted";
  if (status === "unchanged" && operation === "drift") return "no drift";
  return status;
}

export function paintStatus(status: StackState["status"], palette: Palette): Paint {
  switch (status) {
    case "succeeded":
      return palette.green;
    case "unchanged":
    case "skipped":
    case "waiting":
      return palette.dim;
    case "running":
      return palette.cyan;
    case "awaiting-approval":
    case "cancelled":
      return palette.yellow;
    case "failed":
    case "blocked":
    case "timed-out":
    case "needs-recovery":
      return palette.red;
    default:
      return unreachable(status);
  }
}

/** A value for a person, on one line: JSON, cut to so many characters. */
export function shortValue(value: unknown, limit: number): string {
  if (value === "[secret]") return "[secret]";
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** What there is to say of a run whose driver died when all of its stacks had ended. */
export const unclosedText = "all stacks had ended when its driver died: hooks may not have been told";
