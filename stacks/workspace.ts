// The reference platform: which stacks there are, and how its environments differ. They differ by these settings and by nothing
// else; what a setting means is said in the contract of its stack.
//
//   network --> data -----> web
//          `--> cluster --^
import { defineEnvironment, defineWorkspace, env } from "../automation/define.ts";
import { cluster } from "./cluster/contract.ts";
import { data } from "./data/contract.ts";
import { network } from "./network/contract.ts";
import { web } from "./web/contract.ts";

const region = "europe-west1";
const image = "us-docker.pkg.dev/google-samples/containers/gke/hello-app:2.0";

/** Ranges of one environment: each has a /12 of its own, so that any two can be connected. */
const ranges = (second: number) => ({
  nodes: `10.${second}.0.0/20`,
  pods: `10.${second + 4}.0.0/14`,
  services: `10.${second + 1}.0.0/20`,
  privateServices: `10.${second + 2}.0.0/16`,
});

/** What every stack of an environment needs to know about where it is. */
const local = { project: "sandbox", region };
const dev = { project: "tutti-platform-dev", region };
const staging = { project: "tutti-platform-staging", region };
const prod = { project: "tutti-platform-prod", region };

/** State and keys of the real environments: said by whoever runs them, as no two companies have the same. */
const real = {
  cloud: "real",
  backend: env("TUTTI_STATE_URL"),
  secretsProvider: env("TUTTI_SECRETS_PROVIDER"),
} as const;

export default defineWorkspace({
  stacks: [network, data, cluster, web],
  environments: {
    // On any machine, without an account: nothing real is changed.
    local: defineEnvironment({
      cloud: "sandbox",
      settings: {
        network: { ...local, ranges: ranges(0) },
        data: {
          ...local,
          database: { availability: "zonal", machine: { shared: "db-f1-micro" }, backups: 0 },
          bucketLocation: region,
        },
        cluster: { ...local, zone: `${region}-b`, nodes: { machineType: "e2-standard-2", min: 1, max: 3 } },
        web: { ...local, image, replicas: { min: 1, max: 3 } },
      },
    }),
    // Cheap, and of one zone: an hour without it costs nobody anything.
    dev: defineEnvironment({
      ...real,
      settings: {
        network: { ...dev, ranges: ranges(16) },
        data: {
          ...dev,
          database: { availability: "zonal", machine: { shared: "db-g1-small" }, backups: 3 },
          bucketLocation: region,
        },
        cluster: { ...dev, zone: `${region}-b`, nodes: { machineType: "e2-standard-2", min: 1, max: 4, spot: true } },
        web: { ...dev, image, replicas: { min: 1, max: 4 } },
      },
    }),
    // As prod, smaller: what breaks there breaks here first.
    staging: defineEnvironment({
      ...real,
      guards: { maxDeletes: 10 },
      settings: {
        network: { ...staging, ranges: ranges(32), flowLogs: 0.1 },
        data: {
          ...staging,
          database: { availability: "regional", machine: { cpus: 1, memoryGiB: 3.75 }, diskGiB: 20, backups: 7 },
          bucketLocation: region,
        },
        cluster: { ...staging, nodes: { machineType: "e2-standard-2", min: 3, max: 6 } },
        web: { ...staging, image, replicas: { min: 3, max: 6 }, spread: "required" },
      },
    }),
    // Survives the loss of a zone, and nothing in it is deleted by accident.
    prod: defineEnvironment({
      ...real,
      guards: { maxDeletes: 0, maxReplaces: 0 },
      settings: {
        network: { ...prod, ranges: ranges(48), flowLogs: 0.5, protect: true },
        data: {
          ...prod,
          database: { availability: "regional", machine: { cpus: 4, memoryGiB: 16 }, diskGiB: 100, backups: 30 },
          bucketLocation: "EU",
          protect: true,
        },
        cluster: {
          ...prod,
          nodes: { machineType: "e2-standard-4", min: 3, max: 12 },
          releaseChannel: "stable",
          protect: true,
        },
        web: {
          ...prod,
          image,
          replicas: { min: 6, max: 30 },
          resources: { cpu: "250m", memory: "256Mi" },
          spread: "required",
        },
      },
    }),
  },
});
