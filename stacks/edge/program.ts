// edge: Google's load balancer before the application, or a gateway of the cluster.
import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import { output } from "@pulumi/pulumi";
import { program } from "../../automation/program.ts";
import { Edge } from "../../components/gcp/edge.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { clusterProvider } from "../../components/kubernetes/clusterAccess.ts";
import { Gateway } from "../../components/kubernetes/gateway.ts";
import { Namespace } from "../../components/kubernetes/namespace.ts";
import { Route } from "../../components/kubernetes/route.ts";
import { edge } from "./contract.ts";

/** Namespace of the application, which lets the gateway's routes in; known before `web` has run. */
const webNamespace = "web";

export default program(edge, ({ settings, needs: { foundation, cluster, platform, web }, stack }) => {
  const { project, region, domain, entry } = settings;
  const labels = stackLabels(stack);
  const host = `www.${domain}`;
  const google = googleProvider({ project, region });
  const kubernetes = clusterProvider(cluster);
  const namespace = new Namespace("edge", { labels }, { provider: kubernetes });

  if (entry.kind === "google") {
    const front = new Edge(
      "edge",
      {
        project,
        zone: foundation.zone,
        domain,
        namespace: namespace.name,
        backends: {
          web: { hosts: [host], namespace: webNamespace, service: web.service, visitors: entry.visitors },
        },
        firewall: { attacks: entry.attacks, requestsPerMinute: entry.requestsPerMinute },
        labels,
      },
      { providers: { gcp: google, kubernetes } },
    );
    return { host, url: `https://${host}`, addresses: output([front.address]) };
  }
  const gateway = new Gateway(
    "edge",
    {
      namespace: namespace.name,
      gatewayClass: entry.gatewayClass,
      hosts: [host],
      issuer: platform.issuer,
      routesFrom: [webNamespace],
      labels,
    },
    { provider: kubernetes },
  );
  new Route(
    "web",
    {
      namespace: webNamespace,
      gateway: { name: gateway.name, namespace: gateway.namespace },
      hosts: [host],
      service: web.service,
      port: 80,
      labels,
    },
    { provider: kubernetes },
  );
  new RecordSet(
    "web",
    { managedZone: foundation.zone, name: `${host}.`, type: "A", ttl: 300, rrdatas: entry.addresses },
    { provider: google, deleteBeforeReplace: true },
  );
  return { host, url: `https://${host}`, addresses: output(entry.addresses) };
});
