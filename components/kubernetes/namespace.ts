// Namespace: a namespace that starts closed. Pods must meet the strictest pod security standard, nothing reaches them that a
// network policy does not allow, and no pod may take more than its share when a quota is given.
//
// What replaces the namespace, and with it everything in it: its name (which is the name of the component).
import { LimitRange } from "@pulumi/kubernetes/core/v1/limitRange.js";
import { Namespace as CoreNamespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { ResourceQuota } from "@pulumi/kubernetes/core/v1/resourceQuota.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import { all, ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kubernetesFixedName } from "../names.ts";
import { checkKubernetesLabels, type KubernetesLabels } from "./labels.ts";
import { quantity } from "./quantity.ts";

/** What all pods of a namespace may request together. */
export interface NamespaceQuota {
  /** CPUs, `8` or `500m`. */
  readonly cpu: string;
  /** Bytes, `16Gi`. */
  readonly memory: string;
  /** 1 to 10000. */
  readonly pods: number;
}

const standards = ["restricted", "baseline", "privileged"] as const;
/** The pod security standard that is enforced (kubernetes.io/docs/concepts/security/pod-security-standards). */
export type PodSecurity = (typeof standards)[number];

/** What a container gets that does not say what it needs. Memory is its limit too. */
export interface ContainerDefaults {
  /** CPUs, `100m`. */
  readonly cpu: string;
  /** Bytes, `128Mi`. */
  readonly memory: string;
}

/** What somebody may do here, by the roles that every cluster has (kubernetes.io/docs/reference/access-authn-authz/rbac#user-facing-roles). */
const roles = ["view", "edit", "admin"] as const;
export interface NamespaceAccess {
  /** Changing it replaces the binding. `view` reads all but secrets, `edit` changes workloads and reads secrets, `admin` gives rights too. */
  readonly may: (typeof roles)[number];
  /** A person by e-mail, a group, or a service account of a namespace. */
  readonly who:
    | { readonly user: string }
    | { readonly group: string }
    | { readonly serviceAccount: string; readonly namespace: string };
}

export interface NamespaceArgs {
  /** `restricted` by default. */
  readonly podSecurity?: PodSecurity;
  /**
   * What pods may reach: anything (default), or pods of the cluster and its DNS only. Databases and Google's APIs are outside of it,
   * and the addresses of the latter are not fixed, so a namespace that uses them needs `anywhere`.
   */
  readonly egress?: "anywhere" | "cluster";
  /** None by default. Pods that do not say what they need are refused once there is one. */
  readonly quota?: NamespaceQuota;
  /** None by default: with a quota, a container that does not say what it needs is refused. */
  readonly defaults?: ContainerDefaults;
  /** Who may do what in it, by name; nobody by default beside who may everywhere. */
  readonly access?: Readonly<Record<string, NamespaceAccess>>;
  /** Labels of the namespace and of what is made in it; none by default. */
  readonly labels?: KubernetesLabels;
}

/** Every pod of the cluster, and the cache of DNS on the node (kubernetes.io/docs/tasks/administer-cluster/nodelocaldns). */
const insideOnly = [
  { to: [{ namespaceSelector: {} }] },
  {
    to: [{ ipBlock: { cidr: "169.254.20.10/32" } }],
    ports: [
      { port: 53, protocol: "UDP" },
      { port: 53, protocol: "TCP" },
    ],
  },
];

/** Names that Kubernetes keeps for itself. */
const reserved = /^(?:default|kube-.*)$/;

/** A namespace with enforced pod security and without a way in. */
export class Namespace extends ComponentResource {
  /** Name of the namespace; known only once its network policies stand: no pod starts before. */
  readonly name: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: NamespaceArgs = {}, opts?: ComponentResourceOptions) {
    const { podSecurity = "restricted", egress = "anywhere", quota, defaults, access = {}, labels = {} } = args;
    const check = new ArgumentCheck("Namespace", name);
    check.childName("name", name, kubernetesFixedName);
    if (reserved.test(name)) check.refuse("name", name, "a name of your own, this one is Kubernetes' own");
    check.oneOf("podSecurity", podSecurity, standards);
    check.oneOf("egress", egress, ["anywhere", "cluster"]);
    if (quota !== undefined) {
      for (const part of ["cpu", "memory"] as const) {
        if (quantity(quota[part]) === undefined)
          check.refuse(`quota.${part}`, quota[part], 'a quantity such as "500m" or "16Gi"');
      }
      check.integer("quota.pods", quota.pods, { min: 1, max: 10_000, unit: "pods" });
    }
    for (const part of ["cpu", "memory"] as const) {
      if (defaults !== undefined && quantity(defaults[part]) === undefined)
        check.refuse(`defaults.${part}`, defaults[part], 'a quantity such as "100m" or "128Mi"');
    }
    for (const [key, { may, who }] of Object.entries(access)) {
      check.childName(`access.${key}`, `${name}-${key}`, kubernetesFixedName);
      check.oneOf(`access.${key}.may`, may, roles);
      if ("serviceAccount" in who) check.childName(`access.${key}.who.namespace`, who.namespace, kubernetesFixedName);
    }
    checkKubernetesLabels(check, labels);
    check.done();

    super("tutti:kubernetes:Namespace", name, {}, opts);
    const parent = { parent: this };

    const namespace = new CoreNamespace(
      name,
      { metadata: { name, labels: { ...labels, "pod-security.kubernetes.io/enforce": podSecurity } } },
      parent,
    );
    const policy = new NetworkPolicy(
      `${name}-closed`,
      { metadata: { namespace: namespace.metadata.name, labels }, spec: { podSelector: {}, policyTypes: ["Ingress"] } },
      parent,
    );
    const closed = [policy];
    if (egress === "cluster") {
      closed.push(
        new NetworkPolicy(
          `${name}-egress`,
          {
            metadata: { namespace: namespace.metadata.name, labels },
            spec: { podSelector: {}, policyTypes: ["Egress"], egress: insideOnly },
          },
          parent,
        ),
      );
    }
    if (quota !== undefined) {
      new ResourceQuota(
        name,
        {
          metadata: { namespace: namespace.metadata.name, labels },
          spec: {
            hard: { "requests.cpu": quota.cpu, "requests.memory": quota.memory, pods: String(quota.pods) },
          },
        },
        parent,
      );
    }
    if (defaults !== undefined) {
      new LimitRange(
        name,
        {
          metadata: { namespace: namespace.metadata.name, labels },
          spec: {
            limits: [
              {
                type: "Container",
                defaultRequest: { cpu: defaults.cpu, memory: defaults.memory },
                default: { memory: defaults.memory },
              },
            ],
          },
        },
        parent,
      );
    }
    for (const [key, { may, who }] of Object.entries(access)) {
      new RoleBinding(
        `${name}-${key}`,
        {
          metadata: { namespace: namespace.metadata.name, labels },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: may },
          subjects: [subjectOf(who)],
        },
        parent,
      );
    }
    this.name = all(closed.map(({ metadata }) => metadata.namespace)).apply(([first]) => first as string);
    this.registerOutputs({ name: this.name });
  }
}

function subjectOf(who: NamespaceAccess["who"]) {
  const apiGroup = "rbac.authorization.k8s.io";
  if ("user" in who) return { kind: "User", apiGroup, name: who.user };
  if ("group" in who) return { kind: "Group", apiGroup, name: who.group };
  return { kind: "ServiceAccount", name: who.serviceAccount, namespace: who.namespace };
}
