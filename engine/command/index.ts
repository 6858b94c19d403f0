// Dispatches a command line to its command, as the Automation API or a person gives it, and turns what is thrown into an
// error line and an exit code. Nothing that goes wrong ends in a stack trace.
import { resolve } from "node:path";
import sdk from "@pulumi/pulumi/package.json" with { type: "json" };
import { SemVer } from "semver";
import type { CommandResult, EngineCommand, EngineOptions } from "../index.ts";
import { EngineError, exitCodes } from "../state/error.ts";
import { helpText, parseArgs } from "./args.ts";
import { surface } from "./commands.ts";
import { createContext } from "./context.ts";

/** The engine's version: the SDK's it speaks to, marked as not the official engine's. */
export const engineVersion = `${sdk.version}+tutti`;

/**
 * Makes an engine. Its `run` resolves also for exit codes other than 0, as the official command runner does: whoever gives
 * it to the Automation API turns those into its errors. Runs may go on at the same time.
 */
export function createEngine(options: EngineOptions): EngineCommand {
  return {
    command: "tutti-engine",
    version: new SemVer(engineVersion),
    async run(args, cwd, additionalEnv, onOutput, onError, signal) {
      // What runs programs prints without end; whoever wants all of it listens.
      const limit = endless.has(args[0] ?? "") && !args.includes("--json") ? 2 ** 20 : Number.POSITIVE_INFINITY;
      const tail = (text: string): string => (text.length > 2 * limit ? text.slice(-limit) : text);
      let stdout = "";
      let stderr = "";
      const code = await runCommand(options, args, cwd, additionalEnv, {
        stdout(text) {
          stdout = tail(stdout + text);
          onOutput?.(text);
        },
        stderr(text) {
          stderr = tail(stderr + text);
          onError?.(text);
        },
        signal: signal ?? new AbortController().signal,
      });
      return { stdout, stderr, code } satisfies CommandResult;
    },
  };
}

/** Verbs that run programs: without `--json` only the end of what they print is in their result. */
const endless = new Set(["up", "update", "preview", "refresh", "destroy", "watch"]);

interface Streams {
  stdout(text: string): void;
  stderr(text: string): void;
  readonly signal: AbortSignal;
}

async function runCommand(
  options: EngineOptions,
  argv: readonly string[],
  cwd: string,
  additionalEnv: Readonly<Record<string, string>>,
  streams: Streams,
): Promise<number> {
  const mask = (text: string): string => options.secrets?.mask(text) ?? text;
  try {
    const env = { ...options.env, ...additionalEnv };
    const { command, flags, args, help } = parseArgs(argv, surface, env);
    if (help !== undefined) {
      streams.stdout(helpText(command, surface));
      return help === "asked" ? exitCodes.success : exitCodes.error;
    }
    const stdin = async () => (await options.stdin?.()) ?? "";
    const run = await command.load();
    const folder = resolve(cwd, flags.string("cwd") ?? ".");
    return await run(
      createContext({ options, env, cwd: folder, flags, args, version: engineVersion, stdin, ...streams }),
    );
  } catch (thrown) {
    if (thrown instanceof EngineError) {
      streams.stderr(mask(`error: ${thrown.message}\n`));
      return thrown.exitCode;
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    streams.stderr(mask(`error: an unexpected error occurred in the engine: ${message}\n`));
    return exitCodes.internal;
  }
}
