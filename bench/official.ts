// Benchmarks of one stack in which nothing changes on the official engine: through tutti, by the Automation API as people
// use it, and by the CLI alone. Aims: a third of the Automation API's time with one process of the CLI instead of 8, half of
// the CLI's time. Of ten such stacks, against a shell loop. Of what a child that waited spares a program on either engine. And
// of the driver's memory at 1,000 stacks (aim: under 200 MiB). A few minutes; without a `pulumi` on PATH, what needs none.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
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
  await memory();
  await children();
  const file = findOnPath("pulumi", process.env["PATH"]);
  if (file === undefined) return console.log("no comparison: pulumi not found");
  await oneStack(file);
  await tenStacks(file);
}

/** What the driver takes at 1,000 stacks whose steps cost nothing, as a process of its own. */
async function memory(): Promise<void> {
  const script = path.join(import.meta.dirname, "support/thousand.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  const { before, after } = JSON.parse(stdout) as { readonly before: number; readonly after: number };
  console.log(`driver at 1,000 stacks: ${after} MiB at most, ${before} MiB before the run   aim: under 200 MiB`);
}

/** A workspace with its backend, and the variables of whoever works there. */
async function workplace(names: readonly string[]) {
  const { root, remove } = petsWorkspace({ lean: false, names });
  const state = path.join(root, "official");
  mkdirSync(state);
  const url = `file://${state}`;
  const env = {
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"]}`,
    HOME: root,
    PULUMI_HOME: path.join(state, "home"),
    PULUMI_CONFIG_PASSPHRASE: "bench",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_BACKEND_URL: url,
    STATE_URL: url,
  };
  return { root, remove, env, up: await upOf(root, env) };
}

/** `up` of the library, opened once: the driver runs already. */
async function upOf(root: string, variables: Readonly<Record<string, string>>): Promise<() => Promise<void>> {
  const tutti = await open(root, { variables });
  return async () => {
    const { exitCode } = await tutti.up({ environment: "real", ci: false }).result();
    if (exitCode !== 0) throw new Error(`tutti up ended with ${exitCode}`);
  };
}

/** One no-op stack. */
async function oneStack(file: string): Promise<void> {
  const { root, remove, env, up } = await workplace(["pets"]);
  try {
    await up();
    const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
    const args = ["up", "--yes", "--skip-preview", "--stack", "pets.real", "--non-interactive"];
    const own = [path.join(root, "bin/tutti.js"), "up", "pets.real", "--yes"];
    const variants = (pulumi: string, env: Readonly<Record<string, string>>, library: () => Promise<void>) => ({
      "pulumi up": () => runCommand({ file: pulumi, args, cwd: root, env }),
      "tutti up": () => runCommand({ file: process.execPath, args: own, cwd: root, env }),
      "Automation API": async () => {
        // The SDK hands its CLI the whole environment of this process.
        Object.assign(process.env, env);
        const stack = await LocalWorkspace.createOrSelectStack({ stackName: "pets.real", workDir: root });
        await stack.up();
        await stack.outputs();
      },
      "tutti as a library": library,
    });
    const time = await sideBySide(variants(file, env, up), rounds);
    compare("no-op stack", time, { "pulumi up": "tutti up", "Automation API": "tutti as a library" });

    const { bin, pulumi, started } = countingPulumi(root, file);
    const counting = { ...env, PATH: `${bin}${path.delimiter}${env.PATH}` };
    const counts: string[] = [];
    for (const [name, run] of Object.entries(variants(pulumi, counting, await upOf(root, counting)))) {
      started();
      await run();
      const all = started();
      // Of a binary it is asked once for all, of a script each time.
      const others = name.startsWith("tutti") ? all.filter((verb) => verb !== "version") : all;
      counts.push(`${name} ${others.length}`);
    }
    console.log(`official engine, no-op stack, processes of the CLI: ${counts.join(", ")}`);
  } finally {
    remove();
  }
}

/** A `pulumi` that notes with which verb it was started; `started` gives them once. */
function countingPulumi(root: string, file: string) {
  const bin = path.join(root, "counting");
  mkdirSync(bin);
  const notes = path.join(bin, "started");
  const pulumi = path.join(bin, "pulumi");
  writeFileSync(pulumi, `#!/bin/sh\necho "$1" >> "${notes}"\nexec "${file}" "$@"\n`, { mode: 0o755 });
  const started = (): readonly string[] => {
    const verbs = existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : [];
    rmSync(notes, { force: true });
    return verbs;
  };
  return { bin, pulumi, started };
}

/** Ten no-op stacks that need nothing of each other. */
async function tenStacks(file: string): Promise<void> {
  const names = Array.from({ length: 10 }, (_, at) => `pets${at}`);
  const { root, remove, env, up } = await workplace(names);
  try {
    await up();
    const loop = `for name in ${names.join(" ")}; do "${file}" up --yes --skip-preview --stack $name.real --non-interactive || exit 1; done`;
    const bare: Command = { file: "/bin/sh", args: ["-c", loop], cwd: root, env };
    compare("ten stacks", await sideBySide({ "shell loop": () => runCommand(bare), tutti: up }, 1), {
      "shell loop": "tutti",
    });
  } finally {
    remove();
  }
}

/** Prints all times; for each rival, how much of its time our own takes. */
function compare(what: string, time: Readonly<Record<string, Sample>>, ownOf: Readonly<Record<string, string>>): void {
  for (const [name, sample] of Object.entries(time)) {
    const own = ownOf[name];
    const ratio =
      own === undefined ? "" : `   ${own} takes ${(time[own]!.medianMs / sample.medianMs).toFixed(2)} of its time`;
    console.log(`official engine, ${what}, ${name.padEnd(20)} ${show(sample).padEnd(24)}${ratio}`.trimEnd());
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
