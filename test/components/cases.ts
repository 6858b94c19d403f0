// Every component with arguments for all that it can make, and for each argument another value: what tests that look at all
// components alike are about (replaces.test.ts, rooms.test.ts).
import { type ComponentResource, output } from "@pulumi/pulumi";
import { Bucket } from "../../components/gcp/bucket.ts";
import { CloudRunJob } from "../../components/gcp/cloudRunJob.ts";
import { CloudRunService } from "../../components/gcp/cloudRunService.ts";
import { ContainerRegistry } from "../../components/gcp/containerRegistry.ts";
import { Dataset } from "../../components/gcp/dataset.ts";
import { DnsZone } from "../../components/gcp/dnsZone.ts";
import { Edge } from "../../components/gcp/edge.ts";
import { GkeCluster } from "../../components/gcp/gkeCluster.ts";
import { IdentityFederation } from "../../components/gcp/identityFederation.ts";
import { KeyRing } from "../../components/gcp/keyRing.ts";
import { Network } from "../../components/gcp/network.ts";
import { Observability } from "../../components/gcp/observability.ts";
import { Postgres } from "../../components/gcp/postgres.ts";
import { ProjectServices } from "../../components/gcp/projectServices.ts";
import { Redis } from "../../components/gcp/redis.ts";
import { Scheduler } from "../../components/gcp/scheduler.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { Topic } from "../../components/gcp/topic.ts";
import { Chart } from "../../components/kubernetes/chart.ts";
import { Gateway } from "../../components/kubernetes/gateway.ts";
import { Namespace } from "../../components/kubernetes/namespace.ts";
import { Route } from "../../components/kubernetes/route.ts";
import { ScheduledJob } from "../../components/kubernetes/scheduledJob.ts";
import { WebApplication } from "../../components/kubernetes/webApplication.ts";
import { Worker } from "../../components/kubernetes/worker.ts";
import { Credentials } from "../../components/random/credentials.ts";

export interface Case {
  readonly file: string;
  readonly component: string;
  readonly build: (args: object, name?: string) => ComponentResource;
  readonly base: object;
  /** By path: another value of the argument; undefined takes it out. Every argument has one at least. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** Further changes, of arguments that replace, which do not: their documentation says which. */
  readonly inPlace: Readonly<Record<string, unknown>>;
}

function of<Class extends new (name: string, args: never) => ComponentResource>(
  component: Class,
  kind: string,
  base: NonNullable<ConstructorParameters<Class>[1]>,
  changes: Readonly<Record<string, unknown>>,
  inPlace: Readonly<Record<string, unknown>> = {},
): Case {
  const { name } = component;
  return {
    file: `${kind}/${name.charAt(0).toLowerCase()}${name.slice(1)}.ts`,
    component: name,
    build: (args, name = "main") => new component(name, args as never),
    base,
    changes,
    inPlace,
  };
}

const labels = { team: "one" };
const key = "projects/acme/locations/europe-west1/keyRings/r/cryptoKeys/k";
const other = { team: "two" };
const group = (name: string) => `group:${name}@example.com`;
const container = {
  project: "acme",
  region: "europe-west1",
  image: "registry.example.com/a:1",
  config: { A: "1" },
  secrets: { B: "b" },
  labels,
};
const containerChanges = {
  project: "other",
  region: "europe-west4",
  image: "registry.example.com/a:2",
  cpus: 2,
  memoryMiB: 1024,
  "config.A": "2",
  "secrets.B": "c",
  grants: { all: { on: "topic", topic: "t", may: "publish" } },
  subnet: "projects/acme/regions/europe-west1/subnetworks/a",
  deletionProtection: false,
  labels: other,
};
const workload = {
  namespace: "apps",
  image: "registry.example.com/a:1",
  resources: { cpu: "100m", memory: "128Mi" },
  config: { A: "1" },
  secrets: { B: "b" },
  labels,
} as const;
const workloadChanges = {
  namespace: "other",
  image: "registry.example.com/a:2",
  "resources.cpu": "200m",
  user: 1000,
  "config.A": "2",
  "secrets.B": "c",
  googleIdentity: { by: "gke", email: "a@acme.iam.gserviceaccount.com" },
  labels: other,
};

