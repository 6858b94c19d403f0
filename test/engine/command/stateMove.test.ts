// Resources that go from one stack's state to another's. What is expected of the plan is what the official CLI (3.260.0) was
// seen to make of the same states.
import { expect, it } from "vitest";
import { planMove } from "../../../engine/command/stateMove.ts";
import { newResource, type ResourceState } from "../../../engine/state/resource.ts";
import { bench } from "./support.ts";

const urn = (stack: string, type: string, name: string) => `urn:pulumi:${stack}::ops::${type}::${name}`;
const dev = (type: string, name: string) => urn("dev", type, name);
const other = (type: string, name: string) => urn("other", type, name);
const pet = "random:index/randomPet:RandomPet";
const provider = "pulumi:providers:random";
const root = dev("pulumi:pulumi:Stack", "ops-dev");
const otherRoot = other("pulumi:pulumi:Stack", "ops-other");

const custom = (type: string, name: string, more: Partial<ResourceState> = {}, chain = "") =>
  newResource({ urn: dev(chain + type, name), type, custom: true, id: `${name}-id`, parent: root, ...more });
const withDefault = { provider: `${dev(provider, "default")}::default-id` };
const a = custom(pet, "a", { provider: `${dev(provider, "prov")}::prov-id` });
const b = custom(pet, "b", { ...withDefault, dependencies: [a.urn], propertyDependencies: { prefix: [a.urn] } });
const component = newResource({ urn: dev("my:index:C", "comp"), type: "my:index:C", custom: false, parent: root });
const child = custom(
  pet,
  "child",
  { ...withDefault, parent: component.urn, deletedWith: component.urn },
  "my:index:C$",
);
const grandchild = custom(pet, "grandchild", { ...withDefault, parent: child.urn }, `my:index:C$${pet}$`);
const source = [
  newResource({ urn: root, type: "pulumi:pulumi:Stack", custom: false }),
  custom(provider, "prov", { inputs: { region: "eu" } }),
  custom(provider, "default", { parent: "" }),
  component,
  a,
  child,
  grandchild,
  b,
];
const to = { project: "ops", stack: "other" };
const move = (urns: readonly string[], dest: readonly ResourceState[] = [], includeParents = false) =>
  planMove(source, dest, { urns, includeParents }, to);

it("takes what it depends on no longer along, copies its provider, and makes the stack's root", () => {
  const moved = move([b.urn, "urn:nope"]);
  expect(moved).toMatchObject({ moved: [b.urn], missing: ["urn:nope"], brokenInSource: [] });
  expect(moved.dest.map(({ urn, parent, provider }) => [urn, parent, provider])).toEqual([
    [otherRoot, "", ""],
    [other(provider, "default"), otherRoot, ""],
    [other(pet, "b"), otherRoot, `${other(provider, "default")}::default-id`],
  ]);
  const { dependencies, propertyDependencies, id } = moved.dest.at(-1)!;
  expect({ dependencies, propertyDependencies, id }).toEqual({
    dependencies: [],
    propertyDependencies: {},
    id: "b-id",
  });
  expect(moved.brokenInDest.map(({ kind, on, key }) => [kind, on, key])).toEqual([
    ["dependency", a.urn, ""],
    ["property", a.urn, "prefix"],
  ]);
  expect(moved.source).toEqual(source.filter((state) => state !== b));
});

it("takes from those that stay what they depended on", () => {
  const moved = move([a.urn]);
  expect(moved.brokenInSource.map(({ urn, kind }) => [urn, kind])).toEqual([
    [b.urn, "dependency"],
    [b.urn, "property"],
  ]);
  const { urn: stays, dependencies, propertyDependencies } = moved.source.at(-1)!;
  expect([stays, dependencies, propertyDependencies]).toEqual([b.urn, [], {}]);
});

