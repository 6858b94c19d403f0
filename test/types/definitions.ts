// What must not compile does not, what should does. tsc reads this file with everything else (`npm run check`), and
// types.test.ts does in the suite: a line that stops being an error is an error.
import type { Output } from "@pulumi/pulumi";
import * as z from "zod";
import {
  type AnyContract,
  type Context,
  defineEnvironment,
  defineProject,
  defineStack,
  defineTask,
  defineWorkspace,
  each,
  env,
  githubIssues,
  type Reads,
  type SettingsOf,
  secret,
  serviceNow,
  ticket,
  type Workspace,
  type Writes,
  webhook,
} from "../../automation/define.ts";
import { program } from "../../automation/program.ts";
import type { Secret } from "../../automation/secret.ts";
import { task, testTask } from "../../automation/task.ts";

const load = () => Promise.resolve({});
declare const text: Output<string>;
declare const flag: Output<boolean>;

const dns = defineStack({ name: "dns", outputs: { zone: z.string() }, program: load });
const network = defineStack({
  name: "network",
  settings: z.object({ cidr: z.string().default("10.0.0.0/8"), zones: z.array(z.string()).optional() }),
  outputs: {
    networkId: z.string(),
    subnets: z.array(z.object({ cidr: z.string(), open: z.boolean(), zone: z.string().optional() })),
  },
  program: load,
});
const cluster = defineStack({
  name: "cluster",
  needs: { network, dns: dns.in("shared"), everywhere: dns.in("shared").all },
  after: [network, dns.all],
  settings: z.object({ size: z.enum(["small", "large"]).default("small") }),
  outputs: { endpoint: z.string(), ca: secret(z.string()), nodes: z.number().optional() },
  tags: ["compute"],
  program: load,
});
const web = defineStack({
  name: "web",
  needs: { clusters: cluster.all },
  settings: z.object({
    region: z.string(),
    replicas: z.number(),
    mode: z.enum(["blue", "green"]).optional(),
    probe: z.object({ path: z.string(), seconds: z.number().default(5) }).optional(),
    hosts: z.array(z.string()).default([]),
  }),
  program: load,
});

// ---- Workspaces that are right

const stacks = [dns, network, cluster, web] as const;
const good = { region: "eu", replicas: 2 } as const;
export const workspace = defineWorkspace({
  stacks: [dns, network, cluster, web],
  environments: {
    shared: defineEnvironment({ cloud: "sandbox", only: [dns] }),
    local: defineEnvironment({ cloud: "sandbox", settings: { web: { ...good, hosts: ["a"], probe: { path: "/" } } } }),
    slim: defineEnvironment({ cloud: "sandbox", except: [web] }),
    prod: defineEnvironment({
      cloud: "real",
      backend: env("STATE_URL"),
      secretsProvider: env("KMS_KEY"),
      guards: { maxDeletes: 0, maxReplaces: 0 },
      settings: {
        cluster: { size: "large" },
        network: { zones: ["a", "b"] },
        web: each(["eu", "us"], (region) => ({ region, replicas: 6, mode: "blue" })),
      },
    }),
  },
});

/** Environments may be made elsewhere, and then brought together. */
const apart = defineEnvironment({ cloud: "sandbox", settings: { web: { region: "x", replicas: 1, mode: "green" } } });
export const together = defineWorkspace({ stacks, environments: { apart } });

const settings: SettingsOf<typeof web> = { region: "eu", replicas: 1 };
void settings;

// ---- Workspaces that are not

// @ts-expect-error web's required settings are missing
defineWorkspace({ stacks, environments: { a: defineEnvironment({ cloud: "sandbox" }) } });

