// `tutti sandbox`: looks at the cloud of sandbox environments, and changes it behind Pulumi's back.
import path from "node:path";
import type { Globals, Register, Session } from "./command.ts";
import { faultCommands } from "./sandboxFaults.ts";

export const register: Register = (cli, session) =>
  cli.command("sandbox", "Look at a sandbox's cloud, or change it behind Pulumi's back", (sandbox) =>
    faultCommands(sandbox, (args) => sandboxesOf(args, session), session)
      .command(
        "list",
        "List the resources of sandbox clouds",
        (args) =>
          args
            .option("env", {
              alias: "e",
              type: "string",
              array: true,
              nargs: 1,
              describe: "Environment; every sandbox when absent",
            })
            .option("orphans", { type: "boolean", default: false, describe: "Only those that no state knows" }),
        async (given) => {
          const args = given as typeof given & Globals;
          const { world } = session;
          const [{ base, sandboxes }, { listCloud }] = await Promise.all([
            opened(args, session),
            import("../pulumi/sandboxCloud.ts"),
          ]);
          const wanted = await chosen(sandboxes, args.env ?? []);
          const rows = (await Promise.all(wanted.map((name) => listCloud(base, name, args.orphans)))).flat();
          if (args.json) {
            world.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
            return;
          }
          const { columns } = await import("../views/columns.ts");
          for (const line of columns(rows.map(({ stack, type, name, id }) => [stack, type, name, id])))
            world.stdout.write(`${line}\n`);
        },
      )
      .command(
        "show <stack> <resource>",
        "Show one resource with its properties, by URN, name or id",
        (args) => place(args),
        async (given) => {
          const args = given as typeof given & Globals;
          const { showCloud } = await import("../pulumi/sandboxCloud.ts");
          session.world.stdout.write(`${JSON.stringify(await showCloud(await placeOf(args, session)), null, 2)}\n`);
        },
      )
      .command(
        "edit <stack> <resource> <changes..>",
        "Set properties: tutti sandbox edit network.local main 'description=\"by hand\"'; null removes",
        (args) =>
          place(args).positional("changes", {
            type: "string",
            array: true,
            demandOption: true,
            describe: "property=value; a value is JSON where the property is no text",
          }),
        async (given) => {
          const args = given as typeof given & Globals;
          const { world } = session;
          const [{ editCloud }, { TuttiError }] = await Promise.all([
            import("../pulumi/sandboxCloud.ts"),
            import("../errors.ts"),
          ]);
          const changes = args.changes.map((text) => {
            const at = text.indexOf("=");
            if (at > 0) return { property: text.slice(0, at), value: text.slice(at + 1) };
            throw new TuttiError("usage", `"${text}" is no change`, { hint: "write property=value" });
          });
          const where = await placeOf(args, session);
          const done = [];
          for (const { property, value } of changes) {
            const { resource, ...values } = await editCloud(where, property, value === "null" ? null : value);
            done.push({ urn: resource.urn, property, ...values });
          }
          if (args.json) world.stdout.write(`${JSON.stringify(done, null, 2)}\n`);
          else for (const one of done) world.stdout.write(`${one.property}: ${text(one.old)} → ${text(one.new)}\n`);
        },
      )
      .command(
        "delete <stack> <resource>",
        "Delete one resource behind Pulumi's back",
        (args) => place(args),
        async (given) => {
          const args = given as typeof given & Globals;
          const { deleteFromCloud } = await import("../pulumi/sandboxCloud.ts");
          const { urn, id } = await deleteFromCloud(await placeOf(args, session));
          session.world.stdout.write(
            args.json ? `${JSON.stringify({ urn, id }, null, 2)}\n` : `deleted ${urn} (${id})\n`,
          );
        },
      )
      .demandCommand(1, "name what to do: list, show, edit, delete, fail, slow, limit or faults"),
  );

const place = <T>(args: import("yargs").Argv<T>) =>
  args
    .positional("stack", { type: "string", demandOption: true, describe: "Stack that the resource belongs to" })
    .positional("resource", { type: "string", demandOption: true, describe: "URN, name or id" });

const text = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

/** The folder all sandboxes are below, and those that are meant. @throws TuttiError `usage` for one there is not. */
async function sandboxesOf(args: Globals & { readonly env?: readonly string[] | undefined }, session: Session) {
  const { base, sandboxes } = await opened(args, session);
  return { base, environments: await chosen(sandboxes, args.env ?? []) };
}

async function opened({ cwd }: Globals, { world }: Session) {
  const { open } = await import("../index.ts");
  const tutti = await open(path.resolve(world.cwd, cwd), { variables: world.variables });
  const sandboxes = Object.entries(tutti.workspace.environments)
    .filter(([, { cloud }]) => cloud === "sandbox")
    .map(([name]) => name);
  return { tutti, sandboxes, base: path.join(tutti.root, ".tutti") };
}

async function chosen(sandboxes: readonly string[], named: readonly string[]): Promise<readonly string[]> {
  const stranger = named.find((name) => !sandboxes.includes(name));
  if (stranger !== undefined) throw await noSandbox(stranger, sandboxes);
  return named.length === 0 ? sandboxes : named;
}

async function noSandbox(name: string, sandboxes: readonly string[]): Promise<Error> {
  const { TuttiError } = await import("../errors.ts");
  return new TuttiError("usage", `environment "${name}" is no sandbox`, {
    hint: `sandboxes are: ${sandboxes.join(", ") || "none"}`,
  });
}

async function placeOf(args: Globals & { readonly stack: string; readonly resource: string }, session: Session) {
  const [{ base, sandboxes }, { parseStackId }] = await Promise.all([opened(args, session), import("../workspace.ts")]);
  const environment = parseStackId(args.stack)?.environment ?? args.stack;
  if (!sandboxes.includes(environment)) throw await noSandbox(environment, sandboxes);
  return { base, environment, stack: args.stack, resource: args.resource };
}
