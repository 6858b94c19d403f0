// Finds everything that is wrong with a workspace, at once and sorted: definitions, names, edges, settings, circles, and
// what the loader saw of files and modules. Pure; a workspace written in plain JavaScript is checked like any other, so
// nothing that types forbid is taken for granted here.
import { folderMistakes, stackNameProblems } from "./checkProjects.ts";
import {
  type AnyContract,
  type Environment,
  type EnvReference,
  environmentKeys,
  googleKeys,
  guardKeys,
  projectKeys,
  stackKeys,
  type TaskFacts,
  taskKeys,
  type Workspace,
  workspaceKeys,
} from "./define.ts";
import { StackGraph } from "./graph.ts";
import { type Hook, hookMistakes } from "./hooks.ts";
import { patienceMistakes } from "./patience.ts";
import { type Problem, sortProblems, unknownKeyProblem } from "./problems.ts";
import { complaint, secretPaths } from "./schema.ts";
import { suggest } from "./suggest.ts";
import {
  defaultInstance,
  isInstances,
  noneNamed,
  type ResolvedStack,
  resolveWorkspace,
  shown,
  stacksOf,
} from "./workspace.ts";

/** What only the loader can see. Leave out what was not looked at. */
export interface WorkspaceFacts {
  /** Folders below `stacks/` that hold a contract or a program, relative to the root: `stacks/network`. */
  readonly programFolders?: readonly string[];
  /** Modules that came in while contracts and workspace.ts were imported. */
  readonly loadedModules?: readonly LoadedModule[];
  /** Folders of existing projects (`dir`) in which no Pulumi.yaml can be read. */
  readonly missingProjects?: readonly string[];
}

export interface LoadedModule {
  /** A path, a file URL or a bare specifier. */
  readonly module: string;
  /** The file that imported it, relative to the root where possible. */
  readonly importedBy?: string;
}

/** Everything that is wrong with the workspace; empty when it can be run. */
export function checkWorkspace(workspace: Workspace, facts: WorkspaceFacts = {}): readonly Problem[] {
  return resolveChecked(workspace, facts).problems;
}

/** A workspace with what is wrong about it; `graph` is there when nothing is. */
export interface CheckedWorkspace {
  readonly problems: readonly Problem[];
  readonly stacks: ReadonlyMap<ResolvedStack["id"], ResolvedStack>;
  readonly graph: StackGraph | undefined;
}

/** Checks a workspace and keeps what was made out on the way. */
export function resolveChecked(workspace: Workspace, facts: WorkspaceFacts = {}): CheckedWorkspace {
  const problems: Problem[] = [];
  const sound = soundPart(workspace, problems);
  for (const contract of sound.stacks) problems.push(...contractProblems(contract));
  for (const [name, environment] of Object.entries(sound.environments))
    problems.push(...environmentProblems(name, environment, sound));
  problems.push(...folderProblems(sound, facts.programFolders ?? []), ...moduleProblems(facts.loadedModules ?? []));
  for (const { name, folder } of sound.stacks)
    if (folder !== undefined && facts.missingProjects?.includes(folder.dir))
      problems.push({
        code: "bad-value",
        where: `stack ${name}`,
        message: `there is no Pulumi.yaml in "${folder.dir}"; "dir" is the folder of an existing project, relative to the workspace's root`,
      });

  problems.push(...hookProblems(workspace, Object.keys(sound.environments)));

  const resolved = resolveWorkspace(sound);
  problems.push(...resolved.problems, ...stackNameProblems(sound, resolved.stacks.values()));
  for (const id of resolved.stacks.keys())
    if (id.length > longestId)
      problems.push({
        code: "bad-name",
        where: `stack ${id}`,
        message: `its name has ${id.length} characters; Pulumi takes ${longestId} at most`,
      });
  // Edges to nothing were reported above, so that circles are found beside them.
  const graph = StackGraph.of(
    [...resolved.stacks.values()].map(({ id, dependsOn }) => ({
      id,
      dependsOn: dependsOn.filter((other) => resolved.stacks.has(other)),
    })),
  );
  if (!graph.ok) problems.push(...graph.error);
  const sorted = sortProblems(problems);
  return {
    problems: sorted,
    stacks: resolved.stacks,
    graph: sorted.length === 0 && graph.ok ? graph.value : undefined,
  };
}

/** pulumi/pulumi: sdk/go/common/tokens/stack_name.go */
const longestId = 100;
const namePattern = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const instancePattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const nameRule = "lower-case letters, digits and dashes, beginning with a letter";

