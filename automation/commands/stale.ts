// Says which stacks are out of date, because what they read of others is other by now.
import type { StaleRead, Tutti } from "../index.ts";
import type { Report } from "../report.ts";

/** `base.local changed pet, region; dns.shared changed zone` */
export function staleText(stale: readonly StaleRead[]): string {
  return stale.map(({ stack, outputs }) => `${stack} changed ${outputs.join(", ")}`).join("; ");
}

/**
 * Sentences about stacks that an `up` left out of date: those that need what it changed, and were not part of it or did not
 * get there. Asks backends only when there may be one.
 */
export async function staleAfter(report: Report, tutti: Tutti): Promise<readonly string[]> {
  if (report.operation !== "up") return [];
  const well = new Set(
    report.stacks.flatMap(({ id, exitCode, status }) => (exitCode === 0 && status !== "skipped" ? [id] : [])),
  );
  const changed = report.stacks.filter(({ changedOutputs }) => changedOutputs.length > 0);
  const late = [...new Set(changed.flatMap(({ id }) => tutti.graph.dependentsOf(id)))].filter((id) => !well.has(id));
  if (late.length === 0) return [];
  const { stacks } = await tutti.list({ select: late });
  return stacks.flatMap(({ id, stale = [] }) =>
    stale.length === 0 ? [] : [`out of date now: ${id}, since ${staleText(stale)}: tutti up ${id}`],
  );
}
