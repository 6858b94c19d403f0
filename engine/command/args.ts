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
  /** `refused`: by name. */
  readonly support?: "full" | "refused";
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
  /** `--help` was given: nothing else counts. */
  readonly help: boolean;
}

const helpFlag: FlagSpec = { kind: "boolean", short: "h" };

/**
 * Finds the command and reads its flags. `globals` are flags of every command. The first of `commands` with an empty path
 * is what runs when no command is named.
 * @throws EngineError for an unknown command or flag, a missing or wrong value, too many or too few arguments.
 */
export function parseArgs<Load>(
  argv: readonly string[],
  commands: readonly CommandSpec<Load>[],
  globals: FlagTable,
): ParsedArgs<Load> {
  const { command, rest } = findCommand(argv, commands, globals);
  const table: FlagTable = { ...globals, ...command.flags, help: helpFlag };
  const values = new Map<string, string[]>();
  const args: string[] = [];
  const queue = [...rest];
  const add = (name: string, spec: FlagSpec, value: string) => {
    if (spec.support === "refused")
      throw new EngineError(
        `flag --${name} is not supported by the embedded engine of \`pulumi ${command.path.join(" ")}\``,
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
  const help = values.get("help")?.at(-1) === "true";
  if (!help) checkCount(command, args.length);
  return { command, flags: new Flags(values), args, help };
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
 * Answers the command and everything that is not its path.
 */
function findCommand<Load>(
  argv: readonly string[],
  commands: readonly CommandSpec<Load>[],
  globals: FlagTable,
): { readonly command: CommandSpec<Load>; readonly rest: readonly string[] } {
  let path: readonly string[] = [];
  const used = new Set<number>();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === "--") break;
    if (word.startsWith("-") && word !== "-") {
      if (hidesNext(word, { ...globals, ...commands.find((command) => isAt(command, path))?.flags })) index++;
      continue;
    }
    const next = [...path, word];
    const canonical = canonicalPath(next, commands);
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
  const command = commands.find((candidate) => isAt(candidate, path));
  const asksForHelp = argv.some((word) => word === "--help" || word === "-h");
  if (command === undefined && asksForHelp && commands[0] !== undefined) {
    const { load } = commands[0];
    const rest = argv.filter((_, index) => !used.has(index));
    return {
      command: { path, summary: "Commands of the embedded engine", minimum: 0, maximum: 0, flags: {}, load },
      rest,
    };
  }
  if (command === undefined)
    throw new EngineError(`\`${["pulumi", ...path].join(" ")}\` needs a command: ${namesBelow(path, commands)}`);
  return { command, rest: argv.filter((_, index) => !used.has(index)) };
}

function takesArguments(path: readonly string[], commands: readonly CommandSpec[]): boolean {
  return (commands.find((command) => isAt(command, path))?.maximum ?? 0) > 0;
}

function namesBelow(path: readonly string[], commands: readonly CommandSpec[]): string {
  const names = commands.filter((command) => isBelow(command.path, path)).map((command) => command.path[path.length]!);
  return [...new Set(names)].sort().join(", ");
}

function hidesNext(word: string, table: FlagTable): boolean {
  if (word.includes("=")) return false;
  const spec = word.startsWith("--")
    ? table[word.slice(2)]
    : Object.values(table).find(({ short }) => word.length === 2 && short === word[1]);
  return spec !== undefined && bareValue(spec) === undefined;
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
export function helpText(command: CommandSpec, commands: readonly CommandSpec[], globals: FlagTable): string {
  const name = ["pulumi", ...command.path].join(" ");
  const lines = [command.summary, "", "Usage:", `  ${name}${command.usage ? ` ${command.usage}` : ""} [flags]`];
  const below = commands.filter(({ path }) => path.length === command.path.length + 1 && isBelow(path, command.path));
  if (below.length > 0) {
    lines.push("", "Available Commands:");
    for (const { path, summary } of below) lines.push(`  ${path.at(-1)!.padEnd(16)} ${summary}`);
  }
  lines.push("", "Flags:", ...flagLines({ ...command.flags, help: { ...helpFlag, help: "this text" } }));
  lines.push("", "Global Flags:", ...flagLines(globals));
  return `${lines.join("\n")}\n`;
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
