// What each resource option and each flag makes of the steps, one rule a test. The cloud replaces for inputs called
// `force*`, and for `first*` it deletes before it creates (support.ts).
import { describe, expect, it } from "vitest";
import { type PropertyMap, Secret, unknown } from "../../../engine/values.ts";
import { type Api, type Program, stackUrn, TestStack, thingUrn } from "./support.ts";

const things =
  (...names: readonly string[]): Program =>
  async (stack) => {
    for (const name of names) await stack.thing(name);
  };
const one =
  (inputs: Parameters<Api["thing"]>[1], more: Parameters<Api["thing"]>[2] = {}): Program =>
  async (stack) => {
    await stack.thing("a", inputs, more);
  };
const chain = (inputs: Parameters<Api["thing"]>[1], key: string): Program => {
  // a <-- b (reads a's output into `key`) <-- c (reads b's into `x`)
  return async (stack) => {
    const a = await stack.thing("a", inputs);
    const read = (from: typeof a, name: string) => ({
      dependencies: [from.urn],
      propertyDependencies: { [name]: [from.urn] },
    });
    const b = await stack.thing("b", { [key]: a.outputs["computed"]! }, read(a, key));
    await stack.thing("c", { x: b.outputs["computed"]! }, read(b, "x"));
  };
};

describe("creating, updating, deleting", () => {
  it("updates what changed and deletes what is registered no more, dependents first", async () => {
    const stack = new TestStack();
    await stack.up(chain({ x: 1 }, "x"));
    const changed = await stack.up(chain({ x: 2 }, "x"));
    expect(changed.steps).toEqual(["same b", "same c", "same proj-dev", "update a"]);
    stack.cloud.calls.length = 0;
    await stack.up(things());
    expect(stack.cloud.calls).toEqual(["delete:c", "delete:b", "delete:a"]);
    expect(stack.order).toEqual(["proj-dev"]);
  });

  it("replaces by creating first: the old one goes last, after its dependents were moved", async () => {
    const stack = new TestStack();
    await stack.up(chain({ force: 1 }, "x"));
    stack.cloud.calls.length = 0;
    const run = await stack.up(chain({ force: 2 }, "x"));
    expect(run.changes).toEqual({ replace: 1, update: 1, same: 2 });
    expect(stack.cloud.calls).toEqual(["create:a", "update:b", "delete:a"]);
  });

  it("replaces by deleting first: dependents that would be replaced go before, the others are updated", async () => {
    const stack = new TestStack();
    await stack.up(chain({ first: 1 }, "force"));
    stack.cloud.calls.length = 0;
    const run = await stack.up(chain({ first: 2 }, "force"));
    expect(stack.cloud.calls).toEqual(["delete:b", "delete:a", "create:a", "create:b", "update:c"]);
    expect(run.changes).toEqual({ replace: 2, update: 1, same: 1 });
  });

  it("lets the program decide which comes first", async () => {
    const stack = new TestStack();
    await stack.up(one({ force: 1 }));
    stack.cloud.calls.length = 0;
    await stack.up(one({ force: 2 }, { deleteBeforeReplace: true }));
    expect(stack.cloud.calls).toEqual(["delete:a", "create:a"]);
    stack.cloud.calls.length = 0;
    await stack.up(one({ first: 3 }, { deleteBeforeReplace: false }));
    expect(stack.cloud.calls).toEqual(["create:a", "delete:a"]);
  });

  it("goes on with a replacement whose first half was done", async () => {
    const stack = new TestStack();
    await stack.up(one({ first: 1 }));
    stack.cloud.fail.push("create:a");
    const failed = await stack.up(one({ first: 2 }));
    expect(failed.result).toBe("failed");
    expect(stack.state("a")).toMatchObject({ pendingReplacement: true, inputs: { first: 1 } });
    stack.cloud.calls.length = 0;
    const again = await stack.up(one({ first: 2 }));
    expect(again.steps).toContain("create-replacement a");
    expect(stack.cloud.calls).toEqual(["create:a"]);
    expect(stack.state("a")).toMatchObject({ pendingReplacement: false, inputs: { first: 2 } });
  });

  it("forgets such a resource when it is wanted no more", async () => {
    const stack = new TestStack();
    await stack.up(one({ first: 1 }));
    stack.cloud.fail.push("create:a");
    await stack.up(one({ first: 2 }));
    stack.cloud.calls.length = 0;
    expect((await stack.up(things())).result).toBe("succeeded");
    expect(stack.cloud.calls).toEqual([]);
    expect(stack.state("a")).toBeUndefined();
  });

  it("keeps a replaced resource until its deletion succeeds", async () => {
    const stack = new TestStack();
    await stack.up(one({ force: 1 }));
    stack.cloud.fail.push("delete:a");
    expect((await stack.up(one({ force: 2 }))).result).toBe("failed");
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "a*"]);
    const again = await stack.up(one({ force: 2 }));
    expect(again.steps).toEqual(["delete-replaced a", "same a", "same proj-dev"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a"]);
  });
});

