// tutti as a library: define a workspace, open it, run it, read what happened. Programs import `tutti/program`.
export { type CancelLevel, Cancellation, type CancelledBy } from "./cancellation.ts";
export { checkWorkspace, type LoadedModule, type WorkspaceFacts } from "./checkWorkspace.ts";
export {
  type AnyContract,
  type AnyTask,
  type Context,
  type Contract,
  defineEnvironment,
  defineProject,
  defineStack,
  defineTask,
  defineWorkspace,
  type Environment,
  type EnvReference,
  each,
  env,
  type Guards,
  githubIssues,
  type Instances,
  type Need,
  type Program,
  type Reads,
  type SettingsOf,
  type StackInfo,
  secret,
  serviceNow,
  type Task,
  type TaskContext,
  ticket,
  type Workspace,
  type Writes,
  webhook,
} from "./define.ts";
export type { BackendStack, Door, RunSetup, RunWatch, StaleRead, StepRunner } from "./door.ts";
export { type ErrorCode, TuttiError } from "./errors.ts";
export type {
  Counts,
  Failure,
  Operation,
  Outcome,
  OutcomeType,
  PropertyDrift,
  ResourceOp,
  RunEvent,
  RunId,
  StackId,
  Stamped,
  StepEvent,
  StepSummary,
} from "./events.ts";
export type { RunStep, StepContext, StepResult } from "./execute.ts";
export { type ExitCode, exitCodeOfError, exitCodes } from "./exitCode.ts";
export type { StackGraph } from "./graph.ts";
export type { Hook, HookEnd, HookTrigger, RunMessage, RunOutcome, TicketSystemSpec } from "./hooks.ts";
export {
  type ListedStack,
  type OpenOptions,
  open,
  type RunLine,
  type RunOptions,
  type SelectOptions,
  type Tutti,
} from "./open.ts";
export type { Duration, FailureKind, Retry } from "./patience.ts";
export type { Plan, PlanStep } from "./plan.ts";
export { type Problem, type ProblemCode, problemLine } from "./problems.ts";
export type { Decisions, Findings, PendingOperation, Proposal } from "./pulumi/recovery.ts";
export type { Hold } from "./pulumi/unlock.ts";
export type { Redaction } from "./redaction.ts";
export { type RehearseOptions, rehearse } from "./rehearse.ts";
export type { Report, ReportStatus, StackReport } from "./report.ts";
export type { Resumable } from "./resume.ts";
export type { Run } from "./run.ts";
export { foldRun, RunFold, type RunState, type StackState } from "./runState.ts";
export type { ResolvedStack } from "./workspace.ts";
