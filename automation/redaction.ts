// The one gate between a run and everything that writes: journal, logs, report, views. Secrets are taken out of each event by
// value; what would hold one all the same is refused, and nothing of it is written. Pure: who knows the secrets is given.
import { TuttiError } from "./errors.ts";
import type { Failure, Outcome, RunEvent, StepEvent, StepSummary } from "./events.ts";
import { emptySummary } from "./execute.ts";
import type { RunState } from "./runState.ts";

/** Knows the secrets of a run, which may become more while it goes on. */
export interface Redaction {
  /** The text with `[secret]` in the place of every secret, in whatever form it stands there. */
  mask(text: string): string;
  /** Whether the text still holds one. */
  holds(text: string): boolean;
}

/** Of who knows no secret. */
export const noRedaction: Redaction = { mask: (text) => text, holds: () => false };

/** The event without secrets. Names of stacks, kinds and numbers stay as they are. */
export function redactEvent(event: RunEvent, redaction: Pick<Redaction, "mask">): RunEvent {
  const mask = (text: string): string => redaction.mask(text);
  switch (event.type) {
    case "run-started":
      return { ...event, argv: event.argv.map(mask) };
    case "stack-event":
      return { ...event, event: redactStepEvent(event.event, mask) };
    case "stack-finished":
      return { ...event, outcome: redactOutcome(event.outcome, mask), summary: redactSummary(event.summary, mask) };
    case "hook-finished":
      return { ...event, message: mask(event.message) };
    default:
      return event;
  }
}

function redactStepEvent(event: StepEvent, mask: Redaction["mask"]): StepEvent {
  switch (event.type) {
    case "line":
      return { ...event, text: mask(event.text) };
    case "diagnostic":
      return redactTexts(event, ["message", "urn", "location"], mask);
    case "resource":
      return {
        ...redactTexts(event, ["urn", "name", "resourceType"], mask),
        ...(event.paths === undefined ? {} : { paths: event.paths.map(mask) }),
      };
    default:
      return event;
  }
}

function redactOutcome(outcome: Outcome, mask: Redaction["mask"]): Outcome {
  switch (outcome.type) {
    case "failed":
      return { ...outcome, failure: redactFailure(outcome.failure, mask) };
    case "needs-recovery":
      return { ...outcome, failure: redactFailure(outcome.failure, mask), pending: outcome.pending.map(mask) };
    case "skipped":
      return { ...outcome, reason: mask(outcome.reason) };
    default:
      return outcome;
  }
}

function redactFailure(failure: Failure, mask: Redaction["mask"]): Failure {
  return redactTexts(failure, ["message", "urn", "location", "hint"], mask);
}

function redactSummary(summary: StepSummary, mask: Redaction["mask"]): StepSummary {
  return {
    ...summary,
    changedOutputs: summary.changedOutputs.map(mask),
    drift: summary.drift.map((row) => ({
      ...redactTexts(row, ["urn", "property"], mask),
      old: deeply(row.old, mask),
      new: deeply(row.new, mask),
    })),
    approximate: summary.approximate.map(mask),
    ...(summary.task === undefined ? {} : { task: redactTexts(summary.task, ["reason"], mask) }),
  };
}

function redactTexts<T extends object>(value: T, keys: readonly (keyof T)[], mask: Redaction["mask"]): T {
  const changed: Partial<T> = {};
  for (const key of keys) {
    const text = value[key];
    if (typeof text === "string") changed[key] = mask(text) as T[keyof T];
  }
  return { ...value, ...changed };
}

/** A JSON value with every text and every key in it masked. */
function deeply(value: unknown, mask: Redaction["mask"]): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item) => deeply(item, mask));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [mask(key), deeply(item, mask)]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask(key), deeply(item, mask)]));
}

/**
 * What is about to be written, unless it holds a secret.
 *
 * @throws TuttiError `files`, which says of what kind the text is and nothing of what is in it.
 */
export function refuseSecrets(text: string, what: string, redaction: Redaction): string {
  if (!redaction.holds(text)) return text;
  throw new TuttiError("files", `${what} would hold a secret in a place that cannot be masked: it was not written`, {
    hint: "a stack, an environment or a property is named like a secret: rename it, or choose another secret",
  });
}

/** A document as JSON holds it, masked; ids of stacks and runs stay. @throws TuttiError as refuseSecrets. */
export function redactDocument<T>(document: T, what: string, redaction: Redaction): T {
  const masked = deeply(document, (text) => redaction.mask(text)) as T;
  refuseSecrets(JSON.stringify(masked), what, redaction);
  return masked;
}

/** A text for a person, masked with what is known by now; a secret may have become known after its event was. */
export function redactText(text: string, redaction: Redaction): string {
  const masked = redaction.mask(text);
  return redaction.holds(masked) ? "[not shown: it would hold a secret]\n" : masked;
}

/** JSON as text, its values masked with what is known by now; the same text when there is nothing to mask. */
export function redactJson(text: string, redaction: Redaction, indent?: number): string {
  if (!redaction.holds(text)) return text;
  return `${JSON.stringify(redactDocument(JSON.parse(text), "the output", redaction), null, indent)}\n`;
}

/** A run's state with every text masked by what is known by now, to be rendered; what is rendered is still to be looked at. */
export function redactState(state: RunState, redaction: Pick<Redaction, "mask">): RunState {
  return deeply(state, (text) => redaction.mask(text)) as RunState;
}

/** What is left of an event that had to be refused: how it goes on, and nothing else. */
export function withoutTexts(event: RunEvent): RunEvent | undefined {
  if (event.type !== "stack-finished") return undefined;
  const { stack, durationMs } = event;
  const failure = { message: "what it had to say holds a secret in a place that cannot be masked" };
  return { type: "stack-finished", stack, durationMs, summary: emptySummary, outcome: { type: "failed", failure } };
}
