// `stack init`: makes an empty stack, puts an encryption salt into its configuration file unless one is there, selects it.
import { encodeDeployment, newManifest } from "../state/deployment.ts";
import { EngineError } from "../state/error.ts";
import { newSalt, passphraseSecrets } from "../state/passphrase.ts";
import { refuseSecretsProvider } from "../state/secrets.ts";
import { fullName, type StackName } from "../state/stackName.ts";
import { pulumiHome, selectStack } from "../state/workspaceFile.ts";
import { copyConfig } from "./config.ts";
import type { CommandContext } from "./context.ts";
import { openStack, readConfig } from "./stack.ts";

/** `stack init [name]` */
export async function stackInit(context: CommandContext): Promise<number> {
  const named = context.flags.string("stack");
  const [given] = context.args;
  if (named !== undefined && given !== undefined)
    throw new EngineError("only one of --stack or argument stack name may be specified, not both");
  const text = named ?? given;
  if (text === undefined) throw new EngineError("missing stack name");
  const source = context.flags.string("copy-config-from");
  const from = source ? await openStack(context, await context.parseStack(source)) : undefined;
  const name = await context.parseStack(text);
  await createStack(context, name);
  if (from === undefined) return 0;
  const to = await openStack(context, name);
  const configOf = async (stack: typeof to) => ({ stack, config: await readConfig(context, stack.name) });
  await copyConfig(context, await configOf(from), await configOf(to));
  return 0;
}

/**
 * Makes a stack. The passphrase is proven first, so that nothing is left behind when it is missing or wrong. A salt that
 * the configuration file already has is kept: stacks of one environment may share one.
 */
export async function createStack(context: CommandContext, name: StackName): Promise<void> {
  const project = await context.projectIfAny();
  if (project !== undefined && project.name !== name.project)
    throw new EngineError(
      `provided project name "${name.project}" doesn't match Pulumi.yaml: its name is "${project.name}"`,
    );
  refuseSecretsProvider(context.flags.string("secrets-provider"));
  const backend = await context.backend();
  if (await backend.exists(name)) throw new EngineError(`stack '${fullName(name)}' already exists`);
  const config = await readConfig(context, name);
  const passphrase = await context.passphrase();
  const salt = config.encryptionSalt ?? (await newSalt(passphrase));
  const secrets = await passphraseSecrets(salt, passphrase);
  if (config.encryptionSalt === undefined) config.setEncryptionSalt(salt);
  const empty = { manifest: newManifest(context.version), resources: [], pendingOperations: [], metadata: {} };
  await backend.create(
    name,
    encodeDeployment(empty, {
      secrets: { type: "encrypt", encrypt: (plaintext) => secrets.encrypt(plaintext) },
      provider: secrets,
      sandbox: false,
    }),
  );
  await config.save();
  context.stderr(`Created stack '${name.stack}'\n`);
  if (!context.flags.boolean("no-select"))
    await selectStack(pulumiHome(context.env), await context.project(), backend.url, fullName(name));
}
