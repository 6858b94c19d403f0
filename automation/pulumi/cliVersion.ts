// The pulumi command line on disk --> what it says its version is. It is asked once a process, and once for all where a folder
// may remember it: by the file that it is (place, size, times), so that an upgrade is asked anew. What is no binary is asked
// each time: version managers put a script there, and what it starts can change without it.
import { execFile } from "node:child_process";
import { open, readFile, realpath, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { TuttiError } from "../errors.ts";

const asked = new Map<string, Promise<string>>();

/** What `pulumi version` prints. @throws TuttiError `engine` when it does not run. */
export function versionOf(
  executable: string,
  searchPath: string,
  folder?: string,
  meanwhile?: () => unknown,
): Promise<string> {
  const known = asked.get(executable);
  if (known !== undefined) return known;
  const answer = remembered(folder, executable, () => {
    const said = ask(executable, searchPath);
    meanwhile?.();
    return said;
  });
  asked.set(executable, answer);
  answer.catch(() => asked.delete(executable));
  return answer;
}

async function remembered(folder: string | undefined, executable: string, ask: () => Promise<string>): Promise<string> {
  const file = folder === undefined ? undefined : await identityOf(executable);
  if (folder === undefined || file === undefined) return ask();
  const note = path.join(folder, "pulumi-version.json");
  try {
    const known = JSON.parse(await readFile(note, "utf8")) as { readonly file?: string; readonly version?: string };
    if (known.file === file && typeof known.version === "string") return known.version;
  } catch {
    // Never noted, or not by us.
  }
  const version = await ask();
  // Without a note it is asked again.
  const part = `${note}.${process.pid}.new`;
  await writeFile(part, JSON.stringify({ file, version }), { mode: 0o600 })
    .then(() => rename(part, note))
    .catch(() => undefined);
  return version;
}

/** How binaries of Linux and macOS begin (ELF; Mach-O, for one machine or for several). */
const binaries = new Set(["7f454c46", "cffaedfe", "cafebabe"]);

/** What is another for every file that was put there; undefined for what is no binary. */
async function identityOf(executable: string): Promise<string | undefined> {
  const handle = await open(executable);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (!binaries.has(buffer.toString("hex"))) return undefined;
    const { dev, ino, size, mtimeMs, ctimeMs } = await handle.stat();
    return [await realpath(executable), dev, ino, size, mtimeMs, ctimeMs].join(" ");
  } finally {
    await handle.close();
  }
}

function ask(executable: string, searchPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: searchPath, PULUMI_SKIP_UPDATE_CHECK: "true" };
    execFile(executable, ["version"], { env, timeout: 30_000 }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new TuttiError("engine", `${executable} does not run: ${error.message.split("\n")[0]}`));
    });
  });
}
