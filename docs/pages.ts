// A page for each component: turns the docstrings and types of components/ and the example of docs/examples/ into
// docs/components/<kind>/<Name>.md, and a list of them all. `npm run docs` writes the pages; a test fails on a stale one.
//
// 1. A file is parsed, not type-checked: what stands on a page is what stands in the source, in milliseconds.
// 2. Types that arguments name are followed through relative imports and shown below them; those of Pulumi are not.
// 3. What a reader would miss is a problem: an argument or an output without a sentence, a header that does not say what
//    replaces, a component without an example. Nothing is written while there is one.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { type Declaration, Sources } from "./sources.ts";
import { paragraphs, sentence, textOf } from "./text.ts";

const kinds = { gcp: "Google Cloud", kubernetes: "Kubernetes", random: "Random" } as const;
type Kind = keyof typeof kinds;
/** Functions that go with components, by the files that export them. */
const besides = ["gcp/provider.ts", "gcp/labels.ts", "kubernetes/clusterAccess.ts", "kubernetes/kubeconfig.ts"];

export interface Pages {
  /** Text by path below `docs/components`. */
  readonly pages: ReadonlyMap<string, string>;
  /** What is missing, a sentence each. */
  readonly problems: readonly string[];
  /** Components by their file below `components`. */
  readonly components: ReadonlyMap<string, string>;
}

/** Reads `components/` and `docs/examples/` of the project and makes every page. */
export function componentPages(root: string): Pages {
  const sources = new Sources(path.join(root, "components"));
  const pages = new Map<string, string>();
  const components = new Map<string, string>();
  const problems: string[] = [];
  const list: string[] = [];
  for (const kind of Object.keys(kinds) as Kind[]) {
    list.push(`## ${kinds[kind]}`, "");
    for (const name of readdirSync(path.join(root, "components", kind)).sort()) {
      const file = `${kind}/${name}`;
      const component = componentIn(sources.get(file));
      if (component === undefined) continue;
      const title = component.name?.text ?? "";
      components.set(file, title);
      const page = new Page(sources, file, component, exampleOf(root, kind, title));
      pages.set(`${kind}/${title}.md`, page.text());
      problems.push(...page.problems);
      list.push(`- [${title}](${kind}/${title}.md): ${sentence(page.about)}`);
    }
    list.push("");
  }
  list.push("## Beside components", "");
  for (const file of besides) {
    for (const one of sources.get(file).statements) {
      if (!ts.isFunctionDeclaration(one) || !isExported(one) || /^check/.test(one.name?.text ?? "")) continue;
      const doc = docOf(one);
      if (doc === "") problems.push(`components/${file}: ${one.name?.text} has no docstring`);
      list.push(`- \`${one.name?.text}\` of \`${importPath(file)}\`: ${sentence(doc)}`);
    }
  }
  const intro =
    "Made by `npm run docs` from the docstrings in `components/`. How components change: [the policy](../components.md).";
  pages.set("README.md", `# Components\n\n${intro}\n\n${list.join("\n")}\n`);
  return { pages, problems, components };
}

function exampleOf(root: string, kind: Kind, name: string): string | undefined {
  try {
    return readFileSync(path.join(root, "docs/examples", kind, `${name}.ts`), "utf8");
  } catch {
    return undefined;
  }
}

/** The page of one component. */
class Page {
  readonly problems: string[] = [];
  /** What the header says, known once the text is made. */
  about = "";
  readonly #sources: Sources;
  readonly #file: string;
  readonly #component: ts.ClassDeclaration;
  readonly #example: string | undefined;
  /** Types that were named and are still to be shown, and all that were. */
  readonly #waiting: Declaration[] = [];
  readonly #named = new Set<Declaration>();

  constructor(sources: Sources, file: string, component: ts.ClassDeclaration, example: string | undefined) {
    this.#sources = sources;
    this.#file = file;
    this.#component = component;
    this.#example = example;
  }

  text(): string {
    const title = this.#component.name?.text ?? "";
    const construct = this.#component.members.find(ts.isConstructorDeclaration);
    const args = construct?.parameters[1];
    const source = this.#component.getSourceFile();
    const argsName = args?.type !== undefined && ts.isTypeReferenceNode(args.type) ? args.type.typeName.getText() : "";
    const declared = this.#sources.find(source, argsName);
    if (declared !== undefined) this.#named.add(declared);
    const optional = args?.initializer !== undefined || args?.questionToken !== undefined;
    const parts = [
      `# ${title}`,
      this.#header(source, title),
      `\`\`\`ts\nimport { ${title} } from "${importPath(this.#file)}";\n\nnew ${title}(name: string, args${optional ? "?" : ""}: ${argsName}, opts?: ComponentResourceOptions)\n\`\`\``,
      "## Example",
      this.#exampleText(),
      "## Arguments",
      declared === undefined ? "" : this.#body(declared),
      "## Outputs",
      this.#outputs(),
    ];
    const throws = construct === undefined ? "" : tagOf(construct, "throws");
    const types: string[] = [];
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const doc = docOf(next);
      types.push(`### ${next.name.getText()}`, ...(doc === "" ? [] : [doc]), this.#body(next));
    }
    if (types.length > 0) parts.push("## Types", ...types);
    if (throws === "") this.#problem("the constructor does not say what it throws");
    parts.push("## Errors", throws);
    return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
  }

