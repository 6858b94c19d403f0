// A command on a pseudo-terminal that `script` (util-linux) makes, started from a shell that looks at the terminal before
// and after.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const tutti = path.resolve(import.meta.dirname, "../../bin/tutti.js");

/** Why there is no pseudo-terminal here; undefined when there is one. */
export function noTerminal(): string | undefined {
  try {
    if (execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux")) return undefined;
  } catch {
    // There is none.
  }
  return "needs `script` of util-linux for a pseudo-terminal";
}

export interface Terminal {
  readonly process: ChildProcess;
  ctrlC(): void;
  /** Stops the command as Ctrl+Z does; resolves when it is stopped. */
  ctrlZ(): Promise<void>;
  /** Lets it go on, as `fg` does. */
  goOn(): void;
  /** Everything that was written to the terminal so far. */
  screen(): string;
  /** When the command has ended: its exit code, and what of the terminal is not as it was. */
  end(): Promise<{ readonly code: number; readonly spoilt: readonly string[] }>;
}

/** Runs tutti on a terminal of its own, in a folder. */
export function onTerminal(root: string, args: string, env: Readonly<Record<string, string>> = {}): Terminal {
  const shell = `stty -a > before; trap : INT; '${process.execPath}' '${tutti}' ${args}; echo $? > code; stty -a > after`;
  const child = spawn("script", ["-qfec", shell, "/dev/null"], {
    cwd: root,
    env: { PATH: "/usr/bin:/bin", HOME: root, TERM: "xterm-256color", LANG: "C.UTF-8", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    process: child,
    ctrlC: () => void child.stdin.write("\u0003"),
    async ctrlZ() {
      child.stdin.write("\u001a");
      while (!isStopped(commandOf(shellOf(child.pid!)))) await delay(20);
    },
    goOn: () => void process.kill(-shellOf(child.pid!), "SIGCONT"),
    screen: () => screen,
    async end() {
      await ended;
      const read = (name: string): string => readFileSync(path.join(root, name), "utf8");
      const spoilt = [
        ...(read("after") === read("before") ? [] : ["settings"]),
        ...(screen.lastIndexOf("\u001b[?25h") >= screen.lastIndexOf("\u001b[?25l") ? [] : ["cursor"]),
      ];
      return { code: Number(read("code")), spoilt };
    },
  };
}

/** The shell that `script` started; it leads the foreground group of the terminal. */
const shellOf = (pid: number): number => onlyChild(pid);
const commandOf = (pid: number): number => onlyChild(pid);
const onlyChild = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
const isStopped = (pid: number): boolean =>
  / [Tt] /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\)/, ""));

/** Resolves when the journal of the only run tells of this. */
export async function journalled(root: string, pattern: RegExp): Promise<void> {
  const runs = path.join(root, ".tutti/runs");
  for (;;) {
    const [run] = existsSync(runs) ? readdirSync(runs) : [];
    const file = path.join(runs, run ?? "none", "journal.jsonl");
    if (existsSync(file) && pattern.test(readFileSync(file, "utf8"))) return;
    await delay(20);
  }
}
