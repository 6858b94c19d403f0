// Decides: from what the program wants (a goal) and what there was, the steps that lead from one to the other. Changes
// nothing but the ledger; asks providers to check and compare, never to act.
//
// Requests are handled one after the other, in the order in which they came: what is decided for one may condemn another
// (a replacement that deletes first takes its dependents with it). A request is answered by its steps, through `settle`.
//
// The order of decisions for a registered resource (pulumi/pulumi: pkg/resource/deploy/step_generator.go):
//   1. its parent must be registered, its URN must be new; the old resource is found by URN or alias
//   2. an `import` id that the old resource does not have: read it, then go on with what was read as the old resource
//   3. ignored changes are taken back, the provider checks the inputs
//   4. deleted already, because something it depends on is: create its replacement
//   5. was only read so far: create what takes its place
//   6. no target names it: as it was, or not created
//   7. there is an old one: compare (compare.ts) - same, update or replacement
//   8. else create
import { createHash } from "node:crypto";
import type { Provider } from "../providers/provider.ts";
import { newResource, type ResourceState } from "../state/resource.ts";
import type { PropertyMap } from "../values.ts";
import { findOld } from "./aliases.ts";
import { reportCheckFailures } from "./asking.ts";
import { stepsFromDiff } from "./compare.ts";
import { Bail } from "./errors.ts";
import { type Candidate, ensureProvider, type Generated, type Generation, isReplaceTarget } from "./generation.ts";
import { migrate } from "./migrating.ts";
import { formatPropertyPath, parsePropertyPath, resetPaths } from "./propertyPath.ts";
import { dependenciesOf, dependencyUrns, isProviderType, parseProviderReference, Resource } from "./resource.ts";
import {
  isIncluded,
  noteSelected,
  queueUntargeted,
  refuseCircle,
  skippedCreate,
  untargetedSteps,
  withQueued,
} from "./selection.ts";
import type { Goal, ReadGoal } from "./source.ts";
import { isRead, type RefreshStep, type Settle, type Step } from "./steps.ts";
import { childUrn, isRootStack, urnName } from "./urn.ts";

/**
 * Steps for a registered resource. @throws Bail when a diagnostic has said why there are none, or another error that is
 * to be reported under the resource's URN. Both end the deployment.
 */
export async function generateRegistration(generation: Generation, goal: Goal, settle: Settle): Promise<Generated> {
  const { ledger, options, registry, report } = generation;
  const urn = claimUrn(generation, goal.parent, goal.type, goal.name);
  const { old: found, alias, conflicts } = findOld({ ...goal, urn }, ledger, options);
  for (const conflict of conflicts) report("error", conflict, urn);
  const { stateMigrations = [] } = goal;
  const migrates = found !== undefined && stateMigrations.length > 0 && (options.mode ?? "update") === "update";
  const old = migrates ? await migrate(generation, stateMigrations, urn, found) : found;
  if (alias !== undefined) registry.alias(urn, alias);
  const fresh = new Resource(stateOf(goal, urn, old, alias));
  if (isProviderType(goal.type)) {
    for (const name of alias === undefined ? [urn] : [urn, alias]) ledger.providers.set(name, fresh);
  }
  // What needs something that is not created may have a provider that is not created, either.
  const asks = goal.custom && !isPassedOver(generation, fresh);
  const provider = asks ? await providerOf(generation, urn, goal.type, goal.provider) : undefined;
  const randomSeed = seedOf(urn, old);
  const named = asks ? options.autonamer?.({ type: goal.type, name: goal.name, seed: randomSeed }) : undefined;
  if (named?.warns && !provider?.supportsAutonaming) {
    const message = `${urn} resource has a custom autonaming setting but the provider does not support autonaming configuration`;
    report("warning", message, urn);
  }
  const candidate: Candidate = {
    goal: named?.deleteBeforeReplace ? { ...goal, deleteBeforeReplace: true } : goal,
    urn,
    old,
    new: fresh,
    provider,
    // What was condemned was so under the name it had.
    recreating: ledger.deletes.has(urn) || (alias !== undefined && ledger.deletes.has(alias)),
    randomSeed,
    autonaming: named ? { autonaming: named.options } : {},
    settle,
  };
  if (old && options.refreshes && isIncluded(generation, old)) {
    return refreshFirst(generation, candidate, old, conflicts.length > 0);
  }
  return proceed(generation, candidate, conflicts.length > 0);
}

