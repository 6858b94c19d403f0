// Refreshing: what the cloud says becomes the state, or is only told.
import { expect, it } from "vitest";
import { type Program, type Run, TestStack, thingUrn } from "./support.ts";

const pair: Program = async (stack) => {
  const a = await stack.thing("a", { x: 1 });
  await stack.thing("b", { y: 1 }, { dependencies: [a.urn], propertyDependencies: { y: [a.urn] } });
};

const found = (run: Run) =>
  run.events.flatMap((event) => {
    if (!("resOutputsEvent" in event)) return [];
    const { op, urn, detailedDiff, old, new: now } = event.resOutputsEvent.metadata;
    return op === "same" ? [] : [{ op, urn, detailedDiff, old: old?.inputs, new: now?.inputs ?? null }];
  });

it("adopts what changed, with each property's old and new value in the event", async () => {
  const stack = new TestStack();
  await stack.up(pair);
  stack.cloud.objects.get("id-1")!.inputs = { x: 5 };
  const before = stack.contents;
  const drift = {
    op: "update",
    urn: thingUrn("a"),
    detailedDiff: { x: { diffKind: "update", inputDiff: true } },
    old: { x: 1 },
    new: { x: 5 },
  };
  const preview = await stack.refresh({ preview: true });
  expect(found(preview)).toEqual([drift]);
  expect(preview.changes).toEqual({ same: 2, update: 1 });
  expect(stack.contents).toBe(before);
  const run = await stack.refresh();
  expect(found(run)).toEqual([drift]);
  expect(stack.state("a")).toMatchObject({ inputs: { x: 5 }, outputs: { x: 5, computed: "computed-id-1" } });
  expect((await stack.up(pair)).steps).toContain("update a");
});

it("finds no change in what did not change, and none by code that is merely ahead", async () => {
  const stack = new TestStack();
  await stack.up(pair);
  const run = await stack.refresh();
  expect(found(run)).toEqual([]);
  expect(run.changes).toEqual({ same: 3 });
});

it("forgets what is gone, and what named it", async () => {
  const stack = new TestStack();
  await stack.up(async (api) => {
    const a = await api.thing("a");
    const child = await api.thing("child", {}, { parent: a.urn });
    await api.thing("b", {}, { dependencies: [a.urn], deletedWith: a.urn, parent: child.urn });
  });
  stack.cloud.objects.delete("id-1");
  stack.cloud.objects.delete("id-2");
  const run = await stack.refresh();
  expect(run.changes).toEqual({ same: 2, delete: 2 });
  expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "b"]);
  expect(stack.state("b")).toMatchObject({
    parent: "",
    dependencies: [],
    deletedWith: "",
  });
});

it("forgets what is gone also where a predecessor of its name waits for its deletion", async () => {
  const stack = new TestStack();
  await stack.up(pair);
  stack.cloud.fail.push("delete:a");
  await stack.up(async ({ thing }) => {
    const a = await thing("a", { x: 1, force: 1 });
    await thing("b", { y: 1 }, { dependencies: [a.urn] });
  });
  const { resources, pendingOperations } = stack.contents;
  // Wherever the predecessor stands.
  stack.contents = { resources: [...resources.slice(0, 3), resources[4]!, resources[3]!], pendingOperations };
  expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "a*", "b"]);
  stack.cloud.objects.delete(stack.state("a")!.id);
  await stack.refresh();
  expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a*", "b"]);
  expect(stack.state("b")!.dependencies).toEqual([]);
});

it("before an update repairs what the state did not know", async () => {
  const stack = new TestStack();
  await stack.up(pair);
  stack.cloud.objects.delete("id-1");
  expect((await stack.up(pair)).changes).toEqual({ same: 3 });
  const run = await stack.up(pair, { refresh: "first" });
  expect(run.changes).toEqual({ same: 2, create: 1 });
  expect([...stack.cloud.objects.keys()].sort()).toEqual(["id-2", "id-3"]);
});

it("keeps to its targets", async () => {
  const stack = new TestStack();
  await stack.up(pair);
  stack.cloud.objects.get("id-1")!.inputs = { x: 5 };
  stack.cloud.objects.get("id-2")!.inputs = { y: 5 };
  await stack.refresh({ targets: [thingUrn("b")] });
  expect([stack.state("a")?.inputs, stack.state("b")?.inputs]).toEqual([{ x: 1 }, { y: 5 }]);
  await stack.refresh({ excludes: [thingUrn("a")], excludeDependents: true });
  expect(stack.state("a")?.inputs).toEqual({ x: 1 });
});

it("goes on with the others when one cannot be read, and fails", async () => {
  const stack = new TestStack();
  await stack.up(pair);
  stack.cloud.objects.get("id-2")!.inputs = { y: 5 };
  const provider = stack.cloud.provider.bind(stack.cloud);
  stack.cloud.provider = (name, version) => ({
    ...provider(name, version),
    read: async (request) => {
      if (request.id === "id-1") throw new Error("no answer");
      return provider(name, version).read(request);
    },
  });
  const run = await stack.refresh();
  expect(run.result).toBe("failed");
  expect(run.messages).toEqual(["error: no answer", "error: update failed"]);
  expect(stack.state("b")?.inputs).toEqual({ y: 5 });
});

it("does not begin what an update must not begin", async () => {
  const stack = new TestStack();
  await stack.up(pair);
  stack.cloud.provider = () => {
    throw new Error("no such provider");
  };
  const run = await stack.up(pair, { refresh: "first" });
  expect(run.result).toBe("failed");
  expect(run.messages[0]).toContain("could not load provider");
  expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b"]);
});
