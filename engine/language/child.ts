// Starts one Node.js child of the engine (a program or a dynamic provider) so that it can be ended for certain.
//
// 1. It gets exactly the environment it is given; nothing of `process.env`.
// 2. It leads a process group: `stop` ends everything it started, with SIGTERM first and SIGKILL after a grace.
// 3. When this process dies, however it dies, guard.mjs in the child sees the pipe close and ends the group; a child that is
//    too busy to see it is ended by watchdog.ts.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { watchOver } from "./watchdog.ts";

export interface ChildOptions {
  /** More modules to load before the script, as URLs. */
  readonly preloads?: readonly string[];
  /** Arguments of Node itself, before the script. */
  readonly nodeArguments: readonly string[];
  readonly script: string;
  readonly arguments: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The child waits to be given a job (pool.ts); until then it keeps nothing alive here. */
  readonly jobs?: boolean;
}

/** What a waiting child is to do: the arguments and the complete environment of its script. */
export interface Job {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How a child ended: its exit code, or the signal that ended it. */
export type ChildEnd =
  | { readonly type: "exit"; readonly code: number }
  | { readonly type: "signal"; readonly signal: string };

export interface Child {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the child has ended and its output has been read. @rejects when it could not be started. */
  readonly ended: Promise<ChildEnd>;
  /** After `waitMs` asks the group to end; `graceMs` later ends it. Idempotent. */
  stop(waitMs: number, graceMs: number): void;
  /** Ends the group at once. */
  kill(): void;
  /** Gives a child that waits its job, once; false when it has ended meanwhile. Only of children started with `jobs`. */
  give?(job: Job): boolean;
}

const GUARD = new URL("./guard.mjs", import.meta.url);
const LEAN = new URL("../../automation/lean.mjs", import.meta.url);

/** How long output may still come after the child has gone: what it forked may hold its streams open for ever. */
const DRAIN_MS = 1000;

/** Starts the child. The Node is the one that runs us. */
export function startChild(options: ChildOptions): Child {
  // `--import=` in one word: the SDK looks for the word `--import` among the arguments and, when it finds it, loads
  // TypeScript modules another way.
  const preloads = [`--import=${GUARD.href}?fd=3&parent=${process.pid}`];
  if (!options.nodeArguments.some((argument) => /\blean\b/.test(argument))) preloads.push(`--import=${LEAN.href}`);
  preloads.push(...(options.preloads ?? []).map((url) => `--import=${url}`));
  const child = spawn(process.execPath, [...preloads, ...options.nodeArguments, options.script, ...options.arguments], {
    cwd: options.cwd,
    env: { ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe", ...(options.jobs ? (["ipc"] as const) : [])],
  }) as unknown as ChildProcessByStdio<null, Readable, Readable>;

  const unwatch = child.pid === undefined ? () => {} : watchOver(child.pid);
  let gone = false;
  let timer: NodeJS.Timeout | undefined;
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The group has ended already.
    }
  };
  const ended = new Promise<ChildEnd>((resolve, reject) => {
    child.once("error", (error) => {
      gone = true;
      reject(new Error(`could not start ${process.execPath} in ${options.cwd}: ${error.message}`));
    });
    child.once("exit", (code, signal) => {
      gone = true;
      unwatch();
      const end: ChildEnd = code === null ? { type: "signal", signal: signal ?? "SIGKILL" } : { type: "exit", code };
      // What still holds the streams of a leader that is gone was started by it and forgotten, or did not heed a stop.
      const drain = setTimeout(() => {
        signalGroup("SIGKILL");
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN_MS);
      child.once("close", () => {
        clearTimeout(drain);
        clearTimeout(timer);
        resolve(end);
      });
    });
  });
  if (options.jobs) {
    child.unref();
    child.channel?.unref();
    for (const stream of child.stdio) (stream as Partial<Socket> | null)?.unref?.();
  }
  return {
    pid: child.pid,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    stop(waitMs, graceMs) {
      if (gone || timer !== undefined) return;
      timer = setTimeout(() => {
        signalGroup("SIGTERM");
        timer = setTimeout(() => signalGroup("SIGKILL"), graceMs);
      }, waitMs);
    },
    kill: () => signalGroup("SIGKILL"),
    ...(options.jobs
      ? {
          give(job) {
            if (gone || !child.connected) return false;
            child.ref();
            for (const stream of child.stdio) (stream as Partial<Socket> | null)?.ref?.();
            child.send(job, () => {});
            return true;
          },
        }
      : {}),
  };
}

/** Where the lean preload is, as a path; for messages and tests. */
export const leanPath: string = fileURLToPath(LEAN);
