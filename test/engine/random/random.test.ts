// What recordings cannot show of the random provider: that what it makes is random and of the right form, that secrets stay
// secret, and that it says what it does not do.
import { readFileSync } from "node:fs";
import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { choose, shuffled } from "../../../engine/providers/random/entropy.ts";
import { createRandomProvider } from "../../../engine/providers/random/index.ts";
import { adjectives, adverbs, animals } from "../../../engine/providers/random/words.ts";
import { type PropertyMap, type PropertyValue, Secret, unknown } from "../../../engine/values.ts";
import { token, urn } from "./call.ts";
import { file, generatorStart } from "./generatorStart.ts";

const provider = createRandomProvider();
const target = (resource: string) => ({ urn: urn(resource), type: token(resource), name: "n" });
const running = { timeoutSeconds: 0, signal: new AbortController().signal };

async function create(resource: string, inputs: PropertyMap): Promise<PropertyMap> {
  const { outputs } = await provider.create({ ...target(resource), ...running, inputs, preview: false });
  return outputs;
}
const shown = (value: PropertyValue | undefined): string => String(value instanceof Secret ? value.element : value);
const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

describe("generated text", () => {
  it("uses each allowed character about as often, and no other", async () => {
    const counts = new Map<string, number>();
    const { result } = await create("RandomString", { length: 26_000, special: false, numeric: false, upper: false });
    for (const character of String(result)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect([...counts.keys()].sort().join("")).toBe("abcdefghijklmnopqrstuvwxyz");
    // 1,000 expected each, standard deviation 31: seven of them are no accident.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(220);
  });

  it("holds the minimum of every kind, at no fixed place", async () => {
    const inputs = { length: 8, minUpper: 2, minLower: 2, minNumeric: 2, minSpecial: 2, overrideSpecial: "é" };
    const results = (await times(200, () => create("RandomString", inputs))).map(({ result }) => String(result));
    for (const result of results) {
      const kinds = [/[A-Z]/g, /[a-z]/g, /\d/g, /é/g].map((kind) => result.match(kind)?.length);
      expect(kinds).toEqual([2, 2, 2, 2]);
    }
    for (let place = 0; place < 8; place++)
      expect(new Set(results.map((text) => text[place])).size).toBeGreaterThan(10);
  });

  it("is hashed so that bcrypt, at cost 10, knows it again", async () => {
    const outputs = await create("RandomPassword", { length: 12 });
    expect(outputs["result"]).toBeInstanceOf(Secret);
    expect(shown(outputs["bcryptHash"])).toMatch(/^\$2a\$10\$.{53}$/);
    expect(await bcrypt.compare(shown(outputs["result"]), shown(outputs["bcryptHash"]))).toBe(true);
  });
});

describe("identifiers", () => {
  it("say the same bytes in every encoding", async () => {
    const { id, b64Std, hex, dec } = await create("RandomId", { byteLength: 9 });
    const bytes = Buffer.from(String(id), "base64url");
    expect([bytes.length, bytes.toString("base64"), bytes.toString("hex")]).toEqual([9, b64Std, hex]);
    expect(BigInt(`0x${bytes.toString("hex")}`).toString()).toBe(dec);
  });

  it("never repeat", async () => {
    for (const resource of ["RandomUuid", "RandomUuid4", "RandomUuid7"]) {
      const results = await times(500, () => create(resource, {}));
      expect(new Set(results.map(({ result }) => result)).size).toBe(500);
    }
  });

  it("begin with the time when they are of version 7", async () => {
    const before = Date.now();
    const { result } = await create("RandomUuid7", {});
    const time = Number.parseInt(String(result).replaceAll("-", "").slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });
});

describe("choices", () => {
  it("reach both ends of a range and every number between", async () => {
    const results = await times(300, () => create("RandomInteger", { min: -2, max: 3 }));
    expect([...new Set(results.map(({ result }) => result))].sort()).toEqual([-1, -2, 0, 1, 2, 3]);
  });

  it("reach beyond 32 bits, and refuse what a number cannot hold", async () => {
    const results = await times(50, () => create("RandomInteger", { min: 0, max: 2 ** 53 - 2 }));
    expect(results.some(({ result }) => Number(result) > 2 ** 48)).toBe(true);
    await expect(create("RandomInteger", { min: -1, max: 2 ** 53 })).rejects.toThrow("less than 2^53 apart");
  });

  it("are fair: every order of three is as likely", () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 6000; round++) {
      const order = shuffled(["a", "b", "c"]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(210);
    expect(choose(1)).toBe(0);
  });

  it("use every element once before any twice", async () => {
    const { results } = await create("RandomShuffle", { inputs: ["a", "b", "c"], resultCount: 7 });
    const list = results as readonly string[];
    expect([list.slice(0, 3).toSorted(), list.slice(3, 6).toSorted(), list.length]).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
      7,
    ]);
  });

  it("have enough pets to choose from, spelt plainly and none twice", () => {
    for (const words of [animals, adjectives, adverbs]) {
      expect(words.length).toBeGreaterThan(150);
      expect(new Set(words).size).toBe(words.length);
      for (const word of words) expect(word).toMatch(/^[a-z]{2,13}$/);
    }
  });
});

describe("a seed", () => {
  it("decides an integer and an order, and no empty one does", async () => {
    const integers = await times(20, () => create("RandomInteger", { min: 1, max: 1e9, seed: "s" }));
    expect(new Set(integers.map(({ result }) => result)).size).toBe(1);
    const orders = await times(20, () => create("RandomShuffle", { inputs: [..."abcdefghijkl"], seed: "" }));
    expect(new Set(orders.map(({ results }) => String(results))).size).toBe(20);
  });

  it("starts from a table that follows from its definition", () => {
    expect(generatorStart()).toEqual(JSON.parse(readFileSync(file, "utf8")));
  });
});

