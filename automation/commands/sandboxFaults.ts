// `tutti sandbox fail|slow|limit|faults`: places faults in the cloud of a sandbox, for whatever runs in it now and later.
import type { Argv } from "yargs";
import { durationMs } from "../patience.ts";
import type { Globals, Session } from "./command.ts";

/** Which sandboxes are meant: their names, and the folder they are below. */
export type ChosenSandboxes = (
  args: Globals & { readonly env?: readonly string[] | undefined },
) => Promise<{ readonly base: string; readonly environments: readonly string[] }>;

type Placing = Globals & {
  readonly env?: readonly string[] | undefined;
  readonly resource: string;
  readonly operation: "*" | "create" | "read" | "update" | "delete";
  readonly probability: number;
  readonly times?: number | undefined;
  readonly seed?: number | undefined;
};

/** Adds the commands below `tutti sandbox`. */
export const faultCommands = <T>(cli: Argv<T>, chosen: ChosenSandboxes, session: Session) =>
  cli
    .command(
      "fail [resource]",
      "Make calls to a sandbox's cloud fail: tutti sandbox fail 'gcp:sql/*' -e local --operation create --times 1",
      (args) =>
        placing(args)
          .option("message", {
            type: "string",
            default: "googleapi: Error 503: backend error, backendError",
            describe: "What the cloud says",
          })
          .option("lose", {
            type: "boolean",
            default: false,
            describe: "Let it happen, and lose the answer: a create leaves an orphan",
          }),
      async (given) => {
        const args = given as typeof given & Placing;
        await place(args, args.lose ? { lose: args.message } : { fail: args.message }, chosen, session);
      },
    )
    .command(
      "slow <latency> [resource]",
      "Make calls to a sandbox's cloud slow: tutti sandbox slow 500ms -e local",
      (args) =>
        placing(args).positional("latency", {
          type: "string",
          demandOption: true,
          describe: "How long each call takes: 200ms, 5s, 1h",
        }),
      async (given) => {
        const args = given as typeof given & Placing;
        await place(args, { latencyMs: await duration("latency", args.latency) }, chosen, session);
      },
    )
    .command(
      "limit <calls> [resource]",
      "Let only so many calls through, refuse the others with 429: tutti sandbox limit 5 -e local --per 1s",
      (args) =>
        placing(args)
          .positional("calls", { type: "number", demandOption: true, describe: "Calls let through" })
          .option("per", { type: "string", default: "1s", describe: "In which stretch of time" }),
      async (given) => {
        const args = given as typeof given & Placing;
        if (!(Number.isInteger(args.calls) && args.calls >= 1))
          throw await wrong(`${args.calls} calls are no limit`, "write a whole number of 1 or more");
        await place(args, { limit: args.calls, perMs: await duration("--per", args.per) }, chosen, session);
      },
    )
    .command(
      "faults",
      "Show the faults placed in sandboxes, or take them away",
      (args) =>
        environments(args).option("clear", { type: "boolean", default: false, describe: "Take every fault away" }),
      async (given) => {
        const args = given as typeof given & Globals;
        const { base, environments: names } = await chosen(args);
        const { clearCloudFaults, cloudFaults } = await import("../pulumi/sandboxFaults.ts");
        const found = await Promise.all(
          names.map(async (environment) =>
            args.clear
              ? { environment, cleared: await clearCloudFaults(base, environment) }
              : { environment, ...(await cloudFaults(base, environment)) },
          ),
        );
        const { stdout } = session.world;
        if (args.json) {
          stdout.write(`${JSON.stringify(found, null, 2)}\n`);
          return;
        }
        for (const one of found) {
          if ("cleared" in one) stdout.write(`${one.environment}: ${one.cleared} taken away\n`);
          else {
            if (one.rules.length === 0) stdout.write(`${one.environment}: none\n`);
            for (const rule of one.rules) stdout.write(`${one.environment}: ${sentence(rule)}, seed ${one.seed}\n`);
          }
        }
      },
    );

const environments = <T>(args: Argv<T>) =>
  args.option("env", {
    alias: "e",
    type: "string",
    array: true,
    nargs: 1,
    describe: "Environment; every sandbox when absent",
  });

