// Waiting for a lock, and what is recognised as one. No clock runs.
import { expect, it } from "vitest";
import { type Conflict, conflictIn, whileLocked } from "../../automation/pulumi/locked.ts";

// As pulumi 3.260 says it, with one holder and with two.
const one = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///state/.pulumi/locks/organization/pair/base.real/8a1.json: created by ann@box (pid 42) at 2026-11-23T17:37:33Z
`;
const two = `${one.replace("1 lock", "2 lock")}  file:///b.json: created by bob@other (pid 7) at 2026-11-23T18:00:00+01:00\n`;

it.each([
  ["a file backend's lock", one, "ann@box (pid 42) at 2026-11-23T17:37:33Z"],
  ["two of them", two, "ann@box (pid 42) at 2026-11-23T17:37:33Z, bob@other (pid 7) at 2026-11-23T18:00:00+01:00"],
  [
    "a service's",
    "error: [409] Conflict: Another update is currently in progress.\n",
    "Another update is currently in progress.",
  ],
  [
    "a service's, with the advice of newer CLIs",
    "error: stack is busy\nTo learn more about possible reasons and resolution, visit https://www.pulumi.com/docs/support/troubleshooting/common-issues/update-conflicts/",
    "another update",
  ],
  ["nothing", "error: the door is locked by 1 key(s)", undefined],
  ["a provider's own conflict", "error: [409] Conflict: bucket exists", undefined],
] as const)("recognises %s", (_, text, holder) => {
  expect(conflictIn(text)?.holder).toBe(holder);
});

/** A clock that only sleeping moves; each attempt meets the next holder, the last one for ever. */
function waiting(holders: readonly (string | undefined)[], timeoutMs: number, random = () => 0.5) {
  let now = 0;
  let at = 0;
  const slept: number[] = [];
  const told: string[] = [];
  const abort = new AbortController();
  const attempt = async (): Promise<{ value: number; conflict: Conflict | undefined }> => {
    const holder = holders[Math.min(at, holders.length - 1)];
    at += 1;
    return { value: at, conflict: holder === undefined ? undefined : { holder } };
  };
  const result = whileLocked(attempt, {
    timeoutMs,
    signal: abort.signal,
    waiting: ({ holder }) => told.push(holder),
    now: () => now,
    random,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
      if (slept.length > 1000) abort.abort();
    },
  });
  return { result, slept, told, abort };
}

it("attempts once when nobody is to wait", async () => {
  const { result, slept } = waiting(["ann"], 0);
  expect([await result, slept]).toEqual([{ value: 1, conflict: { holder: "ann" }, waitedMs: 0 }, []]);
});

it("goes on as soon as the lock is free, and tells of each new holder once", async () => {
  const { result, told } = waiting(["ann", "ann", "bob", undefined], 600_000);
  expect([(await result).value, (await result).conflict, told]).toEqual([4, undefined, ["ann", "bob"]]);
});

it("waits longer each time, up to five seconds, never two contenders alike, and no longer than the timeout", async () => {
  const low = waiting(["ann"], 60_000, () => 0);
  const high = waiting(["ann"], 60_000, () => 0.999);
  expect((await low.result).waitedMs).toBe(60_000);
  expect((await high.result).waitedMs).toBe(60_000);
  expect(Math.max(...high.slept)).toBeLessThanOrEqual(5000);
  expect(low.slept.slice(0, 3)).toEqual([250, 375, 562.5]);
  expect(low.slept[0]).not.toBe(high.slept[0]);
});

it("stops waiting when it is told to", async () => {
  const { result, abort } = waiting(["ann"], 600_000_000);
  abort.abort();
  expect((await result).conflict).toEqual({ holder: "ann" });
});
