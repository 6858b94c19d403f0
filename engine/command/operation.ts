// Runs one operation on one stack: opens state and configuration, takes the lock unless nothing is changed, previews and
// applies, and adds the operation to the stack's history.
//
// What takes time and is not needed at once is begun early: the key of the stack's secrets is derived while the program
// starts, and awaited when the first snapshot is written.

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Autonamer, autonamerOf } from "../deployment/autonaming.ts";
import { type DeploymentOptions, type DeploymentResult, deploy } from "../deployment/deployment.ts";
import { mapsEqual } from "../deployment/diff.ts";
import { diffSink } from "../deployment/diffDisplay.ts";
import { digestSink } from "../deployment/digest.ts";
import { displaySink } from "../deployment/display.ts";
import { openEventLog } from "../deployment/eventSinks.ts";
import { type Emitted, type EventSink, EventStream, programLog, revealing } from "../deployment/events.ts";
import type { Import } from "../deployment/importing.ts";
import { Resource } from "../deployment/resource.ts";
import type { WriteSnapshot } from "../deployment/snapshot.ts";
import { changesNothing } from "../deployment/steps.ts";
import { UrnTargets } from "../deployment/targets.ts";
import { isRootStack } from "../deployment/urn.ts";
import { programLocation } from "../language/node.ts";
import { type LocatedProgram, locateProgram, runAgainst } from "../language/run.ts";
import { createProviderHost } from "../providers/host.ts";
import { createStackReader } from "../providers/stackReader.ts";
import type { SecretValues } from "../secretValues.ts";
import type { Checkpoint } from "../state/checkpoint.ts";
import { newManifest } from "../state/deployment.ts";
import { isTrue } from "../state/environment.ts";
import { EngineError, exitCodes } from "../state/error.ts";
import type { UpdateInfo } from "../state/history.ts";
import type { Project } from "../state/project.ts";
import type { ResourceState } from "../state/resource.ts";
import type { SecretsManager } from "../state/secrets.ts";
import { displayName, fullName } from "../state/stackName.ts";
import { requireVersion } from "../state/versionRange.ts";
import type { PropertyMap } from "../values.ts";
import { adoptPendingCreates } from "./adopt.ts";
import type { Flags } from "./args.ts";
import { saveSettings } from "./config.ts";
import { askerFor, confirmOperation } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { importSink } from "./importSink.ts";
import { watchedHost, watchedRegistrar } from "./secrecy.ts";
import { type OpenedStack, openCheckpoint, openStack, programConfig, readConfig, stackSecrets } from "./stack.ts";
import { updateEnvironment } from "./updateEnvironment.ts";

/** What a verb's flags come to. */
export interface Operation {
  readonly kind: "update" | "preview" | "refresh" | "destroy" | "import";
  readonly phases: readonly ("preview" | "apply")[];
  /** Whether the stack's program is run. */
  readonly program: boolean;
  /** Who refreshes, where a refresh is asked for: the program, as it registers its resources. */
  readonly refreshes?: boolean;
  readonly refresh: "no" | "first" | "only";
  readonly target: readonly string[];
  readonly exclude: readonly string[];
  readonly replace: readonly string[];
  /** Creations that were cut off are dropped from the state. */
  readonly clearPendingCreates?: boolean;
  /** Creations that were cut off and are known to have succeeded: the id of what was created, by URN. */
  readonly importPendingCreates?: ReadonlyMap<string, string>;
  /** Whoever sits at the terminal is asked before it changes anything, unless it is confirmed. */
  readonly asks?: true;
  /** Resources to take into the state; nothing else is done then. */
  readonly imports?: readonly Import[];
  /** More resources to leave alone, chosen by their state. */
  readonly spare?: (resources: readonly ResourceState[]) => readonly string[];
}

