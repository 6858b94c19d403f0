// Runs the program of one stack with what it is given, and checks what it returns against the contract.
import * as pulumi from "@pulumi/pulumi";
import type { AnyContract, Context, Program, StackInfo } from "../define.ts";
import { checkWrite } from "./check.ts";

/** What a program is given: a Context, whose types only the contract knows. */
export interface Given {
  readonly stack: StackInfo;
  readonly settings: unknown;
  readonly needs: Readonly<Record<string, unknown>>;
}

/**
 * Loads and runs a program; returns its outputs, each as secret as it is declared.
 *
 * @throws RunError when the module holds no such program, or the outputs are not those declared.
 */
export async function runProgram(contract: AnyContract, given: Given): Promise<Record<string, unknown>> {
  const { stack } = given;
  const { run: start } = await loadProgram(contract);
  const context = given as unknown as Context<AnyContract>;
  const returned: unknown = await start(context);
  if (typeof returned !== "object" || returned === null) {
    throw new pulumi.RunError(`the program of ${stack.id} returns no outputs; declared: ${names(contract)}`);
  }
  const outputs = returned as Record<string, unknown>;
  const undeclared = Object.keys(outputs).filter((name) => !Object.hasOwn(contract.outputs, name));
  if (undeclared.length > 0) {
    throw new pulumi.RunError(
      `the program of ${stack.id} returns ${undeclared.map((name) => `"${name}"`).join(", ")}, which its contract does not declare; declared: ${names(contract)}`,
    );
  }
  const checked = Object.entries(contract.outputs).map(
    async ([name, schema]) =>
      [name, await checkWrite(`output "${name}" of ${stack.id}`, schema, outputs[name])] as const,
  );
  return Object.fromEntries((await Promise.all(checked)).filter(([, value]) => value !== undefined));
}

const names = (contract: AnyContract): string => Object.keys(contract.outputs).sort().join(", ") || "none";

async function loadProgram(contract: AnyContract): Promise<Program> {
  const module = (await contract.load()) as { readonly default?: Program };
  const loaded = module.default;
  if (loaded?.kind !== "program") {
    throw new pulumi.RunError(
      `the program module of stack "${contract.name}" has no program as its default export: export default program(contract, ...)`,
    );
  }
  if (loaded.contract !== contract) {
    throw new pulumi.RunError(
      `the program module of stack "${contract.name}" belongs to the contract "${loaded.contract.name}": check its import, or the contract's \`program\``,
    );
  }
  return loaded;
}