describe("options", () => {
  it("ignoreChanges keeps what was, also within arrays and objects", async () => {
    const stack = new TestStack();
    const options = { ignoreChanges: ["x", "list[1]", "map.*"] };
    await stack.up(one({ x: 1, list: [1, 2, 3], map: { a: 1, b: 2 } }, options));
    const run = await stack.up(one({ x: 2, list: [1, 9, 3], map: { a: 5, c: 7 } }, options));
    expect(run.changes).toEqual({ same: 2 });
    await stack.up(one({ x: 2, list: [4, 9, 3], map: {} }, options));
    expect(stack.state("a")?.inputs).toEqual({ x: 1, list: [4, 2, 3], map: { a: 1, b: 2 } });
  });

  it("ignoreChanges says when it cannot be followed", async () => {
    const stack = new TestStack();
    await stack.up(one({ list: [1] }));
    const run = await stack.up(one({ list: [1, 2] }, { ignoreChanges: ["list[1]"] }));
    expect(run.messages).toEqual(['cannot ignore changes in added or removed elements of the path: "list[1]"']);
  });

  it("replaceOnChanges replaces where the provider would update", async () => {
    const stack = new TestStack();
    await stack.up(one({ x: 1, y: 1 }));
    expect((await stack.preview(one({ x: 2, y: 1 }, { replaceOnChanges: ["y"] }))).steps).toContain("update a");
    expect((await stack.preview(one({ x: 2, y: 1 }, { replaceOnChanges: ["x"] }))).steps).toContain("replace a");
    expect((await stack.preview(one({ x: 2, y: 1 }, { replaceOnChanges: ["*"] }))).steps).toContain("replace a");
  });

  it("protect refuses replacement and deletion, and goes on with the other deletions", async () => {
    const stack = new TestStack();
    const both: Program = async (api) => {
      await api.thing("a", { force: 1 }, { protect: true });
      await api.thing("b");
    };
    await stack.up(both);
    const replaced = await stack.up(one({ force: 2 }, { protect: true }));
    expect(replaced.result).toBe("failed");
    expect(replaced.messages[0]).toContain(`unable to replace resource "${thingUrn("a")}"\nas it is currently marked`);
    // What bailed out has said all there is to say; what went on to the end is summed up.
    expect(replaced.messages).not.toContain("error: update failed");
    const deleted = await stack.up(things());
    expect(deleted.messages.at(-1)).toBe("error: update failed");
    expect(deleted.messages[0]).toContain(`resource "${thingUrn("a")}" cannot be deleted\nbecause it is protected.`);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a"]);
    expect((await stack.up(one({ force: 2 }, { protect: false }))).result).toBe("succeeded");
  });

  it("a preview shows the replacement that protection forbids, and fails", async () => {
    const stack = new TestStack();
    await stack.up(one({ force: 1 }, { protect: true }));
    const run = await stack.preview(one({ force: 2 }, { protect: true }));
    expect(run.result).toBe("failed");
    expect(run.steps).toContain("replace a");
  });

  it("retainOnDelete and deletedWith leave the deletion to nobody or to another", async () => {
    const stack = new TestStack();
    await stack.up(async (api) => {
      const a = await api.thing("a");
      await api.thing("b", {}, { deletedWith: a.urn });
      await api.thing("c", {}, { retainOnDelete: true });
    });
    stack.cloud.calls.length = 0;
    const run = await stack.up(things());
    expect(run.changes).toMatchObject({ delete: 3 });
    expect(stack.cloud.calls).toEqual(["delete:a"]);
  });

  it("replaceWith and deletedWith replace with another, which would not have changed", async () => {
    for (const option of [(urn: string) => ({ replaceWith: [urn] }), (urn: string) => ({ deletedWith: urn })]) {
      const stack = new TestStack();
      const program =
        (x: number): Program =>
        async (api) => {
          const a = await api.thing("a", { force: x });
          await api.thing("b", {}, option(a.urn));
        };
      await stack.up(program(1));
      expect((await stack.up(program(2))).changes).toEqual({ same: 1, replace: 2 });
    }
  });

  it("a replacement is checked as a new resource: what was made up for the old one is not carried over", async () => {
    const stack = new TestStack();
    const provider = stack.cloud.provider.bind(stack.cloud);
    const checked: PropertyMap[] = [];
    stack.cloud.provider = (name, version) => ({
      ...provider(name, version),
      check: async (request) => {
        checked.push(request.oldInputs);
        return { inputs: request.newInputs, failures: [] };
      },
    });
    await stack.up(one({ force: 1 }));
    await stack.up(one({ force: 2 }));
    expect(checked).toEqual([{}, { force: 1 }, {}]);
  });

  it("additionalSecretOutputs and secret inputs mark outputs secret", async () => {
    const stack = new TestStack();
    await stack.up(one({ x: new Secret(1), y: 2 }, { additionalSecretOutputs: ["computed"] }));
    expect(stack.state("a")?.outputs).toEqual({ x: new Secret(1), y: 2, computed: new Secret("computed-id-1") });
  });

  it("a replacement trigger replaces when its value changes, not when it comes or goes", async () => {
    const stack = new TestStack();
    await stack.up(one({}));
    expect((await stack.up(one({}, { replacementTrigger: 1 }))).changes).toEqual({ same: 2 });
    expect((await stack.up(one({}, { replacementTrigger: 2 }))).changes).toEqual({ same: 1, replace: 1 });
    expect((await stack.up(one({}, { replacementTrigger: undefined }))).changes).toEqual({ same: 2 });
  });

  it("custom timeouts reach the provider in seconds and the state", async () => {
    const stack = new TestStack();
    await stack.up(one({}, { customTimeouts: { create: 300, update: 0, delete: 3600 } }));
    expect(stack.state("a")?.customTimeouts).toEqual({ create: 300, update: 0, delete: 3600, read: 0 });
  });

  it("what is only recorded differently is the same, and recorded", async () => {
    const stack = new TestStack();
    await stack.up(one({}));
    const run = await stack.up(one({}, { protect: true, retainOnDelete: true }));
    expect(run.changes).toEqual({ same: 2 });
    expect(stack.state("a")).toMatchObject({ protect: true, retainOnDelete: true });
  });
});

