// The journal of a large state on disk: cut at every write, torn, damaged and lost, and what each reader makes of it.
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Changes } from "../../../engine/deployment/changes.ts";
import type { SnapshotContents } from "../../../engine/deployment/merge.ts";
import type { AppendChanges } from "../../../engine/deployment/snapshot.ts";
import { SecretValues } from "../../../engine/secretValues.ts";
import type { Checkpoint, CheckpointOptions } from "../../../engine/state/checkpoint.ts";
import { decodeDeployment, newManifest, type Snapshot, upgradeDeployment } from "../../../engine/state/deployment.ts";
import { FileBackend } from "../../../engine/state/fileBackend.ts";
import { encodeResource, type ResourceState } from "../../../engine/state/resource.ts";
import type { SecretsManager } from "../../../engine/state/secrets.ts";
import { readJsonFile } from "../../../engine/state/stateFile.ts";
import { Secret } from "../../../engine/values.ts";
import { liveContents } from "../deployment/journal.ts";
import { type Program, TestStack } from "../deployment/support.ts";
import { resource, temporaryFolder } from "./support.ts";

const dev = { project: "proj", stack: "dev" };
const options: CheckpointOptions = {
  passphrase: async () => "",
  sandbox: false,
  checkIntegrity: true,
  wholeLimit: 0,
};
/** Ciphertexts that hold nothing of their plaintexts. */
const plaintexts: string[] = [];
const secrets: SecretsManager = {
  type: "passphrase",
  state: { salt: "s" },
  encrypt: (plaintext) => `v1:${plaintexts.push(plaintext) - 1}`,
  decrypt: (ciphertext) => plaintexts[Number(ciphertext.slice(3))]!,
};
const manifest = newManifest("3.0.0");
const whole = (contents: SnapshotContents): Snapshot => ({ ...contents, manifest, metadata: {} });

const text = ({ resources, pendingOperations }: SnapshotContents) =>
  [...resources, ...pendingOperations.map(({ type, resource: one }) => ({ ...one, urn: `${type} ${one.urn}` }))]
    .map((state) => encodeResource(state, { type: "plaintext" }))
    .join("\n");

type Image = ReadonlyMap<string, Buffer>;

/** A stack on a disk. */
class Disk {
  readonly backend: FileBackend;
  readonly folder: string;

  constructor(backend: FileBackend) {
    this.backend = backend;
    this.folder = join(backend.folder, ".pulumi", "stacks", dev.project);
  }

  static async open(image?: Image, env: Readonly<Record<string, string>> = {}): Promise<Disk> {
    const disk = new Disk(await FileBackend.open(`file://${await temporaryFolder()}`, env, "/"));
    if (!image) await disk.backend.create(dev);
    else await mkdir(disk.folder, { recursive: true });
    for (const [name, bytes] of image ?? []) await writeFile(join(disk.folder, name), bytes);
    return disk;
  }

  /** All files as they are at this moment. */
  async image(): Promise<Image> {
    const names = (await readdir(this.folder)).sort();
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(this.folder, name))] as const)),
    );
  }

  async contents(): Promise<SnapshotContents> {
    const { deployment } = await this.backend.readRaw(dev);
    return decodeDeployment(deployment ?? {}, secrets);
  }

  checkpoint(more: Partial<CheckpointOptions> = {}): Promise<Checkpoint> {
    return this.backend.openCheckpoint(dev, { ...options, ...more });
  }
}

/** The text of a state file that may be compressed. */
async function stateIn(bytes: Buffer): Promise<string> {
  const path = join(await temporaryFolder(), "state");
  await writeFile(path, bytes);
  return JSON.stringify(await readJsonFile(path));
}

const journalOf = (image: Image) => [...image.keys()].find((name) => name.endsWith(".journal"));

/** What was on the disk after a write, and what it stands for. */
interface Moment {
  readonly image: Image;
  readonly contents: SnapshotContents;
}

