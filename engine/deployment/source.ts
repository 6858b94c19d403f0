// What a program asks of a deployment, free of gRPC: the monitor (monitor.ts) turns the SDK's calls into these requests,
// the deployment (deployment.ts) answers them. This file holds types only.
import type { DebugConfig } from "../language/debugger.ts";
import type { PropertyMap } from "../values.ts";

/** `urn::id`, as Pulumi writes a provider reference. */
export type ProviderReference = string;

export type Alias =
  | { readonly urn: string }
  | {
      readonly name?: string;
      readonly type?: string;
      readonly project?: string;
      readonly stack?: string;
      readonly parentUrn?: string;
      readonly noParent?: boolean;
    };

/** One RegisterResource request: what the program wants the resource to be. Defaults are the SDK's: empty, false, absent. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly remote: boolean;
  readonly parent: string;
  /** May hold Secret, Unknown (preview), ResourceReference, Asset, Archive; OutputValues are already lowered to these. */
  readonly inputs: PropertyMap;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** "" when the program named none: then the default provider of the type's package and `version`. */
  readonly provider: ProviderReference;
  /** By package, for components: what `providers` handed down (kept on the resource, inherited by the SDK itself). */
  readonly providers: Readonly<Record<string, ProviderReference>>;
  readonly version: string;
  readonly pluginDownloadUrl: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly deletedWith: string;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly deleteBeforeReplace: boolean | undefined;
  readonly additionalSecretOutputs: readonly string[];
  readonly aliases: readonly Alias[];
  readonly importId: string;
  /** Seconds; 0 is the provider's default. */
  readonly customTimeouts: { readonly create: number; readonly update: number; readonly delete: number };
  readonly hideDiffs: readonly string[];
  readonly replaceWith: readonly string[];
  readonly replacementTrigger: PropertyMap[string] | undefined;
  /** For a provider: what its process finds under another name, by the name it has in the environment. */
  readonly envVarMappings?: Readonly<Record<string, string>>;
  /** Names of registered hooks by moment (BeforeCreate, AfterCreate, ... OnError). */
  readonly hooks: Readonly<Record<string, readonly string[]>>;
  /** Rewrite what the state holds of the resource and all below it, one after the other, before anything is compared. */
  readonly stateMigrations?: readonly StateMigration[];
  readonly sourcePosition: string;
  /** Source positions of the frames of the call, innermost first; "" for a frame without one. */
  readonly stackTrace?: readonly string[];
}

/**
 * A function of the program: given the states of a resource and of all below it, as JSON of a checkpoint's resources with
 * plain secrets, it answers what they are to be, and which URN took the place of each that is gone; or undefined.
 */
export type StateMigration = (
  urn: string,
  states: string,
) => Promise<{ readonly states: string; readonly successors: ReadonlyMap<string, string> } | undefined>;

/** One ReadResource request (`X.get`, StackReference). */
export interface ReadGoal {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly parent: string;
  readonly inputs: PropertyMap;
  readonly dependencies: readonly string[];
  readonly provider: ProviderReference;
  readonly version: string;
  readonly pluginDownloadUrl: string;
  readonly additionalSecretOutputs: readonly string[];
  readonly sourcePosition: string;
  readonly stackTrace?: readonly string[];
}

export interface Registered {
  readonly urn: string;
  /** "" for components and, in a preview, for what would be created. */
  readonly id: string;
  readonly outputs: PropertyMap;
  /** True when every output may be taken as final (nothing changed in this step). */
  readonly stable: boolean;
  readonly stables: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly result: "success" | "failed" | "skipped";
  /** True when, though this is no preview, outputs that are absent are unknown: nothing was created, for want of a target. */
  readonly unknown?: boolean;
}

/** One ExistsResource request: whether the provider knows a resource. Nothing is registered. */
export type ExistsGoal = Pick<
  ReadGoal,
  "type" | "id" | "parent" | "inputs" | "provider" | "version" | "pluginDownloadUrl"
>;

export interface InvokeGoal {
  readonly token: string;
  readonly args: PropertyMap;
  readonly provider: ProviderReference;
  readonly version: string;
  readonly pluginDownloadUrl: string;
  /** Asked before the provider is: whether all is there that the answer depends on. */
  readonly ready?: () => Promise<boolean>;
}
export interface InvokeAnswer {
  readonly result: PropertyMap;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
  /** True when the provider was not asked, because not all is there. */
  readonly unknown?: boolean;
}

/** What a hook is told; which of the values there are depends on the moment. */
export interface HookCall {
  readonly urn: string;
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly newInputs?: PropertyMap;
  readonly oldInputs?: PropertyMap;
  readonly newOutputs?: PropertyMap;
  readonly oldOutputs?: PropertyMap;
}
/** A function of the program that runs before or after a step. `run` rejects with the program's own message. */
export interface ResourceHook {
  readonly onDryRun: boolean;
  /** What it throws is told as a warning, and no more. */
  readonly ignoreErrors: boolean;
  readonly run: (call: HookCall) => Promise<void>;
}
/** A function of the program that runs when an operation failed. `failures`: the newest first. */
export interface ErrorHook {
  /** Resolves to whether the operation is to be tried again. */
  readonly run: (call: HookCall, operation: string, failures: readonly string[]) => Promise<boolean>;
}

/**
 * The deployment, seen from the program. Calls may come concurrently; each settles when its step is done. A rejection is
 * an error to raise in the program (bad parent, unknown provider); a failed *step* resolves with `result: "failed"` when
 * the program can go on and otherwise never settles until the deployment is cancelled.
 */
export interface Registrar {
  registerResource(goal: Goal): Promise<Registered>;
  registerResourceOutputs(urn: string, outputs: PropertyMap): Promise<void>;
  readResource(goal: ReadGoal): Promise<Registered>;
  existsResource(goal: ExistsGoal): Promise<boolean>;
  invoke(goal: InvokeGoal): Promise<InvokeAnswer>;
  /** @throws when the name is taken. */
  registerResourceHook(name: string, hook: ResourceHook): void;
  registerErrorHook(name: string, hook: ErrorHook): void;
  /**
   * The program has said all it wants and stays only so that its functions can be called. Resolves when none will be
   * called any more. @throws when it was said before.
   */
  programDone(): Promise<void>;
}

export type Severity = "debug" | "info" | "info#err" | "warning" | "error";

/** What the program tells the engine beside its resources (the Engine service). */
export interface ProgramLog {
  log(severity: Severity, message: string, urn: string, ephemeral: boolean): void;
  /** A line the program printed itself. */
  print(stream: "stdout" | "stderr", text: string): void;
  /** The program waits for a debugger. */
  debugging?(config: DebugConfig): void;
}

/** All a program run is told; becomes the argv and environment of `cmd/run` or the RunRequest of an inline program. */
export interface RunInfo {
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  /** Plain values by `namespace:key`, secrets decrypted. */
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  readonly dryRun: boolean;
  readonly parallel: number;
  readonly monitorAddress: string;
  readonly engineAddress: string;
  /** Folder of Pulumi.yaml. */
  readonly rootDirectory: string;
  readonly signal: AbortSignal;
}

/** How the program ended. `bail`: it has already reported its error through the Engine service. */
export type ProgramEnd =
  | { readonly type: "ok" }
  | { readonly type: "bail" }
  | { readonly type: "error"; readonly message: string };

/** A program that can be run once: a child process (language/node.ts) or one served by the Automation API (language/inline.ts). */
export interface Program {
  run(info: RunInfo, log: ProgramLog): Promise<ProgramEnd>;
}
