// The embedded engine's front door: a PulumiCommand for the Automation API that needs no installed CLI.
// The Automation API calls `run` as it would call the pulumi executable.
import type { SemVer } from "semver";
import type { ChildSource } from "./language/pool.ts";
import type { DynamicProcessSource } from "./providers/dynamic.ts";
import type { SecretValues } from "./secretValues.ts";
import type { PropertyMap } from "./values.ts";

export { createEngine } from "./command/index.ts";
export { SecretValues } from "./secretValues.ts";

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** The shape the Automation API asks of a `PulumiCommand` (its `run` is internal in the SDK's typings). */
export interface EngineCommand {
  readonly command: string;
  readonly version: SemVer;
  run(
    args: readonly string[],
    cwd: string,
    additionalEnv: Readonly<Record<string, string>>,
    onOutput?: (data: string) => void,
    onError?: (data: string) => void,
    signal?: AbortSignal,
  ): Promise<CommandResult>;
}

/**
 * Outputs that previews predicted, by full stack name (`organization/project/stack`): an upstream's preview writes its
 * root outputs here, and a dependent's preview reads them when it resolves a StackReference. Updates never read it.
 */
export interface Predictions {
  get(stack: string): PropertyMap | undefined;
  set(stack: string, outputs: PropertyMap): void;
}

export interface EngineOptions {
  /** The complete environment of the engine and of every child; nothing is inherited from `process.env`. */
  readonly env: Readonly<Record<string, string>>;
  /** Serves `gcp` and `kubernetes` from a sandbox cloud kept in this directory; absent: these packages are refused. */
  readonly sandbox?: { readonly directory: string };
  /** Where stack configuration files live instead of the project's `stackConfigDir` (a sandbox leaves the work tree alone). */
  readonly configDirectory?: string;
  readonly predictions?: Predictions;
  /**
   * The variables under which another stack is kept (backend, passphrase), when that is not where this engine's own stacks
   * are: a StackReference to it is read there.
   */
  readonly elsewhere?: (stack: string, project: string) => Readonly<Record<string, string>> | undefined;
  /**
   * Starts what serves dynamic providers, given how this engine would; by default each configured provider has a process of
   * its own, which ends with the operation. Only the contract suite, with its hundreds of operations, keeps one.
   */
  readonly dynamicProcess?: DynamicProcessSource;
  /** Packages whose real plugin may be started from PULUMI_HOME or PATH; only the contract suite names any. */
  readonly plugins?: readonly string[];
  /**
   * Secrets by value: what the engine decrypts or is given is added to them, and none of them is told, nor written in plain
   * text. Absent: configuration's own secrets are kept out of events, as the official engine does, and no more.
   */
  readonly secrets?: SecretValues;
  /**
   * Asks whoever sits at the terminal, and answers what was typed, nothing at the end of the input; what is hidden is not
   * shown as it is typed. Absent: there is nobody.
   */
  readonly ask?: (question: string, hidden?: "hidden") => Promise<string | undefined>;
  /** All of standard input, for `config set` and `stack import`; absent: there is none. */
  readonly stdin?: () => Promise<string>;
  /**
   * Aborted: everything ends at once. Children are killed, what runs is not waited for, and the state is left as it is:
   * what was under way stays in it as pending operations.
   */
  readonly kill?: AbortSignal;
  /** Asked before each write of a state; what it throws refuses the write. */
  readonly fence?: () => Promise<void>;
  /**
   * Takes each line that a program prints, as it comes and before more is read. What it prints is then not kept for the
   * display, and only its beginning becomes events: a program may print more than there is memory.
   */
  readonly print?: (stream: "stdout" | "stderr", text: string) => void;
  /** Where the children of programs come from, a pool of waiting ones for example; by default each is started when needed. */
  readonly children?: ChildSource;
}
