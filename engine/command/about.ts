// `version`, `whoami`, `about`: what this engine is, and where it keeps state.
import { arch, platform, release, userInfo } from "node:os";
import type { CommandContext } from "./context.ts";
import { jsonOf, tableText, wantsJson } from "./print.ts";

/** `version` */
export async function version(context: CommandContext): Promise<number> {
  context.stdout(`v${context.version}\n`);
  return 0;
}

/** The name of the user this process runs as. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

/** `whoami [--json] [--verbose]` */
export async function whoami(context: CommandContext): Promise<number> {
  const { url } = await context.backend();
  const user = userName();
  if (wantsJson(context.flags)) context.stdout(jsonOf({ user, url }));
  else if (context.flags.boolean("verbose"))
    context.stdout(`User: ${user}\nOrganizations: \nBackend URL: ${url}\nToken type: personal\n`);
  else context.stdout(`${user}\n`);
  return 0;
}

/** `about [--json]` */
export async function about(context: CommandContext): Promise<number> {
  const project = await context.projectIfAny();
  const backend = await context.backend().catch(() => undefined);
  const sandbox = context.options.sandbox !== undefined;
  if (wantsJson(context.flags)) {
    context.stdout(
      jsonOf({
        cliAbout: { version: context.version, engine: "tutti-engine", sandbox, nodeVersion: process.version },
        host: { os: platform(), version: release(), arch: arch() },
        backend: backend ? { name: "file", url: backend.url, user: userName() } : null,
        currentProject: project ? { name: project.name, runtime: project.runtime.name, path: project.file } : null,
        plugins: [],
        errors: [],
      }),
    );
    return 0;
  }
  const section = (title: string, rows: readonly (readonly string[])[]) =>
    `${title}\n${tableText(rows[0]!, rows.slice(1))}\n`;
  context.stdout(
    section("Engine", [
      ["Name", "tutti-engine"],
      ["Version", context.version],
      ["Node.js", process.version],
      ["Cloud", sandbox ? "sandbox: nothing real is changed" : "none: gcp and kubernetes are served in a sandbox only"],
    ]),
  );
  context.stdout(
    section("Host", [
      ["OS", platform()],
      ["Version", release()],
      ["Arch", arch()],
    ]),
  );
  if (backend)
    context.stdout(
      section("Backend", [
        ["Name", "file"],
        ["URL", backend.url],
        ["User", userName()],
      ]),
    );
  if (project)
    context.stdout(
      section("Current project", [
        ["Name", project.name],
        ["Runtime", project.runtime.name],
      ]),
    );
  return 0;
}
