// Compares property values as Pulumi does: an absent property and a null one are the same, an unknown differs from every
// known value, a secret differs from its plain value. Turns two property maps into a diff with property paths, and
// applies `replaceOnChanges` to a provider's diff. Pure.
// (pulumi/pulumi: sdk/go/common/resource/properties_diff.go, pkg/resource/plugin/provider.go)
import type { DiffResult, PropertyDiff, PropertyDiffKind } from "../providers/provider.ts";
import {
  Archive,
  Asset,
  ByteString,
  isPropertyArray,
  isPropertyMap,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
} from "../values.ts";
import { formatPropertyPath, type PropertyPath, parsePropertyPath, pathContains } from "./propertyPath.ts";

type DetailedDiff = Record<string, PropertyDiff>;

const empty = (value: PropertyValue | undefined): value is null | undefined => value === null || value === undefined;

/** Whether two values are equal all the way down. Absent and null object members count as equal. */
export function deepEquals(a: PropertyValue, b: PropertyValue): boolean {
  if (a === b) return true;
  if (isPropertyArray(a)) {
    return isPropertyArray(b) && a.length === b.length && a.every((element, i) => deepEquals(element, b[i]!));
  }
  if (a instanceof Secret) return b instanceof Secret && deepEquals(a.element, b.element);
  if (a instanceof ByteString) return b instanceof ByteString && a.base64 === b.base64;
  if (a instanceof Asset) return b instanceof Asset && sameAsset(a, b);
  if (a instanceof Archive) return b instanceof Archive && sameArchive(a, b);
  if (a instanceof ResourceReference) {
    if (!(b instanceof ResourceReference) || a.urn !== b.urn) return false;
    return a.id instanceof Unknown ? b.id instanceof Unknown : a.id === b.id;
  }
  if (a instanceof OutputValue) {
    if (!(b instanceof OutputValue) || a.known !== b.known || a.secret !== b.secret) return false;
    return deepEquals([...a.dependencies], [...b.dependencies]) && deepEquals(a.element, b.element);
  }
  if (!isPropertyMap(a) || !isPropertyMap(b)) return false;
  return mapsEqual(a, b);
}

/** {@link deepEquals} of two maps; an absent map equals an empty one. */
export function mapsEqual(a: PropertyMap | undefined, b: PropertyMap | undefined): boolean {
  const [left, right] = [a ?? {}, b ?? {}];
  for (const [key, value] of Object.entries(left)) {
    const other = Object.hasOwn(right, key) ? right[key]! : null;
    if (empty(value) ? !empty(other) : !deepEquals(value, other)) return false;
  }
  return Object.entries(right).every(([key, value]) => Object.hasOwn(left, key) || empty(value));
}

// Contents decide; two that were never hashed are compared by where they come from.
function sameAsset(a: Asset, b: Asset): boolean {
  if (a.hash !== "" && b.hash !== "") return a.hash === b.hash;
  return JSON.stringify(a.source) === JSON.stringify(b.source);
}

function sameArchive(a: Archive, b: Archive): boolean {
  if (a.hash !== "" && b.hash !== "") return a.hash === b.hash;
  return JSON.stringify(a.source) === JSON.stringify(b.source);
}

export interface MapDiff {
  /** Top-level names, sorted. */
  readonly changedKeys: readonly string[];
  readonly detailedDiff: Readonly<DetailedDiff>;
}

/** What differs between two maps, by property path; undefined when nothing does. */
export function diffMaps(old: PropertyMap, news: PropertyMap, inputDiff: boolean): MapDiff | undefined {
  const details = new Map<string, PropertyDiff>();
  const changed = new Set<string>();
  walkMaps(old, news, [], (path, kind) => {
    details.set(formatPropertyPath(path), { kind, inputDiff });
    changed.add(String(path[0]));
  });
  return changed.size === 0
    ? undefined
    : { changedKeys: [...changed].sort(), detailedDiff: Object.fromEntries(details) };
}

type Found = (path: PropertyPath, kind: PropertyDiffKind) => void;

function walkMaps(old: PropertyMap, news: PropertyMap, path: PropertyPath, found: Found): void {
  for (const key of new Set([...Object.keys(old), ...Object.keys(news)])) {
    const before = Object.hasOwn(old, key) ? old[key]! : null;
    const after = Object.hasOwn(news, key) ? news[key]! : null;
    walkValues(before, after, [...path, key], found);
  }
}

