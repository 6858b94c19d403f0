// The library: a workspace, opened, and what can be done with it. Everything the command line does is a call here.
// No global state: two workspaces can be open in one process. Pulumi and the engine are loaded by the first call that
// needs them, not by opening.
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { resolveChecked, type WorkspaceFacts } from "./checkWorkspace.ts";
import { autoConcurrency, measuredCost } from "./concurrency.ts";
import type { Workspace } from "./define.ts";
import type { BackendStack, Door, StaleRead } from "./door.ts";
import { TuttiError, workspaceError } from "./errors.ts";
import type { Operation, RunId, StackId } from "./events.ts";
import type { StackGraph } from "./graph.ts";
import { guardError, guardedEnvironments, guardViolations } from "./guards.ts";
import { type Journal, newRunId } from "./journal.ts";
import { findRoot, loadWorkspace } from "./load.ts";
import { readMachine, startMeter } from "./machine.ts";
import { makePlan, type Plan, type PlanStep } from "./plan.ts";
import type { Decisions, Findings } from "./pulumi/recovery.ts";
import type { Hold } from "./pulumi/unlock.ts";
import type { Redaction } from "./redaction.ts";
import type { Report } from "./report.ts";
import { changesSomething, type Resumable, resumableRun } from "./resume.ts";
import { makeRun, type Run } from "./run.ts";
import {
  createRunFiles,
  findRun,
  lastRunOf,
  listRuns,
  maskRunFiles,
  readJournal,
  readLog,
  readReport,
  recentReports,
  writeReport,
} from "./runFiles.ts";
import { type SelectionRequest, select } from "./selection.ts";
import { timingsOf } from "./timings.ts";
import { isCi } from "./variables.ts";
import { version } from "./version.ts";
import { noneNamed, ownValue, parseStackId, type ResolvedStack } from "./workspace.ts";

export interface OpenOptions {
  /** A workspace given as a value: a folder inside its root. Default: the current folder. */
  readonly directory?: string;
  /** Where runs, sandboxes and their state are kept. Default: `.tutti` in the workspace's root. */
  readonly base?: string;
  /** Variables that env() and real environments see. Default: those of the process. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** What stands between tutti and Pulumi; tests put a script there. */
  readonly door?: Door;
}

/** Which stacks; the grammar of `select` is that of filters.ts. */
export interface SelectOptions {
  readonly select?: string | readonly string[];
  readonly environment?: string | readonly string[];
  readonly all?: boolean;
  readonly withDependencies?: number | boolean;
  readonly withDependents?: number | boolean;
}

export interface RunOptions extends SelectOptions {
  /**
   * Stacks at once. `auto`: as many as cores and memory (of the container, in one) carry by what stacks of the same kind of
   * engine cost in earlier runs. Default: as many as the machine has cores, at least two.
   */
  readonly concurrency?: number | "auto";
  /** Default: `keep-going` for preview and drift, `stop` for what changes something. */
  readonly onFailure?: "stop" | "keep-going";
  /** Aborting interrupts the run: nothing new starts, what runs ends soon, the state stays readable. */
  readonly signal?: AbortSignal;
  /** `up`, `preview`, `destroy`: ask the cloud first. */
  readonly refresh?: boolean;
  /** `destroy`: also remove the emptied stacks. */
  readonly remove?: boolean;
  /** Resources at once in one stack. Default: the engine's. */
  readonly resourceParallel?: number;
  /** How long to wait for other runs that change the same environments, milliseconds. Default: 0, and 10 minutes in CI. */
  readonly lockTimeoutMs?: number;
  /** Takes sentences for whoever waits: what the run waits for before it begins. */
  readonly tell?: (text: string) => void;
  /** Nobody can be asked and the work tree stays as it is. Default: whether the variable CI is set. */
  readonly ci?: boolean;
  /** Exit code 2 for a preview with changes or a drift run with drift. */
  readonly detailed?: boolean;
  /** `up`: a preview of the same stacks made just now, for the guards; without it, guarded environments are previewed first. */
  readonly preview?: Report;
  /** What the user typed, for the record. */
  readonly argv?: readonly string[];
  /** The commit of the work tree, for the record. */
  readonly commit?: string;
}

