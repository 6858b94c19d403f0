// A seed --> an image of a known kind, as a file: what the model is trained on, and what tests give to a worker. The same seed
// draws the same image. They are drawings of photographs, not photographs: a model for real ones is trained on real ones.
import { encode as encodePng } from "fast-png";
import { encode as encodeJpeg } from "jpeg-js";

export const kinds = ["photo", "drawing", "text", "blank"] as const;
export type Kind = (typeof kinds)[number];

type Random = () => number;
type Colour = readonly [number, number, number];

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A PNG or JPEG file, 96 to 320 pixels each way. */
export function draw(kind: Kind, seed: number): Uint8Array {
  const random = mulberry32(seed * 4 + kinds.indexOf(kind));
  const side = (): number => 96 + Math.floor(random() * 224);
  const canvas: Canvas = { width: side(), height: side(), rgb: new Uint8Array(0) };
  const image = { ...canvas, rgb: new Uint8Array(canvas.width * canvas.height * 3) };
  painters[kind](image, random);
  return random() < 0.5 ? png(image) : jpeg(image, 60 + Math.floor(random() * 35));
}

function png({ width, height, rgb }: Canvas): Uint8Array {
  return encodePng({ width, height, data: rgb, channels: 3, depth: 8 });
}

function jpeg({ width, height, rgb }: Canvas, quality: number): Uint8Array {
  const data = Buffer.alloc(width * height * 4, 255);
  for (let pixel = 0; pixel < width * height; pixel++) data.set(rgb.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
  return new Uint8Array(encodeJpeg({ width, height, data }, quality).data);
}

const painters: Readonly<Record<Kind, (canvas: Canvas, random: Random) => void>> = {
  // Light that changes slowly, shapes without sharp edges, and the grain of a sensor everywhere.
  photo: (canvas, random) => {
    const [low, high] = [colour(random), colour(random)];
    const waves = Array.from({ length: 6 }, () => ({
      x: (random() - 0.5) * 0.16,
      y: (random() - 0.5) * 0.16,
      phase: random() * 6.3,
      weight: 0.3 + random(),
    }));
    const all = waves.reduce((sum, { weight }) => sum + weight, 0);
    const grain = 5 + random() * 18;
    fill(canvas, (x, y) => {
      const light =
        waves.reduce((sum, wave) => sum + wave.weight * Math.sin(wave.x * x + wave.y * y + wave.phase), 0) / all;
      const noise = (random() - 0.5) * grain;
      return mix(low, high, 0.5 + light, noise);
    });
  },
  // Few colours, each over a large area, with sharp edges.
  drawing: (canvas, random) => {
    const ground = random() < 0.5 ? ([250, 250, 250] as const) : colour(random);
    fill(canvas, () => ground);
    for (let shape = 0; shape < 3 + random() * 8; shape++) {
      const paint = colour(random);
      const [x, y] = [random() * canvas.width, random() * canvas.height];
      const [reachX, reachY] = [(0.05 + random() * 0.25) * canvas.width, (0.05 + random() * 0.25) * canvas.height];
      const round = random() < 0.5;
      fill(canvas, (atX, atY) => {
        const [dx, dy] = [Math.abs(atX - x) / reachX, Math.abs(atY - y) / reachY];
        return (round ? dx * dx + dy * dy < 1 : dx < 1 && dy < 1) ? paint : undefined;
      });
    }
  },
  // Dark strokes in lines on light paper, with a margin; some of it scanned, with the paper's grain.
  text: (canvas, random) => {
    const paper = 225 + random() * 30;
    const ink = random() * 70;
    const grain = random() < 0.5 ? 0 : random() * 8;
    fill(canvas, () => grey(paper, (random() - 0.5) * grain));
    const margin = Math.floor(Math.min(canvas.width, canvas.height) * (0.04 + random() * 0.08));
    const height = 6 + Math.floor(random() * 6);
    const gap = Math.ceil(height * (0.5 + random() * 0.6));
    for (let line = margin; line + height < canvas.height - margin; line += height + gap) {
      const end = canvas.width - margin - (random() < 0.2 ? random() * canvas.width * 0.6 : 0);
      for (let x = margin; x < end; x += 2 + Math.floor(random() * 3)) {
        if (random() < 0.16) x += 3 + Math.floor(random() * 4);
        const [top, tall] = [line + Math.floor(random() * height * 0.4), Math.ceil(height * (0.4 + random() * 0.6))];
        for (let y = top; y < Math.min(line + height, top + tall); y++) paint(canvas, Math.floor(x), y, grey(ink, 0));
      }
    }
  },
  // One colour, or nearly: a page scanned on the wrong side, a lens with its cap on.
  blank: (canvas, random) => {
    const base = random() < 0.6 ? grey(215 + random() * 40, 0) : colour(random);
    const slope = random() * 16;
    const grain = random() * 6;
    fill(canvas, (x) => mix(base, base, 0, (x / canvas.width - 0.5) * slope + (random() - 0.5) * grain));
  },
};

function fill(canvas: Canvas, at: (x: number, y: number) => Colour | undefined): void {
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      const found = at(x, y);
      if (found !== undefined) paint(canvas, x, y, found);
    }
  }
}

function paint({ width, height, rgb }: Canvas, x: number, y: number, [red, green, blue]: Colour): void {
  if (x >= 0 && x < width && y >= 0 && y < height) rgb.set([red, green, blue], (y * width + x) * 3);
}

const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
const colour = (random: Random): Colour => [clamp(random() * 255), clamp(random() * 255), clamp(random() * 255)];
const grey = (level: number, noise: number): Colour => {
  const value = clamp(level + noise);
  return [value, value, value];
};
const mix = (one: Colour, other: Colour, share: number, noise: number): Colour => {
  const part = (channel: 0 | 1 | 2): number =>
    clamp(one[channel] + (other[channel] - one[channel]) * Math.max(0, Math.min(1, share)) + noise);
  return [part(0), part(1), part(2)];
};

/** A small generator with a good spread (Tommy Ettinger's mulberry32, public domain). */
function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
