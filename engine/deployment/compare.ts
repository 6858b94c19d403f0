// Compares a registered resource with the old one and decides between same, update and replacement; a replacement creates
// first and deletes at the end, or deletes first, together with the dependents it would replace.

import type { PropertyMap, PropertyValue } from "../values.ts";
import { diffResource, reportCheckFailures, shownValue } from "./asking.ts";
import { cascadingReplacements, dependentReplacements } from "./dependents.ts";
import type { Diff } from "./diff.ts";
import {
  applyReplaceOnChanges,
  containsUnknowns,
  deepEquals,
  mapsEqual,
  needsReplacement,
  noDiff,
  replaceBecause,
  unwrapSecrets,
} from "./diff.ts";
import { Bail } from "./errors.ts";
import {
  type Candidate,
  deleteReplacedStep,
  deleteStep,
  ensureProvider,
  type Generation,
  isReplaceTarget,
} from "./generation.ts";
import { DiffUnavailable } from "./providerRegistry.ts";
import { parseProviderReference, type Resource } from "./resource.ts";
import { type Step, toStepDiff } from "./steps.ts";
import { urnName, urnType } from "./urn.ts";

type Changed = Candidate & { readonly old: Resource };

/** Steps for a resource that has an old state. `inputs` are the checked ones, ignored changes taken back. */
export async function stepsFromDiff(
  generation: Generation,
  candidate: Changed,
  inputs: PropertyMap,
): Promise<readonly Step[]> {
  const { ledger, options, report } = generation;
  const { goal, urn, old, new: fresh, settle } = candidate;
  const { replacementTrigger } = fresh.state;
  if (!options.preview && containsUnknowns(replacementTrigger)) {
    const message = `replacement trigger contains unknowns for ${urn}`;
    report("error", message, urn);
    throw new Bail(message);
  }
  const triggered = isTriggered(replacementTrigger, old.state.replacementTrigger);
  const compared: Diff = triggered ? { ...noDiff, changes: "some" } : await compare(generation, candidate, inputs);
  const unhealthy = old.state.initErrors.length > 0;
  const diff = applyReplaceOnChanges(compared, goal.replaceOnChanges, unhealthy);
  const pending = old.state.pendingReplacement;
  if (pending || (diff.changes === "some" && (triggered || needsReplacement(diff))))
    return replace(generation, candidate, diff);
  // An unchanged resource that did not become healthy is updated, so that the provider waits for it once more.
  if (diff.changes === "some" || unhealthy) {
    ledger.updates.add(urn);
    return [{ op: "update", old, new: fresh, diff: toStepDiff(diff), ignoreChanges: goal.ignoreChanges, settle }];
  }
  if (ledger.imports.has(urn)) {
    settle(old, "success");
    return [];
  }
  ledger.sames.add(urn);
  return [{ op: "same", old, new: fresh, skippedCreate: false, untargeted: false, settle }];
}

async function compare(generation: Generation, candidate: Changed, inputs: PropertyMap): Promise<Diff> {
  const { ledger, report } = generation;
  const { goal, urn, old, new: fresh, provider } = candidate;
  if (isReplaceTarget(generation, urn, old)) return replaceBecause("id");
  if (fresh.state.replaceWith.some((other) => ledger.replaces.has(other))) return replaceBecause("replaceWith");
  if (ledger.replaces.has(fresh.state.deletedWith)) return replaceBecause("deletedWith");
  if (await providerReplaces(generation, old, fresh)) return replaceBecause("provider");
  if (!provider) return mapsEqual(old.inputs, inputs) ? noDiff : { ...noDiff, changes: "some" };
  const { id, inputs: oldInputs, outputs: oldOutputs } = old;
  try {
    const request = { urn, type: urnType(urn), name: urnName(urn), id, oldInputs, oldOutputs, newInputs: inputs };
    return await diffResource(generation, provider, { ...request, ignoreChanges: goal.ignoreChanges });
  } catch (error) {
    if (!(error instanceof DiffUnavailable)) throw error;
    report("warning", error.message, urn);
    return { ...noDiff, changes: "some" };
  }
}

/** Whether the resource must go because its provider is another one, in a way that matters. */
async function providerReplaces({ ledger, registry }: Generation, old: Resource, fresh: Resource): Promise<boolean> {
  if (old.provider === fresh.provider) return false;
  // From component to custom resource or back: there is nothing to compare.
  if (old.provider === "" || fresh.provider === "") return true;
  const [oldUrn, newUrn] = [parseProviderReference(old.provider).urn, parseProviderReference(fresh.provider).urn];
  if (ledger.aliased.get(oldUrn) === newUrn) return false;
  const recorded = ledger.olds.byUrn.get(oldUrn);
  const registered = ledger.providers.get(newUrn);
  if (!recorded) throw new Error(`old state has no provider ${oldUrn}, though a resource uses it`);
  if (!registered) throw new Error(`provider ${newUrn} was not registered, though a resource uses it`);
  return registry.replaces(fresh.provider, recorded, registered);
}

