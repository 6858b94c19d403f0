// Random programs: lists of resources that need what stands before them, edited at random, and run against a registrar.
import type { Alias, Goal, Registered, Registrar } from "../../engine/deployment/source.ts";
import { type PropertyMap, type PropertyValue, Secret } from "../../engine/values.ts";
import { goal } from "../engine/deployment/support.ts";
import type { Random } from "./random.ts";

export interface Node {
  /** Never changes; `name` may. */
  readonly key: number;
  readonly name: string;
  readonly oldNames: readonly string[];
  readonly component: boolean;
  /** Keys of nodes before it. -1: the stack. */
  readonly parent: number;
  readonly inputs: Readonly<Record<string, number>>;
  /** Inputs that are outputs of others, by name of the input. */
  readonly reads: Readonly<Record<string, number>>;
  readonly dependsOn: readonly number[];
  readonly secret: boolean;
  /** -1: nothing. */
  readonly deletedWith: number;
  readonly replaceWith: readonly number[];
  readonly retain: boolean;
  readonly protect: boolean;
  readonly deleteFirst: boolean | undefined;
  readonly ignore: readonly string[];
  readonly explicitProvider: boolean;
  readonly trigger: number | undefined;
}

export interface Plan {
  readonly nodes: readonly Node[];
  /** The explicit provider's region: another one replaces it, and all it manages. */
  readonly region: number;
  /** How many keys were ever given. */
  readonly keys: number;
}

/** Changes of these names update, replace, and replace deleting first (`Cloud`). */
const inputNames = ["x", "y", "force", "first"] as const;
const readNames = ["from", "forceFrom", "firstFrom"] as const;

export function randomPlan(random: Random): Plan {
  let plan: Plan = { nodes: [], region: 0, keys: 0 };
  for (let count = 2 + random.below(9); count > 0; count--) plan = withNode(random, plan);
  return plan;
}

function withNode(random: Random, { nodes, region, keys }: Plan): Plan {
  return { nodes: [...nodes, randomNode(random, keys, nodes)], region, keys: keys + 1 };
}

function randomNode(random: Random, key: number, before: readonly Node[]): Node {
  const component = random.chance(0.2);
  const components = before.filter((node) => node.component);
  const customs = before.filter((node) => !node.component);
  const one = (from: readonly Node[], p: number) => (from.length > 0 && random.chance(p) ? random.pick(from).key : -1);
  const reads = readNames.flatMap((name): [string, number][] => {
    const from = component ? -1 : one(customs, 0.3);
    return from < 0 ? [] : [[name, from]];
  });
  return {
    ...{ key, name: `n${key}`, oldNames: [], component },
    parent: one(components, 0.4),
    inputs: component ? {} : someInputs(random),
    reads: Object.fromEntries(reads),
    dependsOn: [one(before, 0.2)].filter((other) => other >= 0),
    secret: random.chance(0.1),
    deletedWith: component ? -1 : one(customs, 0.1),
    replaceWith: component ? [] : [one(customs, 0.07)].filter((other) => other >= 0),
    retain: !component && random.chance(0.05),
    protect: !component && random.chance(0.05),
    deleteFirst: random.chance(0.15) ? random.chance(0.5) : undefined,
    ignore: random.chance(0.1) ? [random.pick(inputNames)] : [],
    explicitProvider: !component && random.chance(0.2),
    trigger: random.chance(0.1) ? random.below(2) : undefined,
  };
}

const someInputs = (random: Random) =>
  Object.fromEntries(inputNames.filter(() => random.chance(0.5)).map((name) => [name, random.below(3)]));

/** Changes, removes, renames and adds. What pointed at a removed one points nowhere. */
export function edited(random: Random, plan: Plan): Plan {
  const kept = plan.nodes.filter(() => !random.chance(0.12));
  const keys = new Set(kept.map(({ key }) => key));
  const still = (key: number) => (keys.has(key) ? key : -1);
  const nodes = kept.map((node): Node => {
    const moved: Node = {
      ...node,
      parent: still(node.parent),
      reads: Object.fromEntries(Object.entries(node.reads).filter(([, from]) => keys.has(from))),
      dependsOn: node.dependsOn.filter((key) => keys.has(key)),
      deletedWith: still(node.deletedWith),
      replaceWith: node.replaceWith.filter((key) => keys.has(key)),
    };
    return random.chance(0.4) ? changed(random, moved) : moved;
  });
  const region = random.chance(0.08) ? plan.region + 1 : plan.region;
  let next: Plan = { nodes, region, keys: plan.keys };
  for (let count = random.below(3); count > 0; count--) next = withNode(random, next);
  return next;
}

