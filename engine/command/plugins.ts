// `plugin` and `install`: this engine downloads nothing. What it serves itself counts as installed; the rest is refused by
// name.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { EngineError } from "../state/error.ts";
import type { CommandContext } from "./context.ts";
import { tableText, wantsJson } from "./print.ts";

/** `plugin ls [--json]`: nothing is installed, ever. */
export async function pluginList(context: CommandContext): Promise<number> {
  if (wantsJson(context.flags)) context.stdout("[]\n");
  else {
    context.stdout(tableText(["NAME", "KIND", "VERSION", "SIZE", "INSTALLED", "LAST USED"], []));
    context.stdout("\nTOTAL plugin cache size: 0 B\n");
  }
  return 0;
}

/** `plugin install [kind name [version]]` */
export async function pluginInstall(context: CommandContext): Promise<number> {
  const [kind, name] = context.args;
  if (kind === undefined) return 0; // the plugins of the project: those are served, or refused when the program runs
  if (name === undefined) throw new EngineError("missing plugin name argument");
  const { sandbox, plugins = [] } = context.options;
  const served = ["pulumi", "pulumi-nodejs", "random", ...(sandbox ? ["gcp", "kubernetes"] : []), ...plugins];
  if (kind === "resource" && served.includes(name)) return 0;
  if (kind === "language" && name === "nodejs") return 0;
  throw new EngineError(
    `this engine downloads no plugins, and serves no ${kind} plugin "${name}"; it serves ${served.slice(2).join(", ")}`,
  );
}

/** `plugin rm`: there is nothing to remove. */
export async function pluginRemove(context: CommandContext): Promise<number> {
  context.stdout("no plugins found to uninstall\n");
  return 0;
}

/** `install`: checks that the program's dependencies are there. */
export async function install(context: CommandContext): Promise<number> {
  const project = await context.project();
  if (context.flags.boolean("no-dependencies") || project.runtime.name !== "nodejs") return 0;
  const folder = resolve(project.root, project.main ?? ".");
  try {
    createRequire(join(folder, "index.js")).resolve("@pulumi/pulumi/package.json");
  } catch {
    throw new EngineError(
      `the dependencies of project "${project.name}" are not installed, and this engine installs none: run \`npm ci\` in ${project.root}`,
    );
  }
  context.stdout("Dependencies are installed\n");
  return 0;
}
