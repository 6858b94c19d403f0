// Kubernetes workloads: deployments, stateful sets, autoscalers, disruption budgets. Pods are not modelled: what a template
// says is checked, and a workload that the API accepts is taken to become ready.
// What replaces: pulumi-kubernetes, provider/pkg/provider/diff.go.
import type { PropertyMap } from "../../../values.ts";
import type { Kind, Report } from "../kind.ts";
import { View } from "../view.ts";
import { checkObjectLabels, dnsLabel, dnsSubdomain, objectKind } from "./object.ts";
import { checkAtLeast, checkChoiceOf, checkCountOrPercentage, checkPort, isQuantity, quantityOf } from "./values.ts";

const deployment = objectKind({
  type: "kubernetes:apps/v1:Deployment",
  replaces: ["spec.selector"],
  check: (inputs, report) => {
    checkAtLeast(inputs.at("spec.replicas"), report, "spec.replicas", 0);
    checkSelector(inputs, report);
    checkChoiceOf(inputs.at("spec.strategy.type"), report, "spec.strategy.type", ["RollingUpdate", "Recreate"]);
    for (const limit of ["maxSurge", "maxUnavailable"])
      checkCountOrPercentage(
        inputs.at(`spec.strategy.rollingUpdate.${limit}`),
        report,
        `spec.strategy.rollingUpdate.${limit}`,
      );
    if (inputs.at("spec.strategy.type").string === "Recreate" && !inputs.at("spec.strategy.rollingUpdate").isAbsent)
      report("spec.strategy.rollingUpdate", "not with strategy type Recreate");
    checkPod(inputs.at("spec.template.spec"), report, "spec.template.spec", []);
  },
  fallbacks: () => ({
    spec: { replicas: 1, progressDeadlineSeconds: 600, revisionHistoryLimit: 10, strategy: { type: "RollingUpdate" } },
  }),
  status: (_, state) => workloadStatus(state),
});

