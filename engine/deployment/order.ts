// Puts a snapshot's resources into an order in which each stands after all it needs. Steps are recorded as they end, and
// what is carried over for want of a target may end before what it still needs: an old provider that waits for its
// deletion, a resource that the program no longer connects it with. (pulumi/pulumi: pkg/resource/stack/snapshot, Toposort)
import type { ResourceState } from "../state/resource.ts";
import { providerReference } from "./resource.ts";

/** The same list when it is in order. Otherwise only what is needed early is moved, to before what needs it first. */
export function inOrder(states: readonly ResourceState[]): readonly ResourceState[] {
  const seen = new Set<string>();
  const names = (state: ResourceState) =>
    isProvider(state) ? [state.urn, providerReference(state.urn, state.id)] : [state.urn];
  const inPlace = states.every((state) => {
    const fits = needsOf(state).every((name) => seen.has(name));
    for (const name of names(state)) seen.add(name);
    return fits;
  });
  if (inPlace) return states;

  const byName = new Map<string, ResourceState>();
  for (const state of states) {
    for (const name of names(state)) {
      // Of several of one URN the living one is meant.
      if (!byName.has(name) || byName.get(name)!.delete) byName.set(name, state);
    }
  }
  const ordered: ResourceState[] = [];
  const placed = new Set<string>();
  const begun = new Set<ResourceState>();
  const place = (state: ResourceState) => {
    if (begun.has(state)) return;
    begun.add(state);
    for (const name of needsOf(state)) {
      const needed = placed.has(name) ? undefined : byName.get(name);
      if (needed) place(needed);
    }
    ordered.push(state);
    for (const name of names(state)) placed.add(name);
  };
  for (const state of states) place(state);
  return ordered;
}

const isProvider = ({ type }: ResourceState) => type.startsWith("pulumi:providers:");

/** URNs, and a provider's reference. */
function needsOf(state: ResourceState): readonly string[] {
  const { provider, parent, dependencies, propertyDependencies, deletedWith } = state;
  const single = [provider, parent, deletedWith].filter((name) => name !== "");
  return [...single, ...dependencies, ...Object.values(propertyDependencies).flat()];
}
