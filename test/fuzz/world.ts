// The cloud of a fuzzed stack: it keeps what exists, and watches every call for what an engine must never do.
import type { SnapshotContents } from "../../engine/deployment/merge.ts";
import {
  type DiffResult,
  PartialFailure,
  type Provider,
  type ProviderHost,
  type ReadResult,
} from "../../engine/providers/provider.ts";
import { type PropertyMap, type PropertyValue, Secret, Unknown, unknown } from "../../engine/values.ts";
import type { Random } from "./random.ts";

export interface CloudObject {
  readonly urn: string;
  inputs: PropertyMap;
}

/** What goes wrong in one operation. */
export interface Trouble {
  /** Chances for each create, update and delete. */
  readonly fail: number;
  readonly failHalf: number;
  /** The call (from 1, writes of the state counted too) at which the engine is killed; what it does may still happen. */
  readonly killAt: number;
  /** The call at which the user interrupts. */
  readonly interruptAt: number;
}
export const noTrouble: Trouble = { fail: 0, failHalf: 0, killAt: 0, interruptAt: 0 };

/** Never settles: the engine that waits for it is dead. */
const forever = <T>(): Promise<T> => new Promise(() => {});

export class World {
  readonly objects = new Map<string, CloudObject>();
  /** What was left behind on purpose, or cannot be known: ids. */
  readonly abandoned = new Set<string>();
  /** Deleted behind the engine's back since it last looked at everything: a refresh does not look at what is excluded. */
  readonly unseen = new Set<string>();
  readonly problems: string[] = [];
  /** Ids whose deletion was left to nobody, or to another, at some time. */
  readonly #spared = new Set<string>();
  /** The last state that reached the disk. */
  contents: SnapshotContents = { resources: [], pendingOperations: [] };
  log: string[] = [];
  #random: Random;
  #next = 1;
  #trouble: Trouble = noTrouble;
  #calls = 0;
  #created = new Map<string, number>();
  #dead: () => void = () => {};
  /** Counts engines: whatever an earlier one still tries never happens. */
  #engine = 0;
  #interrupt: () => void = () => {};

  constructor(random: Random) {
    this.#random = random;
  }

  /** Before an operation. `dead` is called when the engine is killed. Answers the number of the engine. */
  begin(trouble: Trouble, interrupt: () => void, dead: () => void): number {
    this.#trouble = trouble;
    this.#interrupt = interrupt;
    this.#dead = dead;
    this.#engine++;
    this.#calls = 0;
    this.#created = new Map();
    this.log = [];
    return this.#engine;
  }

