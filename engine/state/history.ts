// The history of a stack on a file backend: for each operation that changed it an entry, a copy of the checkpoint after
// it, and a backup (pulumi/pulumi: pkg/backend/updates.go, pkg/backend/diy/state.go).
import { readdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { EngineError, hasCode } from "./error.ts";
import { copyDurably, flushFolder, makeFolder, writeDurably } from "./files.ts";
import { isJsonObject, type JsonValue, mapText, sortedText, stringText, structText } from "./json.ts";
import { nanoseconds } from "./layout.ts";
import { readJsonFile } from "./stateFile.ts";
import { compressed, type StateForm } from "./stateForm.ts";

/** One operation in the history. */
export interface UpdateInfo {
  readonly kind: "update" | "preview" | "refresh" | "destroy" | "import" | "resource-import" | "rename";
  /** Seconds since 1970. */
  readonly startTime: number;
  readonly endTime: number;
  readonly message: string;
  /** Facts about where it ran, e.g. `exec.kind`, `git.head`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Configuration by full key as the stack file has it: ciphertexts, never plaintexts. */
  readonly config: Readonly<Record<string, JsonValue>>;
  readonly result: "succeeded" | "failed" | "in-progress";
  /** How many resources each operation touched; ops that did not occur are absent. */
  readonly resourceChanges: Readonly<Record<string, number>>;
}

/** Adds an entry, with copies of the state file as it is now. */
export async function appendHistory(
  folders: { readonly history: string; readonly backups: string | undefined },
  stack: string,
  info: UpdateInfo,
  stateFile: string,
  form: StateForm,
): Promise<void> {
  const base = join(folders.history, `${stack}-${nanoseconds()}`);
  await writeDurably(`${base}.history.json${form.compression}`, await compressed(encodeUpdate(info), form));
  const suffix = basename(stateFile).slice(stack.length); // .json, .json.gz
  await copyDurably(stateFile, `${base}.checkpoint${suffix}`);
  const { backups } = folders;
  if (backups !== undefined) await copyDurably(stateFile, join(backups, `${stack}.${nanoseconds()}${suffix}`));
}

function encodeUpdate(info: UpdateInfo): string {
  const changes = Object.entries(info.resourceChanges).filter(([, count]) => count > 0);
  return structText([
    ["kind", stringText(info.kind)],
    ["startTime", String(info.startTime)],
    ["message", stringText(info.message)],
    ["environment", sortedText(info.environment)],
    ["config", sortedText(info.config)],
    ["version", "0"],
    ["result", stringText(info.result)],
    ["endTime", String(info.endTime)],
    [
      "resourceChanges",
      changes.length === 0 ? undefined : mapText(changes.map(([op, count]) => [op, String(count)] as const)),
    ],
  ]);
}

/** Entries, newest first. `page` starts at 1; without `pageSize` all of them. */
export async function readHistory(folder: string, pageSize = 0, page = 1): Promise<readonly UpdateInfo[]> {
  const names = (await listFolder(folder))
    .filter((name) => /\.history\.json(\.gz|\.zst)?$/.test(name))
    .sort()
    .reverse();
  const start = pageSize > 0 ? (Math.max(page, 1) - 1) * pageSize : 0;
  const chosen = pageSize > 0 ? names.slice(start, start + pageSize) : names;
  return Promise.all(chosen.map((name) => readUpdate(join(folder, name))));
}

async function readUpdate(path: string): Promise<UpdateInfo> {
  const json = await readJsonFile(path);
  if (!isJsonObject(json)) throw new EngineError(`reading history file ${path}: expected an object`);
  const object = <T>(key: string): Readonly<Record<string, T>> => {
    const value = json[key] ?? {};
    if (!isJsonObject(value)) throw new EngineError(`reading history file ${path}: ${key} must be an object`);
    return value as Readonly<Record<string, T>>;
  };
  return {
    kind: String(json["kind"] ?? "update") as UpdateInfo["kind"],
    startTime: Number(json["startTime"] ?? 0),
    endTime: Number(json["endTime"] ?? 0),
    message: String(json["message"] ?? ""),
    environment: object<string>("environment"),
    config: object<JsonValue>("config"),
    result: String(json["result"] ?? "succeeded") as UpdateInfo["result"],
    resourceChanges: object<number>("resourceChanges"),
  };
}

/** Moves a stack's history to another name: folder and file names carry it. */
export async function renameHistory(
  from: { folder: string; stack: string },
  to: { folder: string; stack: string },
): Promise<void> {
  const names = (await listFolder(from.folder)).filter((name) => /^-\d+\./.test(name.slice(from.stack.length)));
  if (names.length === 0) return;
  await makeFolder(to.folder);
  for (const name of names)
    await rename(join(from.folder, name), join(to.folder, to.stack + name.slice(from.stack.length)));
  await flushFolder(to.folder);
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return [];
    throw thrown;
  }
}
