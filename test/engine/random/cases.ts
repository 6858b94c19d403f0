// Calls to compare two providers by: a hand-picked list of odd ones, and for any seed a life of one resource (check,
// preview, create, refresh, changes of its inputs, updates, import) whose every step depends on the answers before.
import type { Call, Exchange, Respond } from "./call.ts";
import { type Json, type JsonObject, revealed, UNKNOWN } from "./wire.ts";

export const resources = [
  "RandomBytes",
  "RandomId",
  "RandomInteger",
  "RandomPassword",
  "RandomPet",
  "RandomShuffle",
  "RandomString",
  "RandomUuid",
  "RandomUuid4",
  "RandomUuid7",
] as const;

/** A number in [0, 1), the same for the same seed (mulberry32). */
type Random = () => number;

function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const oneOf = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

type Make = (random: Random) => Json | undefined;
const absentOr =
  (share: number, make: Make): Make =>
  (random) =>
    random() < share ? make(random) : undefined;
const among =
  (...values: readonly Json[]): Make =>
  (random) =>
    oneOf(random, values);

const keepers = absentOr(
  0.5,
  among({}, { a: "1" }, { a: "2" }, { a: "1", b: "x" }, { a: 1, b: true }, { a: null }, { a: UNKNOWN }, UNKNOWN, null),
);
const flag = absentOr(0.3, among(true, false, false, null));
const minimum = absentOr(0.25, among(0, 1, 2, "1"));
const text: Readonly<Record<string, Make>> = {
  keepers,
  length: among(8, 12, 13, 20, "16", 74),
  special: flag,
  upper: flag,
  lower: flag,
  number: absentOr(0.1, among(true, false)),
  numeric: flag,
  minLower: minimum,
  minUpper: minimum,
  minNumeric: minimum,
  minSpecial: minimum,
  overrideSpecial: absentOr(0.3, among("_%", "é°", "", "#", null)),
};
const makers: Readonly<Record<string, Readonly<Record<string, Make>>>> = {
  RandomBytes: { keepers, length: among(1, 4, 16, 33, "5") },
  RandomId: { keepers, byteLength: among(1, 2, 8, 17, "4"), prefix: absentOr(0.4, among("p-", "", "a,b", 7)) },
  RandomInteger: {
    keepers,
    min: among(-10, 0, 1, "3"),
    max: among(3, 9, 1000, 4294967296, "12"),
    seed: absentOr(0.6, among("", "x", "seed", "é", 7)),
  },
  RandomPassword: text,
  RandomPet: {
    keepers,
    length: absentOr(0.6, among(1, 2, 3, 4, "2", 0)),
    prefix: absentOr(0.4, among("Pre", "", "x")),
    separator: absentOr(0.4, among("", "_", "-")),
  },
  RandomShuffle: {
    keepers,
    inputs: among(["a", "b", "c"], ["a"], [], ["x", 1, true], ["a", null], ["b", "a", "c"]),
    resultCount: absentOr(0.5, among(0, 1, 2, 5, 7)),
    seed: absentOr(0.6, among("", "x", "seed", "another", true)),
  },
  RandomString: text,
  RandomUuid: { keepers },
  RandomUuid4: { keepers },
  RandomUuid7: { keepers },
};

