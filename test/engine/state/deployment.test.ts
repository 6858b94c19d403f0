import { describe, expect, it } from "vitest";
import { openDeployment } from "../../../engine/state/checkpoint.ts";
import {
  decodeDeployment,
  encodeDeployment,
  magicOf,
  newManifest,
  type Snapshot,
  sandboxFeature,
  upgradeDeployment,
} from "../../../engine/state/deployment.ts";
import { integrityProblem } from "../../../engine/state/integrity.ts";
import { indentText, isJsonObject, type JsonObject, plainText } from "../../../engine/state/json.ts";
import { decodeResource, encodeResource, newResource } from "../../../engine/state/resource.ts";
import type { SecretWriter } from "../../../engine/state/serialize.ts";
import { ByteString, Secret } from "../../../engine/values.ts";
import { recordedJson, recordedPassphrase, recording, resource, urn } from "./support.ts";

const plaintext: SecretWriter = { type: "plaintext" };
const noSecrets = { decrypt: () => expect.fail("nothing to decrypt") };
const opening = { passphrase: async () => recordedPassphrase, checkIntegrity: true };

function snapshot(fields: Partial<Snapshot>): Snapshot {
  return { manifest: newManifest("1.0.0"), resources: [], pendingOperations: [], metadata: {}, ...fields };
}

describe("a recorded state", () => {
  it("prints as the CLI exports it, secrets shown", async () => {
    const exported = await recordedJson("export.json");
    const { snapshot: opened } = await openDeployment(exported["deployment"] as JsonObject, opening);
    const { version, text } = encodeDeployment(opened, {
      secrets: plaintext,
      provider: (exported["deployment"] as { secrets_providers: { type: string; state: JsonObject } })
        .secrets_providers,
      sandbox: false,
    });
    expect(`${indentText(`{"version":${version},"deployment":${text}}`)}\n`).toBe(
      await recording("export-show-secrets.json"),
    );
  });

  it("is refused with another passphrase", async () => {
    const { deployment } = (await recordedJson("export.json")) as { deployment: JsonObject };
    const wrong = { ...opening, passphrase: async () => "battery staple" };
    await expect(openDeployment(deployment, wrong)).rejects.toThrow(/^incorrect passphrase$/);
  });

  it("asks for no passphrase when it holds no secret", async () => {
    const { deployment } = (await recordedJson("export.json")) as { deployment: JsonObject };
    const bare = { ...deployment, resources: [] };
    const unasked = { ...opening, passphrase: () => expect.fail("asked") };
    expect((await openDeployment(bare, unasked)).snapshot.resources).toEqual([]);
  });
});

it.each([
  ["2026-11-27T08:18:27.930Z", "2026-11-27T08:18:27.93Z"],
  ["2026-11-27T08:18:27.123Z", "2026-11-27T08:18:27.123Z"],
  ["2026-11-27T08:18:20.000Z", "2026-11-27T08:18:20Z"],
  ["2026-11-27T08:18:20.005Z", "2026-11-27T08:18:20.005Z"],
])("has the time %s as every CLI would write it again", (time, written) => {
  expect(newManifest("1.0.0", new Date(time)).time).toBe(written);
});

