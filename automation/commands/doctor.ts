// `tutti doctor`: says what would stand in the way of a run, and what to do about it. Exit code 1 when something will not work.
// With `-e` it looks at that environment alone, and asks the cloud for what the environment needs of it.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "doctor",
    "Look for what would stand in the way of a run",
    (args) =>
      args.option("env", {
        alias: "e",
        type: "string",
        nargs: 1,
        describe: "Look at this environment as if it were to run now: the cloud is asked too",
      }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const { examine } = await import("../doctor.ts");
      const findings = await examine({
        directory: path.resolve(world.cwd, args.cwd),
        variables: world.variables,
        ...(args.env !== undefined && { environment: args.env }),
      });
      session.finish(findings.some(({ status }) => status === "problem") ? 1 : 0);
      if (args.json) {
        world.stdout.write(`${JSON.stringify({ schemaVersion: 1, findings }, null, 2)}\n`);
        return;
      }
      const { columns } = await import("../views/columns.ts");
      const lines = columns(findings.map(({ check, status, message }) => [status, check, message]));
      for (const [at, { hint }] of findings.entries()) {
        world.stdout.write(`${lines[at]}\n${hint === undefined ? "" : `    ${hint}\n`}`);
      }
    },
  );