  /** Writes the state, unless the engine is dead; it may die before or after. */
  async write(contents: SnapshotContents, engine: number): Promise<void> {
    if (engine !== this.#engine) return forever();
    const dies = this.#count();
    if (dies && this.#random.chance(0.5)) return this.#die();
    await this.#delay();
    this.contents = contents;
    this.abandon();
    if (dies) return this.#die();
  }

  /** What was to be left behind, or goes with another, is nobody's once it has left the state. */
  abandon(): void {
    const known = new Set(this.contents.resources.map(({ id }) => id));
    for (const { id, retainOnDelete, deletedWith } of this.contents.resources) {
      if (retainOnDelete || deletedWith !== "") this.#spared.add(id);
    }
    for (const id of this.#spared) if (!known.has(id)) this.abandoned.add(id);
  }

  host(engine: number): ProviderHost {
    return { load: async (name, version) => this.#provider(name, version, engine), close: async () => {} };
  }

  #provider(packageName: string, version: string | undefined, engine: number): Provider {
    return {
      package: packageName,
      version,
      checkConfig: async ({ newInputs }) => ({ inputs: newInputs, failures: [] }),
      diffConfig: async ({ oldInputs, newInputs }) => ({
        ...noDiff,
        changes: "unknown",
        replaces: oldInputs["region"] === newInputs["region"] ? [] : ["region"],
      }),
      configure: async () => {},
      check: async ({ newInputs }) => ({ inputs: newInputs, failures: [] }),
      diff: async ({ oldInputs, newInputs }) => diffOf(oldInputs, newInputs),
      create: async ({ urn, inputs, preview }) => {
        if (preview) return { id: "", outputs: { ...inputs, computed: unknown } };
        await this.#act(engine, "creating", urn, () => this.#mayCreate(urn));
        const id = `id-${this.#next++}`;
        const outputs = { ...inputs, computed: `computed-${id}` };
        await this.#effect(`create ${tail(urn)} ${id}`, () => this.objects.set(id, { urn, inputs }));
        if (this.#random.chance(this.#trouble.failHalf)) throw new PartialFailure(id, outputs, inputs, ["not ready"]);
        return { id, outputs };
      },
      read: async ({ id, urn }): Promise<ReadResult | undefined> => {
        await this.#delay();
        const object = this.objects.get(id);
        if (!object) this.log.push(`read ${tail(urn)} ${id}: gone`);
        if (!object) return undefined;
        return { id, inputs: object.inputs, outputs: { ...object.inputs, computed: `computed-${id}` } };
      },
      update: async ({ urn, id, newInputs, preview }) => {
        const outputs = { ...newInputs, computed: `computed-${id}` };
        if (preview) return outputs;
        await this.#act(engine, "updating", urn, () => this.#mustExist(urn, id));
        await this.#effect(`update ${tail(urn)} ${id}`, () => {
          const object = this.objects.get(id);
          if (object) object.inputs = newInputs;
        });
        if (this.#random.chance(this.#trouble.failHalf)) {
          throw new PartialFailure(id, outputs, newInputs, ["not ready"]);
        }
        return outputs;
      },
      delete: async ({ urn, id }) => {
        await this.#act(engine, "deleting", urn, () => this.#mustExist(urn, id));
        await this.#effect(`delete ${tail(urn)} ${id}`, () => this.objects.delete(id));
      },
      invoke: async () => ({ result: {}, failures: [] }),
      cancel: async () => {},
      close: async () => {},
    };
  }

  /** The beginning of a call that changes something: may fail, and may be the engine's last. */
  async #act(engine: number, type: string, urn: string, check: () => void): Promise<void> {
    if (engine !== this.#engine) return forever();
    const pending = this.contents.pendingOperations;
    if (!pending.some((operation) => operation.type === type && named(operation.resource, urn))) {
      this.problems.push(`${type} ${tail(urn)} began, and the state on disk does not say so`);
    }
    check();
    const dies = this.#count();
    await this.#delay();
    if (dies && this.#random.chance(0.5)) return this.#die();
    if (this.#random.chance(this.#trouble.fail)) throw new Error(`${type} ${tail(urn)} refused`);
    this.#dying = dies;
  }

  #dying = false;

  async #effect(what: string, change: () => void): Promise<void> {
    this.log.push(what);
    change();
    if (!this.#dying) return this.#delay();
    this.#dying = false;
    return this.#die();
  }

  /** Every object of that name is known to the state: one that is not would now exist twice. */
  #mayCreate(urn: string): void {
    const known = new Set(this.contents.resources.map(({ id }) => id));
    for (const [id, object] of this.objects) {
      if (object.urn === urn && !known.has(id) && !this.abandoned.has(id)) {
        this.problems.push(`${tail(urn)} is created, though ${id} exists and the state does not know of it`);
      }
    }
    const times = (this.#created.get(urn) ?? 0) + 1;
    this.#created.set(urn, times);
    if (times > 1) this.problems.push(`${tail(urn)} is created ${times} times in one operation`);
  }

  #mustExist(urn: string, id: string): void {
    if (this.objects.has(id) || this.unseen.has(id)) return;
    this.problems.push(`${tail(urn)} ${id} is acted upon and does not exist`);
  }

  #count(): boolean {
    this.#calls++;
    if (this.#calls === this.#trouble.interruptAt) this.#interrupt();
    return this.#calls === this.#trouble.killAt;
  }

  #die<T>(): Promise<T> {
    this.#engine++;
    this.#dead();
    return forever();
  }

  async #delay(engine = this.#engine): Promise<void> {
    for (let turns = this.#random.below(4); turns > 0; turns--) {
      await new Promise(setImmediate);
      if (engine !== this.#engine) return forever();
    }
  }
}

/** Renamed resources are acted upon under their new name. */
const named = (resource: { readonly urn: string; readonly aliases: readonly string[] }, urn: string) =>
  resource.urn === urn || resource.aliases.includes(urn);

export const tail = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);

const noDiff: DiffResult = { changes: "none", replaces: [], stables: [], deleteBeforeReplace: false, diffs: [] };

function diffOf(old: PropertyMap, now: PropertyMap): DiffResult {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((key) => differ(old[key], now[key]));
  return {
    ...noDiff,
    changes: keys.length > 0 ? "some" : "none",
    diffs: keys,
    replaces: keys.filter((key) => /^(force|first)/.test(key)),
    deleteBeforeReplace: keys.some((key) => key.startsWith("first")),
  };
}

function differ(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  const [x, y] = [plain(a), plain(b)];
  if (x instanceof Unknown || y instanceof Unknown) return true;
  return JSON.stringify(x) !== JSON.stringify(y);
}

export const plain = (value: PropertyValue | undefined): PropertyValue =>
  value instanceof Secret ? plain(value.element) : (value ?? null);
