// A network with two subnets, a way out, and SSH through Identity-Aware Proxy only.
import { Network } from "../../../components/gcp/network.ts";

const network = new Network("office", {
  subnets: {
    machines: { region: "europe-west1", cidr: "10.0.0.0/20", flowLogs: 0.5 },
    spare: { region: "europe-west4", cidr: "10.1.0.0/20" },
  },
  privateServices: { address: "10.64.0.0" },
  firewall: [{ allow: "internal" }, { allow: "iap-ssh", tags: ["bastion"] }],
  labels: { team: "platform" },
});

export const subnet = network.subnets.machines.id;