/** Answers the exit code: 0, 1 when it failed, 7 when it changed something against expectation, 8 when it was cancelled. */
export async function runOperation(context: CommandContext, operation: Operation): Promise<number> {
  const project = await context.project();
  if (project.requiredPulumiVersion) requireVersion(sdkVersion(context.version), project.requiredPulumiVersion);
  const stack = await openStack(context);
  const lock = operation.phases.includes("apply") ? await stack.backend.lock(stack.name) : undefined;
  try {
    const config = await readConfig(context, stack.name);
    await saveSettings(context, project.name, config);
    const configuration = await programConfig(context, stack, config);
    for (const key of configuration.secretKeys) learnSetting(context.options.secrets, configuration.plain[key]!);
    const exposing = context.options.secrets?.exposing();
    if (exposing !== undefined)
      throw new EngineError(`"${exposing}" holds a secret of the configuration: rename it, or choose another secret`);
    const names = { organization: "organization", project: project.name, stack: stack.name.stack };
    const creates = operation.kind === "update" || operation.kind === "preview";
    const autonamer = creates ? autonamerOf(configuration.plain, names) : undefined;
    const asks = operation.asks && askerFor(context) !== undefined;
    let previewed: Emitted[] | undefined;
    for (const phase of operation.phases) {
      if (phase === "apply" && asks) await confirmOperation(context, operation.kind, previewed);
      else if (phase === "preview" && asks) previewed = [];
      const opened = { project, stack, config, configuration, autonamer };
      const run = new Phase(context, operation, phase === "preview", opened, previewed);
      const code = await run.run();
      if (code !== exitCodes.success) return code;
    }
    return exitCodes.success;
  } finally {
    await lock?.release();
  }
}

interface Opened {
  readonly project: Project;
  readonly stack: OpenedStack;
  readonly config: Awaited<ReturnType<typeof readConfig>>;
  readonly configuration: Awaited<ReturnType<typeof programConfig>>;
  readonly autonamer: Autonamer | undefined;
}

/** The preview or the change itself. */
class Phase {
  readonly #context: CommandContext;
  readonly #operation: Operation;
  readonly #preview: boolean;
  readonly #opened: Opened;
  /** Takes what the phase tells, to show it again. */
  readonly #told: Emitted[] | undefined;

  constructor(context: CommandContext, operation: Operation, preview: boolean, opened: Opened, told?: Emitted[]) {
    this.#context = context;
    this.#operation = operation;
    this.#preview = preview;
    this.#opened = opened;
    this.#told = told;
  }

  async run(): Promise<number> {
    const { stack } = this.#opened;
    const startTime = seconds();
    const checkpoint = await openCheckpoint(this.#context, stack);
    this.#requireTargets(checkpoint);
    const events = this.#openEvents();
    const before = checkpoint.snapshot?.resources.find(({ urn }) => isRootStack(urn))?.outputs ?? {};
    let result: DeploymentResult;
    try {
      this.#requireProgramForHooks(checkpoint, events);
      result = await this.#deploy(checkpoint, events);
    } finally {
      await events.close();
    }
    if (!this.#preview) await this.#addToHistory(startTime, result);
    if (result.result === "canceled") return exitCodes.cancelled;
    if (result.result === "failed") return exitCodes.error;
    this.#predict(result);
    return this.#checkExpectation(result, before);
  }

  /** A destroy or refresh knows what there is before it begins. */
  #requireTargets({ snapshot }: Checkpoint): void {
    const { kind, target, exclude } = this.#operation;
    if (kind !== "destroy" && kind !== "refresh") return;
    const known = new Set(snapshot?.resources.map(({ urn }) => urn));
    const missing = [...new UrnTargets(target).literals, ...new UrnTargets(exclude).literals].find(
      (urn) => !known.has(urn),
    );
    if (missing !== undefined) throw new EngineError(`no resource named '${missing}' found`);
  }

  /** Functions that are to be called at deletions are the program's. */
  #requireProgramForHooks({ snapshot }: Checkpoint, events: EventStream): void {
    const { kind, program } = this.#operation;
    if (kind !== "destroy" || program) return;
    const hooksOf = ({ resourceHooks: hooks }: ResourceState) => [
      ...(hooks["BeforeDelete"] ?? []),
      ...(hooks["AfterDelete"] ?? []),
    ];
    const hooked = (snapshot?.resources ?? []).filter((resource) => hooksOf(resource).length > 0);
    for (const resource of hooked) {
      const names = hooksOf(resource).join(", ");
      const message = `Resource has delete hooks registered, but the program is not running. Hooks: ${names}`;
      events.diagnostic("error", message, resource.urn);
    }
    if (hooked.length > 0)
      throw new EngineError("You must run with the `--run-program` flag to use delete hooks during destroy.");
  }

