// Reads what a stack needs of other stacks, before its program runs: a missing output or a value against the contract
// fails before any resource is registered.
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { AnyContract } from "../define.ts";
import type { NeedTarget, ResolvedNeed } from "../workspace.ts";
import { checkRead } from "./check.ts";
import { look, requireExactly } from "./inside.ts";
import type { Overlay, Predicted } from "./overlay.ts";

/**
 * Reads every declared output of every need.
 *
 * @throws RunError naming the stack that reads, the one that is read, the output, and what to do.
 */
export async function readNeeds(
  reader: string,
  needs: readonly ResolvedNeed[],
  overlay: Overlay,
): Promise<Record<string, unknown>> {
  // Two needs may read one stack (`network` and `network.all`); a second StackReference of its name is a duplicate URN.
  const sources = new Map<string, Promise<Source>>();
  const sourceOf = (contract: AnyContract, { id, stackName }: NeedTarget): Promise<Source> => {
    const known = sources.get(id);
    if (known !== undefined) return known;
    const source = projectOf(contract).then((project) => open(`${project}/${stackName}`, overlay[id]));
    sources.set(id, source);
    return source;
  };
  const entries = needs.map(async (need) => {
    const read = need.targets.map(
      async (target) =>
        [
          target.instance,
          await readStack(reader, need.contract, target.id, await sourceOf(need.contract, target)),
        ] as const,
    );
    const byInstance = await Promise.all(read);
    return [need.name, need.every ? Object.fromEntries(byInstance) : byInstance[0]![1]] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function readStack(
  reader: string,
  contract: AnyContract,
  stack: string,
  given: Source,
): Promise<Record<string, pulumi.Output<unknown>>> {
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

/** Where the outputs of one stack come from. */
interface Source {
  /** Sorted; undefined when a preview knows nothing of the outputs, not even their names. */
  readonly names: readonly string[] | undefined;
  read(name: string): unknown;
}

/** The project that a stack belongs to: this one, unless its contract is that of an existing project. */
async function projectOf({ name, folder }: AnyContract): Promise<string> {
  if (folder === undefined) return pulumi.getProject();
  const { findProject } = await import("../pulumi/project.ts");
  try {
    return (await findProject(path.resolve(pulumi.getRootDirectory(), folder.dir))).name;
  } catch (error) {
    throw new pulumi.RunError(`the project of stack "${name}": ${error instanceof Error ? error.message : error}`);
  }
}

async function open(stack: string, predicted: Predicted | undefined): Promise<Source> {
  // `getOrganization()` is `organization` on a file backend and the real one on Pulumi Cloud: the same code runs on both.
  const reference = new pulumi.StackReference(`${pulumi.getOrganization()}/${stack}`);
  const { value } = await look(reference.outputs);
  if (predicted !== undefined) {
    const deployed = (value ?? {}) as Record<string, unknown>;
    return {
      names: Object.keys(predicted.outputs).sort(),
      // A known secret is blinded in what was predicted; one that stays as it is is read where it is deployed.
      read: (name) =>
        predicted.comparable.has(name) && Object.hasOwn(deployed, name) && predicted.stays(name, deployed[name])
          ? requireExactly(reference, name)
          : predicted.outputs[name],
    };
  }
  const names = pulumi.isUnknown(value) ? undefined : Object.keys((value ?? {}) as object).sort();
  return { names, read: (name) => requireExactly(reference, name) };
}
