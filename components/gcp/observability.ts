// Observability: somebody is told when users cannot reach a site, when a database or a queue is about to fail, and when money runs
// out, and one page shows how the platform is. What is watched is named; how each is watched is decided here.
//
// What replaces an uptime check: its host; the budget: its account; all of it: `project`. Nothing is lost but a moment; the history of a
// metric stays.
import { Budget } from "@pulumi/gcp/billing/budget.js";
import { AlertPolicy } from "@pulumi/gcp/monitoring/alertPolicy.js";
import { Dashboard } from "@pulumi/gcp/monitoring/dashboard.js";
import { NotificationChannel, type NotificationChannelArgs } from "@pulumi/gcp/monitoring/notificationChannel.js";
import { UptimeCheckConfig } from "@pulumi/gcp/monitoring/uptimeCheckConfig.js";
import { getProjectOutput } from "@pulumi/gcp/organizations/getProject.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { checkHost } from "../domains.ts";
import { budgetName } from "../names.ts";
import { checkLabels, type Labels } from "./labels.ts";

/** What may go wrong. */
export type Watch =
  /**
   * People cannot reach `https://<host><path>`: three regions of the world say so for five minutes. Redirects are followed
   * (docs.cloud.google.com/monitoring/uptime-checks).
   */
  | {
      readonly on: "site";
      /** Changing it replaces the check. */
      readonly host: string;
      /** `/` by default. */
      readonly path?: string;
      /**
       * Whether IAP asks who is there first (`visitors` of an Edge that are members); off by default. The check is a stranger then:
       * what it sees is that it is turned away, by IAP and not by Google's sign-in page, and that nobody has turned IAP off. What
       * stands behind it sees no check from outside.
       */
      readonly signIn?: boolean;
    }
  /** A Cloud SQL instance (`Postgres.instance`) has used this share of its disk (0.5 to 0.99; 0.85 by default) for a quarter of an hour. */
  | { readonly on: "database"; readonly instance: Input<string>; readonly diskShare?: number }
  /** The oldest message of a subscription waits for longer than so many minutes, 1 to 10080. */
  | { readonly on: "subscription"; readonly subscription: Input<string>; readonly waitMinutes: number };

export interface ObservabilityArgs {
  /** Project that is watched and that holds all this. Changing it replaces all of it. */
  readonly project: string;
  /** Who is told: mail addresses by name. At least one. */
  readonly mails: Readonly<Record<string, string>>;
  /**
   * Who is woken up when a site cannot be reached: integration keys of PagerDuty by name, each made secret whether or not it came as
   * one. Nobody by default.
   */
  readonly pagers?: Readonly<Record<string, Input<string>>>;
  /** What is watched, by name; at least one. */
  readonly watch: Readonly<Record<string, Watch>>;
  /**
   * Told at 50, 90 and 100 percent of this amount a month, and when it will be reached; no budget by default. Whoever makes it needs
   * `roles/billing.costsManager` on the account (docs.cloud.google.com/billing/docs/how-to/budget-api-access-control).
   */
  readonly budget?: {
    /** `012345-6789AB-CDEF01`. Changing it replaces the budget. */
    readonly billingAccount: string;
    /** Whole units of the account's currency, 1 or more. */
    readonly amount: number;
    /** `EUR`: the account's. */
    readonly currency: string;
  };
  /** Labels of channels, checks and policies, as their user labels; none by default. */
  readonly labels?: Labels;
}

/** Metric, and what is drawn and compared of it. */
interface Signal {
  readonly title: string;
  readonly filter: Output<string>;
  readonly aligner: string;
  readonly reducer?: string;
  readonly above: number;
  readonly forSeconds: number;
  readonly severity: "CRITICAL" | "WARNING";
  /** What to do, in the message that people get. */
  readonly advice: string;
}

/** Somebody who is told, and a page that shows it all. */
export class Observability extends ComponentResource {
  /** Ids of the notification channels, by their names, for alerts of one's own. */
  readonly channels: Readonly<Record<string, Output<string>>>;
  /** Id of the dashboard. */
  readonly dashboard: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: ObservabilityArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { project, mails, pagers = {}, watch, budget, labels = {} } = args;

