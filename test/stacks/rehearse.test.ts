// The real environments of the platform, each brought up whole in a throw-away sandbox: what the cloud would refuse about their
// settings, the sandbox refuses here. A stack reads what its contract needs and nothing else.
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { AnyContract, Need } from "../../automation/define.ts";
import { rehearse } from "../../automation/index.ts";
import workspace from "../../stacks/workspace.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));

/** dev and staging are prod with smaller numbers, and rehearsed by hand (npm run test:rehearse); these have what local has not. */
const environments =
  process.env["TUTTI_REHEARSE"] === "all"
    ? (["dev", "staging", "prod", "onprem"] as const)
    : (["prod", "onprem"] as const);

/** Nothing listens in a sandbox: the tasks, which all need a network, are skipped. */
const expected = {
  checks: "skipped",
  cluster: "succeeded",
  data: "succeeded",
  edge: "succeeded",
  foundation: "succeeded",
  images: "succeeded",
  migrate: "skipped",
  network: "succeeded",
  observability: "succeeded",
  platform: "succeeded",
  seed: "skipped",
  smoke: "skipped",
  web: "succeeded",
};

/** Names of the contracts that a stack of resources needs, each of its own environment. */
function needsOf(stack: string): readonly string[] {
  const { needs, task } = workspace.stacks.find(({ name }) => name === stack)!;
  if (task !== undefined) return [];
  return Object.values<AnyContract | Need>(needs)
    .map((need) => (need.kind === "need" ? need.contract : need).name)
    .sort();
}

describe("rehearse", () => {
  it.each(environments)("brings all of %s up, every type reviewed", async (environment) => {
    const read = new Map<string, Set<string>>();
    const report = await rehearse(workspace, environment, {
      directory,
      onEvent: (event) => {
        if (event.type !== "stack-event" || event.event.type !== "resource") return;
        const { resourceType, name } = event.event;
        if (resourceType !== "pulumi:pulumi:StackReference") return;
        read.set(event.stack, (read.get(event.stack) ?? new Set()).add(name));
      },
    });
    const rows = report.stacks.map(({ id, status, failure, approximate }) => ({
      id,
      status,
      failure,
      approximate,
      reads: [...(read.get(id) ?? [])].sort(),
    }));
    expect(rows.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(
      Object.entries(expected).map(([stack, status]) => ({
        id: `${stack}.${environment}`,
        status,
        failure: undefined,
        approximate: [],
        reads: needsOf(stack).map((need) => `organization/platform/${need}.${environment}`),
      })),
    );
    expect(report.counts["create"]).toBeGreaterThan(50);
  });

  it("brings what has to be there before everything else up, one of it for each project", async () => {
    const report = await rehearse(workspace, "bootstrap", { directory });
    expect(
      Object.fromEntries(report.stacks.map(({ id, status, approximate }) => [id, { status, approximate }])),
    ).toEqual(
      Object.fromEntries(
        ["dev", "onprem", "prod", "staging"].map((name) => [
          `bootstrap.bootstrap.${name}`,
          { status: "succeeded", approximate: [] },
        ]),
      ),
    );
  });
});
