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

  const living = new Map<string, ResourceState>();
  const waiting = new Map<string, ResourceState>();
  for (const state of states) for (const name of names(state)) (state.delete ? waiting : living).set(name, state);
  // Of several of one URN, those that wait for their deletion were made with each other.
  const meant = (name: string, by: ResourceState) =>
    by.delete ? (waiting.get(name) ?? living.get(name)) : (living.get(name) ?? waiting.get(name));
  const ordered: ResourceState[] = [];
  const begun = new Set<ResourceState>();
  const place = (state: ResourceState) => {
    if (begun.has(state)) return;
    begun.add(state);
    for (const name of needsOf(state)) {
      const needed = meant(name, state);
      if (needed) place(needed);
    }
    ordered.push(state);
  };
  for (const state of states) place(state);
  return ordered;
}

const isProvider = ({ type }: ResourceState) => type.startsWith("pulumi:providers:");

/** URNs, and a provider's reference. */
function needsOf(state: ResourceState): readonly string[] {
  const { provider, parent, dependencies, propertyDependencies, deletedWith, replaceWith } = state;
  const single = [provider, parent, deletedWith].filter((name) => name !== "");
  return [...single, ...replaceWith, ...dependencies, ...Object.values(propertyDependencies).flat()];
}
