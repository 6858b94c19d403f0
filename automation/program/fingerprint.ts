// What a task depends on, as digests that are kept with its outputs, and why two of them differ.
//
// 1. Code: every file of the folder that the task's module is in, and every file of the project that it imports from elsewhere.
// 2. Settings and needs, one digest for each setting and each output of a need: so that the difference has a name.
// 3. Values are digested with a key that is kept as a secret beside them: a password that somebody guesses cannot be tried.
import { createHash, createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import module from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { TaskFacts } from "../define.ts";
import { revealed } from "../secret.ts";

/** Digests by name: `code migrate/task.ts`, `setting size`, `need data.databaseHost`. */
export type Fingerprint = Readonly<Record<string, string>>;

/** Names of what differs, sorted. */
export function differingNames(before: Fingerprint, now: Fingerprint): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]).sort();
}

/** Digests of what a task reads. Undefined is a value too: an output that is left out is not an empty one. */
export function fingerprintOf(
  key: string,
  files: Fingerprint,
  fingerprint: TaskFacts["fingerprint"],
  inputs: { readonly settings: Readonly<Record<string, unknown>>; readonly needs: Readonly<Record<string, unknown>> },
): Fingerprint {
  const digest = (name: string, value: unknown): [string, string] => [
    name,
    createHmac("sha256", key)
      .update(JSON.stringify([name, sorted(revealed(value))]) ?? "")
      .digest("base64url"),
  ];
  if (typeof fingerprint === "function")
    return { ...files, ...Object.fromEntries([digest("fingerprint", fingerprint(inputs as never))]) };
  return {
    ...files,
    ...Object.fromEntries(Object.entries(inputs.settings).map(([name, value]) => digest(`setting ${name}`, value))),
    ...Object.fromEntries(
      Object.entries(inputs.needs).flatMap(([need, outputs]) =>
        Object.entries(outputs as Readonly<Record<string, unknown>>).map(([output, value]) =>
          digest(`need ${need}.${output}`, value),
        ),
      ),
    ),
  };
}

/** JSON that does not depend on the order of keys; a text says what JSON has no word for. */
function sorted(value: unknown): unknown {
  if (value === undefined) return { undefined: true };
  if (typeof value === "bigint") return { bigint: String(value) };
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return (value as { toJSON(): unknown }).toJSON();
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, part]) => [name, sorted(part)]));
}

/**
 * Loads a module and gives the digests of the files it is made of, relative to the root: its folder with everything in it, and
 * what it imports of the project besides. Packages are not looked into: a lock file says when they change, not a task.
 */
export async function digestedLoad<T>(
  root: string,
  load: () => Promise<T>,
): Promise<{ readonly loaded: T; readonly files: Fingerprint }> {
  const below = `${pathToFileURL(root).href}/`;
  const found = new Set<string>();
  const hooks = module.registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (resolved.url.startsWith(below) && !resolved.url.includes("/node_modules/"))
        found.add(fileURLToPath(resolved.url.replace(/[?#].*$/, "")));
      return resolved;
    },
  });
  let loaded: T;
  try {
    loaded = await load();
  } finally {
    hooks.deregister();
  }
  // The first file that loading asked for is the module itself.
  const [first] = found;
  const folder = first === undefined || path.dirname(first) === root ? undefined : path.dirname(first);
  const own = folder === undefined ? [] : filesBelow(folder);
  const files = [...new Set([...own, ...[...found].filter((file) => !isTutti(file))])];
  return {
    loaded,
    files: Object.fromEntries(
      files
        .map((file): [string, string] => [`code ${path.relative(root, file)}`, digestOfFile(file)])
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
}

/** tutti itself, where it is part of the project: another version of it does not make a task run again. */
const tutti = path.resolve(import.meta.dirname, "..");
const isTutti = (file: string): boolean => file.startsWith(`${tutti}${path.sep}`);

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^\.|~$|\.md$|\.test\.[cm]?[jt]s$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`));
}

const digestOfFile = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("base64url");
