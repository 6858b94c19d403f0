// Benchmarks of one stack in which nothing changes on the official engine: through tutti, by the Automation API as people
// use it, and by the CLI alone. Aims: a third of the Automation API's time, half of the CLI's. Of ten such stacks, against a
// shell loop. And of what a child that waited spares a program on either engine.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { open } from "../automation/index.ts";
import { startMonitor } from "../engine/deployment/monitor.ts";
import type { Registrar } from "../engine/deployment/source.ts";
import { type NodeProgramOptions, nodeProgram, programStart } from "../engine/language/node.ts";
import { type ChildSource, coldChildren, createChildPool } from "../engine/language/pool.ts";
import { type Command, findOnPath, runCommand } from "./support/command.ts";
import { type Sample, show, sideBySide } from "./support/measure.ts";
import { petsWorkspace } from "./support/workspaces.ts";

const rounds = 3;

export async function benchOfficial(): Promise<void> {
  await children();
  const file = findOnPath("pulumi", process.env["PATH"]);
  if (file === undefined) return console.log("no comparison: pulumi not found");
  await oneStack(file);
  await tenStacks(file);
}

/** A workspace with its backend, and the variables of whoever works there. */
async function workplace(names: readonly string[]) {
  const { root, remove } = petsWorkspace({ lean: false, names });
  const state = path.join(root, "official");
  mkdirSync(state);
  const env = {
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"]}`,
    HOME: root,
    PULUMI_HOME: path.join(state, "home"),
    PULUMI_CONFIG_PASSPHRASE: "bench",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const url = `file://${state}`;
  const tutti = await open(root, { variables: { ...env, STATE_URL: url } });
  return {
    root,
    remove,
    env: { ...env, PULUMI_BACKEND_URL: url },
    async up(): Promise<void> {
      const { exitCode } = await tutti.up({ environment: "real", ci: false }).result();
      if (exitCode !== 0) throw new Error(`tutti up ended with ${exitCode}`);
    },
  };
}

/** One no-op stack. */
async function oneStack(file: string): Promise<void> {
  const { root, remove, env, up } = await workplace(["pets"]);
  try {
    const args = ["up", "--yes", "--skip-preview", "--stack", "pets.real", "--non-interactive"];
    const bare: Command = { file, args, cwd: root, env };
    await up();
    // The SDK hands its CLI the whole environment of this process.
    Object.assign(process.env, env);
    const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
    const automation = async (): Promise<void> => {
      const stack = await LocalWorkspace.createOrSelectStack({ stackName: "pets.real", workDir: root });
      await stack.up();
      await stack.outputs();
    };
    const time = await sideBySide(
      { "pulumi up": () => runCommand(bare), "Automation API": automation, "tutti, driver running": up },
      rounds,
    );
    compare("no-op stack", time, "tutti, driver running");
  } finally {
    remove();
  }
}

/** Ten no-op stacks that need nothing of each other. */
async function tenStacks(file: string): Promise<void> {
  const names = Array.from({ length: 10 }, (_, at) => `pets${at}`);
  const { root, remove, env, up } = await workplace(names);
  try {
    await up();
    const loop = `for name in ${names.join(" ")}; do "${file}" up --yes --skip-preview --stack $name.real --non-interactive || exit 1; done`;
    const bare: Command = { file: "/bin/sh", args: ["-c", loop], cwd: root, env };
    compare("ten stacks", await sideBySide({ "shell loop": () => runCommand(bare), tutti: up }, 2), "tutti");
  } finally {
    remove();
  }
}

function compare(what: string, time: Readonly<Record<string, Sample>>, own: string): void {
  const mine = time[own]!.medianMs;
  for (const [name, sample] of Object.entries(time)) {
    const ratio = name === own ? "" : `   tutti takes ${(mine / sample.medianMs).toFixed(2)} of its time`;
    console.log(`official engine, ${what}, ${name.padEnd(22)} ${show(sample).padEnd(24)}${ratio}`);
  }
}

/** One program from its start to its end, against an engine that answers at once. */
async function children(): Promise<void> {
  const { root, remove } = petsWorkspace({ lean: true });
  // For one program each: a successor would get ready beside the program that is measured.
  let waiting = createChildPool(1);
  try {
    const options: NodeProgramOptions = {
      runtime: "nodejs",
      runtimeOptions: { typescript: false },
      rootDirectory: root,
      main: "stacks/index.ts",
      env: { HOME: root, PATH: process.env["PATH"] ?? "" },
    };
    const time = await sideBySide(
      {
        "(a child gets ready)": async () => {
          waiting = createChildPool(1);
          waiting.warm(programStart(options, false), 1);
          await delay(1500);
        },
        "started for it": () => runProgram({ ...options, children: coldChildren }),
        "that waited": () => runProgram({ ...options, children: onlyWarm(waiting) }),
      },
      rounds,
    );
    const [cold, warm] = [time["started for it"]!, time["that waited"]!];
    console.log(`program in a child started for it ${show(cold)}`);
    console.log(
      `program in a child that waited     ${show(warm)}   ${(warm.medianMs / cold.medianMs).toFixed(2)} of the time`,
    );
  } finally {
    waiting.close();
    remove();
  }
}

/** Fails where the pool had to start a child: it would measure something else. */
function onlyWarm(pool: ReturnType<typeof createChildPool>): ChildSource {
  return {
    start(options) {
      if (pool.waiting() === 0) throw new Error("no child waits");
      return pool.start(options);
    },
  };
}

async function runProgram(options: NodeProgramOptions): Promise<void> {
  const log = { log: () => {}, print: () => {} };
  const about = {
    organization: "organization",
    project: "bench",
    stack: "pets.local",
    config: {},
    secretKeys: [],
    dryRun: false,
    parallel: 16,
    rootDirectory: options.rootDirectory,
  };
  const done = { outputs: {}, stable: true, stables: [], propertyDependencies: {}, result: "success" as const };
  const registrar: Registrar = {
    registerResource: async ({ type, name, custom, inputs }) => ({
      ...done,
      urn: `urn:pulumi:pets.local::bench::${type}::${name}`,
      id: custom ? `${name}-id` : "",
      outputs: { ...inputs, result: "x" },
    }),
    registerResourceOutputs: async () => {},
    existsResource: async () => false,
    readResource: async ({ type, name, id }) => ({
      ...done,
      urn: `urn:pulumi:pets.local::bench::${type}::${name}`,
      id,
    }),
    invoke: async () => ({ result: {}, failures: [] }),
    registerResourceHook: () => {},
    registerErrorHook: () => {},
    programDone: async () => {},
  };
  const monitor = await startMonitor({
    ...about,
    programDirectory: path.join(options.rootDirectory, "stacks"),
    version: "3.270.0",
    registrar,
    log,
  });
  const addresses = { monitorAddress: monitor.address, engineAddress: monitor.address };
  const signal = new AbortController().signal;
  const end = await nodeProgram(options).run({ ...about, ...addresses, signal }, log);
  await monitor.close();
  if (end.type !== "ok") throw new Error(`the program ended with ${JSON.stringify(end)}`);
}
