// Keeps a journal in a file: one write a line, appended, so that a killed driver loses no event it has told of. The folder
// is 0700 and the file 0600. It survives the driver, not the machine: there is no fsync at every event, which would cost
// more than many a step.
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { appendLine } from "./appendLine.ts";
import type { Stamped } from "./events.ts";
import { type EventSink, journalLine } from "./journal.ts";

/**
 * Opens a new journal; the file must not exist.
 * @throws Error with `code` as node:fs has it; `write` throws too, when the disk is full.
 */
export function createJournalFile(path: string): EventSink {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, "ax", 0o600);
  let open = true;
  return {
    write(event: Stamped, json?: string): void {
      const line = journalLine(event, json);
      if (line === undefined || !open) return;
      try {
        appendLine(file, line);
      } catch (error) {
        // Of a file that is open the system says no name.
        if (error instanceof Error) error.message += ` '${path}'`;
        throw error;
      }
    },
    close(): void {
      if (!open) return;
      open = false;
      try {
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
  };
}
