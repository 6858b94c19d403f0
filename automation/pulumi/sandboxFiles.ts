// The files of a sandbox environment, all below one folder (docs/design.md, "Where things are kept"), and the environment
// variables of everything that runs in it: made from nothing, so that no credential of the machine can be in them.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createOnce, makeFolder, readIfPresent, writeDurably } from "../../engine/state/files.ts";
import { keyText, newSalt, recallKey } from "../../engine/state/passphrase.ts";

export interface SandboxFiles {
  readonly folder: string;
  /** File backend. */
  readonly state: string;
  /** Sandbox cloud. */
  readonly cloud: string;
  /** Stack configuration files. */
  readonly config: string;
  readonly home: string;
  readonly passphraseFile: string;
  readonly saltFile: string;
  /** The key that passphrase and salt give; made again when it is missing. */
  readonly keyFile: string;
}

/** Where a sandbox environment is; `base` is the workspace's `.tutti` or what stands for it. Creates nothing. */
export function sandboxFiles(base: string, environment: string): SandboxFiles {
  const folder = path.join(base, "sandbox", environment);
  const file = (name: string): string => path.join(folder, name);
  return {
    folder,
    state: file("state"),
    cloud: file("cloud"),
    config: file("config"),
    home: file("home"),
    passphraseFile: file("passphrase"),
    saltFile: file("salt"),
    keyFile: file("key"),
  };
}

/** An environment ready for use. */
export interface OpenSandbox {
  readonly files: SandboxFiles;
  readonly passphrase: string;
  /** The complete environment of engine, programs and providers. */
  readonly env: Readonly<Record<string, string>>;
}

/** Creates what is missing; safe when several processes do so at once. */
export async function openSandbox(base: string, environment: string): Promise<OpenSandbox> {
  const files = sandboxFiles(base, environment);
  for (const folder of [files.state, files.cloud, files.config, files.home]) await makeFolder(folder);
  const passphrase = await createdOnce(files.passphraseFile, async () => randomBytes(32).toString("base64url"));
  return { files, passphrase, env: sandboxEnvironment(files) };
}

/** Variables of another sandbox environment of the workspace, for reading its stacks; `undefined` when there is none. */
export function neighbour(base: string, environment: string): Readonly<Record<string, string>> | undefined {
  const files = sandboxFiles(base, environment);
  return existsSync(files.passphraseFile) ? sandboxEnvironment(files) : undefined;
}

/** The salt that all stacks of the environment share: one key derivation a run instead of one a stack. */
export function sharedSalt({ files, passphrase }: OpenSandbox): Promise<string> {
  return createdOnce(files.saltFile, () => newSalt(passphrase));
}

/**
 * Makes the key known that all stacks of the environment share, beside everything else that a run loads first. It is derived
 * once and then kept beside the passphrase, which whoever can read it can read as well. Nothing waits for this, and what is
 * wrong shows where the key is used.
 */
export function prepareSharedKey(sandbox: OpenSandbox): void {
  recallOrDerive(sandbox).catch(() => undefined);
}

async function recallOrDerive({ files, passphrase }: OpenSandbox): Promise<void> {
  const [salt, kept] = await Promise.all([
    readFile(files.saltFile, "utf8").then((text) => text.trim()),
    readFile(files.keyFile, "utf8").catch(() => ""),
  ]);
  if (recallKey(kept, salt, passphrase)) return;
  const text = await keyText(salt, passphrase);
  await writeDurably(files.keyFile, `${text}\n`);
}

/** Variables of a sandbox; the same on every machine but for paths, language and time zone. */
export function sandboxEnvironment(files: SandboxFiles): Record<string, string> {
  const { LANG, LC_ALL, TZ, TMPDIR } = process.env;
  const own = Object.entries({ LANG, LC_ALL, TZ, TMPDIR }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    ...Object.fromEntries(own),
    PATH: [path.dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(path.delimiter),
    HOME: files.home,
    PULUMI_HOME: path.join(files.home, ".pulumi"),
    PULUMI_BACKEND_URL: `file://${files.state}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: files.passphraseFile,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A rehearsal runs programs whose workspace says that the cloud is real.
    TUTTI_SANDBOX: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Client libraries look for credentials on the machine's metadata server when they find no file.
    GCE_METADATA_HOST: "127.0.0.1:9",
    AWS_EC2_METADATA_DISABLED: "true",
    USER: "sandbox",
    LOGNAME: "sandbox",
    HOSTNAME: os.hostname(),
  };
}

/** What a file holds, created with what `make` gives when it is missing; the first of several processes wins. */
async function createdOnce(file: string, make: () => Promise<string>): Promise<string> {
  const known = await readText(file);
  if (known !== undefined) return known;
  const made = await make();
  if (await createOnce(file, `${made}\n`)) return made;
  return (await readText(file)) ?? made;
}

/** Undefined when there is no such file. @throws Error when there is one with nothing in it: it is never written so. */
async function readText(file: string): Promise<string | undefined> {
  const text = (await readIfPresent(file))?.toString("utf8").trim();
  if (text === "") throw new Error(`${file} is empty: bring back what it held, or remove the environment's folder`);
  return text;
}
