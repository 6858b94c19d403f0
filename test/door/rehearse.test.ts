// A whole environment, a real one too, in a throw-away sandbox.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Report, rehearse, type Workspace } from "../../automation/index.ts";
import { createFixture, type Fixture, snapshot } from "../cli/fixture.ts";

let fixture: Fixture;
let temporary: string;
beforeAll(() => {
  fixture = createFixture({ bare: true });
  // Its own: other tests rehearse too, at the same time.
  temporary = mkdtempSync(path.join(os.tmpdir(), "tutti-rehearsals-of-a-test-"));
  vi.stubEnv("TMPDIR", temporary);
});
afterAll(() => {
  vi.unstubAllEnvs();
  fixture.remove();
  rmSync(temporary, { recursive: true, force: true });
});

const rehearsals = (): readonly string[] =>
  readdirSync(os.tmpdir()).filter((name) => name.startsWith("tutti-rehearsal-"));

async function rehearsed(): Promise<Report> {
  const { default: workspace } = (await import(pathToFileURL(path.join(fixture.root, "stacks/workspace.ts")).href)) as {
    default: Workspace;
  };
  return rehearse(workspace, "real", { directory: fixture.root });
}

it("brings a real environment up in a sandbox, with its own settings, and leaves nothing behind", async () => {
  const before = {
    files: snapshot(path.join(fixture.root, "stacks")),
    root: readdirSync(fixture.root),
    others: rehearsals(),
  };
  const report = await rehearsed();
  expect(report.stacks.map(({ id, status }) => `${id} ${status}`)).toEqual([
    "base.real succeeded",
    "app.real succeeded",
  ]);
  expect(report.environments).toEqual([{ name: "real", cloud: "sandbox" }]);
  expect({
    files: snapshot(path.join(fixture.root, "stacks")),
    root: readdirSync(fixture.root),
    others: rehearsals(),
  }).toEqual(before);
});

it("previews a real environment on the command line: no cloud, no pulumi, and only the run is kept", async () => {
  const before = snapshot(path.join(fixture.root, "stacks"));
  const { code, stdout, stderr } = await fixture.tutti(["preview", "app.real", "--rehearse", "--json"], {
    env: { TMPDIR: temporary },
  });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("sandbox: nothing real is changed");
  const report = JSON.parse(stdout) as Report;
  // What it needs comes along: nothing exists that could be read instead.
  expect(report.stacks.map(({ id, status }) => `${id} ${status}`)).toEqual([
    "base.real succeeded",
    "app.real succeeded",
  ]);
  expect(report.counts).toMatchObject({ create: expect.any(Number) });
  expect(snapshot(path.join(fixture.root, "stacks"))).toEqual(before);
  expect(readdirSync(path.join(fixture.root, ".tutti"))).toEqual(["runs"]);
  expect(readdirSync(path.join(fixture.root, ".tutti/runs"))).toContain(report.runId);
  expect(rehearsals()).toEqual([]);
});

it("reports a stack that fails, and cleans up all the same", async () => {
  const before = rehearsals();
  fixture.write("stacks/base/program.ts", fixture.read("stacks/base/program.ts").replace("length: 16", "length: 0"));
  const report = await rehearsed();
  expect(report.exitCode).toBe(4);
  expect(report.stacks[0]).toMatchObject({ status: "failed", failure: { message: expect.stringContaining("length") } });
  expect(rehearsals()).toEqual(before);
});
