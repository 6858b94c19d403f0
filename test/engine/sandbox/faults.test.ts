import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listResources } from "../../../engine/providers/sandbox/cloud.ts";
import { sentence, types, World } from "./world.ts";

async function withFaults(faults: unknown): Promise<World> {
  const world = await World.open();
  await writeFile(join(world.directory, "faults.json"), typeof faults === "string" ? faults : JSON.stringify(faults));
  return world;
}

it("fails before anything happens, for the types and operations that it is told", async () => {
  const world = await withFaults({
    rules: [{ type: "gcp:compute/*", operation: "create", fail: "googleapi: Error 503: backend error" }],
  });
  expect(await sentence(world.create(types.network, "n", { name: "n" }))).toBe(
    "error creating Network: googleapi: Error 503: backend error",
  );
  await world.create(types.topic, "t", { name: "topic" });
  expect((await listResources(world.directory)).map(({ name }) => name)).toEqual(["topic"]);
});

it("loses the answer of a create that happened, which leaves an orphan; the next attempt finds the name taken", async () => {
  const world = await withFaults({ rules: [{ operation: "create", lose: "connection reset by peer", times: 1 }] });
  expect(await sentence(world.create(types.network, "n", { name: "n" }))).toContain("connection reset by peer");
  expect((await listResources(world.directory)).map(({ name }) => name)).toEqual(["n"]);
  expect(await sentence(world.create(types.network, "n", { name: "n" }))).toContain("Error 409");
});

it("falls the same way for the same seed, and another way for another", async () => {
  const falls = async (seed: number) => {
    const world = await withFaults({ seed, rules: [{ operation: "create", fail: "no", probability: 0.5 }] });
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    return await Promise.all(
      names.map(
        async (name) =>
          await world.create(types.network, name, { name }).then(
            () => true,
            () => false,
          ),
      ),
    );
  };
  expect(await falls(1)).toEqual(await falls(1));
  expect(await falls(1)).not.toEqual(await falls(2));
  expect(new Set(await falls(1)).size).toBe(2);
});

it("waits, and stops waiting when the deployment is cancelled", async () => {
  const world = await withFaults({ rules: [{ operation: "create", latencyMs: 60_000 }] });
  const creating = sentence(world.create(types.network, "n", { name: "n" }));
  await world.provider(types.network).cancel();
  expect(await creating).toContain("abort");
  expect(await listResources(world.directory)).toEqual([]);
});

it("says what is wrong with a file of faults", async () => {
  const [broken, unknown] = [await withFaults("{"), await withFaults({ rules: [{ operaton: "create" }] })];
  expect(await sentence(broken.create(types.network, "n", {}))).toContain("faults.json is not JSON");
  expect(await sentence(unknown.create(types.network, "n", {}))).toContain('Unrecognized key: "operaton"');
});
