// What happens when something goes wrong: what is recorded, what is told, who still runs.
import { describe, expect, it } from "vitest";
import type { StepMetadata } from "../../../engine/deployment/events.ts";
import type { SnapshotContents } from "../../../engine/deployment/merge.ts";
import { PartialFailure } from "../../../engine/providers/provider.ts";
import { type Program, TestStack, tail, thingUrn } from "./support.ts";

const parallel: Program = async (stack) => {
  await Promise.all(["a", "b", "c"].map((name) => stack.thing(name)));
};

describe("a failing step", () => {
  it("is told with its URN, and nothing new begins; what runs is finished and recorded", async () => {
    const stack = new TestStack();
    const b = Promise.withResolvers<void>();
    stack.cloud.fail.push("create:a");
    stack.cloud.hold = (call) => (call === "create:b" ? b.promise : Promise.resolve());
    const running = stack.up(async (api) => {
      const started = [api.thing("a"), api.thing("b")];
      await Promise.allSettled([started[0]!]);
      b.resolve();
      await Promise.all([...started, api.thing("c")]);
    });
    const run = await running;
    expect(run.result).toBe("failed");
    expect(run.messages).toEqual(["error: create:a refused", "error: update failed"]);
    const failed = run.events.find((event) => "resOpFailedEvent" in event) as unknown as {
      resOpFailedEvent: { metadata: StepMetadata; status: number };
    };
    expect(failed.resOpFailedEvent.metadata).toMatchObject({ op: "create", urn: thingUrn("a"), logical: true });
    expect(stack.cloud.calls).toEqual(["create:a", "create:b"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "b"]);
    expect(stack.contents.pendingOperations).toEqual([]);
  });

  it("ends with a summary that says so", async () => {
    const stack = new TestStack();
    stack.cloud.fail.push("create:b");
    const run = await stack.up(parallel, { parallel: 1 });
    const summary = run.events.at(-2);
    expect(summary).toMatchObject({
      summaryEvent: { result: "failed", isPreview: false, resourceChanges: { create: 2 } },
    });
    expect(run.events.at(-1)).toMatchObject({ cancelEvent: {} });
  });

  it("of an update leaves the old state, and says that nobody knows", async () => {
    const stack = new TestStack();
    const set =
      (x: number): Program =>
      async (api) =>
        void (await api.thing("a", { x }));
    await stack.up(set(1));
    stack.cloud.fail.push("update:a");
    const run = await stack.up(set(2));
    expect(stack.state("a")).toMatchObject({ inputs: { x: 1 } });
    expect(run.events.at(-2)).toMatchObject({ summaryEvent: { maybeCorrupt: true } });
    expect((await stack.up(set(2))).steps).toContain("update a");
  });

  it("of a create that half succeeded records the resource and why, and tries again", async () => {
    const stack = new TestStack();
    const provider = stack.cloud.provider.bind(stack.cloud);
    let healthy = false;
    stack.cloud.provider = (name, version) => ({
      ...provider(name, version),
      create: async (request) => {
        const { id, outputs } = await provider(name, version).create(request);
        if (!healthy && !request.preview) throw new PartialFailure(id, outputs, request.inputs, ["not ready"]);
        return { id, outputs };
      },
    });
    const run = await stack.up(async (api) => void (await api.thing("a")));
    expect(run.messages[0]).toBe("error: 1 error occurred:\n\t* not ready");
    expect(stack.state("a")).toMatchObject({ id: "id-1", initErrors: ["not ready"] });
    healthy = true;
    const again = await stack.up(async (api) => void (await api.thing("a")));
    expect(again.steps).toContain("update a");
    expect(stack.state("a")?.initErrors).toEqual([]);
  });

  it("of an update that half succeeded keeps the old inputs, so that it is tried again", async () => {
    const stack = new TestStack();
    await stack.up(async (api) => void (await api.thing("a", { x: 1 })));
    const created = stack.state("a")?.created;
    expect(created).toMatch(/^\d{4}-/);
    const provider = stack.cloud.provider.bind(stack.cloud);
    let healthy = false;
    stack.cloud.provider = (name, version) => ({
      ...provider(name, version),
      update: async (request) => {
        const outputs = await provider(name, version).update(request);
        if (!healthy) throw new PartialFailure(request.id, outputs, request.newInputs, ["not ready"]);
        return outputs;
      },
    });
    const change: Program = async (api) => void (await api.thing("a", { x: 2 }));
    await stack.up(change);
    expect(stack.state("a")).toMatchObject({ inputs: { x: 1 }, outputs: { x: 2 }, initErrors: ["not ready"] });
    healthy = true;
    await stack.up(change);
    expect(stack.state("a")).toMatchObject({ inputs: { x: 2 }, initErrors: [], created });
  });

  it("is a creation without an id", async () => {
    const stack = new TestStack();
    const provider = stack.cloud.provider.bind(stack.cloud);
    stack.cloud.provider = (name, version) => ({
      ...provider(name, version),
      create: async ({ inputs }) => ({ id: "", outputs: inputs }),
    });
    const run = await stack.up(async (api) => void (await api.thing("a")));
    expect(run.messages[0]).toBe("error: provider did not return an ID from Create");
  });

  it("with continue-on-error passes over what depends on it, and only that", async () => {
    const stack = new TestStack();
    stack.cloud.fail.push("create:a");
    const results: Record<string, string> = {};
    const run = await stack.up(
      async (api) => {
        const a = await api.thing("a");
        const b = await api.thing("b", {}, { dependencies: [a.urn] });
        const c = await api.thing("c");
        Object.assign(results, { a: a.result, b: b.result, c: c.result });
      },
      { continueOnError: true },
    );
    expect(results).toEqual({ a: "failed", b: "skipped", c: "success" });
    expect(run).toMatchObject({ result: "failed", changes: { create: 2 } });
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "c"]);
  });

  it("of a deletion with continue-on-error keeps what the resource depends on", async () => {
    const stack = new TestStack();
    await stack.up(async (api) => {
      const a = await api.thing("a");
      await api.thing("b", {}, { dependencies: [a.urn] });
      await api.thing("c");
    });
    stack.cloud.fail.push("delete:b");
    await stack.destroy({ continueOnError: true });
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b"]);
  });

  it("keeps outputs that the program did not get to give", async () => {
    const stack = new TestStack();
    const give =
      (outputs: Record<string, number>, name: string): Program =>
      async (api) => {
        await api.outputs(outputs);
        await api.thing(name);
      };
    await stack.up(give({ x: 1, y: 1 }, "a"));
    stack.cloud.fail.push("create:b");
    await stack.up(give({ x: 2 }, "b"));
    expect(stack.state("proj-dev")?.outputs).toEqual({ x: 2, y: 1 });
    await stack.up(give({ x: 2 }, "b"));
    expect(stack.state("proj-dev")?.outputs).toEqual({ x: 2 });
  });
});

