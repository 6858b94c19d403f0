// Takes into a state what a cut-off operation created without recording it: the resource as the operation had it, with the
// id that somebody found. A refresh then reads the rest from the provider.
import { EngineError, exitCodes } from "../state/error.ts";
import { stateTime } from "../state/time.ts";

/** What of a resource matters here: read by the engine, or as the file of a state has it. */
interface Adoptable {
  readonly urn: string;
  readonly id?: string;
  readonly delete?: boolean;
  readonly pendingReplacement?: boolean;
  readonly aliases?: readonly string[];
}

interface Pending<R> {
  readonly type: string;
  readonly resource: R;
}

export interface Adoption<R, P> {
  /** In dependency order: what a resource depends on was recorded before its creation began. */
  readonly adopted: readonly R[];
  /** Pending operations that are still open. */
  readonly rest: readonly P[];
}

/**
 * `ids`: what was created, by URN; URNs without a pending creation change nothing. What had been deleted to make room for
 * an adopted replacement goes.
 *
 * @throws EngineError when the state already has a resource of that URN: another creation recorded one meanwhile.
 */
export function adoptPendingCreates<R extends Adoptable, P extends Pending<R>>(
  resources: readonly R[],
  pending: readonly P[],
  ids: ReadonlyMap<string, string>,
): Adoption<R, P> {
  const isAdopted = ({ type, resource }: P): boolean => type === "creating" && ids.has(resource.urn);
  const found = new Map(pending.filter(isAdopted).map(({ resource }) => [resource.urn, resource]));
  // What is renamed while it is replaced still stands in the state under its old name.
  for (const { resource } of pending.filter(isAdopted)) {
    for (const alias of resource.aliases ?? []) if (!found.has(alias)) found.set(alias, resource);
  }
  const taken = resources.find(
    ({ urn, delete: going, pendingReplacement }) => found.has(urn) && !going && !pendingReplacement,
  );
  if (taken !== undefined)
    throw new EngineError(
      `${taken.urn} is in the state already, with the id "${taken.id}": what the cut-off creation left cannot be adopted`,
      exitCodes.configuration,
    );
  const created = stateTime();
  return {
    adopted: [
      ...resources.filter(({ urn, pendingReplacement }) => !(pendingReplacement && found.has(urn))),
      ...[...new Set(found.values())].map((state) => ({ ...state, id: ids.get(state.urn)!, created })),
    ],
    rest: pending.filter((operation) => !isAdopted(operation)),
  };
}
