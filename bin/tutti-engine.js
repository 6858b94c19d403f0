#!/usr/bin/env node
// Runs the embedded engine as a program of its own, with the command line of `pulumi`, for whoever wants an executable
// rather than a PulumiCommand. Environment, standard input and interrupts are the process's: a first interrupt lets
// what runs end, a second one ends at once. Needs Node 22.18 or newer.
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";

const source = new URL("../engine/index.ts", import.meta.url);
const compiled = new URL("../dist/engine/index.js", import.meta.url);
const { createEngine } = await import((existsSync(source) ? source : compiled).href);

const [interrupt, kill] = [new AbortController(), new AbortController()];
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => (interrupt.signal.aborted ? kill : interrupt).abort());
}
const engine = createEngine({
  env: { ...process.env },
  stdin: async () => (process.stdin.isTTY ? "" : text(process.stdin)),
  kill: kill.signal,
});
const { code } = await engine.run(
  process.argv.slice(2),
  process.cwd(),
  {},
  (data) => process.stdout.write(data),
  (data) => process.stderr.write(data),
  interrupt.signal,
);
process.exitCode = code;
