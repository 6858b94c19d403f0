// Turns a workspace into its stacks: which stacks each environment has, their ids, instances, parsed settings and edges.
// Pure. Whatever is wrong comes back as problems beside the stacks, so that one pass finds everything
// (checkWorkspace.ts adds what is wrong with the definitions themselves).
import type * as z from "zod";
import type { AnyContract, Environment, EnvReference, Instances, Need, Workspace } from "./define.ts";
import type { StackId } from "./events.ts";
import { type StepPolicy, stepPolicy } from "./patience.ts";
import { type Problem, unknownKeyProblem } from "./problems.ts";
import { err, ok, type Result } from "./result.ts";
import { unknownKeys } from "./schema.ts";
import { suggest } from "./suggest.ts";

/** The key under which `.all` shows a stack that has no instances; no instance may have this name. */
export const defaultInstance = "default";

/** A stack of the workspace: a program in an environment. */
export interface ResolvedStack {
  readonly id: StackId;
  /** What Pulumi calls it: the id, unless it is a stack of an existing project. */
  readonly stackName: string;
  /** The contract's name. */
  readonly name: string;
  readonly environment: string;
  readonly instance: string | undefined;
  readonly cloud: "sandbox" | "real";
  readonly contract: AnyContract;
  /** Parsed, defaults filled in. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly needs: readonly ResolvedNeed[];
  /** Everything it depends on, by data or ordering; sorted, each once. */
  readonly dependsOn: readonly StackId[];
  /** How long it may take and what is tried again, from contract and environment. */
  readonly policy: StepPolicy;
}

/** A data edge with the stacks it reads. */
export interface ResolvedNeed {
  /** The name under which the program finds it. */
  readonly name: string;
  readonly contract: AnyContract;
  /** `.all`: the program gets a record by instance name, also when there is one target. */
  readonly every: boolean;
  /** Exactly one unless `every`. */
  readonly targets: readonly NeedTarget[];
}

/** One stack that is read. */
export interface NeedTarget {
  readonly instance: string;
  readonly id: StackId;
  /** As of ResolvedStack. */
  readonly stackName: string;
}

/** `<program>.<environment>[.<instance>]` */
export function stackId(name: string, environment: string, instance?: string): StackId {
  return (instance === undefined ? `${name}.${environment}` : `${name}.${environment}.${instance}`) as StackId;
}

/** What Pulumi calls the stack of a contract. */
export function stackNameOf({ name, folder }: AnyContract, environment: string, instance?: string): string {
  if (folder === undefined) return stackId(name, environment, instance);
  return `${folder.stack}`.replaceAll("{environment}", environment).replaceAll("{instance}", instance ?? "");
}

/** The parts of an id, or undefined when it has not two or three. */
export function parseStackId(
  id: string,
): { readonly name: string; readonly environment: string; readonly instance: string | undefined } | undefined {
  const [name, environment, instance, ...more] = id.split(".");
  if (!name || !environment || instance === "" || more.length > 0) return undefined;
  return { name, environment, instance };
}

/** Contracts that an environment has, in the workspace's order: all, or those of `only`, or all without `except`. */
export function stacksOf(workspace: Workspace, environment: Environment): readonly AnyContract[] {
  const only = environment.only && new Set(environment.only);
  const except = new Set(environment.except);
  return workspace.stacks.filter((contract) => (only ? only.has(contract) : !except.has(contract)));
}

/** Whether settings are those of several instances. */
export function isInstances(given: unknown): given is Instances {
  return typeof given === "object" && given !== null && (given as { kind?: unknown }).kind === "instances";
}

interface Given {
  readonly instance: string | undefined;
  readonly settings: unknown;
  /** Where the settings stand, for messages. */
  readonly where: string;
}

