// Cloud SQL and private service access: connections, instances, databases, users. What forces replacement, ids and refusals
// follow terraform-provider-google (services/sql, services/servicenetworking).
import type { PropertyMap } from "../../../values.ts";
import { linkPath } from "../differences.ts";
import type { Cloud, Draft, Kind, Resource } from "../kind.ts";
import { hexId } from "../names.ts";
import { formatAddress, freeBlock, parseAddress } from "../ranges.ts";
import { googleError, Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { certificateOf } from "./certificate.ts";
import { reservedRange } from "./compute.ts";
import { encrypted } from "./keys.ts";
import { checkRegion, isZone, projectNumber, projectOf, regionIn } from "./places.ts";
import {
  addresses,
  checkBetween,
  checkChoice,
  checkLabels,
  checkName,
  connections,
  existing,
  instances,
  networkId,
  networks,
  shortName,
} from "./shared.ts";

const databases = "gcp/sql/databases";
const users = "gcp/sql/users";

const connection: Kind = {
  type: "gcp:servicenetworking/connection:Connection",
  collection: connections,
  replaces: ["network", "service"],
  check: (inputs, report) => {
    const service = inputs.at("service").string;
    if (service !== undefined && !/^[a-z0-9.-]+\.googleapis\.com$/.test(service))
      report("service", `"${service}" is no service: servicenetworking.googleapis.com for Google's own`);
  },
  id: (draft) =>
    `${encodeURIComponent(networkOfConnection(draft))}:${encodeURIComponent(draft.inputs.at("service").string ?? "")}`,
  physicalName: ({ inputs }) => shortName(inputs.at("network").string ?? ""),
  verify: async (draft, cloud) => {
    const network = networkOfConnection(draft);
    await existing(cloud, networks, network);
    for (const name of draft.inputs.at("reservedPeeringRanges").strings) {
      const id = `projects/${draft.place.project}/global/addresses/${name}`;
      const record = await cloud.get(addresses, id);
      const view = new View(record?.state);
      if (
        record === undefined ||
        view.at("purpose").string !== "VPC_PEERING" ||
        linkPath(view.at("network").string ?? "") !== network
      ) {
        throw googleError(400, `Cannot find allocated range '${name}' of purpose VPC_PEERING in network '${network}'`);
      }
    }
  },
  computed: (draft) => ({
    peering: draft.inputs.at("service").string?.replaceAll(".", "-") ?? "",
    network: networkOfConnection(draft),
    deletionPolicy: draft.inputs.at("deletionPolicy").string ?? "DELETE",
  }),
  release: async ({ state }, cloud) => {
    const network = new View(state).at("network").string;
    const user = (await cloud.list(instances)).find(
      (instance) => privateNetworkOf(new View(instance.state)) === network,
    );
    // The sentence of the Service Networking API, as users report it.
    if (user !== undefined)
      throw googleError(
        400,
        `Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this connection: '${user.id}'`,
        "failedPrecondition",
      );
  },
};

function networkOfConnection({ inputs, place }: Draft): string {
  return networkId(inputs.at("network").string ?? "", place.project);
}

/** The id of the network that an instance has its private address in. */
function privateNetworkOf(instance: View): string | undefined {
  const reference = instance.at("settings.ipConfiguration.privateNetwork").string;
  return reference === undefined || reference === ""
    ? undefined
    : networkId(reference, instance.at("project").string ?? "");
}

const versions =
  /^(MYSQL_(5_6|5_7|8_0(_\d+)?|8_4)|POSTGRES_(9_6|1[0-8])|SQLSERVER_(2017|2019|2022|2025)_(STANDARD|ENTERPRISE|EXPRESS|WEB))$/;

const instance: Kind = {
  type: "gcp:sql/databaseInstance:DatabaseInstance",
  collection: instances,
  autoname: { property: "name", longest: 98 },
  defaults: () => ({ deletionProtection: true }),
  replaces: ["name", "project", "region", "encryptionKeyName", "settings.collation", "masterInstanceName", "clone"],
  replacesAlso: (old, next) => {
    const network = "settings.ipConfiguration.privateNetwork";
    const lostNetwork = !old.at(network).isAbsent && next.at(network).isAbsent;
    // A disk never shrinks in place (diskSizeCutomizeDiff), nor does an engine change.
    const shrinks = (old.at("settings.diskSize").number ?? 0) > (next.at("settings.diskSize").number ?? Infinity);
    const [before, after] = [old, next].map((inputs) => engineOf(inputs.at("databaseVersion").string ?? ""));
    return [...(lostNetwork || shrinks ? ["settings"] : []), ...(before !== after ? ["databaseVersion"] : [])];
  },
  check: (inputs, report) => {
    checkName(inputs, report, "name", {
      pattern: /^[a-z]([-a-z0-9]{0,96}[a-z0-9])?$/,
      description: "up to 98 characters of a-z, 0-9 and -, beginning with a letter and not ending with -",
    });
    checkRegion(inputs, report);
    const version = inputs.at("databaseVersion").string;
    if (version !== undefined && !versions.test(version))
      report("databaseVersion", `"${version}" is no version of Cloud SQL, such as POSTGRES_17 or MYSQL_8_4`);
    if (inputs.at("settings").isAbsent && inputs.at("clone").isAbsent)
      report("settings", "required unless clone is given");
    const tier = inputs.at("settings.tier").string;
    if (tier !== undefined && !/^db-[a-z0-9]+(-[a-z0-9]+)*$/.test(tier))
      report("settings.tier", `"${tier}" is no machine of Cloud SQL, such as db-f1-micro or db-custom-2-7680`);
    checkChoice(inputs, report, "settings.availabilityType", ["ZONAL", "REGIONAL"]);
    checkChoice(inputs, report, "settings.activationPolicy", ["ALWAYS", "NEVER", "ON_DEMAND"]);
    checkChoice(inputs, report, "settings.edition", ["ENTERPRISE", "ENTERPRISE_PLUS"]);
    checkChoice(inputs, report, "settings.diskType", ["PD_SSD", "PD_HDD", "HYPERDISK_BALANCED"]);
    checkChoice(inputs, report, "settings.ipConfiguration.sslMode", [
      "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
      "ENCRYPTED_ONLY",
      "TRUSTED_CLIENT_CERTIFICATE_REQUIRED",
    ]);
    checkBetween(inputs, report, "settings.diskSize", 10, 65536);
    checkBetween(inputs, report, "settings.maintenanceWindow.day", 1, 7);
    checkBetween(inputs, report, "settings.maintenanceWindow.hour", 0, 23);
    checkLabels(inputs, report, "settings.userLabels");
    const time = inputs.at("settings.backupConfiguration.startTime").string;
    if (time !== undefined && !/^([01]\d|2[0-3]):[0-5]\d$/.test(time))
      report("settings.backupConfiguration.startTime", `"${time}" is no time such as 03:00`);
    const zone = inputs.at("settings.locationPreference.zone").string;
    if (zone !== undefined && !isZone(zone)) report("settings.locationPreference.zone", `no zone "${zone}"`);
    const ip = inputs.at("settings.ipConfiguration");
    if (ip.at("ipv4Enabled").boolean === false && ip.at("privateNetwork").isAbsent && ip.at("pscConfigs").isAbsent) {
      report(
        "settings.ipConfiguration",
        "one of ipv4Enabled, privateNetwork and pscConfigs is needed to reach the instance",
      );
    }
    const backup = inputs.at("settings.backupConfiguration");
    if (
      inputs.at("settings.availabilityType").string === "REGIONAL" &&
      !inputs.at("settings.backupConfiguration").isUnknown
    ) {
      const recovery = engineOf(version ?? "") === "MYSQL" ? "binaryLogEnabled" : "pointInTimeRecoveryEnabled";
      const [enabled, log] = [backup.at("enabled"), backup.at(recovery)];
      if (
        version !== undefined &&
        !enabled.isUnknown &&
        !log.isUnknown &&
        (enabled.boolean !== true || log.boolean !== true) &&
        engineOf(version) !== "SQLSERVER"
      ) {
        report(
          "settings.backupConfiguration",
          `availabilityType REGIONAL needs backupConfiguration with enabled and ${recovery}`,
        );
      }
    }
  },
  id: ({ inputs }) => inputs.at("name").string ?? "",
  taken: (_, id) =>
    googleError(
      409,
      `The Cloud SQL instance already exists. When you delete an instance, you can't reuse the name of the deleted instance until one week from the deletion date: ${id}`,
      "instanceAlreadyExists",
    ),
  allocate: async ({ inputs, place }, cloud) => ({
    ...(await privateAddress(inputs, place.project, cloud)),
    publicIpAddress: await publicAddress(cloud),
  }),
  verify: async ({ inputs, place, id, allocated }, cloud) => {
    const reference = inputs.at("settings.ipConfiguration.privateNetwork").string;
    if (reference !== undefined) {
      const network = networkId(reference, projectOf(inputs, place));
      await existing(cloud, networks, network);
      const connected = (await cloud.list(connections)).some(
        ({ state }) => new View(state).at("network").string === network,
      );
      if (!connected) {
        throw googleError(
          400,
          `Invalid request: failed to create instance because the network '${network}' doesn't have at least 1 private services connection. Please see https://cloud.google.com/sql/docs/postgres/private-ip#network_requirements for how to create this connection.`,
        );
      }
    }
    for (const kept of ["privateIpAddress", "publicIpAddress"]) {
      const holder = (await cloud.list(instances)).find(
        (other) => other.id !== id && other.allocated[kept] !== undefined && other.allocated[kept] === allocated[kept],
      );
      if (holder !== undefined)
        throw googleError(400, `IP address ${allocated[kept]} is already in use by '${holder.id}'.`);
    }
    const master = inputs.at("masterInstanceName").string;
    if (master !== undefined)
      await existing(cloud, instances, shortName(master), () => instanceMissing(shortName(master)));
    if (master === id) throw googleError(400, `Instance '${id}' cannot be the replica of itself.`);
  },
  fallbacks: (resource) => {
    const { inputs, place, allocated } = resource;
    const isPublic = inputs.at("settings.ipConfiguration.ipv4Enabled").boolean ?? true;
    const privateIp = allocated["privateIpAddress"] ?? "";
    const publicIp = isPublic ? (allocated["publicIpAddress"] ?? "") : "";
    return {
      project: projectOf(inputs, place),
      region: regionIn(inputs, place),
      instanceType: inputs.at("masterInstanceName").isAbsent ? "CLOUD_SQL_INSTANCE" : "READ_REPLICA_INSTANCE",
      maintenanceVersion: `${inputs.at("databaseVersion").string}.R20260101.00_00`,
      deletionPolicy: "DELETE",
      firstIpAddress: publicIp === "" ? privateIp : publicIp,
      privateIpAddress: privateIp,
      publicIpAddress: publicIp,
      ipAddresses: [
        ...(publicIp === "" ? [] : [{ ipAddress: publicIp, type: "PRIMARY", timeToRetire: "" }]),
        ...(privateIp === "" ? [] : [{ ipAddress: privateIp, type: "PRIVATE", timeToRetire: "" }]),
      ],
      settings: settingsOf(inputs),
    };
  },
  computed: (resource) => {
    const { id, inputs, place } = resource;
    const project = projectOf(inputs, place);
    const region = regionIn(inputs, place);
    return {
      connectionName: `${project}:${region}:${id}`,
      selfLink: `https://sqladmin.googleapis.com/sql/v1beta4/projects/${project}/instances/${id}`,
      serviceAccountEmailAddress: `p${projectNumber(project)}-${hexId(`${project}/${id}`, 6)}@gcp-sa-cloud-sql.iam.gserviceaccount.com`,
      serverCaCerts: [certificateOf(`${id} ${resource.created}`, "Google Cloud SQL Server CA", resource.created)],
      dnsName: "",
    };
  },
  release: async ({ id, state }, cloud) => {
    const view = new View(state);
    if (view.at("deletionProtection").boolean === true) {
      throw new Refusal(
        400,
        "Error, failed to delete instance because deletion_protection is set to true. Set it to false to proceed with instance deletion",
      );
    }
    if (view.at("settings.deletionProtectionEnabled").boolean === true) {
      throw googleError(
        400,
        `The instance is protected. Please disable the deletion protection and try again. To disable deletion protection, update the instance settings with deletionProtectionEnabled set to false.`,
      );
    }
    const replica = (await cloud.list(instances)).find(
      (other) => shortName(new View(other.state).at("masterInstanceName").string ?? "") === id,
    );
    if (replica !== undefined)
      throw googleError(400, `Instance '${id}' has replicas and cannot be deleted: '${replica.id}'`);
    for (const collection of [databases, users]) {
      for (const part of await cloud.list(collection))
        if (new View(part.state).at("instance").string === id) await cloud.remove(collection, part.id);
    }
  },
};

/** Cloud SQL's settings where none are given (terraform-provider-google's defaults). */
function settingsOf(inputs: View): PropertyMap {
  return {
    activationPolicy: "ALWAYS",
    availabilityType: "ZONAL",
    diskAutoresize: true,
    diskAutoresizeLimit: 0,
    diskSize: 10,
    diskType: "PD_SSD",
    edition: "ENTERPRISE",
    pricingPlan: "PER_USE",
    connectorEnforcement: "NOT_REQUIRED",
    userLabels: {},
    version: 1,
    ipConfiguration: {
      ipv4Enabled: true,
      sslMode: "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
      serverCaMode: "GOOGLE_MANAGED_INTERNAL_CA",
    },
    ...(inputs.at("settings.backupConfiguration").isAbsent
      ? { backupConfiguration: { enabled: false, startTime: "00:00", transactionLogRetentionDays: 7 } }
      : {}),
  };
}

function engineOf(version: string): string {
  return version.split("_", 1)[0]!;
}

/** A free address of those that the sandbox takes for the world's: the benchmarking block of RFC 2544. */
async function publicAddress(cloud: Cloud): Promise<string> {
  const taken = (await cloud.list(instances)).flatMap(({ allocated }) => {
    const first = parseAddress(allocated["publicIpAddress"] ?? "");
    return first === undefined ? [] : [{ first, prefix: 32 }];
  });
  const block = { first: parseAddress("198.18.128.0")!, prefix: 17 };
  const free = freeBlock(block, 32, [{ first: block.first, prefix: 30 }, ...taken]);
  if (free === undefined)
    throw googleError(403, "The instances of this sandbox have used up its addresses.", "quotaExceeded");
  return formatAddress(free.first);
}

/** A free address in the ranges that were reserved for the network's private services. */
async function privateAddress(inputs: View, project: string, cloud: Cloud): Promise<{ privateIpAddress?: string }> {
  const reference = inputs.at("settings.ipConfiguration.privateNetwork").string;
  if (reference === undefined) return {};
  const network = networkId(reference, project);
  const names = (await cloud.list(connections)).flatMap(({ state }) =>
    new View(state).at("network").string === network ? new View(state).at("reservedPeeringRanges").strings : [],
  );
  const taken = (await cloud.list(instances)).flatMap(({ state }) => {
    const first = parseAddress(new View(state).at("privateIpAddress").string ?? "");
    return first === undefined ? [] : [{ first, prefix: 32 }];
  });
  for (const name of names) {
    const range = await cloud.get(addresses, `projects/${project}/global/addresses/${name}`);
    const block = range === undefined ? undefined : reservedRange(range);
    const free = block === undefined ? undefined : freeBlock(block, 32, [{ first: block.first, prefix: 31 }, ...taken]);
    if (free !== undefined) return { privateIpAddress: formatAddress(free.first) };
  }
  return {};
}

function instanceMissing(name: string): Refusal {
  return googleError(404, `The Cloud SQL instance does not exist: ${name}`, "instanceDoesNotExist");
}

const database: Kind = {
  type: "gcp:sql/database:Database",
  collection: databases,
  autoname: { property: "name", longest: 255 },
  replaces: ["name", "instance", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", {
      pattern: /^[^/\\\s]{1,63}$/,
      description: "1 to 63 characters without spaces and slashes",
    });
  },
  id: (draft) =>
    `projects/${projectOf(draft.inputs, draft.place)}/instances/${draft.inputs.at("instance").string}/databases/${draft.inputs.at("name").string}`,
  taken: ({ inputs }) =>
    googleError(
      400,
      `Invalid request: failed to create database ${inputs.at("name").string}. Detail: database "${inputs.at("name").string}" already exists`,
    ),
  verify: requireInstance,
  fallbacks: (resource) => ({
    project: projectOf(resource.inputs, resource.place),
    deletionPolicy: "DELETE",
    charset: "UTF8",
    collation: "en_US.UTF8",
  }),
  computed: ({ id }) => ({ selfLink: `https://sqladmin.googleapis.com/sql/v1beta4/${id}` }),
};

