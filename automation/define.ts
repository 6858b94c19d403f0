// What contracts and workspaces are written with: stacks, tasks, existing projects, environments and the workspace as plain,
// typed data.
// It loads zod and nothing else: 1,000 contracts load without the Pulumi SDK, which appears here in types only.
// Nothing here throws or checks: a define* call keeps what it was given, and checkWorkspace (workspace.ts) reports
// everything that is wrong with the whole, at once. What types can say, they say: see Checked below and test/types.
import type { Input, Output } from "@pulumi/pulumi";
import type * as z from "zod";
import type { StackId } from "./events.ts";
import type { Hook } from "./hooks.ts";
import type { Duration, Patience, Retry } from "./patience.ts";
import { emptySettings, markSecret, type SecretMark } from "./schema.ts";
import type { Secret } from "./secret.ts";

export { githubIssues, serviceNow, ticket, webhook } from "./hooks.ts";

// ---- Stacks ---------------------------------------------------------------------------------------------------------

/** Output names and what each must be. */
export type Shape = Readonly<Record<string, z.ZodType>>;
/** What a stack may read from its environment. */
export type SettingsSchema = z.ZodObject<z.ZodRawShape, z.core.$ZodObjectConfig>;
/** What a stack needs, by the name its program uses: a contract (same environment), `contract.in("shared")`, `contract.all`. */
export type NeedsShape = Readonly<Record<string, AnyContract | Need>>;

/** A stack as others see it: name, edges, settings and outputs; its program is loaded only when the stack runs. */
export interface Contract<
  Name extends string = string,
  Outputs extends Shape = Shape,
  Needs extends NeedsShape = NeedsShape,
  Settings extends SettingsSchema = SettingsSchema,
> {
  readonly kind: "stack";
  readonly name: Name;
  readonly needs: Needs;
  /** Ordering without data. Always an array here, also when the definition left it out. */
  readonly after: readonly (AnyContract | Need)[];
  readonly settings: Settings;
  readonly outputs: Outputs;
  /** Free words to select by (`tag=payments`). */
  readonly tags: readonly string[];
  /** How long the stack may take and which failures are tried again; goes before what its environment says. */
  readonly patience: Patience;
  /** An existing Pulumi project that this is a stack of; undefined for a program of the workspace. */
  readonly folder: ProjectFolder | undefined;
  /** Imports the program: a module whose default export is `program(contract, ...)`. Typed loosely to break a type cycle (TS7022). */
  readonly load: () => Promise<unknown>;
  /** This stack in another, named environment. */
  in(environment: string): Need<Contract<Name, Outputs, Needs, Settings>, false>;
  /** Every instance of this stack, by instance name; a stack without instances is there under `default`. */
  readonly all: Need<Contract<Name, Outputs, Needs, Settings>, true>;
  /** Keys of the definition that mean nothing; checkWorkspace reports them. */
  readonly unknownKeys: readonly string[];
  /** What makes it a task; undefined for a stack of resources. */
  readonly task: TaskFacts | undefined;
}
export interface AnyContract extends Contract {}

/** Where an existing Pulumi project is, and what it calls its stacks. */
export interface ProjectFolder {
  /** Folder of its Pulumi.yaml, relative to the workspace's root; `..` may lead out of it. */
  readonly dir: string;
  /** Pulumi's name of the stack, in which `{environment}` and `{instance}` stand for those. */
  readonly stack: string;
}

/** An edge that is more than "the same environment": another environment, every instance, or both. */
export interface Need<C extends AnyContract = AnyContract, All extends boolean = boolean> {
  readonly kind: "need";
  readonly contract: C;
  /** Absent: the environment of the stack that needs it. */
  readonly environment: string | undefined;
  readonly every: All;
  in(environment: string): Need<C, All>;
  readonly all: Need<C, true>;
}

type NoSettings = z.ZodObject<Record<never, never>, z.core.$strip>;

