// The edits of mutants.ts still fit the code. Running them takes minutes: `npm run test:mutants`.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { expect, it } from "vitest";
import { scenarios } from "../contract/scenarios/index.ts";
import { mutants } from "./mutants.ts";

it("each finds its place in the code exactly once, and changes it", () => {
  const misfits = mutants.flatMap(({ rule, file, from, to }) => {
    const source = readFileSync(new URL(`../../engine/${file}`, import.meta.url), "utf8");
    const times = source.split(from).length - 1;
    return times === 1 && from !== to ? [] : [`${file}: "${rule}" is found ${times} times`];
  });
  expect(misfits, "change test/mutants/mutants.ts along with the code").toEqual([]);
});

it("each leaves code that can be run", () => {
  const broken = mutants.flatMap(({ rule, file, from, to }) => {
    const source = readFileSync(new URL(`../../engine/${file}`, import.meta.url), "utf8");
    try {
      stripTypeScriptTypes(source.replace(from, () => to));
      return [];
    } catch {
      return [`${file}: ${rule}`];
    }
  });
  expect(broken, "what cannot be run is caught by anything").toEqual([]);
});

it("each rule is named once", () => {
  const rules = mutants.map(({ rule }) => rule);
  expect(rules.filter((rule, index) => rules.indexOf(rule) !== index)).toEqual([]);
});

it("remembers of rules that exist which scenario caught them", () => {
  const text = readFileSync(new URL("caught.json", import.meta.url), "utf8");
  const rules = new Set(mutants.map(({ rule }) => rule));
  const names = new Set(scenarios.map(({ name }) => name));
  const strays = Object.entries(JSON.parse(text) as Record<string, string>).filter(
    ([rule, scenario]) => !rules.has(rule) || !names.has(scenario),
  );
  expect(strays).toEqual([]);
});
