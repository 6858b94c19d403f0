// Choices that follow from a `seed`, the same as the plugin's: Go's math/rand (an additive lagged Fibonacci generator,
// x(n) = x(n-607) + x(n-273) modulo 2^64) started from the CRC-64 (ISO) of the seed. Not random, and not meant to be.
// Source: the Go programming language: hash/crc64, math/rand (Seed, Intn, Perm); terraform-provider-random.
import type { Choose } from "./entropy.ts";
import start from "./generatorStart.generated.json" with { type: "json" };

const LENGTH = 607;
const LAG = 273;
const INT32_MAX = 2_147_483_647;

/** A fresh sequence of choices for a seed. `count` is from 1 to 2^53. */
export function seededChoose(seed: string): Choose {
  const next = sequence(checksum(Buffer.from(seed)));
  const below = (count: bigint, bits: bigint): bigint => {
    const draw = () => next() >> (63n - bits);
    if ((count & (count - 1n)) === 0n) return draw() & (count - 1n);
    const fair = (1n << bits) - ((1n << bits) % count);
    let value = draw();
    while (value >= fair) value = draw();
    return value % count;
  };
  return (count) => Number(below(BigInt(count), count <= INT32_MAX ? 31n : 63n));
}

/** The elements in the order of Go's `Perm`, which is not the order of `shuffled` with the same choices. */
export function seededShuffle<T>(elements: readonly T[], pick: Choose): T[] {
  const result: T[] = [];
  for (const [index, element] of elements.entries()) {
    const place = pick(index + 1);
    if (place < index) result[index] = result[place]!;
    result[place] = element;
  }
  return result;
}

/** Numbers from 0 to 2^63 - 1. */
function sequence(seed: bigint): () => bigint {
  let x = Number(seed % BigInt(INT32_MAX));
  if (x < 0) x += INT32_MAX;
  if (x === 0) x = 89_482_311;
  const step = (): bigint => {
    x = (48_271 * x) % INT32_MAX;
    return BigInt(x);
  };
  for (let skipped = 0; skipped < 20; skipped++) step();
  const state = BigUint64Array.from(start, (value) => (step() << 40n) ^ (step() << 20n) ^ step() ^ BigInt(value));
  let [tap, feed] = [0, LENGTH - LAG];
  return () => {
    tap = (tap + LENGTH - 1) % LENGTH;
    feed = (feed + LENGTH - 1) % LENGTH;
    state[feed] = state[feed]! + state[tap]!;
    return state[feed]! & 0x7fff_ffff_ffff_ffffn;
  };
}

function checksum(bytes: Uint8Array): bigint {
  let crc = 0xffff_ffff_ffff_ffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xd800_0000_0000_0000n : crc >> 1n;
  }
  return BigInt.asIntN(64, ~crc);
}
