// CloudRunService and CloudRunJob: as whom they run, who may start them, and when.
import { describe, expect, it } from "vitest";
import { CloudRunJob, type CloudRunJobArgs } from "../../components/gcp/cloudRunJob.ts";
import { CloudRunService, type CloudRunServiceArgs } from "../../components/gcp/cloudRunService.ts";
import { cronProblem } from "../../components/schedule.ts";
import { record, refusal } from "../support/mocks.ts";

const common = { project: "p", region: "europe-west1", image: "registry.example.com/api:1.0" };

describe("CloudRunService", () => {
  const type = "gcp:cloudrunv2/service:Service";
  const built = (changes: Partial<CloudRunServiceArgs> = {}) =>
    record(() => {
      const { name, url, serviceAccount } = new CloudRunService("api", { ...common, ...changes });
      return { name, url, serviceAccount };
    });

  it("runs as an identity of its own, inside the project, protected, and for nobody yet", async () => {
    const { one, tree, value } = await built();
    expect(tree).toEqual([
      "gcp:cloudrunv2/service:Service api < tutti:gcp:CloudRunService api",
      "gcp:serviceaccount/account:Account api < tutti:gcp:ServiceAccount api",
      "tutti:gcp:CloudRunService api",
      "tutti:gcp:ServiceAccount api < tutti:gcp:CloudRunService api",
    ]);
    expect(one(type).inputs).toEqual({
      project: "p",
      location: "europe-west1",
      ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY",
      deletionProtection: true,
      template: {
        serviceAccount: value.serviceAccount,
        scaling: { minInstanceCount: 0, maxInstanceCount: 10 },
        maxInstanceRequestConcurrency: 80,
        timeout: "60s",
        containers: [
          {
            image: common.image,
            resources: { limits: { cpu: "1", memory: "512Mi" } },
            envs: [],
            ports: { containerPort: 8080 },
            startupProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1, failureThreshold: 60 },
          },
        ],
      },
      labels: {},
    });
    expect(value.url).toBe("https://api-abc1234-123456789.run.app");
  });
  it("reads its secrets, which it is granted before it starts, and answers its callers", async () => {
    const { one } = await built({
      config: { MODE: "fast" },
      secrets: { API_KEY: "projects/p/secrets/key" },
      callers: { web: "serviceAccount:web@p" },
      subnet: "s",
      ingress: "load-balancer",
    });
    expect(one("gcp:secretmanager/secretIamMember:SecretIamMember").inputs).toMatchObject({
      secretId: "projects/p/secrets/key",
      role: "roles/secretmanager.secretAccessor",
    });
    const service = one(type);
    expect(service.dependsOn.join()).toContain("SecretIamMember");
    const template = service.inputs["template"] as { containers: { envs: unknown }[]; vpcAccess: unknown };
    expect(template.containers[0]?.envs).toEqual([
      { name: "MODE", value: "fast" },
      { name: "API_KEY", valueSource: { secretKeyRef: { secret: "projects/p/secrets/key", version: "latest" } } },
    ]);
    expect(template.vpcAccess).toEqual({ egress: "PRIVATE_RANGES_ONLY", networkInterfaces: [{ subnetwork: "s" }] });
    expect(one("gcp:cloudrunv2/serviceIamMember:ServiceIamMember").inputs).toMatchObject({
      name: "api-abc1234",
      role: "roles/run.invoker",
      member: "serviceAccount:web@p",
    });
  });
  it.each<[string, Partial<CloudRunServiceArgs>, string]>([
    ["region", { region: "eu" }, 'region is "eu", expected a region'],
    ["image", { image: "api" }, 'image is "api", expected an image with a tag other than "latest"'],
    ["cpu", { cpus: 3 as 4 }, "cpus is 3, expected one of 1, 2, 4, 8"],
    ["memory", { cpus: 4, memoryMiB: 512 }, "memoryMiB is 512, expected a whole number from 2048 to 16384 (MiB)"],
    ["memory for one CPU", { memoryMiB: 4097 }, "memoryMiB is 4097, expected a whole number from 128 to 4096 (MiB)"],
    ["variable", { config: { "A-B": "1" } }, 'config is "A-B", expected environment variables'],
    [
      "pair of variables",
      { config: { A: "1" }, secrets: { A: "s" } },
      'secrets is "A", expected a variable that config does not set too',
    ],
    ["reserved variable", { config: { PORT: "1" } }, 'config is "PORT", expected a variable of your own'],
    ["port", { port: 0 }, "port is 0, expected a whole number from 1 to 65535"],
    ["path", { ready: "ready" }, 'ready is "ready", expected a path that begins with /'],
    ["range", { instances: { min: 5, max: 1 } }, "instances.max is 1, expected a whole number from 5 to 1000"],
    ["concurrency", { concurrency: 0 }, "concurrency is 0, expected a whole number from 1 to 1000"],
    ["timeout", { timeoutSeconds: 4000 }, "timeoutSeconds is 4000, expected a whole number from 1 to 3600"],
    [
      "ingress",
      { ingress: "public" as "all" },
      'ingress is "public", expected one of "all", "internal", "load-balancer"',
    ],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new CloudRunService("api", { ...common, ...changes }))).toContain(message);
  });
});