describe("a failing program", () => {
  it("deletes nothing, and is told in its own words", async () => {
    const stack = new TestStack();
    await stack.up(parallel);
    const run = await stack.up(async () => {
      throw new Error("oops");
    });
    expect(run.messages).toEqual(["error: oops"]);
    expect(run.result).toBe("failed");
    expect(stack.cloud.objects.size).toBe(3);
  });

  it("that has told its error itself is not told twice", async () => {
    const stack = new TestStack();
    const run = await stack.up(parallel, { endWith: { type: "bail" } });
    expect(run.messages).toEqual([]);
    expect(run.result).toBe("failed");
  });

  it("that has hooks lives until what runs has ended", async () => {
    const stack = new TestStack();
    const held = Promise.withResolvers<void>();
    stack.cloud.hold = () => held.promise;
    const ended: boolean[] = [];
    const run = await stack.up(async (api) => {
      const hook = { onDryRun: false, ignoreErrors: false, run: async () => void ended.push(api.signal.aborted) };
      api.registrar.registerResourceHook("late", hook);
      const a = api.thing("a", {}, { hooks: { AfterCreate: ["late"] } });
      const b = api.thing("b", { bad: true });
      // b is refused in its turn, while a is being created.
      setTimeout(held.resolve, 50);
      await Promise.all([a, b]);
    });
    expect(run.result).toBe("failed");
    expect(ended).toEqual([false]);
  });

  it("that never registered its stack has failed, though it says it has not", async () => {
    const run = await new TestStack().up(parallel, { endWith: { type: "ok" } });
    expect(run.result).toBe("failed");
    expect(run.messages[0]).toContain("the program ended without having registered its stack");
  });

  it("with a resource that the provider finds wrong says which property", async () => {
    const run = await new TestStack().up(async (api) => void (await api.thing("a", { bad: 1 })));
    expect(run.messages).toEqual([
      "error: test:index:Thing resource 'a': property bad value {1} has a problem: is bad",
    ]);
  });
});

