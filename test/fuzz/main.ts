// Fuzzes for a while and stops at the first seed with a problem, whose whole story it prints.
//
//   npm run test:fuzz -- --minutes 10     from a random seed on
//   npm run test:fuzz -- --seed 17        that one seed
//   npm run test:fuzz -- --journal        with a journal beside the state, as large ones have it
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    from: { type: "string" },
    journal: { type: "boolean", default: false },
  },
});
const print = (line: string) => process.stdout.write(`${line}\n`);
const until = Date.now() + Number(values.minutes) * 60_000;
const counts = new Map<string, number>();
const first = Number(values.seed ?? values.from ?? Math.floor(Math.random() * 2 ** 30));
let seed = first;
for (; values.seed === undefined ? Date.now() < until : seed === first; seed++) {
  const { problems, trace, counts: found } = await fuzz(seed, values.journal);
  for (const [key, count] of Object.entries(found)) counts.set(key, (counts.get(key) ?? 0) + count);
  if (problems.length === 0) continue;
  print(trace.join("\n"));
  for (const problem of problems) print(`PROBLEM: ${problem}`);
  print(`seed ${seed}: npm run test:fuzz -- --seed ${seed}${values.journal ? " --journal" : ""}`);
  process.exitCode = 1;
  break;
}
for (const [key, count] of [...counts].sort()) print(`${String(count).padStart(8)} ${key}`);
print(`${seed - first} seeds without a problem, from ${first} on`);
