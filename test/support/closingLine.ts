// A vitest reporter: turns a finished run into one closing line, `N passed, N failed, N skipped`, prints why each skipped
// test was skipped and which passed only when tried again, and fails the run when a test is skipped that test/skips.txt does not list.
import { readFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

const allowed = new Set(
  readFileSync(new URL("../skips.txt", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")),
);

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    const lines: string[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      // A module that could not be loaded has no tests, yet it is a failure and not nothing.
      if (module.state() === "failed" && tests.every((test) => test.result().state !== "failed")) count.failed += 1;
      for (const test of tests) {
        const result = test.result();
        if (result.state === "pending") continue;
        count[result.state] += 1;
        if (test.diagnostic()?.flaky)
          lines.push(`FLAKY ${module.relativeModuleId} > ${test.fullName}: passed when tried again`);
        if (result.state !== "skipped") continue;
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        lines.push(`SKIPPED ${name}: ${result.note ?? "no reason given"}`);
        if (!allowed.has(name)) {
          lines.push(`  not listed in test/skips.txt: list it there, or make it run`);
          process.exitCode = 1;
        }
      }
    }
    if (unhandled.length > 0) count.failed += unhandled.length;
    process.stdout.write(
      `${[...lines, `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`].join("\n")}\n`,
    );
  }
}
