// A stack of every `random` resource, made by one engine, is unchanged under the other: state, secrets and configuration
// go back and forth. Needs the official `pulumi` and the real `random` plugin on PATH.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pulumi from "@pulumi/pulumi";
import type { PulumiCommand, Stack } from "@pulumi/pulumi/automation/index.js";
import automation from "@pulumi/pulumi/automation/index.js";
import random from "@pulumi/random";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findPlugin } from "../engine/random/plugin.ts";
import { embeddedCommand } from "./embedded.ts";

const official = findPlugin() ? await automation.PulumiCommand.get().catch(() => undefined) : undefined;

const program = async () => {
  const keepers = { a: "1" };
  const pet = new random.RandomPet("pet", { length: 3, prefix: "p", keepers });
  const password = new random.RandomPassword("password", { length: 20, minSpecial: 2, overrideSpecial: "_%" });
  const text = new random.RandomString("text", { length: 9, special: false, keepers: { pet: pet.id } });
  const secretly = new random.RandomString("secretly", {
    length: pulumi.secret(7),
    keepers: { pet: pulumi.secret("x") },
  });
  const bytes = new random.RandomBytes("bytes", { length: 8, keepers: {} });
  const id = new random.RandomId("id", { byteLength: 6, prefix: "i-" });
  const integer = new random.RandomInteger("integer", { min: -3, max: 90_000 });
  const seeded = new random.RandomInteger("seeded", { min: 0, max: 999, seed: "s" });
  const shuffle = new random.RandomShuffle("shuffle", { inputs: ["a", "b", "c"], resultCount: 4 });
  const uuids = [new random.RandomUuid("uuid"), new random.RandomUuid4("uuid4"), new random.RandomUuid7("uuid7")];
  return {
    texts: [pet.id, text.result, secretly.result, id.hex, ...uuids.map(({ result }) => result)],
    numbers: [integer.result, seeded.result],
    lists: shuffle.results,
    password: password.result,
    bytes: bytes.base64,
  };
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tutti-roundtrip-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function stackUnder(engine: "official" | "embedded", create: boolean): Promise<Stack> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "roundtrip",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const pulumiCommand: PulumiCommand = engine === "official" ? official! : embeddedCommand(env);
  const inline = { stackName: "dev", projectName: "roundtrip", program };
  // One work directory for both: the stack's configuration file holds the salt of its secrets.
  const options = { workDir: folder, pulumiHome: env.PULUMI_HOME, envVars: env, pulumiCommand };
  return create
    ? automation.LocalWorkspace.createStack(inline, options)
    : automation.LocalWorkspace.selectStack(inline, options);
}

describe("a stack of every random resource", () => {
  it.for([
    ["official", "embedded"],
    ["embedded", "official"],
  ] as const)(
    "made by the %s engine is unchanged under the %s one",
    { timeout: 240_000 },
    async ([maker, reader], { skip }) => {
      if (!official) return skip("pulumi and pulumi-resource-random are not on PATH");
      const made = await stackUnder(maker, true);
      expect((await made.up({ parallel: 4 })).summary.resourceChanges).toEqual({ create: 13 });
      const outputs = await made.outputs();

      const read = await stackUnder(reader, false);
      expect(await read.outputs()).toEqual(outputs);
      expect((await read.preview()).changeSummary).toEqual({ same: 13 });
      expect((await read.refresh()).summary.resourceChanges).toEqual({ same: 13 });
      expect((await read.up()).summary.resourceChanges).toEqual({ same: 13 });

      const back = await stackUnder(maker, false);
      expect((await back.up()).summary.resourceChanges).toEqual({ same: 13 });
      expect(await back.outputs()).toEqual(outputs);
      expect((await back.destroy()).summary.resourceChanges).toEqual({ delete: 13 });
    },
  );
});
