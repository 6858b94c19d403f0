// `tutti runs`: past runs, newest first.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "runs",
    "List past runs, newest first",
    (args) => args.option("limit", { type: "number", default: 20, describe: "How many at most" }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const { open } = await import("../index.ts");
      const tutti = await open(path.resolve(world.cwd, args.cwd), { variables: world.variables });
      const runs = tutti.runs().slice(0, args.limit);
      if (args.json) {
        const lines = runs.map(({ runId, report }) => ({
          runId,
          ...(report === undefined
            ? { status: "unreadable" }
            : {
                status: report.status,
                operation: report.operation,
                startedAt: report.startedAt,
                durationMs: report.durationMs,
                exitCode: report.exitCode,
                totals: report.totals,
              }),
        }));
        world.stdout.write(`${JSON.stringify({ schemaVersion: 1, runs: lines }, null, 2)}\n`);
        return;
      }
      const [{ columns }, { duration }] = await Promise.all([
        import("../views/columns.ts"),
        import("../views/words.ts"),
      ]);
      const rows = runs.map(({ runId, report }) =>
        report === undefined
          ? [runId, "its journal cannot be read"]
          : [
              runId,
              report.operation,
              report.status === "finished" ? `exit ${report.exitCode}` : report.status,
              duration(report.durationMs),
              Object.entries(report.totals)
                .map(([status, count]) => `${count} ${status}`)
                .join(", "),
            ],
      );
      for (const line of columns(rows)) world.stdout.write(`${line}\n`);
    },
  );
