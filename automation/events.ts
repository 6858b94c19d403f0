// Everything learnt while a run goes on leaves as one of these events; every view, report and later question is a fold of
// them. The union is closed: a new kind does not compile until runState.ts handles it. Events hold no secret: what they
// carry was masked before the event existed. Journalled events may grow fields but never change meaning.

declare const branded: unique symbol;
/** `<program>.<environment>[.<instance>]`: the id here and the Pulumi stack name. */
export type StackId = string & { readonly [branded]: "StackId" };
/** `<UTC time, compact>-<4 random letters>`, e.g. `20261123-173512-kfpt`; sorts by time. */
export type RunId = string & { readonly [branded]: "RunId" };

export type Operation = "up" | "preview" | "refresh" | "destroy" | "drift";

/** Pulumi's step names, as its engine events carry them. */
export type ResourceOp =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "refresh"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace"
  | "import"
  | "import-replacement";

/** How many resources each operation touched, by op; ops that did not occur are absent. `same` is included. */
export type Counts = Readonly<Partial<Record<ResourceOp, number>>>;

/** One property that the cloud has otherwise than the state. Values are JSON; secrets read `[secret]`. */
export interface PropertyDrift {
  readonly urn: string;
  /** Property path, `a.b[0]["c.d"]`; "" when the whole resource is gone. */
  readonly property: string;
  readonly old: unknown;
  readonly new: unknown;
}

export interface Failure {
  /** The program's or provider's own first error, one paragraph, masked, no ANSI. */
  readonly message: string;
  readonly urn?: string;
  /** `file:line:column`, relative to the workspace root where possible. */
  readonly location?: string;
  /** The engine's true exit code, when there was a process. */
  readonly exitCode?: number;
  /** What the user can do about it, when known. */
  readonly hint?: string;
}

/** How a stack of a run ended. */
export type Outcome =
  | { readonly type: "succeeded" }
  | { readonly type: "unchanged" }
  | { readonly type: "skipped"; readonly reason: string }
  | { readonly type: "blocked"; readonly because: StackId }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "cancelled" }
  | { readonly type: "timed-out"; readonly afterMs: number }
  | { readonly type: "needs-recovery"; readonly failure: Failure; readonly pending: readonly string[] }
  | { readonly type: "awaiting-approval" };

export type OutcomeType = Outcome["type"];

/** What a step reports besides its outcome; all of it is plain, masked data. */
export interface StepSummary {
  readonly counts: Counts;
  /** Names of root outputs that changed, sorted. */
  readonly changedOutputs: readonly string[];
  /** `drift` only. */
  readonly drift: readonly PropertyDrift[];
  /** Types that the sandbox serves without a reviewed table, sorted. */
  readonly approximate: readonly string[];
  /** Of a task: whether it ran (in a preview: would run), and why or why not. */
  readonly task?: { readonly ran: boolean; readonly reason: string };
  /** URNs whose creation an earlier run began and nobody knows the end of; absent when there is none. `tutti recover` settles them. */
  readonly pending?: readonly string[];
}

/** What a whole run took of its machine, everything it started included; not known where there is no /proc. */
export interface RunCost {
  /** Milliseconds of all cores together. */
  readonly cpuMs: number;
  /** How many cores there were; may be a fraction, in a container. */
  readonly cores: number;
  /** How much of the machine's cores was busy meanwhile, with whatever: 0 to 1. */
  readonly busy: number;
  /** The most memory seen, without what programs share, and how many stacks ran then. */
  readonly peakMemoryBytes: number;
  readonly peakAtOnce: number;
}

/** What one running step may emit. The executor wraps it with the stack. */
export type StepEvent =
  | {
      readonly type: "resource";
      readonly urn: string;
      readonly resourceType: string;
      readonly name: string;
      readonly op: ResourceOp;
      /** `planned` in a preview; the others while changing. */
      readonly status: "planned" | "started" | "done" | "failed";
      /** Changed property paths, sorted; for an update or a replacement. */
      readonly paths?: readonly string[];
      readonly approximate?: boolean;
    }
  | {
      readonly type: "diagnostic";
      readonly severity: "info" | "warning" | "error";
      readonly message: string;
      readonly urn?: string;
      readonly location?: string;
    }
  /** A line of engine or program output. Ephemeral: it goes to views and to the stack's log file, never into the journal. */
  | { readonly type: "line"; readonly stream: "stdout" | "stderr"; readonly text: string };

export type RunEvent =
  | {
      readonly type: "run-started";
      readonly operation: Operation;
      /** In plan order; `waitsFor` names steps of this run only. */
      readonly steps: readonly {
        readonly stack: StackId;
        readonly waitsFor: readonly StackId[];
        readonly reason: string;
        /** It is a task. Absent: a stack of resources, or a journal that is older than the mark. */
        readonly task?: true;
      }[];
      readonly environments: readonly { readonly name: string; readonly cloud: "sandbox" | "real" }[];
      readonly concurrency: number;
      readonly onFailure: "stop" | "keep-going";
      readonly argv: readonly string[];
      readonly version: string;
      readonly commit?: string;
      /** What `resume` needs to go on as it was begun; what was not asked for is absent. */
      readonly options?: { readonly refresh?: boolean; readonly remove?: boolean; readonly resourceParallel?: number };
      /** The run that this one goes on with. */
      readonly resumes?: RunId;
    }
  | { readonly type: "stack-started"; readonly stack: StackId }
  | { readonly type: "stack-event"; readonly stack: StackId; readonly event: StepEvent }
  | {
      readonly type: "stack-finished";
      readonly stack: StackId;
      readonly outcome: Outcome;
      readonly summary: StepSummary;
      readonly durationMs: number;
    }
  | { readonly type: "cancel-requested"; readonly by: "interrupt" | "terminate" | "caller"; readonly level: 1 | 2 | 3 }
  /** A hook was told of the run, which is over but for this. */
  | {
      readonly type: "hook-finished";
      readonly hook: string;
      readonly status: "done" | "failed" | "skipped";
      /** What was done, why it failed, or why it was skipped. */
      readonly message: string;
    }
  | {
      readonly type: "run-finished";
      readonly exitCode: number;
      readonly durationMs: number;
      readonly cost?: RunCost;
    };

/** An event with its place in the run, stamped exactly once (journal.ts). `seq` starts at 1; `time` is RFC 3339 UTC. */
export type Stamped<E extends RunEvent = RunEvent> = E & {
  readonly schemaVersion: 1;
  readonly runId: RunId;
  readonly seq: number;
  readonly time: string;
};

/** Whether an event is for views only and stays out of the journal. */
export function isEphemeral(event: RunEvent): boolean {
  return event.type === "stack-event" && event.event.type === "line";
}
