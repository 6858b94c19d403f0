// The embedded engine does what the official engine was recorded to do, scenario by scenario: with inline programs, and some
// of them once more with the program in a process of its own (TUTTI_CONTRACT=all, as `npm run test:all` sets it: all).
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, describe as group, it } from "vitest";
import { describe, differences } from "./compare.ts";
import { differencesInChildren, type KnownDifference, knownDifferences, unexpected } from "./known.ts";
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
/** What the parts that are not the same for both kinds of program come from: outputs, secrets, failures, selections, hooks. */
const asChildren = [
  "create-same-update-delete",
  "components-hold-children",
  "secrets-stay-secret",
  "stack-reference-reads-outputs",
  "program-throws",
  "program-leaves-a-rejection",
  "transforms-of-the-stack",
  "hooks-around-create-update-and-delete",
  "target-creates-one",
];
const inChildren = process.env["TUTTI_CONTRACT"] === "all" ? proven : asChildren;
let inline: ReadonlyMap<string, Played>;
let children: ReadonlyMap<string, Played>;

beforeAll(async () => {
  inline = await playInHalves(proven);
  children = await playInHalves(inChildren, "--children");
}, 900_000);

group("the embedded engine, beside the recorded official one", () => {
  it.for(proven)("%s", (name) => {
    expectAsRecorded(name, inline.get(name), knownDifferences);
  });

  it.for(inChildren)("%s, the program in a process of its own", (name) => {
    expectAsRecorded(name, children.get(name), differencesInChildren);
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

function expectAsRecorded(name: string, result: Played | undefined, expected: readonly KnownDifference[]): void {
  const recording = readRecording(name)!;
  expect(result, `${name} was not played to its end`).toBeDefined();
  expect(result?.error).toBeUndefined();
  const { unknown, closed } = unexpected(name, differences(recording.steps, result?.steps ?? []), expected);
  expect(describe(unknown), `${name} differs from ${recording.engine}`).toBe("");
  expect(closed, "no longer differs: take the scenario out of test/contract/known.ts").toEqual([]);
}

/** In two processes: the suite is to be fast on two cores. */
async function playInHalves(names: readonly string[], ...options: readonly string[]): Promise<Map<string, Played>> {
  const halves = [0, 1].map((half) => names.filter((_, index) => index % 2 === half));
  const played = await Promise.all(halves.map((some) => play([...options, ...some])));
  return new Map(played.flat().map((result) => [result.name, result]));
}

function play(given: readonly string[]): Promise<readonly Played[]> {
  const script = fileURLToPath(new URL("play.ts", import.meta.url));
  const child = spawn(process.execPath, [script, ...given], { stdio: ["ignore", "pipe", "pipe"] });
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
