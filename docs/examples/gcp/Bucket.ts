// Invoices that nobody may delete for ten years, moved to colder storage as they age; a topic is told of each new one.
import { Bucket } from "../../../components/gcp/bucket.ts";
import { Topic } from "../../../components/gcp/topic.ts";

const arrivals = new Topic("invoices", { project: "acme-prod", subscriptions: { archive: {} } });

const invoices = new Bucket("invoices", {
  location: "EU",
  history: { retainDays: 3650 },
  lifecycle: [{ afterDays: 90, action: { moveTo: "COLDLINE" } }],
  notify: { new: { topic: arrivals.topicId, prefix: "incoming/" } },
  access: { accounting: { member: "group:accounting@example.com", may: "read" } },
  labels: { team: "billing" },
});

export const bucket = invoices.url;
