// Carries one step out: calls the provider and puts what comes of it into the resource's state. In a preview nothing is
// changed: create and update ask for a prediction, delete does nothing, read and refresh read. Which step to take is not
// decided here, and neither what is recorded or told of it.
// (pulumi/pulumi: pkg/resource/deploy/step.go)
import { randomBytes } from "node:crypto";
import { PartialFailure, type Provider } from "../providers/provider.ts";
import { stateTime } from "../state/time.ts";
import { type PropertyMap, type PropertyValue, Secret } from "../values.ts";
import { diffResource, reportCheckFailures } from "./asking.ts";
import { type Diff, invertDiff, mapsEqual, noDiff } from "./diff.ts";
import { DeleteProtected } from "./errors.ts";
import type { Hooks } from "./hooks.ts";
import type { ProviderRegistry } from "./providerRegistry.ts";
import { isProviderType, type Resource, unknownId } from "./resource.ts";
import type { Severity } from "./source.ts";
import {
  type CreateReplacementStep,
  type CreateStep,
  type DeleteReplacedStep,
  type DeleteStep,
  type ImportStep,
  isRead,
  newOf,
  type ReadStep,
  type RefreshStep,
  type Step,
  type UpdateStep,
} from "./steps.ts";
import { urnName, urnType } from "./urn.ts";

export interface ApplyContext {
  readonly preview: boolean;
  readonly registry: ProviderRegistry;
  readonly ignoreProtect: boolean;
  /** Whether a URN is deleted in this deployment: then what is `deletedWith` it goes by itself. */
  readonly isDeleted: (urn: string) => boolean;
  readonly hooks: Hooks;
  readonly signal: AbortSignal;
  readonly report: (severity: Severity, message: string, urn: string) => void;
}

/** @throws what the provider threw; after a PartialFailure the resource's state is nevertheless to be recorded. */
export async function applyStep(step: Step, context: ApplyContext): Promise<void> {
  try {
    await apply(step, context);
  } finally {
    const fresh = newOf(step);
    if (fresh && step.op !== "replace") markSecrets(fresh, context);
  }
}

async function apply(step: Step, context: ApplyContext): Promise<void> {
  switch (step.op) {
    case "same": {
      const { old, new: fresh } = step;
      fresh.set({ id: old.id, outputs: old.outputs });
      // A provider that found new inputs to be no change goes on with the old ones.
      const runs = isProviderType(fresh.type) && !step.skippedCreate && !step.untargeted;
      if (runs) await context.registry.same(fresh.copy({ inputs: old.inputs }), true);
      return;
    }
    case "create":
    case "create-replacement":
      return create(step, context);
    case "update":
      return update(step, context);
    case "delete":
    case "discard":
    case "delete-replaced":
    case "discard-replaced":
      return remove(step, context);
    case "read":
    case "read-replacement":
      return read(step, context);
    case "refresh":
      return refresh(step, context);
    case "import":
    case "import-replacement":
      return importResource(step, context);
    case "replace":
    case "remove-pending-replace":
      return;
    default:
      step satisfies never;
  }
}

async function create(step: CreateStep | CreateReplacementStep, context: ApplyContext): Promise<void> {
  const { new: fresh } = step;
  const { preview, signal, hooks } = context;
  await hooks.before("BeforeCreate", fresh, { newInputs: fresh.inputs });
  const created = { id: fresh.id, outputs: fresh.outputs };
  let failure: PartialFailure | undefined;
  if (fresh.custom) {
    const { inputs, state } = fresh;
    const request = { ...targetOf(fresh), inputs, preview, timeoutSeconds: state.customTimeouts.create, signal };
    const provider = providerOf(fresh, context);
    const create = () => provider.create(request);
    const answer = await orPartial(hooks.retrying("create", fresh, { newInputs: inputs }, create));
    if (answer instanceof PartialFailure) failure = answer;
    else if (!preview && answer.id === "") throw new Error("provider did not return an ID from Create");
    Object.assign(created, { id: answer.id, outputs: answer.outputs });
  }
  const now = stateTime();
  fresh.set({ ...created, created: now, modified: now, initErrors: failure?.reasons ?? [] });
  if (step.op === "create-replacement" && step.pendingDelete) step.old.set({ delete: true });
  if (failure) throw failure;
  if (!fresh.custom) return;
  await hooks.after("AfterCreate", fresh, { newInputs: fresh.inputs, newOutputs: fresh.outputs });
}

