// A cluster as those see it who use it: the same whether a stack makes it (GkeCluster) or it is there already (ExistingCluster).
import type { Output } from "@pulumi/pulumi";

export interface Cluster {
  /** Name of the cluster. */
  readonly name: Output<string>;
  /** What tells this cluster from every other, for the provider's `clusterIdentifier`. */
  readonly clusterId: Output<string>;
  /** Address of the API server, without scheme. */
  readonly endpoint: Output<string>;
  /** Certificate of the authority that signed the endpoint's, PEM in base64; empty for one that every machine knows. Always secret. */
  readonly ca: Output<string>;
  /** For kubectl, Helm and Pulumi's Kubernetes provider. Holds no token: a plugin is asked for one. Secret, because `ca` is. */
  readonly kubeconfig: Output<string>;
}
