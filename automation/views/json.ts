// One JSON document on standard output at the end of a run, and nothing else: the report.
import { makeReport } from "../report.ts";
import type { View } from "./view.ts";

export interface JsonOptions {
  readonly write: (text: string) => void;
  /** Whether exit codes are the detailed ones. */
  readonly detailed: boolean;
}

/** Prints the report when the run has finished. */
export function createJsonView({ write, detailed }: JsonOptions): View {
  return {
    show(event, state) {
      if (event.type === "run-finished") write(`${JSON.stringify(makeReport(state, { detailed }), null, 2)}\n`);
    },
    close() {},
  };
}
