// Pixels --> nine numbers that tell a photograph from a drawing, a page of text and an empty surface. Each is between 0 and about
// 1 and does not depend on the size of the image: half of them are read off a small copy of it, half off pieces in full size,
// where grain and the edges of letters are.
import type { Pixels } from "./decode.ts";

export const featureNames = [
  "brightness",
  "contrast",
  "saturation",
  "colours",
  "mostCommonColour",
  "rowsDiffer",
  "flat",
  "soft",
  "hard",
] as const;

const thumbSize = 48;
const pieceSize = 64;

/** One number for each of `featureNames`, in their order. */
export function features(image: Pixels): readonly number[] {
  const thumb = shrink(image);
  const lumas = Array.from({ length: thumbSize * thumbSize }, (_, pixel) => luma(thumb, pixel));
  const brightness = mean(lumas);
  const contrast = deviation(lumas);
  const rows = Array.from({ length: thumbSize }, (_, row) => mean(lumas.slice(row * thumbSize, (row + 1) * thumbSize)));
  const { colours, mostCommon } = palette(thumb);
  return [
    brightness / 255,
    contrast / 128,
    saturation(thumb),
    Math.log2(colours) / 12,
    mostCommon,
    contrast < 1 ? 0 : deviation(rows) / contrast,
    ...steps(image),
  ];
}

/** The image with every pixel of `thumbSize` x `thumbSize` the mean of those it stands for. */
function shrink({ width, height, rgb }: Pixels): Float64Array {
  const small = new Float64Array(thumbSize * thumbSize * 3);
  for (let y = 0; y < thumbSize; y++) {
    const [top, bottom] = span(y, height);
    for (let x = 0; x < thumbSize; x++) {
      const [left, right] = span(x, width);
      const at = (y * thumbSize + x) * 3;
      for (let row = top; row < bottom; row++) {
        for (let pixel = (row * width + left) * 3; pixel < (row * width + right) * 3; pixel += 3) {
          for (let channel = 0; channel < 3; channel++) small[at + channel]! += rgb[pixel + channel]!;
        }
      }
      const count = (bottom - top) * (right - left);
      for (let channel = 0; channel < 3; channel++) small[at + channel]! /= count;
    }
  }
  return small;
}

/** First and last pixel (not included) of what one of the small copy's stands for: at least one. */
function span(index: number, length: number): readonly [number, number] {
  const from = Math.floor((index * length) / thumbSize);
  return [from, Math.max(from + 1, Math.floor(((index + 1) * length) / thumbSize))];
}

/** Brightness as the eye has it, 0 to 255 (weights of ITU-R BT.601). */
const luma = (rgb: ArrayLike<number>, pixel: number): number =>
  0.299 * rgb[pixel * 3]! + 0.587 * rgb[pixel * 3 + 1]! + 0.114 * rgb[pixel * 3 + 2]!;

function saturation(thumb: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < thumb.length; at += 3) {
    const high = Math.max(thumb[at]!, thumb[at + 1]!, thumb[at + 2]!);
    const low = Math.min(thumb[at]!, thumb[at + 1]!, thumb[at + 2]!);
    sum += high === 0 ? 0 : (high - low) / high;
  }
  return sum / (thumb.length / 3);
}

/** How many colours there are, of 16 steps a channel, and the share of the most common one. */
function palette(thumb: Float64Array): { readonly colours: number; readonly mostCommon: number } {
  const counts = new Map<number, number>();
  for (let at = 0; at < thumb.length; at += 3) {
    const colour = (thumb[at]! >> 4) * 256 + (thumb[at + 1]! >> 4) * 16 + (thumb[at + 2]! >> 4);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return { colours: counts.size, mostCommon: Math.max(...counts.values()) / (thumb.length / 3) };
}

/** Of neighbours in five pieces of full size: how many are alike, differ a little, and differ sharply. */
function steps({ width, height, rgb }: Pixels): readonly [number, number, number] {
  const image = { width, height, rgb };
  let [flat, soft, hard, all] = [0, 0, 0, 0];
  for (const [fromX, fromY] of [
    [0.5, 0.5],
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ] as const) {
    const left = Math.max(0, Math.min(width - pieceSize, Math.round(fromX * width - pieceSize / 2)));
    const top = Math.max(0, Math.min(height - pieceSize, Math.round(fromY * height - pieceSize / 2)));
    for (let y = top; y < Math.min(height, top + pieceSize); y++) {
      for (let x = left; x + 1 < Math.min(width, left + pieceSize); x++) {
        const pixel = y * width + x;
        const step = Math.abs(luma(image.rgb, pixel + 1) - luma(image.rgb, pixel));
        if (step < 1.5) flat++;
        else if (step < 24) soft++;
        else if (step > 56) hard++;
        all++;
      }
    }
  }
  return all === 0 ? [1, 0, 0] : [flat / all, soft / all, hard / all];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
