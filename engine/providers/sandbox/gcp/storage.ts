// Cloud Storage: buckets, members, objects. Names are unique in the whole (sandbox) world. Follows terraform-provider-google
// (services/storage).
import { createHash } from "node:crypto";
import { Asset } from "../../../values.ts";
import type { Kind } from "../kind.ts";
import { numericId } from "../names.ts";
import { googleError, Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { encrypted, serviceAgent } from "./keys.ts";
import { projectNumber, projectOf, regions } from "./places.ts";
import { checkChoice, checkLabels, checkName, etagOf, existing, iamMember, topics } from "./shared.ts";

const buckets = "gcp/storage/buckets";
const objects = "gcp/storage/objects";
const notifications = "gcp/storage/notifications";

const classes = ["STANDARD", "MULTI_REGIONAL", "REGIONAL", "NEARLINE", "COLDLINE", "ARCHIVE"];
/** Locations that are not regions (cloud.google.com/storage/docs/locations; *unverified* to be all). */
const wideLocations = new Set(["ASIA", "EU", "US", "ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4"]);

const bucket: Kind = {
  type: "gcp:storage/bucket:Bucket",
  collection: buckets,
  autoname: { property: "name", longest: 222 },
  defaults: () => ({ forceDestroy: false, storageClass: "STANDARD" }),
  replaces: ["name", "project", "location", "enableObjectRetention", "hierarchicalNamespace", "customPlacementConfig"],
  check: (inputs, report) => {
    const name = inputs.at("name").string;
    // cloud.google.com/storage/docs/buckets#naming
    checkName(inputs, report, "name", {
      pattern:
        /^(?=.{3,222}$)(?!goog)(?!.*google)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9]([-_a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-_a-z0-9]{0,61}[a-z0-9])?)*$/,
      description:
        '3 to 63 characters of a-z, 0-9, - and _, beginning and ending with a letter or digit, and not have "google" in it (up to 222 with dots)',
    });
    if (name !== undefined && name.length < 3)
      report("name", `"${name}" is too short: a bucket's name has 3 characters at least`);
    const location = inputs.at("location").string;
    if (location !== undefined && !wideLocations.has(location.toUpperCase()) && !regions.has(location.toLowerCase())) {
      report("location", `no location "${location}": a region, or one of ${[...wideLocations].join(", ")}`);
    }
    checkChoice(inputs, report, "storageClass", classes);
    checkChoice(inputs, report, "publicAccessPrevention", ["inherited", "enforced"]);
    checkLabels(inputs, report);
    const seconds = inputs.at("softDeletePolicy.retentionDurationSeconds").number;
    if (seconds !== undefined && seconds !== 0 && (seconds < 604800 || seconds > 7776000)) {
      report(
        "softDeletePolicy.retentionDurationSeconds",
        `${seconds} is neither 0 nor between 604800 (7 days) and 7776000 (90 days)`,
      );
    }
    inputs.at("lifecycleRules").items.forEach((rule, index) => {
      const at = `lifecycleRules[${index}].action`;
      const type = rule.at("action.type").string;
      if (type !== undefined && !["Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"].includes(type)) {
        report(`${at}.type`, `"${type}" is none of Delete, SetStorageClass, AbortIncompleteMultipartUpload`);
      }
      if (type === "SetStorageClass" && rule.at("action.storageClass").isAbsent)
        report(`${at}.storageClass`, "required with type SetStorageClass");
      checkChoice(rule, (_, reason) => report(`${at}.storageClass`, reason), "action.storageClass", classes);
    });
  },
  id: ({ inputs }) => inputs.at("name").string ?? "",
  taken: () =>
    googleError(
      409,
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
      "conflict",
    ),
  // retentionPolicy that is locked can neither be removed nor shortened.
  verify: async ({ inputs, previous }) => {
    const before = new View(previous?.state).at("retentionPolicy");
    if (before.at("isLocked").boolean !== true) return;
    const [old, next] = [before, inputs.at("retentionPolicy")].map((policy) =>
      Number(policy.at("retentionPeriod").value ?? 0),
    );
    if (next! < old!)
      throw googleError(403, "Cannot reduce retention duration of a locked Retention Policy for bucket.", "forbidden");
  },
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    publicAccessPrevention: "inherited",
    uniformBucketLevelAccess: false,
    rpo: "DEFAULT",
    softDeletePolicy: { retentionDurationSeconds: 604800 },
    versioning: { enabled: false },
    deletionPolicy: "DELETE",
  }),
  computed: ({ id, inputs, place, created, updated }) => ({
    location: (inputs.at("location").string ?? "").toUpperCase(),
    projectNumber: Number(projectNumber(projectOf(inputs, place))),
    selfLink: `https://www.googleapis.com/storage/v1/b/${id}`,
    url: `gs://${id}`,
    timeCreated: created,
    updated,
  }),
  release: async ({ id, state }, cloud) => {
    const inside = (await cloud.list(objects)).filter((object) => new View(object.state).at("bucket").string === id);
    if (inside.length === 0) return;
    if (new View(state).at("forceDestroy").boolean !== true)
      throw new Refusal(409, `Error trying to delete bucket ${id} without \`force_destroy\` set to true`);
    for (const object of inside) await cloud.remove(objects, object.id);
  },
};

