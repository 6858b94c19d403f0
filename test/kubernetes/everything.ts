// What the examples leave at its default: each component of Kubernetes once more, with every argument that changes its objects.

import { Namespace } from "../../components/kubernetes/namespace.ts";
import { ScheduledJob } from "../../components/kubernetes/scheduledJob.ts";
import { WebApplication } from "../../components/kubernetes/webApplication.ts";
import { Worker } from "../../components/kubernetes/worker.ts";

const space = new Namespace("all", {
  podSecurity: "baseline",
  egress: "anywhere",
  quota: { cpu: "4", memory: "8Gi", pods: 10 },
  defaults: { cpu: "50m", memory: "64Mi" },
  access: {
    person: { may: "view", who: { user: "somebody@example.com" } },
    robot: { may: "edit", who: { serviceAccount: "robot", namespace: "all" } },
  },
});
const common = {
  namespace: space.name,
  image: "registry.example.com/all:1.0.0",
  resources: { cpu: "500m", memory: "512Mi" },
  user: 12345,
  config: { PLAIN: "1" },
  secrets: { HIDDEN: "not a secret of anybody" },
};
const federated = {
  by: "federation",
  email: "all@p.iam.gserviceaccount.com",
  audience: "//iam.googleapis.com/pool",
} as const;

new WebApplication("all-web", {
  ...common,
  googleIdentity: { by: "gke", email: "all@p.iam.gserviceaccount.com" },
  port: 9000,
  replicas: { fixed: 1 },
  health: { ready: "/r", alive: "/a" },
  startSeconds: 120,
  stopSeconds: 60,
  spread: "preferred",
  callers: "cluster",
});
new Worker("all-fixed", {
  ...common,
  scale: { fixed: 3 },
  arguments: ["--fast"],
  stopSeconds: 600,
  googleIdentity: federated,
});
new Worker("all-scaled", {
  ...common,
  scale: { subscription: "projects/p/subscriptions/s", messagesPerPod: 10, min: 1, max: 5 },
});
new ScheduledJob("all-job", {
  ...common,
  schedule: { cron: "*/5 * * * *", timeZone: "Etc/UTC" },
  arguments: ["once"],
  overlap: "replace",
  timeoutSeconds: 600,
  retries: 0,
  googleIdentity: federated,
});
