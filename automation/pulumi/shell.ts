// For people who type pulumi commands: the environment of a shell in which plain `pulumi` works, and pulumi's commands run
// by the engine of an environment.
import { spawn } from "node:child_process";
import path from "node:path";
import { TuttiError } from "../errors.ts";
import type { StackId } from "../events.ts";
import type { ResolvedStack } from "../workspace.ts";
import { type OpenEnvironment, type OpenOptions, openEnvironment } from "./environment.ts";
import { refuseForeignLanguage } from "./projects.ts";
import { realEnvironment } from "./realEnvironment.ts";

/** Variables to set, and what is left for a person to do. */
export interface ShellEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/**
 * What a shell needs for plain `pulumi` in a real environment: backend, passphrase file, and the Node that runs tutti first
 * on the PATH.
 *
 * @throws TuttiError `usage` for a sandbox, which the official CLI must not touch, and for an env() that is not set.
 */
export function shellEnvironment({
  name,
  environment,
  root,
  variables,
  owned,
}: Pick<OpenOptions, "name" | "environment" | "root" | "variables" | "owned">): ShellEnvironment {
  if (environment.cloud === "sandbox") {
    throw new TuttiError("usage", `${name} is a sandbox, and plain pulumi would change a real cloud`, {
      hint: `the embedded engine takes pulumi's commands: npx tutti pulumi -e ${name} -- up -s <stack> --yes`,
    });
  }
  const { backend, secretsProvider, env } = realEnvironment(name, environment, variables, owned);
  const file = variables["PULUMI_CONFIG_PASSPHRASE_FILE"];
  const hasPassphrase = variables["PULUMI_CONFIG_PASSPHRASE"] !== undefined || file !== undefined;
  return {
    variables: {
      PULUMI_BACKEND_URL: backend,
      // A relative file means another one as soon as the shell changes its folder.
      ...(file === undefined || environment.passphrase !== undefined
        ? {}
        : { PULUMI_CONFIG_PASSPHRASE_FILE: path.resolve(root, file) }),
      PATH: env["PATH"]!,
    },
    notes:
      environment.passphrase !== undefined
        ? [
            `the passphrase of environment ${name} is in ${environment.passphrase.variable}: ` +
              `export PULUMI_CONFIG_PASSPHRASE="$${environment.passphrase.variable}"`,
          ]
        : secretsProvider === undefined && !hasPassphrase
          ? [`environment ${name} uses a passphrase: set PULUMI_CONFIG_PASSPHRASE_FILE to the file that holds it`]
          : [],
  };
}

export interface PassOn {
  readonly open: OpenOptions;
  readonly stacks: ReadonlyMap<StackId, ResolvedStack>;
  /** As after `pulumi`: `["up", "-s", "network.local", "--yes"]`. */
  readonly args: readonly string[];
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly interrupt: AbortSignal;
}

/**
 * Runs a pulumi command in an environment; gives its exit code. In a sandbox the embedded engine runs it, and a stack of
 * the workspace that does not exist yet is created by the verbs that would deploy it. A real environment runs the
 * installed CLI on the terminal as it is.
 */
export async function runPulumi({ open, stacks, args, stdout, stderr, interrupt }: PassOn): Promise<number> {
  const { named, known, words } = stackMeant(args, open.name, stacks);
  if (known !== undefined && known.environment !== open.name) {
    throw new TuttiError("usage", `stack ${known.id} is not in environment ${open.name}`, {
      hint: `name it: -e ${known.environment}`,
    });
  }
  const environment = await openEnvironment({ ...open, folder: known?.contract.folder?.dir });
  if (named !== undefined) await environment.checkState(named);
  if (environment.cloud === "real") return runInstalled(environment, words);
  if (known !== undefined) {
    const runs = ["up", "update", "preview", "pre", "watch"].includes(args[0] ?? "");
    if (runs) refuseForeignLanguage(environment, known.id);
    if (creating.has(args[0] ?? "") && !(await environment.held()).has(known.stackName))
      await environment.create(known.stackName);
  }
  const { code } = await environment.command().run(words, environment.root, {}, stdout, stderr, interrupt);
  return code;
}

interface Meant {
  /** The stack that the command line names, as Pulumi does; undefined when it names none. */
  readonly named: string | undefined;
  readonly known: ResolvedStack | undefined;
  /** The command line with Pulumi's name of the stack. */
  readonly words: readonly string[];
}

/** A stack of an existing project may be named as here (`payments.local`) or as Pulumi does (`payments-local`). */
function stackMeant(args: readonly string[], environment: string, stacks: ReadonlyMap<StackId, ResolvedStack>): Meant {
  const named = stackNamed(args);
  const known =
    stacks.get(named as StackId) ??
    [...stacks.values()].find(
      (one) => one.contract.folder !== undefined && one.environment === environment && one.stackName === named,
    );
  if (known === undefined || known.stackName === named) return { named, known, words: args };
  const rename = (word: string): string => (word.endsWith(known.id) ? known.stackName : word);
  const at = args.findIndex((word) => /^(?:-s|--stack)(?:=|$)|^-s./.test(word));
  const joined = /^(--stack=|-s=?)(.+)$/.exec(args[at]!);
  const words = [...args];
  if (joined === null) words[at + 1] = rename(args[at + 1]!);
  else words[at] = `${joined[1]}${rename(joined[2]!)}`;
  return { named: known.stackName, known, words };
}

const creating = new Set(["up", "update", "preview", "pre", "watch", "config", "import"]);

/** The stack that a command line names; undefined when it names none. */
function stackNamed(args: readonly string[]): string | undefined {
  for (const [at, word] of args.entries()) {
    if (word === "--") return undefined;
    if (word === "-s" || word === "--stack") return short(args[at + 1]);
    const joined = /^(?:--stack=|-s=?)(.+)$/.exec(word);
    if (joined !== null) return short(joined[1]);
  }
  return undefined;
}

/** The stack's own name of `organization/project/stack`. */
function short(name: string | undefined): string | undefined {
  return name?.slice(name.lastIndexOf("/") + 1);
}

function runInstalled(environment: OpenEnvironment, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(environment.command().command, [...args], {
      cwd: environment.root,
      env: environment.env,
      stdio: "inherit",
    });
    child.once("error", (error) => reject(new TuttiError("engine", `pulumi cannot be started: ${error.message}`)));
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 130)));
  });
}
