// `tutti destroy`: delete every resource of the selected stacks.
import type { Globals, Register } from "./command.ts";
import { confirming, running } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "destroy [filters..]",
    "Delete every resource of stacks, dependents first",
    (args) =>
      confirming(running(args))
        .option("remove", { type: "boolean", default: false, describe: "Also remove the emptied stacks" })
        .option("refresh", { type: "boolean", describe: "Ask the cloud first, instead of trusting the state" }),
    async (args) => {
      const { runOperation } = await import("./runSession.ts");
      await runOperation("destroy", args as typeof args & Globals, session);
    },
  );
