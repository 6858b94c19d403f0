// `tutti new`: adds a stack, a task, a component or an environment, with a test that passes. Asks on a terminal for what was not said.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "new <kind> [name]",
    "Add a stack, a task, a component or an environment, with a test that passes",
    (args) =>
      args
        .positional("kind", { type: "string", demandOption: true, describe: "stack, task, component or environment" })
        .positional("name", { type: "string", describe: "Its name: lower-case letters, digits and dashes" })
        .option("needs", { type: "string", describe: "Stack or task: those whose outputs it reads, network,data" })
        .option("cloud", { choices: ["sandbox", "real"] as const, describe: "Environment: sandbox by default" })
        .option("like", { type: "string", describe: "Environment: begin with the settings of this one" })
        .option("dry-run", { type: "boolean", default: false, describe: "Print what would be written; write nothing" }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const [{ newKinds, planNew, writeNew }, { TuttiError }, { noneNamed }] = await Promise.all([
        import("../scaffold/index.ts"),
        import("../errors.ts"),
        import("../workspace.ts"),
      ]);
      const kind = newKinds.find((one) => one === args.kind);
      if (kind === undefined) throw new TuttiError("usage", noneNamed("kind of new things", args.kind ?? "", newKinds));
      const asks = world.canAsk && !args.nonInteractive && !args.json;
      const ask = async (question: string): Promise<string> => (await world.ask(question))?.trim() ?? "";
      const readsOthers = kind === "stack" || kind === "task";
      const wrong = (["needs", "cloud", "like"] as const).find(
        (option) => args[option] !== undefined && (option === "needs" ? !readsOthers : kind !== "environment"),
      );
      if (wrong !== undefined) {
        const whose = wrong === "needs" ? "a stack or a task" : "an environment";
        throw new TuttiError("usage", `--${wrong} is for ${whose}, not for a ${kind}`);
      }
      const name = args.name ?? (asks ? await ask(`name of the ${kind}? `) : "");
      if (name === "")
        throw new TuttiError("usage", `no name for the ${kind}`, { hint: `write: tutti new ${kind} <name>` });
      const needs =
        args.needs ??
        (readsOthers && args.name === undefined && asks ? await ask("stacks it needs, with commas? ") : "");
      const plan = await planNew(path.resolve(world.cwd, args.cwd), {
        kind,
        name,
        needs: needs
          .split(",")
          .map((word) => word.trim())
          .filter((word) => word !== ""),
        ...(args.cloud === undefined ? {} : { cloud: args.cloud }),
        ...(args.like === undefined ? {} : { like: args.like }),
      });
      const { files, changed, test } = plan;
      if (!args.dryRun) writeNew(plan);
      if (args.json) {
        const all = changed === undefined ? files : [...files, changed];
        return world.stdout.write(
          `${JSON.stringify({ schemaVersion: 1, written: !args.dryRun, files: all, test }, null, 2)}\n`,
        );
      }
      const show = (one: { readonly path: string; readonly text: string }, what: string): void =>
        world.stdout.write(args.dryRun ? `--- ${one.path} (${what})\n${one.text}\n` : `${what} ${one.path}\n`);
      for (const file of files) show(file, "new");
      if (changed !== undefined) show(changed, "changed");
      world.stderr.write(args.dryRun ? "nothing was written\n" : `try it: ${test}\n`);
    },
  );
