import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { SecretValues } from "../../../engine/secretValues.ts";
import { backendFolder } from "../../../engine/state/backendUrl.ts";
import type { CheckpointOptions } from "../../../engine/state/checkpoint.ts";
import { newManifest, type Snapshot } from "../../../engine/state/deployment.ts";
import { FileBackend } from "../../../engine/state/fileBackend.ts";
import type { UpdateInfo } from "../../../engine/state/history.ts";
import { passphraseSecrets } from "../../../engine/state/passphrase.ts";
import { fullName, parseStackName } from "../../../engine/state/stackName.ts";
import { Secret } from "../../../engine/values.ts";
import {
  countingSecrets,
  recordedBackend,
  recordedJson,
  recordedPassphrase,
  recording,
  recordingPath,
  resource,
  temporaryFolder,
} from "./support.ts";

const dev = { project: "recorded", stack: "dev" };
const open = (folder: string) => FileBackend.open(`file://${folder}`, {}, "/");
const options: CheckpointOptions = { passphrase: async () => recordedPassphrase, sandbox: false, checkIntegrity: true };
const update: UpdateInfo = {
  kind: "update",
  startTime: 1,
  endTime: 2,
  message: "m",
  environment: { "exec.kind": "cli" },
  config: { "p:a": { secure: "v1:x" }, "p:10": "y" },
  result: "succeeded",
  resourceChanges: { create: 2, same: 0 },
};

function snapshotOf(...resources: Snapshot["resources"]): Snapshot {
  return { manifest: newManifest("1.0.0"), resources, pendingOperations: [], metadata: {} };
}

