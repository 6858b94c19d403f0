// One fuzzed stack: a random program is brought up, edited, refreshed and destroyed in turn, while providers fail, the user
// interrupts and the engine is killed. After each operation the state on disk must hold together and tell of everything
// that exists; whatever has happened, an undisturbed update at the end brings the cloud to what the program says.
import { adoptPendingCreates } from "../../engine/command/adopt.ts";
import { type DeploymentOptions, deploy } from "../../engine/deployment/deployment.ts";
import { EventStream } from "../../engine/deployment/events.ts";
import type { SnapshotContents } from "../../engine/deployment/merge.ts";
import { UrnTargets } from "../../engine/deployment/targets.ts";
import { newManifest } from "../../engine/state/deployment.ts";
import { integrityProblem } from "../../engine/state/integrity.ts";
import { journalOf } from "../engine/deployment/journal.ts";
import { baseOf, checkIntegrity } from "../engine/deployment/support.ts";

import { edited, type Plan, randomPlan, runPlan, unprotected } from "./program.ts";
import { type Random, randomOf } from "./random.ts";
import { noTrouble, plain, type Trouble, tail, World } from "./world.ts";

export interface Fuzzed {
  readonly seed: number;
  /** What was wrong, first things first; empty when nothing was. */
  readonly problems: readonly string[];
  /** The operations up to there, each with what it did to the cloud. */
  readonly trace: readonly string[];
  /** How many operations of each kind and outcome there were. */
  readonly counts: Readonly<Record<string, number>>;
}

type Options = Partial<Pick<DeploymentOptions, "parallel" | "continueOnError" | "targetDependents" | "refresh">> & {
  readonly targets?: readonly string[];
  readonly excludes?: readonly string[];
  readonly replace?: readonly string[];
};

interface Outcome {
  readonly result: "succeeded" | "failed" | "canceled" | "killed";
  readonly messages: readonly string[];
  readonly steps: readonly string[];
}

/** Sentences an operation may end with when something was made to go wrong. */
const expected = [
  /refused$/,
  /^(update|preview) (failed|canceled)$/,
  /^1 error occurred:\n\t\* not ready/,
  /as it is currently marked for protection|cannot be deleted/,
  /depends on '.*' which was was not specified in --target list\.$/,
  /will be destroyed but was not specified in --target list\./,
  // A refresh has found it gone.
  /^Target '.*' could not be found in the stack/,
  /due to a change of providers mixed with --target/,
  /^Attempting to deploy or update resources with \d+ pending operations/,
  /^Refreshed resource is in an unhealthy state/,
  /^the deployment (has )?(ended|stopped)/,
];

/** Open (docs/fuzz-bugs.md): of what is carried over for what is not chosen. The official engine says the same. */
const carriedOver = [/^Duplicate resource (URN|alias)/, /^dependency .* of untargeted resource .* has no old state/];

/** `journal`: the state is written as a checkpoint and a journal, as a large one is. */
export async function fuzz(seed: number, journal = false): Promise<Fuzzed> {
  const run = new Run(seed, journal);
  await run.play();
  return { seed, problems: run.problems, trace: run.trace, counts: Object.fromEntries(run.counts) };
}

class Run {
  readonly problems: string[] = [];
  readonly trace: string[] = [];
  readonly counts = new Map<string, number>();
  readonly #random: Random;
  readonly #world: World;

  readonly #journal: boolean;

  constructor(seed: number, journal: boolean) {
    this.#journal = journal;
    this.#random = randomOf(seed);
    this.#world = new World(this.#random);
  }

  async play(): Promise<void> {
    const random = this.#random;
    let plan = randomPlan(random);
    for (let step = 0; step < 6 && this.problems.length === 0; step++) {
      await this.#disturbed(plan);
      if (this.problems.length === 0) await this.#recover();
      if (random.chance(0.7)) plan = edited(random, plan);
    }
    if (this.problems.length === 0) await this.#settle(unprotected(plan));
  }

