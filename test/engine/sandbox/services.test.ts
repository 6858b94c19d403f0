// The reviewed types of the wider platform: what each computes that others read, and what it refuses as the cloud does. The last
// test counts, as in reviewed.test.ts.
import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../engine/values.ts";
import { deploymentInputs, kubeconfigFor, sentence, serviceTypes, types, World, withNetwork } from "./world.ts";

const t = serviceTypes;
const refused = new Set<string>();

/** A test of refusals of one type. */
function refuses(type: string, title: string, body: (world: World) => Promise<void>): void {
  refused.add(type);
  it(title, async () => await body(await World.open()));
}

const nobody = "serviceAccount:nobody@sandbox.iam.gserviceaccount.com";

describe("names of the internet", () => {
  const zoneInputs = { name: "main", dnsName: "example.com." };
  refuses(t.zone, "refuses a zone with a wrong domain, and one to go that holds records", async (world) => {
    expect(await world.refusal(t.zone, "z", { ...zoneInputs, dnsName: "example.com" })).toContain(
      "with a dot at its end",
    );
    expect(await world.refusal(t.zone, "z", { ...zoneInputs, visibility: "secret" })).toContain(
      "none of public, private",
    );
    const zone = await world.create(t.zone, "z", zoneInputs);
    expect(zone.id).toBe("projects/sandbox/managedZones/main");
    expect(zone.outputs["nameServers"]).toHaveLength(4);
    expect(await world.refusal(t.zone, "other", zoneInputs)).toContain(
      "'entity.managedZone' named 'main' already exists",
    );
    await world.create(t.recordSet, "w", {
      managedZone: "main",
      name: "www.example.com.",
      type: "A",
      ttl: 300,
      rrdatas: ["10.0.0.1"],
    });
    expect(await sentence(world.delete(zone))).toContain("containerNotEmpty");
    expect((await world.diff(zone, { ...zoneInputs, dnsName: "example.org." })).replaces).toEqual(["dnsName"]);
  });
  refuses(t.recordSet, "refuses a record outside of its zone, wrong data, and a CNAME beside others", async (world) => {
    const record = (changes: PropertyMap) =>
      world.refusal(t.recordSet, "r", {
        managedZone: "main",
        name: "www.example.com.",
        type: "A",
        rrdatas: ["10.0.0.1"],
        ...changes,
      });
    expect(await record({})).toContain("The 'parameters.managedZone' resource named 'main' does not exist");
    await world.create(t.zone, "z", zoneInputs);
    expect(await record({ name: "www.example.org." })).toContain("is not in 'example.com.'");
    expect(await record({ rrdatas: ["10.0.0.256"] })).toContain('"10.0.0.256" is no data of a record of type A');
    expect(await record({ type: "CNAME", rrdatas: ["example.net"] })).toContain('"example.net" is no data');
    expect(await record({ type: "X" })).toContain('type: "X" is none of');
    await world.create(t.recordSet, "a", {
      managedZone: "main",
      name: "www.example.com.",
      type: "A",
      rrdatas: ["10.0.0.1"],
    });
    expect(await record({ type: "CNAME", rrdatas: ["example.net."] })).toContain("cnameResourceRecordSetConflict");
    expect(await record({})).toContain("already exists");
  });
});

