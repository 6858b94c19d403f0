// KEDA, which others keep better than we could: pinned, in a namespace of its own, rolled back when it does not come up.
import { Chart } from "../../../components/kubernetes/chart.ts";

const keda = new Chart("keda", {
  chart: { repository: "https://kedacore.github.io/charts", name: "keda" },
  version: "2.18.0",
  values: { logging: { operator: { level: "error" } } },
  labels: { team: "platform" },
});

export const namespace = keda.namespace;
