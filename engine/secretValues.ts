// The secrets that a run has come across, by value, and the forms in which they would leak: as they are, trimmed, in base64,
// escaped for a URL, for JSON and for a shell. Whatever writes asks here first. Kept in memory only.
//
// What it cannot see: a secret that nobody has marked or decrypted yet, one that was cut up, encrypted or hashed, and values
// shorter than six characters, which would hit anything. Points in time are no secrets, whatever they stand in: a certificate
// that a provider calls secret as a whole was made in the same millisecond as something else.
import {
  ByteString,
  isPropertyArray,
  isPropertyMap,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "./values.ts";

const shortest = 6;
/** A form in base64 is looked for from this length on: the part of it that does not depend on what surrounds it. */
const shortestEncoded = 10;

export class SecretValues {
  /** Value to whether it was given, not learnt. */
  readonly #values = new Map<string, boolean>();
  readonly #public = new Set<string>();
  /** Public names that a given secret is part of, but for mere words. */
  readonly #exposing = new Set<string>();
  /** Texts that stood in plain sight before anybody called them secret. */
  readonly #seen = new Set<string>();
  /** Form to whether its value is unmistakable; built into one expression when it is needed. */
  readonly #forms = new Map<string, boolean>();
  #any: RegExp | undefined;
  #unmistakable: RegExp | undefined;

  /** @param known secrets from the beginning */
  constructor(known: Iterable<string> = []) {
    for (const value of known) this.add(value);
  }

  /** Names that are public whatever else they are: of projects, stacks, environments. A secret that is part of one is none. */
  exempt(names: Iterable<string>): void {
    for (const name of names) this.#public.add(name);
    for (const value of [...this.#values.keys()]) if (this.#publicNameOf(value) !== undefined) this.#forget();
  }

  /** A public name that a secret given to `add` is part of, not by chance: nothing can be written without that secret. */
  exposing(): string | undefined {
    return this.#exposing.values().next().value;
  }

  /** Adds a secret, and each of its lines when it has several: a key in PEM is printed line by line. */
  add(value: string): void {
    this.#addWhole(value, true);
  }

  #addWhole(value: string, given: boolean): void {
    if (this.#values.has(value)) return;
    const lines = value.split(/\r?\n/);
    for (const part of lines.length > 1 ? [value, ...lines.filter((line) => !/^-----/.test(line))] : [value])
      this.#addOne(part, given);
  }

  #addOne(value: string, given: boolean): void {
    const trimmed = value.trim();
    if (this.#values.has(value) || trimmed.length < shortest || common.has(trimmed) || pointInTime.test(trimmed))
      return;
    const strong = isUnmistakable(trimmed);
    const name = this.#publicNameOf(trimmed);
    if (name !== undefined) {
      if (given && strong) this.#exposing.add(name);
      return;
    }
    this.#values.set(value, given);
    for (const form of formsOf(value)) this.#forms.set(form, strong || (this.#forms.get(form) ?? false));
    this.#any = undefined;
    this.#unmistakable = undefined;
  }

  #publicNameOf(value: string): string | undefined {
    for (const name of this.#public) if (name.includes(value)) return name;
    return undefined;
  }

  #forget(): void {
    const values = [...this.#values];
    this.#values.clear();
    this.#forms.clear();
    this.#any = this.#unmistakable = undefined;
    for (const [value, given] of values) this.#addOne(value, given);
  }

  /**
   * Adds every text inside of the secrets of a value, but for those that are public already:
   *
   * - a text that stood in plain sight before. SDKs and providers call a property secret whatever is in it: the name of a
   *   topic, given as the content of a file, does not become a secret by that, and whoever took it for one would refuse the
   *   state in which it has always stood.
   * - a mere word that the same value also holds in plain: a cloud's provider calls all labels of a resource secret.
   *
   * What is given to `add` is a secret all the same.
   */
  learn(value: PropertyValue | undefined, secret = false): void {
    const plain = new Set<string>();
    for (const [text, isSecret] of textsOf(value, secret)) if (!isSecret) plain.add(text);
    for (const [text, isSecret] of textsOf(value, secret))
      if (isSecret && !this.#seen.has(text) && (!plain.has(text) || isUnmistakable(text.trim())))
        this.#addWhole(text, false);
    for (const text of plain) this.#see(text);
  }

  /** Remembers every text of a value that is in plain sight: of a state, before anything of it is learnt. */
  see(value: PropertyValue | undefined): void {
    for (const [text, isSecret] of textsOf(value, false)) if (!isSecret) this.#see(text);
  }

  #see(text: string): void {
    if (text.length >= shortest && !this.#values.has(text)) this.#seen.add(text);
  }

  /** The text with `[secret]` in the place of every secret in it, in whatever form. */
  mask(text: string): string {
    if (this.#forms.size === 0 || text.length < shortest) return text;
    this.#any ??= expression([...this.#forms.keys()]);
    return text.replace(this.#any, "[secret]");
  }

  /**
   * Whether the text holds a secret that cannot be there by chance: one of 8 characters or more with letters and digits, or
   * of 20 or more. Words somebody chose to call secret (a user's name) are masked, but refuse nothing.
   */
  holds(text: string): boolean {
    if (text.length < shortest) return false;
    this.#unmistakable ??= expression([...this.#forms].filter(([, strong]) => strong).map(([form]) => form));
    this.#unmistakable.lastIndex = 0;
    return this.#unmistakable.test(text);
  }

  /** The forms of secrets that `holds` finds in the text. */
  found(text: string): ReadonlySet<string> {
    return this.holds(text) ? new Set(text.match(this.#unmistakable!)) : new Set();
  }

  /** The properties with every plain text that holds a secret made a secret. The same object when there is none. */
  conceal(map: PropertyMap): PropertyMap {
    return this.#concealed(map) as PropertyMap;
  }

  #concealed(value: PropertyValue): PropertyValue {
    if (typeof value === "string") return this.holds(value) ? new Secret(value) : value;
    if (typeof value !== "object" || value === null || value instanceof Secret) return value;
    if (isPropertyArray(value)) {
      const items = value.map((item) => this.#concealed(item));
      return items.every((item, index) => item === value[index]) ? value : items;
    }
    if (!isPropertyMap(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, this.#concealed(item)] as const);
    return entries.every(([key, item]) => item === value[key]) ? value : Object.fromEntries(entries);
  }
}

/** Words of our own events and files: no text could do without them. */
const common = new Set(
  "create update delete replace refresh import discard waiting running succeeded unchanged skipped blocked failed cancelled timed-out needs-recovery awaiting-approval interrupted planned started finished interrupt terminate caller resource diagnostic stdout stderr warning secret [secret] sandbox preview destroy string number boolean object default production staging development password username localhost".split(
    " ",
  ),
);

/** A day, or a time of one, as RFC 3339 and Go write it. */
const pointInTime = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)? ?(?:[Zz]|UTC|[+-]\d\d:?\d\d(?: UTC)?)?)?$/;

/** Every text in a value, with whether it is in a secret. */
function* textsOf(value: PropertyValue | undefined, secret: boolean): Generator<readonly [string, boolean]> {
  if (value === undefined || value === null) return;
  if (typeof value === "string" || value instanceof ByteString) yield [value.toString(), secret];
  else if (value instanceof Secret) yield* textsOf(value.element, true);
  else if (value instanceof OutputValue) {
    if (value.known) yield* textsOf(value.element, secret || value.secret);
  } else if (isPropertyArray(value)) for (const item of value) yield* textsOf(item, secret);
  else if (isPropertyMap(value)) for (const item of Object.values(value)) yield* textsOf(item, secret);
}

function isUnmistakable(value: string): boolean {
  return value.length >= 20 || (value.length >= 8 && /\d/.test(value) && /[A-Za-z]/.test(value));
}

/** Every text as which a value may turn up. */
function formsOf(value: string): ReadonlySet<string> {
  const forms = new Set<string>();
  for (const raw of new Set([value, value.trim()])) {
    const json = JSON.stringify(raw).slice(1, -1);
    const url = encodeURIComponent(raw);
    for (const form of [
      raw,
      json,
      // JSON inside of JSON, as a text that holds a document is journalled.
      JSON.stringify(json).slice(1, -1),
      // Go's encoder, and some of JavaScript's, escape these for HTML.
      json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
      url,
      url.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
      url.replaceAll("%20", "+"),
      new URLSearchParams([["", raw]]).toString().slice(1),
      url.replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
      encodeURI(raw.toWellFormed()),
      // Shells: inside of single quotes, of double quotes, and without any.
      raw.replaceAll("'", "'\\''"),
      raw.replaceAll("'", `'"'"'`),
      raw.replace(/(["\\$`])/g, "\\$1"),
      raw.replace(/([^A-Za-z0-9_\-.,:+/@%=\n])/g, "\\$1"),
      // Pages, XML, tables of Markdown, and what GitHub reads from a log, as our own reports write them.
      ...markupForms(raw),
      Buffer.from(raw, "utf8").toString("hex"),
      ...base64Forms(raw),
    ])
      if (form.length >= shortest) forms.add(form);
  }
  return forms;
}

function markupForms(raw: string): readonly string[] {
  const text = raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quoted = text.replaceAll('"', "&quot;");
  const data = raw.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return [
    text,
    quoted,
    quoted.replaceAll("'", "&#39;"),
    quoted.replaceAll("\n", "&#10;"),
    text
      .replaceAll("|", "\\|")
      .replace(/[\r\n]+/g, " ")
      .replace(/([`*_[\]])/g, "\\$1"),
    raw.replaceAll("|", "\\|").replace(/[\r\n]+/g, " "),
    data,
    data.replaceAll(":", "%3A").replaceAll(",", "%2C"),
  ];
}

/** What of the value's base64 is the same wherever it stands in a longer text (user:password), in both alphabets. */
function base64Forms(raw: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const whole = Buffer.from(`${"\0".repeat(offset)}${raw}`, "utf8")
      .toString("base64")
      .replace(/=+$/, "");
    const bytes = offset + Buffer.byteLength(raw);
    const stable = whole.slice(Math.ceil((offset * 8) / 6), Math.floor((bytes * 8) / 6));
    if (stable.length < shortestEncoded) return offset === 0 && whole.length >= shortestEncoded ? [whole] : [];
    return [stable, stable.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** Finds any of the texts, the longest first: no secret is left in part because another one is its beginning. */
function expression(texts: readonly string[]): RegExp {
  const sorted = [...texts].sort((a, b) => b.length - a.length);
  const escaped = sorted.map((text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"));
  // Of nothing, one that does not look at every place of a text.
  return new RegExp(escaped.length === 0 ? "^(?!)" : escaped.join("|"), "g");
}
