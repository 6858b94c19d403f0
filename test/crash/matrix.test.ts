// The kill matrix: a run of six stacks, cut off at every event of its journal and at every write of a state, the driver and
// its programs separately. Afterwards `up` again, what is named as pending recovered, and the state is the uninterrupted
// run's. `npm test` takes a few moments; TUTTI_CRASH=all, as `npm run test:crash` sets it, takes every one, 1/2 every other one.
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Counts,
  type Cut,
  comparedWith,
  copyMoments,
  countMoments,
  cutName,
  differing,
  everyCut,
  isOver,
  programsEnd,
  Repairer,
  remove,
  runCut,
  sixStacks,
  sixStacksAfter,
  statesOf,
  wrongWith,
} from "./matrix.ts";
import type { Repaired } from "./repairer.ts";

/** `all`, or one part of several: `2/3`. */
const asked = process.env["TUTTI_CRASH"];
const [part, parts] = asked === "all" ? [1, 1] : (asked?.split("/").map(Number) ?? []);
const all = asked !== undefined;
const started = performance.now();

let moments: ReadonlyMap<Cut, string>;
let workspace: string;
let counts: Counts;
let reference: Repaired["states"];
let varying: ReadonlySet<string>;
let repairer: Repairer;

beforeAll(async () => {
  repairer = new Repairer();
  workspace = sixStacks();
  const other = sixStacks();
  moments = await copyMoments(workspace);
  counts = await countMoments(other);
  reference = statesOf(workspace);
  varying = differing(reference, statesOf(other));
  remove(other);
}, 300_000);
afterAll(() => {
  repairer.close();
  remove(workspace);
});

/** Cuts the run, repairs it, and checks everything that must hold; what happened is for the closing line. */
async function cutAndRepair(cut: Cut): Promise<Repaired> {
  const root = sixStacks();
  try {
    const end = await runCut(root, cut);
    if (cut.target === "driver") expect(end).toBe("SIGKILL");
    else expect(["exit 0", "exit 4"]).toContain(end);
    expect(await programsEnd(root, 5000), "programs of a dead driver end by themselves").toBe(true);
    return await repairAndCheck(root, cut, all && cut.number % 5 === 0);
  } finally {
    remove(root);
  }
}

async function repairAndCheck(root: string, cut: Cut, twice: boolean): Promise<Repaired> {
  const over = isOver(path.join(root, ".tutti"));
  const repaired = await repairer.repair({ root, resume: cut.number % 2 === 0, twice });
  if (cut.target === "program") expect(over).toBe(true);
  expect(repaired.dead.status).toBe(over ? "finished" : "interrupted");
  // What was cut off is named by the next run, unless that run did not get to the stack.
  const creating = repaired.pending.filter((text) => text.startsWith("creating ")).map((text) => text.slice(9));
  expect(repaired.named).toEqual(expect.arrayContaining(creating));
  if (creating.length > 0) expect(repaired.again.exitCode).toBe(12);
  expect(repaired.last.exitCode).toBe(0);
  if (twice) expect(repaired.last.totals).toEqual({ unchanged: 6 });
  expect(repaired.leftPending).toEqual([]);
  expect(repaired.orphans).toEqual([]);
  expect(comparedWith(repaired.states, reference, varying)).toEqual([]);
  return repaired;
}

if (!all) {
  it("leaves on disk, wherever the driver is cut off, a readable run, whole states, and nothing that no state knows of", async () => {
    expect(moments.size).toBeGreaterThan(60);
    const wrong: string[] = [];
    for (const [cut, base] of moments)
      for (const what of await wrongWith(workspace, base)) wrong.push(`${cutName(cut)}: ${what}`);
    expect(wrong).toEqual([]);
    const over = [...moments].filter(([, base]) => isOver(base)).map(([cut]) => cutName(cut));
    expect(over.length).toBeGreaterThan(0);
    expect(over.length).toBeLessThan(10);
    process.stdout.write(`${moments.size} cut points of the driver looked at\n`);
  });

  it("is repaired twice over from what a cut left on disk", { timeout: 120_000 }, async () => {
    const cuts = [...moments].filter(([{ at }]) => at === "after");
    const [cut, base] = cuts[Math.round((2 * cuts.length) / 3)]!;
    const root = sixStacksAfter(base);
    await repairAndCheck(root, cut, true).finally(() => remove(root));
  });

  describe("some moments", () => {
    it("of the journal", { timeout: 120_000 }, async () => {
      await cutAndRepair({ at: "journal", number: 2 * Math.round(counts.journal / 4), target: "driver" });
    });

    it("of the state, a creation begun and not recorded", { timeout: 120_000 }, async () => {
      const { pending, lost, recovered } = await cutAndRepair({ at: "recording", number: 1, target: "driver" });
      expect(pending).toHaveLength(1);
      expect(lost).toHaveLength(1);
      expect(recovered).toEqual([expect.stringMatching(/^adopt .*::main$/)]);
    });

    it("of the programs", { timeout: 120_000 }, async () => {
      await cutAndRepair({ at: "journal", number: Math.round(counts.journal / 3), target: "program" });
    });
  });
}

if (all) {
  it("survives every moment", { timeout: 7_200_000 }, async () => {
    const every = everyCut(counts);
    expect(every.length).toBeGreaterThan(60);
    const cuts = every.filter((_, index) => index % parts! === part! - 1);
    const failed: string[] = [];
    const seen = { pending: 0, adopted: 0, cleared: 0, deleted: 0, lost: 0, skipped: 0 };
    for (const [index, cut] of cuts.entries()) {
      try {
        const { pending, lost, recovered, skipped } = await cutAndRepair(cut);
        const count = (word: string): number => recovered.filter((text) => text.startsWith(word)).length;
        seen.pending += Math.min(pending.length, 1);
        seen.lost += Math.min(lost.length, 1);
        seen.skipped += Math.min(skipped.length, 1);
        seen.adopted += count("adopt");
        seen.cleared += count("clear");
        seen.deleted += count("delete");
      } catch (error) {
        failed.push(`${cutName(cut)}: ${error instanceof Error ? error.message : String(error)}`);
        process.stdout.write(`FAILED ${failed.at(-1)}\n`);
      }
      if ((index + 1) % 20 === 0) process.stdout.write(`${index + 1} of ${cuts.length} cut points\n`);
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stdout.write(
      `${cuts.length} of ${every.length} cut points (${counts.journal} events, ${counts.before} state writes), ${failed.length} failed, ${seconds} s; ` +
        `left pending operations ${seen.pending}, resources no state knew ${seen.lost}; ` +
        `adopted ${seen.adopted}, cleared ${seen.cleared}, deleted ${seen.deleted}; resumed without repeating ${seen.skipped}\n`,
    );
    expect(failed).toEqual([]);
    if (parts !== 1) return;
    // The matrix means something only when there was something to recover.
    expect(seen.pending).toBeGreaterThan(10);
    expect(seen.adopted).toBeGreaterThan(0);
    expect(seen.cleared).toBeGreaterThan(0);
    expect(seen.skipped).toBeGreaterThan(0);
  });
}
