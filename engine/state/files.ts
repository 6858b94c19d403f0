// Files that survive a crash at any moment: written beside their place, flushed, then renamed over it, and the folder
// flushed. Folders are made 0700 and files 0600.
import { randomBytes } from "node:crypto";
import { chmod, copyFile, link, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EngineError, fileProblem, hasCode } from "./error.ts";

/** Makes a folder and its parents, each only readable by its owner. @throws EngineError naming it. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(refuse("write", path));
}

/**
 * Replaces a file in one step. Durable when it resolves. `staging` is the folder of the temporary file, on the same
 * file system; by default the file's own. `mode` is 0600 unless given.
 *
 * @throws EngineError naming the file, which is then as it was, with nothing left beside it.
 */
export async function writeDurably(
  path: string,
  data: string | Uint8Array,
  options: { readonly staging?: string; readonly mode?: number } = {},
): Promise<void> {
  await putInPlace(path, options.staging ?? dirname(path), async (temporary) => {
    const file = await open(temporary, "wx", options.mode ?? 0o600);
    try {
      if (options.mode !== undefined) await file.chmod(options.mode); // the umask took bits away
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  });
}

/** Copies a file in one step, with mode 0600. Durable when it resolves. @throws EngineError as writeDurably. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await putInPlace(to, dirname(to), async (temporary) => {
    await copyFile(from, temporary);
    await chmod(temporary, 0o600); // the copy has the mode of what it was made from
    await rename(temporary, to);
  });
}

/**
 * Makes a file that is not there yet, whole; false, with nothing changed, when there is one. Of several processes that do
 * so at once, one makes it. @throws EngineError as writeDurably.
 */
export async function createOnce(path: string, data: string): Promise<boolean> {
  let made = true;
  await putInPlace(path, dirname(path), async (temporary) => {
    await writeFile(temporary, data, { mode: 0o600, flag: "wx", flush: true });
    // A link appears whole and only once, unlike a file that is opened and then written.
    await link(temporary, path).catch((thrown: unknown) => {
      if (!hasCode(thrown, "EEXIST")) throw thrown;
      made = false;
    });
    await discard(temporary);
  });
  return made;
}

/** Lets `put` make a file under a temporary name and give it its own; what it leaves unfinished is removed. */
async function putInPlace(path: string, staging: string, put: (temporary: string) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const temporary = join(staging, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await put(temporary);
    await flushFolder(folder);
  } catch (thrown) {
    await discard(temporary);
    throw refusal("write", path, thrown);
  }
}

/** Removes what was not finished; what was wrong with it is told by then. */
export async function discard(temporary: string): Promise<void> {
  await rm(temporary, { force: true }).catch(() => undefined);
}

/** The error of a file that cannot be read or written. */
export function refusal(verb: "read" | "write", path: string, thrown: unknown): EngineError {
  return thrown instanceof EngineError ? thrown : new EngineError(fileProblem(verb, path, thrown));
}

const refuse =
  (verb: "read" | "write", path: string) =>
  (thrown: unknown): never => {
    throw refusal(verb, path, thrown);
  };

/** Makes renames and removals in a folder durable. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The bytes of a file, or undefined when there is none. @throws EngineError naming a file that is there and cannot be read. */
export async function readIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT") || hasCode(thrown, "ENOTDIR")) return undefined;
    throw refusal("read", path, thrown);
  }
}
