import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { EngineOptions } from "../../../engine/index.ts";
import { createProviderHost } from "../../../engine/providers/host.ts";
import type { StackReader } from "../../../engine/providers/stackReader.ts";
import { keptLog } from "../support/scripted.ts";

const NO_STACKS: StackReader = {
  fullName: (name) => name,
  outputs: async () => undefined,
  resourceOutputs: async () => undefined,
};

async function folder(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "tutti-host-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function host(engine: Pick<EngineOptions, "env" | "sandbox" | "plugins">) {
  const log = keptLog();
  const made = createProviderHost({
    engine,
    project: "demo",
    stack: "dev",
    programDirectory: "/",
    runtimeOptions: {},
    dryRun: false,
    stacks: NO_STACKS,
    version: "3.270.0",
    log,
  });
  onTestFinished(() => made.close());
  return { ...made, log };
}

/** A folder with an executable `pulumi-resource-<name>` that leaves a mark when it is started, and then ends. */
async function planted(name: string): Promise<{ readonly directory: string; readonly mark: string }> {
  const directory = await folder();
  const mark = path.join(directory, "started");
  for (const place of [directory, path.join(directory, "plugins", `resource-${name}-v1.0.0`)]) {
    await mkdir(place, { recursive: true });
    const file = path.join(place, `pulumi-resource-${name}`);
    await writeFile(file, `#!/bin/sh\necho "$0" > ${mark}\necho broken >&2\nexit 3\n`);
    await chmod(file, 0o755);
  }
  return { directory, mark };
}

describe("the provider host", () => {
  it("serves what it has, by package", async () => {
    const { load } = host({ env: {}, sandbox: { directory: await folder() } });
    for (const name of ["pulumi", "pulumi-nodejs", "random", "gcp", "kubernetes"]) {
      expect((await load(name, undefined)).package).toBe(name);
    }
    expect((await load("random", "4.21.2")).version).toBe("4.21.2");
  });

  it("refuses everything else by name, with what to do", async () => {
    const { load } = host({ env: {} });
    await expect(load("gcp", "9.37.0")).rejects.toThrow("the embedded engine serves gcp only in a sandbox environment");
    await expect(load("kubernetes", undefined)).rejects.toThrow(
      "the embedded engine serves kubernetes only in a sandbox environment",
    );
    await expect(load("aws", "7.0.0")).rejects.toThrow(
      /^the package "aws" is not supported by the embedded engine, .*; run this stack in an environment of the official engine$/,
    );
  });

  it("starts no installed plugin that it was not told to, in a sandbox or not", async () => {
    for (const name of ["gcp", "random", "aws"]) {
      const { directory, mark } = await planted(name);
      const env = { PULUMI_HOME: directory, PATH: directory, HOME: directory };
      const { load } = host({ env, sandbox: { directory: await folder() } });
      const provider = await load(name, "1.0.0").catch(() => undefined);
      const target = { urn: "urn:pulumi:dev::demo::pulumi:providers:x::x", type: "pulumi:providers:x", name: "x" };
      await provider?.checkConfig({ ...target, oldInputs: {}, newInputs: {}, randomSeed: new Uint8Array(32) });
      await expect(readFile(mark, "utf8"), name).rejects.toThrow("ENOENT");
    }
  });

  it("never starts a plugin of a package that the sandbox serves, even when told to", async () => {
    const { directory } = await planted("gcp");
    const { load } = host({
      env: { PULUMI_HOME: directory },
      sandbox: { directory: await folder() },
      plugins: ["gcp"],
    });
    // The sandbox's own, which tells approximate types apart; a plugin's does not.
    expect((await load("gcp", undefined)).approximate).toBeTypeOf("function");
  });

  it("starts a plugin it was told to: the asked version, else one on PATH", async () => {
    const { directory, mark } = await planted("random");
    const env = { PULUMI_HOME: directory, PATH: directory };
    const { load, log } = host({ env, plugins: ["random"] });
    const target = {
      urn: "urn:pulumi:dev::demo::pulumi:providers:random::x",
      type: "pulumi:providers:random",
      name: "x",
    };
    const check = async (version: string | undefined) =>
      (await load("random", version)).checkConfig({
        ...target,
        oldInputs: {},
        newInputs: {},
        randomSeed: new Uint8Array(32),
      });
    await expect(check("1.0.0")).rejects.toThrow("the plugin pulumi-resource-random ended (exit code 3)");
    expect(await readFile(mark, "utf8")).toContain("resource-random-v1.0.0");
    await expect(check("2.0.0")).rejects.toThrow("exit code 3");
    expect(await readFile(mark, "utf8")).toBe(`${directory}/pulumi-resource-random\n`);
    expect(log.said("info#err")).toContain("broken");
    const bare = host({ env: {}, plugins: ["random"] });
    await expect(bare.load("random", "4.0.0")).rejects.toThrow(
      "the plugin pulumi-resource-random 4.0.0 was found neither in $PULUMI_HOME/plugins nor on PATH",
    );
  });
});
