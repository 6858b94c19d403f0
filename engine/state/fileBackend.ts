// A file backend: the stacks kept below one folder, in the layout of the official engine's own (version 1), so that both
// engines can work on one backend in turn. Nothing is written before the first stack is.
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { backendFolder } from "./backendUrl.ts";
import { Checkpoint, type CheckpointOptions } from "./checkpoint.ts";
import type { RawDeployment } from "./deployment.ts";
import { isTrue } from "./environment.ts";
import { EngineError, exitCodes, hasCode } from "./error.ts";
import { readIfPresent, writeDurably } from "./files.ts";
import { appendHistory, readHistory, renameHistory, type UpdateInfo } from "./history.ts";
import { integrityProblem } from "./integrity.ts";
import { journalsOf, removeJournals } from "./journal.ts";
import { plainText } from "./json.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { type HeldLock, heldLocks, type Lock, removeLocks, takeLock } from "./lock.ts";
import { fullName, type StackName } from "./stackName.ts";
import {
  findStateFile,
  keepBackup,
  readStateFile,
  type StateFile,
  stackOfFile,
  stateFileText,
  writeStateFile,
} from "./stateFile.ts";
import { compressed, type StateForm, stateFormOf } from "./stateForm.ts";
import { readTags, type Tags, writeTags } from "./tags.ts";

/** `text` is absent for a stack that has no deployment at all. */
interface EncodedDeployment {
  readonly version: number;
  readonly features: readonly string[];
  readonly text: string | undefined;
}

const nothing: EncodedDeployment = { version: 3, features: [], text: undefined };

export class FileBackend {
  /** The URL it was opened with. */
  readonly url: string;
  /** Absolute. */
  readonly folder: string;
  private readonly layout: Layout;
  private readonly keepsBackups: boolean;
  private readonly form: StateForm;

  private constructor(url: string, folder: string, env: Readonly<Record<string, string>>) {
    this.keepsBackups = !isTrue(env["PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS"]);
    this.form = stateFormOf(env);
    this.url = url;
    this.folder = folder;
    this.layout = layoutOf(folder);
  }