/** What stacks, tasks and existing projects are all defined by. */
interface CommonSpec<Name extends string, Outputs extends Shape, Needs extends NeedsShape> {
  readonly name: Name;
  readonly needs?: Needs;
  readonly after?: readonly (AnyContract | Need)[];
  readonly outputs?: Outputs;
  readonly tags?: readonly string[];
  readonly timeout?: Duration;
  readonly retry?: Retry;
}
/** And those whose program is one of the workspace. */
interface ProgramSpec<
  Name extends string,
  Outputs extends Shape,
  Needs extends NeedsShape,
  Settings extends SettingsSchema,
> extends CommonSpec<Name, Outputs, Needs> {
  readonly settings?: Settings;
  readonly program: () => Promise<unknown>;
}

/**
 * Defines a stack. Keep the file light: name, edges, schemas; the program is imported when the stack runs.
 *
 * - `name`: lower-case letters, digits and dashes, beginning with a letter; no dots.
 * - `needs`: data edges. A bare contract is the same environment; where that stack has instances, the instance of the
 *   same name as the one that needs it.
 * - `after`: ordering only, on every instance; a stack that an environment does not have is passed over there.
 * - `settings`: exactly what the stack may read from its environment; unknown keys are refused at every depth.
 * - `outputs`: exactly what the program returns and dependents may read.
 * - `timeout`, `retry`: how long an operation on it may take, and which failures are tried again; an environment may say
 *   so for all of its stacks, and the contract's own word goes before that.
 */
export function defineStack<
  const Name extends string,
  const Outputs extends Shape = Record<never, never>,
  const Needs extends NeedsShape = Record<never, never>,
  Settings extends SettingsSchema = NoSettings,
>(spec: ProgramSpec<Name, Outputs, Needs, Settings>): Contract<Name, Outputs, Needs, Settings> {
  return new DefinedStack(spec, keysOutside(spec, stackKeys));
}

/**
 * Lets an existing Pulumi project, in any language, take part as a stack: untouched, with its own Pulumi.yaml, programs and
 * stack configuration.
 *
 * - `name`: as in defineStack; the id here is `<name>.<environment>`.
 * - `dir`: the folder of its Pulumi.yaml, relative to the workspace's root. The project's name is read from there.
 * - `stack`: what Pulumi calls the stack: `payments-{environment}`, with `{instance}` where an environment has several.
 * - `needs`: stacks whose declared outputs must be there, and fit, before the project runs. Its program reads them as any
 *   does, with `new StackReference("organization/<project>/<stack>")`.
 * - `outputs`: those that others may read, checked when they do. More may be there.
 *
 * In a sandbox, Node.js projects run and other languages are refused. A real environment runs them all.
 */
export function defineProject<
  const Name extends string,
  const Outputs extends Shape = Record<never, never>,
  const Needs extends NeedsShape = Record<never, never>,
>(
  spec: CommonSpec<Name, Outputs, Needs> & { readonly dir: string; readonly stack: string },
): Contract<Name, Outputs, Needs, NoSettings> {
  const { dir, stack } = spec;
  // In plain JavaScript settings may be there: they are reported, and not read.
  const own = { ...spec, settings: emptySettings as SettingsSchema as NoSettings, program: noProgram };
  return new DefinedStack(own, keysOutside(spec, projectKeys), { folder: Object.freeze({ dir, stack }) });
}

// Classes, so that `in` and `all` are on the prototype: `all` leads to another `all`, and whatever walks the properties of a
// contract (JSON, a test's comparison) must come to an end.
class DefinedStack<
  Name extends string,
  Outputs extends Shape,
  Needs extends NeedsShape,
  Settings extends SettingsSchema,
