import { describe, expect, it } from "vitest";
import { project, runProject } from "../support/project.ts";

describe("nodeProgram", () => {
  it("runs a program: components, custom resources, dependencies, secrets and stack outputs", async () => {
    const directory = await project({
      "index.js": `
        import * as pulumi from "@pulumi/pulumi";
        import * as random from "@pulumi/random";
        class Box extends pulumi.ComponentResource {
          constructor(name, opts) { super("demo:index:Box", name, {}, opts); this.pet = new random.RandomPet(name + "-pet", { length: 3 }, { parent: this }); this.registerOutputs({ pet: this.pet.id }); }
        }
        const box = new Box("box");
        const other = new random.RandomPet("other", { prefix: box.pet.id, keepers: { token: pulumi.secret("hush") } });
        export const pet = other.id;
        export const hidden = pulumi.secret({ a: 1 });
      `,
    });
    const { end, log } = await runProject(directory);
    expect({ end, errors: log.said("error"), printed: log.printed }).toMatchObject({ end: { type: "ok" }, errors: "" });
  });
});
