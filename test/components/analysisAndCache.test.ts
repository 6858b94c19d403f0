// Dataset and Redis: what is kept, for how long, and who may read it.
import { describe, expect, it } from "vitest";
import { Dataset, type DatasetArgs } from "../../components/gcp/dataset.ts";
import { Redis, type RedisArgs } from "../../components/gcp/redis.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { record, refusal } from "../support/mocks.ts";

describe("Dataset", () => {
  const results = {
    columns: { at: { type: "TIMESTAMP", required: true }, label: { type: "STRING" }, score: { type: "FLOAT64" } },
  } as const;
  const args: DatasetArgs<"results"> = { location: "EU", description: "What images show", tables: { results } };

  it("has protected tables, parted by day, for those with access", async () => {
    const { one, value, finished } = await record(() => {
      const { dataset, tables } = new Dataset("images", {
        ...args,
        tables: { results: { ...results, partition: { column: "at", keepDays: 90 }, clusterBy: ["label"] } },
        access: { worker: { member: "serviceAccount:w@p", may: "write" } },
      });
      return { dataset, tables };
    });
    expect(value.dataset).toMatch(/^images_[0-9a-f]{7}$/);
    expect(one("gcp:bigquery/dataset:Dataset").inputs).toMatchObject({
      location: "EU",
      deleteContentsOnDestroy: false,
    });
    const { inputs, dependsOn } = one("gcp:bigquery/table:Table");
    expect(inputs).toMatchObject({
      tableId: "results",
      deletionProtection: true,
      timePartitioning: { type: "DAY", field: "at", expirationMs: 7_776_000_000 },
      clusterings: ["label"],
    });
    expect(JSON.parse(String(inputs["schema"]))).toEqual([
      { name: "at", type: "TIMESTAMP", mode: "REQUIRED" },
      { name: "label", type: "STRING", mode: "NULLABLE" },
      { name: "score", type: "FLOAT", mode: "NULLABLE" },
    ]);
    expect(dependsOn).toContain("gcp:bigquery/datasetIamMember:DatasetIamMember images-worker");
    expect(value.tables.results).toBe(`test-project.${value.dataset}.results`);
    expect(finished).toEqual(["tutti:gcp:Dataset images"]);
  });
  it("goes with its tables when nothing protects it", async () => {
    const { one } = await record(() => new Dataset("images", { ...args, deletionProtection: false }).dataset);
    expect(one("gcp:bigquery/dataset:Dataset").inputs).toMatchObject({ deleteContentsOnDestroy: true });
    expect(one("gcp:bigquery/table:Table").inputs).toMatchObject({ deletionProtection: false });
  });
  it("can be granted to an identity", async () => {
    const { one } = await record(
      () =>
        new ServiceAccount("job", {
          project: "p",
          description: "Job",
          grants: { rows: { on: "dataset", dataset: "d", may: "read" } },
        }).email,
    );
    expect(one("gcp:bigquery/datasetIamMember:DatasetIamMember").inputs).toMatchObject({
      datasetId: "d",
      role: "roles/bigquery.dataViewer",
    });
  });
  const table = (changes: object): Partial<DatasetArgs> => ({ tables: { results: { ...results, ...changes } } });
  it.each<[string, Partial<DatasetArgs>, string]>([
    ["location", { location: "europe" }, 'location is "europe", expected a location such as'],
    ["description", { description: "" }, 'description is "", expected 1 to 1024'],
    ["table list", { tables: {} }, "tables is {}, expected at least one table"],
    ["table name", { tables: { "a-b": results } }, 'tables is "a-b", expected letters, digits and underscores'],
    ["column list", table({ columns: {} }), "tables.results.columns is {}, expected at least one column"],
    [
      "column name",
      table({ columns: { "a b": { type: "STRING" } } }),
      'tables.results.columns is "a b", expected letters',
    ],
    [
      "type",
      table({ columns: { a: { type: "TEXT" } } }),
      'tables.results.columns.a.type is "TEXT", expected one of "STRING"',
    ],
    [
      "partition",
      table({ partition: { column: "label" } }),
      'tables.results.partition.column is "label", expected a TIMESTAMP or DATE column, there is at',
    ],
    [
      "age",
      table({ partition: { column: "at", keepDays: 0 } }),
      "tables.results.partition.keepDays is 0, expected a whole number from 1",
    ],
    [
      "cluster",
      table({ clusterBy: ["kind"] }),
      'tables.results.clusterBy[0] is "kind", expected one of "at", "label", "score"',
    ],
    ["cluster list", table({ clusterBy: ["at", "label", "score", "at", "at"] }), "expected at most four columns"],
    [
      "right",
      { access: { x: { member: "m", may: "own" as "read" } } },
      'access.x.may is "own", expected one of "read", "write"',
    ],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Dataset("images", { ...args, ...changes }))).toContain(message);
  });
});

