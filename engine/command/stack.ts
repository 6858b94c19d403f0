// What the commands do to a stack again and again: find it, read its configuration, open its state with the right secrets.

import { resolve } from "node:path";
import { type Checkpoint, type OpenedDeployment, openDeployment } from "../state/checkpoint.ts";
import { holdsSecure } from "../state/configValue.ts";
import { secretsProviderOf } from "../state/deployment.ts";
import { EngineError } from "../state/error.ts";
import type { FileBackend } from "../state/fileBackend.ts";
import type { JsonObject } from "../state/json.ts";
import { IncorrectPassphrase, newSalt, passphraseSecrets, secretsOf } from "../state/passphrase.ts";
import { refuseSecretsProvider, type SecretsManager } from "../state/secrets.ts";
import {
  type ConfigMap,
  checkConfig,
  programConfig as programConfigOf,
  StackConfig,
  withProjectDefaults,
} from "../state/stackConfig.ts";
import type { StackName } from "../state/stackName.ts";
import type { CommandContext } from "./context.ts";

export interface OpenedStack {
  readonly backend: FileBackend;
  readonly name: StackName;
}

/** The stack a command works on. @throws EngineError `no stack named '...' found`, exit code 6. */
export async function openStack(context: CommandContext, name?: StackName): Promise<OpenedStack> {
  const backend = await context.backend();
  const stack = name ?? (await context.stackName());
  await backend.stateFile(stack);
  return { backend, name: stack };
}

/** The configuration file of a stack, `--config-file` and EngineOptions.configDirectory applied. */
export async function readConfig(context: CommandContext, stack: StackName): Promise<StackConfig> {
  const file = context.flags.string("config-file");
  return StackConfig.read(await context.project(), stack.stack, {
    file: file === undefined ? undefined : resolve(context.cwd, file),
    directory: context.options.configDirectory,
  });
}

/** A deployment, decrypted, for looking at: it may be broken. */
export async function readDeployment(context: CommandContext, deployment: JsonObject): Promise<OpenedDeployment> {
  try {
    return await openDeployment(deployment, { passphrase: context.passphrase, checkIntegrity: false });
  } catch (thrown) {
    if (!(thrown instanceof IncorrectPassphrase)) throw thrown;
    throw new EngineError(
      `failed to decrypt: ${thrown.message}, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase or set ` +
        "PULUMI_CONFIG_PASSPHRASE_FILE to a file containing the passphrase",
    );
  }
}

/** The state of a stack, decrypted, ready to be written. */
export function openCheckpoint(context: CommandContext, { backend, name }: OpenedStack): Promise<Checkpoint> {
  return backend.openCheckpoint(name, {
    passphrase: context.passphrase,
    sandbox: context.options.sandbox !== undefined,
    checkIntegrity: !context.flags.boolean("disable-integrity-checking"),
    ...(context.options.secrets && { secrets: context.options.secrets }),
  });
}

/**
 * What a stack's secrets are encrypted with: the salt in its configuration file, else the one its state was written with,
 * else a new one, which `config` holds then and the caller saves.
 */
export async function stackSecrets(
  context: CommandContext,
  { backend, name }: OpenedStack,
  config: StackConfig,
): Promise<SecretsManager> {
  refuseSecretsProvider(config.secretsProvider, ` of ${config.path}`);
  const salt = config.encryptionSalt;
  if (salt !== undefined) return passphraseSecrets(salt, await context.passphrase());
  const { deployment } = await backend.readRaw(name);
  const ofState = deployment && secretsProviderOf(deployment);
  if (ofState) return secretsOf(ofState, context.passphrase);
  const made = await newSalt(await context.passphrase());
  config.setEncryptionSalt(made);
  return passphraseSecrets(made, await context.passphrase());
}

/** Decrypts values of a configuration file; the key is derived when the first one is encrypted. */
export async function configDecrypter(
  context: CommandContext,
  stack: OpenedStack,
  config: StackConfig,
  values: ConfigMap = config.values(),
): Promise<(ciphertext: string) => string> {
  if (![...values.values()].some(holdsSecure)) return refuse;
  const secrets = await stackSecrets(context, stack, config);
  return (ciphertext) => secrets.decrypt(ciphertext);
}

function refuse(): never {
  throw new EngineError("there is nothing to decrypt");
}

/**
 * The configuration a program of the stack is told: file over project defaults, checked against the project's types
 * unless `--skip-config-validation`. `values` is as the file has it, encrypted: for the history.
 */
export async function programConfig(
  context: CommandContext,
  stack: OpenedStack,
  config: StackConfig,
): Promise<{
  readonly values: ConfigMap;
  readonly plain: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}> {
  const project = await context.project();
  const values = withProjectDefaults(config.values(), project);
  const decrypt = await configDecrypter(context, stack, config, values);
  if (!context.flags.boolean("skip-config-validation")) checkConfig(values, project, stack.name.stack, decrypt);
  const { values: plain, secretKeys } = programConfigOf(values, decrypt);
  return { values, plain, secretKeys };
}
