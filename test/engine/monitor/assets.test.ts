import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { hashAssets } from "../../../engine/deployment/assets.ts";
import { Archive, Asset, OutputValue, Secret } from "../../../engine/values.ts";
import { archiveFile } from "../../contract/archives.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const text = (contents: string) => new Asset({ text: contents }, "");

async function folder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
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

/** What Pulumi's Go SDK (3.260.0) made of `{ k: <the file>, k2: "z" }`. */
const inner = {
  "in.zip": "b526277b6ed2ca9f94d3b8ff5f926e260eeb5b1be9da99d33eda60f227894fef",
  "in.tar": "d5498a7a641b3a7a59f03d3fdfd5d7d3b71a00c77034b0e975fbe02a65a4e755",
  "gnu.tar": "92551bc2114d2050f28af1e608d6ca8424c3facd7eb48a4d23f98723aeb612c3",
  "in.tgz": "64db53aacfae0c2e9b0a0a7a211e957fe8362e641c41894553000e2979ae5120",
};

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

  it("of names that are long or not ASCII are those of Go's tar, too", async () => {
    const named = (names: Readonly<Record<string, string>>) =>
      hashOf(
        new Archive(
          { assets: Object.fromEntries(Object.entries(names).map(([name, each]) => [name, text(each)])) },
          "",
        ),
      );
    expect(await named({ "ä.txt": "hello", "dir/é": "" })).toBe(
      "c04b36284b451bc8c7fc61ea6206beeaf4e831146904b3f2cf8d8a746666e6f0",
    );
    expect(
      await named({
        ["n".repeat(101)]: "x",
        [`${LONG}/${LONG}/${LONG}/file.txt`]: "y",
        [`${"p/".repeat(49)}qq/${"r".repeat(101)}`]: "z",
        [`${"s".repeat(99)}/${"t".repeat(120)}`]: "u",
      }),
    ).toBe("d52a5a797b486ec00617353e0bba16072b6ba82f622a1e55609a6316349d601e");
  });

  const files = Object.entries(inner) as [keyof typeof inner, string][];
  it.each(files)("of a set with %s in it count the files of that", async (name, hash) => {
    const directory = await folder({});
    await writeFile(path.join(directory, name), archiveFile(name));
    const set = new Archive({ assets: { k: new Archive({ path: name }, ""), k2: text("z") } }, "");
    expect(await hashOf(set, directory)).toBe(hash);
  });

  it("pass over what tells of all files of an archive", async () => {
    const directory = await folder({});
    await writeFile(path.join(directory, "global.tar"), archiveFile("global.tar"));
    const set = new Archive({ assets: { k: new Archive({ path: "global.tar" }, "") } }, "");
    expect(await hashOf(set, directory)).toBe(await hashOf(new Archive({ assets: { "k/a.txt": text("a") } }, "")));
  });

  it("of what is elsewhere are those of what is fetched", async () => {
    const zip = archiveFile("in.zip");
    const server = createServer((request, response) => {
      if (request.url === "/gone") response.writeHead(404).end();
      else response.end(zip);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const remote = (file: string) => new Archive({ uri: `${base}/${file}` }, "");
    const bytes = createHash("sha256").update(zip).digest("hex");
    expect(await hashOf(new Asset({ uri: `${base}/asset` }, ""))).toBe(bytes);
    expect(await hashOf(remote("in.zip?x=1"))).toBe(bytes);
    expect(await hashOf(new Archive({ assets: { k: remote("in.zip"), k2: text("z") } }, ""))).toBe(inner["in.zip"]);
    await expect(hashOf(new Asset({ uri: `${base}/gone` }, ""))).rejects.toThrow(
      `cannot fetch "${base}/gone": 404 Not Found`,
    );
    await expect(hashOf(remote("folder"))).rejects.toThrow(`"${base}/folder" is no archive (.tar`);
    await expect(hashOf(new Asset({ uri: "http://127.0.0.1:1/x" }, ""))).rejects.toThrow(
      'cannot fetch "http://127.0.0.1:1/x": ',
    );
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
      "an address of another kind",
      new Asset({ uri: "ftp://example.test/a" }, ""),
      "expected a URI of file:, http: or https:",
    ],
    [
      "no zip",
      new Archive({ assets: { a: new Archive({ path: "a.zip" }, "") } }, ""),
      '"a.zip" cannot be read: it is no zip file',
    ],
    [
      "links in an archive",
      new Archive({ assets: { a: new Archive({ path: "link.tar" }, "") } }, ""),
      '"l" is neither a file nor a folder',
    ],
    ["a name with a zero byte", new Archive({ assets: { "a\0b": text("") } }, ""), '"a\\u0000b" holds a zero byte'],
  ])("refuse %s", async (_, value, message) => {
    const directory = await folder({ "a.txt": "hello", "a.zip": "", "link.tar": archiveFile("link.tar") });
    await expect(hashOf(value, directory)).rejects.toThrow(message);
  });
});
