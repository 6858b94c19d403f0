// An edge before two sites that one group sees: who sees a site by which right has changed since its states were recorded.
import { DnsZone } from "../../../components/gcp/dnsZone.ts";
import { Edge } from "../../../components/gcp/edge.ts";
import { Namespace } from "../../../components/kubernetes/namespace.ts";
import { WebApplication } from "../../../components/kubernetes/webApplication.ts";

const zone = new DnsZone("front", { domain: "example.com" });
const namespace = new Namespace("front");
function site(name: string) {
  const application = new WebApplication(name, {
    namespace: namespace.name,
    image: "registry.example.com/site:1.0.0",
    resources: { cpu: "100m", memory: "128Mi" },
    replicas: { fixed: 1 },
    health: { ready: "/", alive: "/" },
    callers: "anyone",
  });
  return {
    hosts: [`${name}.example.com`],
    namespace: "front",
    service: application.service,
    visitors: { members: { staff: "group:staff@example.com" } },
  };
}

new Edge("front", {
  project: "acme-prod",
  zone: zone.zone,
  domain: zone.domain,
  namespace: namespace.name,
  backends: { shop: site("shop"), office: site("office") },
});