> implements Contract<Name, Outputs, Needs, Settings>
{
  readonly kind = "stack";
  readonly name: Name;
  readonly outputs: Outputs;
  readonly needs: Needs;
  readonly settings: Settings;
  readonly after: readonly (AnyContract | Need)[];
  readonly tags: readonly string[];
  readonly patience: Patience;
  readonly folder: ProjectFolder | undefined;
  readonly load: () => Promise<unknown>;
  readonly unknownKeys: readonly string[];
  readonly task: TaskFacts | undefined;

  constructor(
    spec: ProgramSpec<Name, Outputs, Needs, Settings>,
    unknownKeys: readonly string[],
    { folder, task }: { readonly folder?: ProjectFolder; readonly task?: TaskFacts } = {},
  ) {
    this.name = spec.name;
    this.outputs = spec.outputs ?? ({} as Outputs);
    this.needs = spec.needs ?? ({} as Needs);
    this.settings = spec.settings ?? (emptySettings as SettingsSchema as Settings);
    this.after = spec.after ?? [];
    this.tags = spec.tags ?? [];
    this.patience = { timeout: spec.timeout, retry: spec.retry };
    this.folder = folder;
    this.task = task;
    this.load = spec.program;
    this.unknownKeys = unknownKeys;
    Object.freeze(this);
  }

  in(environment: string): Need<Contract<Name, Outputs, Needs, Settings>, false> {
    return new DefinedNeed<Contract<Name, Outputs, Needs, Settings>, false>(this, environment, false);
  }
  get all(): Need<Contract<Name, Outputs, Needs, Settings>, true> {
    return new DefinedNeed<Contract<Name, Outputs, Needs, Settings>, true>(this, undefined, true);
  }
}

/** Pulumi runs the program of an existing project; nothing here does. */
async function noProgram(): Promise<never> {
  throw new Error("an existing project has no program in the workspace");
}

class DefinedNeed<C extends AnyContract, All extends boolean> implements Need<C, All> {
  readonly kind = "need";
  readonly contract: C;
  readonly environment: string | undefined;
  readonly every: All;

  constructor(contract: C, environment: string | undefined, every: All) {
    this.contract = contract;
    this.environment = environment;
    this.every = every;
    Object.freeze(this);
  }

  in(environment: string): Need<C, All> {
    return new DefinedNeed(this.contract, environment, this.every);
  }
  get all(): Need<C, true> {
    return new DefinedNeed(this.contract, this.environment, true);
  }
}

/**
 * Marks an output as secret, whole or as a field of an object. The mark stays through later `.optional()`, `.min(8)`
 * and the like, and does not touch the schema it is given.
 */
export function secret<T extends z.ZodType>(schema: T): T & SecretMark {
  return markSecret(schema);
}

// ---- Tasks ----------------------------------------------------------------------------------------------------------

/** What makes a contract a task: its program does something once instead of describing resources (docs/tasks.md). */
export interface TaskFacts {
  /** It talks to what a sandbox does not have: there it is skipped, with the reason `sandbox`. */
  readonly network: boolean;
  /** What it depends on beside its code: `inputs`, all settings and needs; `always`, it runs every time; or what a function gives. */
  readonly fingerprint: "inputs" | "always" | ((inputs: never) => unknown);
  /** Its outputs where it is skipped in a sandbox. */
  readonly sandbox: Readonly<Record<string, unknown>> | undefined;
}
export interface TaskContract<
  Name extends string = string,
  Outputs extends Shape = Shape,
  Needs extends NeedsShape = NeedsShape,
  Settings extends SettingsSchema = SettingsSchema,
> extends Contract<Name, Outputs, Needs, Settings> {
  readonly task: TaskFacts;
}
export interface AnyTask extends TaskContract {}

interface TaskSpec<
  Name extends string,
  Outputs extends Shape,
  Needs extends NeedsShape,
  Settings extends SettingsSchema,
> extends ProgramSpec<Name, Outputs, Needs, Settings> {
  readonly network?: boolean;
  readonly sandbox?: { readonly [K in keyof Outputs]: z.input<Outputs[K]> };
  readonly fingerprint?:
    | "inputs"
    | "always"
    | ((inputs: { readonly settings: z.output<Settings>; readonly needs: PlainNeeds<Needs> }) => unknown);
}