describe("a resource", () => {
  it("keeps every field, and the ones this engine does not know", () => {
    const json: JsonObject = {
      urn: urn("x"),
      custom: true,
      delete: true,
      id: "i",
      type: "a:b:C",
      inputs: { a: 1 },
      outputs: { b: 2 },
      parent: urn("p"),
      protect: true,
      taint: true,
      external: true,
      dependencies: [urn("d")],
      initErrors: ["e"],
      provider: "urn::id",
      propertyDependencies: { a: [urn("d")], b: [] },
      pendingReplacement: true,
      additionalSecretOutputs: ["b"],
      aliases: [urn("old")],
      customTimeouts: { create: 300, update: 1.5, delete: 60, read: 2 },
      importID: "imp",
      retainOnDelete: true,
      deletedWith: urn("p"),
      replaceWith: [urn("r")],
      created: "2026-11-23T17:37:37.445934083Z",
      modified: "2026-11-23T17:37:37.445934083Z",
      sourcePosition: "project:///a.ts#1,2",
      stackTrace: [{ sourcePosition: "project:///a.ts#1,2" }, {}],
      ignoreChanges: ["a"],
      hideDiff: ["a[0].b"],
      replaceOnChanges: ["a[*]"],
      replacementTrigger: { v: 1 },
      refreshBeforeUpdate: true,
      viewOf: urn("v"),
      resourceHooks: { beforeCreate: ["h"] },
      extensionRef: "x",
      fromTheFuture: { z: [1], a: null },
      'with "quotes"': 1,
    };
    const decoded = decodeResource(json, noSecrets);
    expect(encodeResource(decoded, plaintext)).toBe(plainText(json));
    expect(decoded.extra).toEqual({ extensionRef: "x", fromTheFuture: { z: [1], a: null }, 'with "quotes"': 1 });
  });

  it("writes nothing for what is absent", () => {
    const bare = newResource({ urn: urn("x"), type: "a:b:C", custom: false });
    expect(encodeResource(bare, plaintext)).toBe(`{"urn":"${urn("x")}","custom":false,"type":"a:b:C"}`);
  });

  it.each([
    [{ type: "t" }, "missing required 'urn'"],
    [{ urn: "u" }, "resource 'u' missing required 'type'"],
    [{ urn: "u", type: "t", id: "i" }, "'custom' false but non-empty ID"],
    [{ urn: "u", type: "t", protect: "yes" }, "field 'protect' must be true or false"],
    [{ urn: "u", type: "t", dependencies: [1] }, "field 'dependencies' must be a list of strings"],
    [{ urn: "u", type: "t", inputs: [] }, "malformed properties"],
    ["x", "expected an object"],
  ])("is refused when malformed: %j", (json, message) => {
    expect(() => decodeResource(json, noSecrets)).toThrow(message);
  });
});

describe("versions and features", () => {
  it("writes version 3, and 4 only for features", () => {
    const features = (fields: Parameters<typeof resource>[1], sandbox = false) => {
      const { version, features: names } = encodeDeployment(snapshot({ resources: [resource("x", fields)] }), {
        secrets: plaintext,
        sandbox,
      });
      return [version, ...names];
    };
    expect(features({})).toEqual([3]);
    expect(features({ taint: true, refreshBeforeUpdate: true })).toEqual([4, "refreshBeforeUpdate", "taint"]);
    expect(features({ resourceHooks: { beforeCreate: ["h"] }, viewOf: "v", replaceWith: ["r"] })).toEqual([
      4,
      "hooks",
      "replaceWith",
      "views",
    ]);
    const bytes = ByteString.from(Buffer.from([0xff]));
    expect(features({ inputs: { a: [{ b: bytes }] } })).toEqual([4, "byteString"]);
    expect(features({ outputs: { a: new Secret(bytes) } })).toEqual([4, "byteString"]);
    expect(features({ replacementTrigger: bytes })).toEqual([4, "byteString"]);
    expect(features({ type: "gcp:storage/bucket:Bucket" }, true)).toEqual([4, sandboxFeature]);
    expect(features({ type: "pulumi:providers:kubernetes" }, true)).toEqual([4, sandboxFeature]);
    expect(features({ type: "gcp:storage/bucket:Bucket" }, false)).toEqual([3]);
    expect(features({ type: "random:index/randomPet:RandomPet" }, true)).toEqual([3]);
  });

  it("marks a state in which a sandbox resource is only being created", () => {
    const creating = {
      type: "creating",
      resource: resource("x", { type: "gcp:storage/bucket:Bucket", id: "" }),
    } as const;
    expect(
      encodeDeployment(snapshot({ pendingOperations: [creating] }), { secrets: plaintext, sandbox: true }).features,
    ).toEqual([sandboxFeature]);
  });

  it("refuses features it does not know by name, from version 4 on", () => {
    expect(() => upgradeDeployment(4, ["taint", "snippets-prototype", "warp"], {}, "the stack 'dev'")).toThrow(
      "the stack 'dev' uses features that are not supported by this engine: snippets-prototype, warp",
    );
    expect(upgradeDeployment(4, ["taint", sandboxFeature], {}, "x").features).toEqual(["taint", sandboxFeature]);
    expect(upgradeDeployment(3, ["ignored"], {}, "x").features).toEqual([]);
  });

  it.each([
    [0, "too old"],
    [5, "newer than what this engine understands"],
    ["3", "no deployment version"],
    [undefined, "no deployment version"],
  ])("refuses version %s", (version, message) => {
    expect(() => upgradeDeployment(version, undefined, {}, "x")).toThrow(message);
  });

  it("brings versions 1 and 2 up: every input depends on what the resource depends on", () => {
    const old = { urn: "u", type: "t", custom: true, defaults: { z: 1 }, inputs: { a: 1, b: 2 }, dependencies: ["d"] };
    for (const version of [1, 2]) {
      const raw = upgradeDeployment(
        version,
        undefined,
        { resources: [old], pending_operations: [{ resource: old, type: "creating" }] },
        "x",
      );
      expect(raw.version).toBe(3);
      const { resources, pendingOperations } = decodeDeployment(raw.deployment!, noSecrets);
      for (const { inputs, propertyDependencies, extra } of [resources[0]!, pendingOperations[0]!.resource]) {
        expect(propertyDependencies).toEqual({ a: ["d"], b: ["d"] });
        expect(inputs).toEqual({ a: 1, b: 2 });
        expect(extra).toEqual({});
      }
    }
  });

  it("round-trips pending operations and plugins", () => {
    const given = snapshot({
      manifest: {
        ...newManifest("1.0.0"),
        plugins: [{ name: "random", path: "", type: "resource", version: "4.0.0" }],
      },
      pendingOperations: [{ type: "updating", resource: resource("x", { inputs: { s: new Secret("v") } }) }],
      metadata: { integrity_error: { version: "1" } },
    });
    const { text } = encodeDeployment(given, { secrets: plaintext, sandbox: false });
    const json: unknown = JSON.parse(text);
    expect(isJsonObject(json as JsonObject) && decodeDeployment(json as JsonObject, noSecrets)).toEqual(given);
  });
});

