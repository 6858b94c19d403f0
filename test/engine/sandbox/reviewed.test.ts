// Every reviewed type: what it computes, and what it refuses as the cloud does. The last test counts: a type without a
// refusal here fails.
import { describe, expect, it } from "vitest";
import { googleCloud } from "../../../engine/providers/sandbox/gcp/index.ts";
import { kubernetesCluster } from "../../../engine/providers/sandbox/kubernetes/index.ts";
import type { PropertyMap } from "../../../engine/values.ts";
import {
  at,
  clusterInputs,
  deploymentInputs,
  instanceInputs,
  kubeconfigFor,
  sentence,
  serviceTypes,
  types,
  World,
  withCluster,
  withInstance,
  withNetwork,
  withPrivateServices,
} from "./world.ts";

const refused = new Set<string>();

/** A test of refusals of one type. */
function refuses(type: string, title: string, body: (world: World) => Promise<void>): void {
  refused.add(type);
  it(title, async () => await body(await World.open()));
}

describe("networks", () => {
  it("computes ids and links", async () => {
    const world = await World.open();
    const { network, subnetwork } = await withNetwork(world);
    expect(network.id).toBe("projects/sandbox/global/networks/main");
    expect(network.outputs["selfLink"]).toBe(
      "https://www.googleapis.com/compute/v1/projects/sandbox/global/networks/main",
    );
    expect(network.outputs).toMatchObject({ project: "sandbox", mtu: 1460, routingMode: "REGIONAL" });
    expect(subnetwork.id).toBe("projects/sandbox/regions/europe-west1/subnetworks/nodes");
    expect(subnetwork.outputs).toMatchObject({
      gatewayAddress: "10.0.0.1",
      region: "europe-west1",
      network: network.outputs["selfLink"],
    });
  });

  refuses(types.network, "refuse a taken name, a wrong name, and to go while something is inside", async (world) => {
    const { network, subnetwork } = await withNetwork(world);
    expect(await world.refusal(types.network, "other", { name: "main" })).toBe(
      "error creating Network: googleapi: Error 409: The resource 'projects/sandbox/global/networks/main' already exists, alreadyExists",
    );
    expect(await world.refusal(types.network, "n", { name: "Main_1" })).toContain(
      'name: "Main_1" is no right name: it must be 1 to 63 characters',
    );
    expect(await world.refusal(types.network, "n", { name: "n", routingMode: "GLOBEL" })).toContain(
      'did you mean "GLOBAL"?',
    );
    expect(await sentence(world.delete(network))).toContain(
      `is already being used by '${subnetwork.id}', resourceInUseByAnotherResource`,
    );
    await world.delete(subnetwork);
    await world.delete(network);
    expect(await world.read(network)).toBeUndefined();
  });

  refuses(
    types.subnetwork,
    "refuse overlapping ranges, missing networks, malformed ranges, unknown regions",
    async (world) => {
      const { network } = await withNetwork(world);
      const create = (inputs: PropertyMap) =>
        world.refusal(types.subnetwork, "s", { name: "s", network: network.id, ...inputs });
      expect(await create({ ipCidrRange: "10.0.8.0/24" })).toContain(
        "Invalid IPCidrRange: 10.0.8.0/24 conflicts with existing subnetwork 'projects/sandbox/regions/europe-west1/subnetworks/nodes' (10.0.0.0/20)",
      );
      expect(await create({ ipCidrRange: "10.5.0.0/24" })).toContain("(10.4.0.0/14)");
      expect(await create({ ipCidrRange: "10.0.16.1/24" })).toContain(
        'ipCidrRange: "10.0.16.1/24" is not an IPv4 range',
      );
      expect(await create({ ipCidrRange: "10.0.16.0/30" })).toContain("the smallest range of a subnetwork is /29");
      expect(
        await create({
          ipCidrRange: "10.1.0.0/24",
          secondaryIpRanges: [{ rangeName: "x", ipCidrRange: "10.1.0.0/25" }],
        }),
      ).toContain("of the same subnetwork");
      expect(await create({ ipCidrRange: "10.1.0.0/24", network: "nowhere" })).toContain(
        "Error 404: The resource 'projects/sandbox/global/networks/nowhere' was not found",
      );
      expect(await create({ ipCidrRange: "10.1.0.0/24", region: "europe-west99" })).toContain(
        'region: no region "europe-west99"; did you mean "europe-west',
      );
      // The same range in another network is no overlap.
      const other = await world.create(types.network, "other", { name: "other" });
      await world.create(types.subnetwork, "s", { name: "s", network: other.id, ipCidrRange: "10.0.0.0/20" });
    },
  );

  it("widens a subnetwork in place and replaces it otherwise", async () => {
    const world = await World.open();
    const { subnetwork } = await withNetwork(world);
    const change = (ipCidrRange: string) => ({ ...subnetwork.inputs, ipCidrRange });
    expect((await world.update(subnetwork, change("10.0.0.0/19"))).outputs).toMatchObject({
      ipCidrRange: "10.0.0.0/19",
      gatewayAddress: "10.0.0.1",
    });
    expect(await world.diff(subnetwork, change("10.0.0.0/21"))).toMatchObject({
      replaces: ["ipCidrRange"],
      detailedDiff: { ipCidrRange: { kind: "update-replace" } },
    });
    expect((await world.diff(subnetwork, change("10.64.0.0/20"))).replaces).toEqual(["ipCidrRange"]);
    expect((await world.diff(subnetwork, { ...subnetwork.inputs, privateIpGoogleAccess: true })).replaces).toEqual([]);
    expect((await world.diff(subnetwork, { ...subnetwork.inputs, region: "europe-west4" })).replaces).toEqual([
      "region",
    ]);
  });

  refuses(types.router, "refuse a router without its network, and a public ASN", async (world) => {
    expect(await world.refusal(types.router, "r", { name: "r", network: "main" })).toContain(
      "'projects/sandbox/global/networks/main' was not found",
    );
    expect(await world.refusal(types.router, "r", { name: "r", network: "main", bgp: { asn: 15169 } })).toContain(
      "bgp.asn: 15169 is not a private ASN",
    );
  });

  refuses(types.nat, "refuse a NAT without its router, and combinations that say nothing", async (world) => {
    const { network } = await withNetwork(world);
    const nat = {
      name: "nat",
      router: "r",
      natIpAllocateOption: "AUTO_ONLY",
      sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
    };
    expect(await world.refusal(types.nat, "nat", nat)).toContain(
      "'projects/sandbox/regions/europe-west1/routers/r' was not found",
    );
    const router = await world.create(types.router, "r", { name: "r", network: network.id });
    expect(await world.refusal(types.nat, "nat", { ...nat, natIpAllocateOption: "MANUAL_ONLY" })).toContain(
      "natIps: required",
    );
    expect(await world.refusal(types.nat, "nat", { ...nat, sourceSubnetworkIpRangesToNat: "ALL" })).toContain(
      '"ALL" is none of',
    );
    const ports = (changes: PropertyMap) =>
      world.refusal(types.nat, "nat", { ...nat, enableDynamicPortAllocation: true, ...changes });
    expect(await ports({ enableEndpointIndependentMapping: true })).toContain("not together with");
    expect(await ports({ minPortsPerVm: 100 })).toContain("100 is no power of two");
    expect(await ports({ minPortsPerVm: 64, maxPortsPerVm: 64 })).toContain("64 is not more than minPortsPerVm");
    expect(await ports({ enableDynamicPortAllocation: false, maxPortsPerVm: 64 })).toContain("only with");
    const created = await world.create(types.nat, "nat", { ...nat, router: router.outputs["name"]! });
    expect(created.id).toBe("sandbox/europe-west1/r/nat");
    await world.delete(router);
    expect(await world.read(created)).toBeUndefined();
  });

  refuses(
    types.globalAddress,
    "refuse overlapping reserved ranges and peering ranges without a network",
    async (world) => {
      const { network } = await withNetwork(world);
      const range = { name: "psa", purpose: "VPC_PEERING", addressType: "INTERNAL", prefixLength: 16 };
      expect(await world.refusal(types.globalAddress, "psa", range)).toContain(
        "network: required with purpose VPC_PEERING",
      );
      expect(
        await world.refusal(types.globalAddress, "psa", { ...range, network: network.id, address: "10.4.0.0" }),
      ).toContain("Requested range 10.4.0.0/16 conflicts with");
      const first = await world.create(types.globalAddress, "psa", { ...range, network: network.id });
      const second = await world.create(types.globalAddress, "psa2", { ...range, name: "psa2", network: network.id });
      expect([first.outputs["address"], second.outputs["address"]]).toEqual(["10.128.0.0", "10.129.0.0"]);
      expect(
        await world.refusal(types.subnetwork, "s", { name: "s", network: network.id, ipCidrRange: "10.128.4.0/24" }),
      ).toContain("conflicts with existing");
    },
  );

  refuses(types.address, "refuse an address outside of its subnetwork or in use", async (world) => {
    const { subnetwork } = await withNetwork(world);
    const internal = { name: "a", addressType: "INTERNAL", subnetwork: subnetwork.id };
    expect(await world.refusal(types.address, "a", { ...internal, address: "10.1.0.5" })).toContain(
      "The address is not in the range of subnetwork",
    );
    const chosen = await world.create(types.address, "a", internal);
    expect(chosen.outputs["address"]).toBe("10.0.0.2");
    expect(await world.refusal(types.address, "b", { ...internal, name: "b", address: "10.0.0.2" })).toContain(
      `IP is already in use by '${chosen.id}'`,
    );
    expect(await world.refusal(types.address, "b", { ...internal, name: "b", subnetwork: "gone" })).toContain(
      "subnetworks/gone' was not found",
    );
    expect(await sentence(world.delete(subnetwork))).toContain("is already being used by");
    const [one, two] = [
      await world.create(types.address, "x", { name: "x" }),
      await world.create(types.address, "y", { name: "y" }),
    ];
    expect(one.outputs["address"]).not.toBe(two.outputs["address"]);
  });

  refuses(types.firewall, "refuse rules that say nothing or something impossible", async (world) => {
    const { network } = await withNetwork(world);
    const rule = {
      name: "f",
      network: network.id,
      sourceRanges: ["35.235.240.0/20"],
      allows: [{ protocol: "tcp", ports: ["22", "8000-8999"] }],
    };
    await world.create(types.firewall, "f", rule);
    expect(await world.refusal(types.firewall, "g", { name: "g", network: network.id, allows: rule.allows })).toContain(
      "one of sourceRanges, sourceTags and sourceServiceAccounts",
    );
    expect(await world.refusal(types.firewall, "g", { ...rule, denies: [{ protocol: "all" }] })).toContain(
      "only one of allows and denies",
    );
    expect(
      await world.refusal(types.firewall, "g", { ...rule, allows: [{ protocol: "tcp", ports: ["70000"] }] }),
    ).toContain('"70000" is not a port');
    expect(await world.refusal(types.firewall, "g", { ...rule, sourceRanges: ["10.0.0.1/8"] })).toContain(
      "is not an IP range",
    );
    expect(await world.refusal(types.firewall, "g", { ...rule, name: "g", network: "nowhere" })).toContain(
      "networks/nowhere' was not found",
    );
  });
});

