// What `doctor` finds on a machine and in a workspace that somebody made up.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { access } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { examine } from "../../automation/doctor.ts";
import { createFixture } from "../cli/fixture.ts";
import { createFakePulumi } from "../support/fakePulumi.ts";

vi.mock("node:fs/promises", { spy: true });

function workspace(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(os.tmpdir(), "tutti-doctor-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

it("finds a second copy of the SDK", async () => {
  const directory = workspace({
    "Pulumi.yaml": "name: two\nruntime: nodejs\n",
    "stacks/workspace.ts": "export default {};\n",
    "node_modules/@pulumi/pulumi/package.json": '{ "name": "@pulumi/pulumi", "version": "3.200.0" }',
  });
  const findings = await examine({ directory, variables: {} });
  expect(findings.find(({ check }) => check === "sdk")).toMatchObject({
    status: "problem",
    message: expect.stringContaining("two copies of @pulumi/pulumi"),
    hint: "npm dedupe",
  });
});

it("says which CLI is too old, and which is old enough", async () => {
  const fixture = createFixture();
  onTestFinished(() => fixture.remove());
  const { bin } = createFakePulumi(workspace({}), {}, "v3.230.0");
  const findings = await examine({ directory: fixture.root, variables: { PATH: bin } });
  expect(findings.find(({ check }) => check === "pulumi")).toMatchObject({
    status: "warning",
    message: expect.stringContaining("is pulumi 3.230.0; tutti needs 3.231.0 or newer"),
  });
});

it("names the upgrade command for a backend of the old layout", async () => {
  const fixture = createFixture();
  onTestFinished(() => fixture.remove());
  const { bin } = createFakePulumi(workspace({}), {});
  fixture.write("old/.pulumi/stacks/x.json", "{}");
  const url = `file://${path.join(fixture.root, "old")}`;
  const variables = { PATH: bin, HOME: fixture.root, STATE_URL: url, PULUMI_CONFIG_PASSPHRASE: "x" };
  const findings = await examine({ directory: fixture.root, variables });
  expect(findings.find(({ check }) => check === "backend")).toMatchObject({
    status: "problem",
    hint: expect.stringContaining("pulumi state upgrade"),
  });
});

it("names the CLI it finds, and does not wait for a backend that does not answer", async () => {
  const fixture = createFixture();
  onTestFinished(() => fixture.remove());
  const fake = createFakePulumi(workspace({}), { "stack ls": [[{ wait: 3_600_000 }]] });
  const variables = { PATH: fake.bin, HOME: fixture.root, STATE_URL: "s3://far-away", PULUMI_CONFIG_PASSPHRASE: "x" };
  const findings = await examine({ directory: fixture.root, variables, patienceMs: 1000 });
  expect(findings.find(({ check }) => check === "pulumi")).toMatchObject({
    status: "ok",
    message: `pulumi 3.260.0 at ${path.join(fake.bin, "pulumi")}`,
  });
  expect(findings.find(({ check }) => check === "backend")).toMatchObject({
    status: "problem",
    message: "real: the backend has not answered in 1 s",
    hint: expect.stringContaining("pulumi stack ls"),
  });
  const { pid } = fake.calls("stack ls")[0]!;
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"));
});

it("does not wait for a folder that does not answer, as one of a network that is gone", async () => {
  const fixture = createFixture();
  onTestFinished(() => fixture.remove());
  const { bin } = createFakePulumi(workspace({}), {});
  const variables = { PATH: bin, HOME: fixture.root, STATE_URL: "file:///far-away", PULUMI_CONFIG_PASSPHRASE: "x" };
  vi.mocked(access).mockImplementation((file) =>
    String(file).startsWith("/far-away") ? new Promise(() => {}) : Promise.resolve(),
  );
  onTestFinished(() => void vi.mocked(access).mockReset());
  const findings = await examine({ directory: fixture.root, variables, patienceMs: 300 });
  expect(findings.find(({ check }) => check === "backend")).toMatchObject({
    status: "problem",
    message: "real: the backend has not answered in 0.3 s",
  });
});
