// Derives compact schemas from the declarations that the cloud SDKs ship: `npx node engine/providers/sandbox/generate.ts`
// reads @pulumi/gcp and @pulumi/kubernetes in node_modules and writes schema/<package>.generated.json. Run it after a bump
// of either; a test compares the versions. The only file of the sandbox that uses the TypeScript compiler: a development
// tool, never loaded in a run.
//
// 1. `types/input.d.ts` gives the nested types, by namespace (`compute.NetworkParams`, `core.v1.ServiceSpec`).
// 2. Each module's `<file>.d.ts` gives `<Class>Args` (inputs) and the class's `readonly x: Output<...>` (outputs).
// 3. The `.js` beside it gives the type token, the secret outputs, and the functions' tokens.
// 4. A property whose documentation says that changing it recreates the resource is marked so.
// Each module's part is compressed by itself, so that a run unpacks only the modules that it uses.
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import ts from "typescript";
import type { PackageSchema, SchemaModule, SchemaProperties, SchemaResource } from "./schema.ts";

const packages = ["gcp", "kubernetes"] as const;

/** Reads one SDK and returns its compact schema. `root` is the folder of its package.json. */
export function deriveSchema(root: string): PackageSchema {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const modules = new Map<
    string,
    { types: Record<string, SchemaProperties>; resources: Record<string, SchemaResource> }
  >();
  const moduleOf = (name: string) => {
    const known = modules.get(name) ?? { types: {}, resources: {} };
    modules.set(name, known);
    return known;
  };
  for (const [path, properties] of nestedTypes(join(root, "types/input.d.ts"))) {
    const cut = path.lastIndexOf(".");
    moduleOf(cut < 0 ? "" : path.slice(0, cut)).types[path.slice(cut + 1)] = properties;
  }
  const resources: Record<string, string> = {};
  const functions: string[] = [];
  for (const file of globSync("**/*.d.ts", { cwd: root }).sort()) {
    if (/(^|[\\/])(types|node_modules)[\\/]/.test(file)) continue;
    const script = join(root, file.replace(/\.d\.ts$/, ".js"));
    if (!existsSync(script)) continue;
    const source = readFileSync(script, "utf8");
    functions.push(...[...source.matchAll(/runtime\.invoke\("([^"]+)"/g)].map(([, token]) => token!));
    const type = /static __pulumiType = '([^']+)';/.exec(source)?.[1];
    if (type === undefined || !/ extends pulumi\.(Custom|Provider)Resource \{/.test(source)) continue;
    const token = type.includes(":") ? type : `pulumi:providers:${type}`;
    const name = type.includes(":") ? type.slice(type.lastIndexOf(":") + 1) : "Provider";
    const resource = readResource(join(root, file), name, source);
    if (resource === undefined) continue;
    const module = dirname(file)
      .split(/[\\/]/)
      .filter((part) => part !== ".")
      .join(".");
    moduleOf(module).resources[token] = resource;
    resources[token] = module;
  }
  const packed = [...modules]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, module]) => [name, pack(module)] as const);
  return { version, resources, functions: functions.sort(), modules: Object.fromEntries(packed) };
}

function pack(module: SchemaModule): string {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 };
  return brotliCompressSync(JSON.stringify(module), { params }).toString("base64");
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ESNext, false);
}

/** Every interface below the namespaces of a types file, by dotted path. */
function* nestedTypes(file: string): Generator<[string, SchemaProperties]> {
  const source = parse(file);
  function* visit(nodes: Iterable<ts.Node>, path: string): Generator<[string, SchemaProperties]> {
    for (const node of nodes) {
      if (ts.isInterfaceDeclaration(node)) yield [path + node.name.text, membersOf(node, source)];
      if (ts.isModuleDeclaration(node) && node.body && ts.isModuleBlock(node.body)) {
        yield* visit(node.body.statements, `${path}${node.name.text}.`);
      }
    }
  }
  yield* visit(source.statements, "");
}

