// The command line from outside: exit codes, streams, messages. Commands that run no program.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../automation/cli.ts";
import { commandNames, commandOptions } from "../../automation/commands/completion.ts";
import { createFixture, type Fixture, silentWorld } from "./fixture.ts";

let fixture: Fixture;
beforeAll(() => {
  fixture = createFixture();
});
afterAll(() => fixture.remove());

describe("help and completion", () => {
  it("lists every command and loads neither Pulumi, nor the engine, nor a view", async () => {
    const trace = path.join(fixture.root, "trace.txt");
    const hooks = path.join(fixture.root, "trace.mjs");
    writeFileSync(
      hooks,
      `import module from "node:module"; import fs from "node:fs";
       const urls = []; module.registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
       process.on("exit", () => fs.writeFileSync(${JSON.stringify(trace)}, urls.join("\\n")));`,
    );
    const loaded = async (args: readonly string[]) => {
      const result = await fixture.tutti(args, { env: { NODE_OPTIONS: `--import ${hooks}` } });
      return { ...result, urls: readFileSync(trace, "utf8").split("\n") };
    };
    const heavy = (urls: readonly string[]) =>
      urls.filter((url) => /@pulumi|\/engine\/|\/views\/|\/automation\/pulumi\//.test(url));
    const help = await loaded(["--help"]);
    expect(help.code).toBe(0);
    expect(help.stderr).toBe("");
    for (const name of commandNames) expect(help.stdout).toMatch(new RegExp(`tutti ${name}\\b`));
    expect(help.urls.length).toBeGreaterThan(20);
    expect(heavy(help.urls)).toEqual([]);
    const completion = await loaded(["complete", "--", "up", "ba"]);
    expect(completion.stdout).toBe("base.local\nbase.guarded\nbase.real\n");
    expect(heavy(completion.urls)).toEqual([]);
    // The trace does see what a command loads.
    const list = await loaded(["list", "-e", "local"]);
    expect(heavy(list.urls)).not.toEqual([]);
    // Of commands its own alone, and nothing that lays out help or speaks other languages.
    const named = (urls: readonly string[], pattern: RegExp) => [
      ...new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? [])),
    ];
    const commands = new RegExp(`/commands/(${commandNames.join("|")})\\.ts$`);
    expect(named(list.urls, commands)).toEqual(["list"]);
    expect(named(help.urls, commands)).toHaveLength(commandNames.length);
    const seldom = /(string-width|locales\/(?!en\.)[\w-]+)(?:\/index)?\.js$/;
    expect(named(list.urls, seldom)).toEqual([]);
    expect(named(help.urls, seldom)).toEqual(["string-width"]);
  });

  it.each(["--clear", "--adopt"])("refuses `recover %s` without a value as a wrong call", async (option) => {
    const world = silentWorld(fixture.root);
    expect(await main(["recover", "app.local", option], world)).toBe(2);
    expect(world.err()).toMatch(/^tutti: Not enough arguments following: \w+\n {2}tutti --help lists what there is\n$/);
  });

  it.each(Object.entries(commandOptions))("completes the options that %s has", async (command, options) => {
    const world = silentWorld(fixture.root);
    expect(await main([command, "--help"], world)).toBe(0);
    const global = ["--cwd", "--json", "--output", "--non-interactive", "--color", "--version", "--help"];
    // What a description shows as an example is further to the right.
    const shown = [...world.out().matchAll(/^ {2,6}(?:-\w, )*(--[a-z][a-z-]*)/gm)].map(([, name]) => name!);
    expect([...new Set(shown)].filter((name) => !global.includes(name)).sort()).toEqual([...options].sort());
  });

  it("prints a completion script for each shell", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const world = silentWorld(fixture.root);
      await main(["completion", shell], world);
      expect(world.out()).toContain("tutti complete");
    }
  });
});

