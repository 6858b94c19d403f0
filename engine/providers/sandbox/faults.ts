// Faults that somebody places from outside: `faults.json` in the cloud's directory is read before each call, so that another
// process can make a running deployment meet them. The dice are seeded: the same seed, resource, operation and attempt
// always fall the same way, whatever the order of the calls.
//
//   { "seed": 1, "rules": [
//     { "type": "gcp:sql/*", "operation": "create", "fail": "googleapi: Error 503: backend error", "probability": 0.5 },
//     { "operation": "*", "latencyMs": 200 },
//     { "urn": "*::main", "operation": "create", "lose": "connection reset by peer", "times": 1 },
//     { "type": "gcp:*", "limit": 10, "perMs": 1000 } ] }
//
// `fail` refuses before anything happens; `lose` lets it happen and then loses the answer, which leaves an orphan when it
// was a create. `times` counts attempts of one resource, so that a retry can succeed. `limit` lets through so many calls in
// each stretch of `perMs` (1000 by default) and refuses the others as a cloud does that wants fewer.
//
// Attempts and calls are counted in files, a byte each, so that they add up over processes: below `faults/<hash of the
// rules>/`, which new rules leave behind. Checks are no calls to a cloud: only a rule that names `check` concerns them.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { googleError, Refusal } from "./refusal.ts";

export type FaultyOperation = "check" | "create" | "read" | "update" | "delete";

const ruleSchema = z.strictObject({
  type: z.string().default("*"),
  urn: z.string().default("*"),
  operation: z.enum(["*", "check", "create", "read", "update", "delete"]).default("*"),
  fail: z.string().optional(),
  lose: z.string().optional(),
  latencyMs: z.number().min(0).optional(),
  limit: z.number().int().min(1).optional(),
  perMs: z.number().int().min(1).optional(),
  probability: z.number().min(0).max(1).default(1),
  times: z.number().int().min(1).optional(),
});
const fileSchema = z.strictObject({ seed: z.number().int().default(0), rules: z.array(ruleSchema) });

/** A rule as it is written; what is left out is any type, any URN, any operation, always. */
export type FaultRule = z.input<typeof ruleSchema>;
/** Everything placed in one cloud. */
export interface PlacedFaults {
  readonly seed: number;
  readonly rules: readonly z.output<typeof ruleSchema>[];
}

const fileName = "faults.json";
const countersFolder = "faults";

export class Faults {
  private readonly directory: string;
  private read: { readonly text: string; readonly faults: PlacedFaults; readonly counters: string } | undefined;

  constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Waits and fails as the rules say. Returns what to do after the effect: throw its message, or nothing.
   *
   * @throws Refusal for a rule with `fail` or `limit`; Error when the file is not one of faults.
   */
  async before(
    type: string,
    urn: string,
    operation: FaultyOperation,
    signal?: AbortSignal,
  ): Promise<{ readonly lose: string | undefined }> {
    const text = await textOf(join(this.directory, fileName));
    if (text === undefined) return { lose: undefined };
    const { faults, counters } = this.parsed(text);
    let lose: string | undefined;
    for (const [index, rule] of faults.rules.entries()) {
      if (!concerns(rule, type, urn, operation)) continue;
      if (rule.limit !== undefined) await this.withinLimit(counters, index, rule.limit, rule.perMs ?? 1000, type);
      const place = `${index}\n${urn}\n${operation}`;
      const attempt =
        rule.times === undefined && rule.probability === 1 ? 1 : await count(counters, `attempts-${hash(place)}`);
      if (rule.times !== undefined && attempt > rule.times) continue;
      if (die(`${faults.seed}\n${place}\n${attempt}`) >= rule.probability) continue;
      if (rule.latencyMs !== undefined) await delay(rule.latencyMs, undefined, { signal });
      if (rule.fail !== undefined) throw new Refusal(503, rule.fail);
      lose ??= rule.lose;
    }
    return { lose };
  }

  private parsed(text: string) {
    if (this.read?.text !== text)
      this.read = {
        text,
        faults: parseFaults(text, join(this.directory, fileName)),
        counters: join(this.directory, countersFolder, hash(text)),
      };
    return this.read;
  }

  private async withinLimit(
    counters: string,
    index: number,
    limit: number,
    perMs: number,
    type: string,
  ): Promise<void> {
    const stretch = Math.floor(Date.now() / perMs);
    const family = `calls-${index}-`;
    const calls = await count(counters, `${family}${stretch}`);
    if (calls === 1) await forgetOthers(counters, family, stretch);
    if (calls <= limit) return;
    if (type.startsWith("kubernetes:"))
      throw new Refusal(429, "the server has received too many requests and has asked us to try again later");
    const message = `Quota exceeded for quota metric 'Requests' and limit 'Requests per ${perMs} ms' (${limit})`;
    throw googleError(429, message, "rateLimitExceeded");
  }
}

/** What is placed in a cloud. @throws Error when the file is not one of faults. */
export async function placedFaults(directory: string): Promise<PlacedFaults> {
  const file = join(directory, fileName);
  const text = await textOf(file);
  return text === undefined ? { seed: 0, rules: [] } : parseFaults(text, file);
}

/** Adds a rule behind those there are, and sets the seed when one is given. Counting begins anew. */
export async function placeFault(directory: string, rule: FaultRule, seed?: number): Promise<PlacedFaults> {
  const before = await placedFaults(directory);
  const placed = { seed: seed ?? before.seed, rules: [...before.rules, ruleSchema.parse(rule)] };
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `.${randomBytes(9).toString("hex")}.tmp`);
  await writeFile(draft, `${JSON.stringify(placed, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  await rename(draft, join(directory, fileName));
  await rm(join(directory, countersFolder), { recursive: true, force: true });
  return placed;
}

/** Takes every rule away; gives how many there were. Works on a file that cannot be read, too. */
export async function clearFaults(directory: string): Promise<number> {
  const count = await placedFaults(directory).then(
    ({ rules }) => rules.length,
    () => 1,
  );
  await rm(join(directory, fileName), { force: true });
  await rm(join(directory, countersFolder), { recursive: true, force: true });
  return count;
}

function parseFaults(text: string, file: string): PlacedFaults {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
  const result = fileSchema.safeParse(json);
  if (!result.success) throw new Error(`${file}: ${z.prettifyError(result.error)}`);
  return result.data;
}

function concerns(rule: PlacedFaults["rules"][number], type: string, urn: string, operation: FaultyOperation): boolean {
  if (rule.operation !== operation && (rule.operation !== "*" || operation === "check")) return false;
  return matches(rule.type, type) && matches(rule.urn, urn);
}

/** One more of something; how many there are now. Whoever comes at the same time counts at least itself. */
async function count(folder: string, name: string): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(join(folder, name), "a", 0o600);
  try {
    await file.write(".");
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** Takes away what was counted in stretches that are over. */
async function forgetOthers(folder: string, family: string, stretch: number): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(family) && Number(name.slice(family.length)) < stretch)
      await rm(join(folder, name), { force: true });
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** Whether a text matches a pattern in which `*` stands for anything. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(text);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** A number in [0, 1), always the same for the same text. */
function die(text: string): number {
  return Number.parseInt(createHash("sha256").update(text).digest("hex").slice(0, 12), 16) / 2 ** 48;
}
