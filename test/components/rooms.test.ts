// Physical names: gives every component the longest name that it takes, with each of its arguments, and has what it makes checked by
// the tables of the sandbox, which have the limits of each type by themselves. One character more is refused before anything is
// registered. Pure: mocks and tables.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { RunError } from "@pulumi/pulumi";
import { afterAll, describe, expect, it } from "vitest";
import { createSandboxProvider } from "../../engine/providers/sandbox/provider.ts";
import type { PropertyMap } from "../../engine/values.ts";
import { type Registered, record, refusal } from "../support/mocks.ts";
import { type Case, cases, changed } from "./cases.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tutti-rooms-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const providers = (["gcp", "kubernetes"] as const).map((name) =>
  createSandboxProvider(name, { directory: folder, stack: "main.test" }),
);

/** No type has more: what takes this takes any. */
const ample = 600;
const named = (length: number) => "n".repeat(length);

/** What the component registers under a name of this length; undefined when it refuses the name, which it must do at once. */
async function made({ build }: Case, args: object, length: number): Promise<readonly Registered[] | undefined> {
  try {
    return (await record(() => build(args, named(length)))).registered;
  } catch (error) {
    if (!RunError.isInstance(error)) throw error;
    expect(await refusal(() => build(args, named(length)))).toContain(`(this has `);
    return undefined;
  }
}

/** Length of the longest name that is taken. */
async function longest(one: Case, args: object): Promise<number> {
  let [taken, refused] = [0, ample + 1];
  while (refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2);
    if (middle >= 6 && (await made(one, args, middle)) === undefined) refused = middle;
    else taken = middle;
  }
  return taken;
}

/** What the tables have against what was registered. */
async function problemsOf(registered: readonly Registered[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { type, name, urn, inputs } of registered) {
    const provider = providers.find((one) => type.startsWith(`${one.package}:`));
    if (provider === undefined) continue;
    const target = { type, name, urn, oldInputs: {}, newInputs: inputs as PropertyMap };
    const { failures } = await provider.check({ ...target, randomSeed: randomBytes(32) });
    found.push(...failures.map(({ property, reason }) => `${type}: ${property}: ${reason}`));
  }
  return found;
}

describe.each(cases)("the longest name of a $component", (one) => {
  it("leaves room for all that it makes, with any argument", async () => {
    const most = await longest(one, one.base);
    const variants = [one.base, ...Object.entries(one.changes).map(([at, value]) => changed(one.base, at, value))];
    for (const args of variants) {
      let length = most;
      let registered = await made(one, args, length);
      while (registered === undefined) registered = await made(one, args, --length);
      expect(await problemsOf(registered)).toEqual([]);
    }
  });
});
