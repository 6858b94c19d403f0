// WebApplication: an HTTP server that stays up. Turns an image and what it needs into a deployment that is spread over zones
// and replaced pod by pod, a service with a fixed name, a disruption budget, an autoscaler, and configuration and secrets
// as environment variables. Pods run without root, without capabilities, on a read-only file system, without an API token.
//
//   config, secrets --> deployment <-- service <-- (network policy: who may call)
//                           ^------- autoscaler, disruption budget
//
// Configuration and secrets are immutable objects with generated names: a change makes a new object, the deployment points to
// it and rolls over, and a rollback still finds the old one. What replaces: `name` (the service, and so its DNS name).
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { HorizontalPodAutoscaler } from "@pulumi/kubernetes/autoscaling/v2/horizontalPodAutoscaler.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { ComponentResource, type ComponentResourceOptions, type Input, interpolate, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { checkImage } from "../image.ts";
import { kubernetesFixedName, kubernetesName } from "../names.ts";
import { checkEnvironment } from "./environment.ts";
import { checkKubernetesLabels, type KubernetesLabels } from "./labels.ts";
import { quantity } from "./quantity.ts";

/** How many pods run: always so many, or as many as the load asks for. */
export type Replicas =
  | { readonly fixed: number; readonly min?: never; readonly max?: never; readonly cpuPercent?: never }
  /** `cpuPercent` of the requested CPU, on average over the pods, is what the autoscaler aims at; 70 by default. */
  | { readonly min: number; readonly max: number; readonly cpuPercent?: number; readonly fixed?: never };

/** Who may open connections to the pods. */
export type Callers =
  /** Pods of this namespace. */
  | "namespace"
  /** Pods of every namespace. */
  | "cluster"
  /** Anything that reaches the network of the pods: load balancers outside the cluster among them. */
  | "anyone";

export interface WebApplicationArgs {
  /** Namespace that holds everything (`Namespace.name`). */
  readonly namespace: Input<string>;
  /** Image with a tag other than `latest`, or better with a digest, so that a pod started later runs the same. */
  readonly image: Input<string>;
  /** Port the server listens on, 1024 to 65535 (it is not root); 8080 by default. The service has port 80. */
  readonly port?: number;
  readonly replicas: Replicas;
  /** What one pod requests. Memory is its limit too; CPU has none, so that idle CPU can be used. */
  readonly resources: { readonly cpu: string; readonly memory: string };
  /** Paths that answer 2xx or 3xx: `ready` when it can take requests, `alive` unless it must be restarted. */
  readonly health: { readonly ready: string; readonly alive: string };
  /** Seconds a pod may take to start, 1 to 3600; 60 by default. */
  readonly startSeconds?: number;
  /** Seconds a pod has to finish its requests when it is stopped, 10 to 600; 30 by default. */
  readonly stopSeconds?: number;
  /** `required` leaves pods unscheduled rather than uneven over zones; `preferred` by default. */
  readonly spread?: "required" | "preferred";
  /** Numeric user and group; 65532 by default, `nonroot` of the distroless images. Never 0. */
  readonly user?: number;
  /** Environment variables that anybody may see. */
  readonly config?: Readonly<Record<string, Input<string>>>;
  /** Environment variables that nobody may see: each is made secret, whether or not it came as one. */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  /** E-mail of the Google service account the pods act as (`ServiceAccount.email`, which must name this application). */
  readonly googleServiceAccount?: Input<string>;
  /** `namespace` by default. */
  readonly callers?: Callers;
  readonly labels?: KubernetesLabels;
}

/** An HTTP server, highly available when it has more than one replica. */
export class WebApplication extends ComponentResource {
  /** Name of the deployment. */
  readonly deployment: Output<string>;
  /** Name of the service. */
  readonly service: Output<string>;
  /** Where pods of the cluster find it: `http://<service>.<namespace>.svc.cluster.local`. */
  readonly url: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: WebApplicationArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { namespace, image, port = 8080, replicas, resources, health, config = {}, secrets = {} } = args;
    const { startSeconds = 60, stopSeconds = 30, spread = "preferred", user = 65_532, callers = "namespace" } = args;

