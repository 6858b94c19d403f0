// Scheduler: what happens by the clock: messages that go to topics, and calls of Cloud Run services, made as an identity that may
// do nothing else. A program that runs by the clock is a CloudRunJob or a ScheduledJob, which have schedules of their own.
//
//   clock --> topic
//         `-> (as the identity) --> service
//
// What replaces an entry: its name, `region`, `project`. Nothing is lost by it but a moment that falls in between.
import { ServiceIamMember } from "@pulumi/gcp/cloudrunv2/serviceIamMember.js";
import { Job } from "@pulumi/gcp/cloudscheduler/job.js";
import { ComponentResource, type ComponentResourceOptions, type Input, interpolate, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { schedulerName, serviceAccountName } from "../names.ts";
import { checkSchedule, type Schedule } from "../schedule.ts";
import { checkRegion } from "./locations.ts";
import { ServiceAccount } from "./serviceAccount.ts";

const methods = ["POST", "GET", "PUT", "PATCH", "DELETE"] as const;

/** What happens when it is time. */
export type Action =
  /**
   * A message goes to a topic (`Topic.topicId`) of the same project. Cloud Scheduler publishes as itself, which it may in the project
   * whose API is on (docs.cloud.google.com/scheduler/docs/schedule-run-cron-job-gcloud, *unverified*).
   */
  | { readonly do: "publish"; readonly topic: Input<string>; readonly message: string }
  /** A service of Cloud Run in the same region is called (`CloudRunService.name` and `.url`), which is granted here. */
  | {
      readonly do: "call";
      readonly service: Input<string>;
      readonly url: Input<string>;
      /** What follows the address; `/` by default. */
      readonly path?: string;
      /** `POST` by default. */
      readonly method?: (typeof methods)[number];
      /** Sent as JSON; nothing by default. */
      readonly body?: string;
      /** Seconds the service has to answer, 15 to 1800; 180 by default. */
      readonly timeoutSeconds?: number;
    };

export interface SchedulerEntry {
  /** When it happens. */
  readonly schedule: Schedule;
  /** What happens. */
  readonly action: Action;
  /** Times it is tried again when it fails, 0 to 5, with a growing pause; 3 by default. What is called must bear being called twice. */
  readonly retries?: number;
}

export interface SchedulerArgs<Name extends string = string> {
  /** Project of the entries and of the identity. Changing it replaces them. */
  readonly project: Input<string>;
  /** `europe-west1`. Changing it replaces the entries. */
  readonly region: string;
  /** What happens by the clock, by name; at least one. */
  readonly entries: Readonly<Record<Name, SchedulerEntry>>;
}

/** Messages and calls by the clock. */
export class Scheduler<Name extends string = string> extends ComponentResource {
  /** Names of the entries in Cloud Scheduler, by the names they were given, to run one by hand. */
  readonly entries: Readonly<Record<Name, Output<string>>>;
  /** E-mail of the identity that calls services; undefined when nothing is called. */
  readonly serviceAccount: Output<string> | undefined;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: SchedulerArgs<Name>, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { project, region } = args;
    const entries = Object.entries<SchedulerEntry>(args.entries);

    super("tutti:gcp:Scheduler", name, {}, opts);
    const parent = { parent: this };
    const identity = entries.some(([, { action }]) => action.do === "call")
      ? new ServiceAccount(name, { project, description: `Calls what ${name} calls by the clock` }, parent)
      : undefined;
    this.serviceAccount = identity?.email;
    this.entries = Object.fromEntries(
      entries.map(([key, { schedule, action, retries = 3 }]) => {
        const logical = `${name}-${key}`;
        const granted =
          action.do === "call" && identity !== undefined
            ? [
                new ServiceIamMember(
                  logical,
                  {
                    project,
                    location: region,
                    name: action.service,
                    role: "roles/run.invoker",
                    member: identity.member,
                  },
                  parent,
                ),
              ]
            : [];
        const job = new Job(
          logical,
          {
            project,
            region,
            description: `${key} of ${name}`,
            schedule: schedule.cron,
            timeZone: schedule.timeZone ?? "Etc/UTC",
            paused: schedule.paused ?? false,
            retryConfig: { retryCount: retries },
            ...targetOf(action, identity),
          },
          { parent: this, dependsOn: granted },
        );
        return [key, job.name];
      }),
    ) as Record<Name, Output<string>>;
    this.registerOutputs({ entries: this.entries, serviceAccount: this.serviceAccount });
  }
}

function targetOf(action: Action, identity: ServiceAccount | undefined) {
  if (action.do === "publish")
    return { pubsubTarget: { topicName: action.topic, data: Buffer.from(action.message).toString("base64") } };
  const { url, path = "/", method = "POST", body, timeoutSeconds = 180 } = action;
  return {
    attemptDeadline: `${timeoutSeconds}s`,
    httpTarget: {
      uri: interpolate`${url}${path}`,
      httpMethod: method,
      ...(body !== undefined && {
        headers: { "Content-Type": "application/json" },
        body: Buffer.from(body).toString("base64"),
      }),
      // Cloud Run wants the address of the service itself, without a path (docs.cloud.google.com/run/docs/triggering/using-scheduler).
      ...(identity !== undefined && { oidcToken: { serviceAccountEmail: identity.email, audience: url } }),
    },
  };
}

function checkArguments(name: string, args: SchedulerArgs): void {
  const entries = Object.entries(args.entries);
  const check = new ArgumentCheck("Scheduler", name);
  if (entries.some(([, { action }]) => action.do === "call")) check.childName("name", name, serviceAccountName);
  checkRegion(check, "region", args.region);
  if (entries.length === 0) check.refuse("entries", {}, "at least one entry");
  for (const [key, { schedule, action, retries = 3 }] of entries) {
    const at = `entries.${key}`;
    check.childName(at, `${name}-${key}`, schedulerName);
    checkSchedule(check, `${at}.schedule`, schedule);
    check.integer(`${at}.retries`, retries, { min: 0, max: 5 });
    check.oneOf(`${at}.action.do`, action.do, ["publish", "call"]);
    // Pub/Sub refuses a message without content (description of `data` in the provider).
    if (action.do === "publish") check.matches(`${at}.action.message`, action.message, /./s, "at least one character");
    if (action.do === "call") {
      check.matches(`${at}.action.path`, action.path ?? "/", /^\/\S*$/, "a path that begins with /");
      check.oneOf(`${at}.action.method`, action.method ?? "POST", methods);
      check.integer(`${at}.action.timeoutSeconds`, action.timeoutSeconds ?? 180, {
        min: 15,
        max: 1800,
        unit: "seconds",
      });
      if (action.body !== undefined && !["POST", "PUT", "PATCH"].includes(action.method ?? "POST"))
        check.refuse(`${at}.action.body`, action.body, `none for ${action.method}`);
    }
  }
  check.done();
}
