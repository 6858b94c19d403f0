// Refusals that the tests of single components leave out, and a check that none is left out: each argument that a component
// checks is seen refused by name in some test of it.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { Bucket } from "../../components/gcp/bucket.ts";
import { CloudRunJob } from "../../components/gcp/cloudRunJob.ts";
import { CloudRunService } from "../../components/gcp/cloudRunService.ts";
import { Dataset } from "../../components/gcp/dataset.ts";
import { Edge, type EdgeBackend } from "../../components/gcp/edge.ts";
import { GkeCluster, type GkeClusterArgs } from "../../components/gcp/gkeCluster.ts";
import { Network } from "../../components/gcp/network.ts";
import { Observability } from "../../components/gcp/observability.ts";
import { Postgres } from "../../components/gcp/postgres.ts";
import { Redis } from "../../components/gcp/redis.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { Topic } from "../../components/gcp/topic.ts";
import { Gateway } from "../../components/kubernetes/gateway.ts";
import { Namespace } from "../../components/kubernetes/namespace.ts";
import { Route } from "../../components/kubernetes/route.ts";
import { WebApplication } from "../../components/kubernetes/webApplication.ts";
import { Worker } from "../../components/kubernetes/worker.ts";
import { refusal } from "../support/mocks.ts";

const region = "europe-west1";
const long = "n".repeat(64);
const run = { project: "p", region, image: "registry.example.com/x:1.0" };
const pod = { namespace: "n", image: run.image, resources: { cpu: "1", memory: "1Gi" } };
const site: EdgeBackend = { hosts: ["b.example.com"], namespace: "b", service: "b", visitors: { members: {} } };
const cluster: GkeClusterArgs = {
  project: "p",
  location: { region },
  network: "n",
  subnet: "s",
  podsRange: "pods",
  servicesRange: "services",
  nodes: { mode: "autopilot" },
};
const database = { region, network: "n", machine: { shared: "db-f1-micro" }, availability: "zonal" } as const;
const subnets = { a: { region, cidr: "10.0.0.0/20" } };
const watched = {
  project: "p",
  mails: { a: "a@example.com" },
  watch: { a: { on: "site", host: "a.example.com" } },
} as const;
const budget = { billingAccount: "012345-6789AB-CDEF01", amount: 1, currency: "Euro" };
const health = { ready: "/", alive: "/" };

