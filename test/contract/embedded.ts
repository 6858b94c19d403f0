// The embedded engine as the Automation API wants its command: one that throws the SDK's own errors when a command fails, as
// the SDK's command runner does for the official engine.

import errors from "@pulumi/pulumi/automation/errors.js";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { createEngine } from "../../engine/command/index.ts";
import type { CommandResult } from "../../engine/index.ts";
import { keptProcess } from "./keptProcess.ts";

/** Part of the SDK's module, left out of its types. */
const { createCommandError } = errors as unknown as { createCommandError(result: CommandResult): Error };

export function embeddedCommand(env: Readonly<Record<string, string>>): PulumiCommand {
  const engine = createEngine({ env, dynamicProcess: keptProcess });
  return {
    command: engine.command,
    version: engine.version,
    async run(...args) {
      const result = await engine.run(...args);
      if (result.code !== 0) throw createCommandError(result);
      return result;
    },
  } as typeof engine as PulumiCommand;
}
