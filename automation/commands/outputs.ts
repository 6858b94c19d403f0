// `tutti outputs <stack>`: what a deployed stack gives to others. The only call that decrypts, and only when asked.
import path from "node:path";
import type { Globals, Register } from "./command.ts";

export const register: Register = (cli, session) =>
  cli.command(
    "outputs <stack> [name]",
    "Show the outputs of a deployed stack, or one of them alone",
    (args) =>
      args
        .positional("stack", { type: "string", demandOption: true, describe: "Stack, e.g. network.dev" })
        .positional("name", {
          type: "string",
          describe: "One output: its value alone, without quotes when it is a text",
        })
        .option("show-secrets", { type: "boolean", default: false, describe: "Decrypt secrets" }),
    async (given) => {
      const args = given as typeof given & Globals;
      const { world } = session;
      const [{ open, TuttiError }, { suggest }] = await Promise.all([import("../index.ts"), import("../suggest.ts")]);
      const tutti = await open(path.resolve(world.cwd, args.cwd), { variables: world.variables });
      const outputs = await tutti.outputs(args.stack, { showSecrets: args.showSecrets });
      const { name } = args;
      if (name !== undefined) {
        if (!Object.hasOwn(outputs, name)) {
          const meant = suggest(name, Object.keys(outputs));
          throw new TuttiError("not-found", `${args.stack} has no output "${name}"`, {
            hint:
              meant === undefined
                ? `it has: ${Object.keys(outputs).sort().join(", ") || "none"}`
                : `did you mean "${meant}"?`,
          });
        }
        const value = outputs[name];
        const plain = typeof value === "string" && !args.json;
        world.stdout.write(`${plain ? value : JSON.stringify(value, null, 2)}\n`);
        return;
      }
      if (args.json) {
        world.stdout.write(`${JSON.stringify(outputs, null, 2)}\n`);
        return;
      }
      const { columns } = await import("../views/columns.ts");
      const rows = Object.entries(outputs).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]);
      for (const line of columns(rows)) world.stdout.write(`${line}\n`);
    },
  );
