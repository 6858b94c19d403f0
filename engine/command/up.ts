// `up`: previews unless told not to, then makes the stack what its program says.
import type { CommandContext } from "./context.ts";
import { refreshAsked, requireConfirmation, runOperation } from "./operation.ts";

export async function up(context: CommandContext): Promise<number> {
  const { flags } = context;
  requireConfirmation(context);
  return runOperation(context, {
    kind: "update",
    phases: flags.boolean("skip-preview") ? ["apply"] : ["preview", "apply"],
    program: true,
    ...refreshAsked(flags),
    replace: [...flags.strings("replace"), ...flags.strings("target-replace")],
    target: [...flags.strings("target"), ...flags.strings("target-replace")],
    exclude: flags.strings("exclude"),
  });
}
