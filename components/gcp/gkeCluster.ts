// GkeCluster: a private GKE cluster, with nodes that scale by themselves or none to care for (Autopilot), workload identity, a
// release channel, and an identity of its own for the nodes with the least they need. It issues no client certificate and
// keeps no token: whoever uses the cluster authenticates as themselves (see kubernetes/kubeconfig.ts).
//
// What replaces the cluster, and with it everything in it: `project`, `location`, `network`, `subnet`, `podsRange`, `servicesRange`,
// and changing `nodes` from Autopilot to pools or back. A pool is replaced (the new one is made first) by `spot`; a change of
// `machineType`, `diskGiB` or `taints` renews its nodes one after the other (ForceNew in
// hashicorp/terraform-provider-google-beta: services/container).
import { Cluster, type ClusterArgs } from "@pulumi/gcp/container/cluster.js";
import { NodePool } from "@pulumi/gcp/container/nodePool.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Output,
  secret,
} from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { parseCidr } from "../cidr.ts";
import { gkeKubeconfig } from "../kubernetes/kubeconfig.ts";
import { gkeName, serviceAccountName } from "../names.ts";
import type { Cluster as UsableCluster } from "./cluster.ts";
import { checkKey } from "./encryption.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkRegion, checkZone } from "./locations.ts";
import { ServiceAccount } from "./serviceAccount.ts";

/** A regional cluster survives the loss of a zone; a zonal one is cheaper and does not. Changing it replaces the cluster. */
export type ClusterLocation =
  /** Nodes in these zones of the region; in three that Google chooses by default. */
  | { readonly region: string; readonly zones?: readonly string[]; readonly zone?: never }
  | { readonly zone: string; readonly region?: never; readonly zones?: never };

/** Who reaches the API server. */
export type ControlPlaneAccess =
  /**
   * Whoever IAM lets (`container.clusters.connect`), from anywhere, through the cluster's DNS endpoint; it has no IP endpoint then
   * (cloud.google.com/blog/products/containers-kubernetes/new-dns-based-endpoint-for-the-gke-control-plane).
   */
  | { readonly from: "identity" }
  /** Only from inside the network. */
  | { readonly from: "network" }
  /** From these ranges too, by name: `{ office: "203.0.113.0/24" }`. */
  | { readonly from: "ranges"; readonly ranges: Readonly<Record<string, string>> };

export interface NodeTaint {
  /** What pods name to bear it, `dedicated`. */
  readonly key: string;
  /** And its value, `images`. */
  readonly value: string;
  /** New pods stay away, stay away if they can, or are driven away too. */
  readonly effect: "NO_SCHEDULE" | "PREFER_NO_SCHEDULE" | "NO_EXECUTE";
}

export interface NodePoolArgs {
  /** `e2-standard-4`. */
  readonly machineType: string;
  /** Nodes in all zones together: never fewer than `min` (0 or more), never more than `max` (1 to 1000). */
  readonly nodes: { readonly min: number; readonly max: number };
  /** Boot disk in GiB, 20 to 65536; 50 by default. */
  readonly diskGiB?: number;
  /** Cheaper machines that Google may take back at any time; off by default. Changing it replaces the pool. */
  readonly spot?: boolean;
  /** What keeps pods off that do not say they bear it; none by default. */
  readonly taints?: readonly NodeTaint[];
}

/** Nodes that Google runs, or pools of one's own. */
export type ClusterNodes =
  | { readonly mode: "autopilot" }
  | { readonly mode: "pools"; readonly pools: Readonly<Record<string, NodePoolArgs>> };

const days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Day = (typeof days)[number];

/** When Google may upgrade: on these days, from this hour (UTC), for so many hours. */
export interface MaintenanceWindow {
  /** Days of the week on which a window begins; at least one. */
  readonly days: readonly Day[];
  /** 0 to 23. */
  readonly fromHour: number;
  /** 4 to 24. */
  readonly hours: number;
}

const channels = { rapid: "RAPID", regular: "REGULAR", stable: "STABLE", extended: "EXTENDED" } as const;
export type ReleaseChannel = keyof typeof channels;

