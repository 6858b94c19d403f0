// Reads command lines as the pulumi CLI does: commands and flags in any order, `--flag value`, `--flag=value`, `-s value`,
// `-fy`, `--` before plain arguments. Pure. What is not known is refused in the CLI's own words, and what is known but not
// supported by this engine is refused by name.
import { EngineError } from "../state/error.ts";

/**
 * `boolean`: also `--flag=false`. `strings`: may be repeated; `list`: may be repeated, and split at commas. `optional`: a
 * string that may be left out (`--refresh`, `--refresh=false`), then "true".
 */
export type FlagKind = "boolean" | "string" | "optional" | "strings" | "list" | "number";

export interface FlagSpec {
  readonly kind: FlagKind;
  /** One letter. */
  readonly short?: string;
  /** A line of help; without one the flag is accepted but not shown. */
  readonly help?: string;
  /** Refused by name: why. */
  readonly refusal?: string;
}

export type FlagTable = Readonly<Record<string, FlagSpec>>;

export interface CommandSpec<Load = unknown> {
  /** Words after the program's name, e.g. `["stack", "ls"]`. */
  readonly path: readonly string[];
  /** Other words for the last one. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Shown after the path, e.g. `<key> [value]`. */
  readonly usage?: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly flags: FlagTable;
  readonly load: Load;
}

/** The values of flags that were given. */
export class Flags {
  private readonly values: ReadonlyMap<string, readonly string[]>;
  constructor(values: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.values = values;
  }
  has(name: string): boolean {
    return this.values.has(name);
  }
  names(): readonly string[] {
    return [...this.values.keys()];
  }
  /** The others. */
  without(name: string): Flags {
    return new Flags(new Map([...this.values].filter(([each]) => each !== name)));
  }
  /** False when not given. */
  boolean(name: string): boolean {
    return this.values.get(name)?.at(-1) === "true";
  }
  /** The last one given; undefined when not given. */
  string(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }
  strings(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }
  number(name: string): number | undefined {
    const text = this.string(name);
    return text === undefined ? undefined : Number(text);
  }
}

export interface ParsedArgs<Load = unknown> {
  readonly command: CommandSpec<Load>;
  readonly flags: Flags;
  readonly args: readonly string[];
  /** `--help` was given, or the words name a group of commands and none of them: nothing else counts then. */
  readonly help: "asked" | "needed" | undefined;
}

/** All that a command line may hold. */
export interface Surface<Load = unknown> {
  readonly commands: readonly CommandSpec<Load>[];
  /** Flags of every command. */
  readonly globals: FlagTable;
  /** Commands refused by name, with all below them: why, by their words. */
  readonly refused: Readonly<Record<string, string>>;
}

const helpFlag: FlagSpec = { kind: "boolean", short: "h" };

/**
 * Finds the command and reads its flags. A flag that is not given may stand in the environment: `PULUMI_OPTION_<FLAG>`.
 * @throws EngineError for an unknown command or flag, one that is refused, a missing or wrong value, too many or too few
 * arguments.
 */
export function parseArgs<Load>(
  argv: readonly string[],
  surface: Surface<Load>,
  env: Readonly<Record<string, string>> = {},
): ParsedArgs<Load> {
  const { command, rest, help: needed } = findCommand(argv, surface);
  const table: FlagTable = { ...surface.globals, ...command.flags, help: helpFlag };
  const values = new Map<string, string[]>();
  const args: string[] = [];
  const queue = [...rest];
  const add = (name: string, spec: FlagSpec, value: string) => {
    if (spec.refusal !== undefined)
      throw new EngineError(
        `flag --${name} is not supported by the embedded engine of \`pulumi ${command.path.join(" ")}\`: ${spec.refusal}`,
      );
    const list = values.get(name) ?? [];
    list.push(...(spec.kind === "list" ? value.split(",") : [checked(name, spec, value)]));
    values.set(name, list);
  };
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "--") {
      args.push(...queue.splice(0));
    } else if (word.startsWith("--")) {
      const [name = "", given] = splitOnce(word.slice(2));
      const spec = Object.hasOwn(table, name) ? table[name]! : undefined;
      if (spec === undefined) throw new EngineError(`unknown flag: --${name}`);
      add(name, spec, given ?? bareValue(spec) ?? take(queue, `flag needs an argument: --${name}`));
    } else if (word.startsWith("-") && word !== "-") {
      readShorts(word, queue, table, add);
    } else args.push(word);
  }
  const help = needed ?? (values.get("help")?.at(-1) === "true" ? "asked" : undefined);
  if (help !== undefined) return { command, flags: new Flags(), args, help };
  checkCount(command, args.length);
  for (const [name, spec] of Object.entries(table)) {
    const given = env[`PULUMI_OPTION_${name.replaceAll("-", "_").toUpperCase()}`];
    if (given !== undefined && given !== "") addDefaults(name, spec, given, values, add);
  }
  return { command, flags: new Flags(values), args, help };
}

