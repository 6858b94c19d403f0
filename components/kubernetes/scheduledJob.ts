// ScheduledJob: a program that ends, run in the cluster by its schedule: one run at a time, tried again when it fails, stopped
// when it takes too long, and kept for a while to be looked at.
//
// What replaces: the name, `namespace`; of `config` and `secrets`, the object that holds them. A change is used by the next run.
import { CronJob } from "@pulumi/kubernetes/batch/v1/cronJob.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { kubernetesName, type NameRule } from "../names.ts";
import { checkSchedule, type Schedule } from "../schedule.ts";
import { checkWorkload, type WorkloadArgs, workload } from "./workload.ts";

export interface ScheduledJobArgs extends WorkloadArgs {
  /** When it runs. */
  readonly schedule: Schedule;
  /** Arguments of the program; those of the image by default. */
  readonly arguments?: readonly string[];
  /** What happens when a run has not ended and the next is due: it is left out (default), or the old one is stopped. */
  readonly overlap?: "skip" | "replace";
  /** Seconds a run may take, all attempts together, 1 to 604800 (7 days); 3600 by default. */
  readonly timeoutSeconds?: number;
  /** Times a run that failed is tried again, 0 to 20; 3 by default. */
  readonly retries?: number;
}

/** Jobs get 11 characters more, and a name of a job may have 63 (kubernetes.io/docs/concepts/workloads/controllers/cron-jobs). */
const cronJobName: NameRule = { ...kubernetesName, of: "CronJob", max: 52 };

/** A job that runs by its schedule. */
export class ScheduledJob extends ComponentResource {
  /** Name of the cron job. */
  readonly name: Output<string>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: ScheduledJobArgs, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { schedule, overlap = "skip", timeoutSeconds = 3600, retries = 3 } = args;

    super("tutti:kubernetes:ScheduledJob", name, {}, opts);
    const parent = { parent: this };
    const { selector, metadata, pod } = workload(name, args, parent);
    const job = new CronJob(
      name,
      {
        metadata,
        spec: {
          schedule: schedule.cron,
          timeZone: schedule.timeZone ?? "Etc/UTC",
          suspend: schedule.paused ?? false,
          concurrencyPolicy: overlap === "skip" ? "Forbid" : "Replace",
          // A run that could not begin for ten minutes (no node, no control plane) is left out: the next one is due anyhow.
          startingDeadlineSeconds: 600,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            spec: {
              backoffLimit: retries,
              activeDeadlineSeconds: timeoutSeconds,
              ttlSecondsAfterFinished: 7 * 86_400,
              template: pod(
                { name: "job", ...(args.arguments !== undefined && { args: [...args.arguments] }) },
                { restartPolicy: "Never" },
              ),
            },
          },
        },
      },
      parent,
    );
    new NetworkPolicy(
      name,
      { metadata, spec: { podSelector: { matchLabels: selector }, policyTypes: ["Ingress"] } },
      parent,
    );
    this.name = job.metadata.name;
    this.registerOutputs({ name: this.name });
  }
}

function checkArguments(name: string, args: ScheduledJobArgs): void {
  const check = new ArgumentCheck("ScheduledJob", name);
  check.childName("name", name, cronJobName);
  checkWorkload(check, args);
  checkSchedule(check, "schedule", args.schedule);
  check.oneOf("overlap", args.overlap ?? "skip", ["skip", "replace"]);
  check.integer("timeoutSeconds", args.timeoutSeconds ?? 3600, { min: 1, max: 604_800, unit: "seconds" });
  check.integer("retries", args.retries ?? 3, { min: 0, max: 20 });
  check.done();
}
