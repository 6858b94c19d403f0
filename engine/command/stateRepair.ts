// `state repair`: makes a state hold together again, as far as that needs no guess: resources are put after what they
// need, and references to resources that are no longer there are dropped. What does not hold together after that is left
// as it was. (pulumi/pulumi: pkg/cmd/pulumi/state/state_repair.go)
import { inOrder } from "../deployment/order.ts";
import { EngineError } from "../state/error.ts";
import { integrityProblem } from "../state/integrity.ts";
import type { ResourceState } from "../state/resource.ts";
import { requireYes } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { openStack, readConfig, stackSecrets } from "./stack.ts";

/** `state repair [--yes]` */
export async function stateRepair(context: CommandContext): Promise<number> {
  await requireYes(context, "This will edit your stack's state directly.");
  const stack = await openStack(context);
  const lock = await stack.backend.lock(stack.name);
  try {
    const checkpoint = await stack.backend.openCheckpoint(stack.name, {
      passphrase: context.passphrase,
      sandbox: context.options.sandbox !== undefined,
      checkIntegrity: false,
      ...(context.options.secrets && { secrets: context.options.secrets }),
    });
    const { snapshot } = checkpoint;
    const problem = snapshot && integrityProblem(snapshot);
    if (snapshot === undefined || problem === undefined) {
      context.stdout("The snapshot is already valid; skipping repair\n");
      return 0;
    }
    const repaired = { ...snapshot, resources: inOrder(withoutMissing(snapshot.resources)) };
    const left = integrityProblem(repaired);
    if (left !== undefined)
      throw new EngineError(
        `failed to repair the snapshot automatically: ${left}\n` +
          "Export the state (`pulumi stack export --file state.json`), mend it by hand, and import it again " +
          "(`pulumi stack import --file state.json`).",
      );
    const secrets = checkpoint.secrets ?? (await stackSecrets(context, stack, await readConfig(context, stack.name)));
    await checkpoint.write(repaired, secrets);
    context.stdout(`Repaired: ${problem}\nState repaired successfully\n`);
    return 0;
  } finally {
    await lock.release();
  }
}

/** The resources without references to what is not among them. A provider that is missing cannot be done without. */
function withoutMissing(resources: readonly ResourceState[]): readonly ResourceState[] {
  const urns = new Set(resources.map(({ urn }) => urn));
  const keep = (list: readonly string[]) => list.filter((urn) => urns.has(urn));
  const one = (urn: string) => (urns.has(urn) ? urn : "");
  return resources.map((state) => ({
    ...state,
    parent: one(state.parent),
    deletedWith: one(state.deletedWith),
    dependencies: keep(state.dependencies),
    replaceWith: keep(state.replaceWith),
    propertyDependencies: Object.fromEntries(
      Object.entries(state.propertyDependencies).map(([key, list]) => [key, keep(list)]),
    ),
  }));
}
