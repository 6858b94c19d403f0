import { expect, it } from "vitest";
import * as z from "zod";
import { checkWorkspace, resolveChecked } from "../../automation/checkWorkspace.ts";
import {
  type AnyContract,
  defineEnvironment,
  defineStack,
  defineWorkspace,
  each,
  env,
  secret,
  type Workspace,
} from "../../automation/define.ts";
import { problemLine } from "../../automation/problems.ts";
import { resolveReference, resolveStack, resolveWorkspace } from "../../automation/workspace.ts";
import { cpuMs } from "../support/cpu.ts";
import { id } from "../support/scriptedSteps.ts";

const load = () => Promise.resolve({});
const dns = defineStack({ name: "dns", outputs: { zone: z.string() }, program: load });
const network = defineStack({
  name: "network",
  settings: z.object({ cidr: z.string().default("10.0.0.0/8") }),
  outputs: { networkId: z.string() },
  program: load,
});
const cluster = defineStack({
  name: "cluster",
  needs: { network, dns: dns.in("shared") },
  settings: z.object({ size: z.enum(["small", "large"]).default("small") }),
  outputs: { endpoint: z.string(), ca: secret(z.string()) },
  program: load,
});
const web = defineStack({
  name: "web",
  needs: { cluster },
  after: [dns.in("shared")],
  settings: z.object({ region: z.string(), replicas: z.number().default(1) }),
  program: load,
});
const edge = defineStack({ name: "edge", needs: { sites: web.all }, program: load });

const workspace = defineWorkspace({
  stacks: [dns, network, cluster, web, edge],
  environments: {
    shared: defineEnvironment({ cloud: "sandbox", only: [dns] }),
    local: defineEnvironment({ cloud: "sandbox", except: [dns], settings: { web: { region: "here" } } }),
    prod: defineEnvironment({
      cloud: "real",
      backend: env("STATE_URL"),
      guards: { maxDeletes: 0 },
      except: [dns],
      settings: {
        cluster: { size: "large" },
        web: each(["eu", "us"], (region) => ({ region, replicas: 6 })),
      },
    }),
  },
});

/** A workspace as JavaScript may write it: whatever types forbid. */
const untyped = (spec: unknown): Workspace => defineWorkspace(spec as Parameters<typeof defineWorkspace>[0]);
const environment = (spec: unknown) => defineEnvironment(spec as Parameters<typeof defineEnvironment>[0]);
const stack = (spec: unknown) => defineStack(spec as Parameters<typeof defineStack>[0]) as AnyContract;
const lines = (given: Workspace, facts?: Parameters<typeof checkWorkspace>[1]) =>
  checkWorkspace(given, facts).map(problemLine);
const sandbox = (more: object = {}) => environment({ cloud: "sandbox", ...more });

it("finds nothing wrong with a right workspace", () => {
  expect(
    lines(workspace, { programFolders: ["stacks/web", "stacks/dns"], loadedModules: [{ module: "zod" }] }),
  ).toEqual([]);
});

it("gives every stack its id, settings and edges", () => {
  const { stacks } = resolveWorkspace(workspace);
  expect([...stacks.keys()]).toEqual([
    "dns.shared",
    "network.local",
    "cluster.local",
    "web.local",
    "edge.local",
    "network.prod",
    "cluster.prod",
    "web.prod.eu",
    "web.prod.us",
    "edge.prod",
  ]);
  expect(stacks.get(id("cluster.prod"))).toMatchObject({
    name: "cluster",
    environment: "prod",
    instance: undefined,
    cloud: "real",
    settings: { size: "large" },
    dependsOn: ["dns.shared", "network.prod"],
    needs: [
      { name: "network", every: false, targets: [{ instance: "default", id: "network.prod" }] },
      { name: "dns", every: false, targets: [{ instance: "default", id: "dns.shared" }] },
    ],
  });
  expect(stacks.get(id("web.prod.us"))).toMatchObject({
    instance: "us",
    settings: { region: "us", replicas: 6 },
    dependsOn: ["cluster.prod", "dns.shared"],
  });
  expect(stacks.get(id("network.local"))!.settings).toEqual({ cidr: "10.0.0.0/8" });
});

