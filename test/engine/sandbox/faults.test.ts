import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listResources } from "../../../engine/providers/sandbox/cloud.ts";
import { clearFaults, Faults, placedFaults, placeFault } from "../../../engine/providers/sandbox/faults.ts";
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

it("counts attempts over all who work in one cloud, so that a later run gets through", async () => {
  const world = await withFaults({ rules: [{ operation: "create", fail: "Error 503: no", times: 2 }] });
  const later = new Faults(world.directory);
  const urn = "urn:pulumi:dev::p::gcp:compute/network:Network::n";
  await expect(new Faults(world.directory).before("gcp:x", urn, "create")).rejects.toThrow("503");
  await expect(later.before("gcp:x", urn, "create")).rejects.toThrow("503");
  expect(await later.before("gcp:x", urn, "create")).toEqual({ lose: undefined });
  await placeFault(world.directory, { operation: "delete", fail: "no" });
  await expect(later.before("gcp:x", urn, "create"), "counting begins anew").rejects.toThrow("503");
});

it("lets so many calls through in a stretch of time and refuses the others in the cloud's words", async () => {
  const world = await withFaults({ rules: [{ limit: 3, perMs: 3_600_000 }] });
  const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
  const said = await Promise.all(
    names.map((name) => sentence(world.create(types.network, name, { name })).catch(() => "")),
  );
  const refused = said.filter((text) => text.includes("googleapi: Error 429: Quota exceeded for quota metric"));
  expect(refused.length).toBeGreaterThanOrEqual(5);
  expect((await listResources(world.directory)).length).toBeLessThanOrEqual(3);
  await expect(new Faults(world.directory).before("kubernetes:core/v1:Pod", "urn", "read")).rejects.toThrow(
    "the server has received too many requests",
  );
});

it("takes every rule away, also a file that cannot be read", async () => {
  const [world, broken] = [await withFaults({ rules: [{ fail: "no" }] }), await withFaults("{")];
  expect(await clearFaults(world.directory)).toBe(1);
  expect(await clearFaults(broken.directory)).toBe(1);
  expect(await placedFaults(broken.directory)).toEqual({ seed: 0, rules: [] });
  await world.create(types.network, "n", { name: "n" });
});
