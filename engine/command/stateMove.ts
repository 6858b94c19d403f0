// `state move`: takes resources, with all that is below them, out of one stack's state and puts them into another's. Nothing
// happens in any cloud. (pulumi/pulumi: pkg/cmd/pulumi/state/state_move.go)
//
// 1. What is moved is written where it goes before it is taken away from where it was: at no moment is it in no state.
// 2. Its providers are copied; what it depended on and what depended on it across the two stacks is told, and given up.

import { mapsEqual } from "../deployment/diff.ts";
import { isProviderType, providerReference } from "../deployment/resource.ts";
import { childUrn, createUrn, isRootStack, rootStackType, urnName, urnType } from "../deployment/urn.ts";
import { newManifest } from "../state/deployment.ts";
import { EngineError } from "../state/error.ts";
import { integrityProblem } from "../state/integrity.ts";
import { newResource, type ResourceState } from "../state/resource.ts";
import { fullName, type StackName } from "../state/stackName.ts";
import { requireYes } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { openCheckpoint, openStack, readConfig, stackSecrets } from "./stack.ts";

/** `state move <urn>... [--source stack] [--dest stack] [--include-parents]` */
export async function stateMove(context: CommandContext): Promise<number> {
  const { flags, args, stdout } = context;
  if (!flags.string("source") && !flags.string("dest"))
    throw new EngineError("at least one of --source or --dest must be provided");
  await requireYes(context, "This will move resources from one stack to another.");
  const stackOf = async (flag: string) => {
    const named = flags.string(flag);
    return openStack(context, named ? await context.parseStack(named) : undefined);
  };
  const [source, dest] = [await stackOf("source"), await stackOf("dest")];
  const [from, to] = [fullName(source.name), fullName(dest.name)];
  if (from === to) throw new EngineError(`source and destination are the same stack, ${from}`);
  const locks = [await source.backend.lock(source.name)];
  try {
    locks.push(await dest.backend.lock(dest.name));
    const [taking, giving] = [await openCheckpoint(context, dest), await openCheckpoint(context, source)];
    if (giving.snapshot === undefined) throw new EngineError(`source stack ${from} has no resources`);
    const { missing, ...move } = planMove(
      giving.snapshot.resources,
      taking.snapshot?.resources ?? [],
      { urns: args, includeParents: flags.boolean("include-parents") },
      dest.name,
    );
    for (const urn of missing) stdout(`warning: Resource ${urn} not found in source stack\n`);
    if (move.moved.length === 0)
      throw new EngineError(
        "no resources found to move\nTo list the resource URNs in the stack, run " +
          `\`pulumi stack --show-urns --stack ${from}\`; to inspect the full state, run \`pulumi stack export --stack ${from}\`.`,
      );
    stdout(`Planning to move the following resources from ${from} to ${to}:\n\n`);
    stdout(`${move.moved.map((urn) => `  - ${urn}\n`).join("")}\n`);
    stdout(brokenText(move.brokenInSource, move.brokenInDest, from, to));
    const secrets = taking.secrets ?? (await destinationSecrets(context, dest));
    const known = taking.snapshot ?? { manifest: newManifest(context.version), pendingOperations: [], metadata: {} };
    for (const [what, resources] of [
      ["destination", move.dest],
      ["source", move.source],
    ] as const) {
      const problem = integrityProblem({ ...known, pendingOperations: [], resources });
      if (problem !== undefined)
        throw new EngineError(`the ${what} stack would not hold together, so nothing was moved: ${problem}`);
    }
    await taking.write({ ...known, resources: move.dest }, secrets);
    await giving.write(
      { ...giving.snapshot, resources: move.source },
      giving.secrets ?? (await stackSecrets(context, source, await readConfig(context, source.name))),
    );
    stdout(`Successfully moved resources from ${from} to ${to}\n`);
    return 0;
  } finally {
    for (const lock of locks.reverse()) await lock.release();
  }
}

/** A stack that never was updated gets its key from its configuration file, which is the project's. */
async function destinationSecrets(context: CommandContext, dest: Awaited<ReturnType<typeof openStack>>) {
  const project = await context.projectIfAny();
  if (project?.name !== dest.name.project)
    throw new EngineError(
      "destination stack has no secret manager. To move resources either initialize the stack with a secret manager, " +
        "or run the pulumi state move command from the destination project directory",
    );
  const config = await readConfig(context, dest.name);
  const secrets = await stackSecrets(context, dest, config);
  await config.save();
  return secrets;
}

interface Broken {
  readonly urn: string;
  readonly on: string;
  readonly kind: "dependency" | "property" | "deletedWith" | "replaceWith";
  readonly key: string;
}

export interface Move {
  /** As the source calls them. */
  readonly moved: readonly string[];
  /** Asked for, and not there. */
  readonly missing: readonly string[];
  readonly source: readonly ResourceState[];
  readonly dest: readonly ResourceState[];
  readonly brokenInSource: readonly Broken[];
  readonly brokenInDest: readonly Broken[];
}

