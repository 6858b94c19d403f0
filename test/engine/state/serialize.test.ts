import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../engine/state/json.ts";
import { CiphertextCache } from "../../../engine/state/secrets.ts";
import {
  decodeProperties,
  decodeValue,
  encodeProperties,
  encodeValue,
  type SecretWriter,
  secretSignature,
  signatureKey,
  unknownSentinel,
} from "../../../engine/state/serialize.ts";
import {
  Archive,
  Asset,
  ByteString,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  Unknown,
  unknown,
} from "../../../engine/values.ts";
import { countingSecrets } from "./support.ts";

const plaintext: SecretWriter = { type: "plaintext" };
const reader = { decrypt: (text: string) => text };
const roundTrip = (value: PropertyValue) => decodeValue(JSON.parse(encodeValue(value, plaintext, "")), reader, "");

describe("values in a checkpoint", () => {
  const values: Record<string, PropertyValue> = {
    null: null,
    boolean: true,
    number: -1.5e-7,
    "large number": 1e21,
    "minus zero": -0,
    "no number": Number.NaN,
    infinity: Number.NEGATIVE_INFINITY,
    text: 'quote " backslash \\ newline \n tab \t <&> é \u2028 😀',
    "lone surrogate": "\ud800",
    "text that looks like a number": "0123",
    empty: { list: [], object: {}, text: "" },
    "deep object": { a: [{ b: { c: [null, false] } }] },
    "object of a thousand levels": Array.from({ length: 1000 }).reduce<PropertyValue>((deep) => ({ deep }), "end"),
    "largest and smallest numbers": [Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, 2 ** 63],
    secret: new Secret({ a: [1, "<secret>"] }),
    "secret of null": new Secret(null),
    unknown,
    "unknown secret": new Secret(unknown),
    asset: new Asset({ text: "hello" }, "abc"),
    "empty asset": new Asset({ text: "" }, ""),
    "asset of a file": new Asset({ path: "./x" }, ""),
    "asset of a URI": new Asset({ uri: "https://x" }, "h"),
    archive: new Archive({ assets: { "a/b": new Asset({ text: "x" }, ""), c: new Archive({ path: "p" }, "") } }, "h"),
    "archive of a URI": new Archive({ uri: "file:///x" }, ""),
    reference: new ResourceReference("urn:x", "id", "1.2.3"),
    "bytes that are not UTF-8": ByteString.from(Buffer.from([0xff, 0x41, 0xc3])),
    "a secret of such bytes": new Secret([ByteString.from(Buffer.from([0x80]))]),
    "reference to a component": new ResourceReference("urn:x", undefined, ""),
  };
  for (const [name, value] of Object.entries(values))
    it(`come back as they were: ${name}`, () => expect(roundTrip(value)).toStrictEqual(value));

  it("keep keys that JavaScript treats specially", () => {
    const json = '{"10":"ten","9":"nine","__proto__":"p","constructor":"c"}';
    const value = decodeProperties(JSON.parse(json), reader, "");
    expect(Object.keys(value).sort()).toEqual(["10", "9", "__proto__", "constructor"]);
    expect(encodeProperties(value, plaintext, "")).toBe(json);
  });

  it("are a plain string where bytes are UTF-8 after all", () => {
    const json = (value: unknown) => ({ [signatureKey]: "803fd3297a5875dc03ca845dda5d2a98", value }) as JsonObject;
    expect(decodeValue(json(Buffer.from("é").toString("base64")), reader, "")).toBe("é");
    for (const wrong of ["/w", "?", 1, undefined])
      expect(() => decodeValue(json(wrong), reader, "")).toThrow("malformed byte string: 'value' must be base64");
  });

  it("lower outputs to what they hold", () => {
    const encoded = encodeValue(
      [
        new OutputValue("v", true, false, ["urn"]),
        new OutputValue(null, false, false, []),
        new OutputValue("s", true, true, []),
      ],
      plaintext,
      "",
    );
    expect(encoded).toBe(`["v","${unknownSentinel}",{"${signatureKey}":"${secretSignature}","plaintext":"\\"s\\""}]`);
  });

  it("write an unknown reference id as an empty one", () => {
    expect(roundTrip(new ResourceReference("u", unknown, ""))).toStrictEqual(new ResourceReference("u", "", ""));
  });

  it("read ids of references as an old engine wrote them", () => {
    const json = (id: string) =>
      JSON.parse(`{"${signatureKey}":"5cf8f73096256a8f31e491e813e4eb8e","urn":"u","id":${id}}`);
    expect((decodeValue(json('{"V":"x"}'), reader, "") as ResourceReference).id).toBe("x");
    expect((decodeValue(json('{"V":null}'), reader, "") as ResourceReference).id).toBeUndefined();
  });

  it("leave out what is undefined", () => {
    expect(encodeProperties({ a: 1, b: undefined } as unknown as PropertyMap, plaintext, "")).toBe('{"a":1}');
  });
});