function inputsOf(resource: string, random: Random): JsonObject {
  const made = Object.entries(makers[resource]!).map(([name, make]) => [name, make(random)] as const);
  return Object.fromEntries(made.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** Some inputs made anew, some left out, seldom one that is unknown. */
function changedInputs(resource: string, inputs: JsonObject, random: Random): JsonObject {
  const fresh = inputsOf(resource, random);
  const result: JsonObject = { ...inputs };
  for (const name of Object.keys(makers[resource]!)) {
    if (random() > 0.25) continue;
    if (random() < 0.15) result[name] = UNKNOWN;
    else if (name in fresh) result[name] = fresh[name]!;
    else if (!["length", "byteLength", "min", "max", "inputs"].includes(name) || resource === "RandomPet")
      delete result[name];
  }
  return result;
}

/** Lives one resource with `respond`; what it is asked depends only on the seed and its answers. */
export async function life(resource: string, seed: number, respond: Respond): Promise<readonly Exchange[]> {
  const random = randomOf(seed * 1009 + resources.indexOf(resource as (typeof resources)[number]));
  const exchanges: Exchange[] = [];
  const ask = async (call: Call) => {
    const answer = await respond(call);
    exchanges.push({ call, answer });
    return answer;
  };
  const inputs = inputsOf(resource, random);
  await ask({ method: "check", resource, inputs });
  await ask({ method: "preview", resource, inputs });
  if (JSON.stringify(inputs).includes(UNKNOWN)) return exchanges;
  const created = await ask({ method: "create", resource, inputs });
  if (!("outputs" in created) || !("id" in created)) return exchanges;
  const { id, outputs } = created;
  await ask({ method: "read", resource, id, inputs, oldOutputs: outputs });
  for (let edit = 0; edit < 3; edit++) {
    const newInputs = changedInputs(resource, inputs, random);
    const ignoreChanges = random() < 0.2 ? [oneOf(random, Object.keys(makers[resource]!))] : [];
    const change = { resource, id, oldInputs: inputs, oldOutputs: outputs, inputs: newInputs, ignoreChanges };
    const diff = await ask({ ...change, method: "diff" });
    if (!("replaces" in diff) || diff.replaces.length > 0) continue;
    await ask({ ...change, method: "update-preview" });
    if (!JSON.stringify(newInputs).includes(UNKNOWN)) await ask({ ...change, method: "update" });
  }
  if (resource === "RandomPassword" || resource === "RandomString") {
    // A state of an older plugin: without the bridge's keys, and without what old versions did not write.
    const old: JsonObject = { ...outputs };
    const version = oneOf(random, ["0", "1", "2"]);
    for (const name of ["__pulumi_raw_state_delta", "__meta"]) delete old[name];
    if (version !== "2" || random() < 0.5) delete old["numeric"];
    if (version !== "2") delete old["bcryptHash"];
    for (const name of ["minLower", "special", "length"]) if (random() < 0.3) delete old[name];
    const meta: JsonObject = version === "0" ? {} : { __meta: JSON.stringify({ schema_version: version }) };
    await ask({ method: "read", resource, id, inputs, oldOutputs: { ...old, ...meta } });
  }
  const importId = resource === "RandomPassword" ? String(revealed(outputs["result"])) : id;
  await ask({ method: "read", resource, id: importId, inputs: {} });
  return exchanges;
}

/** Creates with the first inputs, then asks what the second would change. */
export async function oddChanges(respond: Respond): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  for (const [resource, oldInputs, inputs] of changes) {
    const create: Call = { method: "create", resource, inputs: oldInputs };
    const created = await respond(create);
    exchanges.push({ call: create, answer: created });
    if (!("outputs" in created) || !("id" in created)) continue;
    const diff: Call = { method: "diff", resource, id: created.id, oldInputs, oldOutputs: created.outputs, inputs };
    exchanges.push({ call: diff, answer: await respond(diff) });
  }
  return exchanges;
}

const changes: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ["RandomString", { length: 4, overrideSpecial: "" }, { length: 4 }],
  ["RandomString", { length: 4, overrideSpecial: "#" }, { length: 4 }],
  ["RandomString", { length: 4 }, { length: 4, overrideSpecial: "" }],
  ["RandomString", { length: 4 }, { length: 4, overrideSpecial: UNKNOWN }],
  ["RandomString", { length: 4, number: false }, { length: 4, numeric: false }],
  ["RandomString", { length: 4, number: false }, { length: 4 }],
  ["RandomString", { length: 4 }, { length: 4, keepers: {} }],
  ["RandomString", { length: 4, keepers: {} }, { length: 4 }],
  ["RandomString", { length: 4 }, { length: 4, keepers: { a: null } }],
  ["RandomString", { length: 4, keepers: { a: "1" } }, { length: 4, keepers: { a: "1", b: null } }],
  ["RandomString", { length: 4, keepers: { a: null } }, { length: 4, keepers: {} }],
  ["RandomBytes", { length: 4 }, { length: 4, keepers: { a: null } }],
  ["RandomBytes", { length: 4, keepers: {} }, { length: 4 }],
];

const incomplete: JsonObject = {};
const oddKeepers: readonly Json[] = ["x", ["x"], 1, { a: {} }, { a: [1] }, { e: 1e21, f: 0.1, g: 1.5e-7, h: -2.5e22 }];