/** A stack of the workspace, or one that only a backend knows. */
export interface ListedStack {
  readonly id: StackId;
  readonly environment: string;
  readonly cloud: "sandbox" | "real";
  readonly dependsOn: readonly StackId[];
  /** False: in the backend, but no contract claims it; only destroyed by name. */
  readonly claimed: boolean;
  /** A task. Absent: a stack of resources. */
  readonly task?: true;
  /** Undefined: the backend could not be asked. */
  readonly deployed: boolean | undefined;
  readonly resourceCount?: number;
  /** RFC 3339 UTC. */
  readonly lastUpdate?: string;
  /** What it read of other stacks that is out of date: bring it up again. Absent where that is not known. */
  readonly stale?: readonly StaleRead[];
}

/** A past run, in a line. */
export interface RunLine {
  readonly runId: RunId;
  /** Undefined when the journal could not be read. */
  readonly report: Report | undefined;
}

/** An open workspace. */
export interface Tutti {
  readonly workspace: Workspace;
  /** Absolute; the folder of Pulumi.yaml. */
  readonly root: string;
  readonly stacks: ReadonlyMap<StackId, ResolvedStack>;
  readonly graph: StackGraph;
  /** What an operation would run, in order, with reasons; touches nothing. @throws TuttiError `usage` for a bad selection. */
  plan(operation: Operation, options?: SelectOptions): Plan;
  /** Updates the selected stacks. A run begins when it is iterated, or its result asked for. @throws TuttiError as `plan`. */
  up(options?: RunOptions): Run;
  /** Shows what `up` would do, stacks that do not exist yet included; changes nothing. */
  preview(options?: RunOptions): Run;
  /** Takes into the state what the cloud has. */
  refresh(options?: RunOptions): Run;
  /** Deletes every resource of the selected stacks, dependents first. */
  destroy(options?: RunOptions): Run;
  /** Compares the cloud with the state; touches neither. */
  drift(options?: RunOptions): Run;
  /** What is left of a run that broke off or failed; of the newest that changed something without an id. @throws TuttiError `usage` when it is complete or changed nothing. */
  resumable(runId?: string): Resumable;
  /** Finishes such a run: what journal and state both say is done is not repeated. @throws TuttiError as `resumable`. */
  resume(runId?: string, options?: RunOptions): Run;
  /** Finds out what a cut-off run left open in a stack, and proposes what to do; changes nothing. */
  examine(stack: string, decisions?: Decisions): Promise<Findings>;
  /** Does what `examine` proposed; gives what is open still. @throws TuttiError `usage` when a decision is missing, `locked`. */
  settle(
    findings: Findings,
    options?: { readonly lockTimeoutMs?: number; readonly tell?: (text: string) => void },
  ): Promise<Findings>;
  /** Breaks what holds a stack where its owner is proven dead, or, with `force`, in any case. */
  unlock(stack: string, options?: { readonly force?: boolean }): Promise<readonly Hold[]>;
  /** Stacks with what their backends know of them; all unless selected. `warnings` name backends that did not answer. */
  list(options?: SelectOptions & { readonly signal?: AbortSignal }): Promise<{
    readonly stacks: readonly ListedStack[];
    readonly warnings: readonly string[];
  }>;
  /** Outputs of a deployed stack, secrets as `[secret]`. @throws TuttiError `not-found`. */
  outputs(
    stack: string,
    options?: { readonly showSecrets?: boolean; readonly signal?: AbortSignal },
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Ids of past runs, newest first; reads none of them. */
  runIds(): readonly RunId[];
  /** Past runs, newest first. */
  runs(): readonly RunLine[];
  /** The report of a run by its id or the beginning of it; of the newest without one. @throws TuttiError `not-found`. */
  report(runId?: string): Report;
  /** How long stacks took in the newest run of an operation that they ended well in, milliseconds. */
  timings(operation: Operation): ReadonlyMap<StackId, number>;
  /** The events of a run, as `report`. */
  journal(runId?: string): Journal;
  /** Knows what is secret before anything runs: values of variables and passphrases. A run knows more: its own `redaction`. */
  redaction(): Promise<Redaction>;
  /** What a stack printed in a run; without one in the newest that started it. @throws TuttiError `not-found`. */
  logs(stack: string, runId?: string): { readonly runId: RunId; readonly stack: StackId; readonly text: string };
}

/**
 * Opens a workspace: the one given, or the one that a folder (of a path, by default the current one) is in.
 *
 * @throws TuttiError `workspace` with everything that is wrong with it, sorted, in `problems`.
 */
export async function open(workspace: Workspace | string = ".", options: OpenOptions = {}): Promise<Tutti> {
  const found = await locate(workspace, options);
  const checked = resolveChecked(found.workspace, found.facts);
  if (!checked.graph) throw workspaceError(checked.problems);
  const base = options.base === undefined ? join(found.root, ".tutti") : resolve(options.base);
  const variables = options.variables ?? process.env;
  const door = options.door ?? lazyDoor(found.workspace, base, variables);
  return tutti({ ...found, base, variables, door, stacks: checked.stacks, graph: checked.graph });
}

async function locate(
  workspace: Workspace | string,
  options: OpenOptions,
): Promise<{ readonly root: string; readonly workspace: Workspace; readonly facts: WorkspaceFacts }> {
  if (typeof workspace === "string") return loadWorkspace(workspace);
  // With a door of their own, tests need no folder that Pulumi could work in.
  const directory = resolve(options.directory ?? ".");
  return { root: options.door ? directory : findRoot(directory), workspace, facts: {} };
}

/** The real door, loaded by the first call. */
function lazyDoor(workspace: Workspace, base: string, variables: Readonly<Record<string, string | undefined>>): Door {
  let loaded: Promise<Door> | undefined;
  const load = (): Promise<Door> => {
    loaded ??= import("./pulumi/index.ts").then(({ createDoor }) => createDoor({ workspace, base, variables }));
    return loaded;
  };
  return {
    prepare: async (setup, watch) => (await load()).prepare(setup, watch),
    outputs: async (stack, more) => (await load()).outputs(stack, more),
    backendStacks: async (environment, stacks, more) => (await load()).backendStacks(environment, stacks, more),
  };
}

interface Opened {
  readonly workspace: Workspace;
  readonly root: string;
  readonly base: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly door: Door;
  readonly stacks: ReadonlyMap<StackId, ResolvedStack>;
  readonly graph: StackGraph;
}

function tutti(opened: Opened): Tutti {
  const { workspace, root, base, door, stacks, graph } = opened;
  const start = (operation: Operation) => (options?: RunOptions) => startRun(opened, operation, options ?? {});
  return {
    workspace,
    root,
    stacks,
    graph,
    plan: (operation, options = {}) => planFor(opened, operation, options).plan,
    up: start("up"),
    preview: start("preview"),
    refresh: start("refresh"),
    destroy: start("destroy"),
    drift: start("drift"),
    resumable: (runId) => resumable(base, runId),
    resume(runId, options = {}) {
      const { operation, select, done, options: before, runId: resumes } = resumable(base, runId);
      const missing = select.filter((id) => !stacks.has(id));
      if (missing.length > 0 && operation !== "destroy")
        throw new TuttiError("usage", `run ${resumes} had ${missing.join(", ")}, which the workspace has no longer`, {
          hint: `run what there is: tutti ${operation}`,
        });
      return startRun(opened, operation, { ...before, ...options, select }, { done, resumes });
    },
    examine: async (id, decisions) => (await import("./pulumi/recovery.ts")).examine(stackPlace(opened, id), decisions),
    settle: async (findings, options = {}) =>
      (await import("./pulumi/recovery.ts")).settle({ ...stackPlace(opened, findings.stack), ...options }, findings),
    unlock: async (id, { force = false } = {}) =>
      (await import("./pulumi/unlock.ts")).unlockStack({ ...stackPlace(opened, id), force }),
    list: (options = {}) => list(opened, options),
    async outputs(id, { showSecrets = false, signal } = {}) {
      return door.outputs(named(opened, id), { root, showSecrets, ...(signal ? { signal } : {}) });
    },
    runIds: () => listRuns(base),
    runs: () => listRuns(base).map((runId) => ({ runId, report: attempted(() => readReport(base, runId)) })),
    report: (runId) => readReport(base, findRun(base, runId)),
    timings: (operation) => timingsOf(recentReports(base), operation),
    journal: (runId) => readJournal(base, findRun(base, runId)),
    redaction: async () => (await import("./pulumi/mask.ts")).knownSecrets(opened.variables, workspace.environments),
    logs(id, wanted) {
      // A stack that the workspace no longer has may still have logs.
      const stack = id as StackId;
      if (!parseStackId(id)) throw notAStack(opened, id);
      const runId = wanted === undefined ? lastRunOf(base, stack) : findRun(base, wanted);
      return { runId, stack, text: readLog(base, runId, stack) };
    },
  };
}

function named({ stacks }: Opened, id: string): ResolvedStack {
  const stack = stacks.get(id as StackId);
  if (!stack) throw new TuttiError("not-found", noneNamed("stack", id, [...stacks.keys()]));
  return stack;
}

function notAStack({ stacks }: Opened, id: string): TuttiError {
  return new TuttiError("usage", noneNamed("stack", id, [...stacks.keys()]));
}

function attempted<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TuttiError) return undefined;
    throw error;
  }
}

