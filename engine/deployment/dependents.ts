// Who else must be replaced when a resource is deleted before it is replaced: dependents whose providers would replace
// them if what they take from it became unknown, and those that asked to go with it.
import { unknown } from "../values.ts";
import { diffResource } from "./asking.ts";
import { applyReplaceOnChanges, needsReplacement } from "./diff.ts";
import { ensureProvider, type Generation, providerUrn } from "./generation.ts";
import { dependencyUrns, isProviderType, type Resource } from "./resource.ts";
import { urnName } from "./urn.ts";

export interface DependentReplacement {
  readonly resource: Resource;
  /** The properties that force it. */
  readonly keys: readonly string[];
}

/**
 * Dependents that must go, in dependency order. Those registered already no longer depend on the root; a predecessor that
 * waits for its deletion still does, and takes along those that wait with it and need it.
 */
export async function dependentReplacements(
  generation: Generation,
  root: Resource,
): Promise<readonly DependentReplacement[]> {
  const { ledger } = generation;
  const { byUrn, graph } = ledger.olds;
  const waits = (resource: Resource) => byUrn.get(resource.urn) !== resource;
  const settled = (resource: Resource) =>
    !waits(resource) && (ledger.hasStep(resource.urn) || ledger.isOperatedOn(resource.urn));
  const replaced = new Set([root.urn]);
  const waiting = new Set<string>();
  const found: DependentReplacement[] = [];
  for (const resource of graph.dependingOn(root, settled)) {
    const follows = waits(resource) && dependencyUrns(resource).some((urn) => waiting.has(urn));
    const keys = follows ? [] : await replacementKeys(generation, resource, replaced);
    if (!keys) continue;
    found.push({ resource, keys });
    if (waits(resource)) waiting.add(resource.urn);
    // What lives under its name stays, and so do those that need that.
    if (!waits(resource) || !byUrn.has(resource.urn)) replaced.add(resource.urn);
  }
  return found;
}

/** Resources that said `replaceWith` or `deletedWith` of the URN. Those registered already stay, unless they are gone with it. */
export function cascadingReplacements({ ledger }: Generation, urn: string): readonly DependentReplacement[] {
  const waiting = [...ledger.olds.byUrn.values()].filter(({ urn: name }) => !ledger.isOperatedOn(name));
  const gone = [...ledger.news.values()].filter(({ state }) => state.deletedWith === urn);
  const going = waiting.filter(({ state: { replaceWith, deletedWith } }) => {
    return replaceWith.includes(urn) || deletedWith === urn;
  });
  return [...gone, ...going].map((resource) => ({ resource, keys: [] }));
}

/** The properties that force the resource's replacement once `replaced` are gone; undefined when nothing does. */
async function replacementKeys(
  generation: Generation,
  resource: Resource,
  replaced: ReadonlySet<string>,
): Promise<readonly string[] | undefined> {
  const { state, urn, type, id, inputs, outputs } = resource;
  if (!state.custom || state.external) return undefined;
  if (resource.provider !== "" && replaced.has(providerUrn(resource.provider))) {
    // It is to be deleted with the configuration it was made with.
    await ensureProvider(generation, resource.provider);
    return [];
  }
  if (replaced.has(state.deletedWith)) return [];
  const touched = Object.keys(inputs).filter((key) =>
    state.propertyDependencies[key]?.some((dep) => replaced.has(dep)),
  );
  if (touched.length === 0) return undefined;
  const { registry } = generation;
  if (isProviderType(type)) await registry.same(resource, false);
  else await ensureProvider(generation, resource.provider);
  const provider = isProviderType(type) ? registry : registry.get(resource.provider);
  if (!provider) throw new Error(`resource ${urn} has no provider`);
  const newInputs = { ...inputs, ...Object.fromEntries(touched.map((key) => [key, unknown])) };
  const request = { urn, type, name: urnName(urn), id, oldInputs: inputs, oldOutputs: outputs, newInputs };
  const compared = await diffResource(generation, provider, { ...request, ignoreChanges: state.ignoreChanges });
  const diff = applyReplaceOnChanges(compared, state.replaceOnChanges, false);
  return needsReplacement(diff) ? diff.replaces : undefined;
}
