// Kubernetes core/v1: namespaces, services, configuration, secrets, service accounts, quotas.
import type { PropertyMap, PropertyValue } from "../../../values.ts";
import { Secret as Hidden, unknown } from "../../../values.ts";
import type { Cloud, Draft, Kind, Place, Report } from "../kind.ts";
import { formatAddress, freeBlock, parseAddress, parseRange } from "../ranges.ts";
import { Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import {
  builtinNamespaces,
  checkObjectLabels,
  dnsLabel,
  dnsLabel1035,
  objectCollection,
  objectKind,
} from "./object.ts";
import { checkChoiceOf, checkPort, isQuantity, quantityOf } from "./values.ts";

const namespace = objectKind({
  type: "kubernetes:core/v1:Namespace",
  name: dnsLabel,
  fallbacks: ({ inputs }) => ({
    metadata: { labels: { "kubernetes.io/metadata.name": inputs.at("metadata.name").string ?? "" } },
    spec: { finalizers: ["kubernetes"] },
  }),
  status: () => ({ phase: "Active" }),
  verify: async ({ inputs, previous }) => {
    const name = inputs.at("metadata.name").string ?? "";
    if (previous === undefined && builtinNamespaces.includes(name))
      throw new Refusal(409, `namespaces "${name}" already exists`);
  },
  // The namespace controller deletes all that is inside.
  release: async ({ collection, name }, cloud) => {
    const cluster = collection.slice(0, collection.lastIndexOf("/"));
    for (const inside of await cloud.collections(cluster)) {
      for (const object of await cloud.list(inside))
        if (object.id.startsWith(`${name}/`)) await cloud.remove(inside, object.id);
    }
  },
});

/** The range that services of a cluster get their addresses from (GKE's default for new clusters). */
const serviceRange = parseRange("34.118.224.0/20")!;
const serviceType = "kubernetes:core/v1:Service";

const service = objectKind({
  type: serviceType,
  name: dnsLabel1035,
  replaces: ["spec.clusterIP"],
  check: (inputs, report) => {
    const spec = inputs.at("spec");
    const type = spec.at("type").string ?? "ClusterIP";
    checkChoiceOf(spec.at("type"), report, "spec.type", ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]);
    checkChoiceOf(spec.at("sessionAffinity"), report, "spec.sessionAffinity", ["None", "ClientIP"]);
    checkChoiceOf(spec.at("externalTrafficPolicy"), report, "spec.externalTrafficPolicy", ["Cluster", "Local"]);
    checkChoiceOf(spec.at("internalTrafficPolicy"), report, "spec.internalTrafficPolicy", ["Cluster", "Local"]);
    checkObjectLabels(spec.at("selector"), report, "spec.selector");
    const ports = spec.at("ports");
    const headless = spec.at("clusterIP").string === "None";
    if (type === "ExternalName") {
      if (spec.at("externalName").isAbsent) report("spec.externalName", "required with type ExternalName");
    } else if (!headless && !ports.isUnknown && !spec.isUnknown && ports.items.length === 0) {
      report("spec.ports", "at least one port is required, unless clusterIP is None");
    }
    const names = new Set<string>();
    ports.items.forEach((port, index) => {
      const at = `spec.ports[${index}]`;
      checkPort(port.at("port"), report, `${at}.port`);
      checkPort(port.at("targetPort"), report, `${at}.targetPort`);
      checkChoiceOf(port.at("protocol"), report, `${at}.protocol`, ["TCP", "UDP", "SCTP"]);
      const nodePort = port.at("nodePort").number;
      if (nodePort !== undefined && (nodePort < 30000 || nodePort > 32767))
        report(`${at}.nodePort`, `${nodePort} is not in the range of node ports, 30000 to 32767`);
      if (nodePort !== undefined && type === "ClusterIP") report(`${at}.nodePort`, "not with type ClusterIP");
      const name = port.at("name").string;
      if (name === undefined && ports.items.length > 1 && port.at("name").isAbsent)
        report(`${at}.name`, "required when there is more than one port");
      if (name !== undefined && names.has(name)) report(`${at}.name`, `"${name}" is used twice`);
      if (name !== undefined) names.add(name);
    });
  },
  allocate: async ({ place, inputs }, cloud) => ({
    clusterIP: await clusterAddress(place, cloud),
    loadBalancerIP: inputs.at("spec.loadBalancerIP").string ?? "",
  }),
  verify: async (resource, cloud) => {
    const wanted = resource.inputs.at("spec.clusterIP").string ?? resource.allocated["clusterIP"];
    if (wanted === undefined || wanted === "None" || wanted === "") return;
    const holder = (await servicesOf(resource.place, cloud)).find(
      (other) => other.id !== resource.id && new View(other.state).at("spec.clusterIP").string === wanted,
    );
    if (holder !== undefined) {
      throw new Refusal(
        422,
        `Service "${resource.inputs.at("metadata.name").string}" is invalid: spec.clusterIPs: Invalid value: []string{"${wanted}"}: failed to allocate IP ${wanted}: provided IP is already allocated`,
      );
    }
  },
  // The API server chooses the address: a program must not take it for absent.
  predicted: ({ inputs }): PropertyMap => {
    const spec = inputs.at("spec");
    if (!spec.at("clusterIP").isAbsent || spec.at("type").string === "ExternalName" || spec.isUnknown) return {};
    return { spec: { ...(spec.value as PropertyMap), clusterIP: unknown, clusterIPs: unknown } };
  },
  fallbacks: ({ inputs, allocated }) => {
    const external = inputs.at("spec.type").string === "ExternalName";
    const address = inputs.at("spec.clusterIP").string ?? allocated["clusterIP"] ?? "";
    return {
      spec: {
        type: "ClusterIP",
        sessionAffinity: "None",
        ...(external
          ? {}
          : {
              clusterIP: address,
              clusterIPs: [address],
              internalTrafficPolicy: "Cluster",
              ipFamilies: ["IPv4"],
              ipFamilyPolicy: "SingleStack",
            }),
      },
    };
  },
  status: ({ inputs, allocated, id }): PropertyMap => {
    if (inputs.at("spec.type").string !== "LoadBalancer") return { loadBalancer: {} };
    const ip =
      allocated["loadBalancerIP"] ||
      formatAddress(
        parseAddress("198.18.0.0")! + (Buffer.from(id).reduce((sum, byte) => (sum * 31 + byte) % 65000, 7) + 300),
      );
    return { loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } };
  },
});