/** A flag of the environment: the command line's value takes its place, and its values come after the environment's. */
function addDefaults(
  name: string,
  spec: FlagSpec,
  text: string,
  values: Map<string, string[]>,
  add: (name: string, spec: FlagSpec, value: string) => void,
): void {
  const given = values.get(name) ?? [];
  const isMany = spec.kind === "strings" || spec.kind === "list";
  if (given.length > 0 && !isMany) return;
  values.delete(name);
  for (const value of isMany ? quotedFields(text) : [text]) add(name, spec, value);
  values.get(name)?.push(...given);
}

/** The fields of one line of CSV; in quotes, a comma is part of one. */
function quotedFields(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare = ""]) => quoted?.replaceAll('""', '"') ?? bare,
  );
}

/** `-s value`, `-svalue`, `-s=value`, and booleans together: `-fy`. */
function readShorts(
  word: string,
  queue: string[],
  table: FlagTable,
  add: (name: string, spec: FlagSpec, value: string) => void,
): void {
  for (let index = 1; index < word.length; index++) {
    const letter = word[index]!;
    const [name, spec] = Object.entries(table).find(([, { short }]) => short === letter) ?? [];
    if (name === undefined || spec === undefined)
      throw new EngineError(`unknown shorthand flag: '${letter}' in ${word}`);
    const tail = word.slice(index + 1);
    const bare = bareValue(spec);
    if (bare === undefined || tail.startsWith("=")) {
      const given = tail.startsWith("=") ? tail.slice(1) : tail;
      add(name, spec, tail !== "" ? given : take(queue, `flag needs an argument: '${letter}' in ${word}`));
      return;
    }
    add(name, spec, bare);
  }
}

function take(queue: string[], problem: string): string {
  const value = queue.shift();
  if (value === undefined) throw new EngineError(problem);
  return value;
}

function bareValue({ kind }: FlagSpec): string | undefined {
  return kind === "boolean" || kind === "optional" ? "true" : undefined;
}

function checked(name: string, { kind }: FlagSpec, value: string): string {
  if (kind === "boolean") {
    // the spellings that Go's ParseBool takes
    if (/^(1|t|T|true|TRUE|True)$/.test(value)) return "true";
    if (/^(0|f|F|false|FALSE|False)$/.test(value)) return "false";
    throw new EngineError(`invalid argument "${value}" for "--${name}" flag: expected true or false`);
  }
  if (kind === "number" && !/^-?\d+$/.test(value))
    throw new EngineError(`invalid argument "${value}" for "--${name}" flag: expected a whole number`);
  return value;
}

function splitOnce(text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function checkCount(command: CommandSpec, count: number): void {
  const { minimum, maximum } = command;
  if (count >= minimum && count <= maximum) return;
  const expected =
    minimum === maximum
      ? `accepts ${minimum} arg(s)`
      : maximum === Number.POSITIVE_INFINITY
        ? `requires at least ${minimum} arg(s)`
        : minimum === 0
          ? `accepts at most ${maximum} arg(s)`
          : `accepts between ${minimum} and ${maximum} arg(s)`;
  throw new EngineError(`${expected}, received ${count}`);
}

/**
 * Walks the words that are no flags as far as they name commands. A flag that takes a value hides the word after it.
 * Answers the command and everything that is not its path; for a group without a command of its own, the group.
 */
function findCommand<Load>(
  argv: readonly string[],
  { commands, globals, refused }: Surface<Load>,
): {
  readonly command: CommandSpec<Load>;
  readonly rest: readonly string[];
  readonly help: ParsedArgs["help"];
} {
  let path: readonly string[] = [];
  const used = new Set<number>();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === "--") break;
    if (path.length === 0 && word === "--version") return findCommand(["version"], { commands, globals, refused });
    if (word.startsWith("-") && word !== "-") {
      if (hidesNext(word, path, commands, globals) !== undefined) index++;
      continue;
    }
    const next = [...path, word];
    const canonical = canonicalPath(next, commands);
    const refusal = refused[(canonical ?? next).join(" ")];
    if (refusal !== undefined)
      throw new EngineError(`\`pulumi ${next.join(" ")}\` is not supported by the embedded engine: ${refusal}`);
    if (canonical === undefined) {
      if (commands.some((command) => isBelow(command.path, path)) && !takesArguments(path, commands))
        throw new EngineError(
          `unknown command "${word}" for "${["pulumi", ...path].join(" ")}"\nRun '${["pulumi", ...path].join(" ")} --help' for usage.`,
        );
      break;
    }
    path = canonical;
    used.add(index);
  }
  const rest = argv.filter((_, index) => !used.has(index));
  const command = commands.find((candidate) => isAt(candidate, path));
  if (command !== undefined) return { command, rest, help: undefined };
  const asked = argv.some((word) => word === "--help" || word === "-h");
  const group = { path, summary: "Commands of the embedded engine", minimum: 0, maximum: 0, flags: {} };
  return { command: { ...group, load: commands[0]!.load }, rest: [], help: asked ? "asked" : "needed" };
}

