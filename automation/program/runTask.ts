// A task as what Pulumi runs: decides whether it has to run, runs it in an update, and gives its outputs as those of its stack.
// So a task's outputs are kept, encrypted and read like any stack's, and plain `pulumi up` works on it.
//
// 1. What it did last time stands among its own outputs: `tutti:task`, the digests of what it read, and `tutti:key`, the secret
//    key of these digests. They are written when the task has ended well and not before.
// 2. A preview says whether it would run and why, and predicts: outputs that would be made anew are not known.
// 3. While the task runs, the variables of the process are those that its environment names, and what a machine needs.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { AnyTask, StackInfo, Workspace } from "../define.ts";
import { concealed, isSecret } from "../schema.ts";
import { loadTask, Mistake, runTask, type TaskGiven } from "../task.ts";
import { keyOutput, recordOutput, type TaskNote } from "../taskNote.ts";
import type { ResolvedStack } from "../workspace.ts";
import { checkWrite } from "./check.ts";
import { differingNames, digestedLoad, type Fingerprint, fingerprintOf } from "./fingerprint.ts";
import { look, requireExactly } from "./inside.ts";

/** What `resolveStack` gives of a task. */
export type ResolvedTask = ResolvedStack & { readonly contract: AnyTask };

type Outputs = Record<string, unknown>;

/** Runs the task of a stack where it has to; gives the outputs to register. */
export async function runTaskStack(
  workspace: Workspace,
  stack: ResolvedTask,
  needs: Readonly<Record<string, unknown>>,
): Promise<Outputs> {
  const { id, name, environment, instance, contract, settings, cloud } = stack;
  const info: StackInfo = { id, name, environment, instance };
  const file = process.env["TUTTI_TASK"];
  if (contract.task.network && (cloud === "sandbox" || process.env["TUTTI_SANDBOX"] === "true")) {
    leave(file, { type: "skipped" });
    return standIns(id, contract);
  }
  const root = pulumi.runtime.getRootDirectory();
  const variables = ownVariables(Object.keys(workspace.environments[environment]?.variables ?? {}));
  try {
    const { loaded: task, files } = await digestedLoad(root, () => loadTask(contract));
    const before = await lastRun(id);
    const plain = await plainNeeds(stack, needs);
    const key = before.key ?? randomBytes(32).toString("base64url");
    const now =
      plain.unknown.length > 0
        ? undefined
        : fingerprintOf(key, files, contract.task.fingerprint, { settings, needs: plain.values });
    const reasons = whyRun(contract, before, now, plain.unknown);
    if (reasons === undefined) {
      leave(file, { type: "kept" });
      return before.outputs(contract);
    }
    leave(file, { type: "runs", reason: reasons });
    if (pulumi.runtime.isDryRun()) return predicted(contract);
    const outputs = await runTask(task, { ...given(info, settings, plain.values), signal: terminated() });
    return {
      ...(await written(id, contract, outputs)),
      [recordOutput]: now!,
      [keyOutput]: pulumi.secret(key),
    };
  } catch (error) {
    throw error instanceof Mistake ? new pulumi.RunError(error.message) : error;
  } finally {
    variables.restore();
  }
}

function given(task: StackInfo, settings: unknown, needs: unknown): Omit<TaskGiven, "signal"> {
  const log = Object.assign((text: string) => void pulumi.log.info(text), {
    warn: (text: string) => void pulumi.log.warn(text),
  });
  return { task, settings, needs, log };
}

/** Aborted when this process is asked to end; without a listener it would end at once, in the middle of what the task does. */
function terminated(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => controller.abort(new Error("the task was interrupted, or its time is over")));
  return controller.signal;
}

/** Why the task has to run; undefined when it has not. `now` is undefined in a preview that does not know all its needs. */
function whyRun(
  contract: AnyTask,
  before: LastRun,
  now: Fingerprint | undefined,
  unknown: readonly string[],
): string | undefined {
  if (before.record === undefined) return "the first time";
  if (contract.task.fingerprint === "always") return "it runs every time";
  const missing = Object.entries(contract.outputs)
    .filter(([name, schema]) => !before.names.includes(name) && !schema.safeParse(undefined).success)
    .map(([name]) => name);
  if (missing.length > 0) return `its output ${missing.join(", ")} is new`;
  if (now === undefined) return `${unknown.join(", ")} may change`;
  const names = differingNames(before.record, now);
  if (names.length === 0) return undefined;
  const shown = names.slice(0, 3).join(", ") + (names.length > 3 ? `, and ${names.length - 3} more` : "");
  return `changed: ${shown}`;
}

