// Recognises that a stack is locked by somebody else, in what either engine says, and waits for it.
//
// A bucket's lock is taken by listing, writing and listing again: of two contenders both may give up. So whoever waits
// looks again after a while that is never the same twice.
import { setTimeout as delay } from "node:timers/promises";
import { plainText } from "./failure.ts";

/** Somebody holds the stack. */
export interface Conflict {
  /** Who, since when, as far as the engine tells: `ann@box (pid 42) at 2026-11-23T17:37:33Z`; one line. */
  readonly holder: string;
  /** Why it is proven that every holder is dead: then nobody need wait. Absent: it is not. */
  readonly dead?: string;
}

/**
 * The conflict that a command ended with; undefined when it ended for another reason. The texts are those of file and
 * bucket backends (pulumi/pulumi: pkg/backend/diy/lock.go) and of services (pkg/backend/backenderr, code 409).
 */
export function conflictIn(stderr: string): Conflict | undefined {
  const text = plainText(stderr);
  if (/^(?:error: )?.*the stack is currently locked by \d+ lock\(s\)/m.test(text)) {
    const holders = [...text.matchAll(/: created by (.+? at \S+)\s*$/gm)].map(([, holder]) => holder!);
    return { holder: holders.join(", ") || "somebody" };
  }
  if (/\[409\] Conflict: Another update is currently in progress|common-issues\/update-conflicts\//.test(text)) {
    const said = /\[409\] Conflict: (.+)/.exec(text)?.[1]?.trim();
    return { holder: said ?? "another update" };
  }
  return undefined;
}

export interface WaitOptions {
  /** Milliseconds in all; 0: not at all. */
  readonly timeoutMs: number;
  /** Aborted: waits no longer. */
  readonly signal: AbortSignal;
  /** Told whom it waits for, whenever that is somebody else. */
  readonly waiting: (conflict: Conflict) => void;
  /** Milliseconds that only go up. Default: the clock. */
  readonly now?: () => number;
  /** Below 1. */
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How it went: what was attempted in the end, and the conflict it still met, with how long it was waited for. */
export interface Waited<T> {
  readonly value: T;
  readonly conflict: Conflict | undefined;
  readonly waitedMs: number;
}

/** Attempts something until it meets no conflict or a dead one, the time is over, or the signal is aborted. */
export async function whileLocked<T>(
  attempt: () => Promise<{ readonly value: T; readonly conflict: Conflict | undefined }>,
  options: WaitOptions,
): Promise<Waited<T>> {
  const { timeoutMs, signal, waiting, now = () => performance.now(), random = Math.random, sleep = wait } = options;
  const begun = now();
  for (let told: string | undefined, pauseMs = 500; ; pauseMs = Math.min(pauseMs * 1.5, 5000)) {
    const { value, conflict } = await attempt();
    const waitedMs = now() - begun;
    const leftMs = timeoutMs - waitedMs;
    if (conflict === undefined || leftMs <= 0 || signal.aborted || conflict.dead !== undefined)
      return { value, conflict, waitedMs };
    if (conflict.holder !== told) waiting(conflict);
    told = conflict.holder;
    // Between half and the whole of the pause, so that of many that wait not all look at once.
    await sleep(Math.min(leftMs, pauseMs * (0.5 + random() / 2)), signal);
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
