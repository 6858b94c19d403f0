// Judges mutants in one process, one after the other: starting a process for each costs more than most scenarios. Told of an
// edit of one file of the engine and of scenarios, it says which of these was the first that did not go as recorded.
//
// What imports the edited file, directly or not, is evaluated anew for each edit; all else is there once. What an earlier
// mutant left behind must not be taken for a difference: a scenario counts only when it goes as recorded without the edit,
// in the same process, right after it did not with it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { deviations } from "../contract/deviations.ts";
import type { embeddedCommand } from "../contract/embedded.ts";

/** What is asked of the process by a message, and what it answers. */
export interface Question {
  /** Below engine/. */
  readonly file: string;
  readonly source: string;
  readonly mutated: string;
  readonly scenarios: readonly string[];
}
/** Said before each of them. */
export interface Begun {
  readonly begun: string;
}
/** `doubtful`: this process cannot tell any more. */
export interface Answer {
  readonly caught?: string | undefined;
  readonly doubtful?: true;
}

const ENGINE = new URL("../../engine/", import.meta.url);
const EMBEDDED = new URL("../contract/embedded.ts", import.meta.url).href;

/** By module, what imports it. */
const importers = new Map<string, Set<string>>();
const sources = readdirSync(ENGINE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
for (const url of [
  ...sources.map((name) => new URL(name, ENGINE).href),
  EMBEDDED,
  new URL("../contract/keptProcess.ts", import.meta.url).href,
]) {
  const text = readFileSync(fileURLToPath(url), "utf8").replaceAll(/^(import|export) type [^;]*;$/gm, "");
  for (const [, specifier = ""] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
    const imported = new URL(specifier, url).href;
    importers.set(imported, (importers.get(imported) ?? new Set()).add(url));
  }
}

let version = 0;
let anew: ReadonlySet<string> = new Set();
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return anew.has(resolved.url) ? { ...resolved, url: `${resolved.url}?${version}` } : resolved;
  },
});

function dependentsOf(url: string): ReadonlySet<string> {
  const found = new Set([url]);
  for (const each of found) for (const importer of importers.get(each) ?? []) found.add(importer);
  return found;
}

const engine = async (): Promise<typeof embeddedCommand> =>
  ((await import(EMBEDDED)) as { embeddedCommand: typeof embeddedCommand }).embeddedCommand;

/** Twice: what goes otherwise by chance, on a busy machine, does so once. */
async function deviates(name: string, command: typeof embeddedCommand): Promise<boolean> {
  return (await deviations(name, command)).length > 0 && (await deviations(name, command)).length > 0;
}

async function answer({ file, source, mutated, scenarios }: Question): Promise<Answer> {
  const url = new URL(file, ENGINE);
  writeFileSync(url, source);
  const plain = await engine();
  writeFileSync(url, mutated);
  let caught: string | undefined;
  try {
    version++;
    anew = dependentsOf(url.href);
    const command = await engine();
    for (const name of scenarios) {
      process.send!({ begun: name } satisfies Begun);
      if (!(await deviates(name, command))) continue;
      caught = name;
      break;
    }
  } catch {
    // What cannot even be loaded goes with the first one.
    caught = scenarios[0];
  } finally {
    anew = new Set();
    writeFileSync(url, source);
  }
  if (caught === undefined || (await deviations(caught, plain)).length === 0) return { caught };
  return { doubtful: true };
}

// A mutant's stray promise is no end of this process.
process.on("unhandledRejection", () => {});
process.on("uncaughtException", () => {});
process.on("message", (question: Question) => {
  void answer(question).then((said) => process.send!(said));
});
