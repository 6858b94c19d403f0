// Where the recording of a scenario is, and what is in it.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { StepRecord } from "./normalize.ts";

export interface Recording {
  /** The official engine's version, e.g. `pulumi 3.260.0`. */
  readonly engine: string;
  readonly steps: readonly StepRecord[];
}

export const recordingFile = (scenario: string): string =>
  fileURLToPath(new URL(`recordings/${scenario}.json`, import.meta.url));

/** undefined when the scenario was never recorded: it proves nothing yet. */
export function readRecording(scenario: string): Recording | undefined {
  const file = recordingFile(scenario);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Recording) : undefined;
}

/** One line for each resource and each URN's events: a renewed recording is read as a diff. */
export function formatRecording({ engine, steps }: Recording): string {
  const lines = (value: unknown, indent: string): string => {
    if (Array.isArray(value))
      return value.length === 0
        ? "[]"
        : `[\n${value.map((v) => `${indent} ${JSON.stringify(v)}`).join(",\n")}\n${indent}]`;
    const entries = Object.entries(value as object).map(
      ([k, v]) => `${indent} ${JSON.stringify(k)}: ${JSON.stringify(v)}`,
    );
    return entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n${indent}}`;
  };
  const step = ({ outcome, events, diagnostics, changes, state, cloud, said }: StepRecord): string => {
    const { resources, pending } = state as { resources: unknown; pending: unknown };
    return `  {
   "outcome": ${JSON.stringify(outcome)},
   "events": ${lines(events, "   ")},
   "diagnostics": ${lines(diagnostics, "   ")},
   "changes": ${JSON.stringify(changes)},
   "state": {
    "resources": ${lines(resources, "    ")},
    "pending": ${lines(pending, "    ")}
   },
   "cloud": ${JSON.stringify(cloud)}${said ? `,\n   "said": ${JSON.stringify(said)}` : ""}
  }`;
  };
  return `{\n "engine": ${JSON.stringify(engine)},\n "steps": [\n${steps.map(step).join(",\n")}\n ]\n}\n`;
}
