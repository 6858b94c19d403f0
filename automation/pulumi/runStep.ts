// Runs one step of a plan: one operation on one stack, through the Automation API's LocalWorkspace and Stack over a
// PulumiCommand of ours. One code path for both engines.
//
// The SDK follows each operation with more commands (`stack select`, `stack output` twice, `stack history`). None of them
// is needed: what they would tell is in the operation's own events. They are replaced on the instances by public methods
// that do nothing, so that an operation is one command, the selected stack stays as it is, and no secret is decrypted.
import path from "node:path";
import type { EngineEvent, LocalWorkspace, Stack } from "@pulumi/pulumi/automation/index.js";
import type { CommandResult, EngineCommand } from "../../engine/index.ts";
import type { RunSetup } from "../door.ts";
import { TuttiError } from "../errors.ts";
import type { Operation, RunId, StackId } from "../events.ts";
import { emptySummary, type RunStep, type StepContext, type StepResult } from "../execute.ts";
import { lockedExitCode } from "../exitCode.ts";
import { reasonOfDone } from "../resume.ts";
import type { ResolvedStack } from "../workspace.ts";
import { automation } from "./automation.ts";
import { createChainedPreview } from "./chained.ts";
import { createEdges } from "./edges.ts";
import { readEngineEvents } from "./engineEvents.ts";
import type { OpenEnvironment } from "./environment.ts";
import { splitLines } from "./lines.ts";
import { type Conflict, conflictIn, whileLocked } from "./locked.ts";
import type { Places } from "./places.ts";
import { missingPlugin } from "./plugins.ts";
import type { Programs } from "./programs.ts";
import type { Scratch } from "./scratch.ts";
import { withNote, withoutProgram } from "./taskStep.ts";
import { provenDead } from "./unlock.ts";

/** Makes the function that runs the steps of one run; `close` removes what it put aside. */
export function createRunStep(
  setup: RunSetup,
  environments: ReadonlyMap<string, OpenEnvironment>,
  places: Places,
  programs: Programs,
  held?: (environment: string) => Promise<void>,
): { readonly runStep: RunStep; close(): Promise<void> } {
  const chained = createChainedPreview(setup.stacks, places);
  const edges = createEdges(setup.stacks, places);
  return {
    async runStep(step, context) {
      const stack = setup.stacks.get(step.stack) ?? unclaimed(step.stack, environments);
      const environment = await places.of(stack);
      const fence = held && (() => held(stack.environment));
      await fence?.();
      const needless = await whyNeedless(environment, stack, context.operation, setup.done?.get(step.stack));
      if (needless !== undefined) return { outcome: { type: "skipped", reason: needless }, summary: emptySummary };
      const runsProgram = context.operation === "up" || context.operation === "preview";
      if (runsProgram && environment.folder !== undefined) await edges.check(stack);
      await arrange(environment, stack, context);
      const keep = async (outputs: Outputs): Promise<void> => edges.keep(stack.id, outputs);
      const work: Work = { setup, environment, programs, stack, context, fence, env: {}, keep, predict: undefined };
      // The embedded engine chains previews by itself.
      const chains = environment.cloud === "real" && context.operation === "preview";
      const all: Work = chains
        ? {
            ...work,
            ...(await chained.prepare(stack, environment)),
            predict: (outputs) => chained.predict(stack.id, outputs),
          }
        : work;
      if (stack.contract?.task === undefined) return operate(all);
      return withNote(context, (own, env) => operate({ ...all, context: own, env: { ...all.env, ...env } }));
    },
    async close() {
      programs.close();
      await chained.close();
    },
  };
}

type Outputs = Readonly<Record<string, unknown>>;
/** What is known of a stack also when no contract claims it. */
type Known = Pick<ResolvedStack, "id" | "stackName" | "environment" | "needs"> &
  Partial<Pick<ResolvedStack, "contract">>;

/** A stack that no contract claims can be destroyed by name: all that is known of it is where it is. */
function unclaimed(id: StackId, environments: ReadonlyMap<string, OpenEnvironment>): Known {
  const environment = id.split(".")[1] ?? "";
  if (environments.has(environment)) return { id, stackName: id, environment, needs: [] };
  throw new TuttiError("not-found", `no stack is named "${id}"`);
}

/** What the history of a stack says of an operation of ours. */
function messageOf(operation: Operation, runId: RunId): string {
  return `tutti ${operation}, run ${runId}`;
}

/** Whether the newest update in the stack's history is that of the run, and went well: nothing has changed it since. */
async function isDone(
  environment: OpenEnvironment,
  stack: string,
  operation: Operation,
  runId: RunId,
): Promise<boolean> {
  if (!(await environment.held()).has(stack)) return false;
  const command = ["stack", "history", "--json", "--page-size", "1", "--stack", stack];
  const { code, stdout } = await environment.command().run(command, environment.root, {});
  if (code !== 0) return false;
  const [newest] = JSON.parse(stdout) as readonly { readonly message?: string; readonly result?: string }[];
  return newest?.message === messageOf(operation, runId) && newest.result === "succeeded";
}

