// What a service and a job of Cloud Run have in common: the one container they run, as whom, and what it is given. Checked here, and
// turned into the provider's inputs.
import type { Input } from "@pulumi/pulumi";
import type { ArgumentCheck } from "../arguments.ts";
import { checkImage } from "../image.ts";
import { checkEnvironment } from "../kubernetes/environment.ts";
import { checkGrants, type Grant } from "./serviceAccount.ts";

export interface CloudRunContainerArgs {
  /** Project of the service or job and of its identity. Changing it replaces both. */
  readonly project: Input<string>;
  /** `europe-west1`. Changing it replaces the service or job. */
  readonly region: string;
  /** Image with a tag other than `latest`, or better with a digest. */
  readonly image: Input<string>;
  /** CPUs of one instance: 1, 2, 4 or 8; 1 by default. */
  readonly cpus?: 1 | 2 | 4 | 8;
  /**
   * MiB of one instance; 512 by default. Up to 4096 with one CPU, 8192 with two, 2048 to 16384 with four, 4096 to 32768 with eight;
   * 128 at least, of a job 512. Files it writes count too.
   */
  readonly memoryMiB?: number;
  /** Environment variables that anybody may see. */
  readonly config?: Readonly<Record<string, Input<string>>>;
  /** Environment variables from Secret Manager: names of secrets, whose latest version is read when an instance starts. */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  /** What its identity may do with single resources (see ServiceAccount); reading `secrets` is granted by itself. */
  readonly grants?: Readonly<Record<string, Grant>>;
  /** A subnet (`Network.subnets[...].id`) through which it reaches private addresses; none by default. */
  readonly subnet?: Input<string>;
}

/** Grants of the identity: those asked for, and reading each secret. */
export function grantsOf({ grants = {}, secrets = {} }: CloudRunContainerArgs): Readonly<Record<string, Grant>> {
  const read = Object.entries(secrets).map(([variable, secret]): [string, Grant] => [
    grantName(variable),
    { on: "secret", secret, may: "read" },
  ]);
  return { ...Object.fromEntries(read), ...grants };
}

function grantName(variable: string): string {
  return `env-${variable.toLowerCase().replaceAll("_", "-")}`;
}

/** The container in the form that both types take. */
export function containerOf(args: CloudRunContainerArgs) {
  const { image, cpus = 1, memoryMiB = 512, config = {}, secrets = {} } = args;
  return {
    image,
    resources: { limits: { cpu: String(cpus), memory: `${memoryMiB}Mi` } },
    envs: [
      ...Object.entries(config).map(([name, value]) => ({ name, value })),
      ...Object.entries(secrets).map(([name, secret]) => ({
        name,
        valueSource: { secretKeyRef: { secret, version: "latest" } },
      })),
    ],
  };
}

/** Private addresses only: what goes to the internet keeps its own way out. */
export function networkOf({ subnet }: CloudRunContainerArgs) {
  return subnet === undefined
    ? {}
    : { vpcAccess: { egress: "PRIVATE_RANGES_ONLY", networkInterfaces: [{ subnetwork: subnet }] } };
}

/** By CPUs, in MiB: docs.cloud.google.com/run/docs/configuring/services/cpu and memory-limits. */
const memories = { 1: [128, 4096], 2: [128, 8192], 4: [2048, 16_384], 8: [4096, 32_768] } as const;
/** Of a job, which runs in the second generation of environments (docs.cloud.google.com/run/docs/configuring/jobs/memory-limits). */
const leastOfJob = 512;

/** docs.cloud.google.com/run/docs/container-contract#env-vars */
const reserved = {
  service: ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"],
  job: ["JOB", "EXECUTION", "TASK_INDEX", "TASK_ATTEMPT", "TASK_COUNT"].map((what) => `CLOUD_RUN_${what}`),
};

export function checkContainer(check: ArgumentCheck, of: "service" | "job", args: CloudRunContainerArgs): void {
  const { image, cpus = 1, memoryMiB = 512, config = {}, secrets = {}, grants = {} } = args;
  checkImage(check, "image", image);
  check.oneOf("cpus", cpus, [1, 2, 4, 8]);
  const [least, max] = memories[cpus] ?? memories[1];
  check.integer("memoryMiB", memoryMiB, { min: of === "job" ? Math.max(least, leastOfJob) : least, max, unit: "MiB" });
  checkEnvironment(check, { config, secrets });
  const variables = Object.keys(secrets);
  for (const [index, variable] of variables.entries()) {
    const same = variables.slice(0, index).find((other) => secrets[other] === secrets[variable]);
    if (same !== undefined) check.refuse("secrets", variable, `a secret of its own, ${same} has this one`);
    check.distinct(`secrets.${variable}`, "grant", grantName(variable));
  }
  checkGrants(check, grants);
  for (const [key, grant] of Object.entries(grants)) {
    check.distinct(`grants.${key}`, "grant", key);
    const reader = variables.find((variable) => grant.on === "secret" && secrets[variable] === grant.secret);
    if (reader !== undefined)
      check.refuse(`grants.${key}`, grant.may, `no grant for what secrets.${reader} reads anyhow`);
  }
  for (const variable of reserved[of]) {
    if (Object.hasOwn(config, variable))
      check.refuse("config", variable, "a variable of your own, this one is Cloud Run's");
    if (Object.hasOwn(secrets, variable))
      check.refuse("secrets", variable, "a variable of your own, this one is Cloud Run's");
  }
}
