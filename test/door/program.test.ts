// The runtime half of programs: what they get, what they may return, and where mistakes are found. Under mocks, no engine.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import {
  type AnyContract,
  defineEnvironment,
  defineStack,
  defineWorkspace,
  each,
  secret,
} from "../../automation/define.ts";
import { digestOf } from "../../automation/program/digest.ts";
import { look } from "../../automation/program/inside.ts";
import { program, run, testProgram } from "../../automation/program.ts";

class Box extends pulumi.CustomResource {
  declare readonly size: pulumi.Output<number>;
  constructor(name: string, args: Record<string, unknown>) {
    super("test:index:Box", name, args);
  }
}

const network = defineStack({
  name: "network",
  outputs: { id: z.string(), password: secret(z.string()), ranges: z.array(z.object({ cidr: z.string() })) },
  program: async (): Promise<unknown> => ({
    default: program(network, () => ({ id: "n-1", password: "hunter22", ranges: [{ cidr: "10.0.0.0/8" }] })),
  }),
});

const given = { id: "n-1", password: "hunter22", ranges: [{ cidr: "10.0.0.0/8" }] };

/** A stack `app` that needs the network and returns what the test says. */
function app(
  outputs: Record<string, z.ZodType>,
  body: (context: { needs: { network: Record<string, pulumi.Output<unknown>> } }) => unknown,
) {
  const contract: AnyContract = defineStack({
    name: "app",
    needs: { network },
    settings: z.object({ size: z.number().default(1) }),
    outputs,
    program: async (): Promise<unknown> => ({ default: { kind: "program", contract, run: body } }),
  });
  return contract as ReturnType<typeof defineStack<"app", Record<string, z.ZodType>, { network: typeof network }>>;
}
const test = (contract: ReturnType<typeof app>) => testProgram(contract, { needs: { network: given } });

describe("testProgram", () => {
  it("returns plain outputs and what was registered, in order", async () => {
    const contract = app({ endpoint: z.string() }, ({ needs }) => {
      new Box("b", { network: needs.network["id"] });
      return { endpoint: pulumi.interpolate`https://${needs.network["id"]}` };
    });
    const { outputs, resources } = await test(contract);
    expect(outputs).toEqual({ endpoint: "https://n-1" });
    expect(resources).toEqual([{ type: "test:index:Box", name: "b", inputs: { network: "n-1" }, custom: true }]);
  });

  it("keeps what a need declares secret secret, and only that", async () => {
    const contract = app({ id: z.string(), password: secret(z.string()) }, ({ needs }) => ({
      id: needs.network["id"],
      password: needs.network["password"],
    }));
    expect((await test(contract)).secretOutputs).toEqual(["password"]);
  });

  it("makes an output secret that is declared so and was returned plain, also inside an object", async () => {
    const contract = app({ login: z.object({ user: z.string(), password: secret(z.string()) }) }, () => ({
      login: { user: "u", password: "p" },
    }));
    expect((await test(contract)).secretOutputs).toEqual(["login"]);
  });

  it("refuses a secret value for an output declared plain, also inside an object", async () => {
    const contract = app({ login: z.object({ user: z.string(), password: z.string() }) }, ({ needs }) => ({
      login: { user: "u", password: needs.network["password"] },
    }));
    await expect(test(contract)).rejects.toThrow(
      /output "login" of app\.test\.password is declared plain, but its value is secret/,
    );
  });

  it("refuses outputs that are missing, undeclared, of another type or with unknown keys", async () => {
    await expect(test(app({ a: z.string() }, () => ({})))).rejects.toThrow(
      /output "a" of app\.test: .*expected string/,
    );
    await expect(test(app({ a: z.string() }, () => ({ a: "x", b: 1 })))).rejects.toThrow(
      /returns "b", which its contract does not declare; declared: a/,
    );
    await expect(test(app({ a: z.string() }, () => ({ a: 1 })))).rejects.toThrow(
      /output "a" of app\.test: .*expected string, received number/,
    );
    await expect(test(app({ a: z.object({ b: z.string() }) }, () => ({ a: { b: "x", c: 1 } })))).rejects.toThrow(
      /unknown key "c"; declared: b/,
    );
    await expect(test(app({ a: z.string() }, () => undefined))).rejects.toThrow(/returns no outputs; declared: a/);
  });

  it("checks needs before the program runs", async () => {
    let ran = false;
    const contract = app({}, () => {
      ran = true;
      return {};
    });
    const wrong = { ...given, id: 7 as unknown as string };
    await expect(testProgram(contract, { needs: { network: wrong } })).rejects.toThrow(
      /app\.test needs "id" of network: .*expected string/,
    );
    expect(ran).toBe(false);
  });

  it("says that a program belongs to another contract", async () => {
    const contract = app({}, () => ({}));
    const stray: AnyContract = { ...contract, load: async () => ({ default: program(network, () => given) }) };
    await expect(testProgram(stray as typeof contract, { needs: { network: given } })).rejects.toThrow(
      /belongs to the contract "network"/,
    );
  });
});

