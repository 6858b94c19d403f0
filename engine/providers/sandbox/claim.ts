// Brings a new resource into the cloud without a lock between processes:
//
// 1. The cloud chooses what is its to choose: an address, a version number.
// 2. The table is asked whether the resource may be.
// 3. Its id is claimed: a file that only one process can create.
// 4. The table is asked again, now that others can see the file. Of two processes that would break a rule together, at least
//    one sees the other here and takes its own back. What the cloud had chosen is then chosen anew.
//
// Within one process, kinds for which the cloud chooses take turns: they would otherwise all choose the same.
import { setTimeout as delay } from "node:timers/promises";
import type { PropertyMap } from "../../values.ts";
import { composeState, withSecrets } from "./compose.ts";
import { collectionOf, type Draft, type Kind, type Resource } from "./kind.ts";
import type { CloudRecord } from "./record.ts";
import { googleError, Refusal } from "./refusal.ts";
import type { SchemaResource } from "./schema.ts";
import type { CloudStore } from "./store.ts";

export interface Claim {
  readonly kind: Kind;
  readonly schema: SchemaResource | undefined;
  readonly draft: Draft;
  readonly stack: string;
}

/** More than there are contenders at a time: whoever draws this often was refused for another reason. */
const draws = 100;

/** Creates the resource and returns its record. @throws Refusal when the cloud will not have it. */
export async function claimResource(store: CloudStore, claim: Claim): Promise<CloudRecord> {
  if (claim.kind.allocate === undefined) return await attempt(store, claim, 1);
  return await inTurn(`${store.directory}\n${collectionOf(claim.kind, claim.draft.place)}`, () =>
    attempt(store, claim, 1),
  );
}

async function attempt(store: CloudStore, claim: Claim, count: number): Promise<CloudRecord> {
  const { kind, draft } = claim;
  const chosen: Draft = { ...draft, allocated: (await kind.allocate?.(draft, store)) ?? {} };
  const record = recordOf(claim, chosen);
  const resource: Resource = {
    ...chosen,
    id: record.id,
    created: record.created,
    updated: record.created,
    previous: undefined,
  };
  const again = async () => {
    if (kind.allocate === undefined || count >= draws) return false;
    return JSON.stringify(await kind.allocate(draft, store)) !== JSON.stringify(chosen.allocated);
  };
  const refused = await refusalOf(kind.verify?.(resource, store));
  if (refused !== undefined) {
    if (await again()) return await attempt(store, claim, count + 1);
    throw refused;
  }
  if (!(await store.claim(record))) {
    if (await again()) return await attempt(store, claim, count + 1);
    throw kind.taken?.(chosen, record.id) ?? googleError(409, `The resource '${record.id}' already exists`);
  }
  const late = await refusalOf(kind.verify?.(resource, store));
  if (late === undefined) return record;
  await store.remove(record.collection, record.id);
  if (kind.allocate === undefined || count >= draws) throw late;
  // The other may have taken its own back too: not in step with it again.
  await delay(Math.random() * 5);
  return await attempt(store, claim, count + 1);
}

function recordOf({ kind, schema, stack }: Claim, chosen: Draft): CloudRecord {
  const id = kind.id(chosen);
  const created = new Date().toISOString();
  const inputs = chosen.inputs.value as PropertyMap;
  const resource: Resource = { ...chosen, id, created, updated: created, previous: undefined };
  return {
    version: 1,
    id,
    type: chosen.type,
    name: kind.physicalName?.(chosen) ?? id.slice(id.lastIndexOf("/") + 1),
    collection: collectionOf(kind, chosen.place),
    urn: chosen.urn,
    stack,
    created,
    updated: created,
    inputs: withSecrets(inputs, schema),
    state: composeState(kind, schema, resource, inputs),
    allocated: chosen.allocated,
    edited: [],
  };
}

async function refusalOf(verified: Promise<void> | undefined): Promise<Refusal | undefined> {
  try {
    await verified;
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

const turns = new Map<string, Promise<unknown>>();

/** Runs a call when all earlier ones of the same key in this process have ended. */
async function inTurn<T>(key: string, call: () => Promise<T>): Promise<T> {
  const earlier = turns.get(key);
  const mine = (async () => {
    await earlier?.catch(() => undefined);
    return await call();
  })();
  turns.set(key, mine);
  try {
    return await mine;
  } finally {
    if (turns.get(key) === mine) turns.delete(key);
  }
}