function walkValues(old: PropertyValue, news: PropertyValue, path: PropertyPath, found: Found): void {
  if (isPropertyArray(old) && isPropertyArray(news)) {
    for (let i = 0; i < Math.max(old.length, news.length); i++) {
      if (i >= old.length) found([...path, i], "add");
      else if (i >= news.length) found([...path, i], "delete");
      else walkValues(old[i]!, news[i]!, [...path, i], found);
    }
  } else if (isPropertyMap(old) && isPropertyMap(news)) {
    walkMaps(old, news, path, found);
  } else if (empty(old)) {
    if (!empty(news)) found(path, "add");
  } else if (empty(news)) {
    found(path, "delete");
  } else if (!deepEquals(old, news)) {
    found(path, "update");
  }
}

/** Takes the secret marks off, all the way down: a value that only became secret has not changed. */
export function unwrapSecrets(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return unwrapSecrets(value.element);
  if (value instanceof OutputValue) return unwrapSecrets(value.element);
  if (isPropertyArray(value)) return value.map(unwrapSecrets);
  return isPropertyMap(value) ? unwrapSecretsIn(value) : value;
}

export function unwrapSecretsIn(map: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, unwrapSecrets(value)]));
}

/** Whether any part of the value is unknown. */
export function containsUnknowns(value: PropertyValue): boolean {
  if (value instanceof Unknown) return true;
  if (value instanceof Secret) return containsUnknowns(value.element);
  if (value instanceof OutputValue) return !value.known || containsUnknowns(value.element);
  if (value instanceof ResourceReference) return value.id instanceof Unknown;
  if (isPropertyArray(value)) return value.some(containsUnknowns);
  return isPropertyMap(value) && Object.values(value).some(containsUnknowns);
}

/** A diff as the step generator uses it: "unknown" has been resolved. */
export interface Diff extends DiffResult {
  readonly changes: "none" | "some";
}

export const noDiff: Diff = { changes: "none", replaces: [], stables: [], deleteBeforeReplace: false, diffs: [] };

/** A diff that replaces, blaming a reason that is no property of the resource ("id", "provider", ...). */
export function replaceBecause(reason: string): Diff {
  return { ...noDiff, changes: "some", replaces: [reason] };
}

const isReplaceKind = (kind: PropertyDiffKind) => kind.endsWith("-replace");

export function needsReplacement(diff: DiffResult): boolean {
  return diff.replaces.length > 0 || Object.values(diff.detailedDiff ?? {}).some(({ kind }) => isReplaceKind(kind));
}

/** The key that stands for "its initialisation failed last time" in `replaceOnChanges`. */
const initErrorKey = "#initerror";

/**
 * Turns changes that `paths` name into replacements. @throws for a path that does not parse.
 * With `initErrors`, a path that covers `#initerror` (or is `*`) replaces also when nothing else changed.
 */
export function applyReplaceOnChanges(diff: Diff, paths: readonly string[], initErrors: boolean): Diff {
  if (diff.changes !== "some" && !initErrors) return diff;
  const parsed = paths.map(parsePropertyPath);
  const covered = (text: string) => {
    const path = parsePropertyPath(text);
    return parsed.some((candidate) => pathContains(candidate, path));
  };
  const replaces = new Set([...diff.replaces, ...diff.diffs.filter((key) => parses(key) && covered(key))]);
  const detailedDiff =
    diff.detailedDiff && mapDetails(diff.detailedDiff, (change, path) => (covered(path) ? toReplace(change) : change));
  if (!initErrors || !covered(initErrorKey))
    return { ...diff, replaces: [...replaces], ...(detailedDiff && { detailedDiff }) };
  return {
    ...diff,
    changes: "some",
    replaces: [...replaces, initErrorKey],
    ...(detailedDiff && {
      detailedDiff: { ...detailedDiff, [initErrorKey]: { kind: "update-replace", inputDiff: false } },
    }),
  };
}

function parses(text: string): boolean {
  try {
    return parsePropertyPath(text).length > 0;
  } catch {
    return false;
  }
}

function mapDetails(
  details: Readonly<DetailedDiff>,
  change: (change: PropertyDiff, path: string) => PropertyDiff,
): DetailedDiff {
  return Object.fromEntries(Object.entries(details).map(([path, value]) => [path, change(value, path)]));
}

function toReplace(change: PropertyDiff): PropertyDiff {
  return isReplaceKind(change.kind) ? change : { ...change, kind: `${change.kind}-replace` as PropertyDiffKind };
}

const inverse: Readonly<Record<PropertyDiffKind, PropertyDiffKind>> = {
  add: "delete",
  "add-replace": "delete-replace",
  delete: "add",
  "delete-replace": "add-replace",
  update: "update",
  "update-replace": "update-replace",
};

/** The diff that undoes this one: a refresh reads what an update of the unchanged program would do, backwards. */
export function invertDiff(diff: Diff): Diff {
  if (!diff.detailedDiff) return diff;
  return {
    ...diff,
    detailedDiff: mapDetails(diff.detailedDiff, (change) => ({ ...change, kind: inverse[change.kind] })),
  };
}
