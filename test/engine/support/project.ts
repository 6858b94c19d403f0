// Small Node.js projects in temporary folders, with this repository's packages, and one call that runs such a project
// against a scripted deployment.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type MonitorOptions, startMonitor } from "../../../engine/deployment/monitor.ts";
import type { Program, ProgramEnd, RunInfo } from "../../../engine/deployment/source.ts";
import { type NodeProgramOptions, nodeProgram, programLocation } from "../../../engine/language/node.ts";
import { type KeptLog, keptLog, type Script, type Scripted, scripted } from "./scripted.ts";

const NODE_MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Writes the files into a new folder that goes with the test; `package.json` of an ES module unless given. */
export async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "tutti-project-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await symlink(NODE_MODULES, path.join(directory, "node_modules"));
  const all = { "package.json": '{ "name": "demo", "type": "module" }', ...files };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), text);
  }
  return directory;
}

export interface Ran {
  readonly end: ProgramEnd;
  readonly registrar: Scripted;
  readonly log: KeptLog;
}

export interface RunOptions {
  readonly script?: Script;
  readonly program?: Partial<NodeProgramOptions>;
  readonly info?: Partial<RunInfo>;
  readonly monitor?: Partial<MonitorOptions>;
}

/** The environment of a child: nothing but a scratch home and a place for compile caches. */
export const CHILD_ENV = { HOME: tmpdir(), TMPDIR: tmpdir() };

/** Runs `index.js` of the project once. */
export async function runProject(rootDirectory: string, options: RunOptions = {}): Promise<Ran> {
  const programOptions: NodeProgramOptions = {
    runtime: "nodejs",
    runtimeOptions: { typescript: false },
    rootDirectory,
    env: CHILD_ENV,
    ...options.program,
  };
  const { directory } = programLocation(rootDirectory, programOptions.main);
  return runProgram(nodeProgram(programOptions), rootDirectory, directory, options);
}

/** Runs any program once. */
export async function runProgram(
  program: Program,
  rootDirectory: string,
  programDirectory: string,
  options: RunOptions = {},
): Promise<Ran> {
  const registrar = scripted(options.script);
  const log = keptLog();
  const about = {
    organization: "organization",
    project: "demo",
    stack: "dev",
    config: {},
    secretKeys: [],
    dryRun: false,
    parallel: 16,
    rootDirectory,
    ...options.info,
  };
  const monitor = await startMonitor({
    ...about,
    programDirectory,
    version: "3.270.0",
    registrar,
    log,
    ...options.monitor,
  });
  try {
    const addresses = { monitorAddress: monitor.address, engineAddress: monitor.address };
    const end = await program.run({ signal: new AbortController().signal, ...about, ...addresses }, log);
    return { end, registrar, log };
  } finally {
    await monitor.close();
  }
}
