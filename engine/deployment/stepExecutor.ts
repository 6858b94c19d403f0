// Does: runs chains of steps, each in order, up to `parallel` chains at once. A step that has begun is brought to its end;
// once stopped, no further one begins. The first failure stops everything, unless the deployment goes on after errors.

import { PartialFailure } from "../providers/provider.ts";
import { type ApplyContext, applyStep } from "./apply.ts";
import { DeleteProtected, messageOf } from "./errors.ts";
import type { Ledger } from "./ledger.ts";
import type { Resource } from "./resource.ts";
import { Slots } from "./slots.ts";
import { isLogical, newOf, type Step, settleOf, urnOf } from "./steps.ts";

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
  readonly #failed: Step[] = [];
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

  /** Steps that failed while the deployment went on. */
  get failedSteps(): readonly Step[] {
    return this.#failed;
  }

  /** Lets no further step begin. */
  stop(): void {
    this.#stopped = true;
  }

  /** The step of a URN whose outputs may still be registered; handed out once. */
  takeRegistered(urn: string): Step | undefined {
    const step = this.#registered.get(urn);
    this.#registered.delete(urn);
    return step;
  }

  /** Runs steps one after the other. Resolves to whether all of them succeeded; never rejects. */
  run(chain: readonly Step[]): Promise<boolean> {
    return this.#slots.use(async () => {
      for (const [i, step] of chain.entries()) {
        if (this.#stopped) return false;
        if (await this.#attempt(step)) continue;
        // The program waits for the last of them; with one before it failed, that never comes.
        for (const rest of chain.slice(i)) settleOf(rest)?.(newOf(rest)!, "failed");
        return false;
      }
      return true;
    });
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
    if (step.op !== "import" && step.op !== "import-replacement") settleOf(step)?.(newOf(step)!, "success");
    return true;
  }

  #note(step: Step): void {
    const fresh: Resource | undefined = newOf(step);
    if (!fresh || step.op === "refresh") return;
    if (isLogical(step)) this.#registered.set(fresh.urn, step);
    if (step.op === "replace") return;
    const known = step.op === "read" || step.op === "read-replacement" ? this.#ledger.readResources : this.#ledger.news;
    known.set(fresh.urn, fresh);
  }

  #fail(step: Step, goOn: boolean): void {
    this.#sawError = true;
    if (this.#options.ignoreErrors) return;
    if (goOn) {
      this.#failed.push(step);
      return;
    }
    if (this.#stopped) return;
    this.#stopped = true;
    this.#onStop();
  }
}
