// Google Kubernetes Engine: clusters and node pools. Deleting a cluster deletes its Kubernetes objects. What forces
// replacement, ids and refusals follow terraform-provider-google (services/container).
import type { PropertyMap } from "../../../values.ts";
import type { Cloud, Draft, Kind } from "../kind.ts";
import { clusterFolder } from "../kubernetes/object.ts";
import { hexId, label } from "../names.ts";
import { formatAddress, freeBlock, overlaps, parseAddress, parseRange } from "../ranges.ts";
import { googleError, Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { fakePem } from "./certificate.ts";
import { encrypted } from "./keys.ts";
import { checkLocation, isZone, projectOf, regionOf, zonesOf } from "./places.ts";
import {
  checkBetween,
  checkChoice,
  checkLabels,
  checkName,
  clusters,
  etagOf,
  existing,
  networkId,
  networks,
  requireAccount,
  subnetworkId,
  subnetworks,
} from "./shared.ts";

const nodePools = "gcp/container/nodePools";
const nameRule = label(2, 40);
/** The version that new clusters run; *unverified* as to what GKE offers today. */
const masterVersion = "1.33.5-gke.1201000";

const cluster: Kind = {
  type: "gcp:container/cluster:Cluster",
  collection: clusters,
  autoname: { property: "name", longest: 40 },
  defaults: () => ({ deletionProtection: true, enableShieldedNodes: true, network: "default" }),
  replaces: [
    ..."name location project clusterIpv4Cidr description enableKubernetesAlpha enableTpu enableAutopilot initialNodeCount confidentialNodes".split(
      " ",
    ),
    ..."masterAuth.clientCertificateConfig network nodePools subnetwork ipAllocationPolicy.clusterIpv4CidrBlock ipAllocationPolicy.servicesIpv4CidrBlock".split(
      " ",
    ),
    ..."ipAllocationPolicy.clusterSecondaryRangeName ipAllocationPolicy.servicesSecondaryRangeName networkingMode defaultMaxPodsPerNode".split(
      " ",
    ),
    ..."privateClusterConfig.masterIpv4CidrBlock privateClusterConfig.privateEndpointSubnetwork datapathProvider dataplaneOptimizationMode".split(
      " ",
    ),
  ],
  check: (inputs, report, place) => {
    checkName(inputs, report, "name", nameRule);
    checkLocation(inputs, report);
    checkLabels(inputs, report, "resourceLabels");
    checkChoice(inputs, report, "networkingMode", ["VPC_NATIVE", "ROUTES"]);
    checkChoice(inputs, report, "datapathProvider", [
      "DATAPATH_PROVIDER_UNSPECIFIED",
      "LEGACY_DATAPATH",
      "ADVANCED_DATAPATH",
    ]);
    checkChoice(inputs, report, "releaseChannel.channel", ["UNSPECIFIED", "RAPID", "REGULAR", "STABLE", "EXTENDED"]);
    const region = regionOf(inputs.at("location").string ?? place.region);
    inputs.at("nodeLocations").strings.forEach((zone, index) => {
      if (!zonesOf(region).includes(zone))
        report(`nodeLocations[${index}]`, `"${zone}" is no zone of ${region}: ${zonesOf(region).join(", ")}`);
    });
    const master = inputs.at("privateClusterConfig.masterIpv4CidrBlock").string;
    if (master !== undefined && parseRange(master)?.prefix !== 28)
      report("privateClusterConfig.masterIpv4CidrBlock", `"${master}" is not a range of prefix length /28`);
    const autopilot = inputs.at("enableAutopilot").boolean === true;
    const absent = (property: string) => inputs.at(property).isAbsent;
    if (autopilot) {
      for (const property of ["nodePools", "nodeConfig", "removeDefaultNodePool", "initialNodeCount"]) {
        if (!absent(property)) report(property, "not with enableAutopilot");
      }
    } else if (absent("initialNodeCount") && absent("nodePools") && !inputs.at("enableAutopilot").isUnknown) {
      report("initialNodeCount", "a cluster needs initialNodeCount or nodePools, unless enableAutopilot is true");
    }
    const pool = inputs.at("workloadIdentityConfig.workloadPool").string;
    const project = projectOf(inputs, place);
    if (pool !== undefined && pool !== `${project}.svc.id.goog`)
      report("workloadIdentityConfig.workloadPool", `"${pool}" is not this project's pool, ${project}.svc.id.goog`);
    inputs.at("masterAuthorizedNetworksConfig.cidrBlocks").items.forEach((block, index) => {
      const text = block.at("cidrBlock").string;
      if (text !== undefined && parseRange(text) === undefined)
        report(`masterAuthorizedNetworksConfig.cidrBlocks[${index}].cidrBlock`, `"${text}" is not an IPv4 range`);
    });
  },
  id: (draft) => clusterId(draft),
  taken: (_, id) => googleError(409, `Already exists: ${id}.`),
  allocate: async ({ inputs }, cloud) => ({ endpoint: await freeEndpoint(inputs.at("name").string ?? "", cloud) }),
  verify: async (resource, cloud) => {
    const { inputs, place, allocated, id } = resource;
    const holder = (await cloud.list(clusters)).find(
      (other) => other.id !== id && other.allocated["endpoint"] === allocated["endpoint"],
    );
    if (holder !== undefined) throw googleError(409, `The address ${allocated["endpoint"]} is taken by ${holder.id}.`);
    const project = projectOf(inputs, place);
    const network = networkId(inputs.at("network").string ?? "default", project);
    await existing(cloud, networks, network, () => googleError(404, `Not found: ${network}.`));
    const subnet = await requireSubnetwork(resource, network, cloud);
    for (const role of ["cluster", "services"] as const) {
      const name = inputs.at(`ipAllocationPolicy.${role}SecondaryRangeName`).string;
      const names = subnet?.at("secondaryIpRanges").items.map((range) => range.at("rangeName").string) ?? [];
      if (name !== undefined && subnet !== undefined && !names.includes(name)) {
        throw googleError(
          400,
          `Services range "${name}" does not exist in the subnetwork: its secondary ranges are ${names.join(", ") || "none"}.`.replace(
            /^Services/,
            role === "cluster" ? "Pod" : "Services",
          ),
          "badRequest",
        );
      }
    }
    const master = parseRange(inputs.at("privateClusterConfig.masterIpv4CidrBlock").string ?? "");
    const range = parseRange(subnet?.at("ipCidrRange").string ?? "");
    if (master !== undefined && range !== undefined && overlaps(master, range)) {
      throw googleError(
        400,
        `The given master_ipv4_cidr ${inputs.at("privateClusterConfig.masterIpv4CidrBlock").string} overlaps with an existing network ${subnet?.at("ipCidrRange").string}.`,
        "badRequest",
      );
    }
    const account =
      inputs.at("nodeConfig.serviceAccount").string ??
      inputs.at("clusterAutoscaling.autoProvisioningDefaults.serviceAccount").string;
    if (account !== undefined) await requireAccount(account, place, cloud);
  },
  fallbacks: (resource) => {
    const { inputs, place, allocated, id } = resource;
    const location = inputs.at("location").string ?? place.region;
    const endpoint = allocated["endpoint"] ?? "";
    const privateEndpoint = privateEndpointOf(inputs, endpoint);
    return {
      project: projectOf(inputs, place),
      location,
      nodeLocations: isZone(location) ? [] : zonesOf(location),
      masterVersion,
      nodeVersion: masterVersion,
      emulatedVersion: "",
      networkingMode: "VPC_NATIVE",
      datapathProvider: "LEGACY_DATAPATH",
      loggingService: "logging.googleapis.com/kubernetes",
      monitoringService: "monitoring.googleapis.com/kubernetes",
      clusterIpv4Cidr: "10.124.0.0/14",
      servicesIpv4Cidr: "34.118.224.0/20",
      releaseChannel: { channel: "REGULAR" },
      defaultMaxPodsPerNode: 110,
      databaseEncryption: { state: "DECRYPTED", keyName: "" },
      deletionPolicy: "DELETE",
      endpoint: inputs.at("privateClusterConfig.enablePrivateEndpoint").boolean === true ? privateEndpoint : endpoint,
      privateClusterConfig: { enablePrivateEndpoint: false, privateEndpoint, publicEndpoint: endpoint },
      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { endpoint: dnsEndpointOf(resource, id) },
        ipEndpointsConfig: { enabled: true },
      },
      masterAuth: masterAuthOf(`${id} ${resource.created}`),
      ...(inputs.at("enableAutopilot").boolean === true
        ? { workloadIdentityConfig: { workloadPool: `${projectOf(inputs, place)}.svc.id.goog` } }
        : {}),
      ...(inputs.at("initialNodeCount").isAbsent || inputs.at("removeDefaultNodePool").boolean === true
        ? {}
        : { nodePools: [{ name: "default-pool", initialNodeCount: inputs.at("initialNodeCount").value ?? 0 }] }),
    };
  },
  computed: (resource) => {
    const { id, inputs, place } = resource;
    const project = projectOf(inputs, place);
    const subnet = inputs.at("subnetwork").string;
    return {
      network: networkId(inputs.at("network").string ?? "default", project),
      ...(subnet === undefined
        ? {}
        : { subnetwork: subnetworkId(subnet, project, regionOf(inputs.at("location").string ?? place.region)) }),
      selfLink: `https://container.googleapis.com/v1/${id}`,
      labelFingerprint: etagOf(resource),
    };
  },
  release: async ({ id, state }, cloud) => {
    if (new View(state).at("deletionProtection").boolean === true) {
      throw new Refusal(
        400,
        "Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with cluster deletion.",
      );
    }
    for (const pool of await cloud.list(nodePools))
      if (pool.id.startsWith(`${id}/`)) await cloud.remove(nodePools, pool.id);
    for (const collection of await cloud.collections(clusterFolder(id))) {
      for (const object of await cloud.list(collection)) await cloud.remove(collection, object.id);
    }
  },
};

