// Edge, Observability, ExistingCluster: what stands around applications, and what is refused.
import { describe, expect, it } from "vitest";
import { Edge, type EdgeArgs } from "../../components/gcp/edge.ts";
import { ExistingCluster, type ExistingClusterArgs } from "../../components/gcp/existingCluster.ts";
import { Observability, type ObservabilityArgs } from "../../components/gcp/observability.ts";
import { record, refusal } from "../support/mocks.ts";

describe("Edge", () => {
  const backend = { hosts: ["www.example.com"], namespace: "web", service: "web", visitors: "everybody" } as const;
  const args: EdgeArgs = {
    project: "p",
    zone: "main",
    domain: "example.com",
    namespace: "edge",
    backends: { web: backend },
  };
  const built = (changes: Partial<EdgeArgs> = {}) =>
    record(() => {
      const { address, urls } = new Edge("edge", { ...args, ...changes });
      return { address, urls };
    });

  it("gives each host a proof, a certificate, a place in the map and a name", async () => {
    const { one, value } = await built();
    const zone = "gcp:dns/recordSet:RecordSet";
    expect(one(zone, "edge-www-example-com-proof").inputs).toMatchObject({
      managedZone: "main",
      name: "_acme-challenge.www.example.com.",
      type: "CNAME",
      rrdatas: ["proof.goog."],
    });
    const certificate = one("gcp:certificatemanager/certificate:Certificate");
    expect(certificate.inputs["managed"]).toEqual({
      domains: ["www.example.com"],
      dnsAuthorizations: ["projects/test-project/locations/global/dnsAuthorizations/edge-www-example-com-abc1234"],
    });
    expect(certificate.dependsOn).toContain("gcp:dns/recordSet:RecordSet edge-www-example-com-proof");
    expect(one("gcp:certificatemanager/certificateMapEntry:CertificateMapEntry").inputs).toMatchObject({
      map: "edge-abc1234",
      hostname: "www.example.com",
      certificates: ["projects/test-project/locations/global/certificates/edge-www-example-com-abc1234"],
    });
    expect(one(zone, "edge-www-example-com").inputs).toMatchObject({ type: "A", rrdatas: ["203.0.113.80"] });
    expect(value).toEqual({ address: "203.0.113.80", urls: { web: "https://www.example.com" } });
  });

  it("blocks attacks, slows the hasty down, and takes no old TLS", async () => {
    const { one } = await built({ firewall: { requestsPerMinute: 100, deny: ["203.0.113.0/24"] } });
    const rules = one("gcp:compute/securityPolicy:SecurityPolicy").inputs["rules"] as Record<string, unknown>[];
    expect(rules.map(({ priority, action }) => [priority, action])).toEqual([
      [200, "deny(403)"],
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((index) => [1000 + index, "deny(403)"]),
      [2000, "throttle"],
      [2_147_483_647, "allow"],
    ]);
    expect(rules[1]).toMatchObject({
      preview: false,
      match: { expr: { expression: "evaluatePreconfiguredWaf('sqli-v33-stable', {'sensitivity': 1})" } },
    });
    expect(rules[9]).toMatchObject({
      rateLimitOptions: {
        exceedAction: "deny(429)",
        enforceOnKey: "IP",
        rateLimitThreshold: { count: 100, intervalSec: 60 },
      },
    });
    expect(one("gcp:compute/sSLPolicy:SSLPolicy").inputs).toEqual({ profile: "RESTRICTED", minTlsVersion: "TLS_1_2" });
  });

  it("serves by routes with secure headers, from named namespaces only, and sends clear text to TLS", async () => {
    const { one } = await built();
    const gateway = one("kubernetes:gateway.networking.k8s.io/v1:Gateway").inputs;
    expect(gateway["metadata"]).toMatchObject({ annotations: { "networking.gke.io/certmap": "edge-abc1234" } });
    expect(gateway["spec"]).toMatchObject({
      gatewayClassName: "gke-l7-global-external-managed",
      addresses: [{ type: "NamedAddress", value: "edge-abc1234" }],
      listeners: [
        {
          name: "https",
          allowedRoutes: { namespaces: { from: "Selector", selector: { matchExpressions: [{ values: ["web"] }] } } },
        },
        { name: "http" },
      ],
    });
    const route = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute";
    expect(JSON.stringify(one(route, "edge-web").inputs)).toContain(
      '"name":"Strict-Transport-Security","value":"max-age=31536000; includeSubDomains"',
    );
    expect(one(route, "edge-web-redirect").inputs["spec"]).toMatchObject({
      rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
    });
  });

  it("asks for sign-in with Google's own client where members are named, who see these hosts and no others", async () => {
    const hosts = ["www.example.com", "example.com"];
    const { one } = await built({
      backends: { web: { ...backend, hosts, visitors: { members: { staff: "group:staff@example.com" } } } },
    });
    const policy = one("kubernetes:networking.gke.io/v1:GCPBackendPolicy").inputs["spec"] as {
      default: { iap: unknown };
    };
    expect(policy.default.iap).toEqual({ enabled: true });
    expect(one("gcp:iap/webIamMember:WebIamMember").inputs).toEqual({
      project: "p",
      role: "roles/iap.httpsResourceAccessor",
      member: "group:staff@example.com",
      condition: {
        title: "edge-web",
        expression: 'request.host == "www.example.com" || request.host == "example.com"',
      },
    });
    // Another host is another grant, made before the former is taken back: whoever is inside stays inside.
    expect(one("gcp:iap/webIamMember:WebIamMember").deleteBeforeReplace).toBe(false);
  });

  const web = (changes: object): Partial<EdgeArgs> => ({ backends: { web: { ...backend, ...changes } } });
  it.each<[string, Partial<EdgeArgs>, string]>([
    ["backend list", { backends: {} }, "backends is {}, expected at least one backend"],
    ["host list", web({ hosts: [] }), "backends.web.hosts is [], expected at least one host"],
    [
      "host",
      web({ hosts: ["www.example.org"] }),
      'backends.web.hosts[0] is "www.example.org", expected a host of the zone, example.com',
    ],
    ["pair of backends", { backends: { web: backend, other: backend } }, "expected a host that no other backend has"],
    ["port", web({ port: 0 }), "backends.web.port is 0, expected a whole number"],
    ["path", web({ ready: "x" }), 'backends.web.ready is "x", expected a path'],
    ["timeout", web({ timeoutSeconds: 0 }), "backends.web.timeoutSeconds is 0"],
    ["audience", web({ visitors: "nobody" }), 'backends.web.visitors is "nobody", expected one of "everybody"'],
    ["member list", web({ visitors: { members: {} } }), 'expected at least one member, or "everybody"'],
    [
      "mode",
      { firewall: { attacks: "ignore" as "watch" } },
      'firewall.attacks is "ignore", expected one of "block", "watch"',
    ],
    [
      "rate",
      { firewall: { requestsPerMinute: 1 } },
      "firewall.requestsPerMinute is 1, expected a whole number from 10 to 10000",
    ],
    [
      "pair of backends of one service",
      { backends: { web: backend, other: { ...backend, hosts: ["other.example.com"] } } },
      'backends.other.service is "web", expected a service of its own, backends.web has this one',
    ],
    [
      "number of hosts",
      web({
        hosts: Array.from({ length: 14 }, (_, host) => `h${host}.example.com`),
        visitors: { members: { staff: "group:staff@example.com" } },
      }),
      "backends.web.hosts is 14, expected 13 hosts at most, with members",
    ],
    [
      "number of ranges",
      { firewall: { deny: Array.from({ length: 1001 }, () => "192.0.2.0/24") } },
      'firewall.deny is "1001 ranges", expected 1000 ranges at most',
    ],
    ["range", { firewall: { allow: ["10.0.0.1/8"] } }, 'firewall.allow[0] is "10.0.0.1/8", expected a range'],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Edge("edge", { ...args, ...changes }))).toContain(message);
  });
});

