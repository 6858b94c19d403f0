// Google Compute: networks, subnetworks, routers, NAT, addresses, firewalls. What forces replacement, ids and defaults follow
// terraform-provider-google (services/compute) and pulumi-gcp (provider/resources.go).
import { linkPath } from "../differences.ts";
import type { Cloud, Draft, Kind, Report, Resource } from "../kind.ts";
import { label, label63, numericId, safeNumericId } from "../names.ts";
import {
  contains,
  formatAddress,
  formatRange,
  freeBlock,
  overlaps,
  parseAddress,
  parseRange,
  type Range,
  sizeOf,
} from "../ranges.ts";
import type { CloudRecord } from "../record.ts";
import { googleError, inUse } from "../refusal.ts";
import { View } from "../view.ts";
import { checkRegion, projectOf, regionIn } from "./places.ts";
import {
  addresses,
  checkBetween,
  checkChoice,
  checkLabels,
  checkName,
  clusters,
  connections,
  etagOf,
  existing,
  instances,
  networkId,
  networks,
  requireNetwork,
  selfLink,
  shortName,
  subnetworkId,
  subnetworks,
  timestampOf,
} from "./shared.ts";

const firewalls = "gcp/compute/firewalls";
const routers = "gcp/compute/routers";
const routerNats = "gcp/compute/routerNats";

const globalId = (plural: string) => (draft: Draft) =>
  `projects/${projectOf(draft.inputs, draft.place)}/global/${plural}/${draft.inputs.at("name").string}`;
const regionalId = (plural: string) => (draft: Draft) =>
  `projects/${projectOf(draft.inputs, draft.place)}/regions/${regionIn(draft.inputs, draft.place)}/${plural}/${draft.inputs.at("name").string}`;
const autoname = { property: "name", longest: 63, lowercase: true } as const;

const network: Kind = {
  type: "gcp:compute/network:Network",
  collection: networks,
  autoname,
  defaults: () => ({
    autoCreateSubnetworks: true,
    networkFirewallPolicyEnforcementOrder: "AFTER_CLASSIC_FIREWALL",
    deleteDefaultRoutesOnCreate: false,
  }),
  replaces: [
    "name",
    "project",
    "autoCreateSubnetworks",
    "description",
    "internalIpv6Range",
    "networkProfile",
    "params",
  ],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkBetween(inputs, report, "mtu", 1300, 8896);
    checkChoice(inputs, report, "routingMode", ["REGIONAL", "GLOBAL"]);
    checkChoice(inputs, report, "networkFirewallPolicyEnforcementOrder", [
      "BEFORE_CLASSIC_FIREWALL",
      "AFTER_CLASSIC_FIREWALL",
    ]);
    checkChoice(inputs, report, "bgpBestPathSelectionMode", ["LEGACY", "STANDARD"]);
  },
  id: globalId("networks"),
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    routingMode: "REGIONAL",
    mtu: 1460,
    bgpBestPathSelectionMode: "LEGACY",
    deletionPolicy: "DELETE",
  }),
  computed: ({ id }) => ({
    selfLink: selfLink(id),
    networkId: numericId(id),
    numericId: numericId(id),
    gatewayIpv4: "",
  }),
  release: async ({ id }, cloud) => {
    for (const collection of [subnetworks, routers, firewalls, addresses, connections, clusters]) {
      const user = (await cloud.list(collection)).find((record) => networkOf(record) === id);
      if (user !== undefined) throw inUse("network", id, user.id);
    }
    const instance = (await cloud.list(instances)).find(
      ({ state }) => linkPath(new View(state).at("settings.ipConfiguration.privateNetwork").string ?? "") === id,
    );
    if (instance !== undefined) throw inUse("network", id, instance.id);
  },
};

/** The id of the network that a compute resource is in. */
function networkOf({ state }: CloudRecord): string | undefined {
  const view = new View(state);
  const reference = view.at("network").string;
  return reference === undefined || reference === ""
    ? undefined
    : networkId(reference, view.at("project").string ?? "");
}

