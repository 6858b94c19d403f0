// Which process holds something, and whether it is proven to be dead. A process id alone proves nothing: numbers are used
// again, and mean another process on another machine or in another container. The proof needs host, id and start time.
//
// Linux tells through /proc, other systems through `ps`.
import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** What is written down beside a pid and a host name, so that others can prove a death. Every field is compared as text. */
export interface ProcessMark {
  /** When the process started: clock ticks since boot on Linux, a date elsewhere. */
  readonly start: string;
  /** This boot of the machine; "" where it is not known. */
  readonly boot: string;
  /** The installation; "" where it is not known. */
  readonly machine: string;
  /** The process id namespace: containers have their own; "" where there are none. */
  readonly namespace: string;
}

/** Who holds something, as a lock file says. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When it took hold, milliseconds since the epoch; NaN when the file does not say. */
  readonly sinceMs: number;
  /** Absent: written by the official CLI. */
  readonly mark: ProcessMark | undefined;
}

/** `reason` completes the sentence "the owner is <state>: ...". */
export interface Liveness {
  readonly state: "alive" | "dead" | "unknown";
  readonly reason: string;
}

/** A process that runs. */
export interface RunningProcess {
  readonly start: string;
  /** Milliseconds since the epoch, to a second or so; undefined where it cannot be told. */
  readonly startedMs: number | undefined;
}

/** The machine that is asked; tests put one in its place. */
export interface Machine extends Omit<ProcessMark, "start"> {
  readonly host: string;
  /** This process. */
  readonly pid: number;
  /** Undefined when no such process runs; one that has ended and was not waited for does not run. */
  find(pid: number): RunningProcess | undefined;
}

/** The mark of this process; undefined where the system does not tell when it started. */
export function ownMark(machine: Machine = thisMachine()): ProcessMark | undefined {
  const { boot, machine: installation, namespace } = machine;
  const found = machine.find(machine.pid);
  return found && { start: found.start, boot, machine: installation, namespace };
}

/** Clocks and file systems round: a process that started this much after a lock was written may still have written it. */
const roundingMs = 2000;

/** Whether an owner is alive, proven dead, or neither can be told from here. */
export function livenessOf({ pid, host, sinceMs, mark }: Owner, machine: Machine = thisMachine()): Liveness {
  if (host !== machine.host)
    return { state: "unknown", reason: `it runs on ${host}, which cannot be asked from ${machine.host}` };
  if (!Number.isInteger(pid) || pid <= 0) return { state: "unknown", reason: "it has no process id" };
  if (mark !== undefined) {
    if (mark.machine !== machine.machine)
      return { state: "unknown", reason: `it runs on another machine that is also called ${host}` };
    if (mark.boot !== machine.boot)
      return mark.machine === "" || mark.boot === ""
        ? { state: "unknown", reason: "it cannot be told whether this is still the machine it ran on" }
        : { state: "dead", reason: `${host} has been started anew since` };
    if (mark.namespace !== machine.namespace)
      return { state: "unknown", reason: "it runs in another container, whose processes cannot be seen from here" };
  }
  const found = machine.find(pid);
  if (found === undefined) return { state: "dead", reason: `no process ${pid} runs on ${host}` };
  const other = { state: "dead", reason: `process ${pid} is another one, started later` } as const;
  if (mark !== undefined) return mark.start === found.start ? alive(pid, host) : other;
  return found.startedMs !== undefined && found.startedMs > sinceMs + roundingMs ? other : alive(pid, host);
}

function alive(pid: number, host: string): Liveness {
  return { state: "alive", reason: `process ${pid} runs on ${host}` };
}

let known: Machine | undefined;

/** The machine this process runs on. */
export function thisMachine(): Machine {
  known ??= process.platform === "linux" ? linux() : elsewhere();
  return known;
}

function linux(): Machine {
  const text = (file: string): string => attempt(() => readFileSync(file, "utf8").trim()) ?? "";
  const bootedS = Number(/^btime (\d+)$/m.exec(text("/proc/stat"))?.[1]);
  return {
    host: hostname(),
    pid: process.pid,
    boot: text("/proc/sys/kernel/random/boot_id"),
    machine: text("/etc/machine-id"),
    namespace: attempt(() => readlinkSync("/proc/self/ns/pid")) ?? "",
    find(pid) {
      const line = text(`/proc/${pid}/stat`);
      // The name, in brackets, may hold anything; the fields behind it begin with the state (proc(5)).
      const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
      const [state, start] = [fields[0], fields[19]];
      if (start === undefined || state === "Z" || state === "X") return undefined;
      // Ticks are hundredths of a second on every Linux that Node supports.
      const startedMs = Number.isNaN(bootedS) ? undefined : bootedS * 1000 + Number(start) * 10;
      return { start, startedMs };
    },
  };
}

function elsewhere(): Machine {
  const said = (command: string, args: readonly string[]): string =>
    attempt(() =>
      execFileSync(command, args, { encoding: "utf8", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" } }),
    )?.trim() ?? "";
  return {
    host: hostname(),
    pid: process.pid,
    boot: said("sysctl", ["-n", "kern.bootsessionuuid"]),
    machine: said("sysctl", ["-n", "kern.uuid"]),
    namespace: "",
    find(pid) {
      const line = said("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
      const [state = "", ...words] = line.split(/\s+/);
      if (words.length === 0 || state.startsWith("Z")) return undefined;
      const start = words.join(" ");
      const startedMs = Date.parse(start);
      return { start, startedMs: Number.isNaN(startedMs) ? undefined : startedMs };
    },
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
