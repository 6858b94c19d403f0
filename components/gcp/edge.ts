// Edge: the way from the internet to services of a GKE cluster: a global external load balancer (Gateway API) with certificates
// that renew themselves, a web application firewall with a rate limit, sign-in where it is asked for, and names in DNS.
//
//   name (A) --> address --> gateway --> route --> service <-- policy (Cloud Armor, IAP)
//                            ^- certificates <-- proof in DNS
//
// It needs the zone of the hosts, and a cluster whose gateway controller is on. What replaces: the name; `namespace` (the
// gateway), a backend's `namespace` (its routes and policies), `zone` (the records). A host that is taken out takes its
// certificate along. Give it both providers: `{ providers: { gcp, kubernetes } }`.
import { Certificate } from "@pulumi/gcp/certificatemanager/certificate.js";
import { CertificateMap } from "@pulumi/gcp/certificatemanager/certificateMap.js";
import { CertificateMapEntry } from "@pulumi/gcp/certificatemanager/certificateMapEntry.js";
import { DnsAuthorization } from "@pulumi/gcp/certificatemanager/dnsAuthorization.js";
import { GlobalAddress } from "@pulumi/gcp/compute/globalAddress.js";
import { SecurityPolicy } from "@pulumi/gcp/compute/securityPolicy.js";
import { SSLPolicy } from "@pulumi/gcp/compute/sslpolicy.js";
import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import { WebIamMember } from "@pulumi/gcp/iap/webIamMember.js";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { parseCidr } from "../cidr.ts";
import { isBelow } from "../domains.ts";
import { checkKubernetesLabels } from "../kubernetes/labels.ts";
import { listenersFor } from "../kubernetes/listeners.ts";
import { checkHeaders, checkHosts, Route, type RouteArgs } from "../kubernetes/route.ts";
import { certificateName, computeName, kubernetesFixedName, kubernetesName } from "../names.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkMembers, shownOf } from "./members.ts";

/** Who sees a backend. */
export type Visitors =
  /** Everybody on the internet. */
  | "everybody"
  /**
   * Whoever signs in with Google and is one of these IAM members (`group:staff@example.com`), by name; checked by IAP before any
   * request, for the hosts of this backend and no others.
   */
  | { readonly members: Readonly<Record<string, Input<string>>> };

export interface EdgeBackend {
  /** Hosts of it, below the domain of the zone; at least one, and with members as visitors at most 13. */
  readonly hosts: readonly string[];
  /** Namespace of the service, by a name that is known beforehand: the gateway lets its routes in. Changing it replaces the routes. */
  readonly namespace: string;
  /** Name of the service in that namespace (`WebApplication.service`), of this backend alone. */
  readonly service: Input<string>;
  /** Port of the service; 80 by default. */
  readonly port?: number;
  /** Path that answers 200 when a pod can take requests; `/` by default. */
  readonly ready?: string;
  /** Seconds a request may take, 1 to 3600; 30 by default. */
  readonly timeoutSeconds?: number;
  /** Who sees it. */
  readonly visitors: Visitors;
  /** Headers of every answer beside the secure ones, or others than those (see Route). */
  readonly headers?: RouteArgs["headers"];
}

export interface Firewall {
  /** Attacks that Google's rules know (OWASP, at their least strict): `block` them (default), or `watch` them in the log only. */
  readonly attacks?: "block" | "watch";
  /** Requests of one address in a minute before it is told to slow down (429), 10 to 10000; 600 by default. */
  readonly requestsPerMinute?: number;
  /** Ranges that are let in whatever the rules say, in CIDR notation, at most 1000; none by default. */
  readonly allow?: readonly string[];
  /** Ranges that never are, in CIDR notation, at most 1000; none by default. */
  readonly deny?: readonly string[];
}

export interface EdgeArgs {
  /** Project of the load balancer, for the rights of visitors. */
  readonly project: Input<string>;
  /** Name of the zone in which the hosts are (`DnsZone.zone`). Changing it replaces the records. */
  readonly zone: Input<string>;
  /** The zone's domain, `example.com`. */
  readonly domain: string;
  /** Namespace of the gateway. Changing it replaces the gateway. */
  readonly namespace: Input<string>;
  /** Backends by name; at least one. */
  readonly backends: Readonly<Record<string, EdgeBackend>>;
  /** What the firewall before all of them lets in. Default: attacks are blocked, 600 requests a minute of one address. */
  readonly firewall?: Firewall;
  /** Labels of the address, the certificates, the firewall and the objects in the cluster; none by default. */
  readonly labels?: Labels;
}

