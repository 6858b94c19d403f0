// Turns variants into medians measured side by side: every round runs each variant once, so that a slow minute of a shared
// machine falls on all of them, and only ratios within one run are printed.

export interface Sample {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** Runs every variant once per round, in turn, after one round that is not counted. `rounds` is 1 or more. */
export async function sideBySide(
  variants: Readonly<Record<string, () => unknown>>,
  rounds: number,
): Promise<Record<string, Sample>> {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(variants)) {
      const start = performance.now();
      await run();
      if (round > 0) times[name]?.push(performance.now() - start);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, summary(ms)]));
}

export function summary(values: readonly number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const medianMs = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { medianMs, minMs: sorted[0]!, maxMs: sorted.at(-1)! };
}

export function show({ medianMs, minMs, maxMs }: Sample): string {
  const digits = medianMs < 10 ? 2 : 0;
  return `${medianMs.toFixed(digits)} ms (${minMs.toFixed(digits)}-${maxMs.toFixed(digits)})`;
}
