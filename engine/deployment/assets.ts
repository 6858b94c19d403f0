// Completes assets and archives with the hash of their contents, so that a change of a file behind an unchanged path is
// a change of the resource. The hash is Pulumi's: SHA-256 of an asset's bytes; of an archive file's bytes; and for a
// folder or a set of assets, of the tar stream that Go's archive/tar writes of it (names sorted, mode 0600, time 0).
//
// Relative paths start at the folder the program runs in. What a URI names is fetched; of an archive file inside a set, the
// files in it count.
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  Archive,
  Asset,
  isPropertyArray,
  isPropertyMap,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../values.ts";
import { ARCHIVE_EXTENSIONS, archiveMembers, BLOCK, isArchiveFile, tarHeader } from "./archiveFiles.ts";

/**
 * Returns the properties with every asset and archive hashed; hashes already there are kept.
 *
 * @throws Error naming the file or address that cannot be read.
 */
export async function hashAssets(properties: PropertyMap, workingDirectory: string): Promise<PropertyMap> {
  if (!hasAssets(properties)) return properties;
  const entries = Object.entries(properties).map(
    async ([key, value]) => [key, await hashValue(value, workingDirectory)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Most resources hold no asset; a look is much cheaper than a promise per value. */
function hasAssets(value: PropertyValue): boolean {
  if (value instanceof Asset || value instanceof Archive) return true;
  if (value instanceof Secret || value instanceof OutputValue) return hasAssets(value.element);
  if (isPropertyArray(value)) return value.some(hasAssets);
  return isPropertyMap(value) && Object.values(value).some(hasAssets);
}

async function hashValue(value: PropertyValue, directory: string): Promise<PropertyValue> {
  if (value instanceof Asset)
    return value.hash === "" ? new Asset(value.source, await assetHash(value, directory)) : value;
  if (value instanceof Archive) return hashArchive(value, directory);
  if (value instanceof Secret) return new Secret(await hashValue(value.element, directory));
  if (value instanceof OutputValue) {
    const element = await hashValue(value.element, directory);
    return new OutputValue(element, value.known, value.secret, value.dependencies);
  }
  if (isPropertyArray(value)) return Promise.all(value.map((item) => hashValue(item, directory)));
  return isPropertyMap(value) ? hashAssets(value, directory) : value;
}

/** The members of a set get hashes of their own too. */
async function hashArchive(archive: Archive, directory: string): Promise<Archive> {
  const hash = archive.hash === "" ? await archiveHash(archive, directory) : archive.hash;
  if (!("assets" in archive.source)) return new Archive(archive.source, hash);
  const assets = await hashAssets(archive.source.assets, directory);
  return new Archive({ assets: assets as Readonly<Record<string, Asset | Archive>> }, hash);
}

async function assetHash(asset: Asset, directory: string): Promise<string> {
  const hash = createHash("sha256");
  await feed(hash, await open(asset, directory));
  return hash.digest("hex");
}

async function archiveHash(archive: Archive, directory: string): Promise<string> {
  const hash = createHash("sha256");
  if (!("assets" in archive.source) && isArchiveFile(nameOf(archive.source))) {
    await feed(hash, await openSource(archive.source, directory));
    return hash.digest("hex");
  }
  const seen = new Set<string>();
  for await (const [name, contents] of members(archive, directory)) {
    if (seen.has(name)) continue;
    seen.add(name);
    const size = contents.text === undefined ? (await stat(contents.file)).size : contents.text.length;
    hash.update(tarHeader(name, size));
    await feed(hash, contents);
    hash.update(Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
  }
  return hash.update(Buffer.alloc(2 * BLOCK)).digest("hex");
}

type Contents = { readonly text: Buffer; readonly file?: never } | { readonly file: string; readonly text?: never };

async function* members(archive: Archive, directory: string): AsyncGenerator<[name: string, contents: Contents]> {
  if (!("assets" in archive.source)) {
    const { source } = archive;
    if (isArchiveFile(nameOf(source))) {
      const contents = await openSource(source, directory);
      const bytes = contents.text ?? (await readFile(contents.file));
      for (const [name, text] of archiveMembers(nameOf(source), bytes)) yield [name, { text }];
      return;
    }
    if ("uri" in source && !source.uri.startsWith("file:"))
      throw new Error(`"${source.uri}" is no archive (${ARCHIVE_EXTENSIONS.join(", ")})`);
    const folder = "path" in source ? path.resolve(directory, source.path) : fileURLToPath(source.uri);
    if (!(await stat(folder)).isDirectory()) {
      throw new Error(`"${folder}" is neither a folder nor an archive (${ARCHIVE_EXTENSIONS.join(", ")})`);
    }
    for await (const file of walk(folder)) yield [path.relative(folder, file).split(path.sep).join("/"), { file }];
    return;
  }
  for (const name of Object.keys(archive.source.assets).sort(byBytes)) {
    const member = archive.source.assets[name] as Asset | Archive;
    if (member instanceof Asset) yield [name, await open(member, directory)];
    else
      for await (const [inner, contents] of members(member, directory)) yield [path.posix.join(name, inner), contents];
  }
}

/** As Go compares texts: not by UTF-16, in which characters beyond 16 bits come before some within. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Files of a folder, sorted by name within each folder; links to folders and `.pulumi` are left out. */
async function* walk(folder: string): AsyncGenerator<string> {
  for (const name of (await readdir(folder)).sort(byBytes)) {
    const file = path.join(folder, name);
    if (name === ".pulumi") continue;
    if ((await lstat(file)).isDirectory()) yield* walk(file);
    else if (!(await stat(file)).isDirectory()) yield file;
  }
}

async function open(asset: Asset, directory: string): Promise<Contents> {
  if ("text" in asset.source) return { text: Buffer.from(asset.source.text, "utf8") };
  const contents = await openSource(asset.source, directory);
  if (contents.file !== undefined && (await stat(contents.file)).isDirectory())
    throw new Error(`asset path "${contents.file}" is a directory; try using an archive`);
  return contents;
}

type Source = { readonly path: string } | { readonly uri: string };

/** What the kind of an archive is seen by. */
function nameOf(source: Source): string {
  return "path" in source ? source.path : (URL.parse(source.uri)?.pathname ?? source.uri);
}

async function openSource(source: Source, directory: string): Promise<Contents> {
  if ("path" in source) return { file: path.resolve(directory, source.path) };
  if (source.uri.startsWith("file:")) return { file: fileURLToPath(source.uri) };
  if (!/^https?:/.test(source.uri))
    throw new Error(`the asset "${source.uri}" cannot be read: expected a URI of file:, http: or https:`);
  const response = await fetch(source.uri).catch((error: Error) => {
    const { cause } = error;
    throw new Error(`cannot fetch "${source.uri}": ${cause instanceof Error ? cause.message : error.message}`);
  });
  if (!response.ok) throw new Error(`cannot fetch "${source.uri}": ${response.status} ${response.statusText}`.trim());
  return { text: Buffer.from(await response.arrayBuffer()) };
}

async function feed(hash: Hash, contents: Contents): Promise<void> {
  if (contents.text !== undefined) hash.update(contents.text);
  else for await (const chunk of createReadStream(contents.file)) hash.update(chunk as Buffer);
}