    super("tutti:kubernetes:WebApplication", name, {}, opts);
    const parent = { parent: this };
    // Selectors are immutable, so they hold the name only; everything else may change.
    const selector = { "app.kubernetes.io/name": name };
    const labels = { ...args.labels, ...selector };
    const metadata = { namespace, labels };

    const account = new ServiceAccount(
      name,
      {
        metadata: {
          ...metadata,
          name,
          ...(args.googleServiceAccount !== undefined && {
            annotations: { "iam.gke.io/gcp-service-account": args.googleServiceAccount },
          }),
        },
        automountServiceAccountToken: false,
      },
      parent,
    );
    const configMap =
      Object.keys(config).length > 0
        ? new ConfigMap(`${name}-config`, { metadata, data: config, immutable: true }, parent)
        : undefined;
    // The SDK makes everything in `stringData` secret, also what came in the open.
    const hidden =
      Object.keys(secrets).length > 0
        ? new Secret(`${name}-secrets`, { metadata, stringData: secrets, immutable: true, type: "Opaque" }, parent)
        : undefined;

    const probe = (path: string) => ({ httpGet: { path, port: "http" }, periodSeconds: 10, timeoutSeconds: 3 });
    const deployment = new Deployment(
      name,
      {
        metadata,
        spec: {
          // Left out when an autoscaler owns it, or every update would set it back.
          ...(replicas.fixed !== undefined && { replicas: replicas.fixed }),
          selector: { matchLabels: selector },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
          revisionHistoryLimit: 5,
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: account.metadata.name,
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              terminationGracePeriodSeconds: stopSeconds,
              securityContext: {
                runAsNonRoot: true,
                runAsUser: user,
                runAsGroup: user,
                fsGroup: user,
                seccompProfile: { type: "RuntimeDefault" },
              },
              topologySpreadConstraints: [
                spreadOver("topology.kubernetes.io/zone", spread, selector),
                spreadOver("kubernetes.io/hostname", "preferred", selector),
              ],
              containers: [
                {
                  name: "web",
                  image,
                  ports: [{ name: "http", containerPort: port }],
                  envFrom: [
                    ...(configMap === undefined ? [] : [{ configMapRef: { name: configMap.metadata.name } }]),
                    ...(hidden === undefined ? [] : [{ secretRef: { name: hidden.metadata.name } }]),
                  ],
                  resources: {
                    requests: { cpu: resources.cpu, memory: resources.memory },
                    limits: { memory: resources.memory },
                  },
                  startupProbe: { ...probe(health.alive), periodSeconds: 1, failureThreshold: startSeconds },
                  readinessProbe: { ...probe(health.ready), periodSeconds: 5 },
                  livenessProbe: probe(health.alive),
                  // Load balancers still send requests for a moment after a pod is told to stop.
                  lifecycle: { preStop: { sleep: { seconds: 5 } } },
                  securityContext: {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                  },
                  volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
                },
              ],
              volumes: [{ name: "tmp", emptyDir: {} }],
            },
          },
        },
      },
      parent,
    );
    this.deployment = deployment.metadata.name;

    const service = new Service(
      name,
      {
        metadata: { ...metadata, name },
        spec: { type: "ClusterIP", selector, ports: [{ name: "http", port: 80, targetPort: "http" }] },
      },
      parent,
    );
    this.service = service.metadata.name;
    this.url = interpolate`http://${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`;

    if (replicas.fixed === undefined) {
      new HorizontalPodAutoscaler(
        name,
        {
          metadata,
          spec: {
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: this.deployment },
            minReplicas: replicas.min,
            maxReplicas: replicas.max,
            metrics: [
              {
                type: "Resource",
                resource: {
                  name: "cpu",
                  target: { type: "Utilization", averageUtilization: replicas.cpuPercent ?? 70 },
                },
              },
            ],
          },
        },
        parent,
      );
    }
    new PodDisruptionBudget(
      name,
      // One at a time also when there is one only: a budget that forbids every eviction would block node upgrades.
      // Pods that are not ready may always go: else one that never becomes ready would block node upgrades too.
      {
        metadata,
        spec: {
          maxUnavailable: 1,
          unhealthyPodEvictionPolicy: "AlwaysAllow",
          selector: { matchLabels: selector },
        },
      },
      parent,
    );
    new NetworkPolicy(
      name,
      {
        metadata,
        spec: {
          podSelector: { matchLabels: selector },
          policyTypes: ["Ingress"],
          ingress: [{ ports: [{ port: "http" }], ...fromCallers(callers) }],
        },
      },
      parent,
    );

    this.registerOutputs({ deployment: this.deployment, service: this.service, url: this.url });
  }
}

