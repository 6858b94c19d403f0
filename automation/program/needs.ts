// Reads what a stack needs of other stacks, before its program runs: a missing output or a value against the contract
// fails before any resource is registered.
import * as pulumi from "@pulumi/pulumi";
import type { AnyContract } from "../define.ts";
import { checkRead } from "./check.ts";
import { look, requireExactly } from "./inside.ts";
import type { Overlay } from "./overlay.ts";

/** Where one need is to be found: one stack, or several by instance name. */
export type Source =
  | { readonly kind: "one"; readonly stack: string }
  | { readonly kind: "every"; readonly stacks: readonly (readonly [instance: string, stack: string])[] };

/**
 * Reads every declared output of a need.
 *
 * @throws RunError naming the stack that reads, the one that is read, the output, and what to do.
 */
export async function readNeed(
  reader: string,
  contract: AnyContract,
  source: Source,
  overlay: Overlay,
): Promise<Record<string, unknown>> {
  if (source.kind === "one") return readStack(reader, contract, source.stack, overlay);
  const entries = source.stacks.map(
    async ([instance, stack]) => [instance, await readStack(reader, contract, stack, overlay)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function readStack(
  reader: string,
  contract: AnyContract,
  stack: string,
  overlay: Overlay,
): Promise<Record<string, pulumi.Output<unknown>>> {
  const predicted = overlay[stack];
  const given =
    predicted === undefined
      ? await referenced(stack)
      : { names: Object.keys(predicted).sort(), read: (name: string) => predicted[name] };
  const has = (name: string): boolean => given.names === undefined || given.names.includes(name);
  const absent = Object.entries(contract.outputs)
    .filter(([name, schema]) => !has(name) && !schema.safeParse(undefined).success)
    .map(([name]) => name);
  if (absent.length > 0) {
    const present = given.names?.join(", ") || "none";
    throw new pulumi.RunError(
      `${reader} needs ${absent.map((name) => `"${name}"`).join(", ")} of ${stack}, whose outputs are: ${present}. Bring it up to date first: tutti up ${stack}`,
    );
  }
  const entries = Object.entries(contract.outputs).map(async ([name, schema]) => {
    const value = has(name) ? await given.read(name) : undefined;
    return [name, await checkRead(`${reader} needs "${name}" of ${stack}`, schema, value)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

interface Given {
  /** Sorted; undefined when a preview knows nothing of the outputs, not even their names. */
  readonly names: readonly string[] | undefined;
  read(name: string): unknown;
}

async function referenced(stack: string): Promise<Given> {
  // `getOrganization()` is `organization` on a file backend and the real one on Pulumi Cloud: the same code runs on both.
  const reference = new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`);
  const { value } = await look(reference.outputs);
  const names = pulumi.isUnknown(value) ? undefined : Object.keys((value ?? {}) as object).sort();
  return { names, read: (name) => requireExactly(reference, name) };
}
