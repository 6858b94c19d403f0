// Turns a running process tree into the memory it adds to the machine: the sum of the proportional set sizes (PSS) of the
// process and all its descendants, sampled while it runs. Linux only (/proc/<pid>/smaps_rollup).
import { readdirSync, readFileSync } from "node:fs";

/** PSS of the tree below `root`, root included, in MiB; processes that end while it looks count as nothing. */
export function treePssMiB(root: number): number {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree.reduce((sum, pid) => sum + pssKiB(pid), 0) / 1024;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command in parentheses may hold spaces and parentheses itself: read behind the last one.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function pssKiB(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Samples the tree every 20 ms until `done` settles; resolves with the peak in MiB. */
export async function peakPssMiB(root: number, done: Promise<unknown>): Promise<number> {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, treePssMiB(root));
  }, 20);
  try {
    await done;
  } finally {
    clearInterval(timer);
  }
  return peak;
}