/** The run to go on with: the one named, or the newest that changes something. */
function resumable(base: string, id: string | undefined): Resumable {
  if (id !== undefined) {
    const runId = findRun(base, id);
    return resumableRun(runId, readJournal(base, runId));
  }
  for (const runId of listRuns(base)) {
    const journal = readJournal(base, runId);
    const [first] = journal.events;
    if (first?.type === "run-started" && changesSomething(first.operation)) return resumableRun(runId, journal);
  }
  throw new TuttiError("not-found", "there is no run to go on with", { hint: "tutti runs lists the runs there are" });
}

/** A stack of the workspace, or one that only a backend has, for whoever works on its state. */
function stackPlace(opened: Opened, id: string) {
  const { workspace, root, base, variables } = opened;
  if (!parseStackId(id)) throw notAStack(opened, id);
  return { workspace, root, base, variables, stack: id as StackId, known: opened.stacks.get(id as StackId) };
}

function startRun(
  opened: Opened,
  operation: Operation,
  options: RunOptions,
  from: { readonly done?: ReadonlyMap<StackId, RunId>; readonly resumes?: RunId } = {},
): Run {
  const { workspace, root, base, variables, door, stacks } = opened;
  const { plan, unclaimed } = planFor(opened, operation, options);
  const names = [...new Set(plan.steps.map(({ stack }) => parseStackId(stack)!.environment))].sort();
  const ci = options.ci ?? isCi(variables);
  const careful = operation === "preview" || operation === "drift";
  const clouds = new Set(names.map((name) => workspace.environments[name]!.cloud));
  const concurrency =
    options.concurrency === "auto"
      ? // An environment of each kind: the one that costs more is the measure.
        Math.min(
          ...[...clouds].map((cloud) =>
            autoConcurrency(readMachine(), measuredCost(recentReports(base), cloud, operation)),
          ),
          Math.max(1, plan.steps.length),
        )
      : (options.concurrency ?? Math.max(2, availableParallelism()));
  const runId = newRunId(new Date(), Math.random);
  return makeRun({
    plan,
    door,
    setup: {
      runId,
      operation,
      stacks,
      environments: names,
      selected: plan.steps.map(({ stack }) => stack),
      root,
      refresh: options.refresh ?? false,
      remove: options.remove ?? false,
      resourceParallel: options.resourceParallel,
      lockTimeoutMs: options.lockTimeoutMs ?? (ci ? 600_000 : 0),
      ci,
      steps: plan.steps.length,
      concurrency,
      ...(from.done === undefined ? {} : { done: from.done }),
    },
    resumes: from.resumes,
    concurrency,
    onFailure: options.onFailure ?? (careful ? "keep-going" : "stop"),
    environments: names.map((name) => ({ name, cloud: workspace.environments[name]!.cloud })),
    argv: options.argv ?? [],
    version: version(),
    commit: options.commit,
    detailed: options.detailed ?? false,
    signal: options.signal,
    openFiles: (runId) => createRunFiles(base, runId),
    maskFiles: (redaction) => maskRunFiles(base, runId, redaction),
    writeReport: (report) => writeReport(base, report),
    now: () => new Date(),
    measure: startMeter,
    tell: options.tell,
    ...(workspace.hooks.length === 0
      ? {}
      : {
          after: async (report: Report, signal: AbortSignal) =>
            (await import("./hooks/index.ts")).runHooks(report, { workspace, root, variables, signal }),
        }),
    before: async (signal) => {
      await checkUnclaimed(opened, unclaimed, signal);
      await keepGuards(opened, operation, names, options, signal);
    },
  });
}