function changed(random: Random, node: Node): Node {
  if (random.chance(0.1)) {
    const name = `${node.name.split("-")[0]}-${random.below(100)}`;
    if (name === node.name || node.oldNames.includes(name)) return node;
    return { ...node, name, oldNames: [node.name, ...node.oldNames] };
  }
  if (node.component) return node;
  return {
    ...node,
    inputs: someInputs(random),
    reads: random.chance(0.2) ? {} : node.reads,
    dependsOn: random.chance(0.2) ? [] : node.dependsOn,
    secret: random.chance(0.1),
    protect: random.chance(0.05),
    retain: random.chance(0.05),
    deleteFirst: random.chance(0.15) ? random.chance(0.5) : undefined,
    ignore: random.chance(0.1) ? [random.pick(inputNames)] : [],
    explicitProvider: random.chance(0.1) ? !node.explicitProvider : node.explicitProvider,
    trigger: random.chance(0.1) ? random.below(2) : node.trigger,
  };
}

/** The plan without what could forbid an operation. */
export const unprotected = (plan: Plan): Plan => ({
  ...plan,
  nodes: plan.nodes.map((node) => ({ ...node, protect: false })),
});

const unknownId = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Runs the program: each resource starts when what it needs is there, everything else goes on beside it. */
export async function runPlan({ nodes, region }: Plan, registrar: Registrar): Promise<void> {
  const root = await registrar.registerResource(goal({ type: "pulumi:pulumi:Stack", name: "proj-dev", custom: false }));
  const provider = await registrar.registerResource(
    goal({
      ...{ type: "pulumi:providers:test", name: "explicit", parent: root.urn, version: "1.2.3" },
      inputs: { region },
    }),
  );
  const reference = `${provider.urn}::${provider.id || unknownId}`;
  const done = new Map<number, Promise<Registered>>();
  for (const node of nodes) {
    const register = async (): Promise<Registered> => {
      const needs = [
        ...[node.parent, node.deletedWith, ...node.replaceWith, ...node.dependsOn].filter((key) => key >= 0),
        ...Object.values(node.reads),
      ];
      const needed = new Map(await Promise.all(needs.map(async (key) => [key, (await done.get(key))!] as const)));
      const made = await registrar.registerResource(goalOf(node, root.urn, needed, reference));
      // As the SDK has it: what failed has no URN.
      if (node.component && made.result === "success")
        await registrar.registerResourceOutputs(made.urn, { key: node.key });
      return made;
    };
    done.set(node.key, register());
  }
  // One that fails ends the program; the others must not be left unheard.
  const all = await Promise.all(done.values());
  await registrar.registerResourceOutputs(root.urn, Object.fromEntries(all.map(({ id }, i) => [nodes[i]!.name, id])));
}

function goalOf(node: Node, stack: string, needed: ReadonlyMap<number, Registered>, provider: string): Goal {
  const urn = (key: number) => needed.get(key)!.urn;
  const read = Object.entries(node.reads).map(([name, from]): [string, PropertyValue] => {
    const value = needed.get(from)!.outputs["computed"] ?? null;
    return [name, node.secret ? new Secret(value) : value];
  });
  const inputs: PropertyMap = { ...node.inputs, ...Object.fromEntries(read) };
  return goal({
    type: node.component ? "my:index:Group" : "test:index:Thing",
    name: node.name,
    custom: !node.component,
    parent: node.parent < 0 ? stack : urn(node.parent),
    inputs,
    dependencies: [...new Set([...node.dependsOn, ...Object.values(node.reads)].map(urn))],
    propertyDependencies: Object.fromEntries(Object.entries(node.reads).map(([name, from]) => [name, [urn(from)]])),
    deletedWith: node.deletedWith < 0 ? "" : urn(node.deletedWith),
    replaceWith: node.replaceWith.map(urn),
    retainOnDelete: node.retain,
    protect: node.protect,
    deleteBeforeReplace: node.deleteFirst,
    ignoreChanges: node.ignore,
    aliases: node.oldNames.map((name): Alias => ({ name })),
    replacementTrigger: node.trigger,
    provider: node.explicitProvider && !node.component ? provider : "",
    version: node.component ? "" : "1.2.3",
  });
}
