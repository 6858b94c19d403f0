// What operates and watches the rest: Cloud Scheduler, Monitoring, budgets. Follows terraform-provider-google
// (services/cloudscheduler, services/monitoring, services/billing). Monitoring and billing choose the ids themselves.
import { randomUUID } from "node:crypto";
import type { Cloud, Draft, Kind } from "../kind.ts";
import { numericId } from "../names.ts";
import { googleError } from "../refusal.ts";
import { View } from "../view.ts";
import { checkRegion, projectNumber, projectOf, regionIn } from "./places.ts";
import { checkChoice, checkDuration, checkName, existing, requireAccount, topics } from "./shared.ts";

const channels = "gcp/monitoring/notificationChannels";
const alertPolicies = "gcp/monitoring/alertPolicies";

/** Five fields of unix-cron; what is in a field is the API's to judge. */
const cron = /^(\S+\s+){4}\S+$/;

const job: Kind = {
  type: "gcp:cloudscheduler/job:Job",
  collection: "gcp/cloudscheduler/jobs",
  autoname: { property: "name", longest: 500 },
  defaults: () => ({ attemptDeadline: "180s", timeZone: "Etc/UTC" }),
  replaces: ["name", "region", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", { pattern: /^[\w-]{1,500}$/, description: "1 to 500 letters, digits, - and _" });
    checkRegion(inputs, report);
    const schedule = inputs.at("schedule").string;
    if (schedule !== undefined && !cron.test(schedule) && !/^every /.test(schedule))
      report("schedule", `"${schedule}" is no schedule in unix-cron form such as "0 3 * * *"`);
    const zone = inputs.at("timeZone").string;
    if (zone !== undefined && zone !== "" && !isTimeZone(zone))
      report("timeZone", `"${zone}" is no time zone such as Europe/Berlin`);
    checkDuration(inputs, report, "attemptDeadline", 15, 1800);
    const targets = ["httpTarget", "pubsubTarget", "appEngineHttpTarget"].filter(
      (target) => !inputs.at(target).isAbsent,
    );
    if (targets.length !== 1)
      report("httpTarget", `exactly one target must be given, not ${targets.join(" and ") || "none"}`);
    if (!inputs.at("httpTarget.oidcToken").isAbsent && !inputs.at("httpTarget.oauthToken").isAbsent)
      report("httpTarget.oidcToken", "not together with oauthToken");
    const uri = inputs.at("httpTarget.uri").string;
    if (uri !== undefined && !/^https?:\/\/[^\s/]+/.test(uri)) report("httpTarget.uri", `"${uri}" is no address`);
  },
  id: ({ inputs, place }) =>
    `projects/${projectOf(inputs, place)}/locations/${regionIn(inputs, place)}/jobs/${inputs.at("name").string}`,
  taken: (_, id) => googleError(409, `Job ${id} already exists.`),
  verify: async ({ inputs, place }, cloud) => {
    const topic = inputs.at("pubsubTarget.topicName").string;
    if (topic !== undefined)
      await existing(cloud, topics, topic, () => googleError(404, `Resource not found (resource=${topic}).`));
    for (const token of ["oidcToken", "oauthToken"]) {
      const account = inputs.at(`httpTarget.${token}.serviceAccountEmail`).string;
      if (account !== undefined) await requireAccount(account, place, cloud);
    }
  },
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    region: regionIn(inputs, place),
    deletionPolicy: "DELETE",
  }),
  computed: ({ inputs }) => ({ state: inputs.at("paused").boolean === true ? "PAUSED" : "ENABLED" }),
};

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const chosen = { allocate: async () => ({ key: randomUUID() }) };
const numberOf = ({ allocated, urn }: Draft) => numericId(allocated["key"] ?? urn);
const monitored = (plural: string) => (draft: Draft) =>
  `projects/${projectOf(draft.inputs, draft.place)}/${plural}/${numberOf(draft)}`;
const displayed = ({ inputs, logicalName }: Draft) => inputs.at("displayName").string ?? logicalName;

/** Label that says where a channel of a type sends. */
const addresses: Readonly<Record<string, string>> = {
  email: "email_address",
  pubsub: "topic",
  webhook_tokenauth: "url",
  slack: "channel_name",
};

