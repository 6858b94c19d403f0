// Postgres: safe by default, secret to the end, and every argument that is refused.
import { describe, expect, it } from "vitest";
import { Postgres, type PostgresArgs } from "../../components/gcp/postgres.ts";
import { record, refusal } from "../support/mocks.ts";

const instanceType = "gcp:sql/databaseInstance:DatabaseInstance";
const plain: PostgresArgs<"app"> = {
  region: "europe-west1",
  network: "projects/p/global/networks/main",
  machine: { cpus: 2, memoryGiB: 8 },
  availability: "regional",
  databases: ["app"],
  users: { app: {} },
};
const built = (changes: Partial<PostgresArgs> = {}, options = {}) =>
  record(() => {
    const { host, port, connectionName, users } = new Postgres("main", { ...plain, ...changes }, options);
    return { host, port, connectionName, users };
  });
const settingsOf = async (changes: Partial<PostgresArgs>) =>
  (await built(changes)).one(instanceType).inputs["settings"] as Record<string, unknown>;

describe("Postgres", () => {
  it("is an instance with databases, users and a secret for each user, all below it", async () => {
    const { tree, finished } = await built();
    expect(tree).toEqual([
      "gcp:secretmanager/secret:Secret main-app < tutti:gcp:Postgres main",
      "gcp:secretmanager/secretVersion:SecretVersion main-app < tutti:gcp:Postgres main",
      "gcp:sql/database:Database main-app < tutti:gcp:Postgres main",
      "gcp:sql/databaseInstance:DatabaseInstance main < tutti:gcp:Postgres main",
      "gcp:sql/user:User main-app < tutti:gcp:Postgres main",
      "random:index/randomPassword:RandomPassword main-app-even < tutti:random:Credentials main-app",
      "tutti:gcp:Postgres main",
      "tutti:random:Credentials main-app < tutti:gcp:Postgres main",
    ]);
    expect([...finished].sort()).toEqual(["tutti:gcp:Postgres main", "tutti:random:Credentials main-app"]);
  });

  it("is private, encrypted in transit, backed up and protected unless told otherwise", async () => {
    const { inputs } = (await built()).one(instanceType);
    expect(inputs).toMatchObject({ databaseVersion: "POSTGRES_17", region: "europe-west1", deletionProtection: true });
    expect(inputs["settings"]).toMatchObject({
      tier: "db-custom-2-8192",
      availabilityType: "REGIONAL",
      diskAutoresize: true,
      deletionProtectionEnabled: true,
      ipConfiguration: { ipv4Enabled: false, privateNetwork: plain.network, sslMode: "ENCRYPTED_ONLY" },
      backupConfiguration: {
        enabled: true,
        startTime: "03:00",
        pointInTimeRecoveryEnabled: true,
        transactionLogRetentionDays: 7,
        backupRetentionSettings: { retainedBackups: 14, retentionUnit: "COUNT" },
      },
      insightsConfig: { queryInsightsEnabled: true, recordClientAddress: false },
      maintenanceWindow: { day: 7, hour: 4 },
    });
  });

  it("follows the settings: size, availability, backups, flags, protection", async () => {
    const settings = await settingsOf({
      machine: { shared: "db-f1-micro" },
      availability: "zonal",
      backups: "none",
      flags: { work_mem: "65536", log_min_duration_statement: "500" },
      deletionProtection: false,
      queryInsights: false,
      diskGiB: 20,
      diskLimitGiB: 100,
      labels: { team: "data" },
    });
    expect(settings).toMatchObject({
      tier: "db-f1-micro",
      availabilityType: "ZONAL",
      diskSize: 20,
      diskAutoresizeLimit: 100,
      deletionProtectionEnabled: false,
      backupConfiguration: { enabled: false, pointInTimeRecoveryEnabled: false },
      insightsConfig: { queryInsightsEnabled: false },
      userLabels: { team: "data" },
    });
    expect(settings["databaseFlags"]).toEqual([
      { name: "log_min_duration_statement", value: "500" },
      { name: "work_mem", value: "65536" },
    ]);
  });

  it("leaves the disk that grew, and lets databases and users go with the instance", async () => {
    const { one } = await built();
    expect(one(instanceType).ignoreChanges).toEqual(["settings.diskSize"]);
    const instance = "gcp:sql/databaseInstance:DatabaseInstance main";
    expect(one("gcp:sql/database:Database").deletedWith).toBe(instance);
    expect(one("gcp:sql/user:User").deletedWith).toBe(instance);
  });

  it("keeps the password secret in every input and output", async () => {
    const { one, value, secretValues } = await built();
    expect(value.users.app?.password).toBe("generated-main-app-even-0");
    expect(secretValues).toEqual(["users.app.password"]);
    expect(one("gcp:sql/user:User").secretInputs).toEqual(["password"]);
    const version = one("gcp:secretmanager/secretVersion:SecretVersion");
    expect(version.secretInputs).toEqual(["secretData"]);
    expect(JSON.parse(String(version.inputs["secretData"]))).toEqual({
      host: "10.64.0.3",
      port: 5432,
      user: "app",
      password: "generated-main-app-even-0",
    });
    expect(one("gcp:secretmanager/secret:Secret").inputs["secretId"]).toMatch(/^main-app-[0-9a-f]{7}$/);
  });

  it("rotates one user's password without touching the other's", async () => {
    const { all } = await built({ users: { app: { rotation: 1 }, report_reader: {} } });
    const passwords = all("gcp:sql/user:User").map(({ inputs }) => [inputs["name"], inputs["password"]]);
    expect(Object.fromEntries(passwords)).toEqual({
      app: "generated-main-app-odd-1",
      report_reader: "generated-main-report-reader-even-0",
    });
  });

  it("lets readers read one secret only", async () => {
    const { one } = await built({
      users: { app: { readers: { web: "serviceAccount:web@p.iam.gserviceaccount.com" } } },
    });
    expect(one("gcp:secretmanager/secretIamMember:SecretIamMember", "main-app-web").inputs).toMatchObject({
      role: "roles/secretmanager.secretAccessor",
      secretId: expect.stringMatching(/^projects\/test-project\/secrets\/main-app-/),
      member: "serviceAccount:web@p.iam.gserviceaccount.com",
    });
  });

  it("names secrets apart by stack, without the stack's name", async () => {
    const idIn = async (stack: string) => {
      const { one } = await record(() => new Postgres("main", plain), { stack });
      return one("gcp:secretmanager/secret:Secret").inputs["secretId"];
    };
    const [dev, prod, again] = [await idIn("data.dev"), await idIn("data.prod"), await idIn("data.dev")];
    expect(dev).not.toBe(prod);
    expect(dev).toBe(again);
    expect(String(dev)).not.toContain(".");
  });

  it("has copies to read from, which can always be made again", async () => {
    const { all, value } = await record(
      () =>
        new Postgres("main", {
          ...plain,
          replicas: { reports: { machine: { cpus: 1, memoryGiB: 3.75 } }, away: { region: "europe-west4" } },
        }).replicas,
    );
    const copies = all("gcp:sql/databaseInstance:DatabaseInstance").filter(
      ({ inputs }) => inputs["masterInstanceName"] !== undefined,
    );
    expect(
      copies.map(({ name, inputs }) => [
        name,
        inputs["masterInstanceName"],
        inputs["region"],
        inputs["deletionProtection"],
      ]),
    ).toEqual([
      ["main-reports", "main-abc1234", "europe-west1", false],
      ["main-away", "main-abc1234", "europe-west4", false],
    ]);
    expect(copies[0]?.inputs["settings"]).toMatchObject({
      tier: "db-custom-1-3840",
      ipConfiguration: { ipv4Enabled: false },
      insightsConfig: { queryInsightsEnabled: true },
    });
    expect(copies[1]?.inputs["settings"]).toMatchObject({ tier: "db-custom-2-8192" });
    expect(value).toEqual({ reports: "10.64.0.3", away: "10.64.0.3" });
  });
  it.each<[Partial<PostgresArgs>, string]>([
    [{ replicas: { away: { region: "eu" } } }, 'replicas.away.region is "eu", expected a region'],
    [
      { replicas: { away: { machine: { cpus: 3, memoryGiB: 8 } } } },
      "replicas.away.machine.cpus is 3, expected 1 or an even number",
    ],
    [
      { replicas: { away: {} }, backups: "none", availability: "zonal" },
      "replicas.away is {}, expected backups on the instance that is copied",
    ],
  ])("refuses %j", async (changes, message) => {
    expect(await refusal(() => new Postgres("main", { ...plain, ...changes }))).toContain(message);
  });

  it.each<[string, Partial<PostgresArgs>, string]>([
    ["region", { region: "europe" }, 'region is "europe", expected a region such as "europe-west1"'],
    ["version", { version: 12 as 14 }, "version is 12, expected one of 14, 15, 16, 17, 18"],
    [
      "availability",
      { availability: "high" as "zonal" },
      'availability is "high", expected one of "zonal", "regional"',
    ],
    ["odd CPUs", { machine: { cpus: 3, memoryGiB: 8 } }, "machine.cpus is 3, expected 1 or an even number up to 96"],
    [
      "too little memory",
      { machine: { cpus: 2, memoryGiB: 2 } },
      "machine.memoryGiB is 2, expected a multiple of 0.25 from 3.75 to 13",
    ],
    ["odd memory", { machine: { cpus: 2, memoryGiB: 4.1 } }, "machine.memoryGiB is 4.1, expected a multiple of 0.25"],
    [
      "too much memory",
      { machine: { cpus: 1, memoryGiB: 8 } },
      "machine.memoryGiB is 8, expected a multiple of 0.25 from 3.75 to 6.5",
    ],
    [
      "a shared core",
      { machine: { shared: "db-tiny" as "db-f1-micro" } },
      'machine.shared is "db-tiny", expected one of',
    ],
    ["a small disk", { diskGiB: 5 }, "diskGiB is 5, expected a whole number from 10 to 65536 (GiB)"],
    [
      "a limit below the disk",
      { diskGiB: 50, diskLimitGiB: 20 },
      "diskLimitGiB is 20, expected a whole number from 50",
    ],
    [
      "high availability without backups",
      { backups: "none" },
      'backups is "none", expected backups with point-in-time recovery',
    ],
    ["a word for backups", { backups: "daily" as "none" }, 'backups is "daily", expected one of "none"'],
    ["a time", { backups: { startTime: "3am" } }, 'backups.startTime is "3am", expected a time of day'],
    ["backups", { backups: { keep: 0 } }, "backups.keep is 0, expected a whole number from 1 to 365 (backups)"],
    [
      "point in time",
      { backups: { pointInTimeDays: 30 } },
      "backups.pointInTimeDays is 30, expected a whole number from 1 to 7",
    ],
    [
      "a day",
      { maintenance: { day: 0, hour: 4 } },
      "maintenance.day is 0, expected a whole number from 1 to 7 (1 is Monday)",
    ],
    ["an hour", { maintenance: { day: 1, hour: 24 } }, "maintenance.hour is 24, expected a whole number from 0 to 23"],
    ["a flag", { flags: { "Work Mem": "1" } }, 'flags is "Work Mem", expected the name of a server setting'],
    ["no database", { databases: [] }, "databases is [], expected at least one database"],
    [
      "a database",
      { databases: ["my-app"] },
      'databases[0] is "my-app", expected lower-case letters, digits and underscores',
    ],
    ["a database twice", { databases: ["app", "app"] }, 'databases[1] is "app", expected each database once'],
    [
      "the server's own database",
      { databases: ["postgres"] },
      'databases[0] is "postgres", expected a database of your own',
    ],
    ["no user", { users: {} }, "users is {}, expected at least one user"],
    ["Cloud SQL's own user", { users: { cloudsqladmin: {} } }, 'users is "cloudsqladmin", expected a user of your own'],
    ["a rotation", { users: { app: { rotation: -1 } } }, "users.app.rotation is -1, expected a whole number from 0"],
    ["a label", { labels: { "": "x" } }, 'labels is "", expected keys of 1 to 63'],
  ])("refuses %s", async (_, changes, message) => {
    expect(await refusal(() => new Postgres("main", { ...plain, ...changes }))).toContain(message);
  });

  it("refuses a name too long for an instance", async () => {
    expect(await refusal(() => new Postgres("a".repeat(60), plain))).toContain(
      "1 to 59 characters for the name of a Cloud SQL instance",
    );
  });
});
