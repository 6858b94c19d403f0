import { defineConfig } from "vitest/config";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  throw new Error(
    `tests need Node 22.18 or newer, this is ${process.versions.node}: npm ci brings one, and npm test uses it`,
  );
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // test/kubernetes builds an API server first: by hand, npm run test:kubernetes.
    exclude: ["test/fixtures/**", "test/kubernetes/**"],
    pool: "forks",
    // The SDK is loaded by most files: without what it seldom needs, as programs load it.
    execArgv: [`--import=${new URL("automation/lean.mjs", import.meta.url).href}`],
    // One more than cores: most tests wait for processes half of their time.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Whole commands on a shared machine: a test may be tried once more, and the closing reporter names each that needed it.
    retry: 1,
    reporters: [["default", { summary: false }], "./test/support/closingLine.ts"],
  },
});
