// Finds stacks that are out of date because a stack that they need has changed since they read it. What a stack last read
// stands in its own state (its StackReferences, with the outputs they had), what there is to read now in the state of the
// stack it needs: so a change is seen whoever made it, on whichever machine.
//
// Nothing is decrypted: of a secret it is seen that it came or went, not that its value is another.
import { isDeepStrictEqual } from "node:util";
import { FileBackend } from "../../engine/state/fileBackend.ts";
import type { StaleRead } from "../door.ts";
import type { StackId } from "../events.ts";
import type { ResolvedStack } from "../workspace.ts";
import type { OpenEnvironment } from "./environment.ts";

const signatureKey = "4dabf18193072939515e22adb298388d";

interface Entry {
  readonly type?: string;
  readonly delete?: boolean;
  readonly outputs?: Readonly<Record<string, unknown>>;
}
type Outputs = Readonly<Record<string, unknown>>;

/**
 * What is out of date, by stack; of stacks whose state is in the same folder as what they need. Undefined where states lie
 * elsewhere: each would have to be asked for.
 */
export async function staleReads(
  { stateFolder, backend: url, env, root, project, held }: OpenEnvironment,
  stacks: readonly Pick<ResolvedStack, "id" | "stackName" | "environment" | "needs">[],
): Promise<ReadonlyMap<StackId, readonly StaleRead[]> | undefined> {
  if (stateFolder === undefined) return undefined;
  const backend = await FileBackend.open(url, env, root);
  const there = await held();
  const read = new Map<string, Promise<readonly Entry[]>>();
  const resourcesOf = (stack: string): Promise<readonly Entry[]> => {
    const known = read.get(stack) ?? readResources(backend, project.name, stack);
    read.set(stack, known);
    return known;
  };
  const found = new Map<StackId, readonly StaleRead[]>();
  for (const { id, stackName, environment, needs } of stacks) {
    if (!there.has(stackName)) continue;
    const reads: StaleRead[] = [];
    for (const { contract, targets } of needs) {
      for (const target of targets) {
        if (target.id.split(".")[1] !== environment || !there.has(target.stackName)) continue;
        const before = lastRead(await resourcesOf(stackName), `${project.name}/${target.stackName}`);
        const now = rootOutputs(await resourcesOf(target.stackName));
        // Without a reference it never ran, or not to its end: that is told of elsewhere.
        if (before === undefined || now === undefined) continue;
        const outputs = Object.keys(contract.outputs).filter((name) => !same(before[name], now[name]));
        if (outputs.length > 0) reads.push({ stack: target.id, outputs: outputs.sort() });
      }
    }
    if (reads.length > 0) found.set(id, reads);
  }
  return found;
}

async function readResources(backend: FileBackend, project: string, stack: string): Promise<readonly Entry[]> {
  try {
    const { deployment } = await backend.readRaw({ project, stack });
    return (deployment?.["resources"] ?? []) as readonly Entry[];
  } catch {
    return []; // Whatever works on that stack tells of it.
  }
}

function lastRead(resources: readonly Entry[], name: string): Outputs | undefined {
  const reference = resources.find(
    ({ type, outputs }) => type === "pulumi:pulumi:StackReference" && String(outputs?.["name"]).endsWith(`/${name}`),
  );
  return reference?.outputs?.["outputs"] as Outputs | undefined;
}

function rootOutputs(resources: readonly Entry[]): Outputs | undefined {
  const root = resources.find(({ type, delete: going }) => type === "pulumi:pulumi:Stack" && going !== true);
  return root === undefined ? undefined : (root.outputs ?? {});
}

function same(before: unknown, now: unknown): boolean {
  return isDeepStrictEqual(blind(before), blind(now));
}

function blind(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(blind);
  if (typeof value !== "object" || value === null) return value;
  if (signatureKey in value && "ciphertext" in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, blind(part)]));
}
