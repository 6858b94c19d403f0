// What looks at a run while it goes on. A view is told of every event after the state took it in; it keeps no truth of its
// own, never asks anything back and never throws.
import type { Stamped } from "../events.ts";
import type { RunState } from "../runState.ts";

export interface View {
  show(event: Stamped, state: RunState): void;
  /** The run is over, or was given up: leaves the terminal as it was. Safe to call twice. */
  close(): void;
}

/** Where a view writes. */
export interface Screen {
  write(text: string): void;
  /** Columns and rows as they are now; undefined off a terminal. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
  /** Calls back when the size changes; returns how to stop that. */
  onResize(listener: () => void): () => void;
  /** Calls back before the process is stopped from the terminal (Ctrl+Z), and after it went on; returns how to stop that. */
  onPause?(before: () => void, after: () => void): () => void;
}
