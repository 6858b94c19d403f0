// What only shows among the children: two of one name, and what a component inside another refuses. Both are said by the component
// that was asked, before anything is registered; an engine would say the one in the midst of it, and the other in words nobody wrote.
import { describe, expect, it } from "vitest";
import { CloudRunJob } from "../../components/gcp/cloudRunJob.ts";
import { CloudRunService } from "../../components/gcp/cloudRunService.ts";
import { DnsZone } from "../../components/gcp/dnsZone.ts";
import { Edge, type EdgeArgs, type EdgeBackend } from "../../components/gcp/edge.ts";
import { KeyRing } from "../../components/gcp/keyRing.ts";
import { Observability } from "../../components/gcp/observability.ts";
import { Postgres, type PostgresArgs } from "../../components/gcp/postgres.ts";
import { type Grant, ServiceAccount, type ServiceAccountArgs } from "../../components/gcp/serviceAccount.ts";
import { Topic } from "../../components/gcp/topic.ts";
import { WebApplication, type WebApplicationArgs } from "../../components/kubernetes/webApplication.ts";
import { record, refusal } from "../support/mocks.ts";

const region = "europe-west1";
const one = "group:one@example.com";
const two = "group:two@example.com";
const run = { project: "p", region, image: "registry.example.com/x:1.0" };
const backend = (host: string): EdgeBackend => ({
  hosts: [`${host}.example.com`],
  namespace: host.replaceAll(".", "-"),
  service: host,
  visitors: "everybody",
});
const edge = (backends: EdgeArgs["backends"], more: Partial<EdgeArgs> = {}) =>
  new Edge("main", { project: "p", zone: "z", domain: "example.com", namespace: "edge", backends, ...more });
const database = (users: PostgresArgs["users"]) =>
  new Postgres("main", {
    region,
    network: "n",
    machine: { shared: "db-f1-micro" },
    availability: "zonal",
    databases: ["app"],
    users,
  });
const account = (args: Partial<ServiceAccountArgs>) =>
  new ServiceAccount("main", { project: "p", description: "d", ...args });
const application = (name: string, more: Partial<WebApplicationArgs> = {}) =>
  new WebApplication(name, {
    namespace: "n",
    image: run.image,
    resources: { cpu: "1", memory: "1Gi" },
    replicas: { fixed: 1 },
    health: { ready: "/", alive: "/" },
    ...more,
  });
const route = { gateway: { name: "g", namespace: "g" }, hosts: ["a.example.com"] };
const secret: Grant = { on: "secret", secret: "s", may: "read" };

describe("two children of one name", () => {
  it.each<[string, () => unknown]>([
    ["publishers.dead", () => new Topic("main", { project: "p", subscriptions: { a: {} }, publishers: { dead: one } })],
    [
      "subscriptions.a.subscribers.dead",
      () => new Topic("main", { project: "p", subscriptions: { a: { subscribers: { dead: one } } } }),
    ],
    [
      "subscriptions.a-b.subscribers.c",
      () =>
        new Topic("main", {
          project: "p",
          subscriptions: { a: { subscribers: { "b-c": one } }, "a-b": { subscribers: { c: two } } },
        }),
    ],
    [
      "keys.a-b.users.c",
      () =>
        new KeyRing("main", { location: region, keys: { a: { users: { "b-c": one } }, "a-b": { users: { c: two } } } }),
    ],
    ["users._app", () => database({ app: {}, _app: {} })],
    ["users.a_b.readers.c", () => database({ a: { readers: { "b-c": one } }, a_b: { readers: { c: two } } })],
    ["backends.b.hosts[0]", () => edge({ a: backend("api.v1"), b: backend("api-v1") })],
    ["backends.a-redirect", () => edge({ a: backend("a"), "a-redirect": backend("b") })],
    [
      "backends.a-b.visitors.members.c",
      () =>
        edge({
          a: { ...backend("a"), visitors: { members: { "b-c": one } } },
          "a-b": { ...backend("b"), visitors: { members: { c: two } } },
        }),
    ],
    ["roles[1]", () => account({ roles: ["roles/x.y", "projects/p/roles/x.y"] })],
    [
      "kubernetes[1]",
      () =>
        account({
          kubernetes: [
            { namespace: "a", serviceAccount: "b-c" },
            { namespace: "a-b", serviceAccount: "c" },
          ],
        }),
    ],
    ["actors.a-b", () => account({ kubernetes: [{ namespace: "a", serviceAccount: "b" }], actors: { "a-b": one } })],
    ["secrets.db_key", () => new CloudRunService("main", { ...run, secrets: { DB_KEY: "a", db_key: "b" } })],
    ["grants.env-a", () => new CloudRunJob("main", { ...run, secrets: { A: "a" }, grants: { "env-a": secret } })],
  ])("is refused: %s", async (argument, build) => {
    expect(await refusal(build)).toMatch(
      new RegExp(`${argument.replaceAll(/[[\].]/g, "\\$&")} is .*, expected a name of its own, `),
    );
  });

  it("is none where names only look alike", async () => {
    await record(() => edge({ a: backend("api.v1"), b: backend("api.v2") }).address);
    await record(() => database({ app_: {}, a_pp: {} }).host);
    await record(() => new Topic("main", { project: "p", subscriptions: { a: {} }, publishers: { a: one } }).name);
  });
});

