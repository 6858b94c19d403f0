// The reference platform: every stack in every environment under mocks. Environments differ by settings only: the same
// resources everywhere, protected and highly available in prod, unprotected in local.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkWorkspace } from "../../automation/checkWorkspace.ts";
import type { Instances } from "../../automation/define.ts";
import { testProgram } from "../../automation/program.ts";
import { bootstrap } from "../../stacks/bootstrap/contract.ts";
import { cluster } from "../../stacks/cluster/contract.ts";
import { data } from "../../stacks/data/contract.ts";
import { edge } from "../../stacks/edge/contract.ts";
import { foundation } from "../../stacks/foundation/contract.ts";
import { images } from "../../stacks/images/contract.ts";
import { network } from "../../stacks/network/contract.ts";
import { observability } from "../../stacks/observability/contract.ts";
import { platform } from "../../stacks/platform/contract.ts";
import { web } from "../../stacks/web/contract.ts";
import workspace from "../../stacks/workspace.ts";
import { cloudLike, cloudLikeCall, listen, type Registered } from "../support/mocks.ts";

/** Those of one kind: the same resources in all. */
const environments = ["local", "dev", "staging", "prod"] as const;
type EnvironmentName = (typeof environments)[number] | "onprem";
const stacks = [
  "foundation",
  "network",
  "data",
  "cluster",
  "platform",
  "web",
  "edge",
  "images",
  "observability",
] as const;
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

/** Runs the nine programs of an environment, each with what those before it returned, as `tutti up` would. */
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
  const start = await keep("foundation", () => testProgram(foundation, { ...common, settings: settings.foundation }));
  const base = await keep("network", () => testProgram(network, { ...common, settings: settings.network }));
  const kept = await keep("data", () =>
    testProgram(data, { ...common, settings: settings.data, needs: { network: base } }),
  );
  const gke = await keep("cluster", () =>
    testProgram(cluster, { ...common, settings: settings.cluster, needs: { network: base } }),
  );
  const shared = await keep("platform", () =>
    testProgram(platform, { ...common, settings: settings.platform, needs: { cluster: gke } }),
  );
  const app = await keep("web", () =>
    testProgram(web, { ...common, settings: settings.web, needs: { data: kept, cluster: gke } }),
  );
  await keep("edge", () =>
    testProgram(edge, {
      ...common,
      settings: settings.edge,
      needs: { foundation: start, cluster: gke, platform: shared, web: app },
    }),
  );
  const looked = await keep("images", () =>
    testProgram(images, { ...common, settings: settings.images, needs: { cluster: gke, platform: shared } }),
  );
  await keep("observability", () =>
    testProgram(observability, { ...common, settings: settings.observability, needs: { data: kept, images: looked } }),
  );
}

