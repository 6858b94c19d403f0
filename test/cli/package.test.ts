// What `npm pack` makes, installed into an empty folder: the command line runs there, on the Node that comes with it, and the
// types resolve. npm takes packages from its cache where it can; packages that `npm ci` brought are in it.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const repository = path.resolve(import.meta.dirname, "../..");
const temporary = mkdtempSync(path.join(os.tmpdir(), "tutti-package-"));
const shop = path.join(temporary, "shop");
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** A person's shell: without the Node and the commands that npm puts before the PATH of this suite. */
const { HOME = temporary, PATH = "" } = process.env;
const shell = {
  HOME,
  PATH: PATH.split(path.delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(path.delimiter),
  npm_config_update_notifier: "false",
};

async function run(cwd: string, command: string, ...args: readonly string[]) {
  const finished = await promisify(execFile)(command, args, { cwd, env: shell, maxBuffer: 2 ** 26 }).catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code: "code" in finished ? finished.code : 0, stdout: finished.stdout, stderr: finished.stderr };
}

let packed: readonly string[];
beforeAll(async () => {
  const pack = await run(repository, "npm", "pack", "--json", "--pack-destination", temporary);
  expect(pack).toMatchObject({ code: 0 });
  const tarball = readdirSync(temporary).find((name) => name.endsWith(".tgz"))!;
  packed = listed(pack.stdout);
  cpSync(path.join(repository, "test/fixtures/installed"), shop, { recursive: true });
  const { version } = JSON.parse(
    readFileSync(path.join(repository, "node_modules/@pulumi/random/package.json"), "utf8"),
  ) as { version: string };
  const quietly = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  const install = await run(shop, "npm", "install", ...quietly, `../${tarball}`, `@pulumi/random@${version}`);
  expect(install).toMatchObject({ code: 0 });
}, 300_000);

/** Files of the tarball; what `prepack` prints comes before the document. */
function listed(stdout: string): readonly string[] {
  const [{ files }] = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as [{ files: { path: string }[] }];
  return files.map((file) => file.path);
}

it("holds compiled code, its types and what it reads, and no sources", () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "README.md",
      "bin/tutti.js",
      "dist/automation/index.d.ts",
      "dist/automation/lean.mjs",
      "dist/engine/language/guard.mjs",
      "dist/engine/language/exactReferences.mjs",
      "dist/engine/providers/sandbox/schema/gcp.generated.json",
    ]),
  );
  expect(packed.filter((file) => /^(?:test|bench|stacks|engine|automation)\/|(?<!\.d)\.ts$/.test(file))).toEqual([]);
});

it("brings a stack up, on the Node that came with it, and changes nothing again", async () => {
  const up = async () => {
    const { code, stdout, stderr } = await run(shop, "npx", "tutti", "up", "-e", "local", "--yes", "--json");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return JSON.parse(stdout).stacks as readonly unknown[];
  };
  expect(await up()).toEqual([
    expect.objectContaining({ id: "pets.local", status: "succeeded", counts: expect.objectContaining({ create: 3 }) }),
  ]);
  expect(await up()).toEqual([expect.objectContaining({ id: "pets.local", status: "unchanged" })]);
  const doctor = await run(shop, "npx", "tutti", "doctor");
  expect(doctor.stdout).not.toMatch(/two copies|warning/);
  expect(doctor.code).toBe(0);
}, 120_000);

it("is a library there as well", async () => {
  const { stdout } = await run(shop, "npx", "node", "rehearsal.ts");
  expect(JSON.parse(stdout)).toEqual([["pets.local", "succeeded"]]);
}, 60_000);

it("gives its types to the compiler: what is right compiles, and what is wrong does not", async () => {
  const compiler = path.join(repository, "node_modules/typescript/bin/tsc");
  const types = path.join(repository, "node_modules/@types");
  const { code, stdout } = await run(shop, "npx", "node", compiler, "-p", ".", "--typeRoots", types);
  expect(stdout).toBe("");
  expect(code).toBe(0);
}, 120_000);
