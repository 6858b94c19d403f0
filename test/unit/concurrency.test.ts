// `-j auto`: what is made of cores, memory and earlier runs; what is read of a machine and its containers; what a run is measured
// to take.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { autoConcurrency, type Measured, measuredCost } from "../../automation/concurrency.ts";
import type { RunCost } from "../../automation/events.ts";
import { readMachine, startMeter } from "../../automation/machine.ts";
import type { Report } from "../../automation/report.ts";

const GiB = 1024 ** 3;
const measured = (more: Partial<Measured> = {}): Measured => ({
  coresPerStack: 0.1,
  memoryPerStack: GiB / 4,
  atOnce: 8,
  saturated: false,
  ...more,
});

describe("how many at once", () => {
  it.each<readonly [string, number, number, Measured | undefined, number]>([
    ["as many as cores, when nothing is known", 8, 64, undefined, 8],
    ["two on a single core", 1, 64, undefined, 2],
    ["fewer when memory is short, by what stacks usually take", 8, 1, undefined, 2],
    ["one at least", 8, 0.01, undefined, 1],
    ["many that mostly wait", 4, 64, measured(), 16],
    ["no more than twice what was tried", 8, 64, measured({ atOnce: 5 }), 10],
    ["no more than what kept every core busy", 4, 64, measured({ saturated: true, atOnce: 6 }), 6],
    ["as many as the memory of one lets", 8, 2, measured(), 6],
    ["no fewer than cores when stacks want more than one each", 4, 64, measured({ coresPerStack: 1.5 }), 4],
    ["a bounded number on a machine without bounds", 1000, 10_000, measured({ atOnce: 1000 }), 64],
  ])("%s", (_, cores, memory, cost, expected) => {
    expect(autoConcurrency({ cores, freeMemory: memory * GiB }, cost)).toBe(expected);
  });

  it("no more than the open files and processes that are left carry", () => {
    const machine = { cores: 8, freeMemory: 64 * GiB };
    expect(autoConcurrency({ ...machine, freeFiles: 200 }, undefined)).toBe(5);
    expect(autoConcurrency({ ...machine, freeTasks: 250 }, undefined)).toBe(3);
    expect(autoConcurrency({ ...machine, freeFiles: 10, freeTasks: 0 }, undefined)).toBe(1);
  });

  const report = (cloud: "sandbox" | "real", operation: Report["operation"], cost?: RunCost): Report =>
    ({
      operation,
      environments: [{ name: "x", cloud }],
      durationMs: 10_000,
      stacks: [1, 2, 3].map(() => ({ durationMs: 10_000, startedAt: "2026-11-23T12:00:00Z" })),
      ...(cost === undefined ? {} : { cost }),
    }) as unknown as Report;
  const cost = { cpuMs: 6000, cores: 4, busy: 0.2, peakMemoryBytes: 3 * GiB, peakAtOnce: 3 };

  it("learns from the newest run of the same operation on the same kind of engine", () => {
    const other = { ...cost, cpuMs: 12_000 };
    const reports = [
      report("real", "up", other),
      report("sandbox", "preview", other),
      report("sandbox", "up"),
      report("sandbox", "up", cost),
    ];
    expect(measuredCost(reports, "sandbox", "up")).toEqual({
      coresPerStack: 0.2,
      memoryPerStack: GiB,
      atOnce: 3,
      saturated: false,
    });
    expect(measuredCost(reports, "sandbox", "destroy")?.coresPerStack).toBe(0.4);
    expect(measuredCost(reports.slice(1), "real", "up")).toBeUndefined();
    for (const more of [{ cpuMs: 35_000 }, { busy: 0.9 }])
      expect(measuredCost([report("sandbox", "up", { ...cost, ...more })], "sandbox", "up")?.saturated).toBe(true);
  });
});

describe("a machine", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), "tutti-machine-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), `${text}\n`);
    }
  };
  const meminfo = { "proc/meminfo": "MemTotal: 16777216 kB\nMemAvailable:    8388608 kB" };

  it("without control groups has what the system says", () => {
    write(meminfo);
    expect(readMachine(root, 8)).toEqual({ cores: 8, freeMemory: 8 * GiB });
  });

  it("has what its container leaves, of both generations, whoever above it sets the limit", () => {
    write({
      ...meminfo,
      "proc/self/cgroup": "0::/outer/inner",
      "sys/fs/cgroup/outer/inner/memory.max": "max",
      "sys/fs/cgroup/outer/inner/memory.current": "1000",
      "sys/fs/cgroup/outer/memory.max": String(2 * GiB),
      "sys/fs/cgroup/outer/memory.current": String(1.5 * GiB),
      "sys/fs/cgroup/outer/memory.stat": `anon 5\ninactive_file ${GiB / 2}`,
      "sys/fs/cgroup/outer/inner/cpu.max": "150000 100000",
    });
    expect(readMachine(root, 8)).toEqual({ cores: 1.5, freeMemory: GiB });
    write({
      "proc/self/cgroup": "4:memory:/docker/1\n1:cpu,cpuacct:/docker/1\n0::/",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": String(3 * GiB),
      "sys/fs/cgroup/memory/memory.usage_in_bytes": String(2.5 * GiB),
      "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "9223372036854771712",
      "sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes": "5",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "300000",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
    });
    expect(readMachine(root, 8)).toEqual({ cores: 3, freeMemory: GiB / 2 });
  });

  it("has what its limits leave of open files and processes", () => {
    write({
      ...meminfo,
      "proc/self/limits":
        "Max processes             63000                63000                processes\nMax open files            1024                 4096                 files",
      "proc/self/fd/0": "",
      "proc/self/fd/1": "",
      "proc/self/cgroup": "0::/pod/box",
      "sys/fs/cgroup/pod/pids.max": "100",
      "sys/fs/cgroup/pod/pids.current": "40",
      "sys/fs/cgroup/pod/box/pids.max": "max",
      "sys/fs/cgroup/pod/box/pids.current": "7",
    });
    expect(readMachine(root, 8)).toEqual({ cores: 8, freeMemory: 8 * GiB, freeFiles: 1022, freeTasks: 60 });
    write({
      "proc/self/cgroup": "8:pids:/box",
      "sys/fs/cgroup/pids/box/pids.max": "50",
      "sys/fs/cgroup/pids/box/pids.current": "20",
    });
    expect(readMachine(root, 8)).toMatchObject({ freeTasks: 30 });
  });

  it.runIf(process.platform === "linux")("measures what runs below us", async () => {
    const meter = startMeter(() => 2);
    const hungry = `const held = Buffer.alloc(80 * 2 ** 20, 1); const end = Date.now() + 1200;
      while (process.cpuUsage().user < 600_000 || Date.now() < end) held.fill(2);`;
    await once(spawn(process.execPath, ["-e", hungry], { stdio: "ignore" }), "exit");
    const cost = meter.stop()!;
    expect(cost.peakMemoryBytes).toBeGreaterThan(80 * 2 ** 20);
    expect(cost.peakMemoryBytes).toBeLessThan(2 * GiB);
    expect(cost.cpuMs).toBeGreaterThanOrEqual(550);
    expect(cost.peakAtOnce).toBe(2);
    expect(cost.busy).toBeGreaterThan(0);
    expect(cost.busy).toBeLessThanOrEqual(1);
  });
});
