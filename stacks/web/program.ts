// web: a namespace, the application in it, the identity it acts as in Google Cloud, and the credentials it is given.
import { Provider } from "@pulumi/kubernetes/provider.js";
import { interpolate } from "@pulumi/pulumi";
import { program } from "../../automation/program.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { gkeKubeconfig } from "../../components/kubernetes/kubeconfig.ts";
import { Namespace } from "../../components/kubernetes/namespace.ts";
import { WebApplication } from "../../components/kubernetes/webApplication.ts";
import { Credentials } from "../../components/random/credentials.ts";
import { web } from "./contract.ts";

export default program(web, ({ settings, needs: { cluster, data }, stack }) => {
  const { project, region, image, replicas, resources, spread, sessionRotation } = settings;
  const labels = stackLabels(stack);
  const provider = new Provider("cluster", {
    kubeconfig: gkeKubeconfig({ name: cluster.name, endpoint: cluster.endpoint, ca: cluster.ca }),
    // The same cluster by another address or certificate is still the same cluster, and nothing in it is replaced.
    clusterIdentifier: cluster.clusterId,
  });

  const identity = new ServiceAccount(
    "web",
    {
      project,
      description: "The web application",
      grants: {
        files: { on: "bucket", bucket: data.bucket, may: "write" },
        events: { on: "topic", topic: data.topic, may: "publish" },
      },
      kubernetes: [{ namespace: "web", serviceAccount: "web" }],
    },
    { provider: googleProvider({ project, region }) },
  );
  const sessions = new Credentials("sessions", { username: "sessions", length: 64, rotation: sessionRotation });

  const namespace = new Namespace("web", { labels }, { provider });
  const application = new WebApplication(
    "web",
    {
      namespace: namespace.name,
      image,
      replicas,
      resources,
      spread,
      health: { ready: "/", alive: "/" },
      config: {
        DATABASE_HOST: data.databaseHost,
        DATABASE_PORT: interpolate`${data.databasePort}`,
        DATABASE_NAME: data.databaseName,
        DATABASE_USER: data.databaseUser,
        FILES_BUCKET: data.bucket,
        EVENTS_TOPIC: data.topic,
      },
      secrets: {
        DATABASE_PASSWORD: data.databasePassword,
        SESSION_KEYS: sessions.accepted.apply((keys) => keys.join(",")),
      },
      googleServiceAccount: identity.email,
      labels,
    },
    { provider },
  );
  return {
    namespace: namespace.name,
    deployment: application.deployment,
    service: application.service,
    url: application.url,
  };
});
