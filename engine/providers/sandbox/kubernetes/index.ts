// The `kubernetes` package of the sandbox: its reviewed types, and which cluster of the sandbox a provider is configured for.
import type { PropertyMap } from "../../../values.ts";
import { approximateObject } from "../approximate.ts";
import { differences } from "../differences.ts";
import { isEndpointOf } from "../gcp/container.ts";
import { clusters } from "../gcp/shared.ts";
import type { Kind, Place } from "../kind.ts";
import type { SandboxService } from "../service.ts";
import { View } from "../view.ts";
import { appKinds } from "./apps.ts";
import { coreKinds } from "./core.ts";
import { gatewayKinds } from "./gateway.ts";
import { helmKinds } from "./helm.ts";
import { type ActiveCluster, activeCluster } from "./kubeconfig.ts";
import { networkingKinds } from "./networking.ts";
import { clusterFolder, isNamespaced } from "./object.ts";

const kinds: readonly Kind[] = [...coreKinds, ...appKinds, ...networkingKinds, ...gatewayKinds, ...helmKinds];

/** The properties that decide which cluster is meant. */
const selecting = ["kubeconfig", "context", "cluster"] as const;

export const kubernetesCluster: SandboxService = {
  kinds: new Map(kinds.map((kind) => [kind.type, kind])),
  // A group with a dot is one that somebody defined: kubernetes:cert-manager.io/v1:Certificate.
  open: (type) =>
    /^kubernetes:[a-z0-9-]+(\.[a-z0-9-]+)+\/v\d\w*:[A-Z]\w*$/.test(type) && !isOwnGroup(type)
      ? approximateObject(type, isNamespaced(type))
      : undefined,
  checkConfig: (inputs, report) => {
    if (selecting.some((name) => inputs.at(name).isUnknown)) return;
    try {
      activeCluster(inputs);
    } catch (error) {
      report("kubeconfig", (error as Error).message);
    }
  },
  // pulumi-kubernetes: provider/pkg/provider/provider.go, DiffConfig.
  configReplaces: (old, next) => {
    const changed = new Set(differences(old, next).map(({ plainPath }) => plainPath.split(".", 1)[0]!));
    const identifier = [old, next].map((inputs) => new View(inputs).at("clusterIdentifier"));
    if (identifier.every((value) => !value.isAbsent))
      return changed.has("clusterIdentifier") ? ["clusterIdentifier"] : [];
    const unknown = selecting.filter((name) => new View(next).at(name).isUnknown);
    if (unknown.length > 0) return unknown.slice(0, 1);
    const [before, after] = [old, next].map(identityOf);
    return before !== undefined && after !== undefined && before !== after
      ? selecting.filter((name) => changed.has(name))
      : [];
  },
  place: async (config, cloud) => {
    const mutable = { Secret: isOn(config, "enableSecretMutable"), ConfigMap: isOn(config, "enableConfigMapMutable") };
    const namespace = config.at("namespace").string ?? "default";
    const nowhere: Place = { project: "", region: "", zone: "", cluster: undefined, namespace, mutable };
    if (selecting.some((name) => config.at(name).isUnknown)) return nowhere;
    let active: ActiveCluster | undefined;
    try {
      active = activeCluster(config);
    } catch (error) {
      return { ...nowhere, cluster: "kubernetes/unreachable", unreachable: (error as Error).message };
    }
    if (active === undefined) return { ...nowhere, cluster: "kubernetes/default" };
    const { host, server } = active;
    const found = (await cloud.list(clusters)).find(({ state }) => isEndpointOf(host, state));
    const inNamespace = { ...nowhere, namespace: config.at("namespace").string ?? active.namespace ?? "default" };
    if (found !== undefined) return { ...inNamespace, cluster: clusterFolder(found.id) };
    if (active.stoodIn) return { ...inNamespace, cluster: clusterFolder(`existing ${host}`) };
    const unreachable = `configured Kubernetes cluster is unreachable: ${server} is no cluster of this sandbox; a sandbox reaches only clusters that one of its stacks created (or give no kubeconfig, for its default cluster)`;
    return { ...inNamespace, cluster: "kubernetes/unreachable", unreachable };
  },
  invoke: async () => undefined,
  functions: [],
  failed: (operation, { urn }, reason) =>
    `resource "${urn}" was not successfully ${operation}d by the Kubernetes API server: ${reason}`,
};

/** Settings of the provider travel as JSON texts. */
function isOn(config: View, name: string): boolean {
  return config.at(name).boolean === true || config.at(name).string === "true";
}

function identityOf(inputs: PropertyMap): string | undefined {
  try {
    return activeCluster(new View(inputs))?.identity;
  } catch {
    return undefined;
  }
}

/** Kubernetes' own groups are all in the SDK: an unknown type there is a mistake. The Gateway API's is not among them. */
function isOwnGroup(type: string): boolean {
  const group = type.slice("kubernetes:".length, type.lastIndexOf("/"));
  return (
    /^[a-z]+(\.[a-z]+)?\.k8s\.io$/.test(group) &&
    !group.startsWith("gateway.") &&
    !/^(metrics|external|custom|snapshot)\./.test(group)
  );
}
