// The run lease in a folder: who is left alone, who is taken over, and that a number is never used twice. No clock runs.
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Lease, LeaseLost, leaseFolder, takeLease } from "../../automation/pulumi/lease.ts";
import { thisMachine } from "../../engine/state/processIdentity.ts";

let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(os.tmpdir(), "tutti-lease-")), "leases");
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

const here = thisMachine();
const elsewhere = { ...here, host: "elsewhere" };
let nowMs = 0;
const take = (machine: typeof here) =>
  takeLease(leaseFolder(folder), { runId: "r", operation: "up", machine, now: () => nowMs, staleMs: 90 });
async function taken(machine: typeof here): Promise<{ readonly lease: Lease; readonly from?: string }> {
  const answer = await take(machine);
  if (answer.type !== "taken") throw new Error(`held by ${answer.by.host}`);
  return { lease: answer.lease, ...(answer.from === undefined ? {} : { from: answer.from.host }) };
}

it("leaves an owner on another host alone as long as it is heard of, and takes over one that is silent", async () => {
  const { lease } = await taken(elsewhere);
  nowMs += 80;
  await lease.beat();
  nowMs += 90;
  expect(await take(here)).toMatchObject({ type: "held", by: { host: "elsewhere" } });
  nowMs += 1;
  expect(await take(here)).toMatchObject({ type: "taken", from: { host: "elsewhere" } });
  await expect(lease.check()).rejects.toThrow(LeaseLost);
  await expect(lease.beat()).rejects.toThrow(LeaseLost);
});

it("leaves an owner on this host alone as long as its process lives, however silent it is", async () => {
  await taken(here);
  nowMs += 1_000_000;
  expect(await take(here)).toMatchObject({ type: "held" });
});

it("goes on at once when it was given back, with a higher number and nobody to tell of", async () => {
  const first = await taken(elsewhere);
  await first.lease.release();
  const second = await taken(here);
  expect([first.lease.fence, second.lease.fence, second.from]).toEqual([1, 2, undefined]);
  expect([readdirSync(folder), statSync(folder).mode & 0o777]).toEqual([["000000000002.json"], 0o700]);
});