beforeAll(async () => {
  for (const environment of [...environments, "onprem"] as const) await runEnvironment(environment);
}, 120_000);
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
      ["bootstrap", "real"],
      ["onprem", "real"],
    ]);
    for (const name of ["dev", "staging", "prod", "onprem"] as const) {
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
    // Who may sign in, who is told and of which budget is what they differ by.
    const varying = /WebIamMember|NotificationChannel|Budget/;
    const same = (shapes: readonly string[]) =>
      shapes
        .filter((line) => !varying.test(line))
        .map((line) => line.replace(/www-(?:[a-z]+-)?example-com/, "host"))
        .sort();
    for (const other of others) expect(same(other)).toEqual(same(first!));
  });

  it("keeps secret what its contract says, and nothing else", () => {
    const secrets: Partial<Record<StackName, readonly string[]>> = {
      data: ["databasePassword"],
      cluster: ["ca", "kubeconfig"],
    };
    for (const environment of environments) expect(at(environment, stack).secretOutputs).toEqual(secrets[stack] ?? []);
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
      const named = at(environment, stack).registered.filter(({ type }) => type !== "gcp:dns/recordSet:RecordSet");
      const names = named.flatMap(({ inputs }) => {
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
  it.each(["foundation", "network", "data", "cluster"] as const)("protects everything that %s has", (stack) => {
    const unprotected = at("prod", stack).registered.filter(
      // An API is never turned off, protected or not.
      ({ type, protect }) =>
        !protect &&
        !/ProjectServices|projects\/service/.test(type) &&
        type !== "pulumi:pulumi:Stack" &&
        !type.startsWith("pulumi:providers:"),
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

describe("edge", () => {
  it("lets only staff in before prod, and everybody there, behind the same firewall", () => {
    const policyOf = (environment: EnvironmentName) =>
      inputsOf(environment, "edge", "kubernetes:networking.gke.io/v1:GCPBackendPolicy")["spec"];
    expect(policyOf("staging")).toMatchObject({ default: { iap: { enabled: true }, securityPolicy: "edge-abc1234" } });
    expect(policyOf("prod")).toMatchObject({ default: { iap: { enabled: false }, securityPolicy: "edge-abc1234" } });
    expect(inputsOf("staging", "edge", "gcp:iap/webIamMember:WebIamMember")).toMatchObject({
      member: "group:staff@example.com",
    });
  });
});

describe("observability", () => {
  it.each(environments)("expects of the site of %s that it asks who is there exactly where it does", (environment) => {
    const { default: policy } = inputsOf(environment, "edge", "kubernetes:networking.gke.io/v1:GCPBackendPolicy")[
      "spec"
    ] as {
      default: { iap: { enabled: boolean } };
    };
    const { httpCheck } = inputsOf(environment, "observability", "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig");
    expect(JSON.stringify(httpCheck).includes("401")).toBe(policy.iap.enabled);
  });
});

describe("bootstrap", () => {
  const { entries } = workspace.environments.bootstrap.settings!["bootstrap"] as Instances<{
    readonly project: string;
  }>;

  it.each(entries)(
    "keeps states, keys and the deployer of %s, and lets nobody in but the main branch",
    async (_, settings) => {
      const listener = listen();
      const common = { environment: "bootstrap", resource: cloudLike, call: cloudLikeCall };
      const { outputs, secretOutputs } = await testProgram(bootstrap, { ...common, settings: settings as never });
      listener.stop();
      expect(outputs).toMatchObject({
        stateUrl: "gs://states-abc1234",
        secretsProvider: expect.stringMatching(/^gcpkms:\/\/projects\/.*\/cryptoKeys\/state-stacks-abc1234$/),
        ciAccount: expect.stringMatching(/^deployer-[0-9a-f]{7}@/),
      });
      expect(secretOutputs).toEqual([]);
      const of = (type: RegExp) => listener.registered.filter((one) => type.test(one.type));
      const open = of(/^gcp:(?!projects\/service:)/).filter(({ protect }) => !protect);
      expect(open.map(({ type }) => type)).toEqual([]);
      expect(of(/workloadIdentityPoolProvider:/).map(({ inputs }) => inputs["attributeCondition"])).toEqual([
        "assertion.repository in ['acme/platform'] && assertion.ref in ['refs/heads/main']",
      ]);
      expect(of(/storage\/bucket:/)[0]?.inputs).toMatchObject({
        forceDestroy: false,
        publicAccessPrevention: "enforced",
        versioning: { enabled: true },
      });
      const projects = of(/^gcp:projects\//).map(({ inputs }) => inputs["project"]);
      expect(new Set(projects)).toEqual(new Set([settings.project]));
    },
  );
});

describe("onprem", () => {
  it("has a cluster that no stack makes, and no load balancer of Google's", () => {
    const types = (["cluster", "edge"] as const).flatMap((stack) =>
      at("onprem", stack).registered.map(({ type }) => type),
    );
    expect(
      types.filter((type) =>
        /container\/|GlobalAddress|SecurityPolicy|certificatemanager|networking\.gke\.io/.test(type),
      ),
    ).toEqual([]);
    expect(inputsOf("onprem", "edge", "kubernetes:gateway.networking.k8s.io/v1:Gateway")["spec"]).toMatchObject({
      gatewayClassName: "cilium",
    });
    expect(at("onprem", "cluster").outputs["kubeconfig"]).toContain("https://k8s.onprem.example.com:6443");
    expect(at("onprem", "cluster").outputs["kubeconfig"]).not.toContain('"token"');
  });
  it("is the same cluster at another address, for all that runs in it, when its id stays", async () => {
    const settings = workspace.environments.onprem.settings!["cluster"] as { readonly cluster: object };
    const moved = {
      ...settings,
      cluster: { ...settings.cluster, endpoint: "k8s.new.example.com:6443", id: "former:6443" },
    };
    const needs = { network: at("onprem", "network").outputs } as never;
    const common = { environment: "onprem", resource: cloudLike, call: cloudLikeCall };
    const { outputs } = await testProgram(cluster, { ...common, settings: moved as never, needs });
    expect(outputs).toMatchObject({ clusterId: "former:6443", endpoint: "k8s.new.example.com:6443" });
  });
  it("lets pods act in Google Cloud by the cluster's own tokens", () => {
    const pool = at("onprem", "cluster").outputs["identityPool"];
    const members = at("onprem", "web").registered.filter(
      ({ type }) => type === "gcp:serviceaccount/iAMMember:IAMMember",
    );
    expect(members.map(({ inputs }) => inputs["member"])).toEqual([
      `principal://iam.googleapis.com/${pool}/subject/system:serviceaccount:web:web`,
    ]);
    const deployment = inputsOf("onprem", "web", "kubernetes:apps/v1:Deployment");
    expect(JSON.stringify(deployment)).toContain('"GOOGLE_APPLICATION_CREDENTIALS"');
    expect(JSON.stringify(deployment)).toContain("serviceAccountToken");
  });
});
