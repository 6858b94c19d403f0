// What is previewed is what is done: random programs, edited at random, on one stack each. After every edit the set of
// (operation, URN) of a preview equals that of the update that follows, the snapshot is valid at every write, and state
// and cloud hold the same resources.
import { expect, it } from "vitest";
import { unwrapSecretsIn } from "../../../engine/deployment/diff.ts";
import type { Registered } from "../../../engine/deployment/source.ts";
import { type PropertyMap, type PropertyValue, Secret } from "../../../engine/values.ts";
import { type Api, type Options, TestStack } from "./support.ts";

interface Node {
  readonly name: string;
  readonly component: boolean;
  /** Index of a component before it; -1 for the stack. */
  readonly parent: number;
  /** Plain inputs. */
  readonly inputs: Readonly<Record<string, number>>;
  /** Inputs that come from outputs of others: by name, the index of the other. */
  readonly reads: Readonly<Record<string, number>>;
  readonly dependsOn: readonly number[];
  readonly secret: boolean;
  readonly deletedWith: number;
  readonly retain: boolean;
  readonly dbr: boolean | undefined;
  readonly ignore: readonly string[];
  readonly provider: boolean;
}

/** A small deterministic generator (mulberry32). */
function randomOf(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    below: (n: number) => Math.floor(next() * n),
    chance: (p: number) => next() < p,
  };
}
type Random = ReturnType<typeof randomOf>;

const inputNames = ["x", "y", "force", "first"] as const;

function randomNode(random: Random, name: string, before: readonly Node[]): Node {
  const component = random.chance(0.2);
  const components = before.flatMap(({ component: is }, i) => (is ? [i] : []));
  const customs = before.flatMap(({ component: is }, i) => (is ? [] : [i]));
  const pick = (from: readonly number[]) => from[random.below(from.length)]!;
  const some = (p: number) => random.chance(p);
  return {
    name,
    component,
    parent: components.length > 0 && some(0.4) ? pick(components) : -1,
    inputs: component
      ? {}
      : Object.fromEntries(inputNames.filter(() => some(0.5)).map((key) => [key, random.below(3)])),
    reads:
      component || customs.length === 0
        ? {}
        : Object.fromEntries(
            ["from", "forceFrom", "firstFrom"].filter(() => some(0.3)).map((key) => [key, pick(customs)]),
          ),
    dependsOn: before.length > 0 && some(0.2) ? [random.below(before.length)] : [],
    secret: some(0.1),
    deletedWith: customs.length > 0 && !component && some(0.1) ? pick(customs) : -1,
    retain: !component && some(0.05),
    dbr: some(0.15) ? some(0.5) : undefined,
    ignore: some(0.1) ? [inputNames[random.below(inputNames.length)]!] : [],
    provider: !component && some(0.15),
  };
}

function randomProgram(random: Random): readonly Node[] {
  const nodes: Node[] = [];
  for (let i = 0; i < 2 + random.below(9); i++) nodes.push(randomNode(random, `n${i}`, nodes));
  return nodes;
}

/** Changes inputs, removes, renames and adds; what pointed at a removed one points nowhere. */
function edited(random: Random, program: readonly Node[], step: number): readonly Node[] {
  const gone = new Set(program.flatMap((_, i) => (random.chance(0.12) ? [i] : [])));
  const at = new Map<number, number>();
  const kept = program.filter((_, i) => {
    if (gone.has(i)) return false;
    at.set(i, at.size);
    return true;
  });
  const where = (i: number) => at.get(i) ?? -1;
  const nodes = kept.map((node, i): Node => {
    const change = random.chance(0.4);
    const reads = Object.entries(node.reads).flatMap(([key, from]) =>
      where(from) < 0 ? [] : [[key, where(from)] as const],
    );
    const moved: Node = {
      ...node,
      parent: where(node.parent),
      reads: Object.fromEntries(reads),
      dependsOn: node.dependsOn.map(where).filter((d) => d >= 0),
      deletedWith: where(node.deletedWith),
    };
    if (!change || node.component) return moved;
    return { ...randomNode(random, node.name, []), component: false, ...pointers(moved, i), retain: node.retain };
  });
  for (let i = 0; i < random.below(3); i++) nodes.push(randomNode(random, `s${step}n${i}`, nodes));
  return nodes;
}

const pointers = ({ parent, reads, dependsOn, deletedWith }: Node, _i: number) => ({
  parent,
  reads,
  dependsOn,
  deletedWith,
});

