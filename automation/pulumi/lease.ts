// The run lease of an environment: of several drivers on one environment, one changes it at a time. It lies in the backend,
// as files named by a number that only goes up, the fencing number: whoever holds the highest one holds the lease.
//
// 1. A number is claimed by creating its file, which succeeds once. The highest file is never removed, also not when the
//    lease is given back, so no number is used twice.
// 2. Who has claimed looks once more: a claim from before somebody else's, seen late, is given up.
// 3. A lease is taken over when it was given back, when its owner is proven dead, or when an owner on another host has not
//    touched it for `staleMs`. A holder that was taken over finds a higher number and must stop: `check` before each write.
// 4. A driver that is stopped and resumed beyond `staleMs` may write once more between its check and the write itself; the
//    stack's own lock, which is broken on proof of death only, keeps the other out until then.
import { readdir, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { createOnce, readIfPresent, writeDurably } from "../../engine/state/files.ts";
import {
  livenessOf,
  type Machine,
  ownMark,
  type ProcessMark,
  thisMachine,
} from "../../engine/state/processIdentity.ts";

/** What the file of a lease holds. */
export interface LeaseRecord {
  readonly pid: number;
  readonly host: string;
  readonly user: string;
  readonly mark?: ProcessMark;
  readonly runId: string;
  /** What the run does, for people: `up`. */
  readonly operation: string;
  /** RFC 3339 UTC. */
  readonly takenAt: string;
  /** Milliseconds since the epoch. */
  readonly beatMs: number;
  readonly released?: true;
}

/** Where leases lie. Tests take the steps of several contenders one by one through it. */
export interface LeaseStore {
  /** All numbers, ascending. */
  list(): Promise<readonly number[]>;
  /** Undefined when it was removed, or is no lease. */
  read(fence: number): Promise<LeaseRecord | undefined>;
  /** Creates the file of a number, whole; false when there is one. */
  claim(fence: number, record: LeaseRecord): Promise<boolean>;
  /** Writes the file of a number anew, whole. */
  replace(fence: number, record: LeaseRecord): Promise<void>;
  remove(fence: number): Promise<void>;
}

export interface Lease {
  /** Higher than that of every lease before. */
  readonly fence: number;
  /** @throws LeaseLost when somebody else has taken it over. */
  check(): Promise<void>;
  /** Says that the holder is alive. @throws LeaseLost as `check`. */
  beat(): Promise<void>;
  /** Gives it back; harmless when it was lost. */
  release(): Promise<void>;
}

/** Somebody else has taken the lease over: nothing more may be written under it. */
export class LeaseLost extends Error {
  readonly by: LeaseRecord | undefined;
  constructor(by: LeaseRecord | undefined) {
    super(`another run has taken this environment over${by === undefined ? "" : `: ${leaseHolder(by)}`}`);
    this.name = "LeaseLost";
    this.by = by;
  }
}

export interface LeaseOptions {
  readonly runId: string;
  readonly operation: string;
  readonly machine?: Machine;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number;
  /** How long an owner on another host may be silent, milliseconds. Default: 90,000; beats come every 10,000. */
  readonly staleMs?: number;
}

export type LeaseAnswer =
  | { readonly type: "taken"; readonly lease: Lease; readonly from: LeaseRecord | undefined }
  | { readonly type: "held"; readonly by: LeaseRecord };

export const beatEveryMs = 10_000;
const defaultStaleMs = 90_000;

/** Takes the lease, or says who holds it. `from`: whose lease was taken over because its owner is gone. */
export async function takeLease(store: LeaseStore, options: LeaseOptions): Promise<LeaseAnswer> {
  const { machine = thisMachine(), now = Date.now, staleMs = defaultStaleMs } = options;
  for (;;) {
    const numbers = await store.list();
    const top = numbers.at(-1) ?? 0;
    const current = top === 0 ? undefined : await store.read(top);
    // Removed between the two: there is a higher one now.
    if (current === undefined && top > 0 && (await store.list()).at(-1) !== top) continue;
    if (current !== undefined && !isOver(current, machine, now(), staleMs)) return { type: "held", by: current };
    const record = newRecord(options, machine, now());
    const fence = top + 1;
    if (!(await store.claim(fence, record))) continue;
    if ((await store.list()).at(-1) !== fence) {
      await store.remove(fence);
      continue;
    }
    for (const older of numbers) await store.remove(older);
    const from = current === undefined || current.released ? undefined : current;
    return { type: "taken", lease: leaseOf(store, fence, record, now), from };
  }
}

function newRecord(options: LeaseOptions, machine: Machine, nowMs: number): LeaseRecord {
  const mark = ownMark(machine);
  return {
    pid: machine.pid,
    host: machine.host,
    user: userName(),
    ...(mark === undefined ? {} : { mark }),
    runId: options.runId,
    operation: options.operation,
    takenAt: new Date(nowMs).toISOString(),
    beatMs: nowMs,
  };
}

function isOver(record: LeaseRecord, machine: Machine, nowMs: number, staleMs: number): boolean {
  if (record.released) return true;
  const { pid, host, mark, takenAt } = record;
  switch (livenessOf({ pid, host, mark, sinceMs: Date.parse(takenAt) }, machine).state) {
    case "dead":
      return true;
    case "alive":
      return false;
    case "unknown":
      return nowMs - record.beatMs > staleMs;
  }
}

function leaseOf(store: LeaseStore, fence: number, record: LeaseRecord, now: () => number): Lease {
  const check = async (): Promise<void> => {
    const top = (await store.list()).at(-1);
    if (top !== fence) throw new LeaseLost(top === undefined ? undefined : await store.read(top));
  };
  let released = false;
  return {
    fence,
    check,
    async beat() {
      await check();
      if (!released) await store.replace(fence, { ...record, beatMs: now() });
    },
    async release() {
      if (released) return;
      released = true;
      await check().then(
        () => store.replace(fence, { ...record, beatMs: now(), released: true }),
        () => undefined,
      );
    },
  };
}

/** `ann@box (pid 42), up, run 20261123-..., since 2026-11-23T17:37:33Z` */
export function leaseHolder({ user, host, pid, operation, runId, takenAt }: LeaseRecord): string {
  return `${user}@${host} (pid ${pid}), ${operation}, run ${runId}, since ${takenAt.replace(/\.\d+/, "")}`;
}

/** Leases as files of a folder, 0600 in 0700. */
export function leaseFolder(folder: string): LeaseStore {
  const file = (fence: number): string => path.join(folder, `${String(fence).padStart(12, "0")}.json`);
  const text = (record: LeaseRecord): string => `${JSON.stringify(record)}\n`;
  return {
    async list() {
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw error;
      });
      return names
        .filter((name) => /^\d{12}\.json$/.test(name))
        .map((name) => Number(name.slice(0, 12)))
        .sort((a, b) => a - b);
    },
    async read(fence) {
      const bytes = await readIfPresent(file(fence));
      if (bytes === undefined) return undefined;
      try {
        return JSON.parse(bytes.toString("utf8")) as LeaseRecord;
      } catch {
        return undefined;
      }
    },
    claim: (fence, record) => createOnce(file(fence), text(record)),
    replace: (fence, record) => writeDurably(file(fence), text(record)),
    remove: (fence) => rm(file(fence), { force: true }),
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown"); // a container's user without an entry in passwd
  }
}
