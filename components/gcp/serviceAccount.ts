// ServiceAccount: an identity with its roles on the project, and the Kubernetes service accounts that may act as it.
// It never makes a key: what runs on Google Cloud gets its credentials from the metadata server, and GKE pods through
// Workload Identity Federation.
//
// What replaces the account, and takes its rights away until its users know the new one: the name, `project`. The account is deleted
// first, since two of one id cannot be; an id is not given out again for 30 days
// (docs.cloud.google.com/iam/docs/service-accounts-delete-undelete,
// *unverified* for an account that is made anew).
import { DatasetIamMember } from "@pulumi/gcp/bigquery/datasetIamMember.js";
import { IAMMember as ProjectIamMember } from "@pulumi/gcp/projects/iammember.js";
import { SubscriptionIAMMember } from "@pulumi/gcp/pubsub/subscriptionIAMMember.js";
import { TopicIAMMember } from "@pulumi/gcp/pubsub/topicIAMMember.js";
import { SecretIamMember } from "@pulumi/gcp/secretmanager/secretIamMember.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import { IAMMember as AccountIamMember } from "@pulumi/gcp/serviceaccount/iammember.js";
import { BucketIAMMember } from "@pulumi/gcp/storage/bucketIAMMember.js";
import { ComponentResource, type ComponentResourceOptions, type Input, interpolate, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kept, kubernetesFixedName, physicalName, serviceAccountName } from "../names.ts";
import { checkMembers } from "./members.ts";
import { bucketRoles, datasetRoles, secretRoles, subscriptionRoles, topicRoles } from "./roles.ts";

/** A service account of a GKE cluster in the same project. */
export interface KubernetesIdentity {
  /** Its namespace. */
  readonly namespace: string;
  /** Its name. */
  readonly serviceAccount: string;
}

/** What the account may do with one resource, which is always better than a role on the whole project. */
export type Grant =
  /** Read objects, or read, write and delete them. */
  | { readonly on: "bucket"; readonly bucket: Input<string>; readonly may: "read" | "write" }
  | { readonly on: "topic"; readonly topic: Input<string>; readonly may: "publish" }
  | { readonly on: "subscription"; readonly subscription: Input<string>; readonly may: "pull" }
  /** Read rows, or read and write them; of every table in a BigQuery dataset of the same project. */
  | { readonly on: "dataset"; readonly dataset: Input<string>; readonly may: "read" | "write" }
  /** Read every version of a secret. */
  | { readonly on: "secret"; readonly secret: Input<string>; readonly may: "read" };

export interface ServiceAccountArgs {
  /** Project that holds the account and grants the roles. Changing it replaces the account. */
  readonly project: Input<string>;
  /** What the account is for, as people read it in the console; up to 256 characters. */
  readonly description: string;
  /** Roles on the project, `roles/logging.logWriter`; none by default. */
  readonly roles?: readonly string[];
  /** Rights on single resources; by name, to tell them apart. None by default. */
  readonly grants?: Readonly<Record<string, Grant>>;
  /** Kubernetes service accounts that act as this one; none by default. Needs a cluster with workload identity, and waits for none: `dependsOn` the cluster. */
  readonly kubernetes?: readonly KubernetesIdentity[];
  /** Identities from outside that act as this one (`IdentityFederation.repository`, `.pods`); by name. None by default. */
  readonly actors?: Readonly<Record<string, Input<string>>>;
}

/** `roles/logging.logWriter`, or a custom role of a project or organisation. */
const role = /^(?:(?:projects|organizations)\/[a-z0-9:.-]+\/)?roles\/[A-Za-z0-9_.]+$/;
/** These give an identity everything, which is what a service account is made to avoid. */
const basicRoles = ["roles/owner", "roles/editor", "roles/viewer"];

