// Whose lock it is, and when it is proven that nobody holds it any more.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { heldLocks, type LockFolder, lockFolder, takeLock } from "../../../engine/state/lock.ts";
import { livenessOf, type Machine, type Owner, ownMark, thisMachine } from "../../../engine/state/processIdentity.ts";
import { temporaryFolder } from "./support.ts";

/** A machine on which process 7 was started at tick 100, ten seconds after 1970. */
const machine: Machine = {
  host: "box",
  pid: 7,
  boot: "boot-1",
  machine: "installation-1",
  namespace: "pid:[1]",
  find: (pid) => (pid === 7 ? { start: "100", startedMs: 10_000 } : undefined),
};
const mark = { start: "100", boot: "boot-1", machine: "installation-1", namespace: "pid:[1]" };
const owner = (changes: Partial<Owner>): Owner => ({ pid: 7, host: "box", sinceMs: 60_000, mark, ...changes });

describe("an owner", () => {
  it.each<[string, Partial<Owner>, string]>([
    ["that runs", {}, "alive"],
    ["that no process has the number of", { pid: 8 }, "dead"],
    ["whose number another process has", { mark: { ...mark, start: "99" } }, "dead"],
    ["from before the machine was started anew", { mark: { ...mark, boot: "boot-0" } }, "dead"],
    ["on another host", { host: "crate", pid: 8 }, "unknown"],
    ["on another machine of this name", { pid: 8, mark: { ...mark, machine: "installation-2" } }, "unknown"],
    ["on a machine that was started anew, or another one", { mark: { ...mark, machine: "", boot: "b" } }, "unknown"],
    ["in another container", { pid: 8, mark: { ...mark, namespace: "pid:[2]" } }, "unknown"],
    ["without a number", { pid: 0 }, "unknown"],
    ["of the official CLI that runs", { mark: undefined }, "alive"],
    ["of the official CLI whose number is gone", { mark: undefined, pid: 8 }, "dead"],
    ["of the official CLI whose number a later process has", { mark: undefined, sinceMs: 7_000 }, "dead"],
    ["of the official CLI that wrote its lock while starting", { mark: undefined, sinceMs: 9_000 }, "alive"],
    ["of the official CLI that does not say since when", { mark: undefined, sinceMs: Number.NaN }, "alive"],
  ])("%s", (_, changes, state) => {
    const liveness = livenessOf(owner(changes), machine);
    expect(liveness.state).toBe(state);
    expect(liveness.reason).not.toBe("");
  });

  it("is this process on this machine", () => {
    const { host } = thisMachine();
    const me: Owner = { pid: process.pid, host, sinceMs: Date.now(), mark: ownMark() };
    expect(me.mark?.start).toMatch(/./);
    expect(livenessOf(me).state).toBe("alive");
    expect(livenessOf({ ...me, mark: { ...me.mark!, start: "1" } }).state).toBe("dead");
    expect(livenessOf({ ...me, mark: undefined }).state).toBe("alive");
    expect(livenessOf({ ...me, pid: 2 ** 22 + 1 }).state).toBe("dead");
  });
});

describe("a lock", () => {
  it("is given back when another one came between looking and writing", async () => {
    const box = lockFolder(join(await temporaryFolder(), "locks", "dev"));
    const rival = JSON.stringify({ pid: 1, username: "ann", hostname: "elsewhere", timestamp: "2026-01-01T00:00:00Z" });
    const contested: LockFolder = {
      ...box,
      async put(name, content) {
        await box.put("rival.json", rival);
        return box.put(name, content);
      },
    };
    await expect(takeLock(contested)).rejects.toThrow("locked by 1 lock(s)");
    expect((await box.list()).map((path) => basename(path))).toEqual(["rival.json"]);
  });

  it("says which process holds it, beside what the CLI reads", async () => {
    const folder = join(await temporaryFolder(), "locks", "dev");
    await takeLock(folder);
    const [file] = await readdir(folder);
    expect(JSON.parse(await readFile(join(folder, file!), "utf8"))).toEqual({
      pid: process.pid,
      username: expect.any(String),
      hostname: thisMachine().host,
      timestamp: expect.any(String),
      tutti: ownMark(),
    });
    expect(await heldLocks(folder)).toMatchObject([{ owner: { pid: process.pid }, liveness: { state: "alive" } }]);
  });

  const place = async (lock: object): Promise<string> => {
    const folder = join(await temporaryFolder(), "locks", "dev");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "old.json"), JSON.stringify(lock));
    return folder;
  };
  const content = { pid: 7, username: "ann", hostname: "box", timestamp: "1970-01-01T00:01:00Z", tutti: mark };

  it("whose owner is proven dead is taken away by the next", async () => {
    const folder = await place({ ...content, pid: 8 });
    const lock = await takeLock(folder, machine);
    expect(await readdir(folder)).toHaveLength(1);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, object]>([
    ["whose owner runs", content],
    ["from elsewhere", { ...content, hostname: "crate", pid: 8 }],
    ["of the official CLI, dead or not", { ...content, pid: 8, tutti: undefined }],
    ["with a mark that is none", { ...content, pid: 8, tutti: { start: 1 } }],
  ])("%s is respected", async (_, lock) => {
    const folder = await place(lock);
    await expect(takeLock(folder, machine)).rejects.toThrow("currently locked by 1 lock(s)");
    expect(await readdir(folder)).toEqual(["old.json"]);
  });
});
