// Records what the official engine on PATH makes of the scenarios: `node test/contract/record.ts [--check [--children]] [name
// ...]`. A recording is a file of facts: the engine's version, and what each step did in normalised form. With `--check`
// nothing is written: the live engine is compared with what was recorded, and a difference ends with exit code 1; with
// `--children` as well, the programs run in processes of their own.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import automation from "@pulumi/pulumi/automation/index.js";
import { describe, differences } from "./compare.ts";
import type { StepRecord } from "./normalize.ts";
import { formatRecording, readRecording, recordingFile } from "./recording.ts";
import { runScenario } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";

/** An operation that the official engine never ends is no fact to compare with. */
const limitMs = 180_000;
const late = () =>
  new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`it did not end within ${limitMs / 1000} s`)), limitMs).unref();
  });

const check = process.argv.includes("--check");
const children = check && process.argv.includes("--children");
const wanted = process.argv.slice(2).filter((argument) => !["--check", "--children"].includes(argument));
const unheardOf = wanted.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unheardOf.length > 0) {
  process.stderr.write(`no scenario is called ${unheardOf.join(", ")}\n`);
  process.exit(2);
}
const pulumi = await automation.PulumiCommand.get().catch((error: Error) => {
  process.stderr.write(`nothing recorded: ${error.message}\n`);
  process.exit(2);
});
for (const scenario of scenarios) {
  if (wanted.length > 0 && !wanted.includes(scenario.name)) continue;
  if (check) {
    // On a busy machine an inline program is now and then not reached by the engine: what differs is played once more.
    const first = await checked(scenario);
    const second = first === undefined ? undefined : await checked(scenario);
    const told =
      first === undefined ? "as recorded" : second === undefined ? `as recorded when played again; ${first}` : second;
    process.stdout.write(`${scenario.name}: ${told}\n`);
    if (second !== undefined) process.exitCode = 1;
    continue;
  }
  const steps = await played(scenario);
  if (typeof steps === "string") {
    process.stdout.write(`${scenario.name}: ${steps}\n`);
    process.exitCode = 1;
    continue;
  }
  const file = recordingFile(scenario.name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, formatRecording({ engine: `pulumi ${pulumi.version}`, steps }));
  process.stdout.write(`${scenario.name}: ${steps.map(({ outcome }) => outcome).join(", ")}\n`);
}

/** What each step did, or why it was not played. */
async function played(scenario: Scenario): Promise<readonly StepRecord[] | string> {
  return Promise.race([runScenario(scenario, async () => pulumi, { children }), late()]).catch(
    (error: Error) => `not played: ${error.message}`,
  );
}

/** How it differs from its recording; nothing when it does not. */
async function checked(scenario: Scenario): Promise<string | undefined> {
  const steps = await played(scenario);
  if (typeof steps === "string") return steps;
  const found = differences(readRecording(scenario.name)?.steps ?? [], steps);
  return found.length === 0 ? undefined : `differs\n${describe(found)}`;
}