describe("databases", () => {
  it("computes what a private instance has", async () => {
    const world = await World.open();
    const { instance } = await withInstance(world);
    expect(instance.outputs).toMatchObject({
      connectionName: "sandbox:europe-west1:db",
      privateIpAddress: "10.128.0.2",
      firstIpAddress: "10.128.0.2",
      publicIpAddress: "",
    });
    expect(at(instance.outputs, "settings.diskAutoresize")).toBe(true);
    expect(at(instance.outputs, "settings.ipConfiguration.ipv4Enabled")).toBe(false);
  });

  refuses(
    types.connection,
    "refuse a connection without its range, and to go while an instance uses it",
    async (world) => {
      const { network } = await withNetwork(world);
      const inputs = {
        network: network.id,
        service: "servicenetworking.googleapis.com",
        reservedPeeringRanges: ["nowhere"],
      };
      expect(await world.refusal(types.connection, "c", inputs)).toContain("Cannot find allocated range 'nowhere'");
      expect(await world.refusal(types.connection, "c", { ...inputs, network: "gone" })).toContain(
        "networks/gone' was not found",
      );
    },
  );

  it("keeps the connection while an instance uses it", async () => {
    const world = await World.open();
    const { connection, instance, network } = await withInstance(world);
    expect(await sentence(world.delete(connection))).toContain(
      "Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this connection",
    );
    expect(await sentence(world.delete(network))).toContain("already being used by");
    await world.delete(instance);
    await world.delete(connection);
  });

  refuses(
    types.instance,
    "refuse a network without private services, an unknown version, and deletion while protected",
    async (world) => {
      const { network } = await withNetwork(world);
      const inputs = instanceInputs(network.id);
      expect(await world.refusal(types.instance, "db", inputs)).toContain(
        "doesn't have at least 1 private services connection",
      );
      expect(await world.refusal(types.instance, "db", { ...inputs, databaseVersion: "POSTGRES_99" })).toContain(
        'databaseVersion: "POSTGRES_99" is no version',
      );
      expect(
        await world.refusal(types.instance, "db", {
          ...inputs,
          settings: { tier: "db-f1-micro", availabilityType: "REGIONAL" },
        }),
      ).toContain("availabilityType REGIONAL needs backupConfiguration");
      expect(
        await world.refusal(types.instance, "db", { name: "db", databaseVersion: "POSTGRES_17", settings: {} }),
      ).toContain("settings.tier: required, but missing");
      const open = { name: "public", databaseVersion: "POSTGRES_17", settings: { tier: "db-f1-micro" } };
      const guarded = await world.create(types.instance, "public", open);
      expect(await sentence(world.delete(guarded))).toContain(
        "failed to delete instance because deletion_protection is set to true",
      );
      expect(await world.refusal(types.instance, "again", open)).toContain(
        "Error 409: The Cloud SQL instance already exists",
      );
      await world.delete(await world.update(guarded, { ...open, deletionProtection: false }));
    },
  );

  it("replaces an instance for its region and engine, and updates its tier in place", async () => {
    const world = await World.open();
    const { instance } = await withInstance(world);
    const given = instanceInputs("projects/sandbox/global/networks/main");
    expect((await world.diff(instance, { ...given, region: "europe-west4" })).replaces).toEqual(["region"]);
    expect((await world.diff(instance, { ...given, databaseVersion: "MYSQL_8_4" })).replaces).toEqual([
      "databaseVersion",
    ]);
    expect((await world.diff(instance, { ...given, databaseVersion: "POSTGRES_18" })).replaces).toEqual([]);
    const bigger = await world.update(instance, {
      ...given,
      settings: { ...(given["settings"] as PropertyMap), tier: "db-custom-2-7680" },
    });
    expect(at(bigger.outputs, "settings.tier")).toBe("db-custom-2-7680");
    expect(bigger.outputs["privateIpAddress"]).toBe(instance.outputs["privateIpAddress"]);
  });

  refuses(types.database, "refuse a database without its instance, or twice", async (world) => {
    expect(await world.refusal(types.database, "d", { name: "d", instance: "gone" })).toContain(
      "The Cloud SQL instance does not exist: gone",
    );
    const { instance } = await withInstance(world);
    const database = await world.create(types.database, "app", { name: "app", instance: instance.outputs["name"]! });
    expect(database.id).toBe("projects/sandbox/instances/db/databases/app");
    expect(await world.refusal(types.database, "app2", { name: "app", instance: "db" })).toContain(
      'database "app" already exists',
    );
    await world.delete(instance);
    expect(await world.read(database)).toBeUndefined();
  });

  refuses(
    types.user,
    "refuse a user without its instance, a reserved name, and a password that an IAM user has not",
    async (world) => {
      expect(await world.refusal(types.user, "u", { name: "u", instance: "gone", password: "x" })).toContain(
        "instance does not exist: gone",
      );
      await withInstance(world);
      expect(await world.refusal(types.user, "u", { name: "cloudsqladmin", instance: "db", password: "x" })).toContain(
        "is reserved",
      );
      expect(
        await world.refusal(types.user, "u", { name: "u", instance: "db", type: "CLOUD_IAM_USER", password: "x" }),
      ).toContain("password: not for a user of type CLOUD_IAM_USER");
      const user = await world.create(types.user, "u", { name: "u", instance: "db", password: "x" });
      expect(await world.refusal(types.user, "u2", { name: "u", instance: "db", password: "y" })).toContain(
        'role "u" already exists',
      );
      expect((await world.diff(user, { name: "v", instance: "db", password: "x" })).replaces).toEqual(["name"]);
      expect((await world.diff(user, { name: "u", instance: "db", password: "y" })).replaces).toEqual([]);
    },
  );
});

