// How commands print: JSON as the CLI indents it, tables with two spaces between columns, values on one line.
import { arrayText, indentText, type JsonValue, mapText, plainText, structText } from "../state/json.ts";
import { encodeValue } from "../state/serialize.ts";
import {
  ByteString,
  isPropertyArray,
  isPropertyMap,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../values.ts";

/** A JSON text with two spaces a level and a newline at its end. */
export function jsonText(compact: string): string {
  return `${indentText(compact, "  ")}\n`;
}

/** A JSON value in the order its keys have. */
export function jsonOf(value: JsonValue): string {
  return jsonText(plainText(value));
}

export { arrayText, mapText, structText };

/** Rows under headers; every column but the last as wide as its widest cell. A row of one cell runs across all columns. */
export function tableText(headers: readonly string[], rows: readonly (readonly string[])[], prefix = ""): string {
  const all = [headers, ...rows];
  const widths = headers.map((_, column) =>
    Math.max(...all.filter((row) => row.length > 1).map((row) => [...(row[column] ?? "")].length)),
  );
  return all
    .map((row) => {
      const cells = row.map((cell, column) =>
        column === row.length - 1 ? cell : cell + " ".repeat(widths[column]! - [...cell].length),
      );
      return `${prefix}${cells.join("  ")}\n`;
    })
    .join("");
}

/** The value with each secret opened, or replaced by `[secret]`. */
export function massaged(value: PropertyValue, showSecrets: boolean): PropertyValue {
  if (value instanceof Secret) return showSecrets ? massaged(value.element, true) : "[secret]";
  if (value instanceof OutputValue && value.secret && !showSecrets) return "[secret]";
  if (value instanceof ByteString) return value.toString();
  if (isPropertyArray(value)) return value.map((item) => massaged(item, showSecrets));
  if (isPropertyMap(value)) return massagedMap(value, showSecrets);
  return value;
}

export function massagedMap(map: PropertyMap, showSecrets: boolean): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, massaged(value, showSecrets)] as const));
}

/** The JSON text of a massaged value. */
export function valueText(value: PropertyValue): string {
  // nothing secret is left in it: "plaintext" is never reached
  return encodeValue(value, { type: "plaintext" }, "");
}

/** A massaged value as people see it: strings bare, all else as JSON. */
export function shownValue(value: PropertyValue): string {
  return typeof value === "string" ? value : valueText(value);
}

/** `3 seconds ago`, `2 days ago`. `now` is in milliseconds. */
export function ago(time: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  if (Number.isNaN(seconds)) return "n/a";
  if (seconds < 1) return "now";
  const units = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["week", 604_800],
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ] as const;
  const [unit, length] = units.find(([, size]) => seconds >= size)!;
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

/** RFC 3339 UTC with milliseconds, from seconds since 1970 or from any RFC 3339 time. */
export function timeText(time: number | string): string {
  return new Date(typeof time === "number" ? time * 1000 : time).toISOString();
}

/** Whether JSON is asked for: `--json`, or `--output json`. */
export function wantsJson(flags: {
  boolean(name: string): boolean;
  string(name: string): string | undefined;
}): boolean {
  return flags.boolean("json") || flags.string("output") === "json";
}
