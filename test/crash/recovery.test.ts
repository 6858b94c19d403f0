// After a crash, from outside, as a user types it: who holds what, unlock, resume, recover; and programs that outlive nobody.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Report } from "../../automation/index.ts";
import { createFixture, type Fixture } from "../cli/fixture.ts";

// Whole commands, several a test: a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 });

let fixture: Fixture;
const children: ChildProcess[] = [];
beforeEach(() => {
  fixture = createFixture();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  fixture.remove();
});

const inRoot = (name: string): string => path.join(fixture.root, name);

/** A program that writes its pid to `running` and then does this. */
function programThat(does: string): void {
  fixture.write(
    "stacks/app/program.ts",
    `import fs from "node:fs";
import * as random from "@pulumi/random";
import { program } from "../../automation/program.ts";
import { app } from "./contract.ts";
export default program(app, async ({ needs: { base } }) => {
  const id = new random.RandomId("id", { byteLength: 4, keepers: { pet: base.pet } });
  await new Promise((resolve) => id.hex.apply(resolve));
  fs.writeFileSync(${JSON.stringify(inRoot("running"))}, String(process.pid));
  ${does}
  return { name: id.hex, token: base.password };
});
`,
  );
}
const waits = `while (!fs.existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));`;

async function until(holds: () => boolean, withinMs = 60_000): Promise<void> {
  for (const end = performance.now() + withinMs; !holds(); await delay(20))
    if (performance.now() > end) throw new Error(`not so within ${withinMs} ms`);
}

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [path.resolve(import.meta.dirname, "../../bin/tutti.js"), ...args], {
    cwd: fixture.root,
    env: { PATH: "/usr/bin:/bin", HOME: fixture.root },
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(child);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // Not `close`: what a killed driver started may hold its streams for a moment.
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, ended, stderr: () => stderr };
}

const isAlive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    if (existsSync("/proc/self/stat")) return false;
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }
};

/** Starts `up` of both stacks, and kills it while the second runs. */
async function killedRun(does: string): Promise<{ readonly program: number }> {
  programThat(does);
  const { child, ended } = start("up", "base.local", "app.local", "--yes");
  await until(() => existsSync(inRoot("running")) && readFileSync(inRoot("running"), "utf8") !== "");
  child.kill("SIGKILL");
  await ended;
  return { program: Number(readFileSync(inRoot("running"), "utf8")) };
}

describe("two terminals on one environment", () => {
  it("are told who is there, and wait where that was asked", async () => {
    programThat(waits.replace('"go"', JSON.stringify(inRoot("go"))));
    const first = start("up", "base.local", "app.local", "--yes");
    await until(() => existsSync(inRoot("running")));
    const refused = await fixture.tutti(["destroy", "base.local", "--yes"]);
    expect(refused.code).toBe(10);
    expect(refused.stderr).toMatch(
      new RegExp(`environment local is in use: .*@${os.hostname()} \\(pid ${first.child.pid}\\), up, run \\d{8}-`),
    );
    expect(refused.stderr).toContain("--lock-timeout 10m");
    // What changes nothing needs no lease.
    expect((await fixture.tutti(["drift", "base.local"])).code).toBe(0);
    const second = start("up", "base.local", "--yes", "--lock-timeout", "2m");
    await until(() => second.stderr().includes("waiting for environment local, in use by"));
    writeFileSync(inRoot("go"), "");
    expect(await first.ended).toBe(0);
    expect(await second.ended).toBe(0);
    const third = await fixture.tutti(["up", "base.local", "--yes", "--lock-timeout", "soon"]);
    expect(third).toMatchObject({ code: 2, stderr: expect.stringContaining("--lock-timeout soon is no duration") });
  });
});

describe("a program whose driver died", () => {
  it.each([
    ["that waits", "await new Promise((resolve) => setTimeout(resolve, 600_000));"],
    ["that is busy", "for (;;) Math.random();"],
    ["that does not want to end", 'process.on("SIGTERM", () => {}); await new Promise((r) => setTimeout(r, 600_000));'],
  ])("%s ends within five seconds", async (_, does) => {
    const { program } = await killedRun(does);
    await until(() => !isAlive(program), 5000);
  });
});

