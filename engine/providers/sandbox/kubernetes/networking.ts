// Kubernetes networking and access: ingresses, network policies, Gateway API routes, roles and their bindings.
import type { Kind, Report } from "../kind.ts";
import { parseRange } from "../ranges.ts";
import type { View } from "../view.ts";
import { dnsSubdomain, objectKind, pathSegment } from "./object.ts";
import { checkChoiceOf, checkPort } from "./values.ts";

const ingress = objectKind({
  type: "kubernetes:networking.k8s.io/v1:Ingress",
  plural: "ingresses",
  check: (inputs, report) => {
    const spec = inputs.at("spec");
    if (!spec.isUnknown && spec.at("rules").isAbsent && spec.at("defaultBackend").isAbsent)
      report("spec", "either `defaultBackend` or `rules` must be specified");
    checkBackend(spec.at("defaultBackend"), report, "spec.defaultBackend");
    spec.at("rules").items.forEach((rule, index) => {
      const host = rule.at("host").string;
      if (host !== undefined && !dnsSubdomain.pattern.test(host.replace(/^\*\./, "")))
        report(`spec.rules[${index}].host`, `"${host}" is no host name`);
      rule.at("http.paths").items.forEach((entry, position) => {
        const at = `spec.rules[${index}].http.paths[${position}]`;
        checkChoiceOf(entry.at("pathType"), report, `${at}.pathType`, ["Exact", "Prefix", "ImplementationSpecific"]);
        const path = entry.at("path").string;
        if (path !== undefined && !path.startsWith("/")) report(`${at}.path`, `"${path}" must begin with /`);
        checkBackend(entry.at("backend"), report, `${at}.backend`);
      });
    });
  },
  status: () => ({ loadBalancer: {} }),
});

function checkBackend(backend: View, report: Report, path: string): void {
  if (backend.isAbsent || backend.isUnknown) return;
  if (backend.at("service").isAbsent === backend.at("resource").isAbsent)
    report(path, "exactly one of service and resource must be given");
  const port = backend.at("service.port");
  checkPort(port.at("number"), report, `${path}.service.port.number`);
  if (!backend.at("service").isAbsent && !port.isUnknown && port.at("number").isAbsent === port.at("name").isAbsent)
    report(`${path}.service.port`, "exactly one of name and number must be given");
}

const networkPolicy = objectKind({
  type: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
  plural: "networkpolicies",
  check: (inputs, report) => {
    inputs.at("spec.policyTypes").items.forEach((type, index) => {
      checkChoiceOf(type, report, `spec.policyTypes[${index}]`, ["Ingress", "Egress"]);
    });
    for (const [direction, peers] of [
      ["ingress", "from"],
      ["egress", "to"],
    ] as const) {
      inputs.at(`spec.${direction}`).items.forEach((rule, index) => {
        rule.at("ports").items.forEach((port, position) => {
          const at = `spec.${direction}[${index}].ports[${position}]`;
          checkPort(port.at("port"), report, `${at}.port`);
          checkChoiceOf(port.at("protocol"), report, `${at}.protocol`, ["TCP", "UDP", "SCTP"]);
        });
        rule.at(peers).items.forEach((peer, position) => {
          const at = `spec.${direction}[${index}].${peers}[${position}]`;
          const cidr = peer.at("ipBlock.cidr").string;
          if (cidr !== undefined && !cidr.includes(":") && parseRange(cidr) === undefined)
            report(`${at}.ipBlock.cidr`, `"${cidr}" is not an IP range such as 10.0.0.0/8`);
          if (
            !peer.at("ipBlock").isAbsent &&
            (!peer.at("podSelector").isAbsent || !peer.at("namespaceSelector").isAbsent)
          )
            report(at, "ipBlock may not be given together with podSelector or namespaceSelector");
        });
      });
    }
  },
});

