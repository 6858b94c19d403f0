// Several drivers that contend for one environment, their every step on the shared files taken by hand: a seeded scheduler
// lets one of them take its next step, kills one now and then, and lets time pass. No clock, no sleep, no file.
import { type Lease, LeaseLost, type LeaseRecord, type LeaseStore, takeLease } from "../../automation/pulumi/lease.ts";
import { EngineError } from "../../engine/state/error.ts";
import { type LockFolder, takeLock } from "../../engine/state/lock.ts";
import type { Machine } from "../../engine/state/processIdentity.ts";
import { seeded } from "../support/random.ts";

export interface Shared {
  readonly leases: Map<number, LeaseRecord>;
  readonly locks: Map<string, string>;
}

/** What the rules are broken with, to see that the test notices. */
export interface Broken {
  /** Any number can be claimed, also one that is taken. */
  readonly claims?: true;
  /** Nobody looks again, neither after a claim nor before a write. */
  readonly secondLook?: true;
  /** Locks are not seen. */
  readonly locks?: true;
  /** Everybody is taken for dead. */
  readonly proof?: true;
}

export interface Play {
  readonly contenders: number;
  /** On how many hosts they are, at most. */
  readonly hosts: number;
  /** Whether the stack's lock is taken as well, as an engine does. */
  readonly withLock: boolean;
  readonly broken?: Broken;
}

export interface Outcome {
  /** Most drivers that lived and wrote at one time. */
  readonly most: number;
  readonly writes: number;
  readonly deaths: number;
  readonly takeovers: number;
  readonly lost: number;
  /** Fencing numbers in the order in which leases were taken. */
  readonly fences: readonly number[];
}

/** Plays one interleaving; the same seed plays the same. */
export async function play(seed: number, { contenders, hosts, withLock, broken = {} }: Play): Promise<Outcome> {
  const random = seeded(seed).next;
  const shared: Shared = { leases: new Map(), locks: new Map() };
  const dead = new Set<number>();
  const waiting = new Map<number, () => void>();
  const finished = new Set<number>();
  const writing = new Set<number>();
  const fences: number[] = [];
  let [nowMs, most, writes, takeovers, lost] = [0, 0, 0, 0, 0];

  const gate = (pid: number): Promise<void> => new Promise((resolve) => waiting.set(pid, resolve));
  const step =
    <Args extends readonly unknown[], T>(pid: number, effect: (...args: Args) => T) =>
    async (...args: Args): Promise<T> => {
      await gate(pid);
      return effect(...args);
    };

  async function contend(pid: number): Promise<void> {
    const host = `host-${pid % hosts}`;
    const machine: Machine = {
      ...{ host, pid, boot: "boot", machine: "", namespace: "" },
      find: (other) =>
        (broken.proof && other !== pid) || dead.has(other) || finished.has(other)
          ? undefined
          : { start: String(other), startedMs: 0 },
    };
    let looks = 0;
    const store: LeaseStore = {
      list: step(pid, () => {
        const all = [...shared.leases.keys()].sort((a, b) => a - b);
        // The look after the claim: only one's own is seen.
        return broken.secondLook && claimed !== undefined && looks++ === 0 ? [claimed] : all;
      }),
      read: step(pid, (fence) => shared.leases.get(fence)),
      claim: step(pid, (fence, record) => {
        if (shared.leases.has(fence) && !broken.claims) return false;
        shared.leases.set(fence, record);
        claimed = fence;
        looks = 0;
        return true;
      }),
      replace: step(pid, (fence, record) => void shared.leases.set(fence, record)),
      remove: step(pid, (fence) => void shared.leases.delete(fence)),
    };
    let claimed: number | undefined;
    const locks: LockFolder = {
      list: step(pid, () => (broken.locks ? [] : [...shared.locks.keys()].sort())),
      read: step(pid, (path) => {
        const text = shared.locks.get(path);
        return text === undefined ? undefined : Buffer.from(text);
      }),
      put: step(pid, (name, content) => {
        shared.locks.set(name, content);
        return name;
      }),
      remove: step(pid, (path) => void shared.locks.delete(path)),
    };
    for (let tries = 0; tries < 3; tries++) {
      const answer = await takeLease(store, {
        ...{ runId: `run-${pid}`, operation: "up", machine, now: () => nowMs, staleMs: 90 },
      });
      if (answer.type === "held") continue;
      fences.push(answer.lease.fence);
      if (answer.from) takeovers++;
      try {
        await work(pid, answer.lease, locks, machine);
      } catch (error) {
        if (error instanceof LeaseLost) lost++;
        else if (!(error instanceof EngineError)) throw error;
      }
      await answer.lease.release();
    }
  }

  async function work(pid: number, lease: Lease, locks: LockFolder, machine: Machine): Promise<void> {
    const lock = withLock ? await takeLock(locks, machine) : undefined;
    try {
      for (let count = 0; count < 2; count++) {
        if (!broken.secondLook) await lease.check();
        writing.add(pid);
        most = Math.max(most, writing.size);
        await gate(pid);
        writing.delete(pid);
        writes++;
        if (!broken.secondLook) await lease.beat();
      }
    } finally {
      writing.delete(pid);
      await lock?.release();
    }
  }

  const pids = Array.from({ length: contenders }, (_, index) => index + 1);
  const failures: unknown[] = [];
  const asleep = new Map<number, number>();
  let turn = 0;
  for (const pid of pids) {
    contend(pid).then(
      () => finished.add(pid),
      (error: unknown) => failures.push(error),
    );
  }
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (failures.length > 0) throw failures[0];
    if (waiting.size === 0) break;
    const awake = [...waiting.keys()].filter((pid) => (asleep.get(pid) ?? 0) <= turn);
    const ready = awake.length === 0 ? [...waiting.keys()] : awake;
    const pid = ready[Math.floor(random() * ready.length)]!;
    turn++;
    // A process may be left aside for long, in the middle of anything.
    if (random() < 0.1) asleep.set(pid, turn + Math.floor(random() * 60));
    if ((asleep.get(pid) ?? 0) > turn) continue;
    const go = waiting.get(pid)!;
    waiting.delete(pid);
    nowMs += Math.floor(random() * 12);
    if (random() < 0.01) {
      // Killed before the step, with everything it holds left behind.
      dead.add(pid);
      writing.delete(pid);
    } else go();
  }
  return { most, writes, deaths: dead.size, takeovers, lost, fences };
}