const channel: Kind = {
  ...chosen,
  type: "gcp:monitoring/notificationChannel:NotificationChannel",
  collection: channels,
  defaults: () => ({ enabled: true, forceDelete: false }),
  replaces: ["project"],
  check: (inputs, report) => {
    const type = inputs.at("type").string ?? "";
    const needed = addresses[type];
    const labels = inputs.at("labels");
    if (needed !== undefined && !labels.isUnknown && labels.property(needed).isAbsent)
      report("labels", `type ${type} needs the label ${needed}`);
    const email = labels.property("email_address").string;
    if (type === "email" && email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email))
      report("labels.email_address", `"${email}" is no e-mail address`);
  },
  id: monitored("notificationChannels"),
  physicalName: displayed,
  verify: async ({ inputs }, cloud) => {
    const topic = inputs.at("labels.topic").string;
    if (inputs.at("type").string === "pubsub" && topic !== undefined)
      await existing(cloud, topics, topic, () => googleError(400, `The Pub/Sub topic ${topic} does not exist.`));
  },
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
  computed: ({ id }) => ({ name: id, verificationStatus: "" }),
  release: async ({ id, state }, cloud) => {
    const user = (await cloud.list(alertPolicies)).find(({ state: policy }) =>
      new View(policy).at("notificationChannels").strings.includes(id),
    );
    if (user !== undefined && new View(state).at("forceDelete").boolean !== true)
      throw googleError(
        400,
        `Cannot delete notification channel ${id}: it is referenced by the alerting policy ${user.id}.`,
        "failedPrecondition",
      );
  },
};

const uptimeCheck: Kind = {
  ...chosen,
  type: "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
  collection: "gcp/monitoring/uptimeCheckConfigs",
  defaults: () => ({ period: "300s" }),
  replaces: ["project", "monitoredResource", "resourceGroup", "checkerType", "httpCheck.requestMethod"],
  check: (inputs, report) => {
    checkChoice(inputs, report, "period", ["60s", "300s", "600s", "900s"]);
    checkDuration(inputs, report, "timeout", 1, 60);
    const checks = ["httpCheck", "tcpCheck", "syntheticMonitor"].filter((kind) => !inputs.at(kind).isAbsent);
    if (checks.length !== 1)
      report("httpCheck", `exactly one check must be given, not ${checks.join(" and ") || "none"}`);
    if (
      inputs.at("monitoredResource.type").string === "uptime_url" &&
      inputs.at("monitoredResource.labels.host").isAbsent
    )
      report("monitoredResource.labels", "an uptime_url needs the label host");
    const regions = inputs.at("selectedRegions").strings.length;
    if (regions > 0 && regions < 3) report("selectedRegions", "three regions or more");
  },
  id: monitored("uptimeCheckConfigs"),
  physicalName: displayed,
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
  computed: (draft) => ({ name: draft.id, uptimeCheckId: numberOf(draft) }),
};

async function requireChannels(references: readonly string[], cloud: Cloud): Promise<void> {
  for (const reference of references)
    await existing(cloud, channels, reference, () =>
      googleError(404, `Cannot find notification channel ${reference}.`),
    );
}

