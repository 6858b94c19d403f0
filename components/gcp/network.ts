// Network: turns a plan of address ranges into a VPC of custom mode with its subnets, a way out (Cloud NAT), a private way to
// Google's services (private Google access, and private service access for Cloud SQL and the like), and the firewall rules
// that intents ask for. Nothing is reachable from the internet: ingress is denied unless an intent allows it.
//
// What replaces: of `subnets`, a subnet's region; a change of its `cidr` to anything but a range that contains the old one (Google
// only expands subnets in place); a secondary range that is in use cannot be removed; of `privateServices`, address and size, which
// Google refuses while a database is in the range. The VPC itself is never replaced by an argument.
import { Firewall, type FirewallArgs } from "@pulumi/gcp/compute/firewall.js";
import { GlobalAddress } from "@pulumi/gcp/compute/globalAddress.js";
import { Network as Vpc } from "@pulumi/gcp/compute/network.js";
import { Router } from "@pulumi/gcp/compute/router.js";
import { RouterNat } from "@pulumi/gcp/compute/routerNat.js";
import { Subnetwork } from "@pulumi/gcp/compute/subnetwork.js";
import { Connection } from "@pulumi/gcp/servicenetworking/connection.js";
import { ComponentResource, type ComponentResourceOptions, type Output, RunError } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { type Cidr, overlap, parseCidr } from "../cidr.ts";
import { computeName, rangeName } from "../names.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkRegion } from "./locations.ts";

export interface SubnetArgs {
  /** `europe-west1`. Changing it replaces the subnet. */
  readonly region: string;
  /** Addresses of machines, `10.0.0.0/20`; a /29 or larger. May be expanded in place, anything else replaces the subnet. */
  readonly cidr: string;
  /** Further ranges by name, for pods and services of a cluster: `{ pods: "10.4.0.0/14" }`; none by default. */
  readonly secondary?: Readonly<Record<string, string>>;
  /** Share of the flows that are logged, 0 (no log) to 1; 0 by default. */
  readonly flowLogs?: number;
}

/** Addresses that Google's own services (Cloud SQL, Memorystore) take inside this network. */
export interface PrivateServicesArgs {
  /** First address, so that the range is known beforehand: `10.64.0.0`. Google chooses one when it is left out. Changing it replaces the range. */
  readonly address?: string;
  /** Size of the range, 8 to 24; 16 by default, as Google recommends. Changing it replaces the range. */
  readonly prefixLength?: number;
  /**
   * What destroying the network does with the peering. `delete` (default) fails for some days after a Cloud SQL instance was
   * in it (hashicorp/terraform-provider-google issue 16275); `abandon` leaves the peering for somebody to remove.
   */
  readonly onDestroy?: "delete" | "abandon";
}

/** What may come in, by purpose; the address ranges behind a purpose are Google's to publish and ours to keep. */
export type FirewallIntent =
  /** Anything between the subnets of this network, their secondary ranges included. */
  | { readonly allow: "internal" }
  /** SSH through Identity-Aware Proxy, to machines with one of these network tags. */
  | { readonly allow: "iap-ssh"; readonly tags: readonly string[] }
  /** Google's load balancers and their health checks, on these TCP ports. */
  | { readonly allow: "load-balancers"; readonly ports: readonly number[] };

export interface NetworkArgs<Name extends string = string> {
  /** Subnets by name; at least one. The name is part of the logical name: renaming a subnet replaces it. */
  readonly subnets: Readonly<Record<Name, SubnetArgs>>;
  /** How machines without an address of their own reach the internet: `nat` (default, one gateway a region) or not at all. */
  readonly egress?: "nat" | "none";
  /** What the gateways log: `errors` (default), `all` or `none`. */
  readonly natLog?: "errors" | "all" | "none";
  /** Private service access; `"none"` for a network without. Default: a /16 that Google places. */
  readonly privateServices?: PrivateServicesArgs | "none";
  /** What may come in, each purpose once. Default: nothing. */
  readonly firewall?: readonly FirewallIntent[];
  /** Labels of every child that can hold them (of these, addresses only); none by default. */
  readonly labels?: Labels;
}

/** A subnet as its users need it. */
export interface Subnet {
  /** `projects/<project>/regions/<region>/subnetworks/<name>`. */
  readonly id: Output<string>;
  /** Name of the subnetwork. */
  readonly name: Output<string>;
  /** The region it was given. */
  readonly region: string;
  /** The range of its machines, as it was given. */
  readonly cidr: string;
}

/** TCP forwarding of Identity-Aware Proxy (docs.cloud.google.com/iap/docs/using-tcp-forwarding). */
const iapRanges = ["35.235.240.0/20"];
/** Load balancers and health checks (docs.cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges). */
const loadBalancerRanges = ["35.191.0.0/16", "130.211.0.0/22"];

