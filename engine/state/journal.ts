// The journal of a state that is too large to be written whole for each step. While an operation goes on, the checkpoint
// `<stack>.json` stays as it was at its beginning, and what changes is added to `<stack>.json.<digest>.journal` beside it,
// a line for each write. At the end the checkpoint is written whole, and the journal goes.
//
// 1. Such a checkpoint is marked by the feature `tutti-journal`. No other engine knows it, so none takes a checkpoint for
//    the truth that lacks what its journal says: each refuses it by that name.
// 2. The digest in the journal's name is that of the checkpoint's bytes: it is never read with another checkpoint, and
//    one that belongs to none is rubbish.
// 3. A line is durable before anybody goes on, so a last line that is not whole was never counted on.
import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Changes, Replay } from "../deployment/changes.ts";
import {
  decodeDeployment,
  encodeDeployment,
  type RawDeployment,
  type Snapshot,
  sandboxFeature,
  secretsProviderOf,
} from "./deployment.ts";
import { EngineError, hasCode, reasonOf } from "./error.ts";
import { discard, refusal, writeDurably } from "./files.ts";
import { arrayText, isJsonObject, type JsonObject, type JsonValue, structText } from "./json.ts";
import { decodeResource, type ResourceState } from "./resource.ts";
import type { SecretReader, SecretWriter } from "./serialize.ts";

export const journalFeature = "tutti-journal";

/**
 * How many characters an operation writes whole before it goes on in a journal: a large state from its first write on, a
 * middling one when there is more to do than a few steps, a small one never. So others can look at most states at any
 * moment, and what is written altogether grows with the work, not with its square.
 */
export const wholeLimit = 2 ** 21;

/** The journal of a checkpoint with these bytes. */
export function journalPath(statePath: string, bytes: string | Uint8Array): string {
  return `${statePath}.${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}.journal`;
}

/** All journals beside a state file, also those that belong to no checkpoint any more. */
export async function journalsOf(statePath: string): Promise<readonly string[]> {
  const [folder, name] = [dirname(statePath), `${basename(statePath)}.`];
  const names = await readdir(folder).catch((thrown: unknown): string[] => {
    if (hasCode(thrown, "ENOENT")) return [];
    throw thrown;
  });
  const journals = names.filter(
    (each) => each.startsWith(name) && /^[0-9a-f]{32}\.journal$/.test(each.slice(name.length)),
  );
  return journals.map((each) => join(folder, each));
}

/** Removes the journals of checkpoints that were replaced; `kept` is that of the checkpoint in place. */
export async function removeJournals(statePath: string, kept?: JournalFile): Promise<void> {
  for (const path of await journalsOf(statePath)) if (path !== kept?.path) await rm(path, { force: true });
}

/** A journal that is written. Nobody else writes it: whoever does holds the stack's lock. */
export class JournalFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #limit: number;
  #size: number;

  private constructor(path: string, file: FileHandle, size: number, limit: number) {
    this.path = path;
    this.#file = file;
    this.#size = size;
    this.#limit = limit;
  }

  /** Begins the journal of a checkpoint that is written next. @throws EngineError naming it. */
  static async begin(statePath: string, text: string, sandbox: boolean): Promise<JournalFile> {
    const path = journalPath(statePath, text);
    const header = `${JSON.stringify({ version: 1, sandbox })}\n`;
    await writeDurably(path, header);
    try {
      return new JournalFile(path, await open(path, "a"), header.length, text.length);
    } catch (thrown) {
      await discard(path);
      throw refusal("write", path, thrown);
    }
  }

  /**
   * Adds a line, durably. Answers whether there is room for more: with a journal as large as its checkpoint it is time for
   * another one. @throws EngineError naming the journal; nothing may be added to it then, for its last line may be torn.
   */
  async append(line: string): Promise<boolean> {
    const bytes = Buffer.from(`${line}\n`);
    try {
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
    } catch (thrown) {
      throw refusal("write", this.path, thrown);
    }
    this.#size += bytes.length;
    return this.#size < this.#limit;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** A line. `encode` gives the text of a resource. */
export function encodeChanges(changes: Changes, encode: (resource: ResourceState) => string): string {
  const { set = [], start, base, news = [], gone = [], begun = [], ended = [], refreshed } = changes;
  const some = (list: readonly unknown[]) => (list.length === 0 ? undefined : JSON.stringify(list));
  return structText([
    ["set", set.length === 0 ? undefined : arrayText(set.map(([cell, state]) => `[${cell},${encode(state)}]`))],
    ["start", start && JSON.stringify(start)],
    ["base", base && JSON.stringify(base)],
    ["news", some(news)],
    ["gone", some(gone)],
    ["begun", some(begun)],
    ["ended", some(ended)],
    ["refreshed", refreshed && "true"],
  ]);
}

/** Secrets stay as they are: what stands for one here is the JSON of its ciphertext. */
const sealedReader: SecretReader = { decrypt: (ciphertext) => JSON.stringify(ciphertext) };
const sealedWriter: SecretWriter = { type: "encrypt", encrypt: (plaintext) => JSON.parse(plaintext) as string };

/** The state that a checkpoint and its journal make, encrypted as they are. @throws EngineError when the journal is damaged. */
export function replayJournal(
  { features, deployment }: RawDeployment,
  journal: Uint8Array,
  path: string,
): { readonly raw: RawDeployment; readonly journaled: Snapshot } {
  const lines = wholeLines(journal);
  const header = lines.shift();
  if (!isJsonObject(header) || header["version"] !== 1)
    throw new EngineError(`${path} is damaged, or was written by a newer engine: expected a journal of version 1`);
  const written = decodeDeployment(deployment ?? {}, sealedReader);
  const replay = new Replay(written);
  let snapshot: Snapshot;
  try {
    for (const line of lines) replay.apply(decodeChanges(line));
    snapshot = { ...written, ...replay.contents() };
  } catch (thrown) {
    throw new EngineError(`${path} is damaged: ${reasonOf(thrown)}`);
  }
  const encoded = encodeDeployment(snapshot, {
    secrets: sealedWriter,
    provider: deployment && secretsProviderOf(deployment),
    sandbox: header["sandbox"] === true || features.includes(sandboxFeature),
  });
  return { raw: { ...encoded, deployment: JSON.parse(encoded.text) as JsonObject }, journaled: snapshot };
}

/** A line that does not end, and one that is no JSON and the last, was not finished when the power went. */
function wholeLines(journal: Uint8Array): (JsonValue | undefined)[] {
  const lines = Buffer.from(journal).toString("utf8").split("\n").slice(0, -1);
  return lines.flatMap((line, place) => {
    try {
      return [JSON.parse(line) as JsonValue];
    } catch {
      return place === lines.length - 1 && place > 0 ? [] : [undefined];
    }
  });
}

function decodeChanges(line: JsonValue | undefined): Changes {
  if (!isJsonObject(line)) throw new Error("a line in it is no JSON object");
  const { set = [], ...rest } = line;
  const cells = set as readonly (readonly [cell: number, state: JsonValue])[];
  return { ...(rest as Changes), set: cells.map(([cell, state]) => [cell, decodeResource(state, sealedReader)]) };
}