const subnetwork: Kind = {
  type: "gcp:compute/subnetwork:Subnetwork",
  collection: subnetworks,
  autoname,
  replaces: [
    "name",
    "network",
    "project",
    "region",
    "description",
    "externalIpv6Prefix",
    "internalIpv6Prefix",
    "reservedInternalRange",
    "resolveSubnetMask",
    "params",
    "ipCollection",
  ],
  // The provider expands a range in place and replaces the subnetwork for any other change (IsShrinkageIpCidr).
  replacesAlso: (old, next) => {
    const before = parseRange(old.at("ipCidrRange").string ?? "");
    const after = parseRange(next.at("ipCidrRange").string ?? "");
    return before !== undefined && after !== undefined && !contains(after, before) ? ["ipCidrRange"] : [];
  },
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkRegion(inputs, report);
    checkSubnetRange(inputs, report, "ipCidrRange", "ipCidrRange");
    inputs.at("secondaryIpRanges").items.forEach((range, index) => {
      const at = `secondaryIpRanges[${index}]`;
      checkSubnetRange(range, report, "ipCidrRange", `${at}.ipCidrRange`);
      checkName(range, (_, reason) => report(`${at}.rangeName`, reason), "rangeName", label63);
    });
    const names = inputs.at("secondaryIpRanges").items.map((range) => range.at("rangeName").string);
    const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index);
    if (twice !== undefined) report("secondaryIpRanges", `the range name "${twice}" is used twice`);
    if (
      inputs.at("ipCidrRange").isAbsent &&
      inputs.at("reservedInternalRange").isAbsent &&
      inputs.at("ipCollection").isAbsent &&
      inputs.at("stackType").string !== "IPV6_ONLY"
    ) {
      report("ipCidrRange", "required, but missing");
    }
    checkChoice(inputs, report, "stackType", ["IPV4_ONLY", "IPV4_IPV6", "IPV6_ONLY"]);
    checkChoice(inputs, report, "role", ["ACTIVE", "BACKUP"]);
    checkBetween(inputs, report, "logConfig.flowSampling", 0, 1);
  },
  id: regionalId("subnetworks"),
  verify: async (resource, cloud) => {
    const { inputs, place, id, previous } = resource;
    await requireNetwork(resource, cloud);
    const own = networkId(inputs.at("network").string ?? "", projectOf(inputs, place));
    const mine = rangesOf(inputs);
    for (const other of await cloud.list(subnetworks)) {
      if (other.id === id || networkOf(other) !== own) continue;
      for (const theirs of rangesOf(new View(other.state))) refuseOverlap(mine, theirs, other.id);
    }
    for (const other of await cloud.list(addresses)) {
      const reserved = networkOf(other) === own ? reservedRange(other) : undefined;
      if (reserved !== undefined) refuseOverlap(mine, reserved, other.id);
    }
    mine.forEach((range, index) => {
      const clash = mine.slice(0, index).find((earlier) => overlaps(range, earlier));
      if (clash !== undefined) {
        throw googleError(
          400,
          `Invalid IPCidrRange: ${formatRange(range)} conflicts with ${formatRange(clash)} of the same subnetwork '${id}'.`,
        );
      }
    });
    const before =
      previous === undefined ? undefined : parseRange(new View(previous.state).at("ipCidrRange").string ?? "");
    if (before !== undefined && mine[0] !== undefined && !contains(mine[0], before)) {
      throw googleError(
        400,
        `Invalid value for field 'resource.ipCidrRange': the new range ${formatRange(mine[0])} does not contain the old one, ${formatRange(before)}`,
      );
    }
  },
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    region: regionIn(inputs, place),
    purpose: "PRIVATE",
    stackType: "IPV4_ONLY",
    privateIpGoogleAccess: false,
    privateIpv6GoogleAccess: "DISABLE_GOOGLE_ACCESS",
    allowSubnetCidrRoutesOverlap: false,
    secondaryIpRanges: [],
    deletionPolicy: "DELETE",
    ...(inputs.at("logConfig").isAbsent
      ? {}
      : {
          logConfig: {
            aggregationInterval: "INTERVAL_5_SEC",
            flowSampling: 0.5,
            metadata: "INCLUDE_ALL_METADATA",
            filterExpr: "true",
          },
        }),
  }),
  computed: (resource) => {
    const { id, inputs, place } = resource;
    const range = parseRange(inputs.at("ipCidrRange").string ?? "");
    return {
      network: selfLink(networkId(inputs.at("network").string ?? "", projectOf(inputs, place))),
      selfLink: selfLink(id),
      gatewayAddress: range === undefined ? "" : formatAddress(range.first + 1),
      creationTimestamp: timestampOf(resource),
      subnetworkId: safeNumericId(id),
    };
  },
  release: async ({ id, state }, cloud) => {
    const project = new View(state).at("project").string ?? "";
    const region = new View(state).at("region").string ?? "";
    for (const collection of [clusters, addresses]) {
      const user = (await cloud.list(collection)).find((record) => {
        const reference = new View(record.state).at("subnetwork").string;
        return reference !== undefined && reference !== "" && subnetworkId(reference, project, region) === id;
      });
      if (user !== undefined) throw inUse("subnetwork", id, user.id);
    }
  },
};

