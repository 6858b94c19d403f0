// States that cannot be used: the stack fails with the reason, its file stays as it is, and the other stacks do not notice.
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { open, type Tutti } from "../../automation/index.ts";
import { createWorkspace, type FaultyWorkspace } from "./workspace.ts";

let workspace: FaultyWorkspace;
let tutti: Tutti;
let good = "";
const state = () => workspace.file(".tutti/sandbox/local/state/.pulumi/stacks/faults/hurt.local.json");
beforeAll(async () => {
  workspace = createWorkspace({ hurt: { body: "" }, healthy: { body: "" } });
  tutti = await open(workspace.root, { variables: {} });
  expect((await tutti.up({ environment: "local" }).result()).exitCode).toBe(0);
  good = readFileSync(state(), "utf8");
}, 120_000);
afterAll(() => workspace.remove());

it.each<readonly [string, () => string, RegExp]>([
  ["truncated", () => good.slice(0, 300), /could not read .*hurt\.local\.json: .*The version before it is in .*\.bak/],
  ["empty", () => "", /could not read .*hurt\.local\.json/],
  [
    "newer",
    () => good.replace(/"version":\d+/, '"version":99'),
    /is newer than what this engine understands: deployment version 99/,
  ],
  ["foreign", () => '["something else"]', /hurt\.local\.json must hold a JSON object/],
])("fails the stack of a %s state alone, and leaves the file as it is", async (_, broken, message) => {
  writeFileSync(state(), broken());
  const report = await tutti.up({ environment: "local", onFailure: "keep-going" }).result();
  expect(report.stacks.map(({ id, status }) => [id, status])).toEqual([
    ["healthy.local", "unchanged"],
    ["hurt.local", "failed"],
  ]);
  expect(report.stacks[1]!.failure!.message).toMatch(message);
  expect(report.exitCode).toBe(4);
  expect(readFileSync(state(), "utf8")).toBe(broken());
});

it("goes on when the state is back", async () => {
  writeFileSync(state(), good);
  const report = await tutti.up({ environment: "local" }).result();
  expect(report.stacks.map(({ status }) => status)).toEqual(["unchanged", "unchanged"]);
});
