// The reference platform: every stack in every environment under mocks. Environments differ by settings only: the same
// resources everywhere, protected and highly available in prod, unprotected in local.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkWorkspace } from "../../automation/checkWorkspace.ts";
import { testProgram } from "../../automation/program.ts";
import { cluster } from "../../stacks/cluster/contract.ts";
import { data } from "../../stacks/data/contract.ts";
import { network } from "../../stacks/network/contract.ts";
import { web } from "../../stacks/web/contract.ts";
import workspace from "../../stacks/workspace.ts";
import { cloudLike, cloudLikeCall, listen, type Registered } from "../support/mocks.ts";

const environments = ["local", "dev", "staging", "prod"] as const;
type EnvironmentName = (typeof environments)[number];
const stacks = ["network", "data", "cluster", "web"] as const;
type StackName = (typeof stacks)[number];

interface Seen {
  readonly registered: readonly Registered[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly secretOutputs: readonly string[];
}
const seen = new Map<string, Seen>();
const at = (environment: EnvironmentName, stack: StackName): Seen => {
  const found = seen.get(`${stack}.${environment}`);
  if (found === undefined) throw new Error(`${stack}.${environment} did not run`);
  return found;
};
const inputsOf = (environment: EnvironmentName, stack: StackName, type: string) => {
  const found = at(environment, stack).registered.filter((resource) => resource.type === type);
  if (found.length !== 1) throw new Error(`${found.length} registrations of ${type} in ${stack}.${environment}`);
  return found[0]!.inputs;
};

/** Runs the four programs of an environment, each with what those before it returned, as `tutti up` would. */
async function runEnvironment(environment: EnvironmentName): Promise<void> {
  // Checked against the contracts when the workspace was compiled; here by name, to run one environment after the other.
  const settings = workspace.environments[environment].settings as Record<StackName, never>;
  const common = { environment, resource: cloudLike, call: cloudLikeCall };
  const keep = async <T extends Pick<Seen, "outputs" | "secretOutputs">>(stack: StackName, run: () => Promise<T>) => {
    const listener = listen();
    try {
      const { outputs, secretOutputs } = await run();
      seen.set(`${stack}.${environment}`, { outputs, secretOutputs, registered: listener.registered });
      return outputs as T["outputs"];
    } finally {
      listener.stop();
    }
  };
  const base = await keep("network", () => testProgram(network, { ...common, settings: settings.network }));
  const kept = await keep("data", () =>
    testProgram(data, { ...common, settings: settings.data, needs: { network: base } }),
  );
  const gke = await keep("cluster", () =>
    testProgram(cluster, { ...common, settings: settings.cluster, needs: { network: base } }),
  );
  await keep("web", () => testProgram(web, { ...common, settings: settings.web, needs: { data: kept, cluster: gke } }));
}

beforeAll(async () => {
  for (const environment of environments) await runEnvironment(environment);
});
afterAll(() => seen.clear());

const shape = (resources: readonly Registered[]) =>
  resources.map(({ type, name, parent }) => `${type} ${name} < ${parent ?? ""}`).sort();

describe("the workspace", () => {
  it("has nothing wrong with it", () => {
    expect(checkWorkspace(workspace)).toEqual([]);
  });
  it("is a sandbox in local and a real cloud elsewhere, with state and keys named by whoever runs it", () => {
    expect(Object.entries(workspace.environments).map(([name, { cloud }]) => [name, cloud])).toEqual([
      ["local", "sandbox"],
      ["dev", "real"],
      ["staging", "real"],
      ["prod", "real"],
    ]);
    for (const name of ["dev", "staging", "prod"] as const) {
      expect(workspace.environments[name]).toMatchObject({
        backend: { kind: "env", variable: "TUTTI_STATE_URL" },
        secretsProvider: { kind: "env", variable: "TUTTI_SECRETS_PROVIDER" },
      });
    }
  });
  it("refuses to delete or replace anything in prod", () => {
    expect(workspace.environments.prod.guards).toEqual({ maxDeletes: 0, maxReplaces: 0 });
  });
});

describe.each(stacks)("%s", (stack) => {
  it("registers the same resources in every environment", () => {
    const [first, ...others] = environments.map((environment) => shape(at(environment, stack).registered));
    expect(first!.length).toBeGreaterThan(5);
    for (const other of others) expect(other).toEqual(first);
  });

  it("keeps secret what its contract says, and nothing else", () => {
    const secrets = { network: [], data: ["databasePassword"], cluster: ["ca"], web: [] };
    for (const environment of environments) expect(at(environment, stack).secretOutputs).toEqual(secrets[stack]);
  });

  it("protects nothing in local", () => {
    expect(at("local", stack).registered.filter(({ protect }) => protect)).toEqual([]);
  });

  it("gives every cloud resource its provider: none takes what the machine happens to be configured for", () => {
    for (const environment of environments) {
      const ambient = at(environment, stack).registered.filter(
        ({ type, custom, provider }) => custom && /^(?:gcp|kubernetes):/.test(type) && provider === undefined,
      );
      expect(ambient).toEqual([]);
    }
  });

  it("puts no stack name, whose dots clouds refuse, into a name", () => {
    for (const environment of environments) {
      const names = at(environment, stack).registered.flatMap(({ inputs }) => {
        const metadata = inputs["metadata"] as { name?: string } | undefined;
        return [inputs["name"], inputs["secretId"], inputs["accountId"], metadata?.name].filter(
          (name) => name !== undefined,
        );
      });
      for (const name of names) expect(String(name)).not.toContain(".");
    }
  });
});

describe("prod", () => {
  it.each(["network", "data", "cluster"] as const)("protects everything that %s has", (stack) => {
    const unprotected = at("prod", stack).registered.filter(
      ({ type, protect }) => !protect && type !== "pulumi:pulumi:Stack" && !type.startsWith("pulumi:providers:"),
    );
    expect(unprotected).toEqual([]);
  });

  it("refuses deletion in the cloud too: database, cluster, files", () => {
    const instance = inputsOf("prod", "data", "gcp:sql/databaseInstance:DatabaseInstance");
    expect(instance).toMatchObject({ deletionProtection: true, settings: { deletionProtectionEnabled: true } });
    expect(inputsOf("prod", "data", "gcp:storage/bucket:Bucket")).toMatchObject({ forceDestroy: false });
    expect(inputsOf("prod", "cluster", "gcp:container/cluster:Cluster")).toMatchObject({ deletionProtection: true });
  });

  it.each(["staging", "prod"] as const)("survives the loss of a zone, and so does %s", (environment) => {
    expect(inputsOf(environment, "data", "gcp:sql/databaseInstance:DatabaseInstance")).toMatchObject({
      settings: {
        availabilityType: "REGIONAL",
        backupConfiguration: { enabled: true, pointInTimeRecoveryEnabled: true },
      },
    });
    expect(inputsOf(environment, "cluster", "gcp:container/cluster:Cluster")).toMatchObject({
      location: "europe-west1",
    });
    const scaler = inputsOf(environment, "web", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler");
    const { minReplicas } = scaler["spec"] as { minReplicas: number };
    expect(minReplicas).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(inputsOf(environment, "web", "kubernetes:apps/v1:Deployment"))).toContain('"DoNotSchedule"');
  });
});

describe("local", () => {
  it("can be destroyed: no protection in the cloud either", () => {
    const instance = inputsOf("local", "data", "gcp:sql/databaseInstance:DatabaseInstance");
    expect(instance).toMatchObject({ deletionProtection: false, settings: { deletionProtectionEnabled: false } });
    expect(inputsOf("local", "data", "gcp:storage/bucket:Bucket")).toMatchObject({ forceDestroy: true });
    expect(inputsOf("local", "cluster", "gcp:container/cluster:Cluster")).toMatchObject({ deletionProtection: false });
  });
});

describe("web", () => {
  it("gets the generated credentials, as secrets only", () => {
    const password = at("prod", "data").outputs["databasePassword"];
    expect(password).toBe("generated-main-app-even-0");
    const hidden = at("prod", "web").registered.find(({ type }) => type === "kubernetes:core/v1:Secret");
    expect(hidden?.inputs["stringData"]).toEqual({
      DATABASE_PASSWORD: password,
      SESSION_KEYS: "generated-sessions-even-0",
    });
    expect(hidden?.secretInputs).toEqual(["stringData"]);
    const elsewhere = at("prod", "web").registered.filter((resource) => resource !== hidden);
    expect(JSON.stringify(elsewhere.map(({ inputs }) => inputs))).not.toContain(String(password));
  });

  it("lives in the cluster of its environment, whose kubeconfig is secret", () => {
    const provider = at("dev", "web").registered.find(({ type }) => type === "pulumi:providers:kubernetes");
    expect(provider?.inputs["clusterIdentifier"]).toBe(at("dev", "cluster").outputs["clusterId"]);
    expect(provider?.secretInputs).toEqual(["kubeconfig"]);
    expect(String(provider?.inputs["kubeconfig"])).toContain("https://gke-abc-123.europe-west1.gke.goog");
  });
});