function checkSubnetRange(inputs: View, report: Report, property: string, path: string): void {
  const text = inputs.at(property).string;
  if (text === undefined) return;
  const range = parseRange(text);
  if (range === undefined) {
    report(path, `"${text}" is not an IPv4 range such as 10.0.0.0/16 (all bits after the prefix must be 0)`);
  } else if (range.prefix > 29) {
    report(path, `"${text}" is too small: the smallest range of a subnetwork is /29`);
  }
}

/** Primary and secondary ranges, primary first. */
function rangesOf(subnet: View): Range[] {
  const texts = [
    subnet.at("ipCidrRange"),
    ...subnet.at("secondaryIpRanges").items.map((range) => range.at("ipCidrRange")),
  ];
  return texts.flatMap(({ string }) => (string === undefined ? [] : (parseRange(string) ?? [])));
}

function refuseOverlap(mine: readonly Range[], theirs: Range, id: string): void {
  const clash = mine.find((range) => overlaps(range, theirs));
  if (clash === undefined) return;
  throw googleError(
    400,
    `Invalid IPCidrRange: ${formatRange(clash)} conflicts with existing subnetwork '${id}' (${formatRange(theirs)})`,
  );
}

/** The range that a global address holds, when it is one for peering. */
export function reservedRange({ state }: CloudRecord): Range | undefined {
  const view = new View(state);
  const first = parseAddress(view.at("address").string ?? "");
  const prefix = view.at("prefixLength").number;
  return first === undefined || prefix === undefined || prefix === 0 ? undefined : { first, prefix };
}

const router: Kind = {
  type: "gcp:compute/router:Router",
  collection: routers,
  autoname,
  replaces: ["name", "network", "project", "region", "encryptedInterconnectRouter", "nccGateway", "params"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkRegion(inputs, report);
    checkChoice(inputs, report, "bgp.advertiseMode", ["DEFAULT", "CUSTOM"]);
    const asn = inputs.at("bgp.asn").number;
    // RFC 6996 (verify.ValidateRFC6996Asn).
    const isPrivate =
      asn !== undefined &&
      ((asn >= 64512 && asn <= 65534) || (asn >= 4200000000 && asn <= 4294967294) || asn === 16550);
    if (asn !== undefined && !isPrivate)
      report("bgp.asn", `${asn} is not a private ASN: 64512 to 65534, or 4200000000 to 4294967294`);
  },
  id: regionalId("routers"),
  verify: requireNetwork,
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    region: regionIn(inputs, place),
    deletionPolicy: "DELETE",
    ...(inputs.at("bgp").isAbsent ? {} : { bgp: { advertiseMode: "DEFAULT", keepaliveInterval: 20 } }),
  }),
  computed: (resource) => ({
    network: selfLink(
      networkId(resource.inputs.at("network").string ?? "", projectOf(resource.inputs, resource.place)),
    ),
    selfLink: selfLink(resource.id),
    creationTimestamp: timestampOf(resource),
  }),
  // A NAT is a part of its router in the API, and goes with it.
  release: async ({ id }, cloud) => {
    for (const nat of await cloud.list(routerNats))
      if (routerOf(new View(nat.state)) === id) await cloud.remove(routerNats, nat.id);
  },
};

