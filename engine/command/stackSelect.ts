// `stack select` and `stack unselect`: which stack commands without `--stack` mean. Nothing else writes the selection, but
// `stack init` without `--no-select`.
import { EngineError, exitCodes } from "../state/error.ts";
import { fullName } from "../state/stackName.ts";
import { pulumiHome, selectStack } from "../state/workspaceFile.ts";
import type { CommandContext } from "./context.ts";
import { createStack } from "./stackInit.ts";

/** `stack select [name] [--create]` */
export async function stackSelect(context: CommandContext): Promise<number> {
  const named = context.flags.string("stack");
  const [given] = context.args;
  if (named !== undefined && given !== undefined)
    throw new EngineError("only one of --stack or argument stack name may be specified, not both");
  const text = named ?? given;
  if (text === undefined)
    throw new EngineError("no stack selected; specify a stack name with --stack", exitCodes.stackNotFound);
  const name = await context.parseStack(text);
  const backend = await context.backend();
  if (context.flags.boolean("create") && !(await backend.exists(name))) await createStack(context, name);
  else await backend.stateFile(name);
  await selectStack(pulumiHome(context.env), await context.project(), backend.url, fullName(name));
  return 0;
}

/** `stack unselect` */
export async function stackUnselect(context: CommandContext): Promise<number> {
  const backend = await context.backend();
  await selectStack(pulumiHome(context.env), await context.project(), backend.url, undefined);
  context.stderr("Stack was unselected\n");
  return 0;
}
