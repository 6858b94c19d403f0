// `tutti pulumi -e local -- up -s network.local --yes`: a pulumi command, run by the engine of an environment.
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "pulumi",
    "Run a pulumi command in an environment: tutti pulumi -e local -- up -s network.local --yes",
    (args) => args.option("env", { alias: "e", type: "string", demandOption: true, nargs: 1, describe: "Environment" }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world, rest } = session;
      const [{ environmentNamed }, { runPulumi }, { TuttiError }] = await Promise.all([
        import("./environment.ts"),
        import("../pulumi/shell.ts"),
        import("../errors.ts"),
      ]);
      if (rest.length === 0) {
        throw new TuttiError("usage", "no pulumi command after --", {
          hint: `write: tutti pulumi -e ${args.env} -- preview -s <stack>`,
        });
      }
      const { tutti, options } = await environmentNamed(args.env, args, session);
      if (options.environment.cloud === "sandbox") world.stderr.write("sandbox: nothing real is changed\n");
      const controller = new AbortController();
      const stop = world.onInterrupt(() => controller.abort());
      try {
        const exitCode = await runPulumi({
          open: options,
          stacks: tutti.stacks,
          args: rest,
          stdout: (text) => world.stdout.write(text),
          stderr: (text) => world.stderr.write(text),
          interrupt: controller.signal,
        });
        session.finish(exitCode);
      } finally {
        stop();
      }
    },
  );
