// `tutti up`: update the selected stacks.
import type { Globals, Register } from "./command.ts";
import { confirming, running } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "up [filters..]",
    "Update stacks in dependency order",
    (args) =>
      confirming(running(args)).option("refresh", {
        type: "boolean",
        describe: "Ask the cloud first, instead of trusting the state",
      }),
    async (args) => {
      const { runOperation } = await import("./runSession.ts");
      await runOperation("up", args as typeof args & Globals, session);
    },
  );
