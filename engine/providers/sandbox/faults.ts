// Faults that somebody places from outside: `faults.json` in the cloud's directory is read before each call, so that another
// process can make a running deployment meet them. The dice are seeded: the same seed, resource, operation and attempt
// always fall the same way, whatever the order of the calls.
//
//   { "seed": 1, "rules": [
//     { "type": "gcp:sql/*", "operation": "create", "fail": "googleapi: Error 503: backend error", "probability": 0.5 },
//     { "operation": "*", "latencyMs": 200 },
//     { "urn": "*::main", "operation": "create", "lose": "connection reset by peer", "times": 1 } ] }
//
// `fail` refuses before anything happens; `lose` lets it happen and then loses the answer, which leaves an orphan when it
// was a create. `times` counts attempts of one resource in one process, so that a retry can succeed.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { Refusal } from "./refusal.ts";

export type FaultyOperation = "check" | "create" | "read" | "update" | "delete";

const ruleSchema = z.strictObject({
  type: z.string().default("*"),
  urn: z.string().default("*"),
  operation: z.enum(["*", "check", "create", "read", "update", "delete"]).default("*"),
  fail: z.string().optional(),
  lose: z.string().optional(),
  latencyMs: z.number().min(0).optional(),
  probability: z.number().min(0).max(1).default(1),
  times: z.number().int().min(1).optional(),
});
const fileSchema = z.strictObject({ seed: z.number().int().default(0), rules: z.array(ruleSchema) });

export class Faults {
  private readonly file: string;
  private readonly attempts = new Map<string, number>();

  constructor(directory: string) {
    this.file = join(directory, "faults.json");
  }

  /**
   * Waits and fails as the rules say. Returns what to do after the effect: throw its message, or nothing.
   *
   * @throws Refusal for a rule with `fail`; Error when the file is not one of faults.
   */
  async before(
    type: string,
    urn: string,
    operation: FaultyOperation,
    signal?: AbortSignal,
  ): Promise<{ readonly lose: string | undefined }> {
    const text = await readFile(this.file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (text === undefined) return { lose: undefined };
    const { seed, rules } = this.parse(text);
    let lose: string | undefined;
    for (const [index, rule] of rules.entries()) {
      if (
        !matches(rule.type, type) ||
        !matches(rule.urn, urn) ||
        (rule.operation !== "*" && rule.operation !== operation)
      )
        continue;
      const place = `${index}\n${urn}\n${operation}`;
      const attempt = (this.attempts.get(place) ?? 0) + 1;
      this.attempts.set(place, attempt);
      if (rule.times !== undefined && attempt > rule.times) continue;
      if (die(`${seed}\n${place}\n${attempt}`) >= rule.probability) continue;
      if (rule.latencyMs !== undefined) await delay(rule.latencyMs, undefined, { signal });
      if (rule.fail !== undefined) throw new Refusal(503, rule.fail);
      lose ??= rule.lose;
    }
    return { lose };
  }

  private parse(text: string): z.output<typeof fileSchema> {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw new Error(`${this.file} is not JSON: ${(error as Error).message}`);
    }
    const result = fileSchema.safeParse(json);
    if (!result.success) throw new Error(`${this.file}: ${z.prettifyError(result.error)}`);
    return result.data;
  }
}

/** Whether a text matches a pattern in which `*` stands for anything. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(text);
}

/** A number in [0, 1), always the same for the same text. */
function die(text: string): number {
  return Number.parseInt(createHash("sha256").update(text).digest("hex").slice(0, 12), 16) / 2 ** 48;
}