describe("names", () => {
  it("aliases carry a resource over to another name, type, parent or URN", async () => {
    const stack = new TestStack();
    const renamed =
      (name: string, more: Parameters<Api["thing"]>[2]): Program =>
      async (api) => {
        await api.thing(name, {}, more);
      };
    await stack.up(renamed("a", {}));
    expect((await stack.up(renamed("b", { aliases: [{ name: "a" }] }))).changes).toEqual({ same: 2 });
    expect((await stack.up(renamed("c", { aliases: [{ urn: thingUrn("b") }] }))).changes).toEqual({ same: 2 });
    const typed = renamed("c", { type: "test:index:Other", aliases: [{ type: "test:index:Thing" }] });
    expect((await stack.up(typed)).changes).toEqual({ same: 2 });
    const moved: Program = async (api) => {
      const group = await api.component("g");
      await api.thing("c", {}, { parent: group.urn, aliases: [{ type: "test:index:Other", parentUrn: api.stackUrn }] });
    };
    expect((await stack.up(moved)).changes).toEqual({ same: 2, create: 1 });
    expect(stack.state("c")?.urn).toBe(thingUrn("c", "my:index:Group$"));
    expect(stack.state("c")?.aliases).toEqual([]);
    expect(stack.cloud.calls).toEqual(["create:a"]);
  });

  it("children follow a renamed parent, also when they are named after it", async () => {
    const stack = new TestStack();
    const group =
      (name: string, aliases: readonly { name: string }[]): Program =>
      async (api) => {
        const parent = await api.component(name, { aliases });
        const inner = await api.component(`${name}-inner`, { parent: parent.urn });
        await api.thing(`${name}-inner-part`, {}, { parent: inner.urn });
      };
    await stack.up(group("g", []));
    expect((await stack.up(group("h", [{ name: "g" }]))).changes).toEqual({ same: 4 });
    expect(stack.cloud.calls).toEqual(["create:g-inner-part"]);
  });

  it("references to renamed resources are written by their new names, at every moment", async () => {
    const stack = new TestStack();
    const pair =
      (name: string, aliases: readonly { name: string }[], x: number): Program =>
      async (api) => {
        const a = await api.thing(name, {}, { aliases });
        await api.thing("user", { x }, { dependencies: [a.urn] });
      };
    await stack.up(pair("a", [], 1));
    stack.cloud.fail.push("update:user");
    await stack.up(pair("b", [{ name: "a" }], 2));
    // Its update failed: it is still the old one, and names b all the same.
    expect(stack.state("user")).toMatchObject({ dependencies: [thingUrn("b")], inputs: { x: 1 } });
  });

  it("a URN registered twice, a parent nobody registered and a bad provider end the deployment", async () => {
    const run = (program: Program) => new TestStack().up(program);
    const twice = await run(things("a", "a"));
    expect(twice).toMatchObject({ result: "failed" });
    expect(twice.messages).toEqual([`error: Duplicate resource URN '${thingUrn("a")}'; try giving it a unique name`]);
    const orphan = await run(one({}, { parent: `${stackUrn}x` }));
    expect(orphan.messages).toEqual([`error: could not find parent resource ${stackUrn}x`]);
    const unknownProvider = await run(one({}, { provider: "urn:pulumi:dev::proj::pulumi:providers:test::p::id" }));
    expect(unknownProvider.messages[0]).toContain("error: unknown provider");
  });

  it("two resources may not claim one alias", async () => {
    const stack = new TestStack();
    await stack.up(things("a"));
    const run = await stack.up(async (api) => {
      await api.thing("b", {}, { aliases: [{ name: "a" }] });
      await api.thing("c", {}, { aliases: [{ name: "a" }] });
    });
    expect(run.result).toBe("failed");
    expect(run.messages[0]).toContain(`Duplicate resource alias '${thingUrn("a")}'`);
  });
});

