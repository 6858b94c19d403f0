// `stack tag ls | get | set | rm`.
import { EngineError } from "../state/error.ts";
import { sortedText } from "../state/json.ts";
import { displayName } from "../state/stackName.ts";
import type { CommandContext } from "./context.ts";
import { jsonText, tableText, wantsJson } from "./print.ts";
import { openStack } from "./stack.ts";

/** `stack tag ls [--json]` */
export async function tagList(context: CommandContext): Promise<number> {
  const { backend, name } = await openStack(context);
  const tags = await backend.tags(name);
  const rows = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
  context.stdout(wantsJson(context.flags) ? jsonText(sortedText(tags)) : tableText(["NAME", "VALUE"], rows));
  return 0;
}

/** `stack tag get <name>` */
export async function tagGet(context: CommandContext): Promise<number> {
  const { backend, name } = await openStack(context);
  const tag = context.args[0]!;
  const tags = await backend.tags(name);
  if (!Object.hasOwn(tags, tag)) {
    const project = await context.projectIfAny();
    throw new EngineError(`stack tag '${tag}' not found for stack '${displayName(name, project?.name)}'`);
  }
  context.stdout(`${tags[tag]}\n`);
  return 0;
}

/** `stack tag set <name> <value>` */
export async function tagSet(context: CommandContext): Promise<number> {
  const { backend, name } = await openStack(context);
  const [tag, value] = context.args as readonly [string, string];
  if (tag === "") throw new EngineError("a tag name may not be empty");
  await backend.setTags(name, { ...(await backend.tags(name)), [tag]: value });
  return 0;
}

/** `stack tag rm <name>`: also when there is no such tag. */
export async function tagRemove(context: CommandContext): Promise<number> {
  const { backend, name } = await openStack(context);
  const { [context.args[0]!]: _removed, ...tags } = await backend.tags(name);
  await backend.setTags(name, tags);
  return 0;
}
