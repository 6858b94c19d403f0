// Postgres: a Cloud SQL instance with a private address, its databases, and users whose generated passwords are kept in
// Secret Manager. Backups, encryption in transit and protection from deletion are on unless they are turned off by name.
//
// What replaces the instance, and so loses its data unless it is protected: `region`, `key`. Of `replicas`, a copy is replaced by its
// region and key. Everything else, size, availability, version and network included, changes in place, some of it with a restart
// (ForceNew in hashicorp/terraform-provider-google-beta: services/sql/resource_sql_database_instance.go).
//
//   instance --> databases
//            --> users --> secret versions (host, port, user, password)
//            --> replicas
//   credentials --^
import { Secret } from "@pulumi/gcp/secretmanager/secret.js";
import { SecretIamMember } from "@pulumi/gcp/secretmanager/secretIamMember.js";
import { SecretVersion } from "@pulumi/gcp/secretmanager/secretVersion.js";
import { Database } from "@pulumi/gcp/sql/database.js";
import { DatabaseInstance } from "@pulumi/gcp/sql/databaseInstance.js";
import { User as SqlUser } from "@pulumi/gcp/sql/user.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  jsonStringify,
  type Output,
} from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kept, physicalName, postgresIdentifier, secretName, sqlInstanceName } from "../names.ts";
import { Credentials } from "../random/credentials.ts";
import { checkKey, replicationOf } from "./encryption.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkRegion } from "./locations.ts";
import { checkMembers } from "./members.ts";
import { secretRoles } from "./roles.ts";

/** A shared core, for what nobody depends on (no service level agreement), or a machine of one's own. */
export type PostgresMachine =
  | { readonly shared: "db-f1-micro" | "db-g1-small"; readonly cpus?: never; readonly memoryGiB?: never }
  /** 1 or an even number of CPUs up to 96; 0.9 to 6.5 GiB for each, in quarters, 3.75 GiB at least. */
  | { readonly cpus: number; readonly memoryGiB: number; readonly shared?: never };

export interface PostgresBackups {
  /** When the daily backup begins, UTC, `HH:MM`; `03:00` by default. */
  readonly startTime?: string;
  /** Daily backups kept, 1 to 365; 14 by default. */
  readonly keep?: number;
  /** Days back to which any moment can be restored, 1 to 7; 7 by default. */
  readonly pointInTimeDays?: number;
}

export interface PostgresUserArgs {
  /** Raise by one to rotate the password (see Credentials), which replaces the version of the secret; 0 by default. */
  readonly rotation?: number;
  /** Who may read the secret, as IAM members: `serviceAccount:...`; nobody by default. By name, to tell the grants apart. */
  readonly readers?: Readonly<Record<string, Input<string>>>;
}

export interface PostgresArgs<User extends string = string> {
  /** `europe-west1`. Changing it replaces the instance. */
  readonly region: string;
  /** A VPC with private service access (`Network.privateServicesNetwork`). Changing it moves the instance, and its address changes. */
  readonly network: Input<string>;
  /** Major version; 17 by default. Raising it upgrades in place, with minutes of downtime; it cannot be lowered. */
  readonly version?: 14 | 15 | 16 | 17 | 18;
  /** CPUs and memory. Changing it restarts the instance. */
  readonly machine: PostgresMachine;
  /** `regional` keeps a standby in a second zone and needs backups; `zonal` does not. Changing it restarts the instance. */
  readonly availability: "zonal" | "regional";
  /** Disk in GiB at creation, 10 to 65536; 10 by default. It grows by itself from then on, and a later change is ignored. */
  readonly diskGiB?: number;
  /** GiB at which growing ends; 0, the default, is no limit. */
  readonly diskLimitGiB?: number;
  /** `"none"` for data nobody would miss. Default: daily backups and point-in-time recovery. */
  readonly backups?: PostgresBackups | "none";
  /** When Google may restart it for maintenance: day 1 (Monday) to 7, hour 0 to 23 UTC. Default: Sunday, 04:00. */
  readonly maintenance?: { readonly day: number; readonly hour: number };
  /** Query Insights, of copies too, with query text but without client addresses; on by default. */
  readonly queryInsights?: boolean;
  /**
   * Copies to read from, by name, in the region of the instance or in another (`europe-west4`): for reports, or to go on elsewhere
   * when a region is lost. None by default; they need backups. Changing a region, or the `key` of that region which a copy elsewhere
   * needs when the instance has one, replaces the copy.
   */
  readonly replicas?: Readonly<
    Record<string, { readonly region?: string; readonly machine?: PostgresMachine; readonly key?: Input<string> }>
  >;
  /**
   * Key that encrypts disks and backups, and the secrets, which are then kept in the region of the instance alone (`KeyRing.keys[...]`,
   * `services: ["sqladmin", "secretmanager"]`), of the same region; keys of Google's by default. Changing it replaces the instance.
   */
  readonly key?: Input<string>;
  /** Server settings by name (`{ log_min_duration_statement: "500" }`); some restart the instance. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Databases to create; at least one. Taking one out of the list drops it. */
  readonly databases: readonly string[];
  /**
   * Users to create, by name; at least one. Cloud SQL makes each a `cloudsqlsuperuser`, who may make databases and users too
   * (docs.cloud.google.com/sql/docs/postgres/users): take away in a migration what is too much.
   */
  readonly users: Readonly<Record<User, PostgresUserArgs>>;
  /**
   * Refuse to delete the instance, in Pulumi and in Google's own API; on by default. To delete a protected instance, turn it
   * off, update, and delete then.
   */
  readonly deletionProtection?: boolean;
  /** Labels of the instance, its copies and the secrets; none by default. */
  readonly labels?: Labels;
}

