// One run: a plan executed, its events stamped and handed on, journal first. The caller iterates the events, awaits the
// result, or both; nothing starts before it does one of them.
//
// 1. The door makes ready; what fails here fails the run before it has an id on disk.
// 2. Events go through one function: stamped, into the journal and logs, into the state, to the reader.
//    Before that, secrets are taken out of it; an event that would hold one all the same is written nowhere, and ends the run.
// 3. When the journal cannot be written the run stops as after one interrupt: what is not recorded must not go on.
import { Cancellation, type CancelledBy, cancelOnAbort } from "./cancellation.ts";
import type { Door, RunSetup } from "./door.ts";
import { filesError, TuttiError } from "./errors.ts";
import { EventStream } from "./eventStream.ts";
import type { RunCost, RunEvent, RunId, Stamped } from "./events.ts";
import { execute } from "./execute.ts";
import { exitCodeOfRun } from "./exitCode.ts";
import type { HookEnd } from "./hooks.ts";
import { createStamper, type EventSink } from "./journal.ts";
import type { Plan } from "./plan.ts";
import { noRedaction, type Redaction, redactDocument, redactEvent, refuseSecrets, withoutTexts } from "./redaction.ts";
import { makeReport, type Report } from "./report.ts";
import { RunFold, type RunState } from "./runState.ts";
import { withPolicies } from "./stepPolicy.ts";

/** A run that goes on, or is about to. */
export interface Run extends AsyncIterable<Stamped> {
  readonly runId: RunId;
  readonly plan: Plan;
  /** What is so now; grows while the run goes on. */
  readonly state: RunState;
  /** Knows the secrets that the run has come across so far: whatever writes of it looks here. */
  readonly redaction: Redaction;
  /** Asks the run to stop: once nothing new starts, twice interrupts, three times kills. */
  cancel(by: CancelledBy, level?: 1 | 2 | 3): void;
  /**
   * Resolves when the run is over, also when stacks failed.
   * @throws TuttiError when the run could not begin, or when its journal could not be written.
   */
  result(): Promise<Report>;
}

export interface RunRequest {
  readonly plan: Plan;
  readonly setup: RunSetup;
  readonly door: Door;
  readonly concurrency: number;
  readonly onFailure: "stop" | "keep-going";
  readonly environments: readonly { readonly name: string; readonly cloud: "sandbox" | "real" }[];
  readonly argv: readonly string[];
  readonly version: string;
  readonly commit: string | undefined;
  /** The run that this one goes on with. */
  readonly resumes?: RunId | undefined;
  /** Exit code 2 for a preview with changes or a drift run with drift. */
  readonly detailed: boolean;
  readonly signal: AbortSignal | undefined;
  /** Opened when the run begins. */
  readonly openFiles: (runId: RunId) => EventSink;
  /** Called when all is written: what became known as a secret after it was written is taken out. */
  readonly maskFiles?: (redaction: Redaction) => void;
  readonly writeReport: (report: Report) => void;
  readonly now: () => Date;
  /** Begins to measure what the run takes; told how many stacks run. */
  readonly measure?: (running: () => number) => { stop(): RunCost | undefined };
  /** Takes sentences for whoever waits for the run to begin. */
  readonly tell?: ((text: string) => void) | undefined;
  /** Tells hooks of the run when its stacks have ended; never throws. */
  readonly after?: (report: Report, signal: AbortSignal) => Promise<readonly HookEnd[]>;
  /** Called before anything starts; what it throws ends the run. Guards look here. */
  readonly before?: (signal: AbortSignal) => Promise<void>;
}

/** Makes a run; it begins when it is iterated or its result is asked for. */
export function makeRun(request: RunRequest): Run {
  const cancellation = new Cancellation();
  const fold = new RunFold();
  let known = noRedaction;
  const redaction: Redaction = { mask: (text) => known.mask(text), holds: (text) => known.holds(text) };
  let begun: Promise<Report> | undefined;
  const stream = new EventStream<Stamped>(async () => {
    cancellation.request("caller", 2);
    await begun?.catch(() => undefined);
  });
  const begin = (): Promise<Report> => {
    begun ??= perform(request, cancellation, fold, stream, (given) => {
      known = given;
    });
    // Whoever only iterates gets the error from the iteration; it must not end the process as unhandled as well.
    begun.catch(() => undefined);
    return begun;
  };
  let read = false;
  return {
    runId: request.setup.runId,
    plan: request.plan,
    state: fold.state,
    redaction,
    cancel: (by, level) => cancellation.request(by, level),
    result() {
      // A reader may still come in the same breath (`Promise.all([run.result(), show(run)])`), later it would miss events.
      queueMicrotask(() => {
        if (!read) stream.drop();
      });
      return begin();
    },
    [Symbol.asyncIterator]() {
      if (read) throw new TuttiError("usage", "the events of a run can be read once", { hint: "make another run" });
      read = true;
      void begin();
      return stream[Symbol.asyncIterator]();
    },
  };
}