describe("secrets", () => {
  const writer = (cache: CiphertextCache, manager = countingSecrets()): SecretWriter => ({
    type: "encrypt",
    encrypt: (text, place) => cache.encrypt(manager, place, text),
  });

  it("are encrypted, and what is secret inside them only marked", () => {
    const text = encodeValue(new Secret({ inner: [new Secret("x")] }), writer(new CiphertextCache()), "");
    expect(text).not.toContain("inner");
    const decoded = decodeValue(JSON.parse(text), countingSecrets(), "");
    expect(decoded).toStrictEqual(new Secret({ inner: [new Secret("x")] }));
  });

  it("keep their ciphertext while they do not change, each place its own", () => {
    const cache = new CiphertextCache();
    const manager = countingSecrets();
    const encode = (map: PropertyMap) => encodeProperties(map, writer(cache, manager), "r");
    const before = encode({ a: new Secret("x"), b: new Secret("x") });
    expect(manager.count).toBe(2);
    expect(encode({ a: new Secret("x"), b: new Secret("x") })).toBe(before);
    const after = encode({ a: new Secret("x"), b: new Secret("y") });
    expect(manager.count).toBe(3);
    const [was, is] = [JSON.parse(before), JSON.parse(after)];
    expect(is.a).toEqual(was.a);
    expect(is.b.ciphertext).not.toBe(was.b.ciphertext);
    expect(was.a.ciphertext).not.toBe(was.b.ciphertext);
  });

  it("that were read keep the ciphertext they were read with, whatever escapes its plaintext used", () => {
    const manager = countingSecrets();
    const cache = new CiphertextCache();
    const ciphertext = manager.encrypt('{ "b": "<\\u003e", "a": 1.0 }'); // not as this engine writes it
    const json = { k: { [signatureKey]: secretSignature, ciphertext } };
    const value = decodeProperties(
      json,
      { decrypt: manager.decrypt, remember: (...known) => cache.remember(...known) },
      "r",
    );
    expect(value["k"]).toStrictEqual(new Secret({ b: "<>", a: 1 }));
    expect(JSON.parse(encodeProperties(value, writer(cache, manager), "r"))).toEqual(json);
  });

  it.each([
    ["neither", {}],
    ["both", { ciphertext: "c", plaintext: "p" }],
  ])("are refused with %s of ciphertext and plaintext", (_, fields) => {
    expect(() => decodeValue({ [signatureKey]: secretSignature, ...fields }, reader, "")).toThrow(
      "malformed secret value",
    );
  });

  it("do not show their plaintext in the error for a bad one", () => {
    const bad = { [signatureKey]: secretSignature, plaintext: "hunter2" };
    expect(() => decodeValue(bad, reader, "")).toThrow(/^malformed secret value: its plaintext is not JSON$/);
  });
});

describe("what cannot be read", () => {
  it.each([
    ["an unknown signature", { [signatureKey]: "x" }, "unrecognized signature 'x'"],
    ["a reference without urn", { [signatureKey]: "5cf8f73096256a8f31e491e813e4eb8e" }, "missing urn"],
    [
      "an archive of something else",
      { [signatureKey]: "0def7320c3a5731c473e5ecbe6d01bc7", assets: { a: 1 } },
      "archive member 'a'",
    ],
    ["a bad float", { [signatureKey]: "8ad145fe-0d11-4827-bfd7-1abcbf086f5c", value: "zz" }, "malformed float"],
  ])("is refused: %s", (_, json, message) => expect(() => decodeValue(json, reader, "")).toThrow(message));

  it("takes the sentinel for an unknown", () => {
    expect(decodeValue(unknownSentinel, reader, "")).toBeInstanceOf(Unknown);
  });
});
