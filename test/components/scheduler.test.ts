// Scheduler: what happens by the clock, as whom, and what is refused.
import { describe, expect, it } from "vitest";
import { type Action, Scheduler, type SchedulerArgs, type SchedulerEntry } from "../../components/gcp/scheduler.ts";
import { record, refusal } from "../support/mocks.ts";

const publish: Action = { do: "publish", topic: "projects/p/topics/t", message: "now" };
const call: Action = { do: "call", service: "api" };
const services = { api: { name: "api-7f3", url: "https://api.run.app" } };
const daily = { cron: "0 3 * * *" };
const nightly: SchedulerEntry = { schedule: { cron: "0 2 * * *" }, action: publish };
const args: SchedulerArgs = { project: "p", region: "europe-west1", entries: { nightly } };
const jobType = "gcp:cloudscheduler/job:Job";

describe("Scheduler", () => {
  it("publishes without an identity of its own", async () => {
    const { one, tree, value } = await record(() => {
      const { entries, serviceAccount } = new Scheduler("clock", args);
      return { entries, serviceAccount };
    });
    expect(tree).toEqual([`${jobType} clock-nightly < tutti:gcp:Scheduler clock`, "tutti:gcp:Scheduler clock"]);
    expect(one(jobType).inputs).toEqual({
      project: "p",
      region: "europe-west1",
      description: "nightly of clock",
      schedule: "0 2 * * *",
      timeZone: "Etc/UTC",
      paused: false,
      retryConfig: { retryCount: 3 },
      pubsubTarget: { topicName: "projects/p/topics/t", data: "bm93" },
    });
    expect(value).toEqual({ entries: { nightly: "clock-nightly-abc1234" }, serviceAccount: undefined });
  });

  it("calls a service as an identity that may call this one, granted before the first call", async () => {
    const { one, value, finished } = await record(() => {
      const entry = { ...nightly, action: { ...call, path: "/tidy", body: "{}", timeoutSeconds: 60 }, retries: 0 };
      // Two entries for one service: one grant, which stays while one of them does.
      return new Scheduler("clock", {
        ...args,
        services,
        entries: { tidy: entry, more: { ...entry, schedule: daily } },
      }).serviceAccount;
    });
    const grant = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
    expect(one(grant).inputs).toMatchObject({
      name: "api-7f3",
      role: "roles/run.invoker",
      member: `serviceAccount:${value}`,
    });
    for (const job of ["clock-tidy", "clock-more"]) expect(one(jobType, job).dependsOn).toContain(`${grant} clock-api`);
    expect(one(jobType, "clock-tidy").inputs).toMatchObject({
      attemptDeadline: "60s",
      retryConfig: { retryCount: 0 },
      httpTarget: {
        uri: "https://api.run.app/tidy",
        httpMethod: "POST",
        headers: { "Content-Type": "application/json" },
        body: "e30=",
        oidcToken: { serviceAccountEmail: value, audience: "https://api.run.app" },
      },
    });
    expect(finished).toContain("tutti:gcp:Scheduler clock");
  });

  const entry = (changes: Partial<SchedulerEntry>): Partial<SchedulerArgs> => ({
    entries: { nightly: { ...nightly, ...changes } },
  });
  it.each<[string, Partial<SchedulerArgs>, string]>([
    ["region", { region: "europe" }, 'region is "europe", expected a region'],
    ["nothing", { entries: {} }, "entries is {}, expected at least one entry"],
    ["name", { entries: { "a b": nightly } }, 'entries.a b is "clock-a b", expected letters, digits, dashes'],
    ["cron", entry({ schedule: { cron: "0 25 * * *" } }), "entries.nightly.schedule.cron is"],
    ["retries", entry({ retries: 6 }), "entries.nightly.retries is 6, expected a whole number from 0 to 5"],
    ["action", entry({ action: { do: "wait" } as never }), 'action.do is "wait", expected one of "publish", "call"'],
    ["message", entry({ action: { ...publish, message: "" } }), 'action.message is "", expected at least one'],
    ["service", entry({ action: call }), 'action.service is "api", expected one of'],
    ["call", { services }, 'services is "api", expected a service that an entry calls'],
    ["path", entry({ action: { ...call, path: "tidy" } }), 'action.path is "tidy", expected a path'],
    [
      "method",
      entry({ action: { ...call, method: "HEAD" as "GET" } }),
      'action.method is "HEAD", expected one of "POST"',
    ],
    ["timeout", entry({ action: { ...call, timeoutSeconds: 5 } }), "action.timeoutSeconds is 5, expected"],
    ["body", entry({ action: { ...call, method: "GET", body: "{}" } }), 'action.body is "{}", expected none for GET'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new Scheduler("clock", { ...args, ...changes }))).toContain(message);
  });
  it("refuses a name with no room for that of its identity, when it needs one", async () => {
    const long = "c".repeat(23);
    const calls = { ...args, services, entries: { tidy: { ...nightly, action: call } } };
    expect(await refusal(() => new Scheduler(long, calls))).toContain(`name is "${long}", expected 1 to 22 characters`);
    await record(() => new Scheduler(long, args).entries);
  });
});
