// Bucket: storage that only IAM opens, that keeps deleted and overwritten objects for a while, and that tidies up by rules.
// Public access is prevented and per-object ACLs are off; neither can be turned on here.
//
// What replaces the bucket: `location`. What replaces a notification: any change of it in `notify`. A bucket that holds objects is
// not deleted unless `onDestroy` says so.
import { TopicIAMMember } from "@pulumi/gcp/pubsub/topicIAMMember.js";
import { Bucket as StorageBucket } from "@pulumi/gcp/storage/bucket.js";
import { BucketIAMMember } from "@pulumi/gcp/storage/bucketIAMMember.js";
import { getProjectServiceAccountOutput } from "@pulumi/gcp/storage/getProjectServiceAccount.js";
import { Notification } from "@pulumi/gcp/storage/notification.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type InvokeOptions,
  type Output,
} from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { bucketName } from "../names.ts";
import { checkKey } from "./encryption.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkAccess } from "./members.ts";
import { bucketRoles, topicRoles } from "./roles.ts";

const storageClasses = ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"] as const;
export type StorageClass = (typeof storageClasses)[number];

/** What happens to objects of a certain age; the prefix narrows it. */
export interface LifecycleRule {
  /** Days since the object was written, 0 to 36500. */
  readonly afterDays: number;
  /** Delete it, or move it to a colder class. */
  readonly action: "delete" | { readonly moveTo: Exclude<StorageClass, "STANDARD"> };
  /** Only objects whose name begins with one of these; every object by default. */
  readonly prefixes?: readonly string[];
}

/**
 * Versions or retention, not both: Cloud Storage long refused the two together (whether it still does is *unverified*).
 *
 * - `versions`: overwritten and deleted objects are kept as older versions, so many at most, each for so many `days`;
 * - `retainDays`: an object cannot be overwritten or deleted at all before that age. Not locked: it can be shortened;
 * - `"none"`: neither.
 */
export type ObjectHistory =
  | { readonly versions: number; readonly days: number; readonly retainDays?: never }
  | { readonly retainDays: number; readonly versions?: never; readonly days?: never }
  | "none";

/** What an identity may do with objects. */
export type BucketAccess = keyof typeof bucketRoles;

export interface BucketArgs {
  /** A region (`europe-west1`), dual-region (`EUR4`) or multi-region (`EU`). Changing it replaces the bucket. */
  readonly location: string;
  /** Class of new objects; `STANDARD` by default. */
  readonly storageClass?: StorageClass;
  /** How objects are guarded against being overwritten and deleted. Default: 3 older versions for 30 days. */
  readonly history?: ObjectHistory;
  /** Days a deleted object can be restored by Google's soft delete, 7 to 90, or 0 for not at all; 7 by default. */
  readonly softDeleteDays?: number;
  /** What happens to objects as they age; nothing by default. */
  readonly lifecycle?: readonly LifecycleRule[];
  /**
   * Key that encrypts new objects (`KeyRing.keys[...]`, `services: ["storage"]`), where the bucket is; a key of Google's by default.
   * Objects that are there keep theirs when it changes.
   */
  readonly key?: Input<string>;
  /** `refuse` (default) keeps a bucket that holds objects; `delete-objects` destroys them with it. */
  readonly onDestroy?: "refuse" | "delete-objects";
  /** Who may read or write, as IAM members; by name, to tell the grants apart. Nobody by default. */
  readonly access?: Readonly<Record<string, { readonly member: Input<string>; readonly may: BucketAccess }>>;
  /** Topics that are told of what happens to objects, by name; none by default. Changing one replaces the notification. */
  readonly notify?: Readonly<Record<string, BucketNotification>>;
  /** Labels of the bucket; none by default. */
  readonly labels?: Labels;
}

/** What happened, in the words of Cloud Storage (docs.cloud.google.com/storage/docs/pubsub-notifications#events). */
const objectEvents = {
  written: "OBJECT_FINALIZE",
  deleted: "OBJECT_DELETE",
  archived: "OBJECT_ARCHIVE",
  changed: "OBJECT_METADATA_UPDATE",
} as const;

export interface BucketNotification {
  /** `Topic.topicId`, of the bucket's project. */
  readonly topic: Input<string>;
  /**
   * Whether Cloud Storage may publish there anyhow, by `storageAgent` among the `publishers` of the topic: as one must have it that
   * several buckets tell, which are one publisher. Off by default: the right is granted, and taken back, with this bucket.
   */
  readonly granted?: boolean;
  /** `["written"]` by default. */
  readonly events?: readonly (keyof typeof objectEvents)[];
  /** Only objects whose name begins with this; every object by default. */
  readonly prefix?: string;
}

const onlyNew = ["written"] as const;
const secondsPerDay = 86_400;
const defaultHistory: ObjectHistory = { versions: 3, days: 30 };

/** A private bucket with versions, soft delete and lifecycle rules. */
export class Bucket extends ComponentResource {
  /** Name of the bucket, unique in the world: the name given and seven digits. */
  readonly name: Output<string>;
  /** `gs://<name>`. */
  readonly url: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: BucketArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { history = defaultHistory, softDeleteDays = 7, lifecycle = [], access = {}, notify = {} } = args;

    super("tutti:gcp:Bucket", name, {}, opts);
    const parent = { parent: this };

