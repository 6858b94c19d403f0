// Rules of the engine that are seen only in the order of calls, in what is recorded, or when several meet: each of these
// tests turns red when one of test/mutants/mutants.ts is taken away.
import { describe, expect, it } from "vitest";
import { PartialFailure, type Provider } from "../../../engine/providers/provider.ts";
import type { ResourceState } from "../../../engine/state/resource.ts";
import { type PropertyMap, Secret, unknown } from "../../../engine/values.ts";
import { type Api, goal, type Options, type Program, type Run, TestStack, tail, thingUrn } from "./support.ts";

type More = Parameters<Api["thing"]>[2];
const one =
  (inputs: PropertyMap, more: More = {}): Program =>
  async (api) => {
    await api.thing("a", inputs, more);
  };
/** a, and b that takes a's output into `key`. */
const pair =
  (inputs: PropertyMap, key: string, more: More = {}): Program =>
  async (api) => {
    const a = await api.thing("a", inputs);
    const read = { dependencies: [a.urn], propertyDependencies: { [key]: [a.urn] } };
    await api.thing("b", { [key]: a.outputs["computed"]! }, { ...read, ...more });
  };
/** a <-- b <-- c by dependsOn. */
const chain =
  (x: number): Program =>
  async (api) => {
    const a = await api.thing("a", { x });
    const b = await api.thing("b", { x }, { dependencies: [a.urn] });
    await api.thing("c", { x }, { dependencies: [b.urn] });
  };

/** What the cloud was asked to do by the second program, one thing at a time. */
async function callsOf(first: Program, second: Program, options: Options = {}) {
  const stack = new TestStack();
  await stack.up(first, { parallel: 1 });
  stack.cloud.calls.length = 0;
  const run = await stack.up(second, { parallel: 1, ...options });
  return { stack, run, calls: stack.cloud.calls };
}

/** Changes how the cloud answers. */
function answering(stack: TestStack, change: (provider: Provider) => Partial<Provider>): void {
  const original = stack.cloud.provider.bind(stack.cloud);
  stack.cloud.provider = (name, version) => {
    const provider = original(name, version);
    return { ...provider, ...change(provider) };
  };
}

function edit(stack: TestStack, name: string, fields: Partial<ResourceState>): void {
  const { resources, ...rest } = stack.contents;
  stack.contents = {
    ...rest,
    resources: resources.map((state) => (tail(state.urn) === name ? { ...state, ...fields } : state)),
  };
}

const said = (run: Run) => run.messages.join("\n");
const longAgo = "2020-01-01T00:00:00.000Z";

describe("a view of another resource", () => {
  it("is neither read nor deleted itself", async () => {
    const stack = new TestStack();
    await stack.up(async (api) => {
      const a = await api.thing("a");
      await api.thing("view", {}, { parent: a.urn });
    });
    edit(stack, "view", { viewOf: stack.state("a")!.urn });
    stack.cloud.calls.length = 0;
    // The stack and `a`.
    expect((await stack.refresh()).changes).toEqual({ same: 2 });
    await stack.destroy();
    expect(stack.cloud.calls.filter((call) => call.endsWith(":view"))).toEqual([]);
  });
});

