// One operation on one stack, from its old snapshot to its new one: refreshes if asked to, runs the program and answers
// it, then deletes what the program no longer wants, and settles the stack's outputs.
//
// 1. A preview does the same as an update with providers that only predict, and without a snapshot.
// 2. The first failure (or an interrupt) lets nothing new begin; what runs is brought to its end and recorded.
//    Until then the program lives, if it has hooks: they may be called.
// 3. Whatever happens, the snapshot is written and a summary event tells how it went.
// (pulumi/pulumi: pkg/resource/deploy/deployment_executor.go, pkg/engine/deployment.go)
import type { ProviderHost } from "../providers/provider.ts";
import type { PropertyMap } from "../values.ts";
import type { Configuration } from "./defaultProviders.ts";
import { antichains, DependencyGraph } from "./dependencyGraph.ts";
import { Bail, messageOf } from "./errors.ts";
import type { EventStream } from "./events.ts";
import type { Generation } from "./generation.ts";
import { Hooks } from "./hooks.ts";
import { type Import, importResources } from "./importing.ts";
import { type GeneratorOptions, Ledger, OldResources } from "./ledger.ts";
import { ProviderRegistry } from "./providerRegistry.ts";
import { type Changes, Recorder } from "./recorder.ts";
import { refreshBase, refreshRest } from "./refresh.ts";
import { DeploymentRegistrar } from "./registrar.ts";
import { generateRemoval } from "./removal.ts";
import type { Resource } from "./resource.ts";
import { type BaseSnapshot, LiveSnapshot, type WriteSnapshot } from "./snapshot.ts";
import type { ProgramEnd, Registrar } from "./source.ts";
import { StepExecutor } from "./stepExecutor.ts";
import { resourceOf } from "./steps.ts";
import type { UrnTargets } from "./targets.ts";
import { isRootStack } from "./urn.ts";

/** Runs the program against a registrar. `signal`: the deployment has ended without it; its requests are refused. */
export type RunProgram = (registrar: Registrar, signal: AbortSignal) => Promise<ProgramEnd>;

export interface DeploymentOptions extends GeneratorOptions {
  /** Chains of steps at once; Infinity for no limit. */
  readonly parallel: number;
  readonly continueOnError: boolean;
  /** `only`: the operation is a refresh; `first`: before anything else. Where the program does it, see `refreshes`. */
  readonly refresh: "no" | "first" | "only";
  /** Undefined: a refresh or destroy of what the state knows. */
  readonly program: RunProgram | undefined;
  /** Given: these are taken into the state, and nothing else is done. */
  readonly imports?: readonly Import[];
  readonly configuration: Configuration;
}

export interface DeploymentParts {
  readonly base: BaseSnapshot;
  /** Closed by whoever made it. */
  readonly host: ProviderHost;
  readonly events: EventStream;
  /** Writes the snapshot, durably. Not called in a preview. */
  readonly write: WriteSnapshot;
  /** Aborted once: nothing new begins. */
  readonly signal: AbortSignal;
}

export interface DeploymentResult {
  readonly result: "succeeded" | "failed" | "canceled";
  readonly changes: Changes;
  /** The stack's outputs as the program registered them; undefined when it did not get that far. */
  readonly outputs: PropertyMap | undefined;
}

/** Carries the operation out. Never rejects because something failed: that has been reported as an event. */
export async function deploy(options: DeploymentOptions, parts: DeploymentParts): Promise<DeploymentResult> {
  const deployment = new Deployment(options, parts);
  return deployment.run();
}

class Deployment {
  readonly #options: DeploymentOptions;
  readonly #parts: DeploymentParts;
  readonly #generation: Generation;
  readonly #snapshot: LiveSnapshot | undefined;
  readonly #recorder: Recorder;
  readonly #hooks: Hooks;
  readonly #executor: StepExecutor;
  readonly #registrar: DeploymentRegistrar;
  /** Aborted when the program is to end before its time. */
  readonly #ended = new AbortController();
  readonly #startedMs = Date.now();
  #program: Promise<ProgramEnd> | undefined;
  #stopped = false;
  #failed = false;
  #stepsFailed = false;
  #bailed = false;

