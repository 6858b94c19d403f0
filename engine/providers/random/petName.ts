// Names for pets: adverbs, an adjective and an animal. The words are ours; the plugin's are not the same, and need not be:
// a name is random, kept in the state and never derived again.
import { choose } from "./entropy.ts";
import { adjectives, adverbs, animals } from "./words.ts";

/** One word is an animal, two an adjective and an animal, more put adverbs before them; less than one is as two. */
export function petName(length: number, separator: string, prefix: string): string {
  const words = [...Array.from({ length: Math.max(0, length - 2) }, () => one(adverbs)), one(adjectives), one(animals)];
  const name = length === 1 ? words.slice(-1) : words;
  return [...(prefix === "" ? [] : [prefix]), name.join(separator).toLowerCase()].join(separator);
}

const one = (words: readonly string[]): string => words[choose(words.length)]!;
