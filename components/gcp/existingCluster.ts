// ExistingCluster: a cluster that is there already, of GKE or on premises, with the outputs of one that a stack made: whoever
// uses a cluster cannot tell the difference. It creates nothing, and destroying it leaves the cluster alone.
//
// What replaces: nothing here, since nothing is made; another name or certificate is passed on to those who use the cluster. Another
// `endpoint` makes it another cluster for them unless `id` stays, and replaces what they have in it.
// Pods of a cluster outside of GKE act as Google service accounts by the cluster's own tokens, when it says who issues them.
import { getClusterOutput } from "@pulumi/gcp/container/getCluster.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { type ExecPlugin, existingKubeconfig, gkeKubeconfig } from "../kubernetes/kubeconfig.ts";
import type { Cluster } from "./cluster.ts";
import { checkRegion, checkZone } from "./locations.ts";

export type ExistingClusterArgs =
  /** By its name in GKE; `location` is its region or zone. */
  | { readonly in: "gke"; readonly project: Input<string>; readonly location: string; readonly cluster: string }
  /** By its address, without scheme and with the port, and the certificate of its authority, PEM in base64. */
  | {
      readonly in: "elsewhere";
      readonly endpoint: string;
      /**
       * What tells it from every other cluster; `endpoint` by default. When the cluster moves to another address, say here what it was
       * before: a cluster of another id is another cluster, and what stacks have in it would be made anew.
       */
      readonly id?: string;
      readonly ca: Input<string>;
      /** How people and machines show who they are: never by a token that is kept. */
      readonly credentials: ExecPlugin;
    };

/** A cluster that no stack makes. */
export class ExistingCluster extends ComponentResource implements Cluster {
  /** Name of the cluster in GKE, or of this component. */
  readonly name: Output<string>;
  /** What tells this cluster from every other, for the provider's `clusterIdentifier`. */
  readonly clusterId: Output<string>;
  /** Address of the API server, without scheme. */
  readonly endpoint: Output<string>;
  /** Certificate of the authority, PEM in base64; empty for one that every machine knows. Secret, as of a cluster that a stack makes. */
  readonly ca: Output<string>;
  /** For kubectl, Helm and Pulumi's Kubernetes provider; holds no token. Secret, because the certificate is. */
  readonly kubeconfig: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: ExistingClusterArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    super("tutti:gcp:ExistingCluster", name, {}, opts);

    if (args.in === "gke") {
      const { project, location, cluster } = args;
      const found = getClusterOutput({ project, location, name: cluster }, { parent: this });
      // By its DNS name where it lets itself be reached from outside by it, as GkeCluster does by default.
      const byName = found.controlPlaneEndpointsConfigs.apply(
        ([config]) => config?.dnsEndpointConfigs.find((dns) => dns.allowExternalTraffic)?.endpoint,
      );
      this.name = output(cluster);
      this.clusterId = interpolate`projects/${project}/locations/${location}/clusters/${cluster}`;
      this.endpoint = byName.apply((host) => output(host ?? found.endpoint));
      this.ca = secret(
        byName.apply((host) =>
          host === undefined ? found.masterAuths.apply(([auth]) => auth?.clusterCaCertificate ?? "") : output(""),
        ),
      );
      this.kubeconfig = gkeKubeconfig({ name: this.name, endpoint: this.endpoint, ca: this.ca });
    } else {
      this.name = output(name);
      this.clusterId = output(args.id ?? args.endpoint);
      this.endpoint = output(args.endpoint);
      this.ca = secret(args.ca);
      this.kubeconfig = existingKubeconfig({ name, endpoint: args.endpoint, ca: this.ca }, args.credentials);
    }
    this.registerOutputs({
      name: this.name,
      clusterId: this.clusterId,
      endpoint: this.endpoint,
      ca: this.ca,
      kubeconfig: this.kubeconfig,
    });
  }
}

function checkArguments(name: string, args: ExistingClusterArgs): void {
  const check = new ArgumentCheck("ExistingCluster", name);
  check.oneOf("in", args.in, ["gke", "elsewhere"]);
  if (args.in === "gke") {
    if (args.location.split("-").length > 2) checkZone(check, "location", args.location);
    else checkRegion(check, "location", args.location);
    check.matches("cluster", args.cluster, /^[a-z][a-z0-9-]{0,39}$/, "the name of a cluster");
  } else if (args.in === "elsewhere") {
    check.matches(
      "endpoint",
      args.endpoint,
      /^[A-Za-z0-9.-]+(?::\d{1,5})?$/,
      'an address without scheme such as "k8s.example.com:6443"',
    );
    if (args.id !== undefined)
      check.matches("id", args.id, /^\S{1,253}$/, "1 to 253 characters without spaces, such as a former endpoint");
    if (typeof args.ca === "string")
      check.matches("ca", args.ca, /^[A-Za-z0-9+/]*={0,2}$/, "a certificate in PEM, in base64, or nothing");
    check.matches("credentials.command", args.credentials.command, /^[\w./-]+$/, "the name of a program");
  }
  check.done();
}
