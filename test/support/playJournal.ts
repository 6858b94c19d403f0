// Plays a recorded journal through the live view on the terminal that it is started in, a part at every line it is sent: the
// real view on a real screen, without waiting for anything. node playJournal.ts <journal> <events of each part, e.g. 40,30>
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import readline from "node:readline";
import { processWorld } from "../../automation/commands/world.ts";
import { parseJournal } from "../../automation/journal.ts";
import { RunFold } from "../../automation/runState.ts";
import { createPalette } from "../../automation/views/color.ts";
import { createLiveView } from "../../automation/views/live.ts";
import { showsUnicode } from "../../automation/views/unicode.ts";

const [file, parts] = process.argv.slice(2) as [string, string];
const { events } = parseJournal(readFileSync(file, "utf8"));
const { stdout } = processWorld();
const fold = new RunFold();
const view = createLiveView({
  screen: stdout,
  palette: createPalette(false),
  unicode: showsUnicode(process.env),
  now: () => fold.state.lastEventAtMs ?? 0,
  // Drawn when the test says so.
  every: (_, run) => {
    draw = run;
    return () => {};
  },
});
let draw = (): void => {};
let at = 0;
const sizes = parts.split(",").map(Number);
/** tmux knows when everything up to here was written. */
const told = (name: string): void => void execFileSync("tmux", ["wait-for", "-S", name]);

process.stdin.setRawMode(true);
const lines = readline.createInterface({ input: process.stdin });
told("ready");
let part = 0;
for await (const _ of lines) {
  const until = Math.min(events.length, at + (sizes[part] ?? events.length));
  for (; at < until; at++) view.show(events[at]!, fold.advance(events[at]!));
  draw();
  told(`part${++part}`);
  if (at === events.length) break;
}
view.close();
lines.close();
