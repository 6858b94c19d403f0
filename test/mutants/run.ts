// Takes the rules of mutants.ts away one by one, each in a copy of the sources, and looks whether a recorded scenario turns
// red: of those in which the mutated place is reached at all, one after the other, until one does. What scenarios let pass
// is tried against the tests of the deployment, so that it is known which guard there is. Prints what no scenario caught,
// and exits 1 when there is any that a scenario could show.
//
//   npm run test:mutants                      all
//   npm run test:mutants -- --only snapshot   those whose file or rule holds the word
//   npm run test:mutants -- --scenarios hook  against scenarios whose name holds the word
//   npm run test:mutants -- --jobs 1          one at a time (2 by default)
//   npm run test:mutants -- --most 20         no more than so many scenarios for a mutant
//
// Scenarios whose names share words with the rule come first, then the quick ones.
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Reach } from "../contract/judge.ts";
import { readRecording } from "../contract/recording.ts";
import { scenarios } from "../contract/scenarios/index.ts";
import { type Mutant, mutants } from "./mutants.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Longer than any run takes that comes to an end. */
const LIMIT_MS = 15 * 60_000;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    scenarios: { type: "string", default: "" },
    jobs: { type: "string", default: "2" },
    most: { type: "string", default: "1000" },
  },
});

async function workplace(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tutti-mutants-"));
  for (const name of ["bin", "engine", "automation", "components", "test/engine", "test/contract", "test/support"]) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  for (const name of ["package.json", "tsconfig.json", "vitest.config.ts"])
    await cp(join(ROOT, name), join(folder, name));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Runs node in a workplace; resolves to whether it ended with 0. One that hangs did not. */
function succeeds(folder: string, args: readonly string[]): Promise<boolean> {
  const env = { ...process.env, TUTTI_SEEDS: "25" };
  const child = spawn(process.execPath, args, { cwd: folder, stdio: "ignore", detached: true, env });
  return new Promise((resolve, reject) => {
    const end = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), LIMIT_MS);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(end);
      resolve(code === 0);
    });
  });
}

const scenariosPass = (folder: string, names: readonly string[]) =>
  succeeds(folder, ["test/contract/judge.ts", ...names]);
const testsPass = (folder: string) =>
  succeeds(folder, [
    join(ROOT, "node_modules/vitest/vitest.mjs"),
    ...["run", "--reporter=dot", "--bail=1", "--maxWorkers=1", "test/engine/deployment"],
    ...["--testTimeout=20000", "--no-isolate"],
  ]);

/** What every scenario ran of the sources as they are. */
async function reach(folder: string): Promise<readonly Reach[]> {
  const names = scenarios
    .map(({ name }) => name)
    .filter((name) => name.includes(values.scenarios) && readRecording(name));
  const file = join(folder, "reach.json");
  if (!(await succeeds(folder, ["test/contract/judge.ts", "--reach", file, ...names])))
    throw new Error("not all scenarios go as recorded without any mutant: `node test/contract/judge.ts` names them");
  return JSON.parse(await readFile(file, "utf8")) as Reach[];
}

/** Whether a scenario ran the character: the smallest range around it decides. */
function ran({ files }: Reach, file: string, at: number): boolean {
  const around = (files[file] ?? []).filter(([start, end]) => start <= at && at < end);
  return around.sort((a, b) => a[1] - a[0] - (b[1] - b[0]))[0]?.[2] ?? false;
}

type Verdict = "scenario" | "test" | "nothing";

async function verdict(folder: string, { rule, file, from, to }: Mutant, reached: readonly Reach[]): Promise<Verdict> {
  const path = join(folder, "engine", file);
  const source = await readFile(path, "utf8");
  const at = source.indexOf(from);
  if (source.split(from).length !== 2) throw new Error(`${file} does not hold exactly once: ${from}`);
  const places = [at, at + from.length - 1];
  const stems = (rule.toLowerCase().match(/[a-z]{4,}/g) ?? []).map((word) => word.slice(0, 5));
  const kinship = ({ name }: Reach) => stems.filter((stem) => name.includes(stem)).length;
  const chosen = reached
    .filter((one) => places.some((place) => ran(one, file, place)))
    .sort((a, b) => kinship(b) - kinship(a) || a.durationMs - b.durationMs)
    .slice(0, Number(values.most));
  await writeFile(
    path,
    source.replace(from, () => to),
  );
  try {
    const names = chosen.map(({ name }) => name);
    if (names.length > 0 && !(await scenariosPass(folder, names))) return "scenario";
    return (await testsPass(folder)) ? "nothing" : "test";
  } finally {
    await writeFile(path, source);
  }
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const chosen = mutants.filter(({ file, rule }) => file.includes(values.only) || rule.includes(values.only));
const queue = [...chosen];
const found = new Map<Mutant, Verdict>();
const folders: string[] = [];
const said = { scenario: "caught by a scenario ", test: "caught by a test only", nothing: "SURVIVED             " };
try {
  folders.push(await workplace());
  const reached = await reach(folders[0]!);
  print(
    `${reached.length} scenarios, ${Math.round(reached.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000)} s`,
  );
  for (let job = 1; job < Number(values.jobs); job++) folders.push(await workplace());
  await Promise.all(
    folders.map(async (folder) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const what = await verdict(folder, mutant, reached);
        found.set(mutant, what);
        print(`${said[what]}  ${mutant.file}: ${mutant.rule}`);
      }
    }),
  );
} finally {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
const count = (what: Verdict) => [...found.values()].filter((each) => each === what).length;
print(`${count("scenario")} of ${chosen.length} caught by scenarios, ${count("test")} by tests alone`);
const missed = [...found].filter(
  ([{ unseen }, what]) => what === "nothing" || (what === "test" && unseen === undefined),
);
for (const [{ file, rule }, what] of missed) print(`  ${said[what].trim()}: ${file}: ${rule}`);
for (const { rule, unseen } of chosen)
  if (unseen !== undefined) print(`  no scenario can show that ${rule}: ${unseen}`);
process.exitCode = found.size === chosen.length && missed.length === 0 ? 0 : 1;