describe("secrets, storage, messages", () => {
  const secretInputs = { secretId: "s", replication: { auto: {} } };

  refuses(types.secret, "refuse two secrets of one id, two ways of replication, unknown regions", async (world) => {
    const secret = await world.create(types.secret, "s", secretInputs);
    expect(secret.id).toBe("projects/sandbox/secrets/s");
    expect(await world.refusal(types.secret, "t", secretInputs)).toContain(
      "Secret [projects/sandbox/secrets/s] already exists",
    );
    expect(await world.refusal(types.secret, "t", { secretId: "t", replication: {} })).toContain(
      "exactly one of auto and userManaged",
    );
    expect(
      await world.refusal(types.secret, "t", {
        secretId: "t",
        replication: { userManaged: { replicas: [{ location: "mars" }] } },
      }),
    ).toContain('replicas[0].location: no region "mars"');
    const guarded = await world.create(types.secret, "g", {
      secretId: "g",
      replication: { auto: {} },
      deletionProtection: true,
    });
    expect(await sentence(world.delete(guarded))).toContain("without setting deletion_protection=false");
  });

  refuses(types.secretVersion, "number versions, refuse one without a secret or data", async (world) => {
    expect(
      await world.refusal(types.secretVersion, "v", { secret: "projects/sandbox/secrets/s", secretData: "x" }),
    ).toContain("Error 404: Secret [projects/sandbox/secrets/s] not found");
    const secret = await world.create(types.secret, "s", secretInputs);
    expect(await world.refusal(types.secretVersion, "v", { secret: secret.id })).toContain(
      "one of secretData and secretDataWo must be given",
    );
    const versions = [
      await world.create(types.secretVersion, "v", { secret: secret.id, secretData: "x" }),
      await world.create(types.secretVersion, "w", { secret: secret.id, secretData: "y" }),
    ];
    expect(versions.map(({ outputs }) => outputs["version"])).toEqual(["1", "2"]);
    expect((await world.diff(versions[0]!, { secret: secret.id, secretData: "z" })).replaces).toEqual(["secretData"]);
    await world.delete(secret);
    expect(await world.read(versions[0]!)).toBeUndefined();
  });

  refuses(types.secretMember, "refuse members of nothing, and members that do not exist", async (world) => {
    const member = {
      secretId: "s",
      role: "roles/secretmanager.secretAccessor",
      member: "serviceAccount:app-runner@sandbox.iam.gserviceaccount.com",
    };
    expect(await world.refusal(types.secretMember, "m", member)).toContain(
      "Secret [projects/sandbox/secrets/s] not found",
    );
    await world.create(types.secret, "s", secretInputs);
    expect(await world.refusal(types.secretMember, "m", member)).toContain(
      "Service account app-runner@sandbox.iam.gserviceaccount.com does not exist.",
    );
    expect(await world.refusal(types.secretMember, "m", { ...member, role: "secretAccessor" })).toContain(
      'role: "secretAccessor" is no role',
    );
    await world.create(types.account, "app", { accountId: "app-runner" });
    expect((await world.create(types.secretMember, "m", member)).id).toBe(
      `projects/sandbox/secrets/s/${member.role}/${member.member}`,
    );
  });

  refuses(types.bucket, "refuse names that are taken or not allowed, and to go with objects inside", async (world) => {
    const bucket = await world.create(types.bucket, "b", { name: "my-files", location: "EU" });
    expect(bucket.outputs).toMatchObject({ url: "gs://my-files", location: "EU", publicAccessPrevention: "inherited" });
    expect(await world.refusal(types.bucket, "b2", { name: "my-files", location: "US" })).toContain(
      "The requested bucket name is not available",
    );
    expect(await world.refusal(types.bucket, "b2", { name: "my-google-files", location: "EU" })).toContain(
      "is no right name",
    );
    expect(await world.refusal(types.bucket, "b2", { name: "x", location: "EU" })).toContain("is no right name");
    expect(await world.refusal(types.bucket, "b2", { name: "files-2", location: "MARS" })).toContain(
      'location: no location "MARS"',
    );
    const object = await world.create(types.object, "o", { bucket: "my-files", name: "a.txt", content: "hello" });
    expect(await sentence(world.delete(bucket))).toContain(
      "Error trying to delete bucket my-files without `force_destroy` set to true",
    );
    await world.delete(await world.update(bucket, { name: "my-files", location: "EU", forceDestroy: true }));
    expect(await world.read(object)).toBeUndefined();
  });

  refuses(types.object, "refuse objects without a bucket or contents", async (world) => {
    expect(await world.refusal(types.object, "o", { bucket: "gone", name: "a", content: "x" })).toContain(
      "The specified bucket does not exist.",
    );
    expect(await world.refusal(types.object, "o", { bucket: "gone", name: "a" })).toContain(
      "exactly one of content and source",
    );
    await world.create(types.bucket, "b", { name: "my-files", location: "EU" });
    const object = await world.create(types.object, "o", { bucket: "my-files", name: "a", content: "hello" });
    expect(object.outputs["md5hexhash"]).toBe("5d41402abc4b2a76b9719d911017c592");
    expect(await world.refusal(types.object, "p", { bucket: "my-files", name: "a", content: "x" })).toContain(
      "Error 412",
    );
  });

  refuses(types.bucketMember, "refuse members of nothing, and the public where it is kept out", async (world) => {
    const member = { bucket: "my-files", role: "roles/storage.objectViewer", member: "allUsers" };
    expect(await world.refusal(types.bucketMember, "m", member)).toContain("The specified bucket does not exist.");
    await world.create(types.bucket, "b", { name: "my-files", location: "EU", publicAccessPrevention: "enforced" });
    expect(await world.refusal(types.bucketMember, "m", member)).toContain(
      "since public access prevention is enforced",
    );
    expect(await world.refusal(types.bucketMember, "m", { ...member, member: "everybody" })).toContain(
      'member: "everybody" is no member',
    );
  });

  refuses(types.topic, "refuse topics of a taken or forbidden name", async (world) => {
    await world.create(types.topic, "t", { name: "events" });
    expect(await world.refusal(types.topic, "u", { name: "events" })).toContain(
      "Resource already exists in the project (resource=events)",
    );
    expect(await world.refusal(types.topic, "u", { name: "goog-events" })).toContain("is no right name");
    expect(await world.refusal(types.topic, "u", { name: "more", messageRetentionDuration: "5s" })).toContain(
      '"5s" is not a duration between "600s" and "2678400s"',
    );
  });

  refuses(types.subscription, "refuse subscriptions to nothing, or with impossible deadlines", async (world) => {
    expect(await world.refusal(types.subscription, "s", { name: "work", topic: "events" })).toContain(
      "Error 404: Resource not found (resource=events)",
    );
    const topic = await world.create(types.topic, "t", { name: "events" });
    expect(
      await world.refusal(types.subscription, "s", { name: "work", topic: topic.id, ackDeadlineSeconds: 601 }),
    ).toContain("ackDeadlineSeconds: 601 is not between 10 and 600");
    expect(
      await world.refusal(types.subscription, "s", {
        name: "work",
        topic: topic.id,
        deadLetterPolicy: { deadLetterTopic: "dead" },
      }),
    ).toContain("Resource not found (resource=dead)");
    const subscription = await world.create(types.subscription, "s", { name: "work", topic: topic.outputs["name"]! });
    expect(subscription.outputs["topic"]).toBe("projects/sandbox/topics/events");
    expect((await world.diff(subscription, { name: "work", topic: "other" })).replaces).toEqual(["topic"]);
  });

  refuses(types.topicMember, "refuse members of a topic that does not exist", async (world) => {
    const member = { topic: "events", role: "roles/pubsub.publisher", member: "user:a@example.com" };
    expect(await world.refusal(types.topicMember, "m", member)).toContain("Resource not found (resource=events)");
    await world.create(types.topic, "t", { name: "events" });
    await world.create(types.topicMember, "m", member);
    expect(await world.refusal(types.topicMember, "m2", member)).toContain("Error 409");
  });

  refuses(types.subscriptionMember, "refuse members of a subscription that does not exist", async (world) => {
    const member = { subscription: "work", role: "roles/pubsub.subscriber", member: "user:a@example.com" };
    expect(await world.refusal(types.subscriptionMember, "m", member)).toContain("Resource not found (resource=work)");
  });
});

