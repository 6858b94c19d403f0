// web: a namespace, the application in it, the identity it acts as in Google Cloud, and the credentials it is given.
import { interpolate } from "@pulumi/pulumi";
import { program } from "../../automation/program.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { actingPods, clusterProvider, identityOf } from "../../components/kubernetes/clusterAccess.ts";
import { Namespace } from "../../components/kubernetes/namespace.ts";
import { WebApplication } from "../../components/kubernetes/webApplication.ts";
import { Credentials } from "../../components/random/credentials.ts";
import { web } from "./contract.ts";

export default program(web, ({ settings, needs: { cluster, data }, stack }) => {
  const { project, region, pods, image, replicas, resources, spread, sessionRotation } = settings;
  const labels = stackLabels(stack);
  const provider = clusterProvider(cluster);

  const identity = new ServiceAccount(
    "web",
    {
      project,
      description: "The web application",
      grants: {
        files: { on: "bucket", bucket: data.bucket, may: "write" },
        events: { on: "topic", topic: data.topic, may: "publish" },
      },
      ...actingPods(cluster, pods, { namespace: "web", name: "web" }),
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
      googleIdentity: identityOf(cluster, pods, identity),
      // The load balancer of `edge` sends requests to the pods from outside of the cluster.
      callers: "anyone",
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
