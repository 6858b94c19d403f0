// How many children wait for the programs of a run.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import type { RunSetup } from "../../automation/door.ts";
import type { OpenEnvironment } from "../../automation/pulumi/environment.ts";
import { createPrograms } from "../../automation/pulumi/programs.ts";

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
