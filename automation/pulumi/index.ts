// The door to Pulumi, for one workspace: what the library asks (door.ts), answered through the Automation API and an engine.
// Nothing outside of this folder imports the Automation API or engine/.
import type { Predictions } from "../../engine/index.ts";
import type { SecretValues } from "../../engine/secretValues.ts";
import type { PropertyMap } from "../../engine/values.ts";
import type { Workspace } from "../define.ts";
import type { BackendStack, Door, RunSetup, RunWatch, StepRunner } from "../door.ts";
import { TuttiError } from "../errors.ts";
import type { Operation, StackId } from "../events.ts";
import { isBookkeeping } from "../taskNote.ts";
import { parseStackId, type ResolvedStack } from "../workspace.ts";
import { commandFailed, type OpenEnvironment, type OpenOptions, openEnvironment } from "./environment.ts";
import { holdEnvironments } from "./hold.ts";
import { knownSecrets } from "./mask.ts";
import { createPlaces, type Places } from "./places.ts";
import { type Plugin, requiredPlugins } from "./plugins.ts";
import { createPrograms } from "./programs.ts";
import { refuseForeignLanguage } from "./projects.ts";
import { ownedVariables } from "./realEnvironment.ts";
import { createRunStep } from "./runStep.ts";
import { staleReads } from "./stale.ts";

type Opening = Pick<OpenOptions, "ci" | "predictions" | "children" | "secrets">;

export interface DoorOptions {
  readonly workspace: Workspace;
  /** The folder that stands for `<root>/.tutti`; absolute. */
  readonly base: string;
  /** Variables of whoever runs tutti; only real environments see any of them. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The sandbox that serves an environment. Default: one of its own, of the same name. */
  readonly sandboxOf?: (environment: string) => string;
}

/** Makes the door of a workspace. Nothing is opened, found or created before it is asked for. */
export function createDoor({ workspace, base, variables, sandboxOf = (name) => name }: DoorOptions): Door {
  const open: Open = (name, folder, root, more) => {
    const environment = Object.hasOwn(workspace.environments, name) ? workspace.environments[name] : undefined;
    if (environment === undefined) {
      throw new TuttiError("usage", `no environment is named "${name}"`, {
        hint: `there are: ${Object.keys(workspace.environments).sort().join(", ")}`,
      });
    }
    return openEnvironment({
      name,
      environment,
      workspace,
      folder,
      sandbox: sandboxOf(name),
      root,
      base,
      variables,
      owned: ownedVariables(workspace.environments),
      ...more,
    });
  };
  return {
    async prepare(setup, watch) {
      const secrets = knownSecrets(variables, workspace.environments);
      secrets.exempt(setup.stacks.keys());
      refuseExposed(secrets);
      const runner = await prepareRun(
        setup,
        (name, folder, root, more) => open(name, folder, root, { ...more, secrets }),
        watch,
        () => refuseExposed(secrets),
      );
      return { ...runner, redaction: secrets };
    },
    async outputs(stack, { root, showSecrets, signal }) {
      const { stackName } = stack;
      const environment = await open(stack.environment, stack.contract.folder?.dir, root, { ci: true });
      const flags = showSecrets ? ["--show-secrets"] : [];
      if (!(await environment.held()).has(stackName)) {
        throw new TuttiError("not-found", `stack ${stack.id} is not deployed`, {
          hint: `deploy it: tutti up ${stack.id}`,
        });
      }
      await environment.checkState(stackName);
      const command = ["stack", "output", "--json", "--stack", stackName, ...flags];
      const { code, stdout, stderr } = await environment
        .command()
        .run(command, environment.root, {}, undefined, undefined, signal);
      if (code !== 0) throw commandFailed(`stack output of ${stack.id}`, code, environment.mask(stderr));
      const outputs = JSON.parse(stdout) as Record<string, unknown>;
      return Object.fromEntries(Object.entries(outputs).filter(([output]) => !isBookkeeping(output)));
    },
    async backendStacks(name, stacks, { root }) {
      const environment = await open(name, undefined, root, { ci: true });
      const held = [...(await environment.held()).values()];
      const here = [...stacks.values()].filter((one) => one.environment === name && one.contract.folder === undefined);
      const stale = await staleReads(environment, here);
      const own = held
        .filter(({ name: id }) => (parseStackId(id)?.environment ?? name) === name)
        .map(
          ({ name: id, resourceCount, lastUpdate }): BackendStack => ({
            id: id as StackId,
            environment: name,
            claimed: stacks.has(id as StackId),
            resourceCount,
            lastUpdate,
            ...(stale === undefined ? {} : { stale: stale.get(id as StackId) ?? [] }),
          }),
        );
      const others = await heldOfProjects(name, stacks, (folder) => open(name, folder, root, { ci: true }));
      return [...own, ...others].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    },
  };
}

