// Brings a file backend of the old layout, which knew no projects, to the one that does: state, tags and history of each
// stack move into the folder of its project, which its URNs tell. Backups stay, as the official engine leaves them.
//
// The marker of the new layout is written first, as everything is read after it: what a crash leaves in the old place the
// next upgrade moves.
import { readdir, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EngineError } from "./error.ts";
import { makeFolder, writeDurably } from "./files.ts";
import { renameHistory } from "./history.ts";
import { isJsonObject, type JsonValue } from "./json.ts";
import { layoutOf } from "./layout.ts";
import { findStateFile, readStateFile, stackOfFile } from "./stateFile.ts";
import { tagsFile } from "./tags.ts";

export interface Upgraded {
  readonly moved: readonly string[];
  /** Stacks without a resource: nothing tells their project. They stay where they are. */
  readonly left: readonly string[];
}

/** @throws EngineError when a project has a stack of that name already. */
export async function upgradeLayout(root: string): Promise<Upgraded> {
  const layout = layoutOf(root);
  const files = await readdir(layout.stacks, { withFileTypes: true }).catch(() => []);
  const names = files.filter((entry) => entry.isFile()).map(({ name }) => stackOfFile(name));
  const moved: string[] = [];
  const left: string[] = [];
  await writeDurably(layout.meta, "version: 1\n");
  for (const stack of [...new Set(names)].filter((name) => name !== undefined).sort()) {
    const base = join(layout.stacks, stack);
    const file = (await findStateFile(base))!;
    const { raw } = await readStateFile(file, `the stack '${stack}'`);
    const project = projectOf(raw.deployment?.["resources"]);
    if (project === undefined) {
      left.push(stack);
      continue;
    }
    const name = { project, stack };
    const target = layout.stackBase(name);
    if ((await findStateFile(target)) !== undefined)
      throw new EngineError(`a stack named ${project}/${stack} already exists; ${file} was left where it is`);
    await makeFolder(dirname(target));
    const history = join(dirname(dirname(layout.history(name))), stack);
    await renameHistory({ folder: history, stack }, { folder: layout.history(name), stack });
    await moveFile(tagsFile(base), tagsFile(target));
    await moveFile(file, join(dirname(target), basename(file)));
    moved.push(stack);
  }
  return { moved, left };
}

/** With what the official engine keeps beside it. */
async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to).catch(ifThere);
  await rename(`${from}.attrs`, `${to}.attrs`).catch(ifThere);
}

function ifThere(thrown: NodeJS.ErrnoException): void {
  if (thrown.code !== "ENOENT") throw thrown;
}

function projectOf(resources: JsonValue | undefined): string | undefined {
  if (!Array.isArray(resources)) return undefined;
  const [first] = (resources as readonly JsonValue[]).filter(isJsonObject);
  return /^urn:pulumi:.*?::(.*?)::/.exec(String(first?.["urn"]))?.[1];
}
