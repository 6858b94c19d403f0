// What every Kubernetes object has in common: name and namespace, metadata, where it lies in the sandbox cloud.
// Naming and namespaces follow pulumi-kubernetes (provider/pkg/metadata/naming.go, provider/pkg/provider/provider.go).
import { createHash } from "node:crypto";
import { isPropertyMap, type PropertyMap, type PropertyValue, Secret } from "../../../values.ts";
import type { CheckFailure, CheckRequest } from "../../provider.ts";
import type { Cloud, Draft, Kind, Place, Report, Resource } from "../kind.ts";
import { inventName, type NameRule, numericId, uuidOf } from "../names.ts";
import { Refusal } from "../refusal.ts";
import { View } from "../view.ts";

export const autonamed = "pulumi.com/autonamed";

/** DNS-1123 label: namespaces, and what becomes a part of a host name. */
export const dnsLabel: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  description: "1 to 63 characters of a-z, 0-9 and -, beginning and ending with a letter or digit",
};
/** DNS-1035 label: services. */
export const dnsLabel1035: NameRule = {
  pattern: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  description: "1 to 63 characters of a-z, 0-9 and -, beginning with a letter and ending with a letter or digit",
};
/** DNS-1123 subdomain: most objects. */
export const dnsSubdomain: NameRule = {
  pattern: /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  description: "1 to 253 characters of a-z, 0-9, - and ., beginning and ending with a letter or digit",
};
/** A path segment: RBAC. */
export const pathSegment: NameRule = {
  pattern: /^(?!\.\.?$)[^/%]{1,253}$/,
  description: "1 to 253 characters without / and %",
};

/** Namespaces that every cluster has. */
export const builtinNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** Kinds that are in no namespace. Of custom resources, those whose kind begins with `Cluster` are taken to be. */
const clusterScoped = new Set(
  (
    "Namespace Node PersistentVolume ClusterRole ClusterRoleBinding CustomResourceDefinition StorageClass VolumeAttachment CSIDriver CSINode " +
    "PriorityClass RuntimeClass IngressClass GatewayClass APIService MutatingWebhookConfiguration ValidatingWebhookConfiguration " +
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding CertificateSigningRequest FlowSchema PriorityLevelConfiguration " +
    "TokenReview SubjectAccessReview SelfSubjectAccessReview VolumeAttributesClass DeviceClass ServiceCIDR IPAddress"
  ).split(" "),
);

export function isNamespaced(type: string): boolean {
  const kind = kindOf(type).replace(/(Patch|List)$/, "");
  return !clusterScoped.has(kind) && !kind.startsWith("Cluster");
}