/** Reads the old resource, then decides with what was read in its place. */
function refreshFirst(generation: Generation, candidate: Candidate, old: Resource, invalid: boolean): Generated {
  const { ledger } = generation;
  const step: RefreshStep = { op: "refresh", old, registered: candidate.new };
  ledger.refreshes.add(candidate.urn);
  return {
    steps: [step],
    next: async () => {
      const read = step.result?.new;
      if (read) {
        ledger.refreshed.set(old, read);
        ledger.olds.graph.alias(read, old);
      }
      return proceed(generation, { ...candidate, old: read }, invalid);
    },
  };
}

async function proceed(generation: Generation, candidate: Candidate, invalid: boolean): Promise<Generated> {
  const { goal, old } = candidate;
  const steps = stepsOfMode(generation, candidate);
  if (steps) return { steps: withQueued(generation, steps) };
  const knownId = old?.state.importId || old?.id;
  const imported = goal.custom && goal.importId !== "" && (!old || old.state.external || knownId !== goal.importId);
  if (imported && !invalid) return importFirst(generation, candidate);
  return { steps: withQueued(generation, await decide(generation, candidate, invalid)) };
}

/** Where the program runs for a destroy or a refresh: steps that do no more than answer it, if that is all there is to do. */
function stepsOfMode(generation: Generation, candidate: Candidate): readonly Step[] | undefined {
  const { ledger, options } = generation;
  const { urn, old, new: fresh, settle } = candidate;
  const { mode = "update" } = options;
  if (mode === "update") return undefined;
  const needsSkipped = isPassedOver(generation, fresh);
  if (mode === "refresh") {
    if (!isRead(fresh) && !needsSkipped) return undefined;
    if (!old) {
      ledger.sames.add(urn);
      ledger.skippedCreates.add(urn);
      return [skippedCreate(fresh, settle)];
    }
    settle(old, "success");
    return [];
  }
  if (needsSkipped || (isRead(fresh) && !old)) {
    ledger.skippedCreates.add(urn);
    if (old) fresh.set({ outputs: old.outputs });
    return [skippedCreate(fresh, settle)];
  }
  ledger.toDelete.push(fresh);
  if (!old || !isRead(fresh)) return undefined;
  ledger.sames.add(urn);
  fresh.set({ inputs: old.inputs });
  return [{ op: "same", old, new: fresh, skippedCreate: false, untargeted: false, settle }];
}

/** Whether it needs what the program registered, and a destroy or a refresh does not create. */
function isPassedOver({ ledger, options }: Generation, fresh: Resource): boolean {
  const { mode = "update" } = options;
  return mode !== "update" && dependencyUrns(fresh).some((urn) => ledger.skippedCreates.has(urn));
}

/** Steps for a resource that is read. @throws as {@link generateRegistration}. */
export async function generateRead(generation: Generation, goal: ReadGoal, settle: Settle): Promise<Generated> {
  const { ledger, options } = generation;
  const urn = claimUrn(generation, goal.parent, goal.type, goal.name);
  const { old, alias } = findOld({ ...goal, urn, aliases: [] }, ledger, options);
  if (goal.id === "") throw new Error(`Expected an ID for ${urn}`);
  const {
    type,
    id,
    inputs,
    parent,
    dependencies,
    provider,
    additionalSecretOutputs,
    sourcePosition,
    stackTrace = [],
  } = goal;
  const fresh = new Resource(
    newResource({
      ...{ urn, type, id, inputs, parent, dependencies, provider, additionalSecretOutputs, sourcePosition, stackTrace },
      custom: true,
      external: true,
      aliases: alias === undefined ? [] : [alias],
    }),
  );
  // A managed resource of that name is given up for the one that is read: it is deleted at the end.
  if (old && !old.state.external && old.id !== id) {
    ledger.replaces.add(urn);
    return {
      steps: [
        { op: "read-replacement", old, new: fresh, settle },
        { op: "replace", old, new: fresh, diff: { keys: [], diffs: [] } },
      ],
    };
  }
  ledger.reads.add(urn);
  if (options.mode === "destroy") ledger.toDelete.push(fresh);
  return { steps: [{ op: "read", old, new: fresh, settle }] };
}

