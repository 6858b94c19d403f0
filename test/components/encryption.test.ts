// A key of one's own, in every component that takes one: where it goes, whom the ring lets use it, and which keys are refused
// before anything is registered.
import type { ComponentResource, Input } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Bucket } from "../../components/gcp/bucket.ts";
import { ContainerRegistry } from "../../components/gcp/containerRegistry.ts";
import { Dataset } from "../../components/gcp/dataset.ts";
import { GkeCluster } from "../../components/gcp/gkeCluster.ts";
import { KeyRing } from "../../components/gcp/keyRing.ts";
import { Postgres, type PostgresArgs } from "../../components/gcp/postgres.ts";
import { Redis } from "../../components/gcp/redis.ts";
import { Topic } from "../../components/gcp/topic.ts";
import { record, refusal } from "../support/mocks.ts";

const region = "europe-west1";
const keyIn = (location: string) => `projects/acme/locations/${location}/keyRings/r/cryptoKeys/k`;
const key = keyIn(region);
const network = "projects/acme/global/networks/main";
const postgres = (changes: Partial<PostgresArgs>) =>
  new Postgres("main", {
    region,
    network,
    machine: { shared: "db-f1-micro" },
    availability: "zonal",
    databases: ["app"],
    users: { app: {} },
    ...changes,
  });
const kept = { userManaged: { replicas: [{ location: region, customerManagedEncryption: { kmsKeyName: key } }] } };

/** How each is made with a key, and the inputs that hold it, by type and name. */
const components: readonly [
  name: string,
  build: (key: Input<string> | undefined) => ComponentResource,
  expected: Readonly<Record<string, object>>,
][] = [
  [
    "Bucket",
    (key) => new Bucket("main", { location: region, ...(key !== undefined && { key }) }),
    { "gcp:storage/bucket:Bucket main": { encryption: { defaultKmsKeyName: key } } },
  ],
  [
    "ContainerRegistry",
    (key) => new ContainerRegistry("main", { location: region, description: "a", ...(key !== undefined && { key }) }),
    { "gcp:artifactregistry/repository:Repository main": { kmsKeyName: key } },
  ],
  [
    "Dataset",
    (key) =>
      new Dataset("main", {
        location: region,
        description: "a",
        tables: { t: { columns: { c: { type: "STRING" } } } },
        ...(key !== undefined && { key }),
      }),
    { "gcp:bigquery/dataset:Dataset main": { defaultEncryptionConfiguration: { kmsKeyName: key } } },
  ],
  [
    "Topic",
    (key) => new Topic("main", { project: "acme", subscriptions: { s: {} }, ...(key !== undefined && { key }) }),
    { "gcp:pubsub/topic:Topic main": { kmsKeyName: key }, "gcp:pubsub/topic:Topic main-dead": { kmsKeyName: key } },
  ],
  [
    "GkeCluster",
    (key) =>
      new GkeCluster("main", {
        project: "acme",
        location: { zone: `${region}-b` },
        network,
        subnet: "s",
        podsRange: "pods",
        servicesRange: "services",
        nodes: { mode: "autopilot" },
        ...(key !== undefined && { key }),
      }),
    { "gcp:container/cluster:Cluster main": { databaseEncryption: { state: "ENCRYPTED", keyName: key } } },
  ],
  [
    "Postgres",
    (key) => postgres(key === undefined ? {} : { key }),
    {
      "gcp:sql/databaseInstance:DatabaseInstance main": { encryptionKeyName: key },
      "gcp:secretmanager/secret:Secret main-app": { replication: kept },
    },
  ],
  [
    "Redis",
    (key) =>
      new Redis("main", { region, network, memoryGiB: 1, availability: "single", ...(key !== undefined && { key }) }),
    {
      "gcp:redis/instance:Instance main": { customerManagedKey: key },
      "gcp:secretmanager/secret:Secret main": { replication: kept },
    },
  ],
];

