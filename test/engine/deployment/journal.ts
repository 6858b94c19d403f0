// The state of a fuzzed stack as a checkpoint and a journal, without a disk: every change is encoded, and what is read is
// what both make together. It must be what a whole write would have held.
import { ChangeCollector, type ChangingSnapshot } from "../../../engine/deployment/changes.ts";
import { merge, type SnapshotContents } from "../../../engine/deployment/merge.ts";
import type { AppendChanges } from "../../../engine/deployment/snapshot.ts";
import { decodeDeployment, encodeDeployment, newManifest } from "../../../engine/state/deployment.ts";
import { encodeChanges, replayJournal } from "../../../engine/state/journal.ts";
import type { JsonObject } from "../../../engine/state/json.ts";
import { encodeResource, type ResourceState } from "../../../engine/state/resource.ts";
import type { SecretWriter } from "../../../engine/state/serialize.ts";

/** Secrets are turned round, so that one that was taken for its ciphertext is seen. */
const turned = (text: string) => [...text].reverse().join("");
const secrets: SecretWriter = { type: "encrypt", encrypt: turned };
const encode = (resource: ResourceState) => encodeResource(resource, secrets);

let live: ChangingSnapshot | undefined;
const { take } = ChangeCollector.prototype;
ChangeCollector.prototype.take = function (snapshot) {
  live = snapshot as ChangingSnapshot;
  return take.call(this, snapshot);
};

/** What the snapshot held when its changes were last taken. */
export const liveContents = (): SnapshotContents => merge(partsOf(live!));

/** Goes on from what was written. `write` is told of each state that stands on the disk then. */
export function journalOf(
  contents: SnapshotContents,
  lines: number,
  write: (contents: SnapshotContents) => Promise<void>,
): AppendChanges {
  const snapshot = { ...contents, manifest: newManifest("3.0.0"), metadata: {} };
  const encoded = encodeDeployment(snapshot, { secrets, sandbox: false });
  const checkpoint = { ...encoded, deployment: JSON.parse(encoded.text) as JsonObject };
  let journal = '{"version":1,"sandbox":false}\n';
  let room = lines;
  return async (changes) => {
    const now = liveContents();
    journal += `${encodeChanges(changes, encode)}\n`;
    const { deployment } = replayJournal(checkpoint, Buffer.from(journal), "the journal").raw;
    const { resources, pendingOperations } = decodeDeployment(deployment!, { decrypt: turned });
    const read = { resources, pendingOperations };
    if (text(read) !== text(now)) throw new Error("the journal says something else than the snapshot");
    await write(read);
    room--;
    return room > 0;
  };
}

function partsOf({ base, news, gone, operations, kept, refreshed }: ChangingSnapshot) {
  const states = (list: ChangingSnapshot["base"]) => list.filter((one) => !gone.has(one)).map(({ state }) => state);
  const open = [...operations, ...kept].map(({ type, resource }) => ({ type, resource: resource.state }));
  return { base: states(base), news: states(news), operations: open, refreshed };
}

const text = ({ resources, pendingOperations }: SnapshotContents) =>
  [...resources.map(encode), ...pendingOperations.map(({ type, resource }) => `${type} ${encode(resource)}`)].join(
    "\n",
  );
