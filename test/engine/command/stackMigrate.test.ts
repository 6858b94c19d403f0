// `stack migrate`: from one file backend to another.

import { execFile } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type Bench, bench, findCli } from "./support.ts";

/** A recorded backend, and an empty one that commands work on from now on. */
async function twoBackends() {
  const made = await bench({ recorded: true });
  const source = made.env["PULUMI_BACKEND_URL"]!;
  const folder = join(made.folder, "target");
  await mkdir(folder);
  const env = { ...made.env, PULUMI_BACKEND_URL: `file://${folder}` };
  const run: Bench["run"] = (...args) => made.runWith({ env }, ...args);
  return { ...made, source, runAtSource: made.run, env, run };
}

it("takes configuration and state along, encrypted anew, and leaves the source as it is", async () => {
  const { run, runAtSource, source, project } = await twoBackends();
  const export_ = ["stack", "export", "-s", "dev", "--show-secrets"] as const;
  const config = ["config", "-s", "dev", "--json", "--show-secrets"] as const;
  const [before, settings] = [await runAtSource(...export_), await runAtSource(...config)];
  const file = await readFile(join(project, "Pulumi.dev.yaml"), "utf8");
  expect(await run("stack", "migrate", source, "dev")).toMatchObject({
    code: 1,
    stderr: "error: non-interactive mode requires --yes flag\n",
  });
  const { code, stdout, stderr } = await run("stack", "migrate", source, "dev", "--yes");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Created stack 'dev'\n");
  expect(JSON.parse((await run(...export_)).stdout).deployment.resources).toEqual(
    JSON.parse(before.stdout).deployment.resources,
  );
  expect((await run(...config)).stdout).toBe(settings.stdout);
  expect(await runAtSource(...export_)).toEqual(before);
  const secrets = (text: string) => [...text.matchAll(/secure: (\S+)/g)].map(([, ciphertext]) => ciphertext);
  const now = await readFile(join(project, "Pulumi.dev.yaml"), "utf8");
  expect(secrets(file).length).toBeGreaterThan(0);
  expect(secrets(now).filter((ciphertext) => secrets(file).includes(ciphertext))).toEqual([]);
  const [backup = ""] = (await readdir(project)).filter((name) => name.startsWith("Pulumi.dev.yaml.bak."));
  expect(await readFile(join(project, backup), "utf8")).toBe(file);
});

it("gives the stack another name, and its URNs with it", async () => {
  const { run, source, project } = await twoBackends();
  expect(await run("stack", "migrate", source, "dev", "--target", "prod", "--yes")).toMatchObject({ code: 0 });
  const { resources } = JSON.parse((await run("stack", "export", "-s", "prod")).stdout).deployment;
  expect(resources.length).toBeGreaterThan(3);
  for (const { urn } of resources) expect(urn).toMatch(/^urn:pulumi:prod::recorded::/);
  expect((await run("stack", "output", "password", "-s", "prod", "--show-secrets")).stdout).toBe("u&6Muu1%{hwM\n");
  expect(await readdir(project)).toEqual(["Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.yaml"]);
});

it("refuses what cannot be, before anything is written", async () => {
  const { run, runAtSource, source, env, project } = await twoBackends();
  const migrate = async (...args: string[]) => (await run("stack", "migrate", ...args, "--yes")).stderr;
  expect((await runAtSource("stack", "migrate", source, "dev", "--yes")).stderr).toContain("nothing to migrate");
  expect(await migrate(source)).toContain("no stack selected");
  expect(await migrate(source, "nope")).toContain('source stack "nope" not found');
  expect(await migrate("s3://bucket", "dev")).toContain(
    'backend "s3://bucket" is not supported by the embedded engine',
  );
  expect(await migrate(source, "dev", "--secrets-provider", "awskms://key")).toContain("would call a key service");
  await run("stack", "init", "taken");
  expect(await migrate(source, "dev", "--target", "taken")).toContain('target stack "taken" already exists');
  expect(await readdir(project)).toEqual(["Pulumi.dev.yaml", "Pulumi.taken.yaml", "Pulumi.yaml"]);
  expect(await run("stack", "ls", "--json")).toMatchObject({ stdout: expect.not.stringContaining('"dev"') });
  expect(env["PULUMI_BACKEND_URL"]).not.toBe(source);
});

it("makes of a state what the official CLI makes of it", async (context) => {
  const cli = findCli() ?? context.skip("pulumi is not on PATH: its migration was NOT compared with ours");
  const { run, source, project, folder, env } = await twoBackends();
  const theirs = { ...env, PULUMI_BACKEND_URL: `file://${join(folder, "theirs")}` };
  await mkdir(join(folder, "theirs"));
  const asked = async (...args: readonly string[]) => {
    const options = { cwd: project, env: { ...theirs, PULUMI_SKIP_UPDATE_CHECK: "true" } };
    return (await promisify(execFile)(cli, args, options)).stdout;
  };
  const args = ["stack", "migrate", source, "dev", "--target", "prod", "--yes"];
  await asked(...args);
  expect(await run(...args)).toMatchObject({ code: 0 });
  for (const question of [
    ["stack", "export", "--show-secrets", "-s", "prod"],
    ["config", "--json", "-s", "prod"],
  ]) {
    const withoutTime = (text: string) => text.replace(/"(time|version|magic)": ".*"/g, "").replace(/"salt": ".*"/, "");
    expect(withoutTime((await run(...question)).stdout)).toBe(withoutTime(await asked(...question)));
  }
});
