// The programs of one run: children that wait for them, for both engines, and our language host for the official one.
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { NodeProgramOptions } from "../../engine/language/node.ts";
import type { ChildPool } from "../../engine/language/pool.ts";
import type { RunSetup } from "../door.ts";
import { workspaceFile } from "../load.ts";
import type { OpenEnvironment } from "./environment.ts";

/** A program served to the official CLI while one command runs. */
export interface Served {
  /** What to add to the command line. */
  readonly argument: string;
  close(): Promise<void>;
}

export interface Programs {
  /** Where the embedded engine takes children from; undefined when the run runs no programs. */
  readonly children: ChildPool | undefined;
  /** Lets children wait for the first programs of these environments. */
  ready(environments: readonly OpenEnvironment[]): Promise<void>;
  /** Serves the stack's program; undefined when the CLI's own language host has to run it. */
  serve(environment: OpenEnvironment, options: ServeOptions): Promise<Served | undefined>;
  close(): void;
}

export interface ServeOptions {
  readonly stack: string;
  /** More variables for the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly kill: AbortSignal;
  readonly print: (stream: "stdout" | "stderr", text: string) => void;
}

/** Makes the programs of a run; nothing is started yet. */
export async function createPrograms(setup: RunSetup): Promise<Programs> {
  const runs = setup.operation === "up" || setup.operation === "preview";
  const { steps = 0, concurrency = 1 } = setup;
  const children = runs ? (await import("../../engine/language/pool.ts")).createChildPool(steps) : undefined;
  return {
    children,
    async ready(environments) {
      if (children === undefined) return;
      const { programStart } = await import("../../engine/language/node.ts");
      const each = Math.ceil(Math.min(steps, concurrency) / Math.max(1, environments.length));
      for (const environment of environments) {
        const options = nodeOptions(environment);
        if (options === undefined) continue;
        try {
          const start = programStart(options, setup.operation === "preview");
          children.warm(start, each, await loadedAnyway(environment.root, start.script));
        } catch {
          // A project that cannot be run: the engine says why, stack by stack.
        }
      }
    },
    async serve(environment, { stack, env, kill, print }) {
      const options = nodeOptions(environment);
      if (children === undefined || environment.cloud !== "real" || options === undefined) return undefined;
      // An existing project runs as it always has.
      if (environment.folder !== undefined) return undefined;
      const [{ serveProgram }, { nodeProgram }] = await Promise.all([
        import("../../engine/language/host.ts"),
        import("../../engine/language/node.ts"),
      ]);
      const program = nodeProgram({ ...options, env: { ...options.env, ...env }, kill, children });
      const { address, close } = await serveProgram({ program, stack, log: { print } });
      return { argument: `--client=${address}`, close };
    },
    close: () => children?.close(),
  };
}

/**
 * What each program of the workspace loads before it does anything of its own: its contracts, which the driver has loaded
 * too, and our part of a program, where that comes with the same SDK as the program's.
 */
async function loadedAnyway(root: string, script: string): Promise<readonly string[]> {
  const ours = new URL(`../program${path.extname(import.meta.url)}`, import.meta.url).href;
  const { findSdk } = await import("../../engine/language/node.ts");
  const same = findSdk(path.dirname(fileURLToPath(import.meta.url)), "cmd/run") === script;
  return [...(same ? [ours] : []), pathToFileURL(workspaceFile(root)).href];
}

/** Other languages are left to the CLI's own hosts. */
function nodeOptions({ env, project, root }: OpenEnvironment): NodeProgramOptions | undefined {
  const { name: runtime, options: runtimeOptions } = project.runtime;
  if (runtime !== "nodejs") return undefined;
  return {
    runtime,
    runtimeOptions,
    rootDirectory: root,
    env,
    ...(project.main === undefined ? {} : { main: project.main }),
  };
}
