// Finds and starts a real provider plugin, for the packages that the engine's options name and no others. The version
// asked for is looked for in `$PULUMI_HOME/plugins`, then any version on PATH, as the official CLI finds ambient plugins.
import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import path from "node:path";
import type { ProgramLog } from "../deployment/source.ts";
import { lineReader } from "../language/lines.ts";
import type { PluginProcess } from "./plugin.ts";

/** How long a plugin may take to end when it is told to, in milliseconds. */
const GRACE_MS = 2000;

/** The plugin's executable. @throws Error naming the package and where it was looked for. */
export async function findPlugin(
  name: string,
  version: string | undefined,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const file = `pulumi-resource-${name}`;
  const home = env["PULUMI_HOME"] ?? (env["HOME"] === undefined ? undefined : path.join(env["HOME"], ".pulumi"));
  const installed =
    home === undefined || version === undefined
      ? []
      : [path.join(home, "plugins", `resource-${name}-v${version}`, file)];
  const onPath = (env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== "");
  for (const candidate of [...installed, ...onPath.map((folder) => path.join(folder, file))]) {
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return candidate;
  }
  throw new Error(
    `the plugin ${file}${version === undefined ? "" : ` ${version}`} was found neither in $PULUMI_HOME/plugins nor on PATH`,
  );
}

/** Starts a plugin and waits for the port, which is the first line it prints. */
export async function startPlugin(
  file: string,
  engineAddress: string,
  env: Readonly<Record<string, string>>,
  log: ProgramLog,
): Promise<PluginProcess> {
  const child = spawn(file, [engineAddress], { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const listening = Promise.withResolvers<string>();
  let port: string | undefined;
  const stdout = lineReader((line) => {
    if (port !== undefined) return log.log("info", line, "", false);
    port = line.trim();
    listening.resolve(port);
  });
  const stderr = lineReader((line) => log.log("info#err", line, "", false));
  child.stdout.on("data", stdout.push).on("error", () => {});
  child.stderr.on("data", stderr.push).on("error", () => {});
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not start ${file}: ${error.message}`));
    child.once("close", (code, signal) => {
      resolve(`the plugin ${path.basename(file)} ended (${code === null ? signal : `exit code ${code}`})`);
    });
  });
  ended.then((words) => listening.reject(new Error(words)));
  const answer = await listening.promise;
  if (!/^\d+$/.test(answer)) {
    child.kill("SIGKILL");
    throw new Error(`${file} printed "${answer}" where its port was expected`);
  }
  return {
    address: `127.0.0.1:${answer}`,
    ended,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