describe("CloudRunJob", () => {
  it("runs by its schedule, as an identity that may do only this", async () => {
    const { one, value } = await record(() => {
      const { name, serviceAccount } = new CloudRunJob("load", {
        ...common,
        arguments: ["--all"],
        tasks: { count: 100, parallel: 10 },
        schedule: { cron: "30 2 * * 1-5", timeZone: "Europe/Berlin" },
      });
      return { name, serviceAccount };
    });
    expect(one("gcp:cloudrunv2/job:Job").inputs["template"]).toMatchObject({
      taskCount: 100,
      parallelism: 10,
      template: {
        serviceAccount: value.serviceAccount,
        timeout: "600s",
        maxRetries: 3,
        containers: [{ args: ["--all"] }],
      },
    });
    const clock = String(one("gcp:serviceaccount/account:Account", "load-clock").inputs["accountId"]);
    const scheduler = one("gcp:cloudscheduler/job:Job");
    expect(scheduler.inputs).toMatchObject({
      schedule: "30 2 * * 1-5",
      timeZone: "Europe/Berlin",
      paused: false,
      httpTarget: {
        httpMethod: "POST",
        uri: "https://run.googleapis.com/v2/projects/p/locations/europe-west1/jobs/load-abc1234:run",
        oauthToken: { serviceAccountEmail: `${clock}@test-project.iam.gserviceaccount.com` },
      },
    });
    expect(scheduler.dependsOn).toContain("gcp:cloudrunv2/jobIamMember:JobIamMember load-clock");
    expect(one("gcp:cloudrunv2/jobIamMember:JobIamMember").inputs).toMatchObject({
      member: `serviceAccount:${clock}@test-project.iam.gserviceaccount.com`,
    });
  });
  it("runs on demand only, when it has no schedule", async () => {
    const { all } = await record(
      () => new CloudRunJob("load", { ...common, runners: { ci: "serviceAccount:ci@p" } }).name,
    );
    expect(all("gcp:cloudscheduler/job:Job")).toEqual([]);
    expect(all("gcp:cloudrunv2/jobIamMember:JobIamMember").map(({ name }) => name)).toEqual(["load-ci"]);
  });
  it.each<[string, Partial<CloudRunJobArgs>, string]>([
    ["memory", { memoryMiB: 256 }, "memoryMiB is 256, expected a whole number from 512 to 4096 (MiB)"],
    [
      "reserved variable",
      { config: { CLOUD_RUN_TASK_INDEX: "1" } },
      'config is "CLOUD_RUN_TASK_INDEX", expected a variable of your own',
    ],
    ["count", { tasks: { count: 0, parallel: 1 } }, "tasks.count is 0, expected a whole number from 1 to 10000"],
    ["parallelism", { tasks: { count: 2, parallel: 3 } }, "tasks.parallel is 3, expected a whole number from 1 to 2"],
    ["timeout", { timeoutSeconds: 0 }, "timeoutSeconds is 0, expected a whole number from 1 to 604800"],
    ["retries", { retries: 11 }, "retries is 11, expected a whole number from 0 to 10"],
    ["schedule", { schedule: { cron: "daily" } }, 'schedule.cron is "daily", expected five fields'],
    [
      "time zone",
      { schedule: { cron: "0 0 * * *", timeZone: "Berlin" } },
      'schedule.timeZone is "Berlin", expected a time zone',
    ],
    ["runner", { runners: { clock: "x" } }, 'runners is "clock", expected another name'],
    ["image", { image: "api:latest" }, 'image is "api:latest"'],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new CloudRunJob("load", { ...common, ...changes }))).toContain(message);
  });
});

describe("cronProblem", () => {
  it.each(["* * * * *", "*/5 0-6 1,15 * 1-5", "0 0 31 12 7", "5/10 * * * *"])("takes %s", (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });
  it.each([
    ["* * * *", "these are 4"],
    ["60 * * * *", "a minute from 0 to 59"],
    ["* 6-3 * * *", "a hour from 0 to 23"],
    ["* * 0 * *", "a day of the month from 1 to 31"],
    ["* * * JAN *", 'not "JAN"'],
    ["*/0 * * * *", "a minute"],
  ])("refuses %s", (cron, message) => {
    expect(cronProblem(cron)).toContain(message);
  });
});
