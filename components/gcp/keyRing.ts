// KeyRing: keys of Cloud KMS that rotate by themselves, each with those who may use it, and nobody else: people, and the
// services behind the components that are given a key (`key` of Bucket, ContainerRegistry, Dataset, GkeCluster, Postgres, Redis,
// Topic).
//
// What replaces a key, and makes what it encrypted unreadable unless the old one is kept: its name, `protection`,
// `destroyAfterDays`; and, with the whole ring, `location`. Google deletes neither rings nor keys, only key versions (descriptions
// of the provider): destroying this component destroys the versions, after `destroyAfterDays`.
import { CryptoKey } from "@pulumi/gcp/kms/cryptoKey.js";
import { CryptoKeyIAMMember } from "@pulumi/gcp/kms/cryptoKeyIAMMember.js";
import { KeyRing as KmsKeyRing } from "@pulumi/gcp/kms/keyRing.js";
import { all, ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kmsName } from "../names.ts";
import { type KeyService, keyServices, keyUser } from "./encryption.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkMembers } from "./members.ts";
import { keyRoles } from "./roles.ts";

const protections = { software: "SOFTWARE", hsm: "HSM" } as const;

export interface KeyArgs {
  /** Days after which a new version is made, 1 to 3650; 90 by default. Older versions still decrypt. */
  readonly rotationDays?: number;
  /** Where the key lives: `software` (default) or a hardware module. Changing it replaces the key. */
  readonly protection?: keyof typeof protections;
  /** Who may encrypt and decrypt, as IAM members; by name, to tell the grants apart. Nobody by default. */
  readonly users?: Readonly<Record<string, Input<string>>>;
  /**
   * Services of Google that encrypt with it in the provider's project: one for each component that is given the key. The secrets of
   * Postgres and Redis need `secretmanager` too. None by default.
   */
  readonly services?: readonly KeyService[];
}

export interface KeyRingArgs<Name extends string = string> {
  /** A region, or a multi-region such as `europe`: where the data is that the keys protect. Changing it replaces the ring. */
  readonly location: string;
  /** Keys by name; at least one. Taking one out destroys its versions. */
  readonly keys: Readonly<Record<Name, KeyArgs>>;
  /** Days in which the destruction of a version can be taken back, 1 to 120; 30 by default. Changing it replaces the keys. */
  readonly destroyAfterDays?: number;
  /** Labels of the keys, none by default; rings cannot have any. */
  readonly labels?: Labels;
}

const secondsPerDay = 86_400;

/** A ring of keys that rotate. */
export class KeyRing<Name extends string = string> extends ComponentResource {
  /** `projects/<project>/locations/<location>/keyRings/<name>`. */
  readonly keyRingId: Output<string>;
  /** Ids of the keys, known once their users may use them: `<ring>/cryptoKeys/<name>`. */
  readonly keys: Readonly<Record<Name, Output<string>>>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: KeyRingArgs<Name>, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { destroyAfterDays = 30, labels = {} } = args;

    super("tutti:gcp:KeyRing", name, {}, opts);
    const parent = { parent: this };
    const ring = new KmsKeyRing(name, { location: args.location }, parent);
    this.keyRingId = ring.id;
    const asked = new Set(Object.values<KeyArgs>(args.keys).flatMap(({ services = [] }) => services));
    const agents = new Map([...asked].map((service) => [service, keyUser(service, `${name}-${service}`, this)]));
    this.keys = Object.fromEntries(
      Object.entries<KeyArgs>(args.keys).map(([key, { services = [], ...rest }]) => {
        const { rotationDays = 90, protection = "software" } = rest;
        const users = {
          ...rest.users,
          ...Object.fromEntries(services.map((service) => [service, agents.get(service)!])),
        };
        const logical = `${name}-${key}`;
        const resource = new CryptoKey(
          logical,
          {
            keyRing: ring.id,
            purpose: "ENCRYPT_DECRYPT",
            rotationPeriod: `${rotationDays * secondsPerDay}s`,
            destroyScheduledDuration: `${destroyAfterDays * secondsPerDay}s`,
            versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: protections[protection] },
            labels,
          },
          parent,
        );
        const grants = Object.entries(users).map(
          ([user, member]) =>
            new CryptoKeyIAMMember(
              `${logical}-${user}`,
              { cryptoKeyId: resource.id, role: keyRoles.use, member },
              parent,
            ).id,
        );
        return [key, all([resource.id, ...grants]).apply(([id]) => id as string)];
      }),
    ) as Record<Name, Output<string>>;
    this.registerOutputs({ keyRingId: this.keyRingId, keys: this.keys });
  }
}

function checkArguments(name: string, args: KeyRingArgs): void {
  const check = new ArgumentCheck("KeyRing", name);
  check.childName("name", name, kmsName);
  check.matches("location", args.location, /^[a-z]+[a-z0-9-]*$/, 'a location such as "europe-west1" or "europe"');
  check.integer("destroyAfterDays", args.destroyAfterDays ?? 30, { min: 1, max: 120, unit: "days" });
  if (Object.keys(args.keys).length === 0) check.refuse("keys", {}, "at least one key");
  for (const [key, { rotationDays = 90, protection = "software", users, services = [] }] of Object.entries(args.keys)) {
    check.childName(`keys.${key}`, `${name}-${key}`, kmsName);
    check.integer(`keys.${key}.rotationDays`, rotationDays, { min: 1, max: 3650, unit: "days" });
    check.oneOf(`keys.${key}.protection`, protection, Object.keys(protections));
    checkMembers(check, `keys.${key}.users`, users);
    for (const user of [...services, ...Object.keys(users ?? {})])
      check.distinct(`keys.${key}.users.${user}`, "user", `${name}-${key}-${user}`);
    for (const [index, service] of services.entries()) {
      check.oneOf(`keys.${key}.services[${index}]`, service, Object.keys(keyServices));
      if (services.indexOf(service) !== index)
        check.refuse(`keys.${key}.services[${index}]`, service, "each service once");
    }
  }
  checkLabels(check, args.labels ?? {});
  check.done();
}
