// What a cluster that is there already looks like to the provider of Kubernetes (components/kubernetes/kubeconfig.ts): the sandbox
// then stands in for it.
export const kubeconfig = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  clusters: [
    {
      name: "c",
      cluster: { server: "https://k8s.example.com", extensions: [{ name: "tutti/existing-cluster", extension: {} }] },
    },
  ],
  users: [{ name: "c", user: { exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command: "login" } } }],
  contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
  "current-context": "c",
});
