// The sandbox cloud as files: one JSON file a resource, `<directory>/<collection>/<name>.<hash of the id>.json`. There is
// no index and no lock, so nothing can get stale and a process may die anywhere:
//
// - the file's name follows from collection and id alone, and a resource comes to be by `link`, which fails when the name
//   is taken: of several processes that create one id, exactly one wins;
// - every other write is a temporary file and a rename, so that a reader sees a whole record or none.
//
// Folders are 0700, files 0600.
import { createHash, randomBytes } from "node:crypto";
import { link, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createOnce, discard, makeFolder, refusal } from "../../state/files.ts";
import { type CloudRecord, decodeHead, decodeRecord, encodeRecord, type RecordHead } from "./record.ts";

const keyFile = "key";

export class CloudStore {
  readonly directory: string;
  private readonly holdsSecret: (text: string) => boolean;
  private key: Promise<Buffer> | undefined;

  /** @param holdsSecret asked of each record before it is written */
  constructor(directory: string, holdsSecret: (text: string) => boolean = () => false) {
    this.directory = directory;
    this.holdsSecret = holdsSecret;
  }

  /** The resource of that id, or undefined. */
  async get(collection: string, id: string): Promise<CloudRecord | undefined> {
    return await this.read(this.path(collection, id));
  }

  /** Creates a resource. False, with nothing changed, when the id is taken. */
  async claim(record: CloudRecord): Promise<boolean> {
    await makeFolder(this.folder(record.collection));
    const temporary = await this.temporary(record);
    try {
      await link(temporary, this.path(record.collection, record.id));
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Writes a resource anew, whole. */
  async replace(record: CloudRecord): Promise<void> {
    await rename(await this.temporary(record), this.path(record.collection, record.id));
  }

  /** Deletes a resource; one that is gone already is no error. */
  async remove(collection: string, id: string): Promise<void> {
    await rm(this.path(collection, id), { force: true });
  }

  /** Every resource of a collection, by id. */
  async list(collection: string): Promise<CloudRecord[]> {
    const records = await Promise.all((await this.files(collection)).map((file) => this.read(file)));
    return records.filter((record) => record !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The heads of every resource below a collection ("" for the whole cloud), by stack, then URN, then id. */
  async heads(below = ""): Promise<RecordHead[]> {
    const heads: RecordHead[] = [];
    for (const collection of await this.collections(below)) {
      for (const file of await this.files(collection)) {
        const text = await textOf(file);
        if (text !== undefined) heads.push(legible(file, () => decodeHead(text)));
      }
    }
    const order = ({ stack, urn, id }: RecordHead) => `${stack}\n${urn}\n${id}`;
    return heads.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** Collections that are, or lie below, the one given. */
  async collections(below = ""): Promise<string[]> {
    const found: string[] = [];
    const visit = async (collection: string): Promise<void> => {
      const entries = await readdir(this.folder(collection), { withFileTypes: true }).catch(ignoreMissing<never[]>([]));
      if (entries.some((entry) => isRecordFile(entry.name)) && collection !== "") found.push(collection);
      for (const entry of entries)
        if (entry.isDirectory()) await visit(collection === "" ? entry.name : `${collection}/${entry.name}`);
    };
    await visit(below);
    return found.sort();
  }

  private folder(collection: string): string {
    return join(this.directory, ...collection.split("/"));
  }

  private path(collection: string, id: string): string {
    const readable = id
      .slice(id.lastIndexOf("/") + 1)
      .replace(/[^A-Za-z0-9_-]+/g, "-")
      .slice(0, 60);
    const hash = createHash("sha256").update(`${collection}\n${id}`).digest("hex").slice(0, 24);
    return join(this.folder(collection), `${readable}.${hash}.json`);
  }

  private async files(collection: string): Promise<string[]> {
    const names = await readdir(this.folder(collection)).catch(ignoreMissing<string[]>([]));
    return names.filter(isRecordFile).map((name) => join(this.folder(collection), name));
  }

  private async read(file: string): Promise<CloudRecord | undefined> {
    const text = await textOf(file);
    if (text === undefined) return undefined;
    const key = await this.secretKey();
    return legible(file, () => decodeRecord(text, key));
  }

  private async temporary(record: CloudRecord): Promise<string> {
    const file = join(this.folder(record.collection), `.${randomBytes(9).toString("hex")}.tmp`);
    const text = encodeRecord(record, await this.secretKey());
    // Ids and names are what files are called by, and a cloud shows them to everybody.
    if (this.holdsSecret(text))
      throw new Error(
        `a resource of type ${record.type} would have a secret in its id or name, which clouds show to everybody; nothing was written`,
      );
    try {
      await writeFile(file, text, { mode: 0o600, flag: "wx" });
    } catch (error) {
      await discard(file);
      throw refusal("write", file, error);
    }
    return file;
  }

  /** Reads the cloud's key, or makes it: of several processes that do, one wins and the others read its key. */
  private secretKey(): Promise<Buffer> {
    this.key ??= (async () => {
      const file = join(this.directory, keyFile);
      const known = await textOf(file);
      if (known !== undefined) return Buffer.from(known, "base64url");
      await createOnce(file, randomBytes(32).toString("base64url"));
      return Buffer.from(await readFile(file, "utf8"), "base64url");
    })();
    return this.key;
  }
}

function isRecordFile(name: string): boolean {
  return /^[^.].*\.[0-9a-f]{24}\.json$|^\.[0-9a-f]{24}\.json$/.test(name);
}

async function textOf(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch(ignoreMissing(undefined));
}

function legible<T>(file: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new Error(`${file} is not a resource of a sandbox cloud: ${(error as Error).message}. Repair or delete it.`);
  }
}

function ignoreMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return instead;
    throw error;
  };
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