defineWorkspace({
  stacks,
  environments: {
    // @ts-expect-error replicas is missing
    a: defineEnvironment({ cloud: "sandbox", settings: { web: { region: "eu" } } }),
    // @ts-expect-error replicas is no number
    b: defineEnvironment({ cloud: "sandbox", settings: { web: { region: "eu", replicas: "2" } } }),
    // @ts-expect-error there is no such size
    c: defineEnvironment({ cloud: "sandbox", settings: { web: good, cluster: { size: "huge" } } }),
    // @ts-expect-error no setting is named sise
    d: defineEnvironment({ cloud: "sandbox", settings: { web: good, cluster: { sise: "large" } } }),
    // @ts-expect-error no setting of the probe is named second
    e: defineEnvironment({ cloud: "sandbox", settings: { web: { ...good, probe: { path: "/", second: 1 } } } }),
    // @ts-expect-error no stack is named clutser
    f: defineEnvironment({ cloud: "sandbox", settings: { web: good, clutser: {} } }),
    // @ts-expect-error an instance lacks replicas
    g: defineEnvironment({ cloud: "sandbox", settings: { web: each(["eu"], (region) => ({ region })) } }),
    // @ts-expect-error instances without settings lack what is required
    n: defineEnvironment({ cloud: "sandbox", settings: { web: each(["eu"]) } }),
    // @ts-expect-error an instance has a wrong mode
    h: defineEnvironment({ cloud: "sandbox", settings: { web: each(["eu"], () => ({ ...good, mode: "red" })) } }),
    // @ts-expect-error an instance has a setting too many
    i: defineEnvironment({ cloud: "sandbox", settings: { web: each(["eu"], () => ({ ...good, regoin: "eu" })) } }),
    // @ts-expect-error the environment does not have web
    j: defineEnvironment({ cloud: "sandbox", except: [web], settings: { web: good } }),
    // @ts-expect-error the environment has nothing but dns
    k: defineEnvironment({ cloud: "sandbox", only: [dns], settings: { network: {} } }),
    // @ts-expect-error an environment variable is no setting
    l: defineEnvironment({ cloud: "sandbox", settings: { web: { region: env("REGION"), replicas: 1 } } }),
  },
});

// @ts-expect-error not made by defineEnvironment
defineWorkspace({ stacks: [dns], environments: { a: { cloud: "sandbox" } } });
// @ts-expect-error no key is named environment
defineWorkspace({ stacks: [dns], environments: {}, environment: {} });
// @ts-expect-error not made by defineStack
defineWorkspace({ stacks: [{ name: "dns" }], environments: {} });

// ---- Environments

// @ts-expect-error there is no default cloud
defineEnvironment({});
// @ts-expect-error no such cloud
defineEnvironment({ cloud: "test" });
// @ts-expect-error a real cloud needs a backend
defineEnvironment({ cloud: "real" });
// @ts-expect-error a sandbox has its own backend
defineEnvironment({ cloud: "sandbox", backend: "file:///x" });
// @ts-expect-error no key is named setings
defineEnvironment({ cloud: "sandbox", setings: {} });
// @ts-expect-error no guard is named maxDelete
defineEnvironment({ cloud: "sandbox", guards: { maxDelete: 1 } });
defineEnvironment({ cloud: "sandbox", timeout: "90s", retry: { attempts: 3, on: ["rate-limit"], delay: "1.5s" } });
// @ts-expect-error a duration has a unit
defineEnvironment({ cloud: "sandbox", timeout: "90" });
// @ts-expect-error how often is not left to be guessed
defineEnvironment({ cloud: "sandbox", retry: { on: ["network"] } });
// @ts-expect-error no kind of failure is named weather
defineEnvironment({ cloud: "sandbox", retry: { attempts: 2, on: ["weather"] } });
// @ts-expect-error stacks are named by their contracts
defineEnvironment({ cloud: "sandbox", only: ["dns"] });

// ---- Stacks

// @ts-expect-error no key is named output
defineStack({ name: "x", output: {}, program: load });
defineStack({ name: "x", timeout: "2h", retry: { attempts: 5, maxDelay: "30s" }, program: load });
// @ts-expect-error no key is named tries
defineStack({ name: "x", retry: { attempts: 2, tries: 3 }, program: load });
// @ts-expect-error a stack has a program
defineStack({ name: "x" });
// @ts-expect-error a need is a contract, not a name
defineStack({ name: "x", needs: { network: "network" }, program: load });
// @ts-expect-error settings are a zod object
defineStack({ name: "x", settings: { size: z.string() }, program: load });
// @ts-expect-error outputs are zod schemas
defineStack({ name: "x", outputs: { id: "string" }, program: load });
// @ts-expect-error secret() marks a schema
defineStack({ name: "x", outputs: { id: secret("x") }, program: load });

// ---- Programs that are right