describe("keys and registries", () => {
  refuses(t.keyRing, "refuses a ring nowhere", async (world) => {
    expect(await world.refusal(t.keyRing, "r", { location: "mars" })).toContain('no region "mars"');
    expect((await world.create(t.keyRing, "r", { location: "europe-west1", name: "r" })).id).toBe(
      "projects/sandbox/locations/europe-west1/keyRings/r",
    );
  });
  refuses(t.cryptoKey, "refuses a key without its ring, and one that rotates too often", async (world) => {
    const keyRing = "projects/sandbox/locations/europe-west1/keyRings/r";
    expect(await world.refusal(t.cryptoKey, "k", { keyRing })).toContain(
      "KeyRing projects/sandbox/locations/europe-west1/keyRings/r not found",
    );
    await world.create(t.keyRing, "r", { location: "europe-west1", name: "r" });
    expect(await world.refusal(t.cryptoKey, "k", { keyRing, rotationPeriod: "3600s" })).toContain(
      "86400s (a day) or more",
    );
    const key = await world.create(t.cryptoKey, "k", { keyRing, name: "k", rotationPeriod: "7776000s" });
    expect(key.id).toBe(`${keyRing}/cryptoKeys/k`);
    expect((await world.diff(key, { keyRing, name: "k", purpose: "MAC" })).replaces).toEqual(["purpose"]);
  });
  refuses(t.keyMember, "refuses a member of no key", async (world) => {
    expect(
      await world.refusal(t.keyMember, "m", {
        cryptoKeyId: "x/y",
        role: "roles/cloudkms.viewer",
        member: "user:a@b.c",
      }),
    ).toContain("CryptoKey x/y not found");
  });
  refuses(t.serviceIdentity, "refuses the identity of what is no API, and gives the same one twice", async (world) => {
    expect(await world.refusal(t.serviceIdentity, "i", { service: "sqladmin" })).toContain('"sqladmin" is no API');
    const [one, other] = [
      await world.create(t.serviceIdentity, "i", { service: "sqladmin.googleapis.com" }),
      await world.create(t.serviceIdentity, "j", { service: "sqladmin.googleapis.com" }),
    ];
    expect(one.outputs["member"]).toMatch(/^serviceAccount:service-\d+@gcp-sa-cloud-sql\.iam\.gserviceaccount\.com$/);
    expect(other.outputs["member"]).toBe(one.outputs["member"]);
  });

  const region = "europe-west1";
  const kmsKey = (location: string, name = "k") =>
    `projects/sandbox/locations/${location}/keyRings/r/cryptoKeys/${name}`;
  /** Inputs with a key, by type, and the service that encrypts. */
  const encrypted: readonly [type: string, service: string, inputs: (key: string) => PropertyMap][] = [
    [types.bucket, "storage", (key) => ({ location: region, encryption: { defaultKmsKeyName: key } })],
    [
      t.repository,
      "artifactregistry",
      (key) => ({ repositoryId: "r1", location: region, format: "DOCKER", kmsKeyName: key }),
    ],
    [
      t.dataset,
      "bigquery",
      (key) => ({ datasetId: "d", location: region, defaultEncryptionConfiguration: { kmsKeyName: key } }),
    ],
    [
      types.secret,
      "secretmanager",
      (key) => ({
        secretId: "s",
        replication: {
          userManaged: { replicas: [{ location: region, customerManagedEncryption: { kmsKeyName: key } }] },
        },
      }),
    ],
    [types.topic, "pubsub", (key) => ({ kmsKeyName: key })],
    [
      types.instance,
      "sqladmin",
      (key) => ({ databaseVersion: "POSTGRES_17", region, encryptionKeyName: key, settings: { tier: "db-f1-micro" } }),
    ],
    [
      types.cluster,
      "container",
      (key) => ({
        location: region,
        network: "main",
        subnetwork: "nodes",
        initialNodeCount: 1,
        databaseEncryption: { state: "ENCRYPTED", keyName: key },
      }),
    ],
    [t.redis, "redis", (key) => ({ memorySizeGb: 1, region, customerManagedKey: key })],
  ];
  it.each(encrypted)("%s takes a key that %s may use, and refuses all others", async (type, service, inputs) => {
    const world = await World.open();
    if (type === types.cluster) await withNetwork(world);
    expect(await world.refusal(type, "x", inputs("k"))).toContain('"k" is no key: projects/');
    expect(await world.refusal(type, "x", inputs(`${kmsKey(region)}/cryptoKeyVersions/1`))).toContain(
      "without a version",
    );
    expect(await world.refusal(type, "x", inputs(kmsKey(region)))).toContain(
      `Cloud KMS key ${kmsKey(region)} not found`,
    );
    if (type !== types.topic)
      expect(await world.refusal(type, "x", inputs(kmsKey("us-east1")))).toContain(
        "is in us-east1: it must be in europe-west1",
      );
    await world.create(t.keyRing, "r", { location: region, name: "r" });
    const key = await world.create(t.cryptoKey, "k", {
      keyRing: `projects/sandbox/locations/${region}/keyRings/r`,
      name: "k",
    });
    expect(await world.refusal(type, "x", inputs(key.id))).toContain(`Permission denied on Cloud KMS key ${key.id}`);
    const asked = {
      storage: "gcp:storage/getProjectServiceAccount:getProjectServiceAccount",
      bigquery: "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount",
    }[service];
    const member =
      asked === undefined
        ? (await world.create(t.serviceIdentity, "i", { service: `${service}.googleapis.com` })).outputs["member"]!
        : (await world.provider(type).invoke(asked, {})).result["member"]!;
    const grant = (role: string) => world.create(t.keyMember, role, { cryptoKeyId: key.id, role, member });
    await grant("roles/cloudkms.viewer");
    expect(await world.refusal(type, "x", inputs(key.id))).toContain("Permission denied on Cloud KMS key");
    await grant("roles/cloudkms.cryptoKeyEncrypterDecrypter");
    await world.create(type, "x", inputs(key.id));
    // What is in another project is not known here.
    expect(await world.check(type, "y", inputs(kmsKey(region).replace("sandbox", "elsewhere")))).toMatchObject({
      failures: [],
    });
  });
  const docker = { repositoryId: "images", location: "europe-west1", format: "DOCKER" };
  refuses(t.repository, "refuses a wrong format, a wrong name and a taken one", async (world) => {
    expect(await world.refusal(t.repository, "r", { ...docker, format: "OCI" })).toContain('"OCI" is none of');
    expect(await world.refusal(t.repository, "r", { ...docker, repositoryId: "Images" })).toContain(
      "2 to 63 characters",
    );
    expect(
      await world.refusal(t.repository, "r", { ...docker, cleanupPolicies: [{ id: "a" }, { id: "a" }] }),
    ).toContain('"a" is used twice');
    const repository = await world.create(t.repository, "r", docker);
    expect(repository.outputs["registryUri"]).toBe("europe-west1-docker.pkg.dev/sandbox/images");
    expect(await world.refusal(t.repository, "again", docker)).toContain("the repository already exists");
  });
  refuses(t.repositoryMember, "refuses a member of no repository, and one that is not there", async (world) => {
    const member = {
      repository: "images",
      location: "europe-west1",
      role: "roles/artifactregistry.reader",
      member: nobody,
    };
    expect(await world.refusal(t.repositoryMember, "m", member)).toContain('Repository "images" not found');
    await world.create(t.repository, "r", docker);
    expect(await world.refusal(t.repositoryMember, "m", member)).toContain("does not exist");
  });
});

