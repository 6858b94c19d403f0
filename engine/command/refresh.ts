// `refresh`: makes the state what the providers say. With `--preview-only` it only says what differs: no lock, no write.
import type { CommandContext } from "./context.ts";
import { requireConfirmation, runOperation } from "./operation.ts";

export async function refresh(context: CommandContext): Promise<number> {
  const { flags } = context;
  const previewOnly = flags.boolean("preview-only");
  if (!previewOnly) requireConfirmation(context);
  return runOperation(context, {
    kind: "refresh",
    phases: previewOnly ? ["preview"] : flags.boolean("skip-preview") ? ["apply"] : ["preview", "apply"],
    program: false,
    refresh: "only",
    replace: [],
    target: flags.strings("target"),
    exclude: flags.strings("exclude"),
    clearPendingCreates: flags.boolean("clear-pending-creates"),
  });
}
