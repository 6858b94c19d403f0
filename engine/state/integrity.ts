// Whether a snapshot holds together (pulumi/pulumi: pkg/resource/stack/snapshot/integrity.go): the manifest's magic
// matches, providers, parents and dependencies stand before what needs them, and only resources to be deleted share a URN.
// Checked after reading and before writing: a state that fails is never written, and never acted upon.
import { magicOf, type Snapshot } from "./deployment.ts";
import type { ResourceState } from "./resource.ts";

/** The first thing wrong with a snapshot, as a sentence; undefined when it holds together. Linear. */
export function integrityProblem({ manifest, resources }: Snapshot): string | undefined {
  if (manifest.magic !== magicOf(manifest.version))
    return "magic cookie mismatch: possible tampering/corruption detected";
  const seen = new Map<string, { all: number; deletes: number }>();
  const providers = new Set<string>();
  const all = new Set(resources.map(({ urn }) => urn));
  for (const resource of resources) {
    const problem = providerProblem(resource, providers) ?? orderProblem(resource, seen, all);
    if (problem !== undefined) return problem;
    const count = seen.get(resource.urn) ?? { all: 0, deletes: 0 };
    seen.set(resource.urn, { all: count.all + 1, deletes: count.deletes + (resource.delete ? 1 : 0) });
  }
  for (const [urn, { all: states, deletes }] of seen)
    if (states - deletes > 1) return `duplicate resource ${urn} (not marked for deletion)`;
  return undefined;
}

function providerProblem(resource: ResourceState, providers: Set<string>): string | undefined {
  if (resource.type.startsWith("pulumi:providers:")) {
    if (resource.id === "") return `provider ${resource.urn} is not referenceable: it has no ID`;
    providers.add(`${resource.urn}::${resource.id}`);
  }
  if (resource.provider === "" || resource.pendingReplacement || providers.has(resource.provider)) return undefined;
  return `resource ${resource.urn} refers to unknown provider ${resource.provider}`;
}

function orderProblem(
  resource: ResourceState,
  seen: ReadonlyMap<string, unknown>,
  all: ReadonlySet<string>,
): string | undefined {
  const { urn, parent, dependencies, propertyDependencies, deletedWith, replaceWith } = resource;
  // what comes later, or is the resource itself, is not there yet
  if (parent !== "" && !seen.has(parent))
    return all.has(parent)
      ? `child resource ${urn}'s parent ${parent} comes after it`
      : `child resource ${urn} refers to missing parent ${parent}`;
  for (const dependency of dependencies)
    if (!seen.has(dependency))
      return all.has(dependency)
        ? `resource ${urn}'s dependency ${dependency} comes after it`
        : `resource ${urn} refers to missing dependency ${dependency}`;
  for (const list of Object.values(propertyDependencies))
    for (const dependency of list)
      if (!seen.has(dependency))
        return all.has(dependency)
          ? `resource ${urn}'s property dependency ${dependency} comes after it`
          : `resource ${urn} refers to missing property dependency ${dependency}`;
  if (deletedWith !== "" && !seen.has(deletedWith))
    return all.has(deletedWith)
      ? `resource ${urn} is specified as being deleted with ${deletedWith}, which comes after it`
      : `resource ${urn} is specified as being deleted with ${deletedWith}, which is missing`;
  for (const other of replaceWith)
    if (!seen.has(other))
      return all.has(other)
        ? `resource ${urn} is specified as being replaced with ${other}, which comes after it`
        : `resource ${urn} is specified as being replaced with ${other}, which is missing`;
  return undefined;
}
