// Which cluster of the sandbox a kubeconfig means. The text that a program gives is all there is: no file of the machine and
// no environment variable is read, and a server that is no cluster of the sandbox is refused before anything is written.
import { parse } from "yaml";
import { isPropertyMap, type PropertyValue, Secret } from "../../../values.ts";
import type { View } from "../view.ts";
import { opened } from "../view.ts";

interface Kubeconfig {
  readonly clusters?: readonly { readonly name: string; readonly cluster?: ClusterEntry }[];
  readonly contexts?: readonly {
    readonly name: string;
    readonly context?: { readonly cluster?: string; readonly namespace?: string };
  }[];
  readonly "current-context"?: string;
}

interface ClusterEntry {
  readonly server?: string;
  readonly extensions?: readonly { readonly name?: string }[];
}

/**
 * A cluster that no stack creates (on premises, say) says so in its kubeconfig by an extension of this name, which every other
 * reader passes over. The sandbox then stands in for it, by its address; any other unknown address is refused.
 */
const existingCluster = "tutti/existing-cluster";

export interface ActiveCluster {
  /** Host of the API server, without scheme and port. */
  readonly host: string;
  readonly server: string;
  /** The context's namespace. */
  readonly namespace: string | undefined;
  /** Whether the sandbox stands in for a cluster that none of its stacks created. */
  readonly stoodIn: boolean;
  /** All that the kubeconfig says of the cluster, to compare. */
  readonly identity: string;
}

/**
 * The cluster that a provider's configuration selects, or undefined when it has no kubeconfig.
 *
 * @throws Error saying what is wrong with the kubeconfig; never quotes it, since it may hold credentials.
 */
export function activeCluster(config: View): ActiveCluster | undefined {
  const given = config.at("kubeconfig");
  if (given.isAbsent || given.string === "") return undefined;
  const kubeconfig = readKubeconfig(given.value!);
  const contexts = kubeconfig.contexts ?? [];
  const name = config.at("context").string ?? kubeconfig["current-context"];
  if (name === undefined || name === "")
    throw new Error("the kubeconfig has no current-context, and no context is given");
  const context = contexts.find((candidate) => candidate.name === name)?.context;
  if (context === undefined)
    throw new Error(
      `the kubeconfig has no context "${name}"; it has: ${contexts.map((candidate) => candidate.name).join(", ") || "none"}`,
    );
  const wanted = config.at("cluster").string ?? context.cluster;
  const cluster = kubeconfig.clusters?.find((candidate) => candidate.name === wanted)?.cluster;
  if (cluster?.server === undefined) throw new Error(`the kubeconfig has no cluster "${wanted}" with a server`);
  const host = URL.parse(cluster.server.includes("://") ? cluster.server : `https://${cluster.server}`)?.hostname;
  if (host === undefined || host === "")
    throw new Error(`the kubeconfig's server is not an address: ${JSON.stringify(cluster.server)}`);
  const stoodIn = cluster.extensions?.some((extension) => extension.name === existingCluster) === true;
  return { host, server: cluster.server, namespace: context.namespace, stoodIn, identity: JSON.stringify(cluster) };
}

function readKubeconfig(given: PropertyValue): Kubeconfig {
  const value = opened(given instanceof Secret ? given.element : given);
  if (isPropertyMap(value)) return value as unknown as Kubeconfig;
  if (typeof value !== "string") throw new Error("kubeconfig must be the text of a kubeconfig");
  let parsed: unknown;
  try {
    parsed = parse(value);
  } catch {
    throw new Error("kubeconfig is neither YAML nor JSON");
  }
  if (typeof parsed !== "object" || parsed === null) {
    throw new Error(
      "kubeconfig must be the text of a kubeconfig, not the name of a file: a sandbox reads no file of the machine",
    );
  }
  return parsed as Kubeconfig;
}
