// One stack's checkpoint, read, then written again and again while an operation goes on. A write is durable when it
// resolves (a line of the journal: as journal.ts says), and is refused for a snapshot that does not hold together. What
// did not change is not encoded again (states are immutable), and an unchanged secret keeps its ciphertext, so that a
// no-op operation rewrites the same resources.
import type { Changes } from "../deployment/changes.ts";
import type { AppendChanges } from "../deployment/snapshot.ts";
import type { SecretValues } from "../secretValues.ts";
import {
  decodeDeployment,
  encodeDeployment,
  type RawDeployment,
  type Snapshot,
  sandboxFeature,
  secretsProviderOf,
} from "./deployment.ts";
import { EngineError } from "./error.ts";
import { integrityProblem } from "./integrity.ts";
import { encodeChanges, JournalFile, journalFeature, removeJournals, wholeLimit } from "./journal.ts";
import { type JsonObject, type JsonValue, plainText } from "./json.ts";
import { secretsOf } from "./passphrase.ts";
import { encodeResource, type ResourceState } from "./resource.ts";
import { CiphertextCache, type SecretsManager } from "./secrets.ts";
import { type SecretReader, type SecretWriter, secretSignature, signatureKey } from "./serialize.ts";
import { stateFileText, writeStateFile } from "./stateFile.ts";
import { compressed, plainForm, type StateForm } from "./stateForm.ts";

export interface CheckpointOptions {
  /** Asked only when the state holds a secret. */
  readonly passphrase: () => Promise<string>;
  /** Whether `gcp` and `kubernetes` resources written here are the sandbox's: marks the state (see deployment.ts). */
  readonly sandbox: boolean;
  /** False for `--disable-integrity-checking`. */
  readonly checkIntegrity: boolean;
  /**
   * Asked of each resource before it is written. Properties that hold a secret are written as secrets, also when the secret was
   * learnt after the resource was registered; a state that would hold one in plain text all the same is not written.
   */
  readonly secrets?: Pick<SecretValues, "found" | "conceal">;
  /** How many characters are written whole before what changes goes into a journal (journal.ts). */
  readonly wholeLimit?: number;
  /** How the file is written; plain when not given. */
  readonly form?: StateForm;
}

export interface OpenedDeployment {
  readonly snapshot: Snapshot;
  /** The manager the secrets were encrypted with; undefined when the deployment names none. */
  readonly secrets: SecretsManager | undefined;
  readonly ciphertexts: CiphertextCache;
}

/**
 * Decodes and decrypts a deployment. The key is derived only when there is a secret.
 * @throws EngineError for a wrong passphrase, malformed resources, or a snapshot that does not hold together.
 */
export async function openDeployment(
  deployment: JsonObject,
  { passphrase, checkIntegrity }: Pick<CheckpointOptions, "passphrase" | "checkIntegrity">,
): Promise<OpenedDeployment> {
  const ciphertexts = new CiphertextCache();
  const provider = secretsProviderOf(deployment);
  const secrets = provider !== undefined && holdsSecret(deployment) ? await secretsOf(provider, passphrase) : undefined;
  const reader: SecretReader = {
    decrypt(ciphertext) {
      if (secrets === undefined)
        throw new EngineError("snapshot contains encrypted secrets but no secrets manager could be found");
      return secrets.decrypt(ciphertext);
    },
    remember: (place, plaintext, ciphertext) => ciphertexts.remember(place, plaintext, ciphertext),
  };
  const snapshot = decodeDeployment(deployment, reader);
  const problem = checkIntegrity ? integrityProblem(snapshot) : undefined;
  if (problem !== undefined) throw new EngineError(`snapshot integrity failure; refusing to use it: ${problem}`);
  return { snapshot, secrets, ciphertexts };
}

function holdsSecret(json: JsonValue): boolean {
  if (typeof json !== "object" || json === null) return false;
  if (!Array.isArray(json) && (json as JsonObject)[signatureKey] === secretSignature) return true;
  return Object.values(json).some(holdsSecret);
}

interface Writer {
  readonly manager: SecretsManager;
  readonly encode: (resource: ResourceState) => string;
  readonly secrets: SecretWriter;
}

export class Checkpoint {
  /** What the file held when it was opened; undefined for a stack that never was updated. */
  readonly snapshot: Snapshot | undefined;
  /** What the file's secrets were encrypted with; undefined when it held none. */
  readonly secrets: SecretsManager | undefined;
  private readonly base: string;
  private readonly name: string;
  private readonly options: CheckpointOptions;
  private readonly ciphertexts: CiphertextCache;
  private writer: Writer | undefined;
  private last: Promise<void> = Promise.resolve();
  private journal: JournalFile | undefined;
  /** Characters written whole. */
  private written = 0;

  private constructor(base: string, name: string, options: CheckpointOptions, opened: OpenedDeployment | undefined) {
    this.base = base;
    this.name = name;
    this.options = options;
    this.snapshot = opened?.snapshot;
    this.secrets = opened?.secrets;
    this.ciphertexts = opened?.ciphertexts ?? new CiphertextCache();
  }

  /** `base` is the state file's path without extension, `name` the stack's full name. */
  static async open(base: string, name: string, raw: RawDeployment, options: CheckpointOptions): Promise<Checkpoint> {
    const opened = raw.deployment === undefined ? undefined : await openDeployment(raw.deployment, options);
    // what was marked as a sandbox's stays so, whoever writes it
    const sandbox = options.sandbox || raw.features.includes(sandboxFeature);
    return new Checkpoint(base, name, { ...options, sandbox }, opened);
  }

