// Benchmarks of one stack in which nothing changes (five random resources): time, and memory added to the machine (peak of
// the process tree's PSS), on the embedded engine and beside it on the official CLI where it is on PATH. Aims: a fifth of
// the official engine's time, a third of its memory.
import path from "node:path";
import { open, type Tutti } from "../automation/index.ts";
import { type Command, findOnPath, memoryOf, runCommand } from "./support/command.ts";
import { show, sideBySide } from "./support/measure.ts";
import { peakPssMiB, treePssMiB } from "./support/memory.ts";
import { officialCommand, officialUp } from "./support/official.ts";
import { type BenchWorkspace, petsWorkspace } from "./support/workspaces.ts";

const rounds = 7;

export async function benchNoop(): Promise<void> {
  const plain = petsWorkspace({ lean: false });
  const lean = petsWorkspace({ lean: true });
  try {
    const command: Command = {
      file: process.execPath,
      args: [path.join(lean.root, "bin/tutti.js"), "up", "-e", "local", "--yes"],
      cwd: lean.root,
      env: { PATH: process.env["PATH"] ?? "", HOME: lean.root },
    };
    await runCommand(command);
    const tutti = await open(lean.root);
    const official = await officialCommands(plain, lean);
    const commands = { "tutti up, whole command": command, ...official };

    const time = await sideBySide(
      {
        ...Object.fromEntries(Object.entries(commands).map(([name, one]) => [name, () => runCommand(one)])),
        "embedded, driver running": () => again(tutti),
      },
      rounds,
    );
    const memory: Record<string, number> = {};
    for (const [name, one] of Object.entries(commands)) memory[name] = await memoryOf(one);
    const before = treePssMiB(process.pid);
    memory["embedded, driver running"] = (await peakPssMiB(process.pid, again(tutti))) - before;

    const reference = "pulumi up, as it is";
    for (const [name, sample] of Object.entries(time)) {
      const ratio =
        reference in time && name !== reference
          ? `   ${(sample.medianMs / time[reference]!.medianMs).toFixed(2)} of its time, ${(memory[name]! / memory[reference]!).toFixed(2)} of its memory`
          : "";
      console.log(
        `no-op stack, ${name.padEnd(26)} ${show(sample).padEnd(22)} ${memory[name]!.toFixed(0).padStart(4)} MiB${ratio}`,
      );
    }
    if (!(reference in time)) console.log("no comparison: pulumi not found");
  } finally {
    plain.remove();
    lean.remove();
  }
}

/** One more `up` in this process, which has loaded everything. */
async function again(tutti: Tutti): Promise<void> {
  const run = tutti.up({ environment: "local" });
  for await (const _ of run);
  const { stacks } = await run.result();
  if (stacks[0]?.status !== "unchanged") throw new Error(`the stack is ${stacks[0]?.status}, not unchanged`);
}

/** The same program on the official CLI, deployed once: with Pulumi.yaml as people have it, and with our preload in it. */
async function officialCommands(plain: BenchWorkspace, lean: BenchWorkspace): Promise<Record<string, Command>> {
  const file = findOnPath("pulumi", process.env["PATH"]);
  if (file === undefined) return {};
  const commandIn = (workspace: BenchWorkspace, ...args: readonly string[]): Command =>
    officialCommand(file, workspace, "pets.real", ...args);
  for (const workspace of [plain, lean]) {
    await runCommand(commandIn(workspace, "stack", "init"));
    await runCommand(commandIn(workspace, ...officialUp));
  }
  return {
    "pulumi up, as it is": commandIn(plain, ...officialUp),
    "pulumi up, our preload": commandIn(lean, ...officialUp),
  };
}
