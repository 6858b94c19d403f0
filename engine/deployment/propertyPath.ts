// Property paths (`a.b[0]["c.d"]`, with `*` as a wildcard) and what is done with them: parse, format, contain, and
// reset a place in new inputs to its old value. Rules and their odd corners are Pulumi's
// (pulumi/pulumi: sdk/go/common/resource/properties_path.go).
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue, Secret } from "../values.ts";

export type PropertyPath = readonly (string | number)[];

/** Parses a path; a `.` before a `[` is tolerated. @throws with the reason when it cannot be one. */
export function parsePropertyPath(text: string): PropertyPath {
  if (text.startsWith(".")) throw new Error("expected property path to start with a name or index");
  const path: (string | number)[] = [];
  let rest = text;
  while (rest !== "") {
    if (rest[0] === ".") {
      rest = rest.slice(1);
      if (rest === "") throw new Error("expected property path to end with a name or index");
    } else if (rest[0] === "[") {
      const [element, after] = rest[1] === '"' ? quoted(rest) : index(rest);
      path.push(element);
      rest = after;
    } else {
      const end = rest.search(/[.[]/);
      path.push(end === -1 ? rest : rest.slice(0, end));
      rest = end === -1 ? "" : rest.slice(end);
    }
  }
  return path;
}

function quoted(text: string): [string, string] {
  const match = /^\["((?:\\"|[^"])*)"/.exec(text);
  if (!match) throw new Error("missing closing quote in property name");
  const after = text.slice(match[0].length);
  if (!after.startsWith("]")) throw new Error("missing closing bracket in property access");
  return [match[1]!.replaceAll('\\"', '"'), after.slice(1)];
}

function index(text: string): [string | number, string] {
  const end = text.indexOf("]");
  if (end === -1) throw new Error("missing closing bracket in array index");
  const segment = text.slice(1, end);
  if (segment !== "*" && !/^[+-]?\d+$/.test(segment)) throw new Error(`invalid array index ${JSON.stringify(segment)}`);
  return [segment === "*" ? "*" : Number(segment), text.slice(end + 1)];
}

/** The shortest form: names bare where letters, digits and `_` suffice, quoted otherwise. */
export function formatPropertyPath(path: PropertyPath): string {
  return path
    .map((element, position) => {
      if (typeof element === "number") return `[${element}]`;
      if (/[^A-Za-z0-9_]/.test(element)) return `["${element.replaceAll('"', '\\"')}"]`;
      return position === 0 ? element : `.${element}`;
    })
    .join("");
}

/** Whether `path` names `other` or something around it; `*` matches any one name or index. */
export function pathContains(path: PropertyPath, other: PropertyPath): boolean {
  return other.length >= path.length && path.every((element, i) => element === "*" || element === other[i]);
}

/**
 * Copies `news` with every place that `paths` name set back to what it is in `olds`. `invalid` are the paths that could
 * not be followed because elements were added or removed on the way; paths that do not parse are passed over.
 */
export function resetPaths(
  news: PropertyMap,
  olds: PropertyMap,
  paths: readonly string[],
): { readonly inputs: PropertyMap; readonly invalid: readonly string[] } {
  if (paths.length === 0) return { inputs: news, invalid: [] };
  const inputs = copy(news) as PropertyMap;
  const invalid = paths.filter((text) => {
    try {
      return !reset(parsePropertyPath(text), olds, inputs, false, false);
    } catch {
      return false;
    }
  });
  return { inputs, invalid };
}

/** Deep enough that arrays and objects may be written into; everything else is immutable and shared. */
function copy(value: PropertyValue): PropertyValue {
  if (isPropertyArray(value)) return value.map(copy);
  if (value instanceof Secret) return new Secret(copy(value.element));
  if (isPropertyMap(value)) return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, copy(v)]));
  return value;
}

type Writable = Record<string | number, PropertyValue>;

/** Sets a member, also one named `__proto__`. */
function put(target: Writable, key: string | number, value: PropertyValue): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function reset(
  path: PropertyPath,
  oldValue: PropertyValue,
  newValue: PropertyValue,
  oldSecret: boolean,
  newSecret: boolean,
): boolean {
  const old = oldValue instanceof Secret ? oldValue.element : oldValue;
  const target = newValue instanceof Secret ? newValue.element : newValue;
  const inOldSecret = oldSecret || oldValue instanceof Secret;
  const inNewSecret = newSecret || newValue instanceof Secret;
  // A value out of a secret stays one unless it lands inside another.
  const carried = (value: PropertyValue) => (inOldSecret && !inNewSecret ? new Secret(value) : value);
  const [key, ...rest] = path;
  if (key === undefined) return false;
  const deeper = (from: PropertyValue, to: PropertyValue) => reset(rest, from, to, inOldSecret, inNewSecret);
  if (typeof key === "number") {
    if (key < 0) return false;
    const oldArray = isPropertyArray(old) ? old : undefined;
    const newArray = isPropertyArray(target) ? target : undefined;
    if (!oldArray || !newArray) return !oldArray && !newArray;
    const [inOld, inNew] = [key < oldArray.length, key < newArray.length];
    if (rest.length > 0) return inOld && inNew && deeper(oldArray[key]!, newArray[key]!);
    // In neither: the same. In one only: an array cannot be made longer or shorter for one element.
    if (!inOld || !inNew) return !inOld && !inNew;
    put(newArray as unknown as Writable, key, carried(copy(oldArray[key]!)));
    return true;
  }
  if (key === "*") return resetEvery(rest.length === 0, old, target, carried, deeper);
  const oldMap = isPropertyMap(old) ? old : undefined;
  const newMap = isPropertyMap(target) ? (target as Writable) : undefined;
  const has = oldMap !== undefined && Object.hasOwn(oldMap, key);
  if (rest.length === 0) {
    if (has) {
      if (!newMap) return false;
      put(newMap, key, carried(copy(oldMap[key]!)));
    } else if (newMap) {
      delete newMap[key];
    }
    return true;
  }
  if (!oldMap || !newMap) return !oldMap && !newMap;
  if (!Object.hasOwn(newMap, key)) return !has;
  // Absent before: there is nothing to go back to, and only the leaf is removed.
  return deeper(has ? oldMap[key]! : null, newMap[key]!);
}

function resetEvery(
  leaf: boolean,
  old: PropertyValue,
  target: PropertyValue,
  carried: (value: PropertyValue) => PropertyValue,
  deeper: (from: PropertyValue, to: PropertyValue) => boolean,
): boolean {
  if (leaf && isPropertyMap(target)) {
    if (!isPropertyMap(old)) return true;
    const writable = target as Writable;
    for (const key of Object.keys(target)) if (!Object.hasOwn(old, key)) delete writable[key];
    for (const [key, value] of Object.entries(old)) put(writable, key, carried(copy(value)));
    return true;
  }
  if (leaf) {
    if (!isPropertyArray(target)) return false;
    if (!isPropertyArray(old)) return true;
    const writable = target as unknown as Writable;
    for (let i = 0; i < Math.min(old.length, target.length); i++) put(writable, i, carried(copy(old[i]!)));
    return old.length === target.length;
  }
  if (isPropertyMap(old) && isPropertyMap(target)) {
    return Object.keys(old).every((key) => Object.hasOwn(target, key) && deeper(old[key]!, target[key]!));
  }
  if (isPropertyArray(old) && isPropertyArray(target)) {
    const every = old.slice(0, target.length).every((value, i) => deeper(value, target[i]!));
    return every && old.length === target.length;
  }
  return false;
}