describe("analysis and caches", () => {
  const schema = JSON.stringify([
    { name: "at", type: "TIMESTAMP" },
    { name: "label", type: "STRING" },
  ]);
  refuses(t.dataset, "refuses a wrong id and to go with tables inside", async (world) => {
    expect(await world.refusal(t.dataset, "d", { datasetId: "a-b" })).toContain("letters, digits and _");
    const dataset = await world.create(t.dataset, "d", { datasetId: "images", location: "EU" });
    await world.create(t.table, "t", { datasetId: "images", tableId: "results", schema });
    expect(await sentence(world.delete(dataset))).toContain("Dataset sandbox:images is still in use, resourceInUse");
    expect((await world.diff(dataset, { datasetId: "images", location: "US" })).replaces).toEqual(["location"]);
  });
  refuses(
    t.table,
    "refuses a table without its dataset, a schema that is none, and to go while protected",
    async (world) => {
      const table = { datasetId: "images", tableId: "results", schema };
      expect(await world.refusal(t.table, "t", table)).toContain("Not found: Dataset sandbox:images");
      await world.create(t.dataset, "d", { datasetId: "images", location: "EU" });
      expect(await world.refusal(t.table, "t", { ...table, schema: "{}" })).toContain("not a JSON list of columns");
      expect(await world.refusal(t.table, "t", { ...table, clusterings: ["kind"] })).toContain(
        'no column "kind": there are at, label',
      );
      expect(
        await world.refusal(t.table, "t", { ...table, timePartitioning: { type: "DAY", field: "label" } }),
      ).toContain('"label" is a STRING');
      const created = await world.create(t.table, "t", table);
      expect(await sentence(world.delete(created))).toContain("without setting deletion_protection=false");
      const wider = JSON.stringify([...(JSON.parse(schema) as unknown[]), { name: "score", type: "FLOAT" }]);
      expect((await world.diff(created, { ...table, schema: wider })).replaces).toEqual([]);
      const narrower = JSON.stringify([{ name: "at", type: "TIMESTAMP" }]);
      expect((await world.diff(created, { ...table, schema: narrower })).replaces).toEqual(["schema"]);
    },
  );
  refuses(t.datasetMember, "refuses a member of no dataset", async (world) => {
    expect(
      await world.refusal(t.datasetMember, "m", {
        datasetId: "x",
        role: "roles/bigquery.dataEditor",
        member: "user:a@b.c",
      }),
    ).toContain("Not found: Dataset sandbox:x");
  });
  refuses(
    t.redis,
    "refuses wrong sizes, a network without private services, and to go while protected",
    async (world) => {
      expect(await world.refusal(t.redis, "r", { memorySizeGb: 301 })).toContain("301 is not between 1 and 300");
      expect(await world.refusal(t.redis, "r", { memorySizeGb: 1, redisVersion: "REDIS_9" })).toContain(
        "no version of Memorystore",
      );
      const { network } = await withNetwork(world);
      expect(
        await world.refusal(t.redis, "r", {
          memorySizeGb: 1,
          authorizedNetwork: network.id,
          connectMode: "PRIVATE_SERVICE_ACCESS",
        }),
      ).toContain("private service access is not enabled");
      const redis = await world.create(t.redis, "r", {
        memorySizeGb: 1,
        authEnabled: true,
        transitEncryptionMode: "SERVER_AUTHENTICATION",
      });
      expect(redis.outputs["port"]).toBe(6378);
      expect(await sentence(world.delete(redis))).toContain("without setting deletion_protection=false");
      expect((await world.diff(redis, { ...redis.inputs, tier: "STANDARD_HA" })).replaces).toEqual(["tier"]);
      expect((await world.diff(redis, { ...redis.inputs, memorySizeGb: 2 })).replaces).toEqual([]);
    },
  );
});

