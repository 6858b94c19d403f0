// A text --> a line at the end of an open file, there before this returns. All lines go through one buffer: a run writes
// tens of thousands, and a copy of each would wait for the collector. What is longer than that goes by itself.
import { writeSync } from "node:fs";

const shared = Buffer.alloc(64 * 1024);

/** Appends a text and a newline. @throws Error with `code` as node:fs has it. */
export function appendLine(file: number, text: string): void {
  let bytes = shared;
  let length: number;
  // Three bytes a unit of UTF-16 is the most there can be.
  if (text.length * 3 < shared.length) {
    length = shared.write(text) + 1;
    shared[length - 1] = 0x0a;
  } else {
    bytes = Buffer.from(`${text}\n`);
    length = bytes.length;
  }
  writeWhole(file, bytes, length);
}

/**
 * Writes the first `length` bytes. A full disk may take a part: the rest is tried once more, and then it throws.
 * @throws Error with `code` as node:fs has it.
 */
export function writeWhole(file: number, bytes: Buffer, length = bytes.length): void {
  for (let written = 0; written < length; ) written += writeSync(file, bytes, written, length - written);
}
