// cluster: a private GKE cluster with one autoscaling pool.
import { program } from "../../automation/program.ts";
import { GkeCluster } from "../../components/gcp/gkeCluster.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { cluster } from "./contract.ts";

export default program(cluster, ({ settings, needs, stack }) => {
  const { project, region, zone, controlPlane, nodes, releaseChannel, protect } = settings;
  const gke = new GkeCluster(
    "main",
    {
      project,
      location: zone === undefined ? { region } : { zone },
      network: needs.network.networkId,
      subnet: needs.network.subnetId,
      podsRange: needs.network.podsRange,
      servicesRange: needs.network.servicesRange,
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
    { provider: googleProvider({ project, region }), protect },
  );
  return { name: gke.name, clusterId: gke.clusterId, endpoint: gke.endpoint, ca: gke.ca };
});
