// Bucket, Topic and ServiceAccount: private, least, and with every wrong argument refused.
import { describe, expect, it } from "vitest";
import { Bucket, type BucketArgs, storageAgent } from "../../components/gcp/bucket.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { ServiceAccount, type ServiceAccountArgs } from "../../components/gcp/serviceAccount.ts";
import { Topic, type TopicArgs } from "../../components/gcp/topic.ts";
import { record, refusal } from "../support/mocks.ts";

describe("Bucket", () => {
  const bucketType = "gcp:storage/bucket:Bucket";
  const built = (changes: Partial<BucketArgs> = {}) =>
    record(() => {
      const { name, url } = new Bucket("files", { location: "europe-west1", ...changes });
      return { name, url };
    });

  it("is private, keeps versions for a while, and is not deleted while it holds objects", async () => {
    const { one, value, tree } = await built({ labels: { team: "data" } });
    expect(tree).toEqual(["gcp:storage/bucket:Bucket files < tutti:gcp:Bucket files", "tutti:gcp:Bucket files"]);
    expect(one(bucketType).inputs).toEqual({
      location: "EUROPE-WEST1",
      storageClass: "STANDARD",
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: 604_800 },
      lifecycleRules: [
        { action: { type: "Delete" }, condition: { numNewerVersions: 3, withState: "ARCHIVED" } },
        { action: { type: "Delete" }, condition: { daysSinceNoncurrentTime: 30, withState: "ARCHIVED" } },
      ],
      forceDestroy: false,
      labels: { team: "data" },
    });
    expect(value).toEqual({ name: "files-abc1234", url: "gs://files-abc1234" });
  });

  it("retains objects instead of versions, moves and deletes old ones, and empties itself, when asked", async () => {
    const { inputs } = (
      await built({
        history: { retainDays: 2 },
        softDeleteDays: 0,
        onDestroy: "delete-objects",
        lifecycle: [
          { afterDays: 30, action: { moveTo: "NEARLINE" } },
          { afterDays: 365, action: "delete", prefixes: ["tmp/"] },
        ],
      })
    ).one(bucketType);
    expect(inputs).toMatchObject({
      versioning: { enabled: false },
      retentionPolicy: { retentionPeriod: "172800", isLocked: false },
      softDeletePolicy: { retentionDurationSeconds: 0 },
      forceDestroy: true,
      lifecycleRules: [
        { action: { type: "SetStorageClass", storageClass: "NEARLINE" }, condition: { age: 30, withState: "LIVE" } },
        { action: { type: "Delete" }, condition: { age: 365, withState: "LIVE", matchesPrefixes: ["tmp/"] } },
      ],
    });
  });

  it("gives access by member and word", async () => {
    const { all } = await built({
      access: {
        web: { member: "serviceAccount:web@p", may: "write" },
        audit: { member: "group:audit@p", may: "read" },
      },
    });
    expect(
      all("gcp:storage/bucketIAMMember:BucketIAMMember").map(({ name, inputs }) => [
        name,
        inputs["role"],
        inputs["member"],
      ]),
    ).toEqual([
      ["files-web", "roles/storage.objectUser", "serviceAccount:web@p"],
      ["files-audit", "roles/storage.objectViewer", "group:audit@p"],
    ]);
  });

  it("tells topics of new objects, once Cloud Storage may publish there", async () => {
    const { one, calls } = await built({ notify: { new: { topic: "projects/p/topics/t", prefix: "in/" } } });
    expect(calls).toEqual(["gcp:storage/getProjectServiceAccount:getProjectServiceAccount"]);
    expect(one("gcp:pubsub/topicIAMMember:TopicIAMMember").inputs).toEqual({
      topic: "projects/p/topics/t",
      role: "roles/pubsub.publisher",
      member: "serviceAccount:service-123456789@gs-project-accounts.iam.gserviceaccount.com",
    });
    const notification = one("gcp:storage/notification:Notification");
    expect(notification.inputs).toEqual({
      bucket: "files-abc1234",
      topic: "projects/p/topics/t",
      payloadFormat: "JSON_API_V1",
      eventTypes: ["OBJECT_FINALIZE"],
      objectNamePrefix: "in/",
    });
    expect(notification.dependsOn).toContain("gcp:pubsub/topicIAMMember:TopicIAMMember files-new");
  });

  it("leaves the right to publish to whoever makes a topic that several buckets tell", async () => {
    const { all, one, value } = await record(() => {
      const topic = new Topic("told", {
        project: "p",
        subscriptions: { s: { deadLetterAfter: "never" } },
        publishers: { storage: storageAgent("p") },
      });
      const notify = { new: { topic: topic.topicId, granted: true } };
      return [new Bucket("a", { location: "EU", notify }).name, new Bucket("b", { location: "EU", notify }).name];
    });
    expect(value).toEqual(["a-abc1234", "b-abc1234"]);
    expect(all("gcp:pubsub/topicIAMMember:TopicIAMMember").map(({ name, inputs }) => [name, inputs["member"]])).toEqual(
      [["told-storage", "serviceAccount:service-123456789@gs-project-accounts.iam.gserviceaccount.com"]],
    );
    // Cloud Storage tries out whether it may publish: the topic's id is known once it may.
    for (const bucket of ["a", "b"])
      expect(one("gcp:storage/notification:Notification", `${bucket}-new`).dependsOn).toContain(
        "gcp:pubsub/topicIAMMember:TopicIAMMember told-storage",
      );
  });

  it.each<[string, Partial<BucketArgs>, string]>([
    [
      "event list",
      { notify: { new: { topic: "t", events: [] } } },
      "notify.new.events is [], expected at least one event",
    ],
    [
      "event",
      { notify: { new: { topic: "t", events: ["created" as "written"] } } },
      'notify.new.events[0] is "created", expected one of "written", "deleted"',
    ],
    ["location", { location: "" }, 'location is "", expected a location such as'],
    [
      "class",
      { storageClass: "HOT" as "STANDARD" },
      'storageClass is "HOT", expected one of "STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"',
    ],
    [
      "versions",
      { history: { versions: 0, days: 1 } },
      "history.versions is 0, expected a whole number from 1 to 100 (versions)",
    ],
    ["days", { history: { versions: 1, days: 0 } }, "history.days is 0, expected a whole number from 1"],
    ["retention", { history: { retainDays: 0 } }, "history.retainDays is 0, expected a whole number from 1"],
    ["history", { history: "all" as "none" }, 'history is "all", expected one of "none"'],
    [
      "soft delete",
      { softDeleteDays: 3 },
      "softDeleteDays is 3, expected a whole number from 7 to 90 (days, or 0 for not at all)",
    ],
    ["age", { lifecycle: [{ afterDays: -1, action: "delete" }] }, "lifecycle[0].afterDays is -1, expected"],
    [
      "a warmer class",
      { lifecycle: [{ afterDays: 1, action: { moveTo: "STANDARD" as "NEARLINE" } }] },
      'lifecycle[0].action.moveTo is "STANDARD", expected one of "NEARLINE"',
    ],
    [
      "no prefix",
      { lifecycle: [{ afterDays: 1, action: "delete", prefixes: [] }] },
      "lifecycle[0].prefixes is [], expected at least one",
    ],
    [
      "destroying",
      { onDestroy: "keep" as "refuse" },
      'onDestroy is "keep", expected one of "refuse", "delete-objects"',
    ],
    [
      "access",
      { access: { web: { member: "m", may: "own" as "read" } } },
      'access.web.may is "own", expected one of "read", "write"',
    ],
    ["labels", { labels: { a: "A" } }, 'labels.a is "A", expected at most 63'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Bucket("files", { location: "EU", ...changes }))).toContain(message);
  });
  it("refuses a name that Google keeps for itself", async () => {
    expect(await refusal(() => new Bucket("google-files", { location: "EU" }))).toContain(
      'without "goog" at the beginning',
    );
  });
});

