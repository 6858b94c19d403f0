// `state upgrade`: brings a file backend without projects to the layout with projects.
import { backendFolder } from "../state/backendUrl.ts";
import { upgradeLayout } from "../state/upgradeLayout.ts";
import { requireYes } from "./confirm.ts";
import { backendUrl, type CommandContext } from "./context.ts";

/** `state upgrade [--yes]` */
export async function stateUpgrade(context: CommandContext): Promise<number> {
  await requireYes(
    context,
    "This will upgrade the backend to hold stacks by project: older versions of Pulumi will not find them any more.",
  );
  const { env, cwd, stdout, stderr } = context;
  const url = await backendUrl(env, await context.projectIfAny());
  const { moved, left } = await upgradeLayout(backendFolder(url, env, cwd));
  for (const stack of left) stderr(`warning: Skipping stack "${stack}": no project name found\n`);
  stdout(`Upgraded ${moved.length} stack(s) to project mode\n`);
  return 0;
}
