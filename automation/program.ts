// What programs import, and what Pulumi runs: turns the stack name it was started with into one contract, its settings and
// its needs, runs the program and checks what it returns.
//
// 1. The stack name is `<program>.<environment>[.<instance>]`; the workspace says what that is.
// 2. Settings are parsed, needs are read and checked. A mistake up to here registers no resource but the stack itself.
// 3. The program runs. Its outputs are checked against the contract, beside the values.
// Whatever is wrong ends as a RunError: its message alone is shown, so it names the stack, the edge and the way out.
import * as pulumi from "@pulumi/pulumi";
import {
  type AnyContract,
  type Context,
  type Exact,
  isTask,
  type Program,
  type Workspace,
  type Writes,
} from "./define.ts";
import { problemLine } from "./problems.ts";
import { leaveDigests } from "./program/digest.ts";
import { readNeeds } from "./program/needs.ts";
import { readOverlay } from "./program/overlay.ts";
import { runProgram } from "./program/runProgram.ts";
import { runTaskStack } from "./program/runTask.ts";
import { watchSecretGetters } from "./program/secretGetters.ts";
import { resolveStack } from "./workspace.ts";

export { type TestedProgram, type TestResource, testProgram } from "./program/test.ts";

/** Binds a program to its contract. An output that is missing, undeclared or of the wrong type does not compile. */
export function program<C extends AnyContract, R extends Writes<C>>(
  contract: C,
  run: (context: Context<C>) => Exact<Writes<C>, R> | Promise<Exact<Writes<C>, R>>,
): Program<C> {
  return Object.freeze({ kind: "program", contract, run });
}

/** Runs the stack that Pulumi was started for. `stacks/index.ts` is `export default () => run(workspace)`. */
export async function run(workspace: Workspace): Promise<Record<string, unknown>> {
  watchSecretGetters();
  const finished = failUnlessFinished();
  try {
    return await runFound(workspace);
  } finally {
    finished();
  }
}

/**
 * A program that waits for what never comes lets Node run out of work, which then ends with exit code 0: to an engine that
 * is a success without outputs. The same goes for one that calls process.exit. Returns what to call when it is finished.
 */
function failUnlessFinished(): () => void {
  const fail = (code: number): void => {
    if (code !== 0) return;
    process.exitCode = 1;
    process.stderr.write(
      `the program of ${pulumi.getStack()} ended before it was finished: it waits for a promise that nobody resolves, or calls process.exit. Its outputs were not registered\n`,
    );
  };
  process.once("exit", fail);
  return () => process.removeListener("exit", fail);
}

async function runFound(workspace: Workspace): Promise<Record<string, unknown>> {
  const found = resolveStack(workspace, pulumi.getStack());
  if (!found.ok) throw new pulumi.RunError(found.error.map(problemLine).join("\n"));
  const { id, name, environment, instance, contract, settings } = found.value;
  const needs = await readNeeds(id, found.value.needs, readOverlay());
  const outputs = isTask(contract)
    ? await runTaskStack(workspace, { ...found.value, contract }, needs)
    : await runProgram(contract, { stack: { id, name, environment, instance }, settings, needs });
  await leaveDigests(id, outputs);
  return outputs;
}
