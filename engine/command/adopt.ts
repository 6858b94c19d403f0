// Takes into a state what a cut-off operation created without recording it: the resource as the operation had it, with the
// id that somebody found. A refresh then reads the rest from the provider.
import type { Operation } from "../state/deployment.ts";
import { EngineError, exitCodes } from "../state/error.ts";
import type { ResourceState } from "../state/resource.ts";

export interface Adoption {
  /** In dependency order: what a resource depends on was recorded before its creation began. */
  readonly adopted: readonly ResourceState[];
  /** Pending operations that are still open. */
  readonly rest: readonly Operation[];
}

/**
 * `ids`: what was created, by URN; URNs without a pending creation change nothing. What had been deleted to make room for
 * an adopted replacement goes.
 *
 * @throws EngineError when the state already has a resource of that URN: another creation recorded one meanwhile.
 */
export function adoptPendingCreates(
  resources: readonly ResourceState[],
  pending: readonly Operation[],
  ids: ReadonlyMap<string, string>,
): Adoption {
  const isAdopted = ({ type, resource }: Operation): boolean => type === "creating" && ids.has(resource.urn);
  const found = new Map(pending.filter(isAdopted).map(({ resource }) => [resource.urn, resource]));
  // What is renamed while it is replaced still stands in the state under its old name.
  for (const { resource } of pending.filter(isAdopted)) {
    for (const alias of resource.aliases) if (!found.has(alias)) found.set(alias, resource);
  }
  const taken = resources.find(
    ({ urn, delete: going, pendingReplacement }) => found.has(urn) && !going && !pendingReplacement,
  );
  if (taken !== undefined)
    throw new EngineError(
      `${taken.urn} is in the state already, with the id "${taken.id}": what the cut-off creation left cannot be adopted`,
      exitCodes.configuration,
    );
  const created = new Date().toISOString();
  return {
    adopted: [
      ...resources.filter(({ urn, pendingReplacement }) => !(pendingReplacement && found.has(urn))),
      ...[...new Set(found.values())].map((state) => ({ ...state, id: ids.get(state.urn)!, created })),
    ],
    rest: pending.filter((operation) => !isAdopted(operation)),
  };
}
