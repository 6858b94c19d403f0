// The tests that need a real Kubernetes API server: npm run test:kubernetes.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/kubernetes/**/*.test.ts"], pool: "forks", testTimeout: 120_000, hookTimeout: 1_800_000 },
});
