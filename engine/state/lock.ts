// Locks of stacks on a file backend, as the official engine takes them (pulumi/pulumi: pkg/backend/diy/lock.go): one file
// per holder, looked for before and after writing one's own, so that of two contenders at most one goes on. Locks of
// either engine are respected by both.
import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { EngineError, hasCode, reasonOf } from "./error.ts";
import { makeFolder, readIfPresent, writeDurably } from "./files.ts";
import { isJsonObject, type JsonValue } from "./json.ts";

export interface Lock {
  /** Gives the lock back; harmless the second time, and when somebody else removed it. */
  release(): Promise<void>;
}

/**
 * Takes the lock kept in a folder.
 * @throws EngineError `the stack is currently locked by ...` naming every other holder; nothing is left behind then.
 */
export async function takeLock(folder: string): Promise<Lock> {
  const path = join(folder, `${randomUUID()}.json`);
  await refuseLocked(folder, path);
  const content = JSON.stringify({
    pid: process.pid,
    username: userName(),
    hostname: hostname(),
    timestamp: new Date().toISOString(),
  });
  await makeFolder(folder);
  // staged outside the folder: whatever lies in it counts as a lock
  await writeDurably(path, content, { staging: dirname(folder) });
  const release = () => rm(path, { force: true });
  try {
    await refuseLocked(folder, path);
  } catch (thrown) {
    await release();
    throw thrown;
  }
  return { release };
}

/** Removes every lock of a folder, whoever holds it. */
export async function removeLocks(folder: string): Promise<void> {
  for (const path of await locksIn(folder)) await rm(path, { force: true });
}

async function refuseLocked(folder: string, own: string): Promise<void> {
  const others = (await locksIn(folder)).filter((path) => path !== own);
  const holders: string[] = [];
  for (const path of others) {
    const content = await readIfPresent(path);
    // undefined: released between listing and reading
    if (content !== undefined) holders.push(`\n  ${lockUrl(path)}: created by ${describe(content)}`);
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
