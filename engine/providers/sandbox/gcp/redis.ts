// Memorystore for Redis. Follows terraform-provider-google (services/redis).

import { Secret } from "../../../values.ts";
import type { Kind } from "../kind.ts";
import { hexId } from "../names.ts";
import { formatAddress, freeBlock, parseAddress } from "../ranges.ts";
import { googleError, Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { certificateOf } from "./certificate.ts";
import { encrypted } from "./keys.ts";
import { checkRegion, projectOf, regionIn, zonesOf } from "./places.ts";
import {
  checkBetween,
  checkChoice,
  checkLabels,
  checkName,
  connections,
  existing,
  networkId,
  networks,
  shortName,
} from "./shared.ts";

const instances = "gcp/redis/instances";

const instance: Kind = {
  type: "gcp:redis/instance:Instance",
  collection: instances,
  autoname: { property: "name", longest: 40 },
  defaults: () => ({
    authEnabled: false,
    deletionProtection: true,
    connectMode: "DIRECT_PEERING",
    tier: "BASIC",
    transitEncryptionMode: "DISABLED",
  }),
  replaces: [
    ..."name region project locationId alternativeLocationId authorizedNetwork connectMode customerManagedKey".split(
      " ",
    ),
    ..."reservedIpRange tier transitEncryptionMode".split(" "),
  ],
  check: (inputs, report) => {
    checkName(inputs, report, "name", {
      pattern: /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/,
      description: "2 to 40 characters of a-z, 0-9 and -, beginning with a letter and not ending with -",
    });
    checkRegion(inputs, report);
    checkLabels(inputs, report);
    checkChoice(inputs, report, "tier", ["BASIC", "STANDARD_HA"]);
    checkChoice(inputs, report, "connectMode", ["DIRECT_PEERING", "PRIVATE_SERVICE_ACCESS"]);
    checkChoice(inputs, report, "transitEncryptionMode", ["SERVER_AUTHENTICATION", "DISABLED"]);
    checkChoice(inputs, report, "readReplicasMode", ["READ_REPLICAS_DISABLED", "READ_REPLICAS_ENABLED"]);
    checkChoice(inputs, report, "persistenceConfig.persistenceMode", ["DISABLED", "RDB"]);
    checkBetween(inputs, report, "memorySizeGb", 1, 300);
    const version = inputs.at("redisVersion").string;
    if (version !== undefined && !/^REDIS_(3_2|4_0|5_0|6_X|7_[02])$/.test(version))
      report("redisVersion", `"${version}" is no version of Memorystore such as REDIS_7_2`);
    if (inputs.at("readReplicasMode").string === "READ_REPLICAS_ENABLED") {
      if (inputs.at("tier").string === "BASIC") report("readReplicasMode", "only with tier STANDARD_HA");
      if ((inputs.at("memorySizeGb").number ?? 5) < 5) report("memorySizeGb", "read replicas need 5 or more");
    }
  },
  id: ({ inputs, place }) =>
    `projects/${projectOf(inputs, place)}/locations/${regionIn(inputs, place)}/instances/${inputs.at("name").string}`,
  taken: (_, id) => googleError(409, `Resource '${id}' already exists`),
  allocate: async ({ inputs, place }, cloud) => ({ host: await freeHost(inputs, projectOf(inputs, place), cloud) }),
  verify: async ({ id, inputs, place, allocated }, cloud) => {
    const network = networkOf(inputs, projectOf(inputs, place));
    if (network === undefined) return;
    await existing(cloud, networks, network, () => googleError(400, `Invalid network: ${network}`, "badRequest"));
    if (inputs.at("connectMode").string !== "PRIVATE_SERVICE_ACCESS") return;
    const connected = (await cloud.list(connections)).some(
      ({ state }) => new View(state).at("network").string === network,
    );
    if (!connected)
      throw googleError(
        400,
        `Google private service access is not enabled. Please enable privateServiceAccess and retry: network '${network}'`,
        "failedPrecondition",
      );
    const holder = (await cloud.list(instances)).find(
      (other) => other.id !== id && other.allocated["host"] === allocated["host"],
    );
    if (holder !== undefined)
      throw googleError(400, `IP address ${allocated["host"]} is already in use by '${holder.id}'.`);
  },
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    region: regionIn(inputs, place),
    locationId: zonesOf(regionIn(inputs, place))[0] ?? "",
    redisVersion: "REDIS_7_2",
    replicaCount: inputs.at("tier").string === "STANDARD_HA" ? 1 : 0,
    readReplicasMode: "READ_REPLICAS_DISABLED",
    persistenceConfig: { persistenceMode: "DISABLED" },
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => {
    const { id, inputs, allocated, created, place } = resource;
    const isEncrypted = inputs.at("transitEncryptionMode").string === "SERVER_AUTHENTICATION";
    return {
      host: allocated["host"] ?? "",
      port: isEncrypted ? 6378 : 6379,
      createTime: created,
      currentLocationId: inputs.at("locationId").string ?? zonesOf(regionIn(inputs, place))[0] ?? "",
      ...(inputs.at("authEnabled").boolean === true
        ? { authString: new Secret(hexId(`${id} ${created} auth`, 32)) }
        : {}),
      serverCaCerts: isEncrypted ? [certificateOf(`${id} ${created}`, "Memorystore CA", created)] : [],
    };
  },
  release: async ({ id, state }) => {
    if (new View(state).at("deletionProtection").boolean === true)
      throw new Refusal(
        400,
        `cannot destroy redis instance ${shortName(id)} without setting deletion_protection=false and running \`pulumi up\``,
      );
  },
};

function networkOf(inputs: View, project: string): string | undefined {
  const reference = inputs.at("authorizedNetwork").string;
  return reference === undefined || reference === "" ? undefined : networkId(reference, project);
}

/** A free address of a block of its own a network: the sandbox does not track what the private services have left. */
async function freeHost(
  inputs: View,
  project: string,
  cloud: Parameters<NonNullable<Kind["allocate"]>>[1],
): Promise<string> {
  const block = { first: parseAddress("10.255.0.0")!, prefix: 16 };
  const start = {
    first: block.first + Number.parseInt(hexId(networkOf(inputs, project) ?? "default", 2), 16) * 256,
    prefix: 24,
  };
  const taken = (await cloud.list(instances)).flatMap(({ allocated }) => {
    const first = parseAddress(allocated["host"] ?? "");
    return first === undefined ? [] : [{ first, prefix: 32 }];
  });
  const free = freeBlock(start, 32, [{ first: start.first, prefix: 30 }, ...taken]);
  if (free === undefined)
    throw googleError(403, "The instances of this sandbox have used up its addresses.", "quotaExceeded");
  return formatAddress(free.first);
}

export const redisKinds: readonly Kind[] = [
  encrypted(instance, "redis", (inputs, place) => [
    {
      property: "customerManagedKey",
      key: inputs.at("customerManagedKey").string,
      location: regionIn(inputs, place),
    },
  ]),
];
