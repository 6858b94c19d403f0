// `tutti unlock`: breaks a lock whose owner is proven dead; says who holds it otherwise.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "unlock <stack>",
    "Break a lock whose owner is proven dead",
    (args) =>
      args.positional("stack", { type: "string", demandOption: true, describe: "Stack" }).option("force", {
        type: "boolean",
        default: false,
        describe: "Without proof: when you know that nothing of its owner runs any more",
      }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const [{ open }, { TuttiError }] = await Promise.all([import("../index.ts"), import("../errors.ts")]);
      const tutti = await open(path.resolve(world.cwd, args.cwd), { variables: world.variables });
      const holds = await tutti.unlock(args.stack, { force: args.force });
      if (args.json) world.stdout.write(`${JSON.stringify({ schemaVersion: 1, stack: args.stack, holds }, null, 2)}\n`);
      else {
        for (const { kind, holder, state, reason, broken } of holds)
          if (broken) world.stdout.write(`broken: the ${kind} of ${holder}; ${state}: ${reason}\n`);
        if (holds.length === 0) world.stdout.write(`${args.stack} is not locked\n`);
      }
      const [kept] = holds.filter(({ broken }) => !broken);
      if (kept !== undefined)
        throw new TuttiError("locked", `the ${kept.kind} of ${kept.holder} stays: ${kept.reason}`, {
          hint:
            kept.state === "alive"
              ? "wait for it, or interrupt it where it runs; --force breaks the lock all the same, and then two may write"
              : "when you know that nothing of its owner runs any more: --force",
        });
    },
  );
