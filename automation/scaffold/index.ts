// Adds a stack, a task, an existing project, a component or an environment to a workspace: files, tests, and the lines in stacks/workspace.ts. Everything
// is made out before anything is written; a file that is there is never written over.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { folderMistakes } from "../checkProjects.ts";
import { type AnyContract, defineProject, type Workspace } from "../define.ts";
import { TuttiError } from "../errors.ts";
import { loadWorkspace } from "../load.ts";
import { findProject, projectFileNames } from "../pulumi/project.ts";
import type { Result } from "../result.ts";
import { noneNamed, parseSettings, stacksOf } from "../workspace.ts";
import { addEnvironment, addImport, addStack, environmentCode } from "./sourceEdit.ts";
import {
  componentFiles,
  type ExistingProject,
  environmentTest,
  identifier,
  type NewFile,
  projectFiles,
  type Style,
  stackFiles,
} from "./templates.ts";

export const newKinds = ["stack", "task", "project", "component", "environment"] as const;
export type NewKind = (typeof newKinds)[number];

export interface NewOptions {
  readonly kind: NewKind;
  readonly name: string;
  /** The needs of a stack, a task or a project, by name. */
  readonly needs?: readonly string[];
  /** Folder of a project's Pulumi.yaml, from where one stands. Default: the project's name below the root. */
  readonly dir?: string;
  /** What Pulumi calls a project's stacks. Default: as its configuration files are called, else `{environment}`. */
  readonly stack?: string;
  /** An environment's cloud. Default: `sandbox`. */
  readonly cloud?: "sandbox" | "real";
  /** An environment whose settings the new one begins with. */
  readonly like?: string;
}

/** What is to be written: new files, and `stacks/workspace.ts` as it will be. */
export interface NewPlan {
  readonly root: string;
  readonly files: readonly NewFile[];
  /** The file that is changed, if one is. */
  readonly changed: NewFile | undefined;
  /** How to run the new test. */
  readonly test: string;
  /** What whoever adds it should know. */
  readonly note?: string;
}

const workspaceFile = "stacks/workspace.ts";
const namePattern = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
/** Words that cannot be the name of a value, and those that the files of a stack use themselves. */
const reserved = new Set(
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with yield let static program task settings needs define workspace".split(
    " ",
  ),
);

/**
 * Makes out what `tutti new` writes; touches nothing.
 *
 * @throws TuttiError `usage` for a name that cannot be or is taken, for a need there is not, and for a workspace.ts that is
 * not written as expected; `workspace` as loadWorkspace.
 */
export async function planNew(directory: string, options: NewOptions): Promise<NewPlan> {
  const { root, workspace } = await loadWorkspace(directory);
  const source = readFileSync(path.join(root, workspaceFile), "utf8");
  const { kind, name } = options;
  checkName(kind, name, workspace);
  const style = styleOf(root, source);
  const planned = await partsOf(options, { directory, root, workspace, source, style });
  for (const { path: file } of planned.files)
    if (existsSync(path.join(root, file)))
      throw new TuttiError("usage", `${file} is there already; nothing is written over`, {
        hint: `take it away, or choose another name: tutti new ${kind} <name>`,
      });
  const testFile = planned.files.at(-1)!.path;
  return {
    root,
    files: planned.files,
    changed: planned.text === undefined ? undefined : { path: workspaceFile, text: planned.text },
    ...(planned.note === undefined ? {} : { note: planned.note }),
    test: style.tests === "vitest" ? `npx vitest run ${testFile}` : `npx node --test ${testFile}`,
  };
}

/** Writes what was made out. */
export function writeNew({ root, files, changed }: NewPlan): void {
  for (const { path: file, text } of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text, { flag: "wx" });
  }
  if (changed !== undefined) writeFileSync(path.join(root, changed.path), changed.text);
}

function checkName(kind: NewKind, name: string, { stacks, environments }: Workspace): void {
  const proposed = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  if (!namePattern.test(name))
    throw new TuttiError(
      "usage",
      `a ${kind} cannot be named "${name}": lower-case letters, digits and dashes, beginning with a letter`,
      {
        ...(namePattern.test(proposed) ? { hint: `did you mean "${proposed}"? tutti new ${kind} ${proposed}` } : {}),
      },
    );
  if (kind !== "environment" && reserved.has(identifier(name)))
    throw new TuttiError(
      "usage",
      `a ${kind} cannot be named "${name}": that is a word of the language, or of the files it is written in`,
      {
        hint: `choose another, for example ${name}-${kind}`,
      },
    );
  const taken =
    kind === "environment" ? Object.keys(environments) : kind === "component" ? [] : stacks.map((one) => one.name);
  if (taken.includes(name))
    throw new TuttiError("usage", `there is a ${kind} named "${name}" already`, {
      hint: `there are: ${taken.sort().join(", ")}`,
    });
}

interface Place {
  readonly directory: string;
  readonly root: string;
  readonly workspace: Workspace;
  readonly source: string;
  readonly style: Style;
}

async function partsOf(
  options: NewOptions,
  place: Place,
): Promise<{ readonly files: readonly NewFile[]; readonly text: string | undefined; readonly note?: string }> {
  const { root, workspace, source, style } = place;
  const { kind, name } = options;
  switch (kind) {
    case "stack":
    case "task": {
      const files = written(stackFiles(kind, name, needsOf(options, place), style));
      return { files, text: written(addStack(source, identifier(name), `./${name}/contract.ts`)) };
    }
    case "project": {
      const project = await existingProject(options, place);
      const files = projectFiles(name, project, needsOf(options, place), style);
      const text = written(addStack(source, identifier(name), `./${name}/contract.ts`));
      const sandboxes = Object.keys(workspace.environments).filter(
        (one) => workspace.environments[one]!.cloud === "sandbox",
      );
      if (project.runtime === "nodejs" || sandboxes.length === 0) return { files, text };
      const note = `a sandbox runs Node.js projects only, and this one is in ${project.runtime}: write except: [${identifier(name)}] in ${sandboxes.join(" and ")}`;
      return { files, text, note };
    }
    case "component": {
      const { name: project } = await findProject(root);
      return { files: componentFiles(name, project, style), text: undefined };
    }
    case "environment":
      return { files: [environmentTest(name, style)], text: environmentText(options, workspace, source, style) };
  }
}

