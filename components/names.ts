// Physical names: what each cloud type takes, whether a name fits, and names of our own where the provider makes none.
// A stack name never enters a name (it holds dots, which most types refuse); a hash of it does, so that two stacks of one
// project can hold the same component. Hashes only tell names apart: they protect nothing.
import { getProject, getStack } from "@pulumi/pulumi";

/** What a cloud type takes for a name. */
export interface NameRule {
  /** Ends the sentence "... the name of a ...". */
  readonly of: string;
  readonly min?: number;
  readonly max: number;
  readonly form: RegExp;
  /** `form` in words. */
  readonly alphabet: string;
  /** The provider appends a dash and this many characters to the logical name; 0 when the name is used as given. */
  readonly suffix: number;
}

const rfc1035 = {
  form: /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
  alphabet: "lower-case letters, digits and dashes, first a letter, last no dash",
};
/** Pulumi's bridge appends `-` and seven hexadecimal digits (pulumi/pulumi-terraform-bridge: pkg/tfbridge/names.go). */
const autonamed = { suffix: 8 };
const asGiven = { suffix: 0 };
const hashLength = 7;
/** Completed by physicalName below. */
const completed = { suffix: hashLength + 1 };

/** Networks, subnetworks, routers, addresses, firewalls (docs.cloud.google.com/compute/docs/naming-resources). */
export const computeName: NameRule = { of: "Compute Engine resource", max: 63, ...rfc1035, ...autonamed };
/** Zones of Cloud DNS (description of the input in the provider). */
export const zoneName: NameRule = { of: "DNS zone", max: 63, ...rfc1035, ...autonamed };
/** Certificates, maps, entries and authorizations of Certificate Manager (description of the inputs in the provider). */
export const certificateName: NameRule = { of: "certificate or certificate map", max: 63, ...rfc1035, ...autonamed };
/** docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs */
export const schedulerName: NameRule = {
  of: "Cloud Scheduler job",
  max: 500,
  form: /^[A-Za-z0-9_-]+$/,
  alphabet: "letters, digits, dashes and underscores",
  ...autonamed,
};
/** A secondary range has no autonaming. */
export const rangeName: NameRule = { of: "secondary range", max: 63, ...rfc1035, ...asGiven };
/** `project:instance` may have 98 characters, and a project id 30 (docs.cloud.google.com/sql/docs/postgres/instance-settings). */
export const sqlInstanceName: NameRule = { of: "Cloud SQL instance", max: 67, ...rfc1035, ...autonamed };
/** PostgreSQL cuts identifiers at 63 bytes (postgresql.org/docs/current/sql-syntax-lexical.html). */
export const postgresIdentifier: NameRule = {
  of: "PostgreSQL database or user",
  max: 63,
  form: /^[a-z_][a-z0-9_]*$/,
  alphabet: "lower-case letters, digits and underscores, first no digit",
  ...asGiven,
};
/** docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create */
export const secretName: NameRule = {
  of: "Secret Manager secret",
  max: 255,
  form: /^[A-Za-z0-9_-]+$/,
  alphabet: "letters, digits, dashes and underscores",
  ...completed,
};
/** 6 to 30 characters (description of `accountId` in the provider). */
export const serviceAccountName: NameRule = { of: "service account", min: 6, max: 30, ...rfc1035, ...completed };
/** Without dots, which would make it a domain name to be verified (docs.cloud.google.com/storage/docs/buckets#naming). */
export const bucketName: NameRule = {
  of: "bucket",
  min: 3,
  max: 63,
  form: /^(?!goog)(?!.*g[o0]{2}g[l1]e)[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/,
  alphabet: 'lower-case letters, digits, dashes and underscores, without "goog" at the beginning or "google" anywhere',
  ...autonamed,
};
/** Topics and subscriptions (docs.cloud.google.com/pubsub/docs/pubsub-basics#resource_names). */
export const pubsubName: NameRule = {
  of: "Pub/Sub topic or subscription",
  min: 3,
  max: 255,
  form: /^(?!goog)[A-Za-z][A-Za-z0-9._~+%-]*$/,
  alphabet: 'letters, digits and -._~+%, first a letter, without "goog" at the beginning',
  ...autonamed,
};
/** Clusters and node pools: 40 characters (docs.cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters). */
export const gkeName: NameRule = { of: "GKE cluster or node pool", max: 40, ...rfc1035, ...autonamed };
/** Key rings and keys, which Google never deletes: names that come with digits of their own can be used again. */
export const kmsName: NameRule = {
  of: "KMS key ring or key",
  max: 63,
  form: /^[A-Za-z0-9_-]+$/,
  alphabet: "letters, digits, dashes and underscores",
  ...autonamed,
};
/** 2 to 63 characters (docs.cloud.google.com/artifact-registry/docs/repositories/create-repos); completed by physicalName. */
export const repositoryName: NameRule = { of: "registry", min: 2, max: 63, ...rfc1035, ...completed };
/** docs.cloud.google.com/bigquery/docs/datasets#dataset-naming; completed by physicalName, with underscores for dashes. */
export const datasetName: NameRule = { of: "BigQuery dataset", max: 1024, ...rfc1035, ...completed };
/** docs.cloud.google.com/bigquery/docs/schemas#column_names and tables#table_naming, as far as every tool takes them. */
export const bigQueryIdentifier: NameRule = {
  of: "BigQuery table or column",
  max: 300,
  form: /^[A-Za-z_][A-Za-z0-9_]*$/,
  alphabet: "letters, digits and underscores, first no digit",
  ...asGiven,
};
/** docs.cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances/create */
export const redisName: NameRule = { of: "Redis instance", max: 40, ...rfc1035, ...autonamed };
/** docs.cloud.google.com/run/docs/deploying: 49 characters for a service, which is used for jobs here too. */
export const cloudRunName: NameRule = { of: "Cloud Run service or job", max: 49, ...rfc1035, ...autonamed };
/** 4 to 32 characters, not `gcp-` first (description of the input in the provider); completed by physicalName. */
export const identityPoolName: NameRule = {
  of: "workload identity pool",
  min: 4,
  max: 32,
  form: /^(?!gcp-)[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
  alphabet: 'lower-case letters, digits and dashes, first a letter, without "gcp-" at the beginning',
  ...completed,
};
/** What people read of a budget (description of `displayName` in the provider). */
export const budgetName: NameRule = { of: "budget", max: 60, form: /^/, alphabet: "any characters", ...asGiven };
/** A DNS label; pulumi-kubernetes appends `-` and eight hexadecimal digits. */
export const kubernetesName: NameRule = { of: "Kubernetes object", max: 63, ...rfc1035, suffix: 9 };
/** Objects that others find by name (services, namespaces, service accounts) keep the name they are given. */
export const kubernetesFixedName: NameRule = { ...kubernetesName, ...asGiven };

/** What is wrong with a name as the rest of the sentence "<name> is <value>, expected ...", or undefined. */
export function nameProblem(name: string, rule: NameRule): string | undefined {
  const room = rule.max - rule.suffix;
  const least = Math.max(1, (rule.min ?? 1) - rule.suffix);
  if (name.length > room || name.length < least) {
    const reason = rule.suffix === 0 ? "" : `, since ${rule.suffix} of ${rule.max} characters are appended`;
    return `${least} to ${room} characters for the name of a ${rule.of}${reason} (this has ${name.length})`;
  }
  return rule.form.test(name) ? undefined : `${rule.alphabet} for the name of a ${rule.of}`;
}

/**
 * A name for a type that the provider does not autoname: the logical name, a dash and seven hexadecimal digits that
 * differ by project and stack.
 */
export function physicalName(logical: string): string {
  return `${logical}-${hash(`${getProject()}/${getStack()}/${logical}`)}`;
}

/**
 * Options of a resource whose input holds a `physicalName`. Its name is decided once, as one of the provider's own would be: a
 * component that is renamed, with an alias, keeps what it has. And two of one name cannot be, so the old one goes first.
 */
export function kept(input: string): { readonly ignoreChanges: string[]; readonly deleteBeforeReplace: true } {
  return { ignoreChanges: [input], deleteBeforeReplace: true };
}

/** FNV-1a, 28 of its 32 bits (isthe.com/chongo/tech/comp/fnv): no import needed, and nothing is secret here. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value.toString(16).padStart(8, "0").slice(-hashLength);
}
