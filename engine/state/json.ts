// JSON as the official engine prints it, so that a file written back without changes is the same bytes: compact, no HTML
// escapes, keys of maps sorted, keys of structs in declaration order. JavaScript objects cannot keep the order of keys
// that look like integers, so texts are built from texts instead of from objects.

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON string; U+2028 and U+2029 are escaped, as Go's encoder always does. */
export function stringText(value: string): string {
  const text = JSON.stringify(value);
  return /[\u2028\u2029]/.test(text) ? text.replace(/\u2028/g, "\\u2028").replace(/\u2029/g, "\\u2029") : text;
}

/** A JSON object from ready texts, in the order given; an entry whose text is undefined is left out. No name needs an escape. */
export function structText(entries: readonly (readonly [string, string | undefined])[]): string {
  let fields = "";
  for (const [name, text] of entries) if (text !== undefined) fields += `${fields === "" ? "" : ","}"${name}":${text}`;
  return `{${fields}}`;
}

/** A JSON object from ready texts, in the order given. */
export function objectText(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, text]) => `${stringText(key)}:${text}`).join(",")}}`;
}

/** A JSON object from ready texts, sorted by key. */
export function mapText(entries: readonly (readonly [string, string])[]): string {
  return objectText([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

export function arrayText(texts: readonly string[]): string {
  return `[${texts.join(",")}]`;
}

/** Any JSON value, compact, with the keys of its objects sorted. */
export function sortedText(value: JsonValue): string {
  if (typeof value === "string") return stringText(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return arrayText(value.map(sortedText));
  return mapText(Object.entries(value).map(([key, item]) => [key, sortedText(item)] as const));
}

/**
 * Any JSON value, compact, with keys in the order they have. An object with keys that look like integers is sorted: it has
 * lost its order, and only maps have such keys, which are sorted anyway.
 */
export function plainText(value: JsonValue): string {
  if (typeof value === "string") return stringText(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return arrayText(value.map(plainText));
  const entries = Object.entries(value).map(([key, item]) => [key, plainText(item)] as const);
  return entries.some(([key]) => /^\d+$/.test(key)) ? mapText(entries) : objectText(entries);
}

/** `<`, `>` and `&` as Go escapes them by default: inside secrets' plaintexts and in command output that does so. */
export function escapeHtml(text: string): string {
  return text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** Re-indents a compact JSON text without parsing it: numbers, escapes and key order stay as they are. */
export function indentText(compact: string, indent = "    "): string {
  let out = "";
  let depth = 0;
  let start = 0;
  const newline = () => `\n${indent.repeat(depth)}`;
  for (let index = 0; index < compact.length; index++) {
    const character = compact[index];
    if (character === '"') {
      for (index++; compact[index] !== '"'; index++) if (compact[index] === "\\") index++;
    } else if (character === "{" || character === "[") {
      const next = compact[index + 1];
      if (next === "}" || next === "]") {
        index++;
        continue;
      }
      depth++;
      out += compact.slice(start, index + 1) + newline();
      start = index + 1;
    } else if (character === "}" || character === "]") {
      depth--;
      out += compact.slice(start, index) + newline();
      start = index;
    } else if (character === ",") {
      out += compact.slice(start, index + 1) + newline();
      start = index + 1;
    } else if (character === ":") {
      out += `${compact.slice(start, index + 1)} `;
      start = index + 1;
    }
  }
  return out + compact.slice(start);
}
