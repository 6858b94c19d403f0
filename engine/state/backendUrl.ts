// Backend URLs: which folder a `file://` URL (or a plain path) means. Every other scheme is refused by name.
import { isAbsolute, join, resolve } from "node:path";
import { EngineError } from "./error.ts";

/**
 * The absolute folder of a backend. Understands `file:///abs`, `file://~`, `file://~/x`, `file://./relative`, and plain
 * paths; `~` is `HOME` of the given environment, a relative path starts at `cwd`. A query (`?no_tmp_dir=...`) is ignored.
 * @throws EngineError for any other scheme, and for `~` without HOME.
 */
export function backendFolder(url: string, env: Readonly<Record<string, string>>, cwd: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined && scheme !== "file")
    throw new EngineError(
      `backend "${url}" is not supported by the embedded engine: it calls no cloud, and keeps state in files only; expected ` +
        "file://<folder>. Bring a stack here with `pulumi stack export` of the official CLI and `stack import`, or run it in " +
        "an environment of the official engine",
    );
  const [path = ""] = scheme === undefined ? [url] : url.slice("file://".length).split("?");
  if (path === "") throw new EngineError(`backend "${url}" names no folder; expected file://<folder>`);
  if (path === "~" || path.startsWith("~/")) {
    const home = env["HOME"];
    if (home === undefined || home === "") throw new EngineError(`backend "${url}" needs HOME to be set`);
    return join(home, path.slice(1));
  }
  return isAbsolute(path) ? resolve(path) : resolve(cwd, path);
}
