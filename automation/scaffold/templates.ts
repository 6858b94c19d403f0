// What `tutti new` writes: the first lines of stacks, tasks, contracts of existing projects and components, and tests that pass as they are. Pure.
import type * as z from "zod";
import type { AnyContract } from "../define.ts";
import { err, ok, type Result } from "../result.ts";

/** How files of the workspace import tutti, and what runs its tests. */
export interface Style {
  /** From stacks/workspace.ts: `../automation/define.ts`, or `tutti/define`. */
  readonly define: string;
  readonly tests: "vitest" | "node";
}

/** A file to be written, by its path from the root. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** `order-book` as a name in code: `orderBook`. */
export function identifier(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The specifier of one of tutti's modules for a file so many folders deeper than stacks/ itself. */
function specifier({ define }: Style, module: "define" | "program" | "task" | "index", toStacks: string): string {
  if (define.startsWith(".")) return `${toStacks}${define.replace(/define(?=\.[jt]s$)/, module)}`;
  return module === "index" ? define.replace(/\/define$/, "") : define.replace(/define$/, module);
}

/** What the files of a stack and of a task say differently. */
const words = {
  stack: { define: "defineStack", module: "program", tested: "testProgram", says: "makes", here: "Resources go here." },
  task: { define: "defineTask", module: "task", tested: "testTask", says: "does", here: "What it does goes here." },
} as const;

/** A stack or a task: contract, program and test. `needs` are the contracts it reads. */
export function stackFiles(
  kind: keyof typeof words,
  name: string,
  needs: readonly AnyContract[],
  style: Style,
): Result<readonly NewFile[], string> {
  const { define, module, tested, says, here } = words[kind];
  const value = identifier(name);
  const names = needs.map((need) => need.name);
  const given: string[] = [];
  for (const need of needs) {
    const sample = sampleOutputs(need);
    if (!sample.ok) return sample;
    given.push(`      ${property(need)}: ${sample.value},`);
  }
  const needsLine = names.length === 0 ? "" : `  needs: { ${needs.map(property).join(", ")} },\n`;
  const contract = `// ${name}: say here what it is for.
import * as z from "zod";
import { ${define} } from "${specifier(style, "define", "../")}";
${[...names]
  .sort()
  .map((one) => `import { ${identifier(one)} } from "../${one}/contract.ts";\n`)
  .join("")}
export const ${value} = ${define}({
  name: "${name}",
${needsLine}  settings: z.object({
    /** Say here what it means, and in which unit. */
    label: z.string().default("${name}"),
  }),
  outputs: { label: z.string() },
  program: () => import("./${module}.ts"),
});
`;
  const program = `// ${name}: say here what it ${says}.
import { ${module} } from "${specifier(style, module, "../")}";
import { ${value} } from "./contract.ts";

export default ${module}(${value}, ({ settings }) => {
  // ${here}${names.length === 0 ? "" : ` Take \`needs\` beside \`settings\`: needs.${property(needs[0]!)} has the outputs of ${names[0]}.`}
  return { label: settings.label };
});
`;
  const options = [
    `    settings: { label: "tried" },`,
    ...(given.length === 0 ? [] : ["    needs: {", ...given, "    },"]),
  ].join("\n");
  const test = `${testImports(style)}import { ${tested} } from "${specifier(style, module, "../../stacks/")}";
import { ${value} } from "../../stacks/${name}/contract.ts";

it("${name} puts out the label it is given", async () => {
  const { outputs } = await ${tested}(${value}, {
${options}
  });
  ${equal(style, "outputs", `{ label: "tried" }`)}
});
`;
  return ok([
    { path: `stacks/${name}/contract.ts`, text: contract },
    { path: `stacks/${name}/${module}.ts`, text: program },
    { path: `test/stacks/${name}.test.ts`, text: test.replaceAll("../../stacks/../", "../../") },
  ]);
}

const property = ({ name }: AnyContract): string => identifier(name);

/** An existing project, as its contract has it. */
export interface ExistingProject {
  /** From the root of the workspace. */
  readonly dir: string;
  readonly stack: string;
  /** `Pulumi.yaml`, or another of its names. */
  readonly file: string;
  readonly runtime: string;
}

/** The contract of an existing project and its test. The project itself stays as it is. */
export function projectFiles(
  name: string,
  { dir, stack, file }: ExistingProject,
  needs: readonly AnyContract[],
  style: Style,
): readonly NewFile[] {
  const imports = needs
    .map((need) => need.name)
    .sort()
    .map((need) => `import { ${identifier(need)} } from "../${need}/contract.ts";\n`)
    .join("");
  const contract = `// ${name}: the Pulumi project in ${dir}, as it is. Say here what it is for.
import { defineProject } from "${specifier(style, "define", "../")}";
${imports}
export const ${identifier(name)} = defineProject({
  name: "${name}",
  dir: "${dir}",
  stack: "${stack}",
${needs.length === 0 ? "" : `  needs: { ${needs.map(property).join(", ")} },\n`}  // What others may read of it, by the names of its outputs: { url: z.string(), token: secret(z.string()) }.
  outputs: {},
});
`;
  const imported = [...testImports(style).trimEnd().split("\n"), `import { existsSync } from "node:fs";`];
  const from = (line: string): string => /"([^"]+)"/.exec(line)![1]!;
  const test = `${imported.sort((one, other) => (from(one) < from(other) ? -1 : 1)).join("\n")}
