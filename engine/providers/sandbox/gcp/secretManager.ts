// Secret Manager: secrets, versions, members. Follows terraform-provider-google (services/secretmanager).
import { linkPath } from "../differences.ts";
import type { Draft, Kind } from "../kind.ts";
import { googleError, Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { encrypted } from "./keys.ts";
import { checkRegion, projectNumber, projectOf } from "./places.ts";
import { checkLabels, checkName, existing, iamMember, shortName } from "./shared.ts";

const secrets = "gcp/secretmanager/secrets";
const versions = "gcp/secretmanager/versions";

function secretIdOf(reference: string, project: string): string {
  const path = linkPath(reference);
  return path.includes("/") ? path : `projects/${project}/secrets/${path}`;
}

const secret: Kind = {
  type: "gcp:secretmanager/secret:Secret",
  collection: secrets,
  defaults: () => ({ deletionProtection: false }),
  replaces: ["secretId", "project", "replication", "tags"],
  check: (inputs, report) => {
    checkName(inputs, report, "secretId", {
      pattern: /^[A-Za-z0-9_-]{1,255}$/,
      description: "1 to 255 letters, digits, - and _",
    });
    checkLabels(inputs, report);
    const automatic = inputs.at("replication.auto");
    const managed = inputs.at("replication.userManaged");
    if (automatic.isAbsent === managed.isAbsent)
      report("replication", "exactly one of auto and userManaged must be given");
    managed.at("replicas").items.forEach((replica, index) => {
      checkRegion(
        replica,
        (_, reason) => report(`replication.userManaged.replicas[${index}].location`, reason),
        "location",
      );
    });
    if (!inputs.at("ttl").isAbsent && !inputs.at("expireTime").isAbsent)
      report("ttl", "only one of ttl and expireTime may be given");
  },
  id: ({ inputs, place }) => `projects/${projectOf(inputs, place)}/secrets/${inputs.at("secretId").string}`,
  taken: (_, id) => googleError(409, `Secret [${id}] already exists.`),
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    expireTime: "",
    deletionPolicy: "DELETE",
    effectiveAnnotations: inputs.at("annotations").value ?? {},
  }),
  computed: ({ inputs, place, created }) => ({
    name: `projects/${projectNumber(projectOf(inputs, place))}/secrets/${inputs.at("secretId").string}`,
    createTime: created,
  }),
  release: async ({ id, state }, cloud) => {
    if (new View(state).at("deletionProtection").boolean === true) {
      throw new Refusal(
        400,
        "cannot destroy secret manager secret without setting deletion_protection=false and running `pulumi up`",
      );
    }
    for (const version of await cloud.list(versions))
      if (new View(version.state).at("secret").string === id) await cloud.remove(versions, version.id);
  },
};

const secretVersion: Kind = {
  type: "gcp:secretmanager/secretVersion:SecretVersion",
  collection: versions,
  defaults: () => ({ enabled: true }),
  replaces: ["secret", "secretData", "secretDataWoVersion", "project", "isSecretDataBase64"],
  check: (inputs, report) => {
    if (inputs.at("secretData").isAbsent && inputs.at("secretDataWo").isAbsent)
      report("secretData", "one of secretData and secretDataWo must be given");
    const data = inputs.at("secretData").string;
    if (data !== undefined && Buffer.byteLength(data) > 65536)
      report("secretData", `${Buffer.byteLength(data)} bytes are more than a secret holds: 65536`);
    if (data === "") report("secretData", "a secret's data must not be empty");
    if (
      inputs.at("isSecretDataBase64").boolean === true &&
      data !== undefined &&
      Buffer.from(data, "base64").toString("base64") !== data
    ) {
      report("secretData", "isSecretDataBase64 is true, and this secret string is not base64");
    }
  },
  allocate: async (draft, cloud) => {
    const own = parentOf(draft);
    const numbers = (await cloud.list(versions))
      .filter(({ state }) => new View(state).at("secret").string === own)
      .map(({ allocated }) => Number(allocated["version"]));
    return { version: String(Math.max(0, ...numbers) + 1) };
  },
  id: (draft) => versionName(draft),
  verify: async (draft, cloud) => {
    const own = parentOf(draft);
    await existing(cloud, secrets, own, () => googleError(404, `Secret [${own}] not found or has no versions.`));
  },
  fallbacks: (draft) => ({
    project: /^projects\/([^/]+)\//.exec(parentOf(draft))?.[1] ?? draft.place.project,
    destroyTime: "",
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => ({
    name: versionName(resource),
    version: resource.allocated["version"] ?? "",
    createTime: resource.created,
    secret: parentOf(resource),
  }),
};

function parentOf({ inputs, place }: Draft): string {
  return secretIdOf(inputs.at("secret").string ?? "", projectOf(inputs, place));
}

function versionName(draft: Draft): string {
  const parent = parentOf(draft);
  const project = /^projects\/([^/]+)\//.exec(parent)?.[1] ?? draft.place.project;
  return `projects/${projectNumber(project)}/secrets/${shortName(parent)}/versions/${draft.allocated["version"] ?? "0"}`;
}

const secretMember = iamMember({
  type: "gcp:secretmanager/secretIamMember:SecretIamMember",
  collection: "gcp/secretmanager/iamMembers",
  property: "secretId",
  target: ({ inputs, place }) => secretIdOf(inputs.at("secretId").string ?? "", projectOf(inputs, place)),
  exists: async (target, _, cloud) =>
    void (await existing(cloud, secrets, target, () => googleError(404, `Secret [${target}] not found.`))),
  outputs: ({ inputs, place }) => ({ project: projectOf(inputs, place) }),
});

export const secretManagerKinds: readonly Kind[] = [
  encrypted(secret, "secretmanager", (inputs) => [
    {
      property: "replication.auto.customerManagedEncryption.kmsKeyName",
      key: inputs.at("replication.auto.customerManagedEncryption.kmsKeyName").string,
    },
    ...inputs.at("replication.userManaged.replicas").items.map((replica, index) => ({
      property: `replication.userManaged.replicas[${index}].customerManagedEncryption.kmsKeyName`,
      key: replica.at("customerManagedEncryption.kmsKeyName").string,
      location: replica.at("location").string,
    })),
  ]),
  secretVersion,
  secretMember,
];
