// Finds in what an engine says the program's or provider's own first error: one paragraph, and where in the program.
import path from "node:path";
import { stripVTControlCharacters } from "node:util";

/** A message without the noise around it, and the place in the program it comes from. */
export interface ReadError {
  readonly message: string;
  /** `file:line:column`, relative to the root when inside it. */
  readonly location: string | undefined;
}

/** Text without terminal colours, Pulumi's own colour tags and trailing blanks. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/<\{%[^%]*%\}>/g, "")
    .trimEnd();
}

// What engines say when something else has already said what is wrong.
const afterthought =
  /^(?:(?:update|preview|refresh|destroy|deployment|import) failed|resource .* failed|one or more .* failed|program failed)\.?$/i;

/** Whether a message only says that something failed. */
export function isAfterthought(text: string): boolean {
  return afterthought.test(plainText(text).trim());
}

/**
 * Reads one error diagnostic. The Node language host wraps what a program throws into `Running program '...' failed with
 * an unhandled exception:` and a stack trace (@pulumi/pulumi: cmd/run/error.js); the first frame outside of Node and of
 * node_modules is the place.
 */
export function readError(text: string, root: string): ReadError {
  const lines = plainText(text).split("\n");
  const wrapped = /^Running program '.*' failed with an unhandled exception:$/.test(lines[0] ?? "");
  const body = wrapped ? lines.slice(1) : lines;
  // A SyntaxError begins with its place and the line itself, then a blank line, then the message.
  const place = /^(file:\/\/\S+|\/\S+):(\d+)$/.exec(body[0] ?? "");
  const start = place === null ? 0 : body.findIndex((line) => /^\w*Error\b/.test(line));
  const rest = body.slice(Math.max(start, 0));
  const firstFrame = rest.findIndex((line) => /^\s+at /.test(line));
  const said = (firstFrame === -1 ? rest : rest.slice(0, firstFrame)).join("\n").trim();
  const frame = rest
    .slice(Math.max(firstFrame, 0))
    .map((line) => placeOf(line))
    .find((found) => found !== undefined);
  const location = frame ?? (place === null ? undefined : { file: place[1]!, position: place[2]! });
  return {
    message: said.replace(/^<ref \*\d+> /, "").replace(/^Error: /, "") || plainText(text).trim(),
    location: location === undefined ? undefined : `${relative(location.file, root)}:${location.position}`,
  };
}

function placeOf(frame: string): { file: string; position: string } | undefined {
  const match = /^\s+at (?:.*?\()?(?:async )?((?:file:\/\/)?\/[^()]*?):(\d+:\d+)\)?$/.exec(frame);
  if (match === null || match[1]!.includes("/node_modules/")) return undefined;
  return { file: match[1]!, position: match[2]! };
}

function relative(file: string, root: string): string {
  let absolute = file;
  if (file.startsWith("file://")) {
    try {
      absolute = decodeURIComponent(new URL(file).pathname);
    } catch {
      return file;
    }
  }
  const inside = path.relative(root, absolute);
  return inside.startsWith("..") || path.isAbsolute(inside) ? absolute : inside;
}

/** What a command that ended without an error event has to say: its first `error:` line, else its last words. */
export function errorFromStderr(stderr: string): string | undefined {
  const lines = plainText(stderr)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const at = lines.findIndex((line) => /^error: ./.test(line) && !isAfterthought(line.slice(7)));
  if (at !== -1) return lines[at]!.slice("error: ".length);
  return lines.at(-1)?.replace(/^error: /, "");
}
