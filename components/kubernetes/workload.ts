// What every workload of these components runs in: a pod without root, without capabilities, on a read-only file system, without
// an API token, with its configuration and secrets as immutable objects that it rolls over to. Shared by WebApplication, Worker
// and ScheduledJob, which add what they are for. Clusters from Kubernetes 1.30 on have all that is asked of them here.
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type * as input from "@pulumi/kubernetes/types/input.js";
import { type CustomResourceOptions, type Input, interpolate } from "@pulumi/pulumi";
import type { ArgumentCheck } from "../arguments.ts";
import { checkImage } from "../image.ts";
import { checkEnvironment } from "./environment.ts";
import { checkKubernetesLabels, type KubernetesLabels } from "./labels.ts";
import { quantity } from "./quantity.ts";

/** How the pods of a workload act as a Google service account (`ServiceAccount`), without a key. */
export type GoogleIdentity =
  /** In GKE, by its workload identity; the account must name this workload under `kubernetes`. */
  | { readonly by: "gke"; readonly email: Input<string> }
  /**
   * In any other cluster, by a token of the cluster that Google exchanges (`IdentityFederation`, trust by `kubernetes`); the account
   * must name this workload's pods under `actors`. `audience` is the federation's.
   */
  | { readonly by: "federation"; readonly email: Input<string>; readonly audience: Input<string> };

export interface WorkloadArgs {
  /** Namespace that holds everything (`Namespace.name`). Changing it replaces everything. */
  readonly namespace: Input<string>;
  /** Image with a tag other than `latest`, or better with a digest, so that a pod started later runs the same. */
  readonly image: Input<string>;
  /**
   * What one pod requests: CPUs (`250m`, `2`) and bytes (`256Mi`). Memory is its limit too; CPU has none, so that idle CPU can be
   * used.
   */
  readonly resources: { readonly cpu: string; readonly memory: string };
  /** Numeric user and group; 65532 by default, `nonroot` of the distroless images. Never 0. */
  readonly user?: number;
  /** Environment variables that anybody may see. Changing one replaces the object that holds them, and pods roll over to the new one. */
  readonly config?: Readonly<Record<string, Input<string>>>;
  /**
   * Environment variables that nobody may see: each is made secret, whether or not it came as one. Changing one replaces the object
   * that holds them, and pods roll over to the new one.
   */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  /** The Google service account that the pods act as; none by default. */
  readonly googleIdentity?: GoogleIdentity;
  /** Labels of every object and of the pods, beside `app.kubernetes.io/name`; none by default. */
  readonly labels?: KubernetesLabels;
}

/** The parts of a workload that its kind of controller is put around. */
export interface Workload {
  readonly account: ServiceAccount;
  readonly labels: Record<string, string>;
  /** Selectors are immutable, so they hold the name only; everything else may change. */
  readonly selector: Record<string, string>;
  readonly metadata: { readonly namespace: Input<string>; readonly labels: Record<string, string> };
  /** Pod and its one container, for what the workload adds to them. */
  pod(container: Partial<input.core.v1.Container>, pod?: Partial<input.core.v1.PodSpec>): input.core.v1.PodTemplateSpec;
}

/** Where the federated token and what explains it to Google's libraries are found in a pod. */
const tokenFolder = "/var/run/secrets/google";