describe("Redis", () => {
  const args: RedisArgs = { region: "europe-west1", network: "n", memoryGiB: 1, availability: "single" };
  it("has a password, encryption in transit and protection, and its secret tells how to connect", async () => {
    const { one, value, secretValues } = await record(() => {
      const { host, port, password, ca, secretId } = new Redis("cache", {
        ...args,
        readers: { web: "serviceAccount:w@p" },
      });
      return { host, port, password, ca, secretId };
    });
    expect(one("gcp:redis/instance:Instance").inputs).toEqual({
      region: "europe-west1",
      tier: "BASIC",
      memorySizeGb: 1,
      redisVersion: "REDIS_7_2",
      redisConfigs: { "maxmemory-policy": "volatile-lru" },
      authorizedNetwork: "n",
      maintenancePolicy: {
        weeklyMaintenanceWindows: [{ day: "SUNDAY", startTime: { hours: 4, minutes: 0, seconds: 0, nanos: 0 } }],
      },
      connectMode: "PRIVATE_SERVICE_ACCESS",
      authEnabled: true,
      transitEncryptionMode: "SERVER_AUTHENTICATION",
      persistenceConfig: { persistenceMode: "DISABLED" },
      deletionProtection: true,
      labels: {},
    });
    expect(secretValues).toEqual(["password"]);
    const version = one("gcp:secretmanager/secretVersion:SecretVersion");
    expect(version.secretInputs).toEqual(["secretData"]);
    expect(JSON.parse(String(version.inputs["secretData"]))).toEqual({
      host: "10.64.0.9",
      port: 6378,
      password: "generated-auth",
      ca: "PEM",
    });
    expect(one("gcp:secretmanager/secretIamMember:SecretIamMember").inputs).toMatchObject({
      secretId: value.secretId,
      member: "serviceAccount:w@p",
    });
  });
  it("has a standby and snapshots when asked", async () => {
    const { one } = await record(
      () => new Redis("cache", { ...args, availability: "standby", snapshots: 6, version: "7.0" }).host,
    );
    expect(one("gcp:redis/instance:Instance").inputs).toMatchObject({
      tier: "STANDARD_HA",
      redisVersion: "REDIS_7_0",
      persistenceConfig: { persistenceMode: "RDB", rdbSnapshotPeriod: "SIX_HOURS" },
    });
  });
  it.each<[string, Partial<RedisArgs>, string]>([
    ["region", { region: "europe" }, 'region is "europe", expected a region'],
    ["memory", { memoryGiB: 0 }, "memoryGiB is 0, expected a whole number from 1 to 300 (GiB)"],
    [
      "availability",
      { availability: "double" as "single" },
      'availability is "double", expected one of "single", "standby"',
    ],
    ["version", { version: "5" as "7.2" }, 'version is "5", expected one of "6.x"'],
    ["eviction", { eviction: "random" as "noeviction" }, 'eviction is "random", expected one of "volatile-lru"'],
    ["snapshots", { snapshots: 2 as 1 }, 'snapshots is 2, expected one of 1, 6, 12, 24, "none"'],
    ["day", { maintenance: { day: 0, hour: 4 } }, "maintenance.day is 0, expected a whole number from 1 to 7"],
    ["hour", { maintenance: { day: 1, hour: 24 } }, "maintenance.hour is 24, expected a whole number from 0 to 23"],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Redis("cache", { ...args, ...changes }))).toContain(message);
  });
});