/** Why there is nothing to do at all: done by the run that is resumed, a task without anything to run, nothing deployed. */
async function whyNeedless(
  environment: OpenEnvironment,
  { stackName, contract }: Known,
  operation: Operation,
  before: RunId | undefined,
): Promise<string | undefined> {
  if (before !== undefined && (await isDone(environment, stackName, operation, before))) return reasonOfDone(before);
  const task = contract && withoutProgram(contract, environment.cloud, operation);
  if (task !== undefined || operation === "up" || operation === "preview") return task;
  return (await environment.held()).has(stackName) ? undefined : "nothing is deployed";
}

/** What must be before the operation: a state that is ours to change, or a stack that is new. */
async function arrange(environment: OpenEnvironment, { stackName }: Known, context: StepContext): Promise<void> {
  if ((await environment.held()).has(stackName)) return environment.checkState(stackName);
  if (environment.cloud === "real") {
    // In a private copy: nothing is created for it.
    if (context.operation === "preview") return;
    const file = path.join(environment.folder ?? "", environment.project.stackConfigDir, `Pulumi.${stackName}.yaml`);
    context.emit({
      type: "diagnostic",
      severity: "warning",
      message: `new stack: pulumi stack init writes ${file}; commit it`,
    });
  }
  await environment.create(stackName);
}

/** One operation on one stack, with all it takes. */
interface Work {
  readonly setup: RunSetup;
  readonly environment: OpenEnvironment;
  readonly programs: Programs;
  readonly stack: Known;
  readonly context: StepContext;
  readonly fence: (() => Promise<void>) | undefined;
  /** More variables for the program. */
  readonly env: Readonly<Record<string, string>>;
  /** The private copy in which a preview is made; absent: in the backend itself. */
  readonly scratch?: Scratch;
  /** Takes the outputs of what went well. */
  readonly keep: (outputs: Outputs) => Promise<void>;
  /** Takes the outputs of a preview that went well and changes something. */
  readonly predict: ((outputs: Outputs) => Promise<void>) | undefined;
}

/** Does the work, waiting for whoever else holds the stack; then what has to follow it. */
async function operate(work: Work): Promise<StepResult> {
  const { setup, environment, context, keep, predict } = work;
  const { id, stackName } = work.stack;
  const { value, conflict, waitedMs } = await whileLocked(() => attemptKnowing(work), {
    timeoutMs: setup.lockTimeoutMs,
    signal: AbortSignal.any([context.interrupt, context.kill]),
    waiting({ holder }) {
      const message = `waiting for the lock of ${id}, held by ${holder}`;
      context.emit({ type: "diagnostic", severity: "info", message });
    },
  });
  const { result, outputs } = value;
  if (conflict !== undefined && result.outcome.type === "failed") {
    const waited = setup.lockTimeoutMs > 0 ? ` (waited ${Math.round(waitedMs / 1000)} s)` : "";
    const message = `${id} is locked${waited}: ${conflict.holder}`;
    const hint =
      conflict.dead === undefined
        ? `wait for it: --lock-timeout 10m. If its owner is dead: tutti unlock ${id}`
        : `its owner is dead (${conflict.dead}): tutti unlock ${id}`;
    return { ...result, outcome: { type: "failed", failure: { message, hint, exitCode: lockedExitCode } } };
  }
  const well = result.outcome.type === "succeeded" || result.outcome.type === "unchanged";
  if (well && outputs !== undefined) await keep(outputs);
  // Dependents of what stays as it is read it where it is deployed.
  if (result.outcome.type === "succeeded" && outputs !== undefined) await predict?.(outputs);
  if (well && context.operation === "destroy" && setup.remove) await environment.remove(stackName);
  return result;
}

/** An attempt that says of a conflict whether anybody is left to wait for. */
async function attemptKnowing(work: Work): Promise<Awaited<ReturnType<typeof attemptArmed>>> {
  const attempted = await attemptArmed(work);
  if (attempted.conflict === undefined) return attempted;
  const dead = await provenDead(work.environment, work.stack.stackName);
  return dead === undefined ? attempted : { ...attempted, conflict: { ...attempted.conflict, dead } };
}

interface Attempted {
  readonly result: StepResult;
  /** Root outputs, encoded and blinded; undefined when the engine told none. */
  readonly outputs: Outputs | undefined;
  readonly stderr: string;
  /** Refused for want of the program. */
  readonly wantsProgram: boolean;
}

/**
 * What only the engine knows, it says by refusing; then it is given, and asked again. A state may need plugins of other
 * versions than the project's packages name: installed, once each. And hooks for deletion need the program in a destroy.
 */
