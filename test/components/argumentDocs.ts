// What the docstrings of a component's arguments say: finds the documentation of one argument, however deep, and every argument
// that is said to replace something. Reads the same sources as docs/pages.ts, which shows them on pages.
import ts from "typescript";
import { type Declaration, Sources } from "../../docs/sources.ts";

type Members = Map<string, ts.PropertySignature>;

/** "Changing it replaces the bucket", "the old one is replaced". */
export const saysReplaced = (doc: string): boolean => /\breplace[sd]\b/.test(doc) && !/Nothing is replaced/.test(doc);

export class ArgumentDocs {
  readonly #sources: Sources;

  /** `folder` holds the components. */
  constructor(folder: string) {
    this.#sources = new Sources(folder);
  }

  /** What the top of a file says. */
  header(file: string): string {
    const { text } = this.#sources.get(file);
    return text
      .slice(0, text.search(/^(?!\/\/)/m))
      .replaceAll(/^\/\/ ?/gm, "")
      .replaceAll("\n", " ");
  }

  /** Names of the arguments themselves. */
  names(file: string, component: string): readonly string[] {
    return [...this.#members(this.#args(file, component)).keys()];
  }

  /**
   * Documentation from the outermost argument on the way to the innermost: of each property and of the types that it names. In
   * a path keys of records stand as they are given: `keys.payments.protection`.
   */
  along(file: string, component: string, dotted: string): readonly string[] {
    let members = this.#members(this.#args(file, component));
    const found: string[] = [];
    for (const part of dotted.split(".")) {
      const member = members.get(part);
      if (member === undefined) continue; // The key of a record: the arguments are those of its values.
      found.push([docOf(member), ...this.#named(member.type).map(docOf)].join("\n"));
      members = this.#members(member.type);
    }
    return found;
  }

  /** Every argument whose own documentation says that something is replaced, without the keys of records. */
  replacing(file: string, component: string): readonly string[] {
    const found: string[] = [];
    const visit = (node: ts.Node | undefined, above: string): void => {
      for (const [name, member] of this.#members(node)) {
        const at = above === "" ? name : `${above}.${name}`;
        if (saysReplaced(docOf(member))) found.push(at);
        visit(member.type, at);
      }
    };
    visit(this.#args(file, component), "");
    return found;
  }

  /** A path of `along` as `replacing` gives it. */
  withoutKeys(file: string, component: string, dotted: string): string {
    let members = this.#members(this.#args(file, component));
    return dotted
      .split(".")
      .filter((part) => {
        const member = members.get(part);
        if (member !== undefined) members = this.#members(member.type);
        return member !== undefined;
      })
      .join(".");
  }

  #args(file: string, component: string): ts.Node {
    const classes = this.#sources.get(file).statements.filter(ts.isClassDeclaration);
    const construct = classes.find(({ name }) => name?.text === component)?.members.find(ts.isConstructorDeclaration);
    const args = construct?.parameters[1]?.type;
    if (args === undefined) throw new Error(`${file}: ${component} takes no arguments`);
    return args;
  }

  /** Properties of a type, and of what its records, lists, unions and named types are made of. */
  #members(node: ts.Node | undefined, found = new Map<string, ts.PropertySignature>()): Members {
    if (node === undefined) return found;
    if (ts.isPropertySignature(node)) {
      // Of a union, `x?: never` says only that another member has it.
      if (node.type?.kind !== ts.SyntaxKind.NeverKeyword && !found.has(node.name.getText()))
        found.set(node.name.getText(), node);
      return found;
    }
    if (ts.isIndexedAccessTypeNode(node) && ts.isLiteralTypeNode(node.indexType)) {
      const key = (node.indexType.literal as ts.StringLiteral).text;
      return this.#members(this.#members(node.objectType).get(key)?.type, found);
    }
    for (const declared of this.#named(node, false)) this.#members(declared, found);
    if (ts.isInterfaceDeclaration(node))
      for (const { types } of node.heritageClauses ?? []) for (const type of types) this.#members(type, found);
    ts.forEachChild(node, (child) => void this.#members(child, found));
    return found;
  }

  /** Declarations of the types that a node names: it alone, or all that is in it. */
  #named(node: ts.Node | undefined, deep = true): readonly Declaration[] {
    if (node === undefined) return [];
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName.getText()
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression.getText()
        : undefined;
    const own = name === undefined ? undefined : this.#sources.find(node.getSourceFile(), name);
    const inside: Declaration[] = [];
    if (deep) ts.forEachChild(node, (child) => void inside.push(...this.#named(child)));
    return own === undefined ? inside : [own, ...inside];
  }
}

function docOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")
    .join("\n");
}
