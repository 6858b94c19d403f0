// Worker, ScheduledJob, Chart, Gateway, Route, and what Namespace has beside its name.
import { describe, expect, it } from "vitest";
import { Chart, type ChartArgs } from "../../components/kubernetes/chart.ts";
import { Gateway, type GatewayArgs } from "../../components/kubernetes/gateway.ts";
import { Namespace, type NamespaceArgs } from "../../components/kubernetes/namespace.ts";
import { Route, type RouteArgs } from "../../components/kubernetes/route.ts";
import { ScheduledJob, type ScheduledJobArgs } from "../../components/kubernetes/scheduledJob.ts";
import { WebApplication } from "../../components/kubernetes/webApplication.ts";
import { Worker, type WorkerArgs } from "../../components/kubernetes/worker.ts";
import { record, refusal } from "../support/mocks.ts";

const common = {
  namespace: "images",
  image: "registry.example.com/w:1.0",
  resources: { cpu: "500m", memory: "512Mi" },
};

describe("Worker", () => {
  const args: WorkerArgs = {
    ...common,
    scale: { subscription: "projects/p/subscriptions/s", messagesPerPod: 100, min: 0, max: 20 },
  };
  it("runs as many pods as the queue asks for, for nobody to call", async () => {
    const { one } = await record(() => new Worker("classifier", args).deployment);
    const deployment = one("kubernetes:apps/v1:Deployment").inputs["spec"] as Record<string, unknown>;
    expect(deployment["replicas"]).toBeUndefined();
    expect(JSON.stringify(deployment)).toContain('"readOnlyRootFilesystem":true');
    expect(one("kubernetes:keda.sh/v1alpha1:ScaledObject").inputs["spec"]).toEqual({
      scaleTargetRef: { name: "classifier-abcd1234" },
      minReplicaCount: 0,
      maxReplicaCount: 20,
      triggers: [
        {
          type: "gcp-pubsub",
          authenticationRef: { name: "classifier-abcd1234" },
          metadata: { subscriptionName: "projects/p/subscriptions/s", mode: "SubscriptionSize", value: "100" },
        },
      ],
    });
    expect(one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]).toEqual({
      podSelector: { matchLabels: { "app.kubernetes.io/name": "classifier" } },
      policyTypes: ["Ingress"],
    });
  });
  it("needs nothing in the cluster for a fixed number", async () => {
    const { all, one } = await record(
      () => new Worker("classifier", { ...args, scale: { fixed: 3 }, arguments: ["--fast"] }).deployment,
    );
    expect(all("kubernetes:keda.sh/v1alpha1:ScaledObject")).toEqual([]);
    expect(one("kubernetes:apps/v1:Deployment").inputs["spec"]).toMatchObject({
      replicas: 3,
      template: { spec: { containers: [{ args: ["--fast"] }] } },
    });
  });
  it("acts in Google Cloud by the cluster's tokens outside of GKE", async () => {
    const googleIdentity = { by: "federation", email: "w@p", audience: "//iam.googleapis.com/pool" } as const;
    const { one } = await record(() => new Worker("classifier", { ...args, googleIdentity }).deployment);
    const file = (one("kubernetes:core/v1:ConfigMap", "classifier-google").inputs["data"] as Record<string, string>)[
      "credentials.json"
    ];
    expect(JSON.parse(file ?? "")).toMatchObject({
      type: "external_account",
      audience: "//iam.googleapis.com/pool",
      credential_source: { file: "/var/run/secrets/google/token" },
      service_account_impersonation_url:
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/w@p:generateAccessToken",
    });
    expect(JSON.stringify(one("kubernetes:apps/v1:Deployment").inputs)).toContain(
      '"audience":"https://iam.googleapis.com/pool"',
    );
  });
  it.each<[string, Partial<WorkerArgs>, string]>([
    ["image", { image: "w" }, 'image is "w"'],
    ["memory", { resources: { cpu: "1", memory: "1" } }, 'resources.memory is "1", expected bytes'],
    ["number", { scale: { fixed: 0 } }, "scale.fixed is 0, expected a whole number from 1 to 1000"],
    [
      "range",
      { scale: { subscription: "s", messagesPerPod: 1, min: 3, max: 1 } },
      "scale.max is 1, expected a whole number from 3",
    ],
    ["share", { scale: { subscription: "s", messagesPerPod: 0, min: 0, max: 1 } }, "scale.messagesPerPod is 0"],
    ["time to stop", { stopSeconds: 1 }, "stopSeconds is 1, expected a whole number from 10 to 3600"],
    [
      "identity",
      { googleIdentity: { by: "key" } as never },
      'googleIdentity.by is "key", expected one of "gke", "federation"',
    ],
    ["user", { user: 0 }, "user is 0"],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Worker("classifier", { ...args, ...changes }))).toContain(message);
  });
});

