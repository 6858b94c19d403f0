#!/usr/bin/env node
// Runs the embedded engine as a program of its own, with the command line of `pulumi`, for whoever wants an executable
// rather than a PulumiCommand. Environment, standard input and interrupts are the process's: a first interrupt lets
// what runs end, a second one ends at once.
import { start } from "./start.js";

start("engine/index", ({ createEngine }, load) => {
  const [interrupt, kill] = [new AbortController(), new AbortController()];
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => (interrupt.signal.aborted ? kill : interrupt).abort());
  }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && !process.env.CI;
  const engine = createEngine({
    env: { ...process.env },
    ...(isTerminal && {
      ask: (question, hidden) =>
        load("automation/commands/terminal").then(({ askAt }) =>
          askAt(process.stdin, process.stdout)(question, hidden),
        ),
    }),
    ...(!process.stdin.isTTY && {
      stdin: () => import("node:stream/consumers").then(({ text }) => text(process.stdin)),
    }),
    kill: kill.signal,
  });
  return engine
    .run(
      process.argv.slice(2),
      process.cwd(),
      {},
      (data) => process.stdout.write(data),
      (data) => process.stderr.write(data),
      interrupt.signal,
    )
    .then(({ code }) => {
      process.exitCode = code;
    });
});
