// `tutti preview`: show what `up` would do; changes nothing.
import type { Globals, Register } from "./command.ts";
import { running } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "preview [filters..]",
    "Show what up would do, also for stacks that do not exist yet",
    (args) =>
      running(args).option("refresh", {
        type: "boolean",
        describe: "Ask the cloud first, instead of trusting the state",
      }),
    async (args) => {
      const { runOperation } = await import("./runSession.ts");
      await runOperation("preview", args as typeof args & Globals, session);
    },
  );
