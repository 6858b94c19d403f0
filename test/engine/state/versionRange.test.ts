// What the official CLI 3.260.0 said of each range in `requiredPulumiVersion`.
import { describe, expect, it } from "vitest";
import { requireVersion } from "../../../engine/state/versionRange.ts";

const said = (range: string): string => {
  try {
    requireVersion("3.260.0", range);
    return "fits";
  } catch (thrown) {
    return (thrown as Error).message;
  }
};

describe("a range of versions", () => {
  it.each(
    ["3.x", ">=3.260.x", "<=3.260.x", ">=3.0.0 <4.0.0", ">= 3.0.0", "<3.0.0 || >=3.200.0", ">=3.260.0-alpha.1"].concat([
      ">3.260.0-0",
      "!3.1.2",
      "!=3.259.0",
      "3.260.0",
      "==3.260.0",
      ">=9.0.0 || !3.2.1",
      ">3.0.0  !3.1.0 !3.2.1",
    ]),
  )("fits: %s", (range) => expect(said(range)).toBe("fits"));

  it.each(
    [
      "!2.x",
      "!3.x",
      "!=3.260.x",
      "3.x.x",
      ">3.x",
      "<3.260.x",
      "! 3.1.0",
      "3.0.0 - 4.0.0",
      "!3.260.0",
      ">3.260.0",
    ].concat(["<3.260.0", "4.x", ">=3.0.0 !3.260.0"]),
  )("does not fit: %s", (range) =>
    expect(said(range)).toBe(`Pulumi CLI version 3.260.0 does not satisfy the version range "${range}"`),
  );

  it.each(["3", "3.260", "^3.0.0", "~3.0", ">=3.0.0, <4.0.0", "|| 3.x", "3.x ||", "*", "x", "v3.260.0", "1 2", "soon"])(
    "is none: %s",
    (range) => expect(said(range)).toContain(`parsing CLI version range "${range}": `),
  );
});