/** Rule sets, each with the sensitivity that finds few requests of honest people (docs.cloud.google.com/armor/docs/waf-rules). */
const attackRules = [
  "sqli",
  "xss",
  "lfi",
  "rfi",
  "rce",
  "scannerdetection",
  "protocolattack",
  "sessionfixation",
] as const;
const lastPriority = 2_147_483_647;

/** A guarded, named way in. */
export class Edge extends ComponentResource {
  /** The address that the names lead to. */
  readonly address: Output<string>;
  /** Name of the gateway. */
  readonly gateway: Output<string>;
  /** Addresses of the backends' first hosts, by their names. */
  readonly urls: Readonly<Record<string, string>>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: EdgeArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { project, zone, namespace, backends, firewall = {}, labels = {} } = args;
    const hosts = Object.values(backends).flatMap((backend) => backend.hosts);

    super("tutti:gcp:Edge", name, {}, opts);
    const parent = { parent: this };

    const address = new GlobalAddress(name, { addressType: "EXTERNAL", labels }, parent);
    const map = new CertificateMap(name, { description: `Certificates of ${name}`, labels }, parent);
    const entries = hosts.map((host) => this.#certificate(name, host, map, { zone, labels }));
    for (const host of hosts) {
      new RecordSet(
        `${name}-${logical(host)}`,
        { managedZone: zone, name: `${host}.`, type: "A", ttl: 300, rrdatas: [address.address] },
        { parent: this, deleteBeforeReplace: true },
      );
    }
    // TLS 1.2 and better, forward secrecy only (docs.cloud.google.com/load-balancing/docs/ssl-policies-concepts).
    const tls = new SSLPolicy(name, { profile: "RESTRICTED", minTlsVersion: "TLS_1_2" }, parent);
    const armor = new SecurityPolicy(
      name,
      {
        description: `Firewall of ${name}`,
        type: "CLOUD_ARMOR",
        rules: rulesOf(firewall),
        adaptiveProtectionConfig: { layer7DdosDefenseConfig: { enable: true } },
        advancedOptionsConfig: { jsonParsing: "STANDARD", logLevel: "NORMAL" },
        labels,
      },
      parent,
    );

    const gateway = new CustomResource(
      name,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "Gateway",
        metadata: { namespace, name, labels, annotations: { "networking.gke.io/certmap": map.name } },
        spec: {
          gatewayClassName: "gke-l7-global-external-managed",
          listeners: listenersFor(
            Object.values(backends).map((backend) => backend.namespace),
            undefined,
          ),
          addresses: [{ type: "NamedAddress", value: address.name }],
        },
      },
      { parent: this, dependsOn: entries },
    );
    new CustomResource(
      `${name}-tls`,
      {
        apiVersion: "networking.gke.io/v1",
        kind: "GCPGatewayPolicy",
        metadata: { namespace, labels },
        spec: {
          default: { sslPolicy: tls.name },
          targetRef: target("gateway.networking.k8s.io", "Gateway", gateway.metadata.name),
        },
      },
      parent,
    );
    for (const [key, backend] of Object.entries(backends)) {
      this.#backend(`${name}-${key}`, backend, { project, gateway, armor, labels });
    }

