// One environment as the rest of the door uses it, whichever engine serves it: a sandbox is only ever embedded, a real one
// only ever official. Which it is comes from the workspace alone; nothing installed on the machine changes it.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { stacksIn } from "../../engine/command/stackList.ts";
import type { EngineCommand, EngineOptions, Predictions } from "../../engine/index.ts";
import type { ChildSource } from "../../engine/language/pool.ts";
import { SecretValues } from "../../engine/secretValues.ts";
import { backendFolder } from "../../engine/state/backendUrl.ts";
import { EngineError } from "../../engine/state/error.ts";
import { FileBackend } from "../../engine/state/fileBackend.ts";
import { createOnce } from "../../engine/state/files.ts";
import type { Environment, Workspace } from "../define.ts";
import { TuttiError } from "../errors.ts";
import { parseStackId } from "../workspace.ts";
import { type LeaseStore, leaseFolder } from "./lease.ts";
import { secretValues } from "./mask.ts";
import { locateOfficial, officialCommand } from "./official.ts";
import { once } from "./once.ts";
import { installPlugins, type Plugin } from "./plugins.ts";
import { findProject, type Project } from "./project.ts";
import { environmentsOfProjects } from "./projects.ts";
import { automaticInstalls, realEnvironment } from "./realEnvironment.ts";
import { neighbour, openSandbox, prepareSharedKey, sharedSalt } from "./sandboxFiles.ts";
import { refuseForeignState } from "./stateFeatures.ts";

/** A stack that the backend holds. */
export interface HeldStack {
  readonly name: string;
  readonly resourceCount: number | undefined;
  /** RFC 3339 UTC. */
  readonly lastUpdate: string | undefined;
}

/** Stacks are named here as Pulumi names them. */
/** What ties an engine to the step it works for. */
export interface Ties {
  /** Ends what it runs at once. */
  readonly kill?: AbortSignal | undefined;
  /** Asked before the embedded engine writes a state. */
  readonly fence?: (() => Promise<void>) | undefined;
  /** Takes what programs of the embedded engine print, line by line. */
  readonly print?: ((stream: "stdout" | "stderr", text: string) => void) | undefined;
}

export interface OpenEnvironment {
  readonly name: string;
  readonly cloud: "sandbox" | "real";
  /** The existing project as which the environment was opened; undefined: the workspace's own. */
  readonly folder: string | undefined;
  /** Absolute; folder of Pulumi.yaml, and the project in it. */
  readonly root: string;
  readonly project: Project;
  /** Where state is, as the CLI takes it. */
  readonly backend: string;
  /** The folder that a file backend is, absolute; undefined: another kind of backend. */
  readonly stateFolder: string | undefined;
  /** The complete environment variables of the engine and all its children. */
  readonly env: Readonly<Record<string, string>>;
  readonly mask: (text: string) => string;
  /** The engine, alone or tied to a step. */
  command(ties?: Ties): EngineCommand;
  /** Where the run lease of the environment lies. */
  readonly leases: LeaseStore;
  /** Installs what is missing of these plugins; false, and nobody is asked which, when nothing may be installed here. */
  install(plugins: () => readonly Plugin[], tell: (text: string) => void, signal: AbortSignal): Promise<boolean>;
  /** Stacks of the project that the backend holds; asked once, kept up to date by `create` and `remove`. */
  held(): Promise<ReadonlyMap<string, HeldStack>>;
  /** Creates the stack in the backend. */
  create(stack: string): Promise<void>;
  /** Removes the emptied stack from the backend. */
  remove(stack: string): Promise<void>;
  /** @throws TuttiError when the stack's state belongs to the other kind of engine. */
  checkState(stack: string): Promise<void>;
}