describe("clusters and identities", () => {
  it("computes what a cluster has", async () => {
    const world = await World.open();
    const { cluster } = await withCluster(world);
    expect(cluster.id).toBe("projects/sandbox/locations/europe-west1/clusters/main");
    expect(cluster.outputs["endpoint"]).toMatch(/^198\.19\.\d+\.\d+$/);
    expect(Buffer.from(String(at(cluster.outputs, "masterAuth.clusterCaCertificate")), "base64").toString()).toMatch(
      /^-----BEGIN CERTIFICATE-----\n/,
    );
    expect(at(cluster.outputs, "privateClusterConfig.privateEndpoint")).toBe("172.16.0.2");
    expect(cluster.outputs["nodeLocations"]).toEqual(["europe-west1-b", "europe-west1-c", "europe-west1-d"]);
  });

  refuses(
    types.cluster,
    "refuse missing networks and ranges, overlapping control planes, and deletion while protected",
    async (world) => {
      const { network, subnetwork } = await withNetwork(world);
      const inputs = clusterInputs(network.id, subnetwork.id);
      expect(await world.refusal(types.cluster, "c", { ...inputs, network: "gone" })).toContain(
        "Error 404: Not found: projects/sandbox/global/networks/gone.",
      );
      expect(await world.refusal(types.cluster, "c", { ...inputs, location: "europe-west4" })).toContain(
        "is in europe-west1, the cluster in europe-west4",
      );
      expect(await world.refusal(types.cluster, "c", { ...inputs, location: "europe-west1-z" })).toContain(
        'no region or zone "europe-west1-z"',
      );
      expect(
        await world.refusal(types.cluster, "c", {
          ...inputs,
          ipAllocationPolicy: { clusterSecondaryRangeName: "podz" },
        }),
      ).toContain('Pod range "podz" does not exist');
      expect(
        await world.refusal(types.cluster, "c", {
          ...inputs,
          privateClusterConfig: { masterIpv4CidrBlock: "10.0.0.0/28" },
        }),
      ).toContain("overlaps with an existing network 10.0.0.0/20");
      expect(
        await world.refusal(types.cluster, "c", { ...inputs, initialNodeCount: null, removeDefaultNodePool: null }),
      ).toContain("a cluster needs initialNodeCount or nodePools");
      const guarded = await world.create(types.cluster, "c", { ...inputs, deletionProtection: true });
      expect(await sentence(world.delete(guarded))).toContain(
        "Cannot destroy cluster because deletion_protection is set to true",
      );
      expect(await sentence(world.delete(subnetwork))).toContain(`is already being used by '${guarded.id}'`);
      expect(await world.refusal(types.cluster, "d", inputs)).toContain(`Error 409: Already exists: ${guarded.id}`);
      expect((await world.diff(guarded, { ...inputs, location: "europe-west1-b" })).replaces).toEqual(["location"]);
    },
  );

  refuses(types.nodePool, "refuse pools of no cluster, and limits that contradict themselves", async (world) => {
    expect(
      await world.refusal(types.nodePool, "p", { name: "pool", cluster: "gone", location: "europe-west1" }),
    ).toContain("Not found: projects/sandbox/locations/europe-west1/clusters/gone.");
    const { cluster } = await withCluster(world);
    expect(
      await world.refusal(types.nodePool, "p", {
        name: "pool",
        cluster: cluster.id,
        autoscaling: { minNodeCount: 3, maxNodeCount: 1 },
      }),
    ).toContain("autoscaling.minNodeCount: 3 is more than maxNodeCount, 1");
    expect(
      await world.refusal(types.nodePool, "p", {
        name: "pool",
        cluster: cluster.id,
        nodeConfig: { serviceAccount: "no-such-one@sandbox.iam.gserviceaccount.com" },
      }),
    ).toContain("does not exist");
    const pool = await world.create(types.nodePool, "p", { name: "pool", cluster: cluster.id, nodeCount: 1 });
    expect(pool.outputs).toMatchObject({ location: "europe-west1", management: { autoRepair: true } });
    expect((await world.diff(pool, { name: "pool", cluster: cluster.id, nodeCount: 2 })).replaces).toEqual([]);
    await world.delete(cluster);
    expect(await world.read(pool)).toBeUndefined();
  });

  refuses(types.account, "refuse accounts of a taken or wrong name", async (world) => {
    const account = await world.create(types.account, "app", { accountId: "app-runner" });
    expect(account.outputs).toMatchObject({
      email: "app-runner@sandbox.iam.gserviceaccount.com",
      member: "serviceAccount:app-runner@sandbox.iam.gserviceaccount.com",
    });
    expect(await world.refusal(types.account, "b", { accountId: "app-runner" })).toContain(
      "Service account app-runner already exists within project projects/sandbox.",
    );
    expect(await world.refusal(types.account, "b", { accountId: "app" })).toContain("6 to 30 characters");
    expect(await world.preview(types.account, "c", { accountId: "another" })).toMatchObject({
      email: "another@sandbox.iam.gserviceaccount.com",
    });
  });

  refuses(types.accountMember, "refuse workload identities before there is a pool", async (world) => {
    const account = await world.create(types.account, "app", { accountId: "app-runner" });
    const member = {
      serviceAccountId: account.id,
      role: "roles/iam.workloadIdentityUser",
      member: "serviceAccount:sandbox.svc.id.goog[web/web]",
    };
    expect(await world.refusal(types.accountMember, "m", member)).toContain(
      "Identity Pool does not exist (sandbox.svc.id.goog)",
    );
    expect(
      await world.refusal(types.accountMember, "m", {
        ...member,
        serviceAccountId: "projects/sandbox/serviceAccounts/gone-one@sandbox.iam.gserviceaccount.com",
      }),
    ).toContain("does not exist");
    await withCluster(world);
    await world.create(types.accountMember, "m", member);
  });

  refuses(types.projectMember, "refuse the public, and accounts that do not exist", async (world) => {
    expect(
      await world.refusal(types.projectMember, "m", { project: "sandbox", role: "roles/viewer", member: "allUsers" }),
    ).toContain("cannot be a member of a project's policy");
    expect(
      await world.refusal(types.projectMember, "m", {
        project: "sandbox",
        role: "roles/viewer",
        member: "serviceAccount:gone-one@sandbox.iam.gserviceaccount.com",
      }),
    ).toContain("does not exist");
  });

  refuses(types.service, "refuse services that Google has not", async (world) => {
    expect(await world.refusal(types.service, "s", { service: "container" })).toContain(
      "to be a domain like serviceusage.googleapis.com",
    );
    expect(await world.refusal(types.service, "s", { service: "container.example.com" })).toContain(
      "not found in project sandbox",
    );
    expect((await world.create(types.service, "s", { service: "container.googleapis.com" })).id).toBe(
      "sandbox/container.googleapis.com",
    );
  });
});

