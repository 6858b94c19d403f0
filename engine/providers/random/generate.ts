// Creates resources: from the planned values of one to its final values, the unknown ones computed.
import { randomBytes } from "node:crypto";
import type { Values } from "./config.ts";
import { type Choose, choose, shuffled } from "./entropy.ts";
import { idOutputs, uuid, uuid4, uuid7 } from "./identifiers.ts";
import { passwordHash } from "./passwordHash.ts";
import { petName } from "./petName.ts";
import { seededChoose, seededShuffle } from "./seeded.ts";
import { generateText } from "./text.ts";

type Generate = (planned: Values) => Values | Promise<Values>;

const identified = (result: string): Values => ({ id: result, result });

/** What is computed for each resource; merged over the planned values. Each may throw for values that cannot be served. */
export const generators: Readonly<Record<string, Generate>> = {
  RandomBytes: ({ length }) => {
    const bytes = randomBytes(count("length", length));
    return { base64: bytes.toString("base64"), hex: bytes.toString("hex") };
  },
  RandomId: ({ byteLength, prefix }) =>
    idOutputs(randomBytes(count("byteLength", byteLength)), (prefix as string) ?? ""),
  RandomInteger: ({ min, max, seed }) => {
    const [smallest, largest] = [Number(min ?? 0), Number(max ?? 0)];
    if (largest < smallest)
      throw new Error(`min must be smaller than or equal to max, got min ${smallest} and max ${largest}`);
    if (!Number.isSafeInteger(largest - smallest + 1)) {
      throw new Error(`min and max must be less than 2^53 apart, got min ${smallest} and max ${largest}`);
    }
    const result = smallest + chooserOf(seed)(largest - smallest + 1);
    return { result, id: String(result), seed: (seed as string) || null };
  },
  RandomPassword: async (planned) => {
    const result = generateText(planned);
    return { result, bcryptHash: await passwordHash(result), id: "none" };
  },
  RandomPet: ({ length, separator, prefix }) => ({
    id: petName(Number(length), separator as string, (prefix as string) ?? ""),
    prefix: (prefix as string) || null,
  }),
  RandomShuffle: ({ inputs, resultCount, seed }) => {
    const from = (inputs as readonly string[] | null) ?? [];
    const wanted = resultCount === null ? from.length : count("resultCount", resultCount!);
    const results: (string | null)[] = [];
    const pick = chooserOf(seed);
    const round = () => (seed ? seededShuffle(from, pick) : shuffled(from));
    while (from.length > 0 && results.length < wanted) results.push(...round());
    return { id: "-", results: results.slice(0, wanted) };
  },
  RandomString: (planned) => identified(generateText(planned)),
  RandomUuid: () => identified(uuid()),
  RandomUuid4: () => identified(uuid4()),
  RandomUuid7: () => identified(uuid7()),
};

/** An empty seed is none. */
const chooserOf = (seed: Values[string] | undefined): Choose => (seed ? seededChoose(String(seed)) : choose);

/** The plugin ends with a panic on these; here they are errors. */
function count(name: string, value: Values[string] | undefined): number {
  const number = Number(value ?? 0);
  if (number < 0) throw new Error(`${name} must be 0 or more, got ${number}`);
  return number;
}
