// A database that survives the loss of a zone, with a copy to make reports from in another region. Raising `rotation` by one gives
// the user a new password and the secret a new version.
import { Network } from "../../../components/gcp/network.ts";
import { Postgres } from "../../../components/gcp/postgres.ts";
import { ServiceAccount } from "../../../components/gcp/serviceAccount.ts";

const network = new Network("orders", {
  subnets: { machines: { region: "europe-west1", cidr: "10.16.0.0/20" } },
});
const shop = new ServiceAccount("order-desk", { project: "acme-prod", description: "Takes orders" });

const orders = new Postgres("orders", {
  region: "europe-west1",
  network: network.privateServicesNetwork,
  machine: { cpus: 2, memoryGiB: 8 },
  availability: "regional",
  backups: { keep: 30, pointInTimeDays: 7 },
  replicas: { reports: { region: "europe-west4" } },
  databases: ["orders"],
  users: { shop: { rotation: 0, readers: { shop: shop.member } } },
  labels: { team: "shop" },
});

export const secret = orders.users.shop.secretId;