describe("Cloud Run", () => {
  const service = (template: PropertyMap): PropertyMap => ({ name: "api", location: "europe-west1", template });
  const containers = [{ image: "nginx:1.29" }];
  refuses(
    t.runService,
    "refuses wrong containers, an identity that is not there, and to go while protected",
    async (world) => {
      expect(await world.refusal(t.runService, "s", service({ containers: [] }))).toContain("at least one container");
      expect(
        await world.refusal(
          t.runService,
          "s",
          service({ containers: [{ image: "a:1", envs: [{ name: "PORT", value: "1" }] }] }),
        ),
      ).toContain('"PORT" is one of Cloud Run\'s own');
      expect(
        await world.refusal(
          t.runService,
          "s",
          service({ containers, scaling: { minInstanceCount: 3, maxInstanceCount: 1 } }),
        ),
      ).toContain("3 is more than maxInstanceCount, 1");
      expect(
        await world.refusal(t.runService, "s", service({ containers, serviceAccount: nobody.slice(15) })),
      ).toContain("does not exist");
      const created = await world.create(t.runService, "s", service({ containers }));
      expect(created.outputs["uri"]).toMatch(/^https:\/\/api-\d{12}\.europe-west1\.run\.app$/);
      expect(await sentence(world.delete(created))).toContain("without setting deletion_protection=false");
    },
  );
  refuses(t.runJob, "refuses wrong tasks", async (world) => {
    const job = (changes: PropertyMap, inner: PropertyMap = {}) =>
      world.refusal(t.runJob, "j", {
        name: "load",
        location: "europe-west1",
        template: { template: { containers, ...inner }, ...changes },
      });
    expect(await job({ taskCount: 0 })).toContain("0 is not between 1 and 10000");
    expect(await job({}, { timeout: "8d" })).toContain("up to 604800s");
    expect(await job({}, { containers: [{ image: "a:1", resources: { limits: { cpu: "3" } } }] })).toContain(
      "no count of CPUs",
    );
  });
  refuses(t.runServiceMember, "refuses a member of no service", async (world) => {
    expect(
      await world.refusal(t.runServiceMember, "m", {
        name: "api",
        location: "europe-west1",
        role: "roles/run.invoker",
        member: "allUsers",
      }),
    ).toContain("Resource 'api' of kind 'SERVICE' does not exist");
  });
  refuses(t.runJobMember, "refuses a member of no job", async (world) => {
    expect(
      await world.refusal(t.runJobMember, "m", {
        name: "load",
        location: "europe-west1",
        role: "roles/run.invoker",
        member: "user:a@b.c",
      }),
    ).toContain("Resource 'load' of kind 'JOB' does not exist");
  });
});

