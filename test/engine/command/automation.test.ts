// The Automation API over the engine: it parses what commands print, and the errors they end in.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import cmd from "@pulumi/pulumi/automation/cmd.js";
import errors from "@pulumi/pulumi/automation/errors.js";
import {
  ConcurrentUpdateError,
  LocalWorkspace,
  type PulumiCommand,
  StackAlreadyExistsError,
  StackNotFoundError,
} from "@pulumi/pulumi/automation/index.js";
import { describe, expect, it } from "vitest";
import { createEngine } from "../../../engine/index.ts";
import { FileBackend } from "../../../engine/state/fileBackend.ts";
import { type Bench, bench } from "./support.ts";

const executable = fileURLToPath(new URL("../../../bin/tutti-engine.js", import.meta.url));

async function workspace({ env, project }: Bench): Promise<LocalWorkspace> {
  const engine = createEngine({ env });
  // internal in the SDK's typings
  const { CommandResult } = cmd as unknown as { CommandResult: new (...fields: unknown[]) => never };
  const { createCommandError } = errors as unknown as { createCommandError(result: unknown): Error };
  const command = {
    ...engine,
    async run(...args: Parameters<typeof engine.run>) {
      const { stdout, stderr, code } = await engine.run(...args);
      const result = new CommandResult(stdout, stderr, code);
      if (code !== 0) throw createCommandError(result);
      return result;
    },
  };
  return LocalWorkspace.create({ workDir: project, pulumiCommand: command as unknown as PulumiCommand });
}

describe("the Automation API", () => {
  it("makes, selects, lists and removes stacks", async () => {
    const api = await workspace(await bench());
    await api.createStack("dev");
    await expect(api.createStack("dev")).rejects.toBeInstanceOf(StackAlreadyExistsError);
    await expect(api.selectStack("nope")).rejects.toBeInstanceOf(StackNotFoundError);
    await api.selectStack("dev");
    expect(await api.listStacks()).toEqual([
      {
        name: "dev",
        current: true,
        lastUpdate: expect.any(String),
        updateInProgress: undefined,
        resourceCount: 0,
        url: undefined,
      },
    ]);
    expect((await api.stack())?.name).toBe("dev");
    expect((await api.whoAmI()).url).toMatch(/^file:/);
    await api.removeStack("dev");
    expect(await api.listStacks()).toEqual([]);
  });

  it("sets and gets configuration and tags", async () => {
    const api = await workspace(await bench());
    await api.createStack("dev");
    await api.setConfig("dev", "a", { value: "-x", secret: true });
    await api.setAllConfig("dev", { b: { value: "1" }, "other:c": { value: "{}", secret: true } });
    await api.setConfig("dev", "d.e[0]", { value: "f" }, true);
    expect(await api.getConfig("dev", "a")).toEqual({ value: "-x", secret: true });
    expect(await api.getAllConfig("dev")).toEqual({
      "recorded:a": { value: "-x", secret: true },
      "recorded:b": { value: "1", secret: false },
      "other:c": { value: "{}", secret: true },
      "recorded:d": { value: '{"e":["f"]}', secret: false, objectValue: { e: ["f"] } },
    });
    await api.removeConfig("dev", "a");
    await api.removeAllConfig("dev", ["b", "other:c"]);
    expect(Object.keys(await api.getAllConfig("dev"))).toEqual(["recorded:d"]);
    await api.setTag("dev", "k", "v");
    expect(await api.listTags("dev")).toEqual({ k: "v" });
    expect((await api.getTag("dev", "k")).trim()).toBe("v");
    await api.removeTag("dev", "k");
    expect(await api.listTags("dev")).toEqual({});
  });

  it("reads outputs, and moves whole deployments", async () => {
    const recorded = await bench({ recorded: true });
    const api = await workspace(recorded);
    const outputs = await api.stackOutputs("dev");
    expect(outputs["password"]).toEqual({ value: "u&6Muu1%{hwM", secret: true });
    expect(outputs["group"]!.secret).toBe(false);
    const deployment = await api.exportStack("dev");
    await api.importStack("dev", deployment);
    expect(await api.exportStack("dev")).toEqual(deployment);
    expect(await readFile(join(recorded.folder, "state/.pulumi/stacks/recorded/dev.json"), "utf8")).not.toContain(
      "hunter2",
    );
  });

  it("finds in what the executable prints each sentence that its error classes look for", async () => {
    const source = await readFile(
      createRequire(import.meta.url).resolve("@pulumi/pulumi/automation/errors.js"),
      "utf8",
    );
    const sought = Object.fromEntries(
      [...source.matchAll(/^const (\w+) = (?:new RegExp\("(.*)"\)|"(.*)");$/gm)].map(
        ([, name = "", pattern, text = ""]) => [name, pattern ?? text.replace(/[[\].]/g, "\\$&")] as const,
      ),
    );
    const { project, env } = await bench({ recorded: true });
    const stderr = async (...args: readonly string[]) => {
      const ran = promisify(execFile)(process.execPath, [executable, ...args], { cwd: project, env });
      return ran.then(
        () => "it succeeded",
        (thrown: { stderr: string }) => thrown.stderr,
      );
    };
    const backend = await FileBackend.open(env["PULUMI_BACKEND_URL"]!, {}, "/");
    const lock = await backend.lock({ project: "recorded", stack: "dev" });
    const said = {
      notFoundRegex: await stderr("stack", "select", "nope"),
      alreadyExistsRegex: await stderr("stack", "init", "dev"),
      diyBackendConflictText: await stderr("destroy", "--stack", "dev", "--yes", "--skip-preview"),
    };
    await lock.release();
    // `conflictText` is what Pulumi Cloud answers; a file backend has no such answer.
    expect(Object.keys(sought).sort()).toEqual([...Object.keys(said), "conflictText"].sort());
    for (const [name, text] of Object.entries(said)) expect(text, name).toMatch(new RegExp(sought[name]!));
  });

  it("knows a locked stack", async () => {
    const recorded = await bench({ recorded: true });
    const api = await workspace(recorded);
    const backend = await FileBackend.open(recorded.env["PULUMI_BACKEND_URL"]!, {}, "/");
    const lock = await backend.lock({ project: "recorded", stack: "dev" });
    await expect(api.removeStack("dev", { force: true })).rejects.toBeInstanceOf(ConcurrentUpdateError);
    await lock.release();
    await api.removeStack("dev", { force: true });
  });
});
