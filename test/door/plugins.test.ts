// Which plugins a project needs, which are there, and that several drivers do not install one at the same time.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { SemVer } from "semver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { officialCommand } from "../../automation/pulumi/official.ts";
import { installPlugins, isInstalled, missingPlugin, requiredPlugins } from "../../automation/pulumi/plugins.ts";
import { createFakePulumi } from "../support/fakePulumi.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "tutti-plugins-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(file: string, contents: unknown): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), typeof contents === "string" ? contents : JSON.stringify(contents));
}

it("finds what packages name, at every depth, each once", async () => {
  const modules = "project/node_modules";
  put(`${modules}/@pulumi/gcp/package.json`, { name: "@pulumi/gcp", version: "v9.1.0", pulumi: { resource: true } });
  put(`${modules}/@pulumi/pulumi/package.json`, { name: "@pulumi/pulumi", version: "3.270.0", pulumi: {} });
  put(`${modules}/theirs/package.json`, {
    name: "theirs",
    version: "2.0.0",
    pulumi: { resource: true, name: "cloudy", version: "1.2.3", server: "https://plugins.example" },
  });
  put(`${modules}/theirs/node_modules/@pulumi/gcp/package.json`, {
    name: "@pulumi/gcp",
    version: "8.0.0",
    pulumi: { resource: true, name: "gcp" },
  });
  put(`${modules}/other/node_modules/@pulumi/gcp/package.json`, {
    name: "@pulumi/gcp",
    version: "8.0.0",
    pulumi: { resource: true, name: "gcp" },
  });
  put(`${modules}/unnamed/package.json`, { name: "unnamed", version: "1.0.0", pulumi: { resource: true } });
  put(`${modules}/broken/package.json`, '{ "pulumi": ');
  expect(requiredPlugins(path.join(folder, "project"))).toEqual([
    { name: "cloudy", version: "1.2.3", server: "https://plugins.example" },
    { name: "gcp", version: "8.0.0", server: undefined },
    { name: "gcp", version: "9.1.0", server: undefined },
  ]);
  expect(requiredPlugins(path.join(folder, "nowhere"))).toEqual([]);
});

it("knows what is there: installed whole, or on the PATH", () => {
  const plugin = { name: "gcp", version: "9.1.0", server: undefined };
  const env = { PULUMI_HOME: path.join(folder, "home"), PATH: path.join(folder, "path") };
  expect(isInstalled(plugin, env)).toBe(false);
  put("home/plugins/resource-gcp-v9.1.0/pulumi-resource-gcp", "");
  expect(isInstalled(plugin, env)).toBe(true);
  put("home/plugins/resource-gcp-v9.1.0.partial", "");
  expect(isInstalled(plugin, env)).toBe(false);
  put("path/pulumi-resource-gcp", "");
  expect(isInstalled(plugin, env)).toBe(false);
  chmodSync(path.join(folder, "path/pulumi-resource-gcp"), 0o755);
  expect(isInstalled(plugin, env)).toBe(true);
  expect(isInstalled(plugin, { ...env, PULUMI_IGNORE_AMBIENT_PLUGINS: "true" })).toBe(false);
});

it.each([
  [
    "could not load plugin for random provider 'urn:x': no resource plugin 'pulumi-resource-random' found in the workspace at version v4.16.0 or on your $PATH",
    { name: "random", version: "4.16.0" },
  ],
  [
    "no resource plugin 'pulumi-resource-azure-native' found in the workspace or on your $PATH, install the plugin",
    { name: "azure-native", version: undefined },
  ],
  [
    "no resource plugin 'pulumi-resource-own' found in the workspace at version v1.0.0-alpha.1 or on your $PATH from https://plugins.example/a",
    { name: "own", version: "1.0.0-alpha.1", server: "https://plugins.example/a" },
  ],
  ["no language plugin 'pulumi-language-yaml' found in the workspace", undefined],
] as const)("reads what is missing out of: %s", (text, plugin) => {
  const found = missingPlugin(text);
  expect(found).toEqual(plugin && { server: undefined, ...plugin });
});

describe("an installation", () => {
  const plugin = { name: "gcp", version: "9.1.0", server: "https://plugins.example" };
  function installer(name: string, acts: Parameters<typeof createFakePulumi>[1][string][number]) {
    const place = path.join(folder, name);
    mkdirSync(place);
    const fake = createFakePulumi(place, { "plugin install": [acts] });
    const env = { PATH: "/usr/bin:/bin", HOME: place, PULUMI_HOME: path.join(place, "home") };
    const executable = path.join(fake.bin, "pulumi");
    const command = officialCommand({ executable, version: new SemVer("3.260.0"), env });
    const told: string[] = [];
    return { fake, told, options: { command, cwd: place, env, tell: (text: string) => void told.push(text) } };
  }

  it("happens once, however many drivers want it at once", async () => {
    const there = path.join(folder, "once/home/plugins/resource-gcp-v9.1.0");
    const { fake, options } = installer("once", [{ wait: 300 }, { mkdir: there }]);
    await Promise.all([1, 2, 3].map(() => installPlugins([plugin], options)));
    expect(fake.calls().map(({ args }) => args.slice(0, 7))).toEqual([
      ["plugin", "install", "resource", "gcp", "9.1.0", "--server", "https://plugins.example"],
    ]);
  });

  it("follows another one: a driver installs one plugin at a time", async () => {
    const home = path.join(folder, "in-turn");
    const [begun, most]: [string[], number[]] = [[], []];
    let running = 0;
    const command = {
      command: "pulumi",
      version: new SemVer("3.260.0"),
      run: async ([, , , name = ""]: readonly string[]) => {
        begun.push(name);
        most.push(++running);
        // Whatever could begin meanwhile has begun.
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return { stdout: "", stderr: "", code: 0 };
      },
    };
    const env = { PATH: "/usr/bin:/bin", PULUMI_HOME: home };
    await installPlugins([plugin, { ...plugin, name: "aws" }], { command, cwd: folder, env, tell: () => {} });
    expect([begun, most]).toEqual([
      ["gcp", "aws"],
      [1, 1],
    ]);
  });

  it("that fails names the plugin, the reason and the command", async () => {
    const { options } = installer("fails", [{ stderr: "error: 404 HTTP error fetching plugin\n" }, { exit: 1 }]);
    await expect(installPlugins([plugin], options)).rejects.toMatchObject({
      code: "engine",
      message: "the plugin gcp cannot be installed: 404 HTTP error fetching plugin",
      hint: "try it by hand: pulumi plugin install resource gcp 9.1.0",
    });
  });
});