describe("Topic", () => {
  const subscriptionType = "gcp:pubsub/subscription:Subscription";
  const built = (changes: Partial<TopicArgs> = {}) =>
    record(() => {
      const topic = new Topic("events", { project: "p", subscriptions: { worker: {} }, ...changes });
      return { topicId: topic.topicId, subscriptions: topic.subscriptions, deadLetters: topic.deadLetters };
    });

  it("keeps what could not be delivered, with Pub/Sub's right to move it there", async () => {
    const { tree, one, value, calls } = await built({ labels: { team: "data" } });
    expect(tree).toEqual([
      "gcp:pubsub/subscription:Subscription events-dead < tutti:gcp:Topic events",
      "gcp:pubsub/subscription:Subscription events-worker < tutti:gcp:Topic events",
      "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember events-worker-dead < tutti:gcp:Topic events",
      "gcp:pubsub/topic:Topic events < tutti:gcp:Topic events",
      "gcp:pubsub/topic:Topic events-dead < tutti:gcp:Topic events",
      "gcp:pubsub/topicIAMMember:TopicIAMMember events-dead < tutti:gcp:Topic events",
      "tutti:gcp:Topic events",
    ]);
    const agent = "serviceAccount:service-123456789@gcp-sa-pubsub.iam.gserviceaccount.com";
    expect(one(subscriptionType, "events-worker").inputs).toEqual({
      topic: "projects/test-project/topics/events-abc1234",
      ackDeadlineSeconds: 60,
      messageRetentionDuration: "604800s",
      expirationPolicy: { ttl: "" },
      retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" },
      enableMessageOrdering: false,
      deadLetterPolicy: {
        deadLetterTopic: "projects/test-project/topics/events-dead-abc1234",
        maxDeliveryAttempts: 10,
      },
      labels: { team: "data" },
    });
    expect(one(subscriptionType, "events-worker").dependsOn).toContain(
      "gcp:pubsub/topicIAMMember:TopicIAMMember events-dead",
    );
    expect(one("gcp:pubsub/topicIAMMember:TopicIAMMember").inputs).toMatchObject({
      role: "roles/pubsub.publisher",
      member: agent,
    });
    expect(one("gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember").inputs).toMatchObject({
      role: "roles/pubsub.subscriber",
      member: agent,
      subscription: "events-worker-abc1234",
    });
    expect(one(subscriptionType, "events-dead").inputs).toMatchObject({
      messageRetentionDuration: "2678400s",
      expirationPolicy: { ttl: "" },
    });
    expect(value.deadLetters).toBe("events-dead-abc1234");
    expect(calls).toEqual(["gcp:organizations/getProject:getProject"]);
  });

  it("has no dead letter topic, and asks for no project number, when every subscription tries for ever", async () => {
    const { tree, value, calls } = await built({ subscriptions: { worker: { deadLetterAfter: "never" } } });
    expect(tree).toEqual([
      "gcp:pubsub/subscription:Subscription events-worker < tutti:gcp:Topic events",
      "gcp:pubsub/topic:Topic events < tutti:gcp:Topic events",
      "tutti:gcp:Topic events",
    ]);
    expect(value.deadLetters).toBeUndefined();
    expect(calls).toEqual([]);
  });

  it("pushes with a token, filters, orders, replays, stays in its regions, and gives rights by name", async () => {
    const { one } = await built({
      regions: ["europe-west1"],
      replayHours: 24,
      publishers: { web: "serviceAccount:web@p" },
      subscriptions: {
        hook: {
          delivery: { by: "push", endpoint: "https://example.com/hook", serviceAccount: "push@p" },
          filter: 'attributes.type = "image"',
          ordered: true,
          ackSeconds: 600,
          keepHours: 1,
          backoffSeconds: { min: 1, max: 2 },
          subscribers: { hook: "serviceAccount:hook@p" },
        },
      },
    });
    expect(one("gcp:pubsub/topic:Topic", "events").inputs).toMatchObject({
      messageStoragePolicy: { allowedPersistenceRegions: ["europe-west1"] },
      messageRetentionDuration: "86400s",
    });
    expect(one(subscriptionType, "events-hook").inputs).toMatchObject({
      pushConfig: {
        pushEndpoint: "https://example.com/hook",
        oidcToken: { serviceAccountEmail: "push@p", audience: "https://example.com/hook" },
      },
      filter: 'attributes.type = "image"',
      enableMessageOrdering: true,
      ackDeadlineSeconds: 600,
      messageRetentionDuration: "3600s",
      retryPolicy: { minimumBackoff: "1s", maximumBackoff: "2s" },
    });
    expect(one("gcp:pubsub/topicIAMMember:TopicIAMMember", "events-web").inputs).toMatchObject({
      role: "roles/pubsub.publisher",
    });
    expect(one("gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember", "events-hook-hook").inputs).toMatchObject({
      role: "roles/pubsub.subscriber",
      member: "serviceAccount:hook@p",
    });
  });

  it("writes messages into a table of BigQuery", async () => {
    const { one } = await built({ subscriptions: { rows: { delivery: { by: "bigquery", table: "p.d.t" } } } });
    expect(one(subscriptionType, "events-rows").inputs["bigqueryConfig"]).toEqual({
      table: "p.d.t",
      useTableSchema: true,
      dropUnknownFields: true,
    });
  });

  const worker = (args: TopicArgs["subscriptions"][string]): Partial<TopicArgs> => ({
    subscriptions: { worker: args },
  });
  it.each<[string, Partial<TopicArgs>, string]>([
    ["no subscription", { subscriptions: {} }, "subscriptions is {}, expected at least one subscription"],
    ["the dead letter's name", { subscriptions: { dead: {} } }, 'subscriptions is "dead", expected another name'],
    ["a subscription's name", { subscriptions: { "a b": {} } }, 'subscriptions.a b is "events-a b", expected letters'],
    [
      "a deadline",
      worker({ ackSeconds: 5 }),
      "subscriptions.worker.ackSeconds is 5, expected a whole number from 10 to 600 (seconds)",
    ],
    [
      "keeping",
      worker({ keepHours: 1000 }),
      "subscriptions.worker.keepHours is 1000, expected a whole number from 1 to 744",
    ],
    [
      "backoff",
      worker({ backoffSeconds: { min: 100, max: 10 } }),
      "subscriptions.worker.backoffSeconds.max is 10, expected a whole number from 100",
    ],
    [
      "attempts",
      worker({ deadLetterAfter: 1 }),
      "subscriptions.worker.deadLetterAfter is 1, expected a whole number from 5 to 100",
    ],
    [
      "delivery",
      worker({ delivery: { by: "mail" } as never }),
      'subscriptions.worker.delivery.by is "mail", expected one of "pull", "push", "bigquery"',
    ],
    [
      "an endpoint in the clear",
      worker({ delivery: { by: "push", endpoint: "http://example.com", serviceAccount: "x" } }),
      'subscriptions.worker.delivery.endpoint is "http://example.com", expected an https:// address',
    ],
    ["no region", { regions: [] }, "regions is [], expected at least one region"],
    ["a region", { regions: ["europe"] }, 'regions[0] is "europe", expected a region'],
    ["replay", { replayHours: 0 }, "replayHours is 0, expected a whole number from 1 to 744 (hours)"],
    ["labels", { labels: { A: "" } }, 'labels is "A", expected keys'],
  ])("refuses %s", async (_, changes, message) => {
    expect(
      await refusal(() => new Topic("events", { project: "p", subscriptions: { worker: {} }, ...changes })),
    ).toContain(message);
  });
});

