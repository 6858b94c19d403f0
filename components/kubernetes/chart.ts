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

export interface ChartArgs {
  /** Name of the chart in its repository, or its address in a registry (`oci://...`). */
  readonly chart: string;
  /** Address of the repository, https://; left out for a chart in a registry. */
  readonly repository?: string;
  /** `1.19.1`: one version, never a range. */
  readonly version: string;
  /** What the chart is to know; its own defaults otherwise. */
  readonly values?: Readonly<Record<string, Input<unknown>>>;
  /** Pod security standard that is enforced; `baseline` by default. */
  readonly podSecurity?: "restricted" | "baseline" | "privileged";
  /** Seconds until it must be ready, 30 to 3600; 600 by default. */
  readonly timeoutSeconds?: number;
  readonly labels?: KubernetesLabels;
}

/** A release of a chart in a namespace of its own. */
export class Chart extends ComponentResource {
  /** Namespace of the release, known once it is ready: what uses its definitions must take it from here. */
  readonly namespace: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: ChartArgs, opts?: ComponentResourceOptions) {
    const {
      chart,
      repository,
      version,
      values = {},
      podSecurity = "baseline",
      timeoutSeconds = 600,
      labels = {},
    } = args;
    const check = new ArgumentCheck("Chart", name);
    check.childName("name", name, { ...kubernetesFixedName, max: 53 });
    check.matches(
      "chart",
      chart,
      /^(?:[a-z0-9][a-z0-9._-]*|oci:\/\/\S+)$/,
      'a chart such as "cert-manager" or "oci://..."',
    );
    if (repository !== undefined) check.matches("repository", repository, /^https:\/\/\S+$/, "an https:// address");
    if (chart.startsWith("oci://") === (repository !== undefined))
      check.refuse(
        "repository",
        repository,
        chart.startsWith("oci://") ? "none for a chart in a registry" : "the address of a repository",
      );
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
        chart,
        ...(repository !== undefined && { repositoryOpts: { repo: repository } }),
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
