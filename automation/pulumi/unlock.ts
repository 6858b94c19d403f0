// Breaks the locks of a stack and the run lease of its environment, on proof that their owners are dead or when told to.
import { FileBackend } from "../../engine/state/fileBackend.ts";
import { removeLock } from "../../engine/state/lock.ts";
import { livenessOf } from "../../engine/state/processIdentity.ts";
import type { Workspace } from "../define.ts";
import { TuttiError } from "../errors.ts";
import type { StackId } from "../events.ts";
import { parseStackId, type ResolvedStack } from "../workspace.ts";
import { type OpenEnvironment, openEnvironment } from "./environment.ts";
import { leaseHolder } from "./lease.ts";

/** A lock, or the lease of the whole environment. */
export interface Hold {
  readonly kind: "lock" | "lease";
  /** Who holds it, for people. */
  readonly holder: string;
  readonly state: "alive" | "dead" | "unknown";
  /** Why that is known, or not. */
  readonly reason: string;
  readonly broken: boolean;
}

/** Why every lock of a stack is proven to be a dead process's; undefined when one is not, or none can be looked at. */
export async function provenDead(
  { backend: url, stateFolder, env, root, project }: OpenEnvironment,
  stack: string,
): Promise<string | undefined> {
  if (stateFolder === undefined) return undefined;
  const backend = await FileBackend.open(url, env, root);
  const locks = await backend.locks({ project: project.name, stack });
  return locks.every(({ liveness }) => liveness.state === "dead") ? locks[0]?.liveness.reason : undefined;
}

/**
 * Breaks what holds a stack. Only what is proven dead, unless `force`; what is not comes back with `broken: false`.
 *
 * @throws TuttiError `engine` for a backend whose locks cannot be looked at.
 */
export async function unlockStack(options: {
  readonly workspace: Workspace;
  readonly root: string;
  readonly base: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stack: StackId;
  /** The stack as the workspace knows it; absent when no contract claims it. */
  readonly known?: ResolvedStack | undefined;
  readonly force: boolean;
}): Promise<readonly Hold[]> {
  const { workspace, root, base, variables, stack, force } = options;
  const stackName = options.known?.stackName ?? stack;
  const folder = options.known?.contract.folder?.dir;
  const name = parseStackId(stack)?.environment ?? "";
  const known = Object.hasOwn(workspace.environments, name) ? workspace.environments[name] : undefined;
  if (known === undefined)
    throw new TuttiError("usage", `no environment is named "${name}"`, {
      hint: `there are: ${Object.keys(workspace.environments).sort().join(", ")}`,
    });
  const environment = await openEnvironment({
    ...{ name, environment: known, workspace, folder, sandbox: name, root, base, variables, ci: true },
  });
  const { backend: url, stateFolder, project, env, leases } = environment;
  if (stateFolder === undefined)
    throw new TuttiError("engine", `the locks of ${url} cannot be looked at from here`, {
      hint: `when you know that their owner is dead: eval "$(tutti env -e ${name})" && pulumi cancel -s ${stackName}`,
    });
  const holds: Hold[] = [];
  const fence = (await leases.list()).at(-1);
  const lease = fence === undefined ? undefined : await leases.read(fence);
  if (fence !== undefined && lease !== undefined && !lease.released) {
    const { pid, host, mark, takenAt } = lease;
    const { state, reason } = livenessOf({ pid, host, mark, sinceMs: Date.parse(takenAt) });
    // A higher number, given back at once: a holder that lives after all finds it and stops.
    const broken = (state === "dead" || force) && (await leases.claim(fence + 1, { ...lease, released: true }));
    holds.push({ kind: "lease", holder: leaseHolder(lease), state, reason, broken });
  }
  const backend = await FileBackend.open(url, env, root);
  for (const lock of await backend.locks({ project: project.name, stack: stackName })) {
    const broken = lock.liveness.state === "dead" || force;
    if (broken) await removeLock(lock);
    holds.push({ kind: "lock", holder: lock.holder, ...lock.liveness, broken });
  }
  return holds;
}
