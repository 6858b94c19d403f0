// A kubeconfig for a GKE cluster: from an address and a certificate to what kubectl, Helm and Pulumi's Kubernetes provider read.
// It holds no token: whoever uses it calls `gke-gcloud-auth-plugin`, and authenticates as themselves, at that moment.
import { all, type Input, type Output } from "@pulumi/pulumi";

export interface KubeconfigArgs {
  /** Name of cluster, user and context; what people see in their prompt. */
  readonly name: Input<string>;
  /** Address of the API server, without scheme (`GkeCluster.endpoint`). */
  readonly endpoint: Input<string>;
  /** Certificate of the authority, PEM in base64 (`GkeCluster.ca`); empty when the machine's own authorities are to be asked. */
  readonly ca: Input<string>;
}

/**
 * The kubeconfig as JSON, which every reader of YAML takes. Secret if one of its parts is. Needs `gke-gcloud-auth-plugin` on the PATH
 * of whoever uses it (docs.cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl).
 */
export function gkeKubeconfig(args: KubeconfigArgs): Output<string> {
  return all([args.name, args.endpoint, args.ca]).apply(([name, endpoint, ca]) =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        { name, cluster: { server: `https://${endpoint}`, ...(ca !== "" && { "certificate-authority-data": ca }) } },
      ],
      users: [
        {
          name,
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1beta1",
              command: "gke-gcloud-auth-plugin",
              installHint: "install it with: gcloud components install gke-gcloud-auth-plugin",
              provideClusterInfo: true,
              interactiveMode: "Never",
            },
          },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: name } }],
      "current-context": name,
    }),
  );
}
