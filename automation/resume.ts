// What is left of a run that broke off: read from its journal alone. Whether what the journal calls done is done in the
// state too is found out when the run goes on (pulumi/runStep.ts).
import { TuttiError } from "./errors.ts";
import type { Operation, RunId, StackId } from "./events.ts";
import type { Journal } from "./journal.ts";
import { makeReport } from "./report.ts";
import { foldRun, type RunState } from "./runState.ts";

/** A run that can be gone on with. */
export interface Resumable {
  readonly runId: RunId;
  readonly operation: Operation;
  /** All of its stacks, done or not. */
  readonly select: readonly StackId[];
  /** Stacks that its journal calls done, with the run that did them: a resumed run may have skipped them. */
  readonly done: ReadonlyMap<StackId, RunId>;
  /** As the run was begun. */
  readonly options: {
    readonly concurrency: number;
    readonly onFailure: "stop" | "keep-going";
    readonly refresh?: boolean;
    readonly remove?: boolean;
    readonly resourceParallel?: number;
  };
}

/** Operations that change something: what they left half done can be gone on with. */
export function changesSomething(operation: Operation): boolean {
  return operation === "up" || operation === "refresh" || operation === "destroy";
}

/**
 * What is left of a run.
 *
 * @throws TuttiError `usage` when it is complete, or changes nothing; `not-found` when its journal has no beginning.
 */
export function resumableRun(runId: RunId, { events }: Journal): Resumable {
  const [started] = events;
  if (started?.type !== "run-started")
    throw new TuttiError("not-found", `the journal of run ${runId} has no beginning, so nothing is known of it`);
  const { operation, concurrency, onFailure, options = {} } = started;
  if (!changesSomething(operation))
    throw new TuttiError(
      "usage",
      `run ${runId} is a ${operation}: it changes nothing, so there is nothing to go on with`,
    );
  const state = foldRun(events);
  const { status, exitCode, unclosed } = makeReport(state);
  if (status === "finished" && exitCode === 0) {
    const hint = `tutti report ${runId} shows it${unclosed ? "; hooks may not have been told: the next run tells them" : ""}`;
    throw new TuttiError("usage", `run ${runId} is complete`, { hint });
  }
  return {
    runId,
    operation,
    select: [...state.stacks.keys()],
    done: doneIn(state, runId),
    options: { ...options, concurrency, onFailure },
  };
}

function doneIn({ stacks }: RunState, runId: RunId): ReadonlyMap<StackId, RunId> {
  const done = new Map<StackId, RunId>();
  for (const { id, outcome, pending } of stacks.values()) {
    if (pending.length > 0) continue;
    if (outcome?.type === "succeeded" || outcome?.type === "unchanged") done.set(id, runId);
    const earlier = outcome?.type === "skipped" ? doneReason.exec(outcome.reason)?.[1] : undefined;
    if (earlier !== undefined) done.set(id, earlier as RunId);
  }
  return done;
}

const doneReason = /^done in run (\S+)$/;

/** Why a resumed run skips a stack. */
export function reasonOfDone(runId: RunId): string {
  return `done in run ${runId}`;
}