describe("secrets", () => {
  const inputs = { length: new Secret(12), keepers: { a: new Secret("x"), b: "y" } };

  it("of the inputs are secrets of the outputs", async () => {
    const outputs = await create("RandomString", inputs);
    expect(outputs["length"]).toEqual(new Secret(12));
    expect(outputs["keepers"]).toEqual({ a: new Secret("x"), b: "y" });
    expect(outputs["result"]).not.toBeInstanceOf(Secret);
  });

  it("are checked, compared and refreshed like plain values", async () => {
    const failed = await provider.check({
      ...target("RandomString"),
      oldInputs: {},
      newInputs: { length: new Secret(0) },
      randomSeed: new Uint8Array(32),
    });
    expect(failed.failures).toHaveLength(1);
    const outputs = await create("RandomString", inputs);
    const old = { id: shown(outputs["id"]), oldInputs: inputs, oldOutputs: outputs, ignoreChanges: [] };
    const diff = await provider.diff({
      ...target("RandomString"),
      ...old,
      newInputs: { length: 12, keepers: { a: "x", b: "y" } },
    });
    expect(diff.changes).toBe("none");
    const read = await provider.read({ ...target("RandomString"), id: old.id, inputs, outputs });
    expect(read?.inputs).toEqual(inputs);
    expect(read?.outputs).toEqual(outputs);
  });
});

describe("ignoreChanges", () => {
  const changesOf = async (inputs: PropertyMap, newInputs: PropertyMap, ignoreChanges: readonly string[]) => {
    const oldOutputs = await create("RandomString", inputs);
    const old = { id: shown(oldOutputs["id"]), oldInputs: inputs, oldOutputs };
    return (await provider.diff({ ...target("RandomString"), ...old, newInputs, ignoreChanges })).diffs;
  };

  it("keeps a value at a path of any form", async () => {
    const [old, edited] = [
      { length: 4, keepers: { "a.b": "1", c: "1" } },
      { length: 5, keepers: { "a.b": "2", c: "2" } },
    ];
    expect(await changesOf(old, edited, ["length"])).toEqual(["keepers"]);
    expect(await changesOf(old, edited, ["length", 'keepers["a.b"]'])).toEqual(["keepers"]);
    expect(await changesOf(old, edited, ["length", 'keepers["a.b"]', "keepers.c"])).toEqual([]);
    expect(await changesOf(old, edited, ["*"])).toEqual([]);
    expect(await changesOf(old, { ...edited, keepers: {} }, ["length", "keepers.*"])).toEqual([]);
  });

  it("names a path that it cannot read", async () => {
    await expect(changesOf({ length: 4 }, { length: 4 }, ["keepers["])).rejects.toThrow('cannot read "keepers["');
  });
});

describe("the provider", () => {
  it("predicts what it can before anything is created", async () => {
    const request = { ...target("RandomPet"), ...running, inputs: { prefix: unknown }, preview: true };
    const { id, outputs } = await provider.create(request);
    expect(id).toBe("");
    expect(outputs).toEqual({ prefix: unknown, length: 2, separator: "-", id: unknown });
  });

  it("refuses a state that a newer one wrote", async () => {
    const outputs = { ...(await create("RandomPassword", { length: 4 })), __meta: '{"schema_version":"4"}' };
    const read = provider.read({ ...target("RandomPassword"), id: "none", inputs: {}, outputs });
    await expect(read).rejects.toThrow(
      "version 4, written by a newer random provider; this one knows versions up to 3",
    );
  });

  it.each([
    [{ length: "many" }, 'length must be a whole number, got "many"'],
    [{ length: 3, lower: "yes" }, 'lower must be true or false, got "yes"'],
    [{ length: 3, keepers: { a: ["b"] } }, "keepers.a must be a text, got a list of 1"],
  ])("says what is wrong with %j", async (newInputs, message) => {
    const check = provider.check({
      ...target("RandomString"),
      oldInputs: {},
      newInputs,
      randomSeed: new Uint8Array(32),
    });
    await expect(check).rejects.toThrow(message);
  });

  it("has no settings, no functions, and says so", async () => {
    const failuresOf = async (name: string) => {
      const request = { ...target("x"), name, oldInputs: {}, newInputs: { version: "4.21.2", color: "red" } };
      return (await provider.checkConfig({ ...request, randomSeed: new Uint8Array(32) })).failures.map((f) => f.reason);
    };
    expect(await failuresOf("default_4_21_2")).toEqual([expect.stringContaining("`random:color` is not a valid")]);
    expect(await failuresOf("mine")).toEqual([expect.stringContaining("Examine values at 'mine.color'")]);
    await expect(provider.invoke("random:index/getThing:getThing", {})).rejects.toThrow("no functions");
    await expect(create("RandomThing", {})).rejects.toThrow('has no resource "random:index/randomThing:RandomThing"');
  });

  it("lets the engine see that its version changed, without replacing it", async () => {
    const [old, now] = [{ version: "4.21.1" }, { version: "4.21.2" }];
    const request = { ...target("x"), id: "i", oldInputs: old, oldOutputs: old, ignoreChanges: [] };
    const { changes, replaces, detailedDiff } = await provider.diffConfig({ ...request, newInputs: now });
    expect([changes, replaces, detailedDiff]).toEqual([
      "unknown",
      [],
      { version: { kind: "update", inputDiff: true } },
    ]);
    expect((await provider.diffConfig({ ...request, newInputs: old })).changes).toBe("none");
  });
});
