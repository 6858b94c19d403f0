// Options that several commands share, said once. yargs infers their types.
import type { Argv } from "yargs";
import { TuttiError } from "../errors.ts";
import type { RunOptions, SelectOptions } from "../index.ts";
import type { Session } from "./command.ts";

/** How a run is shown; `auto` is live on a terminal, grouped anywhere else. */
export const outputKinds = ["live", "grouped", "stream", "lines", "ndjson", "json", "quiet"] as const;
export type OutputKind = (typeof outputKinds)[number];

export function isOutputKind(text: string): text is OutputKind {
  return (outputKinds as readonly string[]).includes(text);
}

/** `-e`, filters as positionals, neighbours. */
export const selecting = <T>(cli: Argv<T>) =>
  cli
    .positional("filters", {
      type: "string",
      array: true,
      default: [] as string[],
      describe:
        "Stacks: network.dev, 'web.*', network... (and what it depends on), ...network (and what depends on it), '!x'",
    })
    .option("env", {
      alias: "e",
      type: "string",
      array: true,
      nargs: 1,
      describe: "Environment; may be given several times",
    })
    .option("all", { type: "boolean", default: false, describe: "Every stack" })
    .option("with-dependencies", { type: "string", describe: "Also what they depend on; =n goes n edges far" })
    .option("with-dependents", { type: "string", describe: "Also what depends on them; =n goes n edges far" });

/** What verbs that run stacks have in common. */
export const running = <T>(cli: Argv<T>) => resuming(selecting(cli));

/** The same without a selection: which stacks is known from the run that is gone on with. */
export const resuming = <T>(cli: Argv<T>) =>
  cli
    .option("concurrency", {
      alias: "j",
      type: "string",
      describe:
        "Stacks at once: a number, a percentage of the cores, or auto (by cores, memory and what earlier runs cost)",
    })
    .option("on-failure", {
      choices: ["stop", "keep-going"] as const,
      describe: "What the others do when a stack fails; stop for verbs that change something, else keep-going",
    })
    .option("resource-parallel", { type: "number", describe: "Resources at once in one stack (Pulumi's --parallel)" })
    .option("lock-timeout", {
      type: "string",
      describe: "How long to wait for another run of the same environment: 30s, 10m; 0 by default, 10m in CI",
    })
    .option("detailed-exitcode", {
      type: "boolean",
      default: false,
      describe: "Preview and drift: exit 2 when there is something",
    })
    .option("report", {
      type: "string",
      array: true,
      nargs: 1,
      describe: "Write a report: json=, markdown=, junit= or html=<file>; may be given several times",
    })
    .option("dry-run", {
      type: "boolean",
      default: false,
      describe: "Show what would run, in which order and why; run nothing",
    });

/** For verbs that change something. */
export const confirming = <T>(cli: Argv<T>) =>
  cli.option("yes", { alias: "y", type: "boolean", default: false, describe: "Do not ask" });

interface Selecting {
  readonly filters?: readonly string[];
  readonly env?: readonly string[] | undefined;
  readonly all: boolean;
  readonly withDependencies?: string | undefined;
  readonly withDependents?: string | undefined;
}

/** What the library understands of the selecting options. @throws TuttiError `usage`. */
export function selectOptions(args: Selecting): SelectOptions {
  const withDependencies = depth(args.withDependencies, "--with-dependencies");
  const withDependents = depth(args.withDependents, "--with-dependents");
  return {
    select: args.filters ?? [],
    environment: args.env ?? [],
    all: args.all,
    ...(withDependencies === undefined ? {} : { withDependencies }),
    ...(withDependents === undefined ? {} : { withDependents }),
  };
}

function depth(text: string | undefined, option: string): number | true | undefined {
  if (text === undefined) return undefined;
  if (text === "" || text === "all") return true;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new TuttiError("usage", `${option}=${text} is not a number of edges`, {
    hint: `write ${option} for all, or ${option}=2`,
  });
}

interface Running extends Selecting {
  readonly concurrency?: string | undefined;
  readonly onFailure?: "stop" | "keep-going" | undefined;
  readonly resourceParallel?: number | undefined;
  readonly detailedExitcode: boolean;
  readonly lockTimeout?: string | undefined;
  readonly refresh?: boolean | undefined;
  readonly remove?: boolean | undefined;
}

/** What the library understands of the running options. @throws TuttiError `usage`. */
export function runOptions(args: Running, session: Session, cores: number): RunOptions {
  const concurrency = parseConcurrency(args.concurrency, cores);
  const { resourceParallel } = args;
  if (resourceParallel !== undefined && !(Number.isInteger(resourceParallel) && resourceParallel >= 1)) {
    throw new TuttiError("usage", `--resource-parallel must be a whole number of 1 or more, got ${resourceParallel}`);
  }
  return {
    ...selectOptions(args),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(args.onFailure === undefined ? {} : { onFailure: args.onFailure }),
    ...(resourceParallel === undefined ? {} : { resourceParallel }),
    ...(args.refresh === undefined ? {} : { refresh: args.refresh }),
    ...(args.remove === undefined ? {} : { remove: args.remove }),
    ...(args.lockTimeout === undefined ? {} : { lockTimeoutMs: parseDuration(args.lockTimeout, "--lock-timeout") }),
    detailed: args.detailedExitcode,
    argv: session.argv,
  };
}

/** Stacks at once; undefined leaves it to the library. @throws TuttiError `usage`. */
export function parseConcurrency(text: string | undefined, cores: number): number | "auto" | undefined {
  if (text === undefined || text === "auto") return text;
  const percent = /^(\d+)%$/.exec(text);
  if (percent !== null && Number(percent[1]) > 0) return Math.max(1, Math.round((cores * Number(percent[1])) / 100));
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new TuttiError("usage", `--concurrency ${text} is neither a number of 1 or more nor a percentage`, {
    hint: "write -j 4, -j 50% or -j auto",
  });
}

/** `30s`, `10m`, `2h`, `500ms` or `0`, in milliseconds. @throws TuttiError `usage`. */
export function parseDuration(text: string, option: string): number {
  const parts = /^(\d+)(ms|s|m|h)$/.exec(text);
  if (text === "0") return 0;
  if (parts !== null) return Number(parts[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[parts[2] as "s"];
  throw new TuttiError("usage", `${option} ${text} is no duration`, { hint: `write ${option} 30s, 10m or 2h` });
}
