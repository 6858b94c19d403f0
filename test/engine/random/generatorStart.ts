// Derives the table that every sequence of Go's math/rand starts from: the generator's own state after 7.8 * 10^12 steps
// from a simple start. Nobody can take these steps one by one; the recurrence x(n) = x(n-607) + x(n-273) is linear, so the
// state at step N is given by t^N modulo t^607 - t^334 - 1, which takes 43 squarings.
// `node test/engine/random/generatorStart.ts` writes the table; a test derives it again.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LENGTH = 607;
const LAG = 273;
const STEPS = 7_800_000_000_000;
const MASK = (1n << 64n) - 1n;

/** 607 numbers from 0 to 2^64 - 1, as decimal text: JSON's numbers are too short. */
export function generatorStart(): readonly string[] {
  const first = simpleStart();
  const history = Array.from({ length: LENGTH }, (_, index) => first[place(index - LENGTH)]!);
  const table: bigint[] = [];
  let power = powerOfT(STEPS);
  for (let step = STEPS - LENGTH; step < STEPS; step++) {
    const value = power.reduce((sum, coefficient, index) => sum + coefficient * history[index]!, 0n);
    table[place(step)] = value & MASK;
    power = timesT(power);
  }
  return table.map(String);
}

/** Where the generator keeps the number of a step; steps before the first are negative. */
function place(step: number): number {
  return (((LENGTH - LAG - 1 - step) % LENGTH) + LENGTH) % LENGTH;
}

function simpleStart(): readonly bigint[] {
  let x = 1;
  const step = (): bigint => {
    x = (48_271 * x) % 2_147_483_647;
    return BigInt(x);
  };
  for (let skipped = 0; skipped < 20; skipped++) step();
  return Array.from({ length: LENGTH }, () => (step() << 20n) ^ (step() << 10n) ^ step());
}

type Polynomial = readonly bigint[];

function powerOfT(exponent: number): Polynomial {
  let power: Polynomial = Array.from({ length: LENGTH }, (_, index) => (index === 0 ? 1n : 0n));
  for (const bit of exponent.toString(2)) {
    power = squared(power);
    if (bit === "1") power = timesT(power);
  }
  return power;
}

function timesT(polynomial: Polynomial): Polynomial {
  const top = polynomial[LENGTH - 1]!;
  const result = [top, ...polynomial.slice(0, -1)];
  result[LENGTH - LAG] = (result[LENGTH - LAG]! + top) & MASK;
  return result;
}

function squared(polynomial: Polynomial): Polynomial {
  const product = Array.from({ length: 2 * LENGTH - 1 }, () => 0n);
  for (const [i, a] of polynomial.entries()) {
    if (a !== 0n) for (const [j, b] of polynomial.entries()) product[i + j]! += a * b;
  }
  for (let degree = 2 * LENGTH - 2; degree >= LENGTH; degree--) {
    const coefficient = product[degree]! & MASK;
    product[degree - LENGTH]! += coefficient;
    product[degree - LAG]! += coefficient;
  }
  return product.slice(0, LENGTH).map((coefficient) => coefficient & MASK);
}

export const file = fileURLToPath(
  new URL("../../../engine/providers/random/generatorStart.generated.json", import.meta.url),
);

if (import.meta.main) writeFileSync(file, `${JSON.stringify(generatorStart(), null, 0)}\n`);