export interface OpenOptions {
  readonly name: string;
  readonly environment: Environment;
  /** Told apart by the names of their stacks when one refers to another. Absent: there are none. */
  readonly workspace?: Workspace;
  /** An existing project's folder, relative to `root`: the environment is opened as that project sees it. */
  readonly folder?: string | undefined;
  /** The folder of the sandbox below `<base>/sandbox/`. */
  readonly sandbox: string;
  readonly root: string;
  /** The workspace's `.tutti`, or what stands for it. */
  readonly base: string;
  /** Variables of whoever runs tutti; only a real environment sees any of them. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Variables that other environments call their own (ownedVariables); handed on to none but those. */
  readonly owned?: ReadonlySet<string>;
  /** Given to the embedded engine in previews. */
  readonly predictions?: Predictions;
  /** Nothing may be added to the work tree. */
  readonly ci: boolean;
  /** Where the children of programs come from. */
  readonly children?: ChildSource | undefined;
  /** The standard input of commands a person types. */
  readonly stdin?: () => Promise<string>;
  /** Asks that person; absent where nobody can be asked. */
  readonly ask?: NonNullable<EngineOptions["ask"]>;
  /** Secrets of the run by value: what the environment knows is added. */
  readonly secrets?: SecretValues;
  /** Ends at once what the official engine is asked, where no step has a signal of its own. */
  readonly kill?: AbortSignal;
}

/**
 * Opens an environment.
 *
 * @throws TuttiError `engine` when a real one finds no usable `pulumi`, `usage` for an env() that is not set.
 */
export function openEnvironment(options: OpenOptions): Promise<OpenEnvironment> {
  return options.environment.cloud === "sandbox" ? openEmbedded(options) : openOfficial(options);
}

async function openEmbedded({
  name,
  workspace,
  folder,
  sandbox: below,
  root: workspaceRoot,
  base,
  predictions,
  children,
  stdin,
  ask,
  secrets = new SecretValues(),
}: OpenOptions): Promise<OpenEnvironment> {
  const root = path.resolve(workspaceRoot, folder ?? "");
  const [own, project, sandbox, environmentOf] = await Promise.all([
    findProject(workspaceRoot),
    findProject(root),
    openSandbox(base, below),
    environmentsOfProjects(workspace, workspaceRoot),
  ]);
  // Two projects may call their stacks the same.
  const config = folder === undefined ? sandbox.files.config : path.join(sandbox.files.config, project.name);
  secrets.exempt([project.name, name]);
  secrets.add(sandbox.passphrase);
  if (children !== undefined) prepareSharedKey(sandbox);
  const { createEngine } = await import("../../engine/index.ts");
  const engineOptions = {
    env: sandbox.env,
    secrets,
    sandbox: { directory: sandbox.files.cloud },
    configDirectory: config,
    elsewhere: (stack: string, project: string) => {
      const environment = environmentOf.get(`${project}/${stack}`) ?? parseStackId(stack)?.environment;
      return environment === undefined || environment === name ? undefined : neighbour(base, environment);
    },
    ...(predictions === undefined ? {} : { predictions }),
    ...(children === undefined ? {} : { children }),
    ...(stdin === undefined ? {} : { stdin }),
    ...(ask === undefined ? {} : { ask }),
  };
  const engine = createEngine(engineOptions);
  return {
    name,
    cloud: "sandbox",
    folder,
    root,
    project,
    backend: sandbox.env["PULUMI_BACKEND_URL"]!,
    stateFolder: sandbox.files.state,
    env: sandbox.env,
    mask: (text) => secrets.mask(text),
    command: (ties) => (ties === undefined ? engine : createEngine({ ...engineOptions, ...given(ties) })),
    install: async () => false,
    leases: leaseFolder(path.join(sandbox.files.state, ".tutti", "leases", own.name, name)),
    ...stackKeeping(engine, root, {
      initFlags: [],
      removeFlags: [],
      before: (stack) => placeSalt(config, path.join(root, project.stackConfigDir), stack, () => sharedSalt(sandbox)),
    }),
    checkState: (stack) => refuseForeignState("sandbox", sandbox.files.state, project.name, stack),
  };
}