    const bucket = new StorageBucket(
      name,
      {
        location: args.location.toUpperCase(),
        storageClass: args.storageClass ?? "STANDARD",
        uniformBucketLevelAccess: true,
        publicAccessPrevention: "enforced",
        versioning: { enabled: keepsVersions(history) },
        softDeletePolicy: { retentionDurationSeconds: softDeleteDays * secondsPerDay },
        lifecycleRules: [...versionRules(history), ...lifecycle.map(ruleOf)],
        ...(retains(history) && {
          retentionPolicy: { retentionPeriod: String(history.retainDays * secondsPerDay), isLocked: false },
        }),
        ...(args.key !== undefined && { encryption: { defaultKmsKeyName: args.key } }),
        forceDestroy: args.onDestroy === "delete-objects",
        labels: args.labels ?? {},
      },
      parent,
    );
    this.name = bucket.name;
    this.url = bucket.url;

    for (const [who, { member, may }] of Object.entries(access)) {
      new BucketIAMMember(`${name}-${who}`, { bucket: bucket.name, role: bucketRoles[may], member }, parent);
    }
    if (Object.keys(notify).length > 0) {
      const { member } = getProjectServiceAccountOutput({}, parent);
      for (const [key, { topic, granted = false, events = onlyNew, prefix }] of Object.entries(notify)) {
        const grants = granted
          ? []
          : [new TopicIAMMember(`${name}-${key}`, { topic, role: topicRoles.publish, member }, parent)];
        new Notification(
          `${name}-${key}`,
          {
            bucket: bucket.name,
            topic,
            payloadFormat: "JSON_API_V1",
            eventTypes: events.map((event) => objectEvents[event]),
            ...(prefix !== undefined && { objectNamePrefix: prefix }),
          },
          // Cloud Storage tries out whether it may publish.
          { parent: this, dependsOn: grants },
        );
      }
    }
    this.registerOutputs({ name: this.name, url: this.url });
  }
}

/** Cloud Storage's own identity in a project, as an IAM member: who tells topics of what happens in its buckets. */
export function storageAgent(project: Input<string>, opts: InvokeOptions = {}): Output<string> {
  return getProjectServiceAccountOutput({ project }, opts).member;
}

function keepsVersions(history: ObjectHistory): history is { versions: number; days: number } {
  return typeof history === "object" && history.versions !== undefined;
}

function retains(history: ObjectHistory): history is { retainDays: number } {
  return typeof history === "object" && history.retainDays !== undefined;
}

/** A version goes when it is too old or when enough newer ones exist, whichever comes first. */
function versionRules(history: ObjectHistory) {
  if (!keepsVersions(history)) return [];
  return [
    { action: { type: "Delete" }, condition: { numNewerVersions: history.versions, withState: "ARCHIVED" } },
    { action: { type: "Delete" }, condition: { daysSinceNoncurrentTime: history.days, withState: "ARCHIVED" } },
  ];
}

function ruleOf({ afterDays, action, prefixes }: LifecycleRule) {
  return {
    action: action === "delete" ? { type: "Delete" } : { type: "SetStorageClass", storageClass: action.moveTo },
    condition: {
      age: afterDays,
      withState: "LIVE",
      ...(prefixes !== undefined && { matchesPrefixes: [...prefixes] }),
    },
  };
}

function checkArguments(name: string, args: BucketArgs): void {
  const { storageClass = "STANDARD", history = defaultHistory, softDeleteDays = 7, lifecycle = [] } = args;
  const check = new ArgumentCheck("Bucket", name);
  check.childName("name", name, bucketName);
  check.matches(
    "location",
    args.location,
    /^[A-Za-z]{2,}[A-Za-z0-9-]*$/,
    'a location such as "europe-west1", "EUR4" or "EU"',
  );
  check.oneOf("storageClass", storageClass, storageClasses);
  if (keepsVersions(history)) {
    check.integer("history.versions", history.versions, { min: 1, max: 100, unit: "versions" });
    check.integer("history.days", history.days, { min: 1, max: 36_500, unit: "days" });
  } else if (retains(history)) {
    check.integer("history.retainDays", history.retainDays, { min: 1, max: 36_500, unit: "days" });
  } else {
    check.oneOf("history", history, ["none"]);
  }
  if (softDeleteDays !== 0)
    check.integer("softDeleteDays", softDeleteDays, { min: 7, max: 90, unit: "days, or 0 for not at all" });
  for (const [index, rule] of lifecycle.entries()) {
    check.integer(`lifecycle[${index}].afterDays`, rule.afterDays, { min: 0, max: 36_500, unit: "days" });
    if (rule.action !== "delete")
      check.oneOf(`lifecycle[${index}].action.moveTo`, rule.action.moveTo, storageClasses.slice(1));
    if (rule.prefixes?.length === 0)
      check.refuse(`lifecycle[${index}].prefixes`, [], "at least one prefix, or none of the argument");
  }
  check.oneOf("onDestroy", args.onDestroy ?? "refuse", ["refuse", "delete-objects"]);
  checkKey(check, "key", args.key, args.location);
  checkAccess(check, "access", args.access, bucketRoles);
  const told = new Map<unknown, string>();
  for (const [key, { topic, events = onlyNew }] of Object.entries(args.notify ?? {})) {
    // One grant serves a topic: two would be one in the cloud, and taking one of them out would take both away.
    const same = told.get(topic);
    if (same !== undefined)
      check.refuse(
        `notify.${key}.topic`,
        typeof topic === "string" ? topic : "an output",
        `each topic once, notify.${same} is told already`,
      );
    told.set(topic, key);
    if (events.length === 0) check.refuse(`notify.${key}.events`, events, "at least one event");
    for (const [index, event] of events.entries())
      check.oneOf(`notify.${key}.events[${index}]`, event, Object.keys(objectEvents));
  }
  checkLabels(check, args.labels ?? {});
  check.done();
}