/** Instances of a contract in an environment, with the settings given to each; one nameless when it has none. */
function givenTo(contract: AnyContract, environmentName: string, environment: Environment): readonly Given[] {
  const settings = Object.hasOwn(environment.settings, contract.name) ? environment.settings[contract.name] : {};
  const where = `${environmentName}.settings.${contract.name}`;
  if (!isInstances(settings)) return [{ instance: undefined, settings, where }];
  return settings.entries.map(([instance, one]) => ({ instance, settings: one, where: `${where}.${instance}` }));
}

/**
 * Every stack of the workspace, by id, in the order of environments and then of stacks, with what is wrong about
 * settings and edges (unsorted). A stack with a problem is there too, as far as it could be made out.
 */
export function resolveWorkspace(workspace: Workspace): {
  readonly stacks: ReadonlyMap<StackId, ResolvedStack>;
  readonly problems: readonly Problem[];
} {
  const resolver = new Resolver(workspace);
  const stacks = new Map<StackId, ResolvedStack>();
  for (const [environmentName, environment] of Object.entries(workspace.environments))
    for (const contract of resolver.members(environmentName))
      for (const given of givenTo(contract, environmentName, environment)) {
        const stack = resolver.resolve(contract, environmentName, environment, given);
        stacks.set(stack.id, stack);
      }
  return { stacks, problems: resolver.problems };
}

/** One stack by id, without resolving the others: cheap, for a program that knows only its own name. */
export function resolveStack(workspace: Workspace, id: string): Result<ResolvedStack, readonly Problem[]> {
  const parts = parseStackId(id);
  const where = `stack ${id}`;
  if (!parts) {
    const message = `"${id}" is not <program>.<environment> or <program>.<environment>.<instance>`;
    return err([{ code: "bad-name", where, message }]);
  }
  const resolver = new Resolver(workspace);
  const contract = workspace.stacks.find(({ name }) => name === parts.name);
  if (!contract) {
    const names = workspace.stacks.map(({ name }) => name);
    return err([{ code: "missing-stack", where, message: noneNamed("stack", parts.name, names) }]);
  }
  const environment = ownValue(workspace.environments, parts.environment);
  if (!environment) {
    const names = Object.keys(workspace.environments);
    return err([{ code: "unknown-environment", where, message: noneNamed("environment", parts.environment, names) }]);
  }
  const member = resolver.members(parts.environment).includes(contract);
  const instances = member ? givenTo(contract, parts.environment, environment) : [];
  const given = instances.find(({ instance }) => instance === parts.instance);
  if (!given) {
    const has = instances.map(({ instance }) => stackId(contract.name, parts.environment, instance));
    const message = member
      ? `environment ${parts.environment} has no "${id}"; it has ${has.join(", ")}`
      : `environment ${parts.environment} does not have stack ${contract.name}; see its "only" and "except"`;
    return err([{ code: "missing-stack", where, message }]);
  }
  const stack = resolver.resolve(contract, parts.environment, environment, given);
  return resolver.problems.length > 0 ? err(resolver.problems) : ok(stack);
}

