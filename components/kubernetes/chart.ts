// Chart: a Helm release, where a chart is the practical choice: software that others keep and that brings its own definitions.
// The version is pinned, the namespace is its own, and a release that does not become ready is rolled back.
//
// What replaces, and with it what the chart keeps in the cluster: the name, which is the namespace's too.
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kubernetesFixedName } from "../names.ts";
import { checkKubernetesLabels, type KubernetesLabels } from "./labels.ts";

/** Where a chart is found. */
export type ChartSource =
  /** By its name in a repository, whose address begins with https://. */
  | { readonly repository: string; readonly name: string; readonly registry?: never }
  /** By its address in a registry of containers, `oci://...`. */
  | { readonly registry: string; readonly repository?: never; readonly name?: never };

export interface ChartArgs {
  /** Where the chart is found. */
  readonly chart: ChartSource;
  /** `1.19.1`: one version, never a range. */
  readonly version: string;
  /** What the chart is to know; its own defaults otherwise. */
  readonly values?: Readonly<Record<string, Input<unknown>>>;
  /** Pod security standard that is enforced; `baseline` by default. */
  readonly podSecurity?: "restricted" | "baseline" | "privileged";
  /** Seconds until it must be ready, 30 to 3600; 600 by default. */
  readonly timeoutSeconds?: number;
  /** Labels of the namespace, none by default. What the chart makes is labelled by the chart. */
  readonly labels?: KubernetesLabels;
}

/** A release of a chart in a namespace of its own. */
export class Chart extends ComponentResource {
  /** Namespace of the release, known once it is ready: what uses its definitions must take it from here. */
  readonly namespace: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: ChartArgs, opts?: ComponentResourceOptions) {
    const { chart, version, values = {}, podSecurity = "baseline", timeoutSeconds = 600, labels = {} } = args;
    const check = new ArgumentCheck("Chart", name);
    check.childName("name", name, { ...kubernetesFixedName, max: 53 });
    if (chart.registry !== undefined)
      check.matches("chart.registry", chart.registry, /^oci:\/\/\S+$/, "an oci:// address");
    else {
      check.matches("chart.repository", chart.repository, /^https:\/\/\S+$/, "an https:// address");
      check.matches("chart.name", chart.name, /^[a-z0-9][a-z0-9._-]*$/, 'the name of a chart such as "cert-manager"');
    }
    check.matches("version", version, /^v?\d+\.\d+\.\d+(?:[-+][\w.-]+)?$/, 'one version such as "1.19.1"');
    check.oneOf("podSecurity", podSecurity, ["restricted", "baseline", "privileged"]);
    check.integer("timeoutSeconds", timeoutSeconds, { min: 30, max: 3600, unit: "seconds" });
    checkKubernetesLabels(check, labels);
    check.done();

    super("tutti:kubernetes:Chart", name, {}, opts);
    const namespace = new Namespace(
      name,
      { metadata: { name, labels: { ...labels, "pod-security.kubernetes.io/enforce": podSecurity } } },
      { parent: this },
    );
    const release = new Release(
      name,
      {
        name,
        namespace: namespace.metadata.name,
        ...(chart.registry !== undefined
          ? { chart: chart.registry }
          : { chart: chart.name, repositoryOpts: { repo: chart.repository } }),
        version,
        values: { ...values },
        atomic: true,
        cleanupOnFail: true,
        timeout: timeoutSeconds,
      },
      { parent: this },
    );
    this.namespace = release.namespace as Output<string>;
    this.registerOutputs({ namespace: this.namespace });
  }
}
