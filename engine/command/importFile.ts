// What `pulumi import` is to import: one resource of the command line, or a file of many, in the CLI's own format
// (pulumi/pulumi: pkg/cmd/pulumi/operations/import.go). All that is wrong in a file is told at once. Pure.
import semver from "semver";
import type { Import } from "../deployment/importing.ts";
import { isProviderType } from "../deployment/resource.ts";
import { childUrn, isUrn, urnType } from "../deployment/urn.ts";
import { EngineError, reasonOf } from "../state/error.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../state/json.ts";
import { decodeProperties, type SecretReader } from "../state/serialize.ts";
import type { StackName } from "../state/stackName.ts";

export interface ImportFile {
  /** URNs by the names that resources of the file call them: parents and providers in the state. */
  readonly nameTable: Readonly<Record<string, string>>;
  readonly resources: readonly JsonObject[];
  /** Configurations by the names of providers: what `resources` had not, once. */
  readonly providerInputs?: JsonObject;
}

export interface ParsedImports {
  readonly imports: readonly Import[];
  /** Of each import, in their order. */
  readonly urns: readonly string[];
  /** What generated code calls each resource, by URN. */
  readonly names: ReadonlyMap<string, string>;
}

/** The file that stands for one resource. `parent` and `provider` are `name=urn`, or a URN alone; "" for none. */
export function singleImport(
  [type, name, id]: readonly string[],
  { parent, provider }: { readonly parent: string; readonly provider: string },
): ImportFile {
  const missing = ["type", "name", "id"].slice([type, name, id].filter((part) => part !== undefined).length);
  if (missing.length > 0)
    throw new EngineError(
      `an inline resource must be specified if no import file is used, missing ${missing.join(", ").replace(/, (\w+)$/, " and $1")}`,
    );
  const nameTable: Record<string, string> = {};
  const named = (text: string, kind: "parent" | "provider"): JsonObject => {
    if (text === "") return {};
    const at = text.indexOf("=");
    const [called, urn] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [kind, text];
    if (!isUrn(urn)) throw new EngineError(`invalid ${kind} URN: '${urn}'; expected --${kind} name=urn`);
    if (Object.hasOwn(nameTable, called))
      throw new EngineError(`provider and parent must have distinct names, both were '${called}'`);
    nameTable[called] = urn;
    return { [kind]: called };
  };
  const resource = { type: type!, name: name!, id: id!, ...named(parent, "parent"), ...named(provider, "provider") };
  return { nameTable, resources: [resource] };
}

/** @throws EngineError for text that is no import file. */
export function readImportFile(text: string): ImportFile {
  let json: JsonValue;
  try {
    json = JSON.parse(text) as JsonValue;
  } catch (thrown) {
    throw new EngineError(`could not read import file: ${reasonOf(thrown)}`);
  }
  const { nameTable = {}, resources = [], providerInputs } = isJsonObject(json) ? json : {};
  if (!isJsonObject(json) || !isJsonObject(nameTable ?? {}) || !Array.isArray(resources ?? []))
    throw new EngineError('could not read import file: expected { "nameTable": {}, "resources": [] }');
  if (!isJsonObject(providerInputs ?? {}))
    throw new EngineError("could not read import file: providerInputs must be an object");
  const items = (resources ?? []) as readonly JsonValue[];
  if (!items.every(isJsonObject)) throw new EngineError("could not read import file: each resource must be an object");
  const urns = Object.entries(nameTable ?? {}).map(([name, urn]) => [name, String(urn)] as const);
  return {
    ...{ nameTable: Object.fromEntries(urns), resources: items },
    ...(isJsonObject(providerInputs) && { providerInputs }),
  };
}

/**
 * The imports of a file, names resolved to URNs of this stack.
 * @throws EngineError naming everything that is wrong.
 */
