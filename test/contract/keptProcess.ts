// One process for all dynamic providers of a suite, started with the first operation that needs one and used by all after it:
// starting one for each costs more than all the rest of a scenario.
//
// Fits programs whose providers keep nothing in memory, have no `configure` and read of the environment only what is the
// same for every operation. A process that ended is started anew. What it prints goes to the operation under way.
import type { ProgramLog } from "../../engine/deployment/source.ts";
import { type DynamicProcessSource, startDynamic } from "../../engine/providers/dynamic.ts";
import type { PluginProcess } from "../../engine/providers/plugin.ts";

let kept: Promise<PluginProcess> | undefined;
let listening: ProgramLog;

export const keptProcess: DynamicProcessSource = async (options) => {
  listening = options.log;
  kept ??= start(options);
  return { ...(await kept), stop: async () => {} };
};

async function start(options: Parameters<DynamicProcessSource>[0]): Promise<PluginProcess> {
  const log: ProgramLog = {
    log: (...message) => listening.log(...message),
    print: (...line) => listening.print(...line),
  };
  const started = await startDynamic({ ...options, programDirectory: import.meta.dirname, log });
  started.ended.then(() => {
    kept = undefined;
  });
  return started;
}
