// An engine's process of its own, for tests that kill it: runs the project whose folder is the argument.
import { startMonitor } from "../../../engine/deployment/monitor.ts";
import { nodeProgram } from "../../../engine/language/node.ts";
import { keptLog, scripted } from "./scripted.ts";

const rootDirectory = process.argv[2] as string;
const about = {
  organization: "organization",
  project: "demo",
  stack: "dev",
  config: {},
  secretKeys: [],
  dryRun: false,
  parallel: 16,
  rootDirectory,
};
const log = keptLog();
const monitor = await startMonitor({ ...about, version: "3.270.0", registrar: scripted(), log });
const program = nodeProgram({
  runtime: "nodejs",
  runtimeOptions: { typescript: false },
  rootDirectory,
  env: { PIDS: process.env["PIDS"] ?? "" },
});
const { signal } = new AbortController();
await program.run({ ...about, monitorAddress: monitor.address, engineAddress: monitor.address, signal }, log);
await monitor.close();