export const networkProgram = program(network, ({ stack, settings: { cidr } }) => {
  const id: string = stack.id;
  void id;
  return {
    networkId: text,
    subnets: [
      { cidr, open: flag },
      { cidr: text, open: true, zone: undefined },
    ],
  };
});
export const clusterProgram = program(cluster, async ({ settings, needs }) => {
  const size: "small" | "large" = settings.size;
  const zone: Output<string> = needs.dns.zone;
  const zones: readonly Output<string>[] = Object.values(needs.everywhere).map((one) => one.zone);
  void [size, zones];
  return { endpoint: needs.network.networkId, ca: zone };
});
export const webProgram = program(web, ({ needs, settings }) => {
  const endpoints: readonly Output<string>[] = Object.values(needs.clusters).map((one) => one.endpoint);
  const seconds: number | undefined = settings.probe?.seconds;
  const hosts: string[] = settings.hosts;
  void [endpoints, seconds, hosts];
  return {};
});

// ---- Programs that are not

// @ts-expect-error subnets is missing
program(network, () => ({ networkId: text }));
// @ts-expect-error networkId is no string
program(network, () => ({ networkId: 1, subnets: [] }));
// @ts-expect-error a subnet lacks open
program(network, () => ({ networkId: text, subnets: [{ cidr: text }] }));
// @ts-expect-error nobody declared an output extra
program(network, () => ({ networkId: text, subnets: [], extra: 1 }));
// @ts-expect-error nobody declared an output extra, in an async program neither
program(network, async () => ({ networkId: text, subnets: [], extra: 1 }));
// @ts-expect-error cluster does not need storage
program(cluster, ({ needs }) => ({ endpoint: needs.storage.id, ca: "x" }));
// @ts-expect-error network has no output vpc
program(cluster, ({ needs }) => ({ endpoint: needs.network.vpc, ca: "x" }));
// @ts-expect-error `.all` is a record by instance, not one stack
program(web, ({ needs }) => ({ endpoint: needs.clusters.endpoint.apply((x) => x.length) }));
// @ts-expect-error cluster has no setting region
program(cluster, ({ settings }) => ({ endpoint: settings.region, ca: "x" }));
// @ts-expect-error an output is no plain value in a program
program(cluster, ({ needs }) => ({ endpoint: needs.network.networkId.toUpperCase().trim(), ca: 1 }));

// ---- Tasks

const migrate = defineTask({
  name: "migrate",
  needs: { cluster, every: cluster.all },
  after: [web],
  settings: z.object({ size: z.number().default(1), region: z.string() }),
  outputs: { version: z.string(), token: secret(z.string().min(3)), note: z.string().optional() },
  network: true,
  sandbox: { version: "0", token: "none", note: undefined },
  fingerprint: ({ settings, needs }) => [settings.size, needs.cluster.endpoint, needs.cluster.ca.reveal()],
  timeout: "5m",
  retry: { attempts: 2 },
  program: load,
});
export const migrateTask = task(migrate, async ({ settings, needs, log, signal, environment, task: info }) => {
  const endpoint: string = needs.cluster.endpoint;
  const ca: Secret<string> = needs.cluster.ca;
  const nodes: number | undefined = needs.every["eu"]?.nodes;
  const size: number = settings.size;
  log(`${endpoint} ${size} ${nodes} ${environment} ${info.id}`);
  log.warn("x");
  signal.throwIfAborted();
  return { version: "1", token: ca };
});
const silent = defineTask({ name: "silent", fingerprint: "always", program: load });
export const silentTask = task(silent, () => {});
/** Stacks and tasks need each other. */
const after = defineStack({ name: "after", needs: { migrate }, after: [silent], program: load });
export const afterProgram = program(after, ({ needs }) => {
  const version: Output<string> = needs.migrate.version;
  void version;
  return {};
});
const parts = defineTask({
  name: "parts",
  outputs: { login: z.object({ user: z.string(), password: secret(z.string()) }), keys: z.array(secret(z.string())) },
  program: load,
});
const partsReader = defineTask({ name: "parts-reader", needs: { parts }, program: load });
export const partsTask = task(partsReader, ({ needs }) => {
  const user: string = needs.parts.login.user;
  const password: Secret<string> = needs.parts.login.password;
  const keys: readonly Secret<string>[] = needs.parts.keys;
  void [user, password, keys];
});
void testTask(migrate, {
  settings: { region: "eu" },
  needs: { cluster: { endpoint: "e", ca: "c", nodes: 1 }, every: {} },
});

