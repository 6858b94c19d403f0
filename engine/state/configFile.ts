// Edits the text of a stack's configuration file (`Pulumi.<stack>.yaml`): only the lines of the entry that changes are
// written anew; every other byte, comments and order and formatting included, stays. The result of each edit is read back
// and compared; where an edit in place would not give what was meant (flow style, anchors), the document is printed as a
// whole, comments kept. JSON (`Pulumi.<stack>.json`) is written as the official CLI does, in the file's own order.
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  Document as YamlDocument,
} from "yaml";
import { EngineError } from "./error.ts";
import {
  escapeHtml,
  indentText,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  plainText,
  sortedText,
} from "./json.ts";

/** Where an entry stands: a key of the file, or of its `config:`. */
export type EntryPath = readonly [key: string] | readonly ["config", string];

function parseText(path: string, text: string): Document {
  const document = parseDocument(text, { intAsBigInt: true, keepSourceTokens: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw new EngineError(`${path}: ${problem.message.split("\n")[0]}`);
  return document;
}

/** The file as JSON values. Whole numbers too large for JSON's readers become strings of their digits. @throws EngineError with line and column. */
export function readConfigText(path: string, text: string): JsonObject {
  const value = toJson(parseText(path, text).toJS() as unknown);
  if (value === null) return {};
  if (!isJsonObject(value)) throw new EngineError(`${path}: expected an object with config and encryptionsalt`);
  return value;
}

function toJson(value: unknown): JsonValue {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  return null;
}

/** The text with an entry set, or removed when `value` is undefined. The same text when nothing changes. */
export function editConfigText(path: string, text: string, entry: EntryPath, value: JsonValue | undefined): string {
  const before = readConfigText(path, text);
  const after = withEntry(before, entry, value);
  if (sortedText(before) === sortedText(after)) return text;
  if (path.endsWith(".json")) return jsonFile(after);
  const edited = splice(path, text, entry, value);
  if (edited !== undefined && reads(path, edited, after)) return edited;
  const document = parseText(path, text);
  if (value === undefined) document.deleteIn(entry);
  else {
    const existing = document.getIn(entry, true);
    document.setIn(entry, reconcile(document, existing, value));
  }
  return document.toString({ lineWidth: 0 });
}

function jsonFile({ config, ...rest }: JsonObject): string {
  const isEmpty = isJsonObject(config) && Object.keys(config).length === 0;
  const file: JsonObject = config === undefined || isEmpty ? rest : { ...rest, config };
  return `${indentText(escapeHtml(plainText(file)))}\n`;
}

function reads(path: string, text: string, expected: JsonObject): boolean {
  try {
    return sortedText(readConfigText(path, text)) === sortedText(expected);
  } catch {
    return false;
  }
}

function withEntry(file: JsonObject, [key, inner]: EntryPath, value: JsonValue | undefined): JsonObject {
  if (inner !== undefined) {
    const config = file[key];
    const rest = withEntry(isJsonObject(config) ? config : {}, [inner], value);
    return value === undefined && !isJsonObject(config) ? file : { ...file, [key]: rest };
  }
  const { [key]: _previous, ...others } = file;
  return value === undefined ? others : { ...file, [key]: value };
}

/** The edit in place; undefined when the text is not laid out as one entry a line or more. */
function splice(path: string, text: string, entry: EntryPath, value: JsonValue | undefined): string | undefined {
  const document = parseText(path, text);
  const [key, inner] = entry;
  if (inner === undefined) return spliceMap(document, document.contents, text, 0, key, value);
  const root = document.contents;
  if (!isMap(root) || root.flow)
    return root === null && value !== undefined ? append(text, render(0, key, { [inner]: value })) : undefined;
  const config = root.get(key, true) as unknown;
  if (isMap(config) && !config.flow && config.items.length > 0) {
    const removesLast = value === undefined && config.items.length === 1;
    // `config:` without entries would read as null
    if (removesLast) return spliceMap(document, root, text, 0, key, {});
    return spliceMap(document, config, text, columnOf(text, startOf(config.items[0]!)), inner, value);
  }
  return value === undefined ? undefined : spliceMap(document, root, text, 0, key, { [inner]: value });
}

function spliceMap(
  document: Document,
  map: unknown,
  text: string,
  indent: number,
  key: string,
  value: JsonValue | undefined,
): string | undefined {
  if (map === null && value !== undefined) return append(text, render(indent, key, value));
  if (!isMap(map) || map.flow || map.items.length === 0) return undefined;
  const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair === undefined) {
    if (value === undefined) return text;
    const at = endOfLine(text, endOf(text, map.items.at(-1)!));
    return `${text.slice(0, at)}${text[at - 1] === "\n" ? "" : "\n"}${render(indent, key, value)}${text.slice(at)}`;
  }
  const start = startOf(pair);
  const end = endOf(text, pair);
  if (value === undefined) return text.slice(0, start - indent) + text.slice(endOfLine(text, end));
  const rendered = render(indent, key, reconcile(document, pair.value, value)).trimEnd();
  return text.slice(0, start - indent) + rendered + text.slice(end);
}

function append(text: string, lines: string): string {
  return text === "" || text.endsWith("\n") ? text + lines : `${text}\n${lines}`;
}

/** One entry as lines, ending in a newline. */
function render(indent: number, key: string, value: unknown): string {
  const document = new YamlDocument({});
  // a bare null would be printed as an explicit key without a value
  document.set(document.createNode(key), isNode(value) ? value : document.createNode(value));
  const lines = document.toString({ lineWidth: 0 }).trimEnd().split("\n");
  return `${lines.map((line) => (line === "" ? line : " ".repeat(indent) + line)).join("\n")}\n`;
}

function startOf(pair: Pair): number {
  return isScalar(pair.key) && pair.key.range ? pair.key.range[0] : -1;
}

/** Where an entry's own text ends: before white space, comments and newlines that follow it. */
function endOf(text: string, pair: Pair): number {
  const value = pair.value as { readonly range?: readonly [number, number, number] | null } | null;
  let end = value?.range?.[1] ?? (isScalar(pair.key) && pair.key.range ? text.indexOf(":", pair.key.range[1]) + 1 : -1);
  while (end > 0 && /\s/.test(text[end - 1]!)) end--;
  return end;
}

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline + 1;
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf("\n", at - 1) + 1);
}

