// Artifact Registry: repositories and members. Follows terraform-provider-google (services/artifactregistry).
import type { Draft, Kind } from "../kind.ts";
import { googleError } from "../refusal.ts";
import { encrypted } from "./keys.ts";
import { checkRegion, projectOf, regions } from "./places.ts";
import { checkChoice, checkLabels, checkName, existing, iamMember, shortName } from "./shared.ts";

const repositories = "gcp/artifactregistry/repositories";

const formats = ["APT", "DOCKER", "GENERIC", "GO", "GOOGET", "KFP", "MAVEN", "NPM", "PYTHON", "RUBY", "YUM"];

const repository: Kind = {
  type: "gcp:artifactregistry/repository:Repository",
  collection: repositories,
  defaults: () => ({ mode: "STANDARD_REPOSITORY" }),
  replaces: ["repositoryId", "location", "project", "format", "mode", "kmsKeyName"],
  check: (inputs, report) => {
    checkName(inputs, report, "repositoryId", {
      pattern: /^[a-z][-a-z0-9]{0,61}[a-z0-9]$/,
      description: "2 to 63 characters of a-z, 0-9 and -, beginning with a letter and not ending with -",
    });
    checkLabels(inputs, report);
    checkChoice(inputs, report, "format", formats);
    checkChoice(inputs, report, "mode", ["STANDARD_REPOSITORY", "REMOTE_REPOSITORY", "VIRTUAL_REPOSITORY"]);
    const location = inputs.at("location").string;
    if (location !== undefined && !["us", "europe", "asia"].includes(location) && !regions.has(location))
      checkRegion(inputs, report, "location");
    if (
      inputs.at("format").string !== "DOCKER" &&
      !inputs.at("format").isUnknown &&
      !inputs.at("dockerConfig").isAbsent
    )
      report("dockerConfig", "only with format DOCKER");
    const ids = inputs.at("cleanupPolicies").items.map((policy) => policy.at("id").string);
    for (const [index, policy] of inputs.at("cleanupPolicies").items.entries()) {
      checkChoice(policy, (_, reason) => report(`cleanupPolicies[${index}].action`, reason), "action", [
        "DELETE",
        "KEEP",
      ]);
      if (ids.indexOf(ids[index]) !== index) report(`cleanupPolicies[${index}].id`, `"${ids[index]}" is used twice`);
    }
  },
  id: (draft) => repositoryId(draft.inputs.at("repositoryId").string ?? "", draft),
  taken: () => googleError(409, "the repository already exists"),
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    location: inputs.at("location").string ?? place.region,
    deletionPolicy: "DELETE",
  }),
  computed: ({ inputs, place, created, updated }) => {
    const [location, name] = [inputs.at("location").string ?? place.region, inputs.at("repositoryId").string ?? ""];
    const host = `${location}-${inputs.at("format").string?.toLowerCase()}.pkg.dev`;
    return {
      name,
      createTime: created,
      updateTime: updated,
      registryUri: `${host}/${projectOf(inputs, place)}/${name}`,
    };
  },
};

function repositoryId(reference: string, { inputs, place }: Draft): string {
  if (reference.includes("/")) return reference;
  const location = inputs.at("location").string ?? place.region;
  return `projects/${projectOf(inputs, place)}/locations/${location}/repositories/${reference}`;
}

const repositoryMember = iamMember({
  type: "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
  collection: "gcp/artifactregistry/iamMembers",
  property: "repository",
  target: (draft) => repositoryId(draft.inputs.at("repository").string ?? "", draft),
  exists: async (target, _, cloud) =>
    void (await existing(cloud, repositories, target, () =>
      googleError(404, `Repository "${shortName(target)}" not found`),
    )),
  outputs: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    location: inputs.at("location").string ?? place.region,
  }),
});

export const artifactRegistryKinds: readonly Kind[] = [
  encrypted(repository, "artifactregistry", (inputs, place) => [
    {
      property: "kmsKeyName",
      key: inputs.at("kmsKeyName").string,
      location: inputs.at("location").string ?? place.region,
    },
  ]),
  repositoryMember,
];
