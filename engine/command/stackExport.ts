// `stack export` and `stack import`: a whole deployment as JSON, out of a stack and into one.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  encodeDeployment,
  type RawDeployment,
  type Snapshot,
  sandboxFeature,
  secretsProviderOf,
  upgradeDeployment,
} from "../state/deployment.ts";
import { EngineError, reasonOf } from "../state/error.ts";
import { readIfPresent } from "../state/files.ts";
import { integrityProblem } from "../state/integrity.ts";
import {
  arrayText,
  indentText,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  plainText,
  stringText,
  structText,
} from "../state/json.ts";
import { secretsOf } from "../state/passphrase.ts";
import type { SecretsManager } from "../state/secrets.ts";
import type { StackName } from "../state/stackName.ts";
import type { CommandContext } from "./context.ts";
import { type OpenedStack, openStack, readConfig, readDeployment, stackSecrets } from "./stack.ts";

/** `stack export [--file path] [--show-secrets]` */
export async function stackExport(context: CommandContext): Promise<number> {
  const { flags } = context;
  const { backend, name } = await openStack(context);
  if (flags.has("version"))
    throw new EngineError(
      `the current backend (${backend.url}) does not provide the ability to export previous deployments`,
    );
  const raw = await backend.readRaw(name);
  const text =
    flags.boolean("show-secrets") && raw.deployment ? await opened(context, raw, raw.deployment) : rawText(raw);
  const file = flags.string("file");
  const printed = `${indentText(text)}\n`;
  if (file === undefined) context.stdout(printed);
  else await writeFile(resolve(context.cwd, file), printed, { mode: 0o600 });
  return 0;
}

function exportText(version: number, features: readonly string[], deployment: string): string {
  return structText([
    ["version", String(version)],
    ["features", features.length === 0 ? undefined : arrayText(features.map(stringText))],
    ["deployment", deployment],
  ]);
}

function rawText({ version, features, deployment }: RawDeployment): string {
  return exportText(version, features, deployment === undefined ? "null" : plainText(deployment));
}

async function opened(context: CommandContext, raw: RawDeployment, deployment: JsonObject): Promise<string> {
  const { snapshot } = await readDeployment(context, deployment);
  const encoded = encodeDeployment(snapshot, {
    secrets: { type: "plaintext" },
    provider: secretsProviderOf(deployment),
    sandbox: raw.features.includes(sandboxFeature),
  });
  return exportText(encoded.version, encoded.features, encoded.text);
}

/** `stack import [--file path] [--force]` */
export async function stackImport(context: CommandContext): Promise<number> {
  const stack = await openStack(context);
  const json = await readInput(context);
  if (!isJsonObject(json)) throw new EngineError("could not read the deployment: expected a JSON object");
  const raw = upgradeDeployment(
    json["version"],
    json["features"],
    json["deployment"],
    `the deployment for stack '${stack.name.stack}'`,
  );
  const lock = await stack.backend.lock(stack.name);
  try {
    if (raw.deployment === undefined)
      await stack.backend.writeRaw(stack.name, { ...raw, version: 3, features: [], deployment: undefined });
    else await importDeployment(context, stack, raw, raw.deployment);
  } finally {
    await lock.release();
  }
  context.stdout("Import complete.\n");
  return 0;
}

async function importDeployment(
  context: CommandContext,
  stack: OpenedStack,
  raw: RawDeployment,
  deployment: JsonObject,
): Promise<void> {
  const provider = secretsProviderOf(deployment);
  const config = await readConfig(context, stack.name);
  const secrets = provider ? await secretsOf(provider, context.passphrase) : await stackSecrets(context, stack, config);
  const encoded = await encodedFor(context, stack.name, raw, deployment, secrets);
  await config.save();
  await stack.backend.writeText(stack.name, encoded);
}

/**
 * A deployment, to be written for a stack, its secrets encrypted anew and its pending operations dropped.
 * @throws EngineError for one that is dangerous to write, unless `--force` is given.
 */
export async function encodedFor(
  context: CommandContext,
  name: StackName,
  raw: RawDeployment,
  deployment: JsonObject,
  secrets: SecretsManager,
): Promise<ReturnType<typeof encodeDeployment>> {
  const { snapshot } = await readDeployment(context, deployment);
  const problems = importProblems(snapshot, name, !context.flags.boolean("disable-integrity-checking"));
  if (problems.length > 0 && !context.flags.boolean("force"))
    throw new EngineError(
      [...problems, "importing this file could be dangerous; rerun with --force to proceed anyway"].join("\n"),
    );
  for (const problem of problems) context.stderr(`warning: ${problem}\n`);
  for (const { type, resource } of snapshot.pendingOperations)
    context.stderr(`warning: removing pending operation '${type}' on '${resource.urn}' from snapshot\n`);
  return encodeDeployment(
    { ...snapshot, pendingOperations: [] },
    {
      secrets: { type: "encrypt", encrypt: (plaintext) => secrets.encrypt(plaintext) },
      provider: secrets,
      sandbox: context.options.sandbox !== undefined || raw.features.includes(sandboxFeature),
    },
  );
}

/** What makes an import dangerous: resources of another stack or project, and a snapshot that does not hold together. */
export function importProblems(
  snapshot: Snapshot,
  { project, stack }: StackName,
  checkIntegrity: boolean,
): readonly string[] {
  const problems: string[] = [];
  for (const { urn } of snapshot.resources) {
    const [, ofStack = "", ofProject = ""] = /^urn:pulumi:(.*?)::(.*?)::/.exec(urn) ?? [];
    if (ofStack !== stack) problems.push(`resource '${urn}' is from a different stack (${ofStack} != ${stack})`);
    else if (ofProject !== project)
      problems.push(`resource '${urn}' is from a different project (${ofProject} != ${project})`);
  }
  const problem = checkIntegrity ? integrityProblem(snapshot) : undefined;
  if (problem !== undefined) problems.push(`state file contains errors: ${problem}`);
  return problems;
}

async function readInput(context: CommandContext): Promise<JsonValue> {
  const file = context.flags.string("file");
  const bytes = file === undefined ? undefined : await readIfPresent(resolve(context.cwd, file));
  if (file !== undefined && bytes === undefined) throw new EngineError(`could not open file: ${file} does not exist`);
  const text = bytes?.toString("utf8") ?? (await context.stdin());
  if (text.trim() === "")
    throw new EngineError("there is no deployment to import: give one with --file or on standard input");
  try {
    return JSON.parse(text) as JsonValue;
  } catch (thrown) {
    throw new EngineError(`could not read the deployment: ${reasonOf(thrown)}`);
  }
}
