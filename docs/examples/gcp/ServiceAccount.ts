// An identity for one workload of an Autopilot cluster: it writes logs, reads one bucket, and nothing else.
import { Bucket } from "../../../components/gcp/bucket.ts";
import { GkeCluster } from "../../../components/gcp/gkeCluster.ts";
import { Network } from "../../../components/gcp/network.ts";
import { ServiceAccount } from "../../../components/gcp/serviceAccount.ts";

const project = "acme-prod";
const region = "europe-west1";
const pictures = new Bucket("pictures", { location: "EU" });
const network = new Network("pictures", {
  subnets: { nodes: { region, cidr: "10.0.0.0/20", secondary: { pods: "10.4.0.0/14", services: "10.1.0.0/20" } } },
});
const cluster = new GkeCluster("pictures", {
  project,
  location: { region },
  network: network.networkId,
  subnet: network.subnets.nodes.id,
  podsRange: "pods",
  servicesRange: "services",
  nodes: { mode: "autopilot" },
});

const thumbnails = new ServiceAccount(
  "thumbnails",
  {
    project,
    description: "Makes thumbnails of pictures",
    roles: ["roles/logging.logWriter"],
    grants: { pictures: { on: "bucket", bucket: pictures.name, may: "read" } },
    kubernetes: [{ namespace: "shop", serviceAccount: "thumbnails" }],
  },
  // A project has identities of pods once it has a cluster with workload identity.
  { dependsOn: [cluster] },
);

export const email = thumbnails.email;