  #problem(what: string): void {
    this.problems.push(`components/${this.#file}: ${what}`);
  }

  /** The comment at the top of the file: what the component is, and what replaces. */
  #header(source: ts.SourceFile, title: string): string {
    this.about = textOf(source.text, title);
    if (this.about === "") this.#problem(`the header does not begin with "${title}: "`);
    if (!/replace/i.test(this.about)) this.#problem("the header does not say what replaces");
    return this.about;
  }

  #exampleText(): string {
    if (this.#example === undefined) {
      this.#problem(`there is no docs/examples/${this.#file.split("/")[0]}/${this.#component.name?.text}.ts`);
      return "";
    }
    const text = this.#example.replaceAll(/"(?:\.\.\/)+components\/([^"]+)\.ts"/g, '"tutti/components/$1"');
    return `\`\`\`ts\n${text.trimEnd()}\n\`\`\``;
  }

  /** Members of an interface as a list, those of what it extends first; any other type as it is written. */
  #body(declared: Declaration): string {
    if (ts.isInterfaceDeclaration(declared)) return this.#members(declared).join("\n");
    const type = ts.isTypeAliasDeclaration(declared) ? declared.type : declared;
    return `\`\`\`ts\n${dedent(this.#type(type), "")}\n\`\`\``;
  }

  #members(declared: ts.InterfaceDeclaration): string[] {
    const inherited = (declared.heritageClauses ?? []).flatMap(({ types }) =>
      types.flatMap(({ expression }) => {
        const base = this.#sources.find(declared.getSourceFile(), expression.getText());
        return base !== undefined && ts.isInterfaceDeclaration(base) ? this.#members(base) : [];
      }),
    );
    const own = declared.members.filter(ts.isPropertySignature).map((member) => {
      const name = member.name.getText();
      const type = member.type === undefined ? "unknown" : oneLine(this.#type(member.type));
      return this.#item(
        `${name}${member.questionToken === undefined ? "" : "?"}: ${type}`,
        docOf(member),
        `${declared.name.text}.${name}`,
      );
    });
    return [...inherited, ...own];
  }

  #outputs(): string {
    const items = this.#component.members.flatMap((member) => {
      const name = member.name?.getText() ?? "";
      if (name === "" || name.startsWith("#") || ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private)
        return [];
      if (ts.isPropertyDeclaration(member) || ts.isGetAccessorDeclaration(member)) {
        if (member.type === undefined) this.#problem(`${name} has no written type`);
        const type = member.type === undefined ? "unknown" : oneLine(this.#type(member.type));
        return [this.#item(`${name}: ${type}`, withThrows(member), name)];
      }
      if (!ts.isMethodDeclaration(member)) return [];
      const parameters = member.parameters.map((parameter) => oneLine(parameter.getText())).join(", ");
      return [
        this.#item(`${name}(${parameters}): ${oneLine(member.type?.getText() ?? "void")}`, withThrows(member), name),
      ];
    });
    return items.join("\n");
  }

  #item(code: string, doc: string, what: string): string {
    if (doc === "") this.#problem(`${what} has no docstring`);
    return `- \`${code}\`: ${doc.replaceAll("\n", "\n  ")}`;
  }

  /** A type as it is written, with what is made of values (`keyof typeof roles`) and of other types spelt out. */
  #type(node: ts.Node): string {
    const source = node.getSourceFile();
    const replaced: { start: number; end: number; by: string }[] = [];
    const visit = (one: ts.Node): void => {
      const by = this.#spelt(one);
      if (by !== undefined) {
        replaced.push({ start: one.getStart(source), end: one.end, by });
        return;
      }
      if (ts.isTypeReferenceNode(one)) {
        const declared = this.#sources.find(source, one.typeName.getText());
        if (declared !== undefined && !this.#named.has(declared)) {
          this.#named.add(declared);
          this.#waiting.push(declared);
        }
      }
      ts.forEachChild(one, visit);
    };
    visit(node);
    let text = "";
    let at = node.getStart(source);
    // The comment before the first of several choices belongs to the type.
    const before = ts.isUnionTypeNode(node) ? source.text.slice(node.pos, at).trim() : "";
    if (before !== "") text = `${before}\n  `;
    for (const { start, end, by } of replaced) {
      text += source.text.slice(at, start) + by;
      at = end;
    }
    text += source.text.slice(at, node.end);
    return text
      .replaceAll(/;? *readonly \w+\?: never;?/g, "")
      .replaceAll(/\breadonly /g, "")
      .replaceAll(/\n *(?=\n)/g, "");
  }

  #spelt(node: ts.Node): string | undefined {
    const source = node.getSourceFile();
    // Readonly<X>: a reader cannot change it anyhow.
    if (ts.isTypeReferenceNode(node) && node.typeName.getText() === "Readonly" && node.typeArguments?.length === 1)
      return this.#type(node.typeArguments[0]!);
    // keyof typeof object
    if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.KeyOfKeyword && ts.isTypeQueryNode(node.type))
      return this.#values(source, node.type.exprName.getText());
    if (!ts.isIndexedAccessTypeNode(node)) return undefined;
    const of = ts.isParenthesizedTypeNode(node.objectType) ? node.objectType.type : node.objectType;
    // (typeof list)[number]
    if (ts.isTypeQueryNode(of)) return this.#values(source, of.exprName.getText());
    // Interface["member"]
    if (!ts.isTypeReferenceNode(of) || !ts.isLiteralTypeNode(node.indexType)) return undefined;
    const declared = this.#sources.find(source, of.typeName.getText());
    if (declared === undefined || !ts.isInterfaceDeclaration(declared)) return undefined;
    const key = (node.indexType.literal as ts.StringLiteral).text;
    const member = declared.members.filter(ts.isPropertySignature).find(({ name }) => name.getText() === key);
    return member?.type === undefined ? undefined : this.#type(member.type);
  }

  /** `"a" | "b"` of the constant `{ a: ..., b: ... }` or `["a", "b"]`. */
  #values(source: ts.SourceFile, name: string): string | undefined {
    const declared = this.#sources.find(source, name);
    if (declared === undefined || !ts.isVariableDeclaration(declared)) return undefined;
    const value = declared.initializer;
    const inner = value !== undefined && ts.isAsExpression(value) ? value.expression : value;
    if (inner === undefined) return undefined;
    if (ts.isArrayLiteralExpression(inner)) return inner.elements.map((element) => element.getText()).join(" | ");
    if (!ts.isObjectLiteralExpression(inner)) return undefined;
    return inner.properties
      .map((property) => property.name?.getText() ?? "")
      .map((key) => (/^["\d]/.test(key) ? key : `"${key}"`))
      .join(" | ");
  }
}

function componentIn(source: ts.SourceFile): ts.ClassDeclaration | undefined {
  return source.statements
    .filter(ts.isClassDeclaration)
    .find(
      (one) =>
        isExported(one) && (one.heritageClauses ?? []).some((clause) => clause.getText().includes("ComponentResource")),
    );
}

function isExported(node: ts.Declaration): boolean {
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Export) !== 0;
}

