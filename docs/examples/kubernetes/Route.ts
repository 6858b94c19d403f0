// Sends what people ask of one host to a service, over TLS only, with a stricter header than the default.
import { Route } from "../../../components/kubernetes/route.ts";

const route = new Route("docs", {
  namespace: "docs",
  gateway: { name: "gateway", namespace: "gateway" },
  hosts: ["docs.example.com"],
  service: "docs",
  port: 80,
  headers: { "Content-Security-Policy": "default-src 'self'" },
  labels: { team: "platform" },
});

export const name = route.name;