// @ts-expect-error no key of a task is named networks
defineTask({ name: "x", networks: true, program: load });
// @ts-expect-error what a sandbox gives is of the output's type
defineTask({ name: "x", outputs: { n: z.number() }, network: true, sandbox: { n: "1" }, program: load });
// @ts-expect-error a fingerprint is always, inputs or a function
defineTask({ name: "x", fingerprint: "never", program: load });
// @ts-expect-error a task is no stack of resources
task(cluster, () => ({ endpoint: "e", ca: "c" }));
// @ts-expect-error version is missing
task(migrate, () => ({ token: "t" }));
// @ts-expect-error version is no number
task(migrate, () => ({ version: 1, token: "t" }));
// @ts-expect-error nobody declared an output extra of a task
task(migrate, () => ({ version: "1", token: "t", extra: 1 }));
// @ts-expect-error a secret is behind reveal()
task(migrate, ({ needs }) => ({ version: needs.cluster.ca.toUpperCase(), token: "t" }));
// @ts-expect-error a task has plain values, no Outputs
task(migrate, ({ needs }) => ({ version: needs.cluster.endpoint.apply((x: string) => x), token: "t" }));
// @ts-expect-error a task declares no such setting
task(migrate, ({ settings }) => ({ version: settings.version, token: "t" }));
// @ts-expect-error region is required
void testTask(migrate, { needs: { cluster: { endpoint: "e", ca: "c", nodes: 1 }, every: {} } });
// @ts-expect-error the need's ca is missing
void testTask(migrate, { settings: { region: "eu" }, needs: { cluster: { endpoint: "e" }, every: {} } });

// ---- Existing projects

const payments = defineProject({
  name: "payments",
  dir: "../payments",
  stack: "payments-{environment}",
  needs: { cluster, zones: dns.in("shared").all },
  after: [network],
  outputs: { url: z.string(), token: secret(z.string()), note: z.string().optional() },
  tags: ["money"],
  timeout: "20m",
  retry: { attempts: 2 },
});
/** Stacks and tasks read it as they read a stack. */
const shop = defineStack({ name: "shop", needs: { payments, there: payments.in("prod").all }, program: load });
export const shopProgram = program(shop, ({ needs }) => {
  const url: Output<string> = needs.payments.url;
  const note: Output<string | undefined> | undefined = needs.there["eu"]?.note;
  void [url, note];
  return {};
});
const shopCheck = defineTask({ name: "shop-check", needs: { payments }, program: load });
export const shopCheckTask = task(shopCheck, ({ needs }) => {
  const token: Secret<string> = needs.payments.token;
  void token;
});
defineWorkspace({
  stacks: [payments, shop],
  environments: {
    a: defineEnvironment({ cloud: "sandbox", settings: { payments: {} } }),
    // @ts-expect-error an existing project has its own configuration, and no settings
    b: defineEnvironment({ cloud: "sandbox", settings: { payments: { region: "eu" } } }),
  },
});

// @ts-expect-error an existing project has a folder
defineProject({ name: "x", stack: "x-{environment}" });
// @ts-expect-error an existing project has names for its stacks
defineProject({ name: "x", dir: "x" });
// @ts-expect-error an existing project brings its own program
defineProject({ name: "x", dir: "x", stack: "x", program: load });
// @ts-expect-error settings would not reach an existing project
defineProject({ name: "x", dir: "x", stack: "x", settings: z.object({ size: z.string() }) });
// @ts-expect-error no key of an existing project is named folder
defineProject({ name: "x", folder: "x", dir: "x", stack: "x" });
// @ts-expect-error what an existing project needs is a contract, not a name
defineProject({ name: "x", dir: "x", stack: "x", needs: { dns: "dns" } });
// @ts-expect-error outputs of an existing project are zod schemas
defineProject({ name: "x", dir: "x", stack: "x", outputs: { url: "string" } });
// @ts-expect-error an existing project is waited for like a stack, with a unit
defineProject({ name: "x", dir: "x", stack: "x", timeout: "20" });
// @ts-expect-error payments declares no output uri
program(shop, ({ needs }) => ({ _: needs.payments.uri }));
// @ts-expect-error an existing project is nothing that a program here is for
program(payments, () => ({ url: 1, token: "t" }));
// @ts-expect-error an existing project is no task
task(payments, () => ({ url: "u", token: "t" }));