/** Pods of one revision are counted by themselves, so that a rolling update ends as even as it began. */
function spreadOver(topologyKey: string, spread: "required" | "preferred", matchLabels: Record<string, string>) {
  return {
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: spread === "required" ? "DoNotSchedule" : "ScheduleAnyway",
    labelSelector: { matchLabels },
    matchLabelKeys: ["pod-template-hash"],
  };
}

/** A rule without `from` lets everybody in. */
function fromCallers(callers: Callers) {
  switch (callers) {
    case "namespace":
      return { from: [{ podSelector: {} }] };
    case "cluster":
      return { from: [{ namespaceSelector: {} }] };
    case "anyone":
      return {};
  }
}

function checkArguments(name: string, args: WebApplicationArgs): void {
  const { image, port = 8080, replicas, resources, health, startSeconds = 60, stopSeconds = 30 } = args;
  const check = new ArgumentCheck("WebApplication", name);
  check.childName("name", name, kubernetesFixedName);
  check.childName("name", `${name}-secrets`, kubernetesName);
  checkImage(check, "image", image);
  check.integer("port", port, { min: 1024, max: 65_535 });
  if (replicas.fixed !== undefined)
    check.integer("replicas.fixed", replicas.fixed, { min: 1, max: 1000, unit: "pods" });
  else {
    check.integer("replicas.min", replicas.min, { min: 1, max: 1000, unit: "pods" });
    check.integer("replicas.max", replicas.max, { min: replicas.min, max: 1000, unit: "pods" });
    check.integer("replicas.cpuPercent", replicas.cpuPercent ?? 70, { min: 10, max: 95, unit: "percent" });
  }
  if (quantity(resources.cpu) === undefined) check.refuse("resources.cpu", resources.cpu, 'CPUs such as "250m" or "2"');
  const memory = quantity(resources.memory);
  if (memory === undefined || memory < 2 ** 20) {
    check.refuse("resources.memory", resources.memory, 'bytes such as "256Mi", one MiB or more');
  }
  check.matches("health.ready", health.ready, /^\/\S*$/, "a path that begins with /");
  check.matches("health.alive", health.alive, /^\/\S*$/, "a path that begins with /");
  check.integer("startSeconds", startSeconds, { min: 1, max: 3600, unit: "seconds" });
  check.integer("stopSeconds", stopSeconds, { min: 10, max: 600, unit: "seconds" });
  check.oneOf("spread", args.spread ?? "preferred", ["required", "preferred"]);
  check.integer("user", args.user ?? 65_532, { min: 1, max: 2 ** 31 - 1, unit: "user id, not root" });
  check.oneOf("callers", args.callers ?? "namespace", ["namespace", "cluster", "anyone"]);
  checkEnvironment(check, args);
  checkKubernetesLabels(check, args.labels ?? {});
  check.done();
}
