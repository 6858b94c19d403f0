// A regional cluster with two pools: one for everything, one of cheap machines for what may be interrupted.
import { GkeCluster } from "../../../components/gcp/gkeCluster.ts";
import { Network } from "../../../components/gcp/network.ts";

const region = "europe-west1";
const network = new Network("cluster", {
  subnets: {
    nodes: { region, cidr: "10.8.0.0/20", secondary: { pods: "10.12.0.0/14", services: "10.9.0.0/20" } },
  },
});

const cluster = new GkeCluster("cluster", {
  project: "acme-prod",
  location: { region },
  network: network.networkId,
  subnet: network.subnets.nodes.id,
  podsRange: "pods",
  servicesRange: "services",
  nodes: {
    mode: "pools",
    pools: {
      general: { machineType: "e2-standard-4", nodes: { min: 3, max: 9 } },
      batch: {
        machineType: "e2-standard-8",
        nodes: { min: 0, max: 20 },
        spot: true,
        taints: [{ key: "batch", value: "true", effect: "NO_SCHEDULE" }],
      },
    },
  },
  maintenance: { days: ["SA", "SU"], fromHour: 1, hours: 6 },
  labels: { team: "platform" },
});

export const kubeconfig = cluster.kubeconfig;