/** What lives do not come by. */
export const oddCalls: readonly Call[] = [
  ...[12.5, "12.5", "", null, 0, -3, true, "x", [], {}, UNKNOWN, "1e1", " 5"].flatMap((length) =>
    creation("RandomString", { length }),
  ),
  ...creation("RandomString", incomplete),
  ...creation("RandomString", { length: 3, unheardOf: 1 }),
  ...[1, "true", [], {}].flatMap((lower) => creation("RandomString", { length: 3, lower })),
  ...[true, 1.5, [], {}, "ab"].flatMap((overrideSpecial) => creation("RandomString", { length: 3, overrideSpecial })),
  ...oddKeepers.flatMap((keepers) => creation("RandomString", { length: 3, keepers })),
  ...creation("RandomString", { length: 4, number: false, numeric: true }),
  ...creation("RandomString", { length: 4, number: true, numeric: false }),
  ...creation("RandomString", { length: 4, number: false }),
  ...creation("RandomString", { length: 4, number: UNKNOWN, numeric: false }),
  ...creation("RandomString", { length: 4, minLower: 5 }),
  ...creation("RandomString", { length: 4, minLower: 2, minUpper: 2, minNumeric: 1, minSpecial: UNKNOWN }),
  ...creation("RandomString", { length: 4, minLower: -1 }),
  ...creation("RandomString", { length: 4, lower: false, upper: false, numeric: false, special: false }),
  ...creation("RandomString", { length: 4, lower: false, upper: false, number: false, special: false }),
  ...creation("RandomString", { length: 4, lower: false, upper: false, number: false, numeric: false, special: false }),
  ...creation("RandomString", { length: 4, lower: false, upper: false, numeric: false, special: UNKNOWN }),
  ...creation("RandomString", { length: 3, special: false, minSpecial: 2 }),
  ...creation("RandomPassword", incomplete),
  ...creation("RandomBytes", incomplete),
  ...creation("RandomBytes", { length: 0 }),
  ...creation("RandomBytes", { length: -1 }),
  ...creation("RandomId", incomplete),
  ...creation("RandomId", { byteLength: 0 }),
  ...creation("RandomId", { byteLength: -1 }),
  ...creation("RandomId", { byteLength: UNKNOWN, prefix: UNKNOWN }),
  ...creation("RandomInteger", incomplete),
  ...creation("RandomInteger", { min: 1, max: "" }),
  ...creation("RandomInteger", { min: 9, max: 3 }),
  ...creation("RandomInteger", { min: 1.5, max: 3 }),
  ...creation("RandomInteger", { min: -5, max: -5, seed: "" }),
  ...["a", "b", "c", "d", "e"].flatMap((seed) => [
    ...creation("RandomInteger", { min: 1, max: 6, seed }),
    ...creation("RandomInteger", { min: 0, max: 1023, seed }),
    ...creation("RandomInteger", { min: 0, max: 1.5e9, seed }),
    ...creation("RandomInteger", { min: -7, max: 4e9, seed }),
    ...creation("RandomInteger", { min: 0, max: 2 ** 40 - 1, seed }),
    ...creation("RandomShuffle", { inputs: [..."abcdefghijklm"], resultCount: 30, seed }),
  ]),
  ...creation("RandomPet", { length: -1, prefix: "" }),
  ...creation("RandomPet", { length: 2.5 }),
  ...creation("RandomShuffle", incomplete),
  ...["a", [["a"]], { a: "b" }, UNKNOWN].flatMap((inputs) => creation("RandomShuffle", { inputs })),
  ...creation("RandomShuffle", { inputs: ["a", UNKNOWN] }),
  ...creation("RandomShuffle", { inputs: ["a"], resultCount: -1 }),
  { method: "check", resource: "RandomThing", inputs: {} },
  ...imports("RandomId", "p-,vpHsfw", "vpHsfw==", "a,b,vpHs_-", "vpH", "v", ""),
  ...imports(
    "RandomInteger",
    "3,1,5",
    "3,1,5,seed",
    "x,1,5",
    "3,1.5,5",
    "+3,1,99",
    "3,1,99999999999999999999",
    "03,1,9",
    "3",
    "3,1,5,a,b",
  ),
  ...imports(
    "RandomUuid",
    "AABBCCDD-0000-1111-2222-333344445555",
    "{AABBCCDD-0000-1111-2222-333344445555}",
    "zz",
    "AABBCCDD000011112222333344445555",
  ),
  ...imports(
    "RandomUuid4",
    "{AABBCCDD-0000-1111-2222-333344445555}",
    "urn:uuid:AABBCCDD-0000-1111-2222-333344445555",
    "zz",
    "AABBCCDD000011112222333344445555",
  ),
  ...imports("RandomUuid7", "AABBCCDD000011112222333344445555", "AABBCCDD-0000-1111-2222-33334444555"),
  ...imports("RandomBytes", "i2Wqbg==", "i2Wqbg", "not base64", ""),
  ...imports("RandomString", "äö", "", "plain"),
  ...imports("RandomPassword", "a".repeat(80), "ü".repeat(40)),
  ...imports("RandomPet", "good-dog"),
  ...imports("RandomShuffle", "-"),
];

function creation(resource: string, inputs: JsonObject): readonly Call[] {
  return (
    (["check", "preview", "create"] as const)
      // An engine creates neither what is unknown nor what Check found incomplete.
      .filter((method) => method !== "create" || !(JSON.stringify(inputs).includes(UNKNOWN) || inputs === incomplete))
      .map((method) => ({ method, resource, inputs }))
  );
}

function imports(resource: string, ...ids: readonly string[]): readonly Call[] {
  return ids.map((id) => ({ method: "read", resource, id, inputs: {} }));
}
