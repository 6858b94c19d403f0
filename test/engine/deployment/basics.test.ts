import { describe, expect, it } from "vitest";
import { type Program, stackUrn, TestStack, thingUrn } from "./support.ts";

const one: Program = async (stack) => {
  const a = await stack.thing("a", { x: 1 });
  await stack.outputs({ out: a.outputs["computed"]! });
};

describe("a stack with one resource", () => {
  it("is created, recorded, and the same the second time", async () => {
    const stack = new TestStack();
    const first = await stack.up(one);
    expect(first.messages).toEqual([]);
    expect(first).toMatchObject({ result: "succeeded", changes: { create: 2 } });
    expect(first.steps).toEqual(["create a", "create proj-dev"]);
    expect(stack.order).toEqual(["proj-dev", "default_1_2_3", "a"]);
    expect(stack.state("proj-dev")?.outputs).toEqual({ out: "computed-id-1" });
    expect(stack.state("a")).toMatchObject({ id: "id-1", urn: thingUrn("a"), parent: stackUrn, inputs: { x: 1 } });
    expect(stack.state("a")?.provider).toBe(
      `${stack.state("default_1_2_3")?.urn}::${stack.state("default_1_2_3")?.id}`,
    );
    expect(stack.state("default_1_2_3")?.inputs).toEqual({ __internal: {}, version: "1.2.3" });

    const second = await stack.up(one);
    expect(second).toMatchObject({ result: "succeeded", changes: { same: 2 } });
    expect(stack.cloud.calls).toEqual(["create:a"]);
  });
});