/** `tutti/components/gcp/bucket`, as a package's users import it. */
function importPath(file: string): string {
  return `tutti/components/${file.replace(/\.ts$/, "")}`;
}

/** The sentences of a docstring, without its tags. */
function docOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  const text = comment === undefined ? undefined : ts.getTextOfJSDocComment(comment.comment);
  return text === undefined ? "" : paragraphs(text.split("\n"));
}

function tagOf(node: ts.Node, tag: string): string {
  const found = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === tag);
  if (found === undefined) return "";
  // The parser takes the first word for a type.
  const text = found
    .getText()
    .replace(/^@\w+\s*/, "")
    .replaceAll(/\s*\n\s*\*?\s*/g, " ");
  return text.trim();
}

function withThrows(node: ts.Node): string {
  const throws = tagOf(node, "throws");
  return [docOf(node), throws === "" ? "" : `Throws ${throws}`].filter((part) => part !== "").join(" ");
}

function oneLine(text: string): string {
  return text
    .replaceAll(/\s*\/\*\*.*?\*\/\s*/gs, " ")
    .replaceAll(/\s*\n\s*/g, " ")
    .replace(/^\| /, "")
    .trim();
}

/** Without the indentation that all lines after the first share. */
function dedent(text: string, first: string): string {
  const lines = text.split("\n");
  const indents = lines.slice(1).flatMap((line) => (line.trim() === "" ? [] : [line.search(/\S/)]));
  const least = Math.min(...indents, 80);
  return [first + (lines[0] ?? ""), ...lines.slice(1).map((line) => line.slice(least))].join("\n");
}

/** Writes every page, and takes away those of components that are gone. */
function main(): void {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const folder = path.join(root, "docs/components");
  const { pages, problems } = componentPages(root);
  if (problems.length > 0) {
    process.stderr.write(`${problems.join("\n")}\n`);
    process.exitCode = 1;
    return;
  }
  rmSync(folder, { recursive: true, force: true });
  for (const [file, text] of pages) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  process.stdout.write(`${pages.size} pages written below docs/components\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
