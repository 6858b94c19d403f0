// `cancel`: removes the locks of a stack. It does not stop the process that holds them.
import type { CommandContext } from "./context.ts";
import { openStack } from "./stack.ts";

/** `cancel [name]` */
export async function cancel(context: CommandContext): Promise<number> {
  const [given] = context.args;
  const { backend, name } = await openStack(context, given === undefined ? undefined : await context.parseStack(given));
  await backend.unlock(name);
  context.stdout(`The currently running update for '${name.stack}' has been canceled!\n`);
  return 0;
}
