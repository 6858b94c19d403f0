// Patience: which failures are tried again, how long is waited, and what becomes of a step whose time is over. No clock runs.
import { expect, it } from "vitest";
import type { StackId, StepEvent, StepSummary } from "../../automation/events.ts";
import { emptySummary, type RunStep, type StepContext, type StepOutcome } from "../../automation/execute.ts";
import { backoffMs, durationMs, failureKind, type Patience, stepPolicy } from "../../automation/patience.ts";
import { type PolicyOptions, withPolicies } from "../../automation/stepPolicy.ts";
import { settle } from "../support/scriptedSteps.ts";

const step = { stack: "app.local" as StackId, waitsFor: [], reason: "named" };
const failed = (message: string): StepOutcome => ({ type: "failed", failure: { message } });
const unavailable = failed("googleapi: Error 503: backend error");

interface Wait {
  readonly ms: number;
  pass(): Promise<void>;
}

/** Runs a step that ends as scripted, in a time that the test lets pass. */
function run(
  patience: Patience,
  script: (attempt: number, context: StepContext) => Promise<{ outcome: StepOutcome; summary?: Partial<StepSummary> }>,
  { operation = "up" as StepContext["operation"], random = () => 0 } = {},
) {
  const waits: Wait[] = [];
  const events: StepEvent[] = [];
  const stop = new AbortController();
  const interrupt = new AbortController();
  let attempt = 0;
  const wait: NonNullable<PolicyOptions["wait"]> = (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      waits.push({
        ms,
        pass() {
          resolve();
          return settle();
        },
      });
    });
  const inner: RunStep = async (_, context) => {
    const { outcome, summary } = await script(++attempt, context);
    return { outcome, summary: { ...emptySummary, ...summary } };
  };
  const policy = stepPolicy(patience, {});
  const context = { operation, emit: (event: StepEvent) => events.push(event), kill: new AbortController().signal };
  const done = withPolicies(inner, { policyOf: () => policy, stop: stop.signal, wait, random })(step, {
    ...context,
    interrupt: interrupt.signal,
  });
  const said = () =>
    events.flatMap((event) => (event.type === "diagnostic" ? [`${event.severity} ${event.message}`] : []));
  return { done, waits, said, stop, interrupt, attempts: () => attempt };
}

const ending = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

it("reads durations, and nothing else for one", () => {
  expect(["500ms", "90s", "1.5m", "2h"].map(durationMs)).toEqual([500, 90_000, 90_000, 7_200_000]);
  expect(["", "5", "0s", "1 s", "1d", "-1s", "600h", 5, null].map(durationMs)).toEqual(Array(9).fill(undefined));
});

it.each([
  ["googleapi: Error 429: Quota exceeded for quota metric 'Queries'", "rate-limit"],
  ["rpc error: code = ResourceExhausted desc = rate limit exceeded", "rate-limit"],
  ["googleapi: Error 503: backend error", "unavailable"],
  ["Error 500: Internal Server Error", "unavailable"],
  ["error reading from server: transport is closing", "unavailable"],
  ["read tcp 10.0.0.2:1->10.0.0.3:443: connection reset by peer", "network"],
  ["connect ECONNREFUSED 127.0.0.1:6443", "network"],
  ["Program was ended by SIGKILL", "crash"],
  ["googleapi: Error 404: the network was not found", undefined],
  ["googleapi: Error 403: Quota 'NETWORKS' exceeded. Limit: 5.0 globally", undefined],
  ["googleapi: Error 400: port must be below 65503", undefined],
])("takes %j for %s", (message, kind) => {
  expect(failureKind({ message })).toBe(kind);
});

it("waits twice as long each time, up to a limit, and less by chance", () => {
  const policy = stepPolicy({ retry: { attempts: 9, maxDelay: "30s" } }, {});
  const waits = [2, 3, 4, 5].map((next) => backoffMs(policy, "rate-limit", next, () => 0));
  expect(waits).toEqual([10_000, 20_000, 30_000, 30_000]);
  expect(backoffMs(policy, "unavailable", 2, () => 0)).toBe(2_000);
  expect(backoffMs(policy, "unavailable", 2, () => 0.999)).toBeGreaterThanOrEqual(1_000);
  expect(backoffMs(stepPolicy({ retry: { attempts: 2, delay: "7s" } }, {}), "network", 2, () => 0)).toBe(7_000);
});

it("lets the contract's word go before the environment's", () => {
  const contract = { timeout: "1m", retry: undefined } as const;
  const policy = stepPolicy(contract, { timeout: "2m", retry: { attempts: 4, on: ["crash"] } });
  expect(policy).toMatchObject({ timeoutMs: 60_000, attempts: 4 });
  expect([...policy.on]).toEqual(["crash"]);
  expect(stepPolicy({}, {})).toMatchObject({ timeoutMs: undefined, attempts: 1 });
});

