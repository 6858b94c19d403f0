// What stands before an application on the internet: Certificate Manager, Cloud Armor, TLS policies, IAP members. Follows
// terraform-provider-google (services/certificatemanager, services/compute, services/iap).
import type { PropertyMap } from "../../../values.ts";
import type { Draft, Kind } from "../kind.ts";
import { hexId, label63, uuidOf } from "../names.ts";
import { parseRange } from "../ranges.ts";
import { googleError } from "../refusal.ts";
import { View } from "../view.ts";
import { projectOf } from "./places.ts";
import {
  checkChoice,
  checkLabels,
  checkName,
  etagOf,
  existing,
  iamMember,
  requireMember,
  selfLink,
  shortName,
} from "./shared.ts";

const authorizations = "gcp/certificatemanager/dnsAuthorizations";
const certificates = "gcp/certificatemanager/certificates";
const maps = "gcp/certificatemanager/certificateMaps";
const entries = "gcp/certificatemanager/certificateMapEntries";
export const securityPolicies = "gcp/compute/securityPolicies";
export const sslPolicies = "gcp/compute/sslPolicies";

const host = /^(?=.{3,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function managerId(plural: string, reference: string, { inputs, place }: Draft): string {
  const path = reference.replace(/^\/\/certificatemanager\.googleapis\.com\//, "");
  if (path.includes("/")) return path;
  return `projects/${projectOf(inputs, place)}/locations/${inputs.at("location").string ?? "global"}/${plural}/${path}`;
}

const manager = (type: string, collection: string, plural: string) => ({
  type: `gcp:certificatemanager/${type}`,
  collection,
  autoname: { property: "name", longest: 63 },
  id: (draft: Draft) => managerId(plural, draft.inputs.at("name").string ?? "", draft),
  taken: (_: Draft, id: string) => googleError(409, `Resource '${id}' already exists`),
  fallbacks: ({ inputs, place }: Draft): PropertyMap => ({
    project: projectOf(inputs, place),
    deletionPolicy: "DELETE",
  }),
});

const authorization: Kind = {
  ...manager("dnsAuthorization:DnsAuthorization", authorizations, "dnsAuthorizations"),
  defaults: () => ({ location: "global" }),
  replaces: ["name", "domain", "location", "project", "type"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkLabels(inputs, report);
    checkChoice(inputs, report, "type", ["FIXED_RECORD", "PER_PROJECT_RECORD"]);
    const domain = inputs.at("domain").string;
    if (domain !== undefined && !host.test(domain))
      report("domain", `"${domain}" is no domain such as example.com, without *. and without a dot at its end`);
  },
  computed: ({ inputs, id }) => ({
    dnsResourceRecords: [
      {
        name: `_acme-challenge.${inputs.at("domain").string}.`,
        type: "CNAME",
        data: `${uuidOf(id)}.${Number.parseInt(hexId(id, 2), 16) % 20}.authorize.certificatemanager.goog.`,
      },
    ],
  }),
  release: async ({ id }, cloud) => {
    const user = (await cloud.list(certificates)).find(({ state }) =>
      new View(state).at("managed.dnsAuthorizations").strings.includes(id),
    );
    if (user !== undefined)
      throw googleError(400, `can't delete dns authorization that is referenced by a certificate: ${user.id}`);
  },
};

const certificate: Kind = {
  ...manager("certificate:Certificate", certificates, "certificates"),
  defaults: () => ({ location: "global", scope: "DEFAULT" }),
  replaces: ["name", "location", "project", "scope", "managed", "selfManaged"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkLabels(inputs, report);
    checkChoice(inputs, report, "scope", ["DEFAULT", "EDGE_CACHE", "ALL_REGIONS", "CLIENT_AUTH"]);
    if (inputs.at("managed").isAbsent === inputs.at("selfManaged").isAbsent)
      report("managed", "exactly one of managed and selfManaged must be given");
    inputs.at("managed.domains").strings.forEach((domain, index) => {
      if (!host.test(domain.replace(/^\*\./, "")))
        report(`managed.domains[${index}]`, `"${domain}" is no domain such as example.com`);
    });
    const wild = inputs.at("managed.domains").strings.find((domain) => domain.startsWith("*."));
    const proof = inputs.at("managed.dnsAuthorizations");
    if (
      wild !== undefined &&
      !proof.isUnknown &&
      proof.items.length === 0 &&
      inputs.at("managed.issuanceConfig").isAbsent
    )
      report("managed.dnsAuthorizations", `"${wild}" needs a DNS authorization`);
  },
  verify: async ({ inputs }, cloud) => {
    const authorized = new Set<string>();
    for (const reference of inputs.at("managed.dnsAuthorizations").strings) {
      const { state } = await existing(cloud, authorizations, reference, () =>
        googleError(404, `Resource '${reference}' was not found`),
      );
      authorized.add(new View(state).at("domain").string ?? "");
    }
    if (authorized.size === 0) return;
    for (const domain of inputs.at("managed.domains").strings)
      if (!authorized.has(domain.replace(/^\*\./, "")))
        throw googleError(400, `no DNS authorization of the certificate is for the domain '${domain}'`);
  },
  computed: ({ inputs }) => ({ sanDnsnames: inputs.at("managed.domains").value ?? [] }),
  release: async ({ id }, cloud) => {
    const user = (await cloud.list(entries)).find(({ state }) =>
      new View(state).at("certificates").strings.includes(id),
    );
    if (user !== undefined)
      throw googleError(400, `can't delete certificate that is referenced by a CertificateMapEntry: ${user.id}`);
  },
};

const map: Kind = {
  ...manager("certificateMap:CertificateMap", maps, "certificateMaps"),
  replaces: ["name", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkLabels(inputs, report);
  },
  computed: ({ created, updated }) => ({ createTime: created, updateTime: updated, gclbTargets: [] }),
  release: async ({ id }, cloud) => {
    const inside = (await cloud.list(entries)).find((entry) => entry.id.startsWith(`${id}/`));
    if (inside !== undefined)
      throw googleError(400, `can't delete certificate map with existing map entries: ${inside.id}`);
  },
};

function mapOf(draft: Draft): string {
  return managerId("certificateMaps", draft.inputs.at("map").string ?? "", draft);
}

const entry: Kind = {
  ...manager("certificateMapEntry:CertificateMapEntry", entries, "certificateMapEntries"),
  replaces: ["name", "map", "hostname", "matcher", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkLabels(inputs, report);
    if (inputs.at("hostname").isAbsent === inputs.at("matcher").isAbsent)
      report("hostname", "exactly one of hostname and matcher must be given");
    checkChoice(inputs, report, "matcher", ["PRIMARY"]);
    const name = inputs.at("hostname").string;
    if (name !== undefined && !host.test(name.replace(/^\*\./, ""))) report("hostname", `"${name}" is no host name`);
    const count = inputs.at("certificates").items.length;
    if (!inputs.at("certificates").isUnknown && (count < 1 || count > 4))
      report("certificates", `${count} certificates are not 1 to 4`);
  },
  id: (draft) => `${mapOf(draft)}/certificateMapEntries/${draft.inputs.at("name").string}`,
  verify: async (draft, cloud) => {
    const own = mapOf(draft);
    await existing(cloud, maps, own, () => googleError(404, `Resource '${own}' was not found`));
    for (const reference of draft.inputs.at("certificates").strings)
      await existing(cloud, certificates, reference, () => googleError(404, `Resource '${reference}' was not found`));
  },
  computed: (draft) => ({
    state: "ACTIVE",
    createTime: draft.created,
    updateTime: draft.updated,
    map: shortName(mapOf(draft)),
  }),
};

/** The rule that every policy has: it comes last and takes the rest. */
const lastPriority = 2_147_483_647;

const securityPolicy: Kind = {
  type: "gcp:compute/securityPolicy:SecurityPolicy",
  collection: securityPolicies,
  autoname: { property: "name", longest: 63 },
  replaces: ["name", "project", "type"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkChoice(inputs, report, "type", ["CLOUD_ARMOR", "CLOUD_ARMOR_EDGE", "CLOUD_ARMOR_INTERNAL_SERVICE"]);
    const rules = inputs.at("rules");
    const priorities = rules.items.map((rule) => rule.at("priority").number);
    rules.items.forEach((rule, index) => {
      const at = `rules[${index}]`;
      const priority = rule.at("priority").number;
      if (priority !== undefined && priorities.indexOf(priority) !== index)
        report(`${at}.priority`, `${priority} is used twice`);
      const action = rule.at("action").string;
      if (action !== undefined && !/^(allow|deny\((403|404|502)\)|throttle|rate_based_ban|redirect)$/.test(action))
        report(
          `${at}.action`,
          `"${action}" is none of allow, deny(403), deny(404), deny(502), throttle, rate_based_ban, redirect`,
        );
      const limits = rule.at("rateLimitOptions");
      if (/^(throttle|rate_based_ban)$/.test(action ?? "") && limits.isAbsent)
        report(`${at}.rateLimitOptions`, `required with action ${action}`);
      if (rule.at("match.config").isAbsent === rule.at("match.expr").isAbsent && !rule.at("match").isUnknown)
        report(`${at}.match`, "exactly one of config and expr must be given");
      for (const range of rule.at("match.config.srcIpRanges").strings)
        if (range !== "*" && !range.includes(":") && parseRange(range) === undefined)
          report(`${at}.match.config.srcIpRanges`, `"${range}" is no range such as 203.0.113.0/24, nor *`);
    });
    if (!rules.isAbsent && !rules.isUnknown && !priorities.includes(lastPriority))
      report("rules", `a default rule of priority ${lastPriority} must be given`);
  },
  id: ({ inputs, place }) => `projects/${projectOf(inputs, place)}/global/securityPolicies/${inputs.at("name").string}`,
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    type: "CLOUD_ARMOR",
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => ({
    fingerprint: etagOf(resource),
    labelFingerprint: etagOf(resource),
    selfLink: selfLink(resource.id),
  }),
};

const sslPolicy: Kind = {
  type: "gcp:compute/sSLPolicy:SSLPolicy",
  collection: sslPolicies,
  autoname: { property: "name", longest: 63 },
  replaces: ["name", "project", "description"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkChoice(inputs, report, "profile", ["COMPATIBLE", "MODERN", "RESTRICTED", "FIPS_202205", "CUSTOM"]);
    checkChoice(inputs, report, "minTlsVersion", ["TLS_1_0", "TLS_1_1", "TLS_1_2", "TLS_1_3"]);
    if ((inputs.at("profile").string === "CUSTOM") === inputs.at("customFeatures").isAbsent)
      report("customFeatures", "with profile CUSTOM, and with no other");
    if (inputs.at("minTlsVersion").string === "TLS_1_3" && inputs.at("profile").string !== "RESTRICTED")
      report("minTlsVersion", "TLS_1_3 only with profile RESTRICTED");
  },
  id: ({ inputs, place }) => `projects/${projectOf(inputs, place)}/global/sslPolicies/${inputs.at("name").string}`,
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    profile: "COMPATIBLE",
    minTlsVersion: "TLS_1_0",
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => ({
    creationTimestamp: resource.created,
    fingerprint: etagOf(resource),
    enabledFeatures: [],
    selfLink: selfLink(resource.id),
  }),
};

const webMember: Kind = iamMember({
  type: "gcp:iap/webIamMember:WebIamMember",
  collection: "gcp/iap/webIamMembers",
  property: "project",
  target: ({ inputs, place }) => `projects/${projectOf(inputs, place)}/iap_web`,
  exists: async (_, { inputs, place }, cloud) => await requireMember(inputs.at("member").string, place, cloud),
  outputs: ({ inputs, place }) => ({ project: projectOf(inputs, place) }),
});

export const edgeKinds: readonly Kind[] = [
  authorization,
  certificate,
  map,
  entry,
  securityPolicy,
  sslPolicy,
  webMember,
];
