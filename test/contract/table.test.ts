// Every row of the table in docs/engine.md names scenarios that exist and were recorded.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readRecording } from "./recording.ts";
import { scenarios } from "./scenarios/index.ts";

const page = readFileSync(new URL("../../docs/engine.md", import.meta.url), "utf8");
const rows = page.split("\n").filter((line) => /^\| (?!feature|---)/.test(line));

it.for(rows)("%s", (row) => {
  const [, , verdict = "", proof = ""] = row.split("|").map((cell) => cell.trim());
  const named = [...proof.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  expect(verdict).toMatch(/^(supported|refused)$/);
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !scenarios.some((scenario) => scenario.name === name))).toEqual([]);
  expect(named.filter((name) => !readRecording(name))).toEqual([]);
});