const user: Kind = {
  type: "gcp:sql/user:User",
  collection: users,
  autoname: { property: "name", longest: 255 },
  replaces: ["name", "instance", "project", "host", "type"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", {
      pattern: /^[^/\\\s]{1,63}$/,
      description: "1 to 63 characters without spaces and slashes",
    });
    checkChoice(inputs, report, "type", [
      "BUILT_IN",
      "CLOUD_IAM_USER",
      "CLOUD_IAM_SERVICE_ACCOUNT",
      "CLOUD_IAM_GROUP",
      "CLOUD_IAM_GROUP_USER",
      "CLOUD_IAM_GROUP_SERVICE_ACCOUNT",
      "CLOUD_IAM_WORKFORCE_IDENTITY",
      "ENTRAID_USER",
    ]);
    const type = inputs.at("type").string ?? "";
    if (type.startsWith("CLOUD_IAM") && !inputs.at("password").isAbsent)
      report("password", `not for a user of type ${type}`);
    if (inputs.at("password").string === "") report("password", "a password must not be empty");
  },
  id: (draft) =>
    `${draft.inputs.at("name").string}/${draft.inputs.at("host").string ?? ""}/${draft.inputs.at("instance").string}`,
  physicalName: ({ inputs }) => inputs.at("name").string ?? "",
  taken: ({ inputs }) =>
    googleError(
      400,
      `Invalid request: failed to create user ${inputs.at("name").string}. Detail: role "${inputs.at("name").string}" already exists`,
    ),
  verify: async (resource, cloud) => {
    await requireInstance(resource, cloud);
    if (/^cloudsql/.test(resource.inputs.at("name").string ?? ""))
      throw googleError(400, `The user name '${resource.inputs.at("name").string}' is reserved.`);
  },
  fallbacks: (resource) => ({
    project: projectOf(resource.inputs, resource.place),
    host: "",
    type: "BUILT_IN",
    iamEmail: "",
    sqlServerUserDetails: [],
    deletionPolicy: "DELETE",
  }),
};

/** Refuses what belongs to an instance that does not exist or does not run. */
async function requireInstance({ inputs }: Resource, cloud: Cloud): Promise<void> {
  const name = inputs.at("instance").string ?? "";
  const record = await existing(cloud, instances, name, () => instanceMissing(name));
  if (new View(record.state).at("settings.activationPolicy").string === "NEVER") {
    throw googleError(400, `Invalid request: Invalid request since instance is not running: ${name}`);
  }
}

export const sqlKinds: readonly Kind[] = [
  connection,
  encrypted(instance, "sqladmin", (inputs, place) => [
    { property: "encryptionKeyName", key: inputs.at("encryptionKeyName").string, location: regionIn(inputs, place) },
  ]),
  database,
  user,
];
