// Files of a run that is over --> the same files without what turned out to be a secret only after it was written: a program
// may print a text before it calls it one. Each is read once, a piece at a time; one that holds nothing is left alone, one
// that does is written anew beside itself and put in its place. A run whose driver was killed keeps what it has.
import { closeSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { writeWhole } from "./appendLine.ts";
import type { RunEvent } from "./events.ts";
import { type Redaction, redactEvent } from "./redaction.ts";

/** What is read goes through here: a run has a log for each stack, and a buffer for each would wait for the collector. */
const shared = Buffer.alloc(256 * 1024);

/** Masks a log. @throws Error as node:fs does; the file is whole then, as it was or masked. */
export function maskLog(file: string, redaction: Redaction): void {
  rewrite(file, redaction, (text) => redaction.mask(text));
}

/** Masks a journal, event by event. @throws Error as `maskLog`. */
export function maskJournal(file: string, redaction: Redaction): void {
  rewrite(file, redaction, (text) =>
    text
      .split("\n")
      .map((line) => (redaction.holds(line) ? maskedLine(line, redaction) : line))
      .join("\n"),
  );
}

function maskedLine(line: string, redaction: Redaction): string {
  try {
    const masked = JSON.stringify(redactEvent(JSON.parse(line) as RunEvent, redaction));
    if (!redaction.holds(masked)) return masked;
  } catch {
    // No event: any text.
  }
  return redaction.mask(line);
}

function rewrite(file: string, redaction: Redaction, mask: (text: string) => string): void {
  let found = false;
  for (const piece of piecesOf(file)) found ||= redaction.holds(piece);
  if (!found) return;
  const part = `${file}.new`;
  try {
    const target = openSync(part, "wx", 0o600);
    try {
      for (const piece of piecesOf(file)) writeWhole(target, Buffer.from(mask(piece), "utf8"));
    } finally {
      closeSync(target);
    }
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** Whole lines, as many at a time as fit; a longer line comes alone. One file at a time: all share a buffer. */
function* piecesOf(file: string): Generator<string> {
  const source = openSync(file, "r");
  try {
    let buffer = shared;
    let held = 0;
    for (;;) {
      if (held === buffer.length) buffer = Buffer.concat([buffer], 2 * held);
      const read = readSync(source, buffer, held, buffer.length - held, null);
      if (read === 0) break;
      held += read;
      const end = buffer.lastIndexOf(0x0a, held - 1) + 1;
      if (end === 0) continue;
      yield buffer.toString("utf8", 0, end);
      buffer.copyWithin(0, end, held);
      held -= end;
    }
    if (held > 0) yield buffer.toString("utf8", 0, held);
  } finally {
    closeSync(source);
  }
}