it("resolves .all to every instance, and to `default` where there are none", () => {
  const { stacks } = resolveWorkspace(workspace);
  expect(stacks.get(id("edge.prod"))!.needs[0]).toMatchObject({
    every: true,
    targets: [
      { instance: "eu", id: "web.prod.eu" },
      { instance: "us", id: "web.prod.us" },
    ],
  });
  expect(stacks.get(id("edge.local"))!.needs[0]!.targets).toMatchObject([{ instance: "default", id: "web.local" }]);
});

it("lets an instance need the instance of its own name", () => {
  const site = defineStack({ name: "site", needs: { web }, program: load });
  const given = untyped({
    stacks: [dns, network, cluster, web, site],
    environments: {
      shared: sandbox({ only: [dns] }),
      a: sandbox({
        except: [dns],
        settings: { web: each(["eu", "us"], (region) => ({ region })), site: each(["eu", "us"]) },
      }),
      b: sandbox({ except: [dns], settings: { web: each(["eu", "us"], (region) => ({ region })) } }),
    },
  });
  expect(resolveWorkspace(given).stacks.get(id("site.a.us"))!.dependsOn).toEqual(["web.a.us"]);
  expect(lines(given)).toEqual([
    "stack site.b: needs stack web, of which environment b has the instances eu, us; need every one of them: web.all",
  ]);
});

it("resolves one stack by name as it does among all", () => {
  for (const [name, among] of resolveWorkspace(workspace).stacks) {
    const alone = resolveStack(workspace, name);
    expect(alone).toEqual({ ok: true, value: among });
  }
});

it.each([
  ["cluster", '"cluster" is not <program>.<environment> or <program>.<environment>.<instance>'],
  ["clutser.prod", 'no stack is named "clutser"; did you mean "cluster"?'],
  ["cluster.prdo", 'no environment is named "prdo"; did you mean "prod"?'],
  ["cluster.constructor", 'no environment is named "constructor"; there are: local, prod, shared'],
  ["web.prod", 'environment prod has no "web.prod"; it has web.prod.eu, web.prod.us'],
  ["web.shared", 'environment shared does not have stack web; see its "only" and "except"'],
])("says why %s is no stack", (name, message) => {
  const result = resolveStack(workspace, name);
  expect(result.ok ? [] : result.error.map((problem) => problem.message)).toEqual([message]);
});

it("reports everything that is wrong, at once and sorted", () => {
  const a: AnyContract = stack({ name: "a", needs: { b: stack({ name: "b", program: load }) }, program: load });
  const given = untyped({
    stack: [],
    stacks: [
      a,
      network,
      stack({ name: "network", program: load }),
      stack({ name: "Web.App", output: {}, program: load }),
    ],
    environments: {
      Local: sandbox(),
      prod: environment({
        cloud: "rael",
        gaurds: {},
        settings: { netwrok: {}, network: { cdir: "x", cidr: 5 }, a: { anything: 1 } },
      }),
    },
  });
  const facts = {
    programFolders: ["stacks/network", "stacks/netwrk", "stacks/cache"],
    loadedModules: [
      { module: "zod", importedBy: "stacks/a/contract.ts" },
      { module: "@pulumi/gcp/compute", importedBy: "stacks/a/contract.ts" },
      { module: "file:///w/node_modules/@pulumi/pulumi/index.js", importedBy: "/w/node_modules/@pulumi/gcp/index.js" },
    ],
  };
  expect(lines(given, facts)).toMatchInlineSnapshot(`
    [
      "environment Local: an environment cannot be named "Local": lower-case letters, digits and dashes, beginning with a letter",
      "environment prod: "cloud" must be "sandbox" or "real", got "rael"",
      "environment prod: unknown key "gaurds"; did you mean "guards"?",
      "prod.settings.a: unknown key "anything"; none are known here",
      "prod.settings.network: unknown key "cdir"; did you mean "cidr"?",
      "prod.settings.network.cidr: expected string, got 5",
      "prod.settings.netwrok: no stack is named "netwrok"; did you mean "network"?",
      "stack Web.App: a stack cannot be named "Web.App": lower-case letters, digits and dashes, beginning with a letter",
      "stack Web.App: unknown key "output"; did you mean "outputs"?",
      "stack a.Local: needs "b" is stack b, which the workspace does not list; add it to "stacks"",
      "stack a.prod: needs "b" is stack b, which the workspace does not list; add it to "stacks"",
      "stacks/a/contract.ts: loads @pulumi/gcp while the graph is read; contracts and workspace.ts import types and schemas only: move this into program.ts",
      "stacks/cache: no stack is named "cache": add its contract to "stacks" in stacks/workspace.ts, or take the folder away",
      "stacks/netwrk: no stack is named "netwrk": add its contract to "stacks" in stacks/workspace.ts, or take the folder away; the folder of stack network must be named like it",
      "workspace: unknown key "stack"; did you mean "stacks"?",
      "workspace.stacks[2]: a second stack is named "network"; names are unique in a workspace",
    ]
  `);
});