function kindOf(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

/** `apps` of `kubernetes:apps/v1:Deployment`. */
function groupOf(type: string): string {
  return type.slice(type.indexOf(":") + 1, type.lastIndexOf("/"));
}

/** The folder of everything in one cluster, from the cluster's Google id. */
export function clusterFolder(clusterId: string): string {
  const name = clusterId.slice(clusterId.lastIndexOf("/") + 1).replace(/[^a-z0-9-]+/g, "-");
  return `kubernetes/${name}-${createHash("sha256").update(clusterId).digest("hex").slice(0, 12)}`;
}

export function objectCollection({ cluster }: Place, type: string): string {
  return `${cluster ?? "kubernetes/unknown"}/${groupOf(type)}.${kindOf(type)}`;
}

/** `namespace/name`, or `name` of what is in no namespace. */
export function objectId(inputs: View): string {
  const [name, namespace] = [inputs.at("metadata.name").string, inputs.at("metadata.namespace").string];
  return namespace === undefined ? `${name}` : `${namespace}/${name}`;
}

/** Fills in the namespace, and a name where none is given; an object keeps the name that was once invented for it. */
export function prepareObject(
  request: CheckRequest,
  place: Place,
  namespaced: boolean,
): { inputs: PropertyMap; failures: readonly CheckFailure[] } {
  const { newInputs, oldInputs } = request;
  const given = newInputs["metadata"];
  const isSecret = given instanceof Secret;
  const inner = isSecret ? given.element : given;
  if (inner !== undefined && inner !== null && !isPropertyMap(inner)) return { inputs: newInputs, failures: [] };
  const metadata: Record<string, PropertyValue> = { ...(inner ?? {}) };
  const view = new View(metadata);
  if (namespaced && view.at("namespace").isAbsent) metadata["namespace"] = place.namespace;
  const failures: CheckFailure[] = [];
  if (view.at("name").isAbsent && view.at("generateName").isAbsent) {
    const old = new View(oldInputs).at("metadata");
    const adopted =
      old.property("annotations").property(autonamed).string === "true" ? old.at("name").string : undefined;
    const naming = adopted !== undefined ? { name: adopted } : inventName(request, 8, 253, false);
    if ("problem" in naming) failures.push({ property: "metadata.name", reason: naming.problem });
    else {
      metadata["name"] = naming.name;
      const annotations = metadata["annotations"];
      metadata["annotations"] = {
        ...(annotations !== undefined && isPropertyMap(annotations) ? annotations : {}),
        [autonamed]: "true",
      };
    }
  } else if (view.at("name").isAbsent) {
    failures.push({
      property: "metadata.generateName",
      reason: "the `.metadata.generateName` field is not supported in Server-Side Apply mode",
    });
  }
  return { inputs: { ...newInputs, metadata: isSecret ? new Secret(metadata) : metadata }, failures };
}

export interface ObjectKind {
  readonly type: string;
  readonly name?: NameRule;
  /** As the API spells it in messages, e.g. `deployments.apps`; by default the kind in lower case with an s. */
  readonly plural?: string;
  readonly replaces?: readonly string[];
  readonly replacesAlso?: Kind["replacesAlso"];
  readonly check?: Kind["check"];
  readonly verify?: (resource: Resource, cloud: Cloud) => Promise<void>;
  readonly allocate?: Kind["allocate"];
  readonly fallbacks?: (resource: Resource) => PropertyMap;
  /** The object's status, of what the cluster now has. */
  readonly status?: (resource: Resource, state: View) => PropertyMap;
  readonly predicted?: Kind["predicted"];
  readonly release?: Kind["release"];
}

/** A reviewed Kubernetes object. */
export function objectKind(options: ObjectKind): Kind {
  const { type, name: rule = dnsSubdomain, check, verify, status, fallbacks, ...rest } = options;
  const namespaced = isNamespaced(type);
  const group = groupOf(type).replace(/^core$/, "");
  const plural = options.plural ?? `${kindOf(type).toLowerCase()}s`;
  const resources = group === "" ? plural : `${plural}.${apiGroups[group] ?? group}`;
  return {
    ...rest,
    type,
    collection: (place) => objectCollection(place, type),
    prepare: (request, place) => prepareObject(request, place, namespaced),
    replaces: ["metadata.name", "metadata.namespace", ...(options.replaces ?? [])],
    keepsName: (old, next) =>
      next.at("metadata").property("annotations").property(autonamed).string !== "true" &&
      objectId(old) === objectId(next),
    check: (inputs, report, place) => {
      checkMetadata(inputs.at("metadata"), report, rule);
      if (!namespaced && !inputs.at("metadata.namespace").isAbsent)
        report("metadata.namespace", `a ${kindOf(type)} is in no namespace`);
      check?.(inputs, report, place);
    },
    id: ({ inputs }) => objectId(inputs),
    taken: ({ inputs }) => new Refusal(409, `${resources} "${inputs.at("metadata.name").string}" already exists`),
    verify: async (resource, cloud) => {
      if (namespaced) await requireNamespace(resource, cloud);
      await verify?.(resource, cloud);
    },
    fallbacks: (resource) => ({
      ...(fallbacks?.(resource) ?? {}),
      apiVersion: apiVersionOf(type),
      kind: kindOf(type),
      metadata: {
        ...((fallbacks?.(resource)["metadata"] as PropertyMap | undefined) ?? {}),
        uid: uuidOf(`${resource.place.cluster} ${type} ${resource.id} ${resource.created}`),
        creationTimestamp: resource.created.replace(/\.\d+Z$/, "Z"),
      },
    }),
    computed: (resource, state) => {
      const metadata = state.at("metadata");
      const revised = {
        ...(metadata.value as PropertyMap),
        resourceVersion: numericId(`${resource.id} ${resource.updated}`).slice(0, 9),
        generation: (metadata.at("generation").number ?? 0) + 1,
      };
      return { metadata: revised, ...(status === undefined ? {} : { status: status(resource, state) }) };
    },
  };
}

const apiGroups: Readonly<Record<string, string>> = { rbac: "rbac.authorization.k8s.io" };

function apiVersionOf(type: string): string {
  return type
    .slice(type.indexOf(":") + 1, type.lastIndexOf(":"))
    .replace(/^core\//, "")
    .replace(
      /^(networking|rbac)\//,
      (_, group: string) => `${group === "rbac" ? "rbac.authorization" : group}.k8s.io/`,
    );
}

/** Reports what the API server refuses in any object's metadata. */
export function checkMetadata(metadata: View, report: Report, rule: NameRule): void {
  const name = metadata.at("name").string;
  if (name !== undefined && !rule.pattern.test(name))
    report("metadata.name", `"${name}" is no right name: it must be ${rule.description}`);
  const namespace = metadata.at("namespace").string;
  if (namespace !== undefined && !dnsLabel.pattern.test(namespace))
    report("metadata.namespace", `"${namespace}" is no right name: it must be ${dnsLabel.description}`);
  checkObjectLabels(metadata.at("labels"), report, "metadata.labels");
  for (const [key] of metadata.at("annotations").entries) {
    if (!isQualifiedName(key))
      report(
        "metadata.annotations",
        `"${key}" is no annotation key: letters, digits, -, _ and ., up to 63, after an optional host name and /`,
      );
  }
}

export function checkObjectLabels(labels: View, report: Report, path: string): void {
  for (const [key, value] of labels.entries) {
    if (!isQualifiedName(key))
      report(
        path,
        `"${key}" is no label key: letters, digits, -, _ and ., up to 63, after an optional host name and /`,
      );
    const text = value.string;
    if (text !== undefined && !/^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/.test(text)) {
      report(
        path,
        `"${text}" is no label value (of "${key}"): up to 63 letters, digits, -, _ and ., beginning and ending with a letter or digit`,
      );
    }
  }
}

function isQualifiedName(key: string): boolean {
  const [name, prefix, ...more] = key.split("/").reverse();
  if (more.length > 0 || (prefix !== undefined && !dnsSubdomain.pattern.test(prefix))) return false;
  return /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/.test(name!);
}

/** Refuses an object whose namespace does not exist. */
async function requireNamespace({ inputs, place }: Draft, cloud: Cloud): Promise<void> {
  const namespace = inputs.at("metadata.namespace").string ?? "default";
  if (builtinNamespaces.includes(namespace)) return;
  const record = await cloud.get(objectCollection(place, "kubernetes:core/v1:Namespace"), namespace);
  if (record === undefined) throw new Refusal(404, `namespaces "${namespace}" not found`);
}
