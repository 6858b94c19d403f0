// An image's bytes --> what it shows, and how sure that is. A linear model over nine features (features.ts), its numbers in
// model.json, fitted by training/train.ts. Small on purpose: a model of your own goes into this file, and nothing else changes.
import { decode } from "./decode.ts";
import { features } from "./features.ts";
import model from "./model.json" with { type: "json" };

export interface Finding {
  /** One of the model's labels: `photo`, `drawing`, `text` or `blank`. */
  readonly label: string;
  /** 0 to 1: the label's share of the model's belief. */
  readonly confidence: number;
}

export interface Model {
  readonly labels: readonly string[];
  /** What a feature is on average, and how much it varies: features are compared by that measure. */
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  /** For each label a number for each feature, and one more. */
  readonly weights: readonly (readonly number[])[];
}

/** @throws Unreadable when the bytes are no image. */
export function classify(bytes: Uint8Array): Finding {
  const beliefs = believe(model, features(decode(bytes)));
  const best = beliefs.indexOf(Math.max(...beliefs));
  return { label: model.labels[best]!, confidence: Math.round(beliefs[best]! * 10_000) / 10_000 };
}

/** How likely each label is, by the model: they add up to 1. */
export function believe({ means, deviations, weights }: Model, values: readonly number[]): readonly number[] {
  const measured = [...values.map((value, index) => (value - means[index]!) / deviations[index]!), 1];
  const scores = weights.map((row) => row.reduce((sum, weight, index) => sum + weight * measured[index]!, 0));
  const most = Math.max(...scores);
  const parts = scores.map((score) => Math.exp(score - most));
  const all = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / all);
}
