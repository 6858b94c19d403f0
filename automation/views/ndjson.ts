// Every event as one line of JSON the moment it happens, the output of programs included: a live stream for machines.
// `schemaVersion` is in every line; automation/events.ts says what they mean.
import type { View } from "./view.ts";

/** Prints events as they come. */
export function createNdjsonView({ write }: { readonly write: (text: string) => void }): View {
  return {
    show: (event) => write(`${JSON.stringify(event)}\n`),
    close() {},
  };
}
