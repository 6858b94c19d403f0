// Sends what people ask of one host to a service, over TLS only, with one header more than the default.
import { Namespace } from "../../../components/kubernetes/namespace.ts";
import { Route } from "../../../components/kubernetes/route.ts";

const namespace = new Namespace("docs");

const route = new Route("docs", {
  namespace: namespace.name,
  gateway: { name: "gateway", namespace: "gateway" },
  hosts: ["docs.example.com"],
  service: "docs",
  port: 80,
  headers: { "Content-Security-Policy": "default-src 'self'" },
  labels: { team: "platform" },
});

export const name = route.name;
