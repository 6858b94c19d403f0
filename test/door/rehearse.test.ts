// A whole environment, a real one too, in a throw-away sandbox.
import { readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Report, rehearse, type Workspace } from "../../automation/index.ts";
import { createFixture, type Fixture, snapshot } from "../cli/fixture.ts";

let fixture: Fixture;
beforeAll(() => {
  fixture = createFixture();
});
afterAll(() => fixture.remove());

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

it("reports a stack that fails, and cleans up all the same", async () => {
  const before = rehearsals();
  fixture.write("stacks/base/program.ts", fixture.read("stacks/base/program.ts").replace("length: 16", "length: 0"));
  const report = await rehearsed();
  expect(report.exitCode).toBe(4);
  expect(report.stacks[0]).toMatchObject({ status: "failed", failure: { message: expect.stringContaining("length") } });
  expect(rehearsals()).toEqual(before);
});
