// Takes the rules of mutants.ts away one by one, each in a copy of the sources, and runs the tests that must notice: those
// of the deployment, and for what these let pass the recorded scenarios. Prints what survived; exits 1 when anything did.
//
//   npm run test:mutants                      all
//   npm run test:mutants -- --only snapshot   those whose file or rule holds the word
//   npm run test:mutants -- --jobs 1          one at a time (2 by default)
//   npm run test:mutants -- --quick           without the scenarios
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Mutant, mutants } from "./mutants.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Longer than any of the suites takes; a mutant that hangs has been noticed. */
const LIMIT_MS = 10 * 60_000;

const { values } = parseArgs({
  options: { only: { type: "string" }, jobs: { type: "string", default: "2" }, quick: { type: "boolean" } },
});

/** Commands that must fail, the fast ones first. */
const suites: readonly (readonly string[])[] = [
  ["test/engine/deployment", "--testTimeout=20000", "--no-isolate"],
  ...(values.quick ? [] : [["test/contract/contract.test.ts"]]),
];

async function workplace(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tutti-mutants-"));
  for (const name of ["engine", "automation", "components", "test/engine", "test/contract", "test/support"]) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  for (const name of ["package.json", "tsconfig.json", "vitest.config.ts"])
    await cp(join(ROOT, name), join(folder, name));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Whether the tests pass in that folder. */
function passes(folder: string, args: readonly string[]): Promise<boolean> {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", "--reporter=dot", "--bail=1", "--maxWorkers=1", ...args], {
    cwd: folder,
    stdio: "ignore",
    detached: true,
    env: { ...process.env, TUTTI_SEEDS: "25", TUTTI_FUZZ_SECONDS: "2" },
  });
  return new Promise((resolve, reject) => {
    const end = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), LIMIT_MS);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(end);
      resolve(code === 0);
    });
  });
}

async function survives(folder: string, { file, from, to }: Mutant): Promise<boolean> {
  const path = join(folder, "engine", file);
  const source = await readFile(path, "utf8");
  if (source.split(from).length !== 2) throw new Error(`${file} does not hold exactly once: ${from}`);
  await writeFile(
    path,
    source.replace(from, () => to),
  );
  try {
    for (const suite of suites) if (!(await passes(folder, suite))) return false;
    return true;
  } finally {
    await writeFile(path, source);
  }
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const only = values.only ?? "";
const chosen = mutants.filter(({ file, rule }) => file.includes(only) || rule.includes(only));
const queue = [...chosen];
const survivors: Mutant[] = [];
const folders: string[] = [];
try {
  await Promise.all(
    Array.from({ length: Math.max(1, Number(values.jobs)) }, async () => {
      const folder = await workplace();
      folders.push(folder);
      for (const suite of suites) {
        if (!(await passes(folder, suite)))
          throw new Error(`${suite[0]} is red without any mutant: nothing to compare`);
      }
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const alive = await survives(folder, mutant);
        if (alive) survivors.push(mutant);
        print(`${alive ? "SURVIVED" : "caught  "} ${mutant.file}: ${mutant.rule}`);
      }
    }),
  );
} finally {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
print(`${chosen.length - survivors.length} of ${chosen.length} caught`);
for (const { file, rule } of survivors) print(`  survived: ${file}: ${rule}`);
process.exitCode = survivors.length === 0 ? 0 : 1;