describe("objects in a cluster", () => {
  refuses(types.namespace, "refuse names that are taken or no label; delete all that is inside", async (world) => {
    const namespace = await world.create(types.namespace, "web", { metadata: { name: "web" } });
    expect(namespace.id).toBe("web");
    expect(at(namespace.outputs, "status.phase")).toBe("Active");
    expect(await world.refusal(types.namespace, "again", { metadata: { name: "web" } })).toContain(
      'namespaces "web" already exists',
    );
    expect(await world.refusal(types.namespace, "d", { metadata: { name: "default" } })).toContain(
      'namespaces "default" already exists',
    );
    expect(await world.refusal(types.namespace, "d", { metadata: { name: "my.web" } })).toContain("metadata.name");
    const inside = await world.create(types.configMap, "c", { metadata: { name: "c", namespace: "web" } });
    const outside = await world.create(types.configMap, "o", { metadata: { name: "o" } });
    await world.delete(namespace);
    expect(await world.read(inside)).toBeUndefined();
    expect(await world.read(outside)).toBeDefined();
  });

  refuses(types.kubernetesService, "give each service an address; refuse impossible ports", async (world) => {
    const service = (name: string, spec: PropertyMap) => ({ metadata: { name }, spec });
    const [a, b] = [
      await world.create(types.kubernetesService, "a", service("a", { ports: [{ port: 80 }] })),
      await world.create(types.kubernetesService, "b", service("b", { ports: [{ port: 80 }] })),
    ];
    expect(at(a.outputs, "spec.clusterIP")).toMatch(/^34\.118\./);
    expect(at(a.outputs, "spec.clusterIP")).not.toBe(at(b.outputs, "spec.clusterIP"));
    expect(await world.refusal(types.kubernetesService, "c", service("c", {}))).toContain(
      "spec.ports: at least one port is required",
    );
    expect(await world.refusal(types.kubernetesService, "c", service("c", { ports: [{ port: 0 }] }))).toContain(
      "0 is not a port",
    );
    expect(
      await world.refusal(types.kubernetesService, "c", service("c", { ports: [{ port: 80 }, { port: 81 }] })),
    ).toContain("required when there is more than one port");
    expect(
      await world.refusal(
        types.kubernetesService,
        "c",
        service("c", { ports: [{ port: 80, nodePort: 80 }], type: "NodePort" }),
      ),
    ).toContain("30000 to 32767");
    expect(
      await world.refusal(
        types.kubernetesService,
        "c",
        service("c", { ports: [{ port: 80 }], clusterIP: at(a.outputs, "spec.clusterIP")! }),
      ),
    ).toContain("provided IP is already allocated");
    expect(await world.refusal(types.kubernetesService, "c", service("1c", { ports: [{ port: 80 }] }))).toContain(
      "beginning with a letter",
    );
  });

  refuses(types.configMap, "replace changed configuration; refuse keys that are no file names", async (world) => {
    const map = await world.create(types.configMap, "c", { metadata: { name: "c" }, data: { a: "1" } });
    expect(await world.diff(map, { metadata: { name: "c" }, data: { a: "2" } })).toMatchObject({
      replaces: ["data"],
      deleteBeforeReplace: true,
    });
    await world.configure("kubernetes", { enableConfigMapMutable: "true" });
    expect((await world.diff(map, { metadata: { name: "c" }, data: { a: "2" } })).replaces).toEqual([]);
    expect(await world.refusal(types.configMap, "d", { metadata: { name: "d" }, data: { "a/b": "1" } })).toContain(
      'data: "a/b" is no key',
    );
    expect(await world.refusal(types.configMap, "d", { metadata: { name: "d", namespace: "nowhere" } })).toContain(
      'namespaces "nowhere" not found',
    );
  });

  refuses(types.kubernetesSecret, "turn stringData into data; refuse what is not base64", async (world) => {
    const create = (inputs: PropertyMap) =>
      world.refusal(types.kubernetesSecret, "s", { metadata: { name: "s" }, ...inputs });
    expect(await create({ data: { a: "not base64!" } })).toContain(
      'data["a"]: not base64: give plain text as stringData',
    );
    expect(await create({ data: { a: "not base64!" } })).not.toContain("not base64!");
    expect(await create({ type: "kubernetes.io/tls", stringData: { "tls.crt": "x" } })).toContain(
      'needs the key "tls.key"',
    );
    await world.create(types.kubernetesSecret, "s", { metadata: { name: "s" }, stringData: { a: "x" } });
    expect(await create({})).toContain('secrets "s" already exists');
  });

  refuses(types.serviceAccount, "refuse the account that each namespace is born with", async (world) => {
    expect(await world.refusal(types.serviceAccount, "s", { metadata: { name: "default" } })).toContain(
      'serviceaccounts "default" already exists',
    );
    expect(await world.refusal(types.serviceAccount, "s", { metadata: { name: "s", namespace: "gone" } })).toContain(
      'namespaces "gone" not found',
    );
  });

  refuses(types.quota, "refuse what is no quantity", async (world) => {
    expect(
      await world.refusal(types.quota, "q", {
        metadata: { name: "q" },
        spec: { hard: { pods: "10", "limits.cpu": "4 cores" } },
      }),
    ).toContain('"4 cores" is no quantity (of limits.cpu)');
  });

  refuses(types.deployment, "refuse pods that the API server refuses", async (world) => {
    const deployment = await world.create(types.deployment, "web", deploymentInputs("web", { replicas: 3 }));
    expect(at(deployment.outputs, "status.readyReplicas")).toBe(3);
    expect(at(deployment.outputs, "metadata.namespace")).toBe("default");
    const create = (spec: PropertyMap) => world.refusal(types.deployment, "x", deploymentInputs("x", spec));
    const pod = (spec: PropertyMap) => ({ template: { metadata: { labels: { app: "x" } }, spec } });
    expect(await create({ selector: { matchLabels: { app: "y" } } })).toContain(
      "`selector` does not match template `labels`",
    );
    expect(await create(pod({ containers: [] }))).toContain("at least one container");
    expect(
      await create(
        pod({
          containers: [{ name: "web", image: "nginx", resources: { requests: { cpu: "2" }, limits: { cpu: "500m" } } }],
        }),
      ),
    ).toContain('"2" is more than the limit, "500m"');
    expect(
      await create(
        pod({ containers: [{ name: "web", image: "nginx", volumeMounts: [{ name: "data", mountPath: "/data" }] }] }),
      ),
    ).toContain('no volume "data"');
    expect(await create(pod({ containers: [{ name: "web", image: "nginx", livenessProbe: {} }] }))).toContain(
      "exactly one of exec, grpc, httpGet and tcpSocket",
    );
    expect(await create({ replicas: -1 })).toContain("spec.replicas: -1 is not a whole number");
    expect(await world.refusal(types.deployment, "web2", deploymentInputs("web"))).toContain(
      'deployments.apps "web" already exists',
    );
    expect(
      await world.diff(
        deployment,
        deploymentInputs("web", {
          selector: { matchLabels: { app: "web", tier: "x" } },
          template: {
            metadata: { labels: { app: "web", tier: "x" } },
            spec: { containers: [{ name: "web", image: "nginx" }] },
          },
        }),
      ),
    ).toMatchObject({ replaces: ["spec"], deleteBeforeReplace: true });
    const scaled = await world.update(deployment, deploymentInputs("web", { replicas: 5 }));
    expect(at(scaled.outputs, "status.replicas")).toBe(5);
    expect(at(scaled.outputs, "metadata.uid")).toBe(at(deployment.outputs, "metadata.uid"));
    expect(at(scaled.outputs, "metadata.resourceVersion")).not.toBe(at(deployment.outputs, "metadata.resourceVersion"));
  });

  refuses(types.statefulSet, "mount claims; refuse other volumes", async (world) => {
    const set = (mount: string) => ({
      ...deploymentInputs("db", {
        serviceName: "db",
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      }),
      spec: {
        serviceName: "db",
        selector: { matchLabels: { app: "db" } },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
        template: {
          metadata: { labels: { app: "db" } },
          spec: {
            containers: [{ name: "db", image: "postgres:17", volumeMounts: [{ name: mount, mountPath: "/data" }] }],
          },
        },
      },
    });
    const created = await world.create(types.statefulSet, "db", set("data"));
    expect(await world.refusal(types.statefulSet, "db2", set("other"))).toContain('no volume "other"; there are: data');
    const { spec } = set("data");
    expect(
      (await world.diff(created, { metadata: { name: "db" }, spec: { ...spec, serviceName: "other" } })).replaces,
    ).toEqual(["spec"]);
  });

  refuses(types.autoscaler, "refuse a floor above the ceiling", async (world) => {
    const scaler = (spec: PropertyMap) => ({
      metadata: { name: "h" },
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, maxReplicas: 3, ...spec },
    });
    await world.create(types.autoscaler, "h", scaler({ minReplicas: 2 }));
    expect(await world.refusal(types.autoscaler, "i", scaler({ minReplicas: 5 }))).toContain(
      "3 must be greater than or equal to minReplicas, 5",
    );
    expect(await world.refusal(types.autoscaler, "i", scaler({ metrics: [{ type: "Resource" }] }))).toContain(
      "spec.metrics[0].resource: required with type Resource",
    );
  });

  refuses(types.budget, "refuse two ways of counting", async (world) => {
    const selector = { matchLabels: { app: "web" } };
    expect(
      await world.refusal(types.budget, "b", {
        metadata: { name: "b" },
        spec: { selector, minAvailable: 1, maxUnavailable: "50%" },
      }),
    ).toContain("cannot be both set");
    expect(
      await world.refusal(types.budget, "b", { metadata: { name: "b" }, spec: { selector, minAvailable: "half" } }),
    ).toContain('"half" is neither a number nor a percentage');
  });

  refuses(types.ingress, "refuse an ingress that leads nowhere", async (world) => {
    expect(await world.refusal(types.ingress, "i", { metadata: { name: "i" }, spec: {} })).toContain(
      "either `defaultBackend` or `rules` must be specified",
    );
    const rule = (path: PropertyMap) => ({
      metadata: { name: "i" },
      spec: {
        rules: [
          {
            http: {
              paths: [
                { pathType: "Prefix", path: "/", backend: { service: { name: "web", port: { number: 80 } } }, ...path },
              ],
            },
          },
        ],
      },
    });
    expect(await world.refusal(types.ingress, "i", rule({ path: "web" }))).toContain('"web" must begin with /');
    expect(
      await world.refusal(types.ingress, "i", rule({ backend: { service: { name: "web", port: {} } } })),
    ).toContain("exactly one of name and number");
    await world.create(types.ingress, "i", rule({}));
    expect(await world.refusal(types.ingress, "j", rule({}))).toContain(
      'ingresses.networking.k8s.io "i" already exists',
    );
  });

  refuses(types.networkPolicy, "refuse peers and directions that do not exist", async (world) => {
    const policy = (spec: PropertyMap) => ({ metadata: { name: "p" }, spec: { podSelector: {}, ...spec } });
    expect(await world.refusal(types.networkPolicy, "p", policy({ policyTypes: ["Inward"] }))).toContain(
      '"Inward" is none of Ingress, Egress',
    );
    expect(
      await world.refusal(
        types.networkPolicy,
        "p",
        policy({ egress: [{ to: [{ ipBlock: { cidr: "10.0.0.300/8" } }] }] }),
      ),
    ).toContain("is not an IP range");
  });

  refuses(types.route, "check a Gateway API route, for which the SDK has no schema", async (world) => {
    const route = (spec: PropertyMap) => ({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "r" },
      spec,
    });
    expect(await world.refusal(types.route, "r", route({ parentRefs: [{}] }))).toContain(
      "spec.parentRefs[0].name: required",
    );
    expect(await world.refusal(types.route, "r", route({ rules: [{ backendRefs: [{ name: "web" }] }] }))).toContain(
      "must have port for Service reference",
    );
    await world.create(
      types.route,
      "r",
      route({ parentRefs: [{ name: "edge" }], rules: [{ backendRefs: [{ name: "web", port: 80 }] }] }),
    );
  });

  const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" };
  refuses(types.role, "refuse rules without verbs", async (world) => {
    await world.create(types.role, "r", { metadata: { name: "r" }, rules });
    expect(
      await world.refusal(types.role, "s", { metadata: { name: "s" }, rules: [{ ...rules[0]!, verbs: [] }] }),
    ).toContain("verbs must contain at least one value");
    expect(await world.refusal(types.role, "s", { metadata: { name: "r" }, rules })).toContain(
      'roles.rbac.authorization.k8s.io "r" already exists',
    );
  });
  refuses(types.clusterRole, "refuse a namespace for a role of the whole cluster", async (world) => {
    expect((await world.create(types.clusterRole, "r", { metadata: { name: "r" }, rules })).id).toBe("r");
    expect(
      await world.refusal(types.clusterRole, "s", { metadata: { name: "s", namespace: "default" }, rules }),
    ).toContain("a ClusterRole is in no namespace");
  });
  refuses(
    types.roleBinding,
    "refuse subjects without a namespace; replace a binding for another role",
    async (world) => {
      const binding = await world.create(types.roleBinding, "b", {
        metadata: { name: "b" },
        roleRef,
        subjects: [{ kind: "User", name: "a" }],
      });
      expect(
        (
          await world.diff(binding, {
            metadata: { name: "b" },
            roleRef: { ...roleRef, name: "other" },
            subjects: [{ kind: "User", name: "a" }],
          })
        ).replaces,
      ).toEqual(["roleRef"]);
      expect(
        await world.refusal(types.roleBinding, "c", {
          metadata: { name: "c" },
          roleRef,
          subjects: [{ kind: "ServiceAccount", name: "a" }],
        }),
      ).toContain("subjects[0].namespace: required with kind ServiceAccount");
    },
  );
  refuses(types.clusterRoleBinding, "refuse a namespaced role", async (world) => {
    expect(await world.refusal(types.clusterRoleBinding, "b", { metadata: { name: "b" }, roleRef })).toContain(
      'roleRef.kind: "Role" is none of ClusterRole',
    );
  });
});

