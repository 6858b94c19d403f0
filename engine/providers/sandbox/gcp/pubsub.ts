// Pub/Sub: topics, subscriptions, members. Follows terraform-provider-google (services/pubsub).
import { linkPath } from "../differences.ts";
import type { Draft, Kind } from "../kind.ts";
import type { NameRule } from "../names.ts";
import { googleError, type Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { encrypted } from "./keys.ts";
import { checkRegion, projectOf } from "./places.ts";
import {
  checkBetween,
  checkDuration,
  checkLabels,
  checkName,
  existing,
  iamMember,
  shortName,
  topics,
} from "./shared.ts";

const subscriptions = "gcp/pubsub/subscriptions";

/** cloud.google.com/pubsub/docs/pubsub-basics#resource_names */
const nameRule: NameRule = {
  pattern: /^(?!goog)[A-Za-z][A-Za-z0-9_.~+%-]{2,254}$/,
  description: '3 to 255 letters, digits and - _ . ~ + %, beginning with a letter and not with "goog"',
};

function pathOf(plural: string, reference: string, project: string): string {
  const path = linkPath(reference);
  return path.includes("/") ? path : `projects/${project}/${plural}/${path}`;
}

function missing(id: string): Refusal {
  return googleError(404, `Resource not found (resource=${shortName(id)}).`);
}

const topic: Kind = {
  type: "gcp:pubsub/topic:Topic",
  collection: topics,
  autoname: { property: "name", longest: 255 },
  replaces: ["name", "project", "tags"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", nameRule);
    checkLabels(inputs, report);
    checkDuration(inputs, report, "messageRetentionDuration", 600, 2_678_400);
    for (const region of inputs.at("messageStoragePolicy.allowedPersistenceRegions").items) {
      checkRegion(new View({ region: region.value ?? null }), (_, reason) =>
        report("messageStoragePolicy.allowedPersistenceRegions", reason),
      );
    }
  },
  id: ({ inputs, place }) => `projects/${projectOf(inputs, place)}/topics/${inputs.at("name").string}`,
  taken: (_, id) => googleError(409, `Resource already exists in the project (resource=${shortName(id)}).`),
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    messageStoragePolicy: { allowedPersistenceRegions: [] },
    deletionPolicy: "DELETE",
  }),
};

const subscription: Kind = {
  type: "gcp:pubsub/subscription:Subscription",
  collection: subscriptions,
  autoname: { property: "name", longest: 255 },
  defaults: () => ({ messageRetentionDuration: "604800s" }),
  replaces: ["name", "topic", "project", "enableMessageOrdering", "filter", "tags"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", nameRule);
    checkLabels(inputs, report);
    checkBetween(inputs, report, "ackDeadlineSeconds", 10, 600);
    checkBetween(inputs, report, "deadLetterPolicy.maxDeliveryAttempts", 5, 100);
    checkDuration(inputs, report, "messageRetentionDuration", 600, 2_678_400);
    checkDuration(inputs, report, "retryPolicy.minimumBackoff", 0, 600);
    checkDuration(inputs, report, "retryPolicy.maximumBackoff", 0, 600);
    const endpoint = inputs.at("pushConfig.pushEndpoint").string;
    if (endpoint !== undefined && !endpoint.startsWith("https://"))
      report("pushConfig.pushEndpoint", `"${endpoint}" is not an https:// address`);
    const ways = ["pushConfig", "bigqueryConfig", "cloudStorageConfig"].filter((way) => !inputs.at(way).isAbsent);
    if (ways.length > 1) report(ways[1]!, `only one of ${ways.join(" and ")} may be given`);
  },
  id: ({ inputs, place }) => `projects/${projectOf(inputs, place)}/subscriptions/${inputs.at("name").string}`,
  taken: (_, id) => googleError(409, `Resource already exists in the project (resource=${shortName(id)}).`),
  verify: async (draft, cloud) => {
    const own = topicOf(draft);
    // A topic may be deleted under its subscription, which then shows `_deleted-topic_`; nothing else may name that.
    await existing(cloud, topics, own, () => missing(own));
    const dead = draft.inputs.at("deadLetterPolicy.deadLetterTopic").string;
    if (dead !== undefined)
      await existing(cloud, topics, pathOf("topics", dead, projectOf(draft.inputs, draft.place)), () => missing(dead));
  },
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    ackDeadlineSeconds: 10,
    expirationPolicy: { ttl: "2678400s" },
    deletionPolicy: "DELETE",
  }),
  computed: (draft) => ({ topic: topicOf(draft) }),
};

function topicOf({ inputs, place }: Draft): string {
  return pathOf("topics", inputs.at("topic").string ?? "", projectOf(inputs, place));
}

const member = (type: string, collection: string, property: "topic" | "subscription", held: string): Kind =>
  iamMember({
    type,
    collection,
    property,
    target: ({ inputs, place }) => pathOf(`${property}s`, inputs.at(property).string ?? "", projectOf(inputs, place)),
    exists: async (target, _, cloud) => void (await existing(cloud, held, target, () => missing(target))),
    outputs: ({ inputs, place }) => ({ project: projectOf(inputs, place) }),
  });

export const pubsubKinds: readonly Kind[] = [
  encrypted(topic, "pubsub", (inputs) => [{ property: "kmsKeyName", key: inputs.at("kmsKeyName").string }]),
  subscription,
  member("gcp:pubsub/topicIAMMember:TopicIAMMember", "gcp/pubsub/topicIamMembers", "topic", topics),
  member(
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
    "gcp/pubsub/subscriptionIamMembers",
    "subscription",
    subscriptions,
  ),
];
