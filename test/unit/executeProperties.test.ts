// The executor's rules on thousands of random graphs, and proof that the rules would notice: executors and plans with a bug
// planted in them must break one within 1,000 graphs.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { execute } from "../../automation/execute.ts";
import type { Plan } from "../../automation/plan.ts";
import { ancestorsOf, brokenRules, type Case, randomCase } from "../support/executorRules.ts";

const graphs = 3_000;

it(`keeps its rules on ${graphs} random graphs`, async () => {
  const cases: Case[] = [];
  for (let seed = 1; seed <= graphs; seed++) {
    const given = randomCase(seed);
    cases.push(given);
    const broken = await brokenRules(execute, given);
    expect(broken, `seed ${seed}`).toEqual([]);
  }
  const shape = distribution(cases);
  process.stdout.write(`${shape.text}\n`);
  // Were the generator to lose a kind of graph, the rules would hold for want of cases.
  for (const [what, share] of Object.entries(shape.shares)) expect(share, what).toBeGreaterThan(0.05);
});

const source = readFileSync(fileURLToPath(new URL("../../automation/execute.ts", import.meta.url)), "utf8");

/** The executor with pieces of its source replaced, each of which must be there. */
async function mutated(...changes: readonly (readonly [from: string, to: string])[]): Promise<typeof execute> {
  let text = source;
  for (const [from, to] of changes) {
    expect(text, "the planted bug must fit the source").toContain(from);
    text = text.replace(from, to);
  }
  const errors = new URL("../../automation/errors.ts", import.meta.url).href;
  const code = stripTypeScriptTypes(text).replaceAll('"./errors.ts"', JSON.stringify(errors));
  const loaded = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)) as {
    execute: typeof execute;
  };
  return loaded.execute;
}

/** The rules broken on the first of 1,000 graphs that shows the bug; none when no graph does. */
async function caught(
  executor: typeof execute,
  change: (given: Case) => Case = (given) => given,
): Promise<readonly string[]> {
  for (let seed = 1; seed <= 1_000; seed++) {
    const broken = await brokenRules(executor, change(randomCase(seed)));
    if (broken.length > 0) return broken;
  }
  return [];
}

it("is unharmed by being loaded the way bugs are planted", async () => {
  const same = await mutated();
  for (let seed = 1; seed <= 50; seed++) expect(await brokenRules(same, randomCase(seed))).toEqual([]);
});

const bugs: readonly (readonly [bug: string, rule: RegExp, ...changes: (readonly [from: string, to: string])[]])[] = [
  [
    "an early start: one of what it waits for still runs",
    /started before .* ended well/,
    ["step.waitsFor.length]", "Math.max(Math.min(1, step.waitsFor.length), step.waitsFor.length - 1)]"],
    ["outcome: outcomes.get(id)!", 'outcome: outcomes.get(id) ?? { type: "succeeded" }'],
  ],
  [
    "a double run",
    /was run twice/,
    ["attempt(runStep, step, context).then", "attempt(runStep, step, context); attempt(runStep, step, context).then"],
  ],
  ["a slot that is not given back", /could run and does not/, ["running--;", ""]],
  ["one slot too many", /at once, . allowed/, ["running < concurrency", "running <= concurrency"]],
  [
    "a failure that does not stop",
    /started after the run was stopped/,
    ['if (onFailure === "stop" && isTrouble(outcome)) stopped = true;', ""],
  ],
  [
    "a cancel that does not stop",
    /started after the run was stopped/,
    ["      stopped = true;\n      emit(", "      emit("],
  ],
  [
    "dependents that start after a failure",
    /started before .* ended well/,
    ['!letsDependentsStart(outcome) && outcome.type !== "cancelled"', "false"],
  ],
  [
    "a culprit that is itself blocked",
    /which is no culprit above it/,
    ['culprit.outcome.type === "blocked" ? culprit.outcome.because : culprit.id', "culprit.id"],
  ],
  [
    "an outcome told twice",
    /finished twice/,
    [
      'emit({ type: "stack-finished", stack: step.stack, outcome, summary, durationMs });',
      'for (const _ of [1, 2]) emit({ type: "stack-finished", stack: step.stack, outcome, summary, durationMs });',
    ],
  ],
  [
    "a step forgotten once it is ready",
    /could run and does not/,
    ["else ready.push(step);", "else if (ready.length !== 7) ready.push(step);"],
  ],
];
for (const [bug, rule, ...changes] of bugs)
  it(`catches ${bug} within 1,000 graphs`, async () => {
    const broken = await caught(await mutated(...changes));
    expect(broken.join("\n")).toMatch(rule);
  });