describe("ScheduledJob", () => {
  const args: ScheduledJobArgs = { ...common, schedule: { cron: "0 3 * * *" } };
  it("runs one at a time, ends, and is kept to be looked at", async () => {
    const { one } = await record(
      () => new ScheduledJob("report", { ...args, schedule: { cron: "0 3 * * *", timeZone: "Europe/Berlin" } }).name,
    );
    expect(one("kubernetes:batch/v1:CronJob").inputs["spec"]).toMatchObject({
      schedule: "0 3 * * *",
      timeZone: "Europe/Berlin",
      concurrencyPolicy: "Forbid",
      jobTemplate: {
        spec: { backoffLimit: 3, activeDeadlineSeconds: 3600, template: { spec: { restartPolicy: "Never" } } },
      },
    });
  });
  it.each<[string, Partial<ScheduledJobArgs>, string]>([
    ["schedule", { schedule: { cron: "x" } }, 'schedule.cron is "x", expected five fields'],
    ["overlap", { overlap: "allow" as "skip" }, 'overlap is "allow", expected one of "skip", "replace"'],
    ["timeout", { timeoutSeconds: 0 }, "timeoutSeconds is 0"],
    ["retries", { retries: -1 }, "retries is -1"],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new ScheduledJob("report", { ...args, ...changes }))).toContain(message);
  });
  it("refuses a name that leaves no room for its jobs'", async () => {
    expect(await refusal(() => new ScheduledJob("x".repeat(50), args))).toContain("for the name of a CronJob");
  });
});

describe("Chart", () => {
  const repository = "https://kedacore.github.io/charts";
  const args: ChartArgs = { chart: { repository, name: "keda" }, version: "2.18.0" };
  it("is a pinned release in a namespace of its own, rolled back when it fails", async () => {
    const { one } = await record(() => new Chart("keda", { ...args, values: { a: 1 } }).namespace);
    expect(one("kubernetes:core/v1:Namespace").inputs["metadata"]).toMatchObject({
      name: "keda",
      labels: { "pod-security.kubernetes.io/enforce": "baseline" },
    });
    expect(one("kubernetes:helm.sh/v3:Release").inputs).toMatchObject({
      name: "keda",
      namespace: "keda",
      chart: "keda",
      version: "2.18.0",
      repositoryOpts: { repo: repository },
      values: { a: 1 },
      atomic: true,
    });
  });
  it("takes a chart from a registry by its address", async () => {
    const { one } = await record(
      () => new Chart("x", { chart: { registry: "oci://r/x" }, version: "1.0.0" }).namespace,
    );
    expect(one("kubernetes:helm.sh/v3:Release").inputs).toMatchObject({ chart: "oci://r/x" });
    expect(one("kubernetes:helm.sh/v3:Release").inputs["repositoryOpts"]).toBeUndefined();
  });
  it.each<[string, Partial<ChartArgs>, string]>([
    ["chart", { chart: { repository, name: "a b" } }, 'chart.name is "a b", expected the name of a chart'],
    [
      "repository",
      { chart: { repository: "http://x", name: "x" } },
      'chart.repository is "http://x", expected an https:',
    ],
    ["registry", { chart: { registry: "https://x/y" } }, 'chart.registry is "https://x/y", expected an oci:// address'],
    ["version", { version: "^2" }, 'version is "^2", expected one version'],
    ["security", { podSecurity: "none" as "baseline" }, 'podSecurity is "none"'],
    ["timeout", { timeoutSeconds: 1 }, "timeoutSeconds is 1"],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Chart("keda", { ...args, ...changes }))).toContain(message);
  });
});

