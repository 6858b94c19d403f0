import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { describe, expect, it, onTestFinished } from "vitest";
import { leanPath } from "../../engine/language/child.ts";
import { createDynamicProvider } from "../../engine/providers/dynamic.ts";
import { CHILD_ENV, project, runProject } from "./support/project.ts";
import { keptLog } from "./support/scripted.ts";

const run = promisify(execFile);
const lean = `--import=${pathToFileURL(leanPath).href}`;

/** Runs a script in a folder with this repository's packages and reads the JSON it prints. */
async function script(text: string, nodeArguments: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const directory = await project({ "script.js": text });
  const file = path.join(directory, "script.js");
  const { stdout } = await run(process.execPath, [...nodeArguments, file], {
    cwd: directory,
    env: { ...CHILD_ENV, ...env },
  });
  return JSON.parse(stdout) as unknown;
}

const COUNT = `
  import { createRequire } from "node:module";
  import "@pulumi/pulumi";
  console.log(Object.keys(createRequire(import.meta.url).cache).length);
`;

// Each function captures something else, the ways in which dynamic providers do.
const SERIALISE = `
  import * as pulumi from "@pulumi/pulumi";
  import os from "node:os";
  import semver from "semver";
  const constant = { a: [1, "two"] };
  const helper = (x) => x + constant.a.length;
  class Base { greet() { return "base"; } }
  class Derived extends Base { greet() { return super.greet() + helper(1); } }
  const secret = pulumi.output("s");
  const functions = [
    () => constant,
    () => helper(2),
    () => os.platform(),
    () => semver.valid("1.2.3"),
    () => new Derived().greet(),
    async () => (await import("node:path")).sep,
    function* () { yield secret.get(); },
  ];
  const texts = [];
  for (const f of functions) {
    const { text, exportName } = await pulumi.runtime.serializeFunction(f);
    texts.push(exportName + text);
  }
  const failing = await pulumi.runtime.serializeFunction(() => { const inner = globalThis[Symbol.iterator]; return [process.binding, inner]; }).then(() => "fine", (error) => error.message.split("\\n")[0]);
  const paths = await pulumi.runtime.computeCodePaths().then((found) => [...found.keys()].length, (error) => error.message);
  console.log(JSON.stringify({ texts, failing, paths: typeof paths }));
`;