async function replace(generation: Generation, candidate: Changed, diff: Diff): Promise<readonly Step[]> {
  const { ledger, options, report } = generation;
  const { goal, urn, old, new: fresh, provider, randomSeed, autonaming, settle } = candidate;
  if (fresh.state.protect && old.state.protect && !options.ignoreProtect) {
    const message =
      `unable to replace resource "${urn}"\n` +
      "as it is currently marked for protection. To unprotect the resource, " +
      "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`";
    report("error", message, urn);
    ledger.sawError = true;
    // A preview goes on, to show the change that asks for it.
    if (!options.preview) throw new Bail(message);
  }
  if (goal.importId !== "") refuseImported(generation, candidate, diff);
  ledger.replaces.add(urn);
  if (provider && !isReplaceTarget(generation, urn, old)) {
    // The defaults were taken over from the old resource, which no longer counts.
    const target = { urn, type: goal.type, name: urnName(urn) };
    const request = { ...target, oldInputs: {}, newInputs: goal.inputs, randomSeed, ...autonaming };
    const { inputs, failures } = await provider.check(request);
    if (reportCheckFailures(generation, fresh, failures)) throw new Bail(`resource ${urn} has check errors`);
    fresh.set({ inputs });
  }
  const shown = toStepDiff(diff);
  // What an earlier operation has deleted is not there to be deleted at the end.
  const first = old.state.pendingReplacement || (goal.deleteBeforeReplace ?? diff.deleteBeforeReplace);
  if (!first) {
    return [
      { op: "create-replacement", old, new: fresh, diff: shown, pendingDelete: true, settle },
      { op: "replace", old, new: fresh, diff: shown },
    ];
  }
  return [
    ...(await deleteFirst(generation, urn, old)),
    { op: "replace", old, new: fresh, diff: shown },
    { op: "create-replacement", old, new: fresh, diff: shown, pendingDelete: false, settle },
  ];
}

/** Deletes dependents that would be replaced too, last ones first, and then the resource itself. */
async function deleteFirst(generation: Generation, urn: string, old: Resource): Promise<readonly Step[]> {
  const { ledger, report } = generation;
  // What a preview has just imported stands in no graph, and nothing can depend on it.
  const dependents = ledger.olds.graph.contains(old) ? await dependentReplacements(generation, old) : [];
  const steps: Step[] = [];
  for (const { resource, keys } of [...dependents, ...cascadingReplacements(generation, urn)].reverse()) {
    if (ledger.pendingDeletes.has(resource)) continue;
    ledger.dependentReplaceKeys.set(resource.urn, keys);
    // It is deleted by the provider it has, which may be one that the program registers no more.
    await ensureProvider(generation, resource.provider);
    if (resource.state.delete) {
      steps.push(deleteStep(resource));
    } else if (resource.state.protect && !generation.options.ignoreProtect) {
      const message =
        `unable to replace resource "${resource.urn}" as part of replacing "${urn}" ` +
        "as it is currently marked for protection. To unprotect the resource, " +
        "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the command:\n" +
        `\`pulumi state unprotect '${resource.urn}'\``;
      report("error", message, urn);
      ledger.sawError = true;
      throw new Bail(message);
    } else if (!resource.state.pendingReplacement) {
      // Otherwise an operation that did not get further has deleted it already.
      steps.push(deleteReplacedStep(resource, true));
    }
    ledger.pendingDeletes.add(resource);
    // One that waited for its deletion has a successor of its name, which goes on living.
    if (resource.state.delete) continue;
    // Whether it is replaced or deleted for good is not known before the program registers it, or ends.
    ledger.deletes.add(resource.urn);
  }
  await ensureProvider(generation, old.provider);
  if (old.state.pendingReplacement) return steps;
  ledger.deletes.add(urn);
  return [...steps, deleteReplacedStep(old, true)];
}

function refuseImported({ options, report }: Generation, { urn, old, new: fresh }: Changed, diff: Diff): void {
  const changes = diff.replaces.map(
    (key) => `${key}: ${shownValue(old.inputs[key])} => ${shownValue(fresh.inputs[key])}`,
  );
  const message =
    "previously-imported resources that still specify an ID may not be replaced; " +
    `please remove the \`import\` declaration from your program;\n${changes.join("\n")}`;
  if (!options.preview) throw new Error(message);
  report("warning", message, urn);
}

/** Whether the trigger's value asks for a replacement: both are given and differ, or one is not known. */
function isTriggered(now: PropertyValue, old: PropertyValue): boolean {
  if (containsUnknowns(now) || containsUnknowns(old)) return true;
  if (now === null || old === null) return false;
  return !deepEquals(unwrapSecrets(now), unwrapSecrets(old));
}
