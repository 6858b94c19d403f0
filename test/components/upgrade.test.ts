// The policy of docs/components.md, seen: components of today are previewed over states that were recorded with earlier ones, and
// nothing that holds data is replaced or deleted. A rename that forgets its alias is caught.
//
// 0.1.0   as the release of that name made it (upgrade/record.ts);
// early   the same, shaped by hand as before: an older provider, inputs missing that came later, names that were chosen by hand.
//
// And over states of an edge (upgrade/edge.ts), that all who visit a site can go on visiting:
//
// each    one grant for each site, of one right on all sites (the second grant by hand: the sandbox would have refused it);
// shared  one grant for all sites.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubeconfig } from "./kubeconfig.ts";
import { type SandboxProject, type SandboxStack, sandboxProject } from "./sandboxStack.ts";

const recordings = fileURLToPath(new URL("upgrade/recordings", import.meta.url));
const releases = readdirSync(recordings)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.replace(/\.json$/, ""))
  .sort();

/** What nobody can make again: what is in it would be gone, or whoever uses it would find it no more. */
const holdsData =
  /^(?:gcp:(?:sql|storage\/bucket|bigquery|dns\/managedZone|container|kms|artifactregistry\/repository|redis|pubsub\/(?:topic:|subscription:)|secretmanager\/secret:|serviceaccount\/account|compute\/(?:network|subnetwork))|random:)/;

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: { readonly type: string };
  readonly newState?: { readonly inputs?: { readonly condition?: { readonly expression: string } } };
}
/** `<op> <type> <name>` of each step that replaces or deletes what holds data. */
function losses(preview: string): string[] {
  const { steps } = JSON.parse(preview) as { steps: readonly Step[] };
  return steps
    .filter(
      ({ op, oldState }) =>
        !["same", "update", "create", "read", "refresh"].includes(op) && holdsData.test(oldState?.type ?? ""),
    )
    .map(({ op, urn }) => `${op} ${urn.split("::").at(-2)?.split("$").at(-1)} ${urn.split("::").at(-1)}`)
    .sort();
}
const opsOf = (preview: string) =>
  JSON.parse(preview) as { steps: readonly Step[]; changeSummary: Record<string, number> };

let project: SandboxProject;
let stack: SandboxStack;
beforeAll(async () => {
  project = await sandboxProject("test/components/upgrade/program.ts");
  stack = await project.stack("main");
});
afterAll(() => project.remove());
const over = async (release: string) => {
  await stack.run("stack", "import", "--file", `${recordings}/${release}.json`);
  return async (rename?: "with-alias" | "without") => {
    if (rename === undefined) await stack.run("config", "rm", "rename");
    else await stack.run("config", "set", "rename", rename, "--plaintext");
    return stack.run("preview", "--json");
  };
};

describe.each(releases)("over a state of %s", (release) => {
  it("replaces and deletes nothing that holds data, also when every component is renamed with an alias", async () => {
    const preview = await over(release);
    const plain = await preview();
    expect(losses(plain)).toEqual([]);
    // It is the recorded state that was looked at: nothing of it is made anew.
    expect(opsOf(plain).changeSummary["create"] ?? 0).toBe(0);
    expect(opsOf(plain).changeSummary["same"]).toBeGreaterThan(30);

    const renamed = await preview("with-alias");
    expect(losses(renamed)).toEqual([]);
    expect(opsOf(renamed).changeSummary["create"] ?? 0).toBe(0);
  });
});

it("catches a rename that forgets its alias", async () => {
  const preview = await over("0.1.0");
  const lost = losses(await preview("without"));
  expect(lost).toContain("delete gcp:sql/databaseInstance:DatabaseInstance main");
  expect(lost).toContain("delete gcp:bigquery/dataset:Dataset rows");
  expect(lost).toContain("delete random:index/randomPassword:RandomPassword sessions-odd");
});

it("finds a release to upgrade from", () => {
  expect(releases).toEqual(expect.arrayContaining(["0.1.0", "early"]));
});

describe.each(["each", "shared"])("over a state of an edge: %s", (recorded) => {
  let edge: SandboxProject;
  let preview: string;
  beforeAll(async () => {
    edge = await sandboxProject("test/components/upgrade/edge.ts");
    const { run } = await edge.stack("main", { "kubernetes:kubeconfig": kubeconfig });
    await run("stack", "import", "--file", `${recordings}/edge/${recorded}.json`);
    preview = await run("preview", "--json");
  });
  afterAll(() => edge.remove());
  const isGrant = ({ urn }: Step) => urn.includes("WebIamMember::");
  const nameOf = ({ urn }: Step) => urn.split("::").at(-1);

  it("changes nothing but grants, and says in place which port a health check asks", () => {
    const { steps, changeSummary } = opsOf(preview);
    const others = steps.filter((step) => step.op !== "same" && !isGrant(step));
    expect(others.map((step) => `${step.op} ${nameOf(step)}`).sort()).toEqual([
      "update front-office-health",
      "update front-shop-health",
    ]);
    expect(changeSummary["same"]).toBeGreaterThan(30);
  });

  // What is replaced is made first and deleted then (edgeAndObservability.test.ts), and steps stand in the order of their run.
  it("gives each its own right before a former one, which lets into all sites, is taken back", () => {
    const grants = opsOf(preview).steps.filter(isGrant);
    const given = grants.filter(({ op }) => op === "create" || op === "replace");
    const taken = grants.filter(({ op }) => op === "delete");
    expect(given.map((step) => [nameOf(step), step.newState?.inputs?.condition?.expression]).sort()).toEqual([
      ["front-office-staff", 'request.host == "office.example.com"'],
      ["front-shop-staff", 'request.host == "shop.example.com"'],
    ]);
    expect([...new Set(given.map(({ op }) => op))]).toEqual([recorded === "each" ? "replace" : "create"]);
    expect(taken.map(nameOf)).toEqual(recorded === "each" ? [] : ["front-staff"]);
    expect(grants).toEqual([...given, ...taken]);
  });
});