function routerOf(nat: View, project = nat.at("project").string, region = nat.at("region").string): string {
  const reference = linkPath(nat.at("router").string ?? "");
  return reference.includes("/") ? reference : `projects/${project}/regions/${region}/routers/${reference}`;
}

const routerNat: Kind = {
  type: "gcp:compute/routerNat:RouterNat",
  collection: routerNats,
  autoname: { property: "name", longest: 63 },
  defaults: () => ({
    icmpIdleTimeoutSec: 30,
    tcpEstablishedIdleTimeoutSec: 1200,
    tcpTimeWaitTimeoutSec: 120,
    tcpTransitoryIdleTimeoutSec: 30,
    udpIdleTimeoutSec: 30,
    type: "PUBLIC",
  }),
  replaces: ["name", "router", "project", "region", "endpointTypes", "initialNatIps", "type"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label(2, 63));
    checkRegion(inputs, report);
    checkChoice(inputs, report, "sourceSubnetworkIpRangesToNat", [
      "ALL_SUBNETWORKS_ALL_IP_RANGES",
      "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES",
      "LIST_OF_SUBNETWORKS",
    ]);
    checkChoice(inputs, report, "natIpAllocateOption", ["MANUAL_ONLY", "AUTO_ONLY"]);
    checkChoice(inputs, report, "logConfig.filter", ["ERRORS_ONLY", "TRANSLATIONS_ONLY", "ALL"]);
    checkChoice(inputs, report, "type", ["PUBLIC", "PRIVATE"]);
    if (inputs.at("natIpAllocateOption").string === "MANUAL_ONLY" && inputs.at("natIps").isAbsent)
      report("natIps", "required with natIpAllocateOption MANUAL_ONLY");
    if (
      inputs.at("sourceSubnetworkIpRangesToNat").string === "LIST_OF_SUBNETWORKS" &&
      inputs.at("subnetworks").isAbsent
    ) {
      report("subnetworks", "required with sourceSubnetworkIpRangesToNat LIST_OF_SUBNETWORKS");
    }
    // Descriptions of the inputs in the provider.
    const dynamic = inputs.at("enableDynamicPortAllocation").boolean === true;
    if (dynamic && inputs.at("enableEndpointIndependentMapping").boolean === true)
      report("enableEndpointIndependentMapping", "not together with enableDynamicPortAllocation");
    const [least, most] = [inputs.at("minPortsPerVm").number, inputs.at("maxPortsPerVm").number];
    if (!dynamic && most !== undefined) report("maxPortsPerVm", "only with enableDynamicPortAllocation");
    for (const [property, ports] of Object.entries({ minPortsPerVm: least, maxPortsPerVm: most }))
      if (dynamic && ports !== undefined && (ports < 32 || !Number.isInteger(Math.log2(ports))))
        report(property, `${ports} is no power of two from 32 on, as enableDynamicPortAllocation needs`);
    if (least !== undefined && most !== undefined && most <= least)
      report("maxPortsPerVm", `${most} is not more than minPortsPerVm, ${least}`);
  },
  id: ({ inputs, place }) =>
    `${projectOf(inputs, place)}/${regionIn(inputs, place)}/${shortName(inputs.at("router").string ?? "")}/${inputs.at("name").string}`,
  verify: async ({ inputs, place }, cloud) => {
    const project = projectOf(inputs, place);
    const region = regionIn(inputs, place);
    await existing(cloud, routers, routerOf(inputs, project, region));
    for (const subnet of inputs.at("subnetworks").items) {
      const reference = subnet.at("name").string;
      if (reference !== undefined) await existing(cloud, subnetworks, subnetworkId(reference, project, region));
    }
    for (const address of inputs.at("natIps").strings) await existing(cloud, addresses, linkPath(address));
  },
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    region: regionIn(inputs, place),
    enableDynamicPortAllocation: false,
    enableEndpointIndependentMapping: false,
    endpointTypes: ["ENDPOINT_TYPE_VM"],
    minPortsPerVm: 0,
    autoNetworkTier: "PREMIUM",
    deletionPolicy: "DELETE",
  }),
};

