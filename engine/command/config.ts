// `config` and its commands: a stack's configuration, looked at and changed. Changes keep the rest of the file as it is.
import { rename, stat } from "node:fs/promises";
import { parsePropertyPath } from "../deployment/propertyPath.ts";
import {
  type ConfigPath,
  coerced,
  configText,
  holdsSecure,
  isStructured,
  reencrypted,
  revealed,
  valueAt,
  withoutValueAt,
  withValueAt,
} from "../state/configValue.ts";
import { secretsProviderOf } from "../state/deployment.ts";
import { EngineError, reasonOf } from "../state/error.ts";
import { escapeHtml, isJsonObject, type JsonValue, mapText, plainText, sortedText } from "../state/json.ts";
import type { SecretsManager } from "../state/secrets.ts";
import { type ConfigMap, fullKey, type StackConfig, withProjectDefaults } from "../state/stackConfig.ts";
import { displayName, fullName } from "../state/stackName.ts";
import type { CommandContext } from "./context.ts";
import { jsonOf, jsonText, tableText, wantsJson } from "./print.ts";
import { configDecrypter, type OpenedStack, openStack, readConfig, stackSecrets } from "./stack.ts";
import { configJson } from "./stackHistory.ts";

/** A key as given: its full name, and the path below it when `--path` says that it has one. */
interface KeyPath {
  readonly key: string;
  readonly path: ConfigPath;
}