it("finds needs on stacks that an environment does not have, and environments that there are not", () => {
  const given = untyped({
    stacks: [dns, network, cluster, web],
    environments: { local: sandbox({ only: [network, cluster] }) },
  });
  expect(lines(given)).toEqual([
    'stack cluster.local: needs "dns" is stack dns in another environment: no environment is named "shared"; there are: local',
  ]);
  const without = untyped({
    stacks: [dns, network, cluster],
    environments: { shared: sandbox({ only: [dns] }), local: sandbox({ except: [network, dns] }) },
  });
  expect(lines(without)).toEqual([
    'stack cluster.local: needs stack network, which environment local does not have; see its "only" and "except", or need it from another one: network.in("...")',
  ]);
});

it("passes over an ordering on a stack that the environment does not have", () => {
  const last = defineStack({ name: "last", after: [network, cluster], program: load });
  const given = untyped({
    stacks: [network, cluster, last],
    environments: { local: sandbox({ only: [network, last] }) },
  });
  expect(lines(given)).toEqual([]);
  expect(resolveWorkspace(given).stacks.get(id("last.local"))!.dependsOn).toEqual(["network.local"]);
});

it("prints the path of a circle, through environments too", () => {
  const ping = defineStack({ name: "ping", after: [] as AnyContract[], program: load });
  const pong = defineStack({ name: "pong", needs: { ping: ping.in("b") }, program: load });
  (ping.after as unknown[]).push(pong.in("a"));
  const given = untyped({ stacks: [ping, pong], environments: { a: sandbox(), b: sandbox() } });
  expect(lines(given)).toEqual([
    "stack ping.b: stacks need each other in a circle: ping.b -> pong.a -> ping.b; take one of these needs away",
  ]);
});

it("says that contract files importing each other is why a need is undefined", () => {
  const given = untyped({
    stacks: [stack({ name: "a", needs: { b: undefined }, program: load }), undefined],
    environments: { local: sandbox() },
  });
  expect(checkWorkspace(given).map((problem) => [problem.code, problemLine(problem)])).toEqual([
    [
      "cycle",
      'stack a.local: needs "b" is undefined: contract files that import each other in a circle see each other so',
    ],
    [
      "bad-value",
      "workspace.stacks[1]: is undefined, not made by defineStack; contract files that import each other in a circle see each other so",
    ],
  ]);
});

