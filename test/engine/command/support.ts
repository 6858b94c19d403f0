// A project and a backend in a temporary folder, and the engine on them.
import { accessSync, constants } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { onTestFinished } from "vitest";
import { type CommandResult, createEngine, type EngineOptions } from "../../../engine/index.ts";
import { recordedPassphrase, recordingPath } from "../state/support.ts";

export interface Bench {
  readonly folder: string;
  /** The project's folder. */
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  run(...args: readonly string[]): Promise<CommandResult>;
  /** The same with other options or another environment. */
  runWith(options: Partial<EngineOptions>, ...args: readonly string[]): Promise<CommandResult>;
}

export interface BenchOptions {
  readonly name?: string;
  /** Puts the recorded backend and its configuration file in place. */
  readonly recorded?: boolean;
}

/** Removed when the test is over. */
export async function bench({ name = "recorded", recorded = false }: BenchOptions = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "tutti-command-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const project = join(folder, "project");
  const state = join(folder, "state");
  await mkdir(project);
  await mkdir(state);
  await writeFile(join(project, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n`);
  if (recorded) {
    await cp(recordingPath("backend/dot-pulumi"), join(state, ".pulumi"), { recursive: true });
    await cp(recordingPath("Pulumi.dev.yaml"), join(project, "Pulumi.dev.yaml"));
  }
  const env = {
    HOME: folder,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: recordedPassphrase,
  };
  const runWith = (options: Partial<EngineOptions>, ...args: readonly string[]) =>
    createEngine({ env, ...options }).run(args, project, {});
  return { folder, project, env, runWith, run: (...args) => runWith({}, ...args) };
}

/** The official CLI, where it is on PATH. */
export function findCli(): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "pulumi"));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
