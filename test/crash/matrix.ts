// A six-stack run that is cut off at one exact moment, then repaired, then compared with a run that was not cut off.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { open } from "../../automation/index.ts";
import { listCloud } from "../../automation/pulumi/sandboxCloud.ts";
import { decodeDeployment } from "../../engine/state/deployment.ts";
import { FileBackend } from "../../engine/state/fileBackend.ts";
import { integrityProblem } from "../../engine/state/integrity.ts";
import { plantSandboxKey } from "../support/sandboxKey.ts";
import type { Order, Repaired } from "./repairer.ts";

const repository = path.resolve(import.meta.dirname, "../..");

/** Where a run is cut off. */
export interface Cut {
  readonly at: "journal" | "before" | "after" | "recording";
  /** From 1. */
  readonly number: number;
  readonly target: "driver" | "program";
}

export interface Counts {
  readonly journal: number;
  readonly before: number;
  readonly after: number;
}

export const cutName = ({ at, number, target }: Cut): string =>
  `${target} killed ${at === "journal" ? "after event" : at === "recording" ? "while recording a network" : `${at} state write`} ${number}`;

/** A fresh copy of the workspace of six stacks. */
export function sixStacks(): string {
  const root = mkdtempSync(path.join(os.tmpdir(), "tutti-crash-"));
  for (const name of ["node_modules", "automation", "engine"])
    symlinkSync(path.join(repository, name), path.join(root, name));
  cpSync(path.join(import.meta.dirname, "../fixtures/six"), root, { recursive: true });
  plantSandboxKey(root);
  return root;
}

export function remove(root: string): void {
  rmSync(root, { recursive: true, force: true });
}

/** Nothing is cut, but counted or copied (cut.mjs). */
type Whole =
  | { readonly at: "count"; readonly to: string }
  | { readonly at: "copy"; readonly from: string; readonly to: string };

/** Runs `tutti up` with a cut in it; resolves with how the driver ended. */
export function runCut(root: string, cut: Cut | Whole): Promise<string> {
  const preload = new URL("./cut.mjs", import.meta.url);
  for (const [key, value] of Object.entries(cut)) preload.searchParams.set(key, String(value));
  const arguments_ = [`--import=${preload.href}`, path.join(repository, "bin/tutti.js"), "up", "-e", "local", "--yes"];
  const child = spawn(process.execPath, arguments_, {
    cwd: root,
    env: { PATH: "/usr/bin:/bin", HOME: root },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.resume();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // Not `close`: programs of a dead driver hold the streams for a moment.
    child.once("exit", (code, signal) => resolve(signal ?? `exit ${code}`));
  });
}

/** How many moments of each kind an uninterrupted run has. */
export async function countMoments(root: string): Promise<Counts> {
  const to = path.join(root, "counts.json");
  const end = await runCut(root, { at: "count", to });
  if (end !== "exit 0") throw new Error(`the uninterrupted run ended with ${end}`);
  return JSON.parse(readFileSync(to, "utf8")) as Counts;
}

/**
 * Runs `tutti up` to its end and keeps `.tutti` as it was at every moment at which the driver can be cut off: a folder for
 * each, by cut.
 */
export async function copyMoments(root: string): Promise<ReadonlyMap<Cut, string>> {
  const to = path.join(root, "moments");
  const end = await runCut(root, { at: "copy", from: path.join(root, ".tutti"), to });
  if (end !== "exit 0") throw new Error(`the uninterrupted run ended with ${end}`);
  const cuts = readdirSync(to).map((name): [Cut, string] => {
    const [at, number] = name.split("-");
    return [{ at: at as Cut["at"], number: Number(number), target: "driver" }, path.join(to, name)];
  });
  return new Map(cuts.sort(([a], [b]) => (a.at === b.at ? a.number - b.number : a.at < b.at ? -1 : 1)));
}

/** A fresh workspace with what a cut left behind. */
export function sixStacksAfter(moment: string): string {
  const root = sixStacks();
  cpSync(moment, path.join(root, ".tutti"), { recursive: true });
  return root;
}

/** Whether the only run's journal holds the end of all six stacks, if not that of the run: nothing is left to do then. */
export function isOver(base: string): boolean {
  const [run = ""] = readdirSync(path.join(base, "runs"));
  const journal = path.join(base, "runs", run, "journal.jsonl");
  const text = existsSync(journal) ? readFileSync(journal, "utf8") : "";
  return text.split("\n").filter((line) => line.startsWith('{"type":"stack-finished"')).length === 6;
}

interface Deployment {
  readonly resources?: readonly { readonly urn: string; readonly id?: string }[];
  readonly pending_operations?: readonly { readonly type: string; readonly resource: { readonly urn: string } }[];
}

/**
 * What is wrong with what a cut left behind, as far as the files alone tell: the dead run must be readable, each state a
 * whole one, and everything in the cloud in a state or noted there as begun.
 */
