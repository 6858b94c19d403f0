// An existing project on the official engine, where it is on the PATH: its program reads a stack of the workspace through a
// plain StackReference and knows nothing of previews that are chained.
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import type { Report } from "../../automation/index.ts";
import { findPulumi } from "../../automation/pulumi/official.ts";
import { createFixture, snapshot } from "../cli/fixture.ts";

it("is previewed with what upstream will become, also where neither exists yet", async ({ skip }) => {
  skip(findPulumi(process.env["PATH"]) === undefined, "pulumi is not on PATH");
  const fixture = createFixture();
  for (const name of ["app", "files"]) rmSync(path.join(fixture.root, "stacks", name), { recursive: true });
  fixture.write("billing/Pulumi.yaml", "name: acme-billing\nruntime: nodejs\n");
  fixture.write("billing/package.json", `{ "name": "acme-billing", "main": "index.js" }`);
  fixture.write(
    "billing/index.js",
    `const pulumi = require("@pulumi/pulumi");
     const random = require("@pulumi/random");
     const base = new pulumi.StackReference(\`\${pulumi.getOrganization()}/pair/base.real\`);
     new random.RandomId("pet", { byteLength: 2, keepers: { pet: base.requireOutput("pet") } });
     new random.RandomId("shape", { byteLength: 2, keepers: { shape: base.requireOutput("shape") } });`,
  );
  mkdirSync(path.join(fixture.root, "billing/node_modules/@pulumi"), { recursive: true });
  for (const name of ["@pulumi/pulumi", "@pulumi/random"])
    symlinkSync(path.join(fixture.root, "node_modules", name), path.join(fixture.root, "billing/node_modules", name));
  const contract = fixture.read("stacks/base/contract.ts");
  fixture.write("stacks/base/contract.ts", contract.replace("pet: z.string()", "pet: z.string(), shape: z.string()"));
  const program = fixture.read("stacks/base/program.ts").replace("pet: pet.id", 'pet: pet.id, shape: "round"');
  fixture.write("stacks/base/program.ts", program);
  fixture.write(
    "stacks/workspace.ts",
    `import { defineEnvironment, defineProject, defineWorkspace, env } from "../automation/define.ts";
     import { base } from "./base/contract.ts";
     const billing = defineProject({ name: "billing", dir: "billing", stack: "{environment}", needs: { base } });
     export default defineWorkspace({ stacks: [base, billing], environments: { real: defineEnvironment({ cloud: "real", backend: env("STATE_URL") }) } });`,
  );
  const state = path.join(fixture.root, ".tutti/real-state");
  mkdirSync(state, { recursive: true });
  const env = {
    PATH: process.env["PATH"]!,
    STATE_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "correct horse battery",
    PULUMI_HOME: path.join(fixture.root, ".tutti/pulumi-home"),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const counts = async (verb: "preview" | "up"): Promise<unknown> => {
    const { code, stdout, stderr } = await fixture.tutti(
      [verb, "-e", "real", "--yes", "--json"].filter((one) => verb === "up" || one !== "--yes"),
      { env },
    );
    expect(code, stderr + stdout).toBe(0);
    return (JSON.parse(stdout) as Report).stacks.map((stack) => [stack.id, stack.counts]);
  };
  const fresh = [
    ["base.real", { create: 3 }],
    ["billing.real", { create: 3 }],
  ];
  const work = snapshot(path.join(fixture.root, "billing"));
  expect(await counts("preview")).toEqual(fresh);
  expect(snapshot(path.join(fixture.root, "billing"))).toEqual(work);
  expect(await counts("up")).toEqual(fresh);
  // A name of another length is another pet: what is made of it is replaced, and nothing else.
  fixture.write("stacks/base/program.ts", program.replace("length: settings.words", "length: 4"));
  expect(await counts("preview")).toEqual([
    ["base.real", { replace: 1, same: 2 }],
    ["billing.real", { read: 1, replace: 1, same: 2 }],
  ]);
  fixture.remove();
}, 180_000);
