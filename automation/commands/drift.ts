// `tutti drift`: compare the cloud with the state.
import type { Globals, Register } from "./command.ts";
import { running } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "drift [filters..]",
    "Compare the cloud with the state; touches neither",
    (args) => running(args),
    async (args) => {
      const { runOperation } = await import("./runSession.ts");
      await runOperation("drift", args as typeof args & Globals, session);
    },
  );
