// What the library asks of the door to Pulumi, as types: automation/pulumi/ implements it, tests put a script in its place.
// Everything that comes back is plain and masked.
import type { Operation, RunId, StackId } from "./events.ts";
import type { RunStep } from "./execute.ts";
import type { Redaction } from "./redaction.ts";
import type { ResolvedStack } from "./workspace.ts";

/** One run, as the door is told of it. */
export interface RunSetup {
  readonly runId: RunId;
  readonly operation: Operation;
  /** Every stack of the workspace, so that needs can be looked up; the steps name the ones to run. */
  readonly stacks: ReadonlyMap<StackId, ResolvedStack>;
  /** Environments of the run's steps: these are opened, and no others. */
  readonly environments: readonly string[];
  /** Stacks of the run's steps. Absent: not known beforehand. */
  readonly selected?: readonly StackId[];
  /** Absolute; the folder of Pulumi.yaml. */
  readonly root: string;
  /** `up`, `preview`, `destroy`: ask the cloud first. Default: the state is trusted, as in Pulumi. */
  readonly refresh: boolean;
  /** `destroy`: also remove the emptied stack. */
  readonly remove: boolean;
  /** Resources at once in one stack (Pulumi's `--parallel`); absent: the engine's default. */
  readonly resourceParallel: number | undefined;
  /** How long to wait for another run that changes one of the environments, milliseconds; 0: not at all. */
  readonly lockTimeoutMs: number;
  /** Stacks that the journal of an earlier run calls done, with that run: skipped when their state says so too. */
  readonly done?: ReadonlyMap<StackId, RunId>;
  /** Nobody can be asked, and nothing may be added to the work tree (a stack's first file included). */
  readonly ci: boolean;
  /** How many steps the run has, and how many of them at once: so many programs may be made ready. Default: none. */
  readonly steps?: number;
  readonly concurrency?: number;
}

/** What the run and the door tell each other while the door makes ready and afterwards. */
export interface RunWatch {
  /** Aborted: waits no longer for other runs. */
  readonly stop: AbortSignal;
  /** A sentence for whoever waits. */
  tell(text: string): void;
  /** Another driver has taken one of the environments over: what runs must end. */
  onLost(error: Error): void;
}

/** How one run's steps are run; closed when the run is over, whatever its end. */
export interface StepRunner {
  readonly runStep: RunStep;
  /** Knows the secrets that the run comes across. Absent: there are none. */
  readonly redaction?: Redaction;
  close(): Promise<void>;
}

/** A stack that was read, and has other outputs since. */
export interface StaleRead {
  readonly stack: StackId;
  /** Names of declared outputs that are other ones now, sorted. */
  readonly outputs: readonly string[];
}

/** A stack that a backend holds. */
export interface BackendStack {
  readonly id: StackId;
  readonly environment: string;
  /** Whether a contract of the workspace claims it. */
  readonly claimed: boolean;
  readonly resourceCount: number | undefined;
  /** RFC 3339 UTC. */
  readonly lastUpdate: string | undefined;
  /** What it read that is out of date; empty: nothing. Absent where that cannot be told without asking for every state. */
  readonly stale?: readonly StaleRead[];
}

export interface Door {
  /**
   * Makes ready for a run: engines found, versions checked, environments told apart.
   * What changes something holds the run lease of its environments until it is closed.
   * @throws TuttiError `engine` when a real environment has no usable `pulumi`; `usage` for an env() that is not set;
   * `locked` when another run changes one of the environments.
   */
  prepare(setup: RunSetup, watch: RunWatch): Promise<StepRunner>;
  /** Outputs of one stack; secrets read `[secret]` unless asked for. @throws TuttiError `not-found`. */
  outputs(
    stack: ResolvedStack,
    options: { readonly root: string; readonly showSecrets: boolean; readonly signal?: AbortSignal },
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Stacks in the backend of one environment, also those that no contract claims; sorted by id. */
  backendStacks(
    environment: string,
    stacks: ReadonlyMap<StackId, ResolvedStack>,
    options: { readonly root: string; readonly signal?: AbortSignal },
  ): Promise<readonly BackendStack[]>;
}
