// Looks at the cloud of a sandbox environment, and changes it behind Pulumi's back, from any process.
import { existsSync } from "node:fs";
import {
  deleteResource,
  editResource,
  findResource,
  listResources,
  SandboxCloudError,
  type SandboxDetails,
  type SandboxResource,
} from "../../engine/providers/sandbox/cloud.ts";
import { FileBackend } from "../../engine/state/fileBackend.ts";
import { TuttiError } from "../errors.ts";
import { type SandboxFiles, sandboxFiles } from "./sandboxFiles.ts";

export type { SandboxDetails, SandboxResource } from "../../engine/providers/sandbox/cloud.ts";

/** A resource of a sandbox: the folder all sandboxes are below, the environment, the stack, and a URN, name or id. */
export interface CloudPlace {
  readonly base: string;
  readonly environment: string;
  readonly stack: string;
  readonly resource: string;
}

/** Resources in the cloud of an environment, by stack and URN; `orphans`: only those that no state knows. */
export async function listCloud(
  base: string,
  environment: string,
  orphans: boolean,
): Promise<readonly SandboxResource[]> {
  const files = sandboxFiles(base, environment);
  const all = await listResources(files.cloud);
  if (!orphans) return all;
  const known = await inState(files);
  return all.filter(({ urn, id }) => !known.has(`${urn} ${id}`));
}

/** @throws TuttiError `not-found` when nothing, or more than one thing, is meant. */
export function showCloud({ base, environment, stack, resource }: CloudPlace): Promise<SandboxDetails> {
  return asked(() => findResource(sandboxFiles(base, environment).cloud, resource, stack));
}

/** Sets a property; `null` removes it. Gives it before and after, masked. @throws TuttiError `not-found`. */
export function editCloud(
  { base, environment, stack, resource }: CloudPlace,
  property: string,
  value: unknown,
): Promise<{ readonly resource: SandboxResource; readonly old: unknown; readonly new: unknown }> {
  return asked(() => editResource(sandboxFiles(base, environment).cloud, resource, property, value, stack));
}

/** Deletes a resource; nothing is checked. @throws TuttiError `not-found`. */
export function deleteFromCloud({ base, environment, stack, resource }: CloudPlace): Promise<SandboxResource> {
  return asked(() => deleteResource(sandboxFiles(base, environment).cloud, resource, stack));
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SandboxCloudError) {
      throw new TuttiError("not-found", error.message, {
        hint: "tutti sandbox list shows what is there",
        cause: error,
      });
    }
    throw error;
  }
}

/** `urn id` of every resource in the states of an environment. */
async function inState({ state }: SandboxFiles): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  if (!existsSync(state)) return known;
  const backend = await FileBackend.open(`file://${state}`, {}, state);
  for (const stack of await backend.list()) {
    const { deployment } = await backend.readRaw(stack);
    const resources = (deployment?.["resources"] ?? []) as readonly { readonly urn: string; readonly id?: string }[];
    for (const { urn, id } of resources) known.add(`${urn} ${id ?? ""}`);
  }
  return known;
}