describe("reading", () => {
  const get =
    (id: string): Program =>
    async (api) => {
      const found = await api.registrar.readResource({
        type: "test:index:Thing",
        name: "found",
        id,
        parent: api.stackUrn,
        inputs: {},
        dependencies: [],
        provider: "",
        version: "1.2.3",
        pluginDownloadUrl: "",
        additionalSecretOutputs: [],
        sourcePosition: "",
        stackTrace: [],
      });
      await api.outputs({ x: found.outputs["x"] ?? null });
    };

  it("records what was read as not ours, and forgets it without deleting it", async () => {
    const stack = new TestStack();
    stack.cloud.objects.set("there", { type: "test:index:Thing", inputs: { x: 7 } });
    expect((await stack.preview(get("there"))).steps).toEqual(["create proj-dev", "read found"]);
    await stack.up(get("there"));
    expect(stack.state("found")).toMatchObject({ external: true, id: "there" });
    expect(stack.state("proj-dev")?.outputs).toEqual({ x: 7 });
    expect((await stack.up(things())).steps).toEqual(["discard found", "same proj-dev"]);
    expect(stack.cloud.objects.has("there")).toBe(true);
  });

  it("fails when there is nothing to read", async () => {
    const run = await new TestStack().up(get("nowhere"));
    expect(run.messages).toContain("error: resource 'nowhere' does not exist");
  });

  it("gives a managed resource up for one that is read: it is deleted at the end", async () => {
    const stack = new TestStack();
    await stack.up(async (api) => {
      await api.thing("found");
    });
    stack.cloud.objects.set("there", { type: "test:index:Thing", inputs: {} });
    const run = await stack.up(get("there"));
    expect(run.steps).toEqual(["delete-replaced found", "read-replacement found", "replace found", "same proj-dev"]);
    expect([...stack.cloud.objects.keys()]).toEqual(["there"]);
  });

  it("takes a resource over that was only read, by creating one in its place", async () => {
    const stack = new TestStack();
    stack.cloud.objects.set("there", { type: "test:index:Thing", inputs: {} });
    await stack.up(get("there"));
    await stack.up(async (api) => {
      await api.thing("found", { x: 1 });
    });
    expect(stack.state("found")).toMatchObject({ external: false, inputs: { x: 1 } });
    expect(stack.cloud.objects.has("there")).toBe(true);
  });
});

