// Makes the text of RandomString and RandomPassword: the minimum of each kind of character, the rest from all kinds that
// are switched on, in a random order.
import type { Values } from "./config.ts";
import { choose, shuffled } from "./entropy.ts";

const digits = "0123456789";
const lowercase = "abcdefghijklmnopqrstuvwxyz";
const special = "!@#$%&*()-_=+[]{}<>:?";

/** A minimum holds for a kind that is switched off too, as in the plugin. @throws {Error} when nothing can be generated. */
export function generateText(values: Values): string {
  const kinds = [
    { on: values["upper"], minimum: values["minUpper"], characters: lowercase.toUpperCase() },
    { on: values["lower"], minimum: values["minLower"], characters: lowercase },
    { on: values["numeric"], minimum: values["minNumeric"], characters: digits },
    {
      on: values["special"],
      minimum: values["minSpecial"],
      characters: (values["overrideSpecial"] as string) || special,
    },
  ].map(({ on, minimum, characters }) => ({
    on: on === true,
    minimum: Number(minimum ?? 0),
    characters: [...characters],
  }));
  const alphabet = kinds.flatMap(({ on, characters }) => (on ? characters : []));
  if (alphabet.length === 0) {
    throw new Error(
      "there is no character to choose from: set at least one of upper, lower, numeric and special to true",
    );
  }
  const negative = kinds.find(({ minimum }) => minimum < 0);
  if (negative) throw new Error(`a minimum number of characters must be 0 or more, got ${negative.minimum}`);

  const pick = (from: readonly string[]): string => from[choose(from.length)]!;
  const needed = kinds.flatMap(({ minimum, characters }) => Array.from({ length: minimum }, () => pick(characters)));
  const length = Number(values["length"] ?? 0);
  if (length < needed.length)
    throw new Error(`length must be at least ${needed.length}, the sum of the minimums, got ${length}`);
  const rest = Array.from({ length: length - needed.length }, () => pick(alphabet));
  return shuffled([...needed, ...rest]).join("");
}
