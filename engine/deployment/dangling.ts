// References to resources that are no longer there, as a refresh leaves them: dropped, before a state is written.
import type { ResourceState } from "../state/resource.ts";
import { dependenciesOf } from "./resource.ts";

/** The URNs that a state may name: what lives means the living, though a predecessor of that name may wait for its deletion. */
export class Present {
  readonly #all = new Set<string>();
  readonly #living = new Set<string>();

  for(state: ResourceState): ReadonlySet<string> {
    return state.delete ? this.#all : this.#living;
  }

  add({ urn, delete: waits }: ResourceState): void {
    this.#all.add(urn);
    if (!waits) this.#living.add(urn);
  }
}

/** States in order, without what they say of resources that are not there. */
export function withoutDangling(states: readonly ResourceState[]): readonly ResourceState[] {
  const there = new Present();
  return states.map((state) => {
    const urns = there.for(state);
    const dangles = dependenciesOf({ state }).some(({ urn }) => !urns.has(urn));
    const left = dangles ? { ...state, ...withoutGone(state, urns) } : state;
    there.add(state);
    return left;
  });
}

/** The fields of a state that name others, without what is not among the URNs. */
export function withoutGone(state: ResourceState, urns: ReadonlySet<string>) {
  const keep = (list: readonly string[]) => list.filter((urn) => urns.has(urn));
  const byProperty = Object.entries(state.propertyDependencies).map(([key, list]) => [key, keep(list)] as const);
  return {
    parent: urns.has(state.parent) ? state.parent : "",
    dependencies: keep(state.dependencies),
    propertyDependencies: Object.fromEntries(byProperty.filter(([, list]) => list.length > 0)),
    deletedWith: urns.has(state.deletedWith) ? state.deletedWith : "",
    replaceWith: keep(state.replaceWith),
  };
}
