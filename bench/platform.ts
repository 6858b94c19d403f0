// Benchmarks of what a user waits for: the reference platform's first and no-op `up`, as whole commands.
import { rmSync } from "node:fs";
import path from "node:path";
import { runCommand } from "./support/command.ts";
import { show, sideBySide } from "./support/measure.ts";
import { platformWorkspace } from "./support/workspaces.ts";

export async function benchPlatform(): Promise<void> {
  const { root, remove } = platformWorkspace();
  try {
    const args = [path.join(root, "bin/tutti.js"), "up", "-e", "local", "--yes"];
    const env = { PATH: process.env["PATH"] ?? "", HOME: root };
    const up = () => runCommand({ file: process.execPath, args, cwd: root, env });
    const first = async () => {
      rmSync(path.join(root, ".tutti"), { recursive: true, force: true });
      await up();
    };
    const times = await sideBySide({ first, "no-op": up }, 3);
    for (const [name, sample] of Object.entries(times))
      console.log(`platform, ${name.padEnd(6)} tutti up   ${show(sample)}`);
  } finally {
    remove();
  }
}