/** The workspace without what is no definition at all, each of which is a problem: the rest can be checked like typed data. */
function soundPart(workspace: Workspace, problems: Problem[]): Workspace {
  for (const key of workspace.unknownKeys) problems.push(unknownKeyProblem("workspace", key, workspaceKeys));
  const listed: readonly unknown[] = Array.isArray(workspace.stacks) ? workspace.stacks : [];
  if (!Array.isArray(workspace.stacks))
    problems.push({
      code: "bad-value",
      where: "workspace",
      message: `"stacks" is not a list, got ${shown(workspace.stacks)}`,
    });
  const stacks: AnyContract[] = [];
  const names = new Set<string>();
  listed.forEach((item, index) => {
    const where = `workspace.stacks[${index}]`;
    if (!isKind<AnyContract>(item, "stack")) {
      const circle = "; contract files that import each other in a circle see each other so";
      const message = `is ${shown(item)}, not made by defineStack${item === undefined ? circle : ""}`;
      problems.push({ code: "bad-value", where, message });
    } else if (names.has(item.name)) {
      const message = `a second stack is named "${item.name}"; names are unique in a workspace`;
      problems.push({ code: "duplicate-name", where, message });
    } else {
      names.add(item.name);
      stacks.push(item);
    }
  });
  const given: unknown = workspace.environments;
  const record = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
  if (record !== given)
    problems.push({
      code: "bad-value",
      where: "workspace",
      message: `"environments" is not an object, got ${shown(given)}`,
    });
  const environments: (readonly [string, Environment])[] = [];
  for (const [name, environment] of Object.entries(record)) {
    if (isKind<Environment>(environment, "environment"))
      environments.push([name, withSoundParts(name, environment, problems)]);
    else
      problems.push({
        code: "bad-value",
        where: `environment ${name}`,
        message: `is ${shown(environment)}, not made by defineEnvironment`,
      });
  }
  return { ...workspace, stacks, environments: Object.fromEntries(environments) };
}

function withSoundParts(name: string, environment: Environment, problems: Problem[]): Environment {
  const where = `environment ${name}`;
  const list = (key: "only" | "except"): readonly AnyContract[] | undefined => {
    const given: unknown = environment[key];
    if (given === undefined) return undefined;
    if (Array.isArray(given) && given.every((item) => isKind<AnyContract>(item, "stack"))) return given;
    problems.push({ code: "bad-value", where, message: `"${key}" is not a list of stacks, got ${shown(given)}` });
    return undefined;
  };
  const settings: unknown = environment.settings;
  const sound = typeof settings === "object" && settings !== null && !Array.isArray(settings);
  if (!sound)
    problems.push({ code: "bad-value", where, message: `"settings" is not an object, got ${shown(settings)}` });
  return {
    ...environment,
    only: list("only"),
    except: list("except") ?? [],
    settings: sound ? environment.settings : {},
  };
}

function isKind<T extends { readonly kind: string }>(value: unknown, kind: T["kind"]): value is T {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === kind;
}

function contractProblems(contract: AnyContract): readonly Problem[] {
  const problems: Problem[] = [];
  const where = `stack ${contract.name}`;
  const bad = (message: string): void => void problems.push({ code: "bad-value", where, message });
  for (const key of contract.unknownKeys)
    problems.push(unknownKeyProblem(where, key, contract.folder ? projectKeys : contract.task ? taskKeys : stackKeys));
  for (const mistake of folderMistakes(contract)) bad(mistake);
  if (typeof contract.name !== "string" || !namePattern.test(contract.name))
    problems.push({ code: "bad-name", where, message: `a stack cannot be named ${shown(contract.name)}: ${nameRule}` });
  if (typeof contract.load !== "function")
    bad(`"program" is not a function; write program: () => import("./program.ts")`);
  if (!isSchema(contract.settings, "object")) bad(`"settings" is not a zod object; write settings: z.object({ ... })`);
  else
    for (const path of secretPaths(contract.settings))
      problems.push({
        code: "secret-setting",
        where: [`stack ${contract.name}`, "settings", ...path].join("."),
        message: "settings are plain text in the workspace: keep secrets in Pulumi's encrypted stack configuration",
      });
  if (!isPlainObject(contract.needs)) bad(`"needs" is not an object, got ${shown(contract.needs)}`);
  if (!Array.isArray(contract.after)) bad(`"after" is not a list, got ${shown(contract.after)}`);
  if (!isPlainObject(contract.outputs)) bad(`"outputs" is not an object, got ${shown(contract.outputs)}`);
  else
    for (const [name, schema] of Object.entries(contract.outputs))
      if (!isSchema(schema)) bad(`output "${name}" is not a zod schema, got ${shown(schema)}`);
  if (!Array.isArray(contract.tags) || contract.tags.some((tag) => typeof tag !== "string"))
    bad(`"tags" is not a list of words, got ${shown(contract.tags)}`);
  for (const mistake of patienceMistakes(contract.patience)) bad(mistake);
  if (contract.task !== undefined) for (const mistake of taskMistakes(contract, contract.task)) bad(mistake);
  return problems;
}