const programOf = (nodes: readonly Node[]) => async (stack: Api) => {
  const provider = await stack.registrar.registerResource({
    ...base,
    type: "pulumi:providers:test",
    name: "explicit",
    parent: stack.stackUrn,
    version: "1.2.3",
  });
  const done: Promise<Registered>[] = [];
  for (const [i, node] of nodes.entries()) {
    // Each starts when what it needs is there, as in a real program; otherwise they go in parallel.
    done[i] = (async () => {
      const needs = [node.parent, node.deletedWith, ...node.dependsOn, ...Object.values(node.reads)].filter(
        (n) => n >= 0,
      );
      const needed = new Map(await Promise.all(needs.map(async (n) => [n, await done[n]!] as const)));
      const urn = (n: number) => (n < 0 ? "" : needed.get(n)!.urn);
      const parent = node.parent < 0 ? stack.stackUrn : urn(node.parent);
      const dependencies = [...new Set([...node.dependsOn, ...Object.values(node.reads)].map(urn))];
      if (node.component) {
        const made = await stack.component(node.name, { parent, dependencies });
        await stack.registrar.registerResourceOutputs(made.urn, { name: node.name });
        return made;
      }
      const read = Object.entries(node.reads).map(([key, from]): [string, PropertyValue] => {
        const value = needed.get(from)!.outputs["computed"]!;
        return [key, node.secret ? new Secret(value) : value];
      });
      const inputs: PropertyMap = { ...node.inputs, ...Object.fromEntries(read) };
      return stack.thing(node.name, inputs, {
        parent,
        dependencies,
        propertyDependencies: Object.fromEntries(Object.entries(node.reads).map(([key, from]) => [key, [urn(from)]])),
        deletedWith: urn(node.deletedWith),
        retainOnDelete: node.retain,
        deleteBeforeReplace: node.dbr,
        ignoreChanges: node.ignore,
        provider: node.provider ? `${provider.urn}::${provider.id || "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}` : "",
      });
    })();
  }
  const all = await Promise.all(done);
  await stack.outputs(Object.fromEntries(nodes.map(({ name }, i) => [name, all[i]!.id])));
};

const base = {
  custom: true,
  remote: false,
  inputs: {},
  dependencies: [],
  propertyDependencies: {},
  provider: "",
  providers: {},
  pluginDownloadUrl: "",
  protect: false,
  retainOnDelete: false,
  deletedWith: "",
  ignoreChanges: [],
  replaceOnChanges: [],
  deleteBeforeReplace: undefined,
  additionalSecretOutputs: [],
  aliases: [],
  importId: "",
  customTimeouts: { create: 0, update: 0, delete: 0 },
  hideDiffs: [],
  replaceWith: [],
  replacementTrigger: undefined,
  hooks: {},
  sourcePosition: "",
  stackTrace: [],
};

const seeds = Number(process.env["TUTTI_SEEDS"] ?? 120);
const firstSeed = Number(process.env["TUTTI_FIRST_SEED"] ?? 1);
/** 329: a dependent that went first was created again while its deletion had not begun. */
const onceFailed = [329];

it(`previews exactly what it does: ${seeds} random stacks, five edits each`, async () => {
  const counts = new Map<string, number>();
  for (const seed of [...onceFailed, ...Array.from({ length: seeds }, (_, i) => firstSeed + i)]) {
    const random = randomOf(seed);
    const stack = new TestStack();
    let nodes = randomProgram(random);
    for (let step = 0; step < 5; step++) {
      const where = `seed ${seed}, step ${step}`;
      const options: Options = { parallel: random.chance(0.3) ? 1 : 8 };
      const program = programOf(nodes);
      const before = stack.contents;
      const planned = await stack.preview(program, options);
      expect(planned.messages, where).toEqual([]);
      expect(planned.result, where).toBe("succeeded");
      expect(stack.contents, where).toBe(before);
      const done = await stack.up(program, options);
      expect(done.messages, where).toEqual([]);
      expect(done.steps, where).toEqual(planned.steps);
      expect(done.changes, where).toEqual(planned.changes);
      for (const line of done.steps) counts.set(line.split(" ")[0]!, (counts.get(line.split(" ")[0]!) ?? 0) + 1);
      checkCloud(stack, nodes, where);
      const again = await stack.up(program, options);
      expect(Object.keys(again.changes), where).toEqual(["same"]);
      nodes = edited(random, nodes, step);
    }
    const end = await stack.destroy();
    expect(end.messages, `seed ${seed}, destroy`).toEqual([]);
    expect(stack.contents.resources, `seed ${seed}, destroy`).toEqual([]);
  }
  // The generator reaches every kind of step that a program without reads and imports can lead to.
  for (const op of ["same", "create", "update", "delete", "replace", "create-replacement", "delete-replaced"]) {
    expect(counts.get(op) ?? 0, op).toBeGreaterThan(Math.min(20, seeds));
  }
});

/** Every resource of the state exists, everything that exists is in the state or was to be left behind. */
function checkCloud(stack: TestStack, nodes: readonly Node[], where: string): void {
  const recorded = stack.contents.resources.filter(({ type }) => type === "test:index:Thing");
  expect(recorded.map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2)).sort(), where).toEqual(
    nodes
      .filter(({ component }) => !component)
      .map(({ name }) => name)
      .sort(),
  );
  for (const { id, inputs } of recorded) {
    const object = stack.cloud.objects.get(id);
    expect(object, `${where}: ${id} exists`).toBeDefined();
    // A value that only became a secret is recorded as one, and is no change to the cloud.
    expect(unwrapSecretsIn(object!.inputs), where).toEqual(unwrapSecretsIn(inputs));
  }
}
