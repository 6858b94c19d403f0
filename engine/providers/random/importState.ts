// Reads a resource from the id given to `import` or `get`: everything these resources are can be told from it.
// A resource that is not here cannot be imported, as with the plugin (RandomPet, RandomShuffle).
import type { Values } from "./config.ts";
import { decodeBase64, idEncodings, parseUuid } from "./identifiers.ts";
import { passwordHash } from "./passwordHash.ts";

type Import = (id: string) => Values | Promise<Values>;

const text = (result: string): Values => ({
  result,
  length: Buffer.byteLength(result),
  special: true,
  upper: true,
  lower: true,
  number: true,
  numeric: true,
  minSpecial: 0,
  minUpper: 0,
  minLower: 0,
  minNumeric: 0,
});

const uuid =
  (lenient: boolean): Import =>
  (id) => {
    const result = parseUuid(id, lenient);
    return { id: result, result };
  };

export const importers: Readonly<Record<string, Import>> = {
  RandomBytes: (id) => {
    const bytes = decodeBase64(id, "standard");
    return { length: bytes.length, base64: id, hex: bytes.toString("hex") };
  },
  /** `<id>` or `<prefix>,<id>`. */
  RandomId: (given) => {
    const comma = given.lastIndexOf(",");
    const [prefix, id] = comma === -1 ? ["", given] : [given.slice(0, comma), given.slice(comma + 1)];
    const bytes = decodeBase64(id, "url");
    return { id, byteLength: bytes.length, prefix: prefix || null, ...idEncodings(bytes, id, prefix) };
  },
  /** `<result>,<min>,<max>` or `<result>,<min>,<max>,<seed>`. */
  RandomInteger: (given) => {
    const parts = given.split(",");
    if (parts.length !== 3 && parts.length !== 4) {
      throw new Error(`expected <result>,<min>,<max> or <result>,<min>,<max>,<seed>, got ${JSON.stringify(given)}`);
    }
    const [result, min, max] = ["result", "min", "max"].map((name, index) => wholeNumber(name, parts[index]!));
    return { id: parts[0]!, result: result!, min: min!, max: max!, seed: parts[3] ?? null };
  },
  RandomPassword: async (id) => ({ ...text(id), id: "none", bcryptHash: await passwordHash(id) }),
  RandomString: (id) => ({ ...text(id), id }),
  RandomUuid: uuid(false),
  RandomUuid4: uuid(true),
  RandomUuid7: uuid(true),
};

function wholeNumber(name: string, value: string): number {
  const number = Number(value);
  if (/^[+-]?\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new Error(`${name} must be a whole number, got ${JSON.stringify(value)}`);
}