describe("which cluster", () => {
  it("puts objects into the cluster that the kubeconfig means, and away with it", async () => {
    const world = await World.open();
    const { cluster } = await withCluster(world);
    await world.configure("kubernetes", { kubeconfig: kubeconfigFor(String(cluster.outputs["endpoint"])) });
    const namespace = await world.create(types.namespace, "web", { metadata: { name: "web" } });
    // The default cluster is another one.
    await world.configure("kubernetes", {});
    expect(await world.read(namespace)).toBeUndefined();
    await world.create(types.namespace, "web", { metadata: { name: "web" } });
    await world.delete(cluster);
    expect(await world.files()).not.toContain("clusters/main");
  });

  it("refuses a server that is no cluster of the sandbox, in a preview too", async () => {
    const world = await World.open();
    await world.configure("kubernetes", { kubeconfig: kubeconfigFor("10.1.2.3") });
    const expected = "https://10.1.2.3 is no cluster of this sandbox";
    expect(await world.refusal(types.namespace, "web", { metadata: { name: "web" } })).toContain(expected);
    expect(await sentence(world.preview(types.namespace, "web", { metadata: { name: "web" } }))).toContain(expected);
    expect(await world.files()).toBe("");
  });
});

it("tests refusals of every reviewed type", async () => {
  const reviewed = [...googleCloud.kinds.keys(), ...kubernetesCluster.kinds.keys()].sort();
  expect([...refused].sort()).toEqual(Object.values(types).sort());
  // The others have theirs in services.test.ts.
  expect(reviewed).toEqual([...Object.values(types), ...Object.values(serviceTypes)].sort());
  await withPrivateServices(await World.open());
});