async function attemptArmed(work: Work): ReturnType<typeof attempt> {
  const { environment, context } = work;
  const signal = AbortSignal.any([context.interrupt, context.kill]);
  const tell = (message: string): void => context.emit({ type: "diagnostic", severity: "info", message });
  const installed = new Set<string>();
  for (let runProgram = false; ; ) {
    const attempted = await attempt({ ...work, runProgram });
    const { outcome } = attempted.value.result;
    if (outcome.type !== "failed" || signal.aborted) return attempted;
    if (attempted.value.wantsProgram && !runProgram) {
      runProgram = true;
      continue;
    }
    const plugin = missingPlugin(`${outcome.failure.message}\n${attempted.value.stderr}`);
    const key = JSON.stringify(plugin);
    if (plugin === undefined || installed.has(key)) return attempted;
    installed.add(key);
    if (!(await environment.install(() => [plugin], tell, signal))) return attempted;
  }
}

async function attempt({
  setup,
  environment,
  programs,
  stack: { id, stackName },
  context,
  fence,
  env,
  scratch,
  runProgram,
}: Work & { readonly runProgram: boolean }): Promise<{
  readonly value: Attempted;
  readonly conflict: Conflict | undefined;
}> {
  const { operation, emit, interrupt, kill } = context;
  const reader = readEngineEvents({
    operation,
    root: setup.root,
    mask: environment.mask,
    emit,
    interrupted: () => interrupt.aborted || kill.aborted,
    stack: id,
  });
  const print = (stream: "stdout" | "stderr", text: string): void => emit({ type: "line", stream, text });
  const say = (stream: "stdout" | "stderr"): ReturnType<typeof splitLines> => splitLines((text) => print(stream, text));
  const stdout = say("stdout");
  const stderr = say("stderr");
  const served = await programs.serve(environment, {
    stack: stackName,
    env,
    kill,
    print,
  });
  const recorded = record(environment.command({ kill, fence, print }), [
    ...(served === undefined ? [] : [served.argument]),
    ...(scratch?.arguments ?? []),
  ]);
  try {
    const workspace = await openWorkspace(environment.root, recorded.command, { ...env, ...scratch?.variables });
    const stack = await selectStack(stackName, workspace);
    const options = {
      color: "never" as const,
      onEvent: (event: EngineEvent) => reader.accept(event),
      onOutput: (text: string) => stdout.add(text),
      onError: (text: string) => stderr.add(text),
      signal: interrupt,
      showSecrets: false,
      message: messageOf(operation, setup.runId),
      ...(runProgram ? { runProgram } : {}),
      ...(setup.resourceParallel === undefined ? {} : { parallel: setup.resourceParallel }),
    };
    await Promise.race([verbs[operation](stack, options, setup.refresh), aborted(kill)]);
  } catch (error) {
    // The engine's own failures are in its result and its events; only what never became a command is thrown on.
    if (recorded.result() === undefined && !kill.aborted) throw error;
  } finally {
    await served?.close();
    stdout.end();
    stderr.end();
  }
  const { code, stderr: said } = recorded.result() ?? { code: 130, stderr: "killed" };
  const result = reader.finish({ code, stderr: said, interrupted: interrupt.aborted || kill.aborted });
  const value = { result, outputs: reader.rootOutputs(), stderr: said, wantsProgram: reader.wantsProgram() };
  return { value, conflict: code === 0 ? undefined : conflictIn(said) };
}

type Options = Parameters<Stack["up"]>[0] & Parameters<Stack["refresh"]>[0];

const verbs: Readonly<
  Record<Operation, (stack: Stack, options: Options & object, refresh: boolean) => Promise<unknown>>
> = {
  up: (stack, options, refresh) => stack.up({ ...options, refresh }),
  preview: (stack, options, refresh) => stack.preview({ ...options, refresh }),
  refresh: (stack, options) => stack.refresh(options),
  destroy: (stack, options, refresh) => stack.destroy({ ...options, refresh }),
  // Preview-only: takes no lock and writes no state.
  drift: (stack, options) => stack.previewRefresh(options),
};

/** Keeps the last result of an engine; a code other than 0 is for our reader of events, not for the SDK's guesses. */
function record(
  command: EngineCommand,
  more: readonly string[],
): { readonly command: EngineCommand; result(): CommandResult | undefined } {
  let result: CommandResult | undefined;
  return {
    command: {
      command: command.command,
      version: command.version,
      async run(args, ...rest) {
        result = undefined;
        result = await command.run([...args, ...more], ...rest);
        return result;
      },
    },
    result: () => result,
  };
}

async function openWorkspace(
  root: string,
  command: EngineCommand,
  env: Readonly<Record<string, string>>,
): Promise<LocalWorkspace> {
  const { LocalWorkspace } = await automation();
  const workspace = await LocalWorkspace.create({
    workDir: root,
    pulumiCommand: command,
    envVars: { ...env },
  });
  workspace.selectStack = async () => {};
  workspace.stackOutputs = async () => ({});
  return workspace;
}

async function selectStack(name: string, workspace: LocalWorkspace): Promise<Stack> {
  const { Stack } = await automation();
  const stack = await Stack.select(name, workspace);
  stack.info = async () => undefined;
  return stack;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(new TuttiError("cancelled", "killed"));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
