// `stack migrate`: takes a stack of another backend into this one, and leaves the other as it is. Configuration and state are
// encrypted anew; under another name, URNs are rewritten. Nothing is written before all that can be refused has been.
import { randomInt } from "node:crypto";
import { basename } from "node:path";
import { EngineError } from "../state/error.ts";
import { FileBackend } from "../state/fileBackend.ts";
import { readIfPresent, writeDurably } from "../state/files.ts";
import { newSalt, passphraseSecrets } from "../state/passphrase.ts";
import { refuseSecretsProvider } from "../state/secrets.ts";
import { fullName } from "../state/stackName.ts";
import { copyConfig } from "./config.ts";
import { requireYes } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { readConfig } from "./stack.ts";
import { encodedFor } from "./stackExport.ts";
import { renamed } from "./stackRename.ts";

/** `stack migrate <url> <stack> [--target name] [--force] --yes` */
export async function stackMigrate(context: CommandContext): Promise<number> {
  const { flags, stdout } = context;
  const [url = "", given] = context.args;
  refuseSecretsProvider(flags.string("secrets-provider"));
  const source = await FileBackend.open(url, context.env, context.cwd);
  const target = await context.backend();
  if (source.folder === target.folder)
    throw new EngineError(`source and target backends are the same (${target.url}); nothing to migrate`);
  if (given === undefined) throw new EngineError("no stack selected; name the stack to migrate after the backend");
  const from = await context.parseStack(given);
  if (!(await source.exists(from))) throw new EngineError(`source stack "${given}" not found in backend ${source.url}`);
  const to = await context.parseStack(flags.string("target") || from.stack);
  if (await target.exists(to))
    throw new EngineError(
      `target stack "${to.stack}" already exists in ${target.url}; remove it first or pick another name with --target`,
    );
  await requireYes(context, `This will take ${from.stack} of ${url} along as ${to.stack}.`);
  const [oldConfig, newConfig] = [await readConfig(context, from), await readConfig(context, to)];
  const before = await readIfPresent(newConfig.path);
  const passphrase = await context.passphrase();
  const salt = newConfig.encryptionSalt ?? (await newSalt(passphrase));
  const secrets = await passphraseSecrets(salt, passphrase);
  if (newConfig.encryptionSalt === undefined) newConfig.setEncryptionSalt(salt);
  const raw = renamed(await source.readRaw(from), from, to);
  const state = raw.deployment === undefined ? undefined : await encodedFor(context, to, raw, raw.deployment, secrets);
  const isSameFile = oldConfig.path === newConfig.path;
  const backup = isSameFile && before !== undefined ? `${newConfig.path}.bak.${randomInt(1e9, 1e10)}` : undefined;
  if (backup !== undefined && before !== undefined) {
    await writeDurably(backup, before, { mode: 0o600 });
    stdout(`Backed up ${newConfig.path} to ${backup}\n`);
  }
  newConfig.replaceAll(oldConfig.values());
  const [old, next] = [
    { backend: source, name: from },
    { backend: target, name: to },
  ];
  await copyConfig(context, { stack: old, config: oldConfig }, { stack: next, config: newConfig });
  await target.create(to, state);
  stdout(`Created stack '${to.stack}'\nMigrated stack ${fullName(from)} from ${source.url} to ${target.url}.\n`);
  stdout(`Source stack state on ${source.url} is untouched.\n`);
  if (backup !== undefined)
    stdout(`Note: ${basename(newConfig.path)} is encrypted anew. What it held before is in ${basename(backup)}.\n`);
  return 0;
}
