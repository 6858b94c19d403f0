// What changed between two values of events: from two maps, or from the paths that a provider named, to a tree of additions,
// deletions and updates (pulumi/pulumi: sdk/go/common/resource/properties_diff.go, pkg/engine/detailedDiff.go). Null and
// absent are one; keys that begin with `__` are internal and left out. Pure.
import { signatureKey, unknownSentinel } from "../state/serialize.ts";
import { isInternalKey } from "../values.ts";
import type { Json, StateMetadata, StepMetadata } from "./events.ts";
import { type PropertyPath, parsePropertyPath, pathContains } from "./propertyPath.ts";

export type JsonMap = { readonly [key: string]: Json };

export type Change =
  | { readonly kind: "same" | "add" | "delete"; readonly value: Json }
  | { readonly kind: "update"; readonly old: Json; readonly now: Json; readonly members?: Members };

/** By key, or by index of a list. */
export type Members = ReadonlyMap<string | number, Change>;

export interface Changes {
  /** Absent when nothing changed and nothing is hidden; empty when all that there is to tell is what is hidden. */
  readonly members: Members | undefined;
  /** The paths of `hideDiffs` that there are, whether something changed there or not, sorted. */
  readonly hidden: readonly string[];
}

/** Whether it is a plain object: none of the kinds that JSON lacks. */
export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(signatureKey in value);
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** What an event holds of properties; nothing of a component that registered none. */
export function mapOf(value: Json | undefined): JsonMap {
  return isMap(value) ? value : {};
}

/** Paths under which nothing is told. */
class Hidden {
  readonly #paths: readonly (readonly [string, PropertyPath])[];
  readonly #found = new Set<string>();

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => [path, parsed(path)]);
  }

  has(path: PropertyPath): boolean {
    const over = this.#paths.filter(([, hidden]) => pathContains(hidden, path));
    for (const [text] of over) this.#found.add(text);
    return over.length > 0;
  }

  get found(): readonly string[] {
    return [...this.#found].sort();
  }
}

/** What a state says is not to be told: of the new one where there is one. */
export function hiddenOf({ new: now, old }: StepMetadata): readonly string[] {
  return (now ?? old)?.hideDiffs ?? [];
}

/** From one map to another. */
export function changesOf(old: JsonMap, now: JsonMap, hideDiffs: readonly string[] = []): Changes {
  const hidden = new Hidden(hideDiffs);
  const members = between(old, now, [], hidden);
  if (differ(members)) return { members, hidden: hidden.found };
  return { members: hidden.found.length > 0 ? new Map() : undefined, hidden: hidden.found };
}

const differ = (members: Members) => [...members.values()].some(({ kind }) => kind !== "same");

function between(old: JsonMap, now: JsonMap, at: PropertyPath, hidden: Hidden): Members {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return membersOf(
    names.filter((name) => !isInternalKey(name)).map((name) => [name, old[name], now[name]] as const),
    at,
    hidden,
  );
}

function betweenLists(old: readonly Json[], now: readonly Json[], at: PropertyPath, hidden: Hidden): Members {
  const indices = [...Array(Math.max(old.length, now.length)).keys()];
  return membersOf(
    indices.map((index) => [index, old[index], now[index]] as const),
    at,
    hidden,
  );
}

type Pair = readonly [element: string | number, old: Json | undefined, now: Json | undefined];

function membersOf(pairs: readonly Pair[], at: PropertyPath, hidden: Hidden): Members {
  return new Map(
    pairs
      .filter(([element]) => !hidden.has([...at, element]))
      .map(([element, old, now]) => [element, changeOf(old, now, [...at, element], hidden)]),
  );
}

