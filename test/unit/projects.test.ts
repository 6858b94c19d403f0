// Existing projects as data: names, mistakes, and the check of what they need.
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { checkWorkspace } from "../../automation/checkWorkspace.ts";
import {
  type AnyContract,
  defineEnvironment,
  defineProject,
  defineStack,
  defineWorkspace,
  each,
  secret,
} from "../../automation/define.ts";
import { problemLine } from "../../automation/problems.ts";
import { createEdges } from "../../automation/pulumi/edges.ts";
import type { OpenEnvironment } from "../../automation/pulumi/environment.ts";
import { resolveWorkspace } from "../../automation/workspace.ts";
import { id } from "../support/scriptedSteps.ts";

const network = defineStack({
  name: "network",
  outputs: { networkId: z.string(), password: secret(z.string().min(8)), note: z.string().optional() },
  program: () => Promise.resolve({}),
});
const payments = defineProject({
  name: "payments",
  dir: "../payments",
  stack: "payments-{environment}",
  needs: { network },
  outputs: { url: z.string() },
});

const problems = (
  stacks: readonly AnyContract[],
  settings: Record<string, object> = {},
  facts = {},
): readonly string[] =>
  checkWorkspace(
    defineWorkspace({
      stacks,
      environments: {
        a: defineEnvironment({ cloud: "sandbox", settings }),
        b: defineEnvironment({ cloud: "sandbox" }),
      },
    } as never),
    facts,
  ).map(problemLine);

it("gives stacks of a project the names of its template, and needs of it those too", () => {
  const regional = defineProject({ name: "edge", dir: "edge", stack: "{environment}.{instance}", after: [payments] });
  const web = defineStack({ name: "web", needs: { payments }, program: () => Promise.resolve({}) });
  const workspace = defineWorkspace({
    stacks: [network, payments, regional, web],
    environments: { dev: defineEnvironment({ cloud: "sandbox", settings: { edge: each(["eu", "us"]) } }) },
  });
  expect(checkWorkspace(workspace)).toEqual([]);
  const { stacks } = resolveWorkspace(workspace);
  expect([...stacks.values()].map((one) => `${one.id} ${one.stackName}`)).toEqual([
    "network.dev network.dev",
    "payments.dev payments-dev",
    "edge.dev.eu dev.eu",
    "edge.dev.us dev.us",
    "web.dev web.dev",
  ]);
  expect(stacks.get(id("web.dev"))!.needs[0]!.targets).toEqual([
    { instance: "default", id: "payments.dev", stackName: "payments-dev" },
  ]);
  expect(stacks.get(id("payments.dev"))!.dependsOn).toEqual(["network.dev"]);
});

it("finds everything that is wrong with a project, at once", () => {
  const project = (more: object): AnyContract =>
    defineProject({ name: "p", dir: "p", stack: "p-{environment}", ...more });
  expect(problems([network, payments])).toEqual([]);
  expect(problems([network, payments], {}, { missingProjects: ["../payments"] })).toEqual([
    `stack payments: there is no Pulumi.yaml in "../payments"; "dir" is the folder of an existing project, relative to the workspace's root`,
  ]);
  expect(problems([project({ dir: "/srv/p" })])).toEqual([
    `stack p: "dir" must be the project's folder, relative to the workspace's root, got "/srv/p"`,
  ]);
  expect(problems([project({ dir: "./" })])).toEqual([
    `stack p: "dir" is the workspace itself; its own programs are defined with defineStack`,
  ]);
  expect(problems([project({ stack: undefined })])).toEqual([
    `stack p: "stack" must be Pulumi's name of the stack, like "payments-{environment}", got undefined`,
  ]);
  expect(problems([project({ stack: "p-{env}" })])).toEqual([
    `stack p: "stack" has {env}; what can stand there is {environment} and {instance}`,
  ]);
  expect(problems([project({ stack: "acme/p" })])).toEqual([
    `stack p: "stack" is "acme/p"; Pulumi takes letters, digits, "-", "_" and "."`,
  ]);
  expect(problems([project({ stack: `${"x".repeat(95)}{environment}-more` })])[0]).toContain(
    "Pulumi takes no stack name like",
  );
  expect(problems([project({ program: () => Promise.resolve({}) })])).toEqual([
    'stack p: unknown key "program"; known: after, dir, name, needs, outputs, retry, stack, tags, timeout',
  ]);
  expect(problems([project({})], { p: each(["eu"]) })).toEqual([
    `stack p.a.eu: is one of several instances, so "stack" needs {instance}: p-{environment}-{instance}`,
  ]);
  expect(problems([project({ stack: "{environment}-{instance}" })], { p: each(["eu"]) })).toEqual([
    `stack p.b: has no instances here, so "stack" cannot have {instance}; give it some with each(...)`,
  ]);
  // Each sandbox keeps its own state, so "p" in both is two stacks; twice in one is a mistake.
  expect(problems([project({ stack: "p" })])).toEqual([]);
  expect(problems([project({ stack: "p" }), project({ name: "q", stack: "p" })])).toEqual([
    `stack q.a: is stack "p" of p, and so is p.a; put {environment} into "stack"`,
    `stack q.b: is stack "p" of p, and so is p.b; put {environment} into "stack"`,
  ]);
});

describe("what a project needs, before it runs", () => {
  const { stacks } = resolveWorkspace(
    defineWorkspace({ stacks: [network, payments], environments: { dev: defineEnvironment({ cloud: "sandbox" }) } }),
  );
  const signature = "4dabf18193072939515e22adb298388d";
  const secretValue = { [signature]: "1b47061264138c4ac30d75fd1eb44270", plaintext: `"x"` };
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

  /** Edges where the backend holds these outputs of network.dev; undefined: no such stack. */
  function edges(deployed?: object) {
    const environment = {
      held: async () => new Map(deployed === undefined ? [] : [["network.dev", {}]]),
      root: "/",
      mask: (text: string) => text,
      command: () => ({ run: async () => ({ code: 0, stdout: JSON.stringify(deployed), stderr: "" }) }),
    } as unknown as OpenEnvironment;
    const one = createEdges(stacks, { of: async () => environment });
    return { keep: one.keep, check: () => one.check(stacks.get(id("payments.dev"))!) };
  }

  it("is taken from what is deployed, where the run has not said otherwise", async () => {
    await expect(edges({ networkId: "n", password: "[secret]" }).check()).resolves.toBeUndefined();
    await expect(edges().check()).rejects.toMatchObject({
      message: "payments.dev needs network.dev, which is not deployed",
      hint: "tutti up network.dev",
    });
    await expect(edges({ networkId: "n" }).check()).rejects.toMatchObject({
      message: `payments.dev needs "password" of network.dev, whose outputs are: networkId`,
    });
    await expect(edges({ networkId: 7, password: "[secret]" }).check()).rejects.toThrow(
      `payments.dev needs "networkId" of network.dev: Invalid input: expected string, received number`,
    );
  });

  it("is taken from the run's own events first: what is unknown or secret passes, what is known must fit", async () => {
    const fresh = edges({ networkId: 7 });
    fresh.keep(id("network.dev"), { networkId: unknown, password: secretValue });
    await expect(fresh.check()).resolves.toBeUndefined();
    const wrong = edges({ networkId: "n", password: "[secret]" });
    wrong.keep(id("network.dev"), { networkId: ["n"], password: secretValue });
    await expect(wrong.check()).rejects.toThrow("expected string, received array");
  });

  it("is not kept for stacks that no project needs", async () => {
    const other = edges();
    other.keep(id("payments.dev"), { url: 7 });
    await expect(other.check()).rejects.toThrow("not deployed");
  });
});
