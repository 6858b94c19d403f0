// Takes the rules of mutants.ts away one by one, each in a copy of the sources, and looks whether a recorded scenario turns
// red: of those in which the mutated place is reached at all, one after the other, until one does. What scenarios let pass
// is tried against the tests of the deployment, so that it is known which guard there is; what no scenario can show, against
// these first. Prints what no scenario caught, and exits 1 when there is any that a scenario could show.
//
//   npm run test:mutants                      all
//   npm run test:mutants -- --only snapshot   those whose file or rule holds the word; may be given more than once
//   npm run test:mutants -- --scenarios hook  against scenarios whose name holds the word
//   npm run test:mutants -- --jobs 1          one at a time (2 by default)
//   npm run test:mutants -- --most 20         no more than so many scenarios for a mutant
//
// The scenario comes first that caught the mutant the last time (caught.json, renewed with every verdict), then those that run
// most of the mutated place, whose names share words with the rule, which caught others, and the quick ones.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Reach } from "../contract/judge.ts";
import { readRecording } from "../contract/recording.ts";
import { scenarios } from "../contract/scenarios/index.ts";
import type { Answer, Begun, Question } from "./bench.ts";
import { type Mutant, mutants } from "./mutants.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Longer than any run takes that comes to an end, and than any scenario does. */
const LIMIT_MS = 15 * 60_000;
const SCENARIO_LIMIT_MS = 2 * 60_000;

/** By rule: the scenario that caught it. */
const CAUGHT = fileURLToPath(new URL("caught.json", import.meta.url));
const caught = JSON.parse(await readFile(CAUGHT, "utf8")) as Record<string, string>;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [""] },
    scenarios: { type: "string", default: "" },
    jobs: { type: "string", default: "2" },
    most: { type: "string", default: "1000" },
    slice: { type: "string", default: "1/1" },
  },
});

async function workplace(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tutti-mutants-"));
  for (const name of [
    "bin",
    "engine",
    "automation",
    "components",
    "test/engine",
    "test/contract",
    "test/support",
    "test/mutants",
  ]) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  for (const name of ["package.json", "tsconfig.json", "vitest.config.ts"])
    await cp(join(ROOT, name), join(folder, name));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

interface Run {
  /** It ended with 0. One that hangs did not. */
  readonly ok: boolean;
  readonly stdout: string;
}

/** Runs node in a workplace. */
async function run(folder: string, args: readonly string[]): Promise<Run> {
  // A file and not a pipe: what a mutant leaves behind would keep that open.
  const printed = join(folder, "printed");
  const file = await open(printed, "w");
  const env = { ...process.env, TUTTI_SEEDS: "25", NODE_COMPILE_CACHE: join(folder, "compiled") };
  const child = spawn(process.execPath, args, {
    ...{ cwd: folder, detached: true, env },
    stdio: ["ignore", file.fd, "ignore"],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    const end = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), LIMIT_MS);
    child.once("error", reject);
    child.once("close", (status) => {
      clearTimeout(end);
      resolve(status);
    });
  });
  await file.close();
  return { ok: code === 0, stdout: await readFile(printed, "utf8") };
}

/** The first scenario that did not go as recorded, in a process of its own. */
async function judged(folder: string, names: readonly string[]): Promise<string | undefined> {
  const { ok, stdout } = await run(folder, ["test/contract/judge.ts", ...names]);
  if (ok) return undefined;
  const passed = stdout.split("\n").filter((line) => line.startsWith("as recorded")).length;
  return names[passed] ?? names.at(-1)!;
}

