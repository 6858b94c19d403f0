// Runs scenarios with an engine, through the Automation API with inline programs (or with the same programs in processes of
// their own, as `tutti pulumi` and people run them), each in a backend of its own, and hands
// back what each step did in normalised form, one scenario after the other. Nothing outside temporary files is written.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EngineEvent, PulumiCommand, PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";
import automation from "@pulumi/pulumi/automation/index.js";
import type { EngineCommand } from "../../engine/index.ts";
import { CLOUD_FILE, type Cloud, emptyCloud } from "./cloud.ts";
import { killedAt } from "./killable.ts";
import { Names, normalizeEvents, normalizeState, type StepRecord } from "./normalize.ts";
import { PROJECT, SAID_FILE, type Scenario, type Step, takeSaid } from "./scenario.ts";

/** Makes the engine's command for an environment, which is all the environment its children may see. */
export type EngineFor = (env: Readonly<Record<string, string>>) => Promise<PulumiCommand>;

/** Of the passphrase below, for every stack: a key takes half a second to derive, and a process derives it once. */
const salt = "v1:r+4WpKyDORE=:v1:QZ21LPhVh+fyleth:+HYnELHTNCzzYkajw9p64ZfxQA0I4A==";

/** The same for every scenario: a dynamic provider's process that is kept reads where it is once, from its environment. */
const cloudFile = join(tmpdir(), `tutti-contract-cloud-${process.pid}.json`);

export async function runScenario(
  scenario: Scenario,
  engineFor: EngineFor,
  { children = false } = {},
): Promise<readonly StepRecord[]> {
  const folder = await mkdtemp(join(tmpdir(), "tutti-contract-"));
  try {
    return await runIn(folder, scenario, engineFor, children);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(cloudFile, { force: true });
  }
}

async function runIn(
  folder: string,
  scenario: Scenario,
  engineFor: EngineFor,
  children: boolean,
): Promise<readonly StepRecord[]> {
  await writeFile(cloudFile, JSON.stringify(emptyCloud));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "contract",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    [CLOUD_FILE]: cloudFile,
    ...(children ? { [SAID_FILE]: join(folder, "said") } : {}),
  };
  // Dynamic providers load the SDK from the folder of the program: the project's own, or the one its `main` names.
  await symlink(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"));
  if (children) await writeFile(join(folder, "package.json"), '{ "main": "index.js" }');
  const runtime = children ? { name: "nodejs", options: { typescript: false } } : ("nodejs" as const);
  const project = scenario.main && !children ? {} : { projectSettings: { name: PROJECT, runtime } };
  const more: string[] = [];
  const engine = (await engineFor(env)) as unknown as EngineCommand;
  let current = engine;
  const pulumiCommand = withoutReports(engine, () => current, more);
  const options = { workDir: folder, pulumiHome: env.PULUMI_HOME, envVars: env, pulumiCommand, ...project };
  const names = new Names();
  names.add(folder, "folder");
  const stacks = new Map<string, Stack>();
  const stackOf = async (name: string, program: PulumiFn): Promise<Stack> => {
    if (!stacks.has(name)) await writeFile(join(folder, `Pulumi.${name}.yaml`), `encryptionsalt: ${salt}\n`);
    const stack =
      stacks.get(name) ??
      (children
        ? await automation.LocalWorkspace.createStack({ stackName: name, workDir: folder }, options)
        : await automation.LocalWorkspace.createStack({ stackName: name, projectName: PROJECT, program }, options));
    if (!stacks.has(name)) {
      stacks.set(name, stack);
      for (const [key, value] of Object.entries(scenario.config ?? {})) {
        const path = key.includes(".");
        await stack.setConfig(key.replace(/!$/, ""), { value, secret: key.endsWith("!") }, path);
      }
    }
    return stack;
  };

  const records: StepRecord[] = [];
  let program: PulumiFn | undefined;
  for (const step of scenario.steps) {
    program = step.program ?? program;
    if (!program) throw new Error(`${scenario.name}: the first step gives no program`);
    if (step.meanwhile) {
      const cloud = JSON.parse(await readFile(cloudFile, "utf8")) as Cloud;
      step.meanwhile(cloud);
      await writeFile(cloudFile, JSON.stringify(cloud));
    }
    for (const [name, contents] of Object.entries(step.files ?? {})) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), contents);
    }
    const stack = await stackOf(step.stack ?? "dev", program);
    if (!children) stack.workspace.program = program;
    if (step.edit) await editState(stack, step.edit);
    if (children) await writeFile(join(folder, "index.js"), programFile(scenario, program));
    const before = await readLog(cloudFile);
    const events: EngineEvent[] = [];
    takeSaid();
    more.splice(0, more.length, ...(step.options?.ignoreProtect ? ["--ignore-protect"] : []));
    const { killAt } = step.options ?? {};
    if (killAt !== undefined) current = killedAt(killAt, engine, cloudFile, env);
    const outcome = await operate(stack, step, events);
    current = engine;
    if (killAt !== undefined) {
      await stack.cancel();
      // How much of them had been written is a matter of time.
      events.length = 0;
    }
    const said = children ? await takeLines(join(folder, "said")) : takeSaid();
    // The state first: it gives what is random its names.
    const state = normalizeState(await stack.exportStack(), names, scenario.dated);
    const log = await readLog(cloudFile);
    const heard = said.length > 0 ? { said: said.map((line) => names.replace(line)) } : {};
    const happened = normalizeEvents(events, names, scenario);
    records.push({ outcome, ...happened, state, cloud: log.slice(before.length), ...heard });
  }
  return records;
}