describe("a backend that the CLI made", () => {
  it("is read and written back byte for byte", async () => {
    const folder = await recordedBackend();
    const backend = await open(folder);
    expect(await backend.list()).toEqual([dev]);
    const path = await backend.stateFile(dev);
    const before = await readFile(path, "utf8");
    const checkpoint = await backend.openCheckpoint(dev, options);
    await checkpoint.write(checkpoint.snapshot!, checkpoint.secrets!);
    expect(await readFile(path, "utf8")).toBe(before);
    expect(await readFile(`${path}.bak`, "utf8")).toBe(before);
  });

  it("is read and written back byte for byte, of version 4", async () => {
    const folder = await recordedBackend();
    const backend = await open(folder);
    // `state taint` escapes <, > and &, an update does not: both read the same
    const tainted = JSON.stringify(JSON.parse(await recording("tainted-v4.json")))
      .replace(/"keepers":\{"9":"nine","10":"ten"/g, '"keepers":{"10":"ten","9":"nine"')
      .replaceAll("\u2028", "\\u2028");
    await writeFile(await backend.stateFile(dev), tainted);
    const checkpoint = await backend.openCheckpoint(dev, options);
    expect(checkpoint.snapshot!.resources.filter(({ taint }) => taint)).toHaveLength(1);
    await checkpoint.write(
      checkpoint.snapshot!,
      await passphraseSecrets((checkpoint.secrets!.state as { salt: string }).salt, recordedPassphrase),
    );
    expect(await readFile(await backend.stateFile(dev), "utf8")).toBe(tainted);
  });

  it("refuses a secret in plain that is new, not one that the state had there before", async () => {
    const backend = await open(await recordedBackend());
    const before = await readFile(await backend.stateFile(dev), "utf8");
    const first = await backend.openCheckpoint(dev, options);
    const { id = "" } = first.snapshot!.resources.findLast((one) => (one.id ?? "").length >= 20)!;
    const secrets = new SecretValues([id, "another-place-7q"]);
    expect(secrets.holds(before)).toBe(true);
    const checkpoint = await backend.openCheckpoint(dev, { ...options, secrets });
    const snapshot = checkpoint.snapshot!;
    await checkpoint.write(snapshot, checkpoint.secrets!);
    expect(await readFile(await backend.stateFile(dev), "utf8")).toBe(before);
    const leaking = snapshot.resources.map((one, index) =>
      index === 0 ? { ...one, outputs: { "another-place-7q": "leak" } } : one,
    );
    await expect(checkpoint.write({ ...snapshot, resources: leaking }, checkpoint.secrets!)).rejects.toThrow(
      "would stand in the state with a secret in plain text",
    );
    expect(await readFile(await backend.stateFile(dev), "utf8")).toBe(before);
  });

  it("writes as a secret what was learnt to be one after its resource was registered", async () => {
    const backend = await open(await recordedBackend());
    const secrets = new SecretValues();
    const checkpoint = await backend.openCheckpoint(dev, { ...options, secrets });
    const [first, ...rest] = checkpoint.snapshot!.resources;
    const late = { ...first!, outputs: { list: [{ made: "token-0815" }] } };
    secrets.add("token-0815");
    await checkpoint.write({ ...checkpoint.snapshot!, resources: [late, ...rest] }, checkpoint.secrets!);
    expect(await readFile(await backend.stateFile(dev), "utf8")).not.toContain("token-0815");
    const [read] = (await backend.openCheckpoint(dev, options)).snapshot!.resources;
    expect(read!.outputs).toEqual({ list: [{ made: new Secret("token-0815") }] });
  });

  it("encrypts everything anew for another key", async () => {
    const backend = await open(await recordedBackend());
    const checkpoint = await backend.openCheckpoint(dev, options);
    const other = countingSecrets("other");
    await checkpoint.write(checkpoint.snapshot!, other);
    expect(other.count).toBeGreaterThan(5);
    const text = await readFile(await backend.stateFile(dev), "utf8");
    expect(text).toContain('{"salt":"other"}');
    expect(text).not.toContain("correct");
  });

  it("has the history that the CLI prints", async () => {
    const backend = await open(await recordedBackend());
    const [entry] = await backend.history(dev);
    const [printed] = (await recordedJson("history.json")) as unknown as [
      { environment: object; resourceChanges: object },
    ];
    expect(entry).toMatchObject({
      kind: "update",
      result: "succeeded",
      environment: printed.environment,
      resourceChanges: printed.resourceChanges,
    });
  });

  it.each([undefined, 1, 2, 3, 4])("is read in version %s of its states, and written as 3", async (version) => {
    const folder = await recordedBackend();
    const backend = await open(folder);
    const path = await backend.stateFile(dev);
    const text = await readFile(path, "utf8");
    const { checkpoint: recorded } = JSON.parse(text);
    // Before states had versions, the file was the checkpoint itself.
    await writeFile(path, JSON.stringify(version === undefined ? recorded : { version, checkpoint: recorded }));
    const checkpoint = await backend.openCheckpoint(dev, options);
    expect(checkpoint.snapshot!.resources).toHaveLength(6);
    await checkpoint.write(checkpoint.snapshot!, checkpoint.secrets!);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      version: 3,
      checkpoint: { stack: recorded.stack },
    });
    if ((version ?? 0) >= 3) expect(await readFile(path, "utf8")).toBe(text);
  });

  it.each([
    [".gz", gzipSync],
    [".zst", zstdCompressSync],
  ])("may be compressed: %s", async (extension, compress) => {
    const folder = await temporaryFolder();
    const stacks = join(folder, ".pulumi", "stacks", "recorded");
    await mkdir(stacks, { recursive: true });
    await writeFile(join(folder, ".pulumi", "meta.yaml"), "version: 1\n");
    const state = await readFile(recordingPath("backend/dot-pulumi/stacks/recorded/dev.json"));
    await writeFile(join(stacks, `dev.json${extension}`), compress(state));
    const backend = await open(folder);
    expect(await backend.list()).toEqual([dev]);
    const checkpoint = await backend.openCheckpoint(dev, options);
    expect(checkpoint.snapshot!.resources).toHaveLength(6);
    await checkpoint.write(checkpoint.snapshot!, checkpoint.secrets!);
    expect((await readdir(stacks)).sort()).toEqual(["dev.json", `dev.json${extension}.bak`]);
    expect(await readFile(join(stacks, "dev.json"))).toEqual(state);
  });
});

