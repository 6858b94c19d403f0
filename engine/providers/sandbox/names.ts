// Physical names: the rules that clouds have for them, and the names that providers invent.
import { createHash, randomBytes } from "node:crypto";
import type { CheckRequest } from "../provider.ts";

export interface NameRule {
  readonly pattern: RegExp;
  /** What a right one looks like, to follow "must be". */
  readonly description: string;
}

/** RFC 1035 label as compute, GKE and others want it. */
export const label63: NameRule = {
  pattern: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  description: "1 to 63 characters of a-z, 0-9 and -, beginning with a letter and not ending with -",
};

/** An RFC 1035 label of other lengths (terraform-provider-google: verify.ValidateRFC1035Name). */
export function label(least: number, most: number): NameRule {
  return {
    pattern: new RegExp(`^[a-z][-a-z0-9]{${least - 2},${most - 2}}[a-z0-9]$`),
    description: `${least} to ${most} characters of a-z, 0-9 and -, beginning with a letter and not ending with -`,
  };
}

/** What autonaming does for one kind of resource. */
export interface Autoname {
  /** The property that gets the name. */
  readonly property: string;
  /** Longest name, in characters. */
  readonly longest: number;
  readonly lowercase?: boolean;
}

export type Naming = { readonly name: string } | { readonly problem: string };

/**
 * A name as Pulumi's providers invent it: the logical name, "-", and random hexadecimal digits (7 for bridged providers, 8
 * for kubernetes). The same seed gives the same name; an empty seed a fresh one.
 */
export function inventName(
  { name, randomSeed, autonaming }: CheckRequest,
  digits: number,
  longest: number,
  lowercase: boolean,
): Naming {
  if (autonaming?.mode === "disable") return { problem: "autonaming is disabled: give the resource a name" };
  if (autonaming !== undefined) return { name: autonaming.proposedName };
  const prefix = lowercase ? name.toLowerCase() : name;
  const seed = randomSeed.length > 0 ? randomSeed : randomBytes(32);
  const invented = `${prefix}-${createHash("sha256").update(seed).digest("hex").slice(0, digits)}`;
  if (invented.length > longest) {
    return { problem: `name '${prefix}-' plus ${digits} random chars is longer than maximum length ${longest}` };
  }
  return { name: invented };
}

/** A number that always is the same for the same text: 19 digits beginning with 1 to 8, as the cloud's numeric ids. */
export function numericId(text: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(text).digest("hex").slice(0, 24)}`)
    .toString()
    .padStart(19, "0")
    .slice(-18);
  return `${1 + (Number(digits[0]) % 8)}${digits}`;
}

/** As numericId, but a safe integer. */
export function safeNumericId(text: string): number {
  return Number.parseInt(createHash("sha256").update(text).digest("hex").slice(0, 13), 16);
}

/** Hexadecimal digits that always are the same for the same text. */
export function hexId(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

/** A UUID (version 4 in form) that always is the same for the same text. */
export function uuidOf(text: string): string {
  const hex = hexId(text, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join("-");
}
