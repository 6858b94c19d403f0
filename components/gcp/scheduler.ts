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
  /** One of `services` is called. */
  | {
      readonly do: "call";
      /** Its name there. */
      readonly service: string;
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
  /**
   * Services of Cloud Run in the same region that entries call (`CloudRunService.name` and `.url`), by name. Calling each is granted
   * here, once for all entries that do. None by default.
   */
  readonly services?: Readonly<Record<string, { readonly name: Input<string>; readonly url: Input<string> }>>;
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
    const { project, region, services = {} } = args;
    const entries = Object.entries<SchedulerEntry>(args.entries);

    super("tutti:gcp:Scheduler", name, {}, opts);
    const parent = { parent: this };
    const identity =
      Object.keys(services).length > 0
        ? new ServiceAccount(name, { project, description: `Calls what ${name} calls by the clock` }, parent)
        : undefined;
    this.serviceAccount = identity?.email;
    const called = new Map(
      Object.entries(services).map(([key, service]) => {
        const member = identity!.member;
        const invoker = { project, location: region, name: service.name, role: "roles/run.invoker", member };
        return [key, { url: service.url, grant: new ServiceIamMember(`${name}-${key}`, invoker, parent) }];
      }),
    );
    this.entries = Object.fromEntries(
      entries.map(([key, { schedule, action, retries = 3 }]) => {
        const logical = `${name}-${key}`;
        const target = action.do === "call" ? called.get(action.service) : undefined;
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
            ...targetOf(action, target?.url ?? "", identity),
          },
          { parent: this, dependsOn: target === undefined ? [] : [target.grant] },
        );
        return [key, job.name];
      }),
    ) as Record<Name, Output<string>>;
    this.registerOutputs({ entries: this.entries, serviceAccount: this.serviceAccount });
  }
}

function targetOf(action: Action, url: Input<string>, identity: ServiceAccount | undefined) {
  if (action.do === "publish")
    return { pubsubTarget: { topicName: action.topic, data: Buffer.from(action.message).toString("base64") } };
  const { path = "/", method = "POST", body, timeoutSeconds = 180 } = action;
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
  const services = Object.keys(args.services ?? {});
  const check = new ArgumentCheck("Scheduler", name);
  if (services.length > 0) check.childName("name", name, serviceAccountName);
  for (const service of services)
    if (!entries.some(([, { action }]) => action.do === "call" && action.service === service))
      check.refuse("services", service, "a service that an entry calls");
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
      check.oneOf(`${at}.action.service`, action.service, services);
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
