// Compares what a preview would do with the limits of its environments. Pure.
import type { Guards, Workspace } from "./define.ts";
import { TuttiError } from "./errors.ts";
import type { Counts, Operation, StackId } from "./events.ts";
import { ownValue, parseStackId } from "./workspace.ts";

/** A limit that would not be kept. */
export interface GuardViolation {
  readonly environment: string;
  readonly guard: keyof Guards;
  readonly limit: number;
  /** What the update would do. */
  readonly found: number;
}

/** Environments among these that limit anything, sorted. */
export function guardedEnvironments(workspace: Workspace, environments: Iterable<string>): readonly string[] {
  return [...new Set(environments)]
    .filter((name) =>
      Object.values(ownValue(workspace.environments, name)?.guards ?? {}).some((limit) => limit !== undefined),
    )
    .sort();
}

/** Limits that the previewed stacks would not keep, by environment and guard. */
export function guardViolations(
  workspace: Workspace,
  previewed: readonly { readonly id: StackId; readonly counts: Counts }[],
): readonly GuardViolation[] {
  const totals = new Map<string, Record<keyof Guards, number>>();
  for (const { id, counts } of previewed) {
    const { environment } = parseStackId(id)!;
    const total = totals.get(environment) ?? { maxDeletes: 0, maxReplaces: 0 };
    // A replacement is one of these steps or both, depending on how it is told of; it is no delete of its own.
    const replaces = Math.max(counts.replace ?? 0, counts["create-replacement"] ?? 0, counts["delete-replaced"] ?? 0);
    totals.set(environment, {
      maxDeletes: total.maxDeletes + (counts.delete ?? 0),
      maxReplaces: total.maxReplaces + replaces,
    });
  }
  return [...totals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([environment, total]) => {
      const guards = ownValue(workspace.environments, environment)?.guards ?? {};
      return (["maxDeletes", "maxReplaces"] as const).flatMap((guard) => {
        const limit = guards[guard];
        const found = total[guard];
        return limit !== undefined && found > limit ? [{ environment, guard, limit, found }] : [];
      });
    });
}

/** The error that refuses an update; there must be at least one violation. */
export function guardError(operation: Operation, violations: readonly GuardViolation[]): TuttiError {
  const words = { maxDeletes: "delete", maxReplaces: "replace" };
  const lines = violations.map(
    ({ environment, guard, limit, found }) =>
      `${operation} would ${words[guard]} ${found} in ${environment}, whose guard ${guard} is ${limit}`,
  );
  return new TuttiError("guard", `refused: ${lines.join("; ")}`, {
    hint: "select fewer stacks, or change the guard in stacks/workspace.ts, in review",
  });
}
