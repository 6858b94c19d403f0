// Refreshing without running the program: reads every chosen resource of the state, then rebuilds the base of the
// deployment from what the providers said. (pulumi/pulumi: pkg/resource/deploy/deployment_executor.go)
import { Present, withoutGone } from "./dangling.ts";
import { ensureProvider, type Generation } from "./generation.ts";
import { dependenciesOf, dependencyUrns, type Resource } from "./resource.ts";
import type { BaseSnapshot } from "./snapshot.ts";
import type { StepExecutor } from "./stepExecutor.ts";
import { newOf, type RefreshStep } from "./steps.ts";

/** Reads all chosen resources and makes what was read the base. The executor knows whether any of it failed. */
export async function refreshBase(generation: Generation, executor: StepExecutor, base: BaseSnapshot): Promise<void> {
  await refreshThese(generation, executor, base, base.resources);
}

async function refreshThese(
  generation: Generation,
  executor: StepExecutor,
  base: BaseSnapshot,
  resources: readonly Resource[],
): Promise<void> {
  const steps = new Map<Resource, RefreshStep>();
  const chosen = chooser(generation);
  for (const resource of resources) {
    if (resource.state.viewOf !== "" || !chosen(resource)) continue;
    await ensureProvider(generation, resource.provider).catch((error: unknown) => {
      throw new Error(`could not load provider for resource ${resource.urn}: ${(error as Error).message}`, {
        cause: error,
      });
    });
    steps.set(resource, { op: "refresh", old: resource });
  }
  await executor.runAll([...steps.values()]);
  generation.rebase(rebuild(base.resources, steps));
}

/** Reads what the program did not register; for a refresh by the program. */
export async function refreshRest(generation: Generation, executor: StepExecutor, base: BaseSnapshot): Promise<void> {
  const { ledger } = generation;
  const left = base.resources.filter(({ urn }) => !ledger.isOperatedOn(urn));
  await refreshThese(generation, executor, base, left);
}

/** Targets and excludes grow by their dependents as these come by: a resource stands after what it depends on. */
function chooser({ options }: Generation): (resource: Resource) => boolean {
  const excludes = options.excludes.clone();
  const targets = options.targets.clone();
  return (resource) => {
    const depends = (on: typeof targets) => dependencyUrns(resource).some((urn) => on.contains(urn));
    if (excludes.constrained) {
      const excluded = excludes.contains(resource.urn) || (options.excludeDependents && depends(excludes));
      if (excluded) excludes.add(resource.urn);
      return !excluded;
    }
    const targeted = targets.contains(resource.urn) || (options.targetDependents && depends(targets));
    if (targeted) targets.add(resource.urn);
    return targeted;
  };
}

/**
 * The resources as read, without those that are gone. Dependencies on these are dropped, and their children are left
 * without a parent until the program gives them one.
 */
function rebuild(resources: readonly Resource[], steps: ReadonlyMap<Resource, RefreshStep>): readonly Resource[] {
  const left: Resource[] = [];
  const there = new Present();
  for (const resource of resources) {
    const step = steps.get(resource);
    const fresh = step ? newOf(step) : resource;
    if (!fresh) continue;
    const urns = there.for(fresh.state);
    const gone = dependenciesOf(fresh).some(({ urn }) => !urns.has(urn));
    const independent = Object.values(fresh.state.propertyDependencies).some((list) => list.length === 0);
    // As the official engine has it, a property that depends on nothing has no entry from here on.
    if (gone || independent) fresh.set(withoutGone(fresh.state, urns));
    left.push(fresh);
    there.add(fresh.state);
  }
  return left;
}
