// The programs of one run: children that wait for them, for both engines, and our language host for the official one.
import type { NodeProgramOptions } from "../../engine/language/node.ts";
import type { ChildPool } from "../../engine/language/pool.ts";
import type { RunSetup } from "../door.ts";
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
          children.warm(programStart(options, setup.operation === "preview"), each);
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
