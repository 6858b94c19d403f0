import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { InvokeAnswer } from "../../../engine/deployment/source.ts";
import { Archive, Asset, ResourceReference, Secret, unknown } from "../../../engine/values.ts";
import { runInline } from "../support/inline.ts";
import type { Script } from "../support/scripted.ts";

class Thing extends pulumi.CustomResource {
  declare readonly size: pulumi.Output<unknown>;
  declare readonly made: pulumi.Output<unknown>;
  constructor(
    name: string,
    args: pulumi.Inputs = {},
    options?: pulumi.CustomResourceOptions,
    type = "test:index:Thing",
  ) {
    super(type, name, { made: undefined, ...args }, options);
  }
}
class Group extends pulumi.ComponentResource {
  constructor(name: string, options?: pulumi.ComponentResourceOptions) {
    super("test:index:Group", name, {}, options);
  }
}
class TestProvider extends pulumi.ProviderResource {
  constructor(name: string, options?: pulumi.ResourceOptions) {
    super("test", name, {}, options);
  }
}

/** Runs the program and expects it to end well. */
async function run(program: () => unknown, script: Script = {}, dryRun = false) {
  const ran = await runInline(async () => (await program()) as undefined, { script, info: { dryRun } });
  expect([ran.end, ran.log.said("error")]).toEqual([{ type: "ok" }, ""]);
  return ran.registrar;
}

/** Runs the program and gives what it failed with, and what it had registered until then. */
async function fail(program: () => unknown, script: Script = {}) {
  const ran = await runInline(async () => (await program()) as undefined, { script });
  expect(ran.end.type).toBe("error");
  return { message: ran.end.type === "error" ? ran.end.message : "", registrar: ran.registrar };
}

const urn = (type: string, name: string) => `urn:pulumi:dev::demo::${type}::${name}`;

describe("goals", () => {
  it("carry every option of a resource", async () => {
    const registrar = await run(async () => {
      const owner = new Thing("owner");
      const provider = new TestProvider("mine");
      new Thing(
        "thing",
        { size: 1 },
        {
          provider,
          dependsOn: owner,
          protect: true,
          retainOnDelete: false,
          ignoreChanges: ["size", "tags.*"],
          replaceOnChanges: ["zone"],
          deleteBeforeReplace: false,
          additionalSecretOutputs: ["made"],
          aliases: [{ name: "was" }, { parent: pulumi.rootStackResource }, "urn:pulumi:dev::demo::a:b:C::x"],
          customTimeouts: { create: "1h30m", update: "90s" },
          version: "1.2.3",
          pluginDownloadURL: "https://example.test/",
          deletedWith: owner,
          replaceWith: [owner],
          hideDiffs: ["noise"],
          replacementTrigger: pulumi.secret("v1"),
        },
      );
      new Thing("imported", {}, { import: "id-7" });
    });
    expect(registrar.goal("thing")).toMatchObject({
      type: "test:index:Thing",
      custom: true,
      remote: false,
      inputs: { size: 1 },
      provider: `${urn("pulumi:providers:test", "mine")}::mine-id`,
      dependencies: [urn("test:index:Thing", "owner")],
      propertyDependencies: { size: [] },
      protect: true,
      retainOnDelete: false,
      ignoreChanges: ["size", "tags.*"],
      replaceOnChanges: ["zone"],
      deleteBeforeReplace: false,
      additionalSecretOutputs: ["made"],
      aliases: [{ name: "was" }, { noParent: true }, { urn: "urn:pulumi:dev::demo::a:b:C::x" }],
      customTimeouts: { create: 5400, update: 90, delete: 0 },
      version: "1.2.3",
      pluginDownloadUrl: "https://example.test",
      deletedWith: urn("test:index:Thing", "owner"),
      replaceWith: [urn("test:index:Thing", "owner")],
      hideDiffs: ["noise"],
      replacementTrigger: new Secret("v1"),
      importId: "",
    });
    expect(registrar.goal("imported")).toMatchObject({
      importId: "id-7",
      protect: false,
      retainOnDelete: false,
      deleteBeforeReplace: undefined,
      replacementTrigger: undefined,
      deletedWith: "",
    });
  });

  it("carry secrets, unknowns, references and assets, with what each property depends on", async () => {
    const script: Script = { outputs: (goal) => (goal.name === "first" ? { made: unknown } : goal.inputs) };
    const registrar = await run(
      () => {
        const first = new Thing("first");
        const group = new Group("group");
        new Thing("second", {
          secret: pulumi.secret({ a: 1 }),
          later: first.made,
          hiddenLater: pulumi.secret(first.made),
          both: pulumi.all([first.id, "x"]).apply(([id]) => `${id}!`),
          first,
          group,
          text: new pulumi.asset.StringAsset("hello"),
          set: new pulumi.asset.AssetArchive({ "a.txt": new pulumi.asset.StringAsset("hello") }),
          list: [1, null, "x", { deep: pulumi.secret("s") }],
        });
      },
      script,
      true,
    );
    const goal = registrar.goal("second");
    const hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    expect(goal.inputs).toEqual({
      secret: new Secret({ a: 1 }),
      later: unknown,
      hiddenLater: new Secret(unknown),
      both: "first-id!",
      first: new ResourceReference(urn("test:index:Thing", "first"), "first-id", ""),
      group: new ResourceReference(urn("test:index:Group", "group"), undefined, ""),
      text: new Asset({ text: "hello" }, hash),
      set: new Archive(
        { assets: { "a.txt": new Asset({ text: "hello" }, hash) } },
        expect.stringMatching(/^[0-9a-f]{64}$/) as unknown as string,
      ),
      list: [1, null, "x", { deep: new Secret("s") }],
    });
    const first = [urn("test:index:Thing", "first")];
    expect(goal.propertyDependencies).toMatchObject({
      later: first,
      hiddenLater: first,
      both: first,
      secret: [],
      list: [],
    });
    expect(goal.dependencies).toEqual(expect.arrayContaining(first));
  });

  it("take from the parent what the program leaves open", async () => {
    const registrar = await run(() => {
      const provider = new TestProvider("mine");
      const keeper = new Thing("keeper");
      const group = new Group("group", { providers: [provider], protect: true });
      const parent = new Thing("parent", {}, { parent: group, retainOnDelete: true, deletedWith: keeper });
      new Thing("child", {}, { parent });
      new Thing("free", {}, { parent, protect: false, retainOnDelete: false });
      new Thing("other", {}, { parent }, "else:index:Thing");
    });
    const provider = `${urn("pulumi:providers:test", "mine")}::mine-id`;
    const deletedWith = urn("test:index:Thing", "keeper");
    expect(registrar.goal("parent")).toMatchObject({ protect: true, provider });
    expect(registrar.goal("child")).toMatchObject({ protect: true, retainOnDelete: true, provider, deletedWith });
    expect(registrar.goal("free")).toMatchObject({ protect: false, retainOnDelete: false, provider });
    // A provider serves its own package only.
    expect(registrar.goal("other")).toMatchObject({ provider: "" });
  });
});

