// The reference platform: which stacks there are, and how its environments differ. They differ by these settings and by nothing
// else; what a setting means is said in the contract of its stack. `tutti graph` draws them.
//
//   foundation --> network --> data ----> web ----> edge --> observability
//                         `--> cluster --^--> platform --> images --^
//
// Between them stand tasks: migrate before web, smoke and checks after edge, seed after images (docs/tasks.md).
import { defineEnvironment, defineWorkspace, each, env } from "../automation/define.ts";
import { bootstrap } from "./bootstrap/contract.ts";
import { checks } from "./checks/contract.ts";
import { cluster } from "./cluster/contract.ts";
import { data } from "./data/contract.ts";
import { edge } from "./edge/contract.ts";
import { foundation } from "./foundation/contract.ts";
import { images } from "./images/contract.ts";
import { migrate } from "./migrate/contract.ts";
import { network } from "./network/contract.ts";
import { observability } from "./observability/contract.ts";
import { platform } from "./platform/contract.ts";
import { seed } from "./seed/contract.ts";
import { smoke } from "./smoke/contract.ts";
import { web } from "./web/contract.ts";

const region = "europe-west1";
const image = "us-docker.pkg.dev/google-samples/containers/gke/hello-app:2.0";
/** The program that looks at images, pushed to the registry of `foundation` by the CI. */
const classifier = (project: string) => `${region}-docker.pkg.dev/${project}/images/classifier:1.0.0`;
const repositories = ["acme/platform"];
const contact = "platform@example.com";

/** Ranges of one environment: each has a /12 of its own, so that any two can be connected. */
const ranges = (second: number) => ({
  nodes: `10.${second}.0.0/20`,
  pods: `10.${second + 4}.0.0/14`,
  services: `10.${second + 1}.0.0/20`,
  privateServices: `10.${second + 2}.0.0/16`,
});

/** What every stack of an environment needs to know about where it is. */
const local = { project: "sandbox", region };
const dev = { project: "tutti-platform-dev", region };
const staging = { project: "tutti-platform-staging", region };
const prod = { project: "tutti-platform-prod", region };
const onprem = { project: "tutti-platform-onprem", region };

/** State and keys of the real environments: said by whoever runs them, as no two companies have the same. */
const real = {
  cloud: "real",
  backend: env("TUTTI_STATE_URL"),
  secretsProvider: env("TUTTI_SECRETS_PROVIDER"),
  except: [bootstrap],
} as const;

/** What `tutti doctor -e` looks for before a first run: the rest is turned on by `foundation`. CPUs: of the biggest cluster. */
const google = ({ project, region }: { project: string; region: string }, cpus: number) => ({
  project,
  region,
  apis: ["cloudkms", "cloudresourcemanager", "compute", "iam", "serviceusage", "storage"],
  quotas: { CPUS: cpus },
});

/** People of the company only: before prod, nobody else has anything to look for. */
const staff = { kind: "google", visitors: { members: { staff: "group:staff@example.com" } } } as const;

/** Strangers are sent to sign in, by an answer of Google's that has none of our headers (unverified: the last part). */
const signInFirst = { smoke: { status: 302 }, checks: { headers: {} } } as const;