function parseKey(text: string, project: string, isPath: boolean): KeyPath {
  try {
    if (!isPath) return { key: fullKey(text, project), path: [] };
    // the namespace stands before the first `.` or `[`, what follows may hold colons
    const at = text.search(/[.[]/);
    const head = at > 0 ? text.slice(0, at) : text;
    const colon = fullKeyOfPath(head, project);
    const [name, ...path] = parsePropertyPath(colon.name + (at > 0 ? text.slice(at) : ""));
    if (typeof name !== "string" || name === "")
      throw new EngineError("first path segment of config key must be a string");
    return { key: `${colon.namespace}:${name}`, path };
  } catch (thrown) {
    throw new EngineError(`invalid configuration key: ${reasonOf(thrown)}`);
  }
}

function fullKeyOfPath(head: string, project: string): { readonly namespace: string; readonly name: string } {
  if (head.startsWith("[")) return { namespace: project, name: head };
  const key = fullKey(head, project);
  const at = key.indexOf(":");
  return { namespace: key.slice(0, at), name: key.slice(at + 1) };
}

interface Opened {
  readonly stack: OpenedStack;
  readonly project: string;
  readonly config: StackConfig;
}

async function open(context: CommandContext): Promise<Opened> {
  const { name: project } = await context.project();
  const stack = await openStack(context);
  return { stack, project, config: await readConfig(context, stack.name) };
}

function prettyKey(key: string, project: string): string {
  return key.startsWith(`${project}:`) ? key.slice(project.length + 1) : key;
}

/** `config [--json] [--show-secrets]` */
export async function configList(context: CommandContext): Promise<number> {
  const { flags } = context;
  const { stack, project, config } = await open(context);
  const values = withProjectDefaults(config.values(), await context.project());
  const decrypt = flags.boolean("show-secrets") ? await configDecrypter(context, stack, config, values) : undefined;
  const entries = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  if (wantsJson(flags))
    context.stdout(jsonText(mapText(entries.map(([key, value]) => [key, plainText(listed(value, decrypt))] as const))));
  else
    context.stdout(
      tableText(
        ["KEY", "VALUE"],
        entries.map(([key, value]) => [
          prettyKey(key, project),
          configText(revealed(value, decrypt ?? (() => "[secret]"))),
        ]),
      ),
    );
  return 0;
}

function listed(value: JsonValue, decrypt: ((ciphertext: string) => string) | undefined) {
  if (decrypt !== undefined && holdsSecure(value)) revealed(value, decrypt); // a wrong key is an error here, not a value
  return configJson(value, decrypt);
}

/** `config get <key> [--path] [--json]` */
export async function configGet(context: CommandContext): Promise<number> {
  const { flags } = context;
  const { stack, project, config } = await open(context);
  const { key, path } = parseKey(context.args[0]!, project, flags.boolean("path"));
  const values = withProjectDefaults(config.values(), await context.project());
  const value = valueAt(values.get(key), path);
  if (value === undefined)
    throw new EngineError(
      `configuration key '${prettyKey(context.args[0]!, project)}' not found for stack '${displayName(stack.name, project)}'`,
    );
  const decrypt = await configDecrypter(context, stack, config, new Map([[key, value]]));
  const plain = revealed(value, decrypt);
  if (!wantsJson(flags)) context.stdout(`${configText(plain)}\n`);
  else
    context.stdout(
      escapeHtml(
        jsonOf({
          value: configText(plain),
          ...(isStructured(value) ? { objectValue: JSON.parse(sortedText(plain)) as JsonValue } : {}),
          secret: holdsSecure(value),
        }),
      ),
    );
  return 0;
}

/** `config set <key> [value] [--secret | --plaintext | --type t] [--path]`; without a value it comes from standard input. */
export async function configSet(context: CommandContext): Promise<number> {
  const { flags, args } = context;
  const exclusive = ["secret", "plaintext", "type"].filter((name) => flags.has(name));
  if (exclusive.length > 1) throw new EngineError(`only one of --${exclusive.join(" and --")} may be given`);
  const { stack, project, config } = await open(context);
  const target = parseKey(args[0]!, project, flags.boolean("path"));
  const text = args[1] ?? (await valueOfStdin(context));
  let value: JsonValue;
  if (flags.boolean("secret")) value = { secure: (await stackSecrets(context, stack, config)).encrypt(text) };
  else {
    value = typed(text, flags.string("type"));
    if (!flags.boolean("plaintext") && !flags.has("type") && looksLikeSecret(target.key, text))
      throw new EngineError(
        `config value for '${target.key}' looks like a secret; rerun with --secret to encrypt it, or --plaintext if you ` +
          "meant to store in plaintext",
      );
  }
  setValue(config, target, value);
  await config.save();
  return 0;
}

async function valueOfStdin(context: CommandContext): Promise<string> {
  const { ask } = context;
  if (ask) return ask("value: ", context.flags.boolean("secret") ? "hidden" : undefined);
  if (context.options.stdin === undefined)
    throw new EngineError("config value must be specified: as an argument, or on standard input");
  const text = await context.stdin();
  return context.flags.boolean("raw") ? text : text.replace(/\r?\n$/, "");
}

function typed(text: string, type: string | undefined): JsonValue {
  const wrong = () => new EngineError(`invalid value "${text}" for type ${type}`);
  switch (type) {
    case undefined:
    case "string":
      return text;
    case "int":
      if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw wrong();
      return Number(text);
    case "float":
      if (text.trim() === "" || !Number.isFinite(Number(text))) throw wrong();
      return Number(text);
    case "bool":
      if (text !== "true" && text !== "false") throw wrong();
      return text === "true";
    default:
      throw new EngineError(`invalid type "${type}"; must be one of string, int, bool, or float`);
  }
}

function setValue(config: StackConfig, { key, path }: KeyPath, value: JsonValue): void {
  if (path.length === 0) config.set(key, value);
  else
    try {
      // inside lists and objects, texts that read as booleans or numbers become such
      config.set(
        key,
        withValueAt(
          config.values().get(key),
          path,
          typeof value === "string" ? coerced(value) : value,
          key.slice(key.indexOf(":") + 1),
        ),
      );
    } catch (thrown) {
      throw new EngineError(`could not set config: ${reasonOf(thrown)}`);
    }
}

/**
 * Whether a plain value had better be encrypted: its key speaks of secrets, and its characters are many and varied. The
 * official engine rates with a password-strength table; this is a plain entropy estimate of the same intent.
 */
function looksLikeSecret(key: string, text: string): boolean {
  if (!/passwd|pass|password|pwd|secret|token/i.test(key)) return false;
  const start = text.slice(0, 16);
  if (/^[a-z]*$|^\d*$/i.test(start)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(start)).length;
  return new Set(start).size >= 10 && kinds >= 3;
}

/** `config set-all [--plaintext k=v]... [--secret k=v]... [--path]`, or `--json <what config --json prints>`. */
export async function configSetAll(context: CommandContext): Promise<number> {
  const { flags } = context;
  const json = flags.string("json");
  if (json && (flags.has("plaintext") || flags.has("secret") || flags.has("path")))
    throw new EngineError("the --json option cannot be used with the --plaintext, --secret or --path options");
  const { stack, project, config } = await open(context);
  let manager: SecretsManager | undefined;
  const encrypt = async (text: string): Promise<JsonValue> => {
    manager ??= await stackSecrets(context, stack, config);
    return { secure: manager.encrypt(text) };
  };
  const isPath = flags.boolean("path");
  for (const pair of flags.strings("plaintext")) {
    const [key, value] = splitPair(pair);
    setValue(config, parseKey(key, project, isPath), value);
  }
  for (const pair of flags.strings("secret")) {
    const [key, value] = splitPair(pair);
    setValue(config, parseKey(key, project, isPath), await encrypt(value));
  }
  if (json)
    for (const [key, value] of await fromJson(json, encrypt)) config.set(parseKey(key, project, false).key, value);
  await config.save();
  return 0;
}

/** `--config key=value` of an operation, `--config-path` with it: kept in the stack's configuration file, in plain text. */
export async function saveSettings({ flags }: CommandContext, project: string, config: StackConfig): Promise<void> {
  for (const given of flags.strings("config")) {
    const [key, value] = given.includes("=") ? splitPair(given) : [given, ""];
    setValue(config, parseKey(key, project, flags.boolean("config-path")), value);
  }
  await config.save();
}

/** `key=value`; a key may hold `=` inside `["..."]`. */
function splitPair(pair: string): readonly [string, string] {
  const at = /^(?:\["(?:[^"\\]|\\.)*"\]|[^=])*?=/.exec(pair)?.[0].length ?? 0;
  if (at <= 1) throw new EngineError(`config value must be in the form [key]=[value], got "${pair}"`);
  return [pair.slice(0, at - 1), pair.slice(at)];
}

async function fromJson(
  text: string,
  encrypt: (text: string) => Promise<JsonValue>,
): Promise<readonly (readonly [string, JsonValue])[]> {
  let json: JsonValue;
  try {
    json = JSON.parse(text) as JsonValue;
  } catch {
    throw new EngineError("could not parse --json argument: it is not JSON"); // the parser's own words quote the text
  }
  if (!isJsonObject(json)) throw new EngineError("could not parse --json argument: expected an object");
  const entries: (readonly [string, JsonValue])[] = [];
  for (const [key, item] of Object.entries(json)) {
    const value = isJsonObject(item) ? item["value"] : undefined;
    if (!isJsonObject(item) || typeof value !== "string")
      throw new EngineError(`value for --json object key "${key}" is nil`);
    const structured = item["objectValue"];
    if (item["secret"] === true)
      entries.push([key, structured == null ? await encrypt(value) : await sealed(structured, encrypt)]);
    else entries.push([key, structured ?? value]);
  }
  return entries;
}

/** Every string of a structured secret encrypted: which of them were secret is not told. */
async function sealed(value: JsonValue, encrypt: (text: string) => Promise<JsonValue>): Promise<JsonValue> {
  if (Array.isArray(value)) return Promise.all(value.map((item: JsonValue) => sealed(item, encrypt)));
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(async ([key, item]) => [key, await sealed(item, encrypt)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }
  return typeof value === "string" ? encrypt(value) : value;
}

/** `config rm <key> [--path]` and `config rm-all <key>...`: also when there is no such key. */
export async function configRemove(context: CommandContext): Promise<number> {
  const { project, config } = await open(context);
  for (const text of context.args) {
    const { key, path } = parseKey(text, project, context.flags.boolean("path"));
    const value = config.values().get(key);
    if (value === undefined) continue;
    config.set(key, path.length === 0 ? undefined : withoutValueAt(value, path));
  }
  await config.save();
  return 0;
}

/** `config cp [key] --dest <stack> [--path]`: one value, or all. Secrets are encrypted anew for the other stack. */
export async function configCopy(context: CommandContext): Promise<number> {
  const { stack, project, config } = await open(context);
  const dest = context.flags.string("dest");
  if (!dest) throw new EngineError("missing destination: give the stack to copy to with --dest");
  const to = await openStack(context, await context.parseStack(dest));
  if (fullName(to.name) === fullName(stack.name))
    throw new EngineError("current stack and destination stack are the same");
  const given = context.args[0];
  const target = given === undefined ? undefined : parseKey(given, project, context.flags.boolean("path"));
  if (target && valueAt(config.values().get(target.key), target.path) === undefined)
    throw new EngineError(
      `configuration key '${prettyKey(given!, project)}' not found for stack '${displayName(stack.name, project)}'`,
    );
  await copyConfig(context, { stack, config }, { stack: to, config: await readConfig(context, to.name) }, target);
  return 0;
}

/** Copies values from one configuration file to another, and saves that. Without a target all of them. */
export async function copyConfig(
  context: CommandContext,
  from: Pick<Opened, "stack" | "config">,
  to: Pick<Opened, "stack" | "config">,
  target?: KeyPath,
): Promise<void> {
  const values = from.config.values();
  const decrypt = await configDecrypter(context, from.stack, from.config, values);
  const secrets = [...values.values()].some(holdsSecure) && (await stackSecrets(context, to.stack, to.config));
  const copied = (value: JsonValue) =>
    reencrypted(value, (ciphertext) => (secrets || refuseSecrets()).encrypt(decrypt(ciphertext)));
  if (target) setValue(to.config, target, copied(valueAt(values.get(target.key), target.path)!));
  else for (const [key, value] of values) to.config.set(key, copied(value));
  await to.config.save();
}

function refuseSecrets(): never {
  throw new EngineError("there is nothing to encrypt");
}

/** `config refresh [--force]`: the configuration and salt of the last operation, back into the file. */
export async function configRefresh(context: CommandContext): Promise<number> {
  const { stack, config } = await open(context);
  const [latest] = await stack.backend.history(stack.name, 1);
  if (latest === undefined) throw new EngineError("getting latest configuration: no previous deployment");
  const values: ConfigMap = new Map(Object.entries(latest.config));
  const { deployment } = await stack.backend.readRaw(stack.name);
  const state = deployment && secretsProviderOf(deployment)?.state;
  const salt = isJsonObject(state) ? state["salt"] : undefined;
  config.replaceAll(values);
  if (typeof salt === "string") config.setEncryptionSalt(salt);
  const exists = await stat(config.path).then(
    () => true,
    () => false,
  );
  if (exists && !context.flags.boolean("force")) {
    let backup = `${config.path}.bak`;
    while (
      await stat(backup).then(
        () => true,
        () => false,
      )
    )
      backup += ".bak";
    await rename(config.path, backup);
    context.stdout(`backed up existing configuration file to ${backup}\n`);
    await config.save(true);
    context.stdout(`refreshed configuration for stack '${stack.name.stack}'\n`);
  } else await config.save();
  return 0;
}
