// `tutti preview`: show what `up` would do; changes nothing. With `--rehearse` it needs neither cloud nor the official engine.
import type { Globals, Register } from "./command.ts";
import { running } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "preview [filters..]",
    "Show what up would do, also for stacks that do not exist yet",
    (args) =>
      running(args)
        .option("refresh", {
          type: "boolean",
          describe: "Ask the cloud first, instead of trusting the state",
        })
        .option("rehearse", {
          type: "boolean",
          default: false,
          describe: "In a throw-away sandbox, as if nothing existed: a real environment's settings without its cloud",
        })
        .conflicts("rehearse", "refresh"),
    async (args) => {
      const { runOperation } = await import("./runSession.ts");
      await runOperation("preview", args as typeof args & Globals, session);
    },
  );
