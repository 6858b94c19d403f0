// Folds the events of a run into what is so now: the one thing every view and report looks at. Made again from a journal,
// it is the same, but for the ephemeral last lines.
// The fold owns its state and changes it in place: a copy of 5,000 stacks at every event would make a run quadratic.
// Readers get it readonly and must not keep parts of it across events.
import type {
  Counts,
  Operation,
  Outcome,
  OutcomeType,
  PropertyDrift,
  ResourceOp,
  RunCost,
  RunEvent,
  RunId,
  StackId,
  Stamped,
  StepEvent,
  StepSummary,
} from "./events.ts";
import { unreachable } from "./unreachable.ts";

/** One resource of a stack, as far as this run touched it. */
export interface ResourceState {
  readonly urn: string;
  readonly resourceType: string;
  readonly name: string;
  readonly op: ResourceOp;
  readonly status: "planned" | "started" | "done" | "failed";
  readonly paths: readonly string[];
  readonly approximate: boolean;
  /** When it began, milliseconds since the epoch. */
  readonly sinceMs: number;
}

export type Diagnostic = Extract<StepEvent, { readonly type: "diagnostic" }>;

/** One stack of a run. */
export interface StackState {
  readonly id: StackId;
  readonly waitsFor: readonly StackId[];
  readonly reason: string;
  /** A task, as far as the journal says so. */
  readonly isTask: boolean;
  readonly status: "waiting" | "running" | OutcomeType;
  readonly outcome: Outcome | undefined;
  /** Milliseconds since the epoch; undefined for a stack that was never attempted. */
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  /** Of a finished stack, by the run's own clock. */
  readonly durationMs: number | undefined;
  /** While running: what is done or planned so far; finished: the step's own summary. */
  readonly counts: Counts;
  readonly changedOutputs: readonly string[];
  readonly drift: readonly PropertyDrift[];
  readonly approximate: readonly string[];
  /** Of a task: whether it ran, or would, and why. */
  readonly task: StepSummary["task"];
  /** Creations that an earlier run left open. */
  readonly pending: readonly string[];
  /** In the order they appeared, by whatever tells them apart. A replacement has several operations on one URN. */
  readonly resources: ReadonlyMap<string, ResourceState>;
  /** In order; `info` included. */
  readonly diagnostics: readonly Diagnostic[];
  /** The last line of output, of a live run. */
  readonly lastLine: string | undefined;
}

/** How telling a hook went. */
export type HookState = Pick<Extract<RunEvent, { readonly type: "hook-finished" }>, "hook" | "status" | "message">;

export interface RunState {
  readonly runId: RunId | undefined;
  readonly operation: Operation | undefined;
  readonly startedAtMs: number | undefined;
  /** In plan order. */
  readonly stacks: ReadonlyMap<StackId, StackState>;
  readonly environments: readonly { readonly name: string; readonly cloud: "sandbox" | "real" }[];
  readonly concurrency: number;
  readonly onFailure: "stop" | "keep-going";
  readonly argv: readonly string[];
  readonly version: string;
  readonly commit: string | undefined;
  readonly cancel: { readonly by: "interrupt" | "terminate" | "caller"; readonly level: 1 | 2 | 3 } | undefined;
  /** Hooks that had something to say of the run. */
  readonly hooks: readonly HookState[];
  /** Undefined while the run goes on, and of a run whose driver died. */
  readonly finished: { readonly exitCode: number; readonly durationMs: number; readonly cost?: RunCost } | undefined;
  /** Time of the last event, milliseconds since the epoch. */
  readonly lastEventAtMs: number | undefined;
  /** How many stacks have each status; statuses that none has are absent. */
  readonly tally: Readonly<Partial<Record<StackState["status"], number>>>;
}

const nothing: readonly string[] = Object.freeze([]);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OwnedResource = Mutable<ResourceState>;
interface OwnedStack extends Mutable<StackState> {
  resources: Map<string, OwnedResource>;
  diagnostics: Diagnostic[];
  counts: Partial<Record<ResourceOp, number>>;
}

