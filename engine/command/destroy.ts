// `destroy`: deletes all resources of a stack, without running its program unless asked to; with `--remove` the stack, too.
import { isTrue } from "../state/environment.ts";
import { displayName } from "../state/stackName.ts";
import { requireConfirmation } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { runOperation } from "./operation.ts";
import { openStack } from "./stack.ts";
import { removeStack } from "./stackRemove.ts";

export async function destroy(context: CommandContext): Promise<number> {
  const { flags } = context;
  const previewOnly = flags.boolean("preview-only");
  if (!previewOnly) requireConfirmation(context);
  let spared = 0;
  const code = await runOperation(context, {
    kind: "destroy",
    asks: true,
    phases: previewOnly ? ["preview"] : flags.boolean("skip-preview") ? ["apply"] : ["preview", "apply"],
    program: flags.boolean("run-program"),
    refresh: isTrue(flags.string("refresh") ?? "") ? "first" : "no",
    replace: [],
    target: flags.strings("target"),
    exclude: flags.strings("exclude"),
    spare: (resources) => {
      if (!flags.boolean("exclude-protected")) return [];
      const urns = resources.filter(({ protect }) => protect).map(({ urn }) => urn);
      spared = urns.length;
      return urns;
    },
  });
  if (code !== 0 || previewOnly || flags.strings("target").length > 0) return code;
  const quiet = flags.boolean("json");
  if (spared > 0) {
    const message = `All unprotected resources were destroyed. There are still ${spared} protected resources associated with this stack.\n`;
    if (!quiet) context.stdout(message);
    return code;
  }
  const { backend, name } = await openStack(context);
  if (!flags.boolean("remove")) {
    const project = await context.projectIfAny();
    const message =
      "The resources in the stack have been deleted, but the history and configuration " +
      "associated with the stack are still maintained. \nIf you want to remove the stack " +
      `completely, run \`pulumi stack rm ${displayName(name, project?.name)}\`.\n`;
    if (!quiet) context.stdout(message);
    return code;
  }
  await removeStack(context, backend, name);
  if (!quiet)
    context.stdout("The resources in the stack have been deleted, and the history and configuration removed.\n");
  return code;
}
