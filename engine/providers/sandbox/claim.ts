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
/** How often a refusal of the same choice is doubted: what stood in the way may have been taken back meanwhile. */
const doubts = 3;

/** Creates the resource and returns its record. @throws Refusal when the cloud will not have it. */
export async function claimResource(store: CloudStore, claim: Claim): Promise<CloudRecord> {
  if (claim.kind.allocate === undefined) return await attempt(store, claim);
  return await inTurn(`${store.directory}\n${collectionOf(claim.kind, claim.draft.place)}`, () => draw(store, claim));
}

/** Attempts with one choice after another, until one is accepted or the refusal has nothing to do with the choice. */
async function draw(store: CloudStore, claim: Claim): Promise<CloudRecord> {
  let last = "";
  let repeated = 0;
  for (let count = 1; ; count++) {
    const allocated = (await claim.kind.allocate?.(claim.draft, store)) ?? {};
    repeated = JSON.stringify(allocated) === last ? repeated + 1 : 0;
    last = JSON.stringify(allocated);
    try {
      return await attempt(store, { ...claim, draft: { ...claim.draft, allocated } });
    } catch (error) {
      if (!(error instanceof Refusal) || repeated >= doubts || count >= draws) throw error;
      // Not in step with another process that takes its own back at the same time.
      await delay(Math.random() * 5);
    }
  }
}

async function attempt(store: CloudStore, claim: Claim): Promise<CloudRecord> {
  const { kind, draft } = claim;
  const record = recordOf(claim);
  const resource: Resource = {
    ...draft,
    id: record.id,
    created: record.created,
    updated: record.created,
    previous: undefined,
  };
  await kind.verify?.(resource, store);
  if (!(await store.claim(record)))
    throw kind.taken?.(draft, record.id) ?? googleError(409, `The resource '${record.id}' already exists`);
  try {
    await kind.verify?.(resource, store);
    return record;
  } catch (error) {
    await store.remove(record.collection, record.id);
    throw error;
  }
}

function recordOf({ kind, schema, draft: chosen, stack }: Claim): CloudRecord {
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
