// `tutti doctor`: says what would stand in the way of a run, and what to do about it. Exit code 1 when something will not work.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "doctor",
    "Look for what would stand in the way of a run",
    (args) => args,
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const { examine } = await import("../doctor.ts");
      const findings = await examine({ directory: path.resolve(world.cwd, args.cwd), variables: world.variables });
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
