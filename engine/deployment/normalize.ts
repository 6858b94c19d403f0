// While a deployment runs, resources that were renamed stand in the snapshot beside old ones that still name them by
// their old URN. Before a snapshot is written, every reference is brought to the URN that the snapshot holds.
// (pulumi/pulumi: pkg/resource/deploy/snapshot.go, NormalizeURNReferences)
import type { ResourceState } from "../state/resource.ts";
import { parseProviderReference, providerReference } from "./resource.ts";
import { createUrn, isRootStack, parseUrn, urnQualifiedType, urnType } from "./urn.ts";

/** Copies of the states that name an alias, and the others as they are. @throws when two resources claim one alias. */
export function normalizeUrns(states: readonly ResourceState[]): readonly ResourceState[] {
  if (states.every(({ aliases }) => aliases.length === 0)) return states;
  const renamed = new Map<string, string>();
  for (const state of states) {
    for (const alias of state.aliases) {
      const other = renamed.get(alias);
      if (other !== undefined && other !== state.urn) {
        throw new Error(`two resources ('${other}' and '${state.urn}') aliased to the same: '${alias}'`);
      }
      renamed.set(alias, state.urn);
    }
    const parent = renamed.get(state.parent);
    if (parent === undefined || isRootStack(parent)) continue;
    // An old child of a renamed parent: its own URN holds the parent's type.
    const { stack, project, name } = parseUrn(state.urn);
    renamed.set(state.urn, createUrn(stack, project, urnQualifiedType(parent), urnType(state.urn), name));
  }
  const fix = (urn: string) => renamed.get(urn) ?? urn;
  return states.map((state) => renameIn(state, fix));
}

/** The state with every URN that it names brought to another; aliases are taken to be done with. */
export function renameIn(state: ResourceState, fix: (urn: string) => string): ResourceState {
  const provider = state.provider === "" ? undefined : parseProviderReference(state.provider);
  return {
    ...state,
    urn: fix(state.urn),
    parent: fix(state.parent),
    provider: provider ? providerReference(fix(provider.urn), provider.id) : "",
    dependencies: state.dependencies.map(fix),
    propertyDependencies: Object.fromEntries(
      Object.entries(state.propertyDependencies).map(([key, urns]) => [key, urns.map(fix)]),
    ),
    deletedWith: fix(state.deletedWith),
    replaceWith: state.replaceWith.map(fix),
    viewOf: fix(state.viewOf),
    aliases: [],
  };
}
