// The snapshot while a deployment changes it: merges what was there with what steps have done so far into a list that is
// valid at any moment (merge.ts), and writes it.
//
// 1. An operation stands in the snapshot before its provider is called, and is gone after its end is recorded.
// 2. `begin` and `end` resolve when the change is written: it outlives this process, however that ends. Changes that come
//    while a write is under way share the next.
// 3. An unchanged resource is not worth a write; `close` writes what was left.
// 4. A large snapshot is written whole at the beginning and at the end; between, what has changed is added (changes.ts).
// (pulumi/pulumi: pkg/backend/snapshot.go)
import type { Operation } from "../state/deployment.ts";
import { ChangeCollector, type Changes, type ChangingSnapshot } from "./changes.ts";
import { deepEquals, mapsEqual } from "./diff.ts";
import { merge, type SnapshotContents } from "./merge.ts";
import type { PendingOperation, Resource } from "./resource.ts";
import { newOf, oldOf, type SameStep, type Step } from "./steps.ts";

/**
 * Adds changes to what was written whole: they outlive this process when it resolves. Answers whether more may be added:
 * otherwise the next write is a whole one.
 */
export type AppendChanges = (changes: Changes) => Promise<boolean>;

/**
 * Replaces what is written; `final`: nothing follows. May answer a function that takes what changes from then on: a large
 * snapshot is not written whole for each change. Durable when it resolves.
 */
export type WriteSnapshot = (contents: SnapshotContents, final: boolean) => Promise<AppendChanges | undefined>;

/** What a deployment starts from. `resources` is replaced by a refresh. */
export interface BaseSnapshot {
  resources: readonly Resource[];
  readonly pendingOperations: readonly PendingOperation[];
}

export class LiveSnapshot {
  readonly #base: BaseSnapshot;
  /** Only the user can say what became of a creation that was cut off; everything else a later operation finds out. */
  readonly #kept: readonly PendingOperation[];
  readonly #write: WriteSnapshot;
  readonly #news: Resource[] = [];
  readonly #done = new Set<Resource>();
  readonly #operations = new Map<Resource, PendingOperation>();
  #journal: { readonly append: AppendChanges; readonly changes: ChangeCollector } | undefined;
  /** What is written goes on in changes, and is to be written whole at the end. */
  #appended = false;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #closing = false;
  #unwritten = true;
  #open: readonly Operation[] = [];
  #refreshed = false;

  constructor(base: BaseSnapshot, write: WriteSnapshot) {
    this.#base = base;
    this.#kept = base.pendingOperations.filter(({ type }) => type === "creating");
    this.#write = write;
  }

  /** Records that the step begins. */
  async begin(step: Step): Promise<void> {
    const operation = operationOf(step);
    if (!operation) return;
    this.#operations.set(operation.resource, operation);
    this.#journal?.changes.begins(operation);
    await this.#save();
  }

  /** Records that the step ended; `recorded` is whether what it did is to be kept (success, or a partial failure). */
  async end(step: Step, recorded: boolean): Promise<void> {
    const operation = operationOf(step);
    if (operation) {
      this.#operations.delete(operation.resource);
      this.#journal?.changes.ended(operation.resource);
    }
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

  /** Writes what was not worth a write before, and a large snapshot whole. Nothing may follow. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#unwritten || this.#appended) await this.#save();
    await (this.#next ?? this.#current);
  }

  /** Operations that stand in what was written last: whoever reads it does not know how they ended. */
  get openOperations(): readonly Operation[] {
    return this.#open;
  }

  /** The snapshot at this moment. */
  contents(): SnapshotContents {
    const { base, news, gone, refreshed } = this.#parts();
    const left = (list: readonly Resource[]) => list.filter((each) => !gone.has(each)).map(({ state }) => state);
    return merge({ news: left(news), base: left(base), operations: this.#pending(), refreshed });
  }

  #parts(): ChangingSnapshot {
    return {
      ...{ base: this.#base.resources, news: this.#news, gone: this.#done, refreshed: this.#refreshed },
      ...{ operations: this.#operations.values(), kept: this.#kept },
    };
  }

  #pending(): readonly Operation[] {
    const open = [...this.#operations.values(), ...this.#kept];
    return open.map(({ type, resource }) => ({ type, resource: resource.state }));
  }

  #isNew(resource: Resource): void {
    this.#news.push(resource);
    this.#journal?.changes.isNew(resource);
  }

  #isGone(resource: Resource): void {
    this.#done.add(resource);
    this.#journal?.changes.isGone(resource);
  }

  #apply(step: Step): void {
    switch (step.op) {
      case "same":
        this.#isGone(step.old);
        if (!step.skippedCreate) this.#isNew(step.new);
        break;
      case "create":
        this.#isNew(step.new);
        break;
      case "create-replacement":
        this.#isNew(step.new);
        if (step.old.state.pendingReplacement) this.#isGone(step.old);
        break;
      case "update":
        this.#isGone(step.old);
        this.#isNew(step.new);
        break;
      case "delete":
      case "discard":
      case "delete-replaced":
      case "discard-replaced":
        if (!step.old.state.pendingReplacement) this.#isGone(step.old);
        break;
      case "remove-pending-replace":
        this.#isGone(step.old);
        break;
      case "read":
      case "read-replacement":
        // What a read takes the place of is deleted at the end; until then only the snapshot knows of it.
        if (step.old && !step.old.state.delete) this.#isGone(step.old);
        this.#isNew(step.new);
        break;
      case "import":
      case "import-replacement":
        this.#isNew(step.new);
        break;
      case "refresh":
        if (!step.registered) break;
        this.#isGone(step.old);
        this.#refreshed = true;
        if (step.result?.new) this.#isNew(step.result.new);
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
        return this.#flush();
      });
    return this.#next;
  }

  async #flush(): Promise<void> {
    this.#unwritten = false;
    const open = this.#pending();
    const journal = this.#closing ? undefined : this.#journal;
    try {
      if (journal) {
        const more = await journal.append(journal.changes.take(this.#parts()));
        if (!more) this.#journal = undefined;
      } else {
        this.#journal = undefined;
        const contents = this.contents();
        const append = await this.#write(contents, this.#closing);
        this.#appended = append !== undefined;
        if (append) this.#journal = { append, changes: new ChangeCollector(this.#parts(), contents) };
      }
      this.#open = open;
    } catch (error) {
      // Whole, the next time, and once more at the end: what has been done by then must not be lost because a disk was
      // full for a moment.
      this.#journal = undefined;
      this.#unwritten = true;
      throw error;
    }
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
