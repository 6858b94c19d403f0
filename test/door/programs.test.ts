// How many children wait for the programs of a run, and that the official CLI is given one of them.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import type { RunSetup } from "../../automation/door.ts";
import type { OpenEnvironment } from "../../automation/pulumi/environment.ts";
import { createPrograms } from "../../automation/pulumi/programs.ts";
import { inlineProgram } from "../../engine/language/inline.ts";
import { CHILD_ENV, project, runProgram } from "../engine/support/project.ts";

const root = path.dirname(fileURLToPath(new URL("../../package.json", import.meta.url)));

it.each([
  ["as stacks run at once", { steps: 9, concurrency: 2 }, 2, 2],
  ["as there are stacks", { steps: 1, concurrency: 8 }, 1, 1],
  ["for an operation that runs no programs", { operation: "destroy", steps: 9, concurrency: 2 }, 2, undefined],
] as const)("lets no more children wait than %s", async (_, given, environments, waiting) => {
  const programs = await createPrograms({ operation: "up", ...given } as unknown as RunSetup);
  onTestFinished(() => programs.close());
  const opened = Array.from({ length: environments }, (_, at) => ({
    env: { PULUMI_CONFIG_PASSPHRASE: `words of ${at}` },
    project: { runtime: { name: "nodejs", options: { typescript: false } } },
    root,
  }));
  await programs.ready(opened as unknown as readonly OpenEnvironment[]);
  expect(programs.children?.waiting()).toBe(waiting);
});

it("serves to the official CLI a program in a child that waited for it", async () => {
  const directory = await project({ "index.js": 'export const done = "yes";' });
  const programs = await createPrograms({ operation: "up", steps: 1, concurrency: 1 } as unknown as RunSetup);
  onTestFinished(() => programs.close());
  const environment = {
    cloud: "real",
    env: CHILD_ENV,
    project: { runtime: { name: "nodejs", options: { typescript: false } } },
    root: directory,
  } as unknown as OpenEnvironment;
  await programs.ready([environment]);
  const kill = new AbortController().signal;
  const served = await programs.serve(environment, { stack: "dev", env: {}, kill, print: () => {} });
  const program = inlineProgram(served!.argument.replace("--client=", ""));
  const { end, registrar } = await runProgram(program, directory, directory);
  await served!.close();
  expect([end, [...registrar.outputs.values()], programs.children?.uses]).toEqual([
    { type: "ok" },
    [{ done: "yes" }],
    { warm: 1, cold: 0 },
  ]);
});
