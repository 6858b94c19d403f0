// The committed record of what the real plugin answered.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Exchange } from "./call.ts";

export const file = fileURLToPath(new URL("recordings/random.jsonl", import.meta.url));

export interface Recording {
  readonly version: string;
  readonly exchanges: readonly Exchange[];
}

export function readRecording(): Recording {
  const [header, ...exchanges] = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  return { version: (header as { version: string }).version, exchanges: exchanges as Exchange[] };
}