export const cases: readonly Case[] = [
  of(
    Bucket,
    "gcp",
    {
      location: "EU",
      access: { a: { member: group("a"), may: "read" } },
      notify: { n: { topic: "projects/p/topics/a" } },
      labels,
    },
    {
      location: "US",
      storageClass: "NEARLINE",
      history: "none",
      softDeleteDays: 30,
      lifecycle: [{ afterDays: 1, action: "delete" }],
      key: key.replace("-west1", ""),
      onDestroy: "delete-objects",
      "access.a.may": "write",
      "notify.n.topic": "projects/p/topics/b",
      "notify.n.events": ["deleted"],
      "notify.n.prefix": "a/",
      labels: other,
    },
  ),
  of(
    CloudRunJob,
    "gcp",
    { ...container, schedule: { cron: "0 1 * * *" } },
    {
      ...containerChanges,
      arguments: ["a"],
      tasks: { count: 2, parallel: 2 },
      timeoutSeconds: 10,
      retries: 1,
      "schedule.cron": "0 2 * * *",
      runners: { a: group("a") },
    },
  ),
  of(CloudRunService, "gcp", container, {
    ...containerChanges,
    port: 9000,
    ready: "/ready",
    instances: { min: 1, max: 2 },
    concurrency: 5,
    timeoutSeconds: 10,
    ingress: "all",
    callers: { a: group("a") },
  }),
  of(
    ContainerRegistry,
    "gcp",
    { location: "europe-west1", description: "a", access: { a: { member: group("a"), may: "read" } }, labels },
    {
      location: "europe",
      description: "b",
      mutableTags: true,
      untaggedDays: 3,
      keepVersions: 3,
      key,
      "access.a.may": "write",
      labels: other,
    },
  ),
  of(
    Dataset,
    "gcp",
    {
      location: "EU",
      description: "a",
      tables: { t: { columns: { at: { type: "DATE" }, n: { type: "INT64" } }, partition: { column: "at" } } },
      access: { a: { member: group("a"), may: "read" } },
      labels,
    },
    {
      location: "US",
      description: "b",
      "tables.t.columns.n.type": "STRING",
      "tables.t.columns.n.description": "b",
      "tables.t.partition.keepDays": 3,
      "tables.t.partition": undefined,
      "tables.t.clusterBy": ["n"],
      key,
      "access.a.may": "write",
      deletionProtection: false,
      labels: other,
    },
  ),
  of(
    DnsZone,
    "gcp",
    { domain: "example.com", records: { w: { name: "www", type: "A", values: ["192.0.2.1"] } }, labels },
    {
      domain: "example.org",
      visibility: { networks: ["projects/acme/global/networks/a"] },
      "records.w.name": "web",
      "records.w.type": "TXT",
      "records.w.values": ["192.0.2.2"],
      "records.w.ttlSeconds": 60,
      certificateAuthorities: ["pki.goog"],
      labels: other,
    },
  ),
  of(
    Edge,
    "gcp",
    {
      project: "acme",
      zone: "zone",
      domain: "shop.example.com",
      namespace: "edge",
      backends: { web: { hosts: ["www.shop.example.com"], namespace: "web", service: "web", visitors: "everybody" } },
      labels,
    },
    {
      project: "other",
      zone: "zone2",
      domain: "example.com",
      namespace: "other",
      "backends.web.hosts": ["www.shop.example.com", "web.shop.example.com"],
      "backends.web.namespace": "other",
      "backends.web.service": "other",
      "backends.web.port": 8080,
      "backends.web.ready": "/ready",
      "backends.web.timeoutSeconds": 5,
      "backends.web.visitors": { members: { a: group("a") } },
      "backends.web.headers": { "X-A": "a" },
      "firewall.attacks": "watch",
      labels: other,
    },
  ),
  of(
    GkeCluster,
    "gcp",
    {
      project: "acme",
      location: { region: "europe-west1" },
      network: "projects/acme/global/networks/a",
      subnet: "projects/acme/regions/europe-west1/subnetworks/a",
      podsRange: "pods",
      servicesRange: "services",
      nodes: { mode: "pools", pools: { main: { machineType: "e2-standard-2", nodes: { min: 1, max: 2 } } } },
      labels,
    },
    {
      project: "other",
      location: { zone: "europe-west1-b" },
      network: "projects/acme/global/networks/b",
      subnet: "projects/acme/regions/europe-west1/subnetworks/b",
      podsRange: "pods2",
      servicesRange: "services2",
      controlPlane: { from: "network" },
      nodes: { mode: "autopilot" },
      "nodes.pools.main.machineType": "e2-standard-4",
      "nodes.pools.main.nodes": { min: 2, max: 4 },
      "nodes.pools.main.diskGiB": 100,
      "nodes.pools.main.spot": true,
      "nodes.pools.main.taints": [{ key: "a", value: "b", effect: "NO_SCHEDULE" }],
      key,
      releaseChannel: "rapid",
      maintenance: { days: ["SA", "SU"], fromHour: 1, hours: 6 },
      deletionProtection: false,
      labels: other,
    },
  ),
  of(
    IdentityFederation,
    "gcp",
    { project: "acme", trust: { by: "gitlab", projects: ["acme/a"] } },
    { project: "other", trust: { by: "github", repositories: ["acme/a"] } },
    { "trust.projects": ["acme/b"], "trust.refs": ["main"], "trust.address": "https://gitlab.example.com" },
  ),
  of(
    KeyRing,
    "gcp",
    { location: "europe-west1", keys: { one: { users: { a: group("a") } } }, labels },
    {
      location: "europe",
      "keys.one.rotationDays": 30,
      "keys.one.protection": "hsm",
      "keys.one.users": { b: group("b") },
      "keys.one.services": ["storage", "sqladmin"],
      destroyAfterDays: 7,
      labels: other,
    },
  ),
  of(
    Network,
    "gcp",
    {
      subnets: { a: { region: "europe-west1", cidr: "10.0.0.0/20", secondary: { pods: "10.4.0.0/14" } } },
      firewall: [{ allow: "iap-ssh", tags: ["ssh"] }],
      labels,
    },
    {
      "subnets.a.region": "europe-west4",
      "subnets.a.cidr": "10.8.0.0/20",
      "subnets.a.secondary": { pods: "10.4.0.0/14", services: "10.9.0.0/20" },
      "subnets.a.flowLogs": 0.5,
      egress: "none",
      natLog: "all",
      "privateServices.address": "10.64.0.0",
      "privateServices.prefixLength": 20,
      "privateServices.onDestroy": "abandon",
      firewall: [{ allow: "iap-ssh", tags: ["bastion"] }],
      labels: other,
    },
    { "subnets.a.cidr": "10.0.0.0/19" },
  ),
  of(
    Observability,
    "gcp",
    {
      project: "acme",
      mails: { a: "a@example.com" },
      pagers: { p: "key" },
      watch: {
        site: { on: "site", host: "www.example.com" },
        db: { on: "database", instance: "a" },
        queue: { on: "subscription", subscription: "a", waitMinutes: 5 },
      },
      budget: { billingAccount: "012345-6789AB-CDEF01", amount: 10, currency: "EUR" },
      labels,
    },
    {
      project: "other",
      "mails.a": "b@example.com",
      "pagers.p": "other",
      "watch.site.host": "web.example.com",
      "watch.site.path": "/ready",
      "watch.site.signIn": true,
      "watch.db.instance": "b",
      "watch.db.diskShare": 0.7,
      "watch.queue.subscription": "b",
      "watch.queue.waitMinutes": 6,
      "budget.billingAccount": "012345-6789AB-CDEF02",
      "budget.amount": 20,
      labels: other,
    },
  ),
  of(
    Postgres,
    "gcp",
    {
      region: "europe-west1",
      network: "projects/acme/global/networks/a",
      machine: { cpus: 2, memoryGiB: 8 },
      availability: "zonal",
      // Not known beforehand, so that another region is not refused for the key.
      replicas: { copy: { region: "europe-west4", key: output(key) } },
      key: output(key),
      databases: ["a"],
      users: { a: { readers: { a: group("a") } } },
      labels,
    },
    {
      region: "europe-west3",
      network: "projects/acme/global/networks/b",
      version: 18,
      machine: { cpus: 4, memoryGiB: 16 },
      availability: "regional",
      diskGiB: 100,
      diskLimitGiB: 200,
      backups: { keep: 3 },
      maintenance: { day: 1, hour: 1 },
      queryInsights: false,
      "replicas.copy.region": "europe-west3",
      "replicas.copy.machine": { cpus: 4, memoryGiB: 16 },
      key: `${key}2`,
      "replicas.copy.key": `${key.replace("west1", "west4")}2`,
      flags: { log_min_duration_statement: "500" },
      databases: ["a", "b"],
      "users.a.rotation": 1,
      "users.a.readers": { b: group("b") },
      deletionProtection: false,
      labels: other,
    },
  ),
  of(ProjectServices, "gcp", { project: "acme", services: ["run"] }, { project: "other", services: ["run", "dns"] }),
  of(
    Redis,
    "gcp",
    {
      region: "europe-west1",
      network: "projects/acme/global/networks/a",
      memoryGiB: 1,
      availability: "single",
      labels,
    },
    {
      region: "europe-west4",
      network: "projects/acme/global/networks/b",
      memoryGiB: 2,
      availability: "standby",
      version: "7.0",
      eviction: "noeviction",
      snapshots: 1,
      maintenance: { day: 1, hour: 1 },
      key,
      deletionProtection: false,
      readers: { a: group("a") },
      labels: other,
    },
  ),
  of(
    Scheduler,
    "gcp",
    {
      project: "acme",
      region: "europe-west1",
      services: { feed: { name: "feed", url: "https://feed.run.app" } },
      entries: {
        a: { schedule: { cron: "0 1 * * *" }, action: { do: "publish", topic: "t", message: "m" } },
        b: { schedule: { cron: "0 1 * * *" }, action: { do: "call", service: "feed" } },
      },
    },
    {
      project: "other",
      region: "europe-west4",
      "entries.a.schedule.cron": "0 2 * * *",
      "entries.a.action.message": "n",
      "entries.a.retries": 1,
      "services.feed.url": "https://other.run.app",
    },
  ),
  of(
    ServiceAccount,
    "gcp",
    { project: "acme", description: "a" },
    {
      project: "other",
      description: "b",
      roles: ["roles/logging.logWriter"],
      grants: { t: { on: "topic", topic: "t", may: "publish" } },
      kubernetes: [{ namespace: "a", serviceAccount: "b" }],
      actors: { a: group("a") },
    },
  ),
  of(
    Topic,
    "gcp",
    { project: "acme", subscriptions: { a: {} }, labels },
    {
      project: "other",
      "subscriptions.a.delivery": { by: "bigquery", table: "p.d.t" },
      "subscriptions.a.ackSeconds": 20,
      "subscriptions.a.keepHours": 20,
      "subscriptions.a.backoffSeconds": { min: 20, max: 30 },
      "subscriptions.a.deadLetterAfter": 20,
      "subscriptions.a.filter": 'attributes.a = "b"',
      "subscriptions.a.ordered": true,
      "subscriptions.a.subscribers": { a: group("a") },
      regions: ["europe-west1"],
      replayHours: 20,
      key,
      publishers: { a: group("a") },
      labels: other,
    },
  ),
  of(
    Chart,
    "kubernetes",
    { chart: { repository: "https://charts.example.com", name: "a" }, version: "1.0.0", labels },
    {
      chart: { registry: "oci://registry.example.com/a" },
      version: "1.0.1",
      values: { a: 1 },
      podSecurity: "restricted",
      timeoutSeconds: 60,
      labels: other,
    },
  ),
  of(
    Gateway,
    "kubernetes",
    {
      namespace: "edge",
      gatewayClass: "cilium",
      hosts: ["www.example.com"],
      issuer: "acme",
      routesFrom: ["web"],
      labels,
    },
    {
      namespace: "other",
      gatewayClass: "istio",
      hosts: ["web.example.com"],
      issuer: "other",
      routesFrom: ["shop"],
      labels: other,
    },
  ),
  of(
    Namespace,
    "kubernetes",
    {
      quota: { cpu: "1", memory: "1Gi", pods: 1 },
      defaults: { cpu: "1", memory: "1Gi" },
      access: { a: { may: "view", who: { user: "a@example.com" } } },
      labels,
    },
    {
      podSecurity: "baseline",
      egress: "cluster",
      "quota.cpu": "2",
      "defaults.cpu": "2",
      "access.a.may": "edit",
      "access.a.who": { user: "b@example.com" },
      labels: other,
    },
  ),
  of(
    Route,
    "kubernetes",
    {
      namespace: "web",
      gateway: { name: "edge", namespace: "edge" },
      hosts: ["www.example.com"],
      service: "web",
      port: 80,
      labels,
    },
    {
      namespace: "other",
      "gateway.name": "other",
      hosts: ["web.example.com"],
      service: "other",
      port: 81,
      headers: { "X-A": "a" },
      labels: other,
    },
  ),
  of(
    ScheduledJob,
    "kubernetes",
    { ...workload, schedule: { cron: "0 1 * * *" } },
    {
      ...workloadChanges,
      "schedule.cron": "0 2 * * *",
      arguments: ["a"],
      overlap: "replace",
      timeoutSeconds: 60,
      retries: 1,
    },
  ),
  of(
    WebApplication,
    "kubernetes",
    {
      ...workload,
      replicas: { min: 1, max: 2 },
      health: { ready: "/", alive: "/" },
      route: { gateway: { name: "edge", namespace: "edge" }, hosts: ["www.example.com"] },
    },
    {
      ...workloadChanges,
      port: 9000,
      replicas: { min: 2, max: 3 },
      "health.ready": "/ready",
      startSeconds: 5,
      stopSeconds: 20,
      spread: "required",
      callers: "anyone",
      "route.hosts": ["web.example.com"],
    },
  ),
  of(
    Worker,
    "kubernetes",
    { ...workload, scale: { subscription: "projects/a/subscriptions/b", messagesPerPod: 1, min: 0, max: 2 } },
    { ...workloadChanges, "scale.max": 3, arguments: ["a"], stopSeconds: 20 },
  ),
  of(
    Credentials,
    "random",
    { username: "a", rotation: 1 },
    { username: "b", length: 40, alphabet: "symbols", rotation: 2 },
  ),
];

/** The same arguments with one changed. */
export function changed(args: object, dotted: string, value: unknown): object {
  const [part = "", ...rest] = dotted.split(".");
  const next = { ...args } as Record<string, unknown>;
  if (rest.length > 0) next[part] = changed((next[part] ?? {}) as object, rest.join("."), value);
  else if (value === undefined) delete next[part];
  else next[part] = value;
  return next;
}
