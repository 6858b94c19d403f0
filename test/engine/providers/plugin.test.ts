import grpc from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import anyProto from "google-protobuf/google/protobuf/any_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { listen, SERVER_OPTIONS, unary } from "../../../engine/deployment/channel.ts";
import { createPluginProvider } from "../../../engine/providers/plugin.ts";
import { PartialFailure, type Provider } from "../../../engine/providers/provider.ts";
import { Asset, ResourceReference, Secret, unknown } from "../../../engine/values.ts";

const target = { urn: "urn:pulumi:dev::demo::test:index:Thing::thing", type: "test:index:Thing", name: "thing" };
const live = { ...target, preview: false, timeoutSeconds: 30, signal: new AbortController().signal };
const struct = (value: object) => structProto.Struct.fromJavaScript(value as Record<string, never>);

interface Plugin {
  readonly provider: Provider;
  /** How often the process was started. */
  starts(): number;
  stopped(): boolean;
}

/** A provider served in this process; what it does not implement answers UNIMPLEMENTED. */
function plugin(methods: Partial<IResourceProviderServer>): Plugin {
  const server = new grpc.Server(SERVER_OPTIONS);
  server.addService(providerRpc.ResourceProviderService, methods as IResourceProviderServer);
  onTestFinished(() => server.forceShutdown());
  let starts = 0;
  let stopped = false;
  const provider = createPluginProvider({
    package: "test",
    version: "1.0.0",
    engineAddress: async () => "127.0.0.1:1",
    async start() {
      starts++;
      return {
        address: await listen(server),
        ended: new Promise(() => {}),
        stop: async () => {
          stopped = true;
        },
      };
    },
  });
  return { provider, starts: () => starts, stopped: () => stopped };
}

/** `create` of a provider that gives its inputs back, and what it was sent. */
function echo(configure: (response: InstanceType<typeof providerProto.ConfigureResponse>) => void) {
  const sent: unknown[] = [];
  const { provider } = plugin({
    configure: unary((request) => {
      sent.push(request.getArgs()?.toJavaScript(), Object.fromEntries(request.getVariablesMap().entries() as never));
      const response = new providerProto.ConfigureResponse();
      configure(response);
      return response;
    }),
    create: unary((request) => {
      sent.push(request.getProperties()?.toJavaScript());
      return new providerProto.CreateResponse().setId("id-1").setProperties(request.getProperties());
    }),
  });
  return { provider, sent };
}