export default defineWorkspace({
  stacks: [
    bootstrap,
    foundation,
    network,
    data,
    cluster,
    platform,
    web,
    edge,
    images,
    observability,
    migrate,
    smoke,
    checks,
    seed,
  ],
  environments: {
    // On any machine, without an account: nothing real is changed.
    local: defineEnvironment({
      cloud: "sandbox",
      except: [bootstrap],
      settings: {
        foundation: { ...local, domain: "local.example.com", repositories },
        network: { ...local, ranges: ranges(0) },
        data: {
          ...local,
          database: { availability: "zonal", machine: { shared: "db-f1-micro" }, backups: 0 },
          cache: {},
          bucketLocation: region,
        },
        cluster: {
          ...local,
          cluster: { kind: "gke", zone: `${region}-b`, nodes: { machineType: "e2-standard-2", min: 1, max: 3 } },
        },
        platform: { ...local, contact },
        web: { ...local, image, replicas: { min: 1, max: 3 } },
        edge: { ...local, domain: "local.example.com", entry: staff },
        images: { ...local, image: classifier(local.project), workers: { messagesPerPod: 100, min: 0, max: 2 } },
        observability: { ...local, domain: "local.example.com", signIn: true, mails: { platform: contact } },
      },
    }),
    // Cheap, and of one zone: an hour without it costs nobody anything.
    dev: defineEnvironment({
      ...real,
      google: google(dev, 8),
      settings: {
        foundation: { ...dev, domain: "dev.example.com", repositories },
        network: { ...dev, ranges: ranges(16) },
        data: {
          ...dev,
          database: { availability: "zonal", machine: { shared: "db-g1-small" }, backups: 3 },
          cache: {},
          bucketLocation: region,
        },
        cluster: {
          ...dev,
          cluster: {
            kind: "gke",
            zone: `${region}-b`,
            nodes: { machineType: "e2-standard-2", min: 1, max: 4, spot: true },
          },
        },
        platform: { ...dev, contact },
        web: { ...dev, image, replicas: { min: 1, max: 4 } },
        edge: { ...dev, domain: "dev.example.com", entry: staff },
        images: { ...dev, image: classifier(dev.project), workers: { messagesPerPod: 500, min: 0, max: 10 } },
        ...signInFirst,
        observability: { ...dev, domain: "dev.example.com", signIn: true, mails: { platform: contact } },
      },
    }),
    // As prod, smaller: what breaks there breaks here first.
    staging: defineEnvironment({
      ...real,
      google: google(staging, 36),
      guards: { maxDeletes: 10 },
      settings: {
        foundation: { ...staging, domain: "staging.example.com", repositories },
        network: { ...staging, ranges: ranges(32), flowLogs: 0.1 },
        data: {
          ...staging,
          database: { availability: "regional", machine: { cpus: 1, memoryGiB: 3.75 }, diskGiB: 20, backups: 7 },
          cache: { availability: "standby" },
          bucketLocation: region,
        },
        cluster: { ...staging, cluster: { kind: "gke", nodes: { machineType: "e2-standard-2", min: 3, max: 6 } } },
        platform: { ...staging, contact },
        web: { ...staging, image, replicas: { min: 3, max: 6 }, spread: "required" },
        edge: { ...staging, domain: "staging.example.com", entry: staff },
        images: { ...staging, image: classifier(staging.project), workers: { messagesPerPod: 500, min: 0, max: 20 } },
        ...signInFirst,
        observability: { ...staging, domain: "staging.example.com", signIn: true, mails: { platform: contact } },
      },
    }),
    // Survives the loss of a zone, and nothing in it is deleted by accident.
    prod: defineEnvironment({
      ...real,
      google: google(prod, 320),
      guards: { maxDeletes: 0, maxReplaces: 0 },
      settings: {
        foundation: { ...prod, domain: "example.com", repositories, protect: true },
        network: { ...prod, ranges: ranges(48), flowLogs: 0.5, protect: true },
        data: {
          ...prod,
          database: { availability: "regional", machine: { cpus: 4, memoryGiB: 16 }, diskGiB: 100, backups: 30 },
          cache: { memoryGiB: 5, availability: "standby" },
          bucketLocation: "EU",
          protect: true,
        },
        cluster: {
          ...prod,
          cluster: {
            kind: "gke",
            // All workers of `images` at once, three on a node, beside what else there is.
            nodes: { machineType: "e2-standard-4", min: 3, max: 80 },
            releaseChannel: "stable",
          },
          protect: true,
        },
        platform: { ...prod, contact },
        web: {
          ...prod,
          image,
          replicas: { min: 6, max: 30 },
          resources: { cpu: "250m", memory: "256Mi" },
          spread: "required",
        },
        edge: { ...prod, domain: "example.com", entry: { kind: "google", visitors: "everybody" } },
        images: {
          ...prod,
          image: classifier(prod.project),
          workers: { messagesPerPod: 1000, min: 0, max: 200 },
          resources: { cpu: "1", memory: "1Gi" },
          protect: true,
        },
        observability: {
          ...prod,
          domain: "example.com",
          mails: { platform: contact, "on-call": "on-call@example.com" },
          budget: { billingAccount: "012345-6789AB-CDEF01", amount: 10_000, currency: "EUR" },
        },
      },
    }),
    // Before everything else, and by a person: where the others keep their states, and as whom the CI runs them. One instance a
    // project. Its own state begins in a folder and is moved (docs/first-cloud.md).
    bootstrap: defineEnvironment({
      cloud: "real",
      backend: env("TUTTI_BOOTSTRAP_URL"),
      passphrase: env("TUTTI_BOOTSTRAP_PASSPHRASE"),
      only: [bootstrap],
      guards: { maxDeletes: 0, maxReplaces: 0 },
      settings: {
        bootstrap: each(["dev", "staging", "prod", "onprem"], (name) => ({
          project: `tutti-platform-${name}`,
          region,
          repositories,
        })),
      },
    }),
    // The cluster is in our own data centre, and so is the way in; databases, files and names are Google's, over a private line.
    onprem: defineEnvironment({
      ...real,
      google: google(onprem, 0),
      guards: { maxDeletes: 0, maxReplaces: 0 },
      settings: {
        foundation: { ...onprem, domain: "onprem.example.com", repositories, protect: true },
        network: { ...onprem, ranges: ranges(64), protect: true },
        data: {
          ...onprem,
          database: { availability: "regional", machine: { cpus: 2, memoryGiB: 8 }, diskGiB: 50, backups: 30 },
          cache: { availability: "standby" },
          bucketLocation: region,
          protect: true,
        },
        cluster: {
          ...onprem,
          cluster: {
            kind: "existing",
            endpoint: "k8s.onprem.example.com:6443",
            credentials: {
              command: "kubectl-oidc_login",
              args: ["get-token", "--oidc-issuer-url=https://login.example.com", "--oidc-client-id=kubernetes"],
              installHint: "install it with: kubectl krew install oidc-login",
            },
            issuer: "https://k8s-oidc.onprem.example.com",
          },
          protect: true,
        },
        platform: { ...onprem, pods: "federated", contact },
        web: { ...onprem, pods: "federated", image, replicas: { min: 3, max: 9 }, spread: "required" },
        edge: {
          ...onprem,
          domain: "onprem.example.com",
          entry: { kind: "cluster", gatewayClass: "cilium", addresses: ["192.0.2.10"] },
        },
        images: {
          ...onprem,
          pods: "federated",
          image: classifier(onprem.project),
          workers: { fixed: 4 },
          protect: true,
        },
        observability: { ...onprem, domain: "onprem.example.com", mails: { platform: contact } },
      },
    }),
  },
});
