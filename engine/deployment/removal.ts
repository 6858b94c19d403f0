// What is to be deleted once the program has said all it wants: replaced resources that wait for it, and resources that
// were registered no more. Cut into sets that can go at once, dependents first.
import { cascadingReplacements } from "./dependents.ts";
import { Bail } from "./errors.ts";
import { deleteReplacedStep, deleteStep, ensureProvider, type Generation } from "./generation.ts";
import type { OldResources } from "./ledger.ts";
import { dependencyUrns, type Resource } from "./resource.ts";
import { untargetedSame } from "./selection.ts";
import { type Step, urnOf } from "./steps.ts";

export interface Removal {
  /** Resources that no target names, carried over. */
  readonly sames: readonly Step[];
  readonly deletes: readonly Step[];
}

/** @throws Bail when targets would take along what they do not name. */
export async function generateRemoval(generation: Generation): Promise<Removal> {
  const { ledger, options, report } = generation;
  const chosen = chooser(generation);
  const named = stillNamed(generation);
  const sames: Step[] = [];
  const deletes: Step[] = [];
  for (const old of ledger.olds.all) {
    // What was read as the program registered it has taken the old one's place.
    const resource = ledger.refreshed.get(old) ?? old;
    const { urn, state } = resource;
    // A view is the business of the resource it is a view of.
    if (state.viewOf !== "") continue;
    if (!chosen(urn)) {
      if (!ledger.isOperatedOn(urn) && !ledger.pendingDeletes.has(resource)) sames.push(untargetedSame(resource));
      continue;
    }
    if (named.has(resource)) continue;
    if (state.delete) {
      if (ledger.pendingDeletes.has(resource)) continue;
      ledger.deletes.add(urn);
      deletes.push(deleteReplacedStep(resource, false));
    } else if (!ledger.isOperatedOn(urn)) {
      ledger.deletes.add(urn);
      deletes.push(state.pendingReplacement ? { op: "remove-pending-replace", old: resource } : deleteStep(resource));
    }
    if (ledger.deletes.has(urn)) {
      await ensureProvider(generation, resource.provider).catch((error: unknown) => {
        throw new Error(`could not load provider for resource ${urn}: ${(error as Error).message}`, { cause: error });
      });
    }
  }
  for (const resource of ledger.toDelete) {
    if (!chosen(resource.urn)) continue;
    ledger.deletes.add(resource.urn);
    deletes.push(deleteStep(resource));
  }
  const unnamed = deletes.map(urnOf).filter((urn) => !options.targets.contains(urn) && !options.targetDependents);
  for (const urn of unnamed) {
    report(
      "error",
      `Resource '${urn}' will be destroyed but was not specified in --target list.\n` +
        "Either include resource in --target list or pass --target-dependents to proceed.",
      urn,
    );
    ledger.sawError = true;
  }
  if (unnamed.length > 0 && !options.preview) throw new Bail("delete untargeted resource");
  return { sames, deletes };
}

/** Whether targets and excludes let a URN be deleted. */
function chooser(generation: Generation): (urn: string) => boolean {
  const { targets, excludes } = generation.options;
  if (targets.constrained) {
    const allowed = condemnedByTargets(generation);
    return (urn) => allowed.has(urn);
  }
  if (!excludes.constrained) return () => true;
  const kept = keptByExcludes(generation);
  return (urn) => !kept.has(urn);
}

/** The targets, all that depends on them, and what the program has registered to go with one of these. */
function condemnedByTargets(generation: Generation): ReadonlySet<string> {
  const { ledger, options } = generation;
  const { all, graph } = ledger.olds;
  const targeted = closure(
    ledger.olds,
    all.filter(({ urn }) => options.targets.contains(urn)),
    (resource, seen) => graph.dependingOn(resource, ({ urn }) => seen.has(urn)),
  );
  const along = [...targeted].flatMap((urn) => cascadingReplacements(generation, urn));
  return new Set([...targeted, ...along.map(({ resource }) => resource.urn)]);
}

/** The excluded resources, all they depend on, and with `--exclude-dependents` all that depends on them. */
function keptByExcludes({ ledger, options }: Generation): ReadonlySet<string> {
  const { all, graph } = ledger.olds;
  return closure(
    ledger.olds,
    all.filter(({ urn }) => options.excludes.contains(urn)),
    (resource, seen) => [
      ...graph.dependenciesOf(resource),
      ...(options.excludeDependents ? graph.dependingOn(resource, ({ urn }) => seen.has(urn)) : []),
    ],
  );
}

/**
 * What nothing registers and the new state still names: a resource that no target names is carried over with the
 * dependencies it had, though one of these may have been deleted first for another's replacement.
 */
function stillNamed({ ledger }: Generation): ReadonlySet<Resource> {
  const { news, olds, toDelete } = ledger;
  const going = new Set(toDelete);
  const named = (resource: Resource) =>
    dependencyUrns(resource).flatMap((urn) =>
      news.has(urn) ? [] : (olds.byUrn.get(urn) ?? olds.allByUrn.get(urn) ?? []),
    );
  const kept = new Set<Resource>();
  const frontier = [...news.values()].filter((resource) => !going.has(resource)).flatMap(named);
  for (let resource = frontier.pop(); resource; resource = frontier.pop()) {
    if (kept.has(resource)) continue;
    kept.add(resource);
    frontier.push(...named(resource));
  }
  return kept;
}

/** All URNs that `next` leads to. What is chosen is chosen by URN, so all resources of one URN are followed. */
function closure(
  { allByUrn }: OldResources,
  start: readonly Resource[],
  next: (resource: Resource, seen: ReadonlySet<string>) => Iterable<Resource>,
): ReadonlySet<string> {
  const seen = new Set<string>();
  const frontier = start.map(({ urn }) => urn);
  for (let urn = frontier.pop(); urn !== undefined; urn = frontier.pop()) {
    if (seen.has(urn)) continue;
    seen.add(urn);
    for (const resource of allByUrn.get(urn) ?? []) for (const other of next(resource, seen)) frontier.push(other.urn);
  }
  return seen;
}
