// Preload of a driver under test: kills it, or its programs, at an exact moment, as kill -9 would. The moment is in this
// file's URL: `?at=journal&number=12&target=driver`.
//
// at=journal   right after the 12th line of the journal is written
// at=before    a new state is written, and not yet renamed into its place, for the 12th time
// at=after     right after it was
// at=recording a new state holds the network that was created, and is not yet in its place: the cloud has it, no state does
// at=count     nothing is cut: how many moments there were is written to the file that `to` names, at the end
// at=copy      nothing is cut: at each of the moments the folder `from` is copied below the folder `to`, as it would have been
//              found had the driver been killed then. The driver waits meanwhile. What it had asked of the disk before and
//              not yet got may be in the copy or not, as it would be after a kill.
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

/** Copies a folder. Whatever is only ever replaced as a whole is a second name of the same file; the rest is appended to. */
function copy(from, to) {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory()) copy(source, target);
    else {
      try {
        if (/\.(?:jsonl|log)$/.test(entry.name)) fs.copyFileSync(source, target);
        else fs.linkSync(source, target);
      } catch (error) {
        // Renamed meanwhile: it is there under its own name, or will be.
        if (error.code !== "ENOENT") throw error;
      }
    }
  }
}

function passed(moment) {
  counts[moment]++;
  if (at === "copy" && moment !== "recording") {
    copy(query.get("from"), `${query.get("to")}/${moment}-${counts[moment]}`);
    return;
  }
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
