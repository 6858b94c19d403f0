// What `--diff` prints of operations on properties and options of every kind, compared with what the official CLI printed:
// recorded, and asked again where it is on PATH. `TUTTI_RECORD=1` records anew. Each resource depends on the one before it, so
// that there is one order.
import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Bench, bench, findCli } from "./support.ts";

const folder = fileURLToPath(new URL("diffView", import.meta.url));
const nodeModules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const recorded = join(folder, "official.txt");

type Run = (...args: readonly string[]) => Promise<string>;

/** All that was printed, what differs from run to run replaced. */
async function shown({ project }: Bench, run: Run): Promise<string> {
  await cp(folder, project, { recursive: true });
  await symlink(nodeModules, join(project, "node_modules"));
  await writeFile(join(project, "package.json"), '{ "name": "viewed", "type": "module", "main": "index.js" }');
  for (const name of ["before", "after"]) {
    await mkdir(join(project, name));
    await writeFile(join(project, name, "file"), name);
  }
  await run("stack", "init", "dev");
  await run("config", "set", "plain", "value");
  await run("config", "set", "--secret", "hidden", "value");
  const printed: string[] = [];
  const show: Run = async (...args) => {
    const text = await run(...args, "--diff", "--parallel", "1");
    printed.push(`--- ${args.join(" ")}\n${text}`);
    return text;
  };
  const up = ["up", "--yes", "--skip-preview"];
  await copyFile(join(project, "one.js"), join(project, "index.js"));
  await show(...up, "--show-config");
  await show("preview", "--show-sames");
  await copyFile(join(project, "two.js"), join(project, "index.js"));
  await show("preview");
  await show("preview", "--show-secrets");
  await show("preview", "--show-full-output", "--show-replacement-steps", "--urns");
  await show(...up);
  await show("refresh", "--yes");
  await show(...up, "--refresh");
  await show("destroy", "--yes", "--skip-preview");
  return (
    `${printed.join("\n")}\n`
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
      .replaceAll(/Duration: \d+s/g, "Duration: T")
      // The code of the provider, as one version of the SDK or another writes it.
      .replaceAll(/^.*__provider.*\n/gm, "")
  );
}

it("shows properties and their changes as the official CLI (3.260.0) did", async () => {
  const ours = await bench({ name: "viewed" });
  const run: Run = async (...args) => {
    const { stdout, stderr, code } = await ours.runWith(
      { env: { ...ours.env, PATH: dirname(process.execPath) } },
      ...args,
    );
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
    return stdout;
  };
  expect(await shown(ours, run)).toBe(await readFile(recorded, "utf8"));
});

it("is recorded as the official CLI prints it", async (context) => {
  const cli = findCli() ?? context.skip("pulumi is not on PATH: what it prints with --diff was NOT looked at again");
  const theirs = await bench({ name: "viewed" });
  const env = { ...theirs.env, PATH: process.env["PATH"] ?? "", PULUMI_SKIP_UPDATE_CHECK: "true" };
  const run: Run = (...args) =>
    new Promise((resolve, reject) => {
      execFile(cli, [...args, "--non-interactive"], { cwd: theirs.project, env }, (error, stdout, stderr) =>
        error ? reject(new Error(`${args.join(" ")}: ${stderr}`)) : resolve(stdout),
      );
    });
  const text = await shown(theirs, run);
  if (process.env["TUTTI_RECORD"] === "1") await writeFile(recorded, text);
  expect(text).toBe(await readFile(recorded, "utf8"));
});