function claimUrn({ ledger, options, report }: Generation, parent: string, type: string, name: string): string {
  if (parent !== "" && !ledger.urns.has(parent)) throw new Error(`could not find parent resource ${parent}`);
  const urn = childUrn(options.stack, options.project, parent, type, name);
  if (ledger.urns.has(urn)) {
    const message = `Duplicate resource URN '${urn}'; try giving it a unique name`;
    report("error", message, urn);
    throw new Bail(message);
  }
  ledger.urns.add(urn);
  return urn;
}

function stateOf(goal: Goal, urn: string, old: Resource | undefined, alias: string | undefined): ResourceState {
  const { type, custom, inputs, parent, dependencies, provider, propertyDependencies } = goal;
  const { additionalSecretOutputs, importId, deletedWith, replaceWith, sourcePosition, stackTrace, ignoreChanges } =
    goal;
  return newResource({
    ...{ urn, type, custom, inputs, parent, dependencies, provider, propertyDependencies },
    ...{ additionalSecretOutputs, importId, deletedWith, replaceWith, sourcePosition, stackTrace, ignoreChanges },
    protect: goal.protect,
    aliases: alias === undefined ? [] : [alias],
    customTimeouts: { ...goal.customTimeouts, read: 0 },
    retainOnDelete: goal.retainOnDelete,
    created: old?.state.created,
    modified: old?.state.modified,
    hideDiff: goal.hideDiffs.map((path) => formatPropertyPath(parsePropertyPath(path))),
    replaceOnChanges: goal.replaceOnChanges,
    replacementTrigger: goal.replacementTrigger ?? null,
    refreshBeforeUpdate: old?.state.refreshBeforeUpdate ?? false,
    resourceHooks: goal.hooks,
  });
}

/**
 * What autonaming derives a suffix from: the same in a preview as in the update that follows, so that predicted names
 * come true; another for a replacement, whose old resource has an id. (The official engine draws it at random.)
 */
function seedOf(urn: string, old: Resource | undefined): Uint8Array {
  return createHash("sha256")
    .update(`${urn}\n${old?.id ?? ""}`)
    .digest();
}

/** The provider that answers for a custom resource; from the state when the program registers it no more. */
async function providerOf(generation: Generation, urn: string, type: string, reference: string): Promise<Provider> {
  const { ledger, registry, report } = generation;
  if (isProviderType(type)) return registry;
  const known = registry.get(reference);
  if (known) return known;
  const recorded = ledger.olds.provider(reference);
  if (!recorded || recorded.state.delete) {
    const message = `unknown provider '${reference}' for resource '${urn}'`;
    report("error", message, urn);
    throw new Bail(message);
  }
  await ensureProvider(generation, reference);
  queueUntargeted(generation, parseProviderReference(reference).urn);
  return registry.get(reference)!;
}

/** Reads the resource that the goal's id names, then decides with that as the old one. */
function importFirst(generation: Generation, candidate: Candidate): Generated {
  const { goal, urn, old, new: fresh, recreating, settle } = candidate;
  generation.ledger.imports.add(urn);
  const original = old && !recreating ? old : undefined;
  const op = original ? "import-replacement" : "import";
  const step = { op, original, new: fresh, settle } as const;
  const replace: readonly Step[] = original
    ? [{ op: "replace", old: original, new: fresh, diff: { keys: [], diffs: [] } }]
    : [];
  // What has gone first is not created again: only its mark is there.
  const forget: readonly Step[] = old && recreating ? [{ op: "remove-pending-replace", old }] : [];
  if (old && recreating) noteRecreated(generation, urn, old);
  return {
    steps: withQueued(generation, [...forget, step, ...replace]),
    next: async () => {
      // Whatever follows takes the dates from what was read.
      const goalState = { ...stateOf(goal, urn, undefined, undefined), aliases: fresh.state.aliases };
      const wanted = { ...candidate, old: fresh, new: new Resource(goalState), recreating: false };
      return { steps: withQueued(generation, await decide(generation, wanted, false)) };
    },
  };
}

