import { expect, it } from "vitest";
import { StackGraph } from "../../automation/graph.ts";
import { type Selectable, type SelectionRequest, select } from "../../automation/selection.ts";
import { parseStackId } from "../../automation/workspace.ts";
import { id } from "../support/scriptedSteps.ts";

// Per environment: network --> cluster --> web; dns.shared --> cluster.*; prod has two instances of web.
const needs: Readonly<Record<string, readonly string[]>> = {
  "dns.shared": [],
  "network.local": [],
  "cluster.local": ["network.local", "dns.shared"],
  "web.local": ["cluster.local"],
  "network.prod": [],
  "cluster.prod": ["network.prod", "dns.shared"],
  "web.prod.eu": ["cluster.prod"],
  "web.prod.us": ["cluster.prod"],
};
const tags: Readonly<Record<string, readonly string[]>> = { web: ["payments", "public"], dns: ["manual"] };
const stacks = new Map(
  Object.keys(needs).map((key): [ReturnType<typeof id>, Selectable] => {
    const { name, environment, instance } = parseStackId(key)!;
    const cloud = environment === "local" ? "sandbox" : "real";
    return [id(key), { id: id(key), name, environment, instance, cloud, contract: { tags: tags[name] ?? [] } }];
  }),
);
const made = StackGraph.of(Object.entries(needs).map(([key, on]) => ({ id: id(key), dependsOn: on.map(id) })));
if (!made.ok) throw new Error("no graph");
const graph = made.value;

const chosen = (request: SelectionRequest | string): readonly string[] => {
  const result = select(graph, stacks, typeof request === "string" ? { filters: [request] } : request);
  if (!result.ok) throw new Error(result.error.map(({ message, hint }) => `${message} (${hint})`).join("\n"));
  return [...result.value.keys()];
};
const errorsOf = (request: SelectionRequest | string) => {
  const result = select(graph, stacks, typeof request === "string" ? { filters: [request] } : request);
  return result.ok ? [] : result.error;
};

const everything = graph.order;

it.each<readonly [string, readonly string[]]>([
  ["web.local", ["web.local"]],
  ["web.prod", ["web.prod.eu", "web.prod.us"]],
  ["web.prod.eu", ["web.prod.eu"]],
  ["*.prod", ["network.prod", "cluster.prod", "web.prod.eu", "web.prod.us"]],
  ["*.prod.*", ["web.prod.eu", "web.prod.us"]],
  ["web.*", ["web.local", "web.prod.eu", "web.prod.us"]],
  ["w?b.l*", ["web.local"]],
  ["dns", ["dns.shared"]],
  ["env=prod", ["network.prod", "cluster.prod", "web.prod.eu", "web.prod.us"]],
  ["program=c*", ["cluster.local", "cluster.prod"]],
  ["stack=web.prod.*", ["web.prod.eu", "web.prod.us"]],
  ["stack=*", everything],
  ["instance=eu", ["web.prod.eu"]],
  ["tag=payments", ["web.local", "web.prod.eu", "web.prod.us"]],
  ["cloud=sandbox", ["network.local", "cluster.local", "web.local"]],
  ["web.local...", ["dns.shared", "network.local", "cluster.local", "web.local"]],
  ["web.local...1", ["cluster.local", "web.local"]],
  ["web.local^...", ["dns.shared", "network.local", "cluster.local"]],
  ["...network.prod", ["network.prod", "cluster.prod", "web.prod.eu", "web.prod.us"]],
  ["1...network.prod", ["network.prod", "cluster.prod"]],
  ["...^network.prod", ["cluster.prod", "web.prod.eu", "web.prod.us"]],
  ["...dns.shared", ["dns.shared", "cluster.local", "cluster.prod", "web.local", "web.prod.eu", "web.prod.us"]],
  ["...cluster.local...", ["dns.shared", "network.local", "cluster.local", "web.local"]],
  ["env=prod | tag=payments", ["web.prod.eu", "web.prod.us"]],
  ["env=prod | tag=payments | !instance=us", ["web.prod.eu"]],
  ["env=prod|!web.prod", ["network.prod", "cluster.prod"]],
  ["tag=manual | env=prod", []],
  ["web | env=prod", ["web.prod.eu", "web.prod.us"]],
  ["web | !env=prod", ["web.local"]],
])("%s selects", (filter, expected) => {
  expect(chosen(filter)).toEqual(expected);
});

it("adds several filters up and takes what is negated away last", () => {
  expect(chosen({ filters: ["web.local...", "network.prod", "!dns.shared", "!tag=public"] })).toEqual([
    "network.local",
    "network.prod",
    "cluster.local",
  ]);
});

it("takes from everything of the environments when only negations are given", () => {
  expect(chosen({ environments: ["prod"], filters: ["!web"] })).toEqual(["network.prod", "cluster.prod"]);
});

it("bounds names by the environments, and neighbours by the graph", () => {
  expect(chosen({ environments: ["prod"], filters: ["cluster"] })).toEqual(["cluster.prod"]);
  expect(chosen({ environments: ["prod"], filters: ["cluster..."] })).toEqual([
    "dns.shared",
    "network.prod",
    "cluster.prod",
  ]);
  expect(chosen({ environments: ["local", "shared"] })).toEqual([
    "dns.shared",
    "network.local",
    "cluster.local",
    "web.local",
  ]);
  expect(chosen({ all: true })).toEqual(everything);
});