async function perform(
  request: RunRequest,
  cancellation: Cancellation,
  fold: RunFold,
  stream: EventStream<Stamped>,
  learn: (redaction: Redaction) => void,
): Promise<Report> {
  const stopListening = request.signal && cancelOnAbort(cancellation, request.signal);
  try {
    await request.before?.(cancellation.interrupt);
    const runner = await request.door.prepare(request.setup, {
      stop: cancellation.stop,
      tell: request.tell ?? (() => {}),
      onLost: () => cancellation.request("caller", 2),
    });
    const runStep = withPolicies(runner.runStep, {
      policyOf: (stack) => request.setup.stacks.get(stack)?.policy,
      stop: cancellation.stop,
    });
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      // The run is over and told of: what cannot be tidied up (a lease on a full disk) does not change how it ended.
      closed ??= runner.close().catch((error: unknown) => request.tell?.(`closing the run: ${messageOf(error)}`));
      return closed;
    };
    try {
      const redaction = runner.redaction ?? noRedaction;
      learn(redaction);
      const report = await recorded(request, cancellation, fold, stream, runStep, redaction, close);
      stream.end();
      return report;
    } finally {
      await close();
    }
  } catch (error) {
    stream.end(error);
    throw error;
  } finally {
    stopListening?.();
  }
}

async function recorded(
  request: RunRequest,
  cancellation: Cancellation,
  fold: RunFold,
  stream: EventStream<Stamped>,
  runStep: Parameters<typeof execute>[1],
  redaction: Redaction,
  release: () => Promise<void>,
): Promise<Report> {
  const { plan, setup, concurrency, onFailure } = request;
  const stamp = createStamper(setup.runId, request.now);
  const files = opened(request);
  let journalError: unknown;
  let cost: RunCost | undefined;
  const emit = (event: RunEvent): void => {
    let stamped = stamp(redactEvent(event, redaction));
    const json = JSON.stringify(stamped);
    try {
      refuseSecrets(json, `a ${event.type} event`, redaction);
      if (journalError === undefined) files.write(stamped, json);
    } catch (error) {
      journalError ??= error;
      if (redaction.holds(json)) {
        const rest = withoutTexts(event);
        if (rest === undefined) {
          cancellation.request("caller", 1);
          return;
        }
        stamped = stamp(rest);
      }
    }
    fold.advance(stamped);
    stream.push(stamped);
    if (journalError !== undefined) cancellation.request("caller", 1);
  };
  try {
    const startedAt = performance.now();
    emit({
      type: "run-started",
      operation: plan.operation,
      steps: plan.steps,
      environments: request.environments,
      concurrency,
      onFailure,
      argv: request.argv,
      version: request.version,
      ...(request.commit === undefined ? {} : { commit: request.commit }),
      ...optionsOf(setup),
      ...(request.resumes === undefined ? {} : { resumes: request.resumes }),
    });
    const meter = request.measure?.(() => fold.state.tally.running ?? 0);
    await execute(plan, runStep, { concurrency, onFailure, cancellation, emit }).finally(() => {
      cost = meter?.stop();
    });
    const exitCode = exitCodeOfRun(fold.state, { detailed: request.detailed });
    const durationMs = performance.now() - startedAt;
    if (request.after && journalError === undefined) {
      // Others need not wait until hooks are told.
      await release();
      const over = makeReport({ ...fold.state, finished: { exitCode, durationMs } }, { detailed: request.detailed });
      const told = await request.after(redactDocument(over, "the report", redaction), cancellation.kill);
      for (const end of told) emit({ type: "hook-finished", ...end });
    }
    emit({ type: "run-finished", exitCode, durationMs, ...(cost === undefined ? {} : { cost }) });
  } finally {
    try {
      files.close();
    } catch (error) {
      journalError ??= error;
    }
  }
  try {
    request.maskFiles?.(redaction);
  } catch (error) {
    request.tell?.(`secrets that became known late may stand in the run's files: ${messageOf(error)}`);
  }
  const report = redactDocument(makeReport(fold.state, { detailed: request.detailed }), "the report", redaction);
  if (journalError !== undefined) throw unwritten(journalError);
  try {
    request.writeReport(report);
  } catch (error) {
    // The journal has it all: a report is made from that whenever somebody asks.
    request.tell?.(`the file of the report could not be written: ${messageOf(error)}`);
  }
  return report;
}

/** For the journal: whoever resumes the run goes on in the same way. */
function optionsOf({
  refresh,
  remove,
  resourceParallel,
}: RunSetup): Pick<Extract<RunEvent, { type: "run-started" }>, "options"> {
  const options = {
    ...(refresh ? { refresh } : {}),
    ...(remove ? { remove } : {}),
    ...(resourceParallel === undefined ? {} : { resourceParallel }),
  };
  return Object.keys(options).length === 0 ? {} : { options };
}

function opened({ openFiles, setup }: RunRequest): EventSink {
  try {
    return openFiles(setup.runId);
  } catch (error) {
    const hint = `every run keeps a journal below .tutti; ${filesError(error)?.hint ?? "make that folder writable"}`;
    throw new TuttiError("files", `the run could not begin: ${messageOf(error)}`, { hint, cause: error });
  }
}

function unwritten(error: unknown): TuttiError {
  if (error instanceof TuttiError) return error;
  const message = `the journal of the run could not be written, so the run was stopped: ${messageOf(error)}`;
  const hint = filesError(error)?.hint ?? "make the folder .tutti writable, then run the same command again";
  return new TuttiError("files", message, { hint, cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