/** Runs programs one after the other, each on the state that the last one left. */
async function record(disk: Disk, programs: readonly Program[]): Promise<readonly Moment[]> {
  const moments: Moment[] = [];
  const stack = new TestStack();
  const checkpoint = await disk.checkpoint();
  for (const program of programs) {
    const note = async (contents: SnapshotContents) => void moments.push({ image: await disk.image(), contents });
    await stack.up(program, {
      write: async (contents, final) => {
        const append = await checkpoint.write(whole(contents), secrets, !final);
        await note(contents);
        return (
          append &&
          (async (changes) => {
            const contents = liveContents();
            const more = await append(changes);
            await note(contents);
            return more;
          })
        );
      },
    });
  }
  await checkpoint.close();
  return moments;
}

const programs: readonly Program[] = [
  async ({ thing, component }) => {
    const a = await thing("a", { first: 1, word: new Secret("hush") });
    const b = await thing("b", { from: a.outputs["computed"]! }, { dependencies: [a.urn] });
    await component("group");
    await thing("c", { x: 1 }, { dependencies: [b.urn] });
    await thing("d", { force: 1 });
  },
  async ({ thing }) => {
    const a = await thing("a", { first: 2, word: new Secret("hush") });
    const b = await thing("e", { from: a.outputs["computed"]! }, { dependencies: [a.urn], aliases: [{ name: "b" }] });
    await thing("c", { x: 2 }, { dependencies: [b.urn] });
    await thing("d", { force: 2 });
  },
];

describe("an operation that is cut off", () => {
  it.each([
    ["dev.json", {}],
    ["dev.json.gz", { PULUMI_DIY_BACKEND_GZIP: "true" }],
    ["dev.json.zst", { PULUMI_DIY_BACKEND_ZSTD: "true" }],
  ])(
    "at any write leaves a state that says all that was written, and one %s once somebody holds the lock",
    async (file, env) => {
      const disk = await Disk.open(undefined, env);
      const moments = await record(disk, programs);
      expect(moments.filter(({ image }) => journalOf(image) !== undefined).length).toBeGreaterThan(20);
      expect(moments.some(({ contents }) => contents.pendingOperations.length > 0)).toBe(true);
      for (const { image, contents } of moments) {
        const left = await Disk.open(image, env);
        expect(text(await left.contents())).toBe(text(contents));
        const lock = await left.backend.lock(dev);
        await lock.release();
        const after = await left.image();
        expect(journalOf(after)).toBeUndefined();
        expect(after.has(file)).toBe(true);
        expect((await left.backend.readRaw(dev)).features).toEqual([]);
        expect(text(await left.contents())).toBe(text(contents));
        // What was there before the operation, and can be read alone.
        const backup = image.get(`${file}.bak`);
        if (backup) expect((await stateIn(backup)).includes("tutti-journal")).toBe(false);
        if (backup) expect(after.get(`${file}.bak`)).toEqual(backup);
      }
    },
  );

  it("in the middle of a write leaves what was written before", async () => {
    const moments = await record(await Disk.open(), programs);
    let cuts = 0;
    for (const [place, { image }] of moments.entries()) {
      const [name, before] = [journalOf(image), moments[place - 1]];
      if (name === undefined || before?.image.get(name) === undefined) continue;
      const [now, then] = [image.get(name)!, before.image.get(name)!];
      const zeros = Buffer.concat([then, Buffer.alloc(now.length - then.length - 1), Buffer.from("\n")]);
      const hole = Buffer.concat([then, Buffer.alloc(5), now.subarray(then.length + 5), now.subarray(then.length)]);
      for (const torn of [now.subarray(0, -1), now.subarray(0, (now.length + then.length) >> 1), zeros, hole]) {
        const left = await Disk.open(new Map([...image, [name, torn]]));
        expect(text(await left.contents())).toBe(text(before.contents));
        cuts++;
      }
    }
    expect(cuts).toBeGreaterThan(30);
  });

  it("between the journal and its checkpoint leaves the checkpoint before", async () => {
    const disk = await Disk.open();
    const before = await disk.image();
    const [{ image: first }] = (await record(disk, programs)) as [Moment];
    const left = await Disk.open(new Map([...first, ["dev.json", before.get("dev.json")!]]));
    expect((await left.backend.readRaw(dev)).deployment).toBeUndefined();
    await (await left.backend.lock(dev)).release();
    expect(journalOf(await left.image())).toBeUndefined();
  });

  it("between the checkpoint and the end of its journal leaves the checkpoint", async () => {
    const moments = await record(await Disk.open(), programs);
    const last = moments.at(-1)!;
    const stale = moments.at(-2)!.image;
    const left = await Disk.open(new Map([...last.image, [journalOf(stale)!, stale.get(journalOf(stale)!)!]]));
    expect(text(await left.contents())).toBe(text(last.contents));
  });
});