const alertPolicy: Kind = {
  ...chosen,
  type: "gcp:monitoring/alertPolicy:AlertPolicy",
  collection: alertPolicies,
  defaults: () => ({ enabled: true }),
  replaces: ["project"],
  check: (inputs, report) => {
    checkChoice(inputs, report, "combiner", ["AND", "OR", "AND_WITH_MATCHING_RESOURCE"]);
    checkChoice(inputs, report, "severity", ["CRITICAL", "ERROR", "WARNING"]);
    const conditions = inputs.at("conditions");
    if (!conditions.isUnknown && (conditions.items.length < 1 || conditions.items.length > 6))
      report("conditions", `${conditions.items.length} conditions are not 1 to 6`);
    conditions.items.forEach((condition, index) => {
      const forms = condition.entries.filter(([name]) => name.startsWith("condition")).map(([name]) => name);
      if (forms.length !== 1)
        report(
          `conditions[${index}]`,
          `exactly one form of condition must be given, not ${forms.join(" and ") || "none"}`,
        );
      const threshold = condition.at("conditionThreshold");
      if (threshold.isAbsent) return;
      checkChoice(
        threshold,
        (_, reason) => report(`conditions[${index}].conditionThreshold.comparison`, reason),
        "comparison",
        ["COMPARISON_GT", "COMPARISON_GE", "COMPARISON_LT", "COMPARISON_LE", "COMPARISON_EQ", "COMPARISON_NE"],
      );
      const filter = threshold.at("filter").string;
      if (filter !== undefined && !(filter.includes("metric.type") && filter.includes("resource.type")))
        report(`conditions[${index}].conditionThreshold.filter`, "must say metric.type and resource.type");
    });
  },
  id: monitored("alertPolicies"),
  physicalName: displayed,
  verify: async ({ inputs }, cloud) => await requireChannels(inputs.at("notificationChannels").strings, cloud),
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
  computed: ({ id, created }) => ({ name: id, creationRecords: [{ mutateTime: created, mutatedBy: "sandbox" }] }),
};

const dashboard: Kind = {
  ...chosen,
  type: "gcp:monitoring/dashboard:Dashboard",
  collection: "gcp/monitoring/dashboards",
  replaces: ["project"],
  check: (inputs, report) => {
    const text = inputs.at("dashboardJson").string;
    if (text === undefined) return;
    const layouts = ["gridLayout", "mosaicLayout", "rowLayout", "columnLayout"];
    try {
      const parsed = JSON.parse(text) as Record<string, unknown>;
      if (typeof parsed["displayName"] !== "string") report("dashboardJson", "a dashboard needs a displayName");
      if (layouts.filter((layout) => layout in parsed).length !== 1)
        report("dashboardJson", `exactly one of ${layouts.join(", ")} must be given`);
    } catch {
      report("dashboardJson", "not JSON");
    }
  },
  id: ({ inputs, place, allocated }) =>
    `projects/${projectNumber(projectOf(inputs, place))}/dashboards/${allocated["key"]}`,
  physicalName: ({ logicalName }) => logicalName,
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
};

const budget: Kind = {
  ...chosen,
  type: "gcp:billing/budget:Budget",
  collection: "gcp/billing/budgets",
  replaces: ["billingAccount"],
  check: (inputs, report) => {
    const account = inputs.at("billingAccount").string;
    if (account !== undefined && !/^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/.test(account))
      report("billingAccount", `"${account}" is no billing account such as 012345-6789AB-CDEF01`);
    const title = inputs.at("displayName").string ?? "";
    if (title.length > 60) report("displayName", `${title.length} characters are too long: up to 60`);
    const amount = inputs.at("amount");
    if (amount.at("specifiedAmount").isAbsent === amount.at("lastPeriodAmount").isAbsent && !amount.isUnknown)
      report("amount", "exactly one of specifiedAmount and lastPeriodAmount must be given");
    const code = amount.at("specifiedAmount.currencyCode").string;
    if (code !== undefined && !/^[A-Z]{3}$/.test(code))
      report("amount.specifiedAmount.currencyCode", `"${code}" is no currency such as EUR`);
    inputs.at("thresholdRules").items.forEach((rule, index) => {
      const share = rule.at("thresholdPercent").number;
      if (share !== undefined && share < 0)
        report(`thresholdRules[${index}].thresholdPercent`, `${share} is less than 0`);
    });
  },
  id: ({ inputs, allocated }) => `billingAccounts/${inputs.at("billingAccount").string}/budgets/${allocated["key"]}`,
  physicalName: displayed,
  verify: async ({ inputs }, cloud) =>
    await requireChannels(inputs.at("allUpdatesRule.monitoringNotificationChannels").strings, cloud),
  fallbacks: () => ({ deletionPolicy: "DELETE" }),
  computed: ({ allocated }) => ({ name: allocated["key"] ?? "" }),
};

export const operationsKinds: readonly Kind[] = [job, channel, uptimeCheck, alertPolicy, dashboard, budget];
