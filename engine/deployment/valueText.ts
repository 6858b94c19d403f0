// Values of events and their changes as people read them: `name: value` and `~ name: old => new`, nested, marked, in lines,
// as the official CLI lays them out (pulumi/pulumi: pkg/backend/display/object_diff.go). Texts that hold JSON, or YAML on
// several lines, are shown as what they hold.
import { diff as sequenceDiff } from "node:util";
import { parseAllDocuments } from "yaml";
import {
  archiveSignature,
  assetSignature,
  secretSignature,
  signatureKey,
  unknownSentinel,
} from "../state/serialize.ts";
import { isInternalKey } from "../values.ts";
import type { Json } from "./events.ts";
import { type Change, changeOf, isMap, type JsonMap, type Members } from "./valueChanges.ts";

/** How values are laid out. */
export interface Layout {
  /** In steps of four spaces. */
  readonly indent: number;
  /** Two characters that stand before each name: "+ ", "~ ". */
  readonly mark?: string | undefined;
  /** Texts are cut after three lines and 150 characters. */
  readonly truncate: boolean;
  /** What stayed as it was is left out beside what changed. */
  readonly onlyChanges?: boolean;
}

const deeper = (layout: Layout, by = 1): Layout => ({ ...layout, indent: layout.indent + by });
const marked = (layout: Layout, mark: string): Layout => ({ ...layout, mark });
const bare = (layout: Layout): Layout => ({ ...layout, mark: undefined });

/** What stands before a line. */
export function margin({ indent, mark }: Pick<Layout, "indent" | "mark">): string {
  const spaces = "    ".repeat(indent);
  return mark === undefined || indent === 0 ? spaces : spaces.slice(0, -2) + mark;
}

const widthOf = (names: Iterable<string | number>) => Math.max(0, ...[...names].map((name) => String(name).length));

// ---------------------------------------------------------------------------------------------------------------- values

/** Lines for those members of a map that `shows` lets through, keys sorted; names are aligned for all. */
export function mapText(map: JsonMap, layout: Layout, shows: (name: string) => boolean = () => true): string {
  const names = Object.keys(map).sort();
  const width = widthOf(names);
  return names
    .filter((name) => !isInternalKey(name) && shows(name))
    .map((name) => `${margin(layout)}${name.padEnd(width)}: ${valueText(map[name]!, layout)}\n`)
    .join("");
}

