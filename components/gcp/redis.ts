// Redis: a Memorystore instance inside a network, with a password that is kept in Secret Manager and encryption in transit.
//
// What replaces the instance, and empties the cache: `region`, `network`, `availability`, `key`, the name. `memoryGiB` and `version`
// change in place (version upwards only), with a failover where there is a standby.
import { Instance } from "@pulumi/gcp/redis/instance.js";
import { Secret } from "@pulumi/gcp/secretmanager/secret.js";
import { SecretIamMember } from "@pulumi/gcp/secretmanager/secretIamMember.js";
import { SecretVersion } from "@pulumi/gcp/secretmanager/secretVersion.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  jsonStringify,
  type Output,
  secret,
} from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kept, physicalName, redisName, secretName } from "../names.ts";
import { checkKey, replicationOf } from "./encryption.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkRegion } from "./locations.ts";
import { checkMembers } from "./members.ts";
import { secretRoles } from "./roles.ts";

export interface RedisArgs {
  /** `europe-west1`. Changing it replaces the instance. */
  readonly region: string;
  /** A VPC with private service access (`Network.privateServicesNetwork`). Changing it replaces the instance. */
  readonly network: Input<string>;
  /** GiB for keys and values, 1 to 300. */
  readonly memoryGiB: number;
  /** `standby` keeps a copy in a second zone that takes over; `single` does not. Changing it replaces the instance. */
  readonly availability: "single" | "standby";
  /** `7.2` by default. It can be raised, not lowered. */
  readonly version?: "6.x" | "7.0" | "7.2";
  /** Which keys go when memory is full (redis.io/docs/latest/develop/reference/eviction); `volatile-lru` by default. */
  readonly eviction?: "volatile-lru" | "allkeys-lru" | "noeviction";
  /** Hours between snapshots that survive a restart, or `"none"` (default): it is a cache. */
  readonly snapshots?: 1 | 6 | 12 | 24 | "none";
  /** When Google may restart it for maintenance: day 1 (Monday) to 7, hour 0 to 23 UTC. Default: Sunday, 04:00. */
  readonly maintenance?: { readonly day: number; readonly hour: number };
  /** Refuse to delete the instance; on by default. To delete a protected one, turn it off, update, and delete then. */
  readonly deletionProtection?: boolean;
  /**
   * Key that encrypts what is kept on disk, and the secret, which is then kept in the region of the instance alone (`KeyRing.keys[...]`,
   * `services: ["redis", "secretmanager"]`), of the same region; keys of Google's by default. Changing it replaces the instance.
   */
  readonly key?: Input<string>;
  /** Who may read the secret, as IAM members; by name, to tell the grants apart. Nobody by default. */
  readonly readers?: Readonly<Record<string, Input<string>>>;
  /** Labels of the instance and the secret; none by default. */
  readonly labels?: Labels;
}

const versions = { "6.x": "REDIS_6_X", "7.0": "REDIS_7_0", "7.2": "REDIS_7_2" } as const;
const periods = { 1: "ONE_HOUR", 6: "SIX_HOURS", 12: "TWELVE_HOURS", 24: "TWENTY_FOUR_HOURS" } as const;

const days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;
const sundayNight = { day: 7, hour: 4 };

/** A Redis instance with a password, reached over TLS. */
export class Redis extends ComponentResource {
  /** Address inside the network. */
  readonly host: Output<string>;
  /** 6378, the port of TLS (docs.cloud.google.com/memorystore/docs/redis/about-in-transit-encryption). */
  readonly port: Output<number>;
  /** The password; always secret. Google makes it, and a new one when authentication is turned off and on again. */
  readonly password: Output<string>;
  /** Certificate of the authority that signed the server's, PEM: clients must be given it. */
  readonly ca: Output<string>;
  /** Resource name of the secret. Its latest version is JSON: host, port, password, ca. */
  readonly secretId: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: RedisArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { version = "7.2", eviction = "volatile-lru", snapshots = "none", readers = {}, labels = {} } = args;
    const { maintenance = sundayNight } = args;

    super("tutti:gcp:Redis", name, {}, opts);
    const parent = { parent: this };
    const instance = new Instance(
      name,
      {
        region: args.region,
        tier: args.availability === "standby" ? "STANDARD_HA" : "BASIC",
        memorySizeGb: args.memoryGiB,
        redisVersion: versions[version],
        redisConfigs: { "maxmemory-policy": eviction },
        authorizedNetwork: args.network,
        maintenancePolicy: {
          weeklyMaintenanceWindows: [
            {
              day: days[maintenance.day - 1]!,
              startTime: { hours: maintenance.hour, minutes: 0, seconds: 0, nanos: 0 },
            },
          ],
        },
        connectMode: "PRIVATE_SERVICE_ACCESS",
        authEnabled: true,
        transitEncryptionMode: "SERVER_AUTHENTICATION",
        persistenceConfig:
          snapshots === "none"
            ? { persistenceMode: "DISABLED" }
            : { persistenceMode: "RDB", rdbSnapshotPeriod: periods[snapshots] },
        ...(args.key !== undefined && { customerManagedKey: args.key }),
        deletionProtection: args.deletionProtection ?? true,
        labels,
      },
      parent,
    );
    this.host = instance.host;
    this.port = instance.port;
    this.password = secret(instance.authString);
    this.ca = instance.serverCaCerts.apply((certificates) => certificates.map(({ cert }) => cert).join("\n"));

    const store = new Secret(
      name,
      { secretId: physicalName(name), replication: replicationOf(args.region, args.key), labels },
      { parent: this, ...kept("secretId") },
    );
    new SecretVersion(
      name,
      {
        secret: store.id,
        secretData: secret(jsonStringify({ host: this.host, port: this.port, password: this.password, ca: this.ca })),
      },
      parent,
    );
    for (const [reader, member] of Object.entries(readers)) {
      new SecretIamMember(`${name}-${reader}`, { secretId: store.id, role: secretRoles.read, member }, parent);
    }
    this.secretId = store.id;
    this.registerOutputs({
      host: this.host,
      port: this.port,
      password: this.password,
      ca: this.ca,
      secretId: this.secretId,
    });
  }
}

function checkArguments(name: string, args: RedisArgs): void {
  const check = new ArgumentCheck("Redis", name);
  check.childName("name", name, redisName);
  check.childName("name", name, secretName);
  checkRegion(check, "region", args.region);
  check.integer("memoryGiB", args.memoryGiB, { min: 1, max: 300, unit: "GiB" });
  check.oneOf("availability", args.availability, ["single", "standby"]);
  check.oneOf("version", args.version ?? "7.2", Object.keys(versions));
  check.oneOf("eviction", args.eviction ?? "volatile-lru", ["volatile-lru", "allkeys-lru", "noeviction"]);
  check.oneOf("snapshots", args.snapshots ?? "none", [1, 6, 12, 24, "none"]);
  const { day, hour } = args.maintenance ?? sundayNight;
  check.integer("maintenance.day", day, { min: 1, max: 7, unit: "1 is Monday" });
  check.integer("maintenance.hour", hour, { min: 0, max: 23, unit: "hour in UTC" });
  checkKey(check, "key", args.key, args.region);
  checkMembers(check, "readers", args.readers);
  checkLabels(check, args.labels ?? {});
  check.done();
}
