// `login` and `logout`: which backend is used when nothing else names one. File backends only.
import { hostname } from "node:os";
import { EngineError } from "../state/error.ts";
import { FileBackend } from "../state/fileBackend.ts";
import { currentBackend, forgetBackend, pulumiHome, rememberBackend } from "../state/workspaceFile.ts";
import { userName } from "./about.ts";
import type { CommandContext } from "./context.ts";

function urlOf({ flags, args }: CommandContext): string | undefined {
  const given = [args[0], flags.string("cloud-url"), flags.boolean("local") ? "file://~" : undefined];
  const urls = given.filter((url) => url !== undefined);
  if (urls.length > 1) throw new EngineError("only one of --local, --cloud-url or an URL may be specified");
  return urls[0];
}

/** `login [url | --local]` */
export async function login(context: CommandContext): Promise<number> {
  const { env, cwd } = context;
  const url = urlOf(context);
  const backend = url === undefined ? await context.backend() : await FileBackend.open(url, env, cwd);
  await rememberBackend(pulumiHome(env), backend.url);
  context.stdout(`Logged in to ${hostname()} as ${userName()} (${backend.url})\n`);
  return 0;
}

/** `logout [url | --local | --all]` */
export async function logout(context: CommandContext): Promise<number> {
  const home = pulumiHome(context.env);
  if (context.flags.boolean("all")) {
    await forgetBackend(home, undefined);
    context.stdout("Logged out of everything\n");
    return 0;
  }
  const url = urlOf(context) ?? (await currentBackend(home));
  if (url === undefined) {
    context.stdout("Already logged out\n");
    return 0;
  }
  await forgetBackend(home, url);
  context.stdout(`Logged out of ${url}\n`);
  return 0;
}
