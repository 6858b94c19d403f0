// Existing projects on a real environment, through the official CLI where it is on the PATH: a Node.js one between two stacks
// of the workspace, and one in YAML where its language host is there too.
import { accessSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Report } from "../../automation/index.ts";
import { findPulumi } from "../../automation/pulumi/official.ts";
import { createFixture, type Fixture, snapshot } from "../cli/fixture.ts";

const pulumi = findPulumi(process.env["PATH"]);
const yaml = (process.env["PATH"] ?? "").split(path.delimiter).some((folder) => {
  try {
    accessSync(path.join(folder, "pulumi-language-yaml"));
    return path.isAbsolute(folder);
  } catch {
    return false;
  }
});

describe("existing projects on the official engine", () => {
  let fixture: Fixture;
  let env: Record<string, string>;
  beforeAll(() => {
    fixture = createFixture();
    mkdirSync(path.join(fixture.root, ".tutti/state"), { recursive: true });
    env = {
      PATH: process.env["PATH"]!,
      STATE_URL: `file://${path.join(fixture.root, ".tutti/state")}`,
      PULUMI_CONFIG_PASSPHRASE: "correct horse battery",
      PULUMI_HOME: path.join(fixture.root, ".tutti/home"),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    fixture.write("billing/Pulumi.yaml", "name: acme-billing\nruntime: nodejs\n");
    fixture.write("billing/package.json", `{ "name": "acme-billing", "main": "index.js" }`);
    fixture.write(
      "billing/index.js",
      `const pulumi = require("@pulumi/pulumi");
       const random = require("@pulumi/random");
       const base = new pulumi.StackReference(\`\${pulumi.getOrganization()}/pair/base.real\`);
       const invoice = new random.RandomId("invoice", { byteLength: 2, keepers: { pet: base.requireOutput("pet") } });
       module.exports = { invoice: invoice.hex, key: pulumi.secret(invoice.b64Std) };`,
    );
    mkdirSync(path.join(fixture.root, "billing/node_modules/@pulumi"), { recursive: true });
    for (const name of ["@pulumi/pulumi", "@pulumi/random"])
      symlinkSync(
        path.join(import.meta.dirname, "../../node_modules", name),
        path.join(fixture.root, "billing/node_modules", name),
      );
    fixture.write(
      "rules/Pulumi.yaml",
      `name: acme-rules
runtime: yaml
resources:
  base:
    type: pulumi:pulumi:StackReference
    properties: { name: organization/pair/base.real }
  rule:
    type: random:RandomId
    properties: { byteLength: 2, keepers: { pet: '\${base.outputs["pet"]}' } }
outputs:
  allowed: everything
  rule: \${rule.hex}
`,
    );
    fixture.write(
      "stacks/front/contract.ts",
      `import * as z from "zod";
       import { defineProject, defineStack, secret } from "../../automation/define.ts";
       import { base } from "../base/contract.ts";
       export const billing = defineProject({ name: "billing", dir: "billing", stack: "billing-{environment}", needs: { base },
         outputs: { invoice: z.string(), key: secret(z.string()) } });
       export const front = defineStack({ name: "front", needs: { billing }, outputs: { banner: z.string(), key: secret(z.string()) },
         program: () => import("./program.ts") });`,
    );
    fixture.write(
      "stacks/front/program.ts",
      `import { program } from "../../automation/program.ts";
       import { front } from "./contract.ts";
       export default program(front, ({ needs: { billing } }) => ({ banner: billing.invoice, key: billing.key }));`,
    );
    fixture.write(
      "stacks/workspace.ts",
      `import * as z from "zod";
       import { defineEnvironment, defineProject, defineWorkspace, env } from "../automation/define.ts";
       import { app } from "./app/contract.ts";
       import { base } from "./base/contract.ts";
       import { files } from "./files/contract.ts";
       import { billing, front } from "./front/contract.ts";
       const rules = defineProject({ name: "rules", dir: "rules", stack: "rules-{environment}", needs: { base },
         outputs: { allowed: z.string(), rule: z.string() } });
       export default defineWorkspace({ stacks: [base, app, files, billing, front, rules], environments: {
         real: defineEnvironment({ cloud: "real", backend: env("STATE_URL"), except: [files, app] }) } });`,
    );
  });
  afterAll(() => fixture.remove());
  beforeEach(({ skip }) => skip(pulumi === undefined, "pulumi is not on PATH"));

  async function report(...args: readonly string[]): Promise<readonly string[]> {
    const { code, stdout, stderr } = await fixture.tutti([...args, "--json"], { env });
    expect(code, stderr + stdout).toBe(0);
    return (JSON.parse(stdout) as Report).stacks.map(({ id, status }) => `${id} ${status}`);
  }
  const filesOf = (project: string): readonly string[] =>
    Object.keys(snapshot(path.join(fixture.root, project))).filter((name) => !name.startsWith("node_modules"));

  it("run with the CLI's own language host between stacks of the workspace, and get their stack's file alone", async () => {
    const before = filesOf("billing");
    expect(await report("up", "front.real", "--with-dependencies", "--yes")).toEqual([
      "base.real succeeded",
      "billing.real succeeded",
      "front.real succeeded",
    ]);
    expect(filesOf("billing")).toEqual([...before, "Pulumi.billing-real.yaml"].sort());
    expect(await report("preview", "front.real", "--with-dependencies")).toEqual([
      "base.real unchanged",
      "billing.real unchanged",
      "front.real unchanged",
    ]);
  });

  it("run in YAML", async ({ skip }) => {
    skip(!yaml, "pulumi-language-yaml is not on PATH");
    expect(await report("preview", "rules.real", "--with-dependencies")).toContain("rules.real succeeded");
    expect(await report("up", "rules.real", "--with-dependencies", "--yes")).toContain("rules.real succeeded");
    const { stdout } = await fixture.tutti(["outputs", "rules.real", "--json"], { env });
    expect(JSON.parse(stdout)).toEqual({ allowed: "everything", rule: expect.stringMatching(/^[0-9a-f]{4}$/) });
    expect(await report("preview", "rules.real")).toEqual(["rules.real unchanged"]);
  });
});
