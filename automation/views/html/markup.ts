// HTML from templates in which every value is escaped: what a program, a cloud or a user named can never become markup.

/** Markup that is safe as it is. Only `html` and `trusted` make it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = Markup | string | number | undefined | false | readonly Value[];

/** A template whose values are escaped; markup and lists of it stay as they are, `undefined` and `false` are nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let text = parts[0]!;
  for (const [at, value] of values.entries()) text += rendered(value) + parts[at + 1]!;
  return new Markup(text);
}

/** Our own text, from the sources of this folder. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function rendered(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return (value as readonly Value[]).map(rendered).join("");
  return value === undefined || value === false ? "" : escaped(String(value));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(forbidden, "")
    .replace(/[&<>"']/g, (character) => entities[character]!);
}