/** A state of one resource that goes on in a journal, in which there are two. */
async function journaled(more: Partial<CheckpointOptions> = {}) {
  const disk = await Disk.open();
  const checkpoint = await disk.checkpoint(more);
  const append = await checkpoint.write(whole({ resources: [resource("a")], pendingOperations: [] }), secrets, true);
  const add = (changes: Changes) => append!(changes);
  const second = (state: ResourceState): Changes => ({
    set: [[1, state]],
    start: { base: [0], news: [], operations: [], kept: [] },
    news: [1],
  });
  return { disk, checkpoint, add, second, append: append as AppendChanges };
}
const urns = async (disk: Disk) => (await disk.contents()).resources.map(({ urn }) => urn.split("::").at(-1));

describe("a state with a journal", () => {
  it("is read whole, is private, and refused by every engine that does not know journals", async () => {
    const { disk, checkpoint, add, second } = await journaled();
    await add(second(resource("b")));
    expect(await urns(disk)).toEqual(["b", "a"]);
    const image = await disk.image();
    for (const file of image.keys()) expect((await stat(join(disk.folder, file))).mode & 0o777).toBe(0o600);
    const { version, features, checkpoint: at } = JSON.parse(image.get("dev.json")!.toString());
    expect([version, features, at.latest.resources.length]).toEqual([4, ["tutti-journal"], 1]);
    // As this engine refuses whatever feature it does not know; as an import it may not come, either.
    expect(() => upgradeDeployment(version, features, at.latest, "the deployment")).toThrow("tutti-journal");
    await checkpoint.close();
  });

  it("is written whole up to the limit, and at the end", async () => {
    const disk = await Disk.open();
    const checkpoint = await disk.checkpoint({ wholeLimit: 2000 });
    const write = (resources: readonly ResourceState[], goesOn: boolean) =>
      checkpoint.write(whole({ resources, pendingOperations: [] }), secrets, goesOn);
    const a = [resource("a")];
    const goesOn = [];
    for (let count = 0; count < 10; count++) goesOn.push((await write(a, true)) !== undefined);
    expect(goesOn).toEqual([...goesOn].sort());
    expect(goesOn.indexOf(true)).toBeGreaterThan(1);
    expect(await write(a, false)).toBeUndefined();
    expect([...(await disk.image()).keys()]).toEqual(["dev.json", "dev.json.bak"]);
  });

  it("begins another when the journal has outgrown the checkpoint", async () => {
    const { disk, checkpoint, add, second } = await journaled();
    const first = journalOf(await disk.image());
    expect(await add(second(resource("b")))).toBe(true);
    const large = resource("b", { outputs: { long: "x".repeat(1000) } });
    expect(await add({ set: [[1, large]] })).toBe(false);
    await checkpoint.write(whole(await disk.contents()), secrets, true);
    const journals = [...(await disk.image()).keys()].filter((name) => name.endsWith(".journal"));
    expect(journals).toHaveLength(1);
    expect(journals[0]).not.toBe(first);
    expect(await urns(disk)).toEqual(["b", "a"]);
    await checkpoint.close();
  });

  it("is flushed behind who writes it, one flush at a time, and gets no more when that fails", async () => {
    const { disk, checkpoint, add, second } = await journaled();
    const folder = await open(disk.folder);
    await folder.close();
    const flushes: PromiseWithResolvers<void>[] = [];
    const flush = vi.spyOn(Object.getPrototypeOf(folder) as typeof folder, "datasync").mockImplementation(() => {
      const begun = Promise.withResolvers<void>();
      flushes.push(begun);
      return begun.promise;
    });
    onTestFinished(() => flush.mockRestore());
    await add(second(resource("b")));
    expect(await urns(disk)).toEqual(["b", "a"]);
    await add({});
    await add({});
    expect(flushes).toHaveLength(1);
    flushes[0]!.resolve();
    await setImmediate();
    expect(flushes).toHaveLength(2);
    const order: string[] = [];
    const closed = checkpoint.close().then(() => order.push("closed"));
    await disk.image();
    await disk.image();
    order.push("flushed");
    flushes[1]!.resolve();
    await closed;
    expect(order).toEqual(["flushed", "closed"]);

    const other = await journaled();
    expect(await other.add({})).toBe(true);
    flushes[2]!.reject(new Error("EIO"));
    await setImmediate();
    expect(await other.add({})).toBe(false);
    await other.checkpoint.close();
    expect(flushes).toHaveLength(3);
  });

  it("writes no secret in plain into the journal", async () => {
    const { disk, checkpoint, add, second } = await journaled({ secrets: new SecretValues(["hush-hush-7q"]) });
    await add(second(resource("b", { outputs: { word: "hush-hush-7q" } })));
    const name = resource("hush-hush-7q");
    await expect(async () => add({ set: [[1, name]] })).rejects.toThrow("with a secret in plain text");
    const image = await disk.image();
    for (const bytes of image.values()) expect(bytes.includes("hush-hush-7q")).toBe(false);
    expect((await disk.contents()).resources[0]!.outputs).toEqual({ word: new Secret("hush-hush-7q") });
    await checkpoint.close();
  });

  it("that does not hold together is neither used nor folded, and can be mended", async () => {
    const { disk, checkpoint, add, second } = await journaled();
    await add(second(resource("b", { parent: "urn:pulumi:dev::p::a:b:C::gone" })));
    await checkpoint.close();
    await (await disk.backend.lock(dev)).release();
    expect(journalOf(await disk.image())).toBeDefined();
    await expect(disk.checkpoint()).rejects.toThrow("refusing to use it: child resource");
    const broken = await disk.checkpoint({ checkIntegrity: false });
    const resources = broken.snapshot!.resources.map((state) => ({ ...state, parent: "" }));
    await broken.write({ ...broken.snapshot!, resources }, secrets);
    expect([...(await disk.image()).keys()].filter((file) => file.endsWith(".journal"))).toEqual([]);
    expect(await urns(disk)).toEqual(["b", "a"]);
  });

  it.each<[string, (file: string, bytes: Buffer) => Promise<void>, string]>([
    ["is lost", (file) => rm(file), "which is missing"],
    ["is damaged", (file, bytes) => writeFile(file, bytes.toString().replace('{"set"', "{set")), "is damaged"],
    ["belongs to another engine", (file, bytes) => writeFile(file, `{"version":2}\n${bytes}`), "a newer engine"],
    [
      "lacks its beginning",
      (file, bytes) => writeFile(file, bytes.toString().replace("[1,{", "[2,{")),
      "no resource 1",
    ],
  ])("is refused when it %s", async (_what, change, message) => {
    const { disk, checkpoint, add, second } = await journaled();
    await add(second(resource("b")));
    await add({ set: [[0, resource("a", { protect: true })]] });
    await checkpoint.close();
    const name = journalOf(await disk.image())!;
    await change(join(disk.folder, name), await readFile(join(disk.folder, name)));
    await expect(disk.backend.readRaw(dev)).rejects.toThrow(message);
    await expect(disk.backend.readRaw(dev)).rejects.toThrow(name);
  });

  it("is renamed, removed and replaced with its journal", async () => {
    const { disk, checkpoint, add, second } = await journaled();
    await add(second(resource("b")));
    await checkpoint.close();
    const image = await disk.image();
    const renamed = await Disk.open(image);
    await renamed.backend.rename(dev, { ...dev, stack: "prod" }, (raw) => raw);
    expect([...(await renamed.image()).keys()]).toEqual(["dev.json.bak", "prod.json"]);
    expect((await renamed.backend.readRaw({ ...dev, stack: "prod" })).deployment!["resources"]).toHaveLength(2);
    const removed = await Disk.open(image);
    await removed.backend.remove(dev, false);
    expect([...(await removed.image()).keys()]).toEqual(["dev.json.bak"]);
    const imported = await Disk.open(image);
    await imported.backend.writeText(dev, { version: 3, features: [], text: undefined });
    expect([...(await imported.image()).keys()]).toEqual(["dev.json", "dev.json.bak"]);
  });
});
