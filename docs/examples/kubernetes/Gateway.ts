// The way into a cluster of our own: a gateway of Cilium, with a certificate that cert-manager renews.
import { Gateway } from "../../../components/kubernetes/gateway.ts";
import { Namespace } from "../../../components/kubernetes/namespace.ts";

const namespace = new Namespace("gateway");

const gateway = new Gateway("gateway", {
  namespace: namespace.name,
  gatewayClass: "cilium",
  hosts: ["www.example.com"],
  issuer: "letsencrypt",
  routesFrom: ["shop"],
  labels: { team: "platform" },
});

export const name = gateway.name;
