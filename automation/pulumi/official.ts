// Runs the installed pulumi CLI as a PulumiCommand for the Automation API: the only engine of a real cloud.
//
// 1. Its environment is exactly what it is given; nothing is inherited from the driver.
// 2. It leads its own process group: a Ctrl+C at the terminal reaches the driver only, which forwards it once.
// 3. It ends with the CLI's own exit code, and output is streamed: of a program's run only the tail stays in memory.
// 4. Interrupts climb a ladder: SIGINT, after `graceMs` a second SIGINT (the CLI then terminates its operations), after
//    another `graceMs` SIGKILL of the whole group. `kill` goes to the last rung at once.
import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import SemVer from "semver/classes/semver.js";
import parse from "semver/functions/parse.js";
import type { CommandResult, EngineCommand } from "../../engine/index.ts";
import { TuttiError } from "../errors.ts";
import { versionOf } from "./cliVersion.ts";
import { createTail } from "./tail.ts";

/** Preview-only refresh and destroy take no lock from this version on (pulumi/pulumi: CHANGELOG, 3.231.0). */
export const minimumVersion = "3.231.0";

/** Verbs that run programs: their output may be endless, so only its tail is kept. */
const streaming = new Set(["up", "preview", "refresh", "destroy", "import"]);
const tailLimit = 256 * 1024;

export interface OfficialOptions {
  /** Absolute path of the executable. */
  readonly executable: string;
  readonly version: SemVer;
  /** The complete environment of the CLI. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds between the rungs of the interrupt ladder; 30,000 when absent. */
  readonly graceMs?: number;
  /** Kills the process group at once when aborted. */
  readonly kill?: AbortSignal;
}

/** Finds `pulumi` on a PATH; undefined when there is none. */
export function findPulumi(searchPath: string | undefined): string | undefined {
  for (const folder of (searchPath ?? "").split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    const candidate = path.join(folder, "pulumi");
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/**
 * Finds the CLI on `PATH` of the given environment and checks its version, which a `folder` remembers. Where a process has
 * to be asked for it, `meanwhile` is called once that has been started.
 *
 * @throws TuttiError `engine` when it is missing or too old, with what to do.
 */
export async function locateOfficial(
  env: Readonly<Record<string, string | undefined>>,
  folder?: string,
  meanwhile?: () => unknown,
): Promise<{ executable: string; version: SemVer }> {
  const executable = findPulumi(env["PATH"]);
  if (executable === undefined) {
    throw new TuttiError("engine", "a real environment needs the pulumi command line, and there is none on PATH", {
      hint: "install it (https://www.pulumi.com/docs/install/), or use a sandbox environment, which needs nothing installed",
    });
  }
  const text = await versionOf(executable, env["PATH"] ?? "", folder, meanwhile);
  const version = parse(text.trim());
  if (version === null) {
    throw new TuttiError("engine", `${executable} does not tell its version: ${text.trim().slice(0, 200)}`, {
      hint: `install pulumi ${minimumVersion} or newer: https://www.pulumi.com/docs/install/`,
    });
  }
  // A pre-release of a later version is new enough, so the comparison is of the release part alone.
  if (new SemVer(`${version.major}.${version.minor}.${version.patch}`).compare(minimumVersion) < 0) {
    throw new TuttiError(
      "engine",
      `${executable} is pulumi ${version.version}; tutti needs ${minimumVersion} or newer`,
      {
        hint: "upgrade it: https://www.pulumi.com/docs/install/",
      },
    );
  }
  return { executable, version };
}

/** The CLI as a PulumiCommand. Non-zero exits resolve with their code; only a CLI that cannot be started rejects. */
export function officialCommand(options: OfficialOptions): EngineCommand {
  const { executable, version, env, graceMs = 30_000, kill } = options;
  return {
    command: executable,
    version,
    run(args, cwd, additionalEnv, onOutput, onError, signal) {
      const complete: Record<string, string> = { ...env, ...additionalEnv, PULUMI_AUTOMATION_API: "true" };
      if (complete["TUTTI_OVERLAY"] !== undefined && args[0] !== "preview") {
        throw new TuttiError("internal", `predicted outputs may be used by a preview only, not by ${args[0]}`);
      }
      if (signal?.aborted || kill?.aborted)
        return Promise.resolve({ stdout: "", stderr: "cancelled before it started", code: 8 });
      return new Promise<CommandResult>((resolve, reject) => {
        const child = spawn(
          executable,
          [...args, ...(args.includes("--non-interactive") ? [] : ["--non-interactive"])],
          {
            cwd,
            env: complete,
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
          },
        );
        const limit = streaming.has(args[0] ?? "") ? tailLimit : Number.MAX_SAFE_INTEGER;
        const stdout = createTail(limit);
        const stderr = createTail(limit);
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          stdout.add(text);
          onOutput?.(text);
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          stderr.add(text);
          onError?.(text);
        });
        const ladder = climb(child.pid, graceMs, signal, kill);
        child.once("error", (error) => {
          ladder.stop();
          reject(new TuttiError("engine", `${executable} cannot be started: ${error.message}`));
        });
        child.once("close", (code, killedBy) => {
          ladder.stop();
          const why = killedBy === null ? "" : `\nended by ${killedBy}`;
          resolve({ stdout: stdout.text(), stderr: stderr.text() + why, code: code ?? 128 + signalNumber(killedBy) });
        });
      });
    },
  };
}

function signalNumber(name: NodeJS.Signals | null): number {
  return name === "SIGKILL" ? 9 : name === "SIGTERM" ? 15 : 2;
}

/** The interrupt ladder of one process; `stop` must be called when it has ended, or timers and listeners stay behind. */
function climb(
  pid: number | undefined,
  graceMs: number,
  signal: AbortSignal | undefined,
  kill: AbortSignal | undefined,
): { stop(): void } {
  const timers: NodeJS.Timeout[] = [];
  const send = (target: number, name: NodeJS.Signals): void => {
    try {
      process.kill(target, name);
    } catch {
      // It has ended meanwhile.
    }
  };
  const killGroup = (): void => send(-pid!, "SIGKILL");
  const interrupt = (): void => {
    // To the CLI alone: it tells its language host and plugins itself, and a program hit by the same signal would die
    // before its running operations are recorded.
    send(pid!, "SIGINT");
    timers.push(
      setTimeout(() => send(pid!, "SIGINT"), graceMs),
      setTimeout(killGroup, 2 * graceMs),
    );
  };
  if (pid === undefined) return { stop: () => {} };
  signal?.addEventListener("abort", interrupt, { once: true });
  kill?.addEventListener("abort", killGroup, { once: true });
  return {
    stop() {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener("abort", interrupt);
      kill?.removeEventListener("abort", killGroup);
    },
  };
}
