// The parts that only compute: URNs, property paths, diffs, the dependency graph, targets.
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import type { SourcePosition } from "@pulumi/pulumi/proto/source_pb.js";
import sourceProto from "@pulumi/pulumi/proto/source_pb.js";
import { describe, expect, it } from "vitest";
import { antichains, DependencyGraph } from "../../../engine/deployment/dependencyGraph.ts";
import { applyReplaceOnChanges, deepEquals, diffMaps, invertDiff, noDiff } from "../../../engine/deployment/diff.ts";
import { goalOf } from "../../../engine/deployment/goal.ts";
import { inOrder } from "../../../engine/deployment/order.ts";
import { collectDependencies, lowerOutputs, raiseOutputs } from "../../../engine/deployment/outputValues.ts";
import {
  formatPropertyPath,
  parsePropertyPath,
  pathContains,
  resetPaths,
} from "../../../engine/deployment/propertyPath.ts";
import { parseProviderReference, resource } from "../../../engine/deployment/resource.ts";
import { UrnTargets } from "../../../engine/deployment/targets.ts";
import { childUrn, createUrn, isUrn, parseUrn, urnName, urnType } from "../../../engine/deployment/urn.ts";
import type { ResourceState } from "../../../engine/state/resource.ts";
import { Asset, OutputValue, type PropertyValue, Secret, unknown } from "../../../engine/values.ts";

describe("URNs", () => {
  it("hold the chain of ancestors' types, without the root stack's", () => {
    const stack = createUrn("dev", "p", "", "pulumi:pulumi:Stack", "p-dev");
    const group = childUrn("dev", "p", stack, "my:mod:Group", "g");
    const inner = childUrn("dev", "p", group, "a:b/c:D", "x");
    expect(inner).toBe("urn:pulumi:dev::p::my:mod:Group$a:b/c:D::x");
    expect(childUrn("dev", "p", inner, "e:f:G", "y")).toBe("urn:pulumi:dev::p::my:mod:Group$a:b/c:D$e:f:G::y");
    expect(urnType(inner)).toBe("a:b/c:D");
  });

  it("may hold :: and $ in the name", () => {
    const urn = createUrn("dev", "p", "", "a:b:C", "x::y$z");
    expect(parseUrn(urn)).toEqual({ stack: "dev", project: "p", qualifiedType: "a:b:C", name: "x::y$z" });
    expect(urnName(urn)).toBe("x::y$z");
  });

  it("are refused when they are none", () => {
    expect(isUrn("urn:pulumi:dev::p::a:b:C")).toBe(false);
    expect(() => parseUrn("nope")).toThrow('invalid URN "nope"');
    expect(() => parseProviderReference("urn:pulumi:dev::p::a:b:C::x::id")).toThrow("bad provider reference");
    expect(parseProviderReference("urn:pulumi:dev::p::pulumi:providers:x::n::id").id).toBe("id");
  });
});

describe("goals", () => {
  const asked = (at: SourcePosition | undefined, value?: OutputValue) => {
    const request = new resourceProto.RegisterResourceRequest().setSourceposition(at);
    const options = new resourceProto.TransformResourceOptions();
    return goalOf(request, options, value ? { value } : {}, { all: [], byProperty: {} }, "/project");
  };
  const at = (uri: string, line: number, column: number) =>
    new sourceProto.SourcePosition().setUri(uri).setLine(line).setColumn(column);

  it.each([
    ["file:///project/src/a%20b.ts", 3, 7, "project:///src/a%20b.ts#3,7"],
    ["file:///project/a.ts", 3, 0, "project:///a.ts#3"],
    ["file:///else/a.ts", 1, 1, "project:///../else/a.ts#1,1"],
    ["node:internal/main", 3, 7, ""],
    ["file:///project/a.ts", -1, 7, ""],
  ])("come from %s, line %i, column %i: %s", (uri, line, column, position) => {
    expect(asked(at(uri, line, column)).sourcePosition).toBe(position);
    expect(asked(undefined).sourcePosition).toBe("");
  });

  it("hold secrets and unknowns in the place of outputs", () => {
    const of = (value: OutputValue) => asked(undefined, value).inputs["value"];
    expect(of(new OutputValue(new OutputValue("x", true, true, []), true, false, []))).toEqual(new Secret("x"));
    expect(of(new OutputValue("x", false, false, []))).toBe(unknown);
  });
});

