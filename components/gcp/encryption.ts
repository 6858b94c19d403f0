// Keys of one's own: which of Google's services can encrypt with a key of Cloud KMS, as whom they do so, and whether a text names
// one. A component takes a key as `key`; KeyRing lets the service behind it use it, once for all components of the project.
import { getDefaultServiceAccountOutput } from "@pulumi/gcp/bigquery/getDefaultServiceAccount.js";
import { ServiceIdentity } from "@pulumi/gcp/projects/serviceIdentity.js";
import { getProjectServiceAccountOutput } from "@pulumi/gcp/storage/getProjectServiceAccount.js";
import type { ComponentResource, Input } from "@pulumi/pulumi";
import type { ArgumentCheck } from "../arguments.ts";

/** Services by the short name of their API, with the components that take a key for them. */
export const keyServices = {
  /** ContainerRegistry. */
  artifactregistry: "artifactregistry.googleapis.com",
  /** Dataset. */
  bigquery: "bigquery.googleapis.com",
  /** GkeCluster; that its identity can be asked for beforehand is *unverified*. */
  container: "container.googleapis.com",
  /** Topic. */
  pubsub: "pubsub.googleapis.com",
  /** Redis; that its identity can be asked for beforehand is *unverified*. */
  redis: "redis.googleapis.com",
  /** The secrets of Postgres and Redis. */
  secretmanager: "secretmanager.googleapis.com",
  /** Postgres. */
  sqladmin: "sqladmin.googleapis.com",
  /** Bucket. */
  storage: "storage.googleapis.com",
} as const;
export type KeyService = keyof typeof keyServices;

/**
 * The identity that a service encrypts as in the provider's project, as an IAM member; Google makes it when it is asked for
 * (docs.cloud.google.com/iam/docs/create-service-agents; for Cloud Storage and BigQuery the descriptions of the two functions).
 */
export function keyUser(service: KeyService, name: string, parent: ComponentResource): Input<string> {
  if (service === "storage") return getProjectServiceAccountOutput({}, { parent }).member;
  if (service === "bigquery") return getDefaultServiceAccountOutput({}, { parent }).member;
  return new ServiceIdentity(name, { service: keyServices[service] }, { parent }).member;
}

/** Where a secret is kept: wherever Google likes, or with a key of one's own in the key's region, and encrypted with it. */
export function replicationOf(region: string, key: Input<string> | undefined) {
  return key === undefined
    ? { auto: {} }
    : { userManaged: { replicas: [{ location: region, customerManagedEncryption: { kmsKeyName: key } }] } };
}

const keyName =
  /^projects\/[^/\s]+\/locations\/([a-z0-9-]+)\/keyRings\/[A-Za-z0-9_-]{1,63}\/cryptoKeys\/[A-Za-z0-9_-]{1,63}$/;

/**
 * The id of a key, without a version, and where what it encrypts is: a key of another region is refused. Which key goes with a
 * multi-region is left to the cloud. What is not known yet is passed.
 */
export function checkKey(
  check: ArgumentCheck,
  argument: string,
  key: Input<string> | undefined,
  location?: string,
): void {
  if (typeof key !== "string") return;
  const form = "a key such as projects/<project>/locations/<location>/keyRings/<ring>/cryptoKeys/<key>";
  const [, of] = keyName.exec(key) ?? [];
  if (of === undefined) check.refuse(argument, key, form);
  else if (location?.includes("-") === true && of !== location.toLowerCase())
    check.refuse(argument, key, `a key in ${location.toLowerCase()}, where what it encrypts is`);
}
