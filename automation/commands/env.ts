// `tutti env`: prints what a shell needs for plain pulumi: eval "$(npx tutti env -e dev)".
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "env",
    'Print what a shell needs for plain pulumi: eval "$(npx tutti env -e dev)"',
    (args) => args.option("env", { alias: "e", type: "string", demandOption: true, nargs: 1, describe: "Environment" }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const [{ environmentNamed }, { shellEnvironment }] = await Promise.all([
        import("./environment.ts"),
        import("../pulumi/shell.ts"),
      ]);
      const { options } = await environmentNamed(args.env, args, session);
      const { variables, notes } = shellEnvironment(options);
      for (const note of notes) world.stderr.write(`${note}\n`);
      if (args.json) world.stdout.write(`${JSON.stringify(variables, null, 2)}\n`);
      else
        for (const [name, value] of Object.entries(variables)) world.stdout.write(`export ${name}=${quoted(value)}\n`);
    },
  );

/** A word for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
