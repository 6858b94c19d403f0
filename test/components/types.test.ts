// What must not compile: exclusive choices together, names nobody gave, outputs of the wrong kind. Checked by `npm run check`, which
// fails on an expectation that finds no error; nothing here runs.
import type { Output } from "@pulumi/pulumi";
import { expectTypeOf, it } from "vitest";
import type { ObjectHistory } from "../../components/gcp/bucket.ts";
import type { ClusterLocation, ClusterNodes, ControlPlaneAccess } from "../../components/gcp/gkeCluster.ts";
import type { FirewallIntent, Network } from "../../components/gcp/network.ts";
import type { Postgres, PostgresMachine } from "../../components/gcp/postgres.ts";
import type { Grant } from "../../components/gcp/serviceAccount.ts";
import type { Delivery, Topic } from "../../components/gcp/topic.ts";
import type { Replicas } from "../../components/kubernetes/webApplication.ts";

it("names outputs after what was asked for", () => {
  expectTypeOf<keyof Network<"nodes" | "proxies">["subnets"]>().toEqualTypeOf<"nodes" | "proxies">();
  expectTypeOf<Postgres<"app">["users"]["app"]["password"]>().toEqualTypeOf<Output<string>>();
  expectTypeOf<keyof Topic<"worker">["subscriptions"]>().toEqualTypeOf<"worker">();
});

it("refuses what excludes each other, and what belongs to another choice", () => {
  const refused: unknown[] = [
    // @ts-expect-error: a zone has no zones
    { zone: "europe-west1-b", zones: ["europe-west1-b"] } satisfies ClusterLocation,
    // @ts-expect-error: ranges are missing
    { from: "ranges" } satisfies ControlPlaneAccess,
    // @ts-expect-error: the network has no ranges
    { from: "network", ranges: {} } satisfies ControlPlaneAccess,
    // @ts-expect-error: Autopilot has no pools
    { mode: "autopilot", pools: {} } satisfies ClusterNodes,
    // @ts-expect-error: SSH needs tags
    { allow: "iap-ssh" } satisfies FirewallIntent,
    // @ts-expect-error: a shared core or a machine of one's own
    { shared: "db-f1-micro", cpus: 2, memoryGiB: 8 } satisfies PostgresMachine,
    // @ts-expect-error: versions or retention
    { versions: 3, days: 30, retainDays: 30 } satisfies ObjectHistory,
    // @ts-expect-error: a fixed number or a range
    { fixed: 2, min: 1, max: 3 } satisfies Replicas,
    // @ts-expect-error: memory is missing
    { cpus: 2 } satisfies PostgresMachine,
    // @ts-expect-error: no such shared core
    { shared: "db-f1-huge" } satisfies PostgresMachine,
    // @ts-expect-error: a push needs an identity
    { by: "push", endpoint: "https://example.com" } satisfies Delivery,
    // @ts-expect-error: a topic cannot be pulled
    { on: "topic", topic: "t", may: "pull" } satisfies Grant,
    // @ts-expect-error: versions need an age
    { versions: 3 } satisfies ObjectHistory,
    // @ts-expect-error: a maximum is missing
    { min: 3 } satisfies Replicas,
  ];
  expectTypeOf(refused).toBeArray();
});