/** @throws TuttiError when nothing could be written of the run without a secret. */
function refuseExposed(secrets: SecretValues): void {
  const name = secrets.exposing();
  if (name === undefined) return;
  throw new TuttiError("workspace", `"${name}" holds a secret: what it names can be written nowhere without it`, {
    hint: "rename that stack, environment or project, or choose another secret: a variable or a passphrase has it as its value",
  });
}

type Open = (name: string, folder: string | undefined, root: string, more: Opening) => Promise<OpenEnvironment>;

/** Stacks of existing projects that the backend holds. What no contract names is not ours to tell of. */
async function heldOfProjects(
  environment: string,
  stacks: ReadonlyMap<StackId, ResolvedStack>,
  open: (folder: string) => Promise<OpenEnvironment>,
): Promise<readonly BackendStack[]> {
  const found: BackendStack[] = [];
  for (const [folder, members] of projectsOf(environment, stacks.values())) {
    const held = await (await open(folder)).held();
    for (const { id, stackName } of members) {
      const one = held.get(stackName);
      if (one === undefined) continue;
      const { resourceCount, lastUpdate } = one;
      found.push({ id, environment, claimed: true, resourceCount, lastUpdate });
    }
  }
  return found;
}

/** Stacks of an environment that existing projects have, by folder. */
function projectsOf(
  environment: string,
  stacks: Iterable<ResolvedStack>,
): ReadonlyMap<string, readonly ResolvedStack[]> {
  const found = new Map<string, ResolvedStack[]>();
  for (const stack of stacks) {
    const folder = stack.contract.folder?.dir;
    if (folder === undefined || stack.environment !== environment) continue;
    found.set(folder, [...(found.get(folder) ?? []), stack]);
  }
  return found;
}

/** Opens every environment of the run at once: a missing CLI ends the command before the first stack runs. */
async function prepareRun(setup: RunSetup, open: Open, watch: RunWatch, check: () => void): Promise<StepRunner> {
  const { operation, root, ci, stacks } = setup;
  const programs = await createPrograms(setup);
  const { children } = programs;
  // One for all environments: a stack may need one of another environment.
  const predictions = operation === "preview" ? { predictions: createPredictions() } : {};
  const places = createPlaces((name, folder) => open(name, folder, root, { ci, children, ...predictions }));
  const names = [...new Set(setup.environments)];
  const opened = await Promise.all(names.map(async (name) => [name, await places.of({ environment: name })] as const));
  check();
  const environments = new Map(opened);
  const selected = (setup.selected ?? []).flatMap((id) => stacks.get(id) ?? []);
  const projects = await openProjects(selected, places, operation);
  // Programs of existing projects are started in their own way, when it is their turn.
  const own = new Set(selected.filter(({ contract }) => contract.folder === undefined).map((one) => one.environment));
  const warm = [...environments.values()].filter(({ name }) => setup.selected === undefined || own.has(name));
  const careful = operation === "preview" || operation === "drift";
  const leases = new Map(careful ? [] : opened.map(([name, { leases }]) => [name, leases]));
  const held = await holdEnvironments(leases, {
    runId: setup.runId,
    operation: setup.operation,
    lockTimeoutMs: setup.lockTimeoutMs,
    signal: watch.stop,
    tell: watch.tell,
    onLost: watch.onLost,
  });
  try {
    // First what works by itself: children get ready while the rest is done.
    await programs.ready(warm);
    await installRequired([...environments.values(), ...projects], watch);
  } catch (error) {
    programs.close();
    await held.release();
    throw error;
  }
  const runner = createRunStep(setup, environments, places, programs, careful ? undefined : held.check);
  return {
    runStep: runner.runStep,
    async close() {
      await runner.close();
      await held.release();
    },
  };
}

/** Opens the existing projects of a run; what a sandbox cannot run is refused here, before the first stack runs. */
async function openProjects(
  selected: readonly ResolvedStack[],
  places: Places,
  operation: Operation,
): Promise<readonly OpenEnvironment[]> {
  const opened = new Set<OpenEnvironment>();
  for (const stack of selected) {
    if (stack.contract.folder === undefined) continue;
    const place = await places.of(stack);
    if (operation === "up" || operation === "preview") refuseForeignLanguage(place, stack.id);
    opened.add(place);
  }
  return [...opened];
}

/** Plugins of all real environments, before the first stack runs; a sandbox needs none. */
async function installRequired(environments: readonly OpenEnvironment[], watch: RunWatch): Promise<void> {
  const plugins = new Map<string, readonly Plugin[]>();
  for (const environment of environments.filter(({ cloud }) => cloud === "real")) {
    const { root } = environment;
    const required = (): readonly Plugin[] => {
      const known = plugins.get(root) ?? requiredPlugins(root);
      plugins.set(root, known);
      return known;
    };
    await environment.install(required, watch.tell, watch.stop);
  }
}

/** What the previews of one run predict, kept between the engines of that run and nowhere else. */
function createPredictions(): Predictions {
  const known = new Map<string, PropertyMap>();
  return {
    get: (stack) => known.get(stack),
    set: (stack, outputs) => {
      known.set(stack, outputs);
    },
  };
}
