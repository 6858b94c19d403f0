// A cluster as those use it who run something in it: the provider for it, and how its pods act in Google Cloud. Takes what GkeCluster
// and ExistingCluster have, so that programs need not know which it is.
import { Provider } from "@pulumi/kubernetes/provider.js";
import type { Input } from "@pulumi/pulumi";
import { podsOf } from "../gcp/identityFederation.ts";
import type { ServiceAccount, ServiceAccountArgs } from "../gcp/serviceAccount.ts";
import type { GoogleIdentity } from "./workload.ts";

/** What somebody must know of a cluster to run something in it. */
export interface ClusterAccess {
  readonly kubeconfig: Input<string>;
  /** What tells the cluster from every other. */
  readonly clusterId: Input<string>;
  /** `IdentityFederation.pool` and `.audience` for its pods; not read for GKE, which vouches for its own. */
  readonly identityPool: Input<string>;
  readonly identityAudience: Input<string>;
}

/** Whose pods they are: GKE vouches for its own, those of any other cluster show its tokens. */
export type Pods = "gke" | "federated";

/** The provider to give to components that run in the cluster: `new Namespace("web", ..., { provider })`. */
export function clusterProvider({ kubeconfig, clusterId }: ClusterAccess): Provider {
  return new Provider("cluster", {
    kubeconfig,
    // The same cluster by another address or certificate is still the same cluster, and nothing in it is replaced.
    clusterIdentifier: clusterId,
  });
}

/** The part of a service account that says which pods act as it. */
export function actingPods(
  cluster: ClusterAccess,
  pods: Pods,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Pick<ServiceAccountArgs, "actors" | "kubernetes"> {
  return pods === "gke"
    ? { kubernetes: [{ namespace, serviceAccount: name }] }
    : { actors: { pods: podsOf(cluster.identityPool, namespace, name) } };
}

/** The part of a workload that says as whom its pods act. */
export function identityOf(cluster: ClusterAccess, pods: Pods, { email }: ServiceAccount): GoogleIdentity {
  return pods === "gke" ? { by: "gke", email } : { by: "federation", email, audience: cluster.identityAudience };
}
