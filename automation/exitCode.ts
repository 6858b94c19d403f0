// Turns how stacks, a run or a command ended into one number. Pulumi's numbers where it has one; the most severe wins.
import type { ErrorCode } from "./errors.ts";
import type { Counts, Operation, Outcome } from "./events.ts";
import type { RunState, StackState } from "./runState.ts";
import { unreachable } from "./unreachable.ts";

/** What each code means, for help texts and docs. */
export const exitCodes = {
  0: "success; with --detailed-exitcode: and nothing to change",
  1: "failed in another way; with --detailed-exitcode: bad invocation, graph or configuration",
  2: "bad invocation, graph or configuration; with --detailed-exitcode on preview and drift: changes or drift present",
  3: "authentication failed",
  4: "a stack operation failed",
  5: "refused by a policy or a guard",
  6: "stack or state not found",
  7: "changes where none were expected",
  8: "cancelled cleanly",
  9: "timed out",
  10: "lock not obtained in time",
  11: "approval missing, expired or no longer matching",
  12: "finished, but recovery is needed",
  130: "killed hard by interrupts",
  143: "killed hard by a termination signal",
  255: "a bug in tutti",
} as const;
export type ExitCode = keyof typeof exitCodes;

const bySeverity: readonly ExitCode[] = [255, 143, 130, 12, 8, 3, 2, 6, 5, 11, 10, 9, 4, 1, 7, 0];

/** The most severe of several codes; 0 of none. */
export function mostSevere(codes: Iterable<ExitCode>): ExitCode {
  const given = new Set(codes);
  return bySeverity.find((code) => given.has(code)) ?? 0;
}

/** A lock that was not obtained in time; engines have no code of their own for it. */
export const lockedExitCode = 10;
/** Codes of a failure that say more than "failed": those of an official engine (pulumi/pulumi 3.227 and later), and ours. */
const engineCodes: ReadonlySet<number> = new Set([3, 5, 6, 9, lockedExitCode]);

/** The code of one stack. A blocked stack failed to run; its culprit has a code of its own. */
export function exitCodeOfOutcome(outcome: Outcome): ExitCode {
  switch (outcome.type) {
    case "succeeded":
    case "unchanged":
    case "skipped":
      return 0;
    case "failed": {
      const { exitCode } = outcome.failure;
      return exitCode !== undefined && engineCodes.has(exitCode) ? (exitCode as ExitCode) : 4;
    }
    case "blocked":
      return 4;
    case "cancelled":
      return 8;
    case "timed-out":
      return 9;
    case "needs-recovery":
      return 12;
    case "awaiting-approval":
      return 11;
    default:
      return unreachable(outcome);
  }
}

/**
 * The code of a run from its state: the most severe of its stacks'. A stack without an outcome, in a run whose driver
 * died, needs recovery once it was started. With `detailed`, a preview with changes or a drift run with drift is 2.
 */
export function exitCodeOfRun(state: RunState, options: { readonly detailed?: boolean } = {}): ExitCode {
  const stacks = [...state.stacks.values()];
  const codes = stacks.map(exitCodeOfStack);
  const killed = state.cancel?.level === 3 && codes.some((code) => code !== 0);
  if (killed) codes.push(state.cancel?.by === "terminate" ? 143 : 130);
  // Under "stop" a failure leaves others cancelled; nobody cancelled the run, so the failure is what it ends with.
  const own = state.cancel || !codes.some((code) => code !== 0 && code !== 8) ? codes : codes.filter((c) => c !== 8);
  const worst = mostSevere(own);
  if (worst !== 0 || !options.detailed || !state.operation) return worst;
  return stacks.some((stack) => hasChanges(stack, state.operation!)) ? 2 : 0;
}

/** The code of one stack of a run, also of one that never ended. */
export function exitCodeOfStack({ outcome, status, pending }: StackState): ExitCode {
  // It went well, and still somebody has to find out what became of what an earlier run had begun.
  if (outcome && pending.length > 0) return mostSevere([12, exitCodeOfOutcome(outcome)]);
  if (outcome) return exitCodeOfOutcome(outcome);
  return status === "running" ? 12 : 8;
}

/** Whether a preview of the stack would change something, or a drift run found something. */
export function hasChanges(
  stack: Pick<StackState, "counts" | "drift" | "changedOutputs"> & Partial<Pick<StackState, "task">>,
  operation: Operation,
): boolean {
  if (operation === "drift") return stack.drift.length > 0;
  return changes(stack.counts) > 0 || stack.changedOutputs.length > 0 || stack.task?.ran === true;
}

/** Operations that change a resource: everything but `same`, refreshes, and what only reads (a discard forgets a read). */
export function changes(counts: Counts): number {
  return Object.entries(counts)
    .filter(([op]) => op !== "same" && op !== "refresh" && !op.startsWith("read") && !op.startsWith("discard"))
    .reduce((sum, [, count]) => sum + (count ?? 0), 0);
}

/** The code of an error that ended a command; with `detailed`, 2 means changes, so a bad invocation is 1. */
export function exitCodeOfError(code: ErrorCode, options: { readonly detailed?: boolean } = {}): ExitCode {
  switch (code) {
    case "usage":
    case "workspace":
    case "engine":
      return options.detailed ? 1 : 2;
    case "authentication":
      return 3;
    case "guard":
      return 5;
    case "not-found":
      return 6;
    case "cancelled":
      return 8;
    case "locked":
      return 10;
    case "files":
      return 1;
    case "internal":
      return 255;
    default:
      return unreachable(code);
  }
}