describe("the edge", () => {
  const withCertificate = async (world: World) => {
    const authorization = await world.create(t.dnsAuthorization, "a", { name: "a", domain: "example.com" });
    const certificate = await world.create(t.certificate, "c", {
      name: "c",
      managed: { domains: ["example.com"], dnsAuthorizations: [authorization.id] },
    });
    return { authorization, certificate };
  };
  refuses(t.dnsAuthorization, "refuses a wildcard, and to go while a certificate uses it", async (world) => {
    expect(await world.refusal(t.dnsAuthorization, "a", { domain: "*.example.com" })).toContain("without *.");
    const { authorization } = await withCertificate(world);
    expect(JSON.stringify(authorization.outputs["dnsResourceRecords"])).toContain("_acme-challenge.example.com.");
    expect(await sentence(world.delete(authorization))).toContain("referenced by a certificate");
  });
  refuses(t.certificate, "refuses a domain without its authorization, and both kinds", async (world) => {
    const { authorization } = await withCertificate(world);
    const managed = (domains: string[]) =>
      world.refusal(t.certificate, "x", { managed: { domains, dnsAuthorizations: [authorization.id] } });
    expect(await managed(["example.org"])).toContain(
      "no DNS authorization of the certificate is for the domain 'example.org'",
    );
    expect(await world.refusal(t.certificate, "x", { managed: { domains: ["*.example.com"] } })).toContain(
      "needs a DNS authorization",
    );
    expect(await world.refusal(t.certificate, "x", {})).toContain("exactly one of managed and selfManaged");
  });
  refuses(t.certificateMap, "refuses to go with entries", async (world) => {
    const { certificate } = await withCertificate(world);
    const map = await world.create(t.certificateMap, "m", { name: "m" });
    await world.create(t.certificateMapEntry, "e", {
      map: "m",
      hostname: "example.com",
      certificates: [certificate.id],
    });
    expect(await sentence(world.delete(map))).toContain("existing map entries");
    expect(await sentence(world.delete(certificate))).toContain("referenced by a CertificateMapEntry");
  });
  refuses(
    t.certificateMapEntry,
    "refuses an entry of no map, without certificates, and with host and matcher",
    async (world) => {
      const entry = (changes: PropertyMap) =>
        world.refusal(t.certificateMapEntry, "e", {
          map: "m",
          hostname: "example.com",
          certificates: ["c"],
          ...changes,
        });
      expect(await entry({})).toContain("'projects/sandbox/locations/global/certificateMaps/m' was not found");
      await world.create(t.certificateMap, "m", { name: "m" });
      expect(await entry({})).toContain("Resource 'c' was not found");
      expect(await entry({ certificates: [] })).toContain("0 certificates are not 1 to 4");
      expect(await entry({ matcher: "PRIMARY" })).toContain("exactly one of hostname and matcher");
    },
  );
  refuses(t.securityPolicy, "refuses a priority twice, a wrong action, and rules without the last", async (world) => {
    const everybody = { match: { versionedExpr: "SRC_IPS_V1", config: { srcIpRanges: ["*"] } } };
    const last = { priority: 2_147_483_647, action: "allow", ...everybody };
    const rules = (...given: PropertyMap[]) => world.refusal(t.securityPolicy, "p", { rules: given });
    expect(await rules({ ...last, priority: 1 })).toContain("a default rule of priority 2147483647 must be given");
    expect(await rules(last, last)).toContain("2147483647 is used twice");
    expect(await rules({ ...last, action: "deny" })).toContain('"deny" is none of');
    expect(await rules(last, { ...everybody, priority: 1, action: "throttle" })).toContain(
      "required with action throttle",
    );
    expect(
      await rules(last, { priority: 1, action: "deny(403)", match: { config: { srcIpRanges: ["10.0.0.1/8"] } } }),
    ).toContain("is no range");
  });
  refuses(t.sslPolicy, "refuses TLS 1.3 without its profile", async (world) => {
    expect(await world.refusal(t.sslPolicy, "p", { profile: "MODERN", minTlsVersion: "TLS_1_3" })).toContain(
      "TLS_1_3 only with profile RESTRICTED",
    );
    expect(await world.refusal(t.sslPolicy, "p", { profile: "OLD" })).toContain('"OLD" is none of');
  });
  refuses(t.webMember, "refuses a member that is not there", async (world) => {
    expect(
      await world.refusal(t.webMember, "m", { role: "roles/iap.httpsResourceAccessor", member: nobody }),
    ).toContain("does not exist");
    expect(await world.refusal(t.webMember, "m", { role: "iap", member: "user:a@b.c" })).toContain('"iap" is no role');
  });
});

