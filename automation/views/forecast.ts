// Looks ahead: how far a run is, how long it will still take, and which chain of stacks decides that. Pure.
//
// 1. A stack is expected to take as long as it took last time; one that never ran, as long as the middle of those known.
// 2. The critical path is the chain, each waiting for the one before, that ends last.
// 3. The time left is that of playing the rest of the plan through with as many at once as the run has.
// Linear in stacks plus edges, but for 3, which sorts nothing longer than the stacks that run at once.
import type { StackId } from "../events.ts";
import type { RunState, StackState } from "../runState.ts";

/** How long each stack took in the last run of the same operation, milliseconds; stacks that never ended well are absent. */
export type Timings = ReadonlyMap<StackId, number>;

export interface Forecast {
  /** From 0 to 1, by time where it is known, else by stacks. */
  readonly progress: number;
  /** Milliseconds; undefined when too little is known to say. */
  readonly leftMs: number | undefined;
  /** From the first stack to the last. */
  readonly criticalPath: readonly StackId[];
}

/** Whether it has yet to end. */
export const isOpen = ({ status }: StackState): boolean => status === "waiting" || status === "running";

/** What is to be expected of a run at this moment. */
export function forecast(state: RunState, timings: Timings, nowMs: number): Forecast {
  const stacks = [...state.stacks.values()];
  const usual = usualMs(stacks, timings);
  const expected = (stack: StackState): number => timings.get(stack.id) ?? usual ?? 1000;
  // Nothing new starts once somebody asked to stop, or something failed where a failure stops the run.
  const { failed = 0, "timed-out": late = 0, "needs-recovery": broken = 0 } = state.tally;
  const stopped = state.cancel !== undefined || (state.onFailure === "stop" && failed + late + broken > 0);
  const open = stacks.filter((stack) => stack.status === "running" || (!stopped && isOpen(stack)));
  const left = new Map(open.map((stack) => [stack.id, leftOf(stack, expected(stack), nowMs)]));
  let total = 0;
  let done = 0;
  for (const stack of stacks) {
    const weight = expected(stack);
    total += weight;
    if (!isOpen(stack)) done += weight;
    // A guess would show progress that nobody has seen.
    else if (stack.status === "running" && usual !== undefined)
      done += Math.min(nowMs - (stack.startedAtMs ?? nowMs), weight * 0.95);
  }
  return {
    progress: total === 0 ? 1 : Math.max(0, Math.min(1, done / total)),
    leftMs: usual === undefined ? undefined : playThrough(open, left, state),
    criticalPath: criticalPath(state, left, nowMs),
  };
}

/** The middle of the times that are known: from before, else of this run's own stacks. */
function usualMs(stacks: readonly StackState[], timings: Timings): number | undefined {
  const before = stacks.flatMap(({ id }) => timings.get(id) ?? []);
  const known =
    before.length > 0
      ? before
      : stacks.flatMap(({ startedAtMs, durationMs }) => (startedAtMs === undefined ? [] : (durationMs ?? [])));
  return known.sort((a, b) => a - b)[Math.floor(known.length / 2)];
}

/** A stack that takes longer than it did is expected to end soon, never to have ended. */
function leftOf(stack: StackState, expectedMs: number, nowMs: number): number {
  if (stack.status !== "running") return expectedMs;
  return Math.max(expectedMs - (nowMs - (stack.startedAtMs ?? nowMs)), expectedMs * 0.05);
}

/** Plays the rest of the plan: whatever is ready takes a free place, in plan order. Milliseconds until the last ends. */
function playThrough(open: readonly StackState[], left: ReadonlyMap<StackId, number>, state: RunState): number {
  const missing = new Map(open.map((stack) => [stack.id, stack.waitsFor.filter((id) => left.has(id)).length] as const));
  const dependents = new Map<StackId, StackState[]>();
  for (const stack of open) {
    for (const id of stack.waitsFor) {
      const list = dependents.get(id);
      if (list) list.push(stack);
      else dependents.set(id, [stack]);
    }
  }
  const running: { readonly stack: StackState; readonly endMs: number }[] = [];
  const ready: StackState[] = [];
  for (const stack of open) {
    if (stack.status === "running") running.push({ stack, endMs: left.get(stack.id)! });
    else if (missing.get(stack.id) === 0) ready.push(stack);
  }
  let clock = 0;
  let next = 0;
  const places = Math.max(1, state.concurrency);
  for (;;) {
    while (next < ready.length && running.length < places) {
      const stack = ready[next++]!;
      running.push({ stack, endMs: clock + left.get(stack.id)! });
    }
    if (running.length === 0) return clock;
    let first = 0;
    for (const [at, { endMs }] of running.entries()) if (endMs < running[first]!.endMs) first = at;
    const [{ stack, endMs }] = running.splice(first, 1) as [(typeof running)[number]];
    clock = Math.max(clock, endMs);
    for (const dependent of dependents.get(stack.id) ?? []) {
      const count = missing.get(dependent.id)! - 1;
      missing.set(dependent.id, count);
      if (count === 0 && dependent.status !== "running") ready.push(dependent);
    }
  }
}

/**
 * The chain that ends last. Of a run that is over: the chain of stacks, each of which began after the one before, that
 * led to the last end. Stacks that were never attempted are on no path.
 */
export function criticalPath(
  state: RunState,
  left: ReadonlyMap<StackId, number> = new Map(),
  nowMs = 0,
): readonly StackId[] {
  const ends = new Map<StackId, number>();
  const before = new Map<StackId, StackId>();
  let last: StackId | undefined;
  for (const { id, waitsFor, startedAtMs, finishedAtMs } of state.stacks.values()) {
    let begin = 0;
    for (const upstream of waitsFor) {
      const end = ends.get(upstream);
      if (end === undefined || end < begin) continue;
      begin = end;
      before.set(id, upstream);
    }
    const remaining = left.get(id);
    const end =
      remaining !== undefined
        ? Math.max(begin, nowMs) + remaining
        : startedAtMs === undefined
          ? undefined
          : (finishedAtMs ?? state.lastEventAtMs);
    if (end === undefined) continue;
    ends.set(id, end);
    if (last === undefined || end > ends.get(last)!) last = id;
  }
  const path: StackId[] = [];
  for (let id = last; id !== undefined; id = before.get(id)) path.unshift(id);
  return path;
}
