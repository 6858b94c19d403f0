// Programs that go wrong, each in its own way, by the name of their stack.
import type { FaultyStack } from "./workspace.ts";

const bucket = (name: string, imports = ""): Pick<FaultyStack, "imports" | "body"> => ({
  imports: `import * as storage from "@pulumi/gcp/storage/index.js";\n${imports}`,
  body: `  new storage.Bucket("${name}", { location: "EU" });`,
});
const dynamic = (create: string): Pick<FaultyStack, "body"> => ({
  body: `  class Thing extends pulumi.dynamic.Resource {
    constructor(name: string) {
      super({ check: async (_: unknown, inputs: object) => ({ inputs, failures: [] }), ${create} } as pulumi.dynamic.ResourceProvider, name, {});
    }
  }
  new Thing("thing");`,
});

export const stacks: Readonly<Record<string, FaultyStack>> = {
  healthy: { body: "" },
  throws: { body: `  throw new TypeError("no such zone: mars");` },
  rejects: { body: `  void Promise.reject(new Error("nobody waits for me"));` },
  hangs: { contract: `timeout: "4s",`, body: `  setInterval(() => {}, 1000);\n  await new Promise(() => {});` },
  stalls: { body: `  await new Promise(() => {});` },
  early: { body: `  process.exit(0);` },
  late: {
    body: `  setTimeout(() => process.exit(7), 300);\n  await new Promise((resolve) => setTimeout(resolve, 5000));`,
  },
  prints: {
    body: `  const line = "x".repeat(1023) + "\\n";\n  for (let n = 0; n < 100 * 1024; n++) if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once("drain", resolve));\n  for (let n = 0; n < 100; n++) await pulumi.log.info("y".repeat(2 ** 17));`,
  },
  binary: {
    imports: `import { randomBytes } from "node:crypto";`,
    body: `  process.stdout.write(randomBytes(300_000));\n  process.stderr.write(randomBytes(300_000));`,
  },
  forks: {
    imports: `import { spawn } from "node:child_process";`,
    body: `  spawn("sleep", ["4242.5"], { stdio: "inherit" }).unref();`,
  },
  memory: {
    body: `  const kept: unknown[] = [];\n  for (;;) kept.push(Array.from({ length: 100_000 }, () => ({ n: Math.random() })));`,
  },
  refused: bucket("refused"),
  passing: { contract: `retry: { attempts: 3, delay: "10ms" },`, ...bucket("passing") },
  limited: {
    imports: `import * as storage from "@pulumi/gcp/storage/index.js";`,
    body: `  for (const name of ["one", "two"]) new storage.Bucket(name + "-limited", { location: "EU" });`,
  },
  slow: { contract: `timeout: "4s",`, ...bucket("slow") },
  crashing: dynamic(`create: async () => { process.kill(process.pid, "SIGKILL"); return { id: "x" }; }`),
  failing: dynamic(`create: async () => { throw new Error("the thing is out of stock"); }`),
};
