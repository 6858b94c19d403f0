// DnsZone: a zone of Cloud DNS with its records. A public zone is signed (DNSSEC); a private one is seen by its networks only.
//
// What replaces the zone, and with it every record: `domain` and `visibility`, from public to private and back. A record is replaced by
// its name and type. A zone that holds records which are not from here is not deleted.
import { ManagedZone } from "@pulumi/gcp/dns/managedZone.js";
import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { checkHost } from "../domains.ts";
import { zoneName } from "../names.ts";
import { checkLabels, type Labels } from "./labels.ts";

const recordTypes = ["A", "AAAA", "CAA", "CNAME", "DS", "MX", "NS", "PTR", "SRV", "TXT"] as const;
export type RecordType = (typeof recordTypes)[number];

export interface DnsRecord {
  /** Below the domain: `www`, `*.apps`; `@` for the domain itself. Changing it replaces the record. */
  readonly name: string;
  /** Changing it replaces the record. */
  readonly type: RecordType;
  /** As they stand in a zone file: names with a dot at the end, texts in quotes. At least one. */
  readonly values: readonly Input<string>[];
  /** Seconds that others may keep it, 0 to 86400; 300 by default. */
  readonly ttlSeconds?: number;
}

export interface DnsZoneArgs {
  /** `example.com`, without a dot at its end. Changing it replaces the zone. */
  readonly domain: string;
  /** Everybody (`"public"`, default), or these networks only (`Network.networkId`). Changing between them replaces the zone. */
  readonly visibility?: "public" | { readonly networks: readonly Input<string>[] };
  /** Records by a name of their own, which only tells them apart; none by default. Nothing stands beside a CNAME. */
  readonly records?: Readonly<Record<string, DnsRecord>>;
  /**
   * Who may issue certificates for the domain, as CAA records say it (`["pki.goog"]`); anybody by default. Certificates of
   * Certificate Manager come from pki.goog (docs.cloud.google.com/certificate-manager/docs/certificates#caa).
   */
  readonly certificateAuthorities?: readonly string[];
  /** Labels of the zone, none by default; records cannot have any. */
  readonly labels?: Labels;
}

/** A zone, signed when it is public, with its records. */
export class DnsZone extends ComponentResource {
  /** Name of the zone, as records of other stacks want it. */
  readonly zone: Output<string>;
  /** The domain, as it was given. */
  readonly domain: string;
  /** Servers to name at the registrar of a public domain, or in the zone above. */
  readonly nameServers: Output<string[]>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: DnsZoneArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { domain, visibility = "public", records = {}, certificateAuthorities = [], labels = {} } = args;

    super("tutti:gcp:DnsZone", name, {}, opts);
    const zone = new ManagedZone(
      name,
      {
        dnsName: `${domain}.`,
        description: `Records of ${domain}`,
        ...(visibility === "public"
          ? { visibility: "public", dnssecConfig: { state: "on" } }
          : {
              visibility: "private",
              privateVisibilityConfig: { networks: visibility.networks.map((networkUrl) => ({ networkUrl })) },
            }),
        labels,
      },
      { parent: this },
    );
    const record = (key: string, { name: host, type, values, ttlSeconds = 300 }: DnsRecord) =>
      new RecordSet(
        `${name}-${key}`,
        {
          managedZone: zone.name,
          name: host === "@" ? `${domain}.` : `${host}.${domain}.`,
          type,
          ttl: ttlSeconds,
          rrdatas: [...values],
        },
        // A record is told from another by name and type: the old one must go before its successor comes.
        { parent: this, deleteBeforeReplace: true },
      );
    for (const [key, one] of Object.entries(records)) record(key, one);
    if (certificateAuthorities.length > 0) {
      record("caa", {
        name: "@",
        type: "CAA",
        values: certificateAuthorities.map((authority) => `0 issue "${authority}"`),
        ttlSeconds: 3600,
      });
    }

    this.zone = zone.name;
    this.domain = domain;
    this.nameServers = zone.nameServers;
    this.registerOutputs({ zone: this.zone, domain, nameServers: this.nameServers });
  }
}

const recordName = /^(?:@|(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\*)$/;

function checkArguments(name: string, args: DnsZoneArgs): void {
  const { domain, visibility = "public", records = {}, certificateAuthorities = [], labels = {} } = args;
  const check = new ArgumentCheck("DnsZone", name);
  check.childName("name", name, zoneName);
  checkHost(check, "domain", domain);
  if (typeof visibility === "string") check.oneOf("visibility", visibility, ["public"]);
  else if (visibility.networks.length === 0) check.refuse("visibility.networks", [], "at least one network");
  const seen = new Map(certificateAuthorities.length > 0 ? [["@ CAA", "certificateAuthorities"]] : []);
  for (const [key, { name: host, type, values, ttlSeconds = 300 }] of Object.entries(records)) {
    const at = `records.${key}`;
    if (key === "caa" && certificateAuthorities.length > 0)
      check.refuse("records", key, "another name, this one is that of certificateAuthorities");
    check.matches(
      `${at}.name`,
      host,
      recordName,
      'a name below the domain such as "www", or "@" for the domain itself',
    );
    check.oneOf(`${at}.type`, type, recordTypes);
    if (values.length === 0) check.refuse(`${at}.values`, values, "at least one value");
    if (type === "CNAME" && values.length > 1) check.refuse(`${at}.values`, values, "one value for a CNAME");
    if (type === "CNAME" && host === "@") check.refuse(`${at}.name`, host, "a name below the domain for a CNAME");
    check.integer(`${at}.ttlSeconds`, ttlSeconds, { min: 0, max: 86_400, unit: "seconds" });
    const same = seen.get(`${host} ${type}`);
    if (same !== undefined) check.refuse(at, `${host} ${type}`, `one record of name and type, ${same} is it already`);
    // RFC 1034, section 3.6.2.
    const beside = recordTypes
      .filter((other) => other !== type && [type, other].includes("CNAME"))
      .map((other) => seen.get(`${host} ${other}`))
      .find((other) => other !== undefined);
    if (beside !== undefined)
      check.refuse(at, `${host} ${type}`, `nothing else of a name that has a CNAME, ${beside} is there already`);
    seen.set(`${host} ${type}`, at);
  }
  for (const [index, authority] of certificateAuthorities.entries())
    checkHost(check, `certificateAuthorities[${index}]`, authority);
  checkLabels(check, labels);
  check.done();
}