async function decide(generation: Generation, candidate: Candidate, invalid: boolean): Promise<readonly Step[]> {
  const { ledger } = generation;
  const { goal, urn, old, new: fresh, recreating, settle } = candidate;
  const wasExternal = old?.state.external === true;
  // Providers and the stack take part in everything: what is chosen needs them.
  const included = isProviderType(goal.type) || isRootStack(urn) || isIncluded(generation, fresh);
  const inputs = await checkInputs(generation, candidate, included);
  if (generation.options.targets.constrained && included) {
    for (const dependency of dependenciesOf(fresh)) queueUntargeted(generation, dependency.urn);
  }
  if (inputs === undefined || invalid) throw new Bail(`resource ${urn} is invalid`);
  if (recreating && old) {
    refuseCircle(generation, fresh);
    noteRecreated(generation, urn, old);
    const keys = ledger.dependentReplaceKeys.get(old.urn) ?? [];
    return [
      { op: "replace", old, new: fresh, diff: { keys: [], diffs: [] } },
      { op: "create-replacement", old, new: fresh, diff: { keys, diffs: [] }, pendingDelete: false, settle },
    ];
  }
  if (wasExternal) {
    ledger.creates.add(urn);
    const diff = { keys: [], diffs: [] };
    return [
      { op: "create-replacement", old, new: fresh, diff, pendingDelete: true, settle },
      { op: "replace", old, new: fresh, diff },
    ];
  }
  noteSelected(generation, fresh, included);
  if (!included) return untouched(generation, candidate);
  if (old) return stepsFromDiff(generation, { ...candidate, old }, inputs);
  ledger.creates.add(urn);
  return [{ op: "create", new: fresh, settle }];
}

/** What was condemned, under the name it had, has a successor. */
function noteRecreated({ ledger }: Generation, urn: string, old: Resource): void {
  for (const name of [urn, old.urn]) ledger.deletes.delete(name);
  ledger.replaces.add(urn);
}

/**
 * Takes ignored changes back and lets the provider check the inputs; what comes back goes into the new state. Answers
 * what to compare with the old inputs, or undefined when the provider found fault and a diagnostic has said so.
 */
async function checkInputs(
  generation: Generation,
  candidate: Candidate,
  included: boolean,
): Promise<PropertyMap | undefined> {
  const { report } = generation;
  const { goal, urn, old, new: fresh, provider, recreating, randomSeed, autonaming } = candidate;
  const kept = old ? resetPaths(goal.inputs, old.inputs, goal.ignoreChanges) : { inputs: goal.inputs, invalid: [] };
  if (kept.invalid.length > 0) {
    const paths = kept.invalid.join(", ");
    report("info", `cannot ignore changes in added or removed elements of the path: "${paths}"`, urn);
  }
  if (!provider) return kept.inputs;
  // What was deleted, never managed, or is to be replaced says nothing about what the inputs should be.
  const anew = !old || recreating || old.state.external || isReplaceTarget(generation, urn, old);
  const request = { urn, type: goal.type, name: urnName(urn), randomSeed, ...autonaming };
  const { inputs, failures } = !included
    ? { inputs: old?.inputs ?? {}, failures: [] }
    : await provider.check(
        anew
          ? { ...request, oldInputs: {}, newInputs: goal.inputs }
          : { ...request, oldInputs: old.inputs, newInputs: kept.inputs },
      );
  if (reportCheckFailures(generation, fresh, failures)) return undefined;
  fresh.set({ inputs });
  return inputs;
}

/** A registered resource that does not take part: as it was, or not created. */
function untouched(generation: Generation, { urn, old, new: fresh, settle }: Candidate): readonly Step[] {
  const { ledger, registry } = generation;
  if (!old) {
    ledger.sames.add(urn);
    ledger.skippedCreates.add(urn);
    return [skippedCreate(fresh, settle)];
  }
  if (old.provider !== "" && !registry.get(old.provider)) {
    if (!ledger.olds.provider(old.provider)) throw new Error(`could not find provider ${old.provider} in old state`);
    throw new Error(
      `provider ${old.provider} for resource ${urn} has not been registered yet, this is ` +
        "due to a change of providers mixed with --target. Change your program back to the original providers",
    );
  }
  return untargetedSteps(generation, urn, old, settle);
}