describe.each(components)("%s", (name, build, expected) => {
  it("encrypts what it keeps with the key it is given, and with none otherwise", async () => {
    const { registered } = await record(() => build(key));
    for (const [child, inputs] of Object.entries(expected))
      expect(registered.find((one) => `${one.type} ${one.name}` === child)?.inputs).toMatchObject(inputs);
    const without = await record(() => build(undefined));
    expect(JSON.stringify(without.registered.map(({ inputs }) => inputs))).not.toMatch(
      /kmsKeyName|customerManaged|encryptionKeyName|databaseEncryption/i,
    );
  });
  it("refuses what is no key, and a key of another region", async () => {
    for (const wrong of ["k", `${key}/cryptoKeyVersions/1`, key.replace("/cryptoKeys/k", "")])
      expect(await refusal(() => build(wrong))).toContain(`${name} "main": key is "${wrong.slice(0, 60)}`);
    if (name !== "Topic")
      expect(await refusal(() => build(keyIn("us-east1")))).toContain("expected a key in europe-west1");
  });
});

describe("Postgres with a copy in another region", () => {
  it("encrypts the copy with the key of its region", async () => {
    const { one } = await record(() =>
      postgres({ key, replicas: { far: { region: "us-east1", key: keyIn("us-east1") }, near: {} } }),
    );
    const type = "gcp:sql/databaseInstance:DatabaseInstance";
    expect(one(type, "main-far").inputs).toMatchObject({ encryptionKeyName: keyIn("us-east1") });
    expect(one(type, "main-near").inputs).not.toHaveProperty("encryptionKeyName");
  });
  it.each<[string, Partial<PostgresArgs>, string]>([
    ["without one", { key, replicas: { far: { region: "us-east1" } } }, "expected a key in us-east1"],
    ["with the instance's", { key, replicas: { far: { region: "us-east1", key } } }, "expected a key in us-east1"],
    ["that is not needed", { key, replicas: { near: { key } } }, "expected none"],
    ["where the instance has none", { replicas: { far: { region: "us-east1", key: keyIn("us-east1") } } }, "none"],
  ])("refuses a copy %s", async (_, changes, message) => {
    expect(await refusal(() => postgres(changes))).toContain(message);
  });
});

describe("KeyRing", () => {
  it("lets the identities of services use a key, each asked for once", async () => {
    const { registered, calls, value } = await record(
      () =>
        new KeyRing("main", {
          location: region,
          keys: {
            files: { services: ["storage", "pubsub"] },
            data: { services: ["pubsub", "bigquery"], users: { ops: "group:ops@example.com" } },
          },
        }).keys,
    );
    const identities = registered.filter(({ type }) => type === "gcp:projects/serviceIdentity:ServiceIdentity");
    expect(identities.map(({ name, inputs }) => [name, inputs])).toEqual([
      ["main-pubsub", { service: "pubsub.googleapis.com" }],
    ]);
    expect([...calls].sort()).toEqual([
      "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount",
      "gcp:storage/getProjectServiceAccount:getProjectServiceAccount",
    ]);
    const grants = registered.filter(({ type }) => /IAMMember/.test(type));
    expect(Object.fromEntries(grants.map(({ name, inputs }) => [name, inputs["member"]]))).toEqual({
      "main-data-bigquery": "serviceAccount:bq-123456789@bigquery-encryption.iam.gserviceaccount.com",
      "main-data-ops": "group:ops@example.com",
      "main-data-pubsub": "serviceAccount:agent-of-pubsub.googleapis.com",
      "main-files-pubsub": "serviceAccount:agent-of-pubsub.googleapis.com",
      "main-files-storage": "serviceAccount:service-123456789@gs-project-accounts.iam.gserviceaccount.com",
    });
    expect(new Set(grants.map(({ inputs }) => inputs["role"]))).toEqual(
      new Set(["roles/cloudkms.cryptoKeyEncrypterDecrypter"]),
    );
    expect(Object.keys(value)).toEqual(["files", "data"]);
  });
  it.each<[string, object, string]>([
    ["unknown", { services: ["compute"] }, 'keys.k.services[0] is "compute", expected one of "artifactregistry"'],
    ["twice", { services: ["storage", "storage"] }, 'keys.k.services[1] is "storage", expected each service once'],
    [
      "and user of one name",
      { services: ["storage"], users: { storage: "group:a@b.c" } },
      'keys.k.users.storage is "main-k-storage", expected a name of its own',
    ],
  ])("refuses a service %s", async (_, k, message) => {
    expect(await refusal(() => new KeyRing("main", { location: region, keys: { k } }))).toContain(message);
  });
});