describe("a stack", () => {
  const name = { project: "p", stack: "dev" };

  it("is made empty, found, and not made twice", async () => {
    const folder = await temporaryFolder();
    const backend = await open(folder);
    expect(await backend.list()).toEqual([]);
    expect(await readdir(folder)).toEqual([]); // looking writes nothing
    await backend.create(name);
    expect(await readFile(join(folder, ".pulumi/stacks/p/dev.json"), "utf8")).toBe(
      '{"version":3,"checkpoint":{"stack":"organization/p/dev"}}',
    );
    expect(await readFile(join(folder, ".pulumi/meta.yaml"), "utf8")).toBe("version: 1\n");
    expect((await backend.openCheckpoint(name, options)).snapshot).toBeUndefined();
    await expect(backend.create(name)).rejects.toThrow("stack 'organization/p/dev' already exists");
    await expect(backend.stateFile({ project: "p", stack: "no" })).rejects.toMatchObject({
      message: "no stack named 'no' found",
      exitCode: 6,
    });
    expect(await backend.list("other")).toEqual([]);
  });

  it("is readable by its owner only, history and locks included", async () => {
    const folder = await temporaryFolder();
    const backend = await open(folder);
    await backend.create(name);
    await backend.setTags(name, { a: "b" });
    await backend.recordUpdate(name, update);
    const lock = await backend.lock(name);
    const entries = await readdir(join(folder, ".pulumi"), { recursive: true, withFileTypes: true });
    expect(entries.length).toBeGreaterThan(12);
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect([entry.name, mode & 0o777]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
    }
    await lock.release();
  });

  it("is not written when the snapshot does not hold together, nor read", async () => {
    const backend = await open(await temporaryFolder());
    await backend.create(name);
    const checkpoint = await backend.openCheckpoint(name, options);
    const secrets = countingSecrets();
    const before = await readFile(await backend.stateFile(name), "utf8");
    const broken = snapshotOf(resource("c", { parent: "urn:pulumi:dev::p::x:y:Z::none" }));
    await expect(checkpoint.write(broken, secrets)).rejects.toThrow("snapshot integrity failure; it was not written");
    expect(await readFile(await backend.stateFile(name), "utf8")).toBe(before);
    const unchecked = await backend.openCheckpoint(name, { ...options, checkIntegrity: false });
    await unchecked.write(broken, secrets);
    await expect(backend.openCheckpoint(name, options)).rejects.toThrow(
      "snapshot integrity failure; refusing to use it",
    );
  });

  it("keeps the last of many writes, in the order of the calls", async () => {
    const backend = await open(await temporaryFolder());
    await backend.create(name);
    const checkpoint = await backend.openCheckpoint(name, options);
    const secrets = countingSecrets();
    const shared = resource("shared", { inputs: { s: new Secret("x") } });
    await Promise.all(
      [1, 2, 3, 4, 5].map((count) => checkpoint.write(snapshotOf(shared, resource(`r${count}`)), secrets)),
    );
    const text = await readFile(await backend.stateFile(name), "utf8");
    expect(text).toContain("::r5");
    expect(await readFile(`${await backend.stateFile(name)}.bak`, "utf8")).toContain("::r4");
    expect(secrets.count).toBe(1);
    expect(await readdir(join(backend.folder, ".pulumi/stacks/p"))).toEqual(["dev.json", "dev.json.bak"]);
  });

  it("stays as it was when a write fails, and nothing is left behind", async () => {
    const backend = await open(await temporaryFolder());
    await backend.create(name);
    const checkpoint = await backend.openCheckpoint(name, options);
    const folder = join(backend.folder, ".pulumi/stacks/p");
    const before = await readFile(join(folder, "dev.json"), "utf8");
    if (process.getuid?.() === 0)
      await mkdir(join(folder, "dev.json.bak")); // root may write anywhere: make the backup fail
    else await chmod(folder, 0o500);
    await expect(checkpoint.write(snapshotOf(resource("r")), countingSecrets())).rejects.toThrow();
    await chmod(folder, 0o700);
    expect(await readFile(join(folder, "dev.json"), "utf8")).toBe(before);
    expect((await readdir(folder)).filter((file) => file.startsWith("."))).toEqual([]);
  });

  it("marks sandbox resources, and keeps the mark whoever writes", async () => {
    const backend = await open(await temporaryFolder());
    await backend.create(name);
    const bucket = resource("b", { type: "gcp:storage/bucket:Bucket" });
    await (await backend.openCheckpoint(name, { ...options, sandbox: true })).write(
      snapshotOf(bucket),
      countingSecrets(),
    );
    expect(await backend.readRaw(name)).toMatchObject({ version: 4, features: ["tutti-sandbox"] });
    const outside = await backend.openCheckpoint(name, options);
    await outside.write(outside.snapshot!, countingSecrets());
    expect((await backend.readRaw(name)).features).toEqual(["tutti-sandbox"]);
    await outside.write(snapshotOf(), countingSecrets());
    expect(await backend.readRaw(name)).toMatchObject({ version: 3, features: [] });
  });

  it("gathers history, newest first, in pages, with copies of the state", async () => {
    const backend = await open(await temporaryFolder());
    await backend.create(name);
    for (const message of ["one", "two", "three"]) await backend.recordUpdate(name, { ...update, message });
    expect((await backend.history(name)).map(({ message }) => message)).toEqual(["three", "two", "one"]);
    expect((await backend.history(name, 2, 2)).map(({ message }) => message)).toEqual(["one"]);
    const files = await readdir(join(backend.folder, ".pulumi/history/p/dev"));
    expect(files.filter((file) => /^dev-\d{19}\.checkpoint\.json$/.test(file))).toHaveLength(3);
    const entry = files.find((file) => file.endsWith(".history.json"))!;
    expect(await readFile(join(backend.folder, ".pulumi/history/p/dev", entry), "utf8")).toBe(
      '{"kind":"update","startTime":1,"message":"one","environment":{"exec.kind":"cli"},"config":{"p:10":"y","p:a":{"secure":"v1:x"}},' +
        '"version":0,"result":"succeeded","endTime":2,"resourceChanges":{"create":2}}',
    );
    expect((await backend.history(name))[0]).toMatchObject({ config: update.config, resourceChanges: { create: 2 } });
  });

  it("has backups: the state before a write beside it, and the one after each operation in a file of its own", async () => {
    const folder = await temporaryFolder();
    const backend = await open(folder);
    await backend.create(name);
    const at = (path: string) => readFile(join(folder, ".pulumi", path), "utf8");
    const states: string[] = [];
    for (const message of ["one", "two"]) {
      const before = await at("stacks/p/dev.json");
      const deployment = { manifest: { time: message, magic: "", version: "" } };
      await backend.writeRaw(name, { version: 3, features: [], deployment });
      await backend.recordUpdate(name, { ...update, message });
      expect(await at("stacks/p/dev.json.bak")).toBe(before);
      states.push(await at("stacks/p/dev.json"));
    }
    const files = (await readdir(join(folder, ".pulumi/backups/p/dev"))).sort();
    expect(files).toEqual([expect.stringMatching(/^dev\.\d{19}\.json$/), expect.stringMatching(/^dev\.\d{19}\.json$/)]);
    expect(await Promise.all(files.map((file) => at(`backups/p/dev/${file}`)))).toEqual(states);
    expect(states[0]).not.toBe(states[1]);
    const without = await FileBackend.open(
      `file://${folder}`,
      { PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true" },
      "/",
    );
    await without.recordUpdate(name, { ...update, message: "three" });
    expect((await readdir(join(folder, ".pulumi/backups/p/dev"))).sort()).toEqual(files);
    expect(await without.history(name)).toHaveLength(3);
  });

  it.each([
    [".gz", { PULUMI_DIY_BACKEND_GZIP: "1" }, [0x1f, 0x8b]],
    [".zst", { PULUMI_DIY_BACKEND_ZSTD: "True" }, [0x28, 0xb5, 0x2f, 0xfd]],
  ])("is written compressed where the environment says so: %s", async (extension, env, magic) => {
    const folder = await temporaryFolder();
    const at = (path: string) => join(folder, ".pulumi", path);
    const plain = await open(folder);
    await plain.create(name);
    const backend = await FileBackend.open(`file://${folder}`, env, "/");
    const checkpoint = await backend.openCheckpoint(name, options);
    await checkpoint.write(snapshotOf(resource("a")), countingSecrets());
    await backend.recordUpdate(name, update);
    const file = `dev.json${extension}`;
    expect((await readdir(at("stacks/p"))).sort()).toEqual([file, "dev.json.bak"].sort());
    const history = (await readdir(at("history/p/dev"))).sort();
    expect(history.map((each) => each.replace(/\d{19}/, "N"))).toEqual([
      `dev-N.checkpoint.json${extension}`,
      `dev-N.history.json${extension}`,
    ]);
    const [backup = ""] = await readdir(at("backups/p/dev"));
    expect(backup).toMatch(new RegExp(`^dev\\.\\d{19}\\.json\\${extension}$`));
    for (const path of [
      `stacks/p/${file}`,
      ...history.map((each) => `history/p/dev/${each}`),
      `backups/p/dev/${backup}`,
    ])
      expect([...(await readFile(at(path))).subarray(0, magic.length)], path).toEqual(magic);
    expect(await plain.list()).toEqual([name]);
    expect(await plain.history(name)).toEqual([{ ...update, resourceChanges: { create: 2 } }]);
    const again = await plain.openCheckpoint(name, options);
    expect(again.snapshot?.resources).toHaveLength(1);
    await again.write(again.snapshot!, countingSecrets());
    expect((await readdir(at("stacks/p"))).sort()).toEqual(["dev.json", `${file}.bak`, "dev.json.bak"].sort());
  });

  it("keeps each state that is written where the environment says so, and then has no journal", async () => {
    const folder = await temporaryFolder();
    const env = { PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS: "true", PULUMI_DIY_BACKEND_GZIP: "true" };
    const backend = await FileBackend.open(`file://${folder}`, env, "/");
    await backend.create(name);
    const checkpoint = await backend.openCheckpoint(name, { ...options, wholeLimit: 0 });
    expect(await checkpoint.write(snapshotOf(resource("a")), countingSecrets(), true)).toBeUndefined();
    expect(await checkpoint.write(snapshotOf(resource("a"), resource("b")), countingSecrets(), true)).toBeUndefined();
    const stacks = join(folder, ".pulumi/stacks/p");
    const kept = (await readdir(stacks)).filter((file) => /^dev\.json\.gz\.\d{19}$/.test(file)).sort();
    expect(kept).toHaveLength(3);
    expect(await readFile(join(stacks, kept.at(-1)!))).toEqual(await readFile(join(stacks, "dev.json.gz")));
    expect(await readFile(join(stacks, kept.at(-2)!))).toEqual(await readFile(join(stacks, "dev.json.gz.bak")));
    expect(await backend.list()).toEqual([name]);
  });

  it("is not written in two ways at once", async () => {
    const env = { PULUMI_DIY_BACKEND_GZIP: "true", PULUMI_DIY_BACKEND_ZSTD: "true" };
    await expect(FileBackend.open(`file://${await temporaryFolder()}`, env, "/")).rejects.toThrow(
      "PULUMI_DIY_BACKEND_GZIP and PULUMI_DIY_BACKEND_ZSTD cannot both be enabled",
    );
  });

  it("is removed with history and tags; its state stays as a backup unless asked", async () => {
    const backend = await open(await temporaryFolder());
    for (const withBackups of [false, true]) {
      await backend.create(name);
      await backend.setTags(name, { a: "b" });
      await backend.recordUpdate(name, update);
      await backend.remove(name, withBackups);
      expect(await backend.exists(name)).toBe(false);
      expect(await backend.history(name)).toEqual([]);
      expect(await backend.tags(name)).toEqual({});
      expect(await readdir(join(backend.folder, ".pulumi/stacks/p"))).toEqual(withBackups ? [] : ["dev.json.bak"]);
    }
  });

  it("has tags in a file of their own", async () => {
    const backend = await open(await temporaryFolder());
    await backend.create(name);
    expect(await backend.tags(name)).toEqual({});
    await backend.setTags(name, { "b:c": "<&>", a: "1" });
    const path = join(backend.folder, ".pulumi/stacks/p/dev.pulumi-tags");
    expect(await readFile(path, "utf8")).toBe('{"version":1,"tags":{"a":"1","b:c":"<&>"}}');
    expect(await backend.tags(name)).toEqual({ "b:c": "<&>", a: "1" });
    expect(await backend.list()).toEqual([name]);
    await backend.setTags(name, {});
    await expect(stat(path)).rejects.toThrow("ENOENT");
    await writeFile(path, '{"version":2}');
    await expect(backend.tags(name)).rejects.toThrow("unsupported stack tags version: 2");
  });
});

describe("locks", () => {
  const name = { project: "p", stack: "dev" };

  it("let one holder in and name it to the others", async () => {
    const backend = await open(await temporaryFolder());
    const lock = await backend.lock(name);
    await expect(backend.lock(name)).rejects.toThrow(
      new RegExp(
        "^the stack is currently locked by 1 lock\\(s\\). Either wait for the other process\\(es\\) to end or delete the lock file with `pulumi cancel`.\\n" +
          `  file://.*/.pulumi/locks/organization/p/dev/[0-9a-f-]{36}.json: created by .*@${hostname()} \\(pid ${process.pid}\\) at \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$`,
      ),
    );
    await backend.lock({ project: "p", stack: "other" }).then((other) => other.release());
    await lock.release();
    await lock.release();
    await (await backend.lock(name)).release();
    expect(await readdir(join(backend.folder, ".pulumi/locks/organization/p/dev"))).toEqual([]);
  });

  it("of the CLI are respected", async () => {
    const backend = await open(await temporaryFolder());
    const folder = join(backend.folder, ".pulumi/locks/organization/p/dev");
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, "a.json"),
      '{"pid":42,"username":"ann","hostname":"box","timestamp":"2026-11-23T17:37:33.123456789+01:00"}',
    );
    await writeFile(join(folder, "a.json.attrs"), "{}");
    await expect(backend.create(name)).rejects.toThrow("created by ann@box (pid 42) at 2026-11-23T17:37:33+01:00");
    await backend.unlock(name);
    await backend.create(name);
  });

  it("are never held by two", async () => {
    const backend = await open(await temporaryFolder());
    let holders = 0;
    let most = 0;
    let got = 0;
    const contend = async () => {
      const lock = await backend.lock(name).catch(() => undefined);
      if (lock === undefined) return;
      got++;
      most = Math.max(most, ++holders);
      await stat(backend.folder);
      holders--;
      await lock.release();
    };
    for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 5 }, contend));
    // Those who contend may all give up, every time; one who is alone gets it.
    await contend();
    expect(most).toBe(1);
    expect(got).toBeGreaterThan(0);
    expect(await readdir(join(backend.folder, ".pulumi/locks/organization/p/dev"))).toEqual([]);
  });
});