it("adds neighbours as the flags say, from what was selected before", () => {
  expect(chosen({ filters: ["cluster.prod"], withDependencies: true, withDependents: true })).toEqual([
    "dns.shared",
    "network.prod",
    "cluster.prod",
    "web.prod.eu",
    "web.prod.us",
  ]);
  expect(chosen({ filters: ["web.local"], withDependencies: 1 })).toEqual(["cluster.local", "web.local"]);
  expect(chosen({ filters: ["network.prod"], withDependents: 1 })).toEqual(["network.prod", "cluster.prod"]);
  // web.local's dependency dns.shared must not bring in everything that depends on it
  expect(chosen({ filters: ["web.local"], withDependencies: true, withDependents: true })).not.toContain(
    "cluster.prod",
  );
});

it("says of every stack why it is there", () => {
  const result = select(graph, stacks, { environments: ["prod"], filters: ["web.prod.eu", "cluster..."] });
  expect(result.ok && Object.fromEntries(result.value)).toEqual({
    "web.prod.eu": 'matches "web.prod.eu"',
    "cluster.prod": 'matches "cluster..."',
    "network.prod": "cluster.prod depends on it",
    "dns.shared": "cluster.prod depends on it",
  });
  const all = select(graph, stacks, { all: true });
  expect(all.ok && all.value.get(id("web.local"))).toBe("everything");
  const some = select(graph, stacks, { environments: ["local"] });
  expect(some.ok && some.value.get(id("web.local"))).toBe("in environment local");
  const around = select(graph, stacks, { filters: ["network.prod"], withDependents: 1 });
  expect(around.ok && around.value.get(id("cluster.prod"))).toBe("depends on network.prod");
});

it.each<readonly [SelectionRequest | string, string, string, string | undefined]>([
  ["wbe.prod", "no-match", 'no stack matches "wbe.prod"', 'did you mean "web.prod"?'],
  ["clutser", "no-match", 'no stack matches "clutser"', 'did you mean "cluster"?'],
  ["!wbe.local", "no-match", 'no stack matches "wbe.local"', 'did you mean "web.local"?'],
  ["env=prdo", "no-match", 'no stack matches "env=prdo"', 'did you mean "prod"?'],
  ["tag=none", "no-match", 'no stack matches "tag=none"', "there are: manual, payments, public"],
  [
    { environments: ["local"], filters: ["web.prod"] },
    "no-match",
    'no stack in environment local matches "web.prod"',
    undefined,
  ],
  [
    { environments: ["prdo"] },
    "unknown-environment",
    'no environment is named "prdo"; did you mean "prod"?',
    undefined,
  ],
  [
    "web",
    "ambiguous",
    '"web" is in the environments local, prod',
    'name one (-e local, or web.local), or write "web.*" for all of them',
  ],
  ["web | tag=payments", "ambiguous", '"web" is in the environments local, prod', undefined],
  ["cluster...", "ambiguous", '"cluster" is in the environments local, prod', undefined],
  [{}, "nothing-selected", "nothing is selected", "name an environment (-e), stacks or filters; --all is everything"],
  ["", "bad-filter", "a filter is empty", undefined],
  ["web.prod |", "bad-filter", "a filter is empty", undefined],
  ["[main]...", "bad-filter", '"[main]..." is a git range, which is not supported yet', undefined],
  ["./stacks/web", "bad-filter", '"./stacks/web" is a path, which is not supported yet', undefined],
  ["{stacks/*}", "bad-filter", '"{stacks/*}" is a path, which is not supported yet', undefined],
  [
    "status=failed",
    "bad-filter",
    'filter "status=" is not supported yet',
    "supported: env, program, stack, instance, tag, cloud",
  ],
  ["evn=prod", "bad-filter", 'no stack has an attribute "evn"', 'did you mean "env="?'],
  ["env=", "bad-filter", '"env=" has no value', undefined],
  ["web/prod", "bad-filter", '"web/prod" is no stack name: it has a "/"', undefined],
  ["a.b.c.d", "bad-filter", '"a.b.c.d" is no stack name: names are <program>.<environment>[.<instance>]', undefined],
  [
    "web..prod",
    "bad-filter",
    '"web..prod" is no stack name: names are <program>.<environment>[.<instance>]',
    undefined,
  ],
  ["...", "bad-filter", '"..." names no stack', undefined],
  ["web.prod...0", "bad-filter", 'depth 0 in "web.prod...0" is not 1 or more', undefined],
])("refuses %o", (request, code, message, hint) => {
  const [first] = errorsOf(request);
  expect(first).toMatchObject({ code, message });
  if (hint !== undefined) expect(first!.hint).toBe(hint);
});

it("reports everything that is wrong with a request at once", () => {
  expect(errorsOf({ environments: ["nowhere"], filters: ["a/b", "status=x"] })).toHaveLength(3);
  expect(errorsOf({ filters: ["nope.local", "nope.prod"] })).toHaveLength(2);
});
