// Bytes of a PNG or JPEG file --> its pixels. The format is read from the bytes, never from a name. Whatever else it is given, it
// refuses with a sentence (`Unreadable`), so that a broken upload is a result like any other and not the end of a worker.
import { type DecodedPng, decode as decodePng } from "fast-png";
import { decode as decodeJpeg } from "jpeg-js";

/** Rows from the top, three bytes (red, green, blue) a pixel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Something that is no image this program can read; trying again does not help. */
export class Unreadable extends Error {}

/** More pixels than this are refused: decoding takes some 8 bytes a pixel, and a worker has 512 MiB. */
export const maxPixels = 25_000_000;

/** @throws Unreadable for bytes that are no whole PNG or JPEG file of at most `maxPixels`. */
export function decode(bytes: Uint8Array): Pixels {
  const read = formats.find(({ begins }) => begins.every((byte, index) => bytes[index] === byte));
  if (read === undefined) throw new Unreadable("neither PNG nor JPEG");
  let pixels: Pixels;
  try {
    pixels = read.pixels(bytes);
  } catch (error) {
    throw error instanceof Unreadable ? error : new Unreadable(`broken ${read.name}: ${(error as Error).message}`);
  }
  if (pixels.width === 0 || pixels.height === 0) throw new Unreadable(`broken ${read.name}: it has no pixels`);
  return pixels;
}

const formats: readonly {
  readonly name: string;
  readonly begins: readonly number[];
  readonly pixels: (bytes: Uint8Array) => Pixels;
}[] = [
  {
    name: "PNG",
    begins: [0x89, 0x50, 0x4e, 0x47],
    pixels: (bytes) => {
      // Width and height stand first in every PNG: looked at before anything of that size is allocated.
      if (bytes.length < 24) throw new Error("it ends within its header");
      const header = new DataView(bytes.buffer, bytes.byteOffset);
      refuseLarge(header.getUint32(16), header.getUint32(20));
      return fromPng(decodePng(bytes));
    },
  },
  {
    name: "JPEG",
    begins: [0xff, 0xd8, 0xff],
    pixels: (bytes) => {
      const { width, height, data } = decodeJpeg(bytes, {
        useTArray: true,
        formatAsRGBA: false,
        maxResolutionInMP: maxPixels / 1_000_000,
        maxMemoryUsageInMB: 400,
      });
      return { width, height, rgb: data };
    },
  },
];

function refuseLarge(width: number, height: number): void {
  if (width * height > maxPixels)
    throw new Unreadable(`${width} x ${height} pixels are more than ${maxPixels / 1_000_000} million`);
}

function fromPng({ width, height, data, channels, depth, palette }: DecodedPng): Pixels {
  const rgb = new Uint8Array(width * height * 3);
  const indexed = palette !== undefined && channels === 1;
  if (depth < 8 && !indexed) throw new Unreadable(`a PNG of ${depth} bits a sample`);
  const scale = depth === 16 ? 257 : 1;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = pixel * channels;
    const colour = indexed ? palette[indexAt(data as Uint8Array, pixel, width, depth)] : undefined;
    for (let channel = 0; channel < 3; channel++) {
      // Grey images have one channel, or two with transparency; what is transparent shows what lies below it: its own colour.
      const source = channels >= 3 ? channel : 0;
      rgb[pixel * 3 + channel] = indexed ? (colour?.[channel] ?? 0) : (data[at + source] ?? 0) / scale;
    }
  }
  return { width, height, rgb };
}

/** The palette's index of a pixel; with fewer than 8 bits several share a byte, and each row begins a new one. */
function indexAt(data: Uint8Array, pixel: number, width: number, depth: number): number {
  if (depth === 8) return data[pixel] ?? 0;
  const bytesPerRow = Math.ceil((width * depth) / 8);
  const bit = (pixel % width) * depth;
  const byte = data[Math.floor(pixel / width) * bytesPerRow + (bit >> 3)] ?? 0;
  return (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}
