// `stack rm`: removes an emptied stack, with its history, tags and configuration file.
import { EngineError } from "../state/error.ts";
import type { FileBackend } from "../state/fileBackend.ts";
import { isJsonObject } from "../state/json.ts";
import { displayName, fullName, parseStackName, type StackName } from "../state/stackName.ts";
import { pulumiHome, selectedStack, selectStack } from "../state/workspaceFile.ts";
import { requireYes } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { openStack, readConfig } from "./stack.ts";

/** `stack rm [name] --yes [--force] [--preserve-config]` */
export async function stackRemove(context: CommandContext): Promise<number> {
  const { flags, args } = context;
  if (args.length > 0 && flags.has("stack"))
    throw new EngineError("only one of --stack or argument stack name may be specified, not both");
  const stack = await openStack(context, args[0] === undefined ? undefined : await context.parseStack(args[0]));
  await requireYes(context, `This will permanently remove the '${stack.name.stack}' stack!`, stack.name.stack);
  await removeStack(context, stack.backend, stack.name);
  return 0;
}

/** Also for `destroy --remove`. @throws EngineError when the stack still has resources, unless `--force`. */
export async function removeStack(context: CommandContext, backend: FileBackend, name: StackName): Promise<void> {
  const { flags } = context;
  const project = await context.projectIfAny();
  const shown = displayName(name, project?.name);
  if (!flags.boolean("force") && (await hasResources(backend, name)))
    throw new EngineError(
      [
        `'${shown}' still has resources; removal rejected. Possible actions:`,
        `- Make sure that '${shown}' is the stack that you want to destroy`,
        "- Run `pulumi destroy` to delete the resources, then run `pulumi stack rm`",
        "- Run `pulumi stack rm --force` to override this error",
      ].join("\n"),
    );
  await backend.remove(name, flags.boolean("remove-backups"));
  if (project?.name === name.project && !flags.boolean("preserve-config"))
    await (await readConfig(context, name)).remove();
  if (project !== undefined) await unselect(context, backend, name);
  context.stdout(`Stack '${shown}' has been removed!\n`);
}

/** A stack with nothing but its root counts as empty. */
async function hasResources(backend: FileBackend, name: StackName): Promise<boolean> {
  const { deployment } = await backend.readRaw(name);
  const resources = deployment?.["resources"];
  if (!Array.isArray(resources) || resources.length === 0) return false;
  const [first] = resources;
  return resources.length > 1 || !isJsonObject(first) || first["type"] !== "pulumi:pulumi:Stack";
}

async function unselect(context: CommandContext, backend: FileBackend, name: StackName): Promise<void> {
  const project = await context.project();
  const home = pulumiHome(context.env);
  const selected = await selectedStack(home, project, backend.url);
  if (selected === undefined) return;
  if (fullName(parseStackName(selected, project.name)) === fullName(name))
    await selectStack(home, project, backend.url, undefined);
}
