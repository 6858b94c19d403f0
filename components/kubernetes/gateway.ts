// Gateway: the way into a cluster that has no load balancer of Google's before it: a gateway of whichever controller the cluster
// has (its class), with one certificate for its hosts that cert-manager gets and renews.
//
// Web application firewall and sign-in are the controller's business here, not this component's. What replaces: the name, `namespace`.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kubernetesFixedName } from "../names.ts";
import { checkKubernetesLabels, type KubernetesLabels } from "./labels.ts";
import { listenersFor } from "./listeners.ts";
import { checkHosts } from "./route.ts";

export interface GatewayArgs {
  /** Namespace of the gateway and its certificate. Changing it replaces both. */
  readonly namespace: Input<string>;
  /** Class of the controller that serves it: `cilium`, `istio`, `nginx`. */
  readonly gatewayClass: string;
  /** Hosts of the certificate; at least one. */
  readonly hosts: readonly string[];
  /** Name of the cert-manager ClusterIssuer that issues it. */
  readonly issuer: Input<string>;
  /** Namespaces whose routes are let in; at least one. */
  readonly routesFrom: readonly string[];
  /** Labels of the gateway and the certificate; none by default. */
  readonly labels?: KubernetesLabels;
}

/** A gateway of the cluster itself, with its certificate. */
export class Gateway extends ComponentResource {
  /** Name of the gateway, for `Route`. */
  readonly name: Output<string>;
  /** Namespace of the gateway, for `Route`. */
  readonly namespace: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: GatewayArgs, opts?: ComponentResourceOptions) {
    const { namespace, gatewayClass, hosts, issuer, routesFrom, labels = {} } = args;
    const check = new ArgumentCheck("Gateway", name);
    check.childName("name", `${name}-tls`, kubernetesFixedName);
    check.matches(
      "gatewayClass",
      gatewayClass,
      /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
      'the name of a class such as "cilium"',
    );
    checkHosts(check, "hosts", hosts);
    if (routesFrom.length === 0) check.refuse("routesFrom", routesFrom, "at least one namespace");
    for (const [index, from] of routesFrom.entries())
      check.childName(`routesFrom[${index}]`, from, kubernetesFixedName);
    checkKubernetesLabels(check, labels);
    check.done();

    super("tutti:kubernetes:Gateway", name, {}, opts);
    const certificate = new CustomResource(
      name,
      {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: { namespace, name, labels },
        spec: {
          secretName: `${name}-tls`,
          dnsNames: [...hosts],
          issuerRef: { kind: "ClusterIssuer", name: issuer },
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        },
      },
      { parent: this },
    );
    const gateway = new CustomResource(
      name,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "Gateway",
        metadata: { namespace, name, labels },
        spec: {
          gatewayClassName: gatewayClass,
          listeners: listenersFor(routesFrom, { certificateRefs: [{ kind: "Secret", name: `${name}-tls` }] }),
        },
      },
      { parent: this, dependsOn: [certificate] },
    );
    this.name = gateway.metadata.name;
    this.namespace = gateway.metadata.namespace;
    this.registerOutputs({ name: this.name, namespace: this.namespace });
  }
}
