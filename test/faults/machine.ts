// A machine that is not well: a disk of so many kilobytes, and a user whom files can be closed to, also where tests run as
// root. Both need util-linux, and the first a kernel that lets a process mount in a namespace of its own.
import { execFileSync, spawn } from "node:child_process";
import path from "node:path";

const tutti = path.resolve(import.meta.dirname, "../../bin/tutti.js");

export interface Finished {
  readonly code: number | null;
  /** Both streams, as they came. */
  readonly said: string;
}

function run(command: string, args: readonly string[], cwd: string): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: cwd },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, said }));
  });
}

/** Why no disk can be mounted here; undefined when one can. */
export function noSmallDisk(): string | undefined {
  try {
    execFileSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "needs `unshare` of util-linux, and the right to mount in a namespace of one's own, for a disk that is full";
  }
}

/**
 * Runs tutti with `.tutti` of the workspace on an empty disk of a size (`40k`), then, with room on the same disk, the
 * commands that follow. What was on the disk is gone afterwards.
 */
export async function onSmallDisk(
  root: string,
  size: string,
  first: string,
  ...then: readonly string[]
): Promise<readonly Finished[]> {
  const call = (args: string): string => `'${process.execPath}' '${tutti}' ${args} 2>&1; echo "@end $?"`;
  const script = [
    `mkdir -p .tutti && mount -t tmpfs -o size=${size} tmpfs .tutti || exit 99`,
    call(first),
    "mount -o remount,size=64m .tutti",
    ...then.map(call),
  ].join("\n");
  const { code, said } = await run("unshare", ["-rm", "sh", "-c", script], root);
  const parts = [...said.matchAll(/([\s\S]*?)@end (\d+)\n/g)];
  if (parts.length !== then.length + 1) throw new Error(`the script ended with ${code}: ${said}`);
  return parts.map(([, text, end]) => ({ code: Number(end), said: text! }));
}

/** Runs tutti so that the modes of files count: root is no exception to them. */
export function asOrdinaryUser(root: string, args: readonly string[]): Promise<Finished> {
  const command = [process.execPath, tutti, ...args];
  const drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"];
  const [program, ...rest] = process.getuid?.() === 0 ? [...drop, ...command] : command;
  return run(program!, rest, root);
}