function takesArguments(path: readonly string[], commands: readonly CommandSpec[]): boolean {
  return (commands.find((command) => isAt(command, path))?.maximum ?? 0) > 0;
}

/** How far words name a command, and the flag whose value comes next: for completion, where nothing is wrong yet. */
export function parsedPath(
  words: readonly string[],
  { commands, globals }: Omit<Surface, "refused">,
): { readonly path: readonly string[]; readonly flag: string | undefined } {
  let path: readonly string[] = [];
  let flag: string | undefined;
  for (const word of words) {
    const isValue = flag !== undefined;
    flag = undefined;
    if (isValue) continue;
    if (word.startsWith("-")) flag = hidesNext(word, path, commands, globals);
    else path = canonicalPath([...path, word], commands) ?? path;
  }
  return { path, flag };
}

/** The flag of the command there that this word is, if it takes the next word for its value. */
function hidesNext(
  word: string,
  path: readonly string[],
  commands: readonly CommandSpec[],
  globals: FlagTable,
): string | undefined {
  if (word.includes("=")) return undefined;
  const table = { ...globals, ...commands.find((command) => isAt(command, path))?.flags };
  const [name, spec] =
    Object.entries(table).find(([name, { short }]) => word === `--${name}` || word === `-${short}`) ?? [];
  return spec !== undefined && bareValue(spec) === undefined ? name : undefined;
}

function isAt(command: CommandSpec, path: readonly string[]): boolean {
  return command.path.length === path.length && command.path.every((word, index) => word === path[index]);
}

function isBelow(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.length > outer.length && outer.every((word, index) => inner[index] === word);
}

/** The path that these words name, aliases resolved; undefined when no command is there or below. */
function canonicalPath(words: readonly string[], commands: readonly CommandSpec[]): readonly string[] | undefined {
  const parent = words.slice(0, -1);
  const word = words.at(-1)!;
  for (const command of commands) {
    const here = command.path.slice(0, words.length);
    if (here.length < words.length || !parent.every((part, index) => here[index] === part)) continue;
    const isLast = command.path.length === words.length;
    if (here.at(-1) === word || (isLast && command.aliases?.includes(word))) return here;
  }
  return undefined;
}

/** The help text of a command. */
export function helpText(command: CommandSpec, { commands, globals }: Omit<Surface, "refused">): string {
  const name = ["pulumi", ...command.path].join(" ");
  const lines = [command.summary, "", "Usage:", `  ${name}${command.usage ? ` ${command.usage}` : ""} [flags]`];
  const below = commandsBelow(command.path, commands);
  if (below.size > 0) lines.push("", "Available Commands:");
  for (const [word, summary] of below) lines.push(`  ${word.padEnd(24)} ${summary}`);
  lines.push("", "Flags:", ...flagLines({ ...command.flags, help: { ...helpFlag, help: "this text" } }));
  lines.push("", "Global Flags:", ...flagLines(globals));
  return `${lines.join("\n")}\n`;
}

/** The words that may follow, each with what it does; a group of commands names them. `__` hides one. */
export function commandsBelow(path: readonly string[], commands: readonly CommandSpec[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const command of commands) {
    const word = command.path[path.length];
    if (!isBelow(command.path, path) || word === undefined || word.startsWith("__")) continue;
    if (command.path.length === path.length + 1) words.set(word, command.summary);
    else if (!words.has(word)) words.set(word, [...commandsBelow([...path, word], commands).keys()].join(", "));
  }
  return words;
}

function flagLines(table: FlagTable): readonly string[] {
  return Object.entries(table)
    .filter(([, { help }]) => help !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { kind, short, help }]) => {
      const value = kind === "boolean" ? "" : kind === "number" ? " number" : " string";
      return `  ${short === undefined ? "    " : `-${short}, `}--${(name + value).padEnd(28)} ${help}`;
    });
}