describe("importing", () => {
  it("adopts what is there, and updates what differs", async () => {
    const stack = new TestStack();
    stack.cloud.objects.set("there", { type: "test:index:Thing", inputs: { x: 1 } });
    const same = await stack.up(one({ x: 1 }, { importId: "there" }));
    expect(same.steps).toEqual(["create proj-dev", "import a"]);
    expect(stack.state("a")).toMatchObject({ id: "there", importId: "there", inputs: { x: 1 } });
    expect((await stack.up(one({ x: 1 }, { importId: "there" }))).changes).toEqual({ same: 2 });

    const other = new TestStack();
    other.cloud.objects.set("there", { type: "test:index:Thing", inputs: { x: 1 } });
    const planned = await other.preview(one({ x: 2 }, { importId: "there" }));
    const run = await other.up(one({ x: 2 }, { importId: "there" }));
    expect(run.steps).toEqual(["create proj-dev", "import a", "update a"]);
    expect(run.steps).toEqual(planned.steps);
    expect(other.order).toEqual(["proj-dev", "default_1_2_3", "a"]);
  });

  it("fails for an id that does not exist", async () => {
    const run = await new TestStack().up(one({}, { importId: "nowhere" }));
    expect(run.messages).toContain("error: resource 'nowhere' does not exist");
    expect(run.result).toBe("failed");
  });
});

describe("targets", () => {
  const abc =
    (x: number): Program =>
    async (api) => {
      const a = await api.thing("a", { x });
      await api.thing(
        "b",
        { x, y: a.outputs["computed"]! },
        { dependencies: [a.urn], propertyDependencies: { y: [a.urn] } },
      );
      await api.thing("c", { x });
    };

  it("touch what they name, and with dependents what depends on it", async () => {
    const stack = new TestStack();
    await stack.up(abc(1));
    expect((await stack.up(abc(2), { targets: [thingUrn("a")] })).changes).toEqual({ same: 3, update: 1 });
    expect((await stack.up(abc(3), { targets: ["**::a"], targetDependents: true })).changes).toEqual({
      same: 2,
      update: 2,
    });
    expect((await stack.up(abc(4), { excludes: [thingUrn("a")] })).changes).toEqual({ same: 2, update: 2 });
    expect(stack.state("a")?.inputs).toEqual({ x: 3 });
  });

  it("do not create what they do not name, and refuse what needs it", async () => {
    const stack = new TestStack();
    const run = await stack.up(abc(1), { targets: [thingUrn("b")] });
    expect(run.result).toBe("failed");
    expect(run.messages[0]).toContain(`Resource '${thingUrn("b")}' depends on '${thingUrn("a")}' which was was not`);
    expect(stack.cloud.calls).toEqual([]);
    // Its outputs are unknown even to an update; without that, what is made of them would look as if it were removed.
    let unknownOutputs: unknown;
    const done = await stack.up(
      async (api) => {
        await api.thing("b");
        unknownOutputs = (await api.thing("a")).unknown;
        await api.registrar.registerResourceOutputs((await api.component("group")).urn, { some: "output" });
      },
      { targets: [thingUrn("b")] },
    );
    expect(unknownOutputs).toBe(true);
    expect(done).toMatchObject({ result: "succeeded", messages: [] });
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "b"]);
  });

  it("must exist", async () => {
    const stack = new TestStack();
    await stack.up(abc(1));
    const run = await stack.up(abc(1), { targets: [thingUrn("nope")] });
    expect(run.result).toBe("failed");
    expect(run.messages[0]).toContain(`Target '${thingUrn("nope")}' could not be found in the stack.`);
  });

  it("destroy only with dependents when there are any", async () => {
    const stack = new TestStack();
    await stack.up(abc(1));
    const refused = await stack.destroy({ targets: [thingUrn("a")] });
    expect(refused.messages[0]).toContain(`Resource '${thingUrn("b")}' will be destroyed but was not specified`);
    expect(refused.messages.at(-1)).toBe("error: update failed");
    expect(stack.cloud.objects.size).toBe(3);
    await stack.destroy({ targets: [thingUrn("a")], targetDependents: true });
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "c"]);
  });

  it("--replace replaces what would not change", async () => {
    const stack = new TestStack();
    await stack.up(abc(1));
    const run = await stack.up(abc(1), { replace: [thingUrn("a")] });
    expect(run.steps).toContain("replace a");
  });
});

