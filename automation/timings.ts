// How long stacks take, learnt from the reports of earlier runs. Pure.
import type { Operation, StackId } from "./events.ts";
import type { Report } from "./report.ts";

/** Milliseconds of each stack in the newest run of this operation that it ended well in. Reports come newest first. */
export function timingsOf(reports: Iterable<Report>, operation: Operation): ReadonlyMap<StackId, number> {
  const timings = new Map<StackId, number>();
  for (const report of reports) {
    if (report.operation !== operation) continue;
    for (const { id, status, durationMs, startedAt } of report.stacks) {
      const ended = status === "succeeded" || status === "unchanged";
      if (ended && startedAt !== undefined && !timings.has(id)) timings.set(id, durationMs);
    }
  }
  return timings;
}
