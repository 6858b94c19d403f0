// Service accounts, project members and enabled services. Follows terraform-provider-google (services/resourcemanager).
import type { PropertyMap } from "../../../values.ts";
import type { Draft, Kind, Report } from "../kind.ts";
import { label, type NameRule, numericId } from "../names.ts";
import { googleError } from "../refusal.ts";
import type { View } from "../view.ts";
import { projectNumber, projectOf } from "./places.ts";
import { accounts, checkName, existing, iamMember, requireMember } from "./shared.ts";

const account: Kind = {
  type: "gcp:serviceaccount/account:Account",
  collection: accounts,
  autoname: { property: "accountId", longest: 30 },
  defaults: () => ({ disabled: false }),
  replaces: ["accountId", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "accountId", label(6, 30));
    const text = inputs.at("description").string;
    if (text !== undefined && Buffer.byteLength(text) > 256)
      report("description", `${Buffer.byteLength(text)} bytes are too long: up to 256`);
  },
  id: (draft) => `projects/${projectOf(draft.inputs, draft.place)}/serviceAccounts/${emailOf(draft)}`,
  taken: ({ inputs, place }) =>
    googleError(
      409,
      `Service account ${inputs.at("accountId").string} already exists within project projects/${projectOf(inputs, place)}.`,
    ),
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
  computed: (resource) => ({
    email: emailOf(resource),
    member: `serviceAccount:${emailOf(resource)}`,
    name: resource.id,
    uniqueId: numericId(`${resource.id} ${resource.created}`),
  }),
  // terraform-provider-google sets these two in its diff.
  predicted: (draft): PropertyMap => {
    if (draft.inputs.at("accountId").string === undefined || draft.inputs.at("project").isUnknown) return {};
    const email = emailOf(draft);
    return { email, member: `serviceAccount:${email}` };
  },
};

function emailOf({ inputs, place }: Draft): string {
  return `${inputs.at("accountId").string}@${projectOf(inputs, place)}.iam.gserviceaccount.com`;
}

const accountMember = iamMember({
  type: "gcp:serviceaccount/iAMMember:IAMMember",
  collection: "gcp/iam/serviceAccountMembers",
  property: "serviceAccountId",
  target: ({ inputs, place }) => {
    const reference = inputs.at("serviceAccountId").string ?? "";
    return reference.includes("/") ? reference : `projects/${place.project}/serviceAccounts/${reference}`;
  },
  exists: async (target, { place }, cloud) => {
    if (!target.endsWith(`@${place.project}.iam.gserviceaccount.com`)) return;
    await existing(cloud, accounts, target, () => googleError(404, `Service account ${target} does not exist.`));
  },
});

const projectMember: Kind = iamMember({
  type: "gcp:projects/iAMMember:IAMMember",
  collection: "gcp/projects/iamMembers",
  property: "project",
  target: ({ inputs, place }) => projectOf(inputs, place),
  exists: async (_, { inputs, place }, cloud) => {
    const member = inputs.at("member").string;
    if (/^all(Authenticated)?Users$/.test(member ?? ""))
      throw googleError(400, `Invalid argument: '${member}' cannot be a member of a project's policy`, "badRequest");
    await requireMember(member, place, cloud);
  },
});

const service: Kind = {
  type: "gcp:projects/service:Service",
  collection: "gcp/projects/services",
  replaces: ["service", "project"],
  check: (inputs, report) => {
    const name = inputs.at("service").string;
    if (name !== undefined && !name.includes("."))
      report("service", `expected ${name} to be a domain like serviceusage.googleapis.com`);
  },
  id: ({ inputs, place }) => `${projectOf(inputs, place)}/${inputs.at("service").string}`,
  verify: async ({ inputs, place }) => {
    const name = inputs.at("service").string ?? "";
    if (name.endsWith(".googleapis.com")) return;
    throw googleError(404, `Service '${name}' not found in project ${projectOf(inputs, place)} or permission denied.`);
  },
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
};

const pools = "gcp/iam/workloadIdentityPools";
/** Google keeps `gcp-` for itself (description of the input in the provider). */
const poolName: NameRule = {
  pattern: /^(?!gcp-)[a-z0-9-]{4,32}$/,
  description: '4 to 32 characters of a-z, 0-9 and -, not beginning with "gcp-"',
};

function poolId({ inputs, place }: Draft): string {
  const pool = inputs.at("workloadIdentityPoolId").string;
  return `projects/${projectOf(inputs, place)}/locations/global/workloadIdentityPools/${pool}`;
}

/** The form of a name in which members and tokens have it: with the project's number. */
function numbered(id: string): string {
  return id.replace(/^projects\/([^/]+)\//, (_, project: string) => `projects/${projectNumber(project)}/`);
}

/** A deleted pool's id stays taken for 30 days; here it does not, or no sandbox could be brought up twice. */
const pool: Kind = {
  type: "gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
  collection: pools,
  replaces: ["workloadIdentityPoolId", "project", "mode"],
  check: (inputs, report) => {
    checkName(inputs, report, "workloadIdentityPoolId", poolName);
    checkTexts(inputs, report);
  },
  id: poolId,
  taken: () => googleError(409, "Requested entity already exists"),
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
  computed: ({ id }) => ({ name: numbered(id), state: "ACTIVE" }),
  release: async ({ id }, cloud) => {
    for (const inside of await cloud.list(poolProviders))
      if (inside.id.startsWith(`${id}/`)) await cloud.remove(poolProviders, inside.id);
  },
};

function checkTexts(inputs: View, report: Report): void {
  for (const [property, longest] of [
    ["displayName", 32],
    ["description", 256],
  ] as const) {
    const text = inputs.at(property).string;
    if (text !== undefined && text.length > longest)
      report(property, `${text.length} characters are too long: up to ${longest}`);
  }
}

const poolProviders = "gcp/iam/workloadIdentityPoolProviders";

const poolProvider: Kind = {
  type: "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
  collection: poolProviders,
  replaces: ["workloadIdentityPoolId", "workloadIdentityPoolProviderId", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "workloadIdentityPoolProviderId", poolName);
    checkTexts(inputs, report);
    const issuers = ["aws", "oidc", "saml", "x509"].filter((kind) => !inputs.at(kind).isAbsent);
    if (issuers.length !== 1)
      report("oidc", `exactly one of aws, oidc, saml and x509 must be given, not ${issuers.join(" and ") || "none"}`);
    const issuer = inputs.at("oidc.issuerUri").string;
    if (issuer !== undefined && !issuer.startsWith("https://"))
      report("oidc.issuerUri", `"${issuer}" is not an https:// address`);
    const mapping = inputs.at("attributeMapping");
    if (!inputs.at("oidc").isAbsent && !mapping.isUnknown && mapping.property("google.subject").isAbsent)
      report("attributeMapping", 'the key "google.subject" is required with oidc');
    // docs.cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines#conditions
    const condition = inputs.at("attributeCondition");
    if (issuer === "https://token.actions.githubusercontent.com" && condition.isAbsent)
      report("attributeCondition", "must reference one of the provider's claims: anybody's workflows have this issuer");
  },
  id: (draft) => `${poolId(draft)}/providers/${draft.inputs.at("workloadIdentityPoolProviderId").string}`,
  taken: () => googleError(409, "Requested entity already exists"),
  verify: async (draft, cloud) =>
    void (await existing(cloud, pools, poolId(draft), () => googleError(404, "Requested entity was not found"))),
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
  computed: ({ id }) => ({ name: numbered(id), state: "ACTIVE" }),
};

export const iamKinds: readonly Kind[] = [account, accountMember, projectMember, service, pool, poolProvider];
