// Wherever a component takes IAM members, an address without its kind is refused, and so is everybody unless a site is meant.
import { output } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Bucket } from "../../components/gcp/bucket.ts";
import { CloudRunJob } from "../../components/gcp/cloudRunJob.ts";
import { CloudRunService } from "../../components/gcp/cloudRunService.ts";
import { ContainerRegistry } from "../../components/gcp/containerRegistry.ts";
import { Dataset } from "../../components/gcp/dataset.ts";
import { Edge } from "../../components/gcp/edge.ts";
import { KeyRing } from "../../components/gcp/keyRing.ts";
import { Postgres } from "../../components/gcp/postgres.ts";
import { Redis } from "../../components/gcp/redis.ts";
import { type Grant, ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { Topic } from "../../components/gcp/topic.ts";
import { record, refusal } from "../support/mocks.ts";

const region = "europe-west1";
const run = { project: "p", region, image: "registry.example.com/x:1.0" };
/** Builds each component with one member, and says by which argument. */
const places: readonly (readonly [argument: string, build: (member: string) => unknown])[] = [
  ["access.x.member", (member) => new Bucket("main", { location: "EU", access: { x: { member, may: "read" } } })],
  [
    "access.x.member",
    (member) =>
      new ContainerRegistry("main", { location: "europe", description: "d", access: { x: { member, may: "read" } } }),
  ],
  [
    "access.x.member",
    (member) =>
      new Dataset("main", {
        location: "EU",
        description: "d",
        tables: { t: { columns: { c: { type: "STRING" } } } },
        access: { x: { member, may: "read" } },
      }),
  ],
  ["keys.k.users.x", (member) => new KeyRing("main", { location: region, keys: { k: { users: { x: member } } } })],
  [
    "users.app.readers.x",
    (member) =>
      new Postgres("main", {
        region,
        network: "n",
        machine: { shared: "db-f1-micro" },
        availability: "zonal",
        databases: ["app"],
        users: { app: { readers: { x: member } } },
      }),
  ],
  [
    "readers.x",
    (member) =>
      new Redis("main", { region, network: "n", memoryGiB: 1, availability: "single", readers: { x: member } }),
  ],
  [
    "publishers.x",
    (member) => new Topic("main", { project: "p", subscriptions: { s: {} }, publishers: { x: member } }),
  ],
  [
    "subscriptions.s.subscribers.x",
    (member) => new Topic("main", { project: "p", subscriptions: { s: { subscribers: { x: member } } } }),
  ],
  ["callers.x", (member) => new CloudRunService("main", { ...run, callers: { x: member } })],
  ["runners.x", (member) => new CloudRunJob("main", { ...run, runners: { x: member } })],
  ["actors.x", (member) => new ServiceAccount("main", { project: "p", description: "d", actors: { x: member } })],
  [
    "backends.b.visitors.members.x",
    (member) =>
      new Edge("main", {
        project: "p",
        zone: "z",
        domain: "example.com",
        namespace: "edge",
        backends: {
          b: { hosts: ["b.example.com"], namespace: "b", service: "b", visitors: { members: { x: member } } },
        },
      }),
  ],
];

it("refuses a member twice, whose grants would be one in the cloud", async () => {
  const member = "group:staff@example.com";
  const twice = { a: member, b: member };
  expect(await refusal(() => new CloudRunService("main", { ...run, callers: twice }))).toContain(
    `callers.b is "${member}", expected each member once, callers.a is it already`,
  );
  const late = output(member);
  expect(await refusal(() => new CloudRunJob("main", { ...run, runners: { a: late, b: late } }))).toContain(
    'runners.b is "an output", expected each member once',
  );
  const access = { a: { member, may: "read" }, b: { member, may: "read" } } as const;
  expect(await refusal(() => new Bucket("main", { location: "EU", access }))).toContain("access.b.member is");
  // Another right of the same member is another grant.
  const rights = { ...access, b: { member, may: "write" } } as const;
  const { all } = await record(() => new Bucket("main", { location: "EU", access: rights }).name);
  expect(all("gcp:storage/bucketIAMMember:BucketIAMMember")).toHaveLength(2);
});

it("refuses a topic that is told twice, and a secret that two variables have", async () => {
  const topic = "projects/p/topics/t";
  const notify = { a: { topic, prefix: "a/" }, b: { topic, prefix: "b/" } };
  expect(await refusal(() => new Bucket("main", { location: "EU", notify }))).toContain(
    `notify.b.topic is "${topic}", expected each topic once, notify.a is told already`,
  );
  expect(await refusal(() => new CloudRunJob("main", { ...run, secrets: { A: "s", B: "s" } }))).toContain(
    'secrets is "B", expected a secret of its own, A has this one',
  );
});

it("refuses a right that an account is granted twice", async () => {
  const account = (b: Grant) => () =>
    new ServiceAccount("main", {
      project: "p",
      description: "d",
      grants: { a: { on: "topic", topic: "t", may: "publish" }, b },
    });
  expect(await refusal(account({ on: "topic", topic: "t", may: "publish" }))).toContain(
    'grants.b is "publish", expected each right once, grants.a is it already',
  );
  await record(() => account({ on: "topic", topic: "u", may: "publish" })().email);
});

it("lets one member into several sites by a grant for each, which holds for its hosts only", async () => {
  const staff = "group:staff@example.com";
  const site = (host: string) => ({
    hosts: [`${host}.example.com`],
    namespace: host,
    service: host,
    visitors: { members: { staff } },
  });
  const backends = { a: site("a"), b: site("b") };
  const { all } = await record(
    () => new Edge("main", { project: "p", zone: "z", domain: "example.com", namespace: "edge", backends }).address,
  );
  const granted = all("gcp:iap/webIamMember:WebIamMember").map(({ name, inputs }) => [name, inputs["condition"]]);
  expect(Object.fromEntries(granted)).toEqual({
    "main-a-staff": { title: "main-a", expression: 'request.host == "a.example.com"' },
    "main-b-staff": { title: "main-b", expression: 'request.host == "b.example.com"' },
  });
});

describe.each(places)("%s", (argument, build) => {
  it("refuses an address without its kind, and everybody", async () => {
    expect(await refusal(() => build("staff@example.com"))).toContain(
      `${argument} is "staff@example.com", expected a member such as "group:staff@example.com"`,
    );
    if (argument !== "callers.x")
      expect(await refusal(() => build("allUsers"))).toContain(`${argument} is "allUsers", expected a member`);
  });
});

it("lets everybody call a service when that is said", async () => {
  const { one } = await record(() => new CloudRunService("main", { ...run, callers: { x: "allUsers" } }).name);
  expect(one("gcp:cloudrunv2/serviceIamMember:ServiceIamMember").inputs["member"]).toBe("allUsers");
});
