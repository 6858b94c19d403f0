// Tells when files were saved: a change of a file's contents below the watched paths, once writing has paused. What did not
// change since it was last told of does not count, so that a program may write files of its own there without end.
import { createHash } from "node:crypto";
import { type FSWatcher, readdirSync, readFileSync, statSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Folders that hold no sources of a program: packages, and what tools keep for themselves, as a backend does in `.pulumi`. */
const isSkipped = (folder: string): boolean => basename(folder) === "node_modules" || basename(folder).startsWith(".");

/** Editors write in several steps. */
const quietMs = 100;

/**
 * Yields after each save, until the signal is aborted; saves while the reader is busy are one. Folders are watched with all
 * below them, but for packages and hidden ones; a path that names a file, or nothing yet, is watched for that file.
 */
export async function* saves(paths: readonly string[], signal: AbortSignal): AsyncGenerator<void> {
  let saved = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const tree = new Tree(() => {
    clearTimeout(timer);
    timer = setTimeout(() => saved.resolve(), quietMs);
  });
  const stop = () => saved.resolve();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (const path of paths) tree.add(path);
    while (!signal.aborted) {
      await saved.promise;
      saved = Promise.withResolvers();
      if (!signal.aborted) yield;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    clearTimeout(timer);
    tree.close();
  }
}

class Tree {
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Digests of contents, of files that changed. */
  readonly #seen = new Map<string, string>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  add(path: string): void {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) this.#folder(path);
    else this.#watch(path, dirname(path), (name) => name === basename(path));
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  /** Watched before it is read: nothing that is made meanwhile is missed. */
  #folder(folder: string): void {
    if (this.#watchers.has(folder)) return;
    this.#watch(folder, folder, () => true);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) this.#inner(join(folder, entry.name));
  }

  #inner(folder: string): void {
    if (!isSkipped(folder)) this.#folder(folder);
  }

  #watch(watched: string, folder: string, counts: (name: string) => boolean): void {
    const watcher = watch(folder, (_, name) => {
      if (name !== null && counts(name)) this.#look(join(folder, name));
    });
    const gone = () => {
      watcher.close();
      this.#watchers.delete(watched);
    };
    watcher.on("error", gone);
    this.#watchers.set(watched, watcher);
  }

  #look(path: string): void {
    const digest = this.#digest(path);
    if (digest !== undefined && this.#seen.get(path) === digest) return;
    this.#seen.set(path, digest ?? "");
    if (digest !== undefined) this.#changed();
  }

  /** Of a file's contents, "" for none; undefined for a folder, which is watched from now on. */
  #digest(path: string): string | undefined {
    try {
      if (!statSync(path).isDirectory()) return createHash("sha256").update(readFileSync(path)).digest("hex");
      this.#inner(path);
      return undefined;
    } catch {
      this.#watchers.get(path)?.close();
      this.#watchers.delete(path);
      return "";
    }
  }
}
