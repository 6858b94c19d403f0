// `tutti refresh`: take into the state what the cloud has.
import type { Globals, Register } from "./command.ts";
import { confirming, running } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "refresh [filters..]",
    "Take into the state what the cloud has",
    (args) => confirming(running(args)),
    async (args) => {
      const { runOperation } = await import("./runSession.ts");
      await runOperation("refresh", args as typeof args & Globals, session);
    },
  );
