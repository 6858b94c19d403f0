// References to resources that are no longer there, as a refresh leaves them: dropped, before a state is written.
import type { ResourceState } from "../state/resource.ts";
import { dependenciesOf } from "./resource.ts";

/** States in order, without what they say of resources that are not there. */
export function withoutDangling(states: readonly ResourceState[]): readonly ResourceState[] {
  const urns = new Set<string>();
  return states.map((state) => {
    const dangles = dependenciesOf({ state }).some(({ urn }) => !urns.has(urn));
    urns.add(state.urn);
    return dangles ? { ...state, ...withoutGone(state, urns) } : state;
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
