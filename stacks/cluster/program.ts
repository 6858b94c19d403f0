// cluster: a private GKE cluster with one autoscaling pool, or a cluster that exists and the trust in its pods' tokens.
import { output } from "@pulumi/pulumi";
import { program } from "../../automation/program.ts";
import { ExistingCluster } from "../../components/gcp/existingCluster.ts";
import { GkeCluster } from "../../components/gcp/gkeCluster.ts";
import { IdentityFederation } from "../../components/gcp/identityFederation.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { cluster } from "./contract.ts";

export default program(cluster, ({ settings, needs: { network }, stack }) => {
  const { project, region, cluster: wanted, protect } = settings;
  const options = { provider: googleProvider({ project, region }), protect };

  const adopt = ({ endpoint, id, ca, credentials, issuer }: Extract<typeof wanted, { kind: "existing" }>) => {
    const pods = new IdentityFederation("pods", { project, trust: { by: "kubernetes", issuer } }, options);
    return {
      cluster: new ExistingCluster(
        "main",
        { in: "elsewhere", endpoint, ...(id !== undefined && { id }), ca, credentials },
        options,
      ),
      pool: pods.pool,
      audience: pods.audience,
    };
  };
  const create = ({ zone, controlPlane, nodes, releaseChannel }: Extract<typeof wanted, { kind: "gke" }>) => {
    const gke = new GkeCluster(
      "main",
      {
        project,
        location: zone === undefined ? { region } : { zone },
        network: network.networkId,
        subnet: network.subnetId,
        podsRange: network.podsRange,
        servicesRange: network.servicesRange,
        controlPlane,
        nodes: {
          mode: "pools",
          pools: {
            general: {
              machineType: nodes.machineType,
              nodes: { min: nodes.min, max: nodes.max },
              spot: nodes.spot,
            },
          },
        },
        releaseChannel,
        deletionProtection: protect,
        labels: stackLabels(stack),
      },
      options,
    );
    return { cluster: gke, pool: output(""), audience: output("") };
  };

  const { cluster: made, pool, audience } = wanted.kind === "existing" ? adopt(wanted) : create(wanted);
  return {
    name: made.name,
    clusterId: made.clusterId,
    endpoint: made.endpoint,
    ca: made.ca,
    kubeconfig: made.kubeconfig,
    identityPool: pool,
    identityAudience: audience,
  };
});
