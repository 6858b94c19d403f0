// Topic: a Pub/Sub topic with its subscriptions, each with retries and, unless it says otherwise, a dead letter topic that a
// subscription of its own keeps, so that what could not be handled is neither lost nor delivered for ever.
//
//   topic --> subscription --(after maxAttempts)--> <name>-dead --> <name>-dead (kept for 31 days)
//
// What replaces: nothing but names. A subscription's `filter` and `ordered` replace it, and with it what it had not delivered.
import { getProjectOutput } from "@pulumi/gcp/organizations/getProject.js";
import { type SubscriptionArgs as PubsubSubscriptionArgs, Subscription } from "@pulumi/gcp/pubsub/subscription.js";
import { SubscriptionIAMMember } from "@pulumi/gcp/pubsub/subscriptionIAMMember.js";
import { Topic as PubsubTopic } from "@pulumi/gcp/pubsub/topic.js";
import { TopicIAMMember } from "@pulumi/gcp/pubsub/topicIAMMember.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type InvokeOptions,
  interpolate,
  type Output,
  type Resource,
} from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { pubsubName } from "../names.ts";
import { checkKey } from "./encryption.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkRegion } from "./locations.ts";
import { checkMembers } from "./members.ts";
import { subscriptionRoles, topicRoles } from "./roles.ts";

/** How messages reach the subscriber. */
export type Delivery =
  /** The subscriber asks for them. */
  | { readonly by: "pull" }
  /** Pub/Sub posts them to an HTTPS endpoint, with an OpenID token of the service account. */
  | { readonly by: "push"; readonly endpoint: Input<string>; readonly serviceAccount: Input<string> }
  /**
   * Pub/Sub writes them as rows into a BigQuery table (`Dataset.tables[...]`): messages are JSON objects whose keys are its
   * columns, others are dropped. Pub/Sub's own identity needs the right to write there (`pubsubAgent`).
   */
  | { readonly by: "bigquery"; readonly table: Input<string> };

export interface TopicSubscriptionArgs {
  /** Pull by default. */
  readonly delivery?: Delivery;
  /** Seconds a subscriber has to acknowledge, 10 to 600; 60 by default. */
  readonly ackSeconds?: number;
  /** Hours that unacknowledged messages are kept, 1 to 744 (31 days); 168 by default. */
  readonly keepHours?: number;
  /** Seconds between attempts: at least and at most, 0 to 600; 10 and 600 by default. */
  readonly backoffSeconds?: { readonly min: number; readonly max: number };
  /** After so many attempts, 5 to 100, a message goes to the dead letter topic; `"never"` tries until it is too old. 10 by default. */
  readonly deadLetterAfter?: number | "never";
  /** Only messages whose attributes match (`attributes.type = "image"`); every one by default. Changing it replaces the subscription. */
  readonly filter?: string;
  /** Whether messages of one ordering key arrive in order; off by default. Changing it replaces the subscription. */
  readonly ordered?: boolean;
  /** Who may pull, as IAM members; by name, to tell the grants apart. Nobody by default. */
  readonly subscribers?: Readonly<Record<string, Input<string>>>;
}

export interface TopicArgs<Name extends string = string> {
  /** Project of the topic: its number names Pub/Sub's own identity, which moves messages to the dead letter topic. */
  readonly project: Input<string>;
  /** Subscriptions by name; a topic without one loses what is published, so at least one. */
  readonly subscriptions: Readonly<Record<Name, TopicSubscriptionArgs>>;
  /** Regions in which messages may be stored; anywhere Google allows by default. */
  readonly regions?: readonly string[];
  /** Hours for which published messages can be replayed, acknowledged ones too, 1 to 744; not at all by default. */
  readonly replayHours?: number;
  /**
   * Key that encrypts messages (`KeyRing.keys[...]`, `services: ["pubsub"]`), those that could not be delivered too; a key of Google's by
   * default.
   */
  readonly key?: Input<string>;
  /** Who may publish, as IAM members; by name, to tell the grants apart. Nobody by default. */
  readonly publishers?: Readonly<Record<string, Input<string>>>;
  /** Labels of topics and subscriptions; none by default. */
  readonly labels?: Labels;
}

const deadHours = 744;
const defaultAttempts = 10;

