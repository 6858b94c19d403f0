// The steps of a plan as what a graph is drawn of: `tutti graph`, and the picture in the documentation. Pure.
import type { StackId } from "./events.ts";
import type { PlanStep } from "./plan.ts";
import type { ResolvedStack } from "./workspace.ts";

/** Ids in plan order with what each depends on, in the plan or not; tasks are marked. */
export function drawnNodes(
  { stacks }: { readonly stacks: ReadonlyMap<StackId, ResolvedStack> },
  steps: readonly PlanStep[],
): readonly { readonly id: StackId; readonly dependsOn: readonly StackId[]; readonly task?: true }[] {
  return steps.map(({ stack: id }) => {
    const { dependsOn = [], contract } = stacks.get(id) ?? {};
    return { id, dependsOn, ...(contract?.task === undefined ? {} : { task: true as const }) };
  });
}