describe("integrity", () => {
  const stack = resource("p-dev", { type: "pulumi:pulumi:Stack", custom: false, id: "" });
  const provider = resource("default", { type: "pulumi:providers:a", id: "prov" });
  const reference = `${provider.urn}::prov`;

  it("accepts what the engines write", () => {
    const child = resource("c", {
      parent: stack.urn,
      provider: reference,
      dependencies: [stack.urn],
      deletedWith: stack.urn,
    });
    const replaced = { ...child, delete: true };
    expect(integrityProblem(snapshot({ resources: [stack, provider, child, replaced] }))).toBeUndefined();
    expect(integrityProblem(snapshot({ resources: [stack, provider, replaced, { ...replaced }] }))).toBeUndefined();
  });

  it.each([
    ["a missing parent", [resource("c", { parent: urn("no") })], "refers to missing parent"],
    ["a parent that comes later", [resource("c", { parent: stack.urn }), stack], "comes after it"],
    ["a missing dependency", [resource("c", { dependencies: [urn("no")] })], "refers to missing dependency"],
    [
      "a dependency on itself",
      [resource("c", { dependencies: [urn("c")] })],
      "dependency urn:pulumi:dev::p::a:b:C::c comes after it",
    ],
    [
      "a missing property dependency",
      [resource("c", { propertyDependencies: { a: [urn("no")] } })],
      "missing property dependency",
    ],
    ["what it is deleted with missing", [resource("c", { deletedWith: urn("no") })], "which is missing"],
    ["what it is replaced with missing", [resource("c", { replaceWith: [urn("no")] })], "which is missing"],
    ["what it is replaced with later", [resource("c", { replaceWith: [urn("d")] }), resource("d")], "comes after it"],
    ["an unknown provider", [resource("c", { provider: reference })], "refers to unknown provider"],
    ["a provider that comes later", [resource("c", { provider: reference }), provider], "refers to unknown provider"],
    ["a provider without an ID", [resource("d", { type: "pulumi:providers:a", id: "" })], "is not referenceable"],
    ["two of one URN", [resource("c"), resource("c")], "duplicate resource"],
    [
      "two of one URN, and a third to be deleted",
      [resource("c"), resource("c", { delete: true }), resource("c")],
      "duplicate resource",
    ],
  ])("refuses %s", (_, resources, message) => {
    expect(integrityProblem(snapshot({ resources }))).toContain(message);
  });

  it("lets a resource that waits for its replacement name a provider that is gone", () => {
    expect(
      integrityProblem(snapshot({ resources: [resource("c", { provider: reference, pendingReplacement: true })] })),
    ).toBeUndefined();
  });

  it("refuses a manifest that was tampered with", () => {
    expect(integrityProblem(snapshot({ manifest: { ...newManifest("1.0.0"), version: "2.0.0" } }))).toContain(
      "magic cookie mismatch",
    );
    expect(magicOf("")).toBe("");
  });
});