describe("run", () => {
  let began = 0;
  const web = defineStack({
    name: "web",
    needs: { network, everywhere: network.all, shared: network.in("shared") },
    settings: z.object({ region: z.string() }),
    outputs: { id: z.string() },
    program: async (): Promise<unknown> => ({
      default: program(web, ({ needs, settings }) => {
        began++;
        return { id: pulumi.interpolate`${needs.network.id}-${settings.region}` };
      }),
    }),
  });
  const workspace = defineWorkspace({
    stacks: [network, web],
    environments: {
      dev: defineEnvironment({ cloud: "sandbox", settings: { web: each(["eu", "us"], (region) => ({ region })) } }),
      shared: defineEnvironment({ cloud: "sandbox", only: [network] }),
    },
  });

  // The mock of the engine answers a StackReference as the engine does.
  async function underMocks(
    stack: string,
    outputs: Record<string, unknown>,
    preview: boolean,
    secretNames: string[] = ["password"],
  ) {
    const registered: string[] = [];
    await pulumi.runtime.setMocks(
      {
        newResource({ type, name, inputs }) {
          registered.push(type);
          if (type !== "pulumi:pulumi:StackReference") return { id: `${name}-id`, state: inputs };
          return { id: name, state: { name, outputs, secretOutputNames: secretNames } };
        },
        call: ({ inputs }) => inputs,
      },
      "platform",
      stack,
      preview,
      "organization",
    );
    return registered;
  }

  it("reads needs through StackReferences and returns the checked outputs", async () => {
    const registered = await underMocks("web.dev.eu", given, false);
    const outputs = await run(workspace);
    expect((await look(outputs["id"])).value).toBe("n-1-eu");
    // `network` and `network.all` share one.
    expect(registered).toEqual(["pulumi:pulumi:StackReference", "pulumi:pulumi:StackReference"]);
  });

  it.each([
    ["web", /"web" is not <program>\.<environment>/],
    ["web.dev.asia", /environment dev has no "web\.dev\.asia"; it has web\.dev\.eu, web\.dev\.us/],
    ["webb.dev", /no stack is named "webb"; did you mean "web"/],
  ])("says what is wrong with the stack name %s", async (name, message) => {
    await underMocks(name, given, false);
    await expect(run(workspace)).rejects.toThrow(message);
  });

  it("names reader, stack, output and the way out when an output is missing", async () => {
    await underMocks("web.dev.eu", { id: "n-1", ranges: [] }, false);
    const before = began;
    await expect(run(workspace)).rejects.toThrow(
      'web.dev.eu needs "password" of network.dev, whose outputs are: id, ranges. Bring it up to date first: tutti up network.dev',
    );
    // Before its program had made anything.
    expect(began).toBe(before);
  });

  it("keeps an unknown output of an upstream from making the others unknown in a preview", async () => {
    await underMocks("web.dev.eu", { ...given, password: pulumi.unknown }, true);
    const { id, known } = await run(workspace).then(async (outputs) => ({
      id: outputs["id"],
      known: (await look(outputs["id"])).known,
    }));
    expect(known).toBe(true);
    expect((await look(id)).value).toBe("n-1-eu");
  });

  it("takes what a provider left out of its prediction for unknown, in a preview only", async () => {
    const leaves: AnyContract = defineStack({
      name: "network",
      outputs: { id: z.string() },
      program: async (): Promise<unknown> => ({
        default: { kind: "program", contract: leaves, run: () => ({ id: pulumi.output(undefined) }) },
      }),
    });
    const only = defineWorkspace({ stacks: [leaves], environments: { dev: defineEnvironment({ cloud: "sandbox" }) } });
    await underMocks("network.dev", {}, true);
    expect(await look((await run(only))["id"])).toMatchObject({ known: false });
    await underMocks("network.dev", {}, false);
    await expect(run(only)).rejects.toThrow(/output "id" of network\.dev: .*expected string, received undefined/);
  });

  it("lets an unknown output stay unknown in a preview", async () => {
    await underMocks("web.dev.eu", { ...given, id: pulumi.unknown }, true);
    expect(await look((await run(workspace))["id"])).toMatchObject({ known: false, secret: false });
  });

  it("is warned, once, of a secret of its configuration that it reads with a plain getter", async () => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const read: unknown[] = [];
    const contract = app({}, () => {
      const config = new pulumi.Config("shop");
      read.push(config.get("word"), config.require("word"), config.getNumber("size"));
      config.requireSecret("other");
      return {};
    });
    const only = defineWorkspace({
      stacks: [network, contract],
      environments: { dev: defineEnvironment({ cloud: "sandbox" }) },
    });
    await underMocks("app.dev", given, false);
    pulumi.runtime.setAllConfig({ "shop:word": "hunter22", "shop:size": "3", "shop:other": "x" }, [
      "shop:word",
      "shop:other",
    ]);
    await run(only);
    expect(read).toEqual(["hunter22", "hunter22", 3]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^configuration "shop:word" is secret, and what get gives is not: use getSecret/)],
    ]);
    warn.mockRestore();
  });

  describe("with an overlay", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(path.join(os.tmpdir(), "tutti-overlay-"));
    });
    afterEach(() => {
      for (const name of ["TUTTI_OVERLAY", "TUTTI_DIGESTS", "TUTTI_DIGEST_KEY"]) delete process.env[name];
      rmSync(folder, { recursive: true, force: true });
    });
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const blinded = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };

    /** What `app` reads of a network whose preview predicted this, and whose deployed outputs are `given`. */
    async function reads(outputs: Record<string, unknown>, digests: Record<string, string>) {
      const file = path.join(folder, "overlay.json");
      writeFileSync(file, JSON.stringify({ "network.dev": { outputs, digests } }));
      const needs: Record<string, pulumi.Output<unknown>> = {};
      const contract = app({}, ({ needs: { network: all } }) => {
        Object.assign(needs, all);
        return {};
      });
      const only = defineWorkspace({
        stacks: [network, contract],
        environments: { dev: defineEnvironment({ cloud: "sandbox" }) },
      });
      await underMocks("app.dev", given, true);
      Object.assign(process.env, { TUTTI_OVERLAY: file, TUTTI_DIGEST_KEY: "key" });
      await run(only);
      return Object.fromEntries(
        await Promise.all(Object.entries(needs).map(async ([name, value]) => [name, await look(value)] as const)),
      );
    }
    const ranges = given.ranges;

    it("reads what was predicted: known, unknown, and a secret of which nothing is known", async () => {
      const seen = await reads({ id: "n-2", password: blinded, ranges: [{ cidr: unknown }] }, {});
      expect(seen).toMatchObject({
        id: { known: true, secret: false, value: "n-2" },
        password: { known: false, secret: true },
        ranges: { known: false, secret: false },
      });
      // Also where the contract, of another project, does not know of the secret.
      expect((await reads({ id: blinded, password: blinded, ranges }, {}))["id"]).toMatchObject({ secret: true });
    });

    it("reads a secret that stays as it is where it is deployed, and takes one that changes for unknown", async () => {
      const stays = digestOf("key", "network.dev", "password", given.password);
      expect(await reads({ id: unknown, password: blinded, ranges }, { password: stays })).toMatchObject({
        id: { known: false },
        password: { known: true, secret: true, value: given.password },
        ranges: { known: true },
      });
      const changes = digestOf("key", "network.dev", "password", "another");
      expect(await reads({ id: unknown, password: blinded, ranges }, { password: changes })).toMatchObject({
        password: { known: false, secret: true },
      });
      // A digest says nothing of another output or stack, nor without the run's key.
      for (const other of [
        digestOf("key", "network.dev", "id", given.password),
        digestOf("key", "network.prod", "password", given.password),
        digestOf("other", "network.dev", "password", given.password),
      ])
        expect(other).not.toBe(stays);
    });

    it("is left digests of known secrets by an upstream's preview, and nothing by an update", async () => {
      const file = path.join(folder, "digests.json");
      Object.assign(process.env, { TUTTI_DIGESTS: file, TUTTI_DIGEST_KEY: "key" });
      await underMocks("network.dev", {}, false);
      await run(workspace);
      expect(existsSync(file)).toBe(false);
      await underMocks("network.dev", {}, true);
      await run(workspace);
      const text = readFileSync(file, "utf8");
      expect(JSON.parse(text)).toEqual({ password: digestOf("key", "network.dev", "password", "hunter22") });
      expect([text.includes("hunter22"), statSync(file).mode & 0o777]).toEqual([false, 0o600]);
    });

    it("refuses predicted values in an update", async () => {
      await underMocks("web.dev.eu", given, false);
      process.env["TUTTI_OVERLAY"] = "/nowhere/overlay.json";
      await expect(run(workspace)).rejects.toThrow(/predicted outputs may be used by a preview only/);
    });
  });
});
