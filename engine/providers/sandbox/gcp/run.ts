// Cloud Run: services, jobs, members. Follows terraform-provider-google (services/cloudrunv2).
import type { PropertyMap } from "../../../values.ts";
import type { Cloud, Draft, Kind, Report, Resource } from "../kind.ts";
import { label, uuidOf } from "../names.ts";
import { googleError, Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { checkRegion, projectNumber, projectOf } from "./places.ts";
import {
  checkBetween,
  checkChoice,
  checkLabels,
  checkName,
  etagOf,
  existing,
  iamMember,
  networkId,
  networks,
  requireAccount,
  shortName,
  subnetworkId,
  subnetworks,
} from "./shared.ts";

const services = "gcp/run/services";
const jobs = "gcp/run/jobs";

const kindOf = { services, jobs } as const;
type Plural = keyof typeof kindOf;

function runId(plural: Plural, reference: string, { inputs, place }: Draft): string {
  if (reference.includes("/")) return reference;
  const location = inputs.at("location").string ?? place.region;
  return `projects/${projectOf(inputs, place)}/locations/${location}/${plural}/${reference}`;
}

/** What both check of the containers they run. */
function checkContainers(containers: View, report: Report, path: string): void {
  if (!containers.isUnknown && containers.items.length === 0) report(path, "required: at least one container");
  containers.items.forEach((container, index) => {
    const at = `${path}[${index}]`;
    if (container.at("image").string === "") report(`${at}.image`, "required, but empty");
    const names = container.at("envs").items.map((variable) => variable.at("name").string);
    container.at("envs").items.forEach((variable, position) => {
      const name = variable.at("name").string;
      const where = `${at}.envs[${position}].name`;
      if (names.indexOf(name) !== position && name !== undefined) report(where, `"${name}" is used twice`);
      if (name !== undefined && /^(PORT|K_SERVICE|K_REVISION|K_CONFIGURATION|CLOUD_RUN_.*)$/.test(name))
        report(where, `"${name}" is one of Cloud Run's own`);
    });
    const cpu = container.at("resources.limits.cpu").string;
    if (cpu !== undefined && !/^(0\.\d{1,2}|[1248]|[1-9]\d{2,3}m)$/.test(cpu))
      report(`${at}.resources.limits.cpu`, `"${cpu}" is no count of CPUs such as 1, 2 or 500m`);
    const memory = container.at("resources.limits.memory").string;
    if (memory !== undefined && !/^\d+(\.\d+)?(k|M|G|Ki|Mi|Gi)$/.test(memory))
      report(`${at}.resources.limits.memory`, `"${memory}" is no size of memory such as 512Mi`);
  });
}

/** The identity and the network that a template names must exist. */
async function requireTemplate(template: View, { inputs, place }: Draft, cloud: Cloud): Promise<void> {
  const account = template.at("serviceAccount").string;
  if (account !== undefined) await requireAccount(account, place, cloud);
  const project = projectOf(inputs, place);
  for (const face of template.at("vpcAccess.networkInterfaces").items) {
    const [network, subnet] = [face.at("network").string, face.at("subnetwork").string];
    if (network !== undefined) await existing(cloud, networks, networkId(network, project));
    if (subnet !== undefined)
      await existing(cloud, subnetworks, subnetworkId(subnet, project, inputs.at("location").string ?? place.region));
  }
}

function common(resource: Resource): PropertyMap {
  const { id, inputs, created, updated } = resource;
  return {
    createTime: created,
    updateTime: updated,
    creator: "sandbox",
    lastModifier: "sandbox",
    uid: uuidOf(`${id} ${created}`),
    etag: etagOf(resource),
    generation: "1",
    observedGeneration: "1",
    reconciling: false,
    effectiveAnnotations: inputs.at("annotations").value ?? {},
    conditions: [],
    terminalConditions: [{ type: "Ready", state: "CONDITION_SUCCEEDED" }],
  };
}

async function refuseProtected({ id, state }: { id: string; state: PropertyMap }): Promise<void> {
  if (new View(state).at("deletionProtection").boolean === true)
    throw new Refusal(
      400,
      `cannot destroy ${shortName(id)} without setting deletion_protection=false and running \`pulumi up\``,
    );
}

const service: Kind = {
  type: "gcp:cloudrunv2/service:Service",
  collection: services,
  autoname: { property: "name", longest: 49 },
  defaults: () => ({ deletionProtection: true }),
  replaces: ["name", "location", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label(2, 49));
    checkRegion(inputs, report, "location");
    checkLabels(inputs, report);
    checkChoice(inputs, report, "ingress", [
      "INGRESS_TRAFFIC_ALL",
      "INGRESS_TRAFFIC_INTERNAL_ONLY",
      "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      "INGRESS_TRAFFIC_NONE",
    ]);
    checkContainers(inputs.at("template.containers"), report, "template.containers");
    checkBetween(inputs, report, "template.maxInstanceRequestConcurrency", 1, 1000);
    checkChoice(inputs, report, "template.vpcAccess.egress", ["ALL_TRAFFIC", "PRIVATE_RANGES_ONLY"]);
    const [least, most] = ["minInstanceCount", "maxInstanceCount"].map(
      (limit) => inputs.at(`template.scaling.${limit}`).number,
    );
    if (least !== undefined && most !== undefined && least > most)
      report("template.scaling.minInstanceCount", `${least} is more than maxInstanceCount, ${most}`);
  },
  id: (draft) => runId("services", draft.inputs.at("name").string ?? "", draft),
  taken: (_, id) => googleError(409, `Resource '${shortName(id)}' already exists.`),
  verify: async (draft, cloud) => await requireTemplate(draft.inputs.at("template"), draft, cloud),
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    ingress: "INGRESS_TRAFFIC_ALL",
    launchStage: "GA",
    deletionPolicy: "DELETE",
    traffics: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
  }),
  computed: (resource) => {
    const { inputs, place, id } = resource;
    const project = projectOf(inputs, place);
    const uri = `https://${shortName(id)}-${projectNumber(project)}.${inputs.at("location").string}.run.app`;
    const revision = `${id}/revisions/${shortName(id)}-00001`;
    return {
      ...common(resource),
      uri,
      urls: [uri],
      latestCreatedRevision: revision,
      latestReadyRevision: revision,
      trafficStatuses: [],
    };
  },
  release: refuseProtected,
};

