// What several Google services' tables need: links, checks of single values, IAM members, the pieces of common outputs.
import type { PropertyMap } from "../../../values.ts";
import { linkPath } from "../differences.ts";
import type { Cloud, Draft, Kind, Place, Report, Resource } from "../kind.ts";
import type { NameRule } from "../names.ts";
import { hexId } from "../names.ts";
import type { CloudRecord } from "../record.ts";
import { googleError } from "../refusal.ts";
import { didYouMean } from "../suggest.ts";
import type { View } from "../view.ts";
import { projectOf } from "./places.ts";

export const networks = "gcp/compute/networks";
export const subnetworks = "gcp/compute/subnetworks";
export const addresses = "gcp/compute/addresses";
export const connections = "gcp/servicenetworking/connections";
export const clusters = "gcp/container/clusters";
export const accounts = "gcp/iam/serviceAccounts";
export const cryptoKeys = "gcp/kms/cryptoKeys";
export const topics = "gcp/pubsub/topics";
export const instances = "gcp/sql/instances";

const computeApi = "https://www.googleapis.com/compute/v1/";

/** The full link of a compute resource. */
export function selfLink(id: string): string {
  return `${computeApi}${id}`;
}

/** The id of a network that is given as name, id or link. */
export function networkId(reference: string, project: string): string {
  const path = linkPath(reference);
  return path.includes("/") ? path : `projects/${project}/global/networks/${path}`;
}

/** The id of a subnetwork that is given as name, id or link. */
export function subnetworkId(reference: string, project: string, region: string): string {
  const path = linkPath(reference);
  if (path.startsWith("regions/")) return `projects/${project}/${path}`;
  return path.includes("/") ? path : `projects/${project}/regions/${region}/subnetworks/${path}`;
}

/** The last part of a link or id. */
export function shortName(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** Reports a name that breaks a rule. */
export function checkName(inputs: View, report: Report, property: string, rule: NameRule): void {
  const name = inputs.at(property).string;
  if (name !== undefined && !rule.pattern.test(name))
    report(property, `"${name}" is no right name: it must be ${rule.description}`);
}

/** Reports a value that is none of the choices. */
export function checkChoice(inputs: View, report: Report, property: string, choices: readonly string[]): void {
  const value = inputs.at(property).string;
  if (value !== undefined && value !== "" && !choices.includes(value)) {
    report(property, `"${value}" is none of ${choices.join(", ")}${didYouMean(value, choices)}`);
  }
}

/** Reports a number outside of its bounds (inclusive). */
export function checkBetween(inputs: View, report: Report, property: string, least: number, most: number): void {
  const value = inputs.at(property).number;
  if (value !== undefined && (value < least || value > most))
    report(property, `${value} is not between ${least} and ${most}`);
}

/** Reports labels that the Google APIs do not take: keys and values of up to 63 of a-z, 0-9, _ and -. */
export function checkLabels(inputs: View, report: Report, property = "labels"): void {
  for (const [key, value] of inputs.at(property).entries) {
    if (!/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key)) {
      report(
        property,
        `"${key}" is no label key: up to 63 lower case letters, digits, _ and -, beginning with a letter`,
      );
    }
    const text = value.string;
    if (text !== undefined && !/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(text)) {
      report(property, `"${text}" is no label value (of "${key}"): up to 63 lower case letters, digits, _ and -`);
    }
  }
}

/** Reports what is not a duration of whole or fractional seconds, e.g. `604800s`. */
export function checkDuration(inputs: View, report: Report, property: string, least: number, most: number): void {
  const text = inputs.at(property).string;
  if (text === undefined || text === "") return;
  const seconds = Number(/^(\d+(\.\d+)?)s$/.exec(text)?.[1]);
  if (!(seconds >= least && seconds <= most))
    report(property, `"${text}" is not a duration between "${least}s" and "${most}s"`);
}

/** A record that a request names; its absence is the API's 404. */
export async function existing(
  cloud: Cloud,
  collection: string,
  id: string,
  refusal?: () => Error,
): Promise<CloudRecord> {
  const record = await cloud.get(collection, id);
  if (record === undefined) throw refusal?.() ?? googleError(404, `The resource '${id}' was not found`);
  return record;
}

