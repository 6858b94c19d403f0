// Pulumi.yaml: which project a folder belongs to. Only what an engine needs is read; everything else may stand there.
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { EngineError, hasCode } from "./error.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { checkProjectName } from "./stackName.ts";

export interface Project {
  readonly name: string;
  readonly description: string | undefined;
  readonly runtime: { readonly name: string; readonly options: JsonObject };
  /** As written, relative to `root`; undefined: the root itself. */
  readonly main: string | undefined;
  /** Absolute; the folder of Pulumi.yaml. */
  readonly root: string;
  /** Absolute. */
  readonly file: string;
  /** Absolute; where stack configuration files live, the root by default. */
  readonly stackConfigDirectory: string;
  readonly backendUrl: string | undefined;
  /** The range of Pulumi versions that may work on it (versionRange.ts). */
  readonly requiredPulumiVersion: string | undefined;
  /** `config:` of Pulumi.yaml by key as written: defaults and types for every stack's configuration. */
  readonly config: JsonObject;
}

const fileNames = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** The project of the nearest folder upwards that has a project file; undefined when there is none. */
export async function findProject(cwd: string): Promise<Project | undefined> {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    for (const name of fileNames) {
      const file = join(folder, name);
      const text = await readFile(file, "utf8").catch((thrown: unknown) => {
        if (hasCode(thrown, "ENOENT") || hasCode(thrown, "ENOTDIR")) return undefined;
        throw thrown;
      });
      if (text !== undefined) return parseProject(file, text);
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** @throws EngineError naming the file and the field that is wrong. */
export function parseProject(file: string, text: string): Project {
  const json = parseYaml(file, text);
  if (!isJsonObject(json)) throw new EngineError(`${file}: expected an object with name and runtime`);
  const string = (key: string): string | undefined => {
    const value = json[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw new EngineError(`${file}: ${key} must be a string`);
    return value;
  };
  const name = string("name");
  if (name === undefined) throw new EngineError(`${file}: project is missing a 'name' attribute`);
  checkProjectName(name);
  const root = dirname(file);
  const backend = json["backend"];
  const url = isJsonObject(backend) ? backend["url"] : undefined;
  const config = json["config"];
  // a string is the old form: a folder of stack files
  const stackConfigDir = string("stackConfigDir") ?? (typeof config === "string" ? config : undefined);
  return {
    name,
    description: string("description"),
    runtime: runtimeOf(file, json["runtime"]),
    main: string("main"),
    root,
    file,
    stackConfigDirectory: stackConfigDir === undefined ? root : resolve(root, stackConfigDir),
    requiredPulumiVersion: string("requiredPulumiVersion"),
    backendUrl: typeof url === "string" ? url : undefined,
    config: isJsonObject(config) ? config : {},
  };
}

function runtimeOf(file: string, runtime: JsonValue | undefined): Project["runtime"] {
  if (typeof runtime === "string" && runtime !== "") return { name: runtime, options: {} };
  if (isJsonObject(runtime) && typeof runtime["name"] === "string") {
    const options = runtime["options"];
    return { name: runtime["name"], options: isJsonObject(options) ? options : {} };
  }
  throw new EngineError(
    `${file}: project is missing a 'runtime' attribute: a name, or an object with name and options`,
  );
}

/** A YAML or JSON file as plain JSON values. @throws EngineError with file, line and column. */
export function parseYaml(file: string, text: string): JsonValue {
  try {
    return (parse(text) ?? null) as JsonValue;
  } catch (thrown) {
    if (thrown instanceof YAMLParseError) throw new EngineError(`${file}: ${thrown.message.split("\n")[0]}`);
    throw thrown;
  }
}
