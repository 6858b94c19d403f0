// A process that is killed while its stack's state goes on in a journal loses nothing: whatever is in the cloud stands in
// the state, or is an operation that is said not to have ended; and what is gone, too.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeDeployment, type Snapshot } from "../../engine/state/deployment.ts";
import { FileBackend } from "../../engine/state/fileBackend.ts";
import { tail } from "../engine/deployment/support.ts";

const all = process.env["TUTTI_CRASH"] === "all";
const dev = { project: "proj", stack: "dev" };

interface Ended {
  readonly signal: string | null;
  readonly stdout: string;
  /** The name of each thing that there is, by its id. */
  readonly cloud: ReadonlyMap<string, string>;
  readonly journaled: boolean;
  state(): Promise<Snapshot>;
  /** Takes the lock for a moment, as the next operation does. */
  lock(): Promise<void>;
}

async function run(cut: number): Promise<Ended> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-large-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = path.join(import.meta.dirname, "largeState.ts");
  const { signal, stdout, stderr, status } = spawnSync(process.execPath, [script, folder, String(cut)], {
    encoding: "utf8",
  });
  if (signal === null && status !== 0) throw new Error(stderr);
  const cloud = new Map<string, string>();
  for (const line of readFileSync(path.join(folder, "cloud"), { encoding: "utf8", flag: "a+" }).split("\n")) {
    const [sign, id = "", name = ""] = line.split(" ");
    if (sign === "+") cloud.set(id, name);
    else cloud.delete(id);
  }
  const backend = await FileBackend.open(`file://${folder}`, {}, "/");
  return {
    ...{ signal, stdout, cloud },
    journaled: readdirSync(path.join(folder, ".pulumi/stacks/proj")).some((name) => name.endsWith(".journal")),
    state: async () =>
      decodeDeployment((await backend.readRaw(dev)).deployment ?? {}, { decrypt: (ciphertext) => ciphertext }),
    lock: async () => (await backend.lock(dev)).release(),
  };
}

/** What the state does not say of the cloud, and what it says that is not so. */
function lies({ resources, pendingOperations }: Snapshot, cloud: Ended["cloud"]): readonly string[] {
  const known = new Set(resources.map(({ id }) => id));
  const open = (type: string) => pendingOperations.filter((operation) => operation.type === type);
  const creating = new Set(open("creating").map(({ resource }) => tail(resource.urn)));
  const deleting = new Set(open("deleting").map(({ resource }) => resource.id));
  return [
    ...[...cloud].flatMap(([id, name]) => (known.has(id) || creating.has(name) ? [] : [`${name} is lost`])),
    ...resources.flatMap(({ id, type, urn, pendingReplacement }) =>
      type !== "test:index:Thing" || cloud.has(id) || deleting.has(id) || pendingReplacement
        ? []
        : [`${tail(urn)} is gone`],
    ),
  ];
}

describe("a process with a large state", () => {
  it("can be killed at any moment, and what it left is one file again when somebody takes the lock", {
    timeout: all ? 1_800_000 : 180_000,
  }, async () => {
    const whole = await run(0);
    expect(lies(await whole.state(), whole.cloud)).toEqual([]);
    expect([whole.signal, whole.journaled, whole.cloud.size]).toEqual([null, false, 25]);
    const moments = Number(whole.stdout);
    expect(moments).toBeGreaterThan(100);
    const step = all ? 1 : 13;
    for (let cut = 1; cut <= moments; cut += step) {
      const cutOff = await run(cut);
      expect([cutOff.signal, cutOff.journaled]).toEqual(["SIGKILL", true]);
      const left = await cutOff.state();
      expect(lies(left, cutOff.cloud), `killed at ${cut}`).toEqual([]);
      await cutOff.lock();
      expect(await cutOff.state()).toEqual(left);
    }
  });
});
