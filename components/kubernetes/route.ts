// Route: sends the requests for some hosts, that reach a gateway over TLS, to a service, and those that come in the clear back to
// come over TLS. Answers carry the headers that browsers protect their users by.
//
//   https listener --> route --> service          http listener --> redirect to https
//
// What replaces: `namespace` and names. The gateway must let routes of this namespace in.
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { checkHost } from "../domains.ts";
import { kubernetesName } from "../names.ts";
import { checkKubernetesLabels, type KubernetesLabels } from "./labels.ts";

export interface RouteArgs {
  /** Namespace of the service, which holds the route too. Changing it replaces the route. */
  readonly namespace: Input<string>;
  /** The gateway, and the names of its listeners; `https` and `http` by default. */
  readonly gateway: {
    readonly name: Input<string>;
    readonly namespace: Input<string>;
    readonly https?: string;
    readonly http?: string;
  };
  /** Hosts whose requests go here; at least one. */
  readonly hosts: readonly string[];
  /** Name of the service that takes the requests. */
  readonly service: Input<string>;
  /** Port of the service, 1 to 65535. */
  readonly port: number;
  /** Further headers of every answer, or others than the defaults; a header is left out when its value is `""`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Labels of the routes; none by default. */
  readonly labels?: KubernetesLabels;
}

/** Headers of every answer (owasp.org/www-project-secure-headers); one that the application sets is replaced. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "strict-origin-when-cross-origin",
};

/** A way from a gateway to a service, over TLS only. */
export class Route extends ComponentResource {
  /** Name of the route that serves. */
  readonly name: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: RouteArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { namespace, gateway, hosts, service, port, labels = {} } = args;
    const { https = "https", http = "http" } = gateway;

    super("tutti:kubernetes:Route", name, {}, opts);
    const kind = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata: { namespace, labels } };
    const from = (sectionName: string) => [{ name: gateway.name, namespace: gateway.namespace, sectionName }];
    const headers = Object.entries({ ...securityHeaders, ...args.headers }).filter(([, value]) => value !== "");
    const route = new CustomResource(
      name,
      {
        ...kind,
        spec: {
          parentRefs: from(https),
          hostnames: [...hosts],
          rules: [
            {
              filters: [
                {
                  type: "ResponseHeaderModifier",
                  responseHeaderModifier: { set: headers.map(([header, value]) => ({ name: header, value })) },
                },
              ],
              backendRefs: [{ name: service, port }],
            },
          ],
        },
      },
      { parent: this },
    );
    new CustomResource(
      `${name}-redirect`,
      {
        ...kind,
        spec: {
          parentRefs: from(http),
          hostnames: [...hosts],
          rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
        },
      },
      { parent: this },
    );
    this.name = route.metadata.name;
    this.registerOutputs({ name: this.name });
  }
}

/** One host or more, each once. */
export function checkHosts(check: ArgumentCheck, argument: string, hosts: readonly string[]): void {
  if (hosts.length === 0) check.refuse(argument, hosts, "at least one host");
  for (const [index, host] of hosts.entries()) {
    checkHost(check, `${argument}[${index}]`, host);
    if (hosts.indexOf(host) !== index) check.refuse(`${argument}[${index}]`, host, "each host once");
  }
}

function checkArguments(name: string, args: RouteArgs): void {
  const check = new ArgumentCheck("Route", name);
  check.childName("name", `${name}-redirect`, kubernetesName);
  checkHosts(check, "hosts", args.hosts);
  check.integer("port", args.port, { min: 1, max: 65_535 });
  checkHeaders(check, "headers", args.headers);
  checkKubernetesLabels(check, args.labels ?? {});
  check.done();
}

/** Names and values of headers, as the API server takes them. */
export function checkHeaders(check: ArgumentCheck, argument: string, headers: RouteArgs["headers"] = {}): void {
  for (const [header, value] of Object.entries(headers)) {
    check.matches(argument, header, /^[A-Za-z0-9-]{1,256}$/, "names of headers of letters, digits and dashes");
    check.matches(`${argument}.${header}`, value, /^[\x20-\x7e]{0,4096}$/, "at most 4096 printable characters");
  }
}
