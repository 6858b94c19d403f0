// Takes orders from a queue: one pod for each fifty that wait, none when there are none.
import { Namespace } from "../../../components/kubernetes/namespace.ts";
import { Worker } from "../../../components/kubernetes/worker.ts";

const namespace = new Namespace("orders");

const worker = new Worker("orders", {
  namespace: namespace.name,
  image: "registry.example.com/orders:1.9.0",
  resources: { cpu: "500m", memory: "512Mi" },
  scale: { subscription: "projects/acme-prod/subscriptions/orders-worker", messagesPerPod: 50, min: 0, max: 40 },
  labels: { team: "shop" },
});

export const deployment = worker.deployment;
