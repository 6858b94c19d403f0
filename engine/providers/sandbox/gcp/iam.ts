// Service accounts, project members and enabled services. Follows terraform-provider-google (services/resourcemanager).
import type { PropertyMap } from "../../../values.ts";
import type { Draft, Kind } from "../kind.ts";
import { label, numericId } from "../names.ts";
import { googleError } from "../refusal.ts";
import { projectOf } from "./places.ts";
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

export const iamKinds: readonly Kind[] = [account, accountMember, projectMember, service];
