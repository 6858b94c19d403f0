// What this machine, or the container we are in, has left; and what a run takes of it. Reads /proc and /sys, which only Linux
// has: elsewhere the system's own numbers are used and costs are not measured.
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, freemem } from "node:os";
import { join } from "node:path";
import type { Machine } from "./concurrency.ts";
import type { RunCost } from "./events.ts";

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** What there is now. `root` stands for the root of the file system, `cores` for what the system says. */
export function readMachine(root = "/", cores = availableParallelism()): Machine {
  const available = /^MemAvailable:\s*(\d+) kB$/m.exec(read(join(root, "proc/meminfo")) ?? "");
  const machine = { cores, freeMemory: available === null ? freemem() : Number(available[1]) * 1024 };
  const limits: readonly Partial<Machine>[] = [machine, openFiles(root), ...limitsOf(root)];
  const least = (key: keyof Machine): number => Math.max(0, Math.min(...limits.map((one) => one[key] ?? Infinity)));
  const [freeFiles, freeTasks] = [least("freeFiles"), least("freeTasks")];
  return {
    cores: least("cores"),
    freeMemory: least("freeMemory"),
    ...(freeFiles === Infinity ? {} : { freeFiles }),
    ...(freeTasks === Infinity ? {} : { freeTasks }),
  };
}

/** proc(5). Node raises its soft limit to the hard one when it starts, so the soft one is what we have. */
function openFiles(root: string): Partial<Machine> {
  const limit = /^Max open files\s+(\d+)/m.exec(read(join(root, "proc/self/limits")) ?? "");
  if (limit === null) return {};
  try {
    return { freeFiles: Number(limit[1]) - readdirSync(join(root, "proc/self/fd")).length };
  } catch {
    return { freeFiles: Number(limit[1]) };
  }
}

/** The limits of our control groups and of all above them, both generations. */
function limitsOf(root: string): readonly Partial<Machine>[] {
  const mount = join(root, "sys/fs/cgroup");
  const groups = (read(join(root, "proc/self/cgroup")) ?? "").split("\n").flatMap((line) => {
    const [id, controllers = "", ...rest] = line.split(":");
    return id === undefined || rest.length === 0
      ? []
      : [{ second: controllers === "", controllers, path: rest.join(":") }];
  });
  return groups.flatMap(({ second, controllers, path }) => {
    const folders = upwards(path);
    if (second) return folders.map((folder) => secondGeneration(join(mount, folder)));
    const names = controllers.split(",");
    return folders.flatMap((folder) => [
      ...(names.includes("memory") ? [firstMemory(join(mount, "memory", folder))] : []),
      ...(names.includes("pids") ? [tasks(join(mount, "pids", folder))] : []),
      ...(names.includes("cpu")
        ? [firstCpu(join(mount, controllers, folder)), firstCpu(join(mount, "cpu", folder))]
        : []),
    ]);
  });
}

/** `/a/b`, `/a`, `/`: within a container the path may be that of the host, and only the last of these exists. */
function upwards(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return Array.from({ length: parts.length + 1 }, (_, at) => `/${parts.slice(0, parts.length - at).join("/")}`);
}

/** linux: Documentation/admin-guide/cgroup-v2.rst. Cached file pages that nobody uses count as free. */
function secondGeneration(folder: string): Partial<Machine> {
  const limit = number(read(join(folder, "memory.max")));
  const used = number(read(join(folder, "memory.current")));
  const [quota, period] = (read(join(folder, "cpu.max")) ?? "").trim().split(" ").map(Number);
  return {
    ...tasks(folder),
    ...memory(limit, used, read(join(folder, "memory.stat"))),
    ...(quota !== undefined && period !== undefined && quota > 0 && period > 0 ? { cores: quota / period } : {}),
  };
}

/** The same files in both generations; `max` is no limit. */
function tasks(folder: string): Partial<Machine> {
  const limit = number(read(join(folder, "pids.max")));
  const used = number(read(join(folder, "pids.current")));
  return limit === undefined || used === undefined ? {} : { freeTasks: limit - used };
}

function firstMemory(folder: string): Partial<Machine> {
  const limit = number(read(join(folder, "memory.limit_in_bytes")));
  return memory(limit, number(read(join(folder, "memory.usage_in_bytes"))), read(join(folder, "memory.stat")));
}