describe("answers", () => {
  it("reach the program as outputs: known, unknown, secret", async () => {
    const seen: Record<string, unknown> = {};
    const script: Script = {
      outputs: ({ name }) =>
        name === "known" ? { made: "m" } : name === "hidden" ? { made: new Secret("h") } : { made: unknown },
      id: ({ name }) => (name === "unknown" ? "" : `${name}-id`),
    };
    await run(
      async () => {
        for (const name of ["known", "hidden", "unknown"]) {
          const made = new Thing(name).made as unknown as {
            isKnown: Promise<boolean>;
            isSecret: Promise<boolean>;
            promise(): Promise<unknown>;
          };
          seen[name] = [await made.promise(), await made.isKnown, await made.isSecret];
        }
      },
      script,
      true,
    );
    expect(seen).toEqual({ known: ["m", true, false], hidden: ["h", true, true], unknown: [undefined, false, false] });
  });

  it("hand the outputs of components and of the stack on", async () => {
    const registrar = await run(() => {
      class WithOutputs extends pulumi.ComponentResource {
        constructor() {
          super("test:index:Group", "group");
          this.registerOutputs({ a: pulumi.secret("s"), b: [1] });
        }
      }
      new WithOutputs();
      return { stack: pulumi.secret({ x: 1 }) };
    });
    expect(registrar.outputs.get(urn("test:index:Group", "group"))).toEqual({ a: new Secret("s"), b: [1] });
    expect(registrar.outputs.get(urn("pulumi:pulumi:Stack", "demo-dev"))).toEqual({ stack: new Secret({ x: 1 }) });
  });

  it("reject what the deployment rejects, with its words", async () => {
    const { message } = await fail(() => new Thing("thing"), {
      outputs: ({ type }) => {
        if (type === "pulumi:pulumi:Stack") return {};
        throw new Error("bad parent");
      },
    });
    expect(message).toContain("failed to register new resource thing [test:index:Thing]: 2 UNKNOWN: bad parent");
  });

  it("fail the outputs of a resource whose step failed, and let the program go on", async () => {
    const caught: unknown[] = [];
    await run(
      async () => {
        const thing = new Thing("thing");
        const made = thing.made as unknown as { promise(): Promise<unknown> };
        await made.promise().catch((error: Error) => caught.push(error.message));
      },
      { result: ({ name }) => (name === "thing" ? "failed" : "success") },
    ).catch(() => {});
    expect(caught).toEqual(["resource thing [test:index:Thing] failed to register"]);
  });

  it("serve reads and invokes", async () => {
    const seen: unknown[] = [];
    const registrar = await run(
      async () => {
        const found = new Thing("found", { size: 2 }, { id: "id-1" });
        const made = found.made as unknown as { promise(): Promise<unknown>; isSecret: Promise<boolean> };
        seen.push(await made.promise(), await made.isSecret);
        seen.push(await pulumi.runtime.invoke("test:index:look", { a: "b" }, { version: "1.0.0" }));
        const result = pulumi.runtime.invokeOutput("test:index:look", { a: pulumi.secret("s") }) as unknown as {
          isSecret: Promise<boolean>;
        };
        seen.push(await result.isSecret);
        await pulumi.runtime.invoke("test:index:fails", {}).catch((error: Error) => seen.push(error.message));
      },
      {
        read: () => ({ made: new Secret("m"), size: 2 }),
        invoke: ({ token, args }): InvokeAnswer =>
          token === "test:index:fails"
            ? { result: {}, failures: [{ property: "a", reason: "is missing" }] }
            : { result: { args }, failures: [] },
      },
    );
    expect(registrar.reads).toMatchObject([
      { type: "test:index:Thing", name: "found", id: "id-1", inputs: { size: 2 } },
    ]);
    expect(registrar.invokes[0]).toMatchObject({ token: "test:index:look", args: { a: "b" }, version: "1.0.0" });
    expect(seen).toEqual([
      "m",
      true,
      { args: { a: "b" } },
      true,
      "Invoke of 'test:index:fails' failed: is missing (a)",
    ]);
  });

  it("carry messages far above gRPC's own limit of 4 MiB", async () => {
    const text = "x".repeat(6 * 1024 * 1024);
    const registrar = await run(() => ({ text: new Thing("big", { text }, {}).made }), {
      outputs: ({ inputs }) => ({ made: inputs["text"] ?? "" }),
    });
    expect((registrar.goal("big").inputs["text"] as string).length).toBe(text.length);
    expect(registrar.outputs.get(urn("pulumi:pulumi:Stack", "demo-dev"))).toEqual({ text });
  });
});