/** Looks stacks up for each other; keeps the members of each environment, so that the whole is linear. */
class Resolver {
  readonly problems: Problem[] = [];
  readonly #workspace: Workspace;
  readonly #members = new Map<string, ReadonlySet<AnyContract>>();
  readonly #listed: ReadonlySet<AnyContract>;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
    this.#listed = new Set(workspace.stacks);
  }

  members(environmentName: string): readonly AnyContract[] {
    return [...this.#memberSet(environmentName)];
  }

  #memberSet(environmentName: string): ReadonlySet<AnyContract> {
    const kept = this.#members.get(environmentName);
    if (kept) return kept;
    const set = new Set(stacksOf(this.#workspace, this.#workspace.environments[environmentName]!));
    this.#members.set(environmentName, set);
    return set;
  }

  resolve(contract: AnyContract, environmentName: string, environment: Environment, given: Given): ResolvedStack {
    const id = stackId(contract.name, environmentName, given.instance);
    // What is not an object, a list or a schema at all is reported with the contract (checkWorkspace.ts), once.
    const edges: unknown = contract.needs;
    const ordering: unknown = contract.after;
    const needs = Object.entries(typeof edges === "object" && edges ? contract.needs : {}).flatMap(([name, need]) => {
      const targets = this.#targets(id, name, need, environmentName, given.instance);
      if (targets.length === 0) return [];
      const every = need.kind === "need" && need.every;
      return [{ name, contract: need.kind === "need" ? need.contract : need, every, targets }];
    });
    const after = (Array.isArray(ordering) ? contract.after : []).flatMap((edge) =>
      this.#ordering(id, edge, environmentName),
    );
    const dependsOn = new Set([...needs.flatMap(({ targets }) => targets.map((target) => target.id)), ...after]);
    return {
      id,
      stackName: stackNameOf(contract, environmentName, given.instance),
      name: contract.name,
      environment: environmentName,
      instance: given.instance,
      cloud: environment.cloud,
      contract,
      settings: this.#settings(contract, given),
      needs,
      dependsOn: [...dependsOn].sort(),
      policy: stepPolicy(contract.patience, environment.patience),
    };
  }

  #settings(contract: AnyContract, given: Given): Readonly<Record<string, unknown>> {
    const result = parseSettings(contract, given.settings, given.where);
    if (result.ok) return result.value;
    this.problems.push(...result.error);
    return {};
  }

  /** Stacks that a data edge reads; empty, with a problem, when it reads none. */
  #targets(
    id: StackId,
    name: string,
    edge: AnyContract | Need | undefined,
    home: string,
    instance: string | undefined,
  ): readonly NeedTarget[] {
    const found = this.#find(id, `needs "${name}"`, edge, home);
    if (!found) return [];
    const { contract, environmentName, member } = found;
    if (!member) {
      const message = `needs stack ${contract.name}, which environment ${environmentName} does not have; see its "only" and "except", or need it from another one: ${contract.name}.in("...")`;
      this.problems.push({ code: "missing-stack", where: `stack ${id}`, message });
      return [];
    }
    const all = givenTo(contract, environmentName, this.#workspace.environments[environmentName]!).map((one) => ({
      instance: one.instance ?? defaultInstance,
      id: stackId(contract.name, environmentName, one.instance),
      stackName: stackNameOf(contract, environmentName, one.instance),
      named: one.instance,
    }));
    const chosen =
      edge?.kind === "need" && edge.every ? all : all.filter(({ named }) => named === undefined || named === instance);
    if (chosen.length === 0) {
      const message = `needs stack ${contract.name}, of which environment ${environmentName} has the instances ${all.map(({ named }) => named).join(", ")}; need every one of them: ${contract.name}.all`;
      this.problems.push({ code: "missing-stack", where: `stack ${id}`, message });
    }
    return chosen.map(({ named: _, ...target }) => target);
  }

  /** Stacks that an ordering edge waits for: every instance; none where the environment does not have the stack. */
  #ordering(id: StackId, edge: AnyContract | Need | undefined, home: string): readonly StackId[] {
    const found = this.#find(id, `"after"`, edge, home);
    if (!found?.member) return [];
    const { contract, environmentName } = found;
    const environment = this.#workspace.environments[environmentName]!;
    return givenTo(contract, environmentName, environment).map((one) =>
      stackId(contract.name, environmentName, one.instance),
    );
  }

  #find(
    id: StackId,
    what: string,
    edge: AnyContract | Need | undefined,
    home: string,
  ): { readonly contract: AnyContract; readonly environmentName: string; readonly member: boolean } | undefined {
    const where = `stack ${id}`;
    if (edge?.kind !== "stack" && edge?.kind !== "need") {
      const message = `${what} is ${edge === undefined ? "undefined: contract files that import each other in a circle see each other so" : "not a stack; give a contract, contract.in(...) or contract.all"}`;
      this.problems.push({ code: edge === undefined ? "cycle" : "bad-value", where, message });
      return undefined;
    }
    const contract = edge.kind === "need" ? edge.contract : edge;
    const environmentName = (edge.kind === "need" ? edge.environment : undefined) ?? home;
    if (!this.#listed.has(contract)) {
      const message = `${what} is stack ${contract.name}, which the workspace does not list; add it to "stacks"`;
      this.problems.push({ code: "missing-stack", where, message });
      return undefined;
    }
    if (!ownValue(this.#workspace.environments, environmentName)) {
      const names = Object.keys(this.#workspace.environments);
      const message = `${what} is stack ${contract.name} in another environment: ${noneNamed("environment", environmentName, names)}`;
      this.problems.push({ code: "unknown-environment", where, message });
      return undefined;
    }
    return { contract, environmentName, member: this.#memberSet(environmentName).has(contract) };
  }
}

/** Parses the settings given to one stack: defaults filled in, unknown keys refused at every depth. */
export function parseSettings(
  contract: AnyContract,
  given: unknown,
  where: string,
): Result<Readonly<Record<string, unknown>>, readonly Problem[]> {
  if (typeof contract.settings?.safeParse !== "function") return ok({});
  const at = (path: readonly PropertyKey[]): string => [where, ...path.map(String)].join(".");
  const problems: Problem[] = unknownKeys(contract.settings, given).map(({ path, key, known }) =>
    unknownKeyProblem(at(path), key, known),
  );
  const parsed = contract.settings.safeParse(given);
  if (!parsed.success)
    for (const issue of parsed.error.issues) {
      if (issue.code === "unrecognized_keys") continue; // found above, with a suggestion
      problems.push(settingProblem(issue, given, at(issue.path)));
    }
  return parsed.success && problems.length === 0 ? ok(parsed.data) : err(problems);
}

function settingProblem(issue: z.core.$ZodIssue, given: unknown, where: string): Problem {
  const value = issue.path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    given,
  );
  const expected = issue.message.replace(/, received .*$/, "").replace(/^Invalid (?:input|option): /, "");
  const text = expected.charAt(0).toLowerCase() + expected.slice(1);
  if (value === undefined) return { code: "missing-setting", where, message: `is required and not given: ${text}` };
  if (typeof value === "object" && (value as { kind?: unknown }).kind === "env") {
    const message = `env("${(value as EnvReference).variable}") cannot be a setting: settings are the same for whoever runs tutti; ${text}`;
    return { code: "wrong-setting", where, message };
  }
  return { code: "wrong-setting", where, message: `${text}, got ${shown(value)}` };
}

/** A value as text for a message, cut to 60 characters. */
export function shown(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // a BigInt or a circle
  }
  text ??= String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `no stack is named "clster"; did you mean "cluster"?`, or the names there are. */
export function noneNamed(kind: string, name: string, names: readonly string[]): string {
  const meant = suggest(name, names);
  const way =
    meant !== undefined
      ? `did you mean "${meant}"?`
      : names.length > 0
        ? `there are: ${[...names].sort().join(", ")}`
        : `there is none`;
  return `no ${kind} is named "${name}"; ${way}`;
}

/** A property of the object itself: a name like `constructor` finds nothing that nobody defined. */
export function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * The value of what may be an env() reference. `where` says who asks (`environment prod: backend`); an empty variable is
 * like one that is not set, since no reference means "nothing".
 */
export function resolveReference(
  value: string | EnvReference,
  variables: Readonly<Record<string, string | undefined>>,
  where: string,
): Result<string, Problem> {
  if (typeof value === "string") return ok(value);
  const found = ownValue(variables, value.variable);
  if (found) return ok(found);
  const message = `the environment variable ${value.variable} is ${found === "" ? "empty" : "not set"}; set it before you use this environment`;
  return err({ code: "bad-value", where, message });
}
