// One address for two applications of a cluster: everybody sees the shop, only staff sees the back office.
import { DnsZone } from "../../../components/gcp/dnsZone.ts";
import { Edge } from "../../../components/gcp/edge.ts";
import { Namespace } from "../../../components/kubernetes/namespace.ts";
import { WebApplication } from "../../../components/kubernetes/webApplication.ts";

const zone = new DnsZone("front", { domain: "front.example.com" });
const namespace = new Namespace("front");
const application = (name: string) =>
  new WebApplication(name, {
    namespace: namespace.name,
    image: `registry.example.com/${name}:1.0.0`,
    resources: { cpu: "100m", memory: "128Mi" },
    replicas: { fixed: 2 },
    health: { ready: "/ready", alive: "/alive" },
    callers: "anyone",
  });

const front = new Edge("front", {
  project: "acme-prod",
  zone: zone.zone,
  domain: zone.domain,
  namespace: namespace.name,
  backends: {
    shop: {
      hosts: ["www.front.example.com"],
      namespace: "front",
      service: application("storefront").service,
      ready: "/ready",
      visitors: "everybody",
    },
    office: {
      hosts: ["office.front.example.com"],
      namespace: "front",
      service: application("back-office").service,
      ready: "/ready",
      visitors: { members: { staff: "group:staff@example.com" } },
    },
  },
  firewall: { requestsPerMinute: 300, deny: ["198.51.100.0/24"] },
  labels: { team: "platform" },
});

export const urls = front.urls;