async function servicesOf(place: Place, cloud: Cloud) {
  return await cloud.list(objectCollection(place, serviceType));
}

async function clusterAddress(place: Place, cloud: Cloud): Promise<string> {
  const taken = (await servicesOf(place, cloud)).flatMap(({ state }) => {
    const first = parseAddress(new View(state).at("spec.clusterIP").string ?? "");
    return first === undefined ? [] : [{ first, prefix: 32 }];
  });
  const free = freeBlock(serviceRange, 32, [{ first: serviceRange.first, prefix: 28 }, ...taken]);
  if (free === undefined) throw new Refusal(500, "failed to allocate a service address: the range is full");
  return formatAddress(free.first);
}

/** Keys of configuration and secrets become names of files. */
function checkKeys(values: View, report: Report, path: string): void {
  for (const [key] of values.entries) {
    if (!/^(?!\.\.?$)[-._a-zA-Z0-9]{1,253}$/.test(key)) report(path, `"${key}" is no key: letters, digits, -, _ and .`);
  }
}

/** Both replace when their data changes, unless the provider is told that they are mutable; an immutable object always. */
const replacesData =
  (kind: "Secret" | "ConfigMap", properties: readonly string[]): Kind["replacesAlso"] =>
  (old, _, place) =>
    place.mutable?.[kind] === true && old.at("immutable").boolean !== true ? [] : properties;

const configMap = objectKind({
  type: "kubernetes:core/v1:ConfigMap",
  replacesAlso: replacesData("ConfigMap", ["data", "binaryData"]),
  check: (inputs, report) => {
    checkKeys(inputs.at("data"), report, "data");
    checkKeys(inputs.at("binaryData"), report, "binaryData");
    const both = inputs.at("data").entries.find(([key]) => !inputs.at("binaryData").property(key).isAbsent);
    if (both !== undefined) report("binaryData", `the key "${both[0]}" is in data too`);
    const size = [...inputs.at("data").entries, ...inputs.at("binaryData").entries].reduce(
      (sum, [, value]) => sum + Buffer.byteLength(value.string ?? ""),
      0,
    );
    if (size > 1_048_576) report("data", `${size} bytes are more than an object holds: 1048576`);
  },
  verify: async ({ inputs, previous }) => refuseThaw("ConfigMap", inputs, previous?.state),
});

const secretTypes: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};

