// Which tutti this is: the version of the package.json above this file, in the repository and in the package alike.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

let known: string | undefined;

/** tutti's own version; `unknown` when its package.json cannot be found, which stops nothing. */
export function version(): string {
  known ??= find(import.meta.dirname);
  return known;
}

function find(folder: string): string {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const { name, version: text } = found as { name?: unknown; version?: unknown };
    if (name === "tutti" && typeof text === "string") return text;
  } catch {
    // not here
  }
  return dirname(folder) === folder ? "unknown" : find(dirname(folder));
}