describe("a replacement that deletes first", () => {
  it("deletes dependents before, and creates them after", async () => {
    const { calls } = await callsOf(pair({ first: 1 }, "force"), pair({ first: 2 }, "force"));
    expect(calls).toEqual(["delete:b", "delete:a", "create:a", "create:b"]);
  });

  it("takes dependents of dependents along", async () => {
    const program =
      (first: number): Program =>
      async (api) => {
        const a = await api.thing("a", { first });
        const of = ({ urn }: typeof a) => ({ dependencies: [urn], propertyDependencies: { force: [urn] } });
        const b = await api.thing("b", { force: a.outputs["computed"]! }, of(a));
        await api.thing("c", { force: b.outputs["computed"]! }, of(b));
      };
    const { calls } = await callsOf(program(1), program(2));
    expect(calls).toEqual(["delete:c", "delete:b", "delete:a", "create:a", "create:b", "create:c"]);
  });

  it("leaves dependents alone that would only be updated", async () => {
    const { calls } = await callsOf(pair({ first: 1 }, "x"), pair({ first: 2 }, "x"));
    expect(calls).toEqual(["delete:a", "create:a", "update:b"]);
  });

  it("heeds what dependents replace on", async () => {
    const more = { replaceOnChanges: ["x"] };
    const { calls } = await callsOf(pair({ first: 1 }, "x", more), pair({ first: 2 }, "x", more));
    expect(calls).toEqual(["delete:b", "delete:a", "create:a", "create:b"]);
  });

  it("takes along what asked to go with it", async () => {
    const program =
      (first: number, more: (urn: string) => More): Program =>
      async (api) => {
        const a = await api.thing("a", { first });
        await api.thing("b", {}, more(a.urn));
      };
    const replaceWith = (urn: string) => ({ replaceWith: [urn] });
    const replaced = await callsOf(program(1, replaceWith), program(2, replaceWith));
    expect(replaced.calls).toEqual(["delete:b", "delete:a", "create:a", "create:b"]);
    const deletedWith = (urn: string) => ({ deletedWith: urn });
    const deleted = await callsOf(program(1, deletedWith), program(2, deletedWith));
    expect(deleted.calls).toEqual(["delete:a", "create:a", "create:b"]);
    expect(deleted.run.steps).toContain("delete-replaced b");
  });

  it("takes along what asked to go with it, though the program registers its provider no more", async () => {
    const first: Program = async (api) => {
      const a = await api.thing("a", { first: 1 });
      const p = await api.thing("p", {}, { type: "pulumi:providers:test" });
      await api.thing("b", {}, { provider: `${p.urn}::${p.id}`, replaceWith: [a.urn] });
    };
    const { calls, run } = await callsOf(first, one({ first: 2 }));
    expect(run.messages).toEqual([]);
    expect(calls).toEqual(["delete:b", "delete:a", "create:a"]);
  });

  it("deletes by the provider that the old resource had", async () => {
    const by =
      (name: string, first: number): Program =>
      async (api) => {
        const p = await api.thing(name, {}, { type: "pulumi:providers:test" });
        await api.thing("a", { first }, { provider: `${p.urn}::${p.id}` });
      };
    const { calls, run } = await callsOf(by("p", 1), by("q", 2));
    expect(run.messages).toEqual([]);
    expect(calls).toEqual(["delete:a", "create:a"]);
  });

  it("asks a provider that depends on it as it was", async () => {
    const program =
      (first: number): Program =>
      async (api) => {
        const a = await api.thing("a", { first });
        const region = a.outputs["computed"]!;
        const read = { dependencies: [a.urn], propertyDependencies: { region: [a.urn] } };
        const p = await api.thing("p", { region }, { type: "pulumi:providers:test", ...read });
        await api.thing("b", {}, { provider: `${p.urn}::${p.id}` });
      };
    const { calls, run } = await callsOf(program(1), program(2));
    expect(run.messages).toEqual([]);
    expect(calls).toEqual(["delete:b", "delete:a", "create:a", "create:b"]);
  });

  it("of a provider takes along all it manages", async () => {
    const program =
      (region: string): Program =>
      async (api) => {
        const p = await api.thing("p", { region }, { type: "pulumi:providers:test", deleteBeforeReplace: true });
        await api.thing("a", {}, { provider: `${p.urn}::${p.id}` });
      };
    const { calls, run } = await callsOf(program("eu"), program("us"));
    expect(run.messages).toEqual([]);
    expect(calls).toEqual(["delete:a", "create:a"]);
  });

  it("of a provider deletes what it manages by the old one, in its version", async () => {
    const stack = new TestStack();
    const by: unknown[] = [];
    answering(stack, (provider) => ({
      delete: async (request) => {
        by.push(provider.version);
        return provider.delete(request);
      },
    }));
    const program =
      (version: string): Program =>
      async (api) => {
        const as = { type: "pulumi:providers:test", deleteBeforeReplace: true, version };
        const p = await api.thing("p", { region: version }, as);
        await api.thing("a", {}, { provider: `${p.urn}::${p.id}` });
      };
    await stack.up(program("1.0.0"));
    await stack.up(program("2.0.0"));
    expect(stack.cloud.calls).toEqual(["create:a", "delete:a", "create:a"]);
    expect(by).toEqual(["1.0.0"]);
  });

  it("is forbidden by a protected dependent", async () => {
    const more = { protect: true };
    const { calls, run } = await callsOf(pair({ first: 1 }, "force", more), pair({ first: 2 }, "force", more));
    expect(calls).toEqual([]);
    expect(said(run)).toContain(`unable to replace resource "${thingUrn("b")}" as part of replacing`);
  });

  it("is passed over whole, when what the old resource needs has failed", async () => {
    const program =
      (first: number): Program =>
      async ({ thing }) => {
        const a = await thing("a", { first });
        await thing("b", { first }, { dependencies: first === 1 ? [a.urn] : [] });
      };
    const stack = new TestStack();
    await stack.up(program(1));
    stack.cloud.fail.push("delete:a");
    const { steps } = await stack.up(program(2), { continueOnError: true, parallel: 1 });
    expect(steps).toEqual(["delete-replaced a", "same proj-dev"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b"]);
  });

  it("is passed over with the dependents it would take along", async () => {
    const stack = new TestStack();
    await stack.up(async ({ thing }) => {
      const a = await thing("a", { x: 1 });
      const b = await thing("b", { first: 1 });
      const read = { dependencies: [a.urn, b.urn], propertyDependencies: { force: [b.urn] } };
      await thing("c", { force: b.outputs["computed"]! }, read);
    });
    stack.cloud.fail.push("update:a");
    const later: Program = async ({ thing }) => {
      await thing("a", { x: 2 });
      await thing("b", { first: 2 });
      await thing("c", { x: 2 });
    };
    const { steps } = await stack.up(later, { continueOnError: true, parallel: 1 });
    expect(steps).toEqual(["same proj-dev", "update a"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b", "c"]);
  });

  it("is gone on with, also when nothing else asks for it any more", async () => {
    const stack = new TestStack();
    await stack.up(one({ first: 1 }));
    stack.cloud.fail.push("create:a");
    await stack.up(one({ first: 2 }));
    stack.cloud.calls.length = 0;
    await stack.up(one({ first: 1 }));
    expect(stack.cloud.calls).toEqual(["create:a"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a"]);
  });

  it("takes along all that waits for its deletion and needs what goes", async () => {
    const stack = new TestStack();
    await stack.up(async ({ thing }) => {
      const a = await thing("a", { first: 1 });
      const b = await thing("b", {}, { deletedWith: a.urn });
      await thing("c", {}, { dependencies: [b.urn] });
    });
    for (const name of ["b", "c"]) edit(stack, name, { delete: true });
    stack.cloud.calls.length = 0;
    const run = await stack.up(one({ first: 2 }), { parallel: 1 });
    expect(run.messages).toEqual([]);
    expect(stack.cloud.calls).toEqual(["delete:c", "delete:a", "create:a"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a"]);
  });

  it("leaves alone a dependent that was registered before it, under a new name", async () => {
    const later =
      (inputs: PropertyMap): Program =>
      async (api) => {
        await api.thing("c", inputs, { aliases: [{ name: "b" }] });
        await api.thing("a", { first: 2 });
      };
    const replaced = await callsOf(pair({ first: 1 }, "forceFrom"), later({ force: 2 }));
    expect(replaced.calls).toEqual(["create:c", "delete:a", "create:a", "delete:b"]);
    expect(replaced.stack.order).toEqual(["proj-dev", "default_1_2_3", "c", "a"]);
    const kept = await callsOf(pair({ first: 1 }, "forceFrom"), later({ forceFrom: "computed-id-1" }));
    expect(kept.calls).toEqual(["delete:a", "create:a"]);
  });

  it("leaves alone what asked to go with it and was registered before it, under a new name", async () => {
    const first: Program = async (api) => {
      const a = await api.thing("a", { first: 1 });
      await api.thing("b", {}, { replaceWith: [a.urn] });
    };
    const second: Program = async (api) => {
      await api.thing("c", { force: 2 }, { aliases: [{ name: "b" }] });
      await api.thing("a", { first: 2 });
    };
    const { stack, calls } = await callsOf(first, second);
    expect(calls).toEqual(["create:c", "delete:a", "create:a", "delete:b"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "c", "a"]);
  });

  it("deletes no dependent that an earlier attempt has deleted", async () => {
    const stack = new TestStack();
    await stack.up(pair({ first: 1 }, "force"));
    stack.cloud.fail.push("delete:a");
    await stack.up(pair({ first: 2 }, "force"));
    stack.cloud.calls.length = 0;
    await stack.up(pair({ first: 2 }, "force"));
    expect(stack.cloud.calls).toEqual(["delete:a", "create:a", "create:b"]);
  });
});

describe("a replacement", () => {
  it("comes of a taint, a trigger that is not known yet, and a detailed diff alone", async () => {
    const stack = new TestStack();
    await stack.up(one({}, { replacementTrigger: 1 }));
    expect((await stack.preview(one({}, { replacementTrigger: unknown }))).steps).toContain("replace a");
    expect(said(await stack.up(one({}, { replacementTrigger: unknown })))).toContain("trigger contains unknowns");
    edit(stack, "a", { taint: true });
    expect((await stack.up(one({}))).steps).toContain("replace a");
    answering(stack, (provider) => ({
      diff: async (request) => ({
        ...(await provider.diff(request)),
        replaces: [],
        detailedDiff: { x: { kind: "update-replace", inputDiff: true } },
      }),
    }));
    expect((await stack.up(one({ x: 2 }))).steps).toContain("replace a");
  });

  it("comes of a failed initialisation, where it is asked for", async () => {
    const stack = new TestStack();
    await stack.up(one({}));
    edit(stack, "a", { initErrors: ["not ready"] });
    expect((await stack.preview(one({}))).steps).toContain("update a");
    expect((await stack.preview(one({}, { replaceOnChanges: ["*"] }))).steps).toContain("replace a");
  });

  it("makes a custom resource of a component", async () => {
    const component: Program = async (api) => void (await api.component("a"));
    const { run } = await callsOf(component, one({}, { type: "my:index:Group" }));
    expect(run.steps).toContain("replace a");
  });

  it("is not forbidden by a protection that comes with it", async () => {
    const { run } = await callsOf(one({ force: 1 }), one({ force: 2 }, { protect: true }));
    expect(run.result).toBe("succeeded");
  });

  it("is refused for an imported resource that still says its id", async () => {
    const stack = new TestStack();
    stack.cloud.objects.set("there", { type: "test:index:Thing", inputs: { force: 1 } });
    await stack.up(one({ force: 1 }, { importId: "there" }));
    const run = await stack.up(one({ force: 2 }, { importId: "there" }));
    expect(said(run)).toContain("previously-imported resources that still specify an ID may not be replaced");
  });

  it("is checked anew, heeded, and created with what the check gave", async () => {
    const stack = new TestStack();
    const seeds = new Set<string>();
    let serial = 0;
    answering(stack, () => ({
      check: async ({ oldInputs, newInputs, randomSeed }) => {
        seeds.add(Buffer.from(randomSeed).toString("hex"));
        const bad = newInputs["force"] === 3 && Object.keys(oldInputs).length === 0;
        return {
          inputs: { ...newInputs, serial: oldInputs["serial"] ?? ++serial },
          failures: bad ? [{ property: "force", reason: "is bad" }] : [],
        };
      },
    }));
    await stack.up(one({ force: 1 }));
    await stack.up(one({ force: 2 }));
    expect(stack.state("a")?.inputs).toEqual({ force: 2, serial: 2 });
    expect(seeds.size).toBe(2);
    await stack.up(one({ force: 2 }), { replace: [thingUrn("a")] });
    expect(stack.state("a")?.inputs).toEqual({ force: 2, serial: 3 });
    const refused = await stack.up(one({ force: 3 }));
    expect(said(refused)).toContain("is bad");
    expect(stack.state("a")?.inputs).toEqual({ force: 2, serial: 3 });
  });
});

describe("a check that fails", () => {
  it("creates nothing", async () => {
    const stack = new TestStack();
    await stack.up(one({ bad: 1 }));
    expect(stack.cloud.calls).toEqual([]);
  });
});

describe("what is recorded", () => {
  it("are the dates: of the creation, and of the last change", async () => {
    const stack = new TestStack();
    const dates = () => [stack.state("a")?.created, stack.state("a")?.modified];
    await stack.up(one({ x: 1 }));
    edit(stack, "a", { created: longAgo, modified: longAgo });
    await stack.up(one({ x: 1 }, { protect: true }));
    expect(dates()).toEqual([longAgo, longAgo]);
    await stack.up(one({ x: 2 }));
    expect(dates()).toEqual([longAgo, expect.stringMatching(/^20(2[1-9]|[3-9])/)]);
    edit(stack, "a", { modified: longAgo });
    stack.cloud.objects.get("id-1")!.inputs = { x: 3 };
    await stack.refresh();
    expect(dates()).toEqual([longAgo, expect.stringMatching(/^20(2[1-9]|[3-9])/)]);
  });

  it("are options that others decide by", async () => {
    const stack = new TestStack();
    await stack.up(one({ x: 1 }, { hideDiffs: ["x"], replaceOnChanges: ["y"] }));
    expect(stack.state("a")).toMatchObject({ hideDiff: ["x"], replaceOnChanges: ["y"] });
    edit(stack, "a", { refreshBeforeUpdate: true });
    await stack.up(one({ x: 2 }));
    expect(stack.state("a")?.refreshBeforeUpdate).toBe(true);
  });

  it("is secret where the input was, though the provider does not say so", async () => {
    const stack = new TestStack();
    answering(stack, () => ({ create: async () => ({ id: "id", outputs: { x: 1, y: 2 } }) }));
    const run = await stack.up(one({ x: new Secret(1) }, { additionalSecretOutputs: ["id"] }));
    expect(stack.state("a")?.outputs).toEqual({ x: new Secret(1), y: 2 });
    expect(said(run)).toContain("The 'id' property cannot be made secret");
  });
});

describe("a component", () => {
  const group =
    (x: number, outputs: readonly PropertyMap[] = []): Program =>
    async (api) => {
      const made = await api.component("g", { inputs: { x } });
      expect(made.outputs).toEqual({});
      for (const some of outputs) await api.registrar.registerResourceOutputs(made.urn, some);
    };

  it("changes with its inputs, and is answered without what was recorded of its outputs", async () => {
    const { run } = await callsOf(group(1, [{ y: 1 }]), group(2, [{ y: 1 }]));
    expect(run.steps).toEqual(["same proj-dev", "update g"]);
  });

  it("gives its outputs once", async () => {
    const run = await new TestStack().up(group(1, [{ y: 1 }, { y: 2 }]));
    expect(said(run)).toContain("whose registration isn't pending");
  });
});

describe("reading and importing", () => {
  const get =
    (id: string): Program =>
    async (api) => {
      const about = { type: "test:index:Thing", name: "a", parent: api.stackUrn, inputs: {}, dependencies: [] };
      const none = { provider: "", version: "1.2.3", pluginDownloadUrl: "", additionalSecretOutputs: [] };
      await api.registrar.readResource({ ...about, ...none, id, sourcePosition: "" });
    };
  const withThere = (inputs: PropertyMap = {}) => {
    const stack = new TestStack();
    stack.cloud.objects.set("there", { type: "test:index:Thing", inputs });
    return stack;
  };

  it("reads again what was read", async () => {
    const stack = withThere();
    await stack.up(get("there"));
    expect((await stack.up(get("there"))).steps).toEqual(["read a", "same proj-dev"]);
    expect(said(await stack.up(get("")))).toContain(`Expected an ID for ${thingUrn("a")}`);
  });

  it("does not give up what is read by its own id", async () => {
    const stack = new TestStack();
    await stack.up(one({}));
    expect((await stack.up(get("id-1"))).steps).toEqual(["read a", "same proj-dev"]);
    expect(stack.cloud.objects.size).toBe(1);
  });

  it("creates anew what is no longer only read", async () => {
    const stack = withThere();
    await stack.up(get("there"));
    const run = await stack.up(one({}));
    expect(run.steps).toEqual(["create-replacement a", "discard-replaced a", "replace a", "same proj-dev"]);
    expect(stack.cloud.calls).toEqual(["create:a"]);
  });

  it("imports what was only read", async () => {
    const stack = withThere();
    await stack.up(get("there"));
    await stack.up(one({}, { importId: "there" }));
    expect(stack.state("a")).toMatchObject({ id: "there", external: false });
    expect(stack.cloud.calls).toEqual([]);
  });

  it("imports in the place of a managed resource, which is deleted", async () => {
    const stack = withThere({ x: 1 });
    await stack.up(one({ x: 1 }));
    const run = await stack.up(one({ x: 1 }, { importId: "there" }));
    expect(run.steps).toEqual(["delete-replaced a", "import-replacement a", "replace a", "same proj-dev"]);
    expect([...stack.cloud.objects.keys()]).toEqual(["there"]);
    expect(stack.state("a")?.created).toMatch(/^20/);
  });

  it("imports nothing in the place of what has gone first", async () => {
    const stack = withThere({ x: "there" });
    await stack.up(pair({ first: 1 }, "force"));
    const run = await stack.up(async (api) => {
      await api.thing("a", { first: 2 });
      await api.thing("b", { x: "there" }, { importId: "there" });
    });
    expect(run.steps).not.toContain("import-replacement b");
    expect(run.messages).toEqual([]);
    expect(stack.state("b")?.id).toBe("there");
  });

  it("does not read what another claims", async () => {
    const stack = withThere();
    await stack.up(one({}));
    const run = await stack.up(async (api) => {
      await api.thing("b", {}, { aliases: [{ name: "a" }] });
      await api.thing("c", {}, { aliases: [{ name: "a" }], importId: "there" });
    });
    expect(said(run)).toContain("applied to resource with URN");
    expect(run.steps).not.toContain("import c");
    expect(run.steps).not.toContain("import-replacement c");
  });

  it("imports once, also when the id turns out to be another", async () => {
    const stack = withThere();
    answering(stack, (provider) => ({
      read: async (request) => ({ ...(await provider.read({ ...request, id: "there" }))!, id: "real" }),
    }));
    await stack.up(one({}, { importId: "there" }));
    expect(stack.state("a")?.id).toBe("real");
    expect((await stack.up(one({}, { importId: "there" }))).changes).toEqual({ same: 2 });
  });
});

describe("providers", () => {
  it("are told of the names that are configured", async () => {
    const stack = new TestStack();
    const told: unknown[] = [];
    answering(stack, (provider) => ({
      check: async (request) => {
        told.push(request.autonaming);
        return provider.check(request);
      },
    }));
    const options = { proposedName: "the-name", mode: "propose" } as const;
    await stack.up(one({}), { autonamer: () => ({ options, deleteBeforeReplace: false, warns: false }) });
    expect(told).toEqual([options]);
  });

  it("are told how long a step may take", async () => {
    const stack = new TestStack();
    const told: string[] = [];
    answering(stack, (provider) => ({
      create: async (request) => {
        told.push(`create ${request.timeoutSeconds}`);
        return provider.create(request);
      },
      update: async (request) => {
        told.push(`update ${request.timeoutSeconds}`);
        return provider.update(request);
      },
      delete: async (request) => {
        told.push(`delete ${request.timeoutSeconds}`);
        return provider.delete(request);
      },
    }));
    const customTimeouts = { create: 1, update: 2, delete: 3 };
    await stack.up(one({ x: 1 }, { customTimeouts }));
    await stack.up(one({ x: 2 }, { customTimeouts }));
    await stack.destroy();
    expect(told).toEqual(["create 1", "update 2", "delete 3"]);
  });

  it("are told what an update ignores", async () => {
    const stack = new TestStack();
    const told: unknown[] = [];
    answering(stack, (provider) => ({
      update: async (request) => {
        told.push(request.ignoreChanges);
        return provider.update(request);
      },
    }));
    await stack.up(one({ x: 1, y: 1 }));
    await stack.up(one({ x: 2, y: 2 }, { ignoreChanges: ["x"] }));
    expect(told).toEqual([["x"]]);
  });

  it("go on with their old inputs where they find new ones to be no change", async () => {
    const stack = new TestStack();
    const configured: PropertyMap[] = [];
    answering(stack, (provider) => ({
      diffConfig: async (request) => ({ ...(await provider.diffConfig(request)), changes: "none" }),
      configure: async (inputs) => void configured.push(inputs),
    }));
    const provider = (note: string) => one({ note }, { type: "pulumi:providers:test", version: "" });
    await stack.up(provider("old"));
    await stack.up(provider("new"));
    expect(configured).toEqual([{ note: "old" }, { note: "old" }]);
    expect(stack.state("a")?.inputs).toEqual({ note: "new" });
  });

  it("registered no more serve on from the state, and stay in it", async () => {
    const stack = new TestStack();
    let reference = "";
    await stack.up(async (api) => {
      const p = await api.thing("p", {}, { type: "pulumi:providers:test" });
      reference = `${p.urn}::${p.id}`;
      await api.thing("a", {}, { provider: reference });
    });
    const run = await stack.up(one({ x: 2 }, { provider: reference }), { targets: [thingUrn("a")] });
    expect(run.messages).toEqual([]);
    expect(stack.order).toEqual(["proj-dev", "p", "a"]);
  });

  it("that cannot be configured yet are warned of, and what they manage may change", async () => {
    const program =
      (where: boolean): Program =>
      async (api) => {
        const source = await api.thing(where ? "new" : "old");
        const inputs = { where: source.outputs["computed"]! };
        const p = await api.thing("p", inputs, { type: "pulumi:providers:test" });
        await api.thing("a", {}, { provider: `${p.urn}::${p.id}` });
      };
    const stack = new TestStack();
    await stack.up(program(false));
    const planned = await stack.preview(program(true));
    expect(planned.steps).toContain("update a");
    expect(said(planned)).toContain("inputs that are not known during preview");
  });

  it("are recorded with their version, also when their check does not answer with it", async () => {
    const stack = new TestStack();
    answering(stack, () => ({ checkConfig: async () => ({ inputs: {}, failures: [] }) }));
    await stack.up(one({}));
    expect(stack.state("default_1_2_3")?.inputs["version"]).toBe("1.2.3");
  });

  it("are refused when they are parameterized", async () => {
    const inputs = { __internal: { parameterization: { name: "other" } } };
    const run = await new TestStack().up(async ({ registrar }) => {
      await registrar.registerResource(goal({ type: "pulumi:providers:test", name: "p", inputs }));
    });
    expect(said(run)).toContain("parameterized providers are not supported");
  });

  it("can be denied their default", async () => {
    const config = { "pulumi:disable-default-providers": '["test"]' };
    expect(said(await new TestStack().up(one({}), { config }))).toContain("Default provider for 'test' disabled");
  });

  it("may not change for what no target names", async () => {
    const stack = new TestStack();
    await stack.up(one({}));
    const run = await stack.up(
      async (api) => {
        const p = await api.thing("p", {}, { type: "pulumi:providers:test" });
        const provider = `${p.urn}::${p.id}`;
        await api.thing("a", {}, { provider });
        await api.thing("b", {}, { provider });
      },
      { targets: [thingUrn("b")] },
    );
    expect(said(run)).toContain("due to a change of providers mixed with --target");
  });
});

describe("targets and excludes", () => {
  it("reach dependents at any remove", async () => {
    const targets = await callsOf(chain(1), chain(2), { targets: [thingUrn("a")], targetDependents: true });
    expect(targets.calls).toEqual(["update:a", "update:b", "update:c"]);
    const excludes = await callsOf(chain(1), chain(2), { excludes: [thingUrn("a")], excludeDependents: true });
    expect(excludes.calls).toEqual([]);
  });

  it("carry over what a target depends on and the program registers no more", async () => {
    const { stack, run } = await callsOf(
      chain(1),
      async (api) => void (await api.thing("c", { x: 2 }, { dependencies: [thingUrn("b")] })),
      { targets: [thingUrn("c")] },
    );
    expect(run.messages).toEqual([]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b", "c"]);
  });

  it("keep in the state what was deleted first, as long as something carried over names it", async () => {
    const first: Program = async ({ thing }) => {
      const a = await thing("a", { first: 1 });
      const read = { dependencies: [a.urn], propertyDependencies: { firstFrom: [a.urn] } };
      const b = await thing("b", { firstFrom: a.outputs["computed"]! }, read);
      await thing("c", { x: 1 }, { dependencies: [b.urn] });
    };
    const second: Program = async ({ thing }) => {
      await thing("a", { first: 2 });
      await thing("c", { x: 1 });
    };
    const { stack, run, calls } = await callsOf(first, second, { targets: [thingUrn("a")], targetDependents: true });
    expect(run.messages).toEqual([]);
    expect(calls).toEqual(["delete:b", "delete:a", "create:a"]);
    expect(stack.state("b")?.pendingReplacement).toBe(true);
    await stack.up(second);
    expect(calls).toHaveLength(3);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "c"]);
  });

  it("do not carry over what was deleted first", async () => {
    const stack = new TestStack();
    await stack.up(pair({ first: 1 }, "forceFrom"));
    stack.cloud.fail.push("delete:b");
    const later =
      (first: number): Program =>
      async (api) => {
        await api.thing("a", { first });
        if (first === 1) await api.thing("b", { force: 2 });
      };
    await stack.up(later(1));
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b", "b*"]);
    await stack.up(later(2), { excludes: [thingUrn("b")] });
    expect(stack.cloud.calls.slice(-3)).toEqual(["delete:b", "delete:a", "create:a"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b"]);
  });

  it("keep all that resources of a kept name need, replaced ones too", async () => {
    const stack = new TestStack();
    await stack.up(pair({ x: 1 }, "force"));
    stack.cloud.fail.push("delete:b");
    const later: Program = async ({ thing }) => {
      await thing("a", { x: 1 });
      const b = await thing("b", { force: 2 });
      await thing("c", {}, { dependencies: [b.urn] });
    };
    await stack.up(later);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b", "c", "b*"]);
    await stack.up(async () => {}, { excludes: [thingUrn("c")] });
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b", "c", "b*"]);
  });

  it("do not carry over what needs only what waits for its deletion", async () => {
    const stack = new TestStack();
    await stack.up(chain(1));
    edit(stack, "a", { delete: true });
    const run = await stack.up(async ({ thing }) => void (await thing("b", { x: 1 })), { targets: [thingUrn("a")] });
    expect(run.messages[0]).toContain(`dependency ${thingUrn("a")} of untargeted resource ${thingUrn("b")} has no old`);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a*", "b", "c"]);
  });

  it("keep what waits for its deletion and is still named", async () => {
    const stack = new TestStack();
    await stack.up(chain(1));
    edit(stack, "a", { delete: true });
    await stack.up(async ({ thing }) => void (await thing("b", { x: 1 }, { dependencies: [thingUrn("a")] })));
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a*", "b"]);
  });

  it("do not check what is not chosen", async () => {
    const program =
      (inputs: PropertyMap): Program =>
      async (api) => {
        await api.thing("a", inputs);
        await api.thing("b", inputs["bad"] ? {} : inputs);
      };
    const { run } = await callsOf(program({}), program({ bad: 1 }), { targets: [thingUrn("b")] });
    expect(run.messages).toEqual([]);
  });

  it("let a destroy keep what excluded resources need", async () => {
    const destroyed = async (options: Options) => {
      const stack = new TestStack();
      await stack.up(chain(1));
      await stack.destroy(options);
      return stack.order;
    };
    expect(await destroyed({ excludes: [thingUrn("b")] })).toEqual(["proj-dev", "default_1_2_3", "a", "b"]);
    expect(await destroyed({ excludes: [thingUrn("a")], excludeDependents: true })).toHaveLength(5);
  });

  it("let a preview name everything that needs what is not created", async () => {
    const run = await new TestStack().preview(
      async (api) => {
        const [a, b] = [await api.thing("a"), await api.thing("b")];
        await api.thing("c", {}, { dependencies: [a.urn] });
        await api.thing("d", {}, { dependencies: [b.urn] });
      },
      { targets: [thingUrn("c"), thingUrn("d")] },
    );
    expect(run.messages.filter((message) => message.includes("not specified in --target"))).toHaveLength(2);
  });

  it("carry a renamed resource over once", async () => {
    const program =
      (name: string, aliases: readonly string[]): Program =>
      async (api) => {
        const a = await api.thing(name, {}, { aliases: aliases.map((alias) => ({ name: alias })) });
        await api.thing("b", {}, { dependencies: [a.urn] });
      };
    const { stack } = await callsOf(program("a", []), program("z", ["a"]), { excludes: [thingUrn("b")] });
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "z", "b"]);
  });
});

describe("aliases", () => {
  const named =
    (name: string, more: More = {}): Program =>
    async (api) =>
      void (await api.thing(name, {}, more));

  it("go after the URN itself", async () => {
    const both: Program = async (api) => {
      await api.thing("a");
      await api.thing("b");
    };
    const { run } = await callsOf(both, named("b", { aliases: [{ name: "a" }] }));
    expect(run.steps).toEqual(["delete a", "same b", "same proj-dev"]);
  });

  it("and URNs are claimed once, by one of them, before anything is done", async () => {
    const taken = await callsOf(named("a"), async (api) => {
      await api.thing("b", { x: 1 }, { aliases: [{ name: "a" }] });
      await api.thing("a", { x: 1 });
    });
    expect(said(taken.run)).toContain("conflicting with alias on resource with URN");
    const living = await callsOf(named("a"), async (api) => {
      await api.thing("a");
      await api.thing("b", {}, { aliases: [{ name: "a" }] });
    });
    expect(said(living.run)).toContain(`applied to resource with URN '${thingUrn("b")}'`);
    expect(living.calls).toEqual([]);
  });

  it("find what had no parent, and what was another project's or stack's", async () => {
    const below: Program = async (api) => {
      const parent = (await api.component("g")).urn;
      await api.thing("a", {}, { parent, aliases: [{ noParent: true }] });
    };
    expect((await callsOf(named("a"), below)).calls).toEqual([]);
    for (const [from, to, alias] of [
      ["::proj::", "::other::", { project: "other" }],
      ["urn:pulumi:dev::", "urn:pulumi:prod::", { stack: "prod" }],
    ] as const) {
      const stack = new TestStack();
      await stack.up(named("a"));
      edit(stack, "a", { urn: thingUrn("a").replace(from, to) });
      expect((await stack.up(named("a", { aliases: [alias] }))).steps).toEqual(["same a", "same proj-dev"]);
    }
  });

  it("of a child hold also below the old type of its parent", async () => {
    const program =
      (type: string, name: string, aliases: { parent: More; child: More }): Program =>
      async (api) => {
        const parent = (await api.component("g", { type, ...aliases.parent })).urn;
        await api.thing(name, {}, { parent, ...aliases.child });
      };
    const before = program("my:index:Group", "c", { parent: {}, child: {} });
    const after = program("my:index:Team", "d", {
      parent: { aliases: [{ type: "my:index:Group" }] },
      child: { aliases: [{ name: "c" }] },
    });
    expect((await callsOf(before, after)).calls).toEqual([]);
  });
});

describe("a refresh", () => {
  const changed = async () => {
    const stack = new TestStack();
    await stack.up(chain(1));
    for (const object of stack.cloud.objects.values()) object.inputs = { x: 9 };
    return stack;
  };
  const found = (stack: TestStack) => ["a", "b", "c"].filter((name) => stack.state(name)?.inputs["x"] === 9);

  it("follows dependents at any remove", async () => {
    const targeted = await changed();
    await targeted.refresh({ targets: [thingUrn("b")], targetDependents: true });
    expect(found(targeted)).toEqual(["b", "c"]);
    const excluded = await changed();
    await excluded.refresh({ excludes: [thingUrn("b")], excludeDependents: true });
    expect(found(excluded)).toEqual(["a"]);
  });

  it("goes on after a failure, but to nothing else", async () => {
    const stack = await changed();
    answering(stack, (provider) => ({
      read: async (request) => {
        if (request.name === "a") throw new Error("read refused");
        return provider.read(request);
      },
    }));
    stack.cloud.calls.length = 0;
    const run = await stack.up(chain(2), { refresh: "first", parallel: 1 });
    expect(run.result).toBe("failed");
    expect(stack.cloud.calls).toEqual([]);
    expect(found(stack)).toEqual(["b", "c"]);
  });

  it("does not look for what waits for its replacement, and forgets who replaced with what is gone", async () => {
    const stack = new TestStack();
    await stack.up(chain(1));
    edit(stack, "c", { pendingReplacement: true, dependencies: [] });
    edit(stack, "b", { replaceWith: [thingUrn("a")] });
    stack.cloud.objects.delete("id-1");
    stack.cloud.objects.delete("id-3");
    await stack.refresh();
    expect(stack.state("c")?.pendingReplacement).toBe(true);
    expect(stack.state("b")).toMatchObject({ replaceWith: [], dependencies: [] });
  });
});

describe("after a failure", () => {
  it("with continue-on-error what depends on it at any remove is passed over", async () => {
    const stack = new TestStack();
    stack.cloud.fail.push("create:a");
    await stack.up(chain(1), { continueOnError: true });
    expect(stack.cloud.calls).toEqual(["create:a"]);
  });

  it("of a dependent's deletion, what the replacement was for has failed too", async () => {
    const stack = new TestStack();
    await stack.up(pair({ first: 1 }, "force"));
    stack.cloud.fail.push("delete:b");
    stack.cloud.calls.length = 0;
    const run = await stack.up(pair({ first: 2 }, "force"), { continueOnError: true });
    expect(run.result).toBe("failed");
    expect(stack.cloud.calls).toEqual(["delete:b"]);
  });

  it("of a dependent's deletion, what needs the replacement is passed over", async () => {
    const program =
      (first: number): Program =>
      async (api) => {
        const { urn } = await api.thing("a", { first });
        await api.thing("b", { force: urn }, { dependencies: [urn], propertyDependencies: { force: [urn] } });
        await api.thing("c", { x: first }, { dependencies: [urn] });
      };
    const stack = new TestStack();
    await stack.up(program(1));
    stack.cloud.fail.push("delete:b");
    stack.cloud.calls.length = 0;
    await stack.up(program(2), { continueOnError: true });
    expect(stack.cloud.calls).toEqual(["delete:b"]);
  });

  it("what a resource needs that was passed over is not deleted", async () => {
    const stack = new TestStack();
    await stack.up(chain(1));
    // The new `z` takes the place of `a` below `b`; it cannot be created, so `b` stays as it was.
    stack.cloud.fail.push("create:z");
    await stack.up(
      async (api) => {
        const z = await api.thing("z");
        await api.thing("b", { x: 1 }, { dependencies: [z.urn] });
      },
      { continueOnError: true },
    );
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b"]);
  });

  it("of a protected deletion the others go on", async () => {
    const stack = new TestStack();
    await stack.up(async (api) => {
      await api.thing("a", {}, { protect: true });
      await api.thing("b", {}, { protect: true });
      await api.thing("c");
    });
    await stack.destroy({ parallel: 1 });
    expect(stack.cloud.calls.filter((call) => call.startsWith("delete"))).toEqual(["delete:c"]);
  });
});

it("a preview deletes nothing", async () => {
  const { stack } = await callsOf(one({}), one({}));
  await stack.preview(async () => {});
  expect(stack.cloud.calls).toEqual([]);
});

it("an update that half failed is no reason to forget what exists", async () => {
  const stack = new TestStack();
  answering(stack, (provider) => ({
    create: async (request) => {
      const { id, outputs } = await provider.create(request);
      throw new PartialFailure(id, outputs, request.inputs, ["not ready"]);
    },
  }));
  await stack.up(one({}));
  expect(stack.state("a")?.id).toBe("id-1");
});
