// Every row of the tables in docs/engine.md names what proves it, and that is there: recorded scenarios, or tests of commands.
// No command is without a row.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { commands } from "../../engine/command/commands.ts";
import { refusedCommands } from "../../engine/command/refused.ts";
import { readRecording } from "./recording.ts";
import { scenarios } from "./scenarios/index.ts";

const page = readFileSync(new URL("../../docs/engine.md", import.meta.url), "utf8");
const rowsBelow = (header: string) => {
  const [, table = ""] = page.split(`${header}\n`);
  const lines = table.split("\n").slice(1);
  return lines.slice(0, lines.indexOf("")).map((line) => line.split("|").map((cell) => cell.trim()));
};
const quoted = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

const features = rowsBelow("| feature | | scenarios |");
const verbs = rowsBelow("| command | | tests |");

it.for([...features, ...verbs])("%s: %s is supported or refused", ([, what = "", verdict = ""]) => {
  expect([what, verdict]).toEqual([expect.stringMatching(/./), expect.stringMatching(/^(supported|refused)$/)]);
});

it.for(features)("%s: %s is shown by recorded scenarios", ([, , , proof]) => {
  const named = quoted(proof);
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !scenarios.some((scenario) => scenario.name === name))).toEqual([]);
  expect(named.filter((name) => !readRecording(name))).toEqual([]);
});

it.for(verbs)("%s: %s is shown by tests", ([, , , proof]) => {
  const named = quoted(proof);
  expect(named).not.toEqual([]);
  const isThere = (name: string) => {
    const [file = "", title = ""] = name.split(" > ");
    const text = readFileSync(new URL(`../engine/command/${file}`, import.meta.url), "utf8");
    return title !== "" && text.includes(`it("${title}"`);
  };
  expect(named.filter((name) => !isThere(name))).toEqual([]);
});

it("has a row for every command, and one for every refusal of a command", () => {
  const named = (verdict: string) => verbs.filter((row) => row[2] === verdict).flatMap(([, what]) => quoted(what));
  expect(commands.map(({ path }) => path.join(" ")).filter((path) => !named("supported").includes(path))).toEqual([]);
  expect(named("refused").toSorted()).toEqual(Object.keys(refusedCommands));
});
