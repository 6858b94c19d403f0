// A written snapshot and its changes, replayed, are what a whole write would have held: what a deployment seldom does.
import { expect, it } from "vitest";
import { ChangeCollector, Replay } from "../../../engine/deployment/changes.ts";
import { merge } from "../../../engine/deployment/merge.ts";
import { type PendingOperation, Resource, resource } from "../../../engine/deployment/resource.ts";
import { LiveSnapshot } from "../../../engine/deployment/snapshot.ts";
import type { CreateStep } from "../../../engine/deployment/steps.ts";
import { thingUrn } from "./support.ts";

const thing = (name: string, fields: Partial<Resource["state"]> = {}) =>
  resource({ urn: thingUrn(name), type: "test:index:Thing", custom: true, id: name, ...fields });

/** A snapshot to be changed by hand, and what is replayed of it. */
function changing(base: readonly Resource[], kept: readonly PendingOperation[] = []) {
  const snapshot = {
    base,
    news: [] as Resource[],
    gone: new Set<Resource>(),
    operations: [] as PendingOperation[],
    kept,
    refreshed: false,
  };
  const now = () => {
    const states = (list: readonly Resource[]) =>
      list.filter((each) => !snapshot.gone.has(each)).map((each) => each.state);
    const operations = [...snapshot.operations, ...kept].map((open) => ({ ...open, resource: open.resource.state }));
    return merge({ ...snapshot, base: states(snapshot.base), news: states(snapshot.news), operations });
  };
  const written = now();
  const collector = new ChangeCollector(snapshot, written);
  const replay = new Replay(written);
  const replayed = () => {
    replay.apply(collector.take(snapshot));
    return replay.contents();
  };
  return { snapshot, collector, now, replay, replayed };
}

it("is what was written, before anything changes", () => {
  const { now, replay } = changing([thing("a")], [{ type: "creating", resource: thing("b", { id: "" }) }]);
  expect(replay.contents()).toEqual(now());
});

it("keeps operations that were open before", () => {
  const { now, replayed } = changing([thing("a")], [{ type: "creating", resource: thing("b", { id: "" }) }]);
  expect(replayed()).toEqual(now());
  expect(replayed().pendingOperations).toHaveLength(1);
});

it("holds what a refresh has made of the old resources, in its order", () => {
  const [a, b, c] = [thing("a"), thing("b"), thing("c")];
  const { snapshot, now, replayed } = changing([a, b, c]);
  replayed();
  snapshot.base = [c, a.copy({ outputs: { x: 1 } })];
  expect(replayed()).toEqual(now());
  snapshot.base = [];
  expect(replayed()).toEqual({ resources: [], pendingOperations: [] });
});

it("names nothing that a refresh beside other steps has found gone", () => {
  const [a, b] = [thing("a"), thing("b", { dependencies: [thingUrn("a")] })];
  const { snapshot, collector, now, replayed } = changing([a, b]);
  snapshot.gone.add(a);
  collector.isGone(a);
  snapshot.refreshed = true;
  expect(replayed()).toEqual(now());
  expect(replayed().resources.map(({ dependencies }) => dependencies)).toEqual([[]]);
});

it("tells cells apart that hold the same", () => {
  const a = thing("a", { delete: true });
  const { snapshot, now, replayed } = changing([a, new Resource(a.state)]);
  snapshot.base[1]!.set({ id: "other" });
  expect(replayed()).toEqual(now());
});

it("is written whole after a change that could not be added, and at the end", async () => {
  const written: string[] = [];
  let room = true;
  const snapshot = new LiveSnapshot({ resources: [], pendingOperations: [] }, async ({ pendingOperations }, final) => {
    written.push(`${final ? "last" : "whole"} ${pendingOperations.length}`);
    return async ({ begun = [], ended = [] }) => {
      if (!room) throw new Error("no space left");
      written.push(`+${begun.length} -${ended.length}`);
      return written.length !== 3;
    };
  });
  const create = (name: string): CreateStep => ({ op: "create", new: thing(name), settle: () => {} });
  const [a, b, c] = [create("a"), create("b"), create("c")];
  await snapshot.begin(a);
  await snapshot.begin(b);
  await snapshot.end(a, true);
  // There was no room for more.
  await snapshot.begin(c);
  room = false;
  await expect(snapshot.end(b, true)).rejects.toThrow("no space left");
  expect(snapshot.openOperations).toHaveLength(2);
  await snapshot.end(c, true);
  await snapshot.close();
  expect(written).toEqual(["whole 1", "+1 -0", "+0 -1", "whole 2", "whole 0", "last 0"]);
  expect(snapshot.contents().resources).toHaveLength(3);
});