/** A VPC with subnets, a way out, private services and the firewall rules it was asked for. */
export class Network<Name extends string = string> extends ComponentResource {
  /** `projects/<project>/global/networks/<name>`. */
  readonly networkId: Output<string>;
  /** Subnets by the names they were given. */
  readonly subnets: Readonly<Record<Name, Subnet>>;
  readonly #name: string;
  readonly #privateServices: Output<string> | undefined;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: NetworkArgs<Name>, opts?: ComponentResourceOptions) {
    const { subnets, egress = "nat", natLog = "errors", privateServices = {}, firewall = [], labels = {} } = args;
    checkArguments(name, args);

    super("tutti:gcp:Network", name, {}, opts);
    this.#name = name;
    const parent = { parent: this };

    const vpc = new Vpc(name, { autoCreateSubnetworks: false, routingMode: "REGIONAL" }, parent);
    this.networkId = vpc.id;

    this.subnets = Object.fromEntries(
      Object.entries<SubnetArgs>(subnets).map(([key, subnet]) => {
        const { region, cidr, secondary = {}, flowLogs = 0 } = subnet;
        const resource = new Subnetwork(
          `${name}-${key}`,
          {
            network: vpc.id,
            region,
            ipCidrRange: cidr,
            privateIpGoogleAccess: true,
            secondaryIpRanges: Object.entries(secondary).map(([range, ipCidrRange]) => ({
              rangeName: range,
              ipCidrRange,
            })),
            ...(flowLogs > 0 && { logConfig: { flowSampling: flowLogs, metadata: "INCLUDE_ALL_METADATA" } }),
          },
          parent,
        );
        return [key, { id: resource.id, name: resource.name, region, cidr }];
      }),
    ) as Record<Name, Subnet>;

    if (egress === "nat") {
      for (const region of regionsOf(subnets)) {
        const router = new Router(`${name}-${region}`, { network: vpc.id, region }, parent);
        new RouterNat(
          `${name}-${region}`,
          {
            router: router.name,
            region,
            natIpAllocateOption: "AUTO_ONLY",
            // A node has the connections of many pods, and 64 ports to one address, the fixed number, are soon used up: each takes what
            // it needs (docs.cloud.google.com/nat/docs/ports-and-addresses).
            enableDynamicPortAllocation: true,
            enableEndpointIndependentMapping: false,
            minPortsPerVm: 64,
            maxPortsPerVm: 8192,
            sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
            logConfig: { enable: natLog !== "none", filter: natLog === "all" ? "ALL" : "ERRORS_ONLY" },
          },
          parent,
        );
      }
    }

    for (const intent of firewall) {
      new Firewall(`${name}-${intent.allow}`, { network: vpc.id, ...ruleOf(intent, subnets) }, parent);
    }

    if (privateServices !== "none") {
      const { address, prefixLength = 16, onDestroy = "delete" } = privateServices;
      const range = new GlobalAddress(
        `${name}-services`,
        {
          purpose: "VPC_PEERING",
          addressType: "INTERNAL",
          network: vpc.id,
          prefixLength,
          ...(address !== undefined && { address }),
          labels,
        },
        parent,
      );
      const connection = new Connection(
        `${name}-services`,
        {
          network: vpc.id,
          service: "servicenetworking.googleapis.com",
          reservedPeeringRanges: [range.name],
          // A peering that an earlier network of this name left behind is taken over instead of failing the creation.
          updateOnCreationFail: true,
          ...(onDestroy === "abandon" && { deletionPolicy: "ABANDON" }),
        },
        parent,
      );
      this.#privateServices = connection.network;
    }

    this.registerOutputs({
      networkId: this.networkId,
      subnets: this.subnets,
      privateServicesNetwork: this.#privateServices,
    });
  }

  /**
   * The same id as `networkId`, but known only once private service access stands: what gives a database a private address must
   * use this one, or it may be created too early.
   *
   * @throws RunError for a network without private services.
   */
  get privateServicesNetwork(): Output<string> {
    if (this.#privateServices === undefined) {
      throw new RunError(
        `Network ${JSON.stringify(this.#name)} has no private services: leave out privateServices, or give a range`,
      );
    }
    return this.#privateServices;
  }
}