describe("operations", () => {
  refuses(t.schedulerJob, "refuses a wrong schedule, two targets, and a topic that is not there", async (world) => {
    const job = (changes: PropertyMap) => world.refusal(t.schedulerJob, "j", { schedule: "0 3 * * *", ...changes });
    const httpTarget = { uri: "https://example.com" };
    expect(await job({ httpTarget, schedule: "3 am" })).toContain('"3 am" is no schedule');
    expect(await job({ httpTarget, timeZone: "Europe/Nowhere" })).toContain("no time zone");
    expect(await job({})).toContain("exactly one target must be given, not none");
    expect(await job({ pubsubTarget: { topicName: "projects/sandbox/topics/x", data: "e30=" } })).toContain(
      "Resource not found",
    );
    expect(
      await job({ httpTarget: { ...httpTarget, oidcToken: { serviceAccountEmail: nobody.slice(15) } } }),
    ).toContain("does not exist");
  });
  const email = { type: "email", labels: { email_address: "team@example.com" } };
  const condition = {
    displayName: "errors",
    conditionThreshold: {
      filter: 'metric.type="a" AND resource.type="b"',
      comparison: "COMPARISON_GT",
      duration: "60s",
    },
  };
  refuses(t.channel, "refuses an address that is none, and to go while a policy uses it", async (world) => {
    expect(await world.refusal(t.channel, "c", { type: "email", labels: {} })).toContain(
      "needs the label email_address",
    );
    expect(await world.refusal(t.channel, "c", { type: "email", labels: { email_address: "team" } })).toContain(
      '"team" is no e-mail address',
    );
    const channel = await world.create(t.channel, "c", email);
    await world.create(t.alertPolicy, "p", {
      displayName: "p",
      combiner: "OR",
      conditions: [condition],
      notificationChannels: [channel.id],
    });
    expect(await sentence(world.delete(channel))).toContain("referenced by the alerting policy");
  });
  refuses(t.uptimeCheck, "refuses a wrong period, and to check nothing", async (world) => {
    const check = { displayName: "web", timeout: "10s" };
    expect(await world.refusal(t.uptimeCheck, "u", { ...check, httpCheck: {}, period: "30s" })).toContain(
      '"30s" is none of',
    );
    expect(await world.refusal(t.uptimeCheck, "u", check)).toContain("exactly one check must be given");
    expect(await world.refusal(t.uptimeCheck, "u", { ...check, tcpCheck: { port: 1 }, timeout: "90s" })).toContain(
      "not a duration between",
    );
  });
  refuses(
    t.alertPolicy,
    "refuses no condition, a filter that says nothing, and a channel that is not there",
    async (world) => {
      const policy = (changes: PropertyMap) =>
        world.refusal(t.alertPolicy, "p", { displayName: "p", combiner: "OR", conditions: [condition], ...changes });
      expect(await policy({ conditions: [] })).toContain("0 conditions are not 1 to 6");
      expect(await policy({ conditions: [{ displayName: "x" }] })).toContain("exactly one form of condition");
      expect(
        await policy({
          conditions: [{ ...condition, conditionThreshold: { ...condition.conditionThreshold, filter: "all" } }],
        }),
      ).toContain("must say metric.type and resource.type");
      expect(await policy({ notificationChannels: ["projects/sandbox/notificationChannels/1"] })).toContain(
        "Cannot find notification channel",
      );
    },
  );
  refuses(t.dashboard, "refuses what is no dashboard", async (world) => {
    expect(await world.refusal(t.dashboard, "d", { dashboardJson: "x" })).toContain("not JSON");
    expect(await world.refusal(t.dashboard, "d", { dashboardJson: '{"displayName":"d"}' })).toContain(
      "exactly one of gridLayout",
    );
  });
  refuses(t.budget, "refuses an account that is none, two amounts, and a long name", async (world) => {
    const specifiedAmount = { currencyCode: "EUR", units: "100" };
    expect(await world.refusal(t.budget, "b", { billingAccount: "mine", amount: { specifiedAmount } })).toContain(
      "no billing account",
    );
    expect(
      await world.refusal(t.budget, "b", {
        billingAccount: "012345-6789AB-CDEF01",
        amount: { specifiedAmount, lastPeriodAmount: true },
      }),
    ).toContain("exactly one of specifiedAmount and lastPeriodAmount");
    const account = { billingAccount: "012345-6789AB-CDEF01", amount: { specifiedAmount } };
    expect(await world.refusal(t.budget, "b", { ...account, displayName: "n".repeat(61) })).toContain(
      "61 characters are too long: up to 60",
    );
  });
});

describe("events and identities", () => {
  refuses(t.notification, "refuses a topic that Cloud Storage may not publish to", async (world) => {
    await world.create(types.bucket, "b", { name: "pictures", location: "EU" });
    const topic = await world.create(types.topic, "t", { name: "new" });
    const inputs = { bucket: "pictures", topic: topic.id, payloadFormat: "JSON_API_V1" };
    expect(await world.refusal(t.notification, "n", inputs)).toContain("does not have permission to publish");
    const agent = (
      await world.provider(types.bucket).invoke("gcp:storage/getProjectServiceAccount:getProjectServiceAccount", {})
    ).result;
    await world.create(types.topicMember, "m", {
      topic: topic.id,
      role: "roles/pubsub.publisher",
      member: agent["member"]!,
    });
    expect((await world.create(t.notification, "n", inputs)).id).toBe("pictures/notificationConfigs/1");
    expect(await world.refusal(t.notification, "n", { ...inputs, eventTypes: ["CREATED"] })).toContain(
      '"CREATED" is none of',
    );
  });
  refuses(t.identityPool, "refuses a name of Google's", async (world) => {
    expect(await world.refusal(t.identityPool, "p", { workloadIdentityPoolId: "gcp-ci" })).toContain(
      'not beginning with "gcp-"',
    );
    const pool = await world.create(t.identityPool, "p", { workloadIdentityPoolId: "ci-1" });
    expect(pool.outputs["name"]).toMatch(/^projects\/\d{12}\/locations\/global\/workloadIdentityPools\/ci-1$/);
  });
  refuses(
    t.identityPoolProvider,
    "refuses a provider without a pool, a subject, and GitHub without a condition",
    async (world) => {
      const provider = (changes: PropertyMap) =>
        world.refusal(t.identityPoolProvider, "p", {
          workloadIdentityPoolId: "ci-1",
          workloadIdentityPoolProviderId: "github",
          attributeMapping: { "google.subject": "assertion.sub" },
          oidc: { issuerUri: "https://gitlab.example.com" },
          ...changes,
        });
      expect(await provider({})).toContain("Requested entity was not found");
      expect(await provider({ attributeMapping: {} })).toContain("google.subject");
      expect(await provider({ oidc: { issuerUri: "https://token.actions.githubusercontent.com" } })).toContain(
        "must reference one of the provider's claims",
      );
      expect(await provider({ oidc: { issuerUri: "http://x" } })).toContain("is not an https:// address");
    },
  );
});

