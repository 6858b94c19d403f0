// `stack ls`: the stacks of the project, or of the whole backend.
import { EngineError } from "../state/error.ts";
import type { FileBackend } from "../state/fileBackend.ts";
import { isJsonObject, type JsonObject } from "../state/json.ts";
import { displayName, organization, type StackName } from "../state/stackName.ts";
import { pulumiHome, selectedStack } from "../state/workspaceFile.ts";
import type { CommandContext } from "./context.ts";
import { ago, jsonOf, tableText, timeText, wantsJson } from "./print.ts";

interface Row {
  readonly name: string;
  readonly current: boolean;
  /** Absent for a stack that never was updated. */
  readonly lastUpdate?: string;
  readonly resourceCount?: number;
}

/** A stack of a backend. `resourceCount` is undefined when its state cannot be read. */
export interface ListedStack {
  readonly name: StackName;
  readonly resourceCount: number | undefined;
  /** As it is printed; undefined for a stack that never was updated. */
  readonly lastUpdate: string | undefined;
}

/** The stacks of a project, or of the whole backend; no state is decrypted. */
export async function stacksIn(backend: FileBackend, project: string | undefined): Promise<readonly ListedStack[]> {
  const found: ListedStack[] = [];
  for (const name of await backend.list(project)) {
    // One broken state must not take the others out of sight: it is told of by whatever works on that stack.
    const deployment = await backend.readRaw(name).then(
      (raw) => raw.deployment,
      () => undefined,
    );
    found.push({ name, lastUpdate: undefined, resourceCount: undefined, ...(deployment && summaryOf(deployment)) });
  }
  return found;
}

/** `stack ls [--all] [--json]` */
export async function stackList(context: CommandContext): Promise<number> {
  const { flags } = context;
  const project = await context.projectIfAny();
  const wanted = flags.string("project") ?? (flags.boolean("all") ? undefined : project?.name);
  if (wanted === undefined && !flags.boolean("all"))
    throw new EngineError("no Pulumi.yaml found; please run this command in a project directory");
  const owner = flags.string("organization");
  if (owner !== undefined && owner !== organization) throw new EngineError("organization name must be 'organization'");
  const backend = await context.backend();
  const selected =
    context.env["PULUMI_STACK"] || (project && (await selectedStack(pulumiHome(context.env), project, backend.url)));
  const current = selected ? await context.parseStack(selected).catch(() => undefined) : undefined;
  const [tagName, tagValue] = splitTag(flags.string("tag"));
  const rows: Row[] = [];
  for (const { name, lastUpdate, resourceCount } of await stacksIn(backend, wanted)) {
    if (tagName !== undefined) {
      const value = (await backend.tags(name))[tagName];
      if (value === undefined || (tagValue !== undefined && value !== tagValue)) continue;
    }
    rows.push({
      name: flags.boolean("fully-qualify-stack-names")
        ? displayName(name, undefined)
        : displayName(name, project?.name),
      current: current?.project === name.project && current.stack === name.stack,
      ...(lastUpdate === undefined ? {} : { lastUpdate }),
      ...(resourceCount === undefined ? {} : { resourceCount }),
    });
  }
  rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  context.stdout(wantsJson(flags) ? jsonOf(rows.map((row) => ({ ...row }))) : table(rows));
  return 0;
}

function splitTag(tag: string | undefined): readonly [string | undefined, string | undefined] {
  if (tag === undefined) return [undefined, undefined];
  const at = tag.indexOf("=");
  return at < 0 ? [tag, undefined] : [tag.slice(0, at), tag.slice(at + 1)];
}

function summaryOf(deployment: JsonObject): Pick<Row, "lastUpdate" | "resourceCount"> {
  const { manifest, resources } = deployment;
  const time = isJsonObject(manifest) ? manifest["time"] : undefined;
  const isUpdated = typeof time === "string" && !Number.isNaN(Date.parse(time)) && !time.startsWith("0001-");
  return {
    ...(isUpdated ? { lastUpdate: timeText(time) } : {}),
    resourceCount: Array.isArray(resources) ? resources.length : 0,
  };
}

function table(rows: readonly Row[]): string {
  const now = Date.now();
  return tableText(
    ["NAME", "LAST UPDATE", "RESOURCE COUNT"],
    rows.map(({ name, current, lastUpdate, resourceCount }) => [
      current ? `${name}*` : name,
      lastUpdate === undefined ? "n/a" : ago(lastUpdate, now),
      resourceCount === undefined ? "n/a" : String(resourceCount),
    ]),
  );
}
