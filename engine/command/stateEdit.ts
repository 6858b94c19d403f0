// `state delete | protect | unprotect | taint | untaint | rename`: surgical changes to a stack's state, under its lock. Nothing happens in any cloud.
import { createUrn, isUrn, parseUrn } from "../deployment/urn.ts";
import type { Snapshot } from "../state/deployment.ts";
import { EngineError } from "../state/error.ts";
import type { ResourceState } from "../state/resource.ts";
import { requireYes } from "./confirm.ts";
import type { CommandContext } from "./context.ts";
import { openCheckpoint, openStack, readConfig, stackSecrets } from "./stack.ts";

async function edit(context: CommandContext, change: (snapshot: Snapshot) => readonly ResourceState[]): Promise<void> {
  await requireYes(context, "This will edit your stack's state directly.");
  const stack = await openStack(context);
  const lock = await stack.backend.lock(stack.name);
  try {
    const checkpoint = await openCheckpoint(context, stack);
    const { snapshot } = checkpoint;
    if (snapshot === undefined || snapshot.resources.length === 0)
      throw new EngineError(`stack '${stack.name.stack}' has no resources`);
    const resources = change(snapshot);
    const secrets = checkpoint.secrets ?? (await stackSecrets(context, stack, await readConfig(context, stack.name)));
    await checkpoint.write({ ...snapshot, resources }, secrets);
  } finally {
    await lock.release();
  }
}

/** The URNs given, or all that are not about to be deleted. @throws EngineError naming every URN that is not there. */
function chosen({ resources }: Snapshot, { flags, args }: CommandContext): ReadonlySet<string> {
  const known = new Set(resources.filter((resource) => !resource.delete).map(({ urn }) => urn));
  if (flags.boolean("all")) return known;
  if (args.length === 0) throw new EngineError("missing required argument: resource URN, or --all");
  const missing = args.filter((urn) => !resources.some((resource) => resource.urn === urn));
  if (missing.length > 0)
    throw new EngineError(
      `${missing.map((urn) => `No such resource "${urn}" exists in the current state`).join("\n")}\n` +
        "To list the resource URNs in the stack, run `pulumi stack --show-urns`; to inspect the full state, run `pulumi stack export`.",
    );
  return new Set(args);
}

/** Changes the resources that the URNs name. */
const change =
  (word: string, fields: Partial<ResourceState>) =>
  async (context: CommandContext): Promise<number> => {
    let count = 0;
    await edit(context, (snapshot) => {
      const urns = chosen(snapshot, context);
      return snapshot.resources.map((resource) => {
        if (resource.delete || !urns.has(resource.urn)) return resource;
        count++;
        return { ...resource, ...fields };
      });
    });
    context.stdout(context.flags.boolean("all") ? `All resources ${word}\n` : `${count} resources ${word}\n`);
    return 0;
  };
/** `state protect <urn>...` and `state unprotect <urn>...` */
export const stateProtect = change("protected", { protect: true });
export const stateUnprotect = change("unprotected", { protect: false });
/** `state taint <urn>...` and `state untaint <urn>...`: the next update replaces what is tainted. */
export const stateTaint = change("tainted", { taint: true });
export const stateUntaint = change("untainted", { taint: false });

/** `state rename <urn> <new name>`: the URNs of its children name only types, and stay. */
export async function stateRename(context: CommandContext): Promise<number> {
  const [urn, name] = context.args as readonly [string, string];
  if (!isUrn(urn)) throw new EngineError("The provided input URN is not valid");
  if (name === "") throw new EngineError("the new name must not be empty");
  const { stack, project, qualifiedType } = parseUrn(urn);
  const renamed = createUrn(stack, project, "", qualifiedType, name);
  await edit(context, ({ resources }) => {
    const found = resources.filter((resource) => resource.urn === urn);
    if (found.length === 0) throw new EngineError(`No such resource "${urn}" exists in the current state`);
    if (found.length > 1) throw new EngineError("The input URN ambiguously refers to multiple resources");
    if (renamed !== urn && resources.some((resource) => resource.urn === renamed))
      throw new EngineError("The chosen new urn for the state corresponds to an already existing resource");
    return withUrn(resources, urn, renamed);
  });
  context.stdout("Resource renamed\n");
  return 0;
}