/** Contracts that are needed, each from its own folder. */
function needsOf({ kind, needs = [] }: NewOptions, { root, workspace }: Place): readonly AnyContract[] {
  return needs.map((need) => {
    const found = workspace.stacks.find((one) => one.name === need);
    if (found === undefined)
      throw new TuttiError(
        "usage",
        noneNamed(
          "stack",
          need,
          workspace.stacks.map((one) => one.name),
        ),
      );
    const file = `stacks/${need}/contract.ts`;
    const contract = existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), "utf8") : "";
    if (!new RegExp(`^export const ${identifier(need)}\\b`, "m").test(contract))
      throw new TuttiError("usage", `${file} does not export a contract called ${identifier(need)}`, {
        hint: `make the ${kind} without it, then add it to "needs" by hand`,
      });
    return found;
  });
}

/** Where the project is, what it is written in, and what its stacks are called. */
async function existingProject(
  { name, dir, stack }: NewOptions,
  { directory, root, workspace }: Place,
): Promise<ExistingProject> {
  const folder = dir === undefined ? path.join(root, name) : path.resolve(directory, dir);
  const file = projectFileNames.find((one) => existsSync(path.join(folder, one)));
  const relative = path.relative(root, folder).split(path.sep).join("/") || ".";
  if (file === undefined)
    throw new TuttiError("usage", `there is no Pulumi.yaml in ${relative}`, {
      hint: `say where the project is: tutti new project ${name} --dir <folder>`,
    });
  const { runtime, stackConfigDir } = await findProject(folder);
  const names = stack ?? stackPattern(path.join(folder, stackConfigDir), Object.keys(workspace.environments));
  const [mistake] = folderMistakes(defineProject({ name, dir: relative, stack: names }));
  if (mistake !== undefined) throw new TuttiError("usage", `${mistake} (project ${name})`);
  return { dir: relative, stack: names, file, runtime: runtime.name };
}

/** `payments-{environment}` where there is a Pulumi.payments-dev.yaml and an environment dev; `{environment}` where nothing tells. */
function stackPattern(folder: string, environments: readonly string[]): string {
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  for (const file of files) {
    const name = /^Pulumi\.(.+)\.ya?ml$/.exec(file)?.[1] ?? "";
    for (const environment of environments) {
      const found = new RegExp(`(^|[-_.])${environment}(?=$|[-_.])`).exec(name);
      if (found !== null)
        return `${name.slice(0, found.index)}${found[1]}{environment}${name.slice(found.index + found[0].length)}`;
    }
  }
  return "{environment}";
}

function environmentText(
  { name, cloud, like }: NewOptions,
  workspace: Workspace,
  source: string,
  style: Style,
): string {
  if (like !== undefined) {
    if (!Object.hasOwn(workspace.environments, like))
      throw new TuttiError("usage", noneNamed("environment", like, Object.keys(workspace.environments)));
    if (cloud !== undefined && cloud !== workspace.environments[like]!.cloud)
      throw new TuttiError(
        "usage",
        `environment ${like} has the cloud "${workspace.environments[like]!.cloud}", not "${cloud}"`,
        {
          hint: "leave --cloud out: the new one is like it in all",
        },
      );
    return written(addEnvironment(source, name, written(environmentCode(source, like))));
  }
  const missing = stacksOf(workspace, { only: undefined, except: [] } as never)
    .filter((contract) => !parseSettings(contract, {}, "").ok)
    .map((contract) => contract.name);
  if (missing.length > 0)
    throw new TuttiError("usage", `these stacks have settings without a default: ${missing.join(", ")}`, {
      hint: `begin with those of another environment: tutti new environment ${name} --like ${Object.keys(workspace.environments)[0] ?? "<environment>"}`,
    });
  const variable = `${name.replaceAll("-", "_").toUpperCase()}_STATE_URL`;
  const code =
    cloud === "real"
      ? `defineEnvironment({ cloud: "real", backend: env("${variable}") })`
      : `defineEnvironment({ cloud: "sandbox" })`;
  const added = written(addEnvironment(source, name, code));
  const imported = written(addImport(added, "defineEnvironment", style.define));
  return cloud === "real" ? written(addImport(imported, "env", style.define)) : imported;
}

function written<T>(result: Result<T, string>): T {
  if (result.ok) return result.value;
  throw new TuttiError("usage", `${workspaceFile} is not changed: ${result.error}`, {
    hint: "add it by hand, or write the workspace out in one defineWorkspace({ stacks: [...], environments: { ... } })",
  });
}

/** How this workspace imports tutti, and what it tests with. */
function styleOf(root: string, source: string): Style {
  const define = /\bfrom\s*"([^"]*\bdefine(?:\.[jt]s)?)"/.exec(source)?.[1];
  if (define === undefined)
    throw new TuttiError("usage", `${workspaceFile} does not import tutti's define module`, {
      hint: `write: import { defineWorkspace } from "tutti/define"`,
    });
  let manifest = "";
  try {
    manifest = readFileSync(path.join(root, "package.json"), "utf8");
  } catch {
    // Without one, Node's own test runner is there.
  }
  return { define, tests: /"vitest"\s*:/.test(manifest) ? "vitest" : "node" };
}
