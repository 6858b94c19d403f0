// A driver with a thousand stacks whose steps cost nothing and tell what a step of twenty resources tells: the process that
// bench/official.ts measures the memory of. Prints its peak resident set in MiB, before the run and after.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { defineEnvironment, defineStack, defineWorkspace } from "../../automation/define.ts";
import type { Door } from "../../automation/door.ts";
import { emptySummary, type RunStep } from "../../automation/execute.ts";
import { open } from "../../automation/open.ts";
import { createPalette } from "../../automation/views/color.ts";
import { createLiveView } from "../../automation/views/live.ts";

const stackCount = 1000;

/** What the official engine needs in the driver is loaded, as in a real run. */
const { automation } = await import("../../automation/pulumi/automation.ts");
await Promise.all([import("../../automation/pulumi/index.ts"), automation()]);

const runStep: RunStep = async ({ stack }, { emit }) => {
  for (let at = 0; at < 20; at++) {
    const type = "gcp:compute/network:Network";
    const urn = `urn:pulumi:${stack}::platform::tutti:gcp:Network$${type}::main-${at}`;
    for (const status of ["started", "done"] as const)
      emit({ type: "resource", urn, resourceType: type, name: `main-${at}`, op: "create", status });
    emit({ type: "line", stream: "stdout", text: ` +  ${type} main-${at} created (1.2s)` });
  }
  emit({ type: "diagnostic", severity: "warning", message: "something that somebody should know of this stack" });
  await new Promise((resolve) => setImmediate(resolve));
  return { outcome: { type: "succeeded" }, summary: { ...emptySummary, counts: { create: 20 } } };
};

const program = async (): Promise<unknown> => ({});
const stacks: ReturnType<typeof defineStack>[] = [];
for (let at = 0; at < stackCount; at++)
  stacks.push(defineStack({ name: `stack${at}`, after: stacks.slice(Math.max(0, at - 40), at - 37), program }));
const workspace = defineWorkspace({ stacks, environments: { prod: defineEnvironment({ cloud: "sandbox" }) } });

const nothing = (): never => {
  throw new Error("nobody asks that here");
};
const door: Door = {
  prepare: async () => ({ runStep, close: async () => {} }),
  outputs: nothing,
  backendStacks: nothing,
};
const directory = mkdtempSync(path.join(os.tmpdir(), "tutti-bench-"));
const peakMiB = (): number => Math.round(process.resourceUsage().maxRSS / 1024);
try {
  const before = peakMiB();
  const tutti = await open(workspace, { directory, variables: {}, door });
  const run = tutti.up({ all: true, concurrency: 8 });
  const view = createLiveView({
    screen: { write: () => {}, size: () => ({ columns: 120, rows: 40 }), onResize: () => () => {} },
    palette: createPalette(true),
    unicode: true,
    now: Date.now,
    every: (ms, draw) => {
      const timer = setInterval(draw, ms);
      return () => clearInterval(timer);
    },
  });
  for await (const event of run) view.show(event, run.state);
  const { totals } = await run.result();
  if (totals.succeeded !== stackCount) throw new Error(`the run ended with ${JSON.stringify(totals)}`);
  process.stdout.write(`${JSON.stringify({ before, after: peakMiB() })}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
