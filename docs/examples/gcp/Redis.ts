// A cache with a standby, whose address and password an application reads from one secret.
import { Network } from "../../../components/gcp/network.ts";
import { Redis } from "../../../components/gcp/redis.ts";

const network = new Network("sessions", {
  subnets: { machines: { region: "europe-west1", cidr: "10.32.0.0/20" } },
});

const sessions = new Redis("sessions", {
  region: "europe-west1",
  network: network.privateServicesNetwork,
  memoryGiB: 5,
  availability: "standby",
  eviction: "allkeys-lru",
  labels: { team: "shop" },
});

export const secret = sessions.secretId;
