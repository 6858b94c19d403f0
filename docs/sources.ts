// The sources of components as parsed files, and what a name in one of them was declared as.
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

export type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.VariableDeclaration;

/** Parsed files below `components`, each read once. */
export class Sources {
  readonly #folder: string;
  readonly #parsed = new Map<string, ts.SourceFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  get(file: string): ts.SourceFile {
    const known = this.#parsed.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(path.join(this.#folder, file), "utf8");
    const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    this.#parsed.set(file, parsed);
    return parsed;
  }

  /** The declaration of a name as a file sees it; undefined for what comes from a package. */
  find(file: ts.SourceFile, name: string): Declaration | undefined {
    for (const one of file.statements) {
      if ((ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one)) && one.name.text === name) return one;
      if (ts.isVariableStatement(one)) {
        const found = one.declarationList.declarations.find((declared) => declared.name.getText() === name);
        if (found !== undefined) return found;
      }
      if (!ts.isImportDeclaration(one)) continue;
      const from = (one.moduleSpecifier as ts.StringLiteral).text;
      const bindings = one.importClause?.namedBindings;
      if (!from.startsWith(".") || bindings === undefined || !ts.isNamedImports(bindings)) continue;
      const imported = bindings.elements.find((element) => element.name.text === name);
      if (imported !== undefined)
        return this.find(
          this.get(path.posix.join(path.posix.dirname(file.fileName), from)),
          imported.propertyName?.text ?? name,
        );
    }
    return undefined;
  }
}
