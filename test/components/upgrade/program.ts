// Everything of components/ that holds data, under the names that the recorded states have it. Entries are added, never changed:
// a state that was recorded with one is upgraded with it for ever.
import { type ComponentResourceOptions, Config } from "@pulumi/pulumi";
import { Bucket } from "../../../components/gcp/bucket.ts";
import { ContainerRegistry } from "../../../components/gcp/containerRegistry.ts";
import { Dataset } from "../../../components/gcp/dataset.ts";
import { DnsZone } from "../../../components/gcp/dnsZone.ts";
import { GkeCluster } from "../../../components/gcp/gkeCluster.ts";
import { KeyRing } from "../../../components/gcp/keyRing.ts";
import { Network } from "../../../components/gcp/network.ts";
import { Postgres } from "../../../components/gcp/postgres.ts";
import { Redis } from "../../../components/gcp/redis.ts";
import { ServiceAccount } from "../../../components/gcp/serviceAccount.ts";
import { Topic } from "../../../components/gcp/topic.ts";
import { Credentials } from "../../../components/random/credentials.ts";

/** What a later release would do to every component: give it another name, with an alias or (a mistake) without. */
const rename = new Config().get("rename");
const called = (name: string) => (rename === undefined ? name : `new-${name}`);
const was = (name: string): ComponentResourceOptions => (rename === "with-alias" ? { aliases: [{ name }] } : {});

const project = "acme-prod";
const region = "europe-west1";

const network = new Network(
  called("main"),
  {
    subnets: {
      nodes: { region, cidr: "10.0.0.0/20", secondary: { pods: "10.4.0.0/14", services: "10.1.0.0/20" } },
    },
  },
  was("main"),
);
const database = new Postgres(
  called("main"),
  {
    region,
    network: network.privateServicesNetwork,
    availability: "regional",
    machine: { cpus: 2, memoryGiB: 8 },
    databases: ["app"],
    users: { app: { rotation: 1 } },
    replicas: { reports: {} },
  },
  was("main"),
);
new Bucket(called("files"), { location: "EU" }, was("files"));
new Dataset(
  called("rows"),
  {
    location: "EU",
    description: "Rows",
    tables: {
      results: { columns: { at: { type: "TIMESTAMP" }, count: { type: "INT64" } }, partition: { column: "at" } },
    },
  },
  was("rows"),
);
new DnsZone(
  called("main"),
  { domain: "example.com", records: { www: { name: "www", type: "A", values: ["192.0.2.1"] } } },
  was("main"),
);
new GkeCluster(
  called("main"),
  {
    project,
    location: { region },
    network: network.networkId,
    subnet: network.subnets.nodes.id,
    podsRange: "pods",
    servicesRange: "services",
    nodes: { mode: "pools", pools: { general: { machineType: "e2-standard-4", nodes: { min: 1, max: 3 } } } },
  },
  was("main"),
);
new KeyRing(called("main"), { location: region, keys: { state: {} } }, was("main"));
new ContainerRegistry(called("images"), { location: region, description: "Images" }, was("images"));
new Redis(
  called("cache"),
  { region, network: network.privateServicesNetwork, memoryGiB: 1, availability: "standby" },
  was("cache"),
);
new ServiceAccount(
  called("worker"),
  { project, description: "Works", roles: ["roles/logging.logWriter"] },
  was("worker"),
);
new Topic(called("events"), { project, subscriptions: { worker: {} } }, was("events"));
const sessions = new Credentials(called("sessions"), { username: "sessions", rotation: 2 }, was("sessions"));

export const host = database.host;
export const password = database.users.app.password;
export const signing = sessions.accepted;