describe("what a component inside another would refuse", () => {
  it.each<[string, () => unknown]>([
    ["backends.a.headers.X", () => edge({ a: { ...backend("a"), headers: { X: "a\nb" } } })],
    ["backends.A.name", () => edge({ A: backend("a") })],
    ["backends.a.namespace", () => edge({ a: { ...backend("a"), namespace: "A" } })],
    ["labels.team", () => edge({ a: backend("a") }, { labels: { team: "a-" } })],
    ["users.__", () => database({ __: {} })],
    ["name", () => application("n".repeat(46), { route })],
    [
      "grants.x.may",
      () => new CloudRunService("main", { ...run, grants: { x: { ...secret, may: "write" as "read" } } }),
    ],
    ["grants.x", () => new CloudRunJob("main", { ...run, secrets: { A: "s" }, grants: { x: secret } })],
    ["grants.y", () => new CloudRunJob("main", { ...run, grants: { x: secret, y: secret } })],
  ])("is refused by the one outside: %s", async (argument, build) => {
    expect(await refusal(build)).toMatch(new RegExp(`${argument.replaceAll(".", "\\.")} is .*, expected `));
  });

  it("is nothing more than that", async () => {
    await record(() => application("n".repeat(46)).url);
    await record(() => application("n".repeat(45), { route }).url);
  });
});

describe("records of a zone", () => {
  const zone = (records: ConstructorParameters<typeof DnsZone>[1]["records"], more = {}) =>
    refusal(() => new DnsZone("main", { domain: "example.com", ...(records && { records }), ...more }));
  it("has nothing beside a CNAME, and one record of authorities", async () => {
    const a = { name: "www", type: "A", values: ["192.0.2.1"] } as const;
    const cname = { name: "www", type: "CNAME", values: ["a.example.net."] } as const;
    expect(await zone({ a, cname })).toContain(
      'records.cname is "www CNAME", expected nothing else of a name that has a CNAME, records.a is there already',
    );
    expect(await zone({ cname, a })).toContain(
      'records.a is "www A", expected nothing else of a name that has a CNAME',
    );
    const caa = { name: "@", type: "CAA", values: ['0 issue "x.example"'] } as const;
    expect(await zone({ own: caa }, { certificateAuthorities: ["pki.goog"] })).toContain(
      'records.own is "@ CAA", expected one record of name and type, certificateAuthorities is it already',
    );
  });
});

it("refuses a budget whose name in the console would be too long", async () => {
  const budget = { billingAccount: "012345-6789AB-CDEF01", amount: 1, currency: "EUR" };
  const watch = { a: { on: "site", host: "a.example.com" } } as const;
  const built = (name: string) => () =>
    new Observability(name, { project: "p", mails: { a: "a@example.com" }, watch, budget });
  expect(await refusal(built("n".repeat(56)))).toContain(
    `budget is "${"n".repeat(56)} of p", expected 1 to 60 characters for the name of a budget`,
  );
  await record(() => built("n".repeat(55))().dashboard);
});