describe("Observability", () => {
  const args: ObservabilityArgs = {
    project: "p",
    mails: { team: "team@example.com" },
    watch: {
      web: { on: "site", host: "www.example.com", path: "/ready" },
      database: { on: "database", instance: "main-1" },
      queue: { on: "subscription", subscription: "work", waitMinutes: 10 },
    },
  };
  it("tells somebody of every thing that it watches, and draws it", async () => {
    const { all, one } = await record(() => new Observability("platform", args).dashboard);
    const policies = all("gcp:monitoring/alertPolicy:AlertPolicy");
    expect(
      policies.map(({ name, inputs }) => [name, inputs["severity"], inputs["notificationChannels"]]).sort(),
    ).toEqual([
      ["platform-database", "WARNING", ["projects/test-project/notificationChannels/platform-team"]],
      ["platform-queue", "WARNING", ["projects/test-project/notificationChannels/platform-team"]],
      ["platform-web", "CRITICAL", ["projects/test-project/notificationChannels/platform-team"]],
    ]);
    expect(one("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig").inputs).toMatchObject({
      httpCheck: { path: "/ready", port: 443, useSsl: true, validateSsl: true },
      monitoredResource: { type: "uptime_url", labels: { project_id: "p", host: "www.example.com" } },
    });
    const conditionOf = (name: string) =>
      (one("gcp:monitoring/alertPolicy:AlertPolicy", name).inputs["conditions"] as { conditionThreshold: unknown }[])[0]
        ?.conditionThreshold;
    expect(conditionOf("platform-queue")).toMatchObject({ thresholdValue: 600, comparison: "COMPARISON_GT" });
    expect(JSON.stringify(conditionOf("platform-web"))).toContain('check_id=\\"platform-web-check\\"');
    expect(JSON.stringify(conditionOf("platform-database"))).toContain('database_id=\\"p:main-1\\"');
    const drawn = JSON.parse(String(one("gcp:monitoring/dashboard:Dashboard").inputs["dashboardJson"])) as {
      gridLayout: { widgets: unknown[] };
    };
    expect(drawn.gridLayout.widgets).toHaveLength(3);
    expect(all("gcp:billing/budget:Budget")).toEqual([]);
  });
  it("expects of a site behind sign-in that it turns strangers away, and does not follow them to Google", async () => {
    const watch = { office: { on: "site", host: "office.example.com", signIn: true } } as const;
    const { one } = await record(() => new Observability("platform", { ...args, watch }).dashboard);
    expect(one("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig").inputs["httpCheck"]).toEqual({
      path: "/",
      port: 443,
      useSsl: true,
      validateSsl: true,
      requestMethod: "GET",
      headers: { "X-Requested-With": "XMLHttpRequest" },
      acceptedResponseStatusCodes: [{ statusValue: 401 }],
    });
    expect(JSON.stringify(one("gcp:monitoring/alertPolicy:AlertPolicy").inputs["documentation"])).toContain(
      "or it lets in whoever comes",
    );
  });
  it("wakes somebody up only when people cannot reach a site, with a key that stays secret", async () => {
    const { one, all } = await record(() => new Observability("platform", { ...args, pagers: { duty: "k" } }).channels);
    expect(one("gcp:monitoring/notificationChannel:NotificationChannel", "platform-duty")).toMatchObject({
      inputs: { type: "pagerduty", sensitiveLabels: { serviceKey: "k" } },
      secretInputs: ["sensitiveLabels.serviceKey"],
    });
    const woken = all("gcp:monitoring/alertPolicy:AlertPolicy").filter(({ inputs }) =>
      JSON.stringify(inputs["notificationChannels"]).includes("platform-duty"),
    );
    expect(woken.map(({ name }) => name)).toEqual(["platform-web"]);
  });
  it("tells of money before it is spent", async () => {
    const budget = { billingAccount: "012345-6789AB-CDEF01", amount: 100, currency: "EUR" };
    const { one } = await record(() => new Observability("platform", { ...args, budget }).dashboard);
    expect(one("gcp:billing/budget:Budget").inputs).toMatchObject({
      budgetFilter: { projects: ["projects/123456789"] },
      amount: { specifiedAmount: { currencyCode: "EUR", units: "100" } },
      thresholdRules: [
        { thresholdPercent: 0.5 },
        { thresholdPercent: 0.9 },
        { thresholdPercent: 1 },
        { spendBasis: "FORECASTED_SPEND" },
      ],
    });
  });
  it.each<[string, Partial<ObservabilityArgs>, string]>([
    ["list of mails", { mails: {} }, "mails is {}, expected at least one address"],
    ["mail", { mails: { team: "team" } }, 'mails.team is "team", expected a mail address'],
    ["pager", { pagers: { team: "k" } }, 'pagers is "team", expected a name that no mail has'],
    [
      "number of mails",
      {
        mails: Object.fromEntries([..."abcdef"].map((who) => [who, "x@example.com"])),
        budget: { billingAccount: "012345-6789AB-CDEF01", amount: 1, currency: "EUR" },
      },
      "expected at most five with a budget",
    ],
    ["list", { watch: {} }, "watch is {}, expected at least one thing to watch"],
    [
      "thing",
      { watch: { x: { on: "moon" } as never } },
      'watch.x.on is "moon", expected one of "site", "database", "subscription"',
    ],
    ["host", { watch: { x: { on: "site", host: "www" } } }, 'watch.x.host is "www", expected a domain'],
    [
      "share",
      { watch: { x: { on: "database", instance: "i", diskShare: 2 } } },
      "watch.x.diskShare is 2, expected a share from 0.5 to 0.99",
    ],
    ["wait", { watch: { x: { on: "subscription", subscription: "s", waitMinutes: 0 } } }, "watch.x.waitMinutes is 0"],
    [
      "account",
      { budget: { billingAccount: "x", amount: 1, currency: "EUR" } },
      'budget.billingAccount is "x", expected an account',
    ],
    [
      "amount",
      { budget: { billingAccount: "012345-6789AB-CDEF01", amount: 0, currency: "EUR" } },
      "budget.amount is 0",
    ],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Observability("platform", { ...args, ...changes }))).toContain(message);
  });
});

