// Fair choices from the operating system's cryptographic randomness. Nothing else in this provider is random unless a
// `seed` asks for the opposite.
import { randomBytes } from "node:crypto";

/** A source of choices: a number from 0 to `count` - 1, each as likely. */
export type Choose = (count: number) => number;

/** Rejection sampling over 53 bits: no modulo bias. `count` is from 1 to 2^53. */
export const choose: Choose = (count) => {
  const limit = BigInt(count);
  const fair = (1n << 56n) - ((1n << 56n) % limit);
  for (;;) {
    const value = BigInt(`0x${randomBytes(7).toString("hex")}`);
    if (value < fair) return Number(value % limit);
  }
};

/** The elements in a random order (Fisher-Yates). */
export function shuffled<T>(elements: readonly T[], pick: Choose = choose): T[] {
  const result = [...elements];
  for (let last = result.length - 1; last > 0; last--) {
    const other = pick(last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