async function update(step: UpdateStep, context: ApplyContext): Promise<void> {
  const { old, new: fresh, ignoreChanges } = step;
  const { preview, signal, hooks } = context;
  fresh.set({ id: old.id, created: old.state.created, modified: old.state.modified });
  const values = { newInputs: fresh.inputs, oldInputs: old.inputs, oldOutputs: old.outputs };
  await hooks.before("BeforeUpdate", fresh, values);
  if (!fresh.custom) return;
  const request = {
    ...targetOf(fresh),
    id: old.id,
    oldInputs: old.inputs,
    oldOutputs: old.outputs,
    newInputs: fresh.inputs,
  };
  const timeoutSeconds = fresh.state.customTimeouts.update;
  const provider = providerOf(fresh, context);
  const change = () => provider.update({ ...request, ignoreChanges, preview, timeoutSeconds, signal });
  const answer = await orPartial(hooks.retrying("update", fresh, values, change));
  const modified = stateTime();
  if (!(answer instanceof PartialFailure)) {
    fresh.set({ outputs: answer, modified });
    await hooks.after("AfterUpdate", fresh, { ...values, newOutputs: fresh.outputs });
    return;
  }
  // The resource that exists was not made with the new inputs.
  fresh.set({ outputs: answer.outputs, inputs: old.inputs, initErrors: answer.reasons, modified });
  throw answer;
}

async function remove(step: DeleteStep | DeleteReplacedStep, context: ApplyContext): Promise<void> {
  const { old } = step;
  const { state, inputs, outputs, id } = old;
  const { hooks } = context;
  const values = { oldInputs: inputs, oldOutputs: outputs };
  await hooks.before("BeforeDelete", old, values);
  if (step.op === "delete" && state.protect && !context.ignoreProtect) throw new DeleteProtected(old.urn);
  const spared = state.external || state.retainOnDelete || context.isDeleted(state.deletedWith);
  if (!context.preview && !spared && old.custom) {
    const request = { ...targetOf(old), id, inputs, outputs, timeoutSeconds: state.customTimeouts.delete };
    const provider = providerOf(old, context);
    await hooks.retrying("delete", old, values, () => provider.delete({ ...request, signal: context.signal }));
  }
  // Not before the provider is done: the mark says that the deletion need not be tried again.
  if ((step.op === "delete-replaced" || step.op === "discard-replaced") && step.pendingReplacement) {
    old.set({ pendingReplacement: true });
  }
  await hooks.after("AfterDelete", old, values);
}

async function read(step: ReadStep, context: ApplyContext): Promise<void> {
  const { old, new: fresh } = step;
  const { id, inputs } = fresh;
  let failure: PartialFailure | undefined;
  if (id !== unknownId) {
    const provider = providerOf(fresh, context);
    const answer = await orPartial(provider.read({ ...targetOf(fresh), id, inputs, outputs: inputs }));
    if (!answer) throw new Error(`resource '${id}' does not exist`);
    fresh.set({ id: answer.id || id, outputs: answer.outputs });
    if (answer instanceof PartialFailure) {
      failure = answer;
      fresh.set({ initErrors: answer.reasons });
    }
  }
  if (step.op === "read-replacement") old?.set({ delete: true });
  const changed = old && (!mapsEqual(fresh.inputs, old.inputs) || !mapsEqual(fresh.outputs, old.outputs));
  fresh.set({ created: old?.state.created, modified: changed ? stateTime() : old?.state.modified });
  if (failure) throw failure;
}

async function refresh(step: RefreshStep, context: ApplyContext): Promise<void> {
  const { old, registered } = step;
  const { state, id, inputs, outputs } = old;
  if (!isRead(old) || state.pendingReplacement) {
    // As the official engine has it, what a program's refresh did not ask about counts as changed.
    step.result = registered ? { new: old.copy(), diff: { ...noDiff, changes: "some" } } : { new: old, diff: noDiff };
    return;
  }
  const provider = providerOf(registered ?? old, context);
  const answer = await orPartial(provider.read({ ...targetOf(old), id, inputs, outputs }));
  const initErrors = answer instanceof PartialFailure ? answer.reasons : [];
  if (initErrors.length > 0) {
    const message = `Refreshed resource is in an unhealthy state:\n* ${initErrors.join("\n* ")}`;
    context.report("warning", message, old.urn);
  }
  // A failure may be told of without an id.
  if (!answer || answer.id === "") {
    step.result = { new: undefined, diff: noDiff };
    return;
  }
  const fresh = (registered ?? old).copy({ id: answer.id, inputs: answer.inputs, outputs: answer.outputs, initErrors });
  if (!mapsEqual(fresh.inputs, inputs) || !mapsEqual(fresh.outputs, outputs)) {
    fresh.set({ modified: stateTime() });
  }
  step.result = { new: fresh, diff: await refreshDiff(old, fresh, provider, context) };
}

/**
 * What the recorded resource and the real one differ in: what an update of the unchanged program would do to bring the
 * real one back, turned round. For what was only read, the outputs decide.
 */
