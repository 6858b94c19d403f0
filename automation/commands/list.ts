// `tutti list`: stacks, with what their backends know of them; also those in a backend that no contract claims.
import path from "node:path";
import type { Globals, Register } from "./command.ts";
import { selecting, selectOptions } from "./options.ts";
import { staleText } from "./stale.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "list [filters..]",
    "List stacks, also those in a backend that no contract claims",
    (args) => selecting(args),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const { open } = await import("../index.ts");
      const tutti = await open(path.resolve(world.cwd, args.cwd), { variables: world.variables });
      const { stacks, warnings } = await tutti.list(selectOptions(args));
      for (const warning of warnings) world.stderr.write(`${warning}\n`);
      if (args.json) {
        world.stdout.write(`${JSON.stringify({ schemaVersion: 1, stacks, warnings }, null, 2)}\n`);
        return;
      }
      const { columns } = await import("../views/columns.ts");
      const rows = stacks.map(({ id, cloud, claimed, task, deployed, resourceCount, lastUpdate, stale = [] }) => [
        id,
        cloud,
        deployed === undefined
          ? "unknown"
          : task
            ? deployed
              ? "task"
              : "task, has not run"
            : deployed
              ? `${resourceCount ?? 0} resources`
              : "not deployed",
        lastUpdate ?? "",
        claimed ? (stale.length === 0 ? "" : `out of date: ${staleText(stale)}`) : "no contract claims it",
      ]);
      for (const line of columns(rows)) world.stdout.write(`${line}\n`);
    },
  );
