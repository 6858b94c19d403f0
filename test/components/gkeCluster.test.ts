// GkeCluster: private, least, self-upgrading, protected unless told otherwise, and every wrong argument refused.
import { describe, expect, it } from "vitest";
import { GkeCluster, type GkeClusterArgs } from "../../components/gcp/gkeCluster.ts";
import { record, refusal } from "../support/mocks.ts";

const clusterType = "gcp:container/cluster:Cluster";
const poolType = "gcp:container/nodePool:NodePool";
const general = { machineType: "e2-standard-4", nodes: { min: 3, max: 9 } };
const plain: GkeClusterArgs = {
  project: "p",
  location: { region: "europe-west1" },
  network: "n",
  subnet: "s",
  podsRange: "pods",
  servicesRange: "services",
  controlPlane: { from: "network" },
  nodes: { mode: "pools", pools: { general } },
};
const built = (changes: Partial<GkeClusterArgs> = {}, options = {}) =>
  record(() => {
    const { name, clusterId, location, endpoint, ca, workloadPool } = new GkeCluster(
      "main",
      { ...plain, ...changes },
      options,
    );
    return { name, clusterId, location, endpoint, ca, workloadPool };
  });

describe("GkeCluster", () => {
  it("is a cluster, its pools, and an identity for the nodes with the least they need", async () => {
    const { tree, all, one } = await built();
    expect(tree).toEqual([
      "gcp:container/cluster:Cluster main < tutti:gcp:GkeCluster main",
      "gcp:container/nodePool:NodePool main-general < tutti:gcp:GkeCluster main",
      "gcp:projects/iAMMember:IAMMember main-nodes-artifactregistry.reader < tutti:gcp:ServiceAccount main-nodes",
      "gcp:projects/iAMMember:IAMMember main-nodes-container.defaultNodeServiceAccount < tutti:gcp:ServiceAccount main-nodes",
      "gcp:serviceaccount/account:Account main-nodes < tutti:gcp:ServiceAccount main-nodes",
      "tutti:gcp:GkeCluster main",
      "tutti:gcp:ServiceAccount main-nodes < tutti:gcp:GkeCluster main",
    ]);
    const email = `${one("gcp:serviceaccount/account:Account").inputs["accountId"]}@test-project.iam.gserviceaccount.com`;
    const node = one(poolType).inputs["nodeConfig"] as Record<string, unknown>;
    expect(node).toMatchObject({
      serviceAccount: email,
      machineType: "e2-standard-4",
      diskSizeGb: 50,
      imageType: "COS_CONTAINERD",
      spot: false,
      shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
      workloadMetadataConfig: { mode: "GKE_METADATA" },
    });
    // Nodes that start before their roles are granted cannot log or pull images.
    for (const grant of all("gcp:projects/iAMMember:IAMMember")) {
      expect(one(poolType).dependsOn).toContain(`${grant.type} ${grant.name}`);
    }
  });

  it("is private, upgrades by itself at night, and is protected unless told otherwise", async () => {
    const { one, value } = await built({ labels: { team: "platform" } });
    const cluster = one(clusterType);
    expect(cluster.inputs).toMatchObject({
      location: "europe-west1",
      network: "n",
      subnetwork: "s",
      networkingMode: "VPC_NATIVE",
      ipAllocationPolicy: { clusterSecondaryRangeName: "pods", servicesSecondaryRangeName: "services" },
      privateClusterConfig: { enablePrivateNodes: true, enablePrivateEndpoint: true },
      masterAuthorizedNetworksConfig: { cidrBlocks: [] },
      workloadIdentityConfig: { workloadPool: "p.svc.id.goog" },
      releaseChannel: { channel: "REGULAR" },
      maintenancePolicy: {
        recurringWindow: {
          startTime: "2025-01-04T02:00:00Z",
          endTime: "2025-01-04T06:00:00Z",
          recurrence: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
        },
      },
      removeDefaultNodePool: true,
      enableShieldedNodes: true,
      datapathProvider: "ADVANCED_DATAPATH",
      deletionProtection: true,
      resourceLabels: { team: "platform" },
    });
    expect(cluster.inputs["nodeLocations"]).toBeUndefined();
    expect(cluster.ignoreChanges).toEqual(["nodeConfig", "initialNodeCount"]);
    expect(one(poolType).inputs).toMatchObject({
      autoscaling: { totalMinNodeCount: 3, totalMaxNodeCount: 9, locationPolicy: "BALANCED" },
      management: { autoRepair: true, autoUpgrade: true },
      upgradeSettings: { maxSurge: 1, maxUnavailable: 0 },
    });
    expect(one(poolType).ignoreChanges).toEqual(["initialNodeCount"]);
    expect(value).toEqual({
      name: "main-abc1234",
      clusterId: "projects/test-project/locations/europe-west1/clusters/main-abc1234",
      location: "europe-west1",
      endpoint: "203.0.113.10",
      ca: "Y2E=",
      workloadPool: "p.svc.id.goog",
    });
  });

  it("is reached by whoever IAM lets unless told otherwise, by name and without an IP endpoint", async () => {
    const { controlPlane: _, ...rest } = plain;
    const { value, one } = await record(() => {
      const { endpoint, ca } = new GkeCluster("main", rest);
      return { endpoint, ca };
    });
    expect(one(clusterType).inputs).toMatchObject({
      privateClusterConfig: { enablePrivateNodes: true },
      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { allowExternalTraffic: true },
        ipEndpointsConfig: { enabled: false },
      },
    });
    expect(one(clusterType).inputs["masterAuthorizedNetworksConfig"]).toBeUndefined();
    expect(value).toEqual({ endpoint: "gke-abc-123.europe-west1.gke.goog", ca: "" });
  });

  it("keeps the certificate secret, and nothing else", async () => {
    expect((await built()).secretValues).toEqual(["ca"]);
  });

  it("follows the settings: zone, ranges, channel, window, spot, protection", async () => {
    const { one } = await built({
      location: { zone: "europe-west1-b" },
      controlPlane: { from: "ranges", ranges: { office: "203.0.113.0/24" } },
      releaseChannel: "stable",
      maintenance: { days: ["SU", "SA"], fromHour: 22, hours: 8 },
      nodes: {
        mode: "pools",
        pools: {
          batch: {
            ...general,
            spot: true,
            diskGiB: 100,
            taints: [{ key: "batch", value: "yes", effect: "NO_SCHEDULE" }],
          },
        },
      },
      deletionProtection: false,
    });
    expect(one(clusterType).inputs).toMatchObject({
      location: "europe-west1-b",
      privateClusterConfig: { enablePrivateEndpoint: false },
      masterAuthorizedNetworksConfig: { cidrBlocks: [{ displayName: "office", cidrBlock: "203.0.113.0/24" }] },
      releaseChannel: { channel: "STABLE" },
      maintenancePolicy: {
        recurringWindow: {
          startTime: "2025-01-04T22:00:00Z",
          endTime: "2025-01-05T06:00:00Z",
          recurrence: "FREQ=WEEKLY;BYDAY=SA,SU",
        },
      },
      deletionProtection: false,
    });
    expect(one(poolType).inputs).toMatchObject({
      location: "europe-west1-b",
      autoscaling: { locationPolicy: "ANY" },
      nodeConfig: { spot: true, diskSizeGb: 100, taints: [{ key: "batch", value: "yes", effect: "NO_SCHEDULE" }] },
    });
  });

  it("names the zones of a regional cluster", async () => {
    const { one } = await built({ location: { region: "europe-west1", zones: ["europe-west1-b", "europe-west1-c"] } });
    expect(one(clusterType).inputs["nodeLocations"]).toEqual(["europe-west1-b", "europe-west1-c"]);
  });

  it("leaves nodes to Autopilot, as the same identity", async () => {
    const { all, one } = await built({ nodes: { mode: "autopilot" } });
    expect(all(poolType)).toEqual([]);
    const { inputs, ignoreChanges } = one(clusterType);
    expect(inputs).toMatchObject({
      enableAutopilot: true,
      clusterAutoscaling: {
        autoProvisioningDefaults: { serviceAccount: expect.stringContaining("@test-project.iam") },
      },
    });
    // Autopilot refuses what it decides itself.
    for (const key of [
      "removeDefaultNodePool",
      "initialNodeCount",
      "nodeConfig",
      "datapathProvider",
      "workloadIdentityConfig",
    ]) {
      expect(inputs[key]).toBeUndefined();
    }
    expect(ignoreChanges).toEqual([]);
  });

  it("gives a kubeconfig that asks a plugin for a token and holds none", async () => {
    const { value, secretValues } = await record(() => {
      const { name, kubeconfig } = new GkeCluster("main", { ...plain, controlPlane: { from: "identity" } });
      return { name, kubeconfig };
    });
    expect(secretValues).toEqual(["kubeconfig"]);
    const { users, clusters } = JSON.parse(value.kubeconfig) as { users: { user: object }[]; clusters: unknown };
    expect(users[0]?.user).toMatchObject({ exec: { command: "gke-gcloud-auth-plugin" } });
    expect(Object.keys(users[0]?.user ?? {})).toEqual(["exec"]);
    expect(JSON.stringify(clusters)).toContain("https://gke-abc-123.europe-west1.gke.goog");
    expect(value.kubeconfig).not.toMatch(/token|password|client-key/i);
  });

  it("hands protection down to every child", async () => {
    const { registered } = await built({}, { protect: true });
    expect(registered.filter(({ protect }) => !protect)).toEqual([]);
  });

  const pool = (changes: object): Partial<GkeClusterArgs> => ({
    nodes: { mode: "pools", pools: { general: { ...general, ...changes } } },
  });
  it.each<[string, Partial<GkeClusterArgs>, string]>([
    ["region", { location: { region: "europe" } }, 'location.region is "europe", expected a region'],
    [
      "zone",
      { location: { zone: "europe-west1" } },
      'location.zone is "europe-west1", expected a zone such as "europe-west1-b"',
    ],
    [
      "zone of another region",
      { location: { region: "europe-west1", zones: ["us-east1-b"] } },
      'location.zones[0] is "us-east1-b", expected a zone of europe-west1 such as "europe-west1-b"',
    ],
    [
      "no zone",
      { location: { region: "europe-west1", zones: [] } },
      "location.zones is [], expected at least one zone",
    ],
    [
      "access",
      { controlPlane: { from: "anywhere" } as never },
      'controlPlane.from is "anywhere", expected one of "identity", "network", "ranges"',
    ],
    [
      "no range",
      { controlPlane: { from: "ranges", ranges: {} } },
      "controlPlane.ranges is {}, expected at least one range",
    ],
    [
      "range",
      { controlPlane: { from: "ranges", ranges: { a: "203.0.113.1/24" } } },
      'controlPlane.ranges.a is "203.0.113.1/24", expected a range',
    ],
    [
      "the internet",
      { controlPlane: { from: "ranges", ranges: { all: "0.0.0.0/0" } } },
      'controlPlane.ranges.all is "0.0.0.0/0", expected a range of yours',
    ],
    ["mode", { nodes: { mode: "manual" } as never }, 'nodes.mode is "manual", expected one of "autopilot", "pools"'],
    ["no pool", { nodes: { mode: "pools", pools: {} } }, "nodes.pools is {}, expected at least one pool"],
    [
      "pool name",
      { nodes: { mode: "pools", pools: { ["p".repeat(30)]: general } } },
      "1 to 32 characters for the name of a GKE cluster or node pool",
    ],
    ["machine", pool({ machineType: "large" }), 'nodes.pools.general.machineType is "large", expected a machine type'],
    ["too few nodes", pool({ nodes: { min: -1, max: 1 } }), "nodes.pools.general.nodes.min is -1, expected"],
    [
      "max below min",
      pool({ nodes: { min: 5, max: 3 } }),
      "nodes.pools.general.nodes.max is 3, expected a whole number from 5 to 1000 (nodes)",
    ],
    ["disk", pool({ diskGiB: 5 }), "nodes.pools.general.diskGiB is 5, expected a whole number from 20"],
    [
      "taint",
      pool({ taints: [{ key: "a", value: "b", effect: "Never" }] }),
      'nodes.pools.general.taints[0].effect is "Never", expected one of',
    ],
    [
      "channel",
      { releaseChannel: "beta" as "rapid" },
      'releaseChannel is "beta", expected one of "rapid", "regular", "stable", "extended"',
    ],
    [
      "day",
      { maintenance: { days: ["XX" as "MO", "TU"], fromHour: 0, hours: 24 } },
      'maintenance.days[0] is "XX", expected one of "MO"',
    ],
    [
      "short window",
      { maintenance: { days: ["SA", "SU"], fromHour: 0, hours: 3 } },
      "maintenance.hours is 3, expected a whole number from 4 to 24 (hours)",
    ],
    [
      "seldom window",
      { maintenance: { days: ["SU"], fromHour: 0, hours: 6 } },
      "expected 12 hours a week or more, these are 6",
    ],
    ["labels", { labels: { A: "" } }, 'labels is "A", expected keys'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new GkeCluster("main", { ...plain, ...changes }))).toContain(message);
  });

  it("refuses a name with no room for that of the nodes' account", async () => {
    expect(await refusal(() => new GkeCluster("a".repeat(20), plain))).toContain(
      "1 to 22 characters for the name of a service account",
    );
  });
});
