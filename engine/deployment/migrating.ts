// Rewrites what the state holds of a resource and of all below it, by functions of the program (`stateMigrations`), before
// the resource is compared with what the program wants. Nothing in any cloud changes.
//
// 1. What was there is there under the same URN, or a successor that is there took its place; no resource is lost.
// 2. Custom resources stay the ones they are (id, provider) and as guarded as they were; providers are not touched.
// 3. What was secret does not come back in plain text.
// 4. Whatever else in the state named a URN that is gone, names its successor.
//
// The rules are those the SDK documents (resource.d.ts, StateMigration); no official engine that has them was at hand, so
// how one words its refusals is unverified.
import { EngineError, reasonOf } from "../state/error.ts";
import type { JsonValue } from "../state/json.ts";
import { decodeResource, encodeResource, type ResourceState } from "../state/resource.ts";
import type { SecretReader } from "../state/serialize.ts";
import { isPropertyArray, isPropertyMap, type PropertyValue, Secret } from "../values.ts";
import { shortestSecret } from "./events.ts";
import type { Generation } from "./generation.ts";
import { renameIn } from "./normalize.ts";
import { inOrder } from "./order.ts";
import { isProviderType, Resource } from "./resource.ts";
import type { StateMigration } from "./source.ts";

/** States by URN, and what took the place of each URN that is gone. */
interface Migrated {
  readonly states: readonly ResourceState[];
  readonly successors: ReadonlyMap<string, string>;
}

const plaintext: SecretReader = {
  decrypt() {
    throw new EngineError("it holds an encrypted secret; secrets are given in plain text");
  },
};

/**
 * Runs the migrations of the resource registered as `urn`, one after the other, and makes what they say what there was.
 * Answers the old resource from then on. @throws Error for what a migration may not do.
 */
export async function migrate(
  generation: Generation,
  migrations: readonly StateMigration[],
  urn: string,
  old: Resource,
): Promise<Resource> {
  const before = subtree(generation.ledger.olds.all, old);
  let now: Migrated = { states: before.map(({ state }) => state), successors: new Map() };
  for (const migration of migrations) {
    const answer = await migration(urn, jsonOf(now.states));
    if (answer === undefined) continue;
    try {
      const states = statesOf(answer.states);
      check(now.states, { states, successors: answer.successors });
      now = { states, successors: chained(now.successors, answer.successors) };
    } catch (thrown) {
      throw new Error(`the state migration of '${urn}' cannot be applied: ${reasonOf(thrown)}`, { cause: thrown });
    }
  }
  return rebase(generation, before, now, old);
}

/** The resource and all that have it as an ancestor, in their order. What waits for its deletion is done with. */
function subtree(all: readonly Resource[], root: Resource): readonly Resource[] {
  const urns = new Set([root.urn]);
  return all.filter((each) => {
    const { parent, delete: waits } = each.state;
    if (each !== root && (waits || !urns.has(parent))) return false;
    urns.add(each.urn);
    return true;
  });
}

const jsonOf = (states: readonly ResourceState[]): string =>
  `[${states.map((state) => encodeResource(state, { type: "plaintext" })).join(",")}]`;

function statesOf(json: string): readonly ResourceState[] {
  const list = JSON.parse(json) as JsonValue;
  if (!Array.isArray(list)) throw new Error("newState must be a list of resources");
  return (list as readonly JsonValue[]).map((item) => decodeResource(item, plaintext));
}

function check(olds: readonly ResourceState[], { states, successors }: Migrated): void {
  const news = new Map(states.map((state) => [state.urn, state]));
  if (news.size < states.length) throw new Error("newState holds a URN twice");
  for (const gone of successors.keys())
    if (!olds.some((state) => state.urn === gone)) throw new Error(`'${gone}' has a successor, but was not there`);
  const taken = new Map<string, ResourceState>();
  for (const old of olds) {
    const successor = successors.get(old.urn);
    if (successor !== undefined && news.has(old.urn)) throw new Error(`'${old.urn}' is there and has a successor`);
    const fresh = news.get(successor ?? old.urn);
    if (fresh === undefined)
      throw new Error(
        successor === undefined
          ? `'${old.urn}' is neither there nor has a successor`
          : `'${successor}', the successor of '${old.urn}', is not there`,
      );
    if (isProviderType(old.type)) {
      if (jsonOf([old]) !== jsonOf([fresh])) throw new Error(`the provider '${old.urn}' must stay as it is`);
    } else if (old.custom) {
      checkIdentity(old, fresh);
      const other = taken.get(fresh.urn);
      if (other) throw new Error(`'${fresh.urn}' cannot take the place of both '${other.urn}' and '${old.urn}'`);
    } else continue;
    taken.set(fresh.urn, old);
  }
  checkSecrets(olds, states);
  const [root] = olds;
  const top = successors.get(root!.urn) ?? root!.urn;
  for (const state of states) {
    if (state.custom && !taken.has(state.urn)) throw new Error(`'${state.urn}' was not there: it has to be imported`);
    if (state.urn === top ? state.parent !== root!.parent : !news.has(state.parent))
      throw new Error(`'${state.urn}' must stay below '${top}', got parent '${state.parent}'`);
  }
}