it("tries again what may pass, says so, and adds up what all attempts changed", async () => {
  const { done, waits, said, attempts } = run({ retry: { attempts: 3 } }, async (attempt) =>
    attempt < 3
      ? { outcome: unavailable, summary: { counts: { create: attempt, same: 1 }, changedOutputs: ["a"] } }
      : { outcome: { type: "unchanged" }, summary: { counts: { same: 4 } } },
  );
  await settle();
  expect(waits.map(({ ms }) => ms)).toEqual([2_000]);
  await waits[0]!.pass();
  expect(waits.map(({ ms }) => ms)).toEqual([2_000, 4_000]);
  await waits[1]!.pass();
  expect(await done).toEqual({
    outcome: { type: "succeeded" },
    summary: { counts: { create: 3, same: 4 }, changedOutputs: ["a"], drift: [], approximate: [] },
  });
  expect(attempts()).toBe(3);
  expect(said()).toEqual([
    "warning attempt 1 of 3 failed (unavailable): googleapi: Error 503: backend error; trying again in 2 s",
    "warning attempt 2 of 3 failed (unavailable): googleapi: Error 503: backend error; trying again in 4 s",
  ]);
});

it("gives up after the last attempt with the last failure, and counts a preview once", async () => {
  const { done, waits } = run(
    { retry: { attempts: 2 } },
    async (attempt) => ({ outcome: failed(`Error 503: ${attempt}`), summary: { counts: { create: 5 } } }),
    { operation: "preview" },
  );
  await settle();
  await waits[0]!.pass();
  expect(await done).toMatchObject({ outcome: failed("Error 503: 2"), summary: { counts: { create: 5 } } });
});

it.each<readonly [string, StepOutcome, Patience]>([
  ["what would fail again", failed("Error 404: not found"), { retry: { attempts: 3 } }],
  ["a kind that was not named", unavailable, { retry: { attempts: 3, on: ["network"] } }],
  ["anything without being asked", unavailable, {}],
  [
    "a state that needs recovery",
    { type: "needs-recovery", failure: { message: "Error 503" }, pending: ["urn"] },
    { retry: { attempts: 3 } },
  ],
])("does not try again %s", async (_, outcome, patience) => {
  const { done, attempts } = run(patience, async () => ({ outcome }));
  expect((await done).outcome).toEqual(outcome);
  expect(attempts()).toBe(1);
});

it.each(["stop", "interrupt"] as const)("tries nothing again after a request to %s", async (which) => {
  const { done, attempts, waits, ...signals } = run({ retry: { attempts: 3 } }, async () => ({ outcome: unavailable }));
  await settle();
  expect(waits).toHaveLength(1);
  signals[which].abort();
  expect((await done).outcome).toEqual(unavailable);
  expect(attempts()).toBe(1);
});

it("does not even say that it would try again when the run was stopped meanwhile", async () => {
  const held = Promise.withResolvers<void>();
  const { done, said, waits, stop } = run({ retry: { attempts: 3 } }, async () => {
    await held.promise;
    return { outcome: unavailable };
  });
  stop.abort();
  held.resolve();
  expect((await done).outcome).toEqual(unavailable);
  expect([said(), waits]).toEqual([[], []]);
});

it("interrupts a step whose time is over, and calls it timed-out", async () => {
  const { done, waits, said } = run({ timeout: "10m" }, async (_, { interrupt }) => {
    await ending(interrupt);
    return { outcome: { type: "cancelled" }, summary: { counts: { create: 1 } } };
  });
  await settle();
  expect(waits.map(({ ms }) => ms)).toEqual([600_000]);
  await waits[0]!.pass();
  expect(await done).toMatchObject({
    outcome: { type: "timed-out", afterMs: 600_000 },
    summary: { counts: { create: 1 } },
  });
  expect(said()).toEqual([expect.stringMatching(/^error not finished after 10 min, its timeout: .*Raise "timeout"/)]);
});

it("kills a step that does not heed its interrupt", async () => {
  const { done, waits } = run({ timeout: "1s" }, async (_, { kill }) => {
    await ending(kill);
    return { outcome: failed("killed") };
  });
  await settle();
  await waits[0]!.pass();
  expect(waits.map(({ ms }) => ms)).toEqual([1_000, 30_000]);
  await waits[1]!.pass();
  expect((await done).outcome).toEqual({ type: "timed-out", afterMs: 1_000 });
});

it.each<StepOutcome>([
  { type: "succeeded" },
  { type: "needs-recovery", failure: { message: "cut off" }, pending: ["urn"] },
])("keeps what says more than timed-out: $type", async (outcome) => {
  const { done, waits } = run({ timeout: "1s" }, async (_, { interrupt }) => {
    await ending(interrupt);
    return { outcome };
  });
  await settle();
  await waits[0]!.pass();
  expect((await done).outcome).toEqual(outcome);
});

it("counts waits between attempts into the time, and begins no attempt after it", async () => {
  const { done, waits, attempts } = run({ timeout: "3s", retry: { attempts: 5 } }, async () => ({
    outcome: unavailable,
  }));
  await settle();
  expect(waits.map(({ ms }) => ms)).toEqual([3_000, 2_000]);
  await waits[0]!.pass();
  expect((await done).outcome).toEqual({ type: "timed-out", afterMs: 3_000 });
  expect(attempts()).toBe(1);
});
