// What every command module is made of: a name, its options, and a handler that calls the library once. Handlers import
// what they need when they run: `tutti --help` and completion load no Pulumi and no view.
import type { Argv } from "yargs";
import type { World } from "./world.ts";

/** The options before a command's own. */
export interface Globals {
  readonly cwd: string;
  readonly color: boolean | undefined;
  readonly json: boolean;
  readonly output: string;
  readonly nonInteractive: boolean;
}

export interface Session {
  readonly world: World;
  /** The arguments as typed, for the record. */
  readonly argv: readonly string[];
  /** What follows `--`. */
  readonly rest: readonly string[];
  /** Sets the exit code of the process. */
  finish(exitCode: number): void;
}

/** Adds a command to the command line. */
export type Register = (cli: Argv, session: Session) => Argv;
