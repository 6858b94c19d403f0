// docs/pitfalls.md: each of the forty rows is there once, and a handled one names tests that exist.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const rows = readFileSync(path.join(root, "docs/pitfalls.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| +\d+ +\|/.test(line))
  .map((line) => {
    const [number, pitfall, status, how, tests] = line
      .slice(1, -1)
      .split(/ \| |^\| | \|$/)
      .map((cell) => cell.trim());
    return {
      number: Number(number),
      pitfall,
      status,
      how,
      tests: (tests ?? "").split("<br>").filter((one) => one !== ""),
    };
  });

it("has every pitfall once, in order", () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
});

describe.each(rows)("$number. $pitfall", ({ status, how, tests }) => {
  it("is handled, with tests that exist, or says what will handle it", () => {
    expect(["handled", "later"]).toContain(status);
    expect(how).toMatch(/\w{3,}/);
    expect(tests.length > 0).toBe(status === "handled");
    for (const test of tests) {
      const [, file = "", name = ""] = /^`(test\/\S+\.test\.ts)`: (.+)$/.exec(test) ?? [];
      expect(existsSync(path.join(root, file)), `${test}: there is no such file`).toBe(true);
      // A test's name, or the row of a table of tests.
      const text = readFileSync(path.join(root, file), "utf8");
      const there = text.includes(`"${name}"`);
      expect(there, `${file} has no test named: ${name}`).toBe(true);
    }
  });
});
