// A shop that keeps at least three pods in three zones, and a way in through a gateway that is there already.
import { Config } from "@pulumi/pulumi";
import { Namespace } from "../../../components/kubernetes/namespace.ts";
import { WebApplication } from "../../../components/kubernetes/webApplication.ts";

const namespace = new Namespace("shop");

const shop = new WebApplication("shop", {
  namespace: namespace.name,
  image: "registry.example.com/shop:5.0.2",
  resources: { cpu: "250m", memory: "256Mi" },
  replicas: { min: 3, max: 12 },
  spread: "required",
  health: { ready: "/ready", alive: "/alive" },
  config: { LOG_LEVEL: "info" },
  secrets: { DATABASE_PASSWORD: new Config().requireSecret("databasePassword") },
  callers: "anyone",
  route: { gateway: { name: "gateway", namespace: "gateway" }, hosts: ["shop.example.com"] },
  labels: { team: "shop" },
});

export const url = shop.url;