const secret = objectKind({
  type: "kubernetes:core/v1:Secret",
  replaces: ["type"],
  replacesAlso: replacesData("Secret", ["data", "stringData"]),
  check: (inputs, report) => {
    checkKeys(inputs.at("data"), report, "data");
    checkKeys(inputs.at("stringData"), report, "stringData");
    for (const [key, value] of inputs.at("data").entries) {
      const text = value.string;
      if (text !== undefined && Buffer.from(text, "base64").toString("base64") !== text)
        report(`data["${key}"]`, "not base64: give plain text as stringData");
    }
    const needed = secretTypes[inputs.at("type").string ?? ""] ?? [];
    for (const key of needed) {
      const known = !inputs.at("data").isUnknown && !inputs.at("stringData").isUnknown;
      if (known && inputs.at("data").property(key).isAbsent && inputs.at("stringData").property(key).isAbsent) {
        report("data", `a secret of type ${inputs.at("type").string} needs the key "${key}"`);
      }
    }
  },
  verify: async ({ inputs, previous }) => refuseThaw("Secret", inputs, previous?.state),
  // The API server turns stringData into data.
  fallbacks: ({ inputs }) => ({ type: "Opaque", ...dataOf(inputs) }),
});

function dataOf(inputs: View): PropertyMap {
  const plain = inputs.at("stringData").entries;
  if (plain.length === 0) return {};
  const encoded = plain.map(([key, value]): [string, PropertyValue] => [
    key,
    new Hidden(Buffer.from(value.string ?? "").toString("base64")),
  ]);
  return { data: Object.fromEntries(encoded) };
}

/** The API server refuses to make an immutable object mutable again, or to change its data. */
function refuseThaw(kind: string, inputs: View, state: PropertyMap | undefined): void {
  if (new View(state).at("immutable").boolean !== true) return;
  if (inputs.at("immutable").boolean !== true) {
    throw new Refusal(
      422,
      `${kind} "${inputs.at("metadata.name").string}" is invalid: immutable: Forbidden: field is immutable when \`immutable\` is set`,
    );
  }
}

const serviceAccount = objectKind({
  type: "kubernetes:core/v1:ServiceAccount",
  verify: async ({ inputs, previous }: Draft & { previous: unknown }) => {
    const name = inputs.at("metadata.name").string;
    // Each namespace is born with this one.
    if (previous === undefined && name === "default")
      throw new Refusal(409, 'serviceaccounts "default" already exists');
  },
});

const resourceQuota = objectKind({
  type: "kubernetes:core/v1:ResourceQuota",
  replaces: ["spec.scopes"],
  check: (inputs, report) => {
    for (const [name, value] of inputs.at("spec.hard").entries) {
      const text = value.string ?? value.number;
      if (text !== undefined && !isQuantity(String(text)))
        report("spec.hard", `"${text}" is no quantity (of ${name}), such as 500m, 2 or 1Gi`);
    }
  },
  status: (_, state) => {
    const hard = state.at("spec.hard").value;
    return { hard: hard ?? {}, used: Object.fromEntries(state.at("spec.hard").entries.map(([name]) => [name, "0"])) };
  },
});

const limitRange = objectKind({
  type: "kubernetes:core/v1:LimitRange",
  check: (inputs, report) => {
    inputs.at("spec.limits").items.forEach((limit, index) => {
      const at = `spec.limits[${index}]`;
      checkChoiceOf(limit.at("type"), report, `${at}.type`, ["Container", "Pod", "PersistentVolumeClaim"]);
      for (const bound of ["default", "defaultRequest", "max", "min", "maxLimitRequestRatio"])
        for (const [name, value] of limit.at(bound).entries)
          if (value.string !== undefined && !isQuantity(value.string))
            report(`${at}.${bound}.${name}`, `"${value.string}" is no quantity, such as 500m, 2 or 1Gi`);
      for (const [name, value] of limit.at("defaultRequest").entries) {
        const most = limit.at("default").property(name).string;
        if (value.string === undefined || most === undefined || !isQuantity(value.string) || !isQuantity(most))
          continue;
        if (quantityOf(value.string) > quantityOf(most))
          report(
            `${at}.defaultRequest.${name}`,
            `default request value ${value.string} is greater than default limit value ${most}`,
          );
      }
    });
  },
});

export const coreKinds: readonly Kind[] = [
  namespace,
  service,
  configMap,
  secret,
  serviceAccount,
  resourceQuota,
  limitRange,
];
