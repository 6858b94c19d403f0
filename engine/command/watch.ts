// `watch`: an update after each save, until it is interrupted. What an update says is printed as `up` prints it.
import { resolve } from "node:path";
import { EngineError, exitCodes } from "../state/error.ts";
import { fullName } from "../state/stackName.ts";
import { saveSettings } from "./config.ts";
import { type CommandContext, createContext } from "./context.ts";
import { runOperation } from "./operation.ts";
import { saves } from "./saves.ts";
import { openStack, readConfig } from "./stack.ts";

/** `watch [--path path]...`; paths start at the project's folder, which is watched by default. */
export async function watch(context: CommandContext): Promise<number> {
  const { flags, stdout, stderr, signal } = context;
  const { root, name: project } = await context.project();
  const { name } = await openStack(context);
  const config = await readConfig(context, name);
  // Once: from now on, the file says what counts.
  await saveSettings(context, project, config);
  const given = flags.strings("path");
  const paths = (given.length === 0 ? [""] : given).map((path) => resolve(root, path));
  const edits = saves(paths, signal);
  const first = edits.next();
  stdout(`Watch mode enabled. Make an edit to ${fullName(name)} and save to deploy.\n`);
  for (let edit = await first; !edit.done; edit = await edits.next()) {
    stdout("Save detected. Deploying changes...\n");
    const code = await update(context).catch((thrown: unknown) => {
      if (!(thrown instanceof EngineError)) throw thrown;
      stderr(`error: ${thrown.message}\n`);
      return thrown.exitCode;
    });
    if (code === exitCodes.cancelled) return code;
    stdout(code === exitCodes.success ? "Update complete.\n" : "Update failed.\n");
  }
  return exitCodes.success;
}

/** The project is read anew, and the stack's settings are as their file has them. */
async function update(context: CommandContext): Promise<number> {
  const flags = context.flags.without("config");
  return runOperation(createContext({ ...context, flags }), {
    kind: "update",
    phases: ["apply"],
    program: true,
    refresh: flags.boolean("refresh") ? "first" : "no",
    replace: [],
    target: [],
    exclude: [],
  });
}