describe("an interrupt", () => {
  it("lets what runs end, begins nothing new, writes the state and says cancelled", async () => {
    const stack = new TestStack();
    const interrupt = new AbortController();
    const a = Promise.withResolvers<void>();
    stack.cloud.hold = async (call) => {
      if (call !== "create:a") return;
      interrupt.abort();
      await a.promise;
    };
    const run = stack.up(
      async (api) => {
        await api.thing("a");
        await api.thing("b");
      },
      { signal: interrupt.signal },
    );
    // The program's request is refused at once; the provider's call goes on.
    await new Promise((resolve) => setImmediate(resolve));
    a.resolve();
    const { result, messages } = await run;
    expect(result).toBe("canceled");
    expect(messages).toEqual(["error: update canceled"]);
    expect(stack.cloud.calls).toEqual(["create:a"]);
    expect(stack.state("a")).toMatchObject({ id: "id-1" });
    expect(stack.contents.pendingOperations).toEqual([]);
  });
});

describe("an interrupt that reaches a provider", () => {
  it("ends what it was doing, which leaves nothing open", async () => {
    const stack = new TestStack();
    const interrupt = new AbortController();
    const asked = Promise.withResolvers<void>();
    stack.cloud.cancelled = asked.resolve;
    stack.cloud.hold = async (call) => {
      if (call !== "create:a") return;
      interrupt.abort();
      // It ends only because it is asked to.
      await asked.promise;
      throw new Error("given up");
    };
    const { messages } = await stack.up(async (api) => void (await api.thing("a")), { signal: interrupt.signal });
    expect(messages).toContain("error: given up");
    expect(stack.order).not.toContain("a");
    expect(stack.contents.pendingOperations).toEqual([]);
  });
});

