import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Predictions } from "../../../engine/index.ts";
import { createStackReader } from "../../../engine/providers/stackReader.ts";
import { createBuiltinProvider } from "../../../engine/providers/stackReference.ts";
import { newManifest } from "../../../engine/state/deployment.ts";
import { FileBackend } from "../../../engine/state/fileBackend.ts";
import { newSalt, passphraseSecrets } from "../../../engine/state/passphrase.ts";
import { newResource } from "../../../engine/state/resource.ts";
import { type PropertyMap, Secret, unknown } from "../../../engine/values.ts";

const TYPE = "pulumi:pulumi:StackReference";
const target = { urn: `urn:pulumi:dev::demo::${TYPE}::up`, type: TYPE, name: "up" };
const OUTPUTS: PropertyMap = {
  id: "net-1",
  password: new Secret("hush"),
  nested: { a: [new Secret(1), 2] },
  none: null,
};

/** Made once: a key costs a third of a second. */
const secrets = newSalt("pass").then((salt) => passphraseSecrets(salt, "pass"));

/** A backend with the stack `network.dev` of project `platform`, and the passphrase it was written with. */
async function backendWith(outputs: PropertyMap | undefined): Promise<FileBackend> {
  const folder = await mkdtemp(path.join(tmpdir(), "tutti-backend-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const backend = await FileBackend.open(`file://${folder}`, {}, folder);
  const name = { project: "platform", stack: "network.dev" };
  await backend.create(name);
  if (outputs === undefined) return backend;
  const options = { passphrase: async () => "pass", sandbox: false, checkIntegrity: true };
  const checkpoint = await backend.openCheckpoint(name, options);
  const urn = "urn:pulumi:network.dev::platform::pulumi:pulumi:Stack::platform-network.dev";
  const root = newResource({ urn, type: "pulumi:pulumi:Stack", custom: false, outputs });
  const snapshot = { manifest: newManifest("3.270.0"), resources: [root], pendingOperations: [], metadata: {} };
  await checkpoint.write(snapshot, await secrets);
  return backend;
}

interface Given {
  readonly outputs?: PropertyMap;
  readonly dryRun?: boolean;
  readonly predicted?: Readonly<Record<string, PropertyMap>>;
  readonly passphrase?: () => Promise<string>;
}

async function builtin({ outputs, dryRun = false, predicted, passphrase = async () => "pass" }: Given) {
  const backend = await backendWith(outputs);
  const predictions: Predictions = { get: (stack) => predicted?.[stack], set: () => {} };
  return createBuiltinProvider({
    stacks: createStackReader({ backend, project: "platform", passphrase }),
    dryRun,
    predictions,
  });
}

const read = (provider: ReturnType<typeof createBuiltinProvider>, name: PropertyMap[string]) =>
  provider.read({ ...target, id: "x", inputs: { name }, outputs: {} });

describe("stack references", () => {
  it.each(["network.dev", "platform/network.dev", "organization/platform/network.dev"])(
    "read the outputs of %s, secrets kept and named",
    async (name) => {
      const result = await read(await builtin({ outputs: OUTPUTS }), name);
      expect(result?.outputs).toEqual({ name, outputs: OUTPUTS, secretOutputNames: ["nested", "password"] });
      expect(result?.inputs).toEqual({ name });
    },
  );

  it("derive no key when no output is secret", async () => {
    const passphrase = () => Promise.reject(new Error("asked for the passphrase"));
    const provider = await builtin({ outputs: { id: "net-1" }, passphrase });
    expect((await read(provider, "network.dev"))?.outputs).toMatchObject({ outputs: { id: "net-1" } });
  });

  it("say whose secrets they cannot read", async () => {
    const provider = await builtin({ outputs: OUTPUTS, passphrase: async () => "wrong" });
    await expect(read(provider, "network.dev")).rejects.toThrow(
      'could not read the outputs of stack "organization/platform/network.dev": incorrect passphrase',
    );
  });

  it("find nothing in a stack that was never updated, and no stack that does not exist", async () => {
    const provider = await builtin({});
    expect((await read(provider, "network.dev"))?.outputs).toEqual({
      name: "network.dev",
      outputs: {},
      secretOutputNames: [],
    });
    await expect(read(provider, "organization/platform/nowhere")).rejects.toThrow(
      /^unknown stack "organization\/platform\/nowhere"$/,
    );
    await expect(read(provider, "other/platform/network.dev")).rejects.toThrow(
      "organization name must be 'organization'",
    );
  });

  it("answer a preview with predicted outputs, each as it was predicted", async () => {
    const predicted: PropertyMap = {
      id: "net-2",
      address: unknown,
      password: new Secret(unknown),
      token: new Secret("t"),
    };
    const given = { outputs: OUTPUTS, predicted: { "organization/platform/network.dev": predicted } };
    const expected = { name: "network.dev", outputs: predicted, secretOutputNames: ["password", "token"] };
    expect((await read(await builtin({ ...given, dryRun: true }), "network.dev"))?.outputs).toEqual(expected);
    // An update must not see what was only predicted.
    expect((await read(await builtin(given), "network.dev"))?.outputs).toMatchObject({ outputs: OUTPUTS });
  });

  it("answer a preview of a stack nobody predicted from the backend", async () => {
    const provider = await builtin({ outputs: OUTPUTS, dryRun: true, predicted: {} });
    expect((await read(provider, "network.dev"))?.outputs).toMatchObject({ outputs: OUTPUTS });
  });

  it("know nothing of a stack whose name is not known yet", async () => {
    const result = await read(await builtin({ dryRun: true }), unknown);
    expect(result?.outputs).toEqual({ name: unknown, outputs: unknown, secretOutputNames: unknown });
  });
});

describe("functions and resources of the package pulumi", () => {
  it("read outputs of a stack, and of all its resources", async () => {
    const provider = await builtin({ outputs: OUTPUTS });
    const outputs = await provider.invoke("pulumi:pulumi:readStackOutputs", { name: "network.dev" });
    expect(outputs.result).toMatchObject({ outputs: OUTPUTS });
    const all = await provider.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName: "network.dev" });
    expect(Object.values(all.result["outputs"] as PropertyMap)).toEqual([
      { type: "pulumi:pulumi:Stack", outputs: OUTPUTS },
    ]);
    await expect(provider.invoke("pulumi:pulumi:other", {})).rejects.toThrow(
      "unrecognized function name: 'pulumi:pulumi:other'",
    );
  });

  it("keep in a stash what was put there first", async () => {
    const provider = await builtin({});
    const stash = { urn: "u", type: "pulumi:index:Stash", name: "s" };
    const signal = new AbortController().signal;
    const live = { ...stash, preview: false, timeoutSeconds: 0, signal };
    const created = await provider.create({ ...live, inputs: { input: 1 } });
    expect(created.outputs).toEqual({ input: 1, output: 1 });
    const old = { oldInputs: { input: 1 }, oldOutputs: created.outputs, newInputs: { input: 2 }, ignoreChanges: [] };
    expect(await provider.diff({ ...stash, id: created.id, ...old })).toMatchObject({ changes: "some", replaces: [] });
    expect(await provider.update({ ...live, id: created.id, ...old })).toEqual({ input: 2, output: 1 });
    const check = { ...stash, oldInputs: {}, randomSeed: new Uint8Array() };
    expect((await provider.check({ ...check, newInputs: { input: 1, extra: 1 } })).failures).toEqual([
      { property: "extra", reason: 'unknown property "extra"' },
    ]);
    await expect(provider.check({ ...check, type: "pulumi:index:Other", newInputs: {} })).rejects.toThrow(
      "unrecognized resource type 'pulumi:index:Other'",
    );
  });
});
