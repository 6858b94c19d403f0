import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import { describe, expect, it } from "vitest";
import {
  decodeStruct,
  decodeValue,
  encodeStruct,
  encodeValue,
  KEEP,
  SIGNATURE_KEY,
  SIGNATURES,
  UNKNOWN_STRING,
} from "../../../engine/deployment/wire.ts";
import {
  Archive,
  Asset,
  ByteString,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  unknown,
} from "../../../engine/values.ts";

const ALL = { keepOutputs: true };
const plain = (value: PropertyValue, options = {}) => encodeValue(value, options)?.toJavaScript();
const read = (value: unknown, options = {}) => decodeValue(structProto.Value.fromJavaScript(value as null), options);

/** Through bytes, as between processes. */
function through(properties: PropertyMap): PropertyMap {
  return decodeStruct(structProto.Struct.deserializeBinary(encodeStruct(properties, KEEP).serializeBinary()), ALL);
}

// A small generator: every kind of value, nested, from a seed.
function generator(seed: number) {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const texts = ["", "a", "näme", "日本", "\u0000", "💥", "a.b[0]", "x".repeat(300), "1e3", "null"];
  const value = (depth: number): PropertyValue => {
    switch (next(depth > 3 ? 6 : 13)) {
      case 0:
        return null;
      case 1:
        return next(2) === 0;
      case 2:
        return [0, -0.5, 1e300, Number.MAX_SAFE_INTEGER, 2 ** 53, -1, 5e-324][next(7)] as number;
      case 3:
        return texts[next(texts.length)] as string;
      case 4:
        return unknown;
      case 5:
        return new ResourceReference(
          "urn:a",
          [undefined, unknown, "id"][next(3)] as string,
          ["", "1.2.3"][next(2)] as string,
        );
      case 6:
        return new Secret(value(depth + 1));
      case 7: {
        const known = next(2) === 0;
        return new OutputValue(
          known ? value(4) : unknown,
          known,
          next(2) === 0,
          next(2) === 0 ? [] : ["urn:b", "urn:c"],
        );
      }
      case 8:
        return new Asset(
          [{ text: "t" }, { path: "p" }, { uri: "u" }, { text: "" }][next(4)] as { text: string },
          ["", "h"][next(2)] as string,
        );
      case 9:
        return new Archive({ assets: { a: new Asset({ text: "t" }, ""), b: new Archive({ path: "p" }, "h") } }, "");
      case 10:
        return Array.from({ length: next(4) }, () => value(depth + 1));
      default:
        return Object.fromEntries(
          Array.from({ length: next(4) }, (_, index) => [`${texts[next(9)]}${index}`, value(depth + 1)]),
        );
    }
  };
  return value;
}

