// The embedded engine does what the official engine was recorded to do, scenario by scenario.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, describe as group, it } from "vitest";
import { describe, differences } from "./compare.ts";
import { knownDifferences } from "./known.ts";
import type { StepRecord } from "./normalize.ts";
import { readRecording } from "./recording.ts";
import { scenarios } from "./scenarios/index.ts";

interface Played {
  readonly name: string;
  readonly steps?: readonly StepRecord[];
  readonly error?: string;
}

const names = scenarios.map(({ name }) => name);
/** What was never recorded proves nothing: it is named, but neither played nor counted as a test. */
const unproven = names.filter((name) => !readRecording(name));
const proven = names.filter((name) => !unproven.includes(name));
let played: Map<string, Played>;

beforeAll(async () => {
  // Two processes: the suite is to be fast on two cores.
  const halves = [0, 1].map((half) => proven.filter((_, index) => index % 2 === half));
  played = new Map((await Promise.all(halves.map(play))).flat().map((result) => [result.name, result]));
}, 300_000);

group("the embedded engine, beside the recorded official one", () => {
  it.for(proven)("%s", async (name) => {
    const recording = readRecording(name)!;
    const result = played.get(name);
    expect(result, `${name} was not played to its end`).toBeDefined();
    expect(result?.error).toBeUndefined();
    const known = knownDifferences.filter(({ scenarios }) => scenarios.includes(name));
    const found = differences(recording.steps, result?.steps ?? []);
    const unknown = found.filter((difference) => !known.some(({ where }) => where.test(difference.where)));
    expect(describe(unknown), `${name} differs from ${recording.engine}`).toBe("");
    const closed = known.filter(({ where }) => !found.some((difference) => where.test(difference.where)));
    expect(closed, "no longer differs: take the scenario out of test/contract/known.ts").toEqual([]);
  });

  it("has a scenario for each known difference", () => {
    const listed = knownDifferences.flatMap((difference) => difference.scenarios);
    expect(listed.filter((name) => !proven.includes(name))).toEqual([]);
  });

  it("has at least 150 recorded scenarios, each with a name of its own", () => {
    expect(new Set(names).size).toBe(names.length);
    expect(proven.length).toBeGreaterThanOrEqual(150);
    if (unproven.length > 0) {
      process.stderr.write(`${unproven.length} unproven scenarios, never recorded: ${unproven.join(", ")}\n`);
    }
  });
});

function play(some: readonly string[]): Promise<readonly Played[]> {
  const script = fileURLToPath(new URL("play.ts", import.meta.url));
  const child = spawn(process.execPath, [script, ...some], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data: Buffer) => {
    stdout += data;
  });
  child.stderr.on("data", (data: Buffer) => {
    stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code !== 0) reject(new Error(`playing the scenarios ended with code ${code}:\n${stderr}`));
      else
        resolve(
          stdout
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line) as Played),
        );
    });
  });
}