const statefulSet = objectKind({
  type: "kubernetes:apps/v1:StatefulSet",
  replaces: [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  check: (inputs, report) => {
    checkAtLeast(inputs.at("spec.replicas"), report, "spec.replicas", 0);
    checkSelector(inputs, report);
    checkChoiceOf(inputs.at("spec.podManagementPolicy"), report, "spec.podManagementPolicy", [
      "OrderedReady",
      "Parallel",
    ]);
    checkChoiceOf(inputs.at("spec.updateStrategy.type"), report, "spec.updateStrategy.type", [
      "RollingUpdate",
      "OnDelete",
    ]);
    const claims = inputs
      .at("spec.volumeClaimTemplates")
      .items.flatMap((claim) => claim.at("metadata.name").string ?? []);
    checkPod(inputs.at("spec.template.spec"), report, "spec.template.spec", claims);
  },
  fallbacks: () => ({
    spec: {
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      revisionHistoryLimit: 10,
      updateStrategy: { type: "RollingUpdate" },
    },
  }),
  status: (_, state) => workloadStatus(state),
});

function workloadStatus(state: View): PropertyMap {
  const replicas = state.at("spec.replicas").number ?? 1;
  const at = state.at("metadata.creationTimestamp").string ?? "";
  return {
    observedGeneration: state.at("metadata.generation").number ?? 1,
    ...(replicas > 0
      ? { replicas, readyReplicas: replicas, availableReplicas: replicas, updatedReplicas: replicas }
      : {}),
    conditions: [
      {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        lastTransitionTime: at,
        lastUpdateTime: at,
      },
    ],
  };
}

function checkSelector(inputs: View, report: Report): void {
  const wanted = inputs.at("spec.selector.matchLabels");
  const labels = inputs.at("spec.template.metadata.labels");
  checkObjectLabels(labels, report, "spec.template.metadata.labels");
  const selector = inputs.at("spec.selector");
  if (selector.isUnknown || wanted.isUnknown || labels.isUnknown || inputs.at("spec.template").isUnknown) return;
  if (wanted.entries.length === 0 && selector.at("matchExpressions").items.length === 0)
    report("spec.selector", "required: an empty selector is invalid");
  for (const [key, value] of wanted.entries) {
    const label = labels.property(key);
    if (value.isUnknown || label.isUnknown || label.string === value.string) continue;
    report(
      "spec.template.metadata.labels",
      `\`selector\` does not match template \`labels\`: ${key} is ${JSON.stringify(value.string)} in one and ${JSON.stringify(label.string)} in the other`,
    );
  }
}

/** Reports what the API server refuses in the pods that a template makes. `claims`: volumes that come from elsewhere. */
function checkPod(
  pod: View,
  report: Report,
  path: string,
  claims: readonly string[],
  restarts: readonly string[] = ["Always"],
): void {
  if (pod.isUnknown || pod.isAbsent) return;
  const containers = pod.at("containers");
  if (!containers.isUnknown && containers.items.length === 0)
    report(`${path}.containers`, "required: at least one container");
  checkChoiceOf(pod.at("restartPolicy"), report, `${path}.restartPolicy`, restarts);
  const account = pod.at("serviceAccountName").string;
  if (account !== undefined && account !== "" && !dnsSubdomain.pattern.test(account))
    report(
      `${path}.serviceAccountName`,
      `"${account}" is no name of a service account: it must be ${dnsSubdomain.description}`,
    );
  const volumes = new Set(claims);
  pod.at("volumes").items.forEach((volume, index) => {
    const name = volume.at("name").string;
    if (name === undefined) return;
    if (!dnsLabel.pattern.test(name))
      report(`${path}.volumes[${index}].name`, `"${name}" is no right name: it must be ${dnsLabel.description}`);
    if (volumes.has(name)) report(`${path}.volumes[${index}].name`, `"${name}" is used twice`);
    volumes.add(name);
  });
  pod.at("topologySpreadConstraints").items.forEach((constraint, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    checkAtLeast(constraint.at("maxSkew"), report, `${at}.maxSkew`, 1);
    checkChoiceOf(constraint.at("whenUnsatisfiable"), report, `${at}.whenUnsatisfiable`, [
      "DoNotSchedule",
      "ScheduleAnyway",
    ]);
  });
  const names = new Set<string>();
  for (const list of ["initContainers", "containers"]) {
    pod.at(list).items.forEach((container, index) => {
      const at = `${path}.${list}[${index}]`;
      const name = container.at("name").string;
      if (name !== undefined && names.has(name)) report(`${at}.name`, `"${name}" is used twice`);
      if (name !== undefined) names.add(name);
      checkContainer(container, report, at, pod.at("volumes").isUnknown ? undefined : volumes);
    });
  }
}

function checkContainer(container: View, report: Report, path: string, volumes: ReadonlySet<string> | undefined): void {
  const name = container.at("name").string;
  if (name !== undefined && !dnsLabel.pattern.test(name))
    report(`${path}.name`, `"${name}" is no right name: it must be ${dnsLabel.description}`);
  const image = container.at("image");
  if (image.isAbsent || image.string === "") report(`${path}.image`, "required, but missing");
  if (image.string !== undefined && image.string !== image.string.trim())
    report(`${path}.image`, `"${image.string}" must not have leading or trailing whitespace`);
  checkChoiceOf(container.at("imagePullPolicy"), report, `${path}.imagePullPolicy`, [
    "Always",
    "IfNotPresent",
    "Never",
  ]);
  container.at("ports").items.forEach((port, index) => {
    checkPort(port.at("containerPort"), report, `${path}.ports[${index}].containerPort`);
    checkPort(port.at("name"), report, `${path}.ports[${index}].name`);
    checkChoiceOf(port.at("protocol"), report, `${path}.ports[${index}].protocol`, ["TCP", "UDP", "SCTP"]);
  });
  container.at("env").items.forEach((variable, index) => {
    const key = variable.at("name").string;
    if (key !== undefined && !/^[ -<>-~]+$/.test(key))
      report(`${path}.env[${index}].name`, `"${key}" is no name of an environment variable`);
    if (!variable.at("value").isAbsent && variable.at("value").string !== "" && !variable.at("valueFrom").isAbsent)
      report(`${path}.env[${index}].valueFrom`, "not together with value");
  });
  if (volumes !== undefined) {
    container.at("volumeMounts").items.forEach((mount, index) => {
      const volume = mount.at("name").string;
      if (volume !== undefined && !volumes.has(volume))
        report(
          `${path}.volumeMounts[${index}].name`,
          `no volume "${volume}"; there are: ${[...volumes].join(", ") || "none"}`,
        );
    });
  }
  for (const bound of ["requests", "limits"]) {
    for (const [resource, value] of container.at(`resources.${bound}`).entries) {
      const text = value.string;
      if (text !== undefined && !isQuantity(text))
        report(`${path}.resources.${bound}.${resource}`, `"${text}" is no quantity, such as 500m, 2 or 1Gi`);
    }
  }
  for (const [resource, value] of container.at("resources.requests").entries) {
    const limit = container.at("resources.limits").property(resource).string;
    if (value.string === undefined || limit === undefined || !isQuantity(value.string) || !isQuantity(limit)) continue;
    if (quantityOf(value.string) > quantityOf(limit))
      report(`${path}.resources.requests.${resource}`, `"${value.string}" is more than the limit, "${limit}"`);
  }
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const view = container.at(probe);
    if (view.isAbsent || view.isUnknown) continue;
    const handlers = ["exec", "grpc", "httpGet", "tcpSocket"].filter((handler) => !view.at(handler).isAbsent);
    if (handlers.length !== 1)
      report(
        `${path}.${probe}`,
        `exactly one of exec, grpc, httpGet and tcpSocket must be given, not ${handlers.join(" and ") || "none"}`,
      );
    checkPort(view.at("httpGet.port"), report, `${path}.${probe}.httpGet.port`);
    checkPort(view.at("tcpSocket.port"), report, `${path}.${probe}.tcpSocket.port`);
  }
}

