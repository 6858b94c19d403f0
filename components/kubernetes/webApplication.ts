// WebApplication: an HTTP server that stays up. Turns an image and what it needs into a deployment that is spread over zones
// and replaced pod by pod, a service with a fixed name, a disruption budget, an autoscaler, and configuration and secrets
// as environment variables. Pods run without root, without capabilities, on a read-only file system, without an API token.
//
//   config, secrets --> deployment <-- service <-- (network policy: who may call)
//                           ^------- autoscaler, disruption budget
//
// Configuration and secrets are immutable objects with generated names: a change makes a new object, the deployment points to
// it and rolls over, and a rollback still finds the old one. What replaces: the name and `namespace` (the service, and so its DNS
// name); of `config` and `secrets`, those objects.
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { HorizontalPodAutoscaler } from "@pulumi/kubernetes/autoscaling/v2/horizontalPodAutoscaler.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { ComponentResource, type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kubernetesFixedName, kubernetesName } from "../names.ts";
import { checkHosts, Route, type RouteArgs } from "./route.ts";
import { checkWorkload, spreadOver, type WorkloadArgs, workload } from "./workload.ts";

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

/** Hosts under which a shared gateway sends requests to the application (see Route). */
export interface WebApplicationRoute {
  /** The gateway, and the names of its listeners; `https` and `http` by default. */
  readonly gateway: RouteArgs["gateway"];
  /** At least one. */
  readonly hosts: readonly string[];
}

export interface WebApplicationArgs extends WorkloadArgs {
  /** Port the server listens on, 1024 to 65535 (it is not root); 8080 by default. The service has port 80. */
  readonly port?: number;
  /** How many pods run. */
  readonly replicas: Replicas;
  /** Paths that answer 2xx or 3xx: `ready` when it can take requests, `alive` unless it must be restarted. */
  readonly health: { readonly ready: string; readonly alive: string };
  /** Seconds a pod may take to start, 1 to 3600; 60 by default. */
  readonly startSeconds?: number;
  /** Seconds a pod has to finish its requests when it is stopped, 10 to 600; 30 by default. */
  readonly stopSeconds?: number;
  /** `required` leaves pods unscheduled rather than uneven over zones; `preferred` by default. */
  readonly spread?: "required" | "preferred";
  /** `namespace` by default; `anyone` for what a load balancer outside the cluster sends requests to. */
  readonly callers?: Callers;
  /** A way in through a gateway that is there already; none by default. */
  readonly route?: WebApplicationRoute;
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
    const { port = 8080, replicas, health, startSeconds = 60, stopSeconds = 30 } = args;
    const { spread = "preferred", callers = "namespace", route } = args;

    super("tutti:kubernetes:WebApplication", name, {}, opts);
    const parent = { parent: this };
    const { labels, selector, metadata, pod } = workload(name, args, parent);

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
          template: pod(
            {
              name: "web",
              ports: [{ name: "http", containerPort: port }],
              startupProbe: { ...probe(health.alive), periodSeconds: 1, failureThreshold: startSeconds },
              readinessProbe: { ...probe(health.ready), periodSeconds: 5 },
              livenessProbe: probe(health.alive),
              // Load balancers still send requests for a moment after a pod is told to stop.
              lifecycle: { preStop: { sleep: { seconds: 5 } } },
            },
            {
              terminationGracePeriodSeconds: stopSeconds,
              topologySpreadConstraints: [
                spreadOver("topology.kubernetes.io/zone", spread, selector),
                spreadOver("kubernetes.io/hostname", "preferred", selector),
              ],
            },
          ),
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

    if (route !== undefined) {
      new Route(name, { namespace: args.namespace, ...route, service: this.service, port: 80, labels }, parent);
    }

    this.registerOutputs({ deployment: this.deployment, service: this.service, url: this.url });
  }
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
  const { port = 8080, replicas, health, startSeconds = 60, stopSeconds = 30 } = args;
  const check = new ArgumentCheck("WebApplication", name);
  check.childName("name", name, kubernetesFixedName);
  check.childName("name", `${name}-${args.route === undefined ? "secrets" : "redirect"}`, kubernetesName);
  checkWorkload(check, args);
  check.integer("port", port, { min: 1024, max: 65_535 });
  if (replicas.fixed !== undefined)
    check.integer("replicas.fixed", replicas.fixed, { min: 1, max: 1000, unit: "pods" });
  else {
    check.integer("replicas.min", replicas.min, { min: 1, max: 1000, unit: "pods" });
    check.integer("replicas.max", replicas.max, { min: replicas.min, max: 1000, unit: "pods" });
    check.integer("replicas.cpuPercent", replicas.cpuPercent ?? 70, { min: 10, max: 95, unit: "percent" });
  }
  check.matches("health.ready", health.ready, /^\/\S*$/, "a path that begins with /");
  check.matches("health.alive", health.alive, /^\/\S*$/, "a path that begins with /");
  check.integer("startSeconds", startSeconds, { min: 1, max: 3600, unit: "seconds" });
  check.integer("stopSeconds", stopSeconds, { min: 10, max: 600, unit: "seconds" });
  check.oneOf("spread", args.spread ?? "preferred", ["required", "preferred"]);
  check.oneOf("callers", args.callers ?? "namespace", ["namespace", "cluster", "anyone"]);
  if (args.route !== undefined) checkHosts(check, "route.hosts", args.route.hosts);
  check.done();
}