/** What is wrong with what makes a contract a task, in sentences. */
function taskMistakes({ outputs }: AnyContract, { network, fingerprint, sandbox }: TaskFacts): readonly string[] {
  const mistakes: string[] = [];
  if (typeof network !== "boolean") mistakes.push(`"network" must be true or false, got ${shown(network)}`);
  if (typeof fingerprint !== "function" && fingerprint !== "inputs" && fingerprint !== "always")
    mistakes.push(`"fingerprint" must be "inputs", "always" or a function, got ${shown(fingerprint)}`);
  if (sandbox === undefined) return mistakes;
  if (network === false)
    mistakes.push(`"sandbox" is for a task that is skipped in one: say network: true, or take it away`);
  if (!isPlainObject(sandbox)) return [...mistakes, `"sandbox" is not an object of outputs, got ${shown(sandbox)}`];
  for (const name of Object.keys(sandbox))
    if (!Object.hasOwn(outputs, name)) mistakes.push(`"sandbox" has "${name}", which is no output of the task`);
  for (const [name, schema] of Object.entries(outputs)) {
    const wrong = isSchema(schema) ? complaint(schema, sandbox[name]) : undefined;
    if (wrong !== undefined) mistakes.push(`"sandbox" gives output "${name}" a wrong value: ${wrong}`);
  }
  return mistakes;
}

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSchema(value: unknown, type?: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  const inside = (value as { _zod?: { def?: { type?: unknown } } })._zod;
  return inside !== undefined && (type === undefined || inside.def?.type === type);
}

function environmentProblems(name: string, environment: Environment, workspace: Workspace): readonly Problem[] {
  const problems: Problem[] = [];
  const where = `environment ${name}`;
  const bad = (message: string): void => void problems.push({ code: "bad-value", where, message });
  for (const key of environment.unknownKeys) problems.push(unknownKeyProblem(where, key, environmentKeys));
  if (!namePattern.test(name))
    problems.push({ code: "bad-name", where, message: `an environment cannot be named "${name}": ${nameRule}` });

  const { cloud, backend, secretsProvider, passphrase, variables } = environment;
  if (cloud !== "sandbox" && cloud !== "real") bad(`"cloud" must be "sandbox" or "real", got ${shown(cloud)}`);
  if (cloud === "sandbox" && (backend !== undefined || secretsProvider !== undefined))
    bad(`a sandbox keeps its state and its passphrase below .tutti; take "backend" and "secretsProvider" away`);
  if (cloud === "sandbox" && (passphrase !== undefined || Object.keys(variables).length > 0))
    bad(`a sandbox gets no variables of whoever runs it; take "passphrase" and "variables" away`);
  if (passphrase !== undefined && !isKind<EnvReference>(passphrase, "env"))
    bad(`"passphrase" must be env("NAME"): a passphrase does not belong into a workspace`);
  for (const [key, value] of Object.entries(variables)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) bad(`a variable cannot be named ${shown(key)}`);
    else if (!isText(value)) bad(`variable ${key} is not a text or env("NAME"), got ${shown(value)}`);
  }
  if (cloud === "real" && backend === undefined)
    bad(`a real cloud needs a "backend", as pulumi login takes it; e.g. backend: env("STATE_URL")`);
  for (const [key, value] of Object.entries({ backend, secretsProvider }))
    if (value !== undefined && !isText(value)) bad(`"${key}" is not a text or env("NAME"), got ${shown(value)}`);

  if (cloud === "sandbox" && environment.google !== undefined)
    bad(`a sandbox needs nothing of Google's; take "google" away`);
  if (environment.google !== undefined)
    for (const key of Object.keys(environment.google))
      if (!(googleKeys as readonly string[]).includes(key))
        problems.push(unknownKeyProblem(`${where}.google`, key, googleKeys));
  for (const mistake of patienceMistakes(environment.patience)) bad(mistake);
  for (const [key, limit] of Object.entries(environment.guards)) {
    if (!(guardKeys as readonly string[]).includes(key))
      problems.push(unknownKeyProblem(`${where}.guards`, key, guardKeys));
    else if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0))
      bad(`guard ${key} must be a whole number of 0 or more, got ${shown(limit)}`);
  }

  const { only, except } = environment;
  if (only && except.length > 0) bad(`"only" and "except" are both given; say one of them`);
  for (const [key, list] of Object.entries({ only: only ?? [], except }))
    for (const contract of list)
      if (!workspace.stacks.includes(contract))
        problems.push({
          code: "missing-stack",
          where,
          message: `"${key}" has stack ${contract.name}, which the workspace does not list; add it to "stacks"`,
        });
  const members = stacksOf(workspace, environment);
  if (members.length === 0) bad("it has no stacks");
  problems.push(...settingsProblems(name, environment, members, workspace));
  return problems;
}

