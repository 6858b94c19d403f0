// What `doctor` finds on a machine and in a workspace that somebody made up.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { examine } from "../../automation/doctor.ts";

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