it.each<readonly [string, object, readonly string[]]>([
  [
    "a backend",
    { backend: "file:///x" },
    ['a sandbox keeps its state and its passphrase below .tutti; take "backend" and "secretsProvider" away'],
  ],
  [
    "a passphrase",
    { passphrase: env("WORD") },
    [`a sandbox gets no variables of whoever runs it; take "passphrase" and "variables" away`],
  ],
  [
    "a wrong guard",
    { guards: { maxDelete: 1, maxReplaces: -1 } },
    [
      "guard maxReplaces must be a whole number of 0 or more, got -1",
      'unknown key "maxDelete"; did you mean "maxDeletes"?',
    ],
  ],
  [
    "a timeout and a retry that cannot be",
    { timeout: "10 minutes", retry: { attempts: 1, on: ["rate_limit"], dely: "1s", maxDelay: 5 } },
    [
      '"retry" has an unknown key "dely"; did you mean "delay"?',
      '"retry.attempts" must be a whole number from 2 to 10, the first attempt included, got 1',
      '"retry.maxDelay" is no duration, got 5; write 90s, 10m or 2h',
      '"retry.on" has "rate_limit", which is no kind of failure; there are: rate-limit, unavailable, network, crash',
      '"timeout" is no duration, got "10 minutes"; write 90s, 10m or 2h',
    ],
  ],
  ["only and except", { only: [network], except: [dns] }, ['"only" and "except" are both given; say one of them']],
  ["no stacks", { only: [] }, ["it has no stacks"]],
  ["names instead of stacks", { only: ["network"] }, ['"only" is not a list of stacks, got ["network"]']],
  [
    "a stack of nowhere",
    { except: [stack({ name: "ghost", program: load })] },
    ['"except" has stack ghost, which the workspace does not list; add it to "stacks"'],
  ],
  [
    "settings of a stack it has not",
    { only: [network], settings: { dns: {} } },
    ['environment local does not have stack dns; see its "only" and "except"'],
  ],
  ["settings that are no object", { settings: 5 }, ['"settings" is not an object, got 5']],
  [
    "no instance",
    { settings: { network: each([]) } },
    ['each() names no instance; to leave the stack out, use "except"'],
  ],
  [
    "an instance twice, one badly named, one reserved",
    { settings: { network: each(["a", "a", "B.c", "default"]) } },
    [
      'an instance cannot be named "B.c": lower-case letters, digits and dashes, and not "default"',
      'an instance cannot be named "default": lower-case letters, digits and dashes, and not "default"',
      'each() names instance "a" twice',
    ],
  ],
])("refuses a sandbox environment with %s", (_, more, messages) => {
  const given = untyped({ stacks: [network, dns], environments: { local: sandbox(more) } });
  const found = checkWorkspace(given);
  expect(found.map(({ message }) => message)).toEqual(expect.arrayContaining([...messages]));
  expect(found).toHaveLength(messages.length);
});

it.each<readonly [string, object, string]>([
  ["no backend", {}, 'a real cloud needs a "backend", as pulumi login takes it; e.g. backend: env("STATE_URL")'],
  [
    "a passphrase in the open",
    { backend: "file:///x", passphrase: "hunter22" },
    '"passphrase" must be env("NAME"): a passphrase does not belong into a workspace',
  ],
  [
    "a variable that cannot be",
    { backend: "file:///x", variables: { "A B": "x" } },
    'a variable cannot be named "A B"',
  ],
  [
    "a variable without a value",
    { backend: "file:///x", variables: { REGION: "" } },
    'variable REGION is not a text or env("NAME"), got ""',
  ],
  ["an empty backend", { backend: "" }, '"backend" is not a text or env("NAME"), got ""'],
  [
    "a reference to no variable",
    { backend: env("a b") },
    '"backend" is not a text or env("NAME"), got {"kind":"env","variable":"a b"}',
  ],
])("refuses a real environment with %s", (_, more, message) => {
  const given = untyped({ stacks: [dns], environments: { prod: environment({ cloud: "real", ...more }) } });
  expect(checkWorkspace(given).map((problem) => problem.message)).toEqual([message]);
});

it.each<readonly [string, object, string]>([
  ["program", { program: "./program.ts" }, '"program" is not a function; write program: () => import("./program.ts")'],
  ["settings", { settings: { size: "large" } }, '"settings" is not a zod object; write settings: z.object({ ... })'],
  ["output", { outputs: { id: "string" } }, 'output "id" is not a zod schema, got "string"'],
  ["needs", { needs: 5 }, '"needs" is not an object, got 5'],
  ["after", { after: dns }, '"after" is not a list'],
  ["tags", { tags: "payments" }, '"tags" is not a list of words, got "payments"'],
  [
    "a secret setting",
    { settings: z.object({ db: z.object({ password: secret(z.string()) }).optional() }) },
    "settings are plain text",
  ],
])("refuses a stack whose %s is not what it should be", (_, more, message) => {
  const given = untyped({ stacks: [stack({ name: "a", program: load, ...more })], environments: { local: sandbox() } });
  const messages = checkWorkspace(given).map((problem) => problem.message);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain(message);
});

