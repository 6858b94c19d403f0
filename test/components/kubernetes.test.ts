// Kubernetes components: closed, highly available, secret where it matters, and every wrong argument refused.
import { secret } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { gkeKubeconfig } from "../../components/kubernetes/kubeconfig.ts";
import { Namespace, type NamespaceArgs } from "../../components/kubernetes/namespace.ts";
import { WebApplication, type WebApplicationArgs } from "../../components/kubernetes/webApplication.ts";
import { record, refusal } from "../support/mocks.ts";

describe("gkeKubeconfig", () => {
  it("names the cluster and a plugin that gets a token, and holds none", async () => {
    const { value, secretValues } = await record(() => ({
      config: gkeKubeconfig({ name: "main", endpoint: "203.0.113.10", ca: secret("Y2E=") }),
    }));
    expect(secretValues).toEqual(["config"]);
    const config = JSON.parse(value.config);
    expect(config.clusters).toEqual([
      { name: "main", cluster: { server: "https://203.0.113.10", "certificate-authority-data": "Y2E=" } },
    ]);
    expect(config.users[0].user).toEqual({
      exec: expect.objectContaining({ command: "gke-gcloud-auth-plugin", provideClusterInfo: true }),
    });
    expect(config["current-context"]).toBe("main");
  });

  it("leaves the certificate to the machine when there is none", async () => {
    const { value } = await record(() => ({
      config: gkeKubeconfig({ name: "main", endpoint: "gke.example", ca: "" }),
    }));
    expect(JSON.parse(value.config).clusters).toEqual([{ name: "main", cluster: { server: "https://gke.example" } }]);
  });
});

describe("Namespace", () => {
  it("starts closed: the strictest pod security, and no way in", async () => {
    const { tree, one, value } = await record(() => ({ name: new Namespace("web", { labels: { team: "web" } }).name }));
    expect(tree).toEqual([
      "kubernetes:core/v1:Namespace web < tutti:kubernetes:Namespace web",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy web-closed < tutti:kubernetes:Namespace web",
      "tutti:kubernetes:Namespace web",
    ]);
    expect(one("kubernetes:core/v1:Namespace").inputs["metadata"]).toEqual({
      name: "web",
      labels: { team: "web", "pod-security.kubernetes.io/enforce": "restricted" },
    });
    expect(one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]).toEqual({
      podSelector: {},
      policyTypes: ["Ingress"],
    });
    expect(value.name).toBe("web");
  });

  it("keeps its pods inside of the cluster when asked to, before any of them starts", async () => {
    const { one, value } = await record(() => new Namespace("web", { egress: "cluster" }).name);
    expect(one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "web-egress").inputs["spec"]).toEqual({
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [
        { to: [{ namespaceSelector: {} }] },
        {
          to: [{ ipBlock: { cidr: "169.254.20.10/32" } }],
          ports: [
            { port: 53, protocol: "UDP" },
            { port: 53, protocol: "TCP" },
          ],
        },
      ],
    });
    expect(value).toBe("web");
  });

  it("has a quota when given one", async () => {
    const { one } = await record(() => new Namespace("web", { quota: { cpu: "8", memory: "16Gi", pods: 50 } }).name);
    expect(one("kubernetes:core/v1:ResourceQuota").inputs["spec"]).toEqual({
      hard: { "requests.cpu": "8", "requests.memory": "16Gi", pods: "50" },
    });
  });

  it.each<[string, string, NamespaceArgs, string]>([
    ["name", "kube-web", {}, 'name is "kube-web", expected a name of your own'],
    ["long name", "w".repeat(64), {}, "1 to 63 characters for the name of a Kubernetes object"],
    [
      "standard",
      "web",
      { podSecurity: "none" as "baseline" },
      'podSecurity is "none", expected one of "restricted", "baseline", "privileged"',
    ],
    [
      "quota of CPUs",
      "web",
      { quota: { cpu: "many", memory: "1Gi", pods: 1 } },
      'quota.cpu is "many", expected a quantity',
    ],
    [
      "quota of memory",
      "web",
      { quota: { cpu: "1", memory: "1GB", pods: 1 } },
      'quota.memory is "1GB", expected a quantity',
    ],
    [
      "quota of pods",
      "web",
      { quota: { cpu: "1", memory: "1Gi", pods: 0 } },
      "quota.pods is 0, expected a whole number from 1",
    ],
    ["label", "web", { labels: { "a b": "c" } }, 'labels is "a b", expected keys of 1 to 63'],
    ["label's value", "web", { labels: { a: "b c" } }, 'labels.a is "b c", expected at most 63'],
  ])("refuses a wrong %s", async (_, name, args, message) => {
    expect(await refusal(() => new Namespace(name, args))).toContain(message);
  });
});