/** A topic, its subscriptions, and where undeliverable messages go. */
export class Topic<Name extends string = string> extends ComponentResource {
  /** `projects/<project>/topics/<name>`; known once its publishers may publish. */
  readonly topicId: Output<string>;
  /** Name of the topic. */
  readonly name: Output<string>;
  /** Names of the subscriptions, by the names they were given. */
  readonly subscriptions: Readonly<Record<Name, Output<string>>>;
  /** Name of the subscription that keeps what could not be delivered; undefined when no subscription has a dead letter topic. */
  readonly deadLetters: Output<string> | undefined;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: TopicArgs<Name>, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { project, regions, replayHours, publishers = {}, labels = {} } = args;

    super("tutti:gcp:Topic", name, {}, opts);
    const parent = { parent: this };
    const storage = {
      ...(regions !== undefined && { messageStoragePolicy: { allowedPersistenceRegions: [...regions] } }),
      ...(args.key !== undefined && { kmsKeyName: args.key }),
    };

    const topic = new PubsubTopic(
      name,
      { ...storage, ...(replayHours !== undefined && { messageRetentionDuration: hours(replayHours) }), labels },
      parent,
    );
    this.name = topic.name;
    const granted = Object.entries(publishers).map(
      ([who, member]) =>
        new TopicIAMMember(`${name}-${who}`, { topic: topic.name, role: topicRoles.publish, member }, parent).urn,
    );
    this.topicId = all([topic.id, ...granted]).apply(([id]) => id as string);

    const dead = Object.values<TopicSubscriptionArgs>(args.subscriptions).some(
      ({ deadLetterAfter }) => deadLetterAfter !== "never",
    )
      ? this.#deadLetter(name, project, { ...storage, labels })
      : undefined;
    this.deadLetters = dead?.kept.name;

    this.subscriptions = Object.fromEntries(
      Object.entries<TopicSubscriptionArgs>(args.subscriptions).map(([key, subscription]) => {
        const logical = `${name}-${key}`;
        const attempts = subscription.deadLetterAfter ?? defaultAttempts;
        const resource = new Subscription(
          logical,
          {
            topic: topic.id,
            ...subscriptionOf(subscription),
            ...(dead !== undefined &&
              attempts !== "never" && {
                deadLetterPolicy: { deadLetterTopic: dead.topic.id, maxDeliveryAttempts: attempts },
              }),
            labels,
          },
          // Without its grant on the dead letter topic, Pub/Sub would drop what it moves there.
          { parent: this, dependsOn: dead === undefined || attempts === "never" ? [] : [dead.grant] },
        );
        if (dead !== undefined && attempts !== "never") {
          new SubscriptionIAMMember(
            `${logical}-dead`,
            { subscription: resource.name, role: subscriptionRoles.pull, member: dead.agent },
            parent,
          );
        }
        for (const [who, member] of Object.entries(subscription.subscribers ?? {})) {
          new SubscriptionIAMMember(
            `${logical}-${who}`,
            { subscription: resource.name, role: subscriptionRoles.pull, member },
            parent,
          );
        }
        return [key, resource.name];
      }),
    ) as Record<Name, Output<string>>;
    this.registerOutputs({
      topicId: this.topicId,
      name: this.name,
      subscriptions: this.subscriptions,
      deadLetters: this.deadLetters,
    });
  }

  /** The dead letter topic with the one subscription that keeps its messages, and Pub/Sub's right to publish there. */
  #deadLetter(name: string, project: Input<string>, common: { labels: Labels }) {
    const parent = { parent: this };
    const agent = pubsubAgent(project, parent);
    const topic = new PubsubTopic(`${name}-dead`, common, parent);
    const kept = new Subscription(
      `${name}-dead`,
      {
        topic: topic.id,
        messageRetentionDuration: hours(deadHours),
        ackDeadlineSeconds: 60,
        expirationPolicy: { ttl: "" },
        labels: common.labels,
      },
      parent,
    );
    const grant: Resource = new TopicIAMMember(
      `${name}-dead`,
      { topic: topic.name, role: topicRoles.publish, member: agent },
      parent,
    );
    return { topic, kept, grant, agent };
  }
}

