// What the program of a task is written and tested with. Light: it loads zod and nothing of Pulumi, so that the code of a task
// can be tested by itself.
//
// 1. `task` binds a function to its contract: what it is given and gives is typed by it.
// 2. `runTask` checks what goes in and comes out against the contract; the same for a real run (program/runTask.ts) and for a test.
// 3. Declared secrets come as Secret, and are masked in what the task says and in what it throws.
import type * as z from "zod";
import type { AnyTask, SettingsOf, StackInfo, Task, TaskContext, TaskResult, TaskWrites } from "./define.ts";
import { problemLine } from "./problems.ts";
import { complaint, concealed } from "./schema.ts";
import { revealed, secretTexts } from "./secret.ts";
import { parseSettings, stackId } from "./workspace.ts";

export { Secret } from "./secret.ts";

/** Binds a function to the contract of a task. An output that is missing, undeclared or of the wrong type does not compile. */
export function task<C extends AnyTask, R extends TaskWrites<C>>(
  contract: C,
  run: (context: TaskContext<C>) => TaskResult<C, R> | Promise<TaskResult<C, R>>,
): Task<C> {
  return Object.freeze({ kind: "task", contract, run });
}

/** A task that is not what its contract says: the sentence alone helps, where it was thrown does not. */
export class Mistake extends Error {}

/** What a task is given, whose types only its contract knows. */
export interface TaskGiven {
  readonly task: StackInfo;
  readonly settings: unknown;
  /** With a Secret in the place of every declared secret. */
  readonly needs: unknown;
  readonly log: TaskContext<AnyTask>["log"];
  readonly signal: AbortSignal;
}

/**
 * Loads the module of a contract and gives its task.
 *
 * @throws Error when it holds none, or that of another contract.
 */
export async function loadTask(contract: AnyTask): Promise<Task> {
  const { default: loaded } = (await contract.load()) as { readonly default?: Task };
  if (loaded?.kind !== "task")
    throw new Mistake(
      `the program module of task "${contract.name}" has no task as its default export: export default task(contract, ...)`,
    );
  if (loaded.contract !== contract)
    throw new Mistake(
      `the program module of task "${contract.name}" belongs to the contract "${loaded.contract.name}": check its import, or the contract's \`program\``,
    );
  return loaded;
}

/**
 * Runs a task; gives its outputs, plain and checked.
 *
 * @throws what the task throws, its secrets masked; Error when it returns other outputs than it declares.
 */
export async function runTask({ contract, run }: Task, given: TaskGiven): Promise<Readonly<Record<string, unknown>>> {
  const mask = masking(secretTexts(given.needs));
  const log = Object.assign((text: string) => given.log(mask(String(text))), {
    warn: (text: string) => given.log.warn(mask(String(text))),
  });
  let returned: unknown;
  try {
    const { task: info } = given;
    const context = { ...given, environment: info.environment, log } as unknown as TaskContext<AnyTask>;
    returned = await run(context);
  } catch (error) {
    throw masked(error, mask);
  }
  return checkedOutputs(contract, given.task.id, returned ?? {});
}

function checkedOutputs(contract: AnyTask, id: string, returned: unknown): Readonly<Record<string, unknown>> {
  const names = Object.keys(contract.outputs).sort().join(", ") || "none";
  if (typeof returned !== "object" || returned === null)
    throw new Mistake(`the task ${id} returns ${typeof returned}, not an object of its outputs; declared: ${names}`);
  const outputs = revealed({ ...returned }) as Readonly<Record<string, unknown>>;
  const undeclared = Object.keys(outputs).filter((name) => !Object.hasOwn(contract.outputs, name));
  if (undeclared.length > 0)
    throw new Mistake(
      `the task ${id} returns ${undeclared.map((name) => `"${name}"`).join(", ")}, which its contract does not declare; declared: ${names}`,
    );
  for (const [name, schema] of Object.entries(contract.outputs)) {
    const wrong = complaint(schema, outputs[name]);
    if (wrong !== undefined) throw new Mistake(`output "${name}" of ${id}: ${wrong}`);
  }
  return outputs;
}

/** Takes secrets out of a text: as they are, and as JSON, a URL or base64 would hold them. Very short ones would match anything. */
export function masking(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(
    secrets
      .filter((secret) => secret.length >= 4)
      .flatMap((secret) => [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        Buffer.from(secret).toString("base64"),
      ]),
  );
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((rest, form) => rest.replaceAll(form, "[secret]"), text);
}

