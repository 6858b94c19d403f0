// Makes the provider plugins of a project ready before its stacks run at once: those that its packages name and that are
// missing are installed one after the other, under a lock that all drivers of this user share. While stacks run, the CLI
// installs nothing by itself: installs side by side collide, and one of them may run a binary that is half written.
//
// A state may hold resources of another version than the packages name. What is missing then is seen in what the CLI says
// (`missingPlugin`), and installed the same way.
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { EngineCommand } from "../../engine/index.ts";
import { type Lock, takeLock } from "../../engine/state/lock.ts";
import { TuttiError } from "../errors.ts";

/** A resource plugin in one version. */
export interface Plugin {
  readonly name: string;
  /** Without `v`; undefined: the newest. */
  readonly version: string | undefined;
  /** Where it comes from when that is not Pulumi's own place. */
  readonly server: string | undefined;
}

/** The parts of a package.json that name a plugin (pulumi/pulumi: sdk/nodejs/cmd/pulumi-language-nodejs, getPackageInfo). */
interface PackageFile {
  readonly name?: string;
  readonly version?: string;
  readonly pulumi?: {
    readonly resource?: boolean;
    readonly name?: string;
    readonly version?: string;
    readonly server?: string;
  };
}

/**
 * Plugins that the Node packages of a project name, by name and version, sorted; each once. Synchronous: some hundreds of
 * small files are read in a few milliseconds, and in several times that when each is waited for.
 */
export function requiredPlugins(root: string): readonly Plugin[] {
  const found = new Map<string, Plugin>();
  collect(path.join(root, "node_modules"), found);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, plugin]) => plugin);
}

function collect(folder: string, found: Map<string, Plugin>): void {
  for (const name of attempted(() => readdirSync(folder)) ?? []) {
    if (name.startsWith(".")) continue;
    const inside = path.join(folder, name);
    if (name.startsWith("@")) {
      collect(inside, found);
      continue;
    }
    const text = attempted(() => readFileSync(path.join(inside, "package.json"), "utf8")) ?? "";
    if (text.includes('"pulumi"')) note(text, found);
    // A package may bring its own copy of another.
    if (existsSync(path.join(inside, "node_modules"))) collect(path.join(inside, "node_modules"), found);
  }
}

/** Undefined for what cannot be read. */
function attempted<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function note(text: string, found: Map<string, Plugin>): void {
  let file: PackageFile;
  try {
    file = JSON.parse(text) as PackageFile;
  } catch {
    return; // npm's to complain about
  }
  const { pulumi, name = "", version } = file;
  if (pulumi?.resource !== true) return;
  const plugin = pulumi.name ?? (name.startsWith("@pulumi/") ? name.slice("@pulumi/".length) : undefined);
  if (plugin === undefined) return;
  const exact = (pulumi.version ?? version)?.replace(/^v/, "");
  found.set(`${plugin} ${exact ?? ""}`, { name: plugin, version: exact, server: pulumi.server });
}

/** Whether the CLI would find the plugin: installed whole, or on the PATH. */
export function isInstalled({ name, version }: Plugin, env: Readonly<Record<string, string>>): boolean {
  const folder = path.join(pluginHome(env), "plugins", `resource-${name}-v${version ?? ""}`);
  if (version !== undefined && existsSync(folder) && !existsSync(`${folder}.partial`)) return true;
  if (/^(?:1|true)$/i.test(env["PULUMI_IGNORE_AMBIENT_PLUGINS"] ?? "")) return false;
  return (env["PATH"] ?? "").split(path.delimiter).some((one) => {
    try {
      accessSync(path.join(one, `pulumi-resource-${name}`), constants.X_OK);
      return path.isAbsolute(one);
    } catch {
      return false;
    }
  });
}

function pluginHome(env: Readonly<Record<string, string>>): string {
  return env["PULUMI_HOME"] ?? path.join(env["HOME"] ?? os.homedir(), ".pulumi");
}

// pulumi/pulumi: sdk/go/common/workspace/plugins.go, MissingError.
const missing =
  /no resource plugin 'pulumi-resource-([\w-]+)' found in the workspace(?: at version v(\S+?))?(?: or on your \$PATH)?(?: from (\S+?))?[,\s]/;

/** The plugin whose absence a command ended with; undefined when it ended for another reason. */
export function missingPlugin(text: string): Plugin | undefined {
  const match = missing.exec(`${text}\n`);
  return match === null ? undefined : { name: match[1]!, version: match[2], server: match[3] };
}

export interface InstallOptions {
  readonly command: EngineCommand;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** A sentence for whoever waits. */
  readonly tell: (text: string) => void;
  readonly signal?: AbortSignal;
  /** How long to wait for another driver that installs, milliseconds; 600,000 when absent. */
  readonly timeoutMs?: number;
}

/**
 * Installs those of the plugins that are missing, one after the other.
 *
 * @throws TuttiError `engine` naming the plugin that cannot be installed; `locked` when another driver installs for too long.
 */
export async function installPlugins(plugins: readonly Plugin[], options: InstallOptions): Promise<void> {
  const { command, cwd, env, tell, signal } = options;
  if (plugins.every((plugin) => isInstalled(plugin, env))) return;
  const lock = await lockInstalls(options);
  try {
    // Looked at again: another driver may have installed them meanwhile.
    for (const plugin of plugins.filter((one) => !isInstalled(one, env))) {
      const { name, version, server } = plugin;
      tell(`installing the plugin ${name}${version === undefined ? "" : ` ${version}`}`);
      const args = ["plugin", "install", "resource", name, ...(version === undefined ? [] : [version])];
      const flags = server === undefined ? [] : ["--server", server];
      const { code, stderr } = await command.run([...args, ...flags], cwd, {}, undefined, undefined, signal);
      if (signal?.aborted) throw new TuttiError("cancelled", "stopped installing plugins");
      if (code !== 0) {
        const said = stderr
          .trim()
          .split("\n")
          .at(-1)
          ?.replace(/^error: /, "");
        throw new TuttiError("engine", `the plugin ${name} cannot be installed: ${said ?? `exit code ${code}`}`, {
          hint: `try it by hand: pulumi ${args.join(" ")}`,
        });
      }
    }
  } finally {
    await lock.release();
  }
}

/** One lock for each PULUMI_HOME, outside of it: what is in there is the CLI's. A lock whose owner is dead counts as none. */
async function lockInstalls({ env, tell, signal, timeoutMs = 600_000 }: InstallOptions): Promise<Lock> {
  const home = createHash("sha256").update(pluginHome(env)).digest("hex").slice(0, 16);
  const folder = path.join(os.tmpdir(), `tutti-${process.getuid?.() ?? 0}-plugins-${home}`, "locks");
  const until = performance.now() + timeoutMs;
  for (let told = false; ; told = true) {
    try {
      return await takeLock(folder);
    } catch (error) {
      const holder = /created by (.+)/.exec(error instanceof Error ? error.message : "")?.[1];
      if (holder === undefined) throw error;
      if (performance.now() > until) {
        throw new TuttiError("locked", `somebody else has been installing plugins for too long: ${holder}`);
      }
      if (!told) tell(`waiting for plugins that are installed by ${holder}`);
      await delay(100 + Math.random() * 300, undefined, signal === undefined ? {} : { signal }).catch(() => {
        throw new TuttiError("cancelled", "stopped waiting for plugins");
      });
    }
  }
}