export async function wrongWith(root: string, base: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  const tutti = await open(root, { base, variables: {} });
  const [run] = tutti.runs();
  const status = run?.report?.status;
  if (status !== (isOver(base) ? "finished" : "interrupted")) wrong.push(`the dead run is ${status}`);
  if (run !== undefined) wrong.push(...tutti.journal(run.runId).warnings);
  const states = await FileBackend.open(`file://${path.join(base, "sandbox/local/state")}`, {}, root);
  const begun = new Set<string>();
  for (const name of await states.list()) {
    const { deployment } = await states.readRaw(name);
    if (deployment === undefined) continue;
    const problem = integrityProblem(decodeDeployment(deployment, { decrypt: () => '"x"', remember: () => {} }));
    if (problem !== undefined) wrong.push(`${name.stack}: ${problem}`);
    for (const { type, resource } of (deployment as Deployment).pending_operations ?? [])
      if (type === "creating") begun.add(resource.urn);
  }
  for (const { urn } of await listCloud(base, "local", true))
    if (!begun.has(urn)) wrong.push(`${urn} is in the cloud, and no state knows of it`);
  return wrong;
}

/** Every moment at which the driver can be cut off, then every event at which its programs can. */
export function everyCut({ journal, before, after }: Counts): readonly Cut[] {
  const series = (at: Cut["at"], count: number, target: Cut["target"]): readonly Cut[] =>
    Array.from({ length: count }, (_, index) => ({ at, number: index + 1, target }));
  return [
    ...series("journal", journal, "driver"),
    ...series("before", before, "driver"),
    ...series("after", after, "driver"),
    ...series("journal", journal, "program"),
  ];
}

/** The state of every stack as it is on disk. */
export function statesOf(root: string): Repaired["states"] {
  const folder = path.join(root, ".tutti/sandbox/local/state/.pulumi/stacks/six");
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(
    files.map((name) => {
      const { checkpoint } = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as {
        checkpoint: { latest: { resources: unknown } };
      };
      return [name.slice(0, -".json".length), checkpoint.latest.resources];
    }),
  );
}

/** Processes that still work for a workspace, as their command lines tell; on Linux only. */
export function processesOf(root: string): readonly number[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(root);
      } catch {
        return false;
      }
    });
}

/** Resolves to whether all processes of a workspace have ended within a time. */
export async function programsEnd(root: string, withinMs: number): Promise<boolean> {
  for (const until = performance.now() + withinMs; performance.now() < until; ) {
    if (processesOf(root).length === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return processesOf(root).length === 0;
}

/** The process that repairs, one workspace after the other. */
export class Repairer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #stderr = "";

  constructor() {
    const script = path.join(import.meta.dirname, "repairer.ts");
    this.#child = spawn(process.execPath, [script], { env: { PATH: "/usr/bin:/bin" }, stdio: "pipe" });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async repair(order: Order): Promise<Repaired> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error(`the repairer ended: ${this.#stderr}`);
    const answer = JSON.parse(line.value) as { readonly repaired?: Repaired; readonly error?: string };
    if (answer.repaired === undefined) throw new Error(answer.error);
    return answer.repaired;
  }

  close(): void {
    this.#child.stdin.end();
  }
}

type States = Repaired["states"];

/** Where in the programs a resource was registered: no part of what is deployed. */
const positions = new Set(["sourcePosition", "stackTrace"]);

/** Every leaf of the states, by stack, URN and path; a resource's place in the list is of no account. */
export function leaves(states: States): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  const visit = (place: string, value: unknown): void => {
    if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
      for (const [key, part] of Object.entries(value)) if (!positions.has(key)) visit(`${place}.${key}`, part);
    } else found.set(place, JSON.stringify(value));
  };
  for (const [stack, resources] of Object.entries(states))
    for (const resource of resources as readonly { readonly urn: string }[])
      visit(`${stack} ${resource.urn}`, resource);
  return found;
}

/** Leaves that two uninterrupted runs have otherwise: random names and what follows from them, times, ciphertexts. */
export function differing(one: States, other: States): ReadonlySet<string> {
  const [first, second] = [leaves(one), leaves(other)];
  return new Set([...first.keys(), ...second.keys()].filter((place) => first.get(place) !== second.get(place)));
}

/** The leaves in which states differ from the reference; what varies from run to run only has to be there. */
export function comparedWith(states: States, reference: States, varying: ReadonlySet<string>): readonly string[] {
  const [found, wanted] = [leaves(states), leaves(reference)];
  return [...new Set([...found.keys(), ...wanted.keys()])]
    .filter((place) =>
      varying.has(place) ? found.has(place) !== wanted.has(place) : found.get(place) !== wanted.get(place),
    )
    .map((place) => `${place}: ${found.get(place)} instead of ${wanted.get(place)}`);
}
