// The door to Pulumi, for one workspace: what the library asks (door.ts), answered through the Automation API and an engine.
// Nothing outside of this folder imports the Automation API or engine/.
import type { Predictions } from "../../engine/index.ts";
import { SecretValues } from "../../engine/secretValues.ts";
import type { PropertyMap } from "../../engine/values.ts";
import type { Workspace } from "../define.ts";
import type { BackendStack, Door, RunSetup, RunWatch, StepRunner } from "../door.ts";
import { TuttiError } from "../errors.ts";
import type { StackId } from "../events.ts";
import { parseStackId } from "../workspace.ts";
import { commandFailed, type OpenEnvironment, type OpenOptions, openEnvironment } from "./environment.ts";
import { holdEnvironments } from "./hold.ts";
import { secretValues } from "./mask.ts";
import { requiredPlugins } from "./plugins.ts";
import { createPrograms } from "./programs.ts";
import { ownedVariables } from "./realEnvironment.ts";
import { createRunStep } from "./runStep.ts";

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
  const open = (name: string, root: string, more: Opening): Promise<OpenEnvironment> => {
    const environment = Object.hasOwn(workspace.environments, name) ? workspace.environments[name] : undefined;
    if (environment === undefined) {
      throw new TuttiError("usage", `no environment is named "${name}"`, {
        hint: `there are: ${Object.keys(workspace.environments).sort().join(", ")}`,
      });
    }
    return openEnvironment({
      name,
      environment,
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
      const secrets = new SecretValues(secretValues(variables));
      secrets.exempt(setup.stacks.keys());
      const runner = await prepareRun(setup, (name, root, more) => open(name, root, { ...more, secrets }), watch);
      return { ...runner, redaction: secrets };
    },
    async outputs(stack, { root, showSecrets, signal }) {
      const environment = await open(stack.environment, root, { ci: true });
      const flags = showSecrets ? ["--show-secrets"] : [];
      if (!(await environment.held()).has(stack.id)) {
        throw new TuttiError("not-found", `stack ${stack.id} is not deployed`, {
          hint: `deploy it: tutti up ${stack.id}`,
        });
      }
      await environment.checkState(stack.id);
      const command = ["stack", "output", "--json", "--stack", stack.id, ...flags];
      const { code, stdout, stderr } = await environment.command().run(command, root, {}, undefined, undefined, signal);
      if (code !== 0) throw commandFailed(`stack output of ${stack.id}`, code, environment.mask(stderr));
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    async backendStacks(name, stacks, { root }) {
      const environment = await open(name, root, { ci: true });
      const held = [...(await environment.held()).values()];
      return held
        .filter(({ name: id }) => (parseStackId(id)?.environment ?? name) === name)
        .map(
          ({ name: id, resourceCount, lastUpdate }): BackendStack => ({
            id: id as StackId,
            environment: name,
            claimed: stacks.has(id as StackId),
            resourceCount,
            lastUpdate,
          }),
        )
        .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    },
  };
}

/** Opens every environment of the run at once: a missing CLI ends the command before the first stack runs. */
async function prepareRun(
  setup: RunSetup,
  open: (name: string, root: string, more: Opening) => Promise<OpenEnvironment>,
  watch: RunWatch,
): Promise<StepRunner> {
  const programs = await createPrograms(setup);
  const { children } = programs;
  // One for all environments: a stack may need one of another environment.
  const predictions = setup.operation === "preview" ? { predictions: createPredictions() } : {};
  const opened = await Promise.all(
    [...new Set(setup.environments)].map(
      async (name) => [name, await open(name, setup.root, { ci: setup.ci, children, ...predictions })] as const,
    ),
  );
  const environments = new Map(opened);
  await installRequired(setup.root, [...environments.values()], watch);
  if (setup.operation === "preview" || setup.operation === "drift") {
    await programs.ready([...environments.values()]);
    return createRunStep(setup, environments, programs);
  }
  const held = await holdEnvironments(new Map(opened.map(([name, { leases }]) => [name, leases])), {
    runId: setup.runId,
    operation: setup.operation,
    lockTimeoutMs: setup.lockTimeoutMs,
    signal: watch.stop,
    tell: watch.tell,
    onLost: watch.onLost,
  });
  await programs.ready([...environments.values()]);
  const runner = createRunStep(setup, environments, programs, held.check);
  return {
    runStep: runner.runStep,
    async close() {
      await runner.close();
      await held.release();
    },
  };
}

/** Plugins of all real environments, before the first stack runs; a sandbox needs none. */
async function installRequired(root: string, environments: readonly OpenEnvironment[], watch: RunWatch): Promise<void> {
  const real = environments.filter(({ cloud }) => cloud === "real");
  if (real.length === 0) return;
  const plugins = await requiredPlugins(root);
  for (const environment of real) await environment.install(plugins, watch.tell, watch.stop);
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
