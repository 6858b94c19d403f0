// Watches steps: tells of them as events, counts them, and has the snapshot record them. In a preview there is no snapshot.
// (pulumi/pulumi: pkg/engine/update.go, updateActions and previewActions)
import { PartialFailure } from "../providers/provider.ts";
import { mapsEqual } from "./diff.ts";
import { DeleteProtected, messageOf } from "./errors.ts";
import type { EventStream } from "./events.ts";
import type { ProviderRegistry } from "./providerRegistry.ts";
import type { LiveSnapshot } from "./snapshot.ts";
import type { StepObserver } from "./stepExecutor.ts";
import {
  isInternal,
  isLogical,
  newOf,
  oldOf,
  refreshedOp,
  resourceOf,
  type Step,
  type StepOp,
  urnOf,
} from "./steps.ts";

export type Changes = Readonly<Partial<Record<StepOp, number>>>;

export interface RecorderOptions {
  /** Undefined in a preview. */
  readonly snapshot: LiveSnapshot | undefined;
  readonly registry: ProviderRegistry;
  readonly events: EventStream;
  /** The operation is `refresh`: what a refresh found counts as the change it is. */
  readonly refreshing: boolean;
  /** The operation refreshes, before or instead of anything else. */
  readonly refreshes: boolean;
}

export class Recorder implements StepObserver {
  readonly #options: RecorderOptions;
  readonly #changes = new Map<StepOp, number>();
  #steps = 0;
  #maybeCorrupt = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** How many resources each operation touched. */
  get changes(): Changes {
    return Object.fromEntries(this.#changes);
  }

  /** Whether a provider failed in a way that leaves open what it did. */
  get maybeCorrupt(): boolean {
    return this.#maybeCorrupt;
  }

  async begin(step: Step): Promise<void> {
    this.#options.events.step("resourcePreEvent", step, step.op, this.#about(step));
    await this.#options.snapshot?.begin(step);
  }

  async end(step: Step, error: unknown, recorded: boolean): Promise<void> {
    if (error !== undefined) this.#failed(step, error);
    else this.#succeeded(step);
    await this.#options.snapshot?.end(step, recorded);
  }

  /** Outputs were registered after the step. */
  async outputsRegistered(step: Step): Promise<void> {
    this.#options.events.step("resOutputsEvent", step, step.op, this.#about(step));
    await this.#options.snapshot?.outputsRegistered(step);
  }

  #about(step: Step) {
    const { provider, type } = resourceOf(step);
    const approximate = this.#options.registry.get(provider)?.approximate?.(type) ?? false;
    return { planning: this.#options.snapshot === undefined, internal: isInternal(step), approximate };
  }

  #succeeded(step: Step): void {
    const { events, snapshot, refreshing, refreshes } = this.#options;
    const found = refreshing && step.op === "refresh";
    const op = found ? refreshedOp(step) : step.op;
    const counted = step.op === "read" ? changedByRead(step) : found || isLogical(step);
    if (counted && !isInternal(step)) {
      this.#steps++;
      this.#changes.set(op, (this.#changes.get(op) ?? 0) + 1);
    }
    // Components tell of their outputs when these are registered; what they had before is no news.
    const shown = !snapshot || resourceOf(step).custom || (refreshes && step.op === "refresh") || step.op === "delete";
    if (shown) events.step("resOutputsEvent", step, op, this.#about(step));
  }

  #failed(step: Step, error: unknown): void {
    const { events, snapshot } = this.#options;
    const message = failureMessage(error);
    const urn = isInternal(step) ? "" : urnOf(step);
    if (!snapshot) {
      events.diagnostic("error", `Preview failed: ${message}`, urn);
      return;
    }
    const status = statusOf(step, error);
    if (status === unknownStatus) this.#maybeCorrupt = true;
    events.diagnostic("error", message, urn);
    const metadata = events.metadata(step, step.op, this.#about(step).approximate);
    events.emit({ resOpFailedEvent: { metadata, status, steps: this.#steps } }, { internal: isInternal(step), step });
  }
}

const unknownStatus = 2;

/** 0: nothing happened; 1: it exists but is not healthy; 2: nobody knows. A create that failed left nothing to know. */
function statusOf(step: Step, error: unknown): number {
  if (error instanceof PartialFailure) return 1;
  if (error instanceof DeleteProtected) return 0;
  return step.op === "update" || step.op === "delete" || step.op === "delete-replaced" ? unknownStatus : 0;
}

function failureMessage(error: unknown): string {
  if (!(error instanceof PartialFailure)) return messageOf(error);
  const { reasons } = error;
  const count = reasons.length === 1 ? "1 error occurred" : `${reasons.length} errors occurred`;
  return `${count}:\n${reasons.map((reason) => `\t* ${reason}\n`).join("")}`;
}

/** A read that found what was read before is no change. */
function changedByRead(step: Step): boolean {
  const [old, now] = [oldOf(step), newOf(step)];
  return old !== undefined && now !== undefined && !mapsEqual(old.outputs, now.outputs);
}
