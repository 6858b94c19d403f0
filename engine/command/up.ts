// `up`: previews unless told not to, then makes the stack what its program says.
import { resolve } from "node:path";
import { EngineError } from "../state/error.ts";
import { readIfPresent } from "../state/files.ts";
import { requireConfirmation } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { refreshAsked, runOperation } from "./operation.ts";

export async function up(context: CommandContext): Promise<number> {
  const { flags } = context;
  requireConfirmation(context);
  const plan = flags.string("plan");
  if (plan !== undefined) await refusePlan(context, plan);
  return runOperation(context, {
    kind: "update",
    asks: true,
    phases: flags.boolean("skip-preview") ? ["apply"] : ["preview", "apply"],
    program: true,
    ...refreshAsked(flags),
    replace: [...flags.strings("replace"), ...flags.strings("target-replace")],
    target: [...flags.strings("target"), ...flags.strings("target-replace")],
    exclude: flags.strings("exclude"),
  });
}

/** Saved plans are not supported; one that is not there is told of first, in the words programs look for. */
async function refusePlan({ cwd }: CommandContext, path: string): Promise<never> {
  if ((await readIfPresent(resolve(cwd, path))) === undefined)
    throw new EngineError(`open ${path}: no such file or directory`);
  throw new EngineError("saved update plans (--plan) are not supported by the embedded engine");
}
