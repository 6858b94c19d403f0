// Lines at the end of a file, on a disk that takes a few bytes at a time.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { appendLine } from "../../automation/appendLine.ts";

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return {
    ...fs,
    writeSync: (file: number, bytes: Uint8Array, at: number, length: number) =>
      fs.writeSync(file, bytes, at, Math.min(length, 4099)),
  };
});

it("appends each text whole, whatever its length and its characters", () => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-append-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "log");
  const file = openSync(path, "ax");
  // Around the length from which three bytes a character no longer fit into 64 KiB.
  const lengths = [0, 1, 5000, 21_844, 21_845, 21_846, 70_000];
  const lines = lengths.flatMap((length) => ["x".repeat(length), "…".repeat(length)]);
  for (const line of [...lines, "a lone \ud800 half"]) appendLine(file, line);
  closeSync(file);
  expect(readFileSync(path, "utf8") === `${[...lines, "a lone \ufffd half"].join("\n")}\n`).toBe(true);
});
