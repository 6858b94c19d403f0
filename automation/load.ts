// Finds and loads the workspace a person stands in: the nearest folder, from the current one upwards, that holds Pulumi.yaml
// and stacks/workspace.ts. Loads contracts only, and notes what came in with them, so that a contract that loads a cloud
// SDK is found (checkWorkspace.ts says what is wrong with it).
import { existsSync, readdirSync } from "node:fs";
import module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { LoadedModule, WorkspaceFacts } from "./checkWorkspace.ts";
import type { AnyContract, Workspace } from "./define.ts";
import { TuttiError, workspaceError } from "./errors.ts";
import { importCircles } from "./importCircles.ts";

export interface LoadedWorkspace {
  /** Absolute; the folder of Pulumi.yaml. */
  readonly root: string;
  readonly workspace: Workspace;
  readonly facts: WorkspaceFacts;
}

/**
 * The root of the workspace that a folder is in.
 *
 * @throws TuttiError `workspace` when there is none, naming what was looked for.
 */
export function findRoot(from: string): string {
  const start = path.resolve(from);
  if (!existsSync(start)) throw new TuttiError("usage", `there is no folder ${start}`);
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "Pulumi.yaml")) && existsSync(workspaceFile(folder))) return folder;
    if (path.dirname(folder) === folder) break;
  }
  throw new TuttiError("workspace", `no workspace in ${start} or above it`, {
    hint: "a workspace is a folder with Pulumi.yaml and stacks/workspace.ts; go into one, or name one with --cwd",
  });
}

/** The file that defines the workspace of a root. */
export function workspaceFile(root: string): string {
  return path.join(root, "stacks", "workspace.ts");
}

/**
 * Loads the workspace that a folder is in.
 *
 * @throws TuttiError `workspace` when there is none, when its files cannot be imported, or when they export none.
 */
export async function loadWorkspace(from: string): Promise<LoadedWorkspace> {
  const root = findRoot(from);
  const watch = watchModules(root);
  try {
    const imported = (await import(pathToFileURL(workspaceFile(root)).href)) as { readonly default?: Workspace };
    if (imported.default?.kind !== "workspace") {
      throw new TuttiError("workspace", "stacks/workspace.ts has no workspace as its default export", {
        hint: "write: export default defineWorkspace({ stacks: [...], environments: { ... } })",
      });
    }
    const facts = {
      programFolders: programFolders(root),
      loadedModules: watch.modules,
      missingProjects: missingProjects(root, imported.default),
    };
    return { root, workspace: imported.default, facts };
  } catch (error) {
    if (error instanceof TuttiError) throw error;
    // Contracts that need each other in a circle cannot even be loaded: one of them is used before it is there.
    const circles = error instanceof ReferenceError ? importCircles(watch.imports) : [];
    if (circles.length > 0) throw workspaceError(circles);
    throw new TuttiError("workspace", `stacks/workspace.ts cannot be loaded: ${firstLines(error, root)}`, {
      cause: error,
    });
  } finally {
    watch.stop();
  }
}

/** Folders below stacks/ that hold a contract or a program. */
function programFolders(root: string): readonly string[] {
  return readdirSync(path.join(root, "stacks"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `stacks/${name}`)
    .filter((folder) =>
      ["contract.ts", "program.ts", "task.ts"].some((file) => existsSync(path.join(root, folder, file))),
    )
    .sort();
}

/** Folders that contracts call existing projects and that are none. */
function missingProjects(root: string, { stacks }: Workspace): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(stacks) ? stacks : [];
  return listed.flatMap((item) => {
    const dir: unknown = (item as AnyContract | undefined)?.folder?.dir;
    if (typeof dir !== "string" || dir === "") return [];
    return projectFiles.some((file) => existsSync(path.join(root, dir, file))) ? [] : [dir];
  });
}

/** What a project's file may be called (pulumi/pulumi: sdk/go/common/workspace/paths.go). */
const projectFiles = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** Notes what files of the workspace import, while it is loaded: packages, and each other (relative to the root). */
function watchModules(root: string): {
  readonly modules: readonly LoadedModule[];
  readonly imports: ReadonlyMap<string, readonly string[]>;
  stop(): void;
} {
  const modules: LoadedModule[] = [];
  const imports = new Map<string, string[]>();
  const below = pathToFileURL(path.join(root, "stacks")).href;
  const fileOf = (url: string | undefined): string | undefined =>
    url?.startsWith(`${below}/`) ? `stacks${decodeURI(url.slice(below.length))}` : undefined;
  const hooks = module.registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL;
      const isPackage = !/^(?:[./]|[a-z]+:)/.test(specifier);
      if (isPackage && parent?.startsWith(`${below}/`) && !parent.includes("/node_modules/")) {
        modules.push({ module: specifier, importedBy: `stacks${decodeURI(parent.slice(below.length))}` });
      }
      const resolved = next(specifier, context);
      const [from, to] = [fileOf(parent), fileOf(resolved.url)];
      if (from !== undefined && to !== undefined) {
        imports.set(from, [...(imports.get(from) ?? []), to]);
        if (!imports.has(to)) imports.set(to, []);
      }
      return resolved;
    },
  });
  return { modules, imports, stop: () => hooks.deregister() };
}

/** What an import failed with, and where in the workspace. */
function firstLines(error: unknown, root: string): string {
  if (!(error instanceof Error)) return String(error);
  const place = /(?:file:\/\/)?(\/[^\s():]+\.[cm]?[jt]s):(\d+)(?::(\d+))?/;
  const frame = (error.stack ?? "")
    .split("\n")
    .filter((line) => !line.includes("/node_modules/") && !line.includes("node:internal"))
    .map((line) => place.exec(line))
    .find((match) => match?.[1]?.startsWith(`${root}/`));
  const message = error.message.split("\n")[0]!;
  if (frame === undefined || frame === null) return message;
  const [, file, line, column] = frame;
  return `${message} (${[path.relative(root, file!), line, column].filter((part) => part !== undefined).join(":")})`;
}