describe("output values", () => {
  const output = (element: PropertyValue, ...urns: string[]) => new OutputValue(element, true, false, urns);
  const later = new OutputValue(unknown, false, false, ["urn:l"]);

  it("become secrets, unknowns or what they hold, at any depth", () => {
    const hidden = new OutputValue(output(1), true, true, []);
    expect(lowerOutputs({ hidden, later, deep: [{ x: output([hidden]) }], secret: new Secret({ x: later }) })).toEqual({
      hidden: new Secret(1),
      later: unknown,
      deep: [{ x: [new Secret(1)] }],
      secret: new Secret({ x: unknown }),
    });
  });

  it("name what they depend on, at any depth", () => {
    const found = new Set<string>();
    const inside = output([output(1, "urn:b")], "urn:a");
    collectDependencies({ inside, secret: new Secret(output(1, "urn:c")), list: [later] }, found);
    expect([...found]).toEqual(["urn:a", "urn:b", "urn:c", "urn:l"]);
  });

  it("are what transforms see of secrets, of unknowns, and of what depends on something", () => {
    const needs = { plain: ["urn:a"], own: ["urn:a"], covered: ["urn:b"] };
    const properties = {
      plain: 1,
      own: output(1, "urn:b"),
      covered: [output(1, "urn:b")],
      free: [{ x: new Secret("s") }],
      both: new Secret(unknown),
      later: unknown,
    };
    expect(raiseOutputs(properties, needs)).toEqual({
      plain: output(1, "urn:a"),
      own: output(1, "urn:b", "urn:a"),
      covered: [output(1, "urn:b")],
      free: [{ x: new OutputValue("s", true, true, []) }],
      both: new OutputValue(unknown, false, true, []),
      later: new OutputValue(unknown, false, false, []),
    });
  });
});

