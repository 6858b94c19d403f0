// Existing projects of a workspace, as the door needs them: what they are called, and what a sandbox can run of them.
import path from "node:path";
import { programStart } from "../../engine/language/node.ts";
import type { Workspace } from "../define.ts";
import { TuttiError } from "../errors.ts";
import { resolveWorkspace } from "../workspace.ts";
import type { OpenEnvironment } from "./environment.ts";
import { findProject } from "./project.ts";

type Environments = ReadonlyMap<string, string>;

const known = new WeakMap<Workspace, Promise<Environments>>();
const none: Promise<Environments> = Promise.resolve(new Map());

/** The environment of every stack of an existing project, by `<project>/<stack>` as Pulumi names them. */
export function environmentsOfProjects(workspace: Workspace | undefined, root: string): Promise<Environments> {
  if (!workspace?.stacks.some(({ folder }) => folder !== undefined)) return none;
  const found = known.get(workspace) ?? read(workspace, root);
  known.set(workspace, found);
  return found;
}

async function read(workspace: Workspace, root: string): Promise<Environments> {
  const stacks = [...resolveWorkspace(workspace).stacks.values()];
  const dirs = new Set(stacks.flatMap(({ contract: { folder } }) => (folder === undefined ? [] : [folder.dir])));
  const names = new Map(
    // What cannot be read is told of by whoever opens it.
    await Promise.all(
      [...dirs].map(
        async (dir) => [dir, (await findProject(path.join(root, dir)).catch(() => undefined))?.name] as const,
      ),
    ),
  );
  return new Map(
    stacks.flatMap(({ contract: { folder }, stackName, environment }) =>
      folder === undefined ? [] : [[`${names.get(folder.dir)}/${stackName}`, environment] as const],
    ),
  );
}

/**
 * Refuses a project that the embedded engine cannot run, before anything changes: it runs Node.js programs alone, through
 * the SDK that is installed for the project.
 *
 * @throws TuttiError `usage` naming the stack, the language or what is missing, and the ways out.
 */
export function refuseForeignLanguage(
  { name, cloud, folder, root, project, env }: OpenEnvironment,
  stack: string,
): void {
  if (cloud !== "sandbox" || folder === undefined) return;
  const { name: runtime, options } = project.runtime;
  const ways = `leave it out of ${name} in stacks/workspace.ts (except: [...]), or use a real environment, which runs every language`;
  if (runtime !== "nodejs")
    throw new TuttiError(
      "usage",
      `${stack} is a ${runtime || "nameless"} project (${folder}), and a sandbox runs nodejs programs only`,
      {
        hint: ways,
      },
    );
  const { main } = project;
  try {
    programStart(
      { runtime, runtimeOptions: options, rootDirectory: root, env, ...(main === undefined ? {} : { main }) },
      true,
    );
  } catch (error) {
    throw new TuttiError("usage", `${stack} cannot be run: ${error instanceof Error ? error.message : String(error)}`, {
      hint: ways,
      cause: error,
    });
  }
}