/** A user as an application needs it. */
export interface PostgresUser {
  /** Name in the database. */
  readonly name: string;
  /** Always secret. */
  readonly password: Output<string>;
  /** Resource name of the secret, `projects/<project>/secrets/<id>`. Its latest version is JSON: host, port, user, password. */
  readonly secretId: Output<string>;
}

/** The port of PostgreSQL; Cloud SQL has no other. */
export const postgresPort = 5432;

/** A PostgreSQL instance in a private network, with databases, users and their passwords. */
export class Postgres<User extends string = string> extends ComponentResource {
  /** Name of the instance. */
  readonly instance: Output<string>;
  /** `<project>:<region>:<instance>`, as the Cloud SQL Auth Proxy wants it. */
  readonly connectionName: Output<string>;
  /** Address inside the network. */
  readonly host: Output<string>;
  /** 5432. */
  readonly port: number = postgresPort;
  /** Users by the names they were given. */
  readonly users: Readonly<Record<User, PostgresUser>>;
  /** Addresses of the copies to read from, by the names they were given. */
  readonly replicas: Readonly<Record<string, Output<string>>>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: PostgresArgs<User>, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { version = 17, machine, availability, diskGiB = 10, diskLimitGiB = 0, labels = {} } = args;
    const { backups = {}, maintenance = { day: 7, hour: 4 }, queryInsights = true, flags = {} } = args;
    const { deletionProtection = true, replicas = {} } = args;

    super("tutti:gcp:Postgres", name, {}, opts);
    const parent = { parent: this };

    /** What copies have too; of the flags some must not be less on a copy, so it has all of them. */
    const common = {
      // Left alone, version 16 and later would be of the other edition, which has other machines.
      edition: "ENTERPRISE",
      diskType: "PD_SSD",
      diskAutoresize: true,
      diskAutoresizeLimit: diskLimitGiB,
      ipConfiguration: { ipv4Enabled: false, privateNetwork: args.network, sslMode: "ENCRYPTED_ONLY" },
      insightsConfig: {
        queryInsightsEnabled: queryInsights,
        ...(queryInsights && { queryStringLength: 1024, recordApplicationTags: true, recordClientAddress: false }),
      },
      databaseFlags: flagsOf(flags),
      userLabels: labels,
    };
    const instance = new DatabaseInstance(
      name,
      {
        region: args.region,
        databaseVersion: `POSTGRES_${version}`,
        deletionProtection,
        ...(args.key !== undefined && { encryptionKeyName: args.key }),
        settings: {
          ...common,
          tier: tierOf(machine),
          availabilityType: availability === "regional" ? "REGIONAL" : "ZONAL",
          diskSize: diskGiB,
          deletionProtectionEnabled: deletionProtection,
          backupConfiguration: backupConfiguration(backups),
          maintenanceWindow: { day: maintenance.day, hour: maintenance.hour, updateTrack: "stable" },
        },
      },
      // The disk grows by itself: what it grew to is no difference to be put right.
      { parent: this, ignoreChanges: ["settings.diskSize"] },
    );
    this.instance = instance.name;
    this.connectionName = instance.connectionName;
    this.host = instance.privateIpAddress;

    // Deleting a database with open connections, or a user who owns objects, is refused, and both go with the instance anyhow
    // (hashicorp/terraform-provider-google issues 7209 and 12968).
    const withInstance = { parent: this, deletedWith: instance };
    for (const database of args.databases) {
      new Database(`${name}-${database}`, { instance: instance.name, name: database }, withInstance);
    }