/** A value behind its name; its further lines are at the margin of the layout. */
function valueText(value: Json, layout: Layout): string {
  if (typeof value === "string") {
    const held = decoded(value);
    if (held) return `(${held.kind}) ${valueText(held.value, layout)}\n`;
    return primitiveText(value, layout);
  }
  if (isPrimitive(value)) return primitiveText(value, layout);
  const [head, inner, end] = [margin(layout), deeper(layout), margin(bare(layout))];
  if (isList(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((item, index) => `${head}    [${index}]: ${valueText(item, inner)}\n`).join("")}${end}]`;
  }
  if (isMap(value)) return Object.keys(value).length === 0 ? "{}" : `{\n${mapText(value, inner)}${end}}`;
  const signed = value as Json as JsonMap;
  switch (signed[signatureKey]) {
    case assetSignature:
      return assetText(signed, layout);
    case archiveSignature: {
      if (!("assets" in signed)) return `archive(${placeOf(signed)}:${short(signed)}) { ${sourceOf(signed)} }`;
      const assets = signed["assets"] as JsonMap;
      const lines = Object.keys(assets)
        .sort()
        .map((name) => `${head}    "${name}": ${valueText(assets[name]!, inner)}\n`);
      return `archive(assets:${short(signed)}) {\n${lines.join("")}${end}}`;
    }
    default: {
      const { urn = "", id = null, packageVersion = "" } = signed;
      const at = margin(inner);
      return `{\n${at}URN: ${quoted(urn as string)}\n${at}ID : ${primitiveText(id, layout)}\n${at}PackageVersion: ${quoted(packageVersion as string)}\n${end}}`;
    }
  }
}

function assetText(asset: JsonMap, layout: Layout): string {
  const place = placeOf(asset);
  if (place !== "text") return `asset(${place}:${short(asset)}) { ${sourceOf(asset)} }`;
  const [at, end] = [margin(bare(deeper(layout))), margin(bare(layout))];
  const lines = sourceOf(asset).split("\n");
  return `asset(text:${short(asset)}) {\n${lines.map((line) => `${at}${line}\n`).join("")}${end}}`;
}

function isPrimitive(value: Json): boolean {
  if (value === null || typeof value !== "object") return true;
  return isSigned(value) && value[signatureKey] === secretSignature;
}

function primitiveText(value: Json, { truncate }: Layout): string {
  if (value === null) return "<null>";
  if (typeof value === "number") return numberText(value);
  if (value === unknownSentinel) return "[unknown]";
  if (typeof value === "string") return quoted(truncate ? truncated(value) : value);
  return typeof value === "boolean" ? String(value) : "[secret]";
}

/** Whole numbers in all their digits, others as Go prints them. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return Object.is(value, -0) ? "-0" : BigInt(value).toString();
  const text = Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

const quoted = (text: string) => JSON.stringify(text);

function truncated(text: string): string {
  const lines = text.split("\n");
  const shown = lines.slice(0, 3).map((line) => (line.length > 150 ? `${line.slice(0, 150)}...` : line));
  return [...shown, ...(lines.length > 3 ? ["..."] : [])].join("\n");
}

/** Objects and lists that a text holds. */
function decoded(text: string): { readonly value: Json; readonly kind: "json" | "yaml" } | undefined {
  const trimmed = text.trim();
  const holder = (value: unknown) => typeof value === "object" && value !== null;
  try {
    const value = JSON.parse(trimmed) as Json;
    return holder(value) ? { value, kind: "json" } : undefined;
  } catch {
    // A text on one line that is YAML, as "foo: bar", seldom is meant so.
    if (!/[\r\n]/.test(trimmed)) return undefined;
  }
  const documents = parseAllDocuments(trimmed, { logLevel: "silent" });
  const [first] = documents;
  if (!Array.isArray(documents) || documents.length !== 1 || !first || first.errors.length > 0) return undefined;
  const value = first.toJS() as Json;
  return holder(value) ? { value, kind: "yaml" } : undefined;
}

// --------------------------------------------------------------------------------------------------------------- changes

const marks = { add: "+ ", delete: "- ", update: "~ " };

/** Whether a value says anything: null and what is empty clutter. */
export function isWorthShowing(value: Json): boolean {
  if (value === null || value === "") return false;
  if (isList(value)) return value.length > 0;
  return !isMap(value) || Object.keys(value).length > 0;
}

/** Lines for members of a map as they changed, those that `shows` lets through; names are aligned for all. */
export function changesText(members: Members, layout: Layout, shows: (name: string) => boolean = () => true): string {
  const width = widthOf(members.keys());
  return [...members]
    .filter(([name]) => shows(String(name)))
    .map(([name, change]) => {
      if (change.kind === "same" && (layout.onlyChanges || !isWorthShowing(change.value))) return "";
      return changeText(`${String(name).padEnd(width)}: `, change, layout, layout);
    })
    .join("");
}

/** `title` stands at its own margin, which is that of the change or one less. */
function changeText(title: string, change: Change, layout: Layout, titled: Layout): string {
  if (change.kind !== "update") {
    const mark = change.kind === "same" ? undefined : marks[change.kind];
    const own = { ...layout, mark };
    return `${margin({ ...titled, mark })}${title}${valueText(change.value, own)}\n`;
  }
  const { old, now, members } = change;
  const own = marked(layout, marks.update);
  const head = `${margin(marked(titled, marks.update))}${title}`;
  if (members) {
    if (!isList(old)) return `${head}{\n${changesText(members, deeper(own))}${margin(bare(own))}}\n`;
    return `${head}[\n${elementsText(members, own)}${margin(bare(own))}]\n`;
  }
  if (isWorthShowing(old) && isWorthShowing(now)) {
    if (isArchive(old) && isArchive(now)) return archiveChange(title, old, now, layout, titled);
    if (typeof old === "string" && typeof now === "string" && ![old, now].includes(unknownSentinel))
      return `${head}${textChange(old, now, own)}`;
    if (isPrimitive(old) && isPrimitive(now))
      return `${head}${primitiveText(old, own)} => ${primitiveText(now, own)}\n`;
  }
  return replacedText(title, old, now, layout, titled);
}

/** Of what has become something else altogether: one line that goes, one that comes. */
function replacedText(title: string, old: Json, now: Json, layout: Layout, titled: Layout): string {
  return [
    isWorthShowing(old) ? changeText(title, { kind: "delete", value: old }, layout, titled) : "",
    isWorthShowing(now) ? changeText(title, { kind: "add", value: now }, layout, titled) : "",
  ].join("");
}

function elementsText(members: Members, layout: Layout): string {
  return [...members]
    .filter(([, { kind }]) => kind !== "same" || !layout.onlyChanges)
    .map(([index, change]) => changeText(`[${index}]: `, change, deeper(layout, 2), deeper(layout)))
    .join("");
}

/** One line becomes another; of texts of several lines, the lines that changed with two around them. */
function textChange(old: string, now: string, layout: Layout): string {
  const [before, after] = [decoded(old), decoded(now)];
  if (before && after) {
    const kinds = before.kind === after.kind ? before.kind : `${before.kind} => ${after.kind}`;
    const change = changeOf(before.value, after.value);
    // What differs only in how it is written is shown as it is written.
    if (change.kind === "same") return `${quoted(quoted(old))} => ${quoted(quoted(now))}\n`;
    return `(${kinds}) ${changeText("", change, layout, { ...layout, indent: 0 })}`;
  }
  if (!old.includes("\n") && !now.includes("\n")) return `${quoted(old)} => ${quoted(now)}\n`;
  return `\n${lineChanges(old, now, deeper(layout))}`;
}

function lineChanges(old: string, now: string, layout: Layout): string {
  interface Run {
    readonly op: "same" | "delete" | "add";
    readonly lines: string[];
  }
  const runs: Run[] = [];
  // A last line without its end is another one than with it.
  const linesOf = (text: string) => text.split(/(?<=\n)/);
  for (const [code, text] of sequenceDiff(linesOf(old), linesOf(now))) {
    const op = code === 0 ? "same" : code === 1 ? "delete" : "add";
    const line = text.replace(/\n$/, "");
    if (line.trim() === "") continue;
    if (runs.at(-1)?.op !== op) runs.push({ op, lines: [] });
    runs.at(-1)!.lines.push(line);
  }
  return runs
    .map(({ op, lines }, index) => {
      const at = margin({ ...layout, mark: op === "same" ? undefined : marks[op] });
      const shown = op === "same" ? context(lines, index === 0, index === runs.length - 1) : lines;
      return shown.map((line) => `${at}${line}\n`).join("");
    })
    .join("");
}

/** Of lines that did not change the two next to what did. */
function context(lines: readonly string[], first: boolean, last: boolean): readonly string[] {
  const [before, after] = [first ? 0 : 2, last ? 0 : 2];
  if (lines.length <= before + after + 1) return lines;
  return [...lines.slice(0, before), "...", ...lines.slice(lines.length - after)];
}

// --------------------------------------------------------------------------------------------------- assets and archives

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isSigned = (value: Json): value is JsonMap =>
  typeof value === "object" && value !== null && !isList(value) && !isMap(value);
const isArchive = (value: Json): value is JsonMap => isSigned(value) && value[signatureKey] === archiveSignature;

function short(signed: JsonMap): string {
  return String(signed["hash"] ?? "").slice(0, 7);
}

function placeOf(signed: JsonMap): "text" | "file" | "uri" {
  return "uri" in signed ? "uri" : "path" in signed ? "file" : "text";
}

function sourceOf(signed: JsonMap): string {
  return String(signed["uri"] ?? signed["path"] ?? signed["text"] ?? "");
}

const arrow = (old: string, now: string) => (old === now ? old : `${old}->${now}`);

function archiveChange(title: string, old: JsonMap, now: JsonMap, layout: Layout, titled: Layout): string {
  const head = `${margin(marked(titled, marks.update))}${title}`;
  const hashes = arrow(short(old), short(now));
  if ("assets" in old && "assets" in now) {
    const members = membersChange(old["assets"] as JsonMap, now["assets"] as JsonMap, deeper(layout));
    return `${head}archive(assets:${hashes}) {\n${members}${margin(bare(layout))}}\n`;
  }
  return sourceChange("archive", title, old, now, layout, titled);
}

/** Of two assets or two archives that are in places of one kind; others are replaced. */
function sourceChange(what: string, title: string, old: JsonMap, now: JsonMap, layout: Layout, titled: Layout): string {
  const head = `${margin(marked(titled, marks.update))}${title}`;
  const hashes = arrow(short(old), short(now));
  if (placeOf(old) === placeOf(now) && !("assets" in old) && !("assets" in now)) {
    if (placeOf(old) !== "text")
      return `${head}${what}(${placeOf(old)}:${hashes}) { ${arrow(sourceOf(old), sourceOf(now))} }\n`;
    return `${head}asset(text:${hashes}) {${textChange(sourceOf(old), sourceOf(now), deeper(layout))}${margin(bare(layout))}}\n`;
  }
  return replacedText(title, old, now, layout, titled);
}

/** Members that are what they were are not shown. */
function membersChange(old: JsonMap, now: JsonMap, layout: Layout): string {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  const width = widthOf(names) + 2;
  return names
    .map((name) => {
      const title = `${`"${name}"`.padEnd(width)}: `;
      const [before, after] = [old[name], now[name]];
      if (before === undefined || after === undefined) {
        const change =
          before === undefined
            ? ({ kind: "add", value: after! } as const)
            : ({ kind: "delete", value: before } as const);
        return changeText(title, change, deeper(layout), deeper(layout));
      }
      const [from, to] = [before as JsonMap, after as JsonMap];
      if (from["hash"] === to["hash"] && from[signatureKey] === to[signatureKey]) return "";
      if (isArchive(from) && isArchive(to)) return archiveChange(title, from, to, layout, layout);
      return sourceChange("asset", title, from, to, layout, layout);
    })
    .join("");
}
