// What stands before services and behind queues in a cluster: gateways of the Gateway API and Google's policies for them,
// certificates of cert-manager, scaling of KEDA. All are custom resources: the SDK has no schema for them, so the table
// checks what it can. Sources: gateway-api.sigs.k8s.io/reference/spec, docs.cloud.google.com/kubernetes-engine/docs
// (how-to/configure-gateway-resources), cert-manager.io/docs/reference/api-docs, keda.sh/docs (concepts/scaling-deployments).
import { securityPolicies, sslPolicies } from "../gcp/edge.ts";
import { addresses } from "../gcp/shared.ts";
import type { Cloud, Kind, Report, Resource } from "../kind.ts";
import { Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { dnsSubdomain, objectCollection, objectKind } from "./object.ts";
import { checkAtLeast, checkChoiceOf, checkPort } from "./values.ts";

const gatewayType = "kubernetes:gateway.networking.k8s.io/v1:Gateway";
const serviceType = "kubernetes:core/v1:Service";

/** Google's classes take addresses and certificates by name from Google Cloud. */
function isGoogle(className: string | undefined): boolean {
  return className?.startsWith("gke-l7-") === true;
}

const gateway = objectKind({
  type: gatewayType,
  check: (inputs, report) => {
    if (inputs.at("spec.gatewayClassName").isAbsent) report("spec.gatewayClassName", "required, but missing");
    const listeners = inputs.at("spec.listeners");
    if (!listeners.isUnknown && listeners.items.length === 0)
      report("spec.listeners", "required: at least one listener");
    const names = listeners.items.map((listener) => listener.at("name").string);
    const certificateMap = inputs.at("metadata.annotations").property("networking.gke.io/certmap");
    listeners.items.forEach((listener, index) => {
      const at = `spec.listeners[${index}]`;
      const name = names[index];
      if (name === undefined && listener.at("name").isAbsent) report(`${at}.name`, "required, but missing");
      if (name !== undefined && names.indexOf(name) !== index)
        report(`${at}.name`, "Listener name must be unique within the Gateway");
      checkPort(listener.at("port"), report, `${at}.port`);
      const protocol = listener.at("protocol");
      checkChoiceOf(protocol, report, `${at}.protocol`, ["HTTP", "HTTPS", "TLS", "TCP", "UDP"]);
      if (protocol.string === "HTTP" && !listener.at("tls").isAbsent)
        report(`${at}.tls`, "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']");
      if (
        protocol.string === "HTTPS" &&
        listener.at("tls.certificateRefs").isAbsent &&
        certificateMap.isAbsent &&
        listener.at("tls.options").isAbsent
      )
        report(`${at}.tls`, "an HTTPS listener needs certificateRefs, or a certificate map by annotation");
      const host = listener.at("hostname").string;
      if (host !== undefined && !dnsSubdomain.pattern.test(host.replace(/^\*\./, "")))
        report(`${at}.hostname`, `"${host}" is no host name`);
    });
  },
  verify: async ({ inputs }, cloud) => {
    if (!isGoogle(inputs.at("spec.gatewayClassName").string)) return;
    for (const address of inputs.at("spec.addresses").items) {
      const name = address.at("value").string;
      if (address.at("type").string !== "NamedAddress" || name === undefined) continue;
      const found = (await cloud.list(addresses)).some(({ id }) => id.endsWith(`/global/addresses/${name}`));
      if (!found) throw new Refusal(422, `generic::not_found: address ${name} was not found`);
    }
  },
  status: (_, state) => ({
    addresses: state
      .at("spec.addresses")
      .items.map((address) => ({ type: "IPAddress", value: address.at("value").string ?? "" })),
    conditions: [{ type: "Programmed", status: "True" }],
  }),
});

/** A policy points to one object of its own namespace, which must be there. */
function targets(kinds: Readonly<Record<string, string>>): Pick<Parameters<typeof objectKind>[0], "check" | "verify"> {
  return {
    check: (inputs, report) => {
      const target = inputs.at("spec.targetRef");
      checkChoiceOf(target.at("kind"), report, "spec.targetRef.kind", Object.keys(kinds));
      if (target.isAbsent) report("spec.targetRef", "required, but missing");
      else if (target.at("name").isAbsent) report("spec.targetRef.name", "required, but missing");
    },
    verify: async (resource, cloud) => {
      const kind = resource.inputs.at("spec.targetRef.kind").string ?? "";
      await requireObject(resource, kinds[kind], resource.inputs.at("spec.targetRef.name").string, cloud);
    },
  };
}

/** What a controller says of a reference to nothing. */
async function requireObject(
  { inputs, place }: Resource,
  type: string | undefined,
  name: string | undefined,
  cloud: Cloud,
): Promise<void> {
  if (type === undefined || name === undefined) return;
  const id = `${inputs.at("metadata.namespace").string}/${name}`;
  if ((await cloud.get(objectCollection(place, type), id)) === undefined)
    throw new Refusal(404, `${type.slice(type.lastIndexOf(":") + 1)} "${id}" not found`);
}

/** Google resources that policies name by their short name. */
async function requireGlobal(
  collection: string,
  plural: string,
  name: string | undefined,
  cloud: Cloud,
): Promise<void> {
  if (name === undefined) return;
  const found = (await cloud.list(collection)).some(({ id }) => id.endsWith(`/global/${plural}/${name}`));
  if (!found) throw new Refusal(422, `${plural}: "${name}" not found`);
}

const toService = targets({ Service: serviceType });
const backendPolicy = objectKind({
  type: "kubernetes:networking.gke.io/v1:GCPBackendPolicy",
  plural: "gcpbackendpolicies",
  check: (inputs, report, place) => {
    toService.check?.(inputs, report, place);
    checkAtLeast(inputs.at("spec.default.timeoutSec"), report, "spec.default.timeoutSec", 1);
    const iap = inputs.at("spec.default.iap");
    if (!iap.at("oauth2ClientSecret").isAbsent && iap.at("clientID").isAbsent)
      report("spec.default.iap.clientID", "required with oauth2ClientSecret");
  },
  verify: async (resource, cloud) => {
    await toService.verify?.(resource, cloud);
    await requireGlobal(
      securityPolicies,
      "securityPolicies",
      resource.inputs.at("spec.default.securityPolicy").string,
      cloud,
    );
  },
});

const toGateway = targets({ Gateway: gatewayType });
const gatewayPolicy = objectKind({
  type: "kubernetes:networking.gke.io/v1:GCPGatewayPolicy",
  plural: "gcpgatewaypolicies",
  ...(toGateway.check === undefined ? {} : { check: toGateway.check }),
  verify: async (resource, cloud) => {
    await toGateway.verify?.(resource, cloud);
    await requireGlobal(sslPolicies, "sslPolicies", resource.inputs.at("spec.default.sslPolicy").string, cloud);
  },
});

/**
 * Which port is asked must be said, and a port goes with one word only: the rules of Google's definition, which fail where
 * the word is absent (github.com/GoogleCloudPlatform/gke-gateway-api, config/crd).
 */
function checkPortOf(check: View, report: Report, path: string): void {
  if (check.isAbsent) return;
  const word = check.at("portSpecification");
  checkChoiceOf(word, report, `${path}.portSpecification`, Object.keys(portOf));
  if (word.isAbsent) report(`${path}.portSpecification`, "required, but missing");
  if (word.string === undefined || !Object.hasOwn(portOf, word.string)) return;
  for (const property of ["port", "portName"]) {
    const isAbsent = check.at(property).isAbsent;
    if (property === portOf[word.string] && isAbsent) report(`${path}.${property}`, "required, but missing");
    if (property !== portOf[word.string] && !isAbsent)
      report(`${path}.${property}`, `must be unset with ${word.string}`);
  }
}

/** What a health check names beside each word of its `portSpecification`. */
const portOf: Readonly<Record<string, string | undefined>> = {
  USE_FIXED_PORT: "port",
  USE_NAMED_PORT: "portName",
  USE_SERVING_PORT: undefined,
};

const healthCheckPolicy = objectKind({
  type: "kubernetes:networking.gke.io/v1:HealthCheckPolicy",
  plural: "healthcheckpolicies",
  check: (inputs, report, place) => {
    toService.check?.(inputs, report, place);
    const config = inputs.at("spec.default.config");
    checkChoiceOf(config.at("type"), report, "spec.default.config.type", ["TCP", "HTTP", "HTTPS", "HTTP2", "GRPC"]);
    const path = config.at("httpHealthCheck.requestPath").string;
    if (path !== undefined && !path.startsWith("/"))
      report("spec.default.config.httpHealthCheck.requestPath", `"${path}" must begin with /`);
    checkPortOf(config.at("httpHealthCheck"), report, "spec.default.config.httpHealthCheck");
  },
  ...(toService.verify === undefined ? {} : { verify: toService.verify }),
});

const certificate = objectKind({
  type: "kubernetes:cert-manager.io/v1:Certificate",
  check: (inputs, report) => {
    for (const property of ["secretName", "issuerRef"])
      if (inputs.at(`spec.${property}`).isAbsent) report(`spec.${property}`, "required, but missing");
    checkIssuer(inputs, report);
    const names = inputs.at("spec.dnsNames");
    if (!names.isUnknown && names.items.length === 0) report("spec.dnsNames", "at least one name");
    names.strings.forEach((host, index) => {
      if (!dnsSubdomain.pattern.test(host.replace(/^\*\./, "")))
        report(`spec.dnsNames[${index}]`, `"${host}" is no host name`);
    });
  },
});

function checkIssuer(inputs: View, report: Report): void {
  checkChoiceOf(inputs.at("spec.issuerRef.kind"), report, "spec.issuerRef.kind", ["Issuer", "ClusterIssuer"]);
}

const clusterIssuer = objectKind({
  type: "kubernetes:cert-manager.io/v1:ClusterIssuer",
  check: (inputs, report) => {
    const forms = ["acme", "ca", "vault", "selfSigned", "venafi"].filter(
      (form) => !inputs.at("spec").property(form).isAbsent,
    );
    if (forms.length !== 1)
      report("spec", `exactly one kind of issuer must be given, not ${forms.join(" and ") || "none"}`);
    const server = inputs.at("spec.acme.server").string;
    if (server !== undefined && !server.startsWith("https://"))
      report("spec.acme.server", `"${server}" is not an https:// address`);
  },
});

const scaledObject = objectKind({
  type: "kubernetes:keda.sh/v1alpha1:ScaledObject",
  check: (inputs, report) => {
    if (inputs.at("spec.scaleTargetRef.name").isAbsent) report("spec.scaleTargetRef.name", "required, but missing");
    checkAtLeast(inputs.at("spec.minReplicaCount"), report, "spec.minReplicaCount", 0);
    checkAtLeast(inputs.at("spec.maxReplicaCount"), report, "spec.maxReplicaCount", 1);
    const [least, most] = [inputs.at("spec.minReplicaCount").number, inputs.at("spec.maxReplicaCount").number];
    if (least !== undefined && most !== undefined && least > most)
      report("spec.minReplicaCount", `${least} must be less than or equal to maxReplicaCount, ${most}`);
    const triggers = inputs.at("spec.triggers");
    if (!triggers.isUnknown && triggers.items.length === 0) report("spec.triggers", "required: at least one trigger");
    triggers.items.forEach((trigger, index) => {
      if (trigger.at("type").isAbsent) report(`spec.triggers[${index}].type`, "required, but missing");
    });
  },
  verify: async (resource, cloud) => {
    const { inputs, place } = resource;
    if ((inputs.at("spec.scaleTargetRef.kind").string ?? "Deployment") === "Deployment")
      await requireObject(
        resource,
        "kubernetes:apps/v1:Deployment",
        inputs.at("spec.scaleTargetRef.name").string,
        cloud,
      );
    for (const trigger of inputs.at("spec.triggers").items)
      await requireObject(resource, triggerType, trigger.at("authenticationRef.name").string, cloud);
    // KEDA's admission webhook: a workload has one autoscaler (keda.sh/docs/latest/concepts/admission-webhooks).
    const name = inputs.at("spec.scaleTargetRef.name").string;
    for (const { id, state } of await cloud.list(
      objectCollection(place, "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"),
    )) {
      const view = new View(state);
      if (
        view.at("spec.scaleTargetRef.name").string === name &&
        view.at("metadata.namespace").string === inputs.at("metadata.namespace").string
      )
        throw new Refusal(
          400,
          `the workload '${name}' of type 'apps/v1.Deployment' is already managed by the hpa '${id}'`,
        );
    }
  },
});

const triggerType = "kubernetes:keda.sh/v1alpha1:TriggerAuthentication";
const triggerAuthentication = objectKind({
  type: triggerType,
  check: (inputs, report) => {
    checkChoiceOf(inputs.at("spec.podIdentity.provider"), report, "spec.podIdentity.provider", [
      "azure-workload",
      "aws",
      "aws-eks",
      "gcp",
      "none",
    ]);
  },
});

export const gatewayKinds: readonly Kind[] = [
  gateway,
  backendPolicy,
  gatewayPolicy,
  healthCheckPolicy,
  certificate,
  clusterIssuer,
  scaledObject,
  triggerAuthentication,
];
