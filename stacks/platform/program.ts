// platform: KEDA with an identity that reads queues, and cert-manager with one issuer that proves names through the gateway.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { program } from "../../automation/program.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { Chart } from "../../components/kubernetes/chart.ts";
import { actingPods, clusterProvider } from "../../components/kubernetes/clusterAccess.ts";
import { platform } from "./contract.ts";

export default program(platform, ({ settings, needs: { cluster }, stack }) => {
  const { project, region, pods, contact, authority } = settings;
  const labels = stackLabels(stack);
  const provider = clusterProvider(cluster);

  const scaler = new ServiceAccount(
    "keda",
    {
      project,
      description: "KEDA reads how long queues are",
      roles: ["roles/monitoring.viewer"],
      ...actingPods(cluster, pods, { namespace: "keda", name: "keda-operator" }),
    },
    { provider: googleProvider({ project, region }) },
  );
  const keda = new Chart(
    "keda",
    {
      chart: { repository: "https://kedacore.github.io/charts", name: "keda" },
      version: "2.18.0",
      values: { podIdentity: { gcp: { enabled: pods === "gke", gcpIAMServiceAccount: scaler.email } } },
      labels,
    },
    { provider },
  );
  const certManager = new Chart(
    "cert-manager",
    {
      chart: { repository: "https://charts.jetstack.io", name: "cert-manager" },
      version: "v1.19.1",
      values: { crds: { enabled: true }, config: { enableGatewayAPI: true } },
      podSecurity: "restricted",
      labels,
    },
    { provider },
  );
  const issuer = new CustomResource(
    "acme",
    {
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: "acme", labels },
      spec: {
        acme: {
          server: authority,
          email: contact,
          privateKeySecretRef: { name: "acme-account" },
          solvers: [
            { http01: { gatewayHTTPRoute: { parentRefs: [{ name: "edge", namespace: "edge", kind: "Gateway" }] } } },
          ],
        },
      },
    },
    { provider, dependsOn: [certManager] },
  );
  return { issuer: issuer.metadata.name, scaling: keda.namespace };
});