    this.users = Object.fromEntries(
      Object.entries<PostgresUserArgs>(args.users).map(([user, { rotation = 0, readers = {} }]) => {
        const logical = `${name}-${dashed(user)}`;
        const credentials = new Credentials(logical, { username: user, rotation }, parent);
        const account = new SqlUser(
          logical,
          { instance: instance.name, name: user, password: credentials.password },
          withInstance,
        );
        const secret = new Secret(
          logical,
          { secretId: physicalName(logical), replication: replicationOf(args.region, args.key), labels },
          { parent: this, ...kept("secretId") },
        );
        new SecretVersion(
          logical,
          {
            secret: secret.id,
            secretData: jsonStringify({
              host: this.host,
              port: postgresPort,
              user: account.name,
              password: credentials.password,
            }),
          },
          parent,
        );
        for (const [reader, member] of Object.entries(readers)) {
          new SecretIamMember(`${logical}-${reader}`, { secretId: secret.id, role: secretRoles.read, member }, parent);
        }
        return [user, { name: user, password: credentials.password, secretId: secret.id }];
      }),
    ) as Record<User, PostgresUser>;

    this.replicas = Object.fromEntries(
      Object.entries(replicas).map(([key, replica]) => {
        const copy = new DatabaseInstance(
          `${name}-${key}`,
          {
            region: replica.region ?? args.region,
            databaseVersion: `POSTGRES_${version}`,
            masterInstanceName: instance.name,
            // A copy in the region of the instance has the instance's.
            ...(replica.key !== undefined && { encryptionKeyName: replica.key }),
            // It can be made again from the instance at any time, and would keep the instance from being deleted.
            deletionProtection: false,
            // Its disk begins as large as the instance's (*unverified*).
            settings: { ...common, tier: tierOf(replica.machine ?? machine), availabilityType: "ZONAL" },
          },
          { parent: this, ignoreChanges: ["settings.diskSize"] },
        );
        return [key, copy.privateIpAddress];
      }),
    );

    this.registerOutputs({
      instance: this.instance,
      connectionName: this.connectionName,
      host: this.host,
      port: this.port,
      users: this.users,
      replicas: this.replicas,
    });
  }
}

/** `db-custom-<CPUs>-<MiB>` is how Cloud SQL spells a machine (docs.cloud.google.com/sql/docs/postgres/create-instance). */
function tierOf(machine: PostgresMachine): string {
  return machine.shared !== undefined ? machine.shared : `db-custom-${machine.cpus}-${machine.memoryGiB * 1024}`;
}

/** In the order of their names: the server has none, and another order would be a difference. */
function flagsOf(flags: Readonly<Record<string, string>>) {
  return Object.keys(flags)
    .sort()
    .map((flag) => ({ name: flag, value: flags[flag] ?? "" }));
}

function backupConfiguration(backups: PostgresBackups | "none") {
  if (backups === "none") return { enabled: false, pointInTimeRecoveryEnabled: false };
  const { startTime = "03:00", keep = 14, pointInTimeDays = 7 } = backups;
  return {
    enabled: true,
    startTime,
    pointInTimeRecoveryEnabled: true,
    transactionLogRetentionDays: pointInTimeDays,
    backupRetentionSettings: { retainedBackups: keep, retentionUnit: "COUNT" },
  };
}

/** Logical names are written with dashes, identifiers of PostgreSQL with underscores. */
function dashed(identifier: string): string {
  return identifier.replaceAll("_", "-").replaceAll(/^-+|-+$/g, "");
}

/** Users that Cloud SQL keeps for itself (docs.cloud.google.com/sql/docs/postgres/users). */
const reservedUser = /^(?:postgres|cloudsql.*)$/;
/** Databases that every PostgreSQL server has. */
const reservedDatabase = /^(?:postgres|template0|template1|cloudsqladmin)$/;

