import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { hashAssets } from "../../../engine/deployment/assets.ts";
import { Archive, Asset, OutputValue, Secret } from "../../../engine/values.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const text = (contents: string) => new Asset({ text: contents }, "");

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "tutti-assets-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, contents] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), contents);
  }
  return directory;
}

/** The hash of one value, whatever it stands in. */
async function hashOf(value: Asset | Archive, directory = "/"): Promise<string> {
  const { hashed } = await hashAssets({ hashed: value }, directory);
  return (hashed as Asset | Archive).hash;
}

const LONG = "a".repeat(112);
/** What Go's archive/tar 1.25 made of the members below, hashed. */
const GO_HASH = "08a62a07ea07f23279afeb305192de9c8db59777b15b6b88b8791d69f509055a";

describe("hashes of assets", () => {
  it("are those of their bytes, at any depth", async () => {
    const directory = await folder({ "a.txt": "hello", "sub/b.txt": "bye" });
    const given = {
      a: new Asset({ path: "a.txt" }, ""),
      deep: [{ b: new Secret(new Asset({ uri: `file://${directory}/sub/b.txt` }, "")) }],
      output: new OutputValue(text(""), true, false, ["urn:x"]),
      known: new Asset({ path: "nowhere" }, "given"),
      other: 1,
    };
    expect(await hashAssets(given, directory)).toEqual({
      a: new Asset({ path: "a.txt" }, sha256("hello")),
      deep: [{ b: new Secret(new Asset({ uri: `file://${directory}/sub/b.txt` }, sha256("bye"))) }],
      output: new OutputValue(new Asset({ text: "" }, sha256("")), true, false, ["urn:x"]),
      known: given.known,
      other: 1,
    });
  });

  it("of sets and folders are Pulumi's, the same for the same contents", async () => {
    const set = new Archive(
      {
        assets: {
          dir: new Archive({ assets: { "b.txt": text(""), [`${LONG}/bbbbbbbbb.txt`]: text("xyz") } }, ""),
          "a.txt": text("hello"),
        },
      },
      "",
    );
    const directory = await folder({
      "root/a.txt": "hello",
      "root/dir/b.txt": "",
      [`root/dir/${LONG}/bbbbbbbbb.txt`]: "xyz",
      "root/.pulumi/ignored": "x",
    });
    await symlink(path.join(directory, "root/dir"), path.join(directory, "root/link-to-folder"));
    expect(await hashOf(set)).toBe(GO_HASH);
    expect(await hashOf(new Archive({ path: "root" }, ""), directory)).toBe(GO_HASH);
    await writeFile(path.join(directory, "root/dir/b.txt"), "changed");
    expect(await hashOf(new Archive({ path: "root" }, ""), directory)).not.toBe(GO_HASH);
  });

  it("of an archive file are those of its bytes", async () => {
    const directory = await folder({ "a.zip": "not really a zip" });
    expect(await hashOf(new Archive({ path: "a.zip" }, ""), directory)).toBe(sha256("not really a zip"));
  });

  it.each<[string, Asset | Archive, string]>([
    ["a folder as an asset", new Asset({ path: "." }, ""), "is a directory; try using an archive"],
    [
      "a file as an archive",
      new Archive({ path: "a.txt" }, ""),
      "is neither a folder nor an archive (.tar, .tgz, .tar.gz, .zip, .jar)",
    ],
    ["a missing file", new Asset({ path: "none.txt" }, ""), "none.txt"],
    [
      "a remote archive",
      new Archive({ uri: "https://example.test/a.zip" }, ""),
      'the remote asset or archive "https://example.test/a.zip" is not supported',
    ],
    [
      "an archive file in a set",
      new Archive({ assets: { a: new Archive({ path: "a.zip" }, "") } }, ""),
      "inside another archive is not supported",
    ],
    [
      "a name that is not ASCII",
      new Archive({ assets: { "ä.txt": text("") } }, ""),
      'the archive member "ä.txt" is not supported',
    ],
  ])("refuse %s", async (_, value, message) => {
    const directory = await folder({ "a.txt": "hello", "a.zip": "" });
    await expect(hashOf(value, directory)).rejects.toThrow(message);
  });
});