/** The state of a run, growing with its events. */
export class RunFold {
  readonly #stacks = new Map<StackId, OwnedStack>();
  readonly #tally: Partial<Record<StackState["status"], number>> = {};
  readonly #state: Mutable<RunState> = {
    runId: undefined,
    operation: undefined,
    startedAtMs: undefined,
    stacks: this.#stacks,
    environments: [],
    concurrency: 0,
    onFailure: "stop",
    argv: [],
    version: "",
    commit: undefined,
    cancel: undefined,
    hooks: [],
    finished: undefined,
    lastEventAtMs: undefined,
    tally: this.#tally,
  };

  get state(): RunState {
    return this.#state;
  }

  /** Takes in the next event; gives the state after it. An event of a stack that the run does not have changes nothing. */
  advance(event: Stamped): RunState {
    const state = this.#state;
    const atMs = Date.parse(event.time);
    state.lastEventAtMs = atMs;
    switch (event.type) {
      case "run-started":
        state.runId = event.runId;
        state.operation = event.operation;
        state.startedAtMs = atMs;
        state.environments = event.environments;
        state.concurrency = event.concurrency;
        state.onFailure = event.onFailure;
        state.argv = event.argv;
        state.version = event.version;
        state.commit = event.commit;
        for (const step of event.steps) {
          this.#stacks.set(step.stack, waiting(step));
          this.#count("waiting", 1);
        }
        return state;
      case "stack-started":
        this.#change(event.stack, "running", (stack) => {
          stack.startedAtMs = atMs;
        });
        return state;
      case "stack-event": {
        const stack = this.#stacks.get(event.stack);
        if (stack) takeStepEvent(stack, event.event, atMs);
        return state;
      }
      case "stack-finished":
        this.#change(event.stack, event.outcome.type, (stack) => {
          stack.outcome = event.outcome;
          stack.finishedAtMs = atMs;
          stack.durationMs = event.durationMs;
          takeSummary(stack, event.summary);
        });
        return state;
      case "cancel-requested":
        state.cancel = { by: event.by, level: event.level };
        return state;
      case "hook-finished":
        state.hooks = [...state.hooks, { hook: event.hook, status: event.status, message: event.message }];
        return state;
      case "run-finished":
        state.finished = {
          exitCode: event.exitCode,
          durationMs: event.durationMs,
          ...(event.cost === undefined ? {} : { cost: event.cost }),
        };
        return state;
      default:
        return unreachable(event);
    }
  }

  #change(id: StackId, status: StackState["status"], change: (stack: OwnedStack) => void): void {
    const stack = this.#stacks.get(id);
    if (!stack) return;
    this.#count(stack.status, -1);
    this.#count(status, 1);
    stack.status = status;
    change(stack);
  }

  #count(status: StackState["status"], by: number): void {
    const count = (this.#tally[status] ?? 0) + by;
    if (count > 0) this.#tally[status] = count;
    else delete this.#tally[status];
  }
}

/** The state after these events. */
export function foldRun(events: Iterable<Stamped>): RunState {
  const fold = new RunFold();
  for (const event of events) fold.advance(event);
  return fold.state;
}

/**
 * How a run ended, as far as its journal tells: `interrupted`, its driver died, or it goes on; `unclosed`, all of its stacks
 * have ended, but its driver died before it said so, while it told hooks maybe.
 */
export function endOf({ finished, stacks }: RunState): "finished" | "unclosed" | "interrupted" {
  if (finished !== undefined) return "finished";
  for (const { outcome } of stacks.values()) if (outcome === undefined) return "interrupted";
  return "unclosed";
}

/** How long a run took, milliseconds; one whose driver died: up to its last word. */
export function durationOf({ finished, startedAtMs = 0, lastEventAtMs = startedAtMs }: RunState): number {
  return finished?.durationMs ?? lastEventAtMs - startedAtMs;
}

function waiting(step: Extract<RunEvent, { type: "run-started" }>["steps"][number]): OwnedStack {
  return {
    id: step.stack,
    waitsFor: step.waitsFor,
    reason: step.reason,
    isTask: step.task === true,
    status: "waiting",
    outcome: undefined,
    startedAtMs: undefined,
    finishedAtMs: undefined,
    durationMs: undefined,
    counts: {},
    changedOutputs: [],
    drift: [],
    approximate: [],
    task: undefined,
    pending: [],
    resources: new Map(),
    diagnostics: [],
    lastLine: undefined,
  };
}

function takeStepEvent(stack: OwnedStack, event: StepEvent, atMs: number): void {
  switch (event.type) {
    case "resource": {
      const resource = resourceOf(stack, event, atMs);
      const counted = isCounted(resource);
      resource.resourceType = event.resourceType;
      resource.name = event.name;
      resource.status = event.status;
      resource.paths = event.paths ?? resource.paths;
      resource.approximate = event.approximate ?? resource.approximate;
      if (isCounted(resource) && !counted) stack.counts[event.op] = (stack.counts[event.op] ?? 0) + 1;
      return;
    }
    case "diagnostic":
      stack.diagnostics.push(event);
      return;
    case "line":
      stack.lastLine = event.text;
      return;
    default:
      unreachable(event);
  }
}

function isCounted({ status }: ResourceState): boolean {
  return status === "done" || status === "planned";
}

/** The resource that an event is about, as it is so far. Most have one operation: their key is the URN, which is there already. */
function resourceOf(stack: OwnedStack, event: Extract<StepEvent, { type: "resource" }>, atMs: number): OwnedResource {
  const { urn, resourceType, name, op } = event;
  const first = stack.resources.get(urn);
  if (first?.op === op) return first;
  const key = first === undefined ? urn : `${op} ${urn}`;
  const known = stack.resources.get(key);
  if (known !== undefined) return known;
  const resource: OwnedResource = {
    urn,
    resourceType,
    name,
    op,
    status: "started",
    paths: nothing,
    approximate: false,
    sinceMs: atMs,
  };
  stack.resources.set(key, resource);
  return resource;
}

function takeSummary(stack: OwnedStack, summary: StepSummary): void {
  stack.counts = { ...summary.counts };
  stack.changedOutputs = summary.changedOutputs;
  stack.drift = summary.drift;
  stack.approximate = summary.approximate;
  stack.task = summary.task;
  stack.pending = summary.pending ?? [];
}
