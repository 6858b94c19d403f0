// Runs one command of a benchmark to its end; what it takes and adds is measured from outside.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { peakPssMiB } from "./memory.ts";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a command. @throws Error with the end of what it said when it does not exit with 0. */
export function runCommand(command: Command): Promise<void> {
  return started(command).done;
}

/** Runs a command; the peak of what its process tree adds to the machine's memory, in MiB. */
export async function memoryOf(command: Command): Promise<number> {
  const { pid, done } = started(command);
  return peakPssMiB(pid, done);
}

function started({ file, args, cwd, env }: Command): { readonly pid: number; readonly done: Promise<void> } {
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
    });
  const done = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${path.basename(file)} ${args.join(" ")} exited with ${code}:\n${said}`)),
    );
  });
  return { pid: child.pid ?? 0, done };
}

/** The executable of that name on a PATH. */
export function findOnPath(name: string, PATH: string | undefined): string | undefined {
  for (const folder of (PATH ?? "").split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return undefined;
}
