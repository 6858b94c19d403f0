// Compares inputs with inputs, property by property, as providers do for their detailed diffs. Null and absent are equal, a
// secret equals its plain value, and two links to one Google resource are equal in any of their forms.
import {
  Archive,
  Asset,
  isInternalKey,
  isPropertyArray,
  isPropertyMap,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
} from "../../values.ts";
import { child } from "./conform.ts";

export interface Difference {
  /** As Pulumi writes paths: `a.b[0]["c.d"]`. */
  readonly path: string;
  /** The same with list indices left out, for comparison with a table's paths. */
  readonly plainPath: string;
  readonly kind: "add" | "delete" | "update";
}

/** Every leaf at which two property maps differ, in the order of their names. Names beginning with `__` are left out. */
export function differences(before: PropertyMap, after: PropertyMap): Difference[] {
  const found: Difference[] = [];
  compareMaps(before, after, "", "");
  return found;

  function compareMaps(a: PropertyMap, b: PropertyMap, path: string, plainPath: string): void {
    for (const name of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
      if (isInternalKey(name)) continue;
      compare(a[name], b[name], child(path, name), plainPath === "" ? name : `${plainPath}.${name}`);
    }
  }

  function compare(a: PropertyValue | undefined, b: PropertyValue | undefined, path: string, plainPath: string): void {
    const left = a instanceof Secret ? a.element : a;
    const right = b instanceof Secret ? b.element : b;
    const gone = right === undefined || right === null;
    if (left === undefined || left === null) {
      if (!gone) found.push({ path, plainPath, kind: "add" });
    } else if (gone) {
      found.push({ path, plainPath, kind: "delete" });
    } else if (isPropertyMap(left) && isPropertyMap(right)) {
      compareMaps(left, right, path, plainPath);
    } else if (isPropertyArray(left) && isPropertyArray(right)) {
      for (let i = 0; i < Math.max(left.length, right.length); i++)
        compare(left[i], right[i], `${path}[${i}]`, plainPath);
    } else if (!sameScalar(left, right)) {
      found.push({ path, plainPath, kind: "update" });
    }
  }
}

/** Whether two values are the same to a provider. An unknown equals nothing, not even itself. */
export function same(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  return differences({ value: a ?? null }, { value: b ?? null }).length === 0;
}

function sameScalar(a: PropertyValue, b: PropertyValue): boolean {
  if (a instanceof Unknown || b instanceof Unknown) return false;
  if (a instanceof ResourceReference && b instanceof ResourceReference) return a.urn === b.urn;
  if (a instanceof Asset && b instanceof Asset)
    return a.hash === b.hash && (a.hash !== "" || JSON.stringify(a.source) === JSON.stringify(b.source));
  if (a instanceof Archive && b instanceof Archive) return a.hash === b.hash && a.hash !== "";
  if (typeof a === "string" && typeof b === "string")
    return a === b || (isLink(a) && isLink(b) && linkPath(a) === linkPath(b));
  // As the schema check lets texts through for numbers and booleans, "80" is 80.
  if (isScalar(a) && isScalar(b)) return String(a) === String(b);
  return a === b;
}

function isScalar(value: PropertyValue): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isLink(text: string): boolean {
  return /^https:\/\/[a-z.]+\.googleapis\.com\/|^projects\//.test(text);
}

/** A Google resource's link as its relative path, `projects/...`; anything else as it is. */
export function linkPath(link: string): string {
  return link
    .replace(/^https:\/\/[a-z.]+\.googleapis\.com\/(.*?)(?=projects\/)/, "")
    .replace(/^\/\/[a-z.]+\.googleapis\.com\//, "");
}