/** Whether a contract is that of a task. */
export function isTask(contract: AnyContract): contract is AnyTask {
  return contract.task !== undefined;
}

/**
 * Defines a task: something done between stacks, once, until its code or what it reads changes. `name`, `needs`, `after`,
 * `settings`, `outputs`, `tags`, `timeout` and `retry` are those of a stack, and stacks and tasks need each other freely.
 *
 * - `program`: imports a module whose default export is `task(contract, ...)`. It runs in an update only; a preview says
 *   whether it would and why.
 * - `network`: it talks to what `needs` and `settings` name. Nothing listens in a sandbox: it is skipped there.
 * - `sandbox`: its outputs where it is skipped, for those who need them.
 * - `fingerprint`: what it depends on beside its code. Default: every setting and need; `always`: it runs every time; a
 *   function: what it gives, any plain value (secrets in it are revealed by it alone).
 */
export function defineTask<
  const Name extends string,
  const Outputs extends Shape = Record<never, never>,
  const Needs extends NeedsShape = Record<never, never>,
  Settings extends SettingsSchema = NoSettings,
>(spec: TaskSpec<Name, Outputs, Needs, Settings>): TaskContract<Name, Outputs, Needs, Settings> {
  const facts: TaskFacts = Object.freeze({
    network: spec.network ?? false,
    fingerprint: spec.fingerprint ?? "inputs",
    sandbox: spec.sandbox,
  });
  return new DefinedStack(spec, keysOutside(spec, taskKeys), { task: facts }) as Contract<
    Name,
    Outputs,
    Needs,
    Settings
  > & {
    readonly task: TaskFacts;
  };
}

/** A value as a task reads it: plain, with a Secret in the place of everything that is declared secret. */
export type Plain<S> = S extends SecretMark
  ? Secret<z.output<S>>
  : S extends z.ZodOptional<infer Inner>
    ? Plain<Inner> | undefined
    : S extends z.ZodNullable<infer Inner>
      ? Plain<Inner> | null
      : S extends z.ZodDefault<infer Inner> | z.ZodReadonly<infer Inner> | z.ZodNonOptional<infer Inner>
        ? Plain<Inner>
        : S extends z.ZodArray<infer Element>
          ? readonly Plain<Element>[]
          : S extends z.ZodRecord<infer _Key, infer Value>
            ? Readonly<Record<string, Plain<Value>>>
            : S extends z.ZodObject<infer Parts>
              ? { readonly [K in keyof Parts]: Plain<Parts[K]> }
              : S extends z.ZodUnion<infer Options>
                ? Plain<Options[number]>
                : S extends z.ZodType
                  ? z.output<S>
                  : never;

type PlainOutputs<C extends AnyContract> = { readonly [K in keyof C["outputs"]]: Plain<C["outputs"][K]> };
/** What a task gets of its `needs`: as a program does, in plain values. */
export type PlainNeeds<Needs extends NeedsShape> = {
  readonly [K in keyof Needs]: Needs[K] extends Need<infer C, infer All>
    ? All extends true
      ? Readonly<Record<string, PlainOutputs<C>>>
      : PlainOutputs<C>
    : Needs[K] extends AnyContract
      ? PlainOutputs<Needs[K]>
      : never;
};

/** What the function of a task is given. */
export interface TaskContext<C extends AnyTask> {
  readonly task: StackInfo;
  readonly environment: string;
  /** Parsed, defaults filled in. */
  readonly settings: z.output<C["settings"]>;
  readonly needs: PlainNeeds<C["needs"]>;
  /** Tells how it goes, a line at a time; secrets it was given are masked in it. */
  readonly log: TaskLog;
  /** Aborted when the task is to end: its time is over, or the run was interrupted. It is killed 5 s later. */
  readonly signal: AbortSignal;
}
export interface TaskLog {
  (text: string): void;
  warn(text: string): void;
}

