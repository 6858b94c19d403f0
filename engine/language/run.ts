// Brings a program and a deployment together for one run: starts the monitor, runs the program against it, and stops
// the monitor when the program has ended. What is aborted ends: first its requests, then the program itself.
import { startMonitor } from "../deployment/monitor.ts";
import type { Program, ProgramEnd, ProgramLog, Registrar, RunInfo } from "../deployment/source.ts";
import { inlineProgram } from "./inline.ts";
import { type NodeProgramOptions, nodeProgram, programLocation } from "./node.ts";

/** What a program is told about the stack it is run for. */
export interface RunAbout
  extends Pick<
    RunInfo,
    "organization" | "project" | "stack" | "config" | "secretKeys" | "dryRun" | "parallel" | "rootDirectory"
  > {
  /** The Pulumi version the engine stands for. */
  readonly version: string;
}

/** A program and the folder it runs in, where paths of its assets start. */
export interface LocatedProgram {
  readonly program: Program;
  readonly programDirectory: string;
}

/**
 * The program of a project, or the one that the Automation API serves when `client` (`--client`) is given.
 *
 * @throws Error when `main` names nothing.
 */
export function locateProgram(options: NodeProgramOptions, client: string | undefined): LocatedProgram {
  if (client !== undefined && client !== "") {
    return { program: inlineProgram(client), programDirectory: options.rootDirectory };
  }
  const { directory } = programLocation(options.rootDirectory, options.main);
  return { program: nodeProgram(options), programDirectory: directory };
}

/** One run, in the form a deployment asks for it. */
export function runAgainst(
  { program, programDirectory }: LocatedProgram,
  about: RunAbout,
): (registrar: Registrar, log: ProgramLog, signal: AbortSignal) => Promise<ProgramEnd> {
  return async (registrar, log, signal) => {
    const monitor = await startMonitor({ ...about, programDirectory, registrar, log });
    signal.addEventListener("abort", monitor.cancel, { once: true });
    if (signal.aborted) monitor.cancel();
    try {
      const addresses = { monitorAddress: monitor.address, engineAddress: monitor.address };
      return await program.run({ ...about, ...addresses, signal }, log);
    } finally {
      signal.removeEventListener("abort", monitor.cancel);
      await monitor.close();
    }
  };
}