export function parseImports(
  { nameTable, resources, providerInputs = {} }: ImportFile,
  { stack, project }: StackName,
  protect: boolean,
  secrets: SecretReader,
): ParsedImports {
  const problems: string[] = [];
  const specs = resources.map((resource, index) => readSpec(resource, index, problems));
  refuse(problems);
  const counts = new Map<string, number>();
  for (const { name } of specs) counts.set(name, (counts.get(name) ?? 0) + 1);
  const urns = new Map(Object.entries(nameTable));
  const names = new Map([...urns].map(([name, urn]) => [urn, name]));
  const urnOf = new Map<(typeof specs)[number], string>();
  const waiting = new Set(specs);
  while (waiting.size > 0 && problems.length === 0) {
    const ready = [...waiting].filter(({ parent }) => parent === "" || urns.has(parent));
    for (const spec of ready) {
      waiting.delete(spec);
      const { about, name, logicalName, type, parent } = spec;
      if (parent !== "" && (counts.get(parent) ?? 0) > 1) problems.push(`${about} has an ambiguous parent`);
      const urn = childUrn(stack, project, urns.get(parent) ?? "", type, logicalName);
      if (names.has(urn)) problems.push(`${about} has an ambiguous URN, set name (or logical name) to be unique`);
      names.set(urn, freeName(name, type, new Set(names.values())));
      urns.set(name, urn);
      urnOf.set(spec, urn);
    }
    if (ready.length > 0) continue;
    for (const { about, parent } of waiting)
      problems.push(
        counts.has(parent)
          ? `${about} is its own ancestor, by its parent '${parent}'`
          : `the parent '${parent}' for ${about} has no entry in 'nameTable'`,
      );
  }
  refuse(problems);
  const imports = specs.map((spec): Import => {
    const { about, type, logicalName: name, id, version, pluginDownloadUrl, component } = spec;
    const provider = spec.provider === "" ? "" : (urns.get(spec.provider) ?? "");
    if (spec.provider !== "" && provider === "")
      problems.push(`the provider '${spec.provider}' for ${about} has no entry in 'nameTable' or 'resources'`);
    else if (provider !== "" && (!isUrn(provider) || !isProviderType(urnType(provider))))
      problems.push(`the provider '${spec.provider}' for ${about} is not a provider`);
    const values = (key: "inputs" | "outputs" | "providerInputs", given = spec.source[key]) => {
      try {
        return given === undefined ? undefined : decodeProperties(given, secrets, key);
      } catch (thrown) {
        problems.push(`could not read ${key} of ${about}: ${reasonOf(thrown)}`);
        return undefined;
      }
    };
    const configured = isProviderType(type) ? values("providerInputs", providerInputs[spec.name]) : undefined;
    const ofProvider = provider === "" ? undefined : values("providerInputs", providerInputs[spec.provider]);
    const parent = spec.parent === "" ? "" : urns.get(spec.parent)!;
    const known = { type, name, id, version, pluginDownloadUrl, component, parent, provider, protect };
    const inputs = values("inputs") ?? configured ?? {};
    return { ...known, inputs, outputs: values("outputs"), ...(ofProvider && { providerInputs: ofProvider }) };
  });
  refuse(problems);
  return { imports, urns: specs.map((spec) => urnOf.get(spec)!), names };
}

function readSpec(source: JsonObject, index: number, problems: string[]) {
  const text = (key: string): string => (typeof source[key] === "string" ? source[key] : "");
  const [type, id, given, logical] = ["type", "id", "name", "logicalName"].map(text) as [
    string,
    string,
    string,
    string,
  ];
  const name = given || logical;
  const about = `resource ${name || id ? `'${name || id}'` : index}${type === "" ? "" : ` of type '${type}'`}`;
  const is = (key: string) => source[key] === true;
  const component = is("component");
  if (type === "") problems.push(`${about} has no type`);
  else if (type.split(":").length !== 3)
    problems.push(`${about} has a type that is none: expected package:module:Type`);
  if (name === "") problems.push(`${about} has no name`);
  if (isProviderType(type)) {
    if (id !== "") problems.push(`${about} has an ID, but is a provider, which is created rather than read`);
    if (component) problems.push(`${about} is a provider and may not be marked as a component`);
    if (source["outputs"] !== undefined) problems.push(`${about} is a provider and may not have outputs`);
  } else if (!component && id === "") problems.push(`${about} has no ID`);
  else if (component && id !== "") problems.push(`${about} has an ID, but is marked as a component`);
  for (const key of ["parameterization", "extension"])
    if (source[key] !== undefined) problems.push(`${about} has a ${key}, which this engine does not support`);
  if (is("remote")) problems.push(`${about} is a remote component, which this engine does not support`);
  const [parent, provider, pluginDownloadUrl] = ["parent", "provider", "pluginDownloadUrl"].map(text) as [
    string,
    string,
    string,
  ];
  const version = fullVersion(text("version"));
  if (version === undefined) problems.push(`could not parse version '${text("version")}' for ${about}`);
  return {
    ...{ source, about, type, id, name, parent, provider, version: version ?? "", pluginDownloadUrl, component },
    logicalName: logical || name,
  };
}

/** `4.21.0` for `v4.21`. */
function fullVersion(given: string): string | undefined {
  if (given === "") return "";
  const version = given.trim().replace(/^v/, "");
  const full = /^\d+(\.\d+)?$/.test(version) ? `${version}.0.0`.split(".", 3).join(".") : version;
  return semver.parse(full) ? full : undefined;
}

/** The name, or one with the type added when it is taken. */
export function freeName(name: string, type: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const short = type.split(":").at(-1)!;
  const base = `${name}${short.charAt(0).toUpperCase()}${short.slice(1)}`;
  let free = base;
  for (let counter = 2; taken.has(free); counter++) free = `${base}${counter}`;
  return free;
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new EngineError(problems.join("\n"));
}
