// Interrupts, from outside: one lets what runs end, two interrupt it, three kill. The program under test says when it runs and
// then waits until it is told to go on, so that nothing here depends on time.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, watch, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { terminationGraceMs } from "../../automation/commands/interrupts.ts";
import type { Report } from "../../automation/index.ts";
import { createFixture, type Fixture } from "./fixture.ts";

let fixture: Fixture;
let children: ChildProcess[];
beforeEach(() => {
  fixture = createFixture();
  children = [];
  const running = JSON.stringify(path.join(fixture.root, "running"));
  const go = JSON.stringify(path.join(fixture.root, "go"));
  fixture.write(
    "stacks/base/program.ts",
    `import fs from "node:fs";
import * as random from "@pulumi/random";
import { program } from "../../automation/program.ts";
import { base } from "./contract.ts";
export default program(base, async () => {
  const pet = new random.RandomPet("pet");
  fs.writeFileSync(${running}, String(process.pid));
  while (!fs.existsSync(${go})) await new Promise((resolve) => setTimeout(resolve, 20));
  return { pet: pet.id, password: "0123456789abcdef" };
});
`,
  );
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  fixture.remove();
});

/** Resolves when the file appears in the fixture's root. */
function appears(name: string): Promise<void> {
  const file = path.join(fixture.root, name);
  return new Promise((resolve) => {
    const watcher = watch(fixture.root, () => {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    });
    if (existsSync(file)) {
      watcher.close();
      resolve();
    }
  });
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [path.resolve(import.meta.dirname, "../../bin/tutti.js"), ...args], {
    cwd: fixture.root,
    env: { PATH: "/usr/bin:/bin", HOME: fixture.root, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let stdout = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const look of waiting) look();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    interrupt: (signal: NodeJS.Signals = "SIGINT") => child.kill(signal),
    ended,
    stdout: () => stdout,
    says: (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (!pattern.test(stdout)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

async function lastReport(): Promise<Report> {
  const { stdout } = await fixture.tutti(["report", "--json"]);
  return JSON.parse(stdout) as Report;
}
const statuses = ({ stacks }: Report): readonly string[] => stacks.map(({ id, status }) => `${id} ${status}`);

it("lets what runs end after one interrupt, and starts nothing new", async () => {
  const tutti = start(["up", "base.local", "app.local", "--yes"]);
  await appears("running");
  tutti.interrupt();
  await tutti.says(/stopping: nothing new starts/);
  writeFileSync(path.join(fixture.root, "go"), "");
  expect(await tutti.ended).toBe(8);
  expect(statuses(await lastReport())).toEqual(["base.local succeeded", "app.local cancelled"]);
  expect((await fixture.tutti(["outputs", "base.local", "pet"])).stdout).toMatch(/^[a-z]+-[a-z]+\n$/);
});

it("interrupts what runs after two, leaving the state readable and no program behind", async () => {
  const tutti = start(["up", "base.local", "app.local", "--yes"]);
  await appears("running");
  tutti.interrupt();
  await tutti.says(/stopping/);
  tutti.interrupt();
  expect(await tutti.ended).toBe(8);
  expect(tutti.stdout()).toContain("interrupting what runs");
  expect(statuses(await lastReport())).toEqual(["base.local cancelled", "app.local cancelled"]);
  const pid = Number(readFileSync(path.join(fixture.root, "running"), "utf8"));
  expect(() => process.kill(pid, 0)).toThrow();
  const exported = await fixture.tutti(["pulumi", "-e", "local", "--", "stack", "export", "-s", "base.local"]);
  expect(JSON.parse(exported.stdout).deployment.pending_operations ?? []).toEqual([]);
  // And it goes on from there.
  writeFileSync(path.join(fixture.root, "go"), "");
  expect((await fixture.tutti(["up", "base.local", "app.local", "--yes"])).code).toBe(0);
});

it("kills what runs after three, and ends at once", async () => {
  const tutti = start(["up", "base.local", "app.local", "--yes"]);
  await appears("running");
  for (const said of [/stopping/, /interrupting/, undefined]) {
    tutti.interrupt();
    if (said !== undefined) await tutti.says(said);
  }
  expect(await tutti.ended).toBe(130);
  expect((await lastReport()).cancelled).toEqual({ by: "interrupt", level: 3 });
});

it("treats SIGTERM as an interrupt of what runs", async () => {
  const tutti = start(["up", "base.local", "--yes"]);
  await appears("running");
  tutti.interrupt("SIGTERM");
  expect(await tutti.ended).toBe(8);
  expect((await lastReport()).cancelled).toEqual({ by: "terminate", level: 2 });
});

it("kills in CI what does not listen to SIGTERM, when its grace is over", async () => {
  fixture.write(
    "stacks/base/program.ts",
    `import fs from "node:fs";
import { program } from "../../automation/program.ts";
import { base } from "./contract.ts";
export default program(base, async () => {
  process.on("SIGTERM", () => {});
  fs.writeFileSync(${JSON.stringify(path.join(fixture.root, "running"))}, String(process.pid));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
`,
  );
  const tutti = start(["up", "base.local", "--yes"], { CI: "true" });
  await appears("running");
  const sentAt = performance.now();
  tutti.interrupt("SIGTERM");
  await tutti.says(/interrupting what runs/);
  expect(await tutti.ended).toBe(143);
  expect(performance.now() - sentAt).toBeGreaterThan(terminationGraceMs.ci);
  expect(await lastReport()).toMatchObject({ exitCode: 143, cancelled: { by: "terminate", level: 3 } });
});
