// What `--target`, `--target-dependents`, `--exclude` and `--exclude-dependents` mean for registered resources: who takes
// part, what the others become, and that nothing chosen may depend on something that was not created.
import { Bail } from "./errors.ts";
import { type Generation, providerUrn } from "./generation.ts";
import { dependenciesOf, dependencyUrns, parseProviderReference, type Resource } from "./resource.ts";
import { newOf, type SameStep, type Settle, type Step, urnOf } from "./steps.ts";

/** Whether a resource takes part in the operation. Targets go before excludes. */
export function isIncluded(generation: Generation, resource: Resource): boolean {
  const { targets, excludes } = generation.options;
  if (targets.constrained) return isTargeted(generation, resource);
  return !excludes.constrained || !isExcluded(generation, resource);
}

/** Whether a target names the resource or, where dependents count, something it depends on. */
export function isTargeted({ ledger, options }: Generation, resource: Resource): boolean {
  if (options.targets.constrained && options.targets.contains(resource.urn)) return true;
  return options.targetDependents && dependencyUrns(resource).some((urn) => ledger.targetsActual.contains(urn));
}

function isExcluded({ ledger, options }: Generation, resource: Resource): boolean {
  if (options.excludes.contains(resource.urn)) return true;
  return options.excludeDependents && dependencyUrns(resource).some((urn) => ledger.excludesActual.contains(urn));
}

/** Remembers who was chosen, so that dependents that come later are recognised. */
export function noteSelected(generation: Generation, resource: Resource, included: boolean): void {
  const { ledger, options } = generation;
  if (options.excludes.constrained && !included && isExcluded(generation, resource))
    ledger.excludesActual.add(resource.urn);
  else if (included && isTargeted(generation, resource)) ledger.targetsActual.add(resource.urn);
}

/** A step that carries an old resource over as it is. */
export function untargetedSame(old: Resource, settle?: Settle): SameStep {
  const carried = { op: "same", old, new: old.copy({ id: "" }), skippedCreate: false, untargeted: true } as const;
  return settle ? { ...carried, settle } : carried;
}

/** A step that answers the program for a resource that is not created. */
export function skippedCreate(fresh: Resource, settle: Settle): SameStep {
  return { op: "same", old: fresh.copy(), new: fresh, skippedCreate: true, untargeted: false, settle };
}

/**
 * Steps that carry over a registered resource that no target names, after everything it depended on: the program may no
 * longer register these, and they must stand before it in the snapshot.
 */
export function untargetedSteps(generation: Generation, urn: string, old: Resource, settle: Settle): readonly Step[] {
  const { ledger, report } = generation;
  const { byUrn } = ledger.olds;
  const carry = (resource: Resource, answer?: Settle): readonly Step[] => {
    if (resource.state.delete) return [];
    ledger.urns.add(resource.urn);
    ledger.sames.add(urn);
    ledger.sames.add(resource.urn);
    const before: Step[] = [];
    if (resource.provider !== "") {
      const reference = parseProviderReference(resource.provider);
      const provider = byUrn.get(reference.urn);
      const seen = ledger.hasStep(reference.urn) || ledger.isOperatedOn(reference.urn);
      if (!seen && provider?.id === reference.id) before.push(...carry(provider));
    }
    for (const dependency of dependenciesOf(resource)) {
      // What was renamed has its step under its new name.
      if (ledger.hasStep(dependency.urn) || ledger.isOperatedOn(dependency.urn)) continue;
      const known = byUrn.get(dependency.urn);
      if (!known) {
        const message = `${describe[dependency.kind](dependency.urn, urn, dependency.key)} has no old state`;
        report("error", message, urn);
        throw new Bail(message);
      }
      before.push(...carry(known));
    }
    return [...before, untargetedSame(resource, answer)];
  };
  return carry(old, settle);
}

const describe = {
  parent: (dependency: string, urn: string) => `parent ${dependency} of untargeted resource ${urn}`,
  dependency: (dependency: string, urn: string) => `dependency ${dependency} of untargeted resource ${urn}`,
  property: (dependency: string, urn: string, key: string) =>
    `property dependency ${dependency} of untargeted resource ${urn}'s property ${key}`,
  "deleted-with": (dependency: string, urn: string) =>
    `deleted with dependency ${dependency} of untargeted resource ${urn}`,
  "replace-with": (dependency: string, urn: string) =>
    `replace with dependency ${dependency} of untargeted resource ${urn}`,
};

/**
 * Refuses the successor of what was deleted first when it needs what was carried over and still needs it: no order would
 * hold both, so that what is created could not be recorded. @throws Bail when a diagnostic has said so.
 */
export function refuseCircle({ ledger, report }: Generation, fresh: Resource): void {
  const needsOf = (resource: Resource) => dependencyUrns(resource).map((urn) => ledger.aliased.get(urn) ?? urn);
  const seen = new Set<string>();
  const frontier = needsOf(fresh);
  for (let urn = frontier.pop(); urn !== undefined; urn = frontier.pop()) {
    const needed = ledger.news.get(urn);
    if (!needed || seen.has(urn)) continue;
    seen.add(urn);
    const needs = needsOf(needed);
    if (needs.includes(fresh.urn)) {
      const message = `Resource '${fresh.urn}' depends on '${urn}', which depends on it as long as it is left as it was.`;
      report("error", message, fresh.urn);
      throw new Bail(message);
    }
    frontier.push(...needs);
  }
}

/** Queues an old resource that something depends on and nothing registers, and all it depends on, to be carried over. */
export function queueUntargeted(generation: Generation, urn: string): void {
  const { ledger } = generation;
  const old = ledger.olds.byUrn.get(urn);
  if (!old || ledger.hasStep(urn) || ledger.isOperatedOn(urn) || ledger.queuedUrns.has(urn)) return;
  ledger.queuedUrns.add(urn);
  if (old.provider !== "" && ledger.olds.provider(old.provider)) queueUntargeted(generation, providerUrn(old.provider));
  for (const dependency of dependenciesOf(old)) queueUntargeted(generation, dependency.urn);
  ledger.queued.push(untargetedSame(old));
}

/**
 * The last look at steps before they are run: puts what was queued in front of them, and refuses steps that depend on
 * something that was not created for want of a target. A preview goes on, to name all of these.
 */
export function withQueued(generation: Generation, steps: readonly Step[]): readonly Step[] {
  const { ledger, options, report } = generation;
  const queued = ledger.queued.splice(0).filter((step) => {
    const urn = urnOf(step);
    if (ledger.hasStep(urn) || ledger.isOperatedOn(urn)) return false;
    ledger.urns.add(urn);
    ledger.sames.add(urn);
    return true;
  });
  const all = [...queued, ...steps];
  if (!options.targets.constrained && !options.replaceTargets.constrained) return all;
  for (const step of all) {
    const resource = newOf(step);
    if (!resource || (step.op === "same" && step.skippedCreate)) continue;
    for (const urn of dependencyUrns(resource)) {
      if (!ledger.skippedCreates.has(urn)) continue;
      report(
        "error",
        `Resource '${urnOf(step)}' depends on '${urn}' which was was not specified in --target list.`,
        urnOf(step),
      );
      ledger.sawError = true;
      if (!options.preview) throw new Bail("untargeted create");
      ledger.skippedCreates.delete(urn);
    }
  }
  return all;
}