export interface GkeClusterArgs {
  /** Project of the cluster. Changing it replaces the cluster. */
  readonly project: Input<string>;
  /** Where the cluster and its nodes are. Changing it replaces the cluster. */
  readonly location: ClusterLocation;
  /** The VPC (`Network.networkId`). Changing it replaces the cluster. */
  readonly network: Input<string>;
  /** The subnet of the nodes (`Network.subnets[...].id`), in the region of the cluster. Changing it replaces the cluster. */
  readonly subnet: Input<string>;
  /** Name of the subnet's secondary range for pods. Changing it replaces the cluster. */
  readonly podsRange: Input<string>;
  /** Name of the subnet's secondary range for services. Changing it replaces the cluster. */
  readonly servicesRange: Input<string>;
  /** `{ from: "identity" }` by default. */
  readonly controlPlane?: ControlPlaneAccess;
  /** Google's nodes or one's own. Changing between them replaces the cluster. */
  readonly nodes: ClusterNodes;
  /** How early upgrades come; `regular` by default. */
  readonly releaseChannel?: ReleaseChannel;
  /** Default: every day from 02:00 to 06:00 UTC. */
  readonly maintenance?: MaintenanceWindow;
  /**
   * Key that encrypts the secrets of Kubernetes where the control plane keeps them (`KeyRing.keys[...]`, `services: ["container"]`), of
   * the cluster's region; a key of Google's by default.
   */
  readonly key?: Input<string>;
  /** Refuse to delete the cluster; on by default. To delete a protected cluster, turn it off, update, and delete then. */
  readonly deletionProtection?: boolean;
  /** Labels of the cluster and its nodes; none by default. */
  readonly labels?: Labels;
}

/**
 * What a node needs, and no more: system logs and metrics, and images of the project
 * (docs.cloud.google.com/kubernetes-engine/security/configure-node-service-accounts).
 */
const nodeRoles = ["roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"];
const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";
const byIdentity: ControlPlaneAccess = { from: "identity" };
const everyNight: MaintenanceWindow = { days, fromHour: 2, hours: 4 };

/** A private, self-upgrading GKE cluster. */
export class GkeCluster extends ComponentResource implements UsableCluster {
  /** Name of the cluster. */
  readonly name: Output<string>;
  /** `projects/<project>/locations/<location>/clusters/<name>`. */
  readonly clusterId: Output<string>;
  /** Region or zone. */
  readonly location: string;
  /** Address of the API server, without scheme: its DNS name for access by identity, else its IP address. */
  readonly endpoint: Output<string>;
  /**
   * Certificate of the authority that signed the endpoint's, PEM in base64. Empty for access by identity: browsers' authorities
   * vouch for the DNS endpoint (*unverified*). Secret, because the provider keeps it beside the client key.
   */
  readonly ca: Output<string>;
  /** For kubectl, Helm and Pulumi's Kubernetes provider; asks `gke-gcloud-auth-plugin` for a token, and holds none. Secret, as `ca` is. */
  readonly kubeconfig: Output<string>;
  /** `<project>.svc.id.goog`. */
  readonly workloadPool: Output<string>;
  /** E-mail of the service account that the nodes run as, to grant it more (a registry in another project). */
  readonly nodeServiceAccount: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: GkeClusterArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { project, nodes, controlPlane = byIdentity, labels = {}, deletionProtection = true } = args;
    const location = args.location.zone ?? args.location.region;
    const zones = args.location.zones;

    super("tutti:gcp:GkeCluster", name, {}, opts);

    const account = new ServiceAccount(
      `${name}-nodes`,
      { project, description: `Nodes of the GKE cluster ${name}`, roles: nodeRoles },
      { parent: this },
    );

    const cluster = new Cluster(
      name,
      {
        project,
        location,
        ...(zones !== undefined && { nodeLocations: [...zones] }),
        network: args.network,
        subnetwork: args.subnet,
        networkingMode: "VPC_NATIVE",
        ipAllocationPolicy: {
          clusterSecondaryRangeName: args.podsRange,
          servicesSecondaryRangeName: args.servicesRange,
        },
        ...accessOf(controlPlane),
        releaseChannel: { channel: channels[args.releaseChannel ?? "regular"] },
        maintenancePolicy: { recurringWindow: recurrenceOf(args.maintenance ?? everyNight) },
        gatewayApiConfig: { channel: "CHANNEL_STANDARD" },
        ...(args.key !== undefined && { databaseEncryption: { state: "ENCRYPTED", keyName: args.key } }),
        securityPostureConfig: { mode: "BASIC", vulnerabilityMode: "VULNERABILITY_DISABLED" },
        deletionProtection,
        resourceLabels: labels,
        ...(nodes.mode === "autopilot" ? autopilot(account.email) : ownPools(project, account.email)),
      },
      {
        parent: this,
        dependsOn: [account],
        // The first pool is removed at once, and reading the cluster gives the configuration of whichever pool comes first.
        ...(nodes.mode === "pools" && { ignoreChanges: ["nodeConfig", "initialNodeCount"] }),
      },
    );

