// Ctrl+C on a pseudo-terminal, once, twice and three times, while a resource is being created: the state stays readable,
// exit codes are the standard's, and the terminal is as it was. `script` (util-linux) makes the terminal.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Report } from "../../automation/index.ts";
import { createFixture, type Fixture } from "../cli/fixture.ts";
import { seeded } from "../support/random.ts";

const tutti = path.resolve(import.meta.dirname, "../../bin/tutti.js");
const canScript = ((): boolean => {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux");
  } catch {
    return false;
  }
})();

let fixture: Fixture;
let child: ChildProcess | undefined;
beforeEach(() => {
  fixture = createFixture();
});
afterEach(() => {
  child?.kill("SIGKILL");
  fixture.remove();
});

/** Makes every creation in the sandbox take so long. */
function slow(latencyMs: number): void {
  const cloud = path.join(fixture.root, ".tutti/sandbox/local/cloud");
  mkdirSync(cloud, { recursive: true });
  writeFileSync(path.join(cloud, "faults.json"), JSON.stringify({ rules: [{ operation: "create", latencyMs }] }));
}

/** Starts tutti on a terminal of its own, from a shell that looks at the terminal before and after. */
function onTerminal(args: string) {
  const shell = `stty -a > before; trap : INT; ${process.execPath} ${tutti} ${args}; echo $? > code; stty -a > after`;
  child = spawn("script", ["-qfec", shell, "/dev/null"], {
    cwd: fixture.root,
    env: { PATH: "/usr/bin:/bin", HOME: fixture.root, TERM: "xterm-256color", LANG: "C.UTF-8" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  const ended = new Promise<void>((resolve) => child!.once("close", () => resolve()));
  return {
    type: (text: string) => child!.stdin!.write(text),
    screen: () => screen,
    async end() {
      await ended;
      const read = (name: string): string => readFileSync(path.join(fixture.root, name), "utf8");
      expect(read("after")).toBe(read("before"));
      expect(screen.lastIndexOf("\u001b[?25h"), "the cursor shows").toBeGreaterThanOrEqual(
        screen.lastIndexOf("\u001b[?25l"),
      );
      return Number(read("code"));
    },
  };
}

/** Resolves when the journal of the run tells of this. */
async function journalled(pattern: RegExp): Promise<void> {
  const runs = path.join(fixture.root, ".tutti/runs");
  for (;;) {
    const [run] = existsSync(runs) ? readdirSync(runs) : [];
    const file = path.join(runs, run ?? "none", "journal.jsonl");
    if (existsSync(file) && pattern.test(readFileSync(file, "utf8"))) return;
    await delay(20);
  }
}

const creating = /"gcp:storage\/bucket:Bucket".*"op":"create","status":"started"/;

async function left(): Promise<{ readonly report: Report; readonly pending: readonly unknown[] }> {
  const report = JSON.parse((await fixture.tutti(["report", "--json"])).stdout) as Report;
  const exported = await fixture.tutti(["pulumi", "-e", "local", "--", "stack", "export", "-s", "files.local"]);
  return { report, pending: JSON.parse(exported.stdout).deployment?.pending_operations ?? [] };
}

describe("on a terminal, while a resource is being created", () => {
  // Another moment in every case, the same in every run of the test.
  const random = seeded(20261123);
  const pause = (): Promise<unknown> => delay(60 + random.below(240));
  const needed = (skip: (note: string) => void): void => {
    if (!canScript) skip("needs `script` of util-linux for a pseudo-terminal");
  };

  it("one Ctrl+C lets it end, and starts nothing new", async ({ skip }) => {
    needed(skip);
    slow(1200);
    const terminal = onTerminal("up files.local base.local app.local --yes -j 1");
    await journalled(creating);
    await pause();
    terminal.type("\u0003");
    expect(await terminal.end()).toBe(8);
    const { report, pending } = await left();
    expect(report.cancelled).toEqual({ by: "interrupt", level: 1 });
    expect(report.stacks.find(({ id }) => id === "files.local")?.status).toBe("succeeded");
    expect(report.totals).toMatchObject({ cancelled: expect.any(Number) });
    expect(pending).toEqual([]);
  });

  it("two interrupt it: the provider gives up early, and nothing is left open", async ({ skip }) => {
    needed(skip);
    slow(600_000);
    const terminal = onTerminal("up files.local --yes");
    await journalled(creating);
    await pause();
    terminal.type("\u0003");
    await pause();
    terminal.type("\u0003");
    expect(await terminal.end()).toBe(8);
    const { report, pending } = await left();
    expect(report.stacks).toMatchObject([{ id: "files.local", status: "cancelled" }]);
    expect(pending).toEqual([]);
    expect(JSON.parse((await fixture.tutti(["sandbox", "list", "--orphans", "--json"])).stdout)).toEqual([]);
  });

  it("three kill it, and the report says what needs a look", async ({ skip }) => {
    needed(skip);
    // The program does not listen, and neither does the provider: nothing ends by itself.
    fixture.write(
      "stacks/files/program.ts",
      `import * as pulumi from "@pulumi/pulumi";
import { program } from "../../automation/program.ts";
import { files } from "./contract.ts";
const stubborn: pulumi.dynamic.ResourceProvider = {
  create: () => new Promise((resolve) => setTimeout(() => resolve({ id: "late", outs: {} }), 600_000)),
};
class Stubborn extends pulumi.dynamic.Resource {
  constructor(name: string) {
    super(stubborn, name, {});
  }
}
export default program(files, () => {
  process.on("SIGTERM", () => {});
  return { bucket: new Stubborn("stubborn").urn };
});
`,
    );
    const terminal = onTerminal("up files.local --yes");
    await journalled(/"pulumi-nodejs:dynamic:Resource".*"op":"create","status":"started"/);
    for (let count = 0; count < 3; count++) {
      await pause();
      terminal.type("\u0003");
    }
    expect(await terminal.end()).toBe(130);
    const { report, pending } = await left();
    expect(report).toMatchObject({ exitCode: 130, cancelled: { by: "interrupt", level: 3 } });
    expect(report.stacks).toMatchObject([
      { id: "files.local", status: "needs-recovery", pending: [expect.stringMatching(/::stubborn$/)] },
    ]);
    expect(pending).toMatchObject([{ type: "creating", resource: { urn: expect.stringMatching(/::stubborn$/) } }]);
    // Nobody here can tell what became of it: somebody has to say.
    const asked = await fixture.tutti(["recover", "files.local", "--yes"]);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/--adopt <urn>=<id>, or --clear <urn>/);
    const urn = report.stacks[0]!.pending![0]!;
    const settled = await fixture.tutti(["recover", "files.local", "--yes", "--clear", urn]);
    expect(settled).toMatchObject({ code: 0, stdout: expect.stringMatching(/nothing is left open/) });
  });
});
