// One process for all dynamic providers of a suite, started with the first operation that needs one and used by all after it:
// starting one for each costs more than all the rest of a scenario.
//
// Fits programs whose providers keep nothing in memory, have no `configure` and read of the environment only what is the
// same for every operation. A process that ended is started anew. What it prints goes to the operation under way.
import type { ProgramLog } from "../../engine/deployment/source.ts";
import { type DynamicProcessSource, startDynamic } from "../../engine/providers/dynamic.ts";
import type { PluginProcess } from "../../engine/providers/plugin.ts";

/** Of the process, not of the module: that may be there more than once (test/mutants/bench.ts). */
const shared = globalThis as {
  contractDynamic?: { kept?: Promise<PluginProcess> | undefined; listening?: ProgramLog };
};
shared.contractDynamic ??= {};
const state = shared.contractDynamic;

export const keptProcess: DynamicProcessSource = async (options) => {
  state.listening = options.log;
  state.kept ??= start(options);
  return { ...(await state.kept), stop: async () => {} };
};

async function start(options: Parameters<DynamicProcessSource>[0]): Promise<PluginProcess> {
  const log: ProgramLog = {
    log: (...message) => state.listening?.log(...message),
    print: (...line) => state.listening?.print(...line),
  };
  const started = await startDynamic({ ...options, programDirectory: import.meta.dirname, log });
  started.ended.then(() => {
    state.kept = undefined;
  });
  return started;
}
