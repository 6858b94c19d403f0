// Takes resources that exist into the state (`pulumi import`), without a program: everything that is there stays as it is,
// the stack and the providers that are missing are created, then each resource is read, parents before their children.
// (pulumi/pulumi: pkg/resource/deploy/import.go)
import { newResource } from "../state/resource.ts";
import type { PropertyMap } from "../values.ts";
import { emptyGoal } from "./defaultProviders.ts";
import type { Generation } from "./generation.ts";
import { isProviderType, providerReference, Resource } from "./resource.ts";
import type { Goal, Registrar } from "./source.ts";
import type { StepExecutor } from "./stepExecutor.ts";
import type { ImportStep, Step } from "./steps.ts";
import { childUrn, isRootStack, rootStackType, urnName, urnType } from "./urn.ts";

/** One resource to import; absent strings are "". */
export interface Import {
  readonly type: string;
  readonly name: string;
  /** Of the resource in its cloud; "" for a provider and for a component, which are made rather than read. */
  readonly id: string;
  /** A URN; "" is the stack. */
  readonly parent: string;
  /** The URN of a provider in the state or among the imports; "" is the package's default provider. */
  readonly provider: string;
  /** The configuration of that provider, where neither the state nor the imports have it. */
  readonly providerInputs?: PropertyMap;
  readonly version: string;
  readonly pluginDownloadUrl: string;
  readonly protect: boolean;
  readonly component: boolean;
  /** What is supplied where the provider cannot read it; the configuration of a provider. */
  readonly inputs: PropertyMap;
  /** Given: the resource is taken as described, and the provider is not asked. */
  readonly outputs: PropertyMap | undefined;
}

/** What the importing needs of a deployment. */
export interface Importer {
  readonly generation: Generation;
  readonly executor: StepExecutor;
  readonly registrar: Pick<Registrar, "registerResource" | "registerResourceOutputs"> & {
    defaultProvider(wanted: Pick<Goal, "type" | "version" | "pluginDownloadUrl">): Promise<string>;
  };
}

/**
 * Runs all steps; no two imports have one URN. A step that fails ends the deployment as in an update; nothing after it is
 * read. @throws for an import that cannot be.
 */
export async function importResources(importer: Importer, imports: readonly Import[]): Promise<void> {
  const { generation, executor } = importer;
  const { olds } = generation.ledger;
  for (const old of olds.all) {
    if (old.state.delete) continue;
    if (!(await executor.run([keep(old)]))) return;
    generation.ledger.urns.add(old.urn);
  }
  const stack = await ensureStack(importer);
  if (stack === undefined) return;
  const steps = new Map<string, ImportStep>();
  const isProvider = ({ type }: Import) => isProviderType(type);
  for (const wanted of imports.filter(isProvider)) await ensureProvider(importer, wanted);
  for (const wanted of imports) {
    if (isProvider(wanted)) continue;
    const parent = wanted.parent === "" ? stack.urn : wanted.parent;
    const urn = urnOf(generation, { ...wanted, parent });
    const old = olds.byUrn.get(urn);
    if (old && (old.state.importId || old.id) === wanted.id) continue;
    if (old) throw new Error(`resource '${urn}' already exists`);
    const provider = wanted.component ? "" : await providerFor(importer, wanted);
    steps.set(urn, importStep(wanted, urn, parent, provider));
  }
  await runByParents(importer, steps);
  if (stack.created) await importer.registrar.registerResourceOutputs(stack.urn, {});
}

function urnOf({ options }: Generation, { parent, type, name }: Pick<Import, "parent" | "type" | "name">): string {
  return childUrn(options.stack, options.project, parent, type, name);
}

function keep(old: Resource): Step {
  return { op: "same", old, new: old.copy(), skippedCreate: false, untargeted: false };
}

async function ensureStack({ generation, executor }: Importer) {
  const { olds } = generation.ledger;
  const there = olds.all.find(({ urn, state }) => isRootStack(urn) && !state.delete);
  if (there) return { urn: there.urn, created: false };
  const { stack, project } = generation.options;
  const urn = urnOf(generation, { parent: "", type: rootStackType, name: `${project}-${stack}` });
  const fresh = new Resource(newResource({ urn, type: rootStackType, custom: false }));
  const created = await executor.run([{ op: "create", new: fresh, settle: () => {} }]);
  generation.ledger.urns.add(urn);
  return created ? { urn, created } : undefined;
}

async function ensureProvider({ generation, registrar }: Importer, wanted: Import): Promise<void> {
  if (generation.ledger.urns.has(urnOf(generation, wanted))) return;
  const { type, name, parent, inputs, version, pluginDownloadUrl } = wanted;
  await registrar.registerResource({ ...emptyGoal, type, name, parent, inputs, version, pluginDownloadUrl });
}

async function providerFor(importer: Importer, wanted: Import): Promise<string> {
  const { generation, registrar } = importer;
  const { provider, providerInputs: inputs } = wanted;
  if (provider === "") return registrar.defaultProvider(wanted);
  const find = () => generation.ledger.olds.byUrn.get(provider) ?? generation.ledger.news.get(provider);
  if (inputs !== undefined && find() === undefined)
    await ensureProvider(importer, { ...wanted, type: urnType(provider), name: urnName(provider), parent: "", inputs });
  const found = find();
  if (!found)
    throw new Error(
      `the provider ${wanted.provider} of '${wanted.name}' is not in the state; declare it in the import file`,
    );
  return providerReference(found.urn, found.id);
}

function importStep(wanted: Import, urn: string, parent: string, provider: string): ImportStep {
  const { type, id, protect, component, inputs, outputs } = wanted;
  const state = newResource({ urn, type, parent, protect, provider, custom: !component, importId: id, inputs });
  return {
    op: "import",
    original: undefined,
    new: new Resource(state),
    supplied: { inputs, outputs },
    settle: () => {},
  };
}

/**
 * Those whose parents are in the state first, then their children, and so on. No two are below each other: a URN holds
 * all types above it.
 */
async function runByParents({ generation, executor }: Importer, steps: ReadonlyMap<string, ImportStep>): Promise<void> {
  const { news } = generation.ledger;
  const waiting = new Map(steps);
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, step]) => !waiting.has(step.new.state.parent));
    for (const [urn, step] of ready) {
      const { parent } = step.new.state;
      if (!news.has(parent)) throw new Error(`unknown parent '${parent}' for resource '${urn}'`);
      waiting.delete(urn);
    }
    await executor.runAll(ready.map(([, step]) => step));
    if (executor.sawError) return;
  }
}
