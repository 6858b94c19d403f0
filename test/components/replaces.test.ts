// What replaces: changes one argument of a component after the other, asks the tables of the sandbox whether that replaces
// anything, and compares it with what the argument's documentation and the top of the file say. Pure: mocks, tables, sources.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { componentPages } from "../../docs/pages.ts";
import type { Provider } from "../../engine/providers/provider.ts";
import { createRandomProvider } from "../../engine/providers/random/index.ts";
import { createSandboxProvider } from "../../engine/providers/sandbox/provider.ts";
import type { PropertyMap } from "../../engine/values.ts";
import { type Registered, record } from "../support/mocks.ts";
import { ArgumentDocs, saysReplaced } from "./argumentDocs.ts";
import { cases, changed } from "./cases.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const docs = new ArgumentDocs(path.join(root, "components"));
const folder = mkdtempSync(path.join(tmpdir(), "tutti-replaces-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const providers: Readonly<Record<string, Provider>> = {
  gcp: createSandboxProvider("gcp", { directory: folder, stack: "main.test" }),
  kubernetes: createSandboxProvider("kubernetes", { directory: folder, stack: "main.test" }),
  random: createRandomProvider(),
};

/** Grants hold nothing: one that is replaced is there again a moment later, and every change of one replaces it. */
const grant = /iam_?member:/i;

async function replaced(before: readonly Registered[], after: readonly Registered[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const one of before) {
    const next = after.find(({ type, name }) => type === one.type && name === one.name);
    const provider = providers[one.type.slice(0, one.type.indexOf(":"))];
    if (next === undefined || !one.custom || provider === undefined || grant.test(one.type)) continue;
    const target = { type: one.type, name: one.name, urn: one.urn };
    const oldInputs = one.inputs as PropertyMap;
    const made = one.type.startsWith("random:")
      ? await provider.create({
          ...target,
          inputs: oldInputs,
          preview: false,
          timeoutSeconds: 0,
          signal: new AbortController().signal,
        })
      : undefined;
    const { replaces } = await provider.diff({
      ...target,
      id: "id",
      oldInputs,
      oldOutputs: made?.outputs ?? {},
      newInputs: next.inputs as PropertyMap,
      ignoreChanges: next.ignoreChanges,
    });
    if (replaces.length > 0) found.push(`${one.type} ${one.name} (${replaces.join(", ")})`);
  }
  return found;
}

describe.each(cases)("$component", ({ file, component, build, base, changes, inPlace }) => {
  const registered = async (args: object) => (await record(() => build(args))).registered;

  it("says of each argument whether changing it replaces anything", async () => {
    const before = await registered(base);
    const look = async (some: readonly (readonly [string, unknown])[]) =>
      replaced(before, await registered(some.reduce((args, [at, value]) => changed(args, at, value), base)));
    const wrong: string[] = [];
    const seen = new Set<string>();
    const [said, unsaid] = [true, false].map((says) =>
      Object.entries(changes).filter(([at]) => docs.along(file, component, at).some(saysReplaced) === says),
    );
    // All that should replace nothing at once; one by one only when something does.
    const one = (await look(unsaid!)).length > 0 ? unsaid! : [];
    for (const [at, value] of one) {
      const found = await look([[at, value]]);
      if (found.length > 0) wrong.push(`${at} replaces ${found.join("; ")}, and does not say so`);
    }
    for (const [at, value] of said!) {
      if ((await look([[at, value]])).length > 0) seen.add(docs.withoutKeys(file, component, at));
      else if (saysReplaced(docs.along(file, component, at).at(-1) ?? ""))
        wrong.push(`${at} replaces nothing, and says that it does`);
    }
    for (const at of docs.replacing(file, component))
      if (![...seen].some((one) => one === at || one.startsWith(`${at}.`))) wrong.push(`${at} is not seen to replace`);
    for (const [at, value] of Object.entries(inPlace)) {
      const found = await look([[at, value]]);
      if (found.length > 0)
        wrong.push(`${at} replaces ${found.join("; ")} also by a change that is said to be in place`);
    }
    expect(wrong).toEqual([]);
  });

  it("has every argument looked at", () => {
    const looked = Object.keys(changes).map((at) => at.split(".")[0]);
    expect(docs.names(file, component).filter((name) => !looked.includes(name))).toEqual([]);
  });

  it("names at the top of its file what replaces", () => {
    const header = docs.header(file);
    const arguments_ = docs.replacing(file, component).filter((at) => !at.includes("."));
    expect(arguments_.filter((name) => !new RegExp(`\`${name}[.\`]`).test(header))).toEqual([]);
  });
});

it("looks at every component that makes something", () => {
  const all = [...componentPages(root).components.values()];
  const looked = cases.map(({ component }) => component);
  expect(all.filter((name) => !looked.includes(name))).toEqual(["ExistingCluster"]);
});