  constructor(options: DeploymentOptions, parts: DeploymentParts) {
    const { base, host, events, write } = parts;
    this.#options = options;
    this.#parts = parts;
    const report: Generation["report"] = (severity, message, urn) => events.diagnostic(severity, message, urn);
    const ledger = new Ledger(base.resources, options);
    const registry = new ProviderRegistry(host, (message, urn) => report("warning", message, urn));
    const rebase: Generation["rebase"] = (olds) => {
      base.resources = olds;
      ledger.olds = new OldResources(olds);
      for (const [old, read] of ledger.refreshed)
        if (ledger.olds.graph.contains(old)) ledger.olds.graph.alias(read, old);
    };
    this.#generation = { ledger, options, registry, report, rebase };
    this.#snapshot = options.preview ? undefined : new LiveSnapshot(base, write);
    const refreshing = options.refresh === "only" || options.mode === "refresh";
    const refreshes = options.refresh !== "no" || options.refreshes === true;
    this.#recorder = new Recorder({ snapshot: this.#snapshot, registry, events, refreshing, refreshes });
    this.#hooks = new Hooks(options.preview, report);
    this.#executor = this.#newExecutor(false);
    this.#registrar = new DeploymentRegistrar(
      this.#generation,
      this.#executor,
      this.#hooks,
      options.configuration,
      (step) => this.#recorder.outputsRegistered(step),
      () => this.#bail(),
    );
  }

  async run(): Promise<DeploymentResult> {
    const { signal, events } = this.#parts;
    const { values, secretKeys } = this.#options.configuration;
    const shown = Object.entries(values).map(([key, value]) => [key, secretKeys.includes(key) ? "[secret]" : value]);
    events.emit({ preludeEvent: { config: Object.fromEntries(shown) } });
    const interrupt = () => {
      this.#stop();
      // What runs is asked to end early; each provider decides whether it can.
      void this.#generation.registry.cancel();
    };
    if (signal.aborted) interrupt();
    else signal.addEventListener("abort", interrupt, { once: true });
    try {
      await this.#operate();
    } catch (error) {
      this.#bail();
      this.#report(error);
    } finally {
      signal.removeEventListener("abort", interrupt);
    }
    return this.#finish();
  }

  async #operate(): Promise<void> {
    const { refresh, program, mode, targets, replaceTargets, preview, imports } = this.#options;
    const { base } = this.#parts;
    if (imports) {
      const [generation, executor, registrar] = [this.#generation, this.#executor, this.#registrar];
      return importResources({ generation, executor, registrar }, imports);
    }
    if (refresh === "no" && !this.#options.refreshes && !preview && base.pendingOperations.length > 0)
      this.#warnOfPendingOperations();
    if (refresh !== "no") await this.#refresh();
    if (refresh === "only" || this.#stepsFailed || this.#parts.signal.aborted) return;
    this.#checkTargets(replaceTargets);
    if (program) await this.#runProgram(program);
    await this.#registrar.idle();
    if (this.#stopped) return;
    const unknownTargets = this.#unknownTargets(targets);
    if (mode === "refresh") await refreshRest(this.#generation, this.#executor, base);
    else await this.#removeAll();
    if (unknownTargets) throw new Bail("one or more targets could not be found in the stack");
  }

  async #removeAll(): Promise<void> {
    await this.#remove().catch((error: unknown) => {
      // What targets do not name is told of with all else that failed.
      if (!(error instanceof Bail)) throw error;
      this.#fail();
    });
  }

  async #refresh(): Promise<void> {
    if (this.#parts.base.resources.length === 0) return;
    this.#checkTargets(this.#options.targets);
    this.#checkTargets(this.#options.excludes);
    const executor = this.#newExecutor(true);
    const stop = () => executor.stop();
    this.#ended.signal.addEventListener("abort", stop);
    if (this.#stopped) stop();
    await refreshBase(this.#generation, executor, this.#parts.base);
    this.#ended.signal.removeEventListener("abort", stop);
    if (executor.sawError) this.#stepsFailed = true;
  }

  /** Resolves when the program has said all it wants. Stops the deployment when it ends otherwise. */
  async #runProgram(program: RunProgram): Promise<void> {
    if (this.#stopped) return;
    const { events } = this.#parts;
    this.#program = program(this.#registrar, this.#ended.signal).catch(
      (error: unknown): ProgramEnd => ({ type: "error", message: messageOf(error) }),
    );
    const waiting = this.#registrar.done.then((): ProgramEnd => ({ type: "ok" }));
    // A stopped deployment has refused all requests; the program is given the time to notice.
    const end = await Promise.race([this.#program, waiting]);
    if (this.#stopped) return;
    if (end.type === "ok") {
      await this.#registrar.idle();
      if ([...this.#generation.ledger.urns].some(isRootStack)) return;
      events.diagnostic(
        "error",
        "the program ended without having registered its stack: it ran to its end, but not as a Pulumi program " +
          "(was it started with another copy of @pulumi/pulumi?)",
      );
    } else if (end.type === "error") {
      events.diagnostic("error", end.message);
    }
    this.#program = undefined;
    this.#bail();
  }

  /** Lets a program go that waits, and hears how it ended. */
  async #endProgram(): Promise<void> {
    if (!this.#program) return;
    this.#registrar.letGo();
    const end = await this.#program;
    if (end.type === "ok" || this.#stopped) return;
    if (end.type === "error") this.#parts.events.diagnostic("error", end.message);
    this.#bail();
  }

  /** Deletes what is no longer wanted, dependents first. After a failed deletion, what the resource depends on stays. */
  async #remove(): Promise<void> {
    const { ledger } = this.#generation;
    if (ledger.olds.all.length === 0) return;
    const { sames, deletes } = await generateRemoval(this.#generation);
    await this.#executor.run(sames);
    const stepOf = new Map(deletes.map((step) => [resourceOf(step), step]));
    const { toDelete, olds } = ledger;
    const graph = toDelete.length === 0 ? olds.graph : new DependencyGraph([...toDelete, ...olds.all]);
    for (const [old, read] of toDelete.length === 0 ? [] : ledger.refreshed) graph.alias(read, old);
    for (const chain of antichains([...stepOf.keys()], graph)) {
      const spared = this.#neededByFailed();
      await this.#executor.runAll(
        chain.filter((resource) => !spared.has(resource)).map((resource) => stepOf.get(resource)!),
      );
    }
  }

  /** What resources need that stay as they were: their steps failed, or were passed over for want of another. */
  #neededByFailed(): ReadonlySet<Resource> {
    const { olds, aliases, toDelete } = this.#generation.ledger;
    const { graph } = olds;
    const registered = new DependencyGraph(toDelete);
    const failed = this.#executor.failedSteps.map((step) => ("old" in step ? step.old : resourceOf(step)));
    const passedOver = [...this.#registrar.passedOver].map((urn) => olds.byUrn.get(aliases.get(urn) ?? urn));
    return new Set(
      [...failed, ...passedOver].flatMap((old) => {
        const known = [graph, registered].find((each) => old && each.contains(old));
        return old && known ? [...known.transitiveDependenciesOf(old)] : [];
      }),
    );
  }

  async #finish(): Promise<DeploymentResult> {
    const { events, signal } = this.#parts;
    const { ledger } = this.#generation;
    await this.#registrar.idle();
    this.#stepsFailed ||= this.#executor.sawError || ledger.sawError;
    this.#failed ||= this.#stepsFailed;
    await this.#finishStackOutputs();
    await this.#endProgram();
    await this.#attempt(() => this.#closeSnapshot(), "writing snapshot");
    const canceled = signal.aborted && !this.#failed;
    const kind = this.#options.preview ? "preview" : "update";
    if (canceled) events.diagnostic("error", `${kind} canceled`);
    else if (this.#stepsFailed && !this.#bailed) events.diagnostic("error", `${kind} failed`);
    const result = canceled ? "canceled" : this.#failed ? "failed" : "succeeded";
    const { changes, maybeCorrupt } = this.#recorder;
    const durationSeconds = Math.ceil((Date.now() - this.#startedMs) / 1000);
    const summary = { maybeCorrupt, durationSeconds, resourceChanges: changes, PolicyPacks: {} };
    events.emit({ summaryEvent: { ...summary, isPreview: this.#options.preview, result } });
    await this.#generation.registry.close();
    return { result, changes, outputs: this.#registrar.stackOutputs?.outputs };
  }

  /** @throws Error that names the operations whose end could not be written: the state has them as begun. */
  async #closeSnapshot(): Promise<void> {
    try {
      await this.#snapshot?.close();
    } catch (error) {
      const open = this.#snapshot?.openOperations ?? [];
      const list = open.map(({ type, resource }) => `\n  * ${resource.urn}, interrupted while ${type}`).join("");
      if (list === "") throw error;
      throw new Error(`${messageOf(error)}\nThe state was left with ${open.length} pending operations:${list}`);
    }
  }

  /** After a failure, an output the program did not get to give is not taken for one it gave up. */
  async #finishStackOutputs(): Promise<void> {
    const { stackOutputs } = this.#registrar;
    if (!stackOutputs) return;
    const { urn, outputs } = stackOutputs;
    const before = this.#generation.ledger.olds.byUrn.get(urn)?.outputs ?? {};
    const incomplete = this.#failed || this.#parts.signal.aborted;
    await this.#attempt(
      () => this.#registrar.finishOutputs(urn, incomplete ? { ...before, ...outputs } : outputs),
      "registering the stack's outputs",
    );
  }

  async #attempt(work: () => Promise<void>, what: string): Promise<void> {
    await work().catch((error: unknown) => {
      this.#failed = true;
      this.#parts.events.diagnostic("error", `${what}: ${messageOf(error)}`);
    });
  }

  #newExecutor(ignoreErrors: boolean): StepExecutor {
    const { preview, parallel, continueOnError, ignoreProtect = false } = this.#options;
    const { ledger, registry, report } = this.#generation;
    const isDeleted = (urn: string) => ledger.deletes.has(urn);
    const { signal } = this.#parts;
    const context = { preview, registry, ignoreProtect, isDeleted, report, hooks: this.#hooks, signal };
    return new StepExecutor(context, ledger, this.#recorder, { parallel, continueOnError, ignoreErrors }, () =>
      this.#fail(),
    );
  }

  #fail(): void {
    this.#failed = true;
    this.#stop();
  }

  /** Fails for another reason than a step: a diagnostic has said why, and nothing is added to it. */
  #bail(): void {
    this.#bailed = true;
    this.#fail();
  }

  /** Lets nothing new begin, refuses the program's requests and tells it to end: once none of its hooks can be called. */
  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#executor.stop();
    this.#registrar.stop();
    const end = () => {
      this.#registrar.refuse();
      this.#ended.abort();
    };
    if (this.#hooks.any) void this.#executor.idle().then(end);
    else end();
  }

  #report(error: unknown): void {
    if (!(error instanceof Bail)) this.#parts.events.diagnostic("error", messageOf(error));
  }

  /** @throws Bail when a target is nowhere in the stack. */
  #checkTargets(targets: UrnTargets): void {
    if (this.#unknownTargets(targets)) throw new Bail("one or more targets could not be found in the stack");
  }

  #unknownTargets(targets: UrnTargets): boolean {
    const { ledger } = this.#generation;
    const unknown = targets.literals.filter((urn) => !ledger.olds.allByUrn.has(urn) && !ledger.urns.has(urn));
    for (const urn of unknown) {
      const hint = urn.includes("$") ? "" : " Did you forget to escape $ in your shell?";
      this.#parts.events.diagnostic("error", `Target '${urn}' could not be found in the stack.${hint}`);
    }
    return unknown.length > 0;
  }

  #warnOfPendingOperations(): void {
    const { pendingOperations } = this.#parts.base;
    const list = pendingOperations.map(({ type, resource }) => `  * ${resource.urn}, interrupted while ${type}\n`);
    this.#parts.events.diagnostic(
      "warning",
      "Attempting to deploy or update resources " +
        `with ${pendingOperations.length} pending operations from previous deployment.\n${list.join("")}` +
        "These resources are in an unknown state because the Pulumi CLI was interrupted while " +
        "waiting for changes to these resources to complete. You should confirm whether or not the " +
        "operations listed completed successfully by checking the state of the appropriate provider. " +
        "For example, if you are using AWS, you can confirm using the AWS Console.\n\n" +
        "Once you have confirmed the status of the interrupted operations, you can repair your stack " +
        "using `pulumi refresh` which will refresh the state from the provider you are using and " +
        "clear the pending operations if there are any.\n\n" +
        "Note that `pulumi refresh` will need to be run interactively to clear pending CREATE operations.",
    );
  }
}