    this.address = address.address;
    this.gateway = gateway.metadata.name;
    this.urls = Object.fromEntries(
      Object.entries(backends).map(([key, backend]) => [key, `https://${backend.hosts[0]}`]),
    );
    this.registerOutputs({ address: this.address, gateway: this.gateway, urls: this.urls });
  }

  /** The proof that the host is ours, the certificate that needs it, and the certificate's place in the map. */
  #certificate(
    name: string,
    host: string,
    map: CertificateMap,
    { zone, labels }: { readonly zone: Input<string>; readonly labels: Labels },
  ): CertificateMapEntry {
    const parent = { parent: this };
    const child = `${name}-${logical(host)}`;
    const authorization = new DnsAuthorization(child, { domain: host, labels }, parent);
    const proof = authorization.dnsResourceRecords.apply(([record]) => record ?? { name: "", type: "CNAME", data: "" });
    const record = new RecordSet(
      `${child}-proof`,
      { managedZone: zone, name: proof.name, type: proof.type, ttl: 300, rrdatas: [proof.data] },
      { parent: this, deleteBeforeReplace: true },
    );
    const certificate = new Certificate(
      child,
      { managed: { domains: [host], dnsAuthorizations: [authorization.id] }, labels },
      { parent: this, dependsOn: [record] },
    );
    return new CertificateMapEntry(
      child,
      { map: map.name, hostname: host, certificates: [certificate.id], labels },
      parent,
    );
  }

  /** The route to a service, and what the load balancer does before it passes a request on. */
  #backend(
    name: string,
    backend: EdgeBackend,
    edge: {
      readonly project: Input<string>;
      readonly gateway: CustomResource;
      readonly armor: SecurityPolicy;
      readonly labels: Labels;
    },
  ): void {
    const { namespace, service, port = 80, ready = "/", timeoutSeconds = 30, visitors, hosts, headers } = backend;
    const { project, gateway, armor, labels } = edge;
    const parent = { parent: this };
    const policy = { apiVersion: "networking.gke.io/v1", metadata: { namespace, labels } };
    const targetRef = target("", "Service", service);
    new CustomResource(
      name,
      {
        ...policy,
        kind: "GCPBackendPolicy",
        spec: {
          default: {
            securityPolicy: armor.name,
            timeoutSec: timeoutSeconds,
            logging: { enabled: true, sampleRate: 1_000_000 },
            // Without a client of one's own, Google's managed one is used (docs.cloud.google.com/iap/docs/enabling-kubernetes-howto).
            iap: { enabled: visitors !== "everybody" },
          },
          targetRef,
        },
      },
      parent,
    );
    // The default has to be said: the definition's rules fail where it is not.
    const httpHealthCheck = { requestPath: ready, portSpecification: "USE_SERVING_PORT" };
    new CustomResource(
      `${name}-health`,
      {
        ...policy,
        kind: "HealthCheckPolicy",
        spec: { default: { config: { type: "HTTP", httpHealthCheck } }, targetRef },
      },
      parent,
    );
    new Route(
      name,
      {
        namespace,
        gateway: { name: gateway.metadata.name, namespace: gateway.metadata.namespace },
        hosts,
        service,
        port,
        labels,
        ...(headers !== undefined && { headers }),
      },
      parent,
    );
    // Google names what a gateway's load balancer sends requests to only later, so the right is given on all sites of the project, and
    // holds for some hosts only (docs.cloud.google.com/chrome-enterprise-premium/docs/hostname-and-path-conditions; the list of what
    // takes conditions has all web services: docs.cloud.google.com/iam/help/conditions/resource-policies).
    const condition = { title: name, expression: hosts.map((host) => `request.host == "${host}"`).join(" || ") };
    for (const [who, member] of visitors === "everybody" ? [] : Object.entries(visitors.members)) {
      new WebIamMember(
        `${name}-${who}`,
        { project, role: "roles/iap.httpsResourceAccessor", member, condition },
        parent,
      );
    }
  }
}

function target(group: string, kind: string, name: Input<string>) {
  return { group, kind, name };
}

/** Names of children hold no dots. */
function logical(host: string): string {
  return host.replaceAll(".", "-");
}

/** In the order in which they are asked: exceptions, attacks, too many requests, everybody else. */
function rulesOf({ attacks = "block", requestsPerMinute = 600, allow = [], deny = [] }: Firewall) {
  const from = (srcIpRanges: readonly string[]) => ({
    versionedExpr: "SRC_IPS_V1",
    config: { srcIpRanges: [...srcIpRanges] },
  });
  // A rule takes ten ranges at most.
  const inTens = (ranges: readonly string[]) =>
    Array.from({ length: Math.ceil(ranges.length / 10) }, (_, part) => ranges.slice(part * 10, part * 10 + 10));
  return [
    ...inTens(allow).map((ranges, part) => ({
      priority: 100 + part,
      action: "allow",
      match: from(ranges),
      description: "Always",
    })),
    ...inTens(deny).map((ranges, part) => ({
      priority: 200 + part,
      action: "deny(403)",
      match: from(ranges),
      description: "Never",
    })),
    ...attackRules.map((rule, index) => ({
      priority: 1000 + index,
      action: "deny(403)",
      preview: attacks === "watch",
      match: { expr: { expression: `evaluatePreconfiguredWaf('${rule}-v33-stable', {'sensitivity': 1})` } },
      description: `Attacks: ${rule}`,
    })),
    {
      priority: 2000,
      action: "throttle",
      match: from(["*"]),
      rateLimitOptions: {
        conformAction: "allow",
        exceedAction: "deny(429)",
        enforceOnKey: "IP",
        rateLimitThreshold: { count: requestsPerMinute, intervalSec: 60 },
      },
      description: "Too many requests",
    },
    { priority: lastPriority, action: "allow", match: from(["*"]), description: "Everybody else" },
  ];
}