/** Addresses that the sandbox hands out: the benchmarking block of RFC 2544, which nobody routes. */
const publicBlock: Range = { first: parseAddress("198.18.0.0")!, prefix: 15 };
/** Where ranges for private services come from when none is asked for. */
const privateBlock: Range = { first: parseAddress("10.0.0.0")!, prefix: 8 };

const globalAddress: Kind = {
  type: "gcp:compute/globalAddress:GlobalAddress",
  collection: addresses,
  autoname,
  defaults: () => ({ addressType: "EXTERNAL" }),
  replaces: [
    "name",
    "project",
    "address",
    "addressType",
    "description",
    "ipVersion",
    "network",
    "prefixLength",
    "purpose",
  ],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkChoice(inputs, report, "addressType", ["EXTERNAL", "INTERNAL"]);
    checkChoice(inputs, report, "ipVersion", ["IPV4", "IPV6"]);
    checkChoice(inputs, report, "purpose", ["VPC_PEERING", "PRIVATE_SERVICE_CONNECT"]);
    checkLabels(inputs, report);
    const address = inputs.at("address").string;
    if (address !== undefined && inputs.at("ipVersion").string !== "IPV6" && parseAddress(address) === undefined)
      report("address", `"${address}" is not an IPv4 address`);
    if (inputs.at("purpose").string === "VPC_PEERING") {
      checkBetween(inputs, report, "prefixLength", 8, 29);
      if (inputs.at("network").isAbsent) report("network", "required with purpose VPC_PEERING");
      if (inputs.at("prefixLength").isAbsent) report("prefixLength", "required with purpose VPC_PEERING");
    }
  },
  id: globalId("addresses"),
  allocate: async (draft, cloud) => ({ address: await chooseAddress(draft, cloud) }),
  verify: async (resource, cloud) => {
    const { inputs, place, id } = resource;
    await requireNetwork(resource, cloud);
    const reserved = wantedRange(resource);
    if (reserved === undefined) {
      await refuseHeld(resource, cloud);
      return;
    }
    const own = networkId(inputs.at("network").string ?? "", projectOf(inputs, place));
    for (const { other, range } of await takenRanges(own, cloud)) {
      if (other === id || !overlaps(range, reserved)) continue;
      throw googleError(
        400,
        `Invalid value for field 'resource.address': '${formatAddress(reserved.first)}'. Requested range ${formatRange(reserved)} conflicts with '${other}' (${formatRange(range)})`,
      );
    }
  },
  fallbacks: ({ inputs, place, allocated }) => ({
    project: projectOf(inputs, place),
    address: allocated["address"] ?? "",
    prefixLength: inputs.at("prefixLength").number ?? 0,
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => ({
    ...addressOutputs(resource),
    ...(resource.inputs.at("network").string === undefined
      ? {}
      : {
          network: selfLink(
            networkId(resource.inputs.at("network").string ?? "", projectOf(resource.inputs, resource.place)),
          ),
        }),
  }),
};

const address: Kind = {
  type: "gcp:compute/address:Address",
  collection: addresses,
  autoname,
  defaults: () => ({ addressType: "EXTERNAL" }),
  replaces: [
    ..."name project region address addressType description ipCollection ipVersion ipv6EndpointType network networkTier prefixLength purpose subnetwork".split(
      " ",
    ),
  ],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkRegion(inputs, report);
    checkLabels(inputs, report);
    checkChoice(inputs, report, "addressType", ["INTERNAL", "EXTERNAL"]);
    checkChoice(inputs, report, "networkTier", ["PREMIUM", "STANDARD"]);
    const text = inputs.at("address").string;
    if (text !== undefined && inputs.at("ipVersion").string !== "IPV6" && parseAddress(text) === undefined)
      report("address", `"${text}" is not an IPv4 address`);
    if (inputs.at("addressType").string === "EXTERNAL" && !inputs.at("subnetwork").isAbsent)
      report("subnetwork", "only with addressType INTERNAL");
  },
  id: regionalId("addresses"),
  allocate: async (draft, cloud) => ({ address: await chooseAddress(draft, cloud) }),
  verify: async (resource, cloud) => {
    const { inputs, place } = resource;
    await requireNetwork(resource, cloud);
    const reference = inputs.at("subnetwork").string;
    if (reference !== undefined) {
      const id = subnetworkId(reference, projectOf(inputs, place), regionIn(inputs, place));
      const range = parseRange(new View((await existing(cloud, subnetworks, id)).state).at("ipCidrRange").string ?? "");
      const wanted = parseAddress(inputs.at("address").string ?? "");
      if (wanted !== undefined && range !== undefined && !contains(range, { first: wanted, prefix: 32 })) {
        throw googleError(
          400,
          `Invalid value for field 'resource.address': '${formatAddress(wanted)}'. The address is not in the range of subnetwork '${id}' (${formatRange(range)})`,
        );
      }
    }
    await refuseHeld(resource, cloud);
  },
  fallbacks: ({ inputs, place, allocated }) => ({
    project: projectOf(inputs, place),
    region: regionIn(inputs, place),
    address: allocated["address"] ?? "",
    networkTier: "PREMIUM",
    purpose: inputs.at("addressType").string === "INTERNAL" ? "GCE_ENDPOINT" : "",
    prefixLength: 0,
    users: [],
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => ({ ...addressOutputs(resource), addressId: safeNumericId(resource.id) }),
};

function addressOutputs(resource: Resource): { selfLink: string; creationTimestamp: string; labelFingerprint: string } {
  return {
    selfLink: selfLink(resource.id),
    creationTimestamp: timestampOf(resource),
    labelFingerprint: etagOf(resource),
  };
}

/** The range that an address for peering takes, asked for or chosen. */
function wantedRange({ inputs, allocated }: Draft): Range | undefined {
  const first = parseAddress(inputs.at("address").string ?? allocated["address"] ?? "");
  const prefix = inputs.at("prefixLength").number;
  return first === undefined || prefix === undefined ? undefined : { first, prefix };
}

/** Refuses an address, asked for or chosen, that another one holds. */
async function refuseHeld({ inputs, allocated, id }: Resource, cloud: Cloud): Promise<void> {
  const text = inputs.at("address").string ?? allocated["address"];
  const holder = (await cloud.list(addresses)).find(
    (other) => other.id !== id && new View(other.state).at("address").string === text,
  );
  if (holder === undefined) return;
  throw googleError(
    400,
    `Invalid value for field 'resource.address': '${text}'. IP is already in use by '${holder.id}'.`,
  );
}

/** The address or first address of the range that a new address gets: a free one of its network, subnetwork or the world. */
async function chooseAddress({ inputs, place }: Draft, cloud: Cloud): Promise<string> {
  const given = inputs.at("address").string;
  if (given !== undefined) return given;
  const project = projectOf(inputs, place);
  const subnet = inputs.at("subnetwork").string;
  const held = (await cloud.list(addresses)).flatMap(({ state }) => {
    const first = parseAddress(new View(state).at("address").string ?? "");
    return first === undefined ? [] : [{ first, prefix: 32 }];
  });
  const network = inputs.at("network").string;
  const prefix = inputs.at("prefixLength").number;
  if (network !== undefined && prefix !== undefined) {
    const taken = (await takenRanges(networkId(network, project), cloud)).map(({ range }) => range);
    // From the end of 10/8: people number subnetworks from its beginning.
    const halves = [128, 0].map((second) => ({ first: privateBlock.first + second * 2 ** 16, prefix: 9 }));
    const block =
      halves
        .map((half) => (prefix >= 9 ? freeBlock(half, prefix, taken) : undefined))
        .find((found) => found !== undefined) ?? freeBlock(privateBlock, prefix, taken);
    if (block === undefined)
      throw googleError(
        400,
        `There is no free range of prefix length ${prefix} in network '${networkId(network, project)}'.`,
      );
    return formatAddress(block.first);
  }
  if (subnet !== undefined) {
    const record = await existing(cloud, subnetworks, subnetworkId(subnet, project, regionIn(inputs, place)));
    const range = parseRange(new View(record.state).at("ipCidrRange").string ?? "");
    // Google keeps the first two and the last two addresses of a range.
    const free =
      range === undefined
        ? undefined
        : freeBlock(range, 32, [
            { first: range.first, prefix: 31 },
            { first: range.first + sizeOf(range.prefix) - 2, prefix: 31 },
            ...held,
          ]);
    if (free === undefined) throw googleError(400, `IP_SPACE_EXHAUSTED: no free address in '${record.id}'`);
    return formatAddress(free.first);
  }
  const free = freeBlock(publicBlock, 32, [{ first: publicBlock.first, prefix: 30 }, ...held]);
  if (free === undefined) throw googleError(403, "Quota 'IN_USE_ADDRESSES' exceeded. Limit: 131072.", "quotaExceeded");
  return formatAddress(free.first);
}

/** Every range of a network that is taken, and by whom. */
async function takenRanges(network: string, cloud: Cloud): Promise<{ other: string; range: Range }[]> {
  const subnets = (await cloud.list(subnetworks)).filter((record) => networkOf(record) === network);
  const reserved = (await cloud.list(addresses)).filter((record) => networkOf(record) === network);
  return [
    ...subnets.flatMap((record) => rangesOf(new View(record.state)).map((range) => ({ other: record.id, range }))),
    ...reserved.flatMap((record) => {
      const range = reservedRange(record);
      return range === undefined ? [] : [{ other: record.id, range }];
    }),
  ];
}

const firewall: Kind = {
  type: "gcp:compute/firewall:Firewall",
  collection: firewalls,
  autoname: { property: "name", longest: 63, lowercase: true },
  defaults: () => ({ priority: 1000 }),
  replaces: ["name", "project", "direction", "params"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label63);
    checkBetween(inputs, report, "priority", 0, 65535);
    checkChoice(inputs, report, "direction", ["INGRESS", "EGRESS"]);
    const absent = (name: string) => inputs.at(name).isAbsent;
    if (absent("allows") && absent("denies")) report("allows", "one of allows and denies must be given");
    if (!absent("allows") && !absent("denies")) report("denies", "only one of allows and denies may be given");
    const egress = inputs.at("direction").string === "EGRESS";
    // terraform-provider-google: resourceComputeFirewallSourceFieldsCustomizeDiff
    if (!egress && ["sourceRanges", "sourceTags", "sourceServiceAccounts"].every(absent)) {
      report("sourceRanges", "one of sourceRanges, sourceTags and sourceServiceAccounts must be given for INGRESS");
    }
    if (egress && !absent("sourceRanges")) report("sourceRanges", "not with direction EGRESS: give destinationRanges");
    for (const property of ["sourceRanges", "destinationRanges"]) {
      inputs.at(property).items.forEach(({ string }, index) => {
        if (
          string !== undefined &&
          !string.includes(":") &&
          parseRange(string.includes("/") ? string : `${string}/32`) === undefined
        ) {
          report(
            `${property}[${index}]`,
            `"${string}" is not an IP range such as 10.0.0.0/16 (all bits after the prefix must be 0)`,
          );
        }
      });
    }
    for (const property of ["allows", "denies"]) {
      inputs.at(property).items.forEach((rule, index) => {
        const protocol = rule.at("protocol").string;
        if (protocol !== undefined && !/^(tcp|udp|icmp|esp|ah|sctp|ipip|all|\d{1,3})$/i.test(protocol)) {
          report(
            `${property}[${index}].protocol`,
            `"${protocol}" is none of tcp, udp, icmp, esp, ah, sctp, ipip, all or an IP protocol number`,
          );
        }
        for (const port of rule.at("ports").strings) {
          const [first, last = first] = port.split("-").map(Number);
          if (!/^\d+(-\d+)?$/.test(port) || first! > last! || last! > 65535)
            report(`${property}[${index}].ports`, `"${port}" is not a port or a range of ports such as "8000-8999"`);
        }
      });
    }
  },
  id: globalId("firewalls"),
  verify: requireNetwork,
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    direction: "INGRESS",
    enableLogging: false,
    destinationRanges: [],
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => ({
    network: selfLink(
      networkId(resource.inputs.at("network").string ?? "", projectOf(resource.inputs, resource.place)),
    ),
    selfLink: selfLink(resource.id),
    creationTimestamp: timestampOf(resource),
  }),
};

export const computeKinds: readonly Kind[] = [network, subnetwork, router, routerNat, globalAddress, address, firewall];
