// A command of the official CLI in a benchmark's workspace, with a backend and a home of its own in it.
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Command } from "./command.ts";
import type { BenchWorkspace } from "./workspaces.ts";

/** `file` is the CLI; `stack` is the stack's full name, `pets.real`. */
export function officialCommand(
  file: string,
  { root }: BenchWorkspace,
  stack: string,
  ...args: readonly string[]
): Command {
  const state = path.join(root, "official");
  mkdirSync(state, { recursive: true });
  return {
    file,
    args: [...args, "--stack", stack, "--non-interactive"],
    cwd: root,
    env: {
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"]}`,
      HOME: root,
      PULUMI_HOME: path.join(state, "home"),
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
  };
}

export const officialUp = ["up", "--yes", "--skip-preview"] as const;