describe("property paths", () => {
  it.each([
    ["root", ["root"]],
    ["root.nested", ["root", "nested"]],
    ['root["double"].nest', ["root", "double", "nest"]],
    ["root.array[0][1].nested", ["root", "array", 0, 1, "nested"]],
    ['root["key with \\"escaped\\" quotes"]', ["root", 'key with "escaped" quotes']],
    ['["root key with a ."][100]', ["root key with a .", 100]],
    ["root.array[*].field", ["root", "array", "*", "field"]],
    ["a.[0]", ["a", 0]],
  ])("%s", (text, path) => {
    expect(parsePropertyPath(text)).toEqual(path);
    expect(parsePropertyPath(formatPropertyPath(path))).toEqual(path);
  });

  it.each([".a", "a.", "a[", 'a["b', 'a["b"', "a[x]"])("refuses %s", (text) => {
    expect(() => parsePropertyPath(text)).toThrow();
  });

  it("contain what is below them, wildcards any one step", () => {
    const contains = (a: string, b: string) => pathContains(parsePropertyPath(a), parsePropertyPath(b));
    expect(contains('foo["bar"][1]', "foo.bar[1].baz")).toBe(true);
    expect(contains("foo.*.baz", "foo.bar.baz.bam")).toBe(true);
    expect(contains("foo.bar.baz", "foo.bar")).toBe(false);
    expect(contains("foo[1]", "foo[2]")).toBe(false);
  });

  it("reset to the old value, keep secrets secret, and never make an array longer or shorter", () => {
    const reset = (
      news: Parameters<typeof resetPaths>[0],
      olds: Parameters<typeof resetPaths>[1],
      ...paths: string[]
    ) => resetPaths(news, olds, paths);
    expect(reset({ a: 2, b: 2 }, { a: 1 }, "a", "b").inputs).toEqual({ a: 1 });
    expect(reset({ a: { b: 2 } }, { a: new Secret({ b: 1 }) }, "a.b").inputs).toEqual({ a: { b: new Secret(1) } });
    expect(reset({ l: [1] }, { l: [1, 2] }, "l[1]")).toEqual({ inputs: { l: [1] }, invalid: ["l[1]"] });
    expect(reset({ l: [{ x: 1 }, { x: 2 }] }, { l: [{ x: 8 }, { x: 9 }] }, "l[*].x").inputs).toEqual({
      l: [{ x: 8 }, { x: 9 }],
    });
    expect(reset({ a: 1 }, {}, "a.b.c").invalid).toEqual([]);
    expect(reset({}, { a: { b: 1 } }, "a.b").invalid).toEqual(["a.b"]);
    const news = { a: { b: 2 } };
    reset(news, { a: { b: 1 } }, "a.b");
    expect(news).toEqual({ a: { b: 2 } });
  });

  it("are not fooled by a property named __proto__", () => {
    const olds = JSON.parse('{"m":{"__proto__":{"x":1}}}') as never;
    const news = JSON.parse('{"m":{"__proto__":{"x":2}}}') as never;
    expect(JSON.stringify(resetPaths(news, olds, ["m.__proto__"]).inputs)).toBe('{"m":{"__proto__":{"x":1}}}');
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe("diffs", () => {
  it("name every difference by its path", () => {
    const diff = diffMaps({ a: 1, b: { c: [1, 2] }, d: 1 }, { a: 1, b: { c: [1, 3, 4] }, "e.f": 1 }, true);
    expect(diff?.changedKeys).toEqual(["b", "d", "e.f"]);
    expect(diff?.detailedDiff).toEqual({
      "b.c[1]": { kind: "update", inputDiff: true },
      "b.c[2]": { kind: "add", inputDiff: true },
      d: { kind: "delete", inputDiff: true },
      '["e.f"]': { kind: "add", inputDiff: true },
    });
  });

  it("take absent and null for the same, secret and plain for different, unknown for unlike everything known", () => {
    expect(diffMaps({ a: null }, {}, true)).toBeUndefined();
    expect(deepEquals({ a: null }, {})).toBe(true);
    expect(deepEquals(new Secret(1), 1)).toBe(false);
    expect(deepEquals(new Secret([1]), new Secret([1]))).toBe(true);
    expect(deepEquals(unknown, 1)).toBe(false);
    expect(deepEquals(unknown, unknown)).toBe(true);
    expect(deepEquals([1, 2], [1])).toBe(false);
    expect(deepEquals(new Asset({ path: "a" }, "h"), new Asset({ text: "b" }, "h"))).toBe(true);
    expect(deepEquals(new Asset({ path: "a" }, "h"), new Asset({ path: "a" }, "i"))).toBe(false);
  });

  it("become replacements below replaceOnChanges, and by init errors only where it covers these", () => {
    const diff = {
      ...noDiff,
      changes: "some" as const,
      diffs: ["a", "b"],
      detailedDiff: {
        "a.x": { kind: "add" as const, inputDiff: true },
        b: { kind: "update" as const, inputDiff: true },
      },
    };
    const below = applyReplaceOnChanges(diff, ["a.x"], false);
    expect(below.detailedDiff?.["a.x"]?.kind).toBe("add-replace");
    expect(below.replaces).toEqual([]);
    expect(applyReplaceOnChanges(diff, ["a"], false).replaces).toEqual(["a"]);
    expect(applyReplaceOnChanges({ ...diff, ...below }, ["a.x"], false).detailedDiff).toEqual(below.detailedDiff);
    expect(applyReplaceOnChanges(noDiff, ["*"], true)).toMatchObject({ changes: "some", replaces: ["#initerror"] });
    expect(applyReplaceOnChanges(noDiff, ["a"], true).changes).toBe("none");
  });

  it("turn round", () => {
    const diff = { ...noDiff, detailedDiff: { a: { kind: "add" as const, inputDiff: true } } };
    expect(invertDiff(diff).detailedDiff).toEqual({ a: { kind: "delete", inputDiff: true } });
  });
});

describe("the dependency graph", () => {
  const urn = (name: string) => `urn:pulumi:dev::p::a:b:C::${name}`;
  const node = (name: string, needs: readonly string[], more: object = {}) =>
    resource({ urn: urn(name), type: "a:b:C", custom: true, id: name, dependencies: needs.map(urn), ...more });

  it("cuts deletions into sets, dependents first", () => {
    // a <-- b <-- d,  a <-- c,  e
    const all = [node("a", []), node("b", ["a"]), node("c", ["a"]), node("d", ["b"]), node("e", [])];
    const chains = antichains([...all].reverse(), new DependencyGraph(all));
    expect(chains.map((chain) => chain.map(({ id }) => id))).toEqual([["d"], ["b", "c"], ["a", "e"]]);
  });

  it("counts what is below a component as part of it", () => {
    const group = resource({ urn: urn("g"), type: "x:y:Z", custom: false });
    const child = node("child", [], { parent: urn("g") });
    const user = node("user", ["g"]);
    const graph = new DependencyGraph([group, child, user]);
    expect([...graph.dependenciesOf(user)]).toEqual([group, child]);
    expect(antichains([group, child, user], graph)).toEqual([[user], [child], [group]]);
  });

  it("tells replaced resources from those in their place", () => {
    const old = node("a", [], { delete: true });
    const now = node("a", []);
    const oldUser = node("b", ["a"], { delete: true });
    const user = node("b", ["a"]);
    const graph = new DependencyGraph([now, user, old, oldUser]);
    expect([...graph.transitiveDependenciesOf(oldUser)]).toEqual([old]);
    expect([...graph.transitiveDependenciesOf(user)]).toEqual([now]);
  });

  it("is linear in a chain of ten thousand", () => {
    const all = Array.from({ length: 10_000 }, (_, i) => node(`n${i}`, i === 0 ? [] : [`n${i - 1}`]));
    expect(antichains(all, new DependencyGraph(all))).toHaveLength(10_000);
  });
});

describe("the order of a snapshot", () => {
  const urn = (name: string) => `urn:pulumi:dev::p::a:b:C::${name}`;
  const state = (id: string, needs: readonly string[], more: Partial<ResourceState> = {}) =>
    resource({ urn: urn(id.charAt(0)), type: "a:b:C", custom: true, id, dependencies: needs.map(urn), ...more }).state;
  const ordered = (...states: readonly ResourceState[]) => inOrder(states).map(({ id }) => id);
  const waits = { delete: true };

  it("moves what is needed before what needs it, and nothing else", () => {
    expect(ordered(state("d", []), state("b", ["a"]), state("c", []), state("a", []))).toEqual(["d", "a", "b", "c"]);
    expect(ordered(state("b", [], { deletedWith: urn("a") }), state("a", []))).toEqual(["a", "b"]);
    expect(ordered(state("b", [], { replaceWith: [urn("a")] }), state("a", []))).toEqual(["a", "b"]);
  });

  it("takes what lives for what the living need, and what waits for its deletion for what waits with it", () => {
    expect(ordered(state("b", ["a"]), state("a-old", [], waits), state("a", []))).toEqual(["a", "b", "a-old"]);
    const old = [state("b-old", ["a"], waits), state("a", []), state("a-old", [], waits)];
    expect(ordered(...old)).toEqual(["a-old", "b-old", "a"]);
  });

  it("comes to an end where two need each other", () => {
    expect(ordered(state("a", ["b"]), state("b", ["a"]))).toEqual(["b", "a"]);
  });
});

it("targets match within a part of the URN with *, across parts with **", () => {
  const urn = "urn:pulumi:dev::p::my:mod:G$a:b:C::x";
  expect(new UrnTargets(["**::x"]).contains(urn)).toBe(true);
  expect(new UrnTargets(["urn:pulumi:*::p::my:mod:G$a:b:*::x"]).contains(urn)).toBe(true);
  expect(new UrnTargets(["urn:*::x"]).contains(urn)).toBe(false);
  expect(new UrnTargets([]).contains(urn)).toBe(true);
  expect(new UrnTargets(["y"]).contains(urn)).toBe(false);
});
