// Worker: a program that takes work from a queue and answers nobody. As many pods run as the backlog asks for, down to none.
//
//   subscription --(backlog)--> scaler --> deployment
//
// Scaling by a queue needs KEDA in the cluster (the stack `platform` installs it). What replaces: the name, `namespace`; of
// `config` and `secrets`, the object that holds them.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kubernetesFixedName, kubernetesName } from "../names.ts";
import { checkWorkload, spreadOver, type WorkloadArgs, workload } from "./workload.ts";

/** How many pods run: always so many, or as many as wait for in a Pub/Sub subscription. */
export type WorkerScale =
  | { readonly fixed: number; readonly subscription?: never }
  /** One pod for each `messagesPerPod` that wait, never fewer than `min` (0 or more), never more than `max`. */
  | {
      /** `projects/<project>/subscriptions/<name>`. */
      readonly subscription: Input<string>;
      readonly messagesPerPod: number;
      readonly min: number;
      readonly max: number;
      readonly fixed?: never;
    };

export interface WorkerArgs extends WorkloadArgs {
  /** How many pods run. */
  readonly scale: WorkerScale;
  /** Arguments of the program; those of the image by default. */
  readonly arguments?: readonly string[];
  /** Seconds a pod has to finish what it has begun when it is stopped, 10 to 3600; 60 by default. */
  readonly stopSeconds?: number;
}

/** Pods that work a queue off. */
export class Worker extends ComponentResource {
  /** Name of the deployment. */
  readonly deployment: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: WorkerArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { scale, stopSeconds = 60 } = args;

    super("tutti:kubernetes:Worker", name, {}, opts);
    const parent = { parent: this };
    const { selector, metadata, pod } = workload(name, args, parent);
    const deployment = new Deployment(
      name,
      {
        metadata,
        spec: {
          // Left out when a scaler owns it, or every update would set it back.
          ...(scale.fixed !== undefined && { replicas: scale.fixed }),
          selector: { matchLabels: selector },
          // Old and new take from one queue: there is no need for more pods than before.
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: 0 } },
          revisionHistoryLimit: 5,
          template: pod(
            { name: "worker", ...(args.arguments !== undefined && { args: [...args.arguments] }) },
            {
              terminationGracePeriodSeconds: stopSeconds,
              topologySpreadConstraints: [spreadOver("kubernetes.io/hostname", "preferred", selector)],
            },
          ),
        },
      },
      parent,
    );
    this.deployment = deployment.metadata.name;

    if (scale.fixed === undefined) {
      const keda = { apiVersion: "keda.sh/v1alpha1", metadata };
      const authentication = new CustomResource(
        name,
        { ...keda, kind: "TriggerAuthentication", spec: { podIdentity: { provider: "gcp" } } },
        parent,
      );
      new CustomResource(
        name,
        {
          ...keda,
          kind: "ScaledObject",
          spec: {
            scaleTargetRef: { name: this.deployment },
            minReplicaCount: scale.min,
            maxReplicaCount: scale.max,
            triggers: [
              {
                type: "gcp-pubsub",
                authenticationRef: { name: authentication.metadata.name },
                metadata: {
                  subscriptionName: scale.subscription,
                  mode: "SubscriptionSize",
                  value: String(scale.messagesPerPod),
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
      {
        metadata,
        spec: {
          maxUnavailable: "25%",
          unhealthyPodEvictionPolicy: "AlwaysAllow",
          selector: { matchLabels: selector },
        },
      },
      parent,
    );
    new NetworkPolicy(
      name,
      // No rule: nobody has anything to say to a worker.
      { metadata, spec: { podSelector: { matchLabels: selector }, policyTypes: ["Ingress"] } },
      parent,
    );
    this.registerOutputs({ deployment: this.deployment });
  }
}

function checkArguments(name: string, args: WorkerArgs): void {
  const { scale, stopSeconds = 60 } = args;
  const check = new ArgumentCheck("Worker", name);
  check.childName("name", name, kubernetesFixedName);
  check.childName("name", `${name}-secrets`, kubernetesName);
  checkWorkload(check, args);
  if (scale.fixed !== undefined) check.integer("scale.fixed", scale.fixed, { min: 1, max: 1000, unit: "pods" });
  else {
    check.integer("scale.min", scale.min, { min: 0, max: 1000, unit: "pods" });
    check.integer("scale.max", scale.max, { min: Math.max(1, scale.min), max: 1000, unit: "pods" });
    check.integer("scale.messagesPerPod", scale.messagesPerPod, { min: 1, max: 1_000_000, unit: "messages" });
  }
  check.integer("stopSeconds", stopSeconds, { min: 10, max: 3600, unit: "seconds" });
  check.done();
}
