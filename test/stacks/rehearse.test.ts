// The real environments of the platform, each brought up whole in a throw-away sandbox: what the cloud would refuse about their
// settings, the sandbox refuses here.
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { rehearse } from "../../automation/index.ts";
import workspace from "../../stacks/workspace.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));

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

describe("rehearse", () => {
  // dev and staging are prod with smaller numbers; these two have the settings that local has not.
  it.each(["prod", "onprem"] as const)("brings all of %s up, every type reviewed", async (environment) => {
    const report = await rehearse(workspace, environment, { directory });
    const rows = report.stacks.map(({ id, status, failure, approximate }) => ({ id, status, failure, approximate }));
    expect(rows.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(
      Object.entries(expected).map(([stack, status]) => ({
        id: `${stack}.${environment}`,
        status,
        failure: undefined,
        approximate: [],
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