import { checkWorkspace } from "${specifier(style, "index", "../../stacks/")}";
import workspace from "../../stacks/workspace.ts";

it("${name} stands in the graph, and is where its contract says", () => {
  ${equal(style, "checkWorkspace(workspace)", "[]")}
  ${equal(style, `existsSync(new URL("../../${dir}/${file}", import.meta.url))`, "true")}
});
`;
  return [
    { path: `stacks/${name}/contract.ts`, text: contract },
    { path: `test/stacks/${name}.test.ts`, text: test.replaceAll("../../stacks/../", "../../") },
  ];
}

/** A component and its test. */
export function componentFiles(name: string, project: string, style: Style): readonly NewFile[] {
  const value = identifier(name);
  const type = value.charAt(0).toUpperCase() + value.slice(1);
  const component = `// ${type}: say here what it makes, and what it guarantees.
import * as pulumi from "@pulumi/pulumi";

export interface ${type}Args {
  /** Say here what it means, its unit, its default, and whether a change replaces something. */
  readonly label: pulumi.Input<string>;
}

/** Say here what it is for. */
export class ${type} extends pulumi.ComponentResource {
  /** Say here what it is. */
  readonly label: pulumi.Output<string>;

  constructor(name: string, args: ${type}Args, opts?: pulumi.ComponentResourceOptions) {
    super("${project}:index:${type}", name, {}, opts);
    // Children go here, each with { parent: this }.
    this.label = pulumi.output(args.label);
    this.registerOutputs({ label: this.label });
  }
}
`;
  const sdk = `import * as pulumi from "@pulumi/pulumi";\n`;
  const imports = style.tests === "vitest" ? sdk + testImports(style) : testImports(style) + sdk;
  const test = `${imports}import { ${type} } from "../../components/${name}.ts";

it("${name} puts out the label it is given", async () => {
  const types: string[] = [];
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      types.push(type);
      return { id: \`\${name}-id\`, state: inputs };
    },
    call: ({ inputs }) => inputs,
  });
  const { label } = new ${type}("main", { label: "tried" });
  const seen = await new Promise((resolve) => label.apply(resolve));
  ${equal(style, "seen", `"tried"`)}
  await pulumi.runtime.disconnect();
  ${equal(style, "types", `["${project}:index:${type}"]`)}
});
`;
  return [
    { path: `components/${name}.ts`, text: component },
    { path: `test/components/${name}.test.ts`, text: test },
  ];
}

/** The test of an environment: everything in it comes up in a throw-away sandbox. */
export function environmentTest(name: string, style: Style): NewFile {
  const text = `${testImports(style)}import { rehearse } from "${specifier(style, "index", "../../stacks/")}";
import workspace from "../../stacks/workspace.ts";

it("${name} comes up in a throw-away sandbox", async () => {
  const { exitCode } = await rehearse(workspace, "${name}");
  ${equal(style, "exitCode", "0")}
});
`;
  return { path: `test/environments/${name}.test.ts`, text: text.replaceAll("../../stacks/../", "../../") };
}

function testImports({ tests }: Style): string {
  return tests === "vitest"
    ? `import { expect, it } from "vitest";\n`
    : `import assert from "node:assert/strict";\nimport { it } from "node:test";\n`;
}

function equal({ tests }: Style, value: string, expected: string): string {
  return tests === "vitest" ? `expect(${value}).toEqual(${expected});` : `assert.deepEqual(${value}, ${expected});`;
}

/** Outputs that a contract's schemas take, as code; or which of them nothing was found for. */
export function sampleOutputs({ name, outputs }: AnyContract): Result<string, string> {
  const found: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(outputs)) {
    const value = candidates(schema).find((one) => schema.safeParse(one).success);
    if (value === undefined && !schema.safeParse(undefined).success)
      return err(`no value for output "${key}" of ${name} comes to mind, which the test would need`);
    if (value !== undefined) found[key] = value;
  }
  return ok(codeOf(found));
}

/** JSON as the formatter writes it in code. */
function codeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(codeOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, part]) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    return `${name}: ${codeOf(part)}`;
  });
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** Values to try, from the likeliest on. */
function candidates(schema: z.core.$ZodType): readonly unknown[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "string":
      return [
        "x",
        "https://example.com",
        "10.0.0.0/16",
        "10.0.0.1",
        "a@example.com",
        "2026-01-01T00:00:00Z",
        "x".repeat(32),
      ];
    case "number":
      return [1, 0, 100, 1000, 0.5, -1];
    case "boolean":
      return [true, false];
    case "enum":
      return Object.values(def.entries);
    case "literal":
      return def.values;
    case "array":
      return [[], [candidates(def.element)[0]]];
    case "record":
      return [{}];
    case "object": {
      const entries = Object.entries(def.shape as Readonly<Record<string, z.ZodType>>).map(
        ([key, part]) => [key, candidates(part).find((one) => part.safeParse(one).success)] as const,
      );
      return [Object.fromEntries(entries.filter(([, value]) => value !== undefined))];
    }
    case "union":
      return def.options.flatMap((option) => candidates(option));
    case "optional":
    case "nullable":
    case "default":
    case "readonly":
      return candidates(def.innerType);
    case "pipe":
      return candidates(def.in);
    default:
      return [];
  }
}
