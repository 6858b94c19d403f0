import { describe, expect, it, onTestFinished } from "vitest";
import { createDynamicProvider } from "../../../engine/providers/dynamic.ts";
import { PartialFailure, type Provider } from "../../../engine/providers/provider.ts";
import { type PropertyMap, Secret } from "../../../engine/values.ts";
import { CHILD_ENV, project, runProject } from "../support/project.ts";
import { keptLog } from "../support/scripted.ts";

const TYPE = "pulumi-nodejs:dynamic:Resource";
const target = { urn: `urn:pulumi:dev::demo::${TYPE}::thing`, type: TYPE, name: "thing" };
const signal = new AbortController().signal;
const live = { timeoutSeconds: 0, preview: false, signal };

/** A provider of one dynamic class, and the inputs that a program registered a resource of it with. */
async function dynamic(members: string, inputs = "{ size: 1 }"): Promise<{ provider: Provider; inputs: PropertyMap }> {
  const directory = await project({
    "index.js": `
      import * as pulumi from "@pulumi/pulumi";
      const provider = { ${members} };
      class Thing extends pulumi.dynamic.Resource { constructor(name, args) { super(provider, name, args); } }
      new Thing("thing", ${inputs});
    `,
  });
  const { end, registrar, log } = await runProject(directory);
  expect([end, log.said("error")]).toEqual([{ type: "ok" }, ""]);
  const provider = createDynamicProvider({
    programDirectory: directory,
    project: "demo",
    runtimeOptions: {},
    env: CHILD_ENV,
    engineAddress: async () => "127.0.0.1:1",
    log: keptLog(),
  });
  onTestFinished(() => provider.close());
  return { provider, inputs: registrar.goal("thing").inputs };
}

describe("dynamic providers", () => {
  it("run every operation through the SDK's own server", async () => {
    const { provider, inputs } = await dynamic(
      `
      check: async (olds, news) => ({ inputs: { ...news, checked: true }, failures: news.size > 9 ? [{ property: "size", reason: "too big" }] : [] }),
      diff: async (id, olds, news) => ({ changes: olds.size !== news.size, replaces: news.size > 5 ? ["size"] : [], deleteBeforeReplace: true }),
      create: async (inputs) => ({ id: "thing-1", outs: { ...inputs, token: "t" } }),
      read: async (id, props) => ({ id, props: { ...props, size: 7 } }),
      update: async (id, olds, news) => ({ outs: { ...news, was: olds.size } }),
      delete: async (id, props) => { if (props.size === 3) throw new Error("still in use"); },
      `,
      `{ size: 1, key: pulumi.secret("hush") }`,
    );
    expect(inputs).toMatchObject({ size: 1, key: new Secret("hush") });
    await provider.configure({});
    const check = (news: PropertyMap) =>
      provider.check({ ...target, oldInputs: {}, newInputs: news, randomSeed: new Uint8Array(32) });
    const checked = await check(inputs);
    expect(checked).toMatchObject({ inputs: { size: 1, key: new Secret("hush"), checked: true }, failures: [] });
    expect((await check({ ...inputs, size: 10 })).failures).toEqual([{ property: "size", reason: "too big" }]);

    const created = await provider.create({ ...target, ...live, inputs: checked.inputs });
    expect(created).toMatchObject({ id: "thing-1", outputs: { size: 1, token: "t", key: new Secret("hush") } });
    expect(Object.keys(created.outputs)).toContain("__provider");

    const state = { id: "thing-1", oldInputs: checked.inputs, oldOutputs: created.outputs, ignoreChanges: [] };
    const diff = (size: number) => provider.diff({ ...target, ...state, newInputs: { ...inputs, size } });
    expect(await diff(1)).toMatchObject({ changes: "none", replaces: [] });
    expect(await diff(6)).toMatchObject({ changes: "some", replaces: ["size"], deleteBeforeReplace: true });

    const updated = await provider.update({ ...target, ...live, ...state, newInputs: { ...inputs, size: 2 } });
    expect(updated).toMatchObject({ size: 2, was: 1, key: new Secret("hush") });
    const read = await provider.read({ ...target, id: "thing-1", inputs, outputs: created.outputs });
    expect(read).toMatchObject({ id: "thing-1", outputs: { size: 7, key: new Secret("hush") } });

    const remove = (size: number) =>
      provider.delete({ ...target, ...live, id: "thing-1", inputs, outputs: { ...created.outputs, size } });
    await remove(1);
    await expect(remove(3)).rejects.toThrow("still in use");
  });

  it("predict the inputs in a preview, without a process", async () => {
    const { provider, inputs } = await dynamic(`create: async () => { process.exit(3); }`);
    await provider.configure({});
    const preview = { ...target, ...live, preview: true };
    expect(await provider.create({ ...preview, inputs })).toEqual({ id: "", outputs: inputs });
  });

  it("tell of a resource that exists although its creation failed", async () => {
    const { provider, inputs } = await dynamic(
      `create: async (inputs) => { throw Object.assign(new Error("not healthy"), { id: "thing-1", properties: { ...inputs, health: "bad" }, reasons: ["probe 1", "probe 2"] }); }`,
    );
    await provider.configure({});
    const failure = await provider.create({ ...target, ...live, inputs }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure).toMatchObject({
      id: "thing-1",
      reasons: ["probe 1", "probe 2"],
      outputs: { health: "bad", size: 1 },
    });
  });

  it("get the configuration they are given", async () => {
    const { provider, inputs } = await dynamic(
      `configure: async function (request) { this.region = request.config.require("region"); }, create: async function (inputs) { return { id: this.region, outs: inputs }; }`,
    );
    await provider.configure({ "demo:region": new Secret("eu") });
    expect(await provider.create({ ...target, ...live, inputs })).toMatchObject({ id: "eu" });
  });

  it("say with their last words when their process dies", async () => {
    const { provider, inputs } = await dynamic(
      `create: async () => { console.error("out of cheese"); process.exit(3); }`,
    );
    await provider.configure({});
    const create = provider.create({ ...target, ...live, inputs });
    await expect(create).rejects.toThrow("the process of the dynamic providers exited with code 3\nout of cheese");
  });
});