    super("tutti:gcp:Observability", name, {}, opts);
    const parent = { parent: this };
    const channel = (who: string, by: Pick<NotificationChannelArgs, "type" | "labels" | "sensitiveLabels">) =>
      new NotificationChannel(`${name}-${who}`, { project, displayName: who, ...by, userLabels: labels }, parent).id;
    const mailed = Object.entries(mails).map(
      ([who, mail]) => [who, channel(who, { type: "email", labels: { email_address: mail } })] as const,
    );
    const paged = Object.entries(pagers).map(
      ([who, key]) => [who, channel(who, { type: "pagerduty", sensitiveLabels: { serviceKey: secret(key) } })] as const,
    );
    this.channels = Object.fromEntries([...mailed, ...paged]);
    const told = mailed.map(([, id]) => id);
    const woken = paged.map(([, id]) => id);

    const signals = Object.entries(watch).map(([key, one]): [string, Signal] => [
      key,
      this.#signal(`${name}-${key}`, key, one, args),
    ]);
    for (const [key, signal] of signals) {
      new AlertPolicy(
        `${name}-${key}`,
        {
          project,
          displayName: signal.title,
          combiner: "OR",
          severity: signal.severity,
          conditions: [
            {
              displayName: signal.title,
              conditionThreshold: {
                filter: signal.filter,
                comparison: "COMPARISON_GT",
                thresholdValue: signal.above,
                duration: `${signal.forSeconds}s`,
                aggregations: [aggregationOf(signal)],
                trigger: { count: 1 },
              },
            },
          ],
          documentation: { content: signal.advice, mimeType: "text/markdown", subject: signal.title },
          alertStrategy: { autoClose: "86400s" },
          notificationChannels: signal.severity === "CRITICAL" ? [...told, ...woken] : told,
          userLabels: labels,
        },
        parent,
      );
    }
    this.dashboard = new Dashboard(
      name,
      {
        project,
        dashboardJson: dashboardOf(
          name,
          signals.map(([, signal]) => signal),
        ),
      },
      parent,
    ).id;

    if (budget !== undefined) {
      const { number } = getProjectOutput({ projectId: project }, parent);
      new Budget(
        name,
        {
          billingAccount: budget.billingAccount,
          displayName: budgetTitle(name, project),
          // By its number, as the API gives it back: by its id, every refresh would find a difference.
          budgetFilter: { projects: [interpolate`projects/${number}`], calendarPeriod: "MONTH" },
          amount: { specifiedAmount: { currencyCode: budget.currency, units: String(budget.amount) } },
          thresholdRules: [
            { thresholdPercent: 0.5 },
            { thresholdPercent: 0.9 },
            { thresholdPercent: 1 },
            { thresholdPercent: 1, spendBasis: "FORECASTED_SPEND" },
          ],
          allUpdatesRule: { monitoringNotificationChannels: told, disableDefaultIamRecipients: false },
        },
        parent,
      );
    }
    this.registerOutputs({ channels: this.channels, dashboard: this.dashboard });
  }

  /** Metrics: docs.cloud.google.com/monitoring/api/metrics_gcp. */
  #signal(logical: string, key: string, watch: Watch, { project, labels = {} }: ObservabilityArgs): Signal {
    switch (watch.on) {
      case "site": {
        const { host, path = "/", signIn = false } = watch;
        const check = new UptimeCheckConfig(
          logical,
          {
            project,
            displayName: `${key}: https://${host}${path}`,
            timeout: "10s",
            period: "60s",
            httpCheck: {
              path,
              port: 443,
              useSsl: true,
              validateSsl: true,
              requestMethod: "GET",
              // Whoever asks as a script does is told 401 and not sent to Google (docs.cloud.google.com/iap/docs/sessions-howto).
              ...(signIn && {
                headers: { "X-Requested-With": "XMLHttpRequest" },
                acceptedResponseStatusCodes: [{ statusValue: 401 }],
              }),
            },
            monitoredResource: { type: "uptime_url", labels: { project_id: project, host } },
            userLabels: labels,
          },
          { parent: this },
        );
        return {
          title: `${key}: https://${host} cannot be reached`,
          filter: interpolate`metric.type="monitoring.googleapis.com/uptime_check/check_passed" AND resource.type="uptime_url" AND metric.labels.check_id="${check.uptimeCheckId}"`,
          aligner: "ALIGN_NEXT_OLDER",
          reducer: "REDUCE_COUNT_FALSE",
          above: 2,
          forSeconds: 300,
          severity: "CRITICAL",
          advice: signIn
            ? `Three regions or more are not turned away by https://${host}${path}: it cannot be reached, or it lets in whoever comes. Look at the edge.`
            : `Three regions or more get no good answer from https://${host}${path}. Look at the edge first, then at the pods.`,
        };
      }
      case "database":
        return {
          title: `${key}: the database's disk is full soon`,
          filter: interpolate`metric.type="cloudsql.googleapis.com/database/disk/utilization" AND resource.type="cloudsql_database" AND resource.labels.database_id="${project}:${watch.instance}"`,
          aligner: "ALIGN_MEAN",
          above: watch.diskShare ?? 0.85,
          forSeconds: 900,
          severity: "WARNING",
          advice: "The disk grows by itself unless it has a limit. Look for what fills it, and raise the limit.",
        };
      case "subscription":
        return {
          title: `${key}: messages wait for more than ${watch.waitMinutes} minutes`,
          filter: interpolate`metric.type="pubsub.googleapis.com/subscription/oldest_unacked_message_age" AND resource.type="pubsub_subscription" AND resource.labels.subscription_id="${watch.subscription}"`,
          aligner: "ALIGN_MAX",
          above: watch.waitMinutes * 60,
          forSeconds: 300,
          severity: "WARNING",
          advice: "Whoever takes these messages is too slow, or fails. Look at its log, then at the dead letters.",
        };
    }
  }
}