describe("a run that broke off", () => {
  it("is reported, resumed without repeating what is done, and then complete", async () => {
    await killedRun("if (!fs.existsSync(process.argv[1] + 'x')) await new Promise((r) => setTimeout(r, 600_000));");
    const report = JSON.parse((await fixture.tutti(["report", "--json"])).stdout) as Report;
    expect(report).toMatchObject({ status: "interrupted", exitCode: 12, totals: { succeeded: 1, interrupted: 1 } });
    programThat("");
    const asked = await fixture.tutti(["resume"]);
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining("there is nobody to ask") });
    const resumed = await fixture.tutti(["resume", "--yes", "--json"]);
    expect(resumed.stderr).toContain(`going on with run ${report.runId}: up, 1 of 2 stacks done`);
    expect(resumed.stderr).toMatch(/the driver of .* is dead; going on/);
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      exitCode: 0,
      stacks: [
        { id: "base.local", status: "skipped", reason: `done in run ${report.runId}` },
        { id: "app.local", status: "succeeded" },
      ],
    });
    const again = await fixture.tutti(["resume", "--yes"]);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/run \S+ is complete/) });
    // The first run is still broken; what somebody changed since is not taken for done.
    const changed = await fixture.tutti(["up", "base.local", "--yes"]);
    expect(changed.code).toBe(0);
    const repeated = await fixture.tutti(["resume", report.runId, "--yes", "--json"]);
    expect(JSON.parse(repeated.stdout)).toMatchObject({ totals: { unchanged: 2 } });
  });

  it("of what changes nothing is not resumed", async () => {
    await fixture.tutti(["preview", "base.local"]);
    const [runId] = readdirSync(inRoot(".tutti/runs"));
    const named = await fixture.tutti(["resume", runId!, "--yes"]);
    expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining("it changes nothing") });
    expect((await fixture.tutti(["resume"])).code).toBe(6);
  });
});

describe("a lock", () => {
  const placeLock = (lock: object): string => {
    const folder = inRoot(".tutti/sandbox/local/state/.pulumi/locks/organization/pair/base.local");
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "0.json"), JSON.stringify(lock));
    return path.join(folder, "0.json");
  };
  const now = (): string => new Date().toISOString();
  const leases = ".tutti/sandbox/local/state/.tutti/leases/pair/local";

  it("of a dead process is broken, any other only by force", async () => {
    await fixture.tutti(["up", "base.local", "--yes"]);
    const free = await fixture.tutti(["unlock", "base.local"]);
    expect(free).toMatchObject({ code: 0, stdout: "base.local is not locked\n" });

    const dead = { pid: 2 ** 22 + 7, username: "ann", hostname: os.hostname(), timestamp: now() };
    const file = placeLock(dead);
    const proven = await fixture.tutti(["unlock", "base.local"]);
    expect(proven).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^broken: the lock of ann@.*dead: no process/),
    });
    expect(existsSync(file)).toBe(false);

    placeLock({ ...dead, pid: process.pid });
    const alive = await fixture.tutti(["unlock", "base.local"]);
    expect(alive.code).toBe(10);
    expect(alive.stderr).toMatch(/the lock of ann@.* stays: process \d+ runs on/);
    expect(existsSync(file)).toBe(true);

    placeLock({ ...dead, hostname: "elsewhere" });
    // And the lease of the environment, which `up` has taken once. It is broken by a higher number.
    const lease = { pid: 7, host: "elsewhere", user: "ann", runId: "", operation: "up", takenAt: now(), beatMs: 0 };
    fixture.write(`${leases}/000000000002.json`, JSON.stringify(lease));
    const broken = () => [existsSync(inRoot(`${leases}/000000000003.json`)), !existsSync(file)];
    const foreign = await fixture.tutti(["unlock", "base.local", "--json"]);
    expect(foreign.code).toBe(10);
    const kept = { reason: expect.stringMatching(/^it runs on elsewhere, which cannot be asked from/), broken: false };
    expect(JSON.parse(foreign.stdout)).toMatchObject({
      holds: [
        { kind: "lease", ...kept },
        { kind: "lock", ...kept },
      ],
    });
    expect(foreign.stderr).toContain("--force");
    expect(broken()).toEqual([false, false]);
    expect((await fixture.tutti(["unlock", "base.local", "--force"])).code).toBe(0);
    expect(broken()).toEqual([true, true]);
  });
});

describe("recover", () => {
  it("deletes in the sandbox what no state knows, and has nothing to do then", async () => {
    const cloud = inRoot(".tutti/sandbox/local/cloud");
    mkdirSync(cloud, { recursive: true });
    const faults = {
      rules: [{ operation: "create", type: "gcp:storage/*", lose: "connection reset by peer", times: 1 }],
    };
    writeFileSync(path.join(cloud, "faults.json"), JSON.stringify(faults));
    expect((await fixture.tutti(["up", "files.local", "--yes"])).code).toBe(4);
    const orphans = async (): Promise<unknown[]> =>
      JSON.parse((await fixture.tutti(["sandbox", "list", "--orphans", "--json"])).stdout) as unknown[];
    expect(await orphans()).toHaveLength(1);
    const asked = await fixture.tutti(["recover", "files.local"]);
    expect(asked.code).toBe(2);
    expect(asked.stdout).toMatch(/in the cloud, in no state {2}urn:.*::files\n {2}delete /);
    expect(await orphans()).toHaveLength(1);
    const settled = await fixture.tutti(["recover", "files.local", "--yes"]);
    expect(settled).toMatchObject({ code: 0, stdout: expect.stringMatching(/nothing is left open/) });
    expect(await orphans()).toEqual([]);
    const nothing = await fixture.tutti(["recover", "files.local", "--json"]);
    expect(JSON.parse(nothing.stdout)).toMatchObject({ left: { pending: [], orphans: [] } });
    const wrong = await fixture.tutti(["recover", "files.local", "--clear", "urn:x"]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"urn:x" is no creation that was cut off'),
    });
  });
});