/** What a task returns: every declared output, plain; a Secret may be handed on as it is. */
export type TaskWrites<C extends AnyTask> = {
  readonly [K in Exclude<keyof C["outputs"], OptionalOutputs<C["outputs"]>>]: Handed<C["outputs"][K]>;
} & { readonly [K in OptionalOutputs<C["outputs"]>]?: Handed<C["outputs"][K]> };
type Handed<S extends z.ZodType> = z.input<S> | Secret<z.input<S>>;

/** What a task's function may give: nothing where it declares no outputs. */
export type TaskResult<C extends AnyTask, R extends TaskWrites<C>> = keyof C["outputs"] extends never
  ? // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing
    void | Exact<TaskWrites<C>, R>
  : Exact<TaskWrites<C>, R>;

/** A contract with what it does; the default export of a task's module. */
export interface Task<C extends AnyTask = AnyTask> {
  readonly kind: "task";
  readonly contract: C;
  run(context: TaskContext<C>): Promise<unknown> | unknown;
}

// ---- Environments ---------------------------------------------------------------------------------------------------

/** A value that is read from an environment variable when it is used, not when the workspace is loaded. */
export interface EnvReference {
  readonly kind: "env";
  readonly variable: string;
}

/** Refers to an environment variable of whoever runs tutti; resolved by resolveReference (workspace.ts) when used. */
export function env(variable: string): EnvReference {
  return Object.freeze({ kind: "env", variable });
}

/** Limits that an update of an environment must keep; more is refused before anything changes. Absent: no limit. */
export interface Guards {
  /** Resources that one run may delete, in the environment as a whole. */
  readonly maxDeletes?: number;
  /** Resources that one run may replace, in the environment as a whole. */
  readonly maxReplaces?: number;
}

/** Instances of one stack in one environment, in the order given. */
export interface Instances<Settings = unknown> {
  readonly kind: "instances";
  readonly entries: readonly (readonly [name: string, settings: Settings])[];
}

/**
 * Gives a stack several instances in an environment: `web: each(["eu", "us"], (region) => ({ region }))` makes
 * `web.prod.eu` and `web.prod.us`. Without a function the instances have no settings of their own.
 */
export function each<const Name extends string, const Settings = Record<never, never>>(
  names: readonly Name[],
  settings?: (name: Name) => Settings,
): Instances<Settings> {
  const entries = names.map((name) => [name, settings?.(name) ?? ({} as Settings)] as const);
  return Object.freeze({ kind: "instances", entries });
}

/** Settings of stacks, by stack name: an object, or `each(...)` of them. */
export type GivenSettings = Readonly<Record<string, object>>;

/** An environment as defined; which stacks it has is decided by `only` and `except` (stacksOf in workspace.ts). */
export interface Environment<
  Settings extends GivenSettings = GivenSettings,
  Only extends string = string,
  Except extends string = string,
> {
  readonly kind: "environment";
  readonly cloud: "sandbox" | "real";
  /** Where state is kept; always present for a real cloud, never for a sandbox. */
  readonly backend: string | EnvReference | undefined;
  /** As `pulumi stack init --secrets-provider` takes it; absent: a passphrase. */
  readonly secretsProvider: string | EnvReference | undefined;
  /** What opens its secrets, where it is a passphrase of its own. */
  readonly passphrase: EnvReference | undefined;
  /** Variables that its engine and programs get, and those of no other environment. */
  readonly variables: Readonly<Record<string, string | EnvReference>>;
  readonly guards: Guards;
  /** What `tutti doctor -e` looks for in Google Cloud. */
  readonly google: GoogleNeeds | undefined;
  /** For those of its stacks whose contracts say nothing of it. */
  readonly patience: Patience;
  readonly settings: Settings;
  readonly only: readonly AnyContract[] | undefined;
  readonly except: readonly AnyContract[];
  readonly unknownKeys: readonly string[];
  /** Names in `only` and `except`, for the compiler; absent at run time. */
  readonly membership?: { readonly only: Only; readonly except: Except };
}

