// The snapshot while a deployment changes it: merges what was there with what steps have done so far into a list that is
// valid at any moment, and writes it.
//
// 1. An operation stands in the snapshot before its provider is called, and is gone after its end is recorded.
// 2. `begin` and `end` resolve when the change is written. Changes that come while a write is under way share the next.
// 3. An unchanged resource is not worth a write; `close` writes what was left.
// 4. New resources first, in the order in which they were done, then what is left of the old ones, in theirs: whatever a
//    resource depends on was done before it or stood before it.
// (pulumi/pulumi: pkg/backend/snapshot.go)
import type { Operation } from "../state/deployment.ts";
import type { ResourceState } from "../state/resource.ts";
import { deepEquals, mapsEqual } from "./diff.ts";
import { normalizeUrns } from "./normalize.ts";
import { inOrder } from "./order.ts";
import { withoutDangling } from "./refresh.ts";
import type { PendingOperation, Resource } from "./resource.ts";
import { newOf, oldOf, type SameStep, type Step } from "./steps.ts";

/** What is written: immutable. */
export interface SnapshotContents {
  readonly resources: readonly ResourceState[];
  readonly pendingOperations: readonly Operation[];
}

/** What a deployment starts from. `resources` is replaced by a refresh. */
export interface BaseSnapshot {
  resources: readonly Resource[];
  readonly pendingOperations: readonly PendingOperation[];
}

export class LiveSnapshot {
  readonly #base: BaseSnapshot;
  readonly #write: (contents: SnapshotContents) => Promise<void>;
  readonly #news: Resource[] = [];
  readonly #done = new Set<Resource>();
  readonly #operations = new Map<Resource, PendingOperation>();
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #unwritten = true;
  #written: SnapshotContents | undefined;
  #refreshed = false;

  constructor(base: BaseSnapshot, write: (contents: SnapshotContents) => Promise<void>) {
    this.#base = base;
    this.#write = write;
  }

  /** Records that the step begins. */
  async begin(step: Step): Promise<void> {
    const operation = operationOf(step);
    if (!operation) return;
    this.#operations.set(operation.resource, operation);
    await this.#save();
  }

  /** Records that the step ended; `recorded` is whether what it did is to be kept (success, or a partial failure). */
  async end(step: Step, recorded: boolean): Promise<void> {
    const operation = operationOf(step);
    if (operation) this.#operations.delete(operation.resource);
    if (recorded) this.#apply(step);
    // A refresh is recorded by the base that is rebuilt after it; replace does nothing of its own.
    if ((step.op === "refresh" && !step.registered) || step.op === "replace") this.#unwritten = true;
    else if (step.op === "same" && recorded && (step.skippedCreate || !mustWrite(step))) this.#unwritten = true;
    else await this.#save();
  }

  /** Records outputs that a component or the stack registered after its step. */
  async outputsRegistered(step: Step): Promise<void> {
    const [old, now] = [oldOf(step), newOf(step)];
    if (old && now && mapsEqual(old.outputs, now.outputs)) this.#unwritten = true;
    else await this.#save();
  }

  /** Writes what was not worth a write before. Nothing may follow. */
  async close(): Promise<void> {
    if (this.#unwritten) await this.#save();
    await (this.#next ?? this.#current);
  }

  /** Operations that stand in what was written last: whoever reads it does not know how they ended. */
  get openOperations(): readonly Operation[] {
    return this.#written?.pendingOperations ?? [];
  }

  /** The snapshot at this moment. */
  contents(): SnapshotContents {
    const resources = [...this.#news, ...this.#base.resources].filter((resource) => !this.#done.has(resource));
    // Only the user can say what became of a creation that was cut off; everything else a later operation finds out.
    const kept = this.#base.pendingOperations.filter(({ type }) => type === "creating");
    const states = inOrder(normalizeUrns(resources.map(({ state }) => state)));
    return {
      // What a refresh has found gone, others may still name.
      resources: this.#refreshed ? withoutDangling(states) : states,
      pendingOperations: [...this.#operations.values(), ...kept].map(({ type, resource }) => ({
        type,
        resource: resource.state,
      })),
    };
  }

  #apply(step: Step): void {
    switch (step.op) {
      case "same":
        this.#done.add(step.old);
        if (!step.skippedCreate) this.#news.push(step.new);
        break;
      case "create":
        this.#news.push(step.new);
        break;
      case "create-replacement":
        this.#news.push(step.new);
        if (step.old.state.pendingReplacement) this.#done.add(step.old);
        break;
      case "update":
        this.#done.add(step.old);
        this.#news.push(step.new);
        break;
      case "delete":
      case "discard":
      case "delete-replaced":
      case "discard-replaced":
        if (!step.old.state.pendingReplacement) this.#done.add(step.old);
        break;
      case "remove-pending-replace":
        this.#done.add(step.old);
        break;
      case "read":
      case "read-replacement":
        // What a read takes the place of is deleted at the end; until then only the snapshot knows of it.
        if (step.old && !step.old.state.delete) this.#done.add(step.old);
        this.#news.push(step.new);
        break;
      case "import":
      case "import-replacement":
        this.#news.push(step.new);
        break;
      case "refresh":
        if (!step.registered) break;
        this.#done.add(step.old);
        this.#refreshed = true;
        if (step.result?.new) this.#news.push(step.result.new);
        break;
      case "replace":
        break;
      default:
        step satisfies never;
    }
  }

  #save(): Promise<void> {
    this.#next ??= this.#current
      .catch(() => {})
      .then(() => {
        this.#current = this.#next!;
        this.#next = undefined;
        this.#unwritten = false;
        const contents = this.contents();
        return this.#write(contents).then(
          () => {
            this.#written = contents;
          },
          (error: unknown) => {
            // Once more at the end: what has been done by then must not be lost because a disk was full for a moment.
            this.#unwritten = true;
            throw error;
          },
        );
      });
    return this.#next;
  }
}

function operationOf(step: Step): PendingOperation | undefined {
  switch (step.op) {
    case "create":
    case "create-replacement":
      return { type: "creating", resource: step.new };
    case "update":
      return { type: "updating", resource: step.new };
    case "delete":
    case "discard":
    case "delete-replaced":
    case "discard-replaced":
      return { type: "deleting", resource: step.old };
    case "read":
    case "read-replacement":
      return { type: "reading", resource: step.new };
    case "import":
    case "import-replacement":
      return { type: "importing", resource: step.new };
    default:
      return undefined;
  }
}

/**
 * Whether a resource that was found unchanged is recorded differently all the same. Where it was registered and why it
 * once failed to initialise are not reasons: every edit of a program moves every line below.
 */
function mustWrite(step: SameStep): boolean {
  const [old, now] = [step.old.state, step.new.state];
  const plain = ["urn", "type", "custom", "retainOnDelete", "provider", "parent", "deletedWith", "protect"] as const;
  return (
    plain.some((field) => old[field] !== now[field]) ||
    !mapsEqual({ ...old.customTimeouts }, { ...now.customTimeouts }) ||
    !deepEquals(old.replaceWith, now.replaceWith) ||
    !mapsEqual(old.inputs, now.inputs) ||
    !mapsEqual(old.outputs, now.outputs) ||
    !deepEquals([...old.dependencies].sort(), [...now.dependencies].sort()) ||
    !mapsEqual(old.resourceHooks, now.resourceHooks) ||
    !deepEquals(old.replacementTrigger, now.replacementTrigger)
  );
}