function subscriptionOf(args: TopicSubscriptionArgs): Omit<PubsubSubscriptionArgs, "topic"> {
  const { delivery = { by: "pull" }, ackSeconds = 60, keepHours = 168, backoffSeconds = { min: 10, max: 600 } } = args;
  return {
    ackDeadlineSeconds: ackSeconds,
    messageRetentionDuration: hours(keepHours),
    // Left alone, Pub/Sub deletes a subscription that nobody has used for 31 days; an empty ttl means never.
    expirationPolicy: { ttl: "" },
    retryPolicy: { minimumBackoff: `${backoffSeconds.min}s`, maximumBackoff: `${backoffSeconds.max}s` },
    ...(delivery.by === "push" && {
      pushConfig: {
        pushEndpoint: delivery.endpoint,
        oidcToken: { serviceAccountEmail: delivery.serviceAccount, audience: delivery.endpoint },
      },
    }),
    ...(delivery.by === "bigquery" && {
      bigqueryConfig: { table: delivery.table, useTableSchema: true, dropUnknownFields: true },
    }),
    ...(args.filter !== undefined && { filter: args.filter }),
    enableMessageOrdering: args.ordered ?? false,
  };
}

/** Pub/Sub's own identity in a project, as an IAM member: who moves messages to dead letter topics and into BigQuery. */
export function pubsubAgent(project: Input<string>, opts: InvokeOptions = {}): Output<string> {
  const { number } = getProjectOutput({ projectId: project }, opts);
  return interpolate`serviceAccount:service-${number}@gcp-sa-pubsub.iam.gserviceaccount.com`;
}

/** Durations are given to Pub/Sub in seconds. */
function hours(count: number): string {
  return `${count * 3600}s`;
}

/** Limits are those that the provider's own descriptions state. */
function checkArguments(name: string, args: TopicArgs): void {
  const { subscriptions, regions, replayHours, labels = {} } = args;
  const check = new ArgumentCheck("Topic", name);
  check.childName("name", `${name}-dead`, pubsubName);
  check.distinct("the dead letter topic", "publisher", `${name}-dead`);
  if (Object.keys(subscriptions).length === 0) check.refuse("subscriptions", {}, "at least one subscription");
  for (const [key, subscription] of Object.entries(subscriptions)) {
    const at = `subscriptions.${key}`;
    const {
      ackSeconds = 60,
      keepHours = 168,
      backoffSeconds = { min: 10, max: 600 },
      deadLetterAfter = defaultAttempts,
    } = subscription;
    if (key === "dead") check.refuse("subscriptions", key, "another name, this one is the dead letter subscription's");
    check.childName(at, `${name}-${key}`, pubsubName);
    check.integer(`${at}.ackSeconds`, ackSeconds, { min: 10, max: 600, unit: "seconds" });
    check.integer(`${at}.keepHours`, keepHours, { min: 1, max: 744, unit: "hours" });
    check.integer(`${at}.backoffSeconds.min`, backoffSeconds.min, { min: 0, max: 600, unit: "seconds" });
    check.integer(`${at}.backoffSeconds.max`, backoffSeconds.max, {
      min: backoffSeconds.min,
      max: 600,
      unit: "seconds",
    });
    if (deadLetterAfter !== "never") {
      check.integer(`${at}.deadLetterAfter`, deadLetterAfter, { min: 5, max: 100, unit: 'attempts, or "never"' });
    }
    checkMembers(check, `${at}.subscribers`, subscription.subscribers);
    check.distinct("the dead letter topic", "subscriber", `${name}-${key}-dead`);
    for (const who of Object.keys(subscription.subscribers ?? {}))
      check.distinct(`${at}.subscribers.${who}`, "subscriber", `${name}-${key}-${who}`);
    const { delivery = { by: "pull" } } = subscription;
    check.oneOf(`${at}.delivery.by`, delivery.by, ["pull", "push", "bigquery"]);
    if (delivery.by === "push" && typeof delivery.endpoint === "string") {
      check.matches(`${at}.delivery.endpoint`, delivery.endpoint, /^https:\/\/[^\s/]+/, "an https:// address");
    }
  }
  if (regions?.length === 0) check.refuse("regions", regions, "at least one region, or none of the argument");
  for (const [index, region] of (regions ?? []).entries()) checkRegion(check, `regions[${index}]`, region);
  if (replayHours !== undefined) check.integer("replayHours", replayHours, { min: 1, max: 744, unit: "hours" });
  checkKey(check, "key", args.key);
  checkMembers(check, "publishers", args.publishers);
  for (const who of Object.keys(args.publishers ?? {}))
    check.distinct(`publishers.${who}`, "publisher", `${name}-${who}`);
  checkLabels(check, labels);
  check.done();
}
