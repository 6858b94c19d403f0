import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import errors from "@pulumi/pulumi/automation/errors.js";
import { LocalWorkspace, type PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import * as random from "@pulumi/random";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEngine } from "../../../engine/index.ts";
import { inlineProgram } from "../../../engine/language/inline.ts";
import { runInline } from "../support/inline.ts";
import { runProgram } from "../support/project.ts";

/** Marked internal, so the typings leave it out. */
const { createCommandError } = errors as unknown as { createCommandError(result: object): Error };

describe("inlineProgram", () => {
  it("runs a function with configuration, secrets and stack outputs", async () => {
    const { end, registrar } = await runInline(
      async () => {
        const config = new pulumi.Config();
        return { region: config.require("region"), token: config.requireSecret("token"), stack: pulumi.getStack() };
      },
      { info: { config: { "demo:region": "eu", "demo:token": "t" }, secretKeys: ["demo:token"] } },
    );
    expect(end).toEqual({ type: "ok" });
    const [outputs] = registrar.outputs.values();
    expect(outputs).toMatchObject({ region: "eu", token: { element: "t" }, stack: "dev" });
  });

  it("tells what the program failed with", async () => {
    const { end } = await runInline(async () => {
      throw new Error("no cheese");
    });
    expect(end).toEqual({ type: "error", message: "no cheese" });
  });

  it("says where nobody answered", async () => {
    await expect(runProgram(inlineProgram("127.0.0.1:1"), "/", "/")).rejects.toThrow(
      "no program answers at 127.0.0.1:1",
    );
  });

  it("stops waiting when cancelled", async () => {
    const cancel = new AbortController();
    const running = runInline(
      async () => {
        cancel.abort();
        await new Promise(() => {});
      },
      { info: { signal: cancel.signal } },
    );
    expect((await running).end).toEqual({
      type: "error",
      message: "the program was left because the deployment was cancelled",
    });
  });

  it("is what the Automation API runs on this engine: two programs, one reading the other's secret", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "tutti-inline-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    for (const folder of ["state", "home", "cloud"]) await mkdir(path.join(directory, folder));
    const env = {
      PULUMI_BACKEND_URL: `file://${directory}/state`,
      PULUMI_CONFIG_PASSPHRASE: "pass",
      PULUMI_HOME: path.join(directory, "home"),
    };
    const engine = createEngine({ env, sandbox: { directory: path.join(directory, "cloud") } });
    // The API's own command runner rejects with its own errors; the engine leaves that to whoever joins the two.
    const command = {
      ...engine,
      async run(...given: Parameters<typeof engine.run>) {
        const result = await engine.run(...given);
        if (result.code !== 0) throw createCommandError({ ...result, toString: () => result.stdout + result.stderr });
        return result;
      },
    };
    const open = async (stackName: string, program: pulumi.automation.PulumiFn) => {
      const settings = { name: "demo", runtime: "nodejs" as const, main: directory };
      const options = { projectSettings: settings, pulumiCommand: command as PulumiCommand, envVars: env };
      return LocalWorkspace.createOrSelectStack({ stackName, projectName: "demo", program }, options);
    };
    const upstream = await open("up", async () => {
      const password = new random.RandomPassword("password", { length: 20 });
      return { password: password.result, length: password.length };
    });
    const first = await upstream.up();
    expect(first.summary).toMatchObject({ result: "succeeded", resourceChanges: { create: 2 } });
    expect(first.outputs["length"]).toEqual({ value: 20, secret: false });

    const downstream = await open("down", async () => {
      const reference = new pulumi.StackReference("organization/demo/up");
      return { password: reference.requireOutput("password"), length: reference.requireOutput("length") };
    });
    const second = await downstream.up();
    expect(second.outputs).toEqual(first.outputs);
    expect(second.outputs["password"]?.secret).toBe(true);
    const again = await downstream.up();
    expect(again.summary.resourceChanges).toEqual({ same: 1 });

    const lost = await open("lost", async () => {
      new pulumi.StackReference("organization/demo/nowhere");
    });
    await expect(lost.up()).rejects.toThrow('unknown stack "organization/demo/nowhere"');
  });
});