it("takes children along, below the stack when their parent stays, below it when it comes", () => {
  expect(
    move([child.urn])
      .dest.slice(2)
      .map(({ urn, parent }) => [urn, parent]),
  ).toEqual([
    [other(pet, "child"), otherRoot],
    [other(`${pet}$${pet}`, "grandchild"), other(pet, "child")],
  ]);
  for (const moved of [move([component.urn]), move([child.urn], [], true)]) {
    expect(moved.moved).toEqual([component.urn, child.urn, grandchild.urn]);
    expect(moved.dest.slice(2).map(({ urn, deletedWith }) => [urn, deletedWith])).toEqual([
      [other("my:index:C", "comp"), ""],
      [other(`my:index:C$${pet}`, "child"), other("my:index:C", "comp")],
      [other(`my:index:C$${pet}$${pet}`, "grandchild"), ""],
    ]);
  }
  // The stack stands for all that is below it, providers apart.
  expect(move([root]).moved).toEqual([component, a, child, grandchild, b].map(({ urn }) => urn));
});

it("uses a provider that is there, if it is configured in the same way", () => {
  const there = (region: string) =>
    newResource({ urn: other(provider, "prov"), type: provider, custom: true, id: "theirs", inputs: { region } });
  const moved = move([a.urn], [there("eu")]);
  expect(moved.dest.map((state) => [state.urn, state.provider])).toEqual([
    [otherRoot, ""],
    [other(provider, "prov"), ""],
    [other(pet, "a"), `${other(provider, "prov")}::theirs`],
  ]);
  expect(() => move([a.urn], [there("us")])).toThrow(
    `provider ${other(provider, "prov")} already exists in destination stack`,
  );
});

it("moves no provider, and nothing over what is there", () => {
  expect(() => move([dev(provider, "prov")])).toThrow("cannot move providers.");
  const taken = newResource({ urn: other(pet, "a"), type: pet, custom: true, id: "x" });
  expect(() => move([a.urn], [taken])).toThrow(`resource ${taken.urn} already exists in destination stack`);
});

it("encrypts what it moves for where it goes, and says what stands in the way", async () => {
  const made = await bench({ recorded: true });
  await made.run("stack", "init", "other");
  const state = async (stack: string) => (await made.run("stack", "export", "--show-secrets", "-s", stack)).stdout;
  const urns = async (stack: string) =>
    ((JSON.parse(await state(stack)).deployment?.resources ?? []) as { urn: string }[]).map(({ urn }) => urn);
  const before = await urns("dev");
  const secret = (JSON.parse(await state("dev")).deployment.resources as { urn: string; outputs?: object }[]).find(
    ({ urn, outputs }) => urn.includes("::random:") && JSON.stringify(outputs ?? {}).includes("plaintext"),
  )!;
  const refused = async (...args: string[]) => (await made.run("state", "move", ...args)).stderr;
  expect(await refused(secret.urn, "--yes")).toBe("error: at least one of --source or --dest must be provided\n");
  expect(await refused(secret.urn, "--source", "dev", "--dest", "other")).toContain("--yes");
  expect(await refused("urn:nope", "--source", "dev", "--dest", "other", "--yes")).toMatch(
    /^error: no resources found to move\nTo list .* `pulumi stack --show-urns --stack organization\/recorded\/dev`/,
  );
  expect(await refused(secret.urn, "--source", "dev", "--dest", "dev", "--yes")).toContain("are the same stack");
  const done = await made.run("state", "mv", secret.urn, "--source", "dev", "--dest", "other", "--yes");
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toMatch(
    /^Planning to move .* from organization\/recorded\/dev to organization\/recorded\/other:/,
  );
  const there = await urns("other");
  expect(there).toContain(secret.urn.replace("urn:pulumi:dev::", "urn:pulumi:other::"));
  expect(await urns("dev")).toEqual(before.filter((each) => each !== secret.urn));
  const arrived = JSON.parse(await state("other")).deployment.resources.at(-1) as { outputs: object };
  expect(arrived.outputs).toEqual(secret.outputs);
});