  /**
   * @throws EngineError when the folder does not exist, or holds a layout this engine does not know, or when the environment
   *   asks for two compressions.
   */
  static async open(url: string, env: Readonly<Record<string, string>>, cwd: string): Promise<FileBackend> {
    const folder = backendFolder(url, env, cwd);
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined || !found.isDirectory())
      throw new EngineError(`unable to open state directory "${url}": ${folder} is no folder`);
    const backend = new FileBackend(url, folder, env);
    await backend.checkLayout();
    return backend;
  }

  private async checkLayout(): Promise<void> {
    const meta = await readIfPresent(this.layout.meta);
    if (meta === undefined) {
      const stacks = await this.entries(this.layout.stacks);
      if (stacks.some((entry) => entry.isFile() && stackOfFile(entry.name) !== undefined))
        throw new EngineError(
          `the state in "${this.url}" has the old layout without projects; upgrade it with \`pulumi state upgrade\``,
        );
      return;
    }
    const json: unknown = parse(meta.toString("utf8"));
    const version = typeof json === "object" && json !== null && "version" in json ? json.version : undefined;
    if (version !== 1)
      throw new EngineError(
        `state store unsupported: 'meta.yaml' version (${String(version)}) is not supported by this engine`,
      );
  }

  async exists(name: StackName): Promise<boolean> {
    return (await findStateFile(this.layout.stackBase(name))) !== undefined;
  }

  /** Every stack of every project, or of one, sorted by project and stack. */
  async list(project?: string): Promise<readonly StackName[]> {
    const projects =
      project === undefined
        ? (await this.entries(this.layout.stacks)).filter((entry) => entry.isDirectory()).map(({ name }) => name)
        : [project];
    const names: StackName[] = [];
    for (const folder of projects.sort()) {
      const files = (await this.entries(join(this.layout.stacks, folder))).filter((entry) => entry.isFile());
      const stacks = files.map(({ name }) => stackOfFile(name)).filter((stack) => stack !== undefined);
      // an interrupted change of compression leaves two files of one stack
      for (const stack of [...new Set(stacks)].sort()) names.push({ project: folder, stack });
    }
    return names;
  }

  private async entries(folder: string) {
    try {
      return await readdir(folder, { withFileTypes: true });
    } catch (thrown) {
      if (hasCode(thrown, "ENOENT")) return [];
      throw thrown;
    }
  }

  /** Makes a stack of an encoded deployment. @throws EngineError `stack '...' already exists`. */
  async create(name: StackName, state: EncodedDeployment = nothing): Promise<void> {
    const lock = await this.lock(name);
    try {
      if (await this.exists(name)) throw new EngineError(`stack '${fullName(name)}' already exists`);
      if ((await readIfPresent(this.layout.meta)) === undefined) await writeDurably(this.layout.meta, "version: 1\n");
      await this.writeText(name, state);
    } finally {
      await lock.release();
    }
  }

  /** The path of a stack's state. @throws EngineError `no stack named '...' found`, exit code 6. */
  async stateFile(name: StackName): Promise<string> {
    const path = await findStateFile(this.layout.stackBase(name));
    if (path === undefined) throw new EngineError(`no stack named '${name.stack}' found`, exitCodes.stackNotFound);
    return path;
  }

  /** A stack's deployment as it is on disk, nothing decrypted. */
  async readRaw(name: StackName): Promise<RawDeployment> {
    return (await this.read(name)).raw;
  }

  private async read(name: StackName): Promise<StateFile> {
    return readStateFile(await this.stateFile(name), `the stack '${name.stack}'`);
  }

  /** Writes a deployment as it is. The caller holds the lock and has checked it. */
  async writeRaw(name: StackName, { version, features, deployment }: RawDeployment): Promise<void> {
    const text = deployment === undefined ? undefined : plainText(deployment);
    await this.writeText(name, { version, features, text });
  }

  /** Writes an encoded deployment. The caller holds the lock and has checked it. */
  async writeText(name: StackName, state: EncodedDeployment): Promise<void> {
    const base = this.layout.stackBase(name);
    await writeStateFile(base, await compressed(stateFileText(fullName(name), state), this.form), this.form);
    await removeJournals(`${base}.json`);
  }

  /** Opens a stack's checkpoint for an operation. */
  async openCheckpoint(name: StackName, options: CheckpointOptions): Promise<Checkpoint> {
    return Checkpoint.open(this.layout.stackBase(name), fullName(name), await this.readRaw(name), {
      form: this.form,
      ...options,
    });
  }

  /** Takes a stack's lock. Whoever holds it finds the state in one file. */
  async lock(name: StackName): Promise<Lock> {
    const lock = await takeLock(this.layout.locks(name));
    try {
      await this.foldJournal(name);
      return lock;
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  /** Writes whole what an operation that was cut off left as a checkpoint and a journal; if it holds together. */
  private async foldJournal(name: StackName): Promise<void> {
    const path = `${this.layout.stackBase(name)}.json`;
    if ((await journalsOf(path)).length === 0) return;
    if (await this.exists(name)) {
      const { raw, journaled } = await this.read(name);
      if (journaled !== undefined) {
        if (integrityProblem(journaled) !== undefined) return;
        const text = raw.deployment && plainText(raw.deployment);
        const bytes = await compressed(stateFileText(fullName(name), { ...raw, text }), this.form);
        await writeStateFile(this.layout.stackBase(name), bytes, this.form, { backup: false });
      }
    }
    await removeJournals(path);
  }

  /** Everybody who holds a lock of the stack. */
  locks(name: StackName): Promise<readonly HeldLock[]> {
    return heldLocks(this.layout.locks(name));
  }

  /** Removes all locks of a stack, whoever holds them (`cancel`). */
  async unlock(name: StackName): Promise<void> {
    await removeLocks(this.layout.locks(name));
  }

  /** Adds a history entry, a copy of the checkpoint and a backup: after every operation that may have changed the state. */
  async recordUpdate(name: StackName, info: UpdateInfo): Promise<void> {
    const backups = this.keepsBackups ? this.layout.backups(name) : undefined;
    const folders = { history: this.layout.history(name), backups };
    await appendHistory(folders, name.stack, info, await this.stateFile(name), this.form);
  }

  /** Newest first; see readHistory. */
  history(name: StackName, pageSize?: number, page?: number): Promise<readonly UpdateInfo[]> {
    return readHistory(this.layout.history(name), pageSize, page);
  }

  tags(name: StackName): Promise<Tags> {
    return readTags(this.layout.stackBase(name));
  }

  setTags(name: StackName, tags: Tags): Promise<void> {
    return writeTags(this.layout.stackBase(name), tags);
  }

  /** Removes a stack with its history and tags; its state stays as `.bak` unless `withBackups`. The caller has checked that it is empty. */
  async remove(name: StackName, withBackups: boolean): Promise<void> {
    const lock = await this.lock(name);
    try {
      const path = await this.stateFile(name);
      if (!withBackups) await keepBackup(path);
      await rm(path, { force: true });
      await rm(`${path}.attrs`, { force: true });
      if (withBackups) {
        await rm(`${path}.bak`, { force: true });
        await rm(`${path}.bak.attrs`, { force: true });
        await rm(this.layout.backups(name), { recursive: true, force: true });
      }
      await writeTags(this.layout.stackBase(name), {});
      await rm(this.layout.history(name), { recursive: true, force: true });
    } finally {
      await lock.release();
    }
  }

  /** Moves state and history to another name. `renamed` is the deployment with its URNs already rewritten. */
  async rename(from: StackName, to: StackName, rewrite: (raw: RawDeployment) => RawDeployment): Promise<void> {
    const lock = await this.lock(from);
    try {
      if (await this.exists(to)) throw new EngineError(`a stack named ${fullName(to)} already exists`);
      const path = await this.stateFile(from);
      await this.writeRaw(to, rewrite(await this.readRaw(from)));
      await keepBackup(path);
      await rm(path, { force: true });
      await renameHistory(
        { folder: this.layout.history(from), stack: from.stack },
        { folder: this.layout.history(to), stack: to.stack },
      );
    } finally {
      await lock.release();
    }
  }
}