describe("providers", () => {
  it("default ones are one for each version and are kept from counts and people", async () => {
    const stack = new TestStack();
    const run = await stack.up(async (api) => {
      await api.thing("a", {}, { version: "1.2.3" });
      await api.thing("b", {}, { version: "2.0.0-beta.1" });
      await api.thing("c", {}, { version: "" });
    });
    expect(run.changes).toEqual({ create: 4 });
    const providers = stack.order.filter((name) => name.startsWith("default"));
    expect(providers).toEqual(["default_1_2_3", "default_2_0_0_beta_1", "default"]);
  });

  it("take the package's configuration", async () => {
    const stack = new TestStack();
    await stack.up(one({}), { config: { "test:region": "eu", "proj:other": "1" } });
    expect(stack.state("default_1_2_3")?.inputs).toEqual({ __internal: {}, version: "1.2.3", region: "eu" });
  });

  it("are replaced with everything they manage when their configuration forces it", async () => {
    const stack = new TestStack();
    const withProvider =
      (region: string): Program =>
      async (api) => {
        const provider = await api.thing("p", { region }, { type: "pulumi:providers:test" });
        await api.thing("a", {}, { provider: `${provider.urn}::${provider.id}` });
      };
    await stack.up(withProvider("eu"));
    const planned = await stack.preview(withProvider("us"));
    const run = await stack.up(withProvider("us"));
    expect(run.changes).toEqual({ same: 1, replace: 2 });
    expect(run.steps).toEqual(planned.steps);
    expect((await stack.up(withProvider("us"))).changes).toEqual({ same: 3 });
  });

  it("under a new name, with an alias, replace nothing", async () => {
    const stack = new TestStack();
    const program =
      (name: string, aliases: readonly string[], region = "eu"): Program =>
      async (api) => {
        const more = { type: "pulumi:providers:test", aliases: aliases.map((urn) => ({ urn })) };
        const provider = await api.thing(name, { region }, more);
        await api.thing("a", {}, { provider: `${provider.urn}::${provider.id}` });
      };
    await stack.up(program("old", []));
    const run = await stack.up(program("new", ["urn:pulumi:dev::proj::pulumi:providers:test::old"]));
    expect(run).toMatchObject({ result: "succeeded", changes: { same: 3 } });
    expect(stack.state("a")?.provider).toMatch(/::new::/);
    // Not even what its configuration would, were the name the same.
    const more = await stack.up(program("third", ["urn:pulumi:dev::proj::pulumi:providers:test::new"], "us"));
    expect(more).toMatchObject({ result: "succeeded", changes: { same: 2, replace: 1 } });
  });

  it("with a configuration that is not known make everything below unknown, and say so", async () => {
    const stack = new TestStack();
    const late: Program = async (api) => {
      const a = await api.thing("a");
      const provider = await api.thing("p", { where: a.outputs["computed"]! }, { type: "pulumi:providers:test" });
      const b = await api.thing("b", { x: 1 }, { provider: `${provider.urn}::${provider.id}` });
      await api.outputs({ b: b.outputs["computed"] ?? unknown });
    };
    const planned = await stack.preview(late);
    expect(planned.result).toBe("succeeded");
    expect(planned.outputs).toEqual({ b: unknown });
    expect((await stack.up(late)).steps).toEqual(planned.steps);
  });
});