/** A node of the value: the existing one with what differs changed inside, so that comments in it live on. */
function reconcile(document: Document, node: unknown, value: JsonValue): unknown {
  if (isMap(node) && node.items.length > 0 && isJsonObject(value)) {
    for (const item of [...node.items]) {
      const key = isScalar(item.key) ? String(item.key.value) : undefined;
      if (key === undefined || !Object.hasOwn(value, key)) node.delete(item.key);
    }
    for (const [key, item] of Object.entries(value)) {
      const existing: unknown = node.get(key, true);
      node.set(key, withComments(existing, reconcile(document, existing, item)));
    }
    return node;
  }
  if (isSeq(node) && Array.isArray(value)) {
    const items = value as readonly JsonValue[];
    const kept = node.items.slice(0, items.length);
    node.items = items.map((item, index) =>
      withComments(kept[index], reconcile(document, kept[index], item)),
    ) as typeof node.items;
    return node;
  }
  if (isScalar(node) && sortedText(toJson(node.value)) === sortedText(value)) return node;
  const created = document.createNode(value);
  if (isScalar(node) && isScalar(created) && typeof value === "string" && node.type?.startsWith("QUOTE"))
    created.type = node.type;
  return created;
}

/** A new node with the comments of the one whose place it takes. */
function withComments(existing: unknown, node: unknown): unknown {
  if (existing === node || !isNode(existing) || !isNode(node)) return node;
  if (existing.comment != null) node.comment = existing.comment;
  if (existing.commentBefore != null) node.commentBefore = existing.commentBefore;
  return node;
}