interface LastRun {
  readonly record: Fingerprint | undefined;
  readonly key: string | undefined;
  readonly names: readonly string[];
  /** Everything to register again. */
  outputs(contract: AnyTask): Promise<Outputs>;
}

/** What the task's own stack keeps of the last time it ran. */
async function lastRun(id: string): Promise<LastRun> {
  const reference = new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${id}`);
  const { value } = await look(reference.outputs);
  const kept = (pulumi.isUnknown(value) ? {} : (value ?? {})) as Readonly<Record<string, unknown>>;
  const [record, key] = [kept[recordOutput], kept[keyOutput]];
  const whole = typeof record === "object" && record !== null && typeof key === "string";
  return {
    record: whole ? (record as Fingerprint) : undefined,
    key: whole ? key : undefined,
    names: Object.keys(kept),
    async outputs(contract) {
      const again = [...Object.keys(contract.outputs), recordOutput, keyOutput].filter((name) =>
        Object.hasOwn(kept, name),
      );
      const entries = again.map(async (name) => [name, await requireExactly(reference, name)] as const);
      return Object.fromEntries(await Promise.all(entries));
    },
  };
}

/** Needs as plain values, declared secrets behind Secret, and the names of those that a preview does not know yet. */
async function plainNeeds(
  stack: ResolvedTask,
  needs: Readonly<Record<string, unknown>>,
): Promise<{ readonly values: Readonly<Record<string, unknown>>; readonly unknown: readonly string[] }> {
  const unknown: string[] = [];
  const plain = async (
    { outputs }: Pick<AnyTask, "outputs">,
    read: Readonly<Record<string, unknown>>,
    path: string,
  ): Promise<Outputs> => {
    const entries = Object.entries(outputs).map(async ([name, schema]) => {
      const { known, value } = await look(read[name]);
      if (!known) unknown.push(`need ${path}.${name}`);
      return [name, known ? concealed(schema, value) : undefined] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  const entries = stack.needs.map(async ({ name, contract, every }) => {
    const read = needs[name] as Readonly<Record<string, unknown>>;
    if (!every) return [name, await plain(contract, read, name)] as const;
    const all = Object.entries(read as Readonly<Record<string, Readonly<Record<string, unknown>>>>).map(
      async ([one, outputs]) => [one, await plain(contract, outputs, `${name}.${one}`)] as const,
    );
    return [name, Object.fromEntries(await Promise.all(all))] as const;
  });
  return { values: Object.fromEntries(await Promise.all(entries)), unknown };
}

/** Outputs that nobody knows before the task has run. */
function predicted(contract: AnyTask): Outputs {
  const names = Object.entries(contract.outputs).map(([name, schema]) => [
    name,
    isSecret(schema) ? pulumi.secret(pulumi.unknown) : pulumi.output(pulumi.unknown),
  ]);
  const unknown = pulumi.output(pulumi.unknown);
  return { ...Object.fromEntries(names), [recordOutput]: unknown, [keyOutput]: pulumi.secret(pulumi.unknown) };
}

async function written(id: string, contract: AnyTask, outputs: Readonly<Record<string, unknown>>): Promise<Outputs> {
  const entries = Object.entries(contract.outputs).map(
    async ([name, schema]) => [name, await checkWrite(`output "${name}" of ${id}`, schema, outputs[name])] as const,
  );
  return Object.fromEntries((await Promise.all(entries)).filter(([, value]) => value !== undefined));
}

/** What a task that is skipped gives to those who need it. */
async function standIns(id: string, contract: AnyTask): Promise<Outputs> {
  return written(id, contract, contract.task.sandbox ?? {});
}

/** Tells the driver, if there is one, what became of the task. */
function leave(file: string | undefined, note: TaskNote): void {
  if (file !== undefined && file !== "") writeFileSync(file, JSON.stringify(note), { mode: 0o600 });
}

/** What every program needs of a machine; nothing of it is a credential. */
const ordinary =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|HOSTNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|CI|(?:https?|no|all)_proxy|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i;

/** Takes every other variable out of this process until `restore`: libraries pick up what they find. */
function ownVariables(named: readonly string[]): { restore(): void } {
  const taken = Object.entries(process.env).filter(([name]) => !ordinary.test(name) && !named.includes(name));
  for (const [name] of taken) delete process.env[name];
  return { restore: () => void Object.assign(process.env, Object.fromEntries(taken)) };
}
