// What has changed in a snapshot since it was last written, in a form that grows with the change and not with the
// snapshot. `ChangeCollector` watches the snapshot of a running deployment; `Replay` makes of a written snapshot and all
// changes after it what a whole write would have held at that moment: the same resources in the same order.
//
// A resource goes by the number of its cell (resource.ts), since several of one URN may stand side by side: those of the
// written snapshot have their place in it, others follow.
import type { Operation } from "../state/deployment.ts";
import type { ResourceState } from "../state/resource.ts";
import { merge, type SnapshotContents } from "./merge.ts";
import type { PendingOperation, Resource } from "./resource.ts";

type Cell = number;
type OpenOperation = readonly [type: Operation["type"], cell: Cell];

/** Where changes to a written snapshot begin: what it is made of. */
export interface Start {
  readonly base: readonly Cell[];
  readonly news: readonly Cell[];
  readonly operations: readonly OpenOperation[];
  /** Operations that an earlier deployment left open. */
  readonly kept: readonly OpenOperation[];
}

/** In the order in which they are to be applied. What is absent did not change. */
export interface Changes {
  /** What cells hold from here on. */
  readonly set?: readonly (readonly [cell: Cell, state: ResourceState])[];
  readonly start?: Start;
  /** The old resources anew, after a refresh. */
  readonly base?: readonly Cell[];
  /** Done, and after those that were done before. */
  readonly news?: readonly Cell[];
  /** Old resources that are no longer there, or have a new one in their place. */
  readonly gone?: readonly Cell[];
  readonly begun?: readonly OpenOperation[];
  readonly ended?: readonly Cell[];
  readonly refreshed?: true;
}

/** A snapshot while it changes. */
export interface ChangingSnapshot {
  readonly base: readonly Resource[];
  readonly news: readonly Resource[];
  readonly gone: ReadonlySet<Resource>;
  readonly operations: Iterable<PendingOperation>;
  readonly kept: readonly PendingOperation[];
  readonly refreshed: boolean;
}

export class ChangeCollector {
  readonly #cells = new Map<Resource, Cell>();
  /** Cells that hold what was not told yet. */
  readonly #changed = new Set<Resource>();
  readonly #watch = (resource: Resource): void => void this.#changed.add(resource);
  #next: Cell;
  #base: readonly Resource[];
  #refreshed = false;
  #start: Start | undefined;
  #news: Cell[] = [];
  #gone: Cell[] = [];
  #begun: OpenOperation[] = [];
  #ended: Cell[] = [];

  /** @param written what was written; the snapshot may have changed since */
  constructor({ base, news, gone, operations, kept }: ChangingSnapshot, { resources }: SnapshotContents) {
    this.#next = resources.length;
    this.#base = base;
    const places = new Map(resources.map((state, place) => [state, place]));
    const known = (resource: Resource): Cell => {
      // What was written under another name, or without a reference, is not what the cell holds: it is told anew.
      const place = places.get(resource.state);
      if (place === undefined) return this.#cell(resource);
      places.delete(resource.state);
      return this.#number(resource, place);
    };
    const left = (list: readonly Resource[]) => list.filter((resource) => !gone.has(resource)).map(known);
    const open = ({ type, resource }: PendingOperation): OpenOperation => [type, this.#cell(resource)];
    this.#start = { news: left(news), base: left(base), operations: [...operations].map(open), kept: kept.map(open) };
  }

  isNew(resource: Resource): void {
    this.#news.push(this.#cell(resource));
  }

  isGone(resource: Resource): void {
    this.#gone.push(this.#cell(resource));
  }

  begins({ type, resource }: PendingOperation): void {
    this.#begun.push([type, this.#cell(resource)]);
  }

  ended(resource: Resource): void {
    this.#ended.push(this.#cell(resource));
  }

  /** What has changed since it was asked the last time. */
  take({ base, refreshed }: Pick<ChangingSnapshot, "base" | "refreshed">): Changes {
    const rebuilt = base === this.#base ? undefined : base.map((resource) => this.#cell(resource));
    const changes = {
      set: [...this.#changed].map((resource) => [this.#cell(resource), resource.state] as const),
      ...(this.#start && { start: this.#start }),
      ...(rebuilt && { base: rebuilt }),
      ...{ news: this.#news, gone: this.#gone, begun: this.#begun, ended: this.#ended },
      ...(refreshed && !this.#refreshed && ({ refreshed } as const)),
    };
    this.#changed.clear();
    [this.#start, this.#base, this.#refreshed] = [undefined, base, refreshed];
    [this.#news, this.#gone, this.#begun, this.#ended] = [[], [], [], []];
    return changes;
  }

  #cell(resource: Resource): Cell {
    const known = this.#cells.get(resource);
    if (known !== undefined) return known;
    this.#changed.add(resource);
    return this.#number(resource, this.#next++);
  }

  #number(resource: Resource, cell: Cell): Cell {
    this.#cells.set(resource, cell);
    resource.watch(this.#watch);
    return cell;
  }
}

export class Replay {
  readonly #cells: Map<Cell, ResourceState>;
  readonly #gone = new Set<Cell>();
  #base: readonly Cell[];
  #news: Cell[] = [];
  #operations = new Map<Cell, OpenOperation>();
  #kept: readonly OpenOperation[] = [];
  #refreshed = false;
  /** What was written is the answer as long as nothing has changed. */
  #written: SnapshotContents | undefined;

  constructor(written: SnapshotContents) {
    this.#written = written;
    this.#cells = new Map(written.resources.map((state, cell) => [cell, state]));
    this.#base = [...this.#cells.keys()];
  }

  apply({ set = [], start, base, news = [], gone = [], begun = [], ended = [], refreshed }: Changes): void {
    this.#written = undefined;
    for (const [cell, state] of set) this.#cells.set(cell, state);
    if (start) {
      [this.#base, this.#news, this.#kept] = [start.base, [...start.news], start.kept];
      this.#operations = new Map(start.operations.map((open) => [open[1], open]));
    }
    if (base) this.#base = base;
    for (const cell of news) this.#news.push(cell);
    for (const cell of gone) this.#gone.add(cell);
    for (const open of begun) this.#operations.set(open[1], open);
    for (const cell of ended) this.#operations.delete(cell);
    this.#refreshed ||= refreshed === true;
  }

  /** @throws Error when the changes name a cell that was never told of. */
  contents(): SnapshotContents {
    if (this.#written) return this.#written;
    const state = (cell: Cell): ResourceState => {
      const known = this.#cells.get(cell);
      if (known === undefined) throw new Error(`there is no resource ${cell}`);
      return known;
    };
    const left = (cells: readonly Cell[]) => cells.filter((cell) => !this.#gone.has(cell)).map(state);
    return merge({
      news: left(this.#news),
      base: left(this.#base),
      operations: [...this.#operations.values(), ...this.#kept].map(([type, cell]) => ({
        type,
        resource: state(cell),
      })),
      refreshed: this.#refreshed,
    });
  }
}
