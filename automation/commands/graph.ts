// `tutti graph`: what depends on what, as a tree, mermaid, dot or JSON.
import path from "node:path";
import type { Globals, Register } from "./command.ts";
import { selecting, selectOptions } from "./options.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "graph [filters..]",
    "Draw what depends on what",
    (args) =>
      selecting(args).option("format", {
        choices: ["tree", "mermaid", "dot", "json"] as const,
        default: "tree" as const,
        describe: "What to draw it as",
      }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const [{ open }, { drawGraph }, { drawnNodes }] = await Promise.all([
        import("../index.ts"),
        import("../views/graph.ts"),
        import("../drawnNodes.ts"),
      ]);
      const tutti = await open(path.resolve(world.cwd, args.cwd), { variables: world.variables });
      const options = selectOptions(args);
      const everything = args.filters.length === 0 && (args.env ?? []).length === 0;
      const { steps } = tutti.plan("preview", everything ? { ...options, all: true } : options);
      world.stdout.write(drawGraph(drawnNodes(tutti, steps), args.json ? "json" : args.format));
    },
  );