describe("bad invocations", () => {
  it.each([
    [["upp"], /did you mean up\?/i],
    [["up", "--yess"], /Unknown argument: yess/],
    [["up"], /nothing is selected[\s\S]*--all/],
    [["up", "-e", "locl", "--yes"], /no environment is named "locl"; did you mean "local"\?/],
    [["up", "bsae.local", "--yes"], /bsae\.local/],
    [["up", "-e", "local", "-j", "0", "--yes"], /--concurrency 0 is neither a number of 1 or more nor a percentage/],
    [["list", "--output", "tabel"], /output cannot be "tabel"\n.*one of "auto", "live"/],
    [["up", "-e", "local", "--yes", "--report", "pdf=x"], /no report of kind "pdf"/],
    [["up", "-e", "local", "--yes", "--report", "json=/proc/none/x"], /json=\/proc\/none\/x cannot be written: ENOENT/],
    [["up", "-e", "local"], /up changes things, and there is nobody to ask[\s\S]*--yes/],
    [["destroy", "-e", "local"], /destroy changes things[\s\S]*--yes/],
    [
      ["env", "-e", "local"],
      /local is a sandbox, and plain pulumi would change a real cloud[\s\S]*tutti pulumi -e local/,
    ],
    [["pulumi", "-e", "local"], /no pulumi command after --/],
    [["list", "--cwd", "/nowhere"], /there is no folder \/nowhere/],
    [["list", "--cwd", "/"], /no workspace in \/ or above it/],
  ])("tutti %j exits 2 with a sentence", async (args, message) => {
    const { code, stdout, stderr } = await fixture.tutti(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("needs pulumi for a real environment and says how to get it, before anybody is asked", async () => {
    for (const args of [
      ["up", "-e", "real"],
      ["up", "-e", "real", "--yes"],
      ["drift", "-e", "real"],
    ]) {
      const { code, stderr } = await fixture.tutti(args);
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /a real environment needs the pulumi command line, and there is none on PATH\n.*install it/,
      );
    }
    expect(existsSync(path.join(fixture.root, "stacks/config"))).toBe(false);
  });
});

describe("what runs nothing", () => {
  it("shows order and reasons of a dry run, and touches nothing", async () => {
    const fresh = createFixture({ bare: true });
    const { code, stdout } = await fresh.tutti(["up", "-e", "local", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      "up base.local   in environment local\nup files.local  in environment local\nup app.local    in environment local  after base.local\n",
    );
    const json = JSON.parse((await fixture.tutti(["destroy", "--all", "--dry-run", "--json", "-e", "local"])).stdout);
    expect(json.steps.map(({ stack, waitsFor }: { stack: string; waitsFor: string[] }) => [stack, waitsFor])).toEqual([
      ["app.local", []],
      ["files.local", []],
      ["base.local", ["app.local"]],
    ]);
    expect(existsSync(path.join(fresh.root, ".tutti"))).toBe(false);
    fresh.remove();
  });

  it("draws the graph in four formats, also from a subfolder", async () => {
    expect((await fixture.tutti(["graph", "-e", "local"], { cwd: "stacks/app" })).stdout).toBe(
      "base.local\n└─ app.local\nfiles.local\n",
    );
    expect((await fixture.tutti(["graph", "-e", "local", "--format", "mermaid"])).stdout).toContain("s0 --> s2");
    expect((await fixture.tutti(["graph", "-e", "local", "--format", "dot"])).stdout).toContain(
      '"base.local" -> "app.local";',
    );
    const { stacks } = JSON.parse((await fixture.tutti(["graph", "--json"])).stdout);
    expect(stacks).toHaveLength(6);
  });

  it("tells all problems of a workspace at once, without a stack trace", async () => {
    const broken = createFixture();
    broken.write("stacks/app/contract.ts", broken.read("stacks/app/contract.ts").replace('name: "app"', 'name: "App"'));
    broken.write("stacks/stray/program.ts", "export default 1;\n");
    mkdirSync(path.join(broken.root, "stacks/empty"), { recursive: true });
    const { code, stderr } = await broken.tutti(["list"]);
    broken.remove();
    expect(code).toBe(2);
    expect(stderr).toMatch(/"App"/);
    expect(stderr).toMatch(/stacks\/stray: no stack is named "stray"/);
    expect(stderr).not.toContain("stacks/empty");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("finds a contract that loads a cloud SDK", async () => {
    const heavy = createFixture();
    heavy.write("stacks/base/contract.ts", `import "@pulumi/random";\n${heavy.read("stacks/base/contract.ts")}`);
    const { code, stderr } = await heavy.tutti(["list"]);
    heavy.remove();
    expect(code).toBe(2);
    expect(stderr).toMatch(/stacks\/base\/contract\.ts: loads @pulumi\/random while the graph is read/);
  });

  it("says where a workspace that cannot be loaded is broken", async () => {
    const broken = createFixture();
    broken.write("stacks/app/contract.ts", 'export const app = (() => {\n  throw new Error("not today");\n})();\n');
    const { code, stderr } = await broken.tutti(["list"]);
    broken.remove();
    expect(code).toBe(2);
    expect(stderr).toMatch(/stacks\/workspace\.ts cannot be loaded: not today \(stacks\/app\/contract\.ts:2:9\)/);
  });

  it("examines the machine", async () => {
    const { code, stdout } = await fixture.tutti(["doctor", "--json"]);
    const { findings } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(findings).toContainEqual(expect.objectContaining({ check: "workspace", status: "ok" }));
    expect(findings).toContainEqual(expect.objectContaining({ check: "pulumi", status: "warning" }));
  });
});

describe("an old Node", () => {
  it.each(["tutti", "tutti-engine"])("is told which one %s needs", async (name) => {
    const bin = path.resolve(import.meta.dirname, "../../bin");
    const source = readFileSync(path.join(bin, "start.js"), "utf8");
    const script = source.replace("process.versions.node.split", '"18.20.0".split');
    expect(script).not.toBe(source);
    fixture.write("bin/package.json", '{ "type": "module" }');
    fixture.write("bin/start.js", script);
    fixture.write(`bin/${name}.js`, readFileSync(path.join(bin, `${name}.js`), "utf8"));
    const { spawnSync } = await import("node:child_process");
    const { status, stderr } = spawnSync(process.execPath, [path.join(fixture.root, `bin/${name}.js`)], {
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^tutti needs Node\.js 22\.18 or newer/);
  });
});
