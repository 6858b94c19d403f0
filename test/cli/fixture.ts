// A small workspace in a temporary folder, with the repository's own tutti, and a way to run its command line as a user does.
import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import type { World } from "../../automation/commands/world.ts";
import { plantSandboxKey } from "../support/sandboxKey.ts";

const repository = path.resolve(import.meta.dirname, "../..");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Fixture {
  readonly root: string;
  /** Runs `tutti` in the root, or in a folder below it; the environment is exactly what is given here and a bare PATH. */
  tutti(
    args: readonly string[],
    options?: { readonly env?: Record<string, string>; readonly cwd?: string },
  ): Promise<Finished>;
  write(file: string, text: string): void;
  read(file: string): string;
  remove(): void;
}

/** Two stacks of random resources: `base`, and `app` that needs it; environments `local` (sandbox) and `real`. `bare`: without a `.tutti`. */
export function createFixture({ bare = false } = {}): Fixture {
  const root = mkdtempSync(path.join(os.tmpdir(), "tutti-cli-"));
  for (const name of ["node_modules", "automation", "engine"])
    symlinkSync(path.join(repository, name), path.join(root, name));
  cpSync(path.join(import.meta.dirname, "../fixtures/pair"), root, { recursive: true });
  if (!bare) plantSandboxKey(root);
  return {
    root,
    tutti: (args, { env = {}, cwd = "." } = {}) => run(path.join(root, cwd), args, env),
    write(file, text) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    },
    read: (file) => readFileSync(path.join(root, file), "utf8"),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function run(cwd: string, args: readonly string[], env: Record<string, string>): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(repository, "bin/tutti.js"), ...args], {
      cwd,
      env: { PATH: "/usr/bin:/bin", HOME: cwd, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A world that keeps what is written, for command lines run inside of the test. Nobody answers in it. */
export function silentWorld(cwd: string): World & { out(): string; err(): string } {
  const written = { stdout: "", stderr: "" };
  const out = (name: keyof typeof written): World["stdout"] => ({
    write: (text) => {
      written[name] += text;
    },
    isTerminal: false,
    size: () => undefined,
    onResize: () => () => {},
  });
  return {
    cwd,
    variables: {},
    stdout: out("stdout"),
    stderr: out("stderr"),
    canAsk: false,
    ask: async () => undefined,
    readInput: async () => "",
    onInterrupt: () => () => {},
    now: Date.now,
    every: () => () => {},
    after: () => () => {},
    exit: () => {},
    out: () => written.stdout,
    err: () => written.stderr,
  };
}

/** Every file below a folder with its contents, by path. */
export function snapshot(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(path.join(folder, name)).isFile(),
  );
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(path.join(folder, name), "latin1")]));
}
