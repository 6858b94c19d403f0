// The official CLI on what the engine wrote, and the engine on what the CLI made of it, in turn on one backend. Needs
// `pulumi` on PATH.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, type TestContext } from "vitest";
import { engineVersion } from "../../../engine/command/index.ts";
import { newManifest } from "../../../engine/state/deployment.ts";
import { FileBackend } from "../../../engine/state/fileBackend.ts";
import { countingSecrets, recording, resource } from "../state/support.ts";
import { type Bench, bench, findCli } from "./support.ts";

/** Runs the CLI; skips the test, saying so, where there is none. */
function cliOn({ env, project }: Bench, context: TestContext) {
  const cli = findCli() ?? context.skip("pulumi is not on PATH: its reading of our files was NOT tested");
  return async (...args: readonly string[]) => {
    const complete = { ...env, PATH: process.env["PATH"] ?? "", PULUMI_SKIP_UPDATE_CHECK: "true" };
    try {
      const { stdout } = await promisify(execFile)(cli, [...args, "--non-interactive"], {
        cwd: project,
        env: complete,
      });
      return stdout;
    } catch (thrown) {
      return `failed: ${(thrown as { stderr: string }).stderr}`;
    }
  };
}

describe("the official CLI", () => {
  it("reads stacks, configuration and tags that the engine made", async (context) => {
    const made = await bench({ name: "ours" });
    const cli = cliOn(made, context);
    await made.run("stack", "init", "dev");
    await made.run("config", "set", "--secret", "token", "hunter2");
    await made.run("config", "set", "--path", "data.list[0]", "5");
    await made.run("stack", "tag", "set", "a", "b");
    for (const args of [
      ["config", "--json", "--show-secrets"],
      ["stack", "tag", "ls", "--json"],
      ["stack", "ls", "--json"],
      ["stack", "output", "--json"],
      ["stack", "export"],
    ])
      expect(await cli(...args), args.join(" ")).toBe((await made.run(...args)).stdout);
  });

  it("reads a state that the engine wrote, and the engine what the CLI makes of it", async (context) => {
    const recorded = await bench({ recorded: true });
    const cli = cliOn(recorded, context);
    await recorded.run("stack", "select", "dev");
    await recorded.run("state", "unprotect", "--all", "--yes");
    await recorded.run("stack", "import", "--file", await exported(recorded));
    expect(await cli("stack", "output", "--json", "--show-secrets")).toBe(await recording("output-show-secrets.json"));
    expect(await cli("stack", "history", "--json", "--show-secrets")).toBe(await recording("history.json"));
    expect(await cli("state", "protect", "--all", "--yes")).toBe("All resources protected\n");
    expect((await recorded.run("stack", "export", "--show-secrets")).stdout).toBe(
      await cli("stack", "export", "--show-secrets"),
    );
    expect(await cli("stack", "rename", "prod")).toContain("Renamed dev to prod");
    expect((await recorded.run("stack", "output", "password", "--show-secrets")).stdout).toBe("u&6Muu1%{hwM\n");
    expect((await recorded.run("stack", "rename", "dev")).code).toBe(0);
    expect(await cli("stack", "output", "--json")).toBe(await recording("output.json"));
  });

  it("refuses the state of a sandbox, by the feature's name", async (context) => {
    const made = await bench({ name: "p" });
    const cli = cliOn(made, context);
    await made.run("stack", "init", "dev");
    const backend = await FileBackend.open(made.env["PULUMI_BACKEND_URL"]!, {}, "/");
    const checkpoint = await backend.openCheckpoint(
      { project: "p", stack: "dev" },
      { passphrase: async () => "", sandbox: true, checkIntegrity: true },
    );
    const resources = [resource("bucket", { type: "gcp:storage/bucket:Bucket" })];
    await checkpoint.write(
      { manifest: newManifest(engineVersion), resources, pendingOperations: [], metadata: {} },
      countingSecrets(),
    );
    expect(await cli("stack", "output", "--json")).toContain("tutti-sandbox");
    expect(await cli("stack", "export")).toMatch(/^failed: .*tutti-sandbox/s);
    expect(await made.run("stack", "output", "--json")).toEqual({ stdout: "{}\n", stderr: "", code: 0 });
  });

  it("refuses a state that goes on in a journal, until the engine has written it whole", async (context) => {
    const made = await bench({ name: "p" });
    const cli = cliOn(made, context);
    await made.run("stack", "init", "dev");
    const backend = await FileBackend.open(made.env["PULUMI_BACKEND_URL"]!, {}, "/");
    const dev = { project: "p", stack: "dev" };
    const checkpoint = await backend.openCheckpoint(dev, {
      ...{ passphrase: async () => "", sandbox: false, checkIntegrity: true, wholeLimit: 0 },
    });
    const snapshot = { manifest: newManifest(engineVersion), pendingOperations: [], metadata: {} };
    const append = await checkpoint.write({ ...snapshot, resources: [resource("a")] }, countingSecrets(), true);
    const start = { base: [0], news: [], operations: [], kept: [] };
    await append!({ set: [[1, resource("b")]], start, news: [1] });
    await checkpoint.close();
    for (const args of ["stack export", "stack output", "stack ls", "state protect --all --yes", "stack rm dev --yes"])
      expect(await cli(...args.split(" ")), args).toMatch(/^failed: .*tutti-journal/s);
    expect(await made.run("stack", "ls", "--json")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"dev"'),
    });
    expect((await made.run("state", "protect", "--all", "--yes")).code).toBe(0);
    expect(JSON.parse(await cli("stack", "ls", "--json"))).toHaveLength(1);
    expect(await cli("stack", "export")).toBe((await made.run("stack", "export")).stdout);
    expect(JSON.parse(await cli("stack", "export")).deployment.resources).toHaveLength(2);
  });

  it("and the engine respect each other's locks", async (context) => {
    const recorded = await bench({ recorded: true });
    const cli = cliOn(recorded, context);
    const backend = await FileBackend.open(recorded.env["PULUMI_BACKEND_URL"]!, {}, "/");
    const lock = await backend.lock({ project: "recorded", stack: "dev" });
    const ours = (await recorded.run("stack", "rm", "dev", "--yes", "--force")).stderr;
    const theirs = (await cli("stack", "rm", "dev", "--yes", "--force")).replace("failed: ", "");
    const withoutQuery = theirs.replace("?no_tmp_dir=true", "");
    expect(withoutQuery).toBe(ours);
    await lock.release();
    expect(await readFile(join(recorded.project, "Pulumi.dev.yaml"), "utf8")).toBe(await recording("Pulumi.dev.yaml"));
  });
});

async function exported(recorded: Bench): Promise<string> {
  const file = join(recorded.folder, "export.json");
  await recorded.run("stack", "export", "--show-secrets", "--file", file);
  return file;
}