describe("a provider in another process", () => {
  it("gets what it understands, and its answers get their secrets back", async () => {
    const inputs = {
      plain: 1,
      hidden: new Secret({ a: "s" }),
      nested: { key: new Secret("k"), open: 2 },
      ref: new ResourceReference("urn:x", "id-x", ""),
    };
    const simple = echo(() => {});
    await simple.provider.configure({ region: "eu", token: new Secret("t"), list: [1], version: "1.0.0" });
    const lowered = { plain: 1, hidden: { a: "s" }, nested: { key: "k", open: 2 }, ref: "id-x" };
    expect(await simple.provider.create({ ...live, inputs })).toEqual({
      id: "id-1",
      outputs: { ...inputs, ref: "id-x" },
    });
    expect(simple.sent.slice(1)).toEqual([
      { "test:config:region": "eu", "test:config:token": "t", "test:config:list": "[1]" },
      lowered,
    ]);

    const capable = echo((response) => response.setAcceptsecrets(true).setAcceptresources(true));
    await capable.provider.configure({});
    expect(await capable.provider.create({ ...live, inputs })).toEqual({ id: "id-1", outputs: inputs });
  });

  it("is asked for predictions only when it knows previews", async () => {
    const preview = { ...live, preview: true, inputs: { size: unknown, name: "a" } };
    const unable = echo(() => {});
    await unable.provider.configure({});
    expect(await unable.provider.create(preview)).toEqual({ id: "", outputs: preview.inputs });
    expect(unable.sent).toHaveLength(2);
    const able = echo((response) => response.setSupportspreview(true));
    await able.provider.configure({});
    expect(await able.provider.create(preview)).toEqual({ id: "id-1", outputs: preview.inputs });
  });

  it("is believed what it said in the handshake", async () => {
    const sent: unknown[] = [];
    const { provider } = plugin({
      handshake: unary(() => new providerProto.ProviderHandshakeResponse().setAcceptSecrets(true)),
      configure: unary(() => new providerProto.ConfigureResponse()),
      check: unary((request) => {
        sent.push(request.getNews()?.toJavaScript(), request.getRandomseed_asU8().length);
        return new providerProto.CheckResponse().setInputs(request.getNews());
      }),
    });
    await provider.configure({});
    const check = { ...target, oldInputs: {}, newInputs: { a: new Secret(1) }, randomSeed: new Uint8Array(32) };
    expect((await provider.check(check)).inputs).toEqual({ a: new Secret(1) });
    expect(JSON.stringify(sent)).toContain("1b47061264138c4ac30d75fd1eb44270");
    expect(sent[1]).toBe(32);
  });

  it("is started by the first call that needs it, once, and stopped at the end", async () => {
    const { provider, starts, stopped } = plugin({
      configure: unary(() => new providerProto.ConfigureResponse()),
      diff: unary(() => new providerProto.DiffResponse().setChanges(providerProto.DiffResponse.DiffChanges.DIFF_NONE)),
    });
    await provider.configure({});
    await provider.cancel();
    expect(starts()).toBe(0);
    const diff = { ...target, id: "i", oldInputs: {}, oldOutputs: {}, newInputs: {}, ignoreChanges: [] };
    const answers = await Promise.all([provider.diff(diff), provider.diff(diff)]);
    expect(answers[0]).toMatchObject({ changes: "none" });
    expect(starts()).toBe(1);
    await provider.close();
    expect(stopped()).toBe(true);
    await expect(provider.diff(diff)).rejects.toThrow("the provider test was closed");
  });

  it("tells differences in detail", async () => {
    const { provider } = plugin({
      configure: unary(() => new providerProto.ConfigureResponse()),
      diff: unary((request) => {
        expect(request.getNews()?.toJavaScript()).toMatchObject({ file: { hash: "h" } });
        expect(JSON.stringify(request.getNews()?.toJavaScript())).not.toContain("long text");
        const response = new providerProto.DiffResponse().setChanges(providerProto.DiffResponse.DiffChanges.DIFF_SOME);
        response.setReplacesList(["zone"]).setStablesList(["id"]).setDiffsList(["zone", "tags"]);
        response.setDeletebeforereplace(true).setHasdetaileddiff(true);
        const { Kind } = providerProto.PropertyDiff;
        response.getDetaileddiffMap().set("zone", new providerProto.PropertyDiff().setKind(Kind.UPDATE_REPLACE));
        response
          .getDetaileddiffMap()
          .set('tags["a.b"]', new providerProto.PropertyDiff().setKind(Kind.ADD).setInputdiff(true));
        return response;
      }),
    });
    await provider.configure({});
    const newInputs = { file: new Asset({ text: "long text" }, "h") };
    expect(
      await provider.diff({ ...target, id: "i", oldInputs: {}, oldOutputs: {}, newInputs, ignoreChanges: [] }),
    ).toEqual({
      changes: "some",
      replaces: ["zone"],
      stables: ["id"],
      diffs: ["zone", "tags"],
      deleteBeforeReplace: true,
      detailedDiff: {
        zone: { kind: "update-replace", inputDiff: false },
        'tags["a.b"]': { kind: "add", inputDiff: true },
      },
    });
  });

  it("may leave its configuration unchecked", async () => {
    const { provider } = plugin({});
    const config = { ...target, oldInputs: {}, newInputs: { a: new Secret(1) }, randomSeed: new Uint8Array() };
    expect(await provider.checkConfig(config)).toEqual({ inputs: { a: new Secret(1) }, failures: [] });
    const diff = { ...target, id: "i", oldInputs: {}, oldOutputs: {}, newInputs: {}, ignoreChanges: [] };
    expect(await provider.diffConfig(diff)).toMatchObject({ changes: "unknown", replaces: [] });
  });

  it("gives back what is gone, and the contents of assets it was not sent", async () => {
    const { provider } = plugin({
      configure: unary(() => new providerProto.ConfigureResponse()),
      read: unary((request) => {
        if (request.getId() === "gone") return new providerProto.ReadResponse();
        return new providerProto.ReadResponse()
          .setId(request.getId())
          .setProperties(request.getInputs())
          .setInputs(request.getInputs());
      }),
    });
    await provider.configure({});
    const inputs = { file: new Asset({ path: "a.txt" }, "h"), key: new Secret("k") };
    expect(await provider.read({ ...target, id: "gone", inputs, outputs: inputs })).toBeUndefined();
    expect(await provider.read({ ...target, id: "here", inputs, outputs: inputs })).toEqual({
      id: "here",
      inputs,
      outputs: inputs,
    });
  });

  it("fails with its own words, and partly when the resource exists", async () => {
    const { provider } = plugin({
      configure: unary(() => new providerProto.ConfigureResponse()),
      cancel: unary(() => new emptyProto.Empty()),
      create: unary(() => {
        throw new Error("quota exceeded");
      }),
      update: (_call, reply) => {
        const detail = new providerProto.ErrorResourceInitFailed()
          .setId("ignored")
          .setProperties(struct({ state: "bad", key: "k" }));
        detail.setReasonsList(["not ready"]).setInputs(struct({ size: 3 }));
        const packed = new anyProto.Any();
        packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
        const details = new statusProto.Status();
        details.addDetails(packed);
        const metadata = new grpc.Metadata();
        metadata.add("grpc-status-details-bin", Buffer.from(details.serializeBinary()));
        reply({ code: grpc.status.UNKNOWN, details: "failed", metadata });
      },
    });
    await provider.configure({});
    await expect(provider.create({ ...live, inputs: {} })).rejects.toThrow(/^quota exceeded$/);
    const update = {
      ...live,
      id: "id-1",
      oldInputs: {},
      oldOutputs: {},
      newInputs: { key: new Secret("k") },
      ignoreChanges: [],
    };
    const failure = await provider.update(update).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure).toMatchObject({
      id: "id-1",
      outputs: { state: "bad", key: new Secret("k") },
      inputs: { size: 3 },
      reasons: ["not ready"],
    });
    await provider.cancel();
  });

  it("keeps the secrecy of what an invoke was given", async () => {
    const { provider } = plugin({
      configure: unary(() => new providerProto.ConfigureResponse()),
      invoke: unary((request) => {
        const response = new providerProto.InvokeResponse().setReturn(
          struct({ seen: request.getArgs()?.toJavaScript() ?? {}, n: 1 }),
        );
        response.addFailures(new providerProto.CheckFailure().setProperty("p").setReason("r"));
        return response;
      }),
    });
    await provider.configure({});
    expect(await provider.invoke("test:index:f", { a: "x" })).toEqual({
      result: { seen: { a: "x" }, n: 1 },
      failures: [{ property: "p", reason: "r" }],
    });
    const { result } = await provider.invoke("test:index:f", { a: new Secret("x") });
    expect(result).toEqual({ seen: new Secret({ a: "x" }), n: new Secret(1) });
  });
});
