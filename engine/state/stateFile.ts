// The file a stack's state lives in: `<stack>.json`, or `.json.gz` / `.json.zst` where it is compressed (stateForm.ts).
// Written in one step; the version before stays as `.bak`.
import { copyFile, link, rename, rm, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { type RawDeployment, type Snapshot, upgradeDeployment } from "./deployment.ts";
import { EngineError, hasCode, reasonOf } from "./error.ts";
import { copyDurably, discard, readIfPresent, refusal, writeDurably } from "./files.ts";
import { journalFeature, journalPath, replayJournal } from "./journal.ts";
import { arrayText, isJsonObject, type JsonValue, stringText, structText } from "./json.ts";
import { nanoseconds } from "./layout.ts";
import type { StateForm } from "./stateForm.ts";

const extensions = [".json", ".json.gz", ".json.zst"] as const;

/** The state file of a stack, by its path without extension: the variant modified last; undefined when there is none. */
export async function findStateFile(base: string): Promise<string | undefined> {
  let found: { readonly path: string; readonly modifiedMs: number } | undefined;
  for (const extension of extensions) {
    try {
      const { mtimeMs } = await stat(base + extension);
      if (found === undefined || mtimeMs >= found.modifiedMs) found = { path: base + extension, modifiedMs: mtimeMs };
    } catch (thrown) {
      if (!hasCode(thrown, "ENOENT") && !hasCode(thrown, "ENOTDIR")) throw thrown;
    }
  }
  return found?.path;
}

/** Whether the file name is a state file's, and the stack name in it. */
export function stackOfFile(fileName: string): string | undefined {
  const extension = extensions.find((known) => fileName.endsWith(known));
  return extension === undefined ? undefined : fileName.slice(0, -extension.length);
}

/** The JSON of a file, decompressed when it is gzip or zstd by its first bytes. */
export async function readJsonFile(path: string): Promise<JsonValue | undefined> {
  const bytes = await readIfPresent(path);
  return bytes && parseFile(path, bytes);
}

async function parseFile(path: string, bytes: Buffer): Promise<JsonValue> {
  try {
    return JSON.parse((await decompress(bytes)).toString("utf8")) as JsonValue;
  } catch (thrown) {
    const before =
      (await readIfPresent(`${path}.bak`).catch(() => undefined)) === undefined
        ? ""
        : `. The version before it is in ${path}.bak`;
    throw new EngineError(`could not read ${path}: ${reasonOf(thrown)}${before}`);
  }
}

async function decompress(bytes: Buffer): Promise<Buffer> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return promisify(gunzip)(bytes);
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return promisify(zstdDecompress)(bytes);
  return bytes;
}

export interface StateFile {
  /** Still encrypted, in version 3 shape, with all that a journal adds to it. */
  readonly raw: RawDeployment;
  /** What the file and its journal make, secrets sealed; undefined without a journal. */
  readonly journaled: Snapshot | undefined;
}

/**
 * The deployment in a state file. `what` names the stack in errors.
 * @throws EngineError for a file that is malformed, or marked to have a journal that is not there or damaged.
 */
export async function readStateFile(path: string, what: string): Promise<StateFile> {
  for (let before: Buffer | undefined; ; ) {
    const bytes = await readIfPresent(path);
    const raw = await parseState(path, bytes, what);
    if (bytes === undefined || !raw.features.includes(journalFeature)) return { raw, journaled: undefined };
    const name = journalPath(path, bytes);
    const journal = await readIfPresent(name);
    if (journal !== undefined) return replayJournal(raw, journal, name);
    // Whoever writes it may have written it whole meanwhile.
    if (before?.equals(bytes))
      throw new EngineError(`${what} cannot be read: ${path} goes on in ${name}, which is missing`);
    before = bytes;
  }
}

async function parseState(path: string, bytes: Buffer | undefined, what: string): Promise<RawDeployment> {
  const json = bytes && (await parseFile(path, bytes));
  if (!isJsonObject(json)) throw new EngineError(`failed to load checkpoint: ${path} must hold a JSON object`);
  // before states had versions, the file was the checkpoint itself
  const version = json["version"] ?? 1;
  const checkpoint = json["version"] === undefined ? json : json["checkpoint"];
  if (!isJsonObject(checkpoint)) throw new EngineError(`failed to load checkpoint: ${path} has no checkpoint`);
  const features = json["features"] ?? [];
  const journaled = Array.isArray(features) && features.includes(journalFeature);
  const known = journaled ? features.filter((name) => name !== journalFeature) : features;
  const raw = upgradeDeployment(version, known, checkpoint["latest"], what);
  return journaled ? { ...raw, features: [...raw.features, journalFeature] } : raw;
}

/** The text of a state file. `deployment` is the text of `latest`, undefined for a stack without any. */
export function stateFileText(
  fullName: string,
  state: { readonly version: number; readonly features: readonly string[]; readonly text: string | undefined },
): string {
  return structText([
    ["version", String(state.version)],
    ["features", state.features.length === 0 ? undefined : arrayText(state.features.map(stringText))],
    [
      "checkpoint",
      structText([
        ["stack", stringText(fullName)],
        ["latest", state.text],
      ]),
    ],
  ]);
}

/**
 * Writes a state file at `<base>.json`, or as the form has it, and keeps what was there as `.bak`, unless that is of no use
 * without its journal. One of another form goes when the new one is there. Durable when it resolves.
 */
export async function writeStateFile(
  base: string,
  bytes: string | Uint8Array,
  { compression, retained }: StateForm,
  { backup = true } = {},
): Promise<void> {
  const path = `${base}.json${compression}`;
  const existing = await findStateFile(base);
  if (existing !== undefined && backup) await keepBackup(existing);
  await writeDurably(path, bytes);
  await forgetAttributes(path);
  if (existing !== undefined && existing !== path) {
    await rm(existing, { force: true });
    await forgetAttributes(existing);
  }
  if (retained) await copyDurably(path, `${path}.${nanoseconds()}`);
}

/** `<path>.bak` becomes what is at `<path>` now; `<path>` stays. */
export async function keepBackup(path: string): Promise<void> {
  const temporary = `${path}.bak.tmp`;
  try {
    await rm(temporary, { force: true });
    // a second name for the same bytes: `path` is never changed in place, only replaced
    await link(path, temporary).catch(() => copyFile(path, temporary));
    await rename(temporary, `${path}.bak`);
  } catch (thrown) {
    throw refusal("write", `${path}.bak`, thrown);
  } finally {
    // also after a rename: of two names of one file to the other, it does nothing
    await discard(temporary);
  }
  await forgetAttributes(`${path}.bak`);
}

/** The official engine keeps content type and digest beside each file; of a file we replaced they would be wrong. */
async function forgetAttributes(path: string): Promise<void> {
  await rm(`${path}.attrs`, { force: true });
}
