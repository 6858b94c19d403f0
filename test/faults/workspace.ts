// A workspace in a temporary folder whose stacks are given as program texts: each goes wrong in its own way.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const repository = path.resolve(import.meta.dirname, "../..");

export interface FaultyStack {
  /** More keys of the contract, as text: `timeout: "2s",`. */
  readonly contract?: string;
  /** Modules beside the SDK, as lines. */
  readonly imports?: string;
  /** The body of the program; it may await. */
  readonly body: string;
}

export interface FaultyWorkspace {
  readonly root: string;
  file(...parts: readonly string[]): string;
  read(...parts: readonly string[]): string;
  program(name: string, stack: FaultyStack): void;
  remove(): void;
}

/** Makes the workspace: one sandbox environment, `local`; every program may use 256 MiB of heap. */
export function createWorkspace(
  stacks: Readonly<Record<string, FaultyStack>>,
  environment = `{ cloud: "sandbox" }`,
): FaultyWorkspace {
  const root = mkdtempSync(path.join(os.tmpdir(), "tutti-faults-"));
  for (const name of ["node_modules", "automation", "engine"])
    symlinkSync(path.join(repository, name), path.join(root, name));
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  const names = Object.keys(stacks);
  const program = (name: string, { imports = "", body }: FaultyStack): void =>
    write(
      `stacks/${name}/program.ts`,
      `import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { program } from "../../automation/program.ts";
import { ${name} } from "./contract.ts";
${imports}
void pulumi;
export default program(${name}, async () => {
  new random.RandomPet("pet");
${body}
  return {};
});
`,
    );
  write("package.json", `{ "name": "faults", "private": true, "type": "module" }`);
  write(
    "Pulumi.yaml",
    `name: faults
runtime:
  name: nodejs
  options:
    typescript: false
    nodeargs: --max-old-space-size=256 --import ../automation/lean.mjs
main: stacks/index.ts
stackConfigDir: stacks/config
`,
  );
  write(
    "stacks/index.ts",
    `import { run } from "../automation/program.ts";
import workspace from "./workspace.ts";
export default () => run(workspace);
`,
  );
  write(
    "stacks/workspace.ts",
    `import { defineEnvironment, defineWorkspace } from "../automation/define.ts";
${names.map((name) => `import { ${name} } from "./${name}/contract.ts";`).join("\n")}
export default defineWorkspace({
  stacks: [${names.join(", ")}],
  environments: { local: defineEnvironment(${environment}) },
});
`,
  );
  for (const [name, stack] of Object.entries(stacks)) {
    write(
      `stacks/${name}/contract.ts`,
      `import { defineStack } from "../../automation/define.ts";
export const ${name} = defineStack({ name: "${name}", ${stack.contract ?? ""} program: () => import("./program.ts") });
`,
    );
    program(name, stack);
  }
  return {
    root,
    file: (...parts) => path.join(root, ...parts),
    read: (...parts) => readFileSync(path.join(root, ...parts), "utf8"),
    program,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