const autoscaler = objectKind({
  type: "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
  check: (inputs, report) => {
    checkAtLeast(inputs.at("spec.minReplicas"), report, "spec.minReplicas", 1);
    checkAtLeast(inputs.at("spec.maxReplicas"), report, "spec.maxReplicas", 1);
    const [least, most] = [inputs.at("spec.minReplicas").number, inputs.at("spec.maxReplicas").number];
    if (least !== undefined && most !== undefined && least > most)
      report("spec.maxReplicas", `${most} must be greater than or equal to minReplicas, ${least}`);
    inputs.at("spec.metrics").items.forEach((metric, index) => {
      const at = `spec.metrics[${index}]`;
      const types: Readonly<Record<string, string>> = {
        Resource: "resource",
        ContainerResource: "containerResource",
        Pods: "pods",
        Object: "object",
        External: "external",
      };
      checkChoiceOf(metric.at("type"), report, `${at}.type`, Object.keys(types));
      const part = types[metric.at("type").string ?? ""];
      if (part !== undefined && metric.at(part).isAbsent)
        report(`${at}.${part}`, `required with type ${metric.at("type").string}`);
      const target = part === undefined ? new View(undefined) : metric.at(`${part}.target`);
      checkChoiceOf(target.at("type"), report, `${at}.${part}.target.type`, ["Utilization", "Value", "AverageValue"]);
      checkAtLeast(target.at("averageUtilization"), report, `${at}.${part}.target.averageUtilization`, 1);
    });
  },
  fallbacks: () => ({ spec: { minReplicas: 1 } }),
  status: (_, state) => ({
    desiredReplicas: state.at("spec.minReplicas").number ?? 1,
    currentReplicas: state.at("spec.minReplicas").number ?? 1,
    conditions: [],
  }),
});

const disruptionBudget = objectKind({
  type: "kubernetes:policy/v1:PodDisruptionBudget",
  check: (inputs, report) => {
    checkCountOrPercentage(inputs.at("spec.minAvailable"), report, "spec.minAvailable");
    checkCountOrPercentage(inputs.at("spec.maxUnavailable"), report, "spec.maxUnavailable");
    if (!inputs.at("spec.minAvailable").isAbsent && !inputs.at("spec.maxUnavailable").isAbsent)
      report("spec.maxUnavailable", "minAvailable and maxUnavailable cannot be both set");
    checkChoiceOf(inputs.at("spec.unhealthyPodEvictionPolicy"), report, "spec.unhealthyPodEvictionPolicy", [
      "IfHealthyBudget",
      "AlwaysAllow",
    ]);
  },
  status: () => ({
    currentHealthy: 0,
    desiredHealthy: 0,
    disruptionsAllowed: 0,
    expectedPods: 0,
    observedGeneration: 1,
  }),
});

/** Once, or when its schedule says so: pods that end. */
const cronJob = objectKind({
  type: "kubernetes:batch/v1:CronJob",
  name: {
    pattern: /^(?=.{1,52}$)[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    description: "1 to 52 characters: jobs are named after it",
  },
  check: (inputs, report) => {
    const schedule = inputs.at("spec.schedule").string;
    if (
      schedule !== undefined &&
      !/^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|(\S+\s+){4}\S+)$/.test(schedule)
    )
      report("spec.schedule", `"${schedule}" is no schedule such as "0 3 * * *"`);
    checkChoiceOf(inputs.at("spec.concurrencyPolicy"), report, "spec.concurrencyPolicy", [
      "Allow",
      "Forbid",
      "Replace",
    ]);
    for (const limit of ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"])
      checkAtLeast(inputs.at(`spec.${limit}`), report, `spec.${limit}`, 0);
    const pod = inputs.at("spec.jobTemplate.spec.template.spec");
    const at = "spec.jobTemplate.spec.template.spec";
    if (!pod.isAbsent && !pod.isUnknown && pod.at("restartPolicy").isAbsent)
      report(`${at}.restartPolicy`, "required: OnFailure or Never");
    checkPod(pod, report, at, [], ["OnFailure", "Never"]);
  },
  fallbacks: () => ({
    spec: { concurrencyPolicy: "Allow", suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
  }),
  status: () => ({}),
});

export const appKinds: readonly Kind[] = [deployment, statefulSet, autoscaler, disruptionBudget, cronJob];
