// Makes the workspaces that benchmarks run in temporary folders, with this checkout's tutti: the reference platform, and one
// stack of five random resources.
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const repository = path.resolve(import.meta.dirname, "../..");

export interface BenchWorkspace {
  readonly root: string;
  remove(): void;
}

/** The repository's own stacks, with nothing deployed. */
export function platformWorkspace(): BenchWorkspace {
  const root = folder();
  cpSync(path.join(repository, "stacks"), path.join(root, "stacks"), { recursive: true });
  for (const file of ["package.json", "Pulumi.yaml"]) copyFileSync(path.join(repository, file), path.join(root, file));
  return linked(root, "components", "automation", "engine", "bin");
}

interface PetsOptions {
  readonly lean: boolean;
  readonly names?: readonly string[];
}

/**
 * Stacks `pets.local` (sandbox) and `pets.real`; `lean` false leaves the preload out of Pulumi.yaml, as others have it. With
 * `names`, a stack of each name instead, all of them alike.
 */
export function petsWorkspace({ lean, names = ["pets"] }: PetsOptions): BenchWorkspace {
  const root = folder();
  const options = lean ? "typescript: false, nodeargs: --import ../automation/lean.mjs" : "typescript: false";
  const files = {
    "package.json": '{ "name": "bench", "type": "module" }',
    "Pulumi.yaml": `name: bench\nruntime: { name: nodejs, options: { ${options} } }\nmain: stacks/index.ts\nstackConfigDir: stacks/config\n`,
    "stacks/index.ts": `import { run } from "../automation/program.ts";
import workspace from "./workspace.ts";
export default () => run(workspace);
`,
    "stacks/workspace.ts": `import { defineEnvironment, defineWorkspace, env } from "../automation/define.ts";
${names.map((name) => `import { pets as ${name} } from "./${name}/contract.ts";`).join("\n")}
export default defineWorkspace({
  stacks: [${names.join(", ")}],
  environments: {
    local: defineEnvironment({ cloud: "sandbox" }),
    real: defineEnvironment({ cloud: "real", backend: env("STATE_URL") }),
  },
});
`,
  };
  const stackFiles = (name: string) => ({
    [`stacks/${name}/contract.ts`]: `import * as z from "zod";
import { defineStack, secret } from "../../automation/define.ts";
export const pets = defineStack({
  name: "${name}",
  outputs: { pet: z.string(), password: secret(z.string()) },
  program: () => import("./program.ts"),
});
`,
    [`stacks/${name}/program.ts`]: `import * as random from "@pulumi/random";
import { program } from "../../automation/program.ts";
import { pets } from "./contract.ts";
export default program(pets, () => {
  const pet = new random.RandomPet("pet");
  new random.RandomId("id", { byteLength: 4, keepers: { pet: pet.id } });
  new random.RandomUuid("uuid");
  new random.RandomInteger("integer", { min: 1, max: 10 });
  const password = new random.RandomPassword("password", { length: 16 });
  return { pet: pet.id, password: password.result };
});
`,
  });
  for (const [file, text] of [files, ...names.map(stackFiles)].flatMap((one) => Object.entries(one))) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return linked(root, "automation", "engine", "bin");
}

function folder(): string {
  return mkdtempSync(path.join(os.tmpdir(), "tutti-bench-"));
}

function linked(root: string, ...names: readonly string[]): BenchWorkspace {
  for (const name of ["node_modules", ...names]) symlinkSync(path.join(repository, name), path.join(root, name));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
