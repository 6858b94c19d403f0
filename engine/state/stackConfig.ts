// A stack's configuration: its file, what the project's defaults add, and what its program is told.
//
// The file is `Pulumi.<stack>.yaml` in the project's `stackConfigDir`, or in another folder that the engine was given (a
// sandbox leaves the work tree alone): there, the project's file of the same name is read as the starting point.
import { realpath, rm, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { editConfigText, readConfigText } from "./configFile.ts";
import { configText, holdsSecure, isStructured, revealed, valueAt } from "./configValue.ts";
import { EngineError } from "./error.ts";
import { readIfPresent, writeDurably } from "./files.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import type { Project } from "./project.ts";

/** Values by full key (`namespace:name`), as the file has them. */
export type ConfigMap = ReadonlyMap<string, JsonValue>;

/** The full key of a key: without a namespace it is the project's; `ns:config:name` is an old form of `ns:name`. */
export function fullKey(key: string, project: string): string {
  const parts = key.split(":");
  if (parts.length === 1) return `${project}:${key}`;
  if (parts.length === 2) return key;
  if (parts.length === 3 && parts[1] === "config") return `${parts[0]}:${parts[2]}`;
  throw new EngineError(
    `could not parse ${key} as a configuration key (configuration keys should be of the form \`<namespace>:<name>\`)`,
  );
}

/** A stack's configuration file; edits stay in memory until `save`. */
export class StackConfig {
  /** Where it is written. It need not exist. */
  readonly path: string;
  private readonly project: Project;
  private text: string;
  private saved: string | undefined;

  private constructor(path: string, project: Project, text: string, saved: string | undefined) {
    this.path = path;
    this.project = project;
    this.text = text;
    this.saved = saved;
  }

  /** `file` overrides everything (`--config-file`); `directory` is EngineOptions.configDirectory. */
  static async read(
    project: Project,
    stack: string,
    { file, directory }: { readonly file?: string | undefined; readonly directory?: string | undefined },
  ): Promise<StackConfig> {
    const name = `Pulumi.${stack}${extname(project.file)}`;
    const usual = join(project.stackConfigDirectory, name);
    const path = file ?? (directory === undefined ? usual : join(directory, name));
    const own = await readText(path);
    if (file !== undefined && own === undefined) throw new EngineError(`configuration file ${file} does not exist`);
    const start = own ?? (path === usual ? undefined : await readText(usual));
    const config = new StackConfig(path, project, start ?? "", own);
    config.contents(); // a file that cannot be read is refused now, not at the first edit
    return config;
  }

  private contents(): JsonObject {
    return readConfigText(this.path, this.text);
  }

  get encryptionSalt(): string | undefined {
    return this.topLevel("encryptionsalt");
  }

  /** The secrets provider named in the file; undefined means the passphrase. */
  get secretsProvider(): string | undefined {
    return this.topLevel("secretsprovider");
  }

  private topLevel(key: string): string | undefined {
    const value = this.contents()[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  setEncryptionSalt(salt: string): void {
    this.text = editConfigText(this.path, this.text, ["encryptionsalt"], salt);
  }

  /** What the file sets, in its order. @throws EngineError for a key of the wrong form. */
  values(): ConfigMap {
    const config = this.contents()["config"] ?? {};
    if (!isJsonObject(config)) throw new EngineError(`${this.path}: config must be an object`);
    return new Map(Object.entries(config).map(([key, value]) => [fullKey(key, this.project.name), value]));
  }

  /** Sets a value by full key, or removes it. A key that the file has in a shorter or older form keeps that form. */
  set(key: string, value: JsonValue | undefined): void {
    const config = this.contents()["config"];
    const written = isJsonObject(config)
      ? Object.keys(config).find((candidate) => fullKey(candidate, this.project.name) === key)
      : undefined;
    this.text = editConfigText(this.path, this.text, ["config", written ?? key], value);
  }

  /** Replaces all values. */
  replaceAll(values: ConfigMap): void {
    for (const key of this.values().keys()) if (!values.has(key)) this.set(key, undefined);
    for (const [key, value] of values) this.set(key, value);
  }

  /** Whether `save` would change the file. */
  get isChanged(): boolean {
    return this.text !== (this.saved ?? "");
  }

  /** Writes the file when it changed, or `always`. Mode 0600 for a new one; an existing one was somebody's choice. */
  async save(always = false): Promise<void> {
    if (!this.isChanged && !always) return;
    // through a link, to the file it names
    const target = await realpath(this.path).catch(() => this.path);
    const existing = await stat(target).catch(() => undefined);
    await writeDurably(target, this.text, existing === undefined ? {} : { mode: existing.mode & 0o777 });
    this.saved = this.text;
  }

  /** Removes the file. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    this.saved = undefined;
  }
}

async function readText(path: string): Promise<string | undefined> {
  const bytes = await readIfPresent(path);
  return bytes?.toString("utf8").replace(/^\uFEFF/, "");
}

/** What Pulumi.yaml says of one key. */
interface ProjectConfigEntry {
  readonly type: string | undefined;
  readonly items: JsonValue | undefined;
  /** `default`, else `value`; undefined when there is neither. */
  readonly value: JsonValue | undefined;
  readonly secret: boolean;
}

function projectEntry(json: JsonValue): ProjectConfigEntry {
  if (!isJsonObject(json)) return { type: undefined, items: undefined, value: json ?? undefined, secret: false };
  const type = json["type"];
  return {
    type: typeof type === "string" ? type : undefined,
    items: json["items"],
    value: json["default"] ?? json["value"] ?? undefined,
    secret: json["secret"] === true,
  };
}

/** The stack's values over the project's defaults. */
export function withProjectDefaults(values: ConfigMap, project: Project): ConfigMap {
  const merged = new Map(values);
  for (const [key, json] of Object.entries(project.config)) {
    const { value } = projectEntry(json);
    const full = fullKey(key, project.name);
    // a default that is a string or a number reaches the program as text, whatever its type
    if (value !== undefined && !merged.has(full)) merged.set(full, isStructured(value) ? value : configText(value));
  }
  return merged;
}

/**
 * Checks values (defaults already in, encrypted strings still so) against the types in Pulumi.yaml.
 * @throws EngineError naming the stack and every missing key, or the first one of the wrong type.
 */
export function checkConfig(
  values: ConfigMap,
  project: Project,
  stack: string,
  decrypt: (ciphertext: string) => string,
): void {
  const entries = Object.entries(project.config).sort(([a], [b]) => (a < b ? -1 : 1));
  const missing = entries
    .filter(
      ([key]) => fullKey(key, project.name).startsWith(`${project.name}:`) && !values.has(fullKey(key, project.name)),
    )
    .map(([key]) => `'${key}'`);
  if (missing.length > 0)
    throw new EngineError(
      `Stack '${stack}' is missing configuration value${missing.length > 1 ? "s" : ""} ${missing.join(", ")}`,
    );
  for (const [key, json] of entries) {
    const { type, items, secret } = projectEntry(json);
    const value = values.get(fullKey(key, project.name));
    if (type === undefined || value === undefined) continue;
    if (secret && !holdsSecure(value))
      throw new EngineError(`Stack '${stack}' with configuration key '${key}' must be encrypted as it's secret`);
    if (!isOfType(revealed(value, decrypt), type, items))
      throw new EngineError(
        `Stack '${stack}' with configuration key '${key}' must be of type '${typeName(type, items)}'`,
      );
  }
}

function isOfType(value: JsonValue, type: string, items: JsonValue | undefined): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "integer":
      return Number.isInteger(typeof value === "string" && value.trim() !== "" ? Number(value) : value);
    case "boolean":
      return typeof value === "boolean" || value === "true" || value === "false";
    case "array": {
      const itemType = valueAt(items, ["type"]);
      if (!Array.isArray(value)) return false;
      return (
        typeof itemType !== "string" ||
        value.every((item: JsonValue) => isOfType(item, itemType, valueAt(items, ["items"])))
      );
    }
    case "object":
      return isJsonObject(value);
    default:
      return true; // a type this engine does not know is not its to check
  }
}

function typeName(type: string, items: JsonValue | undefined): string {
  const itemType = valueAt(items, ["type"]);
  return type === "array" && typeof itemType === "string"
    ? `array<${typeName(itemType, valueAt(items, ["items"]))}>`
    : type;
}

/** What a program is told: plain texts by full key, and which of them are secret. */
export function programConfig(
  values: ConfigMap,
  decrypt: (ciphertext: string) => string,
): { readonly values: Readonly<Record<string, string>>; readonly secretKeys: readonly string[] } {
  return {
    values: Object.fromEntries([...values].map(([key, value]) => [key, configText(revealed(value, decrypt))])),
    secretKeys: [...values].filter(([, value]) => holdsSecure(value)).map(([key]) => key),
  };
}