describe("the lean preload", () => {
  it("leaves most of the SDK unloaded", async () => {
    const [full, less] = (await Promise.all([script(COUNT, []), script(COUNT, [lean])])) as [number, number];
    // 763 and 218 with @pulumi/pulumi 3.270.0. When this fails after a new SDK, a rule no longer matches a file.
    expect(less).toBeLessThan(235);
    expect(full).toBeGreaterThan(2 * less);
  });

  it("leaves unloaded what the Automation API starts commands, writes files and serves programs with", async () => {
    const automation = COUNT.replace('"@pulumi/pulumi"', '"@pulumi/pulumi/automation/index.js"');
    // 297 with these, 98 without (3.270.0).
    expect(await script(automation, [lean])).toBeLessThan(110);
  });

  it("hands the Automation API all of what it asks for, at once or when it is used", async () => {
    const ask = `
      import { createRequire } from "node:module";
      const require = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/automation/stack.js"));
      const loaded = () => Object.keys(require.cache).filter((file) => /(?:runtime.index|semver.index)\\.js$/.test(file)).length;
      const { grpcChannelOptions } = require("../runtime");
      const semver = require("semver");
      const compared = [semver.parse("3.260.0").minor, semver.gt("3.0.0", "2.0.0"), semver.lt("3.0.0", "2.0.0"), new semver.SemVer("1.2.3").patch];
      const early = loaded();
      const rest = [semver.valid("1.2.3"), typeof require("../log").warn, typeof require("./server").LanguageServer, typeof require("../proto/language_grpc_pb").LanguageRuntimeService.run.path, require("../runtime").rootPulumiStackTypeName];
      console.log(JSON.stringify({ early, late: loaded(), grpcChannelOptions, compared, rest }));
    `;
    const [full, less] = (await Promise.all([script(ask, []), script(ask, [lean])])) as { early: number }[];
    expect(full!.early).toBe(2);
    expect(less).toEqual({ ...full, early: 0 });
  });

  it("leaves unloaded what other packages have for languages and for help, and hands it on when it is asked for", async () => {
    const ask = `
      import module from "node:module";
      const files = [];
      const watch = module.registerHooks({ load: (url, context, next) => (files.push(url), next(url, context)) });
      const z = await import("zod");
      const { default: width } = await import("string-width");
      const { default: wrap } = await import("wrap-ansi");
      const loaded = files.filter((file) => /string-width|locales/.test(file) && !/\\.lean\\./.test(file)).length;
      const text = (message) => message.localeError({ code: "invalid_type", expected: "string", input: 1 });
      const names = Object.keys(z.locales).sort();
      const texts = names.map((name) => JSON.stringify(text(z.locales[name]())));
      console.log(JSON.stringify({ loaded, names, texts, width: width("日本"), wrapped: wrap("日本語", 2, { hard: true }) }));
    `;
    const [full, less] = (await Promise.all([script(ask, []), script(ask, [lean])])) as { loaded: number }[];
    // English, and string-width for the script itself.
    expect(less).toEqual({ ...full, loaded: 2 });
    expect(full!.loaded).toBeGreaterThan(50);
  });

  it("has tutti's own files found where they name each other, without a look", async () => {
    const root = new URL("../../", import.meta.url).href;
    const ask = `
      import module from "node:module";
      const [looked, loaded] = [[], []];
      module.registerHooks({
        resolve: (specifier, context, next) => (context.parentURL?.startsWith("${root}automation/") && looked.push(specifier), next(specifier, context)),
        load: (url, context, next) => (url.startsWith("${root}automation/") && loaded.push(url), next(url, context)),
      });
      if (process.env.LEAN) await import("${root}automation/lean.mjs");
      loaded.length = 0;
      await import("${root}automation/open.ts");
      console.log(JSON.stringify({ looked: looked.filter((specifier) => specifier.startsWith(".")).length, loaded: loaded.sort() }));
    `;
    const [full, less] = (await Promise.all([script(ask, []), script(ask, [], { LEAN: "1" })])) as {
      looked: number;
      loaded: string[];
    }[];
    expect(full!.looked).toBeGreaterThan(30);
    expect(full!.loaded.length).toBeGreaterThan(20);
    expect(less).toEqual({ ...full, looked: 0 });
  });

  it("serialises functions byte for byte as without it", async () => {
    const [full, less] = await Promise.all([script(SERIALISE, []), script(SERIALISE, [lean])]);
    expect(less).toEqual(full);
    expect((less as { texts: string[] }).texts).toHaveLength(7);
    expect((less as { texts: string[] }).texts[4]).toContain("base");
  });

  it("may be imported twice, by two names", async () => {
    const directory = await project({});
    const copy = path.join(directory, "lean.mjs");
    await writeFile(copy, await readFile(leanPath));
    const count = await script(COUNT, [lean, `--import=${pathToFileURL(copy).href}`]);
    expect(count).toBeLessThan(235);
  });

  it("degrades to nothing when the SDK's files are others, or tracing is wanted", async () => {
    const directory = await project({});
    const copy = path.join(directory, "lean.mjs");
    const text = await readFile(leanPath, "utf8");
    await writeFile(copy, text.replaceAll("runtime/closure", "runtime/elsewhere").replaceAll("cmd/run", "cmd/other"));
    const preload = `--import=${pathToFileURL(copy).href}`;
    expect(await script(SERIALISE, [preload])).toEqual(await script(SERIALISE, []));
    const traced = `import "@pulumi/pulumi/cmd/run/tracing.js"; ${COUNT}`;
    const [off, on] = (await Promise.all([
      script(traced, [lean]),
      script(traced, [lean], { PULUMI_EXPERIMENTAL: "1" }),
    ])) as [number, number];
    expect(on).toBeGreaterThan(off + 100);
  });

  it("works for plain Pulumi through nodeargs, relative to the folder of main", async () => {
    const text = await readFile(fileURLToPath(new URL("../../Pulumi.yaml", import.meta.url)), "utf8");
    const [, argument] = /nodeargs: --import (\S+)/.exec(text) as unknown as [string, string];
    const [, main] = /main: (\S+)/.exec(text) as unknown as [string, string];
    const root = fileURLToPath(new URL("../../", import.meta.url));
    expect(path.resolve(root, path.dirname(main), argument)).toBe(leanPath);
  });

  it.for([
    ["ES modules", ts.ModuleKind.ESNext, "module"],
    ["CommonJS", ts.ModuleKind.CommonJS, "commonjs"],
  ] as const)("tells the positions of sources that were compiled, to %s", async ([, module, type]) => {
    const source = `import * as pulumi from "@pulumi/pulumi";\ninterface Gone {\n  a: string;\n}\nconst one: Gone = { a: "here" };\nconsole.log(new Error(one.a).stack);\nexport const tried = pulumi.output(1);\n`;
    const { outputText, sourceMapText = "" } = ts.transpileModule(source, {
      fileName: "source.ts",
      compilerOptions: { module, target: ts.ScriptTarget.ES2022, sourceMap: true },
    });
    const directory = await project({
      "package.json": JSON.stringify({ name: "demo", type }),
      "dist/index.js": outputText.replace(/sourceMappingURL=.*/, "sourceMappingURL=program.map"),
      "dist/program.map": sourceMapText,
      "source.ts": source,
    });
    const { end, log } = await runProject(directory, { program: { main: "dist" } });
    expect(end).toEqual({ type: "ok" });
    expect(log.printed.map(({ text }) => text).join("\n")).toMatch(/here[\s\S]*source\.ts:6:13/);
  });

  it("maps nothing where nothing was compiled, and notes no stack trace of a promise unless told to", async () => {
    const files = {
      "index.js": `
        import { createRequire } from "node:module";
        import * as pulumi from "@pulumi/pulumi";
        import debuggable from "@pulumi/pulumi/runtime/debuggable.js";
        const mapped = Object.keys(createRequire(import.meta.url).cache).some((file) => file.endsWith("source-map-support.js"));
        const promise = new Promise(() => {});
        debuggable.debuggablePromise(promise, "mine").catch(() => {});
        const noted = promise._debugStackTrace.split("\\n").length > 1;
        console.log(JSON.stringify({ mapped, noted, limit: Error.stackTraceLimit }));
        debuggable.leakedPromises();
      `,
    };
    const said = async (env: Readonly<Record<string, string>>) => {
      const { log } = await runProject(await project(files), { program: { env: { ...CHILD_ENV, ...env } } });
      return JSON.parse(log.printed.find(({ stream }) => stream === "stdout")?.text ?? "null") as unknown;
    };
    expect(await said({})).toEqual({ mapped: false, noted: false, limit: 10 });
    expect(await said({ PULUMI_DEBUG_PROMISE_LEAKS: "1" })).toEqual({ mapped: false, noted: true, limit: 10 });
  });

  it("lets a dynamic resource be created, on both sides of the process boundary", async () => {
    const directory = await project({
      "index.js": `
        import * as pulumi from "@pulumi/pulumi";
        import os from "node:os";
        import semver from "semver";
        class Thing extends pulumi.dynamic.Resource {
          constructor(name, args) {
            super({ create: async (inputs) => ({ id: os.platform() + semver.major("7.1.0"), outs: { ...inputs, twice: inputs.size * 2 } }) }, name, { twice: undefined, ...args });
          }
        }
        export const twice = new Thing("thing", { size: 21 }).twice;
      `,
    });
    const provider = createDynamicProvider({
      programDirectory: directory,
      project: "demo",
      runtimeOptions: {},
      env: CHILD_ENV,
      engineAddress: async () => "127.0.0.1:1",
      log: keptLog(),
    });
    onTestFinished(() => provider.close());
    await provider.configure({});
    const signal = new AbortController().signal;
    const { end, registrar } = await runProject(directory, {
      script: {
        async outputs({ name, type, inputs }) {
          if (name !== "thing") return inputs;
          const created = await provider.create({
            urn: "u",
            type,
            name,
            inputs,
            preview: false,
            timeoutSeconds: 0,
            signal,
          });
          expect(created.id).toBe(`${process.platform}7`);
          return created.outputs;
        },
      },
    });
    expect(end).toEqual({ type: "ok" });
    expect([...registrar.outputs.values()]).toEqual([{ twice: 42 }]);
  });
});