describe("transforms", () => {
  it("change properties and options: the resource's own, its parents', the stack's, in this order", async () => {
    const order: string[] = [];
    const noting =
      (who: string): pulumi.ResourceTransform =>
      (args) => {
        order.push(`${who}:${args.name}`);
        return { props: { ...args.props, [who]: true }, opts: { ...args.opts, protect: true } };
      };
    const registrar = await run(async () => {
      pulumi.runtime.registerResourceTransform(noting("stack"));
      const group = new Group("group", { transforms: [noting("group")] });
      const inner = new Group("inner", { parent: group });
      const source = new Thing("source", {}, { parent: inner });
      new Thing(
        "thing",
        { size: 1, from: source.id },
        { parent: inner, transforms: [noting("own")], customTimeouts: { create: "5m" }, ignoreChanges: ["size"] },
      );
    });
    expect(order.filter((entry) => entry.endsWith(":thing"))).toEqual(["own:thing", "group:thing", "stack:thing"]);
    expect(order).toContain("group:group");
    expect(registrar.goal("thing")).toMatchObject({
      inputs: { size: 1, own: true, group: true, stack: true, from: "source-id" },
      protect: true,
      customTimeouts: { create: 300 },
      ignoreChanges: ["size"],
      dependencies: [urn("test:index:Thing", "source")],
    });
  });

  it("change invokes", async () => {
    const registrar = await run(async () => {
      pulumi.runtime.registerInvokeTransform((args) => ({
        args: { ...args.args, more: 1, later: pulumi.output("o") },
        opts: { ...args.opts, version: "9.9.9" },
      }));
      await pulumi.runtime.invoke("test:index:look", { a: "b" });
    });
    expect(registrar.invokes).toMatchObject([{ args: { a: "b", more: 1, later: "o" }, version: "9.9.9" }]);
  });

  it("that throw fail the resource before the deployment hears of it", async () => {
    const { message, registrar } = await fail(() => {
      new Thing(
        "thing",
        {},
        {
          transforms: [
            () => {
              throw new Error("no such zone");
            },
          ],
        },
      );
    });
    expect(message).toContain("no such zone");
    expect(registrar.goals.map(({ name }) => name)).toEqual(["demo-dev"]);
  });
});