describe("ServiceAccount", () => {
  const plain: ServiceAccountArgs = { project: "p", description: "The web application" };

  it("has an id of its own in every stack, its roles, its rights and who may act as it", async () => {
    const { one, tree, value } = await record(() => {
      const { email, member } = new ServiceAccount("web", {
        ...plain,
        roles: ["roles/logging.logWriter"],
        grants: {
          files: { on: "bucket", bucket: "b", may: "write" },
          events: { on: "topic", topic: "t", may: "publish" },
          work: { on: "subscription", subscription: "s", may: "pull" },
          key: { on: "secret", secret: "k", may: "read" },
        },
        kubernetes: [{ namespace: "web", serviceAccount: "web" }],
      });
      return { email, member };
    });
    expect(tree.filter((line) => line !== "tutti:gcp:ServiceAccount web")).toEqual(
      [
        "gcp:projects/iAMMember:IAMMember web-logging.logWriter",
        "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember web-work",
        "gcp:pubsub/topicIAMMember:TopicIAMMember web-events",
        "gcp:secretmanager/secretIamMember:SecretIamMember web-key",
        "gcp:serviceaccount/account:Account web",
        "gcp:serviceaccount/iAMMember:IAMMember web-web-web",
        "gcp:storage/bucketIAMMember:BucketIAMMember web-files",
      ].map((line) => `${line} < tutti:gcp:ServiceAccount web`),
    );
    const account = one("gcp:serviceaccount/account:Account");
    expect(account.inputs["accountId"]).toMatch(/^web-[0-9a-f]{7}$/);
    expect(account.deleteBeforeReplace).toBe(true);
    expect(value.member).toBe(`serviceAccount:${value.email}`);
    expect(one("gcp:projects/iAMMember:IAMMember").inputs).toEqual({
      project: "p",
      role: "roles/logging.logWriter",
      member: value.member,
    });
    expect(one("gcp:storage/bucketIAMMember:BucketIAMMember").inputs).toEqual({
      bucket: "b",
      role: "roles/storage.objectUser",
      member: value.member,
    });
    expect(one("gcp:pubsub/topicIAMMember:TopicIAMMember").inputs).toMatchObject({
      topic: "t",
      role: "roles/pubsub.publisher",
    });
    expect(one("gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember").inputs).toMatchObject({
      role: "roles/pubsub.subscriber",
    });
    expect(one("gcp:secretmanager/secretIamMember:SecretIamMember").inputs).toMatchObject({
      role: "roles/secretmanager.secretAccessor",
    });
    expect(one("gcp:serviceaccount/iAMMember:IAMMember").inputs).toMatchObject({
      role: "roles/iam.workloadIdentityUser",
      member: "serviceAccount:p.svc.id.goog[web/web]",
    });
  });

  it.each<[string, Partial<ServiceAccountArgs>, string]>([
    ["description", { description: "" }, 'description is "", expected 1 to 256 characters'],
    ["role", { roles: ["logWriter"] }, 'roles[0] is "logWriter", expected a role such as'],
    [
      "basic role",
      { roles: ["roles/editor"] },
      'roles[0] is "roles/editor", expected a role for a purpose, not a basic one',
    ],
    ["role twice", { roles: ["roles/x.y", "roles/x.y"] }, 'roles[1] is "roles/x.y", expected each role once'],
    [
      "grant",
      { grants: { x: { on: "disk", may: "read" } as never } },
      'grants.x.on is "disk", expected one of "bucket", "topic"',
    ],
    [
      "right",
      { grants: { x: { on: "topic", topic: "t", may: "pull" } as never } },
      'grants.x.may is "pull", expected one of "publish"',
    ],
    [
      "namespace",
      { kubernetes: [{ namespace: "Web", serviceAccount: "web" }] },
      'kubernetes[0].namespace is "Web", expected',
    ],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new ServiceAccount("web", { ...plain, ...changes }))).toContain(message);
  });
  it("refuses a name with no room for what tells stacks apart", async () => {
    expect(await refusal(() => new ServiceAccount("a".repeat(23), plain))).toContain(
      "1 to 22 characters for the name of a service account",
    );
  });
});

describe("googleProvider", () => {
  it("has a project and a region, and components below it use it", async () => {
    const { one } = await record(() => {
      const provider = googleProvider({ project: "acme-prod", region: "europe-west1" });
      return new Bucket("files", { location: "EU" }, { provider }).name;
    });
    expect(one("pulumi:providers:gcp").inputs).toMatchObject({ project: "acme-prod", region: "europe-west1" });
    expect(one("gcp:storage/bucket:Bucket").provider).toBe("google");
  });
  it.each([
    [{ project: "x", region: "europe-west1" }, 'project is "x", expected a project id of 6 to 30'],
    [{ project: "acme-prod", region: "europe-west1-b" }, 'region is "europe-west1-b", expected a region'],
  ])("refuses %j", async (args, message) => {
    expect(await refusal(() => googleProvider(args))).toContain(message);
  });
});