/** The plan of a selection, and which of its stacks no contract claims. */
function planFor(
  { graph, stacks, workspace }: Opened,
  operation: Operation,
  options: SelectOptions,
): { readonly plan: Plan; readonly unclaimed: readonly StackId[] } {
  const request = requestOf(options);
  const unclaimed = operation === "destroy" ? unclaimedNames(request, stacks, workspace) : [];
  const filters = request.filters.filter((filter) => !(unclaimed as readonly string[]).includes(filter));
  const onlyUnclaimed = unclaimed.length > 0 && filters.length === 0 && !request.all;
  const selection = onlyUnclaimed ? new Map<StackId, string>() : selected(graph, stacks, { ...request, filters });
  const plan = makePlan(graph, selection, operation);
  // Nothing is known of what they depend on, nor of what depends on them.
  const extra = unclaimed.map((stack): PlanStep => ({ stack, waitsFor: [], reason: "named; no contract claims it" }));
  const steps = plan.steps.map(
    (step): PlanStep => (stacks.get(step.stack)?.contract.task === undefined ? step : { ...step, task: true }),
  );
  return { plan: { operation, steps: [...extra, ...steps] }, unclaimed };
}

function requestOf(options: SelectOptions): SelectionRequest & { readonly filters: readonly string[] } {
  const list = (value: string | readonly string[] | undefined): readonly string[] =>
    value === undefined ? [] : typeof value === "string" ? [value] : value;
  return {
    environments: list(options.environment),
    filters: list(options.select),
    all: options.all ?? false,
    withDependencies: options.withDependencies ?? false,
    withDependents: options.withDependents ?? false,
  };
}