    if (nodes.mode === "pools") {
      for (const [key, pool] of Object.entries(nodes.pools)) {
        new NodePool(
          `${name}-${key}`,
          {
            project,
            location,
            cluster: cluster.name,
            initialNodeCount: 1,
            autoscaling: {
              totalMinNodeCount: pool.nodes.min,
              totalMaxNodeCount: pool.nodes.max,
              locationPolicy: pool.spot === true ? "ANY" : "BALANCED",
            },
            management: { autoRepair: true, autoUpgrade: true },
            upgradeSettings: { strategy: "SURGE", maxSurge: 1, maxUnavailable: 0 },
            nodeConfig: {
              ...hardened(account.email),
              machineType: pool.machineType,
              diskSizeGb: pool.diskGiB ?? 50,
              diskType: "pd-balanced",
              imageType: "COS_CONTAINERD",
              spot: pool.spot ?? false,
              workloadMetadataConfig: { mode: "GKE_METADATA" },
              resourceLabels: labels,
              ...(pool.taints !== undefined && { taints: pool.taints.map((taint) => ({ ...taint })) }),
            },
          },
          // The autoscaler owns the number of nodes; the initial one would replace the pool.
          { parent: this, dependsOn: [account], ignoreChanges: ["initialNodeCount"] },
        );
      }
    }

    this.name = cluster.name;
    this.clusterId = cluster.id;
    this.location = location;
    if (controlPlane.from === "identity") {
      this.endpoint = cluster.controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint;
      this.ca = secret("");
    } else {
      this.endpoint = cluster.endpoint;
      this.ca = secret(cluster.masterAuth.clusterCaCertificate);
    }
    this.kubeconfig = gkeKubeconfig({ name: this.name, endpoint: this.endpoint, ca: this.ca });
    this.workloadPool = interpolate`${project}.svc.id.goog`;
    this.nodeServiceAccount = account.email;
    this.registerOutputs({
      name: this.name,
      clusterId: this.clusterId,
      location,
      endpoint: this.endpoint,
      ca: this.ca,
      kubeconfig: this.kubeconfig,
      workloadPool: this.workloadPool,
      nodeServiceAccount: this.nodeServiceAccount,
    });
  }
}

/** Autopilot decides about nodes itself, identity excepted; workload identity and shielded nodes cannot be turned off in it. */
function autopilot(serviceAccount: Input<string>): Partial<ClusterArgs> {
  return {
    enableAutopilot: true,
    clusterAutoscaling: { autoProvisioningDefaults: { serviceAccount, oauthScopes: [cloudPlatform] } },
  };
}

function ownPools(project: Input<string>, serviceAccount: Input<string>): Partial<ClusterArgs> {
  return {
    // Pools are resources of their own, so that changing one does not touch the cluster.
    removeDefaultNodePool: true,
    initialNodeCount: 1,
    nodeConfig: hardened(serviceAccount),
    datapathProvider: "ADVANCED_DATAPATH",
    enableShieldedNodes: true,
    workloadIdentityConfig: { workloadPool: interpolate`${project}.svc.id.goog` },
    loggingConfig: { enableComponents: ["SYSTEM_COMPONENTS", "WORKLOADS"] },
    monitoringConfig: { enableComponents: ["SYSTEM_COMPONENTS"], managedPrometheus: { enabled: true } },
  };
}

function hardened(serviceAccount: Input<string>) {
  return {
    serviceAccount,
    oauthScopes: [cloudPlatform],
    shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
  };
}

function accessOf(access: ControlPlaneAccess): Partial<ClusterArgs> {
  if (access.from === "identity") {
    return {
      privateClusterConfig: { enablePrivateNodes: true },
      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { allowExternalTraffic: true },
        ipEndpointsConfig: { enabled: false },
      },
    };
  }
  const cidrBlocks =
    access.from === "network"
      ? []
      : Object.entries(access.ranges).map(([displayName, cidrBlock]) => ({ displayName, cidrBlock }));
  return {
    privateClusterConfig: { enablePrivateNodes: true, enablePrivateEndpoint: access.from === "network" },
    // Present even when empty: without it, every address on the internet may connect.
    masterAuthorizedNetworksConfig: { cidrBlocks },
  };
}

