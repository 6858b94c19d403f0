// Existing projects in a sandbox: Node.js programs that know nothing of tutti, between two stacks of the workspace.
//   base (workspace) --> billing (JavaScript) --> front (workspace);   ledger (TypeScript, compiled as the SDK does)
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { open, type Report, type Tutti } from "../../automation/index.ts";
import { runPulumi } from "../../automation/pulumi/shell.ts";
import { createFixture, type Fixture, snapshot } from "../cli/fixture.ts";

let fixture: Fixture;
let tutti: Tutti;
beforeAll(async () => {
  fixture = createFixture();
  fixture.write("billing/Pulumi.yaml", "name: acme-billing\nruntime: nodejs\n");
  fixture.write("billing/package.json", `{ "name": "acme-billing", "main": "index.js" }`);
  fixture.write(
    "billing/index.js",
    `const pulumi = require("@pulumi/pulumi");
     const random = require("@pulumi/random");
     const environment = pulumi.getStack().replace("billing-", "");
     const base = new pulumi.StackReference(\`\${pulumi.getOrganization()}/pair/base.\${environment}\`);
     const region = new pulumi.Config().get("region") ?? "nowhere";
     const invoice = new random.RandomId("invoice", { byteLength: 2, keepers: { pet: base.requireOutput("pet"), region } });
     console.log("billing was here");
     module.exports = { invoice: invoice.hex, key: pulumi.secret(invoice.b64Std), region };`,
  );
  fixture.write("ledger/Pulumi.yaml", "name: acme-ledger\nruntime: nodejs\nmain: src/\n");
  fixture.write("ledger/package.json", `{ "name": "acme-ledger" }`);
  fixture.write(
    "ledger/tsconfig.json",
    `{ "compilerOptions": { "target": "es2020", "module": "commonjs", "strict": true } }`,
  );
  fixture.write(
    "ledger/src/index.ts",
    `import * as pulumi from "@pulumi/pulumi";
     enum Side { Left = 3 } // syntax that is compiled, not stripped
     export const side: number = Side.Left;
     export const stack = pulumi.getStack();`,
  );
  fixture.write("rules/Pulumi.yaml", "name: acme-rules\nruntime: yaml\n");
  for (const project of ["billing", "ledger"]) packagesOf(project);
  fixture.write(
    "stacks/front/contract.ts",
    `import * as z from "zod";
     import { defineProject, defineStack, secret } from "../../automation/define.ts";
     import { base } from "../base/contract.ts";
     export const billing = defineProject({ name: "billing", dir: "billing", stack: "billing-{environment}", needs: { base },
       outputs: { invoice: z.string(), key: secret(z.string()) }, tags: ["money"] });
     export const front = defineStack({ name: "front", needs: { billing }, outputs: { banner: z.string(), key: secret(z.string()) },
       program: () => import("./program.ts") });`,
  );
  fixture.write(
    "stacks/front/program.ts",
    `import * as pulumi from "@pulumi/pulumi";
     import { program } from "../../automation/program.ts";
     import { front } from "./contract.ts";
     export default program(front, ({ needs: { billing } }) => ({ banner: pulumi.interpolate\`<\${billing.invoice}>\`, key: billing.key }));`,
  );
  fixture.write(
    "stacks/workspace.ts",
    `import * as z from "zod";
     import { defineEnvironment, defineProject, defineWorkspace } from "../automation/define.ts";
     import { app } from "./app/contract.ts";
     import { base } from "./base/contract.ts";
     import { files } from "./files/contract.ts";
     import { billing, front } from "./front/contract.ts";
     const ledger = defineProject({ name: "ledger", dir: "ledger", stack: "{environment}", outputs: { side: z.number(), stack: z.string() } });
     const rules = defineProject({ name: "rules", dir: "rules", stack: "rules-{environment}", after: [base] });
     export default defineWorkspace({ stacks: [base, app, files, billing, front, ledger, rules], environments: {
       local: defineEnvironment({ cloud: "sandbox", except: [rules, ledger, app, files] }),
       compiled: defineEnvironment({ cloud: "sandbox", only: [ledger] }),
       yaml: defineEnvironment({ cloud: "sandbox", only: [base, rules] }),
     } });`,
  );
  tutti = await open(fixture.root, { variables: {} });
});
afterAll(() => fixture.remove());

/** A node_modules of the project's own, which leads to the packages of this repository. */
function packagesOf(project: string): void {
  mkdirSync(path.join(fixture.root, project, "node_modules/@pulumi"), { recursive: true });
  for (const name of ["@pulumi/pulumi", "@pulumi/random"])
    symlinkSync(
      path.join(import.meta.dirname, "../../node_modules", name),
      path.join(fixture.root, project, "node_modules", name),
    );
}

const statuses = ({ stacks }: Report): string[] =>
  stacks.map(({ id, status, failure }) => [id, status, failure?.message].filter(Boolean).join(" "));

/** The project's own files, not those of packages. */
const filesOf = (project: string): object =>
  Object.fromEntries(
    Object.entries(snapshot(path.join(fixture.root, project))).filter(([name]) => !name.startsWith("node_modules")),
  );

