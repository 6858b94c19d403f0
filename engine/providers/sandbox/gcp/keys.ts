// Keys of Cloud KMS that resources are encrypted with: the form of a key's name, and what a service refuses when it is to use a key
// that is elsewhere, that is not there, or that its own identity may not use; and those identities. The sentences are *unverified*.
import type { Cloud, Draft, Kind, Place } from "../kind.ts";
import { hexId } from "../names.ts";
import { googleError } from "../refusal.ts";
import { View } from "../view.ts";
import { projectNumber, projectOf, regions } from "./places.ts";
import { cryptoKeys, existing } from "./shared.ts";

export const keyMembers = "gcp/kms/cryptoKeyIamMembers";

/** Identities of services by the API (docs.cloud.google.com/iam/docs/service-agents); all others have `gcp-sa-<service>`. */
const domains: Readonly<Record<string, string>> = {
  container: "container-engine-robot",
  redis: "cloud-redis",
  sqladmin: "gcp-sa-cloud-sql",
  storage: "gs-project-accounts",
};

/** As whom a service acts in a project. */
export function serviceAgent(service: string, project: string): string {
  const number = projectNumber(project);
  if (service === "bigquery") return `bq-${number}@bigquery-encryption.iam.gserviceaccount.com`;
  return `service-${number}@${domains[service] ?? `gcp-sa-${service}`}.iam.gserviceaccount.com`;
}

const keyName =
  /^projects\/([^/]+)\/locations\/([a-z0-9-]+)\/keyRings\/[A-Za-z0-9_-]{1,63}\/cryptoKeys\/[A-Za-z0-9_-]{1,63}$/;

interface KeyUse {
  /** Where the input is that names the key. */
  readonly property: string;
  readonly key: string | undefined;
  /** Where what it encrypts is, if that must be the key's region. */
  readonly location?: string | undefined;
}

/** A type that a service encrypts with keys, when it is given some: refuses the wrong ones, beside what it refuses anyhow. */
export function encrypted(
  kind: Kind,
  service: string,
  keysOf: (inputs: View, place: Place) => readonly KeyUse[],
): Kind {
  return {
    ...kind,
    check: (inputs, report, place) => {
      kind.check?.(inputs, report, place);
      for (const { property, key } of keysOf(inputs, place))
        if (key !== undefined && key !== "" && !keyName.test(key))
          report(
            property,
            `"${key}" is no key: projects/<project>/locations/<location>/keyRings/<ring>/cryptoKeys/<key>, without a version`,
          );
    },
    verify: async (resource, cloud) => {
      for (const use of keysOf(resource.inputs, resource.place)) await requireKey(use, service, resource, cloud);
      await kind.verify?.(resource, cloud);
    },
  };
}

/** Keys of other projects are not known here. */
async function requireKey(
  { key, location }: KeyUse,
  service: string,
  { inputs, place }: Draft,
  cloud: Cloud,
): Promise<void> {
  const [, project, where] = keyName.exec(key ?? "") ?? [];
  if (key === undefined || project === undefined) return;
  if (location !== undefined && regions.has(location) && where !== location)
    throw googleError(400, `Cloud KMS key ${key} is in ${where}: it must be in ${location}`, "badRequest");
  if (project !== place.project) return;
  await existing(cloud, cryptoKeys, key, () => googleError(400, `Cloud KMS key ${key} not found`, "badRequest"));
  const agent = serviceAgent(service, projectOf(inputs, place));
  const granted = (await cloud.list(keyMembers))
    .filter(({ id }) => id.startsWith(`${key}/`))
    .map(({ state }) => new View(state))
    .some((of) => of.at("member").string === `serviceAccount:${agent}` && encrypts.has(of.at("role").string ?? ""));
  if (!granted)
    throw googleError(
      403,
      `Permission denied on Cloud KMS key ${key}: grant ${agent} roles/cloudkms.cryptoKeyEncrypterDecrypter`,
      "forbidden",
    );
}

const encrypts = new Set(["roles/cloudkms.cryptoKeyEncrypterDecrypter"]);

/** Google answers with the same identity as often as it is asked to make one, and forgets none: each resource has its own record. */
const serviceIdentity: Kind = {
  type: "gcp:projects/serviceIdentity:ServiceIdentity",
  collection: "gcp/projects/serviceIdentities",
  replaces: ["service", "project"],
  check: (inputs, report) => {
    const name = inputs.at("service").string;
    if (name !== undefined && !/^[a-z][a-z0-9-]*\.googleapis\.com$/.test(name))
      report("service", `"${name}" is no API such as sqladmin.googleapis.com`);
  },
  id: ({ inputs, place, urn }) =>
    `projects/${projectOf(inputs, place)}/services/${inputs.at("service").string}/${hexId(urn, 4)}`,
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place) }),
  computed: ({ inputs, place }) => {
    const email = serviceAgent(inputs.at("service").string?.split(".")[0] ?? "", projectOf(inputs, place));
    return { email, member: `serviceAccount:${email}` };
  },
};

export const identityKinds: readonly Kind[] = [serviceIdentity];