/** A free public address for a control plane, from the second half of the benchmarking block of RFC 2544. */
async function freeEndpoint(name: string, cloud: Cloud): Promise<string> {
  const taken = (await cloud.list(clusters)).flatMap(({ allocated }) => {
    const first = parseAddress(allocated["endpoint"] ?? "");
    return first === undefined ? [] : [{ first, prefix: 32 }];
  });
  const block = { first: parseAddress("198.19.0.0")!, prefix: 16 };
  // Not the first free one: a cluster that is replaced should not come back at the address of the old.
  const start = { first: block.first + 256 * Number.parseInt(hexId(name, 2), 16), prefix: 24 };
  const free = freeBlock(start, 32, [{ first: start.first, prefix: 30 }, ...taken]) ?? freeBlock(block, 32, taken);
  if (free === undefined)
    throw googleError(403, "The clusters of this sandbox have used up its addresses.", "quotaExceeded");
  return formatAddress(free.first);
}

function clusterId({ inputs, place }: Draft): string {
  return `projects/${projectOf(inputs, place)}/locations/${inputs.at("location").string ?? place.region}/clusters/${inputs.at("name").string}`;
}

/** The control plane's address inside the network: the second of its range, or one beside the public one. */
function privateEndpointOf(inputs: View, endpoint: string): string {
  const range = parseRange(inputs.at("privateClusterConfig.masterIpv4CidrBlock").string ?? "");
  return range === undefined ? endpoint.replace(/^198\.19\./, "172.16.") : formatAddress(range.first + 2);
}

