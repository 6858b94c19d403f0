// `tutti report [run]`: the report of a run, made again from its journal.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Globals, Register } from "./command.ts";
import { reportFiles } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "report [run]",
    "Show the report of a run, the newest when none is named",
    (args) =>
      args.positional("run", { type: "string", describe: "Run, or the beginning of its id" }).option("report", {
        type: "string",
        array: true,
        nargs: 1,
        describe: "Write it to a file instead: json=<file>",
      }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const directory = path.resolve(world.cwd, args.cwd);
      const files = reportFiles(args.report, directory);
      const { open, foldRun } = await import("../index.ts");
      const tutti = await open(directory, { variables: world.variables });
      const report = tutti.report(args.run);
      for (const { file } of files) {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
      }
      if (files.length > 0) return;
      if (args.json) {
        world.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
        return;
      }
      const [{ createPalette, wantsColor }, { createLinesView }] = await Promise.all([
        import("../views/color.ts"),
        import("../views/lines.ts"),
      ]);
      const { isTerminal } = world.stdout;
      const palette = createPalette(wantsColor({ variables: world.variables, isTerminal, option: args.color }));
      const { events, warnings } = tutti.journal(args.run);
      for (const warning of warnings) world.stderr.write(`journal: ${warning}\n`);
      const state = foldRun(events);
      const view = createLinesView({ write: (text) => world.stdout.write(text), palette });
      for (const event of events) view.show(event, state);
    },
  );
