// images: a bucket tells a topic of each new image; workers take from its subscription, look at the image, and publish what they
// see to a topic that Pub/Sub writes into BigQuery.
//
//   bucket --> topic "new" --> workers --> topic "results" --> BigQuery
import { interpolate } from "@pulumi/pulumi";
import { program } from "../../automation/program.ts";
import { Bucket } from "../../components/gcp/bucket.ts";
import { Dataset } from "../../components/gcp/dataset.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { pubsubAgent, Topic } from "../../components/gcp/topic.ts";
import { actingPods, clusterProvider, identityOf } from "../../components/kubernetes/clusterAccess.ts";
import { Namespace } from "../../components/kubernetes/namespace.ts";
import { Worker } from "../../components/kubernetes/worker.ts";
import { images } from "./contract.ts";

export default program(images, ({ settings, needs: { cluster }, stack }) => {
  const { project, region, pods, image, workers, resources, keepImagesDays, keepResultsDays, protect } = settings;
  const labels = stackLabels(stack);
  const google = googleProvider({ project, region });
  const options = { provider: google, protect };
  const provider = clusterProvider(cluster);

  const arrivals = new Topic(
    "images-new",
    // A worker that dies has its image looked at again; what five attempts did not settle is kept aside.
    { project, subscriptions: { workers: { ackSeconds: 120, deadLetterAfter: 5 } }, labels },
    options,
  );
  const bucket = new Bucket(
    "images",
    {
      location: region,
      history: "none",
      softDeleteDays: 7,
      lifecycle: [{ afterDays: keepImagesDays, action: "delete" }],
      onDestroy: protect ? "refuse" : "delete-objects",
      notify: { new: { topic: arrivals.topicId } },
      labels,
    },
    options,
  );
  const results = new Dataset(
    "images",
    {
      location: region,
      description: "What the images show",
      tables: {
        results: {
          columns: {
            at: { type: "TIMESTAMP", required: true, description: "When it was looked at" },
            object: { type: "STRING", required: true, description: "Name of the image in its bucket" },
            generation: { type: "INT64", required: true, description: "Which of the images of that name" },
            label: { type: "STRING", required: true, description: "What it shows" },
            confidence: { type: "FLOAT64", description: "0 to 1" },
          },
          partition: { column: "at", keepDays: keepResultsDays },
          clusterBy: ["label"],
        },
      },
      access: { pubsub: { member: pubsubAgent(project, options), may: "write" } },
      deletionProtection: protect,
      labels,
    },
    options,
  );
  const findings = new Topic(
    "images-results",
    { project, subscriptions: { rows: { delivery: { by: "bigquery", table: results.tables.results } } }, labels },
    options,
  );

  const identity = new ServiceAccount(
    "images",
    {
      project,
      description: "Looks at images",
      grants: {
        images: { on: "bucket", bucket: bucket.name, may: "read" },
        arrivals: { on: "subscription", subscription: arrivals.subscriptions.workers, may: "pull" },
        results: { on: "topic", topic: findings.name, may: "publish" },
      },
      ...actingPods(cluster, pods, { namespace: "images", name: "classifier" }),
    },
    options,
  );
  const subscription = interpolate`projects/${project}/subscriptions/${arrivals.subscriptions.workers}`;
  const namespace = new Namespace("images", { labels }, { provider });
  const worker = new Worker(
    "classifier",
    {
      namespace: namespace.name,
      image,
      resources,
      scale: "fixed" in workers ? workers : { subscription, ...workers },
      config: { SUBSCRIPTION: subscription, RESULTS: findings.topicId },
      googleIdentity: identityOf(cluster, pods, identity),
      labels,
    },
    { provider },
  );
  return {
    bucket: bucket.name,
    table: results.tables.results,
    subscription: arrivals.subscriptions.workers,
    deployment: worker.deployment,
  };
});