it("catches an edge dropped from the plan within 1,000 graphs", async () => {
  const dropped = (given: Case): Case => {
    const candidates = given.plan.steps.filter(({ waitsFor }) => waitsFor.length > 0);
    if (candidates.length === 0) return given;
    const victim = given.random.pick(candidates);
    const edge = given.random.pick(victim.waitsFor);
    const steps = given.plan.steps.map((step) =>
      step === victim ? { ...step, waitsFor: step.waitsFor.filter((one) => one !== edge) } : step,
    );
    return { ...given, plan: { ...given.plan, steps } satisfies Plan };
  };
  expect((await caught(execute, dropped)).join("\n")).toMatch(/started before .* ended well/);
});

it("catches a plan that looks at selected neighbours only within 1,000 graphs", async () => {
  const shallow = (given: Case): Case => {
    const { graph, selection, operation, plan } = given;
    const direct = (stack: Parameters<typeof graph.dependenciesOf>[0]) =>
      operation === "destroy" ? graph.dependentsOf(stack) : graph.dependenciesOf(stack);
    const steps = plan.steps.map((step) => ({
      ...step,
      waitsFor: direct(step.stack).filter((one) => selection.has(one)),
    }));
    return { ...given, plan: { ...plan, steps } };
  };
  expect((await caught(execute, shallow)).join("\n")).toMatch(/started before .* ended well/);
});

/** How the random cases are spread, as text and as shares of all cases. */
function distribution(cases: readonly Case[]): {
  readonly text: string;
  readonly shares: Readonly<Record<string, number>>;
} {
  const depth = (given: Case): number => Math.max(0, ...given.graph.order.map((stack) => given.graph.depthOf(stack)));
  const width = (given: Case): number => {
    const byDepth = new Map<number, number>();
    for (const stack of given.graph.order)
      byDepth.set(given.graph.depthOf(stack), (byDepth.get(given.graph.depthOf(stack)) ?? 0) + 1);
    return Math.max(...byDepth.values());
  };
  const shared = (given: Case): boolean =>
    given.graph.order.some((stack) => given.graph.dependentsOf(stack).length > 1);
  const failures = (given: Case): number =>
    [...given.endings.values()].filter(({ type }) => !["succeeded", "unchanged", "skipped"].includes(type)).length;
  const through = (given: Case): boolean =>
    [...ancestorsOf(given).values()].some((above) => above.size > 0) && given.selection.size < given.graph.size;
  const share = (holds: (given: Case) => boolean): number => cases.filter(holds).length / cases.length;
  const shares = {
    "depth 0": share((given) => depth(given) === 0),
    "depth 1-2": share((given) => depth(given) >= 1 && depth(given) <= 2),
    "depth 3-5": share((given) => depth(given) >= 3 && depth(given) <= 5),
    "depth 6 and more": share((given) => depth(given) >= 6),
    "width 1": share((given) => width(given) === 1),
    "width 2-4": share((given) => width(given) >= 2 && width(given) <= 4),
    "width 5 and more": share((given) => width(given) >= 5),
    "shared upstreams": share(shared),
    "unselected stacks between": share(through),
    "no failure": share((given) => failures(given) === 0),
    "one failure": share((given) => failures(given) === 1),
    "several failures": share((given) => failures(given) > 1),
    cancels: share(({ cancels }) => cancels),
    destroys: share(({ operation }) => operation === "destroy"),
    "one slot": share(({ concurrency }) => concurrency === 1),
  };
  const parts = Object.entries(shares).map(([what, part]) => `${what} ${Math.round(part * 100)}%`);
  return { shares, text: `${cases.length} random graphs: ${parts.join(", ")}` };
}
