// Kubeconfigs: from an address, a certificate and a way to authenticate to what kubectl, Helm and Pulumi's Kubernetes provider
// read. They hold no token: whoever uses one calls a plugin, and authenticates as themselves, at that moment.
import { all, type Input, type Output } from "@pulumi/pulumi";

export interface KubeconfigArgs {
  /** Name of cluster, user and context; what people see in their prompt. */
  readonly name: Input<string>;
  /** Address of the API server, without scheme (`GkeCluster.endpoint`). */
  readonly endpoint: Input<string>;
  /** Certificate of the authority, PEM in base64 (`GkeCluster.ca`); empty when the machine's own authorities are to be asked. */
  readonly ca: Input<string>;
}

/** A program that prints credentials when it is asked (kubernetes.io/docs/reference/access-authn-authz/authentication#client-go-credential-plugins). */
export interface ExecPlugin {
  /** Found on the PATH of whoever uses the kubeconfig: `kubectl-oidc_login`. */
  readonly command: string;
  /** Its arguments; none by default. */
  readonly args?: readonly string[];
  /** What to do when it is missing, as kubectl then says it. */
  readonly installHint: string;
}

/** Needs `gke-gcloud-auth-plugin` on the PATH (docs.cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl). */
const gkePlugin: ExecPlugin = {
  command: "gke-gcloud-auth-plugin",
  installHint: "install it with: gcloud components install gke-gcloud-auth-plugin",
};

/** The kubeconfig of a GKE cluster as JSON, which every reader of YAML takes. Secret if one of its parts is. */
export function gkeKubeconfig(args: KubeconfigArgs): Output<string> {
  return kubeconfigOf(args, gkePlugin, {});
}

/**
 * The kubeconfig of any other cluster, with the plugin that it is used with. It says by an extension, which other readers pass
 * over, that no stack creates the cluster: a sandbox then stands in for it.
 */
export function existingKubeconfig(args: KubeconfigArgs, plugin: ExecPlugin): Output<string> {
  return kubeconfigOf(args, plugin, { extensions: [{ name: "tutti/existing-cluster", extension: {} }] });
}

function kubeconfigOf(
  args: KubeconfigArgs,
  plugin: ExecPlugin,
  more: Readonly<Record<string, unknown>>,
): Output<string> {
  return all([args.name, args.endpoint, args.ca]).apply(([name, endpoint, ca]) =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name,
          cluster: { server: `https://${endpoint}`, ...(ca !== "" && { "certificate-authority-data": ca }), ...more },
        },
      ],
      users: [
        {
          name,
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1beta1",
              command: plugin.command,
              ...(plugin.args !== undefined && { args: plugin.args }),
              installHint: plugin.installHint,
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