const placing = <T>(args: Argv<T>) =>
  environments(args)
    .positional("resource", {
      type: "string",
      default: "*",
      describe: "Type, URN or name; * stands for anything. Default: every resource",
    })
    .option("operation", {
      choices: ["*", "create", "read", "update", "delete"] as const,
      default: "*" as const,
      describe: "Which calls",
    })
    .option("probability", { type: "number", default: 1, describe: "How often, from 0 to 1; the dice are seeded" })
    .option("times", { type: "number", describe: "Only the first so many attempts at each resource" })
    .option("seed", { type: "number", describe: "Another seed for the dice of this sandbox" });

async function place(
  args: Placing,
  fault: Readonly<Record<string, unknown>>,
  chosen: ChosenSandboxes,
  session: Session,
): Promise<void> {
  const { probability, times, seed, resource, operation } = args;
  if (!(probability >= 0 && probability <= 1))
    throw await wrong(`--probability ${probability} is none`, "write a number from 0 to 1");
  if (times !== undefined && !(Number.isInteger(times) && times >= 1))
    throw await wrong(`--times ${times} is no count`, "write a whole number of 1 or more");
  if (seed !== undefined && !Number.isInteger(seed))
    throw await wrong(`--seed ${seed} is none`, "write a whole number");
  const { base, environments: names } = await chosen(args);
  const { placeCloudFault } = await import("../pulumi/sandboxFaults.ts");
  const rule = { ...meant(resource), operation, probability, ...(times === undefined ? {} : { times }), ...fault };
  const placed = [];
  for (const environment of names)
    placed.push({ environment, ...(await placeCloudFault(base, environment, rule, seed)) });
  const { stdout } = session.world;
  if (args.json) stdout.write(`${JSON.stringify(placed, null, 2)}\n`);
  else
    for (const { environment, rules } of placed)
      stdout.write(`${environment}: ${sentence(rules.at(-1)!)}; tutti sandbox faults --clear takes it away\n`);
}

/** A URN has `::`, a type has `:`, anything else is the name a program gave. */
function meant(resource: string): { readonly type?: string; readonly urn?: string } {
  if (resource.includes("::")) return { urn: resource };
  if (resource.includes(":")) return { type: resource };
  return resource === "*" ? {} : { urn: `*::${resource}` };
}

interface Rule {
  readonly type: string;
  readonly urn: string;
  readonly operation: string;
  readonly fail?: string | undefined;
  readonly lose?: string | undefined;
  readonly latencyMs?: number | undefined;
  readonly limit?: number | undefined;
  readonly perMs?: number | undefined;
  readonly probability: number;
  readonly times?: number | undefined;
}

/** A rule in words. */
function sentence({ type, urn, operation, probability, times, ...fault }: Rule): string {
  const what = [type, urn].filter((pattern) => pattern !== "*").join(" and ") || "every resource";
  const effects = [
    fault.fail === undefined ? [] : [`fails with "${fault.fail}"`],
    fault.lose === undefined ? [] : [`loses its answer with "${fault.lose}"`],
    fault.latencyMs === undefined ? [] : [`takes ${fault.latencyMs} ms more`],
    fault.limit === undefined ? [] : [`is limited to ${fault.limit} calls in ${fault.perMs ?? 1000} ms`],
  ].flat();
  const often = probability === 1 ? "" : `, ${Math.round(probability * 100)} times of 100`;
  const first = times === undefined ? "" : `, the first ${times === 1 ? "time" : `${times} times`}`;
  return `${operation === "*" ? "any call" : operation} of ${what} ${effects.join(" and ") || "does nothing"}${often}${first}`;
}

async function duration(name: string, text: string): Promise<number> {
  const ms = durationMs(text);
  if (ms === undefined) throw await wrong(`${name} "${text}" is no duration`, "write 200ms, 5s, 10m or 1h");
  return ms;
}

async function wrong(message: string, hint: string): Promise<Error> {
  const { TuttiError } = await import("../errors.ts");
  return new TuttiError("usage", message, { hint });
}
