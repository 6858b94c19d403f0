// Does: runs chains of steps, each in order, up to `parallel` chains at once. A step that has begun is brought to its end;
// once stopped, no further one begins. The first failure stops everything, unless the deployment goes on after errors.

import { PartialFailure } from "../providers/provider.ts";
import { type ApplyContext, applyStep } from "./apply.ts";
import { DeleteProtected, messageOf } from "./errors.ts";
import type { Ledger } from "./ledger.ts";
import type { Resource } from "./resource.ts";
import { Slots } from "./slots.ts";
import { isDeletion, isLogical, newOf, resourceOf, type Step, settleOf, urnOf } from "./steps.ts";

/** Told of each step: before its provider is called, and after. What it throws fails the step. */
export interface StepObserver {
  begin(step: Step): Promise<void>;
  /** `recorded`: what the step did is to be kept, also after some failures. */
  end(step: Step, error: unknown, recorded: boolean): Promise<void>;
}

export interface ExecutorOptions {
  readonly parallel: number;
  readonly continueOnError: boolean;
  /** What failed is only noted: refreshing one resource does not depend on another. */
  readonly ignoreErrors: boolean;
}

export class StepExecutor {
  readonly #context: ApplyContext;
  readonly #ledger: Ledger;
  readonly #observer: StepObserver;
  readonly #options: ExecutorOptions;
  readonly #onStop: () => void;
  readonly #slots: Slots;
  readonly #registered = new Map<string, Step>();
  readonly #deletions = new Map<Resource, PromiseWithResolvers<boolean>>();
  readonly #failed: Step[] = [];
  readonly #deleted = new Set<Resource>();
  readonly #failedUrns = new Set<string>();
  readonly #running = new Set<Promise<boolean>>();
  #stopped = false;
  #sawError = false;

  /** @param onStop called once, when a failure stops the deployment */
  constructor(
    context: ApplyContext,
    ledger: Ledger,
    observer: StepObserver,
    options: ExecutorOptions,
    onStop: () => void,
  ) {
    this.#context = context;
    this.#ledger = ledger;
    this.#observer = observer;
    this.#options = options;
    this.#onStop = onStop;
    this.#slots = new Slots(options.parallel);
  }

  /** Whether any step failed. */
  get sawError(): boolean {
    return this.#sawError;
  }

  /** Steps that failed while the deployment went on, and deletions that were to come after one that did. */
  get failedSteps(): readonly Step[] {
    return this.#failed.filter((step) => !isDeletion(step) || !this.#deleted.has(step.old));
  }

  /** URNs that are not as the program wants them: their own step failed, or one before it in its chain. */
  get failedUrns(): ReadonlySet<string> {
    return this.#failedUrns;
  }

  /** Lets no further step begin. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when no chain runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** The step of a URN whose outputs may still be registered; handed out once. */
  takeRegistered(urn: string): Step | undefined {
    const step = this.#registered.get(urn);
    this.#registered.delete(urn);
    return step;
  }

