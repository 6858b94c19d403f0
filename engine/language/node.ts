// Runs an unmodified Node.js project as a child process, through the SDK's own `@pulumi/pulumi/cmd/run` found from the
// project, with the argv and environment that the official language host gives it (pulumi/pulumi:
// sdk/nodejs/cmd/pulumi-language-nodejs). TypeScript is left to the SDK and to Node.
//
// Synchronous invokes need nothing here: no function of a supported SDK makes one. (`cmd/run --sync` remains from older
// ones, which `OLDEST_SDK` refuses.)
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import lt from "semver/functions/lt.js";
import type { Program, ProgramEnd, ProgramLog, RunInfo } from "../deployment/source.ts";
import { splitArguments } from "./arguments.ts";
import type { Child, ChildOptions } from "./child.ts";
import { debugConfig, freePort, waitingArguments } from "./debugger.ts";
import { lineReader } from "./lines.ts";
import { type ChildSource, coldChildren } from "./pool.ts";

/** The parts of Pulumi.yaml that say how the program is run. */
export interface NodeProgramOptions {
  /** `runtime`, or `runtime.name`; only `nodejs` is served. */
  readonly runtime: string;
  /** `runtime.options`, as parsed. */
  readonly runtimeOptions: Readonly<Record<string, unknown>>;
  /** Folder of Pulumi.yaml, absolute. */
  readonly rootDirectory: string;
  /** `main`; absent or "": the folder of Pulumi.yaml. */
  readonly main?: string;
  /** The complete environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the program waits for a debugger in its first line. */
  readonly attachDebugger?: boolean;
  /** How a cancelled program is ended. */
  readonly patience?: Patience;
  /** Aborted: the program is killed at once, with all that it started. */
  readonly kill?: AbortSignal | undefined;
  /** Where the child comes from; started when it is asked for by default. */
  readonly children?: ChildSource | undefined;
}

/** Milliseconds that a cancelled program is given. Its monitor answers no more, at which most end by themselves. */
export interface Patience {
  /** Until SIGTERM; 1000 by default. */
  readonly waitMs: number;
  /** From SIGTERM to SIGKILL; 5000 by default. */
  readonly graceMs: number;
}

const PATIENCE: Patience = { waitMs: 1000, graceMs: 5000 };

/** The oldest SDK that is served; the suite runs against the one in package.json. */
const OLDEST_SDK = "3.200.0";

/** What `cmd/run` exits with when it has told the user the error itself (pulumi/pulumi: sdk/nodejs/cmd/run/index.ts). */
const EXIT_REPORTED = 32;

/** The preload of programs in a preview, as a URL: only there are outputs that are not known. */
export const EXACT_REFERENCES = new URL("./exactReferences.mjs", import.meta.url).href;

/** How many of the last lines of stderr an otherwise unexplained failure quotes. */
const QUOTED_LINES = 20;

/**
 * A project that can be run once per call.
 *
 * `run` rejects, naming what is wrong and what would be right, for another runtime, a wrong runtime option, a `main`
 * that is not there, and a project without the SDK or with one too old. A program that fails resolves.
 */
export function nodeProgram(options: NodeProgramOptions): Program {
  return {
    async run(info, log) {
      if (options.runtime !== "nodejs") {
        throw new Error(
          `the runtime "${options.runtime}" is not supported by the embedded engine, which runs nodejs only`,
        );
      }
      const { directory, entryPoint } = programLocation(options.rootDirectory, options.main);
      if (info.signal.aborted) return CANCELLED;
      const started = startOf(options, directory, info.dryRun);
      const port = options.attachDebugger ? await freePort() : undefined;
      const child = (options.children ?? coldChildren).start({
        ...started,
        nodeArguments: [...started.nodeArguments, ...(port === undefined ? [] : waitingArguments(port))],
        arguments: [...runArguments(info, directory), entryPoint],
        env: { ...started.env, ...configEnvironment(info) },
      });
      const kill = () => child.kill();
      options.kill?.addEventListener("abort", kill, { once: true });
      if (options.kill?.aborted) kill();
      if (port !== undefined && child.pid !== undefined) log.debugging?.(debugConfig(child.pid, port));
      try {
        return await watch(child, info.signal, options.patience ?? PATIENCE, log);
      } finally {
        options.kill?.removeEventListener("abort", kill);
      }
    },
  };
}

/**
 * How a program of the project will be started, as far as it is known before there is one: for a pool.
 *
 * @throws Error as `run` rejects.
 */
export function programStart(options: NodeProgramOptions, dryRun: boolean): ChildOptions {
  return startOf(options, programLocation(options.rootDirectory, options.main).directory, dryRun);
}

function startOf(options: NodeProgramOptions, directory: string, dryRun: boolean): ChildOptions {
  const runtime = readRuntimeOptions(options.runtimeOptions);
  return {
    preloads: dryRun ? [EXACT_REFERENCES] : [],
    nodeArguments: runtime.nodeArguments,
    script: findSdk(directory, "cmd/run"),
    arguments: [],
    cwd: directory,
    env: { ...options.env, ...runtime.env },
  };
}