interface CommonEnvironmentSpec<Settings, Only extends string, Except extends string> {
  /** Settings of each stack; those with a default may be left out. */
  readonly settings?: Settings;
  /** The environment has these stacks and no others. Default: every stack of the workspace. */
  readonly only?: readonly NamedContract<Only>[];
  /** The environment has every stack but these. Not together with `only`. */
  readonly except?: readonly NamedContract<Except>[];
  readonly guards?: Guards;
  /** How long an operation on one stack may take; stacks may say otherwise. Default: as long as it takes. */
  readonly timeout?: Duration;
  /** Which failures of a stack are tried again; stacks may say otherwise. Default: none. */
  readonly retry?: Retry;
}
interface NamedContract<Name extends string> extends AnyContract {
  readonly name: Name;
}
export interface SandboxSpec<Settings, Only extends string, Except extends string>
  extends CommonEnvironmentSpec<Settings, Only, Except> {
  /** Nothing real is changed: embedded engine, state and cloud in files under `.tutti/`. */
  readonly cloud: "sandbox";
}
export interface RealSpec<Settings, Only extends string, Except extends string>
  extends CommonEnvironmentSpec<Settings, Only, Except> {
  /** The official engine and a real cloud. */
  readonly cloud: "real";
  /** Where state is kept, as `pulumi login` takes it. */
  readonly backend: string | EnvReference;
  /** As `pulumi stack init --secrets-provider` takes it. Default: a passphrase. */
  readonly secretsProvider?: string | EnvReference;
  /** The passphrase of this environment, `env("PROD_PASSPHRASE")`. Default: what PULUMI_CONFIG_PASSPHRASE(_FILE) says. */
  readonly passphrase?: EnvReference;
  /** More variables for its engine and programs: `{ GOOGLE_CREDENTIALS: env("PROD_GOOGLE_CREDENTIALS") }`. */
  readonly variables?: Readonly<Record<string, string | EnvReference>>;
  /** What `tutti doctor -e` looks for in Google Cloud before a first run. Default: nothing. */
  readonly google?: GoogleNeeds;
}

/** What an environment needs of a project in Google Cloud. No run reads it; `tutti doctor -e` does. */
export interface GoogleNeeds {
  /** Project id. */
  readonly project: string;
  /** Region whose quotas are looked at. */
  readonly region?: string;
  /** APIs that have to be on before the first stack runs, by the short name: `compute`. */
  readonly apis?: readonly string[];
  /** Quotas of the region by Compute Engine's metric, with how much has to be free: `{ CPUS: 24 }`. */
  readonly quotas?: Readonly<Record<string, number>>;
}

/** Defines an environment. It has every stack of the workspace unless it says `only` or `except`. */
export function defineEnvironment<
  const Settings extends GivenSettings = Record<never, never>,
  const Only extends string = never,
  const Except extends string = never,
>(spec: SandboxSpec<Settings, Only, Except> | RealSpec<Settings, Only, Except>): Environment<Settings, Only, Except> {
  return Object.freeze({
    kind: "environment",
    cloud: spec.cloud,
    // Kept for a sandbox too, where it is a mistake that only the run time can see in JavaScript.
    backend: "backend" in spec ? spec.backend : undefined,
    secretsProvider: "secretsProvider" in spec ? spec.secretsProvider : undefined,
    passphrase: "passphrase" in spec ? spec.passphrase : undefined,
    variables: ("variables" in spec ? spec.variables : undefined) ?? {},
    guards: spec.guards ?? {},
    google: "google" in spec ? spec.google : undefined,
    patience: { timeout: spec.timeout, retry: spec.retry },
    settings: spec.settings ?? ({} as Settings),
    only: spec.only,
    except: spec.except ?? [],
    unknownKeys: keysOutside(spec, environmentKeys),
  });
}

// ---- The workspace --------------------------------------------------------------------------------------------------