describe("in a cluster", () => {
  const metadata = { name: "x", namespace: "default" };
  refuses(t.limitRange, "refuses a request above its limit", async (world) => {
    const limits = [{ type: "Container", default: { memory: "64Mi" }, defaultRequest: { memory: "128Mi" } }];
    expect(await world.refusal(t.limitRange, "l", { metadata, spec: { limits } })).toContain(
      "is greater than default limit value 64Mi",
    );
    expect(await world.refusal(t.limitRange, "l", { metadata, spec: { limits: [{ type: "Node" }] } })).toContain(
      '"Node" is none of',
    );
  });
  refuses(t.cronJob, "refuses a wrong schedule, a pod that never ends, and a long name", async (world) => {
    const pod = (spec: PropertyMap): PropertyMap => ({
      spec: { template: { spec: { containers: [{ name: "a", image: "a:1" }], ...spec } } },
    });
    const job = (schedule: string, spec: PropertyMap, name = "x") =>
      world.refusal(t.cronJob, "j", { metadata: { ...metadata, name }, spec: { schedule, jobTemplate: pod(spec) } });
    expect(await job("daily", { restartPolicy: "Never" })).toContain('"daily" is no schedule');
    expect(await job("@daily", { restartPolicy: "Always" })).toContain('"Always" is none of OnFailure, Never');
    expect(await job("@daily", {})).toContain("required: OnFailure or Never");
    expect(await job("@daily", { restartPolicy: "Never" }, "x".repeat(53))).toContain("1 to 52 characters");
  });
  refuses(t.release, "refuses a namespace that is not there, and a name that is taken", async (world) => {
    const release = { name: "keda", chart: "keda", version: "2.18.0", namespace: "keda" };
    expect(await world.refusal(t.release, "r", release)).toContain('namespaces "keda" not found');
    expect(await world.refusal(t.release, "r", { ...release, version: "latest" })).toContain('"latest" is no version');
    await world.create(t.release, "r", { ...release, createNamespace: true });
    expect(await world.refusal(t.release, "s", { ...release, createNamespace: true })).toContain(
      "cannot re-use a name",
    );
  });
  const listener = { name: "https", port: 443, protocol: "HTTPS" };
  refuses(
    t.gateway,
    "refuses HTTPS without a certificate, a listener twice, and an address that is not there",
    async (world) => {
      const gateway = (listeners: PropertyMap[], more: PropertyMap = {}, annotations: PropertyMap = {}) =>
        world.refusal(t.gateway, "g", {
          metadata: { ...metadata, annotations },
          spec: { gatewayClassName: "gke-l7-global-external-managed", listeners, ...more },
        });
      const byMap = { "networking.gke.io/certmap": "m" };
      expect(await gateway([listener])).toContain("needs certificateRefs, or a certificate map");
      expect(await gateway([])).toContain("at least one listener");
      expect(await gateway([listener, listener], {}, byMap)).toContain("must be unique");
      expect(await gateway([listener], { addresses: [{ type: "NamedAddress", value: "edge" }] }, byMap)).toContain(
        "address edge was not found",
      );
    },
  );
  const policyFor = (
    type: string,
    kind: string,
    title: string,
    body: (refusal: (spec: PropertyMap) => Promise<string>) => Promise<void>,
  ) =>
    refuses(type, title, async (world) => {
      const refusal = (spec: PropertyMap) => world.refusal(type, "p", { metadata, spec });
      expect(await refusal({ targetRef: { kind: "Pod", name: "x" } })).toContain(`"Pod" is none of ${kind}`);
      expect(await refusal({})).toContain("spec.targetRef: required, but missing");
      expect(await refusal({ targetRef: { kind, name: "gone" } })).toContain(`${kind} "default/gone" not found`);
      if (kind === "Service")
        await world.create(types.kubernetesService, "s", {
          metadata: { name: "web", namespace: "default" },
          spec: { ports: [{ port: 80 }] },
        });
      else
        await world.create(t.gateway, "g", {
          metadata: { name: "web", namespace: "default" },
          spec: { gatewayClassName: "cilium", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
        });
      await body(refusal);
    });
  policyFor(t.backendPolicy, "Service", "refuses a policy of Cloud Armor that is not there", async (refusal) => {
    expect(
      await refusal({ targetRef: { kind: "Service", name: "web" }, default: { securityPolicy: "gone" } }),
    ).toContain('securityPolicies: "gone" not found');
  });
  policyFor(t.gatewayPolicy, "Gateway", "refuses a TLS policy that is not there", async (refusal) => {
    expect(await refusal({ targetRef: { kind: "Gateway", name: "web" }, default: { sslPolicy: "gone" } })).toContain(
      'sslPolicies: "gone" not found',
    );
  });
  policyFor(t.healthCheckPolicy, "Service", "refuses a path that is none, and a port not told of", async (refusal) => {
    const refused = (httpHealthCheck: PropertyMap) =>
      refusal({
        targetRef: { kind: "Service", name: "web" },
        default: { config: { type: "HTTP", httpHealthCheck } },
      });
    expect(await refused({ requestPath: "ready" })).toContain('"ready" must begin with /');
    expect(await refused({ requestPath: "/ready" })).toContain("httpHealthCheck.portSpecification: required");
    expect(await refused({ portSpecification: "USE_ANY_PORT" })).toContain('"USE_ANY_PORT" is none of');
    expect(await refused({ portSpecification: "USE_FIXED_PORT" })).toContain("httpHealthCheck.port: required");
    expect(await refused({ portSpecification: "USE_SERVING_PORT", port: 80 })).toContain(
      "httpHealthCheck.port: must be unset with USE_SERVING_PORT",
    );
  });
  refuses(t.clusterCertificate, "refuses a certificate without a name or an issuer", async (world) => {
    const spec = { secretName: "tls", issuerRef: { name: "acme", kind: "ClusterIssuer" } };
    expect(await world.refusal(t.clusterCertificate, "c", { metadata, spec: { ...spec, dnsNames: [] } })).toContain(
      "at least one name",
    );
    expect(
      await world.refusal(t.clusterCertificate, "c", { metadata, spec: { secretName: "tls", dnsNames: ["a.b"] } }),
    ).toContain("spec.issuerRef: required");
  });
  refuses(t.clusterIssuer, "refuses an issuer of no kind", async (world) => {
    expect(await world.refusal(t.clusterIssuer, "i", { metadata: { name: "acme" }, spec: {} })).toContain(
      "exactly one kind of issuer",
    );
    expect(
      await world.refusal(t.clusterIssuer, "i", { metadata: { name: "acme" }, spec: { acme: { server: "http://a" } } }),
    ).toContain("https://");
  });
  const scaled = { scaleTargetRef: { name: "worker" }, triggers: [{ type: "gcp-pubsub" }] };
  refuses(
    t.scaledObject,
    "refuses what is not there, too many at least, and what an autoscaler has already",
    async (world) => {
      const scale = (changes: PropertyMap) =>
        world.refusal(t.scaledObject, "s", { metadata, spec: { ...scaled, ...changes } });
      expect(await scale({})).toContain('Deployment "default/worker" not found');
      await world.create(types.deployment, "d", deploymentInputs("worker"));
      expect(await scale({ minReplicaCount: 3, maxReplicaCount: 1 })).toContain(
        "3 must be less than or equal to maxReplicaCount, 1",
      );
      expect(await scale({ triggers: [{ type: "gcp-pubsub", authenticationRef: { name: "gone" } }] })).toContain(
        'TriggerAuthentication "default/gone" not found',
      );
      await world.create(types.autoscaler, "h", {
        metadata: { name: "h", namespace: "default" },
        spec: { scaleTargetRef: { kind: "Deployment", name: "worker" }, maxReplicas: 3 },
      });
      expect(await scale({})).toContain("is already managed by the hpa 'default/h'");
    },
  );
  refuses(t.triggerAuthentication, "refuses an identity of no kind", async (world) => {
    expect(
      await world.refusal(t.triggerAuthentication, "a", { metadata, spec: { podIdentity: { provider: "google" } } }),
    ).toContain('"google" is none of');
  });

  it("stands in for a cluster that says that it exists already, and for no other", async () => {
    const world = await World.open();
    const kubeconfig = JSON.parse(kubeconfigFor("k8s.example.com")) as {
      clusters: { cluster: Record<string, unknown> }[];
    };
    kubeconfig.clusters[0]!.cluster["extensions"] = [{ name: "tutti/existing-cluster", extension: {} }];
    await world.configure("kubernetes", { kubeconfig: JSON.stringify(kubeconfig) });
    const namespace = await world.create(types.namespace, "web", { metadata: { name: "web" } });
    await world.configure("kubernetes", {});
    expect(await world.read(namespace)).toBeUndefined();
  });
});

it("tests refusals of every type of this page", () => {
  expect([...refused].sort()).toEqual(Object.values(serviceTypes).sort());
});