function selected(
  graph: StackGraph,
  stacks: ReadonlyMap<StackId, ResolvedStack>,
  request: SelectionRequest,
): ReadonlyMap<StackId, string> {
  const result = select(graph, stacks, request);
  if (result.ok) return result.value;
  const [first, ...others] = result.error;
  const text = ({ message, hint }: { message: string; hint?: string }): string =>
    hint ? `${message}; ${hint}` : message;
  const message = others.length === 0 ? first!.message : result.error.map(text).join("\n");
  throw new TuttiError("usage", message, others.length === 0 && first!.hint !== undefined ? { hint: first!.hint } : {});
}

/** Whole ids that no contract has, in an environment that there is: such a stack may still be in the backend. */
function unclaimedNames(
  request: SelectionRequest & { readonly filters: readonly string[] },
  stacks: ReadonlyMap<StackId, ResolvedStack>,
  workspace: Workspace,
): readonly StackId[] {
  const anyOf = request.environments ?? [];
  const claimed = [...stacks.values()];
  return [...new Set(request.filters)].filter((filter): filter is StackId => {
    const parts = /^[a-zA-Z0-9_.-]+$/.test(filter) ? parseStackId(filter) : undefined;
    if (!parts || !ownValue(workspace.environments, parts.environment)) return false;
    if (anyOf.length > 0 && !anyOf.includes(parts.environment)) return false;
    // "web.prod" also names web.prod.eu and web.prod.us, which contracts do claim.
    return !claimed.some(({ id }) => id === filter || id.startsWith(`${filter}.`));
  });
}

async function checkUnclaimed(opened: Opened, unclaimed: readonly StackId[], signal: AbortSignal): Promise<void> {
  const { door, stacks, root } = opened;
  for (const environment of new Set(unclaimed.map((id) => parseStackId(id)!.environment))) {
    const held = new Set((await door.backendStacks(environment, stacks, { root, signal })).map(({ id }) => id));
    const missing = unclaimed.filter((id) => parseStackId(id)!.environment === environment && !held.has(id));
    if (missing.length > 0)
      throw new TuttiError("usage", `no stack matches "${missing.join('", "')}"`, {
        hint: `neither a contract nor the backend of ${environment} has it; tutti list shows what there is`,
      });
  }
}

