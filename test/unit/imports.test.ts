// Who may import whom: one table, read against the import lines of the tree. An architecture that nobody checks is a wish.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

interface Import {
  /** A path from the root (`automation/define.ts`), a package (`@pulumi/gcp`, with what follows) or `node:fs`. */
  readonly target: string;
  readonly typeOnly: boolean;
}

interface Rule {
  readonly says: string;
  readonly files: (file: string) => boolean;
  readonly allows: (target: string, file: string, typeOnly: boolean) => boolean;
}

const under =
  (...folders: readonly string[]) =>
  (file: string) =>
    folders.some((folder) => file.startsWith(`${folder}/`));
const contract = (file: string): boolean => /^stacks\/[^/]+\/contract\.ts$/.test(file);
const taskCode = (file: string): boolean => /^stacks\/[^/]+\/task\.ts$/.test(file);
const program = (file: string): boolean => /^stacks\/[^/]+\/program\.ts$/.test(file);
const pulumiPackage = (target: string): boolean => target.startsWith("@pulumi/");
const automationApi = (target: string): boolean => /^@pulumi\/pulumi\/(automation|x\/automation)(\/|$)/.test(target);

/** Files directly in automation/ that touch files, processes or Pulumi. Every other one is pure, a new one too. */
const impure = new Set(
  [
    "appendLine",
    "cli",
    "doctor",
    "googleFindings",
    "index",
    "journalFile",
    "lateSecrets",
    "load",
    "machine",
    "open",
    "program",
    "rehearse",
    "runFiles",
    "version",
  ].map((name) => `automation/${name}.ts`),
);
const inAutomation = (file: string): boolean => /^automation\/[^/]+\.ts$/.test(file);
const pure = (file: string): boolean => inAutomation(file) && !impure.has(file);

const rules: readonly Rule[] = [
  {
    says: "components import Pulumi packages only",
    files: under("components"),
    allows: (target) => under("components")(target) || (pulumiPackage(target) && !automationApi(target)),
  },
  {
    says: "contracts and workspace.ts import automation/define.ts and contracts only",
    files: (file) => contract(file) || file === "stacks/workspace.ts",
    allows: (target, file) =>
      target === "automation/define.ts" ||
      target === "zod" ||
      contract(target) ||
      // The program is named, not loaded: only inside of `program: () => import(...)`.
      (contract(file) &&
        [program, taskCode].some((named) => named(target)) &&
        path.dirname(target) === path.dirname(file)),
  },
  {
    says: "programs import components, contracts, Pulumi packages and automation/program.ts",
    files: program,
    allows: (target) =>
      under("components")(target) ||
      contract(target) ||
      target === "automation/program.ts" ||
      (pulumiPackage(target) && !automationApi(target)),
  },
  {
    says: "tasks import contracts, automation/task.ts, Node.js, packages and files of stacks: no Pulumi",
    files: taskCode,
    allows: (target) =>
      contract(target) ||
      target === "automation/task.ts" ||
      (under("stacks")(target) && !program(target) && target !== "stacks/workspace.ts") ||
      (!/^(?:automation|components|engine)\//.test(target) && !pulumiPackage(target)),
  },
  {
    says: "the worker of images is a program of its own: Node.js, its folder and what its package.json names",
    files: under("stacks/images/worker"),
    allows: (target) =>
      under("stacks/images/worker")(target) ||
      target.startsWith("node:") ||
      ["fast-png", "jpeg-js", "zod"].includes(target),
  },
  {
    says: "what Pulumi runs imports the workspace and automation/program.ts",
    files: (file) => file === "stacks/index.ts",
    allows: (target) => target === "stacks/workspace.ts" || target === "automation/program.ts",
  },
  {
    says: "the pure files of automation import neither node:* nor @pulumi/* nor what does",
    files: pure,
    allows: (target, file, typeOnly) =>
      pure(target) ||
      ["zod", "semver", "yaml"].includes(target) ||
      (file === "automation/define.ts" && target === "@pulumi/pulumi" && typeOnly) ||
      // The run-time half of a type lives elsewhere; naming it loads nothing.
      (typeOnly && inAutomation(target)),
  },
  {
    says: "only automation/pulumi imports the Automation API and engine/",
    files: (file) => under("automation", "components", "stacks")(file) && !under("automation/pulumi")(file),
    allows: (target) => !automationApi(target) && !under("engine")(target),
  },
  {
    says: "engine imports nothing of automation, stacks, components",
    files: under("engine"),
    allows: (target) => !under("automation", "stacks", "components")(target),
  },
  {
    says: "views import events, runState and report",
    files: under("automation/views"),
    allows: (target) =>
      under("automation/views")(target) ||
      ["events", "runState", "report", "unreachable", "variables"].some((name) => target === `automation/${name}.ts`) ||
      target === "picocolors" ||
      target === "node:util",
  },
  {
    says: "commands go through the library: no Pulumi, no engine, no file of a run",
    files: under("automation/commands"),
    allows: (target) =>
      !pulumiPackage(target) &&
      !under("engine")(target) &&
      !/^automation\/(runFiles|journalFile|run|execute)\.ts$/.test(target),
  },
  {
    says: "the library does not know its command line",
    files: (file) =>
      under("automation")(file) &&
      !under("automation/commands", "automation/views")(file) &&
      file !== "automation/cli.ts",
    allows: (target) => !under("automation/commands", "automation/views")(target),
  },
];

/** Everything a source imports: static, type-only, dynamic and `typeof import(...)`. Comments do not count. */
function importsOf(file: string, source: string): readonly Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const target = specifier.startsWith(".") ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
    found.push({ target, typeOnly });
  };
  for (const [, type, specifier] of code.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^;"'`]*?\bfrom\s+["']([^"']+)["']/gm,
  ))
    add(specifier!, type !== undefined);
  for (const [, specifier] of code.matchAll(/^\s*import\s+["']([^"']+)["']/gm)) add(specifier!, false);
  for (const { 1: type, 2: specifier, index } of code.matchAll(/(typeof\s+)?\bimport\(\s*["']([^"']+)["']/g)) {
    const before = code.slice(code.lastIndexOf("\n", index) + 1, index);
    const quoted = before.split("`").length % 2 === 0; // a message that shows an import is no import
    if (!quoted) add(specifier!, type !== undefined);
  }
  return found;
}