function isText(value: string | EnvReference): boolean {
  if (typeof value === "string") return value !== "";
  return isKind<EnvReference>(value, "env") && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value.variable);
}

/** Settings of stacks that are not there, and instances with names that cannot be. What is in them is checked by parsing. */
function settingsProblems(
  environmentName: string,
  environment: Environment,
  members: readonly AnyContract[],
  workspace: Workspace,
): readonly Problem[] {
  const problems: Problem[] = [];
  const names = members.map(({ name }) => name);
  for (const [name, given] of Object.entries(environment.settings)) {
    const where = `${environmentName}.settings.${name}`;
    if (!names.includes(name)) {
      const elsewhere = workspace.stacks.some((contract) => contract.name === name);
      const message = elsewhere
        ? `environment ${environmentName} does not have stack ${name}; see its "only" and "except"`
        : noneNamed("stack", name, names);
      problems.push({ code: "unknown-key", where, message });
    }
    if (!isInstances(given)) continue;
    if (given.entries.length === 0)
      problems.push({
        code: "bad-value",
        where,
        message: `each() names no instance; to leave the stack out, use "except"`,
      });
    const seen = new Set<string>();
    for (const [instance] of given.entries) {
      if (seen.has(instance))
        problems.push({ code: "duplicate-name", where, message: `each() names instance "${instance}" twice` });
      seen.add(instance);
      if (!instancePattern.test(instance) || instance === defaultInstance) {
        const rule = `lower-case letters, digits and dashes, and not "${defaultInstance}"`;
        problems.push({ code: "bad-name", where, message: `an instance cannot be named ${shown(instance)}: ${rule}` });
      }
    }
  }
  return problems;
}

function hookProblems({ hooks }: Workspace, environments: readonly string[]): readonly Problem[] {
  const given: unknown = hooks;
  if (!Array.isArray(given))
    return [{ code: "bad-value", where: "workspace", message: `"hooks" is not a list, got ${shown(given)}` }];
  return given.flatMap((hook: unknown, index): readonly Problem[] => {
    const where = `workspace.hooks[${index}]`;
    if (!isKind<Hook>(hook, "hook"))
      return [{ code: "bad-value", where, message: `is ${shown(hook)}, not made by webhook(...) or ticket(...)` }];
    return hookMistakes(hook, environments).map((message): Problem => ({ code: "bad-value", where, message }));
  });
}

function folderProblems(workspace: Workspace, folders: readonly string[]): readonly Problem[] {
  const names = workspace.stacks.map(({ name }) => name);
  return folders
    .map((folder) => ({ folder, name: folder.split("/").filter(Boolean).at(-1) ?? folder }))
    .filter(({ name }) => !names.includes(name))
    .map(({ folder, name }) => {
      const meant = suggest(name, names);
      const way = meant === undefined ? "" : `; the folder of stack ${meant} must be named like it`;
      return {
        code: "unlisted-program",
        where: folder,
        message: `no stack is named "${name}": add its contract to "stacks" in stacks/workspace.ts, or take the folder away${way}`,
      };
    });
}

/** What talks to a cloud, or loads what does; a contract stays light so that 1,000 of them load in no time. */
const cloudPackage =
  /^(?:@pulumi\/|@google-cloud\/|@aws-sdk\/|@azure\/|@kubernetes\/|aws-sdk$|googleapis$|google-auth-library$)/;

function moduleProblems(modules: readonly LoadedModule[]): readonly Problem[] {
  return modules.flatMap(({ module, importedBy }) => {
    const name = packageOf(module);
    // Inside a package, packages import each other: only the import that let the first one in is the mistake.
    if (!cloudPackage.test(name) || importedBy?.includes("node_modules/")) return [];
    const message = `loads ${name} while the graph is read; contracts and workspace.ts import types and schemas only: move this into program.ts`;
    return [{ code: "cloud-in-contract" as const, where: importedBy ?? "stacks", message }];
  });
}

/** `@pulumi/gcp` of `file:///x/node_modules/@pulumi/gcp/index.js`, of `@pulumi/gcp/compute` and of itself. */
function packageOf(module: string): string {
  const path = module.replaceAll("\\", "/").split("node_modules/").at(-1)!;
  return path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");
}
