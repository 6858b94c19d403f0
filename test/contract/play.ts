// Plays scenarios with the embedded engine and prints a line of JSON for each: `node test/contract/play.ts [--children] [name ...]`,
// with `--children` their programs in processes of their own.
// A process of its own, because the code of a dynamic provider is read from its functions: a test runner that rewrites
// modules would change it.
import { embeddedCommand } from "./embedded.ts";
import { runScenario } from "./run.ts";
import { scenarios } from "./scenarios/index.ts";

const children = process.argv.includes("--children");
const wanted = process.argv.slice(2).filter((argument) => argument !== "--children");
for (const scenario of scenarios) {
  if (wanted.length > 0 && !wanted.includes(scenario.name)) continue;
  const started = performance.now();
  const result = await runScenario(scenario, async (env) => embeddedCommand(env), { children }).then(
    (steps) => ({ steps }),
    (error: Error) => ({ error: error.message }),
  );
  const durationMs = Math.round(performance.now() - started);
  process.stdout.write(`${JSON.stringify({ name: scenario.name, durationMs, ...result })}\n`);
}
// A program that leaked a promise or a timer must not keep the others' results from being read.
process.exit(0);