/** Without what is undefined. */
function given({ kill, fence, print }: Ties): { [K in keyof Ties]?: NonNullable<Ties[K]> } {
  return {
    ...(kill === undefined ? {} : { kill }),
    ...(fence === undefined ? {} : { fence }),
    ...(print === undefined ? {} : { print }),
  };
}

/** Gives a new stack's file the salt of its environment. A file in the work tree is the engine's starting point instead. */
async function placeSalt(config: string, committed: string, stack: string, salt: () => Promise<string>): Promise<void> {
  const file = `Pulumi.${stack}.yaml`;
  if (await readFile(path.join(committed, file)).catch(() => undefined)) return;
  await createOnce(path.join(config, file), `encryptionsalt: ${await salt()}\n`);
}

async function openOfficial({
  name,
  environment,
  folder,
  root: workspaceRoot,
  base,
  variables,
  owned,
  ci,
  secrets: known = new SecretValues(),
  kill: always,
}: OpenOptions): Promise<OpenEnvironment> {
  // The engine first: without it no variable helps.
  const { executable, version } = await locateOfficial(variables, base);
  const { backend, secretsProvider, secrets, mayInstall, env } = realEnvironment(name, environment, variables, owned);
  const root = path.resolve(workspaceRoot, folder ?? "");
  const [own, project] = await Promise.all([findProject(workspaceRoot), findProject(root)]);
  known.exempt([project.name, name]);
  for (const value of [...secretValues(env), ...secrets]) known.add(value);
  // Installs of stacks that run side by side collide: plugins are made ready before (plugins.ts).
  const alone = { ...env, [automaticInstalls]: "true" };
  const command = ({ kill = always }: Ties = {}): EngineCommand =>
    officialCommand({ executable, version, env: alone, ...(kill === undefined ? {} : { kill }) });
  const stateFolder = backend.startsWith("file://") ? backendFolder(backend, env, root) : undefined;
  const fileOf = (stack: string): string => path.join(project.stackConfigDir, `Pulumi.${stack}.yaml`);
  return {
    name,
    cloud: "real",
    folder,
    root,
    project,
    backend,
    stateFolder,
    env,
    mask: (text) => known.mask(text),
    async install(plugins, tell, signal) {
      if (mayInstall)
        await installPlugins(plugins(), { command: command({ kill: signal }), cwd: root, env, tell, signal });
      return mayInstall;
    },
    leases: leaseFolder(leasesOf(stateFolder, base, own.name, name)),
    command,
    ...stackKeeping(command(), root, {
      // A folder can be looked into without starting a CLI.
      ...(stateFolder === undefined ? {} : { list: () => listFolder(backend, env, root, project.name) }),
      initFlags: ["--no-select", ...(secretsProvider === undefined ? [] : ["--secrets-provider", secretsProvider])],
      // The stack's file is committed: it goes when somebody removes it.
      removeFlags: ["--preserve-config"],
      before: async (stack) => {
        const there = await readFile(path.join(root, fileOf(stack))).catch(() => undefined);
        if (there !== undefined || !ci) return;
        throw new TuttiError(
          "usage",
          `stack ${stack} has no ${fileOf(stack)}, and in CI nothing is added to the work tree`,
          {
            hint: `run tutti up ${stack} once outside of CI and commit the file it writes`,
          },
        );
      },
    }),
    checkState: async (stack) => {
      if (stateFolder !== undefined) await refuseForeignState("real", stateFolder, project.name, stack);
    },
  };
}

/**
 * A file backend keeps the leases of its environments beside its states. Other backends have no place that two machines
 * could agree on through the CLI: there the lease holds off runs of this workspace, and the CLI's own locks all others.
 */