it.each<[string, () => unknown]>([
  [`name is "${long}"`, () => new Bucket(long, { location: "EU" })],
  [`name is "${long}"`, () => new CloudRunJob(long, run)],
  [`name is "${long}"`, () => new CloudRunService(long, run)],
  ["instances.min is -1", () => new CloudRunService("main", { ...run, instances: { min: -1, max: 1 } })],
  [
    'name is "a_b"',
    () =>
      new Dataset("a_b", { location: "EU", description: "d", tables: { t: { columns: { c: { type: "STRING" } } } } }),
  ],
  [
    'tables.t.clusterBy is ["a","b","c","d","e"]',
    () => {
      const columns = Object.fromEntries([..."abcde"].map((column) => [column, { type: "STRING" } as const]));
      return new Dataset("main", {
        location: "EU",
        description: "d",
        tables: { t: { columns, clusterBy: [..."abcde"] } },
      });
    },
  ],
  [
    "backends.b.visitors.members is {}",
    () => new Edge("main", { project: "p", zone: "z", domain: "example.com", namespace: "e", backends: { b: site } }),
  ],
  [
    `name is "${long}"`,
    () => new Edge(long, { project: "p", zone: "z", domain: "example.com", namespace: "e", backends: { b: site } }),
  ],
  [`name is "${long}"`, () => new GkeCluster(long, cluster)],
  [
    "maintenance.fromHour is 24",
    () => new GkeCluster("main", { ...cluster, maintenance: { days: ["SA", "SU"], fromHour: 24, hours: 8 } }),
  ],
  [
    'maintenance is {"days":["SU"],"fromHour":0,"hours":4}',
    () => new GkeCluster("main", { ...cluster, maintenance: { days: ["SU"], fromHour: 0, hours: 4 } }),
  ],
  [`name is "${long}-services"`, () => new Network(long, { subnets })],
  [
    'privateServices.onDestroy is "keep"',
    () => new Network("main", { subnets, privateServices: { onDestroy: "keep" as "delete" } }),
  ],
  [
    'watch.a.path is "x"',
    () => new Observability("main", { ...watched, watch: { a: { on: "site", host: "a.example.com", path: "x" } } }),
  ],
  ['budget.currency is "Euro"', () => new Observability("main", { ...watched, budget })],
  [`name is "${long}"`, () => new Postgres(long, { ...database, databases: ["app"], users: { app: {} } })],
  [`name is "${long}"`, () => new Redis(long, { region, network: "n", memoryGiB: 1, availability: "single" })],
  [
    'kubernetes[0].serviceAccount is "A"',
    () =>
      new ServiceAccount("main", {
        project: "p",
        description: "d",
        kubernetes: [{ namespace: "n", serviceAccount: "A" }],
      }),
  ],
  [
    "subscriptions.s.backoffSeconds.min is -1",
    () => new Topic("main", { project: "p", subscriptions: { s: { backoffSeconds: { min: -1, max: 1 } } } }),
  ],
  [`name is "goog-dead"`, () => new Topic("goog", { project: "p", subscriptions: { s: {} } })],
  [
    'routesFrom[0] is "A"',
    () =>
      new Gateway("main", {
        namespace: "n",
        gatewayClass: "x",
        hosts: ["a.example.com"],
        issuer: "i",
        routesFrom: ["A"],
      }),
  ],
  ['egress is "nowhere"', () => new Namespace("main", { egress: "nowhere" as "cluster" })],
  [
    'access.a.who.namespace is "A"',
    () => new Namespace("main", { access: { a: { may: "view", who: { serviceAccount: "a", namespace: "A" } } } }),
  ],
  [
    'headers.X is "a\\nb"',
    () =>
      new Route("main", {
        namespace: "n",
        gateway: { name: "g", namespace: "g" },
        hosts: ["a.example.com"],
        service: "s",
        port: 80,
        headers: { X: "a\nb" },
      }),
  ],
  ["replicas.min is 0", () => new WebApplication("main", { ...pod, replicas: { min: 0, max: 2 }, health })],
  [
    "scale.min is -1",
    () => new Worker("main", { ...pod, scale: { subscription: "s", messagesPerPod: 1, min: -1, max: 2 } }),
  ],
])("refuses: %s", async (message, build) => {
  expect(await refusal(build)).toContain(`${message}, expected `);
});

it("leaves no argument out: each that is checked is seen refused", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const tests = readdirSync(path.join(root, "test/components"))
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(path.join(root, "test/components", file), "utf8"));
  const unseen: string[] = [];
  for (const kind of ["gcp", "kubernetes", "random"]) {
    for (const file of readdirSync(path.join(root, "components", kind))) {
      const source = readFileSync(path.join(root, "components", kind, file), "utf8");
      if (!source.includes("extends ComponentResource")) continue;
      const about = tests.filter((text) => text.includes(`components/${kind}/${file}"`)).join("\n");
      const checks = source.matchAll(/check\.(?:integer|oneOf|matches|refuse|childName)\(\s*(["`])(.*?)\1/g);
      for (const [, , argument = ""] of checks) {
        // `${at}.cidr` is whatever stands before it; `zones[${index}]` is any of them.
        const form = argument
          .replace(/^\$\{at\}\.?/, "")
          .split(/\$\{.*?\}/)
          .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
          .join('[^"\\n]*?');
        if (!new RegExp(`${form} is `).test(about)) unseen.push(`${file}: ${argument}`);
      }
    }
  }
  expect(unseen).toEqual([]);
});
