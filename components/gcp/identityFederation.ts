// IdentityFederation: lets workloads outside of Google Cloud act as service accounts of it, without a key: a CI's jobs, or the pods
// of a cluster on premises. They show a token that their own issuer signed; the pool says which of them are believed.
//
// What replaces, and takes all access away until its users know the new name: the name of the component, `project`, `trust.by`.
// Another issuer of the same kind changes in place, and takes access away as well.
// A pool that was deleted keeps its id for 30 days (docs.cloud.google.com/iam/docs/manage-workload-identity-pools-providers).
import { WorkloadIdentityPool } from "@pulumi/gcp/iam/workloadIdentityPool.js";
import { WorkloadIdentityPoolProvider } from "@pulumi/gcp/iam/workloadIdentityPoolProvider.js";
import { ComponentResource, type ComponentResourceOptions, type Input, interpolate, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { identityPoolName, kept, physicalName } from "../names.ts";

/** Whose tokens are believed. */
export type Trust =
  /**
   * Workflows of these repositories of GitHub, `owner/name`, at least one; with `refs` only those that run on one of them
   * (`refs/heads/main`). Without, whoever may push a branch is believed. It is the name that is believed: take out a repository that
   * is renamed or deleted before somebody else makes one of that name
   * (docs.cloud.google.com/iam/docs/best-practices-for-using-workload-identity-federation).
   */
  | { readonly by: "github"; readonly repositories: readonly string[]; readonly refs?: readonly string[] }
  /** Pipelines of these projects of a GitLab, `group/project`; gitlab.com by default. At least one. `refs` as above (`main`). */
  | {
      readonly by: "gitlab";
      readonly projects: readonly string[];
      readonly address?: string;
      readonly refs?: readonly string[];
    }
  /**
   * Pods of a cluster, by the issuer of its service account tokens. `keys` is its public key set as JSON, for a cluster that
   * Google cannot reach; without it Google asks the issuer.
   */
  | { readonly by: "kubernetes"; readonly issuer: string; readonly keys?: Input<string> };

export interface IdentityFederationArgs {
  /** Project of the pool. Changing it replaces the pool. */
  readonly project: Input<string>;
  /** Whose tokens are believed. Changing `by` replaces the provider; that, and another issuer, take all access away. */
  readonly trust: Trust;
}

/** How a trusted issuer's tokens read: which claim names the subject, which claim groups them, who is let in. */
interface Issuer {
  readonly issuerUri: string;
  readonly attributeMapping: Readonly<Record<string, string>>;
  /** Condition in CEL; undefined lets every token of the issuer in, whose subjects the bindings then choose among. */
  readonly attributeCondition: string | undefined;
}

/** A pool of outside identities with the one issuer it believes. */
export class IdentityFederation extends ComponentResource {
  /** `projects/<number>/locations/global/workloadIdentityPools/<id>`. */
  readonly pool: Output<string>;
  /** Full name of the provider, what a CI's login step asks for. */
  readonly provider: Output<string>;
  /** What the tokens must be made for: `//iam.googleapis.com/<provider>`. */
  readonly audience: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: IdentityFederationArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { project, trust } = args;
    const { issuerUri, attributeMapping, attributeCondition } = issuerOf(trust);

    super("tutti:gcp:IdentityFederation", name, {}, opts);
    const pool = new WorkloadIdentityPool(
      name,
      {
        project,
        workloadIdentityPoolId: physicalName(name),
        displayName: name,
        description: `Identities from ${trust.by}`,
      },
      { parent: this, ...kept("workloadIdentityPoolId") },
    );
    const provider = new WorkloadIdentityPoolProvider(
      name,
      {
        project,
        workloadIdentityPoolId: pool.workloadIdentityPoolId,
        workloadIdentityPoolProviderId: trust.by,
        oidc: { issuerUri, ...(trust.by === "kubernetes" && trust.keys !== undefined && { jwksJson: trust.keys }) },
        attributeMapping: { ...attributeMapping },
        ...(attributeCondition !== undefined && { attributeCondition }),
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.pool = pool.name;
    this.provider = provider.name;
    this.audience = interpolate`//iam.googleapis.com/${provider.name}`;
    this.registerOutputs({ pool: this.pool, provider: this.provider, audience: this.audience });
  }

  /** The jobs of a repository of GitHub or a project of GitLab, as IAM bindings (`ServiceAccountArgs.actors`) want them. */
  repository(path: string): Output<string> {
    return interpolate`principalSet://iam.googleapis.com/${this.pool}/attribute.repository/${path}`;
  }

  /** The pods of a service account of the trusted cluster. */
  pods(namespace: string, serviceAccount: string): Output<string> {
    return podsOf(this.pool, namespace, serviceAccount);
  }
}

/** The same for a pool of another stack. */
export function podsOf(pool: Input<string>, namespace: string, serviceAccount: string): Output<string> {
  return interpolate`principal://iam.googleapis.com/${pool}/subject/system:serviceaccount:${namespace}:${serviceAccount}`;
}

/** Claims: docs.github.com (OpenID Connect reference), docs.gitlab.com/ci/secrets/id_token_authentication, kubernetes.io (service account tokens). */
function issuerOf(trust: Trust): Issuer {
  const anyOf = (claim: string, values: readonly string[], refs: readonly string[] | undefined): string => {
    const one = `${claim} in [${values.map((value) => `'${value}'`).join(", ")}]`;
    return refs === undefined ? one : `${one} && ${anyOf("assertion.ref", refs, undefined)}`;
  };
  switch (trust.by) {
    case "github":
      return {
        issuerUri: "https://token.actions.githubusercontent.com",
        attributeMapping: {
          "google.subject": "assertion.sub",
          "attribute.repository": "assertion.repository",
          "attribute.ref": "assertion.ref",
        },
        attributeCondition: anyOf("assertion.repository", trust.repositories, trust.refs),
      };
    case "gitlab":
      return {
        issuerUri: trust.address ?? "https://gitlab.com",
        attributeMapping: {
          "google.subject": "assertion.sub",
          "attribute.repository": "assertion.project_path",
          "attribute.ref": "assertion.ref",
        },
        attributeCondition: anyOf("assertion.project_path", trust.projects, trust.refs),
      };
    case "kubernetes":
      return {
        issuerUri: trust.issuer,
        attributeMapping: { "google.subject": "assertion.sub" },
        attributeCondition: undefined,
      };
  }
}

/** `'` would end the text in the condition. */
const repository = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)+$/;
const ref = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const address = /^https:\/\/[^\s'"]+[^/\s'"]$/;

function checkArguments(name: string, { trust }: IdentityFederationArgs): void {
  const check = new ArgumentCheck("IdentityFederation", name);
  check.childName("name", name, identityPoolName);
  check.oneOf("trust.by", trust.by, ["github", "gitlab", "kubernetes"]);
  const checkAll = (argument: string, values: readonly string[]) => {
    if (values.length === 0) check.refuse(argument, values, "at least one");
    for (const [index, value] of values.entries())
      check.matches(`${argument}[${index}]`, value, repository, 'a path such as "acme/platform"');
  };
  if (trust.by === "github") checkAll("trust.repositories", trust.repositories);
  if (trust.by !== "kubernetes" && trust.refs !== undefined) {
    if (trust.refs.length === 0) check.refuse("trust.refs", trust.refs, "at least one, or none of the argument");
    for (const [index, value] of trust.refs.entries())
      check.matches(`trust.refs[${index}]`, value, ref, 'a ref as its tokens have it, such as "refs/heads/main"');
  }
  if (trust.by === "gitlab") {
    checkAll("trust.projects", trust.projects);
    if (trust.address !== undefined)
      check.matches("trust.address", trust.address, address, "an https:// address without / at its end");
  }
  if (trust.by === "kubernetes")
    check.matches("trust.issuer", trust.issuer, address, "an https:// address without / at its end");
  check.done();
}