  /** Any operation, with any trouble. */
  async #disturbed(plan: Plan): Promise<void> {
    const random = this.#random;
    const trouble: Trouble = {
      fail: random.chance(0.4) ? 0.2 : 0,
      failHalf: random.chance(0.2) ? 0.2 : 0,
      killAt: random.chance(0.35) ? 1 + random.below(40) : 0,
      interruptAt: random.chance(0.1) ? 1 + random.below(30) : 0,
    };
    const options: Options = {
      parallel: random.pick([1, 2, 8]),
      continueOnError: random.chance(0.3),
      ...this.#selection(),
    };
    if (random.chance(0.2)) this.#disturbCloud();
    const verb = random.below(10);
    if (verb === 0) await this.#operate("refresh", undefined, { ...options, replace: [], refresh: "only" }, trouble);
    else {
      const refresh = this.#changedBehind || random.chance(0.1) ? "first" : "no";
      if (verb === 1) await this.#operate("destroy", undefined, { ...options, replace: [], refresh }, trouble);
      else await this.#operate("up", plan, { ...options, refresh }, trouble);
    }
  }

  #selection(): Options {
    const random = this.#random;
    const urns = this.#world.contents.resources.filter(({ type }) => type === "test:index:Thing").map(({ urn }) => urn);
    if (urns.length === 0 || random.chance(0.6)) return {};
    const some = [random.pick(urns), random.pick(urns)];
    const kind = random.below(3);
    if (kind === 0) return { targets: some, targetDependents: random.chance(0.5) };
    return kind === 1 ? { excludes: some } : { replace: some };
  }

  #changedBehind = false;

  /** Somebody changes or deletes what the state knows of. The next update must look first. */
  #disturbCloud(): void {
    const known = this.#world.contents.resources.map(({ id }) => id).filter((id) => this.#world.objects.has(id));
    if (known.length === 0) return;
    const id = this.#random.pick(known);
    this.#changedBehind = true;
    if (this.#random.chance(0.5)) {
      this.#world.objects.delete(id);
      this.#world.unseen.add(id);
    } else this.#world.objects.get(id)!.inputs = { ...this.#world.objects.get(id)!.inputs, x: 99 };
    this.trace.push(`somebody ${this.#world.objects.has(id) ? "changes" : "deletes"} ${id}`);
  }

  async #operate(verb: string, plan: Plan | undefined, options: Options, trouble: Trouble): Promise<Outcome> {
    const world = this.#world;
    const interrupt = new AbortController();
    const killed = Promise.withResolvers<Outcome>();
    const dead = () => killed.resolve({ result: "killed", messages: [], steps: [] });
    const engine = world.begin(trouble, () => interrupt.abort(), dead);
    const running = this.#deploy(plan, options, interrupt.signal, engine);
    running.catch(() => undefined);
    const outcome = await Promise.race([running, killed.promise]);
    this.#count(`${verb} ${outcome.result}`);
    const chosen = JSON.stringify({ ...options, ...trouble });
    this.trace.push(`${verb} ${chosen}: ${outcome.result}\n    ${[...world.log, ...outcome.messages].join("\n    ")}`);
    if (outcome.result === "succeeded" && options.refresh !== "no" && !options.targets && !options.excludes) {
      this.#changedBehind = false;
      world.unseen.clear();
    }
    if (process.env["FUZZ_STATES"]) this.trace.push(show(world.contents));
    const limited = options.targets !== undefined || options.excludes !== undefined;
    this.#judge(outcome, trouble, limited);
    return outcome;
  }

  /** Without an engine's number: a preview. */
  async #deploy(plan: Plan | undefined, options: Options, signal: AbortSignal, engine?: number): Promise<Outcome> {
    const world = this.#world;
    const messages: string[] = [];
    const steps: string[] = [];
    const stream = new EventStream(
      [
        {
          write: ({ event, internal }) => {
            if ("diagnosticEvent" in event) messages.push(event.diagnosticEvent.message.trim());
            if ("resourcePreEvent" in event && !internal) {
              const { op, urn } = event.resourcePreEvent.metadata;
              steps.push(`${op} ${tail(urn)}`);
            }
          },
          close: async () => {},
        },
      ],
      [],
    );
    const { targets = [], excludes = [], replace = [], ...rest } = options;
    const { result } = await deploy(
      {
        ...{
          stack: "dev",
          project: "proj",
          preview: engine === undefined,
          excludeDependents: false,
          targetDependents: false,
        },
        ...{ parallel: 8, continueOnError: false, refresh: "no", configuration: { values: {}, secretKeys: [] } },
        ...rest,
        targets: new UrnTargets(targets),
        excludes: new UrnTargets(excludes),
        replaceTargets: new UrnTargets(replace),
        program:
          plan &&
          (async (registrar) => {
            const failure = await runPlan(plan, registrar).then(
              () => undefined,
              (error: Error) => error,
            );
            return failure ? { type: "error", message: failure.message } : { type: "ok" };
          }),
      },
      {
        base: baseOf(world.contents),
        host: world.host(
          engine ??
            world.begin(
              noTrouble,
              () => {},
              () => {},
            ),
        ),
        events: stream,
        signal,
        write: async (contents, final) => {
          const write = (now: SnapshotContents): Promise<void> => {
            this.#holdsTogether(now);
            return world.write(now, engine ?? -1);
          };
          await write(contents);
          return this.#journal && !final ? journalOf(contents, 1 + this.#random.below(30), write) : undefined;
        },
      },
    );
    await stream.close();
    return { result, messages, steps: steps.sort() };
  }

  #holdsTogether(contents: SnapshotContents): void {
    if (process.env["FUZZ_STATES"]) this.trace.push(show(contents));
    const problem = integrityProblem({ ...contents, manifest: newManifest("3.0.0"), metadata: {} });
    if (problem !== undefined) this.problems.push(`a state is written in which ${problem}`);
    try {
      checkIntegrity(contents);
    } catch (error) {
      this.problems.push(`a state is written in which ${(error as Error).message}`);
    }
  }

  /** What must hold after every operation. */
  #judge({ result, messages }: Outcome, trouble: Trouble, limited: boolean): void {
    const { contents, objects, abandoned } = this.#world;
    this.problems.push(...this.#world.problems.splice(0));
    this.#world.abandon();
    const allowed = limited ? [...expected, ...carriedOver] : expected;
    const odd = messages.filter((message) => !allowed.some((pattern) => pattern.test(message)));
    if (odd.length > 0) this.problems.push(`unexpected: ${odd.join("; ")}`);
    if (result === "failed" && messages.length === 0) this.problems.push("it failed and did not say why");
    if (result !== "killed" && contents.pendingOperations.some(({ type }) => type !== "creating")) {
      this.problems.push("it ended, and left operations open");
    }
    const known = new Set(contents.resources.map(({ id }) => id));
    const open = contents.pendingOperations
      .filter(({ type }) => type === "creating")
      .map(({ resource }) => resource.urn);
    for (const [id, { urn }] of objects) {
      if (known.has(id) || abandoned.has(id)) continue;
      if (!open.includes(urn)) this.problems.push(`${tail(urn)} ${id} exists, and the state has lost it`);
      else if (result !== "killed" && trouble.killAt === 0)
        this.problems.push(`the creation of ${tail(urn)} stays open`);
    }
  }

  /** What a user does after a crash: finds out what cut-off creations left, and has the rest refreshed. */
  async #recover(): Promise<void> {
    const world = this.#world;
    const { resources, pendingOperations } = world.contents;
    if (pendingOperations.length === 0) return;
    const known = new Set(resources.map(({ id }) => id));
    const ids = new Map<string, string>();
    for (const { type, resource } of pendingOperations) {
      if (type !== "creating") continue;
      const left = [...world.objects].find(
        ([id, { urn }]) => urn === resource.urn && !known.has(id) && !world.abandoned.has(id),
      );
      if (!left) continue;
      const taken = resources.some(
        ({ urn, delete: going, pendingReplacement }) =>
          (urn === resource.urn || resource.aliases.includes(urn)) && !going && !pendingReplacement,
      );
      if (!taken && this.#random.chance(0.5)) ids.set(resource.urn, left[0]);
      else world.objects.delete(left[0]);
    }
    const { adopted, rest } = adoptPendingCreates(resources, pendingOperations, ids);
    world.contents = { resources: adopted, pendingOperations: rest.filter(({ type }) => type !== "creating") };
    this.trace.push(`recovers, adopting ${[...ids].map(([urn, id]) => `${tail(urn)} ${id}`).join(", ") || "nothing"}`);
    const { result } = await this.#operate("refresh", undefined, { refresh: "only" }, noTrouble);
    if (result !== "succeeded" && this.problems.length === 0) this.problems.push("a refresh after a crash failed");
  }

  /** Without trouble, everything becomes what the program says, as previewed; then nothing is left to do, then nothing is left. */
  async #settle(plan: Plan): Promise<void> {
    const world = this.#world;
    world.contents = {
      ...world.contents,
      resources: world.contents.resources.map((state) => ({ ...state, protect: false })),
    };
    await this.#operate("refresh", undefined, { refresh: "only" }, noTrouble);
    const before = world.contents;
    const planned = await this.#deploy(plan, {}, new AbortController().signal);
    if (world.contents !== before) this.problems.push("a preview wrote the state");
    const done = await this.#mustSucceed("up", plan);
    const differences = [
      ...planned.steps.filter((step) => !done.steps.includes(step)).map((step) => `${step} was previewed and not done`),
      ...done.steps.filter((step) => !planned.steps.includes(step)).map((step) => `${step} was done and not previewed`),
    ];
    if (this.problems.length === 0) this.problems.push(...differences);
    this.#isAsPlanned(plan);
    const again = await this.#mustSucceed("up", plan);
    const left = again.steps.filter((step) => !step.startsWith("same "));
    if (left.length > 0) this.problems.push(`after an update that succeeded there is still to do: ${left.join(", ")}`);
    await this.#mustSucceed("destroy", undefined);
    if (world.contents.resources.length > 0) this.problems.push("a destroy left resources in the state");
    const existing = [...world.objects.keys()].filter((id) => !world.abandoned.has(id));
    if (existing.length > 0) this.problems.push(`a destroy left ${existing.join(", ")} behind`);
  }

  async #mustSucceed(verb: string, plan: Plan | undefined): Promise<Outcome> {
    if (this.problems.length > 0) return { result: "succeeded", messages: [], steps: [] };
    const outcome = await this.#operate(verb, plan, {}, noTrouble);
    if (outcome.result !== "succeeded") {
      this.problems.push(`an undisturbed ${verb} ${outcome.result}: ${outcome.messages.join("; ")}`);
    }
    return outcome;
  }

  #isAsPlanned({ nodes }: Plan): void {
    if (this.problems.length > 0) return;
    const { contents, objects } = this.#world;
    const recorded = contents.resources.filter(({ type }) => type === "test:index:Thing");
    const names = recorded.map(({ urn }) => tail(urn)).sort();
    const wanted = nodes.flatMap(({ name, component }) => (component ? [] : [name])).sort();
    if (names.join() !== wanted.join()) this.problems.push(`the state has ${names}, and the program ${wanted}`);
    for (const { id, urn, inputs } of recorded) {
      const object = objects.get(id);
      const [real, known] = [object?.inputs ?? {}, inputs].map((map) =>
        JSON.stringify(
          Object.entries(map)
            .map(([key, value]) => [key, plain(value)])
            .sort(),
        ),
      );
      if (!object) this.problems.push(`${tail(urn)} ${id} is recorded and does not exist`);
      else if (real !== known) this.problems.push(`${tail(urn)} is ${real}, and recorded as ${known}`);
    }
  }

  #count(key: string): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}

/** A state in short, for looking into a seed. */
function show({ resources, pendingOperations }: SnapshotContents): string {
  const lines = resources.map(
    ({ urn, id, provider, delete: going, pendingReplacement, dependencies }) =>
      `      ${tail(urn)} ${id}${going ? " (delete)" : ""}${pendingReplacement ? " (pending replacement)" : ""} by ${tail(provider)} needs ${dependencies.map(tail).join(",")}`,
  );
  const open = pendingOperations.map(({ type, resource }) => `      ${type} ${tail(resource.urn)}`);
  return [...lines, ...open].join("\n");
}