function readResource(file: string, name: string, script: string): SchemaResource | undefined {
  const source = parse(file);
  let inputs: SchemaProperties | undefined;
  const outputs: Record<string, string> = {};
  for (const node of source.statements) {
    if (ts.isInterfaceDeclaration(node) && node.name.text === `${name}Args`) inputs = membersOf(node, source);
    if (!ts.isClassDeclaration(node) || node.name?.text !== name) continue;
    for (const member of node.members) {
      if (!ts.isPropertyDeclaration(member) || member.type === undefined) continue;
      const type = typeOf(member.type, source);
      // Only the kind: outputs are not checked, the kind decides what stands in for one that nobody computes.
      const kind = /^[snb[{@]$/.test(type.text[0]!) ? (type.text[0] as string) : "a";
      outputs[propertyName(member.name)] = type.optional ? `${kind}?` : kind;
    }
  }
  if (inputs === undefined) return undefined;
  const secrets = /additionalSecretOutputs: (\[[^\]]*\])/.exec(script)?.[1];
  return { inputs, outputs, ...(secrets === undefined ? {} : { secrets: JSON.parse(secrets) as string[] }) };
}

function propertyName(name: ts.PropertyName): string {
  if (ts.isIdentifier(name) || ts.isStringLiteral(name)) return name.text;
  throw new Error(`property name of an unexpected kind: ${ts.SyntaxKind[name.kind]}`);
}

/** How the SDKs' documentation says that a change replaces the resource. Approximate by nature: reviewed types do not use it. */
// Not for Kubernetes, whose "Cannot be updated" speaks of pods, also inside the templates of what replaces pods.
const recreates =
  /forces?\s+(a\s+)?(new|re-?creation)|must\s+be\s+recreated|will\s+(force|trigger)\s+recreation|cannot\s+be\s+(changed|updated|modified)\b|field\s+is\s+immutable|^immutable\b/im;

function membersOf(node: ts.InterfaceDeclaration, source: ts.SourceFile): SchemaProperties {
  const properties: Record<string, string> = {};
  for (const member of node.members) {
    if (!ts.isPropertySignature(member) || member.type === undefined) continue;
    const { text } = typeOf(member.type, source);
    const documentation = source.text.slice(member.pos, member.end).replace(/^\s*\*+ ?/gm, "");
    const mark =
      (member.questionToken ? "" : "!") +
      (recreates.test(documentation) && !source.fileName.includes("kubernetes") ? "^" : "");
    properties[propertyName(member.name)] = mark + text;
  }
  return properties;
}

/** Encodes a type; see SchemaProperties for the alphabet. `optional` when it includes undefined. */
function typeOf(node: ts.TypeNode, source: ts.SourceFile): { text: string; optional: boolean } {
  switch (node.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { text: "s", optional: false };
    case ts.SyntaxKind.NumberKeyword:
      return { text: "n", optional: false };
    case ts.SyntaxKind.BooleanKeyword:
      return { text: "b", optional: false };
    case ts.SyntaxKind.AnyKeyword:
      return { text: "a", optional: false };
    case ts.SyntaxKind.UndefinedKeyword:
      return { text: "", optional: true };
    default:
  }
  if (ts.isArrayTypeNode(node)) return { text: `[${typeOf(node.elementType, source).text}`, optional: false };
  if (ts.isParenthesizedTypeNode(node)) return typeOf(node.type, source);
  if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal))
    return { text: `'${node.literal.text}'`, optional: false };
  if (ts.isUnionTypeNode(node)) {
    const parts = node.types.map((type) => typeOf(type, source));
    const texts = [...new Set(parts.map(({ text }) => text).filter((text) => text !== ""))];
    return {
      text: texts.length === 1 ? texts[0]! : `(${texts.join("|")})`,
      optional: parts.some(({ optional }) => optional),
    };
  }
  if (ts.isTypeLiteralNode(node)) {
    const index = node.members.find(ts.isIndexSignatureDeclaration);
    if (index?.type) return { text: `{${typeOf(index.type, source).text}`, optional: false };
  }
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText(source);
    if (name === "pulumi.Input" || name === "pulumi.Output") return typeOf(node.typeArguments![0]!, source);
    if (name === "pulumi.asset.Asset" || name === "pulumi.asset.Archive") return { text: "A", optional: false };
    if (name.startsWith("inputs.")) return { text: `@${name.slice("inputs.".length)}`, optional: false };
    if (name.startsWith("outputs.")) return { text: "@", optional: false };
    if (name.startsWith("enums.")) return { text: "s", optional: false };
    if (name === "Record") return { text: `{${typeOf(node.typeArguments![1]!, source).text}`, optional: false };
  }
  return { text: "a", optional: false };
}

if (process.argv[1] === import.meta.filename) {
  const require = createRequire(import.meta.url);
  for (const name of packages) {
    const root = dirname(require.resolve(`@pulumi/${name}/package.json`));
    const file = join(import.meta.dirname, "schema", `${name}.generated.json`);
    const schema = deriveSchema(root);
    writeFileSync(file, `${JSON.stringify(schema)}\n`);
    const size = Math.round(readFileSync(file).length / 1024);
    process.stdout.write(`${name} ${schema.version}: ${Object.keys(schema.resources).length} types, ${size} KiB\n`);
  }
}