const CANCELLED: ProgramEnd = { type: "error", message: "the program was ended because the deployment was cancelled" };

/** Follows a started child to its end. Also the seam for children that were started before they had a program. */
export async function watch(
  child: Child,
  signal: AbortSignal,
  patience: Patience,
  log: ProgramLog,
): Promise<ProgramEnd> {
  const tail: string[] = [];
  const stdout = lineReader((text) => log.print("stdout", text));
  const stderr = lineReader((text) => {
    tail.push(text);
    if (tail.length > QUOTED_LINES) tail.shift();
    log.print("stderr", text);
  });
  child.stdout.on("data", stdout.push).on("error", () => {});
  child.stderr.on("data", stderr.push).on("error", () => {});
  const stop = () => child.stop(patience.waitMs, patience.graceMs);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    const end = await child.ended;
    stdout.end();
    stderr.end();
    if (end.type === "exit" && end.code === 0) return { type: "ok" };
    if (signal.aborted) return CANCELLED;
    if (end.type === "exit" && end.code === EXIT_REPORTED) return { type: "bail" };
    const quoted = tail.length === 0 ? "" : `\n${tail.join("\n")}`;
    const exhausted = tail.some((line) => line.includes("JavaScript heap out of memory"));
    const memory = exhausted
      ? ". It ran out of memory: raise the limit with --max-old-space-size=<MiB> in runtime.options.nodeargs of Pulumi.yaml"
      : "";
    if (end.type === "signal")
      // V8's last words are of no use to whoever wrote the program.
      return { type: "error", message: `Program was ended by ${end.signal}${exhausted ? memory : quoted}` };
    return { type: "error", message: `Program exited with non-zero exit code: ${end.code}${memory}${quoted}` };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Working directory and entry point of a program: the folder `main` is in and the file's name, or the folder that
 * `main` is and `.` (pulumi/pulumi: pkg/engine/project.go, getPwdMain).
 */
export function programLocation(
  rootDirectory: string,
  main: string | undefined,
): { readonly directory: string; readonly entryPoint: string } {
  if (main === undefined || main === "") return { directory: rootDirectory, entryPoint: "." };
  const target = path.resolve(rootDirectory, main);
  const found = statSync(target, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`project 'main' could not be read: there is no "${target}"`);
  return found.isDirectory()
    ? { directory: target, entryPoint: "." }
    : { directory: path.dirname(target), entryPoint: path.basename(target) };
}

/**
 * The file of a module of the SDK as the project's own programs would load it.
 *
 * @throws Error when the project has no SDK, or one that is too old.
 */
export function findSdk(directory: string, module: string): string {
  const require = createRequire(path.join(directory, "package.json"));
  let version: string;
  let file: string;
  try {
    version = (require("@pulumi/pulumi/package.json") as { version: string }).version;
    file = require.resolve(`@pulumi/pulumi/${module}`);
  } catch {
    throw new Error(`the package @pulumi/pulumi is not installed for ${directory}; run "npm install" there`);
  }
  if (lt(version, OLDEST_SDK)) {
    throw new Error(
      `@pulumi/pulumi ${version} in ${directory} is too old for the embedded engine; ${OLDEST_SDK} is the oldest`,
    );
  }
  return file;
}

interface RuntimeOptions {
  readonly nodeArguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function readRuntimeOptions(options: Readonly<Record<string, unknown>>): RuntimeOptions {
  const { typescript = true, tsconfig = "", nodeargs = "" } = options;
  if (typeof typescript !== "boolean") throw wrongOption("typescript", typescript, "true or false");
  if (typeof tsconfig !== "string") throw wrongOption("tsconfig", tsconfig, "a path");
  if (typeof nodeargs !== "string") throw wrongOption("nodeargs", nodeargs, "a string");
  return {
    nodeArguments: splitArguments(nodeargs),
    env: {
      ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
      ...(tsconfig === "" ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig }),
    },
  };
}

function wrongOption(name: string, value: unknown, right: string): Error {
  return new Error(`runtime.options.${name} in Pulumi.yaml must be ${right}, got ${JSON.stringify(value)}`);
}

function runArguments(info: RunInfo, directory: string): string[] {
  const given = {
    monitor: info.monitorAddress,
    engine: info.engineAddress,
    organization: info.organization,
    project: info.project,
    "root-directory": info.rootDirectory,
    stack: info.stack,
    pwd: directory,
    parallel: String(info.parallel),
  };
  const named = Object.entries(given).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
  return info.dryRun ? [...named, "--dry-run"] : named;
}

/** Configuration as the SDK reads it; keys in the old form `<namespace>:config:<name>`, which every SDK understands. */
function configEnvironment(info: RunInfo): Record<string, string> {
  const config = Object.entries(info.config).map(([key, value]) => {
    const at = key.indexOf(":");
    return [`${key.slice(0, at)}:config:${key.slice(at + 1)}`, value];
  });
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(info.secretKeys),
  };
}