function checkArguments(name: string, args: PostgresArgs): void {
  const { version = 17, machine, availability, diskGiB = 10, diskLimitGiB = 0, backups = {}, labels = {} } = args;
  const check = new ArgumentCheck("Postgres", name);
  check.childName("name", name, sqlInstanceName);
  checkRegion(check, "region", args.region);
  check.oneOf("version", version, [14, 15, 16, 17, 18]);
  check.oneOf("availability", availability, ["zonal", "regional"]);
  checkMachine(check, machine);

  check.integer("diskGiB", diskGiB, { min: 10, max: 65_536, unit: "GiB" });
  if (diskLimitGiB !== 0)
    check.integer("diskLimitGiB", diskLimitGiB, { min: diskGiB, max: 65_536, unit: "GiB, or 0 for no limit" });

  if (typeof backups === "string") check.oneOf("backups", backups, ["none"]);
  if (backups !== "none") {
    const { startTime = "03:00", keep = 14, pointInTimeDays = 7 } = backups;
    check.matches("backups.startTime", startTime, /^(?:[01]\d|2[0-3]):[0-5]\d$/, "a time of day in UTC such as 03:00");
    check.integer("backups.keep", keep, { min: 1, max: 365, unit: "backups" });
    check.integer("backups.pointInTimeDays", pointInTimeDays, { min: 1, max: 7, unit: "days" });
  } else if (availability === "regional") {
    check.refuse("backups", backups, "backups with point-in-time recovery, which a regional instance needs");
  }
  for (const [key, replica] of Object.entries(args.replicas ?? {})) {
    const at = `replicas.${key}`;
    check.childName(at, `${name}-${key}`, sqlInstanceName);
    if (replica.region !== undefined) checkRegion(check, `${at}.region`, replica.region);
    if (replica.machine !== undefined) checkMachine(check, replica.machine, `${at}.machine`);
    if (backups === "none") check.refuse(at, {}, "backups on the instance that is copied");
    checkReplicaKey(check, `${at}.key`, replica, args);
  }
  checkKey(check, "key", args.key, args.region);
  if (args.maintenance !== undefined) {
    check.integer("maintenance.day", args.maintenance.day, { min: 1, max: 7, unit: "1 is Monday" });
    check.integer("maintenance.hour", args.maintenance.hour, { min: 0, max: 23, unit: "hour in UTC" });
  }
  for (const flag of Object.keys(args.flags ?? {})) {
    check.matches("flags", flag, /^[a-z][a-z0-9_.]*$/, "the name of a server setting in lower case");
  }

  if (args.databases.length === 0) check.refuse("databases", args.databases, "at least one database");
  for (const [index, database] of args.databases.entries()) {
    const at = `databases[${index}]`;
    check.childName(at, database, postgresIdentifier);
    if (reservedDatabase.test(database)) check.refuse(at, database, "a database of your own, this one exists already");
    if (args.databases.indexOf(database) !== index) check.refuse(at, database, "each database once");
  }
  const users = Object.entries(args.users);
  if (users.length === 0) check.refuse("users", {}, "at least one user");
  for (const [user, { rotation = 0, readers }] of users) {
    const at = `users.${user}`;
    check.childName("users", user, postgresIdentifier);
    if (dashed(user) === "") check.refuse(at, user, "a name with a letter or digit");
    check.childName(at, `${name}-${dashed(user)}`, secretName);
    check.distinct(at, "user", `${name}-${dashed(user)}`);
    for (const reader of Object.keys(readers ?? {}))
      check.distinct(`${at}.readers.${reader}`, "reader", `${name}-${dashed(user)}-${reader}`);
    if (reservedUser.test(user)) check.refuse("users", user, "a user of your own, this one is Cloud SQL's");
    checkMembers(check, `${at}.readers`, readers);
    check.integer(`${at}.rotation`, rotation, { min: 0, max: 1_000_000 });
  }
  checkLabels(check, labels);
  check.done();
}

/**
 * A key is in the region of its instance (description of `encryptionKeyName` in the provider), so a copy elsewhere needs one of its own.
 * That a copy in the same region has the instance's is *unverified*.
 */
function checkReplicaKey(
  check: ArgumentCheck,
  argument: string,
  replica: { readonly region?: string; readonly key?: Input<string> },
  { region, key }: PostgresArgs,
): void {
  const elsewhere = replica.region !== undefined && replica.region !== region;
  if (key !== undefined && elsewhere && replica.key === undefined)
    check.refuse(argument, replica.key, `a key in ${replica.region}, as the instance has one in ${region}`);
  if (replica.key !== undefined && (key === undefined || !elsewhere))
    check.refuse(argument, "a key", "none: a copy has what the instance has, unless it is in another region");
  else checkKey(check, argument, replica.key, replica.region);
}

/** Limits of machines: docs.cloud.google.com/sql/docs/postgres/instance-settings. */
function checkMachine(check: ArgumentCheck, machine: PostgresMachine, at = "machine"): void {
  if (machine.shared !== undefined) {
    check.oneOf(`${at}.shared`, machine.shared, ["db-f1-micro", "db-g1-small"]);
    return;
  }
  const { cpus, memoryGiB } = machine;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > 96 || (cpus > 1 && cpus % 2 === 1)) {
    check.refuse(`${at}.cpus`, cpus, "1 or an even number up to 96");
  } else if (
    memoryGiB * 4 !== Math.trunc(memoryGiB * 4) ||
    memoryGiB < Math.max(3.75, 0.9 * cpus) ||
    memoryGiB > 6.5 * cpus
  ) {
    const least = Math.ceil(Math.max(3.75, 0.9 * cpus) * 4) / 4;
    check.refuse(`${at}.memoryGiB`, memoryGiB, `a multiple of 0.25 from ${least} to ${6.5 * cpus} for ${cpus} CPUs`);
  }
}