function aggregationOf({ aligner, reducer }: Signal) {
  return {
    alignmentPeriod: "300s",
    perSeriesAligner: aligner,
    ...(reducer !== undefined && { crossSeriesReducer: reducer }),
  };
}

function budgetTitle(name: string, project: string): string {
  return `${name} of ${project}`;
}

/** One chart a signal, with the line above which people are told. */
function dashboardOf(name: string, signals: readonly Signal[]): Output<string> {
  return all(signals.map((signal) => output(signal.filter))).apply((filters) =>
    JSON.stringify({
      displayName: name,
      gridLayout: {
        columns: "2",
        widgets: signals.map((signal, index) => ({
          title: signal.title,
          xyChart: {
            dataSets: [
              {
                plotType: "LINE",
                timeSeriesQuery: { timeSeriesFilter: { filter: filters[index], aggregation: aggregationOf(signal) } },
              },
            ],
            thresholds: [{ value: signal.above }],
          },
        })),
      },
    }),
  );
}

function checkArguments(name: string, args: ObservabilityArgs): void {
  const { mails, pagers = {}, watch, budget } = args;
  const check = new ArgumentCheck("Observability", name);
  if (Object.keys(mails).length === 0) check.refuse("mails", {}, "at least one address");
  for (const [who, mail] of Object.entries(mails))
    check.matches(`mails.${who}`, mail, /^[^\s@]+@[^\s@]+\.[^\s@]+$/, "a mail address");
  for (const who of Object.keys(pagers))
    if (Object.hasOwn(mails, who)) check.refuse("pagers", who, "a name that no mail has");
  if (Object.keys(watch).length === 0) check.refuse("watch", {}, "at least one thing to watch");
  for (const [key, one] of Object.entries(watch)) {
    const at = `watch.${key}`;
    check.oneOf(`${at}.on`, one.on, ["site", "database", "subscription"]);
    if (one.on === "site") {
      checkHost(check, `${at}.host`, one.host);
      check.matches(`${at}.path`, one.path ?? "/", /^\/\S*$/, "a path that begins with /");
    }
    if (one.on === "database" && !((one.diskShare ?? 0.85) >= 0.5 && (one.diskShare ?? 0.85) <= 0.99))
      check.refuse(`${at}.diskShare`, one.diskShare, "a share from 0.5 to 0.99");
    if (one.on === "subscription")
      check.integer(`${at}.waitMinutes`, one.waitMinutes, { min: 1, max: 10_080, unit: "minutes" });
  }
  if (budget !== undefined) {
    check.childName("budget", budgetTitle(name, args.project), budgetName);
    // A budget tells five channels at most (description of `monitoringNotificationChannels` in the provider).
    if (Object.keys(mails).length > 5) check.refuse("mails", Object.keys(mails), "at most five with a budget");
    check.matches(
      "budget.billingAccount",
      budget.billingAccount,
      /^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/,
      'an account such as "012345-6789AB-CDEF01"',
    );
    check.integer("budget.amount", budget.amount, { min: 1, max: 1_000_000_000, unit: "of the currency" });
    check.matches("budget.currency", budget.currency, /^[A-Z]{3}$/, 'a currency such as "EUR"');
  }
  checkLabels(check, args.labels ?? {});
  check.done();
}