function dnsEndpointOf({ inputs, place }: Draft, id: string): string {
  return `gke-${hexId(id, 24)}.${regionOf(inputs.at("location").string ?? place.region)}.gke.goog`;
}

function masterAuthOf(seed: string): PropertyMap {
  return {
    clusterCaCertificate: Buffer.from(fakePem(seed)).toString("base64"),
    clientCertificate: "",
    clientKey: "",
    clientCertificateConfig: { issueClientCertificate: false },
  };
}

/** The subnetwork that a cluster names: it must exist, in the cluster's network and region. */
async function requireSubnetwork({ inputs, place }: Draft, network: string, cloud: Cloud): Promise<View | undefined> {
  const reference = inputs.at("subnetwork").string;
  if (reference === undefined) return undefined;
  const project = projectOf(inputs, place);
  const region = regionOf(inputs.at("location").string ?? place.region);
  const id = subnetworkId(reference, project, region);
  const { state } = await existing(cloud, subnetworks, id, () => googleError(404, `Not found: ${id}.`));
  const view = new View(state);
  if (view.at("region").string !== region)
    throw googleError(
      400,
      `Subnetwork '${id}' is in ${view.at("region").string}, the cluster in ${region}.`,
      "badRequest",
    );
  if (networkId(view.at("network").string ?? "", project) !== network)
    throw googleError(400, `Subnetwork '${id}' is not in network '${network}'.`, "badRequest");
  return view;
}

