// Preload of a driver under test: kills it, or its programs, at an exact moment, as kill -9 would. The moment is in this
// file's URL: `?at=journal&number=12&target=driver`.
//
// at=journal   right after the 12th line of the journal is written
// at=before    a new state is written, and not yet renamed into its place, for the 12th time
// at=after     right after it was
// at=recording a new state holds the network that was created, and is not yet in its place: the cloud has it, no state does
// at=count     nothing is cut: how many moments there were is written to the file that `to` names, at the end
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const query = new URL(import.meta.url).searchParams;
const at = query.get("at");
const number = Number(query.get("number"));
const target = query.get("target");
const counts = { journal: 0, before: 0, after: 0, recording: 0 };

/** Process ids of the programs and providers that the driver runs. */
const children = new Set();
const { spawn, fork } = childProcess;
const followed = (child) => {
  if (child.pid !== undefined) children.add(child.pid);
  child.once("exit", () => children.delete(child.pid));
  return child;
};
childProcess.spawn = (...args) => followed(spawn(...args));
childProcess.fork = (...args) => followed(fork(...args));

function passed(moment) {
  counts[moment]++;
  if (moment !== at || counts[moment] !== number) return;
  // The signal takes effect before the call returns: not one more line of the driver runs.
  if (target === "driver") process.kill(process.pid, "SIGKILL");
  for (const pid of children) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

const journals = new Set();
const { openSync, writeSync } = fs;
fs.openSync = (path, ...rest) => {
  const file = openSync(path, ...rest);
  if (String(path).endsWith("journal.jsonl")) journals.add(file);
  return file;
};
fs.writeSync = (file, ...rest) => {
  const written = writeSync(file, ...rest);
  if (journals.has(file)) passed("journal");
  return written;
};
const { rename } = fs.promises;
fs.promises.rename = async (from, to) => {
  const isState = /\.pulumi\/stacks\/.*\.json$/.test(String(to));
  if (isState) passed("before");
  if (isState && /"id": ?"[^"]*\/networks\//.test(fs.readFileSync(from, "utf8"))) passed("recording");
  await rename(from, to);
  if (isState) passed("after");
};
syncBuiltinESMExports();

if (at === "count") process.on("exit", () => fs.writeFileSync(query.get("to"), JSON.stringify(counts)));
