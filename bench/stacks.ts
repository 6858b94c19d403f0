// Benchmarks of whole stacks, each beside the official CLI where that is on PATH. 1,000 random resources in one stack,
// created and then all replaced, once each: the official engine takes minutes, for it writes the whole state anew for each
// step, one after the other (aim: not slower). 20 stacks in which nothing changes, all at once in one driver, time and
// memory next to 20 official runs at once.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type Command, findOnPath, memoryOf, runCommand } from "./support/command.ts";
import { type Sample, show, sideBySide, summary } from "./support/measure.ts";
import { officialCommand, officialUp } from "./support/official.ts";
import { type BenchWorkspace, petsWorkspace } from "./support/workspaces.ts";

export async function benchStacks(): Promise<void> {
  const pulumi = findOnPath("pulumi", process.env["PATH"]);
  await thousandResources(pulumi);
  await twentyStacks(pulumi);
  if (pulumi === undefined) console.log("no comparison: pulumi not found");
}

/** A thousand random resources of one stack: the same program for both. */
async function thousandResources(pulumi: string | undefined): Promise<void> {
  const workspace = petsWorkspace({ lean: true, names: ["many"] });
  const folder = path.join(workspace.root, "stacks/many");
  writeFileSync(
    path.join(folder, "program.ts"),
    `import { readFileSync } from "node:fs";
import * as random from "@pulumi/random";
import { program } from "../../automation/program.ts";
import { pets } from "./contract.ts";
export default program(pets, () => {
  const turn = readFileSync(new URL("turn", import.meta.url), "utf8");
  for (let at = 0; at < 1000; at++) new random.RandomId(\`id-\${at}\`, { byteLength: 8, keepers: { turn } });
  const password = new random.RandomPassword("password", { length: 16 });
  return { pet: turn, password: password.result };
});
`,
  );
  try {
    const official = pulumi === undefined ? [] : await officialUps(pulumi, workspace, ["many"]);
    const commands = { [own]: tuttiUp(workspace), ...Object.fromEntries(official.map((up) => ["pulumi up", up])) };
    for (const turn of ["created", "replaced"]) {
      writeFileSync(path.join(folder, "turn"), turn);
      const time: Record<string, Sample> = {};
      for (const [name, command] of Object.entries(commands)) {
        const start = performance.now();
        await runCommand(command);
        time[name] = summary([performance.now() - start]);
      }
      compare(`1,000 resources ${turn}`, time);
    }
  } finally {
    workspace.remove();
  }
}

/** Twenty stacks in which nothing changes, all at once. */
async function twentyStacks(pulumi: string | undefined): Promise<void> {
  const names = Array.from({ length: 20 }, (_, at) => `pets${at}`);
  const workspace = petsWorkspace({ lean: true, names });
  try {
    const commands: Record<string, Command> = { [own]: tuttiUp(workspace, "-j", "20") };
    if (pulumi !== undefined) {
      const ups = await officialUps(pulumi, workspace, names);
      for (const up of ups) await runCommand(up);
      const [{ file, cwd, env }] = ups as [Command];
      const lines = ups.map(({ args }) => `"${file}" ${args.join(" ")} & pids="$pids $!"`);
      const script = `${lines.join("\n")}\nfor pid in $pids; do wait $pid || exit 1; done`;
      commands["pulumi up, 20 at once"] = { file: "/bin/sh", args: ["-c", script], cwd, env };
    }
    const time = await sideBySide(
      Object.fromEntries(Object.entries(commands).map(([what, command]) => [what, () => runCommand(command)])),
      1,
    );
    const memory: Record<string, number> = {};
    for (const [what, command] of Object.entries(commands)) memory[what] = await memoryOf(command);
    compare("20 stacks at once", time, memory);
  } finally {
    workspace.remove();
  }
}

const own = "tutti up, whole command";

function tuttiUp({ root }: BenchWorkspace, ...args: readonly string[]): Command {
  return {
    file: process.execPath,
    args: [path.join(root, "bin/tutti.js"), "up", "-e", "local", "--yes", ...args],
    cwd: root,
    env: { PATH: process.env["PATH"] ?? "", HOME: root },
  };
}

/** `pulumi up` of stacks that it has made. */
async function officialUps(
  pulumi: string,
  workspace: BenchWorkspace,
  names: readonly string[],
): Promise<readonly Command[]> {
  for (const name of names) await runCommand(officialCommand(pulumi, workspace, `${name}.real`, "stack", "init"));
  return names.map((name) => officialCommand(pulumi, workspace, `${name}.real`, ...officialUp));
}

function compare(
  what: string,
  time: Readonly<Record<string, Sample>>,
  memory: Readonly<Record<string, number>> = {},
): void {
  for (const [name, sample] of Object.entries(time)) {
    const mine = time[own]!;
    const ratio = name === own ? "" : `   tutti takes ${(mine.medianMs / sample.medianMs).toFixed(2)} of its time`;
    const peak = memory[name] === undefined ? "" : `${memory[name].toFixed(0).padStart(6)} MiB`;
    const share = name === own || peak === "" ? "" : `, ${(memory[own]! / memory[name]!).toFixed(2)} of its memory`;
    console.log(`${what}, ${name.padEnd(24)} ${show(sample).padEnd(24)}${peak}${ratio}${share}`);
  }
}