/** A process that judges one mutant after the other (bench.ts), renewed after so many. */
class Bench {
  static readonly #most = 50;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #asked = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The first of the scenarios that does not go as recorded with the edit. */
  async catching(question: Question): Promise<string | undefined> {
    if (question.scenarios.length === 0) return undefined;
    if (this.#asked++ % Bench.#most === 0) this.stop();
    const said = await this.#ask(question);
    // Which leaves the source as it is without the edit, and tests may follow.
    await writeFile(join(this.#folder, "engine", question.file), question.mutated);
    if (!said.doubtful) return said.caught;
    this.stop();
    return judged(this.#folder, question.scenarios);
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  /** One of the scenarios that does not come to an end with the edit is one that does not go as recorded. */
  #ask(question: Question): Promise<Answer> {
    const env = { ...process.env, NODE_COMPILE_CACHE: join(this.#folder, "compiled") };
    const script = join(this.#folder, "test/mutants/bench.ts");
    const child = this.#child ?? fork(script, { cwd: this.#folder, env, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    let hangs: NodeJS.Timeout | undefined;
    child.once("exit", () => resolve({ doubtful: true }));
    child.on("message", (said: Answer | Begun) => {
      clearTimeout(hangs);
      if (!("begun" in said)) return resolve(said);
      hangs = setTimeout(() => {
        this.stop();
        resolve({ caught: said.begun });
      }, SCENARIO_LIMIT_MS);
    });
    child.send(question);
    return promise.finally(() => {
      // It would stop the process that comes after one that ended.
      clearTimeout(hangs);
      child.removeAllListeners();
    });
  }
}

async function testsPass(folder: string): Promise<boolean> {
  const { ok } = await run(folder, [
    join(ROOT, "node_modules/vitest/vitest.mjs"),
    ...["run", "--reporter=dot", "--bail=1", "--retry=0", "--maxWorkers=1", "--testTimeout=20000"],
    ...["test/engine/deployment", "test/engine/monitor", "test/engine/providers"],
    "test/engine/command/import.test.ts",
  ]);
  return ok;
}

/** What every scenario ran of the sources as they are. */
async function reach(folder: string): Promise<readonly Reach[]> {
  const names = scenarios
    .map(({ name }) => name)
    .filter((name) => name.includes(values.scenarios) && readRecording(name));
  const file = join(folder, "reach.json");
  const { ok, stdout } = await run(folder, ["test/contract/judge.ts", "--reach", file, ...names]);
  if (!ok)
    throw new Error(`not all scenarios go as recorded without any mutant:\n${stdout.replace(/^as rec.*\n/gm, "")}`);
  if (!(await testsPass(folder))) throw new Error("the tests of the deployment fail without any mutant");
  return JSON.parse(await readFile(file, "utf8")) as Reach[];
}

/** How many of the characters a scenario ran: for each, the smallest range around it decides. */
function ran({ files }: Reach, file: string, from: number, to: number): number {
  const near = (files[file] ?? []).filter(([start, end]) => start < to && from < end);
  near.sort((a, b) => a[1] - a[0] - (b[1] - b[0]));
  let count = 0;
  for (let at = from; at < to; at++) if (near.find(([start, end]) => start <= at && at < end)?.[2]) count++;
  return count;
}

interface Verdict {
  readonly by: "scenario" | "test" | "nothing";
  readonly scenario?: string;
}

async function verdict(folder: string, bench: Bench, mutant: Mutant, reached: readonly Reach[]): Promise<Verdict> {
  const { rule, file, from, to, unseen } = mutant;
  const path = join(folder, "engine", file);
  const source = await readFile(path, "utf8");
  const at = source.indexOf(from);
  if (source.split(from).length !== 2) throw new Error(`${file} does not hold exactly once: ${from}`);
  const stems = (rule.toLowerCase().match(/[a-z]{4,}/g) ?? []).map((word) => word.slice(0, 5));
  const names = reached
    .map((one) => ({
      ...one,
      known: Number(one.name === caught[rule]),
      ran: ran(one, file, at, at + from.length),
      kin: stems.filter((stem) => one.name.includes(stem)).length,
      catches: [...found.values()].filter(({ scenario }) => scenario === one.name).length,
    }))
    .filter((one) => one.ran > 0)
    .sort(
      (a, b) =>
        b.known - a.known || b.ran - a.ran || b.kin - a.kin || b.catches - a.catches || a.durationMs - b.durationMs,
    )
    .slice(0, Number(values.most))
    .map(({ name }) => name);
  const mutated = source.replace(from, () => to);
  await writeFile(path, mutated);
  try {
    if (unseen !== undefined && !(await testsPass(folder))) return { by: "test" };
    const scenario = await bench.catching({ file, source, mutated, scenarios: names });
    if (scenario !== undefined) return { by: "scenario", scenario };
    return unseen !== undefined || (await testsPass(folder)) ? { by: "nothing" } : { by: "test" };
  } finally {
    await writeFile(path, source);
  }
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const [nth = 1, of = 1] = values.slice.split("/").map(Number);
const chosen = mutants
  .filter(({ file, rule }) => values.only.some((word) => file.includes(word) || rule.includes(word)))
  .filter((_, index) => index % of === nth - 1);
const queue = [...chosen];
const found = new Map<Mutant, Verdict>();
const folders: string[] = [];
const said = { scenario: "caught by a scenario ", test: "caught by a test only", nothing: "SURVIVED             " };
try {
  for (let job = 0; job < Number(values.jobs); job++) folders.push(await workplace());
  const reached = await reach(folders[0]!);
  print(
    `${reached.length} scenarios, ${Math.round(reached.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000)} s`,
  );
  await Promise.all(
    folders.map(async (folder) => {
      const bench = new Bench(folder);
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const what = await verdict(folder, bench, mutant, reached);
        found.set(mutant, what);
        writeFileSync(CAUGHT, `${JSON.stringify(remembered(), undefined, 2)}\n`);
        print(
          `${said[what.by]}  ${mutant.file}: ${mutant.rule}${what.scenario === undefined ? "" : ` (${what.scenario})`}`,
        );
      }
      bench.stop();
    }),
  );
} finally {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
const count = (what: Verdict["by"]) => [...found.values()].filter(({ by }) => by === what).length;
print(`${count("scenario")} of ${chosen.length} caught by scenarios, ${count("test")} by tests alone`);
const missed = [...found].filter(([{ unseen }, { by }]) => by === "nothing" || (by === "test" && unseen === undefined));
for (const [{ file, rule }, { by }] of missed) print(`  ${said[by].trim()}: ${file}: ${rule}`);
for (const { rule, unseen } of chosen)
  if (unseen !== undefined) print(`  no scenario can show that ${rule}: ${unseen}`);
process.exitCode = found.size === chosen.length && missed.length === 0 ? 0 : 1;

/** What caught.json is to hold: in the order of mutants.ts, so that a renewed one is read as a diff. */
function remembered(): Record<string, string> {
  return Object.fromEntries(
    mutants.flatMap((mutant) => {
      const what = found.get(mutant);
      const scenario = what ? what.scenario : caught[mutant.rule];
      return scenario === undefined ? [] : [[mutant.rule, scenario]];
    }),
  );
}