/** Throws the API's 404 unless the network that an input names exists. Unknown or absent: nothing. */
export async function requireNetwork({ inputs, place }: Draft, cloud: Cloud, property = "network"): Promise<void> {
  const network = inputs.at(property).string;
  if (network === undefined || network === "") return;
  await existing(cloud, networks, networkId(network, projectOf(inputs, place)));
}

/** What a stable fake of a hash or fingerprint looks like. */
export function etagOf({ id, updated }: Resource): string {
  return Buffer.from(hexId(`${id}\n${updated}`, 12), "hex").toString("base64");
}

/** Google's form of a creation time, in UTC. */
export function timestampOf({ created }: Resource): string {
  return created;
}

const memberForms =
  /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|projectOwner|projectEditor|projectViewer|deleted|principal|principalSet):.+)$/;

/**
 * One member of a role on something: `<Type>IAMMember`. `property` names the input that says on what, `target` resolves it to
 * an id and refuses what does not exist.
 */
export function iamMember(options: {
  readonly type: string;
  readonly collection: string;
  readonly property: string;
  readonly target: (draft: Draft) => string;
  readonly exists?: (target: string, draft: Draft, cloud: Cloud) => Promise<void>;
  /** What the resource's own outputs add, e.g. project. */
  readonly outputs?: (draft: Draft) => PropertyMap;
}): Kind {
  const { type, collection, property, target, exists, outputs } = options;
  return {
    type,
    collection,
    replaces: ["member", "role", "condition", property, "project"],
    check: (inputs, report) => {
      const role = inputs.at("role").string;
      if (role !== undefined && !/^(roles\/[\w.]+|(projects|organizations)\/[^/]+\/roles\/[\w.]+)$/.test(role)) {
        report("role", `"${role}" is no role: roles/<name>, or projects/<project>/roles/<name> for a custom one`);
      }
      const member = inputs.at("member").string;
      if (member !== undefined && !memberForms.test(member)) {
        report(
          "member",
          `"${member}" is no member: user:<email>, serviceAccount:<email>, group:<email>, domain:<name>, allUsers, ...`,
        );
      }
    },
    // terraform-provider-google: tpgiamresource/resource_iam_member.go
    id: (draft) => {
      const condition = draft.inputs.at("condition.title").string;
      const parts = [target(draft), draft.inputs.at("role").string, draft.inputs.at("member").string, condition];
      return parts.filter((part) => part !== undefined).join("/");
    },
    physicalName: ({ inputs }) => `${inputs.at("role").string} ${inputs.at("member").string}`,
    verify: async (draft, cloud) => {
      await exists?.(target(draft), draft, cloud);
      await requireMember(draft.inputs.at("member").string, draft.place, cloud);
    },
    computed: (resource) => ({ etag: etagOf(resource), ...(outputs?.(resource) ?? {}) }),
  };
}

/** Refuses a member that is a service account, or a workload identity, of the sandbox which does not exist. */
export async function requireMember(member: string | undefined, place: Place, cloud: Cloud): Promise<void> {
  const email = /^serviceAccount:(.+)$/.exec(member ?? "")?.[1];
  if (email === undefined) return;
  const pool = /^([a-z][-a-z0-9]+)\.svc\.id\.goog\[/.exec(email)?.[1];
  if (pool !== undefined && pool === place.project) {
    const identity = `${pool}.svc.id.goog`;
    const found = (await cloud.list(clusters)).some(({ state }) => poolOf(state) === identity);
    if (!found)
      throw googleError(
        400,
        `Identity Pool does not exist (${identity}). Please check that you specified a valid resource name`,
        "badRequest",
      );
  }
  await requireAccount(email, place, cloud);
}

function poolOf(state: PropertyMap): unknown {
  const config = state["workloadIdentityConfig"] as PropertyMap | undefined;
  return config?.["workloadPool"];
}

/** Refuses a service account of the sandbox's project that does not exist; other projects' are not known here. */
export async function requireAccount(email: string, { project }: Place, cloud: Cloud): Promise<void> {
  if (!email.endsWith(`@${project}.iam.gserviceaccount.com`)) return;
  const id = `projects/${project}/serviceAccounts/${email}`;
  await existing(cloud, accounts, id, () => googleError(400, `Service account ${email} does not exist.`, "badRequest"));
}