describe("what is no backend of ours", () => {
  it("is refused with the reason", async () => {
    const folder = await temporaryFolder();
    await expect(FileBackend.open("s3://bucket", {}, "/")).rejects.toThrow('backend "s3://bucket" is not supported');
    await expect(open(join(folder, "none"))).rejects.toThrow(`unable to open state directory "file://${folder}/none"`);
    await mkdir(join(folder, ".pulumi", "stacks"), { recursive: true });
    await writeFile(join(folder, ".pulumi", "stacks", "old.json"), "{}");
    await expect(open(folder)).rejects.toThrow("upgrade it with `pulumi state upgrade`");
    await writeFile(join(folder, ".pulumi", "meta.yaml"), "version: 2\n");
    await expect(open(folder)).rejects.toThrow("'meta.yaml' version (2) is not supported");
  });

  it("reads URLs and paths", () => {
    const home = { HOME: "/home/a" };
    expect(backendFolder("file:///x/y?no_tmp_dir=true", home, "/w")).toBe("/x/y");
    expect(backendFolder("file://~", home, "/w")).toBe("/home/a");
    expect(backendFolder("file://~/s", home, "/w")).toBe("/home/a/s");
    expect(backendFolder("file://./s", home, "/w")).toBe("/w/s");
    expect(backendFolder("s", home, "/w")).toBe("/w/s");
    expect(() => backendFolder("file://~", {}, "/w")).toThrow("needs HOME");
    expect(() => backendFolder("file://", {}, "/w")).toThrow("names no folder");
  });
});

describe("stack names", () => {
  it.each([
    ["dev", "p/dev"],
    ["web.prod.eu", "p/web.prod.eu"],
    ["q/dev", "q/dev"],
    ["organization/dev", "p/dev"],
    ["organization/q/dev", "q/dev"],
  ])("%s is %s", (text, expected) => expect(fullName(parseStackName(text, "p"))).toBe(`organization/${expected}`));

  it.each([
    ["", "must not be empty"],
    ["a b", "invalid character ' ' at position 1"],
    ["..", "cannot be the name of a stack"],
    ["organization/../dev", "cannot be the name of a project"],
    ["acme/p/dev", "organization name must be 'organization'"],
    ["a/b/c/d", "too many parts"],
    ["x".repeat(101), "cannot exceed 100 characters"],
    ["q r/dev", "project names may only contain"],
  ])("refuses %s", (text, message) => expect(() => parseStackName(text, "p")).toThrow(message));

  it("needs a project", () =>
    expect(() => parseStackName("dev", undefined)).toThrow("no Pulumi.yaml project file found"));
});
