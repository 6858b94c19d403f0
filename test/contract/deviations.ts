// How a scenario went with an engine of this process, beside its recording.
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { differences } from "./compare.ts";
import { knownDifferences, unexpected } from "./known.ts";
import { readRecording } from "./recording.ts";
import { runScenario } from "./run.ts";
import { scenarios } from "./scenarios/index.ts";

/** Far longer than any scenario takes: one that hangs has gone otherwise. */
const limitMs = 60_000;

/** Where it deviates; nothing when it goes as recorded. What is known to differ is to differ. */
export async function deviations(
  name: string,
  commandFor: (env: Readonly<Record<string, string>>) => PulumiCommand,
): Promise<readonly string[]> {
  const scenario = scenarios.find((each) => each.name === name);
  const recording = readRecording(name);
  if (!scenario || !recording) throw new Error(`no recorded scenario is called ${name}`);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end within ${limitMs / 1000} s`)), limitMs);
    timer.unref();
  });
  return Promise.race([runScenario(scenario, async (env) => commandFor(env)), limit])
    .then(
      (steps) => {
        // As a recording holds it: in memory there are values that JSON has not.
        const found = differences(recording.steps, JSON.parse(JSON.stringify(steps)));
        const { unknown, closed } = unexpected(name, found, knownDifferences);
        return [...unknown.map(({ where }) => where), ...closed.map(({ where }) => `no longer ${where}`)];
      },
      (error: Error) => [error.message],
    )
    .finally(() => clearTimeout(timer));
}
