// The embedded `random` provider answers as the real plugin did, on every machine; where the plugin is on PATH, also for
// calls that no recording holds.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RANDOM_VERSION } from "../../../engine/providers/random/index.ts";
import type { Exchange } from "./call.ts";
import { life, resources } from "./cases.ts";
import { comparable } from "./comparable.ts";
import { respond } from "./embedded.ts";
import { findPlugin, type Plugin, startLastingPlugin } from "./plugin.ts";
import { readRecording } from "./recordings.ts";

async function expectSame({ call, answer }: Exchange): Promise<void> {
  const ours = comparable(call, await respond(call));
  expect(ours, JSON.stringify(call)).toEqual(comparable(call, answer));
}

describe("the recorded answers of the real plugin", () => {
  const { version, exchanges } = readRecording();

  it("are of the version this provider names", () => {
    expect(version).toBe(RANDOM_VERSION);
  });

  it.each(resources)("hold for %s", async (resource) => {
    const own = exchanges.filter(({ call }) => call.resource === resource);
    expect(own.length).toBeGreaterThan(20);
    for (const exchange of own) await expectSame(exchange);
  });

  it("hold for a resource that does not exist", async () => {
    const own = exchanges.filter(({ call }) => !(resources as readonly string[]).includes(call.resource));
    expect(own.length).toBeGreaterThan(0);
    for (const exchange of own) await expectSame(exchange);
  });
});

describe("the real plugin on PATH", () => {
  const path = findPlugin();
  let plugin: Plugin | undefined;
  beforeAll(async () => {
    if (path) plugin = await startLastingPlugin(path);
  });
  afterAll(() => plugin?.stop());

  it("answers the same over lives that no recording holds", async ({ skip }) => {
    if (!plugin) return skip("pulumi-resource-random is not on PATH: compared with the recording only");
    for (const resource of resources) {
      for (let seed = 1001; seed <= 1008; seed++) {
        for (const exchange of await life(resource, seed, plugin.respond)) await expectSame(exchange);
      }
    }
  });
});
