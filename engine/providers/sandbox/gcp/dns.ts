// Cloud DNS: managed zones and the records in them. Follows terraform-provider-google (services/dns).
import type { Draft, Kind } from "../kind.ts";
import { hexId, label63, numericId } from "../names.ts";
import { parseAddress } from "../ranges.ts";
import { googleError } from "../refusal.ts";
import { View } from "../view.ts";
import { projectOf } from "./places.ts";
import {
  checkBetween,
  checkChoice,
  checkLabels,
  checkName,
  existing,
  networkId,
  networks,
  shortName,
} from "./shared.ts";

const zones = "gcp/dns/managedZones";
const records = "gcp/dns/recordSets";

const domain = /^(?=.{2,254}$)(\*\.)?([a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?\.)+$/;

const zone: Kind = {
  type: "gcp:dns/managedZone:ManagedZone",
  collection: zones,
  autoname: { property: "name", longest: 63 },
  defaults: () => ({ description: "Managed by Pulumi", forceDestroy: false, visibility: "public" }),
  replaces: ["name", "dnsName", "visibility", "project", "reverseLookup"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkLabels(inputs, report);
    checkChoice(inputs, report, "visibility", ["public", "private"]);
    checkChoice(inputs, report, "dnssecConfig.state", ["off", "on", "transfer"]);
    const name = inputs.at("dnsName").string;
    if (name !== undefined && !domain.test(name))
      report("dnsName", `"${name}" is no domain such as example.com. with a dot at its end`);
    const isPrivate = inputs.at("visibility").string === "private";
    if (isPrivate && !inputs.at("dnssecConfig").isAbsent) report("dnssecConfig", "not for a private zone");
    if (!isPrivate && !inputs.at("privateVisibilityConfig").isAbsent)
      report("privateVisibilityConfig", 'only with visibility "private"');
  },
  id: ({ inputs, place }) => `projects/${projectOf(inputs, place)}/managedZones/${inputs.at("name").string}`,
  taken: (_, id) =>
    googleError(409, `The resource 'entity.managedZone' named '${shortName(id)}' already exists`, "alreadyExists"),
  verify: async ({ inputs, place }, cloud) => {
    for (const network of inputs.at("privateVisibilityConfig.networks").items) {
      const url = network.at("networkUrl").string;
      if (url !== undefined) await existing(cloud, networks, networkId(url, projectOf(inputs, place)));
    }
  },
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    deletionPolicy: "DELETE",
  }),
  computed: ({ id, created }) => {
    const letter = "abcde"[Number.parseInt(hexId(id, 2), 16) % 5];
    return {
      managedZoneId: numericId(id),
      creationTime: created,
      nameServers: [1, 2, 3, 4].map((number) => `ns-cloud-${letter}${number}.googledomains.com.`),
    };
  },
  release: async ({ id, state }, cloud) => {
    const inside = (await cloud.list(records)).filter((record) => record.id.startsWith(`${id}/rrsets/`));
    if (inside.length === 0) return;
    if (new View(state).at("forceDestroy").boolean !== true)
      throw googleError(
        400,
        `The resource named '${shortName(id)}' cannot be deleted because it contains one or more 'resource records'.`,
        "containerNotEmpty",
      );
    for (const record of inside) await cloud.remove(records, record.id);
  },
};

function zoneOf({ inputs, place }: Draft): string {
  const reference = inputs.at("managedZone").string ?? "";
  return reference.includes("/") ? reference : `projects/${projectOf(inputs, place)}/managedZones/${reference}`;
}

/** Forms of the data of a record, where they are simple enough to be told. */
const dataForms: Readonly<Record<string, (data: string) => boolean>> = {
  A: (data) => parseAddress(data) !== undefined,
  AAAA: (data) => /^[0-9a-f:]+$/i.test(data) && data.includes(":"),
  CNAME: (data) => data.endsWith("."),
  NS: (data) => data.endsWith("."),
  MX: (data) => /^\d+ \S+\.$/.test(data),
  CAA: (data) => /^\d+ (issue|issuewild|iodef) ".*"$/.test(data),
};

const recordTypes =
  "A AAAA ALIAS CAA CNAME DNSKEY DS HTTPS IPSECVPNKEY MX NAPTR NS PTR SOA SPF SRV SSHFP SVCB TLSA TXT";

const recordSet: Kind = {
  type: "gcp:dns/recordSet:RecordSet",
  collection: records,
  replaces: ["name", "type", "managedZone", "project"],
  check: (inputs, report) => {
    checkChoice(inputs, report, "type", recordTypes.split(" "));
    checkBetween(inputs, report, "ttl", 0, 2_147_483_647);
    const name = inputs.at("name").string;
    if (name !== undefined && !domain.test(name))
      report("name", `"${name}" is no name of a record such as www.example.com. with a dot at its end`);
    if (inputs.at("rrdatas").isAbsent === inputs.at("routingPolicy").isAbsent)
      report("rrdatas", "exactly one of rrdatas and routingPolicy must be given");
    const fits = dataForms[inputs.at("type").string ?? ""];
    for (const data of inputs.at("rrdatas").strings)
      if (fits !== undefined && !fits(data))
        report("rrdatas", `"${data}" is no data of a record of type ${inputs.at("type").string}`);
    if (inputs.at("type").string === "CNAME" && inputs.at("rrdatas").items.length > 1)
      report("rrdatas", "a CNAME record has one value");
  },
  id: (draft) => `${zoneOf(draft)}/rrsets/${draft.inputs.at("name").string}/${draft.inputs.at("type").string}`,
  physicalName: ({ inputs }) => `${inputs.at("name").string} ${inputs.at("type").string}`,
  taken: ({ inputs }) =>
    googleError(
      409,
      `The resource 'entity.change.additions[0]' named '${inputs.at("name").string} (${inputs.at("type").string})' already exists`,
      "alreadyExists",
    ),
  verify: async (draft, cloud) => {
    const { inputs } = draft;
    const own = zoneOf(draft);
    const { state } = await existing(cloud, zones, own, () =>
      googleError(404, `The 'parameters.managedZone' resource named '${shortName(own)}' does not exist.`, "notFound"),
    );
    const [name, above] = [inputs.at("name").string ?? "", new View(state).at("dnsName").string ?? ""];
    if (name !== above && !name.endsWith(`.${above}`))
      throw googleError(
        400,
        `Invalid value for 'entity.change.additions[0].name': '${name}' is not in '${above}'`,
        "invalid",
      );
    const prefix = `${own}/rrsets/${name}/`;
    const others = (await cloud.list(records)).filter(
      ({ id }) => id.startsWith(prefix) && !id.endsWith(`/${inputs.at("type").string}`),
    );
    const conflicts = inputs.at("type").string === "CNAME" ? others : others.filter(({ id }) => id.endsWith("/CNAME"));
    if (conflicts.length > 0)
      throw googleError(
        400,
        `The resource record set 'entity.change.additions[0]' is invalid because the DNS name '${name}' may have either one CNAME resource record set or resource record sets of other types, but not both.`,
        "cnameResourceRecordSetConflict",
      );
  },
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
};

export const dnsKinds: readonly Kind[] = [zone, recordSet];
