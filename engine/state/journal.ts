// The journal of a state that is too large to be written whole for each step. While an operation goes on, the checkpoint
// `<stack>.json` stays as it was at its beginning, and what changes is added to `<stack>.json.<digest>.journal` beside it,
// a line for each write. At the end the checkpoint is written whole, and the journal goes.
//
// 1. Such a checkpoint is marked by the feature `tutti-journal`. No other engine knows it, so none takes a checkpoint for
//    the truth that lacks what its journal says: each refuses it by that name.
// 2. The digest in the journal's name is that of the checkpoint's bytes: it is never read with another checkpoint, and
//    one that belongs to none is rubbish.
// 3. A line is in the hands of the operating system before anybody goes on: it outlives this process, however that ends.
//    The disk has it a moment later. Flushes follow the lines, one at a time, each of all that was added before it began,
//    and nobody waits for them: of two writes for each of 10,000 resources, the waiting would be most of the time. So when
//    the machine itself falls, what was done in its last moment may be missing, as with the official engine's file
//    backend, which never flushes; what is there is the state of an earlier moment, whole.
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
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

/** The journal of a checkpoint with these bytes, compressed or not. */
export function journalPath(statePath: string, bytes: string | Uint8Array): string {
  return `${statePath.replace(/\.(gz|zst)$/, "")}.${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}.journal`;
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
  #flushing: Promise<void> | undefined;
  #failed = false;
  /** Whether there are lines that no flush has begun to flush. */
  #unflushed = false;

  private constructor(path: string, file: FileHandle, size: number, limit: number) {
    this.path = path;
    this.#file = file;
    this.#size = size;
    this.#limit = limit;
  }

  /**
   * Begins the journal of a checkpoint that is written next, with room for `limit` bytes.
   * @throws EngineError naming it.
   */
  static async begin(
    statePath: string,
    bytes: string | Uint8Array,
    sandbox: boolean,
    limit: number,
  ): Promise<JournalFile> {
    const path = journalPath(statePath, bytes);
    const header = `${JSON.stringify({ version: 1, sandbox })}\n`;
    await writeDurably(path, header);
    try {
      return new JournalFile(path, await open(path, "a"), header.length, limit);
    } catch (thrown) {
      await discard(path);
      throw refusal("write", path, thrown);
    }
  }

  /**
   * Adds a line. Answers whether there is room for more: else, or when a flush has failed, it is time for another one.
   * Copying some thousand bytes to the operating system takes less time than asking another thread to.
   * @throws EngineError naming the journal; nothing may be added to it then, for its last line may be torn.
   */
  append(line: string): boolean {
    const bytes = Buffer.from(`${line}\n`);
    try {
      appendFileSync(this.#file.fd, bytes);
    } catch (thrown) {
      throw refusal("write", this.path, thrown);
    }
    this.#size += bytes.length;
    this.#unflushed = true;
    this.#flushing ??= this.#flush();
    return this.#size < this.#limit && !this.#failed;
  }

  /** Makes durable what was added before, and then what is added meanwhile: one flush at a time. */
  async #flush(): Promise<void> {
    while (this.#unflushed && !this.#failed) {
      this.#unflushed = false;
      await this.#file.datasync().catch(() => {
        this.#failed = true;
      });
    }
    this.#flushing = undefined;
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#file.close();
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

/**
 * A line that does not end was never finished. Zeros are what the disk had not got yet when the power went: what it has
 * of the lines after them was no more flushed than they were.
 */
function wholeLines(journal: Uint8Array): (JsonValue | undefined)[] {
  const hole = journal.indexOf(0);
  const there = Buffer.from(hole === -1 ? journal : journal.subarray(0, hole));
  const lines = there.toString("utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    try {
      return JSON.parse(line) as JsonValue;
    } catch {
      return undefined;
    }
  });
}

function decodeChanges(line: JsonValue | undefined): Changes {
  if (!isJsonObject(line)) throw new Error("a line in it is no JSON object");
  const { set = [], ...rest } = line;
  const cells = set as readonly (readonly [cell: number, state: JsonValue])[];
  return { ...(rest as Changes), set: cells.map(([cell, state]) => [cell, decodeResource(state, sealedReader)]) };
}
