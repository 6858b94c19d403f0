// Records what the official engine on PATH makes of the scenarios: `node test/contract/record.ts [--check [--children]] [name
// ...]`. A recording is a file of facts: the engine's version, and what each step did in normalised form. With `--check`
// nothing is written: the live engine is compared with what was recorded, and a difference ends with exit code 1; with
// `--children` as well, the programs run in processes of their own.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import automation from "@pulumi/pulumi/automation/index.js";
import { describe, differences } from "./compare.ts";
import { formatRecording, readRecording, recordingFile } from "./recording.ts";
import { runScenario } from "./run.ts";
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
  const steps = await Promise.race([runScenario(scenario, async () => pulumi, { children }), late()]).catch(
    (error: Error) => {
      process.stdout.write(`${scenario.name}: not played: ${error.message}\n`);
      process.exitCode = 1;
    },
  );
  if (!steps) continue;
  if (check) {
    const found = differences(readRecording(scenario.name)?.steps ?? [], steps);
    process.stdout.write(`${scenario.name}: ${found.length === 0 ? "as recorded" : `differs\n${describe(found)}`}\n`);
    if (found.length > 0) process.exitCode = 1;
    continue;
  }
  const file = recordingFile(scenario.name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, formatRecording({ engine: `pulumi ${pulumi.version}`, steps }));
  process.stdout.write(`${scenario.name}: ${steps.map(({ outcome }) => outcome).join(", ")}\n`);
}
