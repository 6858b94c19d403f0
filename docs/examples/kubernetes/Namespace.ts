// A team's namespace: closed, limited, and theirs.
import { Namespace } from "../../../components/kubernetes/namespace.ts";

const payments = new Namespace("payments", {
  egress: "cluster",
  quota: { cpu: "16", memory: "64Gi", pods: 100 },
  defaults: { cpu: "100m", memory: "128Mi" },
  access: {
    team: { may: "edit", who: { group: "payments@example.com" } },
    support: { may: "view", who: { group: "support@example.com" } },
  },
  labels: { team: "payments" },
});

export const namespace = payments.name;