const job: Kind = {
  type: "gcp:cloudrunv2/job:Job",
  collection: jobs,
  autoname: { property: "name", longest: 63 },
  defaults: () => ({ deletionProtection: true }),
  replaces: ["name", "location", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", label(2, 63));
    checkRegion(inputs, report, "location");
    checkLabels(inputs, report);
    checkContainers(inputs.at("template.template.containers"), report, "template.template.containers");
    checkBetween(inputs, report, "template.taskCount", 1, 10_000);
    checkBetween(inputs, report, "template.template.maxRetries", 0, 10);
    const timeout = inputs.at("template.template.timeout").string;
    if (timeout !== undefined && !(Number(/^(\d+)s$/.exec(timeout)?.[1]) <= 604_800))
      report("template.template.timeout", `"${timeout}" is not a duration of up to 604800s (7 days)`);
  },
  id: (draft) => runId("jobs", draft.inputs.at("name").string ?? "", draft),
  taken: (_, id) => googleError(409, `Resource '${shortName(id)}' already exists.`),
  verify: async (draft, cloud) => await requireTemplate(draft.inputs.at("template.template"), draft, cloud),
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    launchStage: "GA",
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => ({ ...common(resource), executionCount: 0, latestCreatedExecutions: [] }),
  release: refuseProtected,
};

const member = (type: string, plural: Plural): Kind =>
  iamMember({
    type,
    collection: `gcp/run/${plural}IamMembers`,
    property: "name",
    target: (draft) => runId(plural, draft.inputs.at("name").string ?? "", draft),
    exists: async (target, _, cloud) =>
      void (await existing(cloud, kindOf[plural], target, () =>
        googleError(
          404,
          `Resource '${shortName(target)}' of kind '${plural === "services" ? "SERVICE" : "JOB"}' does not exist.`,
        ),
      )),
    outputs: ({ inputs, place }) => ({
      project: projectOf(inputs, place),
      location: inputs.at("location").string ?? place.region,
    }),
  });

export const runKinds: readonly Kind[] = [
  service,
  job,
  member("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "services"),
  member("gcp:cloudrunv2/jobIamMember:JobIamMember", "jobs"),
];