/** What breaks the rules, a sentence each. */
function violations(sources: ReadonlyMap<string, string>): readonly string[] {
  return [...sources].flatMap(([file, source]) =>
    rules
      .filter(({ files }) => files(file))
      .flatMap(({ says, allows }) =>
        importsOf(file, source)
          .filter(({ target, typeOnly }) => !allows(target, file, typeOnly))
          .map(({ target }) => `${file} imports ${target}: ${says}`),
      ),
  );
}

const root = fileURLToPath(new URL("../../", import.meta.url));
function tree(): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const folder of ["automation", "components", "engine", "stacks"])
    for (const entry of readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.m?[jt]s$/.test(entry.name)) continue;
      const file = path.relative(root, path.join(entry.parentPath, entry.name));
      sources.set(file, readFileSync(path.join(root, file), "utf8"));
    }
  return sources;
}

it("holds everywhere in the tree", () => {
  const sources = tree();
  expect([...sources.keys()]).toEqual(expect.arrayContaining(["automation/define.ts", "engine/index.ts"]));
  expect(violations(sources)).toEqual([]);
});

it("has every rule apply to some file", () => {
  const files = [...tree().keys()];
  for (const { says, files: applies } of rules) expect(files.filter(applies).length, says).toBeGreaterThan(0);
  for (const file of impure) expect(files).toContain(file);
});

it.each<readonly [string, string, string]>([
  ["components/gcp/network.ts", 'import { x } from "../../automation/define.ts";', "components import"],
  ["components/gcp/network.ts", 'import fs from "node:fs";', "components import"],
  [
    "components/gcp/network.ts",
    'import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";',
    "Automation API",
  ],
  ["stacks/web/contract.ts", 'import * as gcp from "@pulumi/gcp";', "contracts and workspace.ts"],
  ["stacks/web/contract.ts", 'import "../data/program.ts";', "contracts and workspace.ts"],
  ["stacks/workspace.ts", 'import { web } from "./web/program.ts";', "contracts and workspace.ts"],
  ["stacks/web/program.ts", 'import { open } from "../../automation/index.ts";', "programs import"],
  ["stacks/migrate/task.ts", 'import * as pulumi from "@pulumi/pulumi";', "tasks import"],
  ["stacks/migrate/contract.ts", 'import pg from "pg";', "contracts and workspace.ts"],
  ["stacks/index.ts", 'import fs from "node:fs";', "what Pulumi runs"],
  ["automation/graph.ts", 'import { readFileSync } from "node:fs";', "pure files"],
  ["automation/graph.ts", 'import type { Output } from "@pulumi/pulumi";', "pure files"],
  ["automation/define.ts", 'import { Output } from "@pulumi/pulumi";', "pure files"],
  ["automation/graph.ts", 'import { open } from "./open.ts";', "pure files"],
  ["automation/new.ts", 'import os from "node:os";', "pure files"],
  ["automation/open.ts", 'const { createEngine } = await import("../engine/index.ts");', "engine/"],
  ["automation/open.ts", 'type Api = typeof import("@pulumi/pulumi/automation/index.js");', "Automation API"],
  ["engine/index.ts", 'import type { StackId } from "../automation/events.ts";', "engine imports nothing"],
  ["automation/views/live.ts", 'import { execute } from "../execute.ts";', "views import"],
  ["automation/views/live.ts", 'import {\n  a,\n  b,\n} from "../open.ts";', "views import"],
  ["automation/commands/up.ts", 'import * as pulumi from "@pulumi/pulumi";', "through the library"],
  ["automation/commands/up.ts", 'import { readReport } from "../runFiles.ts";', "through the library"],
  ["automation/open.ts", 'export { live } from "./views/live.ts";', "does not know its command line"],
])("sees that %s must not have: %s", (file, line, rule) => {
  expect(violations(new Map([[file, line]])).join("\n")).toContain(rule);
});

it.each<readonly [string, string]>([
  [
    "automation/graph.ts",
    '// import fs from "node:fs";\n/* import os from "node:os"; */\nimport { ok } from "./result.ts";',
  ],
  ["automation/graph.ts", 'const message = `write import("node:fs")`;'],
  ["automation/define.ts", 'import type { Input } from "@pulumi/pulumi";'],
  [
    "stacks/web/contract.ts",
    'import * as z from "zod";\nexport const web = { program: () => import("./program.ts") };',
  ],
])("lets %s have what it may", (file, source) => {
  expect(violations(new Map([[file, source]]))).toEqual([]);
});