  /** Runs steps one after the other. Resolves to whether all of them succeeded; never rejects. */
  async run(chain: readonly Step[]): Promise<boolean> {
    const running = this.#run(chain);
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  async #run(chain: readonly Step[]): Promise<boolean> {
    for (const step of chain) if (isDeletion(step)) this.#deletions.set(step.old, Promise.withResolvers());
    const succeeded = (await this.#deletedBefore(chain)) && (await this.#slots.use(() => this.#runInOrder(chain)));
    for (const step of chain) {
      if (isDeletion(step)) {
        this.#deletions.get(step.old)?.resolve(false);
        // What was to go after a failure stays, and keeps what it needs as what failed does.
        if (!succeeded && !this.#deleted.has(step.old)) this.#failed.push(step);
      }
      // The program waits for the last step; with one before it failed, that never comes.
      if (succeeded || this.#stopped || !settleOf(step)) continue;
      this.#failedUrns.add(urnOf(step));
      settleOf(step)?.(newOf(step)!, "failed");
    }
    return succeeded;
  }

  async #runInOrder(chain: readonly Step[]): Promise<boolean> {
    for (const step of chain) {
      if (this.#stopped || !(await this.#attempt(step))) return false;
      if (isDeletion(step)) {
        this.#deleted.add(step.old);
        this.#deletions.get(step.old)?.resolve(true);
      }
    }
    return true;
  }

  /**
   * Waits for deletions that other chains do for replacements and imports in this one: a dependent that goes first with
   * what it depended on may be registered again, without that dependency, before it is gone.
   */
  async #deletedBefore(chain: readonly Step[]): Promise<boolean> {
    const own = new Set(chain.filter(isDeletion).map(({ old }) => old));
    const others = chain.flatMap((step) =>
      ((step.op === "create-replacement" && !step.pendingDelete) || step.op === "remove-pending-replace") &&
      !own.has(step.old)
        ? [this.#deletions.get(step.old)?.promise]
        : [],
    );
    return (await Promise.all(others)).every((deleted) => deleted !== false);
  }

  /** Runs steps that do not depend on each other. */
  async runAll(steps: readonly Step[]): Promise<void> {
    await Promise.all(steps.map((step) => this.run([step])));
  }

  async #attempt(step: Step): Promise<boolean> {
    let error: unknown;
    try {
      await this.#observer.begin(step);
      await applyStep(step, this.#context).catch((thrown: unknown) => {
        error = thrown ?? new Error("unknown error");
      });
      const recorded = error === undefined || error instanceof PartialFailure;
      if (error === undefined) this.#note(step);
      await this.#observer.end(step, error, recorded);
    } catch (thrown) {
      this.#context.report("error", messageOf(thrown), urnOf(step));
      this.#fail(step, false);
      return false;
    }
    if (error !== undefined) {
      this.#fail(step, this.#options.continueOnError || error instanceof DeleteProtected);
      return false;
    }
    // An import is answered by what is decided after it.
    const outcome = step.op === "same" && step.skippedCreate ? "elided" : "success";
    if (step.op !== "import" && step.op !== "import-replacement") settleOf(step)?.(newOf(step)!, outcome);
    this.#heedHooks();
    return true;
  }

  /** Runs the hooks that a component has for after its step: it is done when its outputs are registered. */
  async componentDone(step: Step): Promise<void> {
    const { hooks } = this.#context;
    const { custom, inputs, outputs } = resourceOf(step);
    if (custom) return;
    const values = { newInputs: inputs, newOutputs: outputs };
    if (step.op === "create") await hooks.after("AfterCreate", step.new, values);
    if (step.op === "update") {
      const { inputs: oldInputs, outputs: oldOutputs } = step.old;
      await hooks.after("AfterUpdate", step.new, { ...values, oldInputs, oldOutputs });
    }
    this.#heedHooks();
  }

  /** A hook that failed after a step which did not: nothing new begins, unless the deployment goes on after errors. */
  #heedHooks(): void {
    if (!this.#context.hooks.failed) return;
    this.#sawError = true;
    if (this.#options.ignoreErrors || this.#options.continueOnError || this.#stopped) return;
    this.#stopped = true;
    this.#onStop();
  }

  #note(step: Step): void {
    const fresh: Resource | undefined = newOf(step);
    if (!fresh || (step.op === "refresh" && !step.registered)) return;
    if (isLogical(step)) this.#registered.set(fresh.urn, step);
    if (step.op === "replace") return;
    this.#ledger.news.set(fresh.urn, fresh);
  }

  #fail(step: Step, goOn: boolean): void {
    this.#sawError = true;
    if (this.#options.ignoreErrors) return;
    if (goOn) {
      this.#failed.push(step);
      this.#failedUrns.add(urnOf(step));
      return;
    }
    if (this.#stopped) return;
    this.#stopped = true;
    this.#onStop();
  }
}
