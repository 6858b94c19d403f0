// Fits the model to images drawn from seeds 1 to 200 of each kind and writes ../model.json: `node stacks/images/worker/training/train.ts`.
// The same drawings give the same model, to the last digit.
import { writeFileSync } from "node:fs";
import { believe, type Model } from "../classify.ts";
import { decode } from "../decode.ts";
import { features } from "../features.ts";
import { draw, kinds } from "./draw.ts";

const perKind = 200;
const rounds = 1500;
const rate = 0.5;
/** Keeps weights small, so that an image unlike all those seen gets no certain answer. */
const decay = 0.001;

const examples = kinds.flatMap((kind, label) =>
  Array.from({ length: perKind }, (_, seed) => ({ label, values: features(decode(draw(kind, seed + 1))) })),
);
const columns = examples[0]!.values.map((_, index) => examples.map(({ values }) => values[index]!));
const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);
const deviations = columns.map((column, index) =>
  Math.sqrt(column.reduce((sum, value) => sum + (value - means[index]!) ** 2, 0) / column.length),
);
const weights = kinds.map(() => Array.from({ length: means.length + 1 }, () => 0));
const model: Model = { labels: kinds, means, deviations, weights };

for (let round = 0; round < rounds; round++) {
  const slopes = weights.map((row) => row.map((weight) => decay * weight));
  for (const { label, values } of examples) {
    const measured = [...values.map((value, index) => (value - means[index]!) / deviations[index]!), 1];
    for (const [other, belief] of believe(model, values).entries()) {
      const excess = belief - (other === label ? 1 : 0);
      for (const [index, value] of measured.entries()) slopes[other]![index]! += (excess * value) / examples.length;
    }
  }
  for (const [label, row] of weights.entries())
    for (const index of row.keys()) row[index]! -= rate * slopes[label]![index]!;
}

const short = (values: readonly number[]): readonly number[] => values.map((value) => Number(value.toFixed(6)));
writeFileSync(
  new URL("../model.json", import.meta.url),
  `${JSON.stringify({ labels: kinds, means: short(means), deviations: short(deviations), weights: weights.map(short) }, null, 2)}\n`,
);
