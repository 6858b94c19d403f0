// Keyed digests of secret outputs, by which two previews of one run find out whether a secret stays as it is, without
// either of them or the driver telling the other what it is.
import { createHmac, timingSafeEqual } from "node:crypto";
import { writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { look } from "./inside.ts";

/** Digests by output name. */
export type Digests = Readonly<Record<string, string>>;

/** The digest of one output's plain value; the same for objects whose keys are in another order. */
export function digestOf(key: string, stack: string, output: string, value: unknown): string {
  return createHmac("sha256", key)
    .update(JSON.stringify([stack, output, sorted(value)]))
    .digest("base64url");
}

/** Whether two digests are the same. */
export function sameDigest(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** In a preview that the driver chains with others: leaves digests of the known secrets among a stack's outputs. */
export async function leaveDigests(stack: string, outputs: Readonly<Record<string, unknown>>): Promise<void> {
  const { TUTTI_DIGESTS: file, TUTTI_DIGEST_KEY: key } = process.env;
  if (file === undefined || key === undefined || !pulumi.runtime.isDryRun()) return;
  const digests: Record<string, string> = {};
  for (const [name, value] of Object.entries(outputs)) {
    const { known, secret, value: plain } = await look(value);
    if (known && secret) digests[name] = digestOf(key, stack, name, plain);
  }
  writeFileSync(file, JSON.stringify(digests), { mode: 0o600 });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, part]) => [name, sorted(part)]));
}
