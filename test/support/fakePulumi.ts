// A double of the official CLI: a `pulumi` that plays scripts. It covers what the real one cannot be made to do at will:
// locks held for a while, streams that break off, exit codes, signals, endless output.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

/** What the double does, one after the other. */
export type Act =
  /** Sends an engine event to the caller's Events service. */
  | { readonly event: Partial<EngineEvent> }
  | { readonly stdout: string }
  | { readonly stderr: string }
  /** Writes a line of 100 characters this many times. */
  | { readonly lines: number }
  /** Milliseconds. */
  | { readonly wait: number }
  /** Notes that it is here: `fake.reached(name)`. */
  | { readonly reach: string }
  /** Goes on when it is interrupted. */
  | { readonly until: "SIGINT" }
  /** Starts a process of its own group that lives until it is killed; its pid is `fake.reached("child")`. */
  | { readonly fork: true }
  /** Makes a folder, as an installed plugin would. */
  | { readonly mkdir: string }
  /** Ends itself by a signal. */
  | { readonly die: "SIGKILL" | "SIGTERM" }
  | { readonly exit: number };

/** By the words a command line begins with (`up`, `stack ls`); each list is one call, the last one is for all that follow. */
export type Scripts = Readonly<Record<string, readonly (readonly Act[])[]>>;

/** One call of the double. */
export interface Call {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly pid: number;
}

export interface FakePulumi {
  /** The folder for the PATH. */
  readonly bin: string;
  /** Calls so far that begin with these words; all without. */
  calls(words?: string): readonly Call[];
  /** What a `reach` has noted; undefined while it has not. */
  reached(name: string): string | undefined;
}

/** The acts of a lock that somebody else holds (pulumi/pulumi: pkg/backend/diy/lock.go). */
export const locked = (holder: string): readonly Act[] => [
  {
    stderr: `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.\n  file:///state/.pulumi/locks/x.json: created by ${holder}\n`,
  },
  { exit: 1 },
];

/** The acts of an operation that went well: a summary with these counts. */
export const summary = (resourceChanges: Readonly<Record<string, number>>): Act => ({
  event: { summaryEvent: { maybeCorrupt: false, durationSeconds: 1, resourceChanges, policyPacks: {} } } as never,
});

/** Makes the double in a folder that exists. Without a script of its own: `version`, `stack ls` (nothing), `stack init`. */
export function createFakePulumi(folder: string, scripts: Scripts, version = "v3.260.0"): FakePulumi {
  const bin = path.join(folder, "bin");
  const notes = path.join(folder, "notes");
  for (const one of [bin, notes]) mkdirSync(one, { recursive: true });
  const all: Scripts = {
    version: [[{ stdout: version }]],
    "stack ls": [[{ stdout: "[]" }]],
    "stack init": [[]],
    ...scripts,
  };
  writeFileSync(path.join(folder, "scripts.json"), JSON.stringify(all));
  const executable = path.join(bin, "pulumi");
  const player = path.join(import.meta.dirname, "fakePulumi.mjs");
  writeFileSync(executable, `#!/bin/sh\nexec "${process.execPath}" "${player}" "${folder}" "$@"\n`);
  chmodSync(executable, 0o755);
  const calls = path.join(folder, "calls.jsonl");
  return {
    bin,
    calls(words = "") {
      const lines = existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [];
      return lines
        .map((line) => JSON.parse(line) as Call)
        .filter(({ args }) => `${args.join(" ")} `.startsWith(words === "" ? "" : `${words} `));
    },
    reached(name) {
      const file = path.join(notes, name);
      return existsSync(file) ? readFileSync(file, "utf8") : undefined;
    },
  };
}