/** Every stack and every environment there is. Environment names follow the rules of stack names. */
export interface Workspace<EnvironmentName extends string = string> {
  readonly kind: "workspace";
  readonly stacks: readonly AnyContract[];
  readonly environments: Readonly<Record<EnvironmentName, Environment>>;
  /** Told of every run when it is over. */
  readonly hooks: readonly Hook[];
  readonly unknownKeys: readonly string[];
}

/**
 * Brings stacks and environments together. An environment that lacks a required setting of one of its stacks, or has a
 * wrong or an unknown one, does not compile.
 */
export function defineWorkspace<
  const Stacks extends readonly AnyContract[],
  const Environments extends Readonly<Record<string, Environment>>,
>(spec: {
  readonly stacks: Stacks;
  readonly environments: Environments & {
    readonly [E in keyof Environments]: Checked<Environments[E], Stacks[number]>;
  };
  /** Told of every run when it is over: webhook(...), ticket(...). They never change how it ended. */
  readonly hooks?: readonly Hook[];
}): Workspace<keyof Environments & string> {
  return Object.freeze({
    kind: "workspace",
    stacks: spec.stacks,
    environments: spec.environments as Readonly<Record<keyof Environments & string, Environment>>,
    hooks: spec.hooks ?? [],
    unknownKeys: keysOutside(spec, workspaceKeys),
  });
}

/** The environment as it has to be for these stacks: what differs from it is the compile error. */
export type Checked<E, Stacks extends AnyContract> =
  E extends Environment<infer Settings, infer Only, infer Except>
    ? Environment<CheckedSettings<Settings, Stacks, Member<Stacks, Only, Except>>, Only, Except>
    : Environment;

type Member<Stacks extends AnyContract, Only extends string, Except extends string> = [Only] extends [never]
  ? Exclude<Stacks["name"], Except>
  : Extract<Stacks["name"], Only>;

type CheckedSettings<Given, Stacks extends AnyContract, Names extends string> = {
  readonly [C in Stacks as C["name"] extends Names
    ? AllOptional<SettingsOf<C>> extends true
      ? never
      : C["name"]
    : never]: Wanted<C, Given>;
} & {
  readonly [C in Stacks as C["name"] extends Names
    ? AllOptional<SettingsOf<C>> extends true
      ? C["name"]
      : never
    : never]?: Wanted<C, Given>;
} & {
  readonly [K in Exclude<keyof Given, Names>]: K extends Stacks["name"]
    ? `stack "${K}" is not in this environment`
    : `no stack is named "${K & string}"`;
};

type Wanted<C extends AnyContract, Given> = C["name"] extends keyof Given
  ? Given[C["name"]] extends Instances<infer One>
    ? Instances<OnlyKnown<SettingsOf<C>, One>>
    : OnlyKnown<SettingsOf<C>, Given[C["name"]]>
  : SettingsOf<C>;

/** What an environment may give a stack: defaults left out, arrays readonly (an environment is inferred as constants). */
export type SettingsOf<C extends AnyContract> = keyof C["settings"]["shape"] extends never
  ? Record<never, never> // zod says Record<string, never>, whose errors speak of index signatures
  : ReadonlyDeep<z.input<C["settings"]>>;

type ReadonlyDeep<T> = T extends readonly (infer E)[]
  ? readonly ReadonlyDeep<E>[]
  : T extends (...args: never[]) => unknown
    ? T
    : T extends object
      ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
      : T;

type AllOptional<T> = Record<never, never> extends T ? true : false;
type KeysOfUnion<T> = T extends unknown ? keyof T : never;

/** `Wanted`, with every key of `Given` that it does not know turned into an error; nested plain objects included. */
type OnlyKnown<Want, Given> = Want & {
  readonly [K in keyof Given]: K extends KeysOfUnion<Want>
    ? Given[K] extends readonly unknown[]
      ? unknown
      : Given[K] extends object
        ? OnlyKnown<Property<Want, K>, Given[K]>
        : unknown
    : `unknown setting "${K & string}"`;
};
/** Of a union, what those members have that know the key: the others say nothing about it. */
type Property<T, K extends PropertyKey> = T extends unknown ? (K extends keyof T ? NonNullable<T[K]> : never) : never;

