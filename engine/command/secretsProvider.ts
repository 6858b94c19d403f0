// `stack change-secrets-provider passphrase`: another passphrase for a stack. Configuration and state are encrypted anew, the
// configuration file first: a crash between the two leaves a state that still opens with the old passphrase and names its
// own salt.

import { reencrypted } from "../state/configValue.ts";
import { EngineError } from "../state/error.ts";
import { newSalt, passphraseSecrets } from "../state/passphrase.ts";
import { refuseSecretsProvider } from "../state/secrets.ts";
import type { CommandContext } from "./context.ts";
import { configDecrypter, openCheckpoint, openStack, readConfig } from "./stack.ts";

/** The new passphrase is the first line of standard input; the old one is the environment's, as for every command. */
export async function changeSecretsProvider(context: CommandContext): Promise<number> {
  refuseSecretsProvider(context.args[0]);
  const stack = await openStack(context);
  const config = await readConfig(context, stack.name);
  refuseSecretsProvider(config.secretsProvider, ` of ${config.path}`);
  const phrase = await newPassphrase(context);
  if (phrase === "")
    throw new EngineError("the new passphrase must be given: on a terminal, or as the first line of standard input");
  const lock = await stack.backend.lock(stack.name);
  try {
    const checkpoint = await openCheckpoint(context, stack);
    const decrypt = await configDecrypter(context, stack, config);
    const salt = await newSalt(phrase);
    const secrets = await passphraseSecrets(salt, phrase);
    for (const [key, value] of config.values())
      config.set(
        key,
        reencrypted(value, (ciphertext) => secrets.encrypt(decrypt(ciphertext))),
      );
    config.setEncryptionSalt(salt);
    context.stdout("Migrating old configuration and state to new secrets provider\n");
    await config.save();
    if (checkpoint.snapshot !== undefined) await checkpoint.write(checkpoint.snapshot, secrets);
  } finally {
    await lock.release();
  }
  return 0;
}

/** Typed twice, as nobody sees it; else the first line of standard input. */
async function newPassphrase({ ask, stdin }: CommandContext): Promise<string> {
  if (!ask) return (await stdin()).split(/\r?\n/)[0]!.trim();
  const phrase = await ask("Enter your new passphrase to protect config/secrets: ", "hidden");
  if ((await ask("Re-enter your passphrase to confirm: ", "hidden")) !== phrase)
    throw new EngineError("the passphrases do not match");
  return phrase;
}
