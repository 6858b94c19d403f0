// Says whether scenarios go as recorded with the embedded engine, one line each, and stops at the first that does not:
// `node test/contract/judge.ts <name ...>` ends with 1 then. What is known to differ is to differ.
// With `--reach <file>` it goes on before it ends with 1, and writes which characters of the engine's sources each ran.
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { deviations } from "./deviations.ts";
import { embeddedCommand } from "./embedded.ts";

/** What one scenario ran: by file below engine/, ranges of characters that were not run, inside functions that were. */
export interface Reach {
  readonly name: string;
  readonly durationMs: number;
  readonly files: Readonly<Record<string, readonly (readonly [start: number, end: number, ran: boolean])[]>>;
}

const ENGINE = fileURLToPath(new URL("../../engine/", import.meta.url));

const given = process.argv.slice(2);
const reachFile = given[0] === "--reach" ? given[1] : undefined;
const names = reachFile === undefined ? given : given.slice(2);
const session = reachFile === undefined ? undefined : new Session();
if (session) {
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
}
const reached: Reach[] = [];
let code = 0;
for (const name of names) {
  const started = performance.now();
  const wrong = await deviations(name, embeddedCommand);
  const durationMs = Math.round(performance.now() - started);
  process.stdout.write(`${wrong.length === 0 ? "as recorded" : `differs: ${wrong[0]}`}  ${name}\n`);
  if (wrong.length > 0) code = 1;
  if (session) reached.push({ name, durationMs, files: await ranges(session) });
  else if (wrong.length > 0) break;
}
if (reachFile !== undefined) writeFileSync(reachFile, JSON.stringify(reached));
// What a program left behind must not keep the process.
process.exit(code);

async function ranges(session: Session): Promise<Reach["files"]> {
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const files: Record<string, [number, number, boolean][]> = {};
  for (const { url, functions } of result) {
    const path = url.startsWith("file:") ? fileURLToPath(url) : "";
    if (!path.startsWith(ENGINE)) continue;
    files[path.slice(ENGINE.length)] = functions
      .flatMap((each) => each.ranges)
      .map(({ startOffset, endOffset, count }) => [startOffset, endOffset, count > 0]);
  }
  return files;
}
