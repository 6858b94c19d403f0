// `stack rename`: moves a stack to another name. The URNs in its state carry the name and are rewritten; the configuration
// file goes along.
import { rename } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import type { RawDeployment } from "../state/deployment.ts";
import { EngineError, hasCode } from "../state/error.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../state/json.ts";
import { resourceReferenceSignature, signatureKey } from "../state/serialize.ts";
import { displayName, fullName, parseStackName, type StackName } from "../state/stackName.ts";
import { pulumiHome, selectedStack, selectStack } from "../state/workspaceFile.ts";
import type { CommandContext } from "./context.ts";
import { openStack, readConfig } from "./stack.ts";

/** `stack rename <new name>` */
export async function stackRename(context: CommandContext): Promise<number> {
  const { backend, name } = await openStack(context);
  const to = await context.parseStack(context.args[0]!);
  if (fullName(to) === fullName(name)) throw new EngineError(`a stack named ${fullName(to)} already exists`);
  const project = await context.project();
  const config = await readConfig(context, name);
  await backend.rename(name, to, (raw) => renamed(raw, name, to));
  await rename(config.path, join(dirname(config.path), `Pulumi.${to.stack}${extname(config.path)}`)).catch(
    (thrown: unknown) => {
      if (!hasCode(thrown, "ENOENT")) throw thrown;
    },
  );
  const home = pulumiHome(context.env);
  const selected = await selectedStack(home, project, backend.url);
  if (selected !== undefined && fullName(parseStackName(selected, project.name)) === fullName(name))
    await selectStack(home, project, backend.url, fullName(to));
  context.stdout(`Renamed ${displayName(name, project.name)} to ${displayName(to, project.name)}\n`);
  return 0;
}

/**
 * A deployment with every URN of the stack moved to the new name: where URNs stand by definition, in resource references,
 * and the root stack resource's own name. Nothing is decrypted, so a reference inside a secret keeps the old URN.
 */
export function renamed(raw: RawDeployment, from: StackName, to: StackName): RawDeployment {
  const { deployment } = raw;
  if (deployment === undefined) return raw;
  const urn = urnRenamer(from, to);
  const { resources, pending_operations: operations } = deployment;
  const list = (value: JsonValue | undefined, change: (item: JsonValue) => JsonValue): JsonValue =>
    Array.isArray(value) ? value.map(change) : (value ?? null);
  return {
    ...raw,
    deployment: {
      ...deployment,
      ...(resources === undefined ? {} : { resources: list(resources, (item) => renameResource(item, urn)) }),
      ...(operations === undefined
        ? {}
        : {
            pending_operations: list(operations, (item) =>
              isJsonObject(item) ? { ...item, resource: renameResource(item["resource"] ?? null, urn) } : item,
            ),
          }),
    },
  };
}

function urnRenamer(from: StackName, to: StackName): (urn: string) => string {
  const prefix = `urn:pulumi:${from.stack}::${from.project}::`;
  const root = `pulumi:pulumi:Stack::${from.project}-${from.stack}`;
  return (urn) => {
    if (!urn.startsWith(prefix)) return urn;
    const rest = urn.slice(prefix.length);
    const moved = rest === root ? `pulumi:pulumi:Stack::${to.project}-${to.stack}` : rest;
    return `urn:pulumi:${to.stack}::${to.project}::${moved}`;
  };
}

function renameResource(json: JsonValue, urn: (urn: string) => string): JsonValue {
  if (!isJsonObject(json)) return json;
  const one = (value: JsonValue): JsonValue => (typeof value === "string" ? urn(value) : value);
  const many = (value: JsonValue): JsonValue => (Array.isArray(value) ? value.map(one) : value);
  const changes: Readonly<Record<string, (value: JsonValue) => JsonValue>> = {
    urn: one,
    parent: one,
    deletedWith: one,
    viewOf: one,
    dependencies: many,
    replaceWith: many,
    aliases: many,
    provider: (value) => (typeof value === "string" ? renameProvider(value, urn) : value),
    propertyDependencies: (value) =>
      isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, many(item)])) : value,
    inputs: (value) => renameReferences(value, urn),
    outputs: (value) => renameReferences(value, urn),
    replacementTrigger: (value) => renameReferences(value, urn),
  };
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, changes[key]?.(value) ?? value]));
}

/** `urn::id` */
function renameProvider(reference: string, urn: (urn: string) => string): string {
  const at = reference.lastIndexOf("::");
  return at < 0 ? reference : urn(reference.slice(0, at)) + reference.slice(at);
}

function renameReferences(json: JsonValue, urn: (urn: string) => string): JsonValue {
  if (Array.isArray(json)) return (json as readonly JsonValue[]).map((item) => renameReferences(item, urn));
  if (!isJsonObject(json)) return json;
  const isReference = json[signatureKey] === resourceReferenceSignature;
  const entries = Object.entries(json as JsonObject).map(([key, value]): [string, JsonValue] =>
    isReference && key === "urn" && typeof value === "string" ? [key, urn(value)] : [key, renameReferences(value, urn)],
  );
  return Object.fromEntries(entries);
}