  async #deploy(checkpoint: Checkpoint, events: EventStream): Promise<DeploymentResult> {
    const { options, env, flags, signal } = this.#context;
    const { project, stack, configuration } = this.#opened;
    const { kind, refresh, replace, target, program, exclude, spare, imports } = this.#operation;
    const log = programLog(events, flags.boolean("debug"), options.print);
    const version = sdkVersion(this.#context.version);
    const parallel = parallelism(flags, env);
    const { config, secretKeys } = { config: configuration.plain, secretKeys: configuration.secretKeys };
    const about = { project: project.name, stack: stack.name.stack, dryRun: this.#preview };
    // Without a program, too: dynamic providers find the SDK from its folder.
    const located = program
      ? this.#program()
      : { program: undefined, programDirectory: programLocation(project.root, project.main).directory };
    const run =
      located.program &&
      runAgainst(located, {
        ...{ ...about, config, secretKeys, version },
        organization: "organization",
        parallel: Math.min(parallel, unlimited),
        rootDirectory: project.root,
      });
    const { secrets } = options;
    const providers = createProviderHost({
      ...{ ...about, log, version },
      engine: { ...options, env },
      programDirectory: located.programDirectory,
      runtimeOptions: project.runtime.options,
      stacks: createStackReader({
        backend: stack.backend,
        project: project.name,
        passphrase: this.#context.passphrase,
        elsewhere: this.#context.elsewhere,
      }),
    });
    const host = secrets === undefined ? providers : watchedHost(providers, secrets);
    const base = this.#base(checkpoint);
    if (secrets !== undefined) learnState(secrets, base.resources);
    const spared = spare?.(base.resources.map(({ state }) => state)) ?? [];
    const { kill } = options;
    const writer = this.#preview ? undefined : this.#writer(checkpoint);
    let written: Promise<unknown> = Promise.resolve();
    const unlessDead = <T>(work: () => Promise<T>): Promise<T> => {
      if (kill?.aborted) return refuseWrite();
      const done = work();
      written = done;
      return done;
    };
    const write: WriteSnapshot = async (contents, final) => {
      if (writer === undefined) return refuseWrite();
      const append = await unlessDead(() => writer(contents, final));
      return append && ((changes) => unlessDead(() => append(changes)));
    };
    const deployment: DeploymentOptions = {
      ...{ project: about.project, stack: about.stack, preview: this.#preview, parallel, refresh },
      targets: new UrnTargets(target),
      targetDependents: flags.boolean("target-dependents"),
      excludes: new UrnTargets([...exclude, ...spared]),
      excludeDependents: flags.boolean("exclude-dependents"),
      replaceTargets: new UrnTargets(replace),
      ignoreProtect: flags.boolean("ignore-protect"),
      autonamer: this.#opened.autonamer,
      mode: kind === "preview" || kind === "import" ? "update" : kind,
      refreshes: this.#operation.refreshes ?? false,
      continueOnError: flags.boolean("continue-on-error") || isTrue(env["PULUMI_CONTINUE_ON_ERROR"]),
      program:
        run &&
        ((registrar, ended) =>
          run(secrets === undefined ? registrar : watchedRegistrar(registrar, secrets), log, ended)),
      configuration: { values: config, secretKeys },
      ...(imports && { imports }),
    };
    try {
      return await unlessKilled(kill, deploy(deployment, { base, events, signal, write, host }));
    } finally {
      const closed = host.close();
      // The lock is given back after this: a write that has begun must have ended.
      await (kill?.aborted ? written.catch(() => undefined) : closed);
      await checkpoint.close();
    }
  }

  #program(): LocatedProgram {
    const { project } = this.#opened;
    const { env, flags, options } = this.#context;
    const { kill, children } = options;
    const { name: runtime, options: runtimeOptions } = project.runtime;
    const main = project.main === undefined ? {} : { main: project.main };
    return locateProgram(
      {
        runtime,
        runtimeOptions,
        rootDirectory: project.root,
        ...main,
        env,
        kill,
        children,
        attachDebugger: attachesDebugger(flags),
      },
      flags.string("client"),
    );
  }

  #base(checkpoint: Checkpoint) {
    const { resources = [], pendingOperations = [] } = checkpoint.snapshot ?? {};
    const { clearPendingCreates, importPendingCreates } = this.#operation;
    const { adopted, rest } = adoptPendingCreates(resources, pendingOperations, importPendingCreates ?? new Map());
    const kept = rest.filter(({ type }) => !clearPendingCreates || type !== "creating");
    return {
      resources: adopted.map((state) => new Resource(state)),
      pendingOperations: kept.map(({ type, resource }) => ({ type, resource: new Resource(resource) })),
    };
  }