/** The same error, or what was thrown as one, with masked texts: libraries put passwords into messages. */
function masked(error: unknown, mask: (text: string) => string): unknown {
  if (!(error instanceof Error)) return new Error(mask(String(error)));
  const { message, stack } = error;
  try {
    error.message = mask(message);
    if (stack !== undefined) error.stack = mask(stack);
  } catch {
    return new Error(mask(message));
  }
  // What is printed of an error is more than these two: the cause, and whatever a library adds.
  for (const key of Reflect.ownKeys(error))
    if (key !== "message" && key !== "stack" && !Reflect.deleteProperty(error, key)) return new Error(mask(message));
  return error;
}

/** What a need is given as in a test: plain values, secrets too. */
type Given<C extends { readonly outputs: unknown }> = {
  readonly [K in keyof C["outputs"]]: C["outputs"][K] extends z.ZodType ? z.output<C["outputs"][K]> : never;
};
type GivenNeed<N> = N extends { readonly kind: "need"; readonly contract: infer C; readonly every: infer All }
  ? C extends { readonly outputs: unknown }
    ? All extends true
      ? Readonly<Record<string, Given<C>>>
      : Given<C>
    : never
  : N extends { readonly outputs: unknown }
    ? Given<N>
    : never;
type Keys<T> = T extends unknown ? keyof T : never;

export type TestTaskOptions<C extends AnyTask> = {
  /** `test` when absent. */
  readonly environment?: string;
  readonly instance?: string;
  readonly signal?: AbortSignal;
} & (Record<never, never> extends SettingsOf<C>
  ? { readonly settings?: SettingsOf<C> }
  : { readonly settings: SettingsOf<C> }) &
  ([Keys<C["needs"]>] extends [never]
    ? { readonly needs?: Record<never, never> }
    : { readonly needs: { readonly [K in keyof C["needs"]]: GivenNeed<C["needs"][K]> } });

export interface TestedTask<C extends AnyTask> {
  /** Plain, secrets too. */
  readonly outputs: { readonly [K in keyof C["outputs"]]: z.output<C["outputs"][K]> };
  /** What it said, masked, in order; warnings begin with `warning: `. */
  readonly log: readonly string[];
}

/**
 * Runs the task of a contract with what a test gives it, without an engine. Settings, needs and outputs are checked as in a
 * real run.
 *
 * @throws what the task throws; Error for wrong settings, needs or outputs.
 */
export async function testTask<C extends AnyTask>(contract: C, options: TestTaskOptions<C>): Promise<TestedTask<C>> {
  const { environment = "test", instance, signal = new AbortController().signal } = options;
  const info: StackInfo = {
    id: stackId(contract.name, environment, instance),
    name: contract.name,
    environment,
    instance,
  };
  const settings = parseSettings(contract, options.settings ?? {}, "settings");
  if (!settings.ok) throw new Error(settings.error.map(problemLine).join("\n"));
  const said: string[] = [];
  const log = Object.assign((text: string) => void said.push(text), {
    warn: (text: string) => void said.push(`warning: ${text}`),
  });
  const needs = givenNeeds(contract, (options.needs ?? {}) as Readonly<Record<string, unknown>>);
  const given = { task: info, settings: settings.value, needs, log, signal };
  const outputs = await runTask(await loadTask(contract), given);
  return { outputs: outputs as TestedTask<C>["outputs"], log: said };
}

function givenNeeds(contract: AnyTask, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(contract.needs).map(([key, need]) => {
    const upstream = need.kind === "need" ? need.contract : need;
    const values = given[key];
    if (need.kind !== "need" || !need.every) return [key, concealedOutputs(upstream, values, key)] as const;
    const every = Object.entries((values ?? {}) as Record<string, unknown>);
    return [key, Object.fromEntries(every.map(([one, of]) => [one, concealedOutputs(upstream, of, key)]))] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The outputs of a stack as a task reads them.
 *
 * @throws Error naming the need and the output that is not as declared.
 */
function concealedOutputs(
  { outputs, name }: Pick<AnyTask, "outputs" | "name">,
  values: unknown,
  key: string,
): Readonly<Record<string, unknown>> {
  if (typeof values !== "object" || values === null)
    throw new Error(`need "${key}": give the outputs of ${name}: ${Object.keys(outputs).join(", ")}`);
  const all = values as Readonly<Record<string, unknown>>;
  const entries = Object.entries(outputs).map(([output, schema]) => {
    const wrong = complaint(schema, all[output]);
    if (wrong !== undefined) throw new Error(`need "${key}": output "${output}" of ${name}: ${wrong}`);
    return [output, concealed(schema, all[output])] as const;
  });
  return Object.fromEntries(entries);
}
