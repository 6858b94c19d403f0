// Answers a program's requests: puts them in order, has steps generated for each, runs these and answers when they are
// done. Generation is one after the other, steps of different requests run side by side. Once the deployment stops, every
// open request ends with DeploymentStopped.
import type { PropertyMap } from "../values.ts";
import { orPartial } from "./apply.ts";
import { type Configuration, DefaultProviders } from "./defaultProviders.ts";
import { Bail, DeploymentStopped, messageOf } from "./errors.ts";
import type { Generated, Generation } from "./generation.ts";
import type { Hooks } from "./hooks.ts";
import { withProviderSettings } from "./providerRegistry.ts";
import { dependencyUrns, isProviderType, providerReference, type Resource } from "./resource.ts";
import type {
  ErrorHook,
  ExistsGoal,
  Goal,
  InvokeAnswer,
  InvokeGoal,
  ReadGoal,
  Registered,
  Registrar,
  ResourceHook,
} from "./source.ts";
import type { StepExecutor } from "./stepExecutor.ts";
import { generateRead, generateRegistration } from "./stepGenerator.ts";
import { isDeletion, newOf, type Outcome, resourceOf, type Settle, type Step, settleOf, urnOf } from "./steps.ts";
import { childUrn, isRootStack, isUrn } from "./urn.ts";

interface Settled {
  readonly resource: Resource;
  readonly outcome: Outcome;
}

/** Told of outputs that are registered after a resource's step. */
export type OutputsRegistered = (step: Step) => Promise<void>;

export class DeploymentRegistrar implements Registrar {
  readonly #generation: Generation;
  readonly #executor: StepExecutor;
  readonly #hooks: Hooks;
  readonly #defaults: DefaultProviders;
  readonly #outputsRegistered: OutputsRegistered;
  readonly #fail: () => void;
  /** Ends of what is under way: requests being decided, chains being run. */
  readonly #busy = new Set<Promise<unknown>>();
  readonly #open = new Set<(error: Error) => void>();
  /** URNs whose steps failed or were passed over because something before them failed. */
  readonly #passedOver = new Set<string>();
  readonly #done = Promise.withResolvers<void>();
  #saidDone = false;
  #letGo: () => void = () => {};
  #queue: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #refuses = false;
  #stackOutputs: { readonly urn: string; readonly outputs: PropertyMap } | undefined;

