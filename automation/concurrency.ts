// How many stacks at once (`-j auto`): as many as cores, memory, open files and processes carry, by what one stack was
// measured to cost in earlier runs on the same kind of engine. Pure.
//
// 1. Cores: a stack that keeps a tenth of a core busy lets ten run on each. Of a run in which all cores were busy only this is
//    known: more at once than it had would not have been faster. Otherwise no more than twice as many as were tried.
// 2. Memory: no more than fit in four fifths of what is free now, here or within the container.
// 3. Open files and processes: no more than fit in four fifths of what is left of their limits, where there are any.
// 4. With nothing measured: as many as there are cores, two at least.
import type { RunCost } from "./events.ts";
import type { Report } from "./report.ts";

/** What a machine has to offer at this moment. */
export interface Machine {
  /** May be a fraction, in a container. */
  readonly cores: number;
  /** Bytes that can still be taken. */
  readonly freeMemory: number;
  /** Files that this process can still open; absent: without limit, or not known. */
  readonly freeFiles?: number;
  /** Processes and threads that can still be started; absent: without limit, or not known. */
  readonly freeTasks?: number;
}

/** What running stacks was measured to cost. */
export interface Measured {
  /** Cores that one running stack keeps busy. */
  readonly coresPerStack: number;
  /** Bytes of one running stack. */
  readonly memoryPerStack: number;
  /** How many ran at once, on average; and whether that kept every core busy. */
  readonly atOnce: number;
  readonly saturated: boolean;
}

/** Bytes of a stack of which nothing is known: about what a no-op `up` of either engine was measured to take. */
const usualMemory = 400 * 1024 * 1024;
/** Files the driver holds open for one stack: pipes and sockets of an engine, its program and its successor, its log. */
const filesPerStack = 32;
/** Processes and their threads of one stack: a CLI, a program and a plugin or two. */
const tasksPerStack = 64;
const most = 64;

/** How many stacks a machine carries at once. 1 or more. */
export function autoConcurrency(machine: Machine, measured: Measured | undefined): number {
  const fitting = (free: number | undefined, each: number): number =>
    Math.floor(((free ?? Number.POSITIVE_INFINITY) * 0.8) / each);
  const byMemory = fitting(machine.freeMemory, measured?.memoryPerStack ?? usualMemory);
  const byLimits = Math.min(fitting(machine.freeFiles, filesPerStack), fitting(machine.freeTasks, tasksPerStack));
  return Math.max(1, Math.min(byCores(machine.cores, measured), byMemory, byLimits, most));
}

function byCores(cores: number, measured: Measured | undefined): number {
  const usual = Math.max(2, Math.floor(cores));
  if (measured === undefined) return usual;
  if (measured.saturated) return Math.max(usual, Math.round(measured.atOnce));
  return Math.max(usual, Math.min(Math.floor(cores / measured.coresPerStack), Math.ceil(measured.atOnce * 2)));
}

/** What the newest run on one kind of engine, of the same operation where there is one, says of costs. Newest first. */
export function measuredCost(
  reports: Iterable<Report>,
  cloud: "sandbox" | "real",
  operation: Report["operation"],
): Measured | undefined {
  let found: Measured | undefined;
  for (const report of reports) {
    // A run of both kinds says nothing of either.
    if (report.cost === undefined || !report.environments.every((one) => one.cloud === cloud)) continue;
    const measured = measuredIn(report, report.cost);
    if (measured !== undefined && report.operation === operation) return measured;
    found ??= measured;
  }
  return found;
}

function measuredIn({ stacks, durationMs }: Report, cost: RunCost): Measured | undefined {
  const workMs = stacks.reduce((sum, stack) => sum + (stack.startedAt === undefined ? 0 : stack.durationMs), 0);
  // What is over at once was not measured, it was missed.
  if (workMs < 1000 || durationMs < 1000 || cost.peakAtOnce < 1) return undefined;
  return {
    coresPerStack: Math.max(0.01, cost.cpuMs / workMs),
    memoryPerStack: Math.max(16 * 1024 * 1024, cost.peakMemoryBytes / cost.peakAtOnce),
    atOnce: Math.max(1, workMs / durationMs),
    // Other work on the machine makes stacks look idle that only wait for a core.
    saturated: Math.max(cost.busy, cost.cpuMs / durationMs / cost.cores) > 0.75,
  };
}