const bucketMember = iamMember({
  type: "gcp:storage/bucketIAMMember:BucketIAMMember",
  collection: "gcp/storage/iamMembers",
  property: "bucket",
  target: ({ inputs }) => `b/${bucketName(inputs.at("bucket").string ?? "")}`,
  exists: async (target, { inputs }, cloud) => {
    const record = await existing(cloud, buckets, target.slice(2), noBucket);
    const isPublic = /^all(Authenticated)?Users$/.test(inputs.at("member").string ?? "");
    if (isPublic && new View(record.state).at("publicAccessPrevention").string === "enforced") {
      throw googleError(
        412,
        "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.",
      );
    }
  },
});

function bucketName(reference: string): string {
  return reference.replace(/^(b\/|gs:\/\/)/, "").replace(/\/$/, "");
}

function noBucket(): Refusal {
  return googleError(404, "The specified bucket does not exist.");
}

const bucketObject: Kind = {
  type: "gcp:storage/bucketObject:BucketObject",
  collection: objects,
  autoname: { property: "name", longest: 255 },
  replaces: [
    "bucket",
    "name",
    ..."cacheControl contentDisposition contentEncoding contentLanguage contentType forceEmptyContentType kmsKeyName metadata source storageClass customerEncryption".split(
      " ",
    ),
  ],
  check: (inputs, report) => {
    const [content, source] = [inputs.at("content"), inputs.at("source")];
    if (content.isAbsent === source.isAbsent) report("content", "exactly one of content and source must be given");
    const name = inputs.at("name").string;
    if (name !== undefined && (name.length === 0 || Buffer.byteLength(name) > 1024 || /[\r\n]/.test(name))) {
      report("name", `${JSON.stringify(name)} is no name of an object: 1 to 1024 bytes without line breaks`);
    }
    checkChoice(inputs, report, "storageClass", classes);
  },
  id: ({ inputs }) => `${inputs.at("bucket").string}-${inputs.at("name").string}`,
  physicalName: ({ inputs }) => inputs.at("name").string ?? "",
  taken: (_, id) => googleError(412, `At least one of the pre-conditions you specified did not hold: ${id} exists`),
  verify: async ({ inputs }, cloud) =>
    void (await existing(cloud, buckets, bucketName(inputs.at("bucket").string ?? ""), noBucket)),
  fallbacks: () => ({
    contentType: "text/plain; charset=utf-8",
    storageClass: "STANDARD",
    kmsKeyName: "",
    deletionPolicy: "DELETE",
  }),
  volatile: ["generation", "md5hash", "md5hexhash", "crc32c", "mediaLink"],
  computed: (resource) => {
    const { inputs } = resource;
    const [owner, name] = [bucketName(inputs.at("bucket").string ?? ""), inputs.at("name").string ?? ""];
    const md5 = createHash("md5").update(contentOf(inputs)).digest();
    const link = `${owner}/o/${encodeURIComponent(name)}`;
    const generation = Date.parse(resource.updated) * 1000;
    return {
      outputName: name,
      generation,
      md5hash: md5.toString("base64"),
      md5hexhash: md5.toString("hex"),
      crc32c: etagOf(resource).slice(0, 8),
      selfLink: `https://www.googleapis.com/storage/v1/b/${link}`,
      mediaLink: `https://storage.googleapis.com/download/storage/v1/b/${link}?generation=${generation}&alt=media`,
    };
  },
};

