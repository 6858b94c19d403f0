// The command line: global options, the commands, and how an error ends. `main` returns the exit code; it does not end the
// process.
//
// Loads no Pulumi, no view and no workspace by itself: each command imports what it needs when it runs.
import { stripVTControlCharacters } from "node:util";
import yargs from "yargs";
import type { Register, Session } from "./commands/command.ts";
import { commandsFor } from "./commands/index.ts";
import { outputKinds } from "./commands/options.ts";
import { processWorld, type World } from "./commands/world.ts";
import { filesError, TuttiError } from "./errors.ts";
import { exitCodeOfError } from "./exitCode.ts";
import { version } from "./version.ts";

/** Runs a command line. Whatever goes wrong is told on standard error and in the exit code; it never rejects. */
export async function main(argv: readonly string[], world: World = processWorld()): Promise<number> {
  const dashes = argv.indexOf("--");
  const own = dashes === -1 ? argv : argv.slice(0, dashes);
  let exitCode = 0;
  const session: Session = {
    world,
    argv,
    rest: dashes === -1 ? [] : argv.slice(dashes + 1),
    finish: (code) => {
      exitCode = code;
    },
  };
  try {
    // yargs hands over what it would print itself: help, version, completion.
    const words = normalized(own);
    const cli = commandLine(session, await commandsFor(words[0]));
    await cli.parseAsync([...words], {}, (_error, _args, output) => {
      if (output !== "") world.stdout.write(`${output}\n`);
    });
    return exitCode;
  } catch (error) {
    return tell(error, world, own.includes("--detailed-exitcode"));
  }
}

/** `--with-dependents` has a value only after `=`: the word behind it is a filter, not a depth. */
function normalized(argv: readonly string[]): readonly string[] {
  return argv.map((word) => (/^--with-depend(?:encies|ents)$/.test(word) ? `${word}=all` : word));
}

function commandLine(session: Session, commands: readonly Register[]) {
  const { world } = session;
  const cli = yargs([], world.cwd)
    .scriptName("tutti")
    .locale("en")
    .usage("$0 <command>\n\nRuns many Pulumi stacks as one system: in dependency order, across environments.")
    .option("cwd", {
      alias: "C",
      type: "string",
      nargs: 1,
      default: ".",
      global: true,
      describe: "Work as if started in this folder",
    })
    .option("json", {
      type: "boolean",
      default: false,
      global: true,
      describe: "Print one JSON document on standard output",
    })
    .option("output", {
      choices: ["auto", ...outputKinds],
      default: "auto",
      global: true,
      describe: "How a run is shown; lines are sentences for screen readers",
    })
    .option("non-interactive", { type: "boolean", default: false, global: true, describe: "Never ask" })
    .option("color", { type: "boolean", global: true, describe: "Colour; --no-color for none" })
    .parserConfiguration({ "duplicate-arguments-array": true })
    .version(version())
    .help()
    .alias("help", "h")
    .strict()
    .recommendCommands()
    .demandCommand(1, "name a command")
    .wrap(Math.min(world.stdout.size()?.columns ?? 100, 120))
    .exitProcess(false)
    .fail((message, error) => {
      // What is wrong with the words themselves (an option without its value) comes as an error of the parser's own.
      if (error !== undefined && error !== null && error.name !== "YError") throw error;
      const said = message || error?.message || "";
      throw (
        wrongValue(said) ?? new TuttiError("usage", said.split("\n")[0]!, { hint: "tutti --help lists what there is" })
      );
    });
  for (const register of commands) register(cli, session);
  // Behind each command yargs lays out its help once more, for the case that somebody asks then. Nobody does, and it takes a
  // tenth of a start. No public API: without it nothing but that time is lost.
  const { getInternalMethods } = cli as unknown as Internals;
  const usage = getInternalMethods?.call(cli)?.getUsageInstance?.();
  if (usage !== undefined) usage.cacheHelpMessage = () => {};
  return cli;
}

/** What is used of yargs' inside. */
interface Internals {
  readonly getInternalMethods?: () => { readonly getUsageInstance?: () => { cacheHelpMessage: () => void } };
}

/** The parser's complaint about a value that is none of an option's choices, in a sentence. */
function wrongValue(said: string): TuttiError | undefined {
  const [, option, given, choices] = /^ *Argument: (.*?), Given: (.*?), Choices: (.*)$/m.exec(said) ?? [];
  if (option === undefined) return undefined;
  return new TuttiError("usage", `${option} cannot be ${given}`, { hint: `it is one of ${choices}` });
}

/** Prints what ended a command; gives its exit code. A bug of ours shows its stack, nothing else does, a full disk neither. */
function tell(thrown: unknown, world: World, detailed: boolean): number {
  const say = (text: string): void => world.stderr.write(`${text}\n`);
  const error = filesError(thrown) ?? thrown;
  if (error instanceof TuttiError) {
    say(`tutti: ${error.message}`);
    if (error.hint !== undefined) say(`  ${error.hint.replaceAll("\n", "\n  ")}`);
    return exitCodeOfError(error.code, { detailed });
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`tutti: a bug in tutti ${version()}: ${stripVTControlCharacters(text)}`);
  return exitCodeOfError("internal", { detailed });
}
