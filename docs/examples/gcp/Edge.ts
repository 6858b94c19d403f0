// One address for two applications of a cluster: everybody sees the shop, only staff sees the back office.
import { DnsZone } from "../../../components/gcp/dnsZone.ts";
import { Edge } from "../../../components/gcp/edge.ts";

const zone = new DnsZone("front", { domain: "front.example.com" });

const front = new Edge("front", {
  project: "acme-prod",
  zone: zone.zone,
  domain: zone.domain,
  namespace: "edge",
  backends: {
    shop: { hosts: ["www.front.example.com"], namespace: "shop", service: "shop", visitors: "everybody" },
    office: {
      hosts: ["office.front.example.com"],
      namespace: "office",
      service: "office",
      visitors: { members: { staff: "group:staff@example.com" } },
    },
  },
  firewall: { requestsPerMinute: 300, deny: ["198.51.100.0/24"] },
  labels: { team: "platform" },
});

export const urls = front.urls;
