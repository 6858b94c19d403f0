// Parses what the user may write to select stacks. Pure text in, a small tree out; selection.ts gives it meaning.
//
//   filter := term { "|" term }                                  each "|" narrows
//   term   := ["!"] [ [depth] "..." ["^"] ] atom [ ["^"] "..." [depth] ]
//   atom   := name | attribute "=" glob                          name: globs joined by single dots, web.prod, *.prod, web
//
// "...web" is web and what depends on it, "web..." web and what it depends on, "^" leaves web itself out, a depth bounds
// the edges walked. A glob knows "*" and "?", both within one part of a name.
// Git ranges ("[main]"), paths ("./", "{}") and attributes that need a last run are refused by name.
import { err, ok, type Result } from "./result.ts";
import { suggest } from "./suggest.ts";

export interface Filter {
  readonly text: string;
  /** At least one. */
  readonly terms: readonly Term[];
}

export interface Term {
  readonly text: string;
  readonly negated: boolean;
  readonly atom: Atom;
  /** `atom...`: true is all the way. */
  readonly dependencies: number | true | undefined;
  /** `...atom` */
  readonly dependents: number | true | undefined;
  /** `^`: only the neighbours. */
  readonly withoutSelf: boolean;
}

export type Atom =
  | { readonly kind: "name"; readonly text: string; readonly segments: readonly RegExp[] }
  | {
      readonly kind: "attribute";
      readonly text: string;
      readonly attribute: Attribute;
      readonly value: string;
      readonly glob: RegExp;
    };

/** What can be selected by today. */
export const attributes = ["env", "program", "stack", "instance", "tag", "cloud"] as const;
export type Attribute = (typeof attributes)[number];
/** What the grammar knows and tutti does not answer yet. */
const laterAttributes = ["project", "owner", "component", "provider", "reads", "status", "drift"];

export interface FilterError {
  readonly message: string;
  readonly hint?: string;
}

/** Reads one filter. Blanks around terms are nothing; an empty filter or term is an error. */
export function parseFilter(text: string): Result<Filter, FilterError> {
  const terms: Term[] = [];
  for (const part of text.split("|")) {
    const term = parseTerm(part.trim());
    if (!term.ok) return term;
    terms.push(term.value);
  }
  return ok({ text: text.trim(), terms });
}

const termPattern =
  /^(?<not>!)?(?:(?<up>\d*)\.\.\.(?<upOnly>\^)?)?(?<atom>.*?)(?:(?<downOnly>\^)?\.\.\.(?<down>\d*))?$/;

function parseTerm(text: string): Result<Term, FilterError> {
  const example = 'e.g. web.prod, "*.prod", "...network.prod", "env=prod"';
  if (text === "") return err({ message: "a filter is empty", hint: example });
  if (text.includes("["))
    return err({ message: `"${text}" is a git range, which is not supported yet`, hint: "name the stacks instead" });
  const bare = text.replace(/^!?(?:\d*\.\.\.\^?)?/, "");
  if (/^(?:\.?\.\/|\/|\{)/.test(bare))
    return err({ message: `"${text}" is a path, which is not supported yet`, hint: "name the stacks instead" });
  const groups = termPattern.exec(text)!.groups!;
  const { up, down } = groups;
  for (const depth of [up, down])
    if (depth !== undefined && depth !== "" && Number(depth) < 1)
      return err({ message: `depth ${depth} in "${text}" is not 1 or more`, hint: "leave it out to go all the way" });
  const atom = parseAtom(groups["atom"]!, text, example);
  if (!atom.ok) return atom;
  return ok({
    text: text.replace(/^!/, ""),
    negated: groups["not"] !== undefined,
    atom: atom.value,
    dependents: up === undefined ? undefined : up === "" ? true : Number(up),
    dependencies: down === undefined ? undefined : down === "" ? true : Number(down),
    withoutSelf: groups["upOnly"] !== undefined || groups["downOnly"] !== undefined,
  });
}

function parseAtom(text: string, term: string, example: string): Result<Atom, FilterError> {
  if (text === "") return err({ message: `"${term}" names no stack`, hint: example });
  const equals = text.indexOf("=");
  if (equals >= 0) {
    const attribute = text.slice(0, equals);
    const value = text.slice(equals + 1);
    if (laterAttributes.includes(attribute))
      return err({
        message: `filter "${attribute}=" is not supported yet`,
        hint: `supported: ${attributes.join(", ")}`,
      });
    if (!isAttribute(attribute)) {
      const meant = suggest(attribute, attributes);
      const hint = meant === undefined ? `known: ${attributes.join(", ")}` : `did you mean "${meant}="?`;
      return err({ message: `no stack has an attribute "${attribute}"`, hint });
    }
    const bad = /[^a-zA-Z0-9_.*?-]/.exec(value)?.[0];
    if (value === "" || bad !== undefined)
      return err({
        message: value === "" ? `"${text}" has no value` : `"${text}" has a "${bad}"`,
        hint: `e.g. ${attribute}=prod`,
      });
    return ok({ kind: "attribute", text, attribute, value, glob: glob(value) });
  }
  const segments = text.split(".");
  const bad = /[^a-zA-Z0-9_.*?-]/.exec(text)?.[0];
  if (bad !== undefined) return err({ message: `"${text}" is no stack name: it has a "${bad}"`, hint: example });
  if (segments.includes("") || segments.length > 3)
    return err({
      message: `"${text}" is no stack name: names are <program>.<environment>[.<instance>]`,
      hint: example,
    });
  return ok({ kind: "name", text, segments: segments.map((segment) => glob(segment)) });
}

function isAttribute(text: string): text is Attribute {
  return (attributes as readonly string[]).includes(text);
}

/** `*` is any run of characters, `?` any one. Names are cut at their dots first, so that neither goes over one. */
function glob(text: string): RegExp {
  const source = [...text].map((c) => (c === "*" ? ".*" : c === "?" ? "." : c.replace(/[.\\-]/g, "\\$&"))).join("");
  return new RegExp(`^${source}$`);
}