  /**
   * Replaces the state. Writes queue: they reach the disk in the order of the calls, each durable when its promise
   * resolves. `secrets` should be the same manager every time: another one encrypts everything anew.
   *
   * With `goesOn` it may get a journal (journal.ts), and the answer adds to that, until the state is replaced again.
   * @throws EngineError, with the state left as it was, when the snapshot does not hold together.
   */
  write(snapshot: Snapshot, secrets: SecretsManager, goesOn = false): Promise<AppendChanges | undefined> {
    const problem = this.options.checkIntegrity ? integrityProblem(snapshot) : undefined;
    if (problem !== undefined)
      return Promise.reject(
        new EngineError(`${this.base}.json: snapshot integrity failure; it was not written: ${problem}`),
      );
    const { sandbox, wholeLimit: limit = wholeLimit, form = plainForm } = this.options;
    const writer = this.writerFor(secrets);
    let state: ReturnType<typeof encodeDeployment>;
    try {
      state = encodeDeployment(snapshot, {
        secrets: writer.secrets,
        provider: secrets,
        sandbox,
        encode: writer.encode,
      });
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    this.written += state.text.length;
    // Where every state is to stay, each is written whole.
    const journaled = goesOn && this.written > limit && !form.retained;
    const text = stateFileText(this.name, journaled ? withJournal(state) : state);
    return this.queue(async () => {
      const before = this.journal;
      // What is written whole between stays below what the journals hold, and a journal below what is read in no time.
      const room = Math.max(text.length, 8 * limit);
      const bytes = await compressed(text, form);
      const journal = journaled ? await JournalFile.begin(`${this.base}.json`, bytes, sandbox, room) : undefined;
      try {
        await writeStateFile(this.base, bytes, form, { backup: before === undefined });
      } catch (thrown) {
        // It stays on disk: whether the checkpoint it belongs to is in its place is not known.
        await journal?.close();
        throw thrown;
      }
      this.journal = journal;
      await before?.close();
      await removeJournals(`${this.base}.json`, journal);
      return journal && ((changes) => this.append(journal, changes, writer));
    });
  }

  private async append(journal: JournalFile, changes: Changes, { encode }: Writer): Promise<boolean> {
    const line = encodeChanges(changes, encode);
    return this.queue(async () => journal.append(line));
  }

  /** Lets go of the journal, which stays: nothing is written after this. */
  close(): Promise<void> {
    return this.queue(async () => {
      await this.journal?.close();
      this.journal = undefined;
    });
  }

  private queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /**
   * Whether a secret would stand in plain in the text of a resource, and did not do so in the state on disk: what is there
   * from before it was called a secret must not keep anybody from replacing it.
   */
  private leaks(urn: string, text: string): boolean {
    const { secrets } = this.options;
    const found = secrets?.found(text);
    if (secrets === undefined || found === undefined || found.size === 0) return false;
    const blind: SecretWriter = { type: "encrypt", encrypt: () => "" };
    const before = (this.snapshot?.resources ?? [])
      .filter((resource) => resource.urn === urn)
      .flatMap((resource) => [...secrets.found(encodeResource(resource, blind))]);
    return [...found].some((form) => !before.includes(form));
  }

  private encode(resource: ResourceState, writer: SecretWriter): string {
    const text = encodeResource(resource, writer);
    const { secrets } = this.options;
    if (secrets === undefined || !this.leaks(resource.urn, text)) return text;
    const [inputs, outputs] = [secrets.conceal(resource.inputs), secrets.conceal(resource.outputs)];
    const concealed = encodeResource({ ...resource, inputs, outputs }, writer);
    if (!this.leaks(resource.urn, concealed)) return concealed;
    // Which resource it is could be the secret.
    throw new EngineError(
      `a resource of type ${resource.type} would stand in the state with a secret in plain text (in its id, its name or the name of a property): the state was not written`,
    );
  }

  private writerFor(manager: SecretsManager): Writer {
    if (this.writer !== undefined && isSame(this.writer.manager, manager)) return this.writer;
    const ciphertexts =
      this.secrets !== undefined && isSame(this.secrets, manager) ? this.ciphertexts : new CiphertextCache();
    const secrets: SecretWriter = {
      type: "encrypt",
      encrypt: (plaintext, place) => ciphertexts.encrypt(manager, place, plaintext),
    };
    const texts = new WeakMap<ResourceState, string>();
    const encode = (resource: ResourceState): string => {
      const known = texts.get(resource);
      if (known !== undefined) return known;
      const text = this.encode(resource, secrets);
      texts.set(resource, text);
      return text;
    };
    this.writer = { manager, encode, secrets };
    return this.writer;
  }
}

/** Whether two managers have one key. */
function isSame(one: SecretsManager, other: SecretsManager): boolean {
  return one === other || (one.type === other.type && plainText(one.state) === plainText(other.state));
}

/** What marks a checkpoint that goes on in a journal. */
function withJournal({ features, text }: ReturnType<typeof encodeDeployment>): ReturnType<typeof encodeDeployment> {
  return { version: 4, features: [...features, journalFeature].sort(), text };
}
