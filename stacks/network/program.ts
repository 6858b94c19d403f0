// network: a VPC with one subnet, a way out, private services, and SSH through Identity-Aware Proxy.
import { program } from "../../automation/program.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { Network } from "../../components/gcp/network.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { network } from "./contract.ts";

export default program(network, ({ settings, stack }) => {
  const { project, region, ranges, flowLogs, protect } = settings;
  const [address = "", prefix = ""] = ranges.privateServices.split("/");
  const vpc = new Network(
    "main",
    {
      subnets: {
        nodes: { region, cidr: ranges.nodes, secondary: { pods: ranges.pods, services: ranges.services }, flowLogs },
      },
      privateServices: { address, prefixLength: Number(prefix) },
      firewall: [{ allow: "internal" }, { allow: "iap-ssh", tags: ["ssh"] }],
      labels: stackLabels(stack),
    },
    { provider: googleProvider({ project, region }), protect },
  );
  return {
    networkId: vpc.networkId,
    privateServicesNetwork: vpc.privateServicesNetwork,
    subnetId: vpc.subnets.nodes.id,
    podsRange: "pods",
    servicesRange: "services",
  };
});
