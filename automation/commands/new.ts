// `tutti new`: adds a stack, a task, an existing project, a component or an environment, with a test that passes. Asks on a terminal for what was not said.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

/** Kinds that an option is for. */
const optionsOf: Readonly<Record<"needs" | "dir" | "stack" | "cloud" | "like", readonly string[]>> = {
  needs: ["stack", "task", "project"],
  dir: ["project"],
  stack: ["project"],
  cloud: ["environment"],
  like: ["environment"],
};

export const register: Register = (cli, session) =>
  cli.command(
    "new <kind> [name]",
    "Add a stack, a task, an existing project, a component or an environment, with a test that passes",
    (args) =>
      args
        .positional("kind", {
          type: "string",
          demandOption: true,
          describe: "stack, task, project, component or environment",
        })
        .positional("name", { type: "string", describe: "Its name: lower-case letters, digits and dashes" })
        .option("needs", {
          type: "string",
          describe: "Stack, task or project: those whose outputs it reads, network,data",
        })
        .option("dir", { type: "string", describe: "Project: folder of its Pulumi.yaml; by default its name" })
        .option("stack", { type: "string", describe: "Project: what Pulumi calls its stacks, payments-{environment}" })
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
      const readsOthers = kind === "stack" || kind === "task" || kind === "project";
      const wrong = (Object.keys(optionsOf) as (keyof typeof optionsOf)[]).find(
        (option) => args[option] !== undefined && !optionsOf[option].includes(kind),
      );
      if (wrong !== undefined) {
        const [last, ...others] = optionsOf[wrong]
          .map((one) => `${one === "environment" ? "an" : "a"} ${one}`)
          .reverse();
        const whose = others.length === 0 ? last : `${others.reverse().join(", ")} or ${last}`;
        throw new TuttiError(
          "usage",
          `--${wrong} is for ${whose}, not for ${kind === "environment" ? "an" : "a"} ${kind}`,
        );
      }
      const name = args.name ?? (asks ? await ask(`name of the ${kind}? `) : "");
      if (name === "")
        throw new TuttiError("usage", `no name for the ${kind}`, { hint: `write: tutti new ${kind} <name>` });
      const needs =
        args.needs ??
        (readsOthers && args.name === undefined && asks ? await ask("stacks it needs, with commas? ") : "");
      const askedAll = args.name === undefined && asks && kind === "project";
      const dir = args.dir ?? (askedAll ? await ask(`folder of its Pulumi.yaml? (${name}) `) : "");
      const stack = args.stack ?? (askedAll ? await ask("what Pulumi calls its stacks? (as its files say) ") : "");
      const plan = await planNew(path.resolve(world.cwd, args.cwd), {
        kind,
        name,
        needs: needs
          .split(",")
          .map((word) => word.trim())
          .filter((word) => word !== ""),
        ...(dir === "" ? {} : { dir }),
        ...(stack === "" ? {} : { stack }),
        ...(args.cloud === undefined ? {} : { cloud: args.cloud }),
        ...(args.like === undefined ? {} : { like: args.like }),
      });
      const { files, changed, test, note } = plan;
      if (!args.dryRun) writeNew(plan);
      if (args.json) {
        const all = changed === undefined ? files : [...files, changed];
        return world.stdout.write(
          `${JSON.stringify({ schemaVersion: 1, written: !args.dryRun, files: all, test, note }, null, 2)}\n`,
        );
      }
      const show = (one: { readonly path: string; readonly text: string }, what: string): void =>
        world.stdout.write(args.dryRun ? `--- ${one.path} (${what})\n${one.text}\n` : `${what} ${one.path}\n`);
      for (const file of files) show(file, "new");
      if (changed !== undefined) show(changed, "changed");
      if (note !== undefined) world.stderr.write(`note: ${note}\n`);
      world.stderr.write(args.dryRun ? "nothing was written\n" : `try it: ${test}\n`);
    },
  );