describe("WebApplication", () => {
  const plain: WebApplicationArgs = {
    namespace: "web",
    image: "example.com/web:1.2.3",
    replicas: { min: 3, max: 9 },
    resources: { cpu: "250m", memory: "256Mi" },
    health: { ready: "/ready", alive: "/alive" },
    config: { LOG_LEVEL: "info" },
    secrets: { PASSWORD: "hunter2" },
  };
  const built = (changes: Partial<WebApplicationArgs> = {}) =>
    record(() => {
      const { deployment, service, url } = new WebApplication("web", { ...plain, ...changes });
      return { deployment, service, url };
    });
  interface PodSpec {
    containers: [Record<string, unknown>];
    topologySpreadConstraints: Record<string, unknown>[];
    [key: string]: unknown;
  }
  const podOf = (inputs: Readonly<Record<string, unknown>>) =>
    (inputs["spec"] as { template: { spec: PodSpec } }).template.spec;
  const deploymentType = "kubernetes:apps/v1:Deployment";

  it("is everything an application needs to stay up", async () => {
    const { tree, value } = await built();
    expect(tree).toEqual([
      "kubernetes:apps/v1:Deployment web < tutti:kubernetes:WebApplication web",
      "kubernetes:autoscaling/v2:HorizontalPodAutoscaler web < tutti:kubernetes:WebApplication web",
      "kubernetes:core/v1:ConfigMap web-config < tutti:kubernetes:WebApplication web",
      "kubernetes:core/v1:Secret web-secrets < tutti:kubernetes:WebApplication web",
      "kubernetes:core/v1:Service web < tutti:kubernetes:WebApplication web",
      "kubernetes:core/v1:ServiceAccount web < tutti:kubernetes:WebApplication web",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy web < tutti:kubernetes:WebApplication web",
      "kubernetes:policy/v1:PodDisruptionBudget web < tutti:kubernetes:WebApplication web",
      "tutti:kubernetes:WebApplication web",
    ]);
    expect(value).toEqual({ deployment: "web-abcd1234", service: "web", url: "http://web.web.svc.cluster.local" });
  });

  it("meets the restricted pod security standard", async () => {
    const { inputs } = (await built()).one(deploymentType);
    const pod = podOf(inputs);
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(pod.containers[0]).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
      resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "256Mi" } },
    });
  });

  it("is replaced pod by pod, spread out, and probed", async () => {
    const { inputs } = (await built({ spread: "required" })).one(deploymentType);
    expect(inputs["spec"]).toMatchObject({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } } });
    const pod = podOf(inputs);
    expect(
      pod.topologySpreadConstraints.map(({ topologyKey, whenUnsatisfiable }) => [topologyKey, whenUnsatisfiable]),
    ).toEqual([
      ["topology.kubernetes.io/zone", "DoNotSchedule"],
      ["kubernetes.io/hostname", "ScheduleAnyway"],
    ]);
    expect(pod.containers[0]).toMatchObject({
      startupProbe: { httpGet: { path: "/alive", port: "http" }, periodSeconds: 1, failureThreshold: 60 },
      readinessProbe: { httpGet: { path: "/ready" } },
      livenessProbe: { httpGet: { path: "/alive" } },
    });
    const preferred = podOf((await built()).one(deploymentType).inputs);
    expect(preferred.topologySpreadConstraints[0]).toMatchObject({ whenUnsatisfiable: "ScheduleAnyway" });
  });

  it("leaves the number of pods to the autoscaler when there is one", async () => {
    const scaled = await built();
    expect((scaled.one(deploymentType).inputs["spec"] as { replicas?: number }).replicas).toBeUndefined();
    expect(scaled.one("kubernetes:autoscaling/v2:HorizontalPodAutoscaler").inputs["spec"]).toMatchObject({
      scaleTargetRef: { kind: "Deployment", name: "web-abcd1234" },
      minReplicas: 3,
      maxReplicas: 9,
      metrics: [{ resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }],
    });
    const fixed = await built({ replicas: { fixed: 2 } });
    expect(fixed.all("kubernetes:autoscaling/v2:HorizontalPodAutoscaler")).toEqual([]);
    expect(fixed.one(deploymentType).inputs["spec"]).toMatchObject({ replicas: 2 });
  });

  it("selects its own pods with service, budget and policy, by what never changes", async () => {
    const { one } = await built({ labels: { team: "web" } });
    const selector = { "app.kubernetes.io/name": "web" };
    expect(one(deploymentType).inputs["spec"]).toMatchObject({
      selector: { matchLabels: selector },
      template: { metadata: { labels: { ...selector, team: "web" } } },
    });
    expect(one("kubernetes:core/v1:Service").inputs["spec"]).toMatchObject({
      selector,
      ports: [{ port: 80, targetPort: "http" }],
    });
    expect(one("kubernetes:policy/v1:PodDisruptionBudget").inputs["spec"]).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: selector },
    });
  });

  it("lets in who may call, and nobody else", async () => {
    const ingress = async (callers?: WebApplicationArgs["callers"]) => {
      const { one } = await built(callers === undefined ? {} : { callers });
      return (one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"] as { ingress: unknown }).ingress;
    };
    const ports = [{ port: "http" }];
    expect(await ingress()).toEqual([{ ports, from: [{ podSelector: {} }] }]);
    expect(await ingress("cluster")).toEqual([{ ports, from: [{ namespaceSelector: {} }] }]);
    expect(await ingress("anyone")).toEqual([{ ports }]);
  });

  it("gives configuration in the open and secrets in secret, in objects that a change replaces", async () => {
    const { one, registered } = await built();
    const hidden = one("kubernetes:core/v1:Secret");
    expect(hidden.inputs).toMatchObject({ stringData: { PASSWORD: "hunter2" }, immutable: true });
    expect(hidden.secretInputs).toEqual(["stringData"]);
    expect(one("kubernetes:core/v1:ConfigMap").inputs).toMatchObject({ data: { LOG_LEVEL: "info" }, immutable: true });
    expect(podOf(one(deploymentType).inputs).containers[0]["envFrom"]).toEqual([
      { configMapRef: { name: "web-config-abcd1234" } },
      { secretRef: { name: "web-secrets-abcd1234" } },
    ]);
    const elsewhere = registered.filter(({ type }) => type !== "kubernetes:core/v1:Secret");
    expect(JSON.stringify(elsewhere.map(({ inputs }) => inputs))).not.toContain("hunter2");
  });

  it("makes no empty configuration or secret", async () => {
    const { all, one } = await built({ config: {}, secrets: {} });
    expect(all("kubernetes:core/v1:ConfigMap")).toEqual([]);
    expect(all("kubernetes:core/v1:Secret")).toEqual([]);
    expect(podOf(one(deploymentType).inputs).containers[0]["envFrom"]).toEqual([]);
  });

  it("acts as a Google service account when given one", async () => {
    const { one } = await built({ googleIdentity: { by: "gke", email: "web@p.iam.gserviceaccount.com" } });
    expect(one("kubernetes:core/v1:ServiceAccount").inputs).toMatchObject({
      metadata: {
        name: "web",
        namespace: "web",
        annotations: { "iam.gke.io/gcp-service-account": "web@p.iam.gserviceaccount.com" },
      },
      automountServiceAccountToken: false,
    });
  });

  it.each<[string, Partial<WebApplicationArgs>, string]>([
    [
      "image without a tag",
      { image: "example.com/web" },
      'image is "example.com/web", expected an image with a tag other than "latest"',
    ],
    [
      "image of a registry with a port, without a tag",
      { image: "example.com:5000/web" },
      'image is "example.com:5000/web", expected',
    ],
    ["latest image", { image: "example.com/web:latest" }, 'image is "example.com/web:latest", expected'],
    ["port of root", { port: 80 }, "port is 80, expected a whole number from 1024 to 65535"],
    ["number of replicas", { replicas: { fixed: 0 } }, "replicas.fixed is 0, expected a whole number from 1"],
    ["maximum", { replicas: { min: 3, max: 2 } }, "replicas.max is 2, expected a whole number from 3 to 1000 (pods)"],
    [
      "load",
      { replicas: { min: 1, max: 2, cpuPercent: 100 } },
      "replicas.cpuPercent is 100, expected a whole number from 10 to 95 (percent)",
    ],
    ["CPU", { resources: { cpu: "a lot", memory: "1Gi" } }, 'resources.cpu is "a lot", expected CPUs such as'],
    ["memory", { resources: { cpu: "1", memory: "256" } }, 'resources.memory is "256", expected bytes such as "256Mi"'],
    ["path", { health: { ready: "ready", alive: "/" } }, 'health.ready is "ready", expected a path that begins with /'],
    ["other path", { health: { ready: "/", alive: "" } }, 'health.alive is "", expected a path that begins with /'],
    ["start", { startSeconds: 0 }, "startSeconds is 0, expected a whole number from 1"],
    ["stop", { stopSeconds: 5 }, "stopSeconds is 5, expected a whole number from 10 to 600 (seconds)"],
    ["spread", { spread: "even" as "required" }, 'spread is "even", expected one of "required", "preferred"'],
    ["user", { user: 0 }, "user is 0, expected a whole number from 1"],
    [
      "callers",
      { callers: "internet" as "anyone" },
      'callers is "internet", expected one of "namespace", "cluster", "anyone"',
    ],
    ["variable", { config: { "log-level": "x" } }, 'config is "log-level", expected environment variables'],
    ["secret variable", { secrets: { "1": "x" } }, 'secrets is "1", expected environment variables'],
    [
      "variable twice",
      { config: { PASSWORD: "x" } },
      'secrets is "PASSWORD", expected a variable that config does not set too',
    ],
    ["label", { labels: { a: "b c" } }, 'labels.a is "b c", expected'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new WebApplication("web", { ...plain, ...changes }))).toContain(message);
  });

  it.each([
    "web:1",
    "example.com:5000/team/web:1.2.3-rc.1",
    `example.com/web@sha256:${"0".repeat(64)}`,
    "example.com/web:latest-stable",
  ])("takes %s", async (image) => {
    expect((await built({ image })).all(deploymentType)).toHaveLength(1);
  });

  it("never shows the value of a secret in a refusal", async () => {
    expect(
      await refusal(() => new WebApplication("web", { ...plain, port: 1, secrets: { PASSWORD: "hunter2" } })),
    ).not.toContain("hunter2");
  });
});
