// The memory that the driver of a thousand stacks takes at most: the benchmark's own process, held to its aim. Depends on how
// V8 sizes its heap, not on how fast or how busy the machine is.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("stays below 200 MiB", async () => {
  const script = fileURLToPath(new URL("../../bench/support/thousand.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  const { before, after } = JSON.parse(stdout) as { readonly before: number; readonly after: number };
  expect(after).toBeGreaterThan(before);
  expect(after).toBeLessThan(200);
});