it("tells a missing setting from a wrong one, and where it belongs", () => {
  const given = untyped({
    stacks: [dns, network, cluster, web],
    environments: {
      shared: sandbox({ only: [dns] }),
      a: sandbox({ except: [dns] }),
      b: sandbox({
        except: [dns],
        settings: { cluster: { size: "huge" }, web: each(["eu"], () => ({ region: env("REGION"), replicas: "many" })) },
      }),
    },
  });
  expect(checkWorkspace(given).map((problem) => [problem.code, problemLine(problem)])).toEqual([
    ["missing-setting", "a.settings.web.region: is required and not given: expected string"],
    ["wrong-setting", 'b.settings.cluster.size: expected one of "small"|"large", got "huge"'],
    [
      "wrong-setting",
      'b.settings.web.eu.region: env("REGION") cannot be a setting: settings are the same for whoever runs tutti; expected string',
    ],
    ["wrong-setting", 'b.settings.web.eu.replicas: expected number, got "many"'],
  ]);
});

it("refuses names that Pulumi would not take", () => {
  const long = "a".repeat(60);
  const given = untyped({ stacks: [stack({ name: long, program: load })], environments: { [long]: sandbox() } });
  expect(lines(given)).toEqual([`stack ${long}.${long}: its name has 121 characters; Pulumi takes 100 at most`]);
});

it("refuses what is no definition at all without falling over", () => {
  expect(lines(untyped({ stacks: "all", environments: { local: {}, dev: null } }))).toEqual([
    "environment dev: is null, not made by defineEnvironment",
    "environment local: is {}, not made by defineEnvironment",
    'workspace: "stacks" is not a list, got "all"',
  ]);
  expect(lines(untyped({ stacks: [null], environments: 5 }))).toEqual([
    'workspace: "environments" is not an object, got 5',
    "workspace.stacks[0]: is null, not made by defineStack",
  ]);
});

it("gives a graph exactly when nothing is wrong", () => {
  expect(resolveChecked(workspace).graph?.order[0]).toBe("dns.shared");
  expect(resolveChecked(untyped({ stacks: [], environments: { local: sandbox() } })).graph).toBeUndefined();
});

it("resolves references to variables when they are used, naming variable and place", () => {
  const where = "environment prod: backend";
  expect(resolveReference("file:///x", {}, where)).toEqual({ ok: true, value: "file:///x" });
  expect(resolveReference(env("STATE_URL"), { STATE_URL: "gs://b" }, where)).toEqual({ ok: true, value: "gs://b" });
  for (const [variables, what] of [
    [{}, "not set"],
    [{ STATE_URL: "" }, "empty"],
  ] as const)
    expect(resolveReference(env("STATE_URL"), variables, where)).toEqual({
      ok: false,
      error: {
        code: "bad-value",
        where,
        message: `the environment variable STATE_URL is ${what}; set it before you use this environment`,
      },
    });
});

it("defines data that whatever walks its properties comes to the end of", () => {
  expect(JSON.stringify(cluster.in("prod"))).toContain('"name":"cluster"');
  expect(cluster.all.in("prod")).toMatchObject({ environment: "prod", every: true, contract: { name: "cluster" } });
  expect(cluster.in("prod").all).toMatchObject({ environment: "prod", every: true });
});

it("defines frozen data and loads no program", () => {
  let loaded = false;
  const lazy = defineStack({
    name: "lazy",
    program: async () => {
      loaded = true;
    },
  });
  expect(() => ((lazy as { name: string }).name = "other")).toThrow(TypeError);
  expect(lines(untyped({ stacks: [lazy], environments: { local: sandbox() } }))).toEqual([]);
  expect(loaded).toBe(false);
});

it("resolves 5,000 stacks in no time", () => {
  const stacks: AnyContract[] = [];
  for (let i = 0; i < 1_000; i++) {
    const needs = Object.fromEntries([1, 2, 3, 4].filter((d) => i >= d * 7).map((d) => [`n${d}`, stacks[i - d * 7]!]));
    stacks.push(defineStack({ name: `s${i}`, needs, settings: z.object({ n: z.number().default(1) }), program: load }));
  }
  const environments = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, sandbox()]));
  const given = untyped({ stacks, environments });
  expect(cpuMs(() => expect(resolveChecked(given).graph?.size).toBe(5_000))).toBeLessThan(2_000);
});