async function editState(stack: Stack, edit: NonNullable<Step["edit"]>): Promise<void> {
  const state = await stack.exportStack();
  edit(state.deployment.resources);
  await stack.importStack(state);
}

const operations: ReadonlySet<string> = new Set(["up", "preview", "destroy"]);

/** What the SDK asks for after each operation, and nobody here reads: answered without starting the engine once more. */
const reports: Readonly<Record<string, string>> = { "stack output": "{}", "stack history": "[]" };

/** @param more arguments for operations that the Automation API cannot give */
function withoutReports(
  { command, version }: EngineCommand,
  engine: () => EngineCommand,
  more: readonly string[],
): PulumiCommand {
  const answering: EngineCommand = {
    command,
    version,
    async run(args, ...rest) {
      const stdout = reports[args.slice(0, 2).join(" ")];
      if (stdout !== undefined) return { stdout, stderr: "", code: 0 };
      return engine().run(operations.has(args[0]!) ? [...args, ...more] : args, ...rest);
    },
  };
  return answering as unknown as PulumiCommand;
}

/** A program's entry that runs what the scenario runs from that step on. */
function programFile({ name, steps }: Scenario, program: PulumiFn): string {
  const index = steps.findIndex((step) => step.program === program);
  const { href } = new URL("scenarios/index.ts", import.meta.url);
  return `module.exports = async () => {
  const { scenarios } = await import(${JSON.stringify(href)});
  return scenarios.find(({ name }) => name === ${JSON.stringify(name)}).steps[${index}].program();
};
`;
}

/** What a file holds, line by line; it is gone then. */
async function takeLines(file: string): Promise<readonly string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  await rm(file, { force: true });
  return text.split("\n").slice(0, -1);
}

async function readLog(file: string): Promise<readonly string[]> {
  return (JSON.parse(await readFile(file, "utf8")) as Cloud).log;
}

async function operate(
  stack: Stack,
  { run, options = {} }: Step,
  events: EngineEvent[],
): Promise<"succeeded" | "failed"> {
  const { target, exclude, replace, ignoreProtect: _, killAt: __, ...flags } = options;
  const common = {
    parallel: 1,
    onEvent: (event: EngineEvent) => void events.push(event),
    ...flags,
    ...(target ? { target: [...target] } : {}),
    ...(exclude ? { exclude: [...exclude] } : {}),
    ...(replace ? { replace: [...replace] } : {}),
  };
  try {
    switch (run) {
      case "up":
        await stack.up(common);
        break;
      case "preview":
        await stack.preview(common);
        break;
      case "refresh":
        await stack.refresh(common);
        break;
      case "preview-refresh":
        await stack.previewRefresh(common);
        break;
      case "destroy":
        await stack.destroy(common);
        break;
    }
    return "succeeded";
  } catch (error) {
    // An engine that says no is an answer; anything else is a mistake of the harness or of the scenario.
    if (error instanceof automation.CommandError) return "failed";
    throw error;
  }
}
