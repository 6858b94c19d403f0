// Assets and archives of files, of what is elsewhere, and of names of every kind; and what events tell of values and resources.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { archiveFile } from "../archives.ts";
import { Bare, Box, Frail, Thing } from "../cloud.ts";
import type { Scenario, Step } from "../scenario.ts";

const { AssetArchive, FileArchive, FileAsset, RemoteArchive, RemoteAsset, StringAsset } = pulumi.asset;

const archive =
  (assets: pulumi.asset.AssetMap, more: Record<string, unknown> = {}): Step["program"] =>
  async () =>
    void new Bare("a", { pack: new AssetArchive(assets), ...more });

const file = (asset: () => unknown): Step => ({
  run: "up",
  program: async () => void new Bare("a", { file: asset() }),
});

/** Where a server is that has one text and one archive. */
async function elsewhere(): Promise<string> {
  const files: Readonly<Record<string, string | Uint8Array>> = { "/a.txt": "a", "/in.zip": archiveFile("in.zip") };
  const server = createServer(({ url = "" }, response) => {
    const contents = files[new URL(url, "http://host").pathname];
    response.writeHead(contents === undefined ? 404 : 200).end(contents);
  }).unref();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const texts = (names: readonly string[]) =>
  Object.fromEntries(names.map((name, index) => [name, new StringAsset(`text ${index}`)]));

export const files: readonly Scenario[] = [
  {
    name: "assets-of-files",
    steps: [
      {
        run: "up",
        files: {
          ...{ "a.txt": "one", "folder/b.txt": "two", "folder/b/c.txt": "three", "folder/empty": "" },
          ...{ "folder/.pulumi/kept.txt": "no part of it", "folder/ｚ": "z", "folder/😀": "y" },
        },
        program: archive(
          { "b.txt": new FileAsset("a.txt"), inner: new FileArchive("folder") },
          { file: new FileAsset("a.txt"), folder: new FileArchive("folder") },
        ),
      },
      { run: "up", files: { "folder/.pulumi/kept.txt": "changed" } },
      { run: "preview", files: { "a.txt": "changed" } },
      { run: "up", files: { "folder/b/d.txt": "new" } },
    ],
  },
  {
    name: "archives-of-files",
    steps: [
      {
        run: "up",
        files: {
          ...{ "in.zip": archiveFile("in.zip"), "in.jar": archiveFile("in.zip"), "in.tar": archiveFile("in.tar") },
          ...{ "in.tgz": archiveFile("in.tgz"), "in.tar.gz": archiveFile("in.tgz"), "gnu.tar": archiveFile("gnu.tar") },
          ...{ "ustar.tar": archiveFile("ustar.tar"), "long.tar": archiveFile("long.tar") },
        },
        program: archive(
          Object.fromEntries(
            ["in.zip", "in.jar", "in.tar", "in.tgz", "in.tar.gz", "gnu.tar", "ustar.tar", "long.tar"].map((name) => [
              name,
              new FileArchive(name),
            ]),
          ),
          { alone: new FileArchive("in.zip") },
        ),
      },
      { run: "preview", files: { "in.tar": archiveFile("gnu.tar") } },
    ],
  },
  {
    name: "archives-of-every-name",
    steps: [
      { run: "up", program: archive(texts(["ä.txt", "dir/é", "日本/x", "plain/ü", `ü${"t".repeat(89)}`])) },
      { run: "up", program: archive(texts(["n".repeat(100), "o".repeat(101), `${"p/".repeat(60)}x`])) },
      { run: "up", program: archive(texts([`${"q".repeat(155)}/x`, `${"r".repeat(156)}/x`, `${"s/".repeat(130)}x`])) },
      { run: "up", program: archive(texts(["10", "9", "ｚ", "😀", "B", "a"])) },
      {
        run: "up",
        program: archive({ "a/b": new StringAsset("given twice"), a: new AssetArchive(texts(["b", "../c", "./d"])) }),
      },
      { run: "up", program: archive(texts(["./x", "/y", "z/../w"])) },
      { run: "up", program: archive({ block: new StringAsset("x".repeat(512)), more: new StringAsset("x") }) },
    ],
  },
  {
    name: "assets-that-cannot-be-read",
    steps: [
      { ...file(() => new FileAsset("none.txt")), files: { "a.txt": "one" } },
      file(() => new FileAsset(".")),
      file(() => new FileArchive("a.txt")),
      file(() => new FileArchive("none")),
      file(() => new FileArchive("none.zip")),
      file(() => new RemoteAsset("data:,text")),
      file(() => new RemoteArchive("ftp://127.0.0.1:1/in.zip")),
      file(() => new RemoteAsset("http://127.0.0.1:1/a.txt")),
      { ...file(() => new AssetArchive({ x: new FileArchive("a.zip") })), files: { "a.zip": "no archive" } },
      { ...file(() => new FileArchive("a.zip")), files: { "a.zip": "no archive" } },
    ],
  },
  {
    name: "assets-from-elsewhere",
    steps: [
      {
        run: "up",
        program: async () => {
          const base = await elsewhere();
          const zip = new RemoteArchive(`${base}/in.zip?x=1`);
          new Bare("a", { text: new RemoteAsset(`${base}/a.txt`), zip, pack: new AssetArchive({ zip }) });
        },
      },
    ],
  },
  {
    name: "assets-that-are-not-there",
    steps: [
      { run: "up", program: async () => void new Bare("a", { file: new RemoteAsset(`${await elsewhere()}/none`) }) },
    ],
  },
  {
    name: "assets-inside-values",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          const text = new StringAsset("t");
          new Bare("b", {
            list: [text, [text]],
            map: { deep: { text } },
            output: pulumi.output(text),
            later: a.serial.apply((serial) => new StringAsset(`${serial}`)),
            hidden: pulumi.secret(pulumi.output({ text })),
          });
          const bringing: pulumi.ResourceTransform = ({ props, opts }) => ({
            props: { ...props, value: a.serial.apply((serial) => new StringAsset(`transformed ${serial}`)) },
            opts,
          });
          new Thing("d", {}, { transforms: [bringing] });
          new Box("c", { text, list: [new AssetArchive({ text })] });
          return { list: [text] };
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "what-events-tell-of-values",
    told: true,
    steps: [
      {
        run: "preview",
        program: async () => {
          const a = new Thing("a", { value: "v" });
          const box = new Box("box");
          new Bare("b", {
            hidden: pulumi.secret({ x: [1] }),
            list: ["open", pulumi.secret("closed"), null, [true, 1.5]],
            text: new StringAsset("contents"),
            pack: new AssetArchive({ "a.txt": new StringAsset("contents"), in: new AssetArchive({}) }),
            later: a.serial,
            laterHidden: pulumi.secret(a.serial),
            a,
            box,
          });
          return { a, text: new StringAsset("t"), hidden: pulumi.secret("s"), later: a.serial };
        },
      },
      { run: "up" },
      { run: "destroy" },
    ],
  },
  {
    name: "refresh-of-a-set-of-assets",
    steps: [{ run: "up", program: archive(texts(["a.txt"])) }, { run: "refresh" }],
  },
  {
    name: "what-events-tell-of-a-known-secret",
    told: true,
    config: { "password!": "hunter22" },
    steps: [
      {
        run: "up",
        program: async () => {
          new Bare("a", { text: "the password is hunter22", list: [{ inner: "hunter22" }] });
          return { url: "http://me:hunter22@host" };
        },
      },
    ],
  },
  {
    name: "what-events-tell-of-resources",
    told: true,
    steps: [
      {
        run: "up",
        program: async () => {
          random.RandomId.get("read", "p-,vpHsfw");
          // One after the other: the cloud tells what it did in its order.
          const box = new Box("box", { x: 1 });
          const guarded = new Thing("guarded", { value: 1 }, { parent: box, protect: true });
          const kept = new Thing("kept", { kind: "x" }, { dependsOn: guarded, retainOnDelete: true });
          const left = new Thing("left", { kind: "x" }, { dependsOn: kept });
          const hideDiffs = ["y.z", "x"];
          const quiet = new Bare("quiet", { x: 1, y: { z: 1 } }, { dependsOn: left, hideDiffs });
          new Frail("ill", { value: 1 }, { dependsOn: quiet });
        },
        options: { continueOnError: true },
        meanwhile: (cloud) => cloud.fail.push("cold"),
      },
      {
        run: "up",
        program: async () => {
          random.RandomId.get("read", "p-,vpHsfw");
          // One after the other: the cloud tells what it did in its order.
          const box = new Box("box", { x: 2 });
          const guarded = new Thing("guarded", { value: 2 }, { parent: box });
          const kept = new Thing("kept", { kind: "y" }, { dependsOn: guarded });
          const left = new Thing("left", { kind: "y" }, { dependsOn: kept });
          const hideDiffs = ["y.z", "x"];
          const quiet = new Bare("quiet", { x: 2, y: { z: 2 } }, { dependsOn: left, hideDiffs });
          new Frail("ill", { value: 1 }, { dependsOn: quiet });
        },
        options: { continueOnError: true },
        meanwhile: (cloud) => {
          cloud.fail = ["delete left"];
        },
      },
      {
        run: "refresh",
        edit: (resources) => {
          for (const resource of resources) if (String(resource["urn"]).endsWith("::kept")) resource["taint"] = true;
        },
      },
    ],
  },
];
