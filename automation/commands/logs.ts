// `tutti logs <stack>`: everything a stack printed in a run.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "logs <stack>",
    "Show everything a stack printed in a run",
    (args) =>
      args
        .positional("stack", { type: "string", demandOption: true, describe: "Stack, e.g. network.dev" })
        .option("run", {
          type: "string",
          nargs: 1,
          describe: "Run, or the beginning of its id; the newest that started the stack when absent",
        }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const { open } = await import("../index.ts");
      const tutti = await open(path.resolve(world.cwd, args.cwd), { variables: world.variables });
      const { runId, stack, text: logged } = tutti.logs(args.stack, args.run);
      const text = (await tutti.redaction()).mask(logged);
      if (args.json) world.stdout.write(`${JSON.stringify({ schemaVersion: 1, runId, stack, text }, null, 2)}\n`);
      else {
        world.stderr.write(`${stack} in run ${runId}\n`);
        world.stdout.write(text);
      }
    },
  );