/** Refuses a plain value that only was there as a secret, or as a part of one. */
function checkSecrets(olds: readonly ResourceState[], news: readonly ResourceState[]): void {
  const before = { plain: new Set<string>(), secret: new Set<string>() };
  for (const { inputs, outputs } of olds) for (const map of [inputs, outputs]) textsOf(map, before);
  for (const { urn, inputs, outputs } of news) {
    const now = { plain: new Set<string>(), secret: new Set<string>() };
    for (const map of [inputs, outputs]) textsOf(map, now);
    for (const text of now.plain)
      if (before.secret.has(text) && !before.plain.has(text))
        throw new Error(`'${urn}' would hold in plain text what was a secret before`);
  }
}

/** Adds the texts of a value to those that are secret, or plain. Too short ones say nothing. */
function textsOf(
  value: PropertyValue,
  into: { readonly plain: Set<string>; readonly secret: Set<string> },
  isSecret = false,
): void {
  if (typeof value === "string") {
    if (value.length >= shortestSecret) into[isSecret ? "secret" : "plain"].add(value);
  } else if (value instanceof Secret) textsOf(value.element, into, true);
  else if (isPropertyArray(value)) for (const item of value) textsOf(item, into, isSecret);
  else if (isPropertyMap(value)) for (const item of Object.values(value)) textsOf(item, into, isSecret);
}

/** What says which resource of a cloud it is, and what keeps that from harm. */
const fixed = [
  "custom",
  "id",
  "provider",
  "external",
  "delete",
  "pendingReplacement",
  "protect",
  "retainOnDelete",
  "taint",
] as const;

function checkIdentity(old: ResourceState, fresh: ResourceState): void {
  const changed = fixed.find((field) => old[field] !== fresh[field]);
  if (changed !== undefined)
    throw new Error(`${changed} of '${old.urn}' must stay ${show(old[changed])}, got ${show(fresh[changed])}`);
}

const show = (value: unknown): string => JSON.stringify(value);

function chained(first: ReadonlyMap<string, string>, then: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const through = [...first].map(([from, to]) => [from, then.get(to) ?? to] as const);
  return new Map([...then, ...through]);
}

/** Puts the new states where the old ones stood. A resource keeps its cell: steps under way may hold it. */
function rebase(generation: Generation, before: readonly Resource[], { states, successors }: Migrated, old: Resource) {
  const { all } = generation.ledger.olds;
  const current = (urn: string) => successors.get(urn) ?? urn;
  const cells = new Map<string, Resource>();
  // A custom resource decides over a component whose place the same resource took.
  for (const cell of [...before].sort((a, b) => Number(a.custom) - Number(b.custom)))
    cells.set(current(cell.urn), cell);
  const migrated = states.map((state) => {
    const cell = cells.get(state.urn) ?? new Resource(state);
    cell.set(state);
    return cell;
  });
  const inside = new Set(before);
  const placed = all.flatMap((each) => (each === old ? migrated : inside.has(each) ? [] : [each]));
  if (successors.size > 0)
    for (const each of placed) {
      const renamed = renameIn(each.state, current);
      each.set({ ...renamed, urn: each.urn, aliases: each.state.aliases });
    }
  const cellOf = new Map(placed.map((each) => [each.state, each]));
  generation.rebase(inOrder(placed.map(({ state }) => state)).map((state) => cellOf.get(state)!));
  return migrated.find(({ urn }) => urn === current(before[0]!.urn))!;
}