function leasesOf(folder: string | undefined, base: string, project: string, environment: string): string {
  if (folder === undefined) return path.join(base, "leases", environment);
  return path.join(folder, ".tutti", "leases", project, environment);
}

interface Keeping {
  /** The stacks of the project. Default: what the engine lists. */
  readonly list?: () => Promise<Map<string, HeldStack>>;
  readonly initFlags: readonly string[];
  readonly removeFlags: readonly string[];
  /** Runs before a stack is created. */
  readonly before: (stack: string) => Promise<void>;
}

function stackKeeping(
  command: EngineCommand,
  root: string,
  { list = () => listStacks(command, root), initFlags, removeFlags, before }: Keeping,
): Pick<OpenEnvironment, "held" | "create" | "remove"> {
  const held = once(list);
  return {
    held,
    async create(stack) {
      const stacks = await held();
      await before(stack);
      const { code, stderr } = await command.run(["stack", "init", stack, ...initFlags], root, {});
      // Another process may have been faster: then it is there, which is all we want.
      if (code !== 0 && !/already exists/.test(stderr)) throw commandFailed(`stack init ${stack}`, code, stderr);
      stacks.set(stack, { name: stack, resourceCount: 0, lastUpdate: undefined });
    },
    async remove(stack) {
      const { code, stderr } = await command.run(["stack", "rm", stack, "--yes", ...removeFlags], root, {});
      if (code !== 0) throw commandFailed(`stack rm ${stack}`, code, stderr);
      (await held()).delete(stack);
    },
  };
}

async function listFolder(
  url: string,
  env: Readonly<Record<string, string>>,
  root: string,
  project: string,
): Promise<Map<string, HeldStack>> {
  try {
    const rows = await stacksIn(await FileBackend.open(url, env, root), project);
    return new Map(rows.map(({ name: { stack }, ...row }) => [stack, { name: stack, ...row }]));
  } catch (error) {
    if (error instanceof EngineError && error.message.includes("pulumi state upgrade"))
      throw oldLayoutError("stack ls");
    throw error instanceof EngineError ? new TuttiError("engine", error.message) : error;
  }
}

async function listStacks(command: EngineCommand, root: string): Promise<Map<string, HeldStack>> {
  const { code, stdout, stderr } = await command.run(["stack", "ls", "--json"], root, {});
  if (code !== 0) throw commandFailed("stack ls", code, stderr);
  const listed = JSON.parse(stdout) as readonly { name: string; resourceCount?: number; lastUpdate?: string }[];
  return new Map(
    listed.map(({ name, resourceCount, lastUpdate }) => {
      // A service backend lists names with their organization and project.
      const short = name.slice(name.lastIndexOf("/") + 1);
      return [short, { name: short, resourceCount, lastUpdate }];
    }),
  );
}

/** The error of a command that is not a run: its own first error, and Pulumi's code for authentication told apart. */
export function commandFailed(what: string, code: number, stderr: string): TuttiError {
  if (oldLayout.test(stderr)) return oldLayoutError(what);
  const said = stderr
    .split("\n")
    .map((line) => line.trim().replace(/^error: */, ""))
    .find((line) => line !== "");
  return new TuttiError(
    code === 3 ? "authentication" : code === 6 ? "not-found" : "engine",
    `${what} failed: ${said ?? `exit code ${code}`}`,
  );
}

/** Stacks of a bucket that are not below the names of their projects (pulumi/pulumi: pkg/backend/diy/backend.go). */
const oldLayout = /Legacy DIY state is deprecated/;

function oldLayoutError(what: string): TuttiError {
  return new TuttiError("engine", `${what} failed: the backend has the layout of old CLIs, which new ones refuse`, {
    hint: upgradeLayout,
  });
}

/** What to do about a backend of that layout; `pulumi` is that of `tutti env`. */
const upgradeLayout =
  'move its states once, in a shell of that environment: eval "$(tutti env -e <environment>)" && pulumi state upgrade';