/** A CustomResource to Pulumi: the SDK has no schema for it, so that the table checks what it can. */
const httpRoute = objectKind({
  type: "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
  check: (inputs, report) => {
    if (inputs.at("spec").isAbsent) report("spec", "required, but missing");
    const parents = inputs.at("spec.parentRefs");
    parents.items.forEach((parent, index) => {
      if (parent.at("name").isAbsent) report(`spec.parentRefs[${index}].name`, "required, but missing");
    });
    inputs.at("spec.hostnames").strings.forEach((host, index) => {
      if (!dnsSubdomain.pattern.test(host.replace(/^\*\./, "")))
        report(`spec.hostnames[${index}]`, `"${host}" is no host name`);
    });
    inputs.at("spec.rules").items.forEach((rule, index) => {
      rule.at("backendRefs").items.forEach((backend, position) => {
        const at = `spec.rules[${index}].backendRefs[${position}]`;
        if (backend.at("name").isAbsent) report(`${at}.name`, "required, but missing");
        checkPort(backend.at("port"), report, `${at}.port`);
        const kind = backend.at("kind").string ?? "Service";
        if (kind === "Service" && backend.at("port").isAbsent)
          report(`${at}.port`, "must have port for Service reference");
      });
      rule.at("matches").items.forEach((match, position) => {
        const at = `spec.rules[${index}].matches[${position}].path`;
        checkChoiceOf(match.at("path.type"), report, `${at}.type`, ["Exact", "PathPrefix", "RegularExpression"]);
        const value = match.at("path.value").string;
        if (value !== undefined && match.at("path.type").string !== "RegularExpression" && !value.startsWith("/"))
          report(`${at}.value`, `"${value}" must begin with /`);
      });
    });
  },
  status: (_, state) => ({
    parents: state.at("spec.parentRefs").items.map((parent) => ({
      controllerName: "networking.gke.io/gateway",
      parentRef: { name: parent.at("name").string ?? "" },
      conditions: [],
    })),
  }),
});

function checkRules(inputs: View, report: Report): void {
  inputs.at("rules").items.forEach((rule, index) => {
    const at = `rules[${index}]`;
    if (!rule.at("verbs").isUnknown && rule.at("verbs").items.length === 0)
      report(`${at}.verbs`, "verbs must contain at least one value");
    const urls = rule.at("nonResourceURLs");
    if (urls.isAbsent && !rule.at("apiGroups").isUnknown && rule.at("apiGroups").items.length === 0)
      report(`${at}.apiGroups`, 'resource rules must supply at least one api group ("" is the core group)');
    if (urls.isAbsent && !rule.at("resources").isUnknown && rule.at("resources").items.length === 0)
      report(`${at}.resources`, "resource rules must supply at least one resource");
  });
}

function checkBinding(inputs: View, report: Report, kinds: readonly string[]): void {
  checkChoiceOf(inputs.at("roleRef.kind"), report, "roleRef.kind", kinds);
  checkChoiceOf(inputs.at("roleRef.apiGroup"), report, "roleRef.apiGroup", ["rbac.authorization.k8s.io"]);
  inputs.at("subjects").items.forEach((subject, index) => {
    const at = `subjects[${index}]`;
    checkChoiceOf(subject.at("kind"), report, `${at}.kind`, ["ServiceAccount", "User", "Group"]);
    if (subject.at("kind").string === "ServiceAccount" && subject.at("namespace").isAbsent)
      report(`${at}.namespace`, "required with kind ServiceAccount");
  });
}

const accessType = (kind: string) => `kubernetes:rbac.authorization.k8s.io/v1:${kind}`;

export const networkingKinds: readonly Kind[] = [
  ingress,
  networkPolicy,
  httpRoute,
  objectKind({ type: accessType("Role"), name: pathSegment, check: checkRules }),
  objectKind({ type: accessType("ClusterRole"), name: pathSegment, check: checkRules }),
  objectKind({
    type: accessType("RoleBinding"),
    name: pathSegment,
    replaces: ["roleRef"],
    check: (inputs, report) => checkBinding(inputs, report, ["Role", "ClusterRole"]),
  }),
  objectKind({
    type: accessType("ClusterRoleBinding"),
    name: pathSegment,
    replaces: ["roleRef"],
    check: (inputs, report) => checkBinding(inputs, report, ["ClusterRole"]),
  }),
];
