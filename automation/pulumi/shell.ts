// For people who type pulumi commands: the environment of a shell in which plain `pulumi` works, and pulumi's commands run
// by the engine of an environment.
import { spawn } from "node:child_process";
import path from "node:path";
import { TuttiError } from "../errors.ts";
import type { StackId } from "../events.ts";
import { parseStackId, type ResolvedStack } from "../workspace.ts";
import { type OpenEnvironment, type OpenOptions, openEnvironment } from "./environment.ts";
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
  const environment = await openEnvironment(open);
  const named = stackNamed(args);
  const parts = named === undefined ? undefined : parseStackId(named);
  if (parts !== undefined && parts.environment !== open.name && stacks.has(named as StackId)) {
    throw new TuttiError("usage", `stack ${named} is not in environment ${open.name}`, {
      hint: `name it: -e ${parts.environment}`,
    });
  }
  if (named !== undefined) await environment.checkState(named as StackId);
  if (environment.cloud === "real") return runInstalled(environment, args);
  if (named !== undefined && creating.has(args[0] ?? "") && stacks.has(named as StackId)) {
    if (!(await environment.held()).has(named)) await environment.create(named as StackId);
  }
  const { code } = await environment.command().run(args, open.root, {}, stdout, stderr, interrupt);
  return code;
}

const creating = new Set(["up", "update", "preview", "pre", "config", "import"]);

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