/** Both states after the move. Pure. @throws EngineError for what cannot be moved, or is there already. */
export function planMove(
  source: readonly ResourceState[],
  dest: readonly ResourceState[],
  wanted: { readonly urns: readonly string[]; readonly includeParents: boolean },
  to: StackName,
): Move {
  const moving = chosen(source, wanted);
  const isMoved = (urn: string) => moving.has(urn);
  const moved = source.filter(({ urn }) => isMoved(urn));
  const brokenInSource: Broken[] = [];
  const brokenInDest: Broken[] = [];
  const rest = source.filter(({ urn }) => !isMoved(urn)).map((state) => without(state, isMoved, brokenInSource));
  const there = new Map(dest.map((state) => [state.urn, state]));
  const root = dest.find(({ urn }) => isRootStack(urn)) ?? newRoot(to);
  const arrived: ResourceState[] = dest.includes(root) ? [...dest] : [root, ...dest];
  const urns = new Map<string, string>();
  const references = new Map<string, string>();
  const place = (state: ResourceState): ResourceState => {
    const parent = urns.get(state.parent) ?? root.urn;
    const urn = childUrn(to.stack, to.project, parent, urnType(state.urn), urnName(state.urn));
    const kept = without(state, (name) => !isMoved(name), brokenInDest);
    const one = (name: string) => urns.get(name) ?? name;
    return {
      ...kept,
      urn,
      parent,
      provider: references.get(state.provider) ?? state.provider,
      dependencies: kept.dependencies.map(one),
      propertyDependencies: Object.fromEntries(
        Object.entries(kept.propertyDependencies).map(([key, list]) => [key, list.map(one)]),
      ),
      deletedWith: one(kept.deletedWith),
      replaceWith: kept.replaceWith.map(one),
    };
  };
  const providers = new Set(moved.map(({ provider }) => provider));
  for (const state of source) {
    const reference = providerReference(state.urn, state.id);
    if (!providers.has(reference)) continue;
    const copy = place(state);
    const known = there.get(copy.urn);
    if (known && known.id !== copy.id && !mapsEqual(known.inputs, copy.inputs))
      throw new EngineError(`provider ${copy.urn} already exists in destination stack`);
    references.set(reference, providerReference(copy.urn, (known ?? copy).id));
    if (!known) arrived.push(copy);
  }
  for (const state of moved) {
    const fresh = place(state);
    if (there.has(fresh.urn)) throw new EngineError(`resource ${fresh.urn} already exists in destination stack`);
    urns.set(state.urn, fresh.urn);
    arrived.push(fresh);
  }
  const known = new Set(source.map(({ urn }) => urn));
  const missing = wanted.urns.filter((urn) => !known.has(urn));
  return { moved: moved.map(({ urn }) => urn), missing, source: rest, dest: arrived, brokenInSource, brokenInDest };
}

/** What is asked for, with all below it and, if so asked, above. The stack stands for all that is below it. */
function chosen(
  source: readonly ResourceState[],
  { urns, includeParents }: { readonly urns: readonly string[]; readonly includeParents: boolean },
): ReadonlySet<string> {
  const asked = new Set(urns);
  if (source.some(({ urn, type }) => asked.has(urn) && isProviderType(type)))
    throw new EngineError(
      "cannot move providers. Only resources can be moved, and providers will be included automatically",
    );
  const parents = new Map(source.map(({ urn, parent }) => [urn, parent]));
  if (includeParents)
    for (const urn of [...asked].filter((name) => parents.has(name)))
      for (let parent = parents.get(urn); parent; parent = parents.get(parent))
        if (!isRootStack(parent) && !isProviderType(urnType(parent))) asked.add(parent);
  // Parents stand before their children.
  for (const { urn, parent, type } of source) if (asked.has(parent) && !isProviderType(type)) asked.add(urn);
  return new Set([...asked].filter((urn) => parents.has(urn) && !isRootStack(urn)));
}

/** The state without what it names among `gone`; each such name is told. Providers and parents are seen to elsewhere. */
function without(state: ResourceState, gone: (urn: string) => boolean, broken: Broken[]): ResourceState {
  const keeps =
    (kind: Broken["kind"], key = "") =>
    (on: string) => {
      if (on === "" || !gone(on)) return true;
      broken.push({ urn: state.urn, on, kind, key });
      return false;
    };
  return {
    ...state,
    dependencies: state.dependencies.filter(keeps("dependency")),
    // As the official CLI has it, a property that depends on nothing has no entry from here on.
    propertyDependencies: Object.fromEntries(
      Object.entries(state.propertyDependencies)
        .map(([key, list]) => [key, list.filter(keeps("property", key))] as const)
        .filter(([, list]) => list.length > 0),
    ),
    deletedWith: keeps("deletedWith")(state.deletedWith) ? state.deletedWith : "",
    replaceWith: state.replaceWith.filter(keeps("replaceWith")),
  };
}

function newRoot({ stack, project }: StackName): ResourceState {
  const urn = createUrn(stack, project, "", rootStackType, `${project}-${stack}`);
  return newResource({ urn, type: rootStackType, custom: false });
}

function brokenText(inSource: readonly Broken[], inDest: readonly Broken[], from: string, to: string): string {
  const lines = (broken: readonly Broken[]) => broken.map((each) => `  - ${brokenLine(each)}\n`).join("");
  const parts = [
    inSource.length > 0 &&
      `The following resources remaining in ${from} have dependencies on resources moved to ${to}:\n\n${lines(inSource)}`,
    inDest.length > 0 &&
      `The following resources being moved to ${to} have dependencies on resources in ${from}:\n\n${lines(inDest)}`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return "";
  return (
    `${parts.join("\n")}\nIf you go ahead with moving these dependencies, it will be necessary to create the appropriate ` +
    "inputs and outputs in the program for the stack the resources are moved to.\n\n"
  );
}

function brokenLine({ urn, on, kind, key }: Broken): string {
  if (kind === "dependency") return `${urn} has a dependency on ${on}`;
  if (kind === "property") return `${urn} (${key}) has a property dependency on ${on}`;
  return kind === "deletedWith" ? `${urn} is marked as deleted with ${on}` : `${urn} is marked as replace with ${on}`;
}
