// An engine that can be killed in the middle of an operation: each command in a process of its own. It is killed when the
// cloud has done what the engine waits for and not yet answered, so that the engine never hears of it.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import errors from "@pulumi/pulumi/automation/errors.js";
import type { CommandResult, EngineCommand } from "../../engine/index.ts";
import { heldFile, holdingFile } from "./cloud.ts";

/** Part of the SDK's module, left out of its types. */
const { createCommandError } = errors as unknown as { createCommandError(result: CommandResult): Error };

const ENGINE = fileURLToPath(new URL("../../bin/tutti-engine.js", import.meta.url));
const limitMs = 60_000;

/** The same engine as `given`, killed when the cloud has done `operation` (see `Held`). */
export function killedAt(
  operation: string,
  given: EngineCommand,
  cloudFile: string,
  env: Readonly<Record<string, string>>,
): EngineCommand {
  const embedded = given.command === "tutti-engine";
  return {
    command: given.command,
    version: given.version,
    async run(args, cwd, additionalEnv) {
      await writeFile(heldFile(cloudFile), operation);
      const [command, first] = embedded ? [process.execPath, [ENGINE]] : [given.command, []];
      const child = spawn(command, [...first, ...args, "--non-interactive"], {
        cwd,
        env: { ...env, ...additionalEnv },
        stdio: ["ignore", "pipe", "pipe"],
      });
      try {
        return await Promise.race([endOf(child), killWhenHeld(child, cloudFile)]);
      } finally {
        // What still holds the operation ends now: nobody waits for it any more.
        for (const file of [heldFile(cloudFile), holdingFile(cloudFile)]) await rm(file, { force: true });
      }
    },
  };
}

async function endOf(child: ChildProcess): Promise<CommandResult> {
  let [stdout, stderr] = ["", ""];
  child.stdout!.on("data", (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr!.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (status) => resolve(status ?? 137));
  });
  if (code !== 137) throw new Error(`the engine was to be killed, and ended by itself:\n${stdout}${stderr}`);
  throw createCommandError({ stdout, stderr, code });
}

async function killWhenHeld(child: ChildProcess, cloudFile: string): Promise<never> {
  const deadline = Date.now() + limitMs;
  while (!existsSync(holdingFile(cloudFile))) {
    if (Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error("nothing was held: the operation never came");
    }
    await delay(10);
  }
  child.kill("SIGKILL");
  return new Promise(() => {}); // the other promise tells of the end
}