// ---- Programs (types only; program.ts is the run time) ---------------------------------------------------------------

/** What a dependent reads: exactly the declared outputs. */
export type Reads<C extends AnyContract> = {
  readonly [K in keyof C["outputs"]]: Output<z.output<C["outputs"][K]>>;
};

/** What a program gets for one entry of `needs`: the outputs, or for `.all` those of every instance by instance name. */
export type ReadsNeed<N> =
  N extends Need<infer C, infer All>
    ? All extends true
      ? Readonly<Record<string, Reads<C>>>
      : Reads<C>
    : N extends AnyContract
      ? Reads<N>
      : never;

/** A value, an Output of it, or an object or array that holds Outputs somewhere inside. */
export type DeepInput<T> = Input<T> | Inside<T>;
type Inside<T> = T extends string | number | boolean | bigint | null | undefined
  ? T
  : T extends readonly (infer E)[]
    ? readonly DeepInput<E>[]
    : T extends object
      ? { readonly [K in keyof T]: DeepInput<T[K]> }
      : T;

type OptionalOutputs<S extends Shape> = {
  [K in keyof S]: undefined extends z.input<S[K]> ? K : never;
}[keyof S];

/** What a program returns: every declared output; those whose schema takes `undefined` may be left out. */
export type Writes<C extends AnyContract> = {
  readonly [K in Exclude<keyof C["outputs"], OptionalOutputs<C["outputs"]>>]: DeepInput<z.input<C["outputs"][K]>>;
} & {
  readonly [K in OptionalOutputs<C["outputs"]>]?: DeepInput<z.input<C["outputs"][K]>>;
};

/** Which stack runs. */
export interface StackInfo {
  readonly id: StackId;
  /** The contract's name. */
  readonly name: string;
  readonly environment: string;
  readonly instance: string | undefined;
}

/** What a program is given. */
export interface Context<C extends AnyContract> {
  readonly stack: StackInfo;
  /** Parsed, defaults filled in. */
  readonly settings: z.output<C["settings"]>;
  readonly needs: { readonly [K in keyof C["needs"]]: ReadsNeed<C["needs"][K]> };
}

/** `Returned`, in which an output that was not declared is an error. */
export type Exact<Declared, Returned extends Declared> = Returned & {
  readonly [K in Exclude<keyof Returned, keyof Declared>]: never;
};

/** A contract with what makes it real; the default export of a program module. */
export interface Program<C extends AnyContract = AnyContract> {
  readonly kind: "program";
  readonly contract: C;
  run(context: Context<C>): Writes<C> | Promise<Writes<C>>;
}

// ---- Keys -----------------------------------------------------------------------------------------------------------

/** Keys each definition knows; the rest is reported with a suggestion. */
const commonKeys = ["name", "needs", "after", "outputs", "tags", "timeout", "retry"] as const;
export const stackKeys = [...commonKeys, "settings", "program"] as const;
export const projectKeys = [...commonKeys, "dir", "stack"] as const;
export const taskKeys = [...stackKeys, "network", "sandbox", "fingerprint"] as const;
export const environmentKeys = [
  "cloud",
  "backend",
  "secretsProvider",
  "passphrase",
  "variables",
  "google",
  "guards",
  "timeout",
  "retry",
  "settings",
  "only",
  "except",
] as const;
export const workspaceKeys = ["stacks", "environments", "hooks"] as const;
export const guardKeys = ["maxDeletes", "maxReplaces"] as const;
export const googleKeys = ["project", "region", "apis", "quotas"] as const;

function keysOutside(spec: object, known: readonly string[]): readonly string[] {
  return Object.keys(spec).filter((key) => !known.includes(key));
}
