// `tutti recover`: settles what a cut-off run left open in a stack: says what it found and what it would do, asks, does it,
// and looks again.
import path from "node:path";
import type { Findings } from "../pulumi/recovery.ts";
import { unreachable } from "../unreachable.ts";
import { isCi } from "../variables.ts";
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "recover <stack>",
    "Find out what became of operations that were cut off, and settle them",
    (args) =>
      args
        .positional("stack", { type: "string", demandOption: true, describe: "Stack, as tutti list names it" })
        .option("yes", { alias: "y", type: "boolean", default: false, describe: "Do not ask" })
        .option("adopt", {
          type: "string",
          array: true,
          nargs: 1,
          describe: "What a cut-off creation made: <urn>=<id>; may be given several times",
        })
        .option("clear", {
          type: "string",
          array: true,
          nargs: 1,
          describe: "URN of a cut-off creation that made nothing; may be given several times",
        })
        .option("delete", {
          type: "boolean",
          default: false,
          describe: "In a sandbox: delete what was created instead of adopting it",
        })
        .option("lock-timeout", { type: "string", describe: "How long to wait for a run that goes on: 30s, 10m" }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const [{ open }, { TuttiError }, { parseDuration }] = await Promise.all([
        import("../index.ts"),
        import("../errors.ts"),
        import("./options.ts"),
      ]);
      const adopt = new Map(
        (args.adopt ?? []).map((text) => {
          const at = text.lastIndexOf("=");
          if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)] as const;
          throw new TuttiError("usage", `--adopt ${text} names no id`, { hint: "write --adopt <urn>=<id>" });
        }),
      );
      const tutti = await open(path.resolve(world.cwd, args.cwd), { variables: world.variables });
      const decisions = { adopt, clear: new Set(args.clear ?? []), deleteInstead: args.delete };
      const findings = await tutti.examine(args.stack, decisions);
      const print = (document: unknown): void => world.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      if (findings.pending.length + findings.orphans.length === 0) {
        if (args.json) print({ schemaVersion: 1, stack: args.stack, found: shown(findings), left: shown(findings) });
        else world.stdout.write(`${args.stack}: nothing was left open\n`);
        return;
      }
      if (!args.json) world.stdout.write(textOf(findings));
      if (!args.yes) {
        if (!world.canAsk || args.nonInteractive || args.json || isCi(world.variables))
          throw new TuttiError("usage", "recover changes things, and there is nobody to ask", {
            hint: "add --yes to do what it proposes",
          });
        const answer = await world.ask(`do this in ${args.stack}? [y/N] `);
        if (answer === undefined || !/^y(es)?$/i.test(answer.trim())) {
          world.stderr.write("nothing was changed\n");
          return session.finish(answer === undefined ? 8 : 0);
        }
      }
      const left = await tutti.settle(findings, {
        tell: (text) => world.stderr.write(`${text}\n`),
        ...(args.lockTimeout === undefined ? {} : { lockTimeoutMs: parseDuration(args.lockTimeout, "--lock-timeout") }),
      });
      const stillOpen = left.pending.length + left.orphans.length;
      if (args.json) print({ schemaVersion: 1, stack: args.stack, found: shown(findings), left: shown(left) });
      else
        world.stdout.write(stillOpen === 0 ? `${args.stack}: nothing is left open\n` : `still open:\n${textOf(left)}`);
      session.finish(stillOpen === 0 ? 0 : 12);
    },
  );

function shown({ pending, orphans }: Findings): unknown {
  return { pending, orphans: orphans.map(({ urn, type, name, id }) => ({ urn, type, name, id })) };
}

function textOf({ pending, orphans }: Findings): string {
  const lines = pending.map((one) => `cut off while ${one.doing}  ${one.urn}\n  ${advice(one)}`);
  const others = orphans.map(({ urn, id }) => `in the cloud, in no state  ${urn}\n  delete ${id}`);
  return `${[...lines, ...others].join("\n")}\n`;
}

function advice({ urn, proposal }: Findings["pending"][number]): string {
  switch (proposal.type) {
    case "refresh":
      return "read it again";
    case "adopt":
      return `it was created: adopt ${proposal.id}`;
    case "clear":
      return "nothing of it to adopt: forget that it was begun";
    case "ask":
      return `look whether it was created: --adopt '${urn}=<id>', or --clear '${urn}'`;
    default:
      return unreachable(proposal);
  }
}
