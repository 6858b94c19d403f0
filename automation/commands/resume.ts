// `tutti resume`: finishes a run that broke off. What journal and state both say is done is not repeated.
import type { Globals, Register } from "./command.ts";
import { confirming, resuming } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "resume [run]",
    "Finish a run that broke off or failed, without repeating what is done",
    (args) =>
      confirming(
        resuming(
          args.positional("run", {
            type: "string",
            describe: "Run, or the beginning of its id; the newest when absent",
          }),
        ),
      ),
    async (args) => {
      const { runResume } = await import("./runSession.ts");
      await runResume(args as typeof args & Globals, session);
    },
  );