describe("ExistingCluster", () => {
  const elsewhere: ExistingClusterArgs = {
    in: "elsewhere",
    endpoint: "k8s.example.com:6443",
    ca: "Y2E=",
    credentials: { command: "kubectl-oidc_login", args: ["get-token"], installHint: "krew" },
  };
  const built = (args: ExistingClusterArgs) =>
    record(() => {
      const { endpoint, ca, kubeconfig, clusterId } = new ExistingCluster("main", args);
      return { endpoint, ca, kubeconfig, clusterId };
    });
  it("reaches a cluster elsewhere by a plugin, holds no token, and makes nothing", async () => {
    const { value, tree, secretValues } = await built(elsewhere);
    expect(tree).toEqual(["tutti:gcp:ExistingCluster main"]);
    expect(secretValues).toEqual(["ca", "kubeconfig"]);
    const config = JSON.parse(value.kubeconfig) as { clusters: { cluster: object }[]; users: { user: object }[] };
    expect(config.clusters[0]?.cluster).toMatchObject({
      server: "https://k8s.example.com:6443",
      "certificate-authority-data": "Y2E=",
    });
    expect(config.users[0]?.user).toMatchObject({ exec: { command: "kubectl-oidc_login", args: ["get-token"] } });
    expect(value.kubeconfig).not.toContain('"token"');
  });
  it("is the same cluster at another address when that is said: nothing in it is made anew", async () => {
    expect((await built(elsewhere)).value.clusterId).toBe("k8s.example.com:6443");
    const moved = { ...elsewhere, endpoint: "k8s2.example.com:6443", id: "k8s.example.com:6443" };
    expect((await built(moved)).value).toMatchObject({ clusterId: "k8s.example.com:6443", endpoint: moved.endpoint });
  });
  it("finds a cluster of GKE, by its address while it has no name of its own", async () => {
    const { value, calls } = await built({ in: "gke", project: "p", location: "europe-west1-b", cluster: "old" });
    expect(calls).toEqual(["gcp:container/getCluster:getCluster"]);
    expect(value).toMatchObject({
      clusterId: "projects/p/locations/europe-west1-b/clusters/old",
      endpoint: "203.0.113.10",
      ca: "Y2E=",
    });
    expect(value.kubeconfig).toContain("gke-gcloud-auth-plugin");
  });
  it.each<[ExistingClusterArgs, string]>([
    [{ in: "space" } as never, 'in is "space", expected one of "gke", "elsewhere"'],
    [{ in: "gke", project: "p", location: "eu", cluster: "old" }, 'location is "eu", expected a region'],
    [
      { in: "gke", project: "p", location: "europe-west1", cluster: "Old" },
      'cluster is "Old", expected the name of a cluster',
    ],
    [{ ...elsewhere, endpoint: "https://k8s" }, 'endpoint is "https://k8s", expected an address without scheme'],
    [{ ...elsewhere, id: "" }, 'id is "", expected'],
    [{ ...elsewhere, ca: "-----BEGIN" }, 'ca is "-----BEGIN", expected a certificate in PEM, in base64'],
    [
      { ...elsewhere, credentials: { command: "a b", installHint: "" } },
      'credentials.command is "a b", expected the name of a program',
    ],
  ])("refuses %j", async (args, message) => {
    expect(await refusal(() => new ExistingCluster("main", args))).toContain(message);
  });
});