const nodePool: Kind = {
  type: "gcp:container/nodePool:NodePool",
  collection: nodePools,
  autoname: { property: "name", longest: 40 },
  replaces: [
    ..."name namePrefix cluster location project initialNodeCount maxPodsPerNode placementPolicy queuedProvisioning".split(
      " ",
    ),
    ..."networkConfig.podRange networkConfig.podIpv4CidrBlock networkConfig.createPodRange nodeConfig.preemptible nodeConfig.spot".split(
      " ",
    ),
    // *unverified*: GKE learns to change more of a pool's nodes in place with time.
    ..."nodeConfig.serviceAccount nodeConfig.oauthScopes nodeConfig.localSsdCount nodeConfig.minCpuPlatform nodeConfig.metadata".split(
      " ",
    ),
  ],
  check: (inputs, report, place) => {
    checkName(inputs, report, "name", label(2, 40));
    checkLocation(inputs, report);
    checkBetween(inputs, report, "maxPodsPerNode", 8, 256);
    checkBetween(inputs, report, "nodeConfig.diskSizeGb", 10, 65536);
    for (const [least, most] of [
      ["minNodeCount", "maxNodeCount"],
      ["totalMinNodeCount", "totalMaxNodeCount"],
    ]) {
      const [from, to] = [inputs.at(`autoscaling.${least}`).number, inputs.at(`autoscaling.${most}`).number];
      if (from !== undefined && to !== undefined && from > to)
        report(`autoscaling.${least}`, `${from} is more than ${most}, ${to}`);
    }
    const mixed =
      ["minNodeCount", "maxNodeCount"].some((property) => !inputs.at(`autoscaling.${property}`).isAbsent) &&
      ["totalMinNodeCount", "totalMaxNodeCount"].some((property) => !inputs.at(`autoscaling.${property}`).isAbsent);
    if (mixed)
      report(
        "autoscaling",
        "either limits for each zone (minNodeCount, maxNodeCount) or for all together (totalMinNodeCount, totalMaxNodeCount)",
      );
    checkChoice(inputs, report, "autoscaling.locationPolicy", ["BALANCED", "ANY"]);
    const machine = inputs.at("nodeConfig.machineType").string;
    if (machine !== undefined && !/^[a-z][a-z0-9]*-[a-z0-9]+(-[a-z0-9]+)*$/.test(machine))
      report("nodeConfig.machineType", `"${machine}" is no machine type such as e2-standard-4`);
    inputs.at("nodeConfig.taints").items.forEach((taint, index) => {
      const effect = taint.at("effect").string;
      const effects = ["NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"];
      if (effect !== undefined && !effects.includes(effect))
        report(`nodeConfig.taints[${index}].effect`, `"${effect}" is none of ${effects.join(", ")}`);
    });
    const region = regionOf(inputs.at("location").string ?? place.region);
    inputs.at("nodeLocations").strings.forEach((zone, index) => {
      if (!zonesOf(region).includes(zone))
        report(`nodeLocations[${index}]`, `"${zone}" is no zone of ${region}: ${zonesOf(region).join(", ")}`);
    });
  },
  id: (draft) => `${clusterOf(draft)}/nodePools/${draft.inputs.at("name").string}`,
  taken: (_, id) => googleError(409, `Already exists: ${id}.`),
  verify: async (draft, cloud) => {
    const id = clusterOf(draft);
    const { state } = await existing(cloud, clusters, id, () => googleError(404, `Not found: ${id}.`));
    if (new View(state).at("enableAutopilot").boolean === true)
      throw googleError(400, "Autopilot clusters do not support mutating node pools.", "badRequest");
    const account = draft.inputs.at("nodeConfig.serviceAccount").string;
    if (account !== undefined) await requireAccount(account, draft.place, cloud);
  },
  fallbacks: (draft) => {
    const { inputs } = draft;
    const location = /\/locations\/([^/]+)\//.exec(clusterOf(draft))?.[1] ?? "";
    const count =
      inputs.at("nodeCount").number ??
      inputs.at("initialNodeCount").number ??
      inputs.at("autoscaling.minNodeCount").number ??
      0;
    const zones = inputs.at("nodeLocations").strings;
    return {
      project: projectOf(inputs, draft.place),
      location,
      nodeLocations: zones.length > 0 ? zones : isZone(location) ? [location] : zonesOf(location),
      initialNodeCount: inputs.at("initialNodeCount").value ?? count,
      nodeCount: count,
      version: masterVersion,
      maxPodsPerNode: 110,
      namePrefix: "",
      management: { autoRepair: true, autoUpgrade: true },
      upgradeSettings: { strategy: "SURGE", maxSurge: 1, maxUnavailable: 0 },
      nodeConfig: {
        diskSizeGb: 100,
        diskType: "pd-balanced",
        imageType: "COS_CONTAINERD",
        machineType: "e2-medium",
        serviceAccount: "default",
        oauthScopes: [],
      },
      deletionPolicy: "DELETE",
    };
  },
};

function clusterOf({ inputs, place }: Draft): string {
  const reference = inputs.at("cluster").string ?? "";
  if (reference.includes("/")) return reference.replace(/^https:\/\/container\.googleapis\.com\/v1\//, "");
  return `projects/${projectOf(inputs, place)}/locations/${inputs.at("location").string ?? place.region}/clusters/${reference}`;
}

/** Whether a host is how somebody reaches a cluster. */
export function isEndpointOf(host: string, state: PropertyMap): boolean {
  const view = new View(state);
  const known = [
    "endpoint",
    "privateClusterConfig.publicEndpoint",
    "privateClusterConfig.privateEndpoint",
    "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint",
  ];
  return known.some((path) => view.at(path).string === host);
}

export const containerKinds: readonly Kind[] = [
  encrypted(cluster, "container", (inputs, place) => [
    {
      property: "databaseEncryption.keyName",
      key: inputs.at("databaseEncryption.keyName").string,
      location: regionOf(inputs.at("location").string ?? place.region),
    },
  ]),
  nodePool,
];