function ruleOf(intent: FirewallIntent, subnets: NetworkArgs["subnets"]): Omit<FirewallArgs, "network"> {
  const ingress = { direction: "INGRESS" };
  switch (intent.allow) {
    case "internal":
      return {
        ...ingress,
        sourceRanges: Object.values(subnets).flatMap(({ cidr, secondary = {} }) => [cidr, ...Object.values(secondary)]),
        allows: [{ protocol: "tcp" }, { protocol: "udp" }, { protocol: "icmp" }],
      };
    case "iap-ssh":
      return {
        ...ingress,
        sourceRanges: iapRanges,
        targetTags: [...intent.tags],
        allows: [{ protocol: "tcp", ports: ["22"] }],
        logConfig: { metadata: "INCLUDE_ALL_METADATA" },
      };
    case "load-balancers":
      return {
        ...ingress,
        sourceRanges: loadBalancerRanges,
        allows: [{ protocol: "tcp", ports: intent.ports.map(String) }],
      };
  }
}

function regionsOf(subnets: NetworkArgs["subnets"]): readonly string[] {
  return [...new Set(Object.values(subnets).map(({ region }) => region))].sort();
}

function checkArguments(name: string, args: NetworkArgs): void {
  const { subnets, egress = "nat", natLog = "errors", privateServices = {}, firewall = [], labels = {} } = args;
  const check = new ArgumentCheck("Network", name);
  check.childName("name", `${name}-services`, computeName);
  if (Object.keys(subnets).length === 0) check.refuse("subnets", {}, "at least one subnet");

  const ranges: { where: string; range: Cidr }[] = [];
  const checkRange = (where: string, text: string) => {
    const range = parseCidr(text);
    if (range === undefined || range.prefix > 29) {
      check.refuse(where, text, "a range of /29 or larger that begins at its first address, such as 10.0.0.0/20");
      return;
    }
    const other = ranges.find((earlier) => overlap(earlier.range, range));
    if (other !== undefined)
      check.refuse(where, text, `a range that does not overlap ${other.where} (${other.range.text})`);
    ranges.push({ where, range });
  };
  for (const [key, subnet] of Object.entries(subnets)) {
    const at = `subnets.${key}`;
    check.childName(at, `${name}-${key}`, computeName);
    checkRegion(check, `${at}.region`, subnet.region);
    checkRange(`${at}.cidr`, subnet.cidr);
    for (const [range, text] of Object.entries(subnet.secondary ?? {})) {
      check.childName(`${at}.secondary`, range, rangeName);
      checkRange(`${at}.secondary.${range}`, text);
    }
    const { flowLogs = 0 } = subnet;
    if (!(flowLogs >= 0 && flowLogs <= 1)) check.refuse(`${at}.flowLogs`, flowLogs, "a share from 0 to 1");
  }
  for (const region of regionsOf(subnets)) check.childName("name", `${name}-${region}`, computeName);

  check.oneOf("egress", egress, ["nat", "none"]);
  check.oneOf("natLog", natLog, ["errors", "all", "none"]);
  if (typeof privateServices === "string") check.oneOf("privateServices", privateServices, ["none"]);
  if (privateServices !== "none") {
    const { address, prefixLength = 16, onDestroy = "delete" } = privateServices;
    check.integer("privateServices.prefixLength", prefixLength, { min: 8, max: 24, unit: "bits" });
    check.oneOf("privateServices.onDestroy", onDestroy, ["delete", "abandon"]);
    if (address !== undefined && Number.isInteger(prefixLength)) {
      const range = parseCidr(`${address}/${prefixLength}`);
      if (range === undefined) {
        check.refuse("privateServices.address", address, `the first address of a /${prefixLength}, such as 10.64.0.0`);
      } else checkRange("privateServices.address", range.text);
    }
  }
  checkFirewall(check, name, firewall);
  checkLabels(check, labels);
  check.done();
}

function checkFirewall(check: ArgumentCheck, name: string, firewall: readonly FirewallIntent[]): void {
  const seen = new Set<string>();
  for (const [index, intent] of firewall.entries()) {
    const at = `firewall[${index}]`;
    if (seen.has(intent.allow)) check.refuse(`${at}.allow`, intent.allow, "each purpose once");
    seen.add(intent.allow);
    switch (intent.allow) {
      case "internal":
        break;
      case "iap-ssh":
        // Without a tag the rule would open every machine of the network.
        if (intent.tags.length === 0) check.refuse(`${at}.tags`, intent.tags, "at least one network tag");
        for (const tag of intent.tags) check.childName(`${at}.tags`, tag, rangeName);
        break;
      case "load-balancers":
        if (intent.ports.length === 0) check.refuse(`${at}.ports`, intent.ports, "at least one port");
        for (const port of intent.ports) check.integer(`${at}.ports`, port, { min: 1, max: 65_535 });
        break;
      default:
        check.oneOf(`${at}.allow`, (intent as FirewallIntent).allow, ["internal", "iap-ssh", "load-balancers"]);
    }
    check.childName("name", `${name}-${intent.allow}`, computeName);
  }
}