// ---- Hooks

const token = env("TOKEN");
export const told = defineWorkspace({
  stacks: [dns],
  environments: {},
  hooks: [
    webhook({ url: "https://example.com/runs", secret: token, on: { outcome: ["failed", "cancelled"], drift: false } }),
    webhook({ url: env("URL"), sandbox: true, timeout: "5s", on: { operation: ["up"], environment: ["prod"] } }),
    ticket({ system: githubIssues({ repository: "acme/platform", token, label: "runs" }), on: { drift: true } }),
    ticket({ system: serviceNow({ instance: env("INSTANCE"), user: token, password: token, closeCode: "Done" }) }),
  ],
});

// @ts-expect-error hooks are made by webhook() and ticket()
defineWorkspace({ stacks: [dns], environments: {}, hooks: [{ url: "https://example.com" }] });
// @ts-expect-error a webhook has a URL
webhook({ secret: token });
// @ts-expect-error the secret of a webhook stays out of the source
webhook({ url: "https://example.com", secret: "s3cret" });
// @ts-expect-error no option of a webhook is named when
webhook({ url: "https://example.com", when: { drift: true } });
// @ts-expect-error no run ends broken
webhook({ url: "https://example.com", on: { outcome: ["broken"] } });
// @ts-expect-error no operation is named apply
webhook({ url: "https://example.com", on: { operation: ["apply"] } });
// @ts-expect-error drift is wanted or not
webhook({ url: "https://example.com", on: { drift: ["found"] } });
// @ts-expect-error hooks are triggered by nothing named status
webhook({ url: "https://example.com", on: { status: ["failed"] } });
// @ts-expect-error a hook waits for a time with a unit
webhook({ url: "https://example.com", timeout: 10 });
// @ts-expect-error a ticket is kept in a system
ticket({ on: { drift: true } });
// @ts-expect-error a ticket system is made by its function
ticket({ system: "github-issues" });
// @ts-expect-error a GitHub token stays out of the source
githubIssues({ repository: "acme/platform", token: "ghp_x" });
// @ts-expect-error issues are those of a repository
githubIssues({ token });
// @ts-expect-error a ServiceNow password stays out of the source
serviceNow({ instance: "https://acme.service-now.com", user: token, password: "p" });
// @ts-expect-error no option of ServiceNow is named group
serviceNow({ instance: "https://acme.service-now.com", user: token, password: token, group: "ops" });

// ---- What other parts build on

/** Functions over any contract take every contract. */
export function nameOf<C extends AnyContract>(
  contract: C,
  _context?: Context<C>,
  _reads?: Reads<C>,
  _writes?: Writes<C>,
): C["name"] {
  return contract.name;
}
const name: "cluster" = nameOf(cluster);
void name;
const environments: "shared" | "local" | "slim" | "prod" = {} as keyof typeof workspace.environments;
void environments;
/** What takes any workspace takes this one. */
export const anyWorkspace: Workspace = workspace;

// ---- Settings that are one of several kinds

const front = defineStack({
  name: "front",
  settings: z.object({
    entry: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("own"), nodes: z.object({ min: z.number() }) }),
      z.object({ kind: z.literal("given"), address: z.string() }),
    ]),
  }),
  program: load,
});
/** A key inside of one kind is known, although the other kind knows nothing of it. */
export const kinds = defineWorkspace({
  stacks: [front],
  environments: {
    own: defineEnvironment({
      cloud: "sandbox",
      settings: { front: { entry: { kind: "own", nodes: { min: 1 } } } },
    }),
    given: defineEnvironment({ cloud: "sandbox", settings: { front: { entry: { kind: "given", address: "a" } } } }),
  },
});
export const wrongKinds = defineWorkspace({
  stacks: [front],
  environments: {
    // @ts-expect-error nodes have no maximum
    own: defineEnvironment({
      cloud: "sandbox",
      settings: { front: { entry: { kind: "own", nodes: { min: 1, max: 2 } } } },
    }),
  },
});
