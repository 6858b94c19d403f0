// The journal of a run: its events, stamped once, one JSON object a line, append-only. This file makes and reads the
// lines; journalFile.ts keeps them. A journal that was cut off anywhere is readable up to there.
import { isEphemeral, type RunEvent, type RunId, type Stamped } from "./events.ts";

/** `20261123-173512-kfpt`: UTC time, then four letters, so that two runs of one second differ. `random` is like Math.random. */
export function newRunId(now: Date, random: () => number): RunId {
  const time = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const letters = Array.from({ length: 4 }, () => "bcdfghjkmnpqrstvwxz"[Math.floor(random() * 19)]).join("");
  return `${time}-${letters}` as RunId;
}

/** Whether a text has the form of a run id; anything else must not become a path. */
export function isRunId(text: string): text is RunId {
  return /^\d{8}-\d{6}-[a-z]{4}$/.test(text);
}

/** Gives events their place in a run; one stamper a run. Ephemeral events are counted too: a gap in a journal is no loss. */
export function createStamper(runId: RunId, now: () => Date): (event: RunEvent) => Stamped {
  let seq = 0;
  return (event) => ({ ...event, schemaVersion: 1, runId, seq: ++seq, time: now().toISOString() });
}

/** Takes stamped events, in order. */
export interface EventSink {
  /** `json` is the event as JSON, from whoever has it already. */
  write(event: Stamped, json?: string): void;
  close(): void;
}

/** The line of an event, without its newline; undefined for what stays out of the journal. */
export function journalLine(event: Stamped, json?: string): string | undefined {
  return isEphemeral(event) ? undefined : (json ?? JSON.stringify(event));
}

export interface Journal {
  readonly events: readonly Stamped[];
  /** Lines that could not be read, with their number; the rest is as it was written. */
  readonly warnings: readonly string[];
}

const eventTypes = new Set<string>([
  "run-started",
  "stack-started",
  "stack-event",
  "stack-finished",
  "cancel-requested",
  "hook-finished",
  "run-finished",
] satisfies readonly RunEvent["type"][]);

/** Reads the text of a journal. Never throws: what is corrupt, foreign or newer is left out and said. */
export function parseJournal(text: string): Journal {
  const events: Stamped[] = [];
  const warnings: string[] = [];
  const lines = text.split("\n");
  lines.forEach((line, index) => {
    if (line === "") return;
    const last = index === lines.length - 1; // a whole line is followed by one more, empty piece
    const found = parseLine(line);
    if (typeof found !== "string") {
      const [first] = events;
      if (first && first.runId !== found.runId)
        warnings.push(`line ${index + 1} is of another run (${found.runId}); left out`);
      else events.push(found);
    } else warnings.push(`line ${index + 1} ${last ? "was cut off while it was written" : found}; left out`);
  });
  return { events, warnings };
}

/** The event of a line, or what is wrong with it. */
function parseLine(line: string): Stamped | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is corrupt";
  }
  if (typeof value !== "object" || value === null) return "is no event";
  const event = value as Partial<Stamped>;
  if (event.schemaVersion !== 1) return `is of schema version ${String(event.schemaVersion)}, not 1`;
  if (typeof event.runId !== "string" || typeof event.seq !== "number" || typeof event.time !== "string")
    return "is no event";
  if (typeof event.type !== "string" || !eventTypes.has(event.type))
    return `is of an unknown kind, "${String(event.type)}"`;
  return wellFormed(event as Stamped) ? (event as Stamped) : `is a ${event.type} event that lacks something`;
}

/** Whether the parts that the fold relies on are there. */
function wellFormed(event: Stamped): boolean {
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  switch (event.type) {
    case "run-started":
      return Array.isArray(event.steps) && Array.isArray(event.environments) && Array.isArray(event.argv);
    case "stack-started":
      return typeof event.stack === "string";
    case "stack-event":
      return typeof event.stack === "string" && isObject(event.event);
    case "stack-finished":
      return typeof event.stack === "string" && isObject(event.outcome) && isObject(event.summary);
    case "cancel-requested":
      return typeof event.level === "number";
    case "hook-finished":
      return typeof event.hook === "string" && typeof event.message === "string";
    case "run-finished":
      return typeof event.exitCode === "number";
  }
}