describe("Gateway and Route", () => {
  const args: GatewayArgs = {
    namespace: "edge",
    gatewayClass: "cilium",
    hosts: ["www.example.com"],
    issuer: "acme",
    routesFrom: ["web"],
  };
  it("has a certificate of the cluster's own issuer", async () => {
    const { one } = await record(() => new Gateway("edge", args).name);
    expect(one("kubernetes:cert-manager.io/v1:Certificate").inputs["spec"]).toMatchObject({
      secretName: "edge-tls",
      dnsNames: ["www.example.com"],
      issuerRef: { kind: "ClusterIssuer", name: "acme" },
    });
    expect(one("kubernetes:gateway.networking.k8s.io/v1:Gateway").inputs["spec"]).toMatchObject({
      gatewayClassName: "cilium",
      listeners: [
        { name: "https", tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: "edge-tls" }] } },
        { name: "http" },
      ],
    });
  });
  it.each<[string, Partial<GatewayArgs>, string]>([
    ["class", { gatewayClass: "Cilium" }, 'gatewayClass is "Cilium"'],
    ["host", { hosts: ["WWW"] }, 'hosts[0] is "WWW", expected a domain'],
    ["list of namespaces", { routesFrom: [] }, "routesFrom is [], expected at least one namespace"],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Gateway("edge", { ...args, ...changes }))).toContain(message);
  });

  const route: RouteArgs = {
    namespace: "web",
    gateway: { name: "edge", namespace: "edge" },
    hosts: ["www.example.com"],
    service: "web",
    port: 80,
  };
  it("replaces a header, and leaves one out", async () => {
    const { one } = await record(
      () => new Route("web", { ...route, headers: { "X-Frame-Options": "", "Referrer-Policy": "no-referrer" } }).name,
    );
    const text = JSON.stringify(one("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "web").inputs);
    expect(text).not.toContain("X-Frame-Options");
    expect(text).toContain('{"name":"Referrer-Policy","value":"no-referrer"}');
  });
  it.each<[string, Partial<RouteArgs>, string]>([
    ["pair of hosts", { hosts: ["a.example.com", "a.example.com"] }, "expected each host once"],
    ["port", { port: 0 }, "port is 0"],
    ["header", { headers: { "X Y": "" } }, 'headers is "X Y", expected names of headers'],
    ["value", { headers: { X: "a\nb" } }, "expected at most 4096 printable characters"],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Route("web", { ...route, ...changes }))).toContain(message);
  });
  it("belongs to a web application that asks for it", async () => {
    const { tree } = await record(
      () =>
        new WebApplication("web", {
          ...common,
          replicas: { fixed: 1 },
          health: { ready: "/", alive: "/" },
          route: { gateway: { name: "edge", namespace: "edge" }, hosts: ["www.example.com"] },
        }).url,
    );
    expect(tree).toContain("tutti:kubernetes:Route web < tutti:kubernetes:WebApplication web");
  });
});

describe("Namespace", () => {
  const built = (args: NamespaceArgs) => record(() => new Namespace("web", args).name);
  it("gives containers what they do not ask for, and people what they may do", async () => {
    const { one } = await built({
      defaults: { cpu: "100m", memory: "128Mi" },
      access: {
        dev: { may: "edit", who: { group: "dev@example.com" } },
        ci: { may: "view", who: { serviceAccount: "ci", namespace: "ci" } },
      },
    });
    expect(one("kubernetes:core/v1:LimitRange").inputs["spec"]).toEqual({
      limits: [{ type: "Container", defaultRequest: { cpu: "100m", memory: "128Mi" }, default: { memory: "128Mi" } }],
    });
    const binding = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding";
    expect(one(binding, "web-dev").inputs).toMatchObject({
      roleRef: { kind: "ClusterRole", name: "edit" },
      subjects: [{ kind: "Group", name: "dev@example.com" }],
    });
    expect(one(binding, "web-ci").inputs["subjects"]).toEqual([
      { kind: "ServiceAccount", name: "ci", namespace: "ci" },
    ]);
  });
  it.each<[string, NamespaceArgs, string]>([
    ["default", { defaults: { cpu: "x", memory: "1Gi" } }, 'defaults.cpu is "x", expected a quantity'],
    [
      "right",
      { access: { dev: { may: "own" as "edit", who: { user: "a" } } } },
      'access.dev.may is "own", expected one of "view", "edit", "admin"',
    ],
    ["key", { access: { "a b": { may: "edit", who: { user: "a" } } } }, 'access.a b is "web-a b"'],
  ])("refuses a wrong %s", async (_, args, message) => {
    expect(await refusal(() => new Namespace("web", args))).toContain(message);
  });
});
