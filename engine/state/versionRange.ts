// Ranges of Pulumi versions, as programs (`requirePulumiVersion`) and projects (`requiredPulumiVersion`) write them: the
// notation of the official CLI (blang/semver), which is not npm's. Comparators beside each other must all hold, `||` divides
// alternatives, `x` stands for the last part: `>=3.100.0 !3.150.2`, `3.x || 4.1.x`. Pure.
//
// The corners are the official CLI's, too (3.260.0): `!2.x` asks for a version below 2 and not below 3, which none is.
import semver from "semver";
import { EngineError } from "./error.ts";

type Comparator = readonly [operator: string, version: string];

const holds: Readonly<Record<string, (order: number) => boolean>> = {
  "": (order) => order === 0,
  "=": (order) => order === 0,
  "==": (order) => order === 0,
  "!": (order) => order !== 0,
  "!=": (order) => order !== 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
};

/** @throws EngineError for what is no range, and for a version that is in none of its alternatives. */
export function requireVersion(version: string, range: string): void {
  const alternatives = parseRange(range);
  if (alternatives === undefined)
    throw new EngineError(
      `parsing CLI version range "${range}": "${range}" is not a version range; write for example ">=3.200.0"`,
    );
  const fits = ([operator, other]: Comparator) => holds[operator]!(semver.compare(version, other));
  if (!alternatives.some((comparators) => comparators.every(fits)))
    throw new EngineError(`Pulumi CLI version ${version} does not satisfy the version range "${range}"`);
}

function parseRange(text: string): readonly (readonly Comparator[])[] | undefined {
  // A space may follow a comparator, and what is one letter long says nothing.
  const words = text.replace(/([<>=]) +/g, "$1").split(/ +/);
  const alternatives: Comparator[][] = [[]];
  for (const word of words.filter(({ length }) => length > 1)) {
    if (word === "||") {
      alternatives.push([]);
      continue;
    }
    const [, operator = "", version = ""] = /^(\D*)(\d.*)$/.exec(word) ?? [];
    const found = comparators(operator, version);
    if (!found.every(([operator, other]) => Object.hasOwn(holds, operator) && semver.valid(other) !== null))
      return undefined;
    alternatives.at(-1)!.push(...found);
  }
  return alternatives.every(({ length }) => length > 0) ? alternatives : undefined;
}

/** What a comparator with an `x` comes to. */
function comparators(operator: string, version: string): readonly Comparator[] {
  const parts = version.split(".");
  if (parts.length < 2 || parts.length > 3 || parts.at(-1) !== "x") return [[operator, version]];
  const [major = 0, minor = 0] = parts.map((part) => (part === "x" ? 0 : Number(part)));
  const first = `${major}.${minor}.0`;
  const next = parts.length === 2 ? `${major + 1}.0.0` : `${major}.${minor + 1}.0`;
  switch (operator) {
    case ">":
      return [[">=", next]];
    case "<=":
      return [["<", next]];
    case "":
    case "=":
    case "==":
      return [
        [">=", first],
        ["<", next],
      ];
    case "!":
    case "!=":
      return [
        ["<", first],
        [">=", first],
      ];
    default:
      return [[operator, first]];
  }
}