/** Refuses what the guards of an environment do not allow, before anything starts. */
async function keepGuards(
  opened: Opened,
  operation: Operation,
  environments: readonly string[],
  options: RunOptions,
  signal: AbortSignal,
): Promise<void> {
  if (operation !== "up" && operation !== "destroy") return;
  const { workspace } = opened;
  const guarded = guardedEnvironments(workspace, environments);
  if (guarded.length === 0) return;
  if (operation === "destroy") {
    // A destroy deletes whatever there is: an environment that bounds deletions is not destroyed by mistake.
    const bounded = guarded.filter((name) => workspace.environments[name]!.guards.maxDeletes !== undefined);
    if (bounded.length === 0) return;
    const limits = bounded.map((name) => `${name} (maxDeletes ${workspace.environments[name]!.guards.maxDeletes})`);
    throw new TuttiError(
      "guard",
      `refused: a destroy deletes everything, and deletions are guarded in ${limits.join(", ")}`,
      {
        hint: "take the guard away in stacks/workspace.ts, in review, then destroy",
      },
    );
  }
  const report =
    options.preview ?? (await startRun(opened, "preview", { ...options, detailed: false, signal }).result());
  const troubled = report.stacks.filter(({ exitCode }) => exitCode !== 0);
  if (troubled.length > 0)
    throw new TuttiError(
      signal.aborted ? "cancelled" : "guard",
      `refused: guards need a preview, and that of ${troubled.map(({ id }) => id).join(", ")} did not succeed`,
      { hint: `tutti report ${report.runId} shows why` },
    );
  const violations = guardViolations(workspace, report.stacks);
  if (violations.length > 0) throw guardError(operation, violations);
}

async function list(
  opened: Opened,
  options: SelectOptions & { readonly signal?: AbortSignal },
): Promise<{ readonly stacks: readonly ListedStack[]; readonly warnings: readonly string[] }> {
  const { graph, stacks, workspace, door, root } = opened;
  const request = requestOf(options);
  const environments = request.environments ?? [];
  const everything = environments.length === 0 && request.filters.length === 0;
  const ids = [...selected(graph, stacks, everything ? { ...request, all: true } : request).keys()];
  const wanted = everything
    ? Object.keys(workspace.environments)
    : [...environments, ...ids.map((id) => stacks.get(id)!.environment)];
  const held = new Map<string, ReadonlyMap<StackId, BackendStack>>();
  const warnings: string[] = [];
  for (const name of [...new Set(wanted)].sort()) {
    try {
      const found = await door.backendStacks(name, stacks, {
        root,
        ...(options.signal ? { signal: options.signal } : {}),
      });
      held.set(name, new Map(found.map((stack) => [stack.id, stack])));
    } catch (error) {
      if (!(error instanceof TuttiError)) throw error;
      warnings.push(`environment ${name}: ${error.message}`);
    }
  }
  const known = (id: StackId, environment: string): Partial<ListedStack> => {
    const { resourceCount, lastUpdate, stale } = held.get(environment)?.get(id) ?? {};
    return {
      ...(stale === undefined ? {} : { stale }),
      ...(resourceCount === undefined ? {} : { resourceCount }),
      ...(lastUpdate === undefined ? {} : { lastUpdate }),
    };
  };
  const listed = ids.map((id): ListedStack => {
    const { environment, cloud, dependsOn, contract } = stacks.get(id)!;
    const task = contract.task === undefined ? {} : { task: true as const };
    const deployed = held.get(environment)?.has(id);
    return { id, environment, cloud, dependsOn, claimed: true, ...task, deployed, ...known(id, environment) };
  });
  // Names select among contracts; what none claims shows where a whole environment was asked for.
  const others =
    request.filters.length > 0
      ? []
      : [...held].flatMap(([environment, found]) =>
          [...found.values()]
            .filter(({ claimed }) => !claimed)
            .map(({ id }): ListedStack => {
              const { cloud } = workspace.environments[environment]!;
              return {
                id,
                environment,
                cloud,
                dependsOn: [],
                claimed: false,
                deployed: true,
                ...known(id, environment),
              };
            }),
        );
  return { stacks: [...listed, ...others], warnings };
}