describe("the snapshot", () => {
  it("names an operation before its provider is called, and no more after its end", async () => {
    const stack = new TestStack();
    const seen: string[] = [];
    const look = (contents: SnapshotContents) =>
      contents.pendingOperations.map(({ type, resource }) => `${type} ${tail(resource.urn)}`).join();
    stack.cloud.hold = async (call) => void seen.push(`${call}: ${look(stack.contents)}`);
    const set =
      (x: number): Program =>
      async (api) =>
        void (await api.thing("a", { x }));
    await stack.up(set(1));
    await stack.up(set(2));
    await stack.destroy();
    expect(seen).toEqual(["create:a: creating a", "update:a: updating a", "delete:a: deleting a"]);
    expect(stack.contents.pendingOperations).toEqual([]);
  });

  it("is written once for many that come together, and once for nothing at all", async () => {
    const stack = new TestStack();
    const many: Program = async (api) => {
      await Promise.all(Array.from({ length: 50 }, (_, i) => api.thing(`n${i}`)));
    };
    const all = Promise.withResolvers<number>();
    stack.cloud.hold = async () => {
      if (stack.cloud.calls.length === 50) all.resolve(stack.writes.length);
      await all.promise;
    };
    await stack.up(many, { parallel: 50 });
    expect(stack.writes.length - (await all.promise)).toBeLessThan(5);
    stack.writes.length = 0;
    await stack.up(many);
    expect(stack.writes.length).toBe(1);
  });

  it("keeps pending creations until somebody says what became of them; a refresh clears the others", async () => {
    const stack = new TestStack();
    await stack.up(parallel);
    const [a] = stack.contents.resources.filter(({ urn }) => urn === thingUrn("a"));
    stack.contents = {
      ...stack.contents,
      pendingOperations: [
        { type: "updating", resource: a! },
        { type: "creating", resource: { ...a!, urn: thingUrn("lost"), id: "" } },
      ],
    };
    const run = await stack.up(parallel);
    expect(run.messages[0]).toContain("with 2 pending operations from previous deployment.");
    expect(run.messages[0]).toContain(`  * ${thingUrn("lost")}, interrupted while creating`);
    const left = stack.contents.pendingOperations.map(({ type, resource }) => `${type} ${tail(resource.urn)}`);
    expect(left).toEqual(["creating lost"]);
    expect((await stack.refresh()).messages).toEqual([]);
  });

  it("is written once more at the end when a write failed", async () => {
    const ends: SnapshotContents[] = [];
    await new TestStack().up(async (api) => void (await api.thing("a")), {
      write: async (contents, final) => {
        if (final) ends.push(contents);
        else if (contents.resources.some(({ urn }) => urn === thingUrn("a"))) throw new Error("no space left");
        return undefined;
      },
    });
    expect(ends.map(({ resources }) => resources.map(({ urn }) => tail(urn)))).toEqual([
      ["proj-dev", "default_1_2_3", "a"],
    ]);
  });

  it("that cannot be written fails the deployment", async () => {
    const stack = new TestStack();
    const run = await stack.up(parallel, { failWrites: "no space left" });
    expect(run.result).toBe("failed");
    expect(run.messages).toContain("error: writing snapshot: no space left");
  });

  it("that is not written to its end names the operations it has as begun", async () => {
    const write = async ({ resources }: SnapshotContents) => {
      if (resources.some(({ urn }) => urn === thingUrn("a"))) throw new Error("no space left");
      return undefined;
    };
    const run = await new TestStack().up(async (api) => void (await api.thing("a")), { write });
    const left = `The state was left with 1 pending operations:\n  * ${thingUrn("a")}, interrupted while creating`;
    expect(run.messages).toContain(`error: writing snapshot: no space left\n${left}`);
  });
});

it("does not recreate what lives because its predecessor, which waits for its deletion, goes first", async () => {
  const stack = new TestStack();
  await stack.up(async (api) => {
    const a = await api.thing("a", { first: 1 });
    await api.thing("b", { force: a.outputs["computed"]! }, reads(a.urn));
  });
  // The first b depended on a; the one that takes its place does not.
  stack.cloud.fail.push("delete:b");
  await stack.up(async (api) => {
    await api.thing("a", { first: 1 });
    await api.thing("b", { force: "else" });
  });
  expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "b", "b*"]);
  const { id } = stack.state("b")!;
  const run = await stack.up(async (api) => {
    await api.thing("a", { first: 2 });
    await api.thing("b", { force: "else" });
  });
  expect(run.result).toBe("succeeded");
  expect(stack.order.toSorted()).toEqual(["a", "b", "default_1_2_3", "proj-dev"]);
  expect(stack.state("b")!.id).toBe(id);
  expect(stack.cloud.objects.size).toBe(2);
});

it("with continue-on-error keeps what is needed by what was to be deleted after what failed to", async () => {
  const stack = new TestStack();
  await stack.up(async (api) => {
    const a = await api.thing("a", { first: 1 });
    const p = await api.thing("p", {}, { type: "pulumi:providers:test" });
    await api.thing("c", { force: a.outputs["computed"]! }, { ...reads(a.urn), provider: `${p.urn}::${p.id}` });
    await api.thing("b", { force: a.outputs["computed"]! }, reads(a.urn));
  });
  const parted = (first: number) =>
    stack.up(
      async (api) => {
        await api.thing("a", { first });
        await api.thing("c", { force: "else" });
        await api.thing("b", { force: "else" });
      },
      { continueOnError: true },
    );
  stack.cloud.fail.push("delete:b", "delete:c");
  await parted(1);
  expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a", "c", "b", "p", "c*", "b*"]);
  // Both predecessors depend on what goes first now. The one that is not tried any more needs its provider.
  stack.cloud.fail.push("delete:b");
  await parted(2);
  expect(stack.order).toEqual(expect.arrayContaining(["p", "c*", "b*"]));
});

const reads = (urn: string) => ({ dependencies: [urn], propertyDependencies: { force: [urn] } });
