// What earlier versions registered and what holds data must be found again by every later one: a URN that is gone is a resource
// that an upgrade deletes. Rename only with an alias (docs/components.md).
import { expect, it } from "vitest";
import { Bucket } from "../../components/gcp/bucket.ts";
import { Dataset } from "../../components/gcp/dataset.ts";
import { DnsZone } from "../../components/gcp/dnsZone.ts";
import { GkeCluster } from "../../components/gcp/gkeCluster.ts";
import { KeyRing } from "../../components/gcp/keyRing.ts";
import { Postgres } from "../../components/gcp/postgres.ts";
import { Redis } from "../../components/gcp/redis.ts";
import { Topic } from "../../components/gcp/topic.ts";
import { Credentials } from "../../components/random/credentials.ts";
import { record } from "../support/mocks.ts";

const at = "urn:pulumi:main.test::platform::";

/** As version 0.1 registered them. Entries are added, never changed. */
const recorded = [
  "tutti:gcp:Postgres$gcp:sql/databaseInstance:DatabaseInstance::main",
  "tutti:gcp:Postgres$gcp:sql/database:Database::main-app",
  "tutti:gcp:Postgres$gcp:sql/user:User::main-app",
  "tutti:gcp:Postgres$gcp:secretmanager/secret:Secret::main-app",
  // The mocks put only the nearest parent's type into a URN.
  "tutti:random:Credentials$random:index/randomPassword:RandomPassword::main-app-even",
  "tutti:gcp:Postgres$gcp:sql/databaseInstance:DatabaseInstance::main-reports",
  "tutti:gcp:Bucket$gcp:storage/bucket:Bucket::files",
  "tutti:gcp:Dataset$gcp:bigquery/dataset:Dataset::rows",
  "tutti:gcp:Dataset$gcp:bigquery/table:Table::rows-results",
  "tutti:gcp:DnsZone$gcp:dns/managedZone:ManagedZone::main",
  "tutti:gcp:GkeCluster$gcp:container/cluster:Cluster::main",
  "tutti:gcp:GkeCluster$gcp:container/nodePool:NodePool::main-general",
  "tutti:gcp:KeyRing$gcp:kms/keyRing:KeyRing::main",
  "tutti:gcp:KeyRing$gcp:kms/cryptoKey:CryptoKey::main-state",
  "tutti:gcp:Redis$gcp:redis/instance:Instance::cache",
  "tutti:gcp:Topic$gcp:pubsub/topic:Topic::events",
  "tutti:gcp:Topic$gcp:pubsub/subscription:Subscription::events-worker",
  "tutti:random:Credentials$random:index/randomPassword:RandomPassword::sessions-even",
];

it("finds again what holds data", async () => {
  const { registered } = await record(() => [
    new Postgres("main", {
      region: "europe-west1",
      network: "n",
      availability: "regional",
      machine: { cpus: 2, memoryGiB: 8 },
      databases: ["app"],
      users: { app: {} },
      replicas: { reports: {} },
    }).host,
    new Bucket("files", { location: "EU" }).name,
    new Dataset("rows", {
      location: "EU",
      description: "Rows",
      tables: { results: { columns: { at: { type: "TIMESTAMP" } } } },
    }).dataset,
    new DnsZone("main", { domain: "example.com" }).zone,
    new GkeCluster("main", {
      project: "p",
      location: { region: "europe-west1" },
      network: "n",
      subnet: "s",
      podsRange: "pods",
      servicesRange: "services",
      nodes: { mode: "pools", pools: { general: { machineType: "e2-standard-4", nodes: { min: 1, max: 3 } } } },
    }).name,
    new KeyRing("main", { location: "europe-west1", keys: { state: {} } }).keyRingId,
    new Redis("cache", { region: "europe-west1", network: "n", memoryGiB: 1, availability: "single" }).host,
    new Topic("events", { project: "p", subscriptions: { worker: {} } }).name,
    new Credentials("sessions", { username: "sessions" }).password,
  ]);
  const now = new Set(registered.map(({ urn }) => urn));
  expect(recorded.filter((urn) => !now.has(`${at}${urn}`))).toEqual([]);
});