/** The resources with one URN changed wherever it stands. */
function withUrn(resources: readonly ResourceState[], from: string, to: string): readonly ResourceState[] {
  const one = (urn: string) => (urn === from ? to : urn);
  return resources.map((state) => ({
    ...state,
    urn: one(state.urn),
    parent: one(state.parent),
    deletedWith: one(state.deletedWith),
    viewOf: one(state.viewOf),
    dependencies: state.dependencies.map(one),
    replaceWith: state.replaceWith.map(one),
    provider: state.provider.startsWith(`${from}::`) ? to + state.provider.slice(from.length) : state.provider,
    propertyDependencies: Object.fromEntries(
      Object.entries(state.propertyDependencies).map(([key, list]) => [key, list.map(one)]),
    ),
  }));
}

/** `state delete <urn>... [--target-dependents] [--force]` */
export async function stateDelete(context: CommandContext): Promise<number> {
  const { flags } = context;
  let count = 0;
  await edit(context, (snapshot) => {
    const urns = chosen(snapshot, context);
    const condemned = new Set(snapshot.resources.filter(({ urn }) => urns.has(urn)));
    const guard = () => {
      const guarded = [...condemned].find(({ protect }) => protect);
      if (guarded !== undefined && !flags.boolean("force"))
        throw new EngineError(
          `${guarded.urn} can't be safely deleted because it is protected. Re-run this command with --force to force deletion`,
        );
    };
    guard();
    const dependents = dependentsOf(condemned, snapshot.resources);
    if (dependents.length > 0 && !flags.boolean("target-dependents"))
      throw new EngineError(
        [
          `${[...urns].join(", ")} can't be safely deleted because the following resources depend on it:`,
          ...dependents.map(({ urn }) => ` * ${`"${urn.split("::").slice(3).join("::")}"`.padEnd(15)} (${urn})`),
          "",
          "Delete those resources first or pass --target-dependents.",
        ].join("\n"),
      );
    for (const resource of dependents) condemned.add(resource);
    guard();
    count = condemned.size;
    return snapshot.resources.filter((resource) => !condemned.has(resource));
  });
  context.stdout(
    flags.boolean("all") ? "Resources deleted\n" : count === 1 ? "Resource deleted\n" : `${count} resources deleted\n`,
  );
  return 0;
}

/** What depends, at any remove, on the condemned; not on a URN that another state keeps alive. Linear. */
function dependentsOf(
  condemned: ReadonlySet<ResourceState>,
  resources: readonly ResourceState[],
): readonly ResourceState[] {
  const gone = new Set([...condemned].map(({ urn }) => urn));
  for (const resource of resources) if (!condemned.has(resource)) gone.delete(resource.urn);
  const providers = new Set([...condemned].map(({ urn, id }) => `${urn}::${id}`));
  const dependents: ResourceState[] = [];
  // in dependency order, so one pass reaches everything
  for (const resource of resources) {
    if (condemned.has(resource)) continue;
    const { parent, deletedWith, replaceWith, dependencies, propertyDependencies, provider } = resource;
    const named = [parent, deletedWith, ...replaceWith, ...dependencies, ...Object.values(propertyDependencies).flat()];
    if (!providers.has(provider) && !named.some((urn) => gone.has(urn))) continue;
    dependents.push(resource);
    gone.add(resource.urn);
    providers.add(`${resource.urn}::${resource.id}`);
  }
  return dependents;
}

/** `state edit`: as the official CLI answers where nobody can be asked. */
export async function stateEditor(): Promise<number> {
  throw new EngineError(
    "pulumi state edit must be run in interactive mode; here, edit what `pulumi stack export --file state.json` writes, " +
      "and give it to `pulumi stack import --file state.json`",
  );
}
