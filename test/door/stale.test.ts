// Stacks that are out of date: what they read of others, as it stands in their states, is other by now.
import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { staleAfter, staleText } from "../../automation/commands/stale.ts";
import { open, type Tutti } from "../../automation/index.ts";
import { createFixture, type Fixture } from "../cli/fixture.ts";

let fixture: Fixture;
let tutti: Tutti;
beforeAll(async () => {
  fixture = createFixture();
  tutti = await open(fixture.root, { variables: {} });
});
afterAll(() => fixture.remove());

const late = async (): Promise<readonly string[]> =>
  (await tutti.list({ environment: "local" })).stacks.flatMap(({ id, stale = [] }) =>
    stale.length === 0 ? [] : [`${id}: ${staleText(stale)}`],
  );
async function up(...select: string[]): Promise<readonly string[]> {
  const report = await tutti.up({ select }).result();
  expect(report.exitCode, JSON.stringify(report.stacks)).toBe(0);
  return staleAfter(report, tutti);
}

it("are named after the update that left them behind, and listed until they were brought up again", async () => {
  expect(await up("base.local", "app.local")).toEqual([]);
  expect(await late()).toEqual([]);
  const program = fixture.read("stacks/base/program.ts");
  fixture.write("stacks/base/program.ts", program.replace("length: settings.words", "length: 4"));
  const { code, stderr } = await fixture.tutti(["up", "base.local", "--yes"]);
  const told = stderr.split("\n").filter((line) => line.startsWith("out of date"));
  expect([code, told]).toEqual([0, ["out of date now: app.local, since base.local changed pet: tutti up app.local"]]);
  expect(await late()).toEqual(["app.local: base.local changed pet"]);
  expect(await up("app.local")).toEqual([]);
  expect(await late()).toEqual([]);
});

it("are not guessed: one that never ran has read nothing", async () => {
  // Once destroyed, its state is there and holds no reference.
  expect(await up("base.local", "app.local")).toEqual([]);
  expect((await tutti.destroy({ select: "app.local" }).result()).exitCode).toBe(0);
  expect(await late()).toEqual([]);
  rmSync(path.join(fixture.root, ".tutti"), { recursive: true });
  expect(await up("base.local")).toEqual([]);
  expect(await late()).toEqual([]);
});
