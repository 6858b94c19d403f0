// The `gcp` package of the sandbox: its reviewed types, its configuration and its functions.
import type { PropertyMap } from "../../../values.ts";
import type { Cloud, Kind, Place } from "../kind.ts";
import { googleError } from "../refusal.ts";
import type { SandboxService } from "../service.ts";
import type { View } from "../view.ts";
import { artifactRegistryKinds } from "./artifactRegistry.ts";
import { bigqueryKinds } from "./bigquery.ts";
import { computeKinds } from "./compute.ts";
import { containerKinds } from "./container.ts";
import { dnsKinds } from "./dns.ts";
import { edgeKinds } from "./edge.ts";
import { iamKinds } from "./iam.ts";
import { identityKinds, serviceAgent } from "./keys.ts";
import { kmsKinds } from "./kms.ts";
import { operationsKinds } from "./operations.ts";
import {
  checkRegion,
  defaultProject,
  defaultRegion,
  isZone,
  projectNumber,
  regionOf,
  regions,
  zonesOf,
} from "./places.ts";
import { pubsubKinds } from "./pubsub.ts";
import { redisKinds } from "./redis.ts";
import { runKinds } from "./run.ts";
import { secretManagerKinds } from "./secretManager.ts";
import { clusters, existing, networkId, networks, subnetworkId, subnetworks } from "./shared.ts";
import { sqlKinds } from "./sql.ts";
import { storageKinds } from "./storage.ts";

const kinds: readonly Kind[] = [
  ...computeKinds,
  ...sqlKinds,
  ...secretManagerKinds,
  ...storageKinds,
  ...pubsubKinds,
  ...containerKinds,
  ...iamKinds,
  ...artifactRegistryKinds,
  ...bigqueryKinds,
  ...dnsKinds,
  ...edgeKinds,
  ...kmsKinds,
  ...identityKinds,
  ...operationsKinds,
  ...redisKinds,
  ...runKinds,
];

type Served = (args: View, place: Place, cloud: Cloud) => PropertyMap | Promise<PropertyMap>;

/** Functions that the sandbox answers. Nothing it answers is a credential: the access token opens nothing. */
const functions: Readonly<Record<string, Served>> = {
  "gcp:organizations/getClientConfig:getClientConfig": (_, { project, region, zone }) => ({
    id: `projects/${JSON.stringify(project)}/regions/${JSON.stringify(region)}/zones/${JSON.stringify(zone)}/userProject/""`,
    project,
    region,
    zone,
    accessToken: "sandbox",
    defaultLabels: {},
  }),
  "gcp:organizations/getProject:getProject": (args, place) => {
    const project = args.at("projectId").string ?? place.project;
    return {
      id: `projects/${project}`,
      projectId: project,
      name: project,
      number: projectNumber(project),
      autoCreateNetwork: false,
      billingAccount: "",
      deletionPolicy: "PREVENT",
      effectiveLabels: {},
      folderId: "",
      labels: {},
      orgId: "",
      pulumiLabels: {},
      tags: {},
    };
  },
  "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": (args, place) => {
    const project = args.at("project").string ?? place.project;
    const email = serviceAgent("storage", project);
    return { id: email, project, emailAddress: email, member: `serviceAccount:${email}` };
  },
  "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount": (args, place) => {
    const project = args.at("project").string ?? place.project;
    const email = serviceAgent("bigquery", project);
    return { id: email, project, email, member: `serviceAccount:${email}` };
  },
  "gcp:container/getCluster:getCluster": async (args, place, cloud) => {
    const project = args.at("project").string ?? place.project;
    const location = args.at("location").string ?? place.region;
    const id = `projects/${project}/locations/${location}/clusters/${args.at("name").string}`;
    const record = await existing(cloud, clusters, id, () => googleError(404, `Not found: ${id}.`));
    return { ...record.state, id };
  },
  "gcp:compute/getRegions:getRegions": (args, place) => {
    const project = args.at("project").string ?? place.project;
    return { id: `projects/${project}`, project, names: [...regions].sort() };
  },
  "gcp:compute/getZones:getZones": (args, place) => {
    const project = args.at("project").string ?? place.project;
    const region = args.at("region").string ?? place.region;
    if (!regions.has(region)) throw googleError(400, `Invalid value for field 'region': '${region}'. Unknown region.`);
    return { id: `projects/${project}/regions/${region}`, project, region, names: zonesOf(region) };
  },
  "gcp:compute/getNetwork:getNetwork": async (args, place, cloud) => {
    const record = await existing(
      cloud,
      networks,
      networkId(args.at("name").string ?? "", args.at("project").string ?? place.project),
    );
    return { ...record.state, id: record.id, subnetworksSelfLinks: [] };
  },
  "gcp:compute/getSubnetwork:getSubnetwork": async (args, place, cloud) => {
    const reference = args.at("selfLink").string ?? args.at("name").string ?? "";
    const id = subnetworkId(
      reference,
      args.at("project").string ?? place.project,
      args.at("region").string ?? place.region,
    );
    const record = await existing(cloud, subnetworks, id);
    return { ...record.state, id: record.id };
  },
};

export const googleCloud: SandboxService = {
  kinds: new Map(kinds.map((kind) => [kind.type, kind])),
  open: () => undefined,
  checkConfig: (inputs, report) => {
    const project = inputs.at("project").string;
    // cloud.google.com/resource-manager/docs/creating-managing-projects: 6 to 30 characters; domain-scoped ids have a colon.
    if (project !== undefined && !/^([a-z0-9.-]+:)?[a-z]([-a-z0-9]{4,28}[a-z0-9])$/.test(project)) {
      report(
        "project",
        `"${project}" is no project id: 6 to 30 characters of a-z, 0-9 and -, beginning with a letter and not ending with -`,
      );
    }
    checkRegion(inputs, report);
    const zone = inputs.at("zone").string;
    if (zone !== undefined && !isZone(zone))
      report(
        "zone",
        `no zone "${zone}"${zonesOf(regionOf(zone)).length > 0 ? `: ${regionOf(zone)} has ${zonesOf(regionOf(zone)).join(", ")}` : ""}`,
      );
  },
  // As the bridge: no configuration of this provider replaces what it manages.
  configReplaces: () => [],
  place: async (config) => {
    const region = config.at("region").string ?? defaultRegion;
    return {
      project: config.at("project").string ?? defaultProject,
      region,
      zone: config.at("zone").string ?? zonesOf(region)[0] ?? "",
      cluster: undefined,
      namespace: "",
    };
  },
  invoke: async (token, args, place, cloud) =>
    Object.hasOwn(functions, token) ? await functions[token]!(args, place, cloud) : undefined,
  functions: Object.keys(functions),
  failed: (operation, { type }, reason) =>
    `error ${operation.replace(/e$/, "")}ing ${type.slice(type.lastIndexOf(":") + 1)}: ${reason}`,
};
