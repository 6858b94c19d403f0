// Tags of a stack on a file backend: `<stack>.pulumi-tags` beside its state (pulumi/pulumi: pkg/backend/diy/stack_tags.go).
import { rm } from "node:fs/promises";
import { EngineError } from "./error.ts";
import { writeDurably } from "./files.ts";
import { isJsonObject, sortedText, structText } from "./json.ts";
import { readJsonFile } from "./stateFile.ts";

export type Tags = Readonly<Record<string, string>>;

export function tagsFile(base: string): string {
  return `${base}.pulumi-tags`;
}

export async function readTags(base: string): Promise<Tags> {
  const json = await readJsonFile(tagsFile(base));
  if (json === undefined) return {};
  if (!isJsonObject(json)) throw new EngineError(`${tagsFile(base)} must hold a JSON object`);
  if (json["version"] !== 1)
    throw new EngineError(`unsupported stack tags version: ${String(json["version"])} (expected 1)`);
  const tags = json["tags"] ?? {};
  if (!isJsonObject(tags)) throw new EngineError(`${tagsFile(base)}: tags must be an object`);
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, String(value)]));
}

/** Replaces all tags; without any the file goes. */
export async function writeTags(base: string, tags: Tags): Promise<void> {
  const path = tagsFile(base);
  await rm(`${path}.attrs`, { force: true });
  if (Object.keys(tags).length === 0) return rm(path, { force: true });
  await writeDurably(
    path,
    structText([
      ["version", "1"],
      ["tags", sortedText(tags)],
    ]),
  );
}