/** What stands for the bytes of an object: a file is not read again, its hash is as good for a sum of it. */
function contentOf(inputs: View): string {
  const source = inputs.at("source").value;
  if (!(source instanceof Asset)) return inputs.at("content").string ?? numericId(JSON.stringify(source ?? null));
  if ("text" in source.source) return source.source.text;
  return source.hash;
}

const events = ["OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE"];

const notification: Kind = {
  type: "gcp:storage/notification:Notification",
  collection: notifications,
  replaces: ["bucket", "topic", "payloadFormat", "eventTypes", "objectNamePrefix", "customAttributes"],
  check: (inputs, report) => {
    checkChoice(inputs, report, "payloadFormat", ["JSON_API_V1", "NONE"]);
    inputs.at("eventTypes").strings.forEach((event, index) => {
      if (!events.includes(event)) report(`eventTypes[${index}]`, `"${event}" is none of ${events.join(", ")}`);
    });
  },
  allocate: async ({ inputs }, cloud) => {
    const own = bucketName(inputs.at("bucket").string ?? "");
    const numbers = (await cloud.list(notifications))
      .filter(({ state }) => bucketName(new View(state).at("bucket").string ?? "") === own)
      .map(({ allocated }) => Number(allocated["number"]));
    return { number: String(Math.max(0, ...numbers) + 1) };
  },
  id: ({ inputs, allocated }) =>
    `${bucketName(inputs.at("bucket").string ?? "")}/notificationConfigs/${allocated["number"]}`,
  verify: async ({ inputs, place }, cloud) => {
    await existing(cloud, buckets, bucketName(inputs.at("bucket").string ?? ""), noBucket);
    const path = (inputs.at("topic").string ?? "").replace(/^\/\/pubsub\.googleapis\.com\//, "");
    const topic = path.includes("/") ? path : `projects/${place.project}/topics/${path}`;
    const agent = serviceAgent("storage", place.project);
    const granted = (await cloud.list("gcp/pubsub/topicIamMembers")).some(({ id }) =>
      id.startsWith(`${topic}/roles/pubsub.publisher/serviceAccount:${agent}`),
    );
    if ((await cloud.get(topics, topic)) === undefined || !granted)
      throw googleError(
        403,
        `The service account '${agent}' does not have permission to publish messages to to the Cloud Pub/Sub topic '//pubsub.googleapis.com/${topic}', or that topic does not exist.`,
        "forbidden",
      );
  },
  computed: ({ id, allocated }) => ({
    notificationId: allocated["number"] ?? "",
    selfLink: `https://www.googleapis.com/storage/v1/b/${id}`,
  }),
};

export const storageKinds: readonly Kind[] = [
  encrypted(bucket, "storage", (inputs) => [
    {
      property: "encryption.defaultKmsKeyName",
      key: inputs.at("encryption.defaultKmsKeyName").string,
      location: inputs.at("location").string?.toLowerCase(),
    },
  ]),
  bucketMember,
  bucketObject,
  notification,
];