async function refreshDiff(old: Resource, fresh: Resource, provider: Provider, context: ApplyContext): Promise<Diff> {
  if (old.state.external) return mapsEqual(old.outputs, fresh.outputs) ? noDiff : { ...noDiff, changes: "some" };
  const { id, inputs: oldInputs, outputs: oldOutputs } = fresh;
  const request = { ...targetOf(old), id, oldInputs, oldOutputs, newInputs: old.inputs };
  return invertDiff(await diffResource(context, provider, { ...request, ignoreChanges: old.state.ignoreChanges }));
}

async function importResource(step: ImportStep, context: ApplyContext): Promise<void> {
  const { original, new: fresh, supplied } = step;
  const { importId } = fresh.state;
  const { id, inputs, outputs, initErrors } = await readForImport(step, context);
  fresh.set({ id, inputs, outputs, initErrors });
  step.imported = fresh.copy();
  const now = stateTime();
  // What differs from the goal is the business of the update that may follow. Without a goal nothing compares ids again.
  fresh.set({ created: now, modified: now, importId: supplied ? "" : importId });
  if (supplied && fresh.custom) await warnOfInvalidInputs(fresh, context);
  if (original) original.set({ delete: true });
}

async function readForImport({ new: fresh, supplied }: ImportStep, context: ApplyContext) {
  const { importId } = fresh.state;
  const { inputs = {}, outputs = {} } = supplied ?? {};
  const described = !fresh.custom || Object.keys(outputs).length > 0;
  if (described) return { id: importId, inputs, outputs, initErrors: [] };
  const answer = await orPartial(
    providerOf(fresh, context).read({ ...targetOf(fresh), id: importId, inputs: {}, outputs: {} }),
  );
  if (!answer) throw new Error(`resource '${importId}' does not exist`);
  return {
    id: answer.id || importId,
    inputs: fillGaps(answer.inputs, inputs),
    outputs: answer.outputs,
    initErrors: answer instanceof PartialFailure ? answer.reasons : [],
  };
}

/** Adds what was supplied where nothing was read. What was supplied as a secret is one, also where it was read. */
function fillGaps(read: PropertyMap, supplied: PropertyMap): PropertyMap {
  const fill = (key: string, value: PropertyValue) => {
    const found = read[key] ?? null;
    if (found === null) return value;
    return value instanceof Secret && !(found instanceof Secret) ? new Secret(found) : found;
  };
  return { ...read, ...Object.fromEntries(Object.entries(supplied).map(([key, value]) => [key, fill(key, value)])) };
}

/** Inputs that were read, not written, may not pass the provider's own check: the next update would. */
async function warnOfInvalidInputs(fresh: Resource, context: ApplyContext): Promise<void> {
  const { inputs, type, urn } = fresh;
  const request = { ...targetOf(fresh), oldInputs: inputs, newInputs: inputs, randomSeed: randomBytes(32) };
  const { failures } = await providerOf(fresh, context).check(request);
  if (failures.length === 0) return;
  const about = "One or more imported inputs failed to validate. This is almost certainly a bug in the";
  const then =
    "The import will still proceed, but you will need to edit the generated code after copying it into your program.";
  context.report("warning", `${about} \`${type.split(":")[0]}\` provider. ${then}`, urn);
  reportCheckFailures(context, fresh, failures, "warning");
}

/**
 * Marks outputs secret that the program asked to be (`additionalSecretOutputs`), and those of the name of a secret input:
 * a provider that does not know of secrets hands these back in plain text.
 */
function markSecrets(resource: Resource, { report }: ApplyContext): void {
  const { additionalSecretOutputs } = resource.state;
  if (additionalSecretOutputs.includes("id")) {
    report(
      "warning",
      "The 'id' property cannot be made secret. See pulumi/pulumi#2717 for more details.",
      resource.urn,
    );
  }
  const { inputs, outputs } = resource;
  const leaks = (key: string) => inputs[key] instanceof Secret || additionalSecretOutputs.includes(key);
  const plain = Object.entries(outputs).filter(([key, value]) => !(value instanceof Secret) && leaks(key));
  if (plain.length === 0) return;
  const marked: PropertyMap = Object.fromEntries(plain.map(([key, value]) => [key, new Secret(value)]));
  resource.set({ outputs: { ...outputs, ...marked } });
}

function targetOf({ urn }: Resource) {
  return { urn, type: urnType(urn), name: urnName(urn) };
}

function providerOf({ urn, type, provider }: Resource, { registry }: ApplyContext): Provider {
  if (isProviderType(type)) return registry;
  const found = registry.get(provider);
  if (!found) throw new Error(`unknown provider '${provider}' for resource ${urn}`);
  return found;
}

/** Makes a partial failure an answer: there is something to record before it is thrown. */
export function orPartial<T>(answer: Promise<T>): Promise<T | PartialFailure> {
  return answer.catch((error: unknown) => {
    if (error instanceof PartialFailure) return error;
    throw error;
  });
}
