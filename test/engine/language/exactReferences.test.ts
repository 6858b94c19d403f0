import { describe, expect, it } from "vitest";
import { Secret, unknown } from "../../../engine/values.ts";
import { project, runProject } from "../support/project.ts";

const OUTPUTS = {
  id: "net-1",
  address: unknown,
  password: new Secret("p"),
  token: new Secret(unknown),
  nested: { a: [1, unknown] },
};
const script = { read: () => ({ name: "up", outputs: OUTPUTS, secretOutputNames: ["password", "token"] }) };

describe("stack references in a preview", () => {
  it("are exact, output by output", async () => {
    const directory = await project({
      "index.js": `
        import * as pulumi from "@pulumi/pulumi";
        const up = new pulumi.StackReference("up");
        const seen = [];
        const names = ["id", "address", "password", "token", "nested", "none"];
        const applied = names.map((name) => up.getOutput(name).apply(() => { seen.push(name); }));
        export const id = up.requireOutput("id");
        export const address = up.requireOutput("address");
        export const password = up.requireOutput("password");
        export const token = up.requireOutput("token");
        export const nested = up.getOutput("nested");
        export const none = up.getOutput("none");
        export const later = up.requireOutput(pulumi.output("id"));
        export const ran = Promise.all(applied.map((output) => output.isKnown)).then(() => seen.sort());
      `,
    });
    const { end, registrar, log } = await runProject(directory, { script, info: { dryRun: true } });
    expect([end, log.said("error")]).toEqual([{ type: "ok" }, ""]);
    const [outputs] = registrar.outputs.values();
    expect(outputs).toMatchObject({
      id: "net-1",
      address: unknown,
      password: new Secret("p"),
      token: new Secret(unknown),
      nested: unknown,
      // A name that is an output itself is read as the SDK reads it.
      later: unknown,
      // Functions of the program never see an unknown.
      ran: ["id", "none", "password"],
    });
  });

  it("still miss what the other stack does not have", async () => {
    const directory = await project({
      "index.js": `
        import * as pulumi from "@pulumi/pulumi";
        export const lost = new pulumi.StackReference("up").requireOutput("lost");
      `,
    });
    const { end, log } = await runProject(directory, { script, info: { dryRun: true } });
    expect(end).toEqual({ type: "bail" });
    expect(log.said("error")).toContain("Required output 'lost' does not exist on stack 'up'.");
  });

  it("leave an update alone", async () => {
    const directory = await project({
      "index.js": `
        import * as pulumi from "@pulumi/pulumi";
        const up = new pulumi.StackReference("up");
        export const id = up.requireOutput("id");
        export const preloads = process.execArgv.filter((argument) => argument.includes("exactReferences")).length;
      `,
    });
    const known = { read: () => ({ name: "up", outputs: { id: "net-1" }, secretOutputNames: [] }) };
    const { registrar } = await runProject(directory, { script: known });
    expect([...registrar.outputs.values()]).toEqual([{ id: "net-1", preloads: 0 }]);
  });
});