describe("wire", () => {
  it("carries every kind of value through bytes and back, a thousand random ones", () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const properties: PropertyMap = { value: generator(seed)(0) };
      // A secret around an unknown output and the like are equal values in two forms: compare what a second trip gives.
      const once = through(properties);
      expect(through(once), `seed ${seed}`).toEqual(once);
      if (!JSON.stringify(properties).includes('"known":')) expect(once, `seed ${seed}`).toEqual(properties);
    }
  });

  it("keeps numbers exactly, and null apart from absent", () => {
    const numbers = { a: 0.1, b: 1e21, c: -0, d: 9007199254740991, e: null, f: "", g: [], h: {} };
    expect(through(numbers)).toEqual(numbers);
    expect(Object.keys(through({ a: null }))).toEqual(["a"]);
  });

  it("reads the unknown of every type, and drops it where it is not understood", () => {
    const strings = [
      "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
      "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
      UNKNOWN_STRING,
      "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
      "030794c1-ac77-496b-92df-f27374a8bd58",
      "e48ece36-62e2-4504-bad9-02848725956a",
      "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ];
    expect(read(strings)).toEqual(strings.map(() => unknown));
    expect(plain({ a: unknown, b: [1, unknown, 2] })).toEqual({ b: [1, 2] });
  });

  it("lowers what the receiver does not understand", () => {
    const secret = new Secret({ a: new Secret("s") });
    expect(plain({ secret })).toEqual({ secret: { a: "s" } });
    expect(plain(new ResourceReference("urn:x", "id-1", ""))).toBe("id-1");
    expect(plain(new ResourceReference("urn:x", undefined, ""))).toBe("urn:x");
    expect(plain(new ResourceReference("urn:x", unknown, ""), { keepUnknowns: true })).toBe(UNKNOWN_STRING);
  });

  it("reads output values as secrets and unknowns unless they are kept", () => {
    const output = { [SIGNATURE_KEY]: SIGNATURES.output, secret: true, dependencies: ["urn:a"] };
    expect(read(output)).toEqual(new Secret(unknown));
    expect(read({ ...output, value: 1 })).toEqual(new Secret(1));
    expect(read({ ...output, value: null }, ALL)).toEqual(new OutputValue(null, true, true, ["urn:a"]));
    expect(read(output, ALL)).toEqual(new OutputValue(unknown, false, true, ["urn:a"]));
  });

  it("carries output values as they are to those who ask for them", () => {
    const outputs = {
      known: new OutputValue("v", true, false, []),
      secret: new OutputValue(null, true, true, ["urn:a", "urn:b"]),
      unknown: new OutputValue(unknown, false, false, ["urn:a"]),
    };
    expect(through(outputs)).toEqual(outputs);
    expect(plain(outputs.unknown)).toEqual({ [SIGNATURE_KEY]: SIGNATURES.output, dependencies: ["urn:a"] });
    const reference = { [SIGNATURE_KEY]: SIGNATURES.resource, urn: "urn:x" };
    const id = { [SIGNATURE_KEY]: SIGNATURES.output, value: "id-1" };
    expect(read({ ...reference, id }, ALL)).toEqual(new ResourceReference("urn:x", "id-1", ""));
  });

  it("keeps a secret that is unknown both", () => {
    const value = { [SIGNATURE_KEY]: SIGNATURES.secret, value: UNKNOWN_STRING };
    expect(read(value)).toEqual(new Secret(unknown));
    expect(plain(new Secret(unknown), KEEP)).toEqual(value);
  });

  it("takes the empty id of a reference as unknown, and an absent one as a component's", () => {
    const reference = { [SIGNATURE_KEY]: SIGNATURES.resource, urn: "urn:x" };
    expect(read({ ...reference, id: "" })).toEqual(new ResourceReference("urn:x", unknown, ""));
    expect(read({ ...reference, id: UNKNOWN_STRING })).toEqual(new ResourceReference("urn:x", unknown, ""));
    expect(read(reference)).toEqual(new ResourceReference("urn:x", undefined, ""));
    expect(plain(new ResourceReference("urn:x", unknown, ""), KEEP)).toEqual({ ...reference, id: "" });
  });

  it.each([
    ["a secret without value", { [SIGNATURE_KEY]: SIGNATURES.secret }, 'malformed secret for "p": it has no value'],
    ["an unknown signature", { [SIGNATURE_KEY]: "abc" }, 'malformed value for "p": it has the unknown signature "abc"'],
    [
      "a reference without urn",
      { [SIGNATURE_KEY]: SIGNATURES.resource },
      'malformed resource reference for "p": it has no urn',
    ],
    [
      "an asset with a number as text",
      { [SIGNATURE_KEY]: SIGNATURES.asset, text: 1 },
      'malformed asset for "p": it has a text that is not a string',
    ],
    [
      "an archive of numbers",
      { [SIGNATURE_KEY]: SIGNATURES.archive, assets: { a: 1 } },
      'malformed archive for "p": it has a member "a" that is neither an asset nor an archive',
    ],
    [
      "bytes",
      { [SIGNATURE_KEY]: SIGNATURES.byteString, value: "/w==" },
      'malformed string for "p": it holds bytes that are not UTF-8, though nobody said that they are accepted',
    ],
  ])("names the property of %s", (_, value, message) => {
    const struct = structProto.Struct.fromJavaScript({ p: value });
    expect(() => decodeStruct(struct)).toThrow(message);
  });

  it("sends no bytes that are not UTF-8 to whom nobody asked whether they understand them", () => {
    const bytes = ByteString.from(Buffer.from([0xff]));
    expect(() => encodeStruct({ a: [bytes] }, KEEP)).toThrow("which the receiver does not support");
  });

  it("refuses the one key that protobuf loses, and is not fooled by keys of Object", () => {
    expect(() => encodeStruct(Object.fromEntries([["__proto__", 1]]), KEEP)).toThrow('"__proto__"');
    const odd = { constructor: "c", toString: "t", hasOwnProperty: null, "a.b": { "": 1 } };
    expect(through(odd)).toEqual(odd);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("writes equal values as equal bytes, whatever the order of their keys", () => {
    const bytes = (value: PropertyMap) => Buffer.from(encodeStruct(value, KEEP).serializeBinary()).toString("hex");
    expect(bytes({ b: 1, a: { d: 1, c: 2 } })).toBe(bytes({ a: { c: 2, d: 1 }, b: 1 }));
  });
});
