// Locks of stacks on a file backend, as the official engine takes them (pulumi/pulumi: pkg/backend/diy/lock.go): one file
// per holder, looked for before and after writing one's own, so that of two contenders at most one goes on. Locks of
// either engine are respected by both.
//
// A lock of this engine also says which process wrote it (`tutti`, which the official CLI passes over). A lock whose owner
// is proven dead by that is taken away by whoever comes next; one of the official CLI only when asked (`breakLocks`).
import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { EngineError, hasCode, reasonOf } from "./error.ts";
import { makeFolder, readIfPresent, writeDurably } from "./files.ts";
import { isJsonObject, type JsonValue } from "./json.ts";
import {
  type Liveness,
  livenessOf,
  type Machine,
  type Owner,
  ownMark,
  type ProcessMark,
  thisMachine,
} from "./processIdentity.ts";

export interface Lock {
  /** Gives the lock back; harmless the second time, and when somebody else removed it. */
  release(): Promise<void>;
}

/** A lock that somebody holds. */
export interface HeldLock {
  /** Absolute. */
  readonly path: string;
  /** `ann@box (pid 42) at 2026-11-23T17:37:33Z` */
  readonly holder: string;
  readonly owner: Owner;
  readonly liveness: Liveness;
}

/** Where locks lie. Tests take the steps of several contenders one by one through it. */
export interface LockFolder {
  /** Paths of all locks, sorted. */
  list(): Promise<readonly string[]>;
  /** Undefined when it was released meanwhile. */
  read(path: string): Promise<Buffer | undefined>;
  /** Puts a lock there, whole. */
  put(name: string, content: string): Promise<string>;
  /** Harmless when it is gone. */
  remove(path: string): Promise<void>;
}

/**
 * Takes the lock kept in a folder.
 * @throws EngineError `the stack is currently locked by ...` naming every other holder; nothing is left behind then.
 */
export async function takeLock(at: string | LockFolder, machine: Machine = thisMachine()): Promise<Lock> {
  const folder = typeof at === "string" ? lockFolder(at) : at;
  await refuseLocked(folder, undefined, machine);
  const mark = ownMark(machine);
  const content = JSON.stringify({
    pid: machine.pid,
    username: userName(),
    hostname: machine.host,
    timestamp: new Date().toISOString(),
    ...(mark === undefined ? {} : { tutti: mark }),
  });
  const path = await folder.put(`${randomUUID()}.json`, content);
  const release = () => folder.remove(path);
  try {
    await refuseLocked(folder, path, machine);
  } catch (thrown) {
    await release();
    throw thrown;
  }
  return { release };
}

/** Removes every lock of a folder, whoever holds it. */
export async function removeLocks(at: string): Promise<void> {
  const folder = lockFolder(at);
  for (const path of await folder.list()) await folder.remove(path);
}

/** Everybody who holds a lock of the folder. */
export async function heldLocks(at: string | LockFolder, machine?: Machine): Promise<readonly HeldLock[]> {
  const folder = typeof at === "string" ? lockFolder(at) : at;
  const held: HeldLock[] = [];
  for (const path of await folder.list()) {
    const content = await folder.read(path);
    // undefined: released between listing and reading
    if (content === undefined) continue;
    const owner = ownerOf(content);
    held.push({ path, holder: describe(content), owner, liveness: livenessOf(owner, machine) });
  }
  return held;
}

/** Removes one lock; harmless when it was released meanwhile. */
export function removeLock({ path }: HeldLock): Promise<void> {
  return rm(path, { force: true });
}

/** Locks as files of a folder; whatever lies in it counts as a lock. */
export function lockFolder(folder: string): LockFolder {
  return {
    list: () => locksIn(folder),
    read: readIfPresent,
    async put(name, content) {
      const path = join(folder, name);
      await makeFolder(folder);
      // staged outside the folder
      await writeDurably(path, content, { staging: dirname(folder) });
      return path;
    },
    remove: (path) => rm(path, { force: true }),
  };
}

async function refuseLocked(folder: LockFolder, own: string | undefined, machine: Machine): Promise<void> {
  const holders: string[] = [];
  for (const path of (await folder.list()).filter((other) => other !== own)) {
    const content = await folder.read(path);
    if (content === undefined) continue;
    const owner = ownerOf(content);
    // Names are never used twice: two who see the same dead owner remove the same file, and no other.
    if (owner.mark !== undefined && livenessOf(owner, machine).state === "dead") await folder.remove(path);
    else holders.push(`\n  ${lockUrl(path)}: created by ${describe(content)}`);
  }
  if (holders.length > 0)
    throw new EngineError(
      `the stack is currently locked by ${holders.length} lock(s). Either wait for the other process(es) to end or ` +
        `delete the lock file with \`pulumi cancel\`.${holders.join("")}`,
    );
}

async function locksIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".attrs"))
      .map((entry) => join(folder, entry.name))
      .sort();
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return [];
    throw thrown;
  }
}

function lockUrl(path: string): string {
  return `file://${encodeURI(path)}`;
}

function describe(content: Buffer): string {
  let lock: JsonValue;
  try {
    lock = JSON.parse(content.toString("utf8")) as JsonValue;
  } catch (thrown) {
    return `somebody unknown: the lock file is not JSON (${reasonOf(thrown)})`;
  }
  const field = (key: string): string => (isJsonObject(lock) ? String(lock[key] ?? "?") : "?");
  return `${field("username")}@${field("hostname")} (pid ${field("pid")}) at ${withoutFraction(field("timestamp"))}`;
}

function ownerOf(content: Buffer): Owner {
  let lock: JsonValue;
  try {
    lock = JSON.parse(content.toString("utf8")) as JsonValue;
  } catch {
    lock = null;
  }
  const { pid, hostname: host, timestamp, tutti } = isJsonObject(lock) ? lock : {};
  return {
    pid: typeof pid === "number" ? pid : 0,
    host: typeof host === "string" ? host : "an unknown host",
    sinceMs: typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN,
    mark: markOf(tutti),
  };
}

function markOf(json: JsonValue | undefined): ProcessMark | undefined {
  if (json === undefined || !isJsonObject(json)) return undefined;
  const { start, boot, machine, namespace } = json;
  const whole = [start, boot, machine, namespace].every((part) => typeof part === "string");
  return whole ? (json as unknown as ProcessMark) : undefined;
}

/** RFC 3339 to whole seconds. */
function withoutFraction(time: string): string {
  return time.replace(/\.\d+/, "");
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown"); // a container's user without an entry in passwd
  }
}