/** Registers service account, configuration and secrets, and returns the pod around them. */
export function workload(name: string, args: WorkloadArgs, opts: CustomResourceOptions): Workload {
  const { namespace, config = {}, secrets = {}, googleIdentity, user = 65_532 } = args;
  const selector = { "app.kubernetes.io/name": name };
  const labels = { ...args.labels, ...selector };
  const metadata = { namespace, labels };

  const account = new ServiceAccount(
    name,
    {
      metadata: {
        ...metadata,
        name,
        ...(googleIdentity?.by === "gke" && {
          annotations: { "iam.gke.io/gcp-service-account": googleIdentity.email },
        }),
      },
      automountServiceAccountToken: false,
    },
    opts,
  );
  const configMap =
    Object.keys(config).length > 0
      ? new ConfigMap(`${name}-config`, { metadata, data: { ...config }, immutable: true }, opts)
      : undefined;
  // The SDK makes everything in `stringData` secret, also what came in the open.
  const hidden =
    Object.keys(secrets).length > 0
      ? new Secret(`${name}-secrets`, { metadata, stringData: { ...secrets }, immutable: true, type: "Opaque" }, opts)
      : undefined;
  const federation = googleIdentity?.by === "federation" ? federationOf(googleIdentity) : undefined;
  const explained =
    federation === undefined
      ? undefined
      : new ConfigMap(
          `${name}-google`,
          { metadata, data: { "credentials.json": federation.credentials }, immutable: true },
          opts,
        );

  return {
    account,
    labels,
    selector,
    metadata,
    pod: (container, pod = {}) => ({
      metadata: { labels },
      spec: {
        serviceAccountName: account.metadata.name,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: user,
          runAsGroup: user,
          fsGroup: user,
          seccompProfile: { type: "RuntimeDefault" },
        },
        ...pod,
        containers: [
          {
            name: "main",
            image: args.image,
            envFrom: [
              ...(configMap === undefined ? [] : [{ configMapRef: { name: configMap.metadata.name } }]),
              ...(hidden === undefined ? [] : [{ secretRef: { name: hidden.metadata.name } }]),
            ],
            ...(explained !== undefined && {
              env: [{ name: "GOOGLE_APPLICATION_CREDENTIALS", value: `${tokenFolder}/credentials.json` }],
            }),
            resources: {
              requests: { cpu: args.resources.cpu, memory: args.resources.memory },
              limits: { memory: args.resources.memory },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
            volumeMounts: [
              { name: "tmp", mountPath: "/tmp" },
              ...(explained === undefined ? [] : [{ name: "google", mountPath: tokenFolder, readOnly: true }]),
            ],
            ...container,
          },
        ],
        volumes: [
          { name: "tmp", emptyDir: {} },
          ...(explained === undefined || federation === undefined
            ? []
            : [
                {
                  name: "google",
                  projected: {
                    sources: [
                      {
                        serviceAccountToken: { path: "token", audience: federation.audience, expirationSeconds: 3600 },
                      },
                      { configMap: { name: explained.metadata.name } },
                    ],
                  },
                },
              ]),
        ],
      },
    }),
  };
}

/** The file that Google's libraries read (docs.cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes). */
function federationOf({ email, audience }: { readonly email: Input<string>; readonly audience: Input<string> }) {
  const impersonation = interpolate`https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;
  return {
    // A token is made for the provider by its address; Google takes either form.
    audience: interpolate`https:${audience}`,
    credentials: interpolate`{"universe_domain":"googleapis.com","type":"external_account","audience":"${audience}","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"${tokenFolder}/token","format":{"type":"text"}},"service_account_impersonation_url":"${impersonation}"}`,
  };
}

/** Pods of one revision are counted by themselves, so that a rolling update ends as even as it began. */
export function spreadOver(
  topologyKey: string,
  spread: "required" | "preferred",
  matchLabels: Record<string, string>,
): input.core.v1.TopologySpreadConstraint {
  return {
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: spread === "required" ? "DoNotSchedule" : "ScheduleAnyway",
    labelSelector: { matchLabels },
    matchLabelKeys: ["pod-template-hash"],
  };
}

/** What is the same in the arguments of every workload. */
export function checkWorkload(check: ArgumentCheck, args: WorkloadArgs): void {
  const { resources } = args;
  checkImage(check, "image", args.image);
  if (quantity(resources.cpu) === undefined) check.refuse("resources.cpu", resources.cpu, 'CPUs such as "250m" or "2"');
  const memory = quantity(resources.memory);
  if (memory === undefined || memory < 2 ** 20)
    check.refuse("resources.memory", resources.memory, 'bytes such as "256Mi", one MiB or more');
  check.integer("user", args.user ?? 65_532, { min: 1, max: 2 ** 31 - 1, unit: "user id, not root" });
  if (args.googleIdentity !== undefined)
    check.oneOf("googleIdentity.by", args.googleIdentity.by, ["gke", "federation"]);
  checkEnvironment(check, args);
  checkKubernetesLabels(check, args.labels ?? {});
}
