// `tutti report [run]`: the report of a run, made again from its journal.
import path from "node:path";
import { redactText } from "../redaction.ts";
import type { Globals, Register } from "./command.ts";
import { parseReportFiles, prepareReportFiles, renderReport, reportKinds, writeReportFiles } from "./reportFiles.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "report [run]",
    "Show the report of a run, the newest when none is named",
    (args) =>
      args.positional("run", { type: "string", describe: "Run, or the beginning of its id" }).option("report", {
        type: "string",
        array: true,
        nargs: 1,
        describe:
          "Write it to a file instead: json=, markdown=, junit= or html=<file>; a kind alone prints it; may be given several times",
      }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const directory = path.resolve(world.cwd, args.cwd);
      const printed = (args.report ?? []).flatMap((text) => reportKinds.filter((kind) => kind === text));
      const files = parseReportFiles(
        args.report?.filter((text) => !printed.some((kind) => kind === text)),
        directory,
      );
      await prepareReportFiles(files);
      const { open, foldRun } = await import("../index.ts");
      const tutti = await open(directory, { variables: world.variables });
      const { events, warnings } = tutti.journal(args.run);
      for (const warning of warnings) world.stderr.write(`journal: ${warning}\n`);
      const report = tutti.report(args.run);
      const redaction = await tutti.redaction();
      const reported = { report, state: foldRun(events), tutti, redaction };
      await writeReportFiles(files, reported);
      for (const kind of printed) world.stdout.write(await renderReport(kind, reported));
      if (files.length > 0 || printed.length > 0) return;
      if (args.json) {
        world.stdout.write(await renderReport("json", reported));
        return;
      }
      const [{ createPalette, wantsColor }, { createGroupedView }] = await Promise.all([
        import("../views/color.ts"),
        import("../views/grouped.ts"),
      ]);
      const { isTerminal } = world.stdout;
      const palette = createPalette(wantsColor({ variables: world.variables, isTerminal, option: args.color }));
      const write = (text: string): void => world.stdout.write(redactText(text, redaction));
      const view = createGroupedView({ write, palette });
      for (const event of events) view.show(event, reported.state);
      // A run whose driver died has no last event; what is known of it is worth the same lines.
      if (reported.state.finished === undefined) {
        const { summaryLines } = await import("../views/summary.ts");
        for (const line of summaryLines(reported.state, palette)) write(`${line}\n`);
      }
    },
  );
