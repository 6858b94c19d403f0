// Stacks that need a stack of another environment, both of them sandboxes.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createFixture, type Fixture } from "./fixture.ts";

let fixture: Fixture;
beforeAll(() => {
  fixture = createFixture();
  fixture.write(
    "stacks/app/contract.ts",
    fixture.read("stacks/app/contract.ts").replace("needs: { base }", 'needs: { base: base.in("shared") }'),
  );
  fixture.write(
    "stacks/workspace.ts",
    `import { defineEnvironment, defineWorkspace } from "../automation/define.ts";
import { app } from "./app/contract.ts";
import { base } from "./base/contract.ts";
import { files } from "./files/contract.ts";
export default defineWorkspace({
  stacks: [base, app, files],
  environments: {
    shared: defineEnvironment({ cloud: "sandbox", only: [base] }),
    local: defineEnvironment({ cloud: "sandbox", only: [app] }),
  },
});
`,
  );
});
afterAll(() => fixture.remove());

// base.shared --> app.local
it("previews and updates across environments, secrets included, in one run and in two", async () => {
  const preview = await fixture.tutti(["preview", "--all", "--json"]);
  expect(preview, preview.stdout + preview.stderr).toMatchObject({ code: 0 });
  const up = await fixture.tutti(["up", "--all", "--yes"]);
  expect(up.stdout + up.stderr).toContain("2 succeeded");
  // Alone: the upstream is not in this run, and is read where it is kept.
  const alone = await fixture.tutti(["up", "app.local", "--yes"]);
  expect(alone.stdout + alone.stderr).toContain("1 unchanged");
  const value = async (stack: string, output: string): Promise<string> =>
    (await fixture.tutti(["outputs", stack, output, "--show-secrets"])).stdout.trim();
  expect(await value("app.local", "token")).toBe(`t-${await value("base.shared", "password")}`);
});
