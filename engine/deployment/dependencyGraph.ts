// The dependency graph that a snapshot's order encodes: resources stand after everything they depend on. Answers who
// depends on a resource and what it depends on, tells apart several resources of one URN, and cuts a set of deletions
// into antichains. (pulumi/pulumi: pkg/resource/graph)
import {
  dependenciesOf,
  dependencyUrns,
  isProviderType,
  parseProviderReference,
  providerReference,
  type Resource,
} from "./resource.ts";

export class DependencyGraph {
  readonly #resources: readonly Resource[];
  readonly #index = new Map<Resource, number>();
  readonly #positions = new Map<string, number[]>();
  readonly #descendants = new Map<string, number[]>();

  /** @param resources in dependency order, parents before children */
  constructor(resources: readonly Resource[]) {
    this.#resources = resources;
    const byUrn = new Map<string, Resource>();
    for (const [i, resource] of resources.entries()) {
      this.#index.set(resource, i);
      byUrn.set(resource.urn, resource);
      append(this.#positions, resource.urn, i);
      for (let parent = resource.state.parent; parent !== ""; parent = byUrn.get(parent)?.state.parent ?? "") {
        append(this.#descendants, parent, i);
      }
    }
  }

  /** Lets a resource stand where another stands. */
  alias(resource: Resource, known: Resource): void {
    this.#index.set(resource, this.#indexOf(known));
  }

  contains(resource: Resource): boolean {
    return this.#index.has(resource);
  }

  /**
   * Everything that depends on the resource, its children too, directly or not, in dependency order. `ignore` says whom to
   * pass over.
   */
  dependingOn(resource: Resource, ignore: (dependent: Resource) => boolean): readonly Resource[] {
    const dependents: Resource[] = [];
    const urns = new Set([resource.urn]);
    const isDependent = (candidate: Resource) =>
      !ignore(candidate) &&
      (dependenciesOf(candidate).some(({ urn }) => urns.has(urn)) ||
        (candidate.provider !== "" && urns.has(parseProviderReference(candidate.provider).urn)));
    for (const candidate of this.#resources.slice(this.#indexOf(resource) + 1)) {
      if (!isDependent(candidate)) continue;
      dependents.push(candidate);
      urns.add(candidate.urn);
    }
    return dependents;
  }

  /**
   * What the resource depends on directly: provider, parent, dependencies, and for a component among these its
   * descendants that stand before the resource.
   */
  dependenciesOf(resource: Resource): ReadonlySet<Resource> {
    const position = this.#indexOf(resource);
    const found = new Set<Resource>();
    const before = (positions: readonly number[] | undefined) =>
      (positions ?? []).filter((i) => i < position).map((i) => this.#resources[i]!);
    for (const { kind, urn } of dependenciesOf(resource)) {
      for (const dependency of before(this.#positions.get(urn))) {
        found.add(dependency);
        if (kind === "parent" || dependency.custom) continue;
        for (const descendant of before(this.#descendants.get(urn))) found.add(descendant);
      }
    }
    if (resource.provider !== "") {
      const { urn } = parseProviderReference(resource.provider);
      for (const provider of before(this.#positions.get(urn))) found.add(provider);
    }
    return found;
  }

  /** Where the resource stands in the snapshot. @throws when it is not part of it. */
  position(resource: Resource): number {
    return this.#indexOf(resource);
  }

  /** What the resource depends on, its provider included, directly or not: a replaced one (`delete`) goes to replaced ones first. */
  transitiveDependenciesOf(resource: Resource): ReadonlySet<Resource> {
    const replaced = new Map<string, Resource>();
    const current = new Map<string, Resource>();
    const providers = new Map<string, Resource>();
    for (const each of this.#resources) {
      (each.state.delete ? replaced : current).set(each.urn, each);
      if (isProviderType(each.type)) providers.set(providerReference(each.urn, each.id), each);
    }
    const lookup = (from: Resource, urn: string) =>
      from.state.delete ? (replaced.get(urn) ?? current.get(urn)) : (current.get(urn) ?? replaced.get(urn));
    const found = new Set<Resource>();
    const frontier = [resource];
    for (let next = frontier.pop(); next; next = frontier.pop()) {
      const needed = dependencyUrns(next).map((urn) => lookup(next, urn));
      for (const dependency of [providers.get(next.provider), ...needed]) {
        if (!dependency || dependency === resource || found.has(dependency)) continue;
        found.add(dependency);
        frontier.push(dependency);
      }
    }
    return found;
  }

  #indexOf(resource: Resource): number {
    const position = this.#index.get(resource);
    if (position === undefined) throw new Error(`resource ${resource.urn} is not in the dependency graph`);
    return position;
  }
}

function append(map: Map<string, number[]>, key: string, value: number): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

/**
 * Cuts resources to be deleted into sets that can be deleted at once, dependents first; within a set in the snapshot's
 * order. Linear: a resource's depth follows from the depths of what stands before it.
 */
export function antichains(condemned: readonly Resource[], graph: DependencyGraph): readonly (readonly Resource[])[] {
  const depths = new Map<Resource, number>();
  const chains: Resource[][] = [];
  for (const resource of [...condemned].sort((a, b) => graph.position(a) - graph.position(b))) {
    const below = [...graph.dependenciesOf(resource)].map((dependency) => depths.get(dependency) ?? -1);
    const depth = Math.max(-1, ...below) + 1;
    depths.set(resource, depth);
    if (chains[depth]) chains[depth].push(resource);
    else chains[depth] = [resource];
  }
  return chains.reverse();
}
