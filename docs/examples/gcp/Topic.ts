// Orders, for a worker that takes them and for a table that keeps them all. What fails ten times is kept aside.
import { Dataset } from "../../../components/gcp/dataset.ts";
import { pubsubAgent, Topic } from "../../../components/gcp/topic.ts";

const project = "acme-prod";
const kept = new Dataset("events", {
  location: "EU",
  description: "Every event",
  tables: { orders: { columns: { id: { type: "STRING" }, at: { type: "TIMESTAMP" } } } },
  access: { pubsub: { member: pubsubAgent(project), may: "write" } },
});

const orders = new Topic("orders", {
  project,
  regions: ["europe-west1", "europe-west4"],
  subscriptions: {
    worker: { ackSeconds: 120, ordered: true },
    table: { delivery: { by: "bigquery", table: kept.tables.orders } },
  },
  publishers: { shop: "group:shop@example.com" },
  labels: { team: "shop" },
});

export const subscription = orders.subscriptions.worker;
