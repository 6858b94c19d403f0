// Pulumi's passphrase secrets provider (pulumi/pulumi: pkg/secrets/passphrase/manager.go, sdk/go/common/resource/config/crypt.go):
//   key         PBKDF2-SHA256(passphrase, salt, 1,000,000 rounds), 32 bytes
//   ciphertext  v1:<nonce, 12 bytes>:<AES-256-GCM ciphertext and tag>, base64
//   salt        v1:<salt, 8 bytes>:<ciphertext of the word "pulumi">, which proves a passphrase right
// A key takes about a third of a second of one core: it is derived off the main thread, once a process for each pair of
// salt and passphrase.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  pbkdf2,
  randomBytes,
} from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { EngineError, reasonOf } from "./error.ts";
import { isJsonObject, type JsonValue } from "./json.ts";
import { refuseSecretsProvider, type SecretsManager } from "./secrets.ts";

const derive = promisify(pbkdf2);
const rounds = 1_000_000;
const proof = "pulumi";

/** The passphrase is not the one that a salt was made with. */
export class IncorrectPassphrase extends EngineError {
  constructor() {
    super("incorrect passphrase");
  }
}

/** Keys by a digest of passphrase and salt: the passphrase itself is not kept. */
const keys = new Map<string, Promise<KeyObject>>();

function nameOf(passphrase: string, salt: Buffer): string {
  return createHash("sha256").update(salt).update("\0").update(passphrase).digest("base64");
}

function keyFor(passphrase: string, salt: Buffer): Promise<KeyObject> {
  const name = nameOf(passphrase, salt);
  let key = keys.get(name);
  if (key === undefined) {
    key = derive(passphrase, salt, rounds, 32, "sha256").then((secret) => createSecretKey(secret));
    keys.set(name, key);
    key.catch(() => keys.delete(name));
  }
  return key;
}

function encryptWith(key: KeyObject, plaintext: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
}

function decryptWith(key: KeyObject, ciphertext: string): string {
  const parts = ciphertext.split(":");
  if (parts.length !== 3) throw new EngineError("bad value: a ciphertext reads v1:<nonce>:<data>");
  if (parts[0] !== "v1") throw new EngineError(`unknown value version "${parts[0]}"; known is v1`);
  const nonce = Buffer.from(parts[1]!, "base64");
  const sealed = Buffer.from(parts[2]!, "base64");
  if (nonce.length !== 12) throw new EngineError("bad value: nonce size is incorrect");
  if (sealed.length < 16) throw new EngineError("bad value: ciphertext is too short");
  const decipher = createDecipheriv("aes-256-gcm", key, nonce);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  try {
    return decipher.update(sealed.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
  } catch {
    throw new EngineError("a secret could not be decrypted: it was encrypted with another key, or changed");
  }
}

class PassphraseSecrets implements SecretsManager {
  readonly type = "passphrase";
  readonly salt: string;
  private readonly key: KeyObject;
  constructor(salt: string, key: KeyObject) {
    this.salt = salt;
    this.key = key;
  }
  get state(): JsonValue {
    return { salt: this.salt };
  }
  encrypt(plaintext: string): string {
    return encryptWith(this.key, plaintext);
  }
  decrypt(ciphertext: string): string {
    return decryptWith(this.key, ciphertext);
  }
}

/** A new random salt (the value of `encryptionsalt:`) for a passphrase. */
export async function newSalt(passphrase: string): Promise<string> {
  const salt = randomBytes(8);
  return `v1:${salt.toString("base64")}:${encryptWith(await keyFor(passphrase, salt), proof)}`;
}

/**
 * The manager of a salt (`encryptionsalt:` of a stack file, `secrets_providers.state.salt` of a checkpoint).
 * @throws IncorrectPassphrase when the passphrase is not the one the salt was made with.
 */
export async function passphraseSecrets(salt: string, passphrase: string): Promise<SecretsManager> {
  const { bytes, sealedProof } = partsOf(salt);
  const key = await keyFor(passphrase, bytes);
  if (!isProven(key, sealedProof)) throw new IncorrectPassphrase();
  return new PassphraseSecrets(salt, key);
}

function partsOf(salt: string): { readonly bytes: Buffer; readonly sealedProof: string } {
  const match = /^v1:([^:]*):(.*)$/s.exec(salt);
  if (match === null)
    throw new EngineError(`malformed encryption salt "${salt}": it reads v1:<salt>:v1:<nonce>:<data>`);
  return { bytes: Buffer.from(match[1]!, "base64"), sealedProof: match[2]! };
}

function isProven(key: KeyObject, sealedProof: string): boolean {
  try {
    return decryptWith(key, sealedProof) === proof;
  } catch {
    return false;
  }
}

/**
 * What spares a later process the derivation of a key: a text for a file that is kept as well as the passphrase itself.
 * @throws IncorrectPassphrase as passphraseSecrets.
 */
export async function keyText(salt: string, passphrase: string): Promise<string> {
  await passphraseSecrets(salt, passphrase);
  const { bytes } = partsOf(salt);
  return `${nameOf(passphrase, bytes)} ${(await keyFor(passphrase, bytes)).export().toString("base64")}`;
}

/**
 * Takes the key from what `keyText` gave. False, and nothing is changed, when it is of another salt or passphrase, or damaged.
 */
export function recallKey(text: string, salt: string, passphrase: string): boolean {
  const { bytes, sealedProof } = partsOf(salt);
  const [name = "", encoded = ""] = text.trim().split(" ");
  const secret = Buffer.from(encoded, "base64");
  if (name !== nameOf(passphrase, bytes) || secret.length !== 32) return false;
  const key = createSecretKey(secret);
  if (!isProven(key, sealedProof)) return false;
  if (!keys.has(name)) keys.set(name, Promise.resolve(key));
  return true;
}

/**
 * The passphrase of an environment: `PULUMI_CONFIG_PASSPHRASE` (also when empty), else the contents of
 * `PULUMI_CONFIG_PASSPHRASE_FILE`, without surrounding white space.
 */
export async function passphraseOf(env: Readonly<Record<string, string>>, cwd: string): Promise<string> {
  const given = env["PULUMI_CONFIG_PASSPHRASE"];
  if (given !== undefined) return given;
  const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (file === undefined || file === "")
    throw new EngineError(
      "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
    );
  try {
    return (await readFile(resolve(cwd, file), "utf8")).trim();
  } catch (thrown) {
    throw new EngineError(`unable to read PULUMI_CONFIG_PASSPHRASE_FILE: ${reasonOf(thrown)}`);
  }
}

/** The manager a checkpoint names (`secrets_providers`). Refuses every type but `passphrase`. */
export async function secretsOf(
  provider: { readonly type: string; readonly state: JsonValue },
  passphrase: () => Promise<string>,
): Promise<SecretsManager> {
  refuseSecretsProvider(provider.type, " of the state");
  const salt = isJsonObject(provider.state) ? provider.state["salt"] : undefined;
  if (typeof salt !== "string") throw new EngineError("the state's passphrase secrets provider has no salt");
  return passphraseSecrets(salt, await passphrase());
}
