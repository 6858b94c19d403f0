// `refresh`: makes the state what the providers say. With `--preview-only` it only says what differs: no lock, no write.
import { EngineError, exitCodes } from "../state/error.ts";
import { requireConfirmation } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { runOperation } from "./operation.ts";
import { openCheckpoint, openStack } from "./stack.ts";

export async function refresh(context: CommandContext): Promise<number> {
  const { flags } = context;
  const importPendingCreates = idsByUrn(flags.strings("import-pending-creates"));
  if (importPendingCreates.size > 0) await warnOfOthers(context, importPendingCreates);
  const previewOnly = flags.boolean("preview-only");
  // As the official CLI has it, a refresh ends with another exit code than the others.
  if (!previewOnly) requireConfirmation(context, exitCodes.error);
  return runOperation(context, {
    kind: "refresh",
    asks: true,
    phases: previewOnly ? ["preview"] : flags.boolean("skip-preview") ? ["apply"] : ["preview", "apply"],
    ...(flags.boolean("run-program")
      ? { program: true, refresh: "no", refreshes: true }
      : { program: false, refresh: "only" }),
    replace: [],
    target: flags.strings("target"),
    exclude: flags.strings("exclude"),
    clearPendingCreates: flags.boolean("clear-pending-creates"),
    importPendingCreates,
  });
}

/** `--import-pending-creates <urn> --import-pending-creates <id>`, as often as needed: the CLI takes them in pairs. */
function idsByUrn(given: readonly string[]): ReadonlyMap<string, string> {
  if (given.length % 2 !== 0)
    throw new EngineError(
      "each URN must be followed by an ID: found an odd number of entries",
      exitCodes.configuration,
    );
  return new Map(Array.from({ length: given.length / 2 }, (_, pair) => [given[2 * pair]!, given[2 * pair + 1]!]));
}

async function warnOfOthers(context: CommandContext, ids: ReadonlyMap<string, string>): Promise<void> {
  const { snapshot } = await openCheckpoint(context, await openStack(context));
  const pending = new Set(
    snapshot?.pendingOperations.filter(({ type }) => type === "creating").map(({ resource }) => resource.urn),
  );
  for (const urn of ids.keys())
    if (!pending.has(urn)) context.stderr(`warning: "${urn}" did not correspond to a pending create\n`);
}
