// TypeScript for resources that were imported, to be copied into the program: one declaration each, with the inputs that
// were read. There is no schema here: packages and classes are worked out from type tokens, in the way in which the SDKs of
// Node.js are laid out, and every input is written.
import { isDefaultProvider, isProviderType, parseProviderReference, providerPackage } from "../deployment/resource.ts";
import { isRootStack, urnName } from "../deployment/urn.ts";
import type { ResourceState } from "../state/resource.ts";
import {
  Archive,
  Asset,
  isInternalKey,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../values.ts";

/**
 * A module that declares the resources, in their order. `names`: what parents and providers are called, by URN; one that
 * is missing is left out.
 */
export function importedCode(resources: readonly ResourceState[], names: ReadonlyMap<string, string>): string {
  const packages = [...new Set(resources.filter(({ custom }) => custom).map(({ type }) => packageOf(type)))].sort();
  const taken = new Set(["pulumi", ...packages.map(identifier)]);
  const variables = new Map([...names].map(([urn, name]) => [urn, free(identifier(name), taken)]));
  const imports = [
    'import * as pulumi from "@pulumi/pulumi";',
    ...packages.map((name) => `import * as ${identifier(name)} from "@pulumi/${name}";`),
  ];
  const blocks = resources.map((resource) => declaration(resource, variables));
  return `${imports.join("\n")}\n\n${blocks.join("\n")}`;
}

function declaration(resource: ResourceState, variables: ReadonlyMap<string, string>): string {
  const { urn, type, custom, inputs } = resource;
  const name = urnName(urn);
  const args = [
    ...(custom ? [] : [quoted(type)]),
    quoted(name),
    objectText(
      Object.entries(inputs).filter(([key]) => !isInternalKey(key)),
      "",
    ),
    ...optionsText(resource, variables),
  ];
  const variable = variables.get(urn) ?? identifier(name);
  return `const ${variable} = new ${custom ? className(type) : "pulumi.ComponentResource"}(${args.join(", ")});\n`;
}

function optionsText(resource: ResourceState, variables: ReadonlyMap<string, string>): readonly string[] {
  const { parent, provider, protect } = resource;
  const options: string[] = [];
  const parentName = parent === "" || isRootStack(parent) ? undefined : variables.get(parent);
  if (parentName) options.push(`parent: ${parentName}`);
  const providerUrn = provider === "" ? "" : parseProviderReference(provider).urn;
  const providerName = providerUrn === "" || isDefaultProvider(providerUrn) ? undefined : variables.get(providerUrn);
  if (providerName) options.push(`provider: ${providerName}`);
  if (protect) options.push("protect: true");
  return options.length === 0 ? [] : [`{\n${options.map((option) => `    ${option},\n`).join("")}}`];
}

function packageOf(type: string): string {
  return isProviderType(type) ? providerPackage(type) : type.split(":")[0]!;
}

/** `random.RandomId` of `random:index/randomId:RandomId`, `kubernetes.networking.v1.Ingress` of `kubernetes:networking.k8s.io/v1:Ingress`. */
export function className(type: string): string {
  if (isProviderType(type)) return `${identifier(providerPackage(type))}.Provider`;
  const [packageName = "", module = "", name = ""] = type.split(":");
  const parts = module.split("/").filter((part) => part !== "" && part !== "index");
  // Generated SDKs keep each class in a file of its name, which is no namespace.
  if (parts.at(-1)?.toLowerCase() === name.toLowerCase()) parts.pop();
  // Groups of Kubernetes go by their first label.
  const namespaces = packageName === "kubernetes" ? parts.map((part) => part.split(".")[0]!) : parts;
  return [identifier(packageName), ...namespaces, name].join(".");
}

/** One entry on one line, more one under the other. */
function objectText(entries: readonly (readonly [string, PropertyValue])[], indent: string): string {
  const inner = `${indent}    `;
  const [only] = entries;
  if (only === undefined) return "{}";
  const pair = ([key, value]: readonly [string, PropertyValue], at: string) =>
    `${keyText(key)}: ${valueText(value, at)}`;
  if (entries.length === 1) return `{${pair(only, indent)}}`;
  return `{\n${entries.map((entry) => `${inner}${pair(entry, inner)},\n`).join("")}${indent}}`;
}

function valueText(value: PropertyValue, indent: string): string {
  const inner = `${indent}    `;
  if (typeof value === "string") return quoted(value);
  if (value instanceof Secret) return `pulumi.secret(${valueText(value.element, indent)})`;
  if (value instanceof Asset) return assetText(value);
  if (value instanceof Archive) return archiveText(value, indent);
  if (isPropertyArray(value)) {
    if (value.length === 0) return "[]";
    if (value.length === 1) return `[${valueText(value[0]!, indent)}]`;
    return `[\n${value.map((item) => `${inner}${valueText(item, inner)},\n`).join("")}${indent}]`;
  }
  if (isPropertyMap(value)) return objectText(Object.entries(value as PropertyMap), indent);
  return value === null || typeof value === "number" || typeof value === "boolean" ? String(value) : "undefined";
}

function assetText({ source }: Asset): string {
  if ("text" in source) return `new pulumi.asset.StringAsset(${quoted(source.text)})`;
  if ("path" in source) return `new pulumi.asset.FileAsset(${quoted(source.path)})`;
  return `new pulumi.asset.RemoteAsset(${quoted(source.uri)})`;
}

function archiveText({ source }: Archive, indent: string): string {
  if ("assets" in source) return `new pulumi.asset.AssetArchive(${objectText(Object.entries(source.assets), indent)})`;
  if ("path" in source) return `new pulumi.asset.FileArchive(${quoted(source.path)})`;
  return `new pulumi.asset.RemoteArchive(${quoted(source.uri)})`;
}

const quoted = (text: string): string => JSON.stringify(text);
const keyText = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key));

/** A name as a variable: `appDb` of `app-db`. */
function identifier(name: string): string {
  const camel = name.replace(/[^A-Za-z0-9_$]+(.?)/g, (_, next: string) => next.toUpperCase());
  const safe = /^[0-9]/.test(camel) || camel === "" ? `_${camel}` : camel;
  return reserved.has(safe) ? `_${safe}` : safe;
}

const reserved = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static " +
    "super switch this throw true try typeof var void while with yield arguments eval"
  ).split(" "),
);

function free(name: string, taken: Set<string>): string {
  let chosen = name;
  for (let counter = 2; taken.has(chosen); counter++) chosen = `${name}${counter}`;
  taken.add(chosen);
  return chosen;
}
