// Writes what the real `random` plugin on PATH answers: `node test/engine/random/record.ts`. Each line but the first, which
// says which plugin it was, is one call with its answer. The file is a record of facts; tests compare with it everywhere.
import { writeFileSync } from "node:fs";
import type { Exchange } from "./call.ts";
import { life, oddCalls, oddChanges, resources } from "./cases.ts";
import { findPlugin, startLastingPlugin } from "./plugin.ts";
import { file } from "./recordings.ts";

const path = findPlugin();
if (!path) {
  process.stderr.write("pulumi-resource-random is not on PATH: nothing recorded\n");
  process.exit(2);
}
const plugin = await startLastingPlugin(path);
const exchanges: Exchange[] = [];
for (const call of oddCalls) exchanges.push({ call, answer: await plugin.respond(call) });
exchanges.push(...(await oddChanges(plugin.respond)));
for (const resource of resources) {
  const lives = makesText(resource) ? 10 : 4;
  for (let seed = 1; seed <= lives; seed++) exchanges.push(...(await life(resource, seed, plugin.respond)));
}
plugin.stop();
const header = { plugin: "random", version: plugin.version, calls: exchanges.length };
writeFileSync(file, [header, ...exchanges].map((line) => `${JSON.stringify(line)}\n`).join(""));
process.stdout.write(`${exchanges.length} calls recorded from random ${plugin.version}\n`);

function makesText(resource: string): boolean {
  return resource === "RandomPassword" || resource === "RandomString";
}
