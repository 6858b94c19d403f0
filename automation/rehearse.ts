// Brings a whole environment up in a throw-away sandbox: the same stacks, settings and programs, no cloud, nothing left
// behind. What tests of a platform call.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Environment, Workspace } from "./define.ts";
import type { Stamped } from "./events.ts";
import { findRoot } from "./load.ts";
import { open, type Tutti } from "./open.ts";
import type { Report } from "./report.ts";

export interface RehearseOptions {
  /** A folder inside the workspace. Default: the current one. */
  readonly directory?: string;
  /** Aborting interrupts the run. */
  readonly signal?: AbortSignal;
  /** Takes every event as it happens. */
  readonly onEvent?: (event: Stamped) => void;
}

/**
 * Brings up every stack of an environment, and what they need in other environments, in a sandbox below the temporary
 * folder, which is removed at the end. The report says what failed; nothing is thrown for that.
 *
 * @throws TuttiError as `open` and `up`: a workspace with problems, an environment that does not exist.
 */
export async function rehearse<Name extends string>(
  workspace: Workspace<Name>,
  environment: NoInfer<Name>,
  options: RehearseOptions = {},
): Promise<Report> {
  const { directory = ".", signal, onEvent } = options;
  const { tutti, close } = await openRehearsal(workspace, { directory });
  try {
    const run = tutti.up({
      environment,
      withDependencies: true,
      ci: true,
      ...(signal === undefined ? {} : { signal }),
    });
    for await (const event of run) onEvent?.(event);
    return await run.result();
  } finally {
    await close();
  }
}

/**
 * The same workspace with every environment a sandbox in one folder below the temporary one. `close` removes it. With
 * `runsIn`, journals and logs are kept there and outlive it.
 */
export async function openRehearsal(
  workspace: Workspace,
  { directory, runsIn }: { readonly directory: string; readonly runsIn?: string },
): Promise<{ readonly tutti: Tutti; readonly close: () => Promise<void> }> {
  const root = findRoot(directory);
  const base = await mkdtemp(path.join(os.tmpdir(), "tutti-rehearsal-"));
  const close = (): Promise<void> => rm(base, { recursive: true, force: true });
  try {
    const rehearsal = allSandboxes(workspace);
    const { createDoor } = await import("./pulumi/index.ts");
    // One sandbox for all: stacks of one environment may need those of another.
    const door = createDoor({ workspace: rehearsal, base, variables: {}, sandboxOf: () => "rehearsal" });
    const tutti = await open(rehearsal, { directory: root, base: runsIn ?? base, variables: {}, door });
    return { tutti, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same workspace with every environment a sandbox. Guards are for what exists; here nothing does. */
function allSandboxes(workspace: Workspace): Workspace {
  const environments = Object.entries(workspace.environments).map(([name, one]): [string, Environment] => [
    name,
    {
      ...one,
      cloud: "sandbox",
      backend: undefined,
      secretsProvider: undefined,
      passphrase: undefined,
      variables: {},
      google: undefined,
      guards: {},
    },
  ]);
  return { ...workspace, environments: Object.fromEntries(environments) };
}