/** The first window is on a Saturday long past; what counts is its time of day and length. */
function recurrenceOf({ days: on, fromHour, hours }: MaintenanceWindow) {
  const start = Date.UTC(2025, 0, 4, fromHour);
  return {
    startTime: rfc3339(start),
    endTime: rfc3339(start + hours * 3_600_000),
    recurrence: `FREQ=WEEKLY;BYDAY=${days.filter((day) => on.includes(day)).join(",")}`,
  };
}

function rfc3339(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(".000Z", "Z");
}

function checkArguments(name: string, args: GkeClusterArgs): void {
  const {
    location,
    controlPlane = byIdentity,
    nodes,
    releaseChannel = "regular",
    maintenance = everyNight,
    labels = {},
  } = args;
  const check = new ArgumentCheck("GkeCluster", name);
  check.childName("name", name, gkeName);
  check.childName("name", `${name}-nodes`, serviceAccountName);

  if (location.zone !== undefined) checkZone(check, "location.zone", location.zone);
  else {
    checkRegion(check, "location.region", location.region);
    if (location.zones?.length === 0) check.refuse("location.zones", [], "at least one zone, or none of the argument");
    for (const [index, zone] of (location.zones ?? []).entries()) {
      checkZone(check, `location.zones[${index}]`, zone, location.region);
    }
  }

  checkKey(check, "key", args.key, location.region ?? location.zone.replace(/-[a-z]$/, ""));
  check.oneOf("controlPlane.from", controlPlane.from, ["identity", "network", "ranges"]);
  if (controlPlane.from === "ranges") {
    if (Object.keys(controlPlane.ranges).length === 0) check.refuse("controlPlane.ranges", {}, "at least one range");
    for (const [who, range] of Object.entries(controlPlane.ranges)) {
      const parsed = parseCidr(range);
      if (parsed === undefined) check.refuse(`controlPlane.ranges.${who}`, range, "a range such as 203.0.113.0/24");
      else if (parsed.prefix < 8)
        check.refuse(`controlPlane.ranges.${who}`, range, "a range of yours, not of the internet");
    }
  }

  check.oneOf("nodes.mode", nodes.mode, ["autopilot", "pools"]);
  if (nodes.mode === "pools") {
    if (Object.keys(nodes.pools).length === 0) check.refuse("nodes.pools", {}, "at least one pool");
    for (const [key, pool] of Object.entries(nodes.pools)) {
      const at = `nodes.pools.${key}`;
      check.childName(at, `${name}-${key}`, gkeName);
      check.matches(
        `${at}.machineType`,
        pool.machineType,
        /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/,
        'a machine type such as "e2-standard-4"',
      );
      check.integer(`${at}.nodes.min`, pool.nodes.min, { min: 0, max: 1000, unit: "nodes" });
      check.integer(`${at}.nodes.max`, pool.nodes.max, { min: Math.max(1, pool.nodes.min), max: 1000, unit: "nodes" });
      check.integer(`${at}.diskGiB`, pool.diskGiB ?? 50, { min: 20, max: 65_536, unit: "GiB" });
      for (const [index, { effect }] of (pool.taints ?? []).entries()) {
        check.oneOf(`${at}.taints[${index}].effect`, effect, ["NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"]);
      }
    }
  }

  check.oneOf("releaseChannel", releaseChannel, Object.keys(channels));
  for (const [index, day] of maintenance.days.entries()) check.oneOf(`maintenance.days[${index}]`, day, days);
  check.integer("maintenance.fromHour", maintenance.fromHour, { min: 0, max: 23, unit: "hour in UTC" });
  check.integer("maintenance.hours", maintenance.hours, { min: 4, max: 24, unit: "hours" });
  // Google wants 48 hours in any 32 days, in windows of 4 hours or more; 32 days hold four weeks for certain
  // (docs.cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions).
  const hoursInFourWeeks = 4 * new Set(maintenance.days).size * maintenance.hours;
  if (hoursInFourWeeks < 48)
    check.refuse("maintenance", maintenance, `12 hours a week or more, these are ${hoursInFourWeeks / 4}`);
  checkLabels(check, labels);
  check.done();
}