/** From one value to another, either of which may be absent. */
export function changeOf(
  old: Json | undefined,
  now: Json | undefined,
  at: PropertyPath = [],
  hidden = new Hidden([]),
): Change {
  if (isNull(old)) return isNull(now) ? { kind: "same", value: null } : { kind: "add", value: now };
  if (isNull(now)) return { kind: "delete", value: old };
  const members =
    isMap(old) && isMap(now)
      ? between(old, now, at, hidden)
      : isList(old) && isList(now)
        ? betweenLists(old, now, at, hidden)
        : undefined;
  if (members) return differ(members) ? { kind: "update", old, now, members } : { kind: "same", value: now };
  return JSON.stringify(old) === JSON.stringify(now) ? { kind: "same", value: now } : { kind: "update", old, now };
}

const isNull = (value: Json | undefined): value is null | undefined => value === undefined || value === null;

/** What a provider says has changed; `members` is absent when all of it is hidden or it named nothing. */
export function detailedChanges(metadata: StepMetadata, refresh: boolean): Changes {
  const hidden = new Hidden(hiddenOf(metadata));
  const root: Branch = new Map();
  for (const [text, { diffKind, inputDiff }] of Object.entries(metadata.detailedDiff ?? {})) {
    const path = parsed(text);
    if (hidden.has(path)) continue;
    const old = stateMap(metadata.old, inputDiff ? "inputs" : "outputs");
    const now = stateMap(metadata.new, refresh && !inputDiff ? "outputs" : "inputs");
    place(root, path, diffKind.replace(/-replace$/, ""), old, now);
  }
  return { members: root.size === 0 ? undefined : inOrder(root), hidden: hidden.found };
}

type Branch = Map<string | number, Change | { readonly branch: Branch; readonly old: Json; readonly now: Json }>;

/** Where one of the two lacks what a path leads through, it was added or is gone, whatever the provider says. */
function place(branch: Branch, path: PropertyPath, kind: string, oldParent: Json, newParent: Json): void {
  const [element, ...rest] = path;
  const [old, now] = [member(oldParent, element!), member(newParent, element!)];
  if (rest.length === 0) {
    if (kind === "add") branch.set(element!, { kind: "add", value: now ?? unknownSentinel });
    else if (kind === "delete") branch.set(element!, { kind: "delete", value: old ?? unknownSentinel });
    else {
      const change = changeOf(old, now);
      // The provider knows better, as of what is secret.
      const told: Change = { kind: "update", old: old ?? null, now: now ?? null };
      branch.set(element!, change.kind === "same" ? told : change);
    }
  } else if (isNull(old) && !isNull(now)) branch.set(element!, { kind: "add", value: now });
  else if (!isNull(old) && isNull(now)) branch.set(element!, { kind: "delete", value: old });
  else {
    const known = branch.get(element!);
    const below = known && "branch" in known ? known : { branch: new Map() as Branch, old: old!, now: now! };
    branch.set(element!, below);
    place(below.branch, rest, kind, old ?? null, now ?? null);
  }
}

/** What is secret or not known yet is so in every part. */
function member(parent: Json, element: string | number): Json | undefined {
  if (isMap(parent)) return Object.hasOwn(parent, element) ? parent[element] : undefined;
  if (isList(parent)) return typeof element === "number" ? parent[element] : undefined;
  return parent === unknownSentinel || (typeof parent === "object" && parent !== null) ? parent : undefined;
}

function inOrder(branch: Branch): Members {
  return new Map(
    [...branch]
      .sort(([a], [b]) => (typeof a === "number" && typeof b === "number" ? a - b : a < b ? -1 : 1))
      .map(([element, change]) => {
        if (!("branch" in change)) return [element, change] as const;
        const { old, now } = change;
        return [element, { kind: "update", old, now, members: inOrder(change.branch) }] as const;
      }),
  );
}

function stateMap(state: StateMetadata | null, which: "inputs" | "outputs"): JsonMap {
  return mapOf(state?.[which]);
}

function parsed(path: string): PropertyPath {
  try {
    return parsePropertyPath(path);
  } catch {
    return [path];
  }
}