describe("existing projects in a sandbox", () => {
  it("take part in preview, up, and what looks at them, and stay as they were", async () => {
    const before = filesOf("billing");
    // Nothing exists: predicted outputs go from the workspace to a project and on from there.
    const preview = await tutti.preview({ environment: "local" }).result();
    expect(statuses(preview).sort()).toEqual([
      "base.local succeeded",
      "billing.local succeeded",
      "front.local succeeded",
    ]);

    const up = await tutti.up({ environment: "local" }).result();
    expect(statuses(up).sort()).toEqual(statuses(preview).sort());
    const billing = await tutti.outputs("billing.local");
    expect(billing).toEqual({ invoice: expect.stringMatching(/^[0-9a-f]{4}$/), key: "[secret]", region: "nowhere" });
    expect(await tutti.outputs("front.local")).toEqual({ banner: `<${billing["invoice"]}>`, key: "[secret]" });
    expect(tutti.logs("billing.local").text).toContain("billing was here");

    const again = await tutti.up({ environment: "local" }).result();
    expect(again.stacks.map(({ status }) => status)).toEqual(["unchanged", "unchanged", "unchanged"]);
    const { stacks, warnings } = await tutti.list({ environment: "local" });
    expect(warnings).toEqual([]);
    expect(stacks.map(({ id, deployed, claimed }) => `${id} ${deployed} ${claimed}`)).toEqual([
      "base.local true true",
      "billing.local true true",
      "front.local true true",
    ]);
    expect(filesOf("billing")).toEqual(before);
  });

  it("in TypeScript run as the SDK runs them, with their own tsconfig.json", async () => {
    const before = filesOf("ledger");
    expect(statuses(await tutti.up({ environment: "compiled" }).result())).toEqual(["ledger.compiled succeeded"]);
    expect(await tutti.outputs("ledger.compiled")).toEqual({ side: 3, stack: "compiled" });
    expect(filesOf("ledger")).toEqual(before);
  });

  it("are selected by tag, refreshed, compared and examined like stacks", async () => {
    expect(tutti.plan("up", { select: "tag=money", environment: "local" }).steps.map(({ stack }) => stack)).toEqual([
      "billing.local",
    ]);
    expect(statuses(await tutti.drift({ select: "billing.local" }).result())).toEqual(["billing.local unchanged"]);
    expect(statuses(await tutti.refresh({ select: "billing.local" }).result())).toEqual(["billing.local unchanged"]);
    expect(await tutti.examine("billing.local")).toMatchObject({ pending: [], orphans: [] });
    expect(await tutti.unlock("billing.local")).toEqual([]);
  });

  it("take pulumi's commands by either name, with their configuration outside of the folder", async () => {
    const before = filesOf("billing");
    const pulumi = async (...args: string[]): Promise<string> => {
      let text = "";
      const say = (more: string): void => {
        text += more;
      };
      const open = {
        name: "local",
        environment: tutti.workspace.environments["local"]!,
        workspace: tutti.workspace,
        sandbox: "local",
        root: tutti.root,
        base: path.join(tutti.root, ".tutti"),
        variables: {},
        ci: false,
      };
      const interrupt = new AbortController().signal;
      const code = await runPulumi({ open, stacks: tutti.stacks, args, stdout: say, stderr: say, interrupt });
      expect(code, text).toBe(0);
      return text;
    };
    await pulumi("config", "set", "region", "europe", "-s", "billing-local");
    expect(await pulumi("config", "get", "region", "--stack", "billing.local")).toBe("europe\n");
    expect(await pulumi("config", "get", "region", "--stack=organization/acme-billing/billing.local")).toBe("europe\n");
    expect(statuses(await tutti.up({ select: "billing.local" }).result())).toEqual(["billing.local succeeded"]);
    expect((await tutti.outputs("billing.local"))["region"]).toBe("europe");
    expect(filesOf("billing")).toEqual(before);
  });

  it("are refused by name in another language, before anything changes", async () => {
    await expect(tutti.up({ environment: "yaml" }).result()).rejects.toMatchObject({
      code: "usage",
      message: "rules.yaml is a yaml project (rules), and a sandbox runs nodejs programs only",
      hint: expect.stringContaining("except"),
    });
    expect((await tutti.list({ environment: "yaml" })).stacks.map(({ deployed }) => deployed)).toEqual([false, false]);
    // What runs no program is fine.
    expect(statuses(await tutti.up({ select: "base.yaml" }).result())).toEqual(["base.yaml succeeded"]);
    expect(statuses(await tutti.destroy({ environment: "yaml" }).result())).toEqual([
      "rules.yaml skipped",
      "base.yaml succeeded",
    ]);
  });

  it("are destroyed before what they need", async () => {
    const report = await tutti.destroy({ environment: "local", remove: true }).result();
    expect(report.stacks.every(({ status }) => status === "succeeded")).toBe(true);
    expect(report.stacks.map(({ id }) => id)).toEqual(["front.local", "billing.local", "base.local"]);
    expect((await tutti.list({ environment: "local" })).stacks.every(({ deployed }) => deployed === false)).toBe(true);
  });
});
