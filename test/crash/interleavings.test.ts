// Two terminals, or ten, on one environment: never two writers, in 1,000 interleavings of everything they do to shared files.
import { describe, expect, it } from "vitest";
import { type Outcome, type Play, play } from "./contenders.ts";

const seeds = Array.from({ length: 500 }, (_, seed) => seed + 1);

async function playAll(how: Play): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const seed of seeds) outcomes.push(await play(seed, how));
  return outcomes;
}
const sum = (outcomes: readonly Outcome[], key: "writes" | "deaths" | "takeovers" | "lost"): number =>
  outcomes.reduce((total, outcome) => total + outcome[key], 0);

async function worst(how: Play): Promise<number> {
  let most = 0;
  for (const seed of seeds) most = Math.max(most, (await play(seed, how)).most);
  return most;
}

describe("drivers that contend for an environment", () => {
  it("on one host are never two that write, by the lease alone", async () => {
    const outcomes = await playAll({ contenders: 3, hosts: 1, withLock: false });
    expect(Math.max(...outcomes.map(({ most }) => most))).toBe(1);
    for (const { fences } of outcomes) expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    // Enough happens for this to mean something.
    expect(sum(outcomes, "writes")).toBeGreaterThan(1000);
    expect(sum(outcomes, "deaths")).toBeGreaterThan(100);
    expect(sum(outcomes, "takeovers")).toBeGreaterThan(25);
  });

  it("on several hosts are never two that write, by lease and lock", async () => {
    const outcomes = await playAll({ contenders: 4, hosts: 3, withLock: true });
    expect(Math.max(...outcomes.map(({ most }) => most))).toBe(1);
    expect(sum(outcomes, "writes")).toBeGreaterThan(1000);
    // A holder that was silent for too long finds that it was taken over.
    expect(sum(outcomes, "takeovers")).toBeGreaterThan(50);
    expect(sum(outcomes, "lost")).toBeGreaterThan(10);
  });

  it.each<[string, Play]>([
    ["a number can be claimed twice", { contenders: 3, hosts: 1, withLock: false, broken: { claims: true } }],
    [
      "nobody looked again after a claim and before a write",
      { contenders: 3, hosts: 1, withLock: false, broken: { secondLook: true } },
    ],
    ["owners are taken for dead without proof", { contenders: 3, hosts: 1, withLock: true, broken: { proof: true } }],
    ["locks are not respected", { contenders: 4, hosts: 3, withLock: true, broken: { locks: true } }],
  ])("would be two if %s", async (_, how) => {
    expect(await worst(how)).toBeGreaterThan(1);
  });
});
