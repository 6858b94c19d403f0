// Edits stacks/workspace.ts as text, so that comments and layout stay: adds an import, a stack to a list, an environment to an
// object. No compiler is loaded for that. Comments, texts and templates are blanked first, place by place, so that what looks
// like code in them is none. Whatever is not exactly as expected is refused, never guessed.
import { err, ok, type Result } from "../result.ts";

/** The text with the contents of comments, strings and templates turned into blanks; of the same length. */
export function blanked(text: string): string {
  const pattern = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return text.replace(pattern, (found) => found.replace(/[^\n]/g, " "));
}

interface Span {
  /** Behind the opening bracket. */
  readonly from: number;
  /** At the closing one. */
  readonly to: number;
}

/** Where the bracket at `open` ends. */
function inside(code: string, open: number): Span | undefined {
  const pairs: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
  const expected: string[] = [];
  for (let at = open; at < code.length; at++) {
    const sign = code[at]!;
    if (pairs[sign] !== undefined) expected.push(pairs[sign]);
    else if (")]}".includes(sign)) {
      if (expected.pop() !== sign) return undefined;
      if (expected.length === 0) return { from: open + 1, to: at };
    }
  }
  return undefined;
}

/** The value of a property of the object that `defineWorkspace` is called with, where it is written out in brackets. */
function workspaceProperty(text: string, name: string, bracket: "[" | "{"): Result<Span, string> {
  const code = blanked(text);
  const calls = [...code.matchAll(/\bdefineWorkspace\s*\(\s*\{/g)];
  if (calls.length !== 1) return err(`it calls defineWorkspace({ ... }) ${calls.length} times, not once`);
  const object = inside(code, calls[0]!.index + calls[0]![0].length - 1);
  if (object === undefined) return err("its brackets do not match");
  const found = propertyOf(code, object, name);
  if (found === undefined) return err(`defineWorkspace has no "${name}: ${bracket === "[" ? "[...]" : "{ ... }"}"`);
  const start = /^\s*/.exec(code.slice(found.from))![0].length + found.from;
  if (code[start] !== bracket) return err(`"${name}" is not written out as ${bracket === "[" ? "[...]" : "{ ... }"}`);
  return ok(inside(code, start)!);
}

/** Where the value of a property stands, directly in an object. */
function propertyOf(code: string, object: Span, name: string): Span | undefined {
  for (const part of parts(code, object)) {
    const key = /^\s*([A-Za-z_$][\w$]*)\s*:/.exec(code.slice(part.from, part.to));
    if (key?.[1] === name) return { from: part.from + key[0].length, to: part.to };
  }
  return undefined;
}

/** What stands between the commas directly in brackets. */
function parts(code: string, { from, to }: Span): readonly Span[] {
  const found: Span[] = [];
  let begin = from;
  let depth = 0;
  for (let at = from; at < to; at++) {
    const sign = code[at]!;
    if ("([{".includes(sign)) depth++;
    else if (")]}".includes(sign)) depth--;
    else if (sign === "," && depth === 0) {
      found.push({ from: begin, to: at });
      begin = at + 1;
    }
  }
  if (code.slice(begin, to).trim() !== "") found.push({ from: begin, to });
  return found;
}

/** Adds a part behind the last one in brackets, on a line of its own where they are. */
function append(text: string, span: Span, part: string): string {
  const code = blanked(text);
  const present = parts(code, span);
  const last = present.at(-1);
  if (last === undefined) {
    const padded = text[span.from - 1] === "{" ? ` ${part} ` : part;
    return text.slice(0, span.from) + padded + text.slice(span.to);
  }
  // Behind the last sign of code: a comment on its line stays there.
  const end = last.from + code.slice(last.from, last.to).trimEnd().length;
  const closing = code.slice(end, span.to);
  const comma = closing.indexOf(",");
  const own = code.slice(span.from, span.to).includes("\n") && /\n[ \t]*$/.test(code.slice(0, span.to));
  if (!own) {
    const gap = comma === -1 ? ", " : " ";
    const at = comma === -1 ? end : end + comma + 1;
    return `${text.slice(0, at)}${gap}${part}${text.slice(at)}`;
  }
  const first = present[0]!;
  const begin = first.from + (/^\s*/.exec(code.slice(first.from, first.to))?.[0].length ?? 0);
  const indent = /[ \t]*$/.exec(code.slice(0, begin))![0];
  const lineEnd = text.indexOf("\n", end);
  const before = comma === -1 ? `${text.slice(0, end)},${text.slice(end, lineEnd)}` : text.slice(0, lineEnd);
  return `${before}\n${indent}${part.replaceAll("\n", `\n${indent}`)},${text.slice(lineEnd)}`;
}

/** Adds `name`, imported from `from`, to the stacks of the workspace. */
export function addStack(text: string, name: string, from: string): Result<string, string> {
  const list = workspaceProperty(text, "stacks", "[");
  if (!list.ok) return list;
  return addImport(append(text, list.value, name), name, from);
}

/** Adds an environment, given as code, to the environments of the workspace. */
export function addEnvironment(text: string, name: string, code: string): Result<string, string> {
  const object = workspaceProperty(text, "environments", "{");
  if (!object.ok) return object;
  const key = /^[a-z][a-z0-9]*$/.test(name) ? name : `"${name}"`;
  return ok(append(text, object.value, `${key}: ${code}`));
}

/** The code of an environment of the workspace, its first line without indentation. */
export function environmentCode(text: string, name: string): Result<string, string> {
  const object = workspaceProperty(text, "environments", "{");
  if (!object.ok) return object;
  const value = propertyOf(blanked(text), object.value, name);
  if (value === undefined) return err(`environment ${name} is not written out in it`);
  const code = text.slice(value.from, value.to).trim();
  // It is indented anew where it goes.
  const indent = /\n([ \t]*)\S[^\n]*$/.exec(code)?.[1] ?? "";
  return ok(code.replaceAll(`\n${indent}`, "\n"));
}

/** Adds an import of a name, beside what is imported from the same place or behind the last import. */
export function addImport(text: string, name: string, from: string): Result<string, string> {
  const imports = [...text.matchAll(/^import\s+(?:\{([^}]*)\}|[^;{]*?)\s*from\s*"([^"]+)";?[ \t]*$/gm)].filter(
    ({ index }) => blanked(text).startsWith("import", index),
  );
  const same = imports.find((one) => one[2] === from && one[1] !== undefined);
  if (same !== undefined) {
    const names = same[1]!
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
    if (names.includes(name)) return ok(text);
    const open = same.index + same[0].indexOf("{");
    return ok(
      `${text.slice(0, open)}{ ${[...names, name].sort().join(", ")} }${text.slice(text.indexOf("}", open) + 1)}`,
    );
  }
  const last = imports.at(-1);
  if (last === undefined) return err("it imports nothing");
  const end = last.index + last[0].length;
  return ok(`${text.slice(0, end)}\nimport { ${name} } from "${from}";${text.slice(end)}`);
}