  /** The secrets' key is derived while the program starts; the first write waits for it. */
  #writer(checkpoint: Checkpoint): WriteSnapshot {
    const { version } = this.#context;
    const secrets = this.#savedSecrets().then((manager) =>
      checkpoint.secrets && sameSalt(checkpoint.secrets, manager) ? checkpoint.secrets : manager,
    );
    secrets.catch(() => {});
    const metadata = checkpoint.snapshot?.metadata ?? {};
    const { fence } = this.#context.options;
    return async (contents, final) => {
      await fence?.();
      const snapshot = { ...contents, manifest: newManifest(version), metadata };
      const append = await checkpoint.write(snapshot, await secrets, !final);
      if (append === undefined || fence === undefined) return append;
      return async (changes) => {
        await fence();
        return append(changes);
      };
    };
  }

  /** What the stack's secrets are encrypted with; a new salt is kept before anything is. */
  async #savedSecrets(): Promise<SecretsManager> {
    const { stack, config } = this.#opened;
    const manager = await stackSecrets(this.#context, stack, config);
    await config.save();
    return manager;
  }

  #openEvents(): EventStream {
    const { flags, stdout, stderr } = this.#context;
    const { kind } = this.#operation;
    const { project, stack, configuration } = this.#opened;
    const show = { showSames: flags.boolean("show-sames"), suppressOutputs: flags.boolean("suppress-outputs") };
    const sinks: EventSink[] = [];
    const eventLog = flags.string("event-log");
    if (eventLog !== undefined && eventLog !== "") sinks.push(openEventLog(eventLog));
    if (flags.boolean("json")) {
      const showReplacementSteps = flags.boolean("show-replacement-steps");
      sinks.push(this.#preview ? digestSink(stdout, { ...show, showReplacementSteps }) : lineSink(stdout));
    } else {
      stdout(`${label(kind, this.#preview)} (${displayName(stack.name, project.name)}):\n`);
      const view = {
        ...show,
        suppressProgress: flags.boolean("suppress-progress"),
        showFullOutput: kind === "refresh" || flags.boolean("show-full-output"),
        showConfig: flags.boolean("show-config"),
        withoutPrinted: this.#context.options.print !== undefined,
      };
      const rich = {
        summary: false,
        showReplacementSteps: flags.boolean("show-replacement-steps"),
        showUrns: flags.boolean("urns"),
      };
      const display = flags.boolean("diff")
        ? diffSink(stdout, stderr, { ...view, ...rich })
        : displaySink(stdout, view);
      sinks.push(flags.boolean("show-secrets") ? revealing(display) : display);
    }
    const told = this.#told;
    if (told) sinks.push({ write: (emitted) => void told.push(emitted), close: async () => {} });
    const importFile = flags.string("import-file");
    if (importFile !== undefined) {
      const write = (text: string) => writeFile(resolve(this.#context.cwd, importFile), text, { mode: 0o600 });
      sinks.push(importSink(write, () => this.#savedSecrets()));
    }
    return new EventStream(
      sinks,
      configuration.secretKeys.map((key) => configuration.plain[key]!),
      this.#context.options.secrets,
    );
  }

  async #addToHistory(startTime: number, { result, changes }: DeploymentResult): Promise<void> {
    const { flags } = this.#context;
    const { kind } = this.#operation;
    const { stack, configuration } = this.#opened;
    const info: UpdateInfo = {
      kind: kind === "import" ? "resource-import" : kind,
      startTime,
      endTime: seconds(),
      message: flags.string("message") ?? "",
      environment: updateEnvironment(this.#context),
      config: Object.fromEntries(configuration.values),
      result: result === "succeeded" ? "succeeded" : "failed",
      resourceChanges: changes,
    };
    await stack.backend.recordUpdate(stack.name, info);
  }

  /** Hands the stack's predicted outputs to the previews of its dependents. */
  #predict({ outputs }: DeploymentResult): void {
    const { predictions } = this.#context.options;
    if (this.#preview && this.#operation.program && outputs)
      predictions?.set(fullName(this.#opened.stack.name), outputs);
  }

  #checkExpectation({ changes, outputs }: DeploymentResult, before: PropertyMap): number {
    if (!this.#context.flags.boolean("expect-no-changes")) return exitCodes.success;
    const changed = Object.keys(changes).some((op) => !changesNothing(op));
    if (!changed && (outputs === undefined || mapsEqual(outputs, before))) return exitCodes.success;
    const { kind } = this.#operation;
    throw new EngineError(
      `no changes were expected for ${kind} but changes were proposed`,
      exitCodes.unexpectedChanges,
    );
  }
}

const verbs = {
  update: "Updating",
  preview: "Previewing",
  refresh: "Refreshing",
  destroy: "Destroying",
  import: "Importing",
} as const;

function label(kind: Operation["kind"], preview: boolean): string {
  return preview ? `Previewing ${kind === "preview" ? "update" : kind}` : verbs[kind];
}

/** Events as JSON lines on standard output. */
function lineSink(stdout: (text: string) => void): EventSink {
  return {
    write: ({ event, internal }) => (internal ? undefined : stdout(`${JSON.stringify(event)}\n`)),
    close: async () => {},
  };
}

async function refuseWrite(): Promise<never> {
  throw new Error("nothing is written in a preview, nor after the operation was killed");
}

/** @throws EngineError when the operation was killed before it ended; it is not waited for then. */
async function unlessKilled<T>(kill: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (kill === undefined) return work;
  const killed = Promise.withResolvers<never>();
  const end = () => killed.reject(new EngineError("killed", exitCodes.cancelled));
  kill.addEventListener("abort", end, { once: true });
  if (kill.aborted) end();
  try {
    return await Promise.race([work, killed.promise]);
  } finally {
    kill.removeEventListener("abort", end);
    work.catch(() => undefined);
  }
}

/** What a state holds: first all that stands there in plain, then its secrets. */
function learnState(secrets: SecretValues, resources: readonly Resource[]): void {
  for (const { state } of resources) for (const part of [state.id, state.inputs, state.outputs]) secrets.see(part);
  for (const { state } of resources) for (const part of [state.inputs, state.outputs]) secrets.learn(part);
}

/** A setting may be a document, whose parts are secrets too. */
function learnSetting(secrets: SecretValues | undefined, value: string): void {
  if (secrets === undefined) return;
  secrets.add(value);
  if (!/^\s*[[{]/.test(value)) return;
  try {
    secrets.learn(JSON.parse(value) as PropertyMap, true);
  } catch {
    // No document after all.
  }
}

const seconds = () => Math.floor(Date.now() / 1000);

function sameSalt(one: { readonly state: unknown }, other: { readonly state: unknown }): boolean {
  return JSON.stringify(one.state) === JSON.stringify(other.state);
}

/** The version that programs may require a range of: the SDK's own. */
function sdkVersion(version: string): string {
  return version.split("+")[0]!;
}

/** What official engines call unlimited. */
const unlimited = 2 ** 31 - 1;

/** `--parallel`: how many chains of steps at once. 16 by default; less than 1 is 1. */
function parallelism(flags: Flags, env: Readonly<Record<string, string>>): number {
  const given = flags.number("parallel") ?? (env["PULUMI_PARALLEL"] ? Number(env["PULUMI_PARALLEL"]) : 16);
  if (!Number.isInteger(given)) {
    throw new EngineError(`PULUMI_PARALLEL must be a whole number, got "${env["PULUMI_PARALLEL"]}"`);
  }
  return given >= unlimited ? Number.POSITIVE_INFINITY : Math.max(1, given);
}

/** `--refresh`, and `--run-program` with it: the state is refreshed before anything else, or as the program registers it. */
export function refreshAsked(flags: Flags): Pick<Operation, "refresh" | "refreshes"> {
  const given = flags.string("refresh");
  if (given === undefined || !isTrue(given)) return { refresh: "no" };
  return flags.boolean("run-program") ? { refresh: "no", refreshes: true } : { refresh: "first" };
}

/** `--attach-debugger`: only programs have processes to attach to. */
function attachesDebugger(flags: Flags): boolean {
  const wanted = flags.strings("attach-debugger");
  for (const what of wanted) {
    if (what === "plugins" || what.startsWith("plugin:"))
      throw new EngineError(
        `--attach-debugger=${what}: this engine starts no plugins; a program is debugged with "program"`,
      );
    if (!["true", "program", "all"].includes(what))
      throw new EngineError(`invalid --attach-debugger flag value: ${what}`);
  }
  return wanted.length > 0;
}
