// A cluster in our own data centre. Who uses it signs in with a plugin; no token is kept anywhere.
import { ExistingCluster } from "../../../components/gcp/existingCluster.ts";

const cluster = new ExistingCluster("cellar", {
  in: "elsewhere",
  endpoint: "k8s.example.com:6443",
  ca: "",
  credentials: {
    command: "kubectl-oidc_login",
    args: ["get-token", "--oidc-issuer-url=https://login.example.com", "--oidc-client-id=kubernetes"],
    installHint: "install it with: kubectl krew install oidc-login",
  },
});

export const kubeconfig = cluster.kubeconfig;
