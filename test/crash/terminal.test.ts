// Ctrl+C on a pseudo-terminal, once, twice and three times, while a resource is being created: the state stays readable,
// exit codes are the standard's, and the terminal is as it was.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Report } from "../../automation/index.ts";
import { createFixture, type Fixture } from "../cli/fixture.ts";
import { seeded } from "../support/random.ts";
import { journalled, noTerminal, onTerminal, type Terminal } from "./terminal.ts";

// Whole commands, several a test: a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 });

let fixture: Fixture;
let terminal: Terminal | undefined;
beforeEach(({ skip }) => {
  const reason = noTerminal();
  skip(reason !== undefined, reason);
  fixture = createFixture();
});
afterEach(() => {
  terminal?.process.kill("SIGKILL");
  fixture.remove();
});

/** Makes every creation in the sandbox take so long. */
function slow(latencyMs: number): void {
  const cloud = path.join(fixture.root, ".tutti/sandbox/local/cloud");
  mkdirSync(cloud, { recursive: true });
  writeFileSync(path.join(cloud, "faults.json"), JSON.stringify({ rules: [{ operation: "create", latencyMs }] }));
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
  it("one Ctrl+C lets it end, and starts nothing new", async () => {
    slow(1200);
    terminal = onTerminal(fixture.root, "up files.local base.local app.local --yes -j 1");
    await journalled(fixture.root, creating);
    await pause();
    terminal.ctrlC();
    expect(await terminal.end()).toEqual({ code: 8, spoilt: [] });
    const { report, pending } = await left();
    expect(report.cancelled).toEqual({ by: "interrupt", level: 1 });
    expect(report.stacks.find(({ id }) => id === "files.local")?.status).toBe("succeeded");
    expect(report.totals).toMatchObject({ cancelled: expect.any(Number) });
    expect(pending).toEqual([]);
  });

  it("two interrupt it: the provider gives up early, and nothing is left open", async () => {
    slow(600_000);
    terminal = onTerminal(fixture.root, "up files.local --yes");
    await journalled(fixture.root, creating);
    await pause();
    terminal.ctrlC();
    await pause();
    terminal.ctrlC();
    expect(await terminal.end()).toEqual({ code: 8, spoilt: [] });
    const { report, pending } = await left();
    expect(report.stacks).toMatchObject([{ id: "files.local", status: "cancelled" }]);
    expect(pending).toEqual([]);
    expect(JSON.parse((await fixture.tutti(["sandbox", "list", "--orphans", "--json"])).stdout)).toEqual([]);
  });

  it("Ctrl+Z gives the terminal back, and going on draws anew", async () => {
    slow(600_000);
    terminal = onTerminal(fixture.root, "up files.local --yes");
    await journalled(fixture.root, creating);
    const cursor = (): "shown" | "hidden" => {
      const screen = terminal!.screen();
      return screen.lastIndexOf("\u001b[?25h") > screen.lastIndexOf("\u001b[?25l") ? "shown" : "hidden";
    };
    await vi.waitFor(() => expect(terminal!.screen()).toContain("\u001b[?25l"), { timeout: 20_000 });
    await terminal.ctrlZ();
    await vi.waitFor(() => expect(cursor()).toBe("shown"), { timeout: 20_000 });
    const before = terminal.screen().length;
    terminal.goOn();
    await vi.waitFor(
      () => {
        expect(cursor()).toBe("hidden");
        expect(terminal!.screen().slice(before)).toContain("files.local");
      },
      { timeout: 20_000 },
    );
    terminal.ctrlC();
    await pause();
    terminal.ctrlC();
    expect(await terminal.end()).toEqual({ code: 8, spoilt: [] });
  });

  it("three kill it, and the report says what needs a look", async () => {
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
    terminal = onTerminal(fixture.root, "up files.local --yes");
    await journalled(fixture.root, /"pulumi-nodejs:dynamic:Resource".*"op":"create","status":"started"/);
    for (let count = 0; count < 3; count++) {
      await pause();
      terminal.ctrlC();
    }
    expect(await terminal.end()).toEqual({ code: 130, spoilt: [] });
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
