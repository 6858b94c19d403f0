import { describe, expect, it } from "vitest";
import { ago, jsonOf, massaged, shownValue, tableText } from "../../../engine/command/print.ts";
import { OutputValue, Secret, unknown } from "../../../engine/values.ts";

describe("printing", () => {
  it("masks secrets at any depth, also where nothing was encrypted", () => {
    const value = {
      a: [new Secret("x"), { b: new Secret({ c: 1 }) }],
      d: new OutputValue("y", true, true, []),
      e: unknown,
    };
    expect(massaged(value, false)).toEqual({ a: ["[secret]", { b: "[secret]" }], d: "[secret]", e: unknown });
    expect(massaged(value, true)).toMatchObject({ a: ["x", { b: { c: 1 } }] });
    expect(JSON.stringify(massaged(value, false))).not.toMatch(/"x"|"y"|"c"/);
  });

  it("shows strings bare and all else as JSON", () => {
    expect(["a b", 5, null, { b: 1, a: "<" }].map(shownValue)).toEqual(["a b", "5", "null", '{"a":"<","b":1}']);
    expect(jsonOf({ a: [], b: {}, c: [1, { d: "x:,{}" }] })).toBe(
      '{\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    {\n      "d": "x:,{}"\n    }\n  ]\n}\n',
    );
  });

  it("aligns columns; a row of one cell runs across", () => {
    expect(tableText(["A", "B"], [["long", "x"], ["longer than all"]], "> ")).toBe(
      "> A     B\n> long  x\n> longer than all\n",
    );
  });

  it.each([
    ["2026-01-01T00:00:00Z", "now"],
    ["2025-12-31T23:59:59Z", "1 second ago"],
    ["2025-12-31T23:58:00Z", "2 minutes ago"],
    ["2025-12-24T00:00:00Z", "1 week ago"],
    ["2020-01-01T00:00:00Z", "6 years ago"],
    ["2027-01-01T00:00:00Z", "now"],
    ["never", "n/a"],
  ])("says how long ago %s was", (time, words) => expect(ago(time, Date.parse("2026-01-01T00:00:00Z"))).toBe(words));
});
