// CloudRunJob: a program that ends, run on demand or by its schedule: as one task, or as many that share the work by their
// number (CLOUD_RUN_TASK_INDEX). It runs as an identity of its own.
//
//   schedule --(as another identity that may do only this)--> job --> tasks
//
// What replaces the job: the name, `project`, `region`. A change is used by the next execution; one that runs goes on as it is.
import { Job } from "@pulumi/gcp/cloudrunv2/job.js";
import { JobIamMember } from "@pulumi/gcp/cloudrunv2/jobIamMember.js";
import { Job as SchedulerJob } from "@pulumi/gcp/cloudscheduler/job.js";
import { ComponentResource, type ComponentResourceOptions, type Input, interpolate, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { cloudRunName, serviceAccountName } from "../names.ts";
import { checkSchedule, type Schedule } from "../schedule.ts";
import { type CloudRunContainerArgs, checkContainer, containerOf, grantsOf, networkOf } from "./cloudRunContainer.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkRegion } from "./locations.ts";
import { checkMembers } from "./members.ts";
import { ServiceAccount } from "./serviceAccount.ts";

export interface CloudRunJobArgs extends CloudRunContainerArgs {
  /** Arguments of the program; those of the image by default. */
  readonly arguments?: readonly string[];
  /** Tasks of one execution, 1 to 10000, and how many of them run at a time; one by default. */
  readonly tasks?: { readonly count: number; readonly parallel: number };
  /** Seconds one task may take, 1 to 604800 (7 days); 600 by default. */
  readonly timeoutSeconds?: number;
  /** Times a task that failed is tried again, 0 to 10; 3 by default. */
  readonly retries?: number;
  /** When it runs by itself; on demand only by default. */
  readonly schedule?: Schedule;
  /** Who may run it, as IAM members; by name, to tell the grants apart. Nobody but its schedule by default. */
  readonly runners?: Readonly<Record<string, Input<string>>>;
  /** Refuse to delete the job; on by default. To delete a protected one, turn it off, update, and delete then. */
  readonly deletionProtection?: boolean;
  /** Labels of the job; none by default. */
  readonly labels?: Labels;
}

/** A job on Cloud Run, with its identity and its schedule. */
export class CloudRunJob extends ComponentResource {
  /** Name of the job. */
  readonly name: Output<string>;
  /** E-mail of the identity it runs as. */
  readonly serviceAccount: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: CloudRunJobArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { project, region, tasks = { count: 1, parallel: 1 }, schedule, runners = {} } = args;

    super("tutti:gcp:CloudRunJob", name, {}, opts);
    const parent = { parent: this };
    const identity = new ServiceAccount(
      name,
      { project, description: `The job ${name}`, grants: grantsOf(args) },
      parent,
    );
    const job = new Job(
      name,
      {
        project,
        location: region,
        deletionProtection: args.deletionProtection ?? true,
        template: {
          taskCount: tasks.count,
          parallelism: tasks.parallel,
          template: {
            serviceAccount: identity.email,
            timeout: `${args.timeoutSeconds ?? 600}s`,
            maxRetries: args.retries ?? 3,
            ...networkOf(args),
            containers: [{ ...containerOf(args), ...(args.arguments !== undefined && { args: [...args.arguments] }) }],
          },
        },
        labels: args.labels ?? {},
      },
      { parent: this, dependsOn: [identity] },
    );
    const mayRun = (who: string, member: Input<string>) =>
      new JobIamMember(
        `${name}-${who}`,
        { project, location: region, name: job.name, role: "roles/run.invoker", member },
        parent,
      );
    for (const [who, member] of Object.entries(runners)) mayRun(who, member);
    if (schedule !== undefined) {
      const clock = new ServiceAccount(
        `${name}-clock`,
        { project, description: `Runs the job ${name} by its schedule` },
        parent,
      );
      const granted = mayRun("clock", clock.member);
      new SchedulerJob(
        name,
        {
          project,
          region,
          schedule: schedule.cron,
          timeZone: schedule.timeZone ?? "Etc/UTC",
          paused: schedule.paused ?? false,
          description: `Runs the job ${name}`,
          httpTarget: {
            httpMethod: "POST",
            uri: interpolate`https://run.googleapis.com/v2/projects/${project}/locations/${region}/jobs/${job.name}:run`,
            oauthToken: {
              serviceAccountEmail: clock.email,
              scope: "https://www.googleapis.com/auth/cloud-platform",
            },
          },
          // Running it twice is worse than once too late: the call itself is tried again, not the job.
          retryConfig: { retryCount: 1 },
        },
        { parent: this, dependsOn: [granted] },
      );
    }
    this.name = job.name;
    this.serviceAccount = identity.email;
    this.registerOutputs({ name: this.name, serviceAccount: this.serviceAccount });
  }
}

function checkArguments(name: string, args: CloudRunJobArgs): void {
  const { tasks = { count: 1, parallel: 1 }, schedule, runners = {} } = args;
  const check = new ArgumentCheck("CloudRunJob", name);
  check.childName("name", name, cloudRunName);
  check.childName("name", schedule === undefined ? name : `${name}-clock`, serviceAccountName);
  checkRegion(check, "region", args.region);
  checkContainer(check, "job", args);
  check.integer("tasks.count", tasks.count, { min: 1, max: 10_000, unit: "tasks" });
  check.integer("tasks.parallel", tasks.parallel, { min: 1, max: tasks.count, unit: "tasks" });
  check.integer("timeoutSeconds", args.timeoutSeconds ?? 600, { min: 1, max: 604_800, unit: "seconds" });
  check.integer("retries", args.retries ?? 3, { min: 0, max: 10 });
  if (schedule !== undefined) checkSchedule(check, "schedule", schedule);
  if (Object.hasOwn(runners, "clock")) check.refuse("runners", "clock", "another name, this one is the schedule's");
  checkMembers(check, "runners", runners);
  checkLabels(check, args.labels ?? {});
  check.done();
}