describe("refusals by name", () => {
  class Remote extends pulumi.ComponentResource {
    constructor() {
      super("kubernetes:helm.sh/v3:Chart", "chart", {}, {}, true);
    }
  }
  it.each<[string, () => unknown, string]>([
    [
      "a remote component",
      () => new Remote(),
      'remote components ("chart" of type kubernetes:helm.sh/v3:Chart) are not supported by the embedded engine',
    ],
    [
      "a type that names no package",
      () => new Thing("thing", {}, {}, "Thing"),
      "Type 'Thing' is not a valid type token (must have format '*:*:*')",
    ],
    [
      "a bad timeout",
      () => new Thing("thing", {}, { customTimeouts: { create: "soon" } }),
      'unable to parse customTimeout Value soon: write a duration such as "90s", "5m" or "1h30m"',
    ],
    ["a missing file", () => new Thing("thing", { file: new pulumi.asset.FileAsset("./nowhere.txt") }), "nowhere.txt"],
    [
      "an asset of an address that nobody can read",
      () => new Thing("thing", { file: new pulumi.asset.RemoteAsset("ftp://example.test/a") }),
      'the asset "ftp://example.test/a" cannot be read',
    ],
  ])("%s", async (_, program, message) => {
    const failed = await fail(program);
    expect(failed.message).toContain(message);
    expect(failed.registrar.goals.map(({ name }) => name)).toEqual(["demo-dev"]);
  });
});

describe("what a program asks beside its resources", () => {
  it("is whether the provider knows a resource", async () => {
    const found: unknown[] = [];
    await run(async () => {
      for (const id of ["there", "gone"]) {
        pulumi.runtime.existsResource("test:index:Thing", id).apply((exists) => found.push(exists));
      }
    });
    expect(found).toEqual([true, false]);
  });

  it("is to rewrite the state: with the states as objects, for as long as it runs", async () => {
    const answers: unknown[] = [];
    const script: Script = {
      async outputs({ name, inputs, stateMigrations = [] }) {
        for (const migrate of name === "thing" ? stateMigrations : [])
          answers.push(await migrate("urn:of:thing", '[{"urn":"urn:was"}]').catch((error: Error) => error.message));
        return inputs;
      },
    };
    await run(
      () =>
        void new Thing(
          "thing",
          {},
          {
            stateMigrations: [
              ({ urn, oldState: [old] }) => ({ newState: [{ ...old, urn }], successors: { [old!["urn"]]: urn } }),
              () => undefined,
              () => void new Thing("other"),
            ],
          },
        ),
      script,
    );
    expect(answers).toEqual([
      { states: '[{"urn":"urn:of:thing"}]', successors: new Map([["urn:was", "urn:of:thing"]]) },
      undefined,
      expect.stringContaining("is not allowed inside the state migration callback"),
    ]);
  });
});

describe("the engine service", () => {
  it("passes messages on with severity and resource", async () => {
    const { log } = await runInline(async () => {
      const thing = new Thing("thing");
      await pulumi.log.info("hello", thing);
      await pulumi.log.warn("careful");
      await pulumi.log.debug("detail");
    });
    expect(log.messages).toEqual(
      expect.arrayContaining([
        { severity: "info", message: "hello", urn: urn("test:index:Thing", "thing") },
        { severity: "warning", message: "careful", urn: "" },
        { severity: "debug", message: "detail", urn: "" },
      ]),
    );
  });

  it("holds programs to the version they require", async () => {
    await run(() => pulumi.requirePulumiVersion(">=3.200.0 <4.0.0"));
    expect((await fail(() => pulumi.requirePulumiVersion(">=4.0.0"))).message).toContain(
      'Pulumi CLI version 3.270.0 does not satisfy the version range ">=4.0.0"',
    );
    // The engine stands for 3.270.0 here.
    for (const range of [">=3.0.0 !3.269.0", "!=3.270.1", ">=9.0.0 || !3.2.1", ">=3.0.0 <4.0.0 != 3.1.0 !3.2.1"])
      await run(() => pulumi.requirePulumiVersion(range));
    for (const range of [">=3.0.0 !3.270.0", "!=3.270.0", ">=9.0.0 || !3.270.0"])
      expect((await fail(() => pulumi.requirePulumiVersion(range))).message).toContain("does not satisfy");
    expect((await fail(() => pulumi.requirePulumiVersion("!soon"))).message).toContain("is not a version range");
    expect((await fail(() => pulumi.requirePulumiVersion("soon"))).message).toContain('"soon" is not a version range');
  });
});