function checkArguments(name: string, args: EdgeArgs): void {
  const { domain, backends, firewall = {}, labels = {} } = args;
  const check = new ArgumentCheck("Edge", name);
  check.childName("name", name, computeName);
  if (Object.keys(backends).length === 0) check.refuse("backends", {}, "at least one backend");
  const all: string[] = [];
  for (const [key, backend] of Object.entries(backends)) {
    const at = `backends.${key}`;
    checkHosts(check, `${at}.hosts`, backend.hosts);
    for (const [index, host] of backend.hosts.entries()) {
      if (!isBelow(host, domain)) check.refuse(`${at}.hosts[${index}]`, host, `a host of the zone, ${domain}`);
      if (all.includes(host)) check.refuse(`${at}.hosts[${index}]`, host, "a host that no other backend has");
      else check.distinct(`${at}.hosts[${index}]`, "host", `${name}-${logical(host)}`);
      check.childName(`${at}.hosts[${index}]`, `${name}-${logical(host)}`, certificateName);
    }
    all.push(...backend.hosts);
    check.childName(`${at}.name`, `${name}-${key}-redirect`, kubernetesName);
    for (const one of [key, `${key}-redirect`]) check.distinct(at, "route", `${name}-${one}`);
    check.childName(`${at}.namespace`, backend.namespace, kubernetesFixedName);
    // Two policies for one service: which of them says who sees it would be left to chance.
    const same = Object.entries(backends).find(
      ([, other]) => other.service === backend.service && other.namespace === backend.namespace,
    );
    if (same !== undefined && same[0] !== key)
      check.refuse(`${at}.service`, shownOf(backend.service), `a service of its own, backends.${same[0]} has this one`);
    checkHeaders(check, `${at}.headers`, backend.headers);
    check.integer(`${at}.port`, backend.port ?? 80, { min: 1, max: 65_535 });
    check.matches(`${at}.ready`, backend.ready ?? "/", /^\/\S*$/, "a path that begins with /");
    check.integer(`${at}.timeoutSeconds`, backend.timeoutSeconds ?? 30, { min: 1, max: 3600, unit: "seconds" });
    if (typeof backend.visitors === "string") check.oneOf(`${at}.visitors`, backend.visitors, ["everybody"]);
    else if (Object.keys(backend.visitors.members).length === 0)
      check.refuse(`${at}.visitors.members`, {}, 'at least one member, or "everybody"');
    else {
      checkMembers(check, `${at}.visitors.members`, backend.visitors.members);
      for (const who of Object.keys(backend.visitors.members))
        check.distinct(`${at}.visitors.members.${who}`, "visitor", `${name}-${key}-${who}`);
      // A condition has twelve operators at most (docs.cloud.google.com/iam/quotas).
      if (backend.hosts.length > 13)
        check.refuse(`${at}.hosts`, backend.hosts.length, "13 hosts at most, with members");
    }
  }
  check.oneOf("firewall.attacks", firewall.attacks ?? "block", ["block", "watch"]);
  check.integer("firewall.requestsPerMinute", firewall.requestsPerMinute ?? 600, {
    min: 10,
    max: 10_000,
    unit: "requests",
  });
  for (const list of ["allow", "deny"] as const) {
    // Their rules stand in a hundred places, ten ranges each.
    if ((firewall[list]?.length ?? 0) > 1000)
      check.refuse(`firewall.${list}`, `${firewall[list]?.length} ranges`, "1000 ranges at most");
    for (const [index, range] of (firewall[list] ?? []).entries())
      if (parseCidr(range) === undefined)
        check.refuse(`firewall.${list}[${index}]`, range, "a range such as 203.0.113.0/24");
  }
  checkLabels(check, labels);
  checkKubernetesLabels(check, labels);
  check.done();
}