/** A service account with the least it needs. What must not start before the roles are granted: `dependsOn` the component. */
export class ServiceAccount extends ComponentResource {
  /** `<account>@<project>.iam.gserviceaccount.com`. */
  readonly email: Output<string>;
  /** `serviceAccount:<email>`, as IAM bindings want it. */
  readonly member: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: ServiceAccountArgs, opts?: ComponentResourceOptions) {
    const { project, description, roles = [], grants = {}, kubernetes = [], actors = {} } = args;
    const check = new ArgumentCheck("ServiceAccount", name);
    check.childName("name", name, serviceAccountName);
    check.matches("description", description, /^.{1,256}$/s, "1 to 256 characters");
    for (const [index, granted] of roles.entries()) {
      check.matches(`roles[${index}]`, granted, role, 'a role such as "roles/logging.logWriter"');
      if (basicRoles.includes(granted))
        check.refuse(`roles[${index}]`, granted, "a role for a purpose, not a basic one");
      if (roles.indexOf(granted) !== index) check.refuse(`roles[${index}]`, granted, "each role once");
      else check.distinct(`roles[${index}]`, "role", `${name}-${lastPart(granted)}`);
    }
    for (const [index, { namespace, serviceAccount }] of kubernetes.entries()) {
      check.childName(`kubernetes[${index}].namespace`, namespace, kubernetesFixedName);
      check.childName(`kubernetes[${index}].serviceAccount`, serviceAccount, kubernetesFixedName);
      check.distinct(`kubernetes[${index}]`, "actor", `${name}-${namespace}-${serviceAccount}`);
    }
    checkGrants(check, grants);
    checkMembers(check, "actors", actors);
    for (const actor of Object.keys(actors)) check.distinct(`actors.${actor}`, "actor", `${name}-${actor}`);
    check.done();

    super("tutti:gcp:ServiceAccount", name, {}, opts);
    const parent = { parent: this };

    const account = new Account(
      name,
      { accountId: physicalName(name), project, description },
      { parent: this, ...kept("accountId") },
    );
    this.email = account.email;
    this.member = interpolate`serviceAccount:${account.email}`;

    for (const granted of roles) {
      new ProjectIamMember(`${name}-${lastPart(granted)}`, { project, role: granted, member: this.member }, parent);
    }
    for (const [key, grant] of Object.entries(grants)) this.#grant(`${name}-${key}`, grant);
    for (const { namespace, serviceAccount } of kubernetes) {
      new AccountIamMember(
        `${name}-${namespace}-${serviceAccount}`,
        {
          serviceAccountId: account.name,
          role: "roles/iam.workloadIdentityUser",
          member: interpolate`serviceAccount:${project}.svc.id.goog[${namespace}/${serviceAccount}]`,
        },
        parent,
      );
    }
    for (const [actor, member] of Object.entries(actors)) {
      new AccountIamMember(
        `${name}-${actor}`,
        { serviceAccountId: account.name, role: "roles/iam.workloadIdentityUser", member },
        parent,
      );
    }
    this.registerOutputs({ email: this.email, member: this.member });
  }

  #grant(name: string, grant: Grant): void {
    const parent = { parent: this };
    const { member } = this;
    switch (grant.on) {
      case "bucket":
        new BucketIAMMember(name, { bucket: grant.bucket, role: bucketRoles[grant.may], member }, parent);
        break;
      case "topic":
        new TopicIAMMember(name, { topic: grant.topic, role: topicRoles[grant.may], member }, parent);
        break;
      case "subscription":
        new SubscriptionIAMMember(
          name,
          { subscription: grant.subscription, role: subscriptionRoles[grant.may], member },
          parent,
        );
        break;
      case "dataset":
        new DatasetIamMember(name, { datasetId: grant.dataset, role: datasetRoles[grant.may], member }, parent);
        break;
      case "secret":
        new SecretIamMember(name, { secretId: grant.secret, role: secretRoles[grant.may], member }, parent);
        break;
    }
  }
}

/** For components too that pass grants on to an account of their own. */
export function checkGrants(check: ArgumentCheck, grants: Readonly<Record<string, Grant>>): void {
  const entries = Object.entries(grants);
  for (const [index, [key, grant]] of entries.entries()) {
    const words = rights[grant.on];
    check.oneOf(`grants.${key}.on`, grant.on, Object.keys(rights));
    if (words !== undefined) check.oneOf(`grants.${key}.may`, grant.may, Object.keys(words));
    // Two grants that are one in the cloud: taking one of them out would take both away.
    const same = entries
      .slice(0, index)
      .find(([, other]) => other.on === grant.on && other.may === grant.may && resourceOf(other) === resourceOf(grant));
    if (same !== undefined)
      check.refuse(`grants.${key}`, grant.may, `each right once, grants.${same[0]} is it already`);
  }
}

/** Which of its type a grant is on. */
function resourceOf(grant: Grant): unknown {
  return (grant as Readonly<Record<string, unknown>>)[grant.on];
}

/** What a grant may say, and the role it means. */
const rights: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  bucket: bucketRoles,
  topic: topicRoles,
  subscription: subscriptionRoles,
  dataset: datasetRoles,
  secret: secretRoles,
};

/** `logging.logWriter` of `roles/logging.logWriter`: tells the grants of one account apart. */
function lastPart(granted: string): string {
  return granted.slice(granted.lastIndexOf("/") + 1);
}