function firstCpu(folder: string): Partial<Machine> {
  const quota = number(read(join(folder, "cpu.cfs_quota_us")));
  const period = number(read(join(folder, "cpu.cfs_period_us")));
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? { cores: quota / period } : {};
}

function memory(limit: number | undefined, used: number | undefined, stat: string | undefined): Partial<Machine> {
  // The first generation says "no limit" by a number larger than any memory.
  if (limit === undefined || used === undefined || limit > 2 ** 60) return {};
  const idle = /^(?:total_)?inactive_file (\d+)$/m.exec(stat ?? "");
  return { freeMemory: limit - used + (idle === null ? 0 : Number(idle[1])) };
}

function number(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number.parseInt(text, 10);
  return Number.isNaN(value) ? undefined : value;
}

/** Clock ticks a second, in /proc: 100 on every Linux that Node runs on. */
const ticks = 100;
const pageBytes = 4096;

interface ProcessFacts {
  readonly cpuMs: number;
  /** Of children that have ended and were waited for, and of theirs. */
  readonly childrenCpuMs: number;
  readonly memoryBytes: number;
}

function factsOf(pid: number | "self"): ProcessFacts | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const statm = read(`/proc/${pid}/statm`);
  if (stat === undefined || statm === undefined) return undefined;
  // The name, in parentheses, may hold anything; fields are counted behind it. proc(5): utime is 14, rss pages 2, shared 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const at = (field: number): number => (Number(fields[field - 3]) * 1000) / ticks;
  const [, resident = 0, shared = 0] = statm.split(" ").map(Number);
  return {
    cpuMs: at(14) + at(15),
    childrenCpuMs: at(16) + at(17),
    // Programs of one kind share their code: counted once or never, it says little about the next one.
    memoryBytes: Math.max(0, resident - shared) * pageBytes,
  };
}

function childrenOf(pid: number | "self"): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      (read(`/proc/${pid}/task/${task}/children`) ?? "").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function belowUs(): readonly ProcessFacts[] {
  const found: ProcessFacts[] = [];
  const work: number[] = [...childrenOf("self")];
  for (let pid = work.pop(); pid !== undefined; pid = work.pop()) {
    const facts = factsOf(pid);
    if (facts !== undefined) found.push(facts);
    work.push(...childrenOf(pid));
  }
  return found;
}

function coreTimes(): { readonly total: number; readonly idle: number } {
  let total = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    for (const time of Object.values(times)) total += time;
    idle += times.idle;
  }
  return { total, idle };
}

function busySince(before: ReturnType<typeof coreTimes>): number {
  const { total, idle } = coreTimes();
  return total === before.total ? 0 : Math.round((1 - (idle - before.idle) / (total - before.total)) * 100) / 100;
}

export interface Meter {
  /** What was measured; undefined where it cannot be. */
  stop(): RunCost | undefined;
}

/** Measures what this process and all below it take, looking every half second. `running` says how many stacks run. */
export function startMeter(running: () => number): Meter {
  const before = factsOf("self");
  if (before === undefined) return { stop: () => undefined };
  const coresBefore = coreTimes();
  let peak = { bytes: 0, atOnce: 0 };
  const look = (): void => {
    const atOnce = running();
    if (atOnce === 0) return;
    const own = Math.max(0, (factsOf("self")?.memoryBytes ?? 0) - before.memoryBytes);
    const bytes = belowUs().reduce((sum, { memoryBytes }) => sum + memoryBytes, own);
    if (bytes > peak.bytes) peak = { bytes, atOnce };
  };
  const timer = setInterval(look, 500).unref();
  return {
    stop() {
      clearInterval(timer);
      const after = factsOf("self");
      if (after === undefined || peak.atOnce === 0) return undefined;
      const alive = belowUs().reduce((sum, { cpuMs, childrenCpuMs }) => sum + cpuMs + childrenCpuMs, 0);
      const cpuMs = after.cpuMs + after.childrenCpuMs - before.cpuMs - before.childrenCpuMs + alive;
      return {
        cpuMs: Math.round(cpuMs),
        cores: readMachine().cores,
        busy: busySince(coresBefore),
        peakMemoryBytes: peak.bytes,
        peakAtOnce: peak.atOnce,
      };
    },
  };
}