  /** @param fail called when a request cannot be served; the reason has been reported */
  constructor(
    generation: Generation,
    executor: StepExecutor,
    hooks: Hooks,
    configuration: Configuration,
    outputsRegistered: OutputsRegistered,
    fail: () => void,
  ) {
    this.#generation = generation;
    this.#executor = executor;
    this.#hooks = hooks;
    this.#outputsRegistered = outputsRegistered;
    this.#fail = fail;
    this.#defaults = new DefaultProviders(configuration, async (goal) => {
      const { resource, outcome } = await this.#submit(goalUrn(generation, goal), (settle) =>
        generateRegistration(generation, goal, settle),
      );
      if (outcome !== "success") throw new Error(`the default provider ${resource.urn} could not be registered`);
      return resource;
    });
  }

  /** URNs that stay as they were, because their steps or some before them failed. */
  get passedOver(): ReadonlySet<string> {
    return new Set([...this.#passedOver, ...this.#executor.failedUrns]);
  }

  /** What the program registered as the stack's outputs, if it did. */
  get stackOutputs(): { readonly urn: string; readonly outputs: PropertyMap } | undefined {
    return this.#stackOutputs;
  }

  async registerResource(goal: Goal): Promise<Registered> {
    const urn = goalUrn(this.#generation, goal);
    const isProvider = isProviderType(goal.type);
    const denied = goal.custom && !isProvider && this.#isDenied(goal);
    const own = isProvider
      ? { ...goal, provider: "", inputs: withProviderSettings(goal.inputs, goal) }
      : { ...goal, provider: goal.custom && !denied ? await this.#provider(goal) : "" };
    const { resource, outcome } = await this.#submit(urn, async (settle) => {
      if (denied) throw defaultProviderDenied(goal.type, urn);
      return generateRegistration(this.#generation, own, settle);
    });
    // A component's recorded outputs may hold references to resources that are registered only later.
    const outputs = goal.custom ? resource.outputs : {};
    return registered(resource, outputs, outcome);
  }

  async readResource(goal: ReadGoal): Promise<Registered> {
    const own = { ...goal, provider: isProviderType(goal.type) ? goal.provider : await this.#provider(goal) };
    const { resource, outcome } = await this.#submit(goalUrn(this.#generation, goal), (settle) =>
      generateRead(this.#generation, own, settle),
    );
    return registered(resource, resource.outputs, outcome);
  }

  async registerResourceOutputs(urn: string, outputs: PropertyMap): Promise<void> {
    if (!isUrn(urn)) throw new Error(`invalid resource URN: "${urn}"`);
    // Those of the stack are settled at the very end, when it is known whether all went well.
    if (isRootStack(urn)) {
      this.#stackOutputs = { urn, outputs };
      return;
    }
    await this.#answerable((settle) =>
      this.#enqueue(async () => {
        await this.finishOutputs(urn, outputs);
        settle();
      }, urn),
    );
  }

  /** Puts outputs into the state of a resource whose step is done. @throws when there is none, or it has them already. */
  async finishOutputs(urn: string, outputs: PropertyMap): Promise<void> {
    const step = this.#executor.takeRegistered(urn);
    if (!step) throw new Error(`cannot complete a resource '${urn}' whose registration isn't pending`);
    if (step.op === "same" && step.skippedCreate) return;
    resourceOf(step).set({ outputs });
    await this.#executor.componentDone(step);
    await this.#outputsRegistered(step);
  }

  registerResourceHook(name: string, hook: ResourceHook): void {
    this.#hooks.registerResourceHook(name, hook);
  }

  registerErrorHook(name: string, hook: ErrorHook): void {
    this.#hooks.registerErrorHook(name, hook);
  }

  async programDone(): Promise<void> {
    if (this.#saidDone) throw new Error("already waiting for shutdown");
    this.#saidDone = true;
    const waiting = this.#answerable((settle) => {
      this.#letGo = settle;
    });
    this.#done.resolve();
    await waiting;
  }

  /** Resolves when the program has said all it wants and waits to be let go. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Lets the program end that waits for it. */
  letGo(): void {
    this.#letGo();
  }

  async existsResource(goal: ExistsGoal): Promise<boolean> {
    const { id, inputs, type } = goal;
    const reference = await this.#provider(goal);
    const provider = this.#generation.registry.get(reference);
    if (!provider) throw new Error(`unknown provider '${reference}' for ${type}`);
    const urn = goalUrn(this.#generation, { ...goal, name: id });
    const found = await orPartial(provider.read({ urn, type, name: id, id, inputs, outputs: inputs }));
    return found !== undefined && found.id !== "";
  }

  async invoke(goal: InvokeGoal): Promise<InvokeAnswer> {
    const packageName = goal.token.split(":")[0]!;
    const reference = await this.#provider({ ...goal, type: goal.token });
    if (goal.ready && !(await goal.ready())) return { result: {}, failures: [], unknown: true };
    // The built-in provider's, but only the deployment knows the resources.
    if (goal.token === "pulumi:pulumi:getResource") return this.#getResource(goal.args);
    const provider = this.#generation.registry.get(reference);
    if (!provider) throw new Error(`unknown provider '${reference}' for ${packageName}`);
    return provider.invoke(goal.token, goal.args);
  }

  /** The reference of the default provider of a resource type's package: the one in the state, else a new one. */
  async defaultProvider(wanted: Pick<Goal, "type" | "version" | "pluginDownloadUrl">): Promise<string> {
    const { ledger, options } = this.#generation;
    const { type, name } = this.#defaults.goal({ ...wanted, package: wanted.type.split(":")[0]! });
    const old = ledger.olds.byUrn.get(childUrn(options.stack, options.project, "", type, name));
    return old ? providerReference(old.urn, old.id) : this.#provider({ ...wanted, provider: "" });
  }

  /** Resolves when nothing is being decided or run. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.allSettled([...this.#busy]);
  }

  /** Takes up nothing more; requests stay open. */
  stop(): void {
    this.#stopped = true;
  }

  /** Ends open and further requests. What is under way is not waited for. */
  refuse(): void {
    this.stop();
    this.#refuses = true;
    for (const reject of this.#open) reject(new DeploymentStopped());
    this.#open.clear();
  }

  async #provider(wanted: {
    type: string;
    provider: string;
    version: string;
    pluginDownloadUrl: string;
  }): Promise<string> {
    if (wanted.provider !== "") return wanted.provider;
    const { type, version, pluginDownloadUrl } = wanted;
    if (this.#isDenied(wanted)) throw defaultProviderDenied(type, type);
    return this.#defaults.reference({ package: packageOf(type), version, pluginDownloadUrl });
  }

  #isDenied({ type, provider }: { type: string; provider: string }): boolean {
    return provider === "" && this.#defaults.isDenied(packageOf(type));
  }

  #getResource(args: PropertyMap): InvokeAnswer {
    const { urn } = args;
    if (typeof urn !== "string") throw new Error("missing required property 'urn'");
    const found = this.#generation.ledger.news.get(urn);
    if (!found) throw new Error(`unknown resource ${urn}`);
    const { id, provider, outputs } = found;
    return { result: { urn, id, provider, state: outputs }, failures: [] };
  }

  /** Has steps generated and run for a request; resolves when one of them answers it. */
  #submit(urn: string, generate: (settle: Settle) => Promise<Generated>): Promise<Settled> {
    return this.#answerable<Settled>((answer) =>
      this.#enqueue(async () => {
        const settle: Settle = (resource, outcome) => answer({ resource, outcome });
        this.#run(await generate(settle), urn);
      }, urn),
    );
  }

  /** A promise that the end of the deployment rejects when nobody else settles it. */
  #answerable<T = void>(start: (answer: (value: T) => void) => void): Promise<T> {
    if (this.#refuses) return Promise.reject(new DeploymentStopped());
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#open.add(reject);
    start((value) => {
      this.#open.delete(reject);
      resolve(value);
    });
    return promise;
  }

  /** Does the work when all before it is done. What goes wrong is reported once and ends the deployment. */
  #enqueue(work: () => Promise<void>, urn: string): void {
    this.#queue = this.#track(
      this.#queue.then(async () => {
        if (this.#stopped) return;
        try {
          await work();
        } catch (error) {
          if (!(error instanceof Bail)) this.#generation.report("error", messageOf(error), urn);
          this.#fail();
        }
      }),
    );
  }

  #track<T>(promise: Promise<T>): Promise<T> {
    this.#busy.add(promise);
    promise.finally(() => this.#busy.delete(promise)).catch(() => {});
    return promise;
  }

  #run({ steps, next }: Generated, urn: string): void {
    const chain = this.#withoutDependentsOfFailures(steps);
    if (chain.length === 0) return;
    const done = this.#executor.run(chain).then((succeeded) => {
      if (!next) return;
      if (succeeded) this.#enqueue(async () => this.#run(await next(), urn), urn);
      // What could not be read cannot be decided on; where no step answers the program it would wait for ever.
      else if (!chain.some(settleOf)) this.#fail();
    });
    this.#track(done);
  }

  /**
   * Passes over steps that depend on something that failed, and answers their requests so. After a deletion that is passed
   * over nothing of its chain goes on: what is to be replaced by it, or deleted after it, would be there twice or missed.
   */
  #withoutDependentsOfFailures(steps: readonly Step[]): readonly Step[] {
    for (const failed of this.#executor.failedUrns) this.#passedOver.add(failed);
    if (this.#passedOver.size === 0) return steps;
    let ended = false;
    return steps.filter((step) => {
      if (!ended && !needsOf(step).some((urn) => this.#passedOver.has(urn))) return true;
      ended ||= isDeletion(step);
      this.#passedOver.add(urnOf(step));
      settleOf(step)?.(newOf(step) ?? resourceOf(step), "skipped");
      return false;
    });
  }
}

/** The URNs of what a step is in vain without: what is replaced by it among them, where that was to be deleted first. */
function needsOf(step: Step): readonly string[] {
  const needs = dependencyUrns(resourceOf(step));
  const follows = step.op === "replace" || (step.op === "create-replacement" && !step.pendingDelete);
  return follows ? [...needs, step.old.urn] : needs;
}

const packageOf = (type: string) => type.split(":")[0]!;

function defaultProviderDenied(type: string, what: string): Error {
  return new Error(`Default provider for '${packageOf(type)}' disabled. '${what}' must use an explicit provider.`);
}

function goalUrn({ options }: Generation, goal: { parent: string; type: string; name: string }): string {
  return isUrn(goal.parent) || goal.parent === ""
    ? childUrn(options.stack, options.project, goal.parent, goal.type, goal.name)
    : "";
}

function registered(resource: Resource, outputs: PropertyMap, outcome: Outcome): Registered {
  const { urn, id } = resource;
  const unknown = outcome === "elided";
  const result = unknown ? "success" : outcome;
  return { urn, id, outputs, stable: false, stables: [], propertyDependencies: {}, result, unknown };
}
